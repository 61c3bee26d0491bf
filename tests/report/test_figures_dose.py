"""Figures of curves: the same bytes, nothing cut off or covered, censored EC50s as arrows, every point in the table."""

from __future__ import annotations

import io
import math
import re

import numpy as np
import pytest
from PIL import Image

from avpi.dose.estimate_dose import Which
from avpi.dose.fit_shape import ShapeFit, fit_shape
from avpi.dose.shapes import FLAT, FOUR_PARAMETERS, HOOK, Shape
from avpi.errors import InputError
from avpi.estimate import Estimate, not_estimable
from avpi.report.curve_captions import CurveWords
from avpi.report.curve_panels import ARROW, EC50, MEAN_SIZE, look_of
from avpi.report.dose_axis import dose_axis
from avpi.report.drawn_curve import DrawnCurve, dose_words
from avpi.report.figure_files import PrintedFigure
from avpi.report.figures_dose import draw_curve
from avpi.report.figures_dose_together import draw_curves
from avpi.report.text_room import shorten, spread, words_mm
from tests.report.text_boxes import cut_off, overlapping

LEVELS = np.array([0.0, *10.0 ** np.arange(-9, -4.9, 0.5)])
WORDS = CurveWords(dose="birinapant", response="viability", as_percent=True)
EXPERIMENTS = [f"experiment {k}" for k in (1, 2, 3) for _ in LEVELS]
TRUTH = [0.1, 1.0, -7.4, 1.3]


def fitted(shape: Shape, truth: list[float], seed: int = 0, sd: float = 0.03) -> ShapeFit:
    """Return a fit to three experiments of one well per dose."""
    doses = np.tile(LEVELS, 3)
    y = shape.response(doses, np.array(truth)) + np.random.default_rng(seed).normal(0, sd, doses.size)
    return fit_shape(shape, doses, y, control=1.0)


def drawn(fit: ShapeFit, label: str = "SM+TNF", why_unused: str = "") -> DrawnCurve:
    return DrawnCurve(label=label, fit=fit, experiments=EXPERIMENTS, why_unused=why_unused)


@pytest.fixture(scope="module")
def usual() -> PrintedFigure:
    return draw_curve(drawn(fitted(FOUR_PARAMETERS, TRUTH)), words=WORDS, width_mm=89.0)


@pytest.fixture(scope="module")
def censored() -> PrintedFigure:
    return draw_curve(drawn(fitted(FOUR_PARAMETERS.hold(bottom=0.0), [0.0, 1.0, -4.7, 1.1])), words=WORDS)


def marks(figure: PrintedFigure, gid: str) -> list[tuple[float, str]]:
    """Return place and marker of the marks of a kind."""
    found = [line for axes in figure.figure.axes for line in axes.lines if line.get_gid() == gid]
    return [(float(np.asarray(line.get_xdata())[0]), str(line.get_marker())) for line in found]


def test_the_same_curve_gives_the_same_bytes(usual: PrintedFigure) -> None:
    again = draw_curve(drawn(fitted(FOUR_PARAMETERS, TRUTH)), words=WORDS, width_mm=89.0)
    assert (usual.drawing.svg, usual.drawing.pdf, usual.png()) == (again.drawing.svg, again.drawing.pdf, again.png())
    assert usual.drawing.name == "sm-tnf"


@pytest.mark.parametrize("width_mm", [89.0, 120.0, 183.0])
def test_a_figure_has_the_width_of_a_journal_in_every_format(width_mm: float) -> None:
    figure = draw_curve(drawn(fitted(FOUR_PARAMETERS, TRUTH)), words=WORDS, width_mm=width_mm)
    assert figure.drawing.width_mm == pytest.approx(width_mm)
    points = re.search(r'viewBox="0 0 ([\d.]+) ', figure.drawing.svg)
    assert points is not None
    assert float(points[1]) == pytest.approx(width_mm / 25.4 * 72, abs=0.01)
    picture = Image.open(io.BytesIO(figure.png()))
    assert picture.width == pytest.approx(width_mm / 25.4 * 300, abs=1)
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert (overlapping(figure.figure), cut_off(figure.figure)) == ([], [])


def test_another_width_is_refused() -> None:
    with pytest.raises(InputError, match="'100' mm is none of a journal's"):
        draw_curve(drawn(fitted(FLAT, [1.0])), width_mm=100.0)


def test_text_stays_text_and_the_pdf_has_true_type(usual: PrintedFigure) -> None:
    assert ">viability (% of control)<" in usual.drawing.svg
    assert ">experiment 2<" in usual.drawing.svg
    assert b"/FontFile2" in usual.drawing.pdf
    assert b"/Type3" not in usual.drawing.pdf
    sizes = {float(size) for size in re.findall(r"font[^;\"]*?([\d.]+)px", usual.drawing.svg)}
    assert sizes
    assert sizes <= {5.0, 6.0, 7.0}


def test_experiments_are_told_apart_by_shape_and_colour_and_name(usual: PrintedFigure) -> None:
    main = usual.figure.axes[0]
    means = [line for line in main.lines if line.get_markersize() == MEAN_SIZE and line.get_marker() != "None"]
    looks = {(str(line.get_marker()), str(line.get_color())) for line in means}
    assert len(looks) == len({marker for marker, _ in looks}) == len({colour for _, colour in looks}) == 3
    assert len({(look_of(i).colour, look_of(i).marker) for i in range(24)}) == 24
    assert len({(look_of(i).colour, str(look_of(i).line)) for i in range(24)}) == 24


def test_the_table_holds_what_was_fitted_and_drawn(usual: PrintedFigure) -> None:
    fit, table = fitted(FOUR_PARAMETERS, TRUTH), usual.drawing.points
    points = table[table["kind"] == "point"]
    assert points["dose_molar"].to_numpy() == pytest.approx(fit.points.doses_molar)
    assert points["value"].to_numpy() == pytest.approx(fit.points.responses)
    assert points["residual"].to_numpy() == pytest.approx(fit.least_squares.residuals)
    assert list(points["experiment"]) == EXPERIMENTS
    main = usual.figure.axes[0]
    lines = [line for line in main.lines if line.get_markersize() == MEAN_SIZE and line.get_marker() != "None"]
    at = np.concatenate([np.asarray(line.get_ydata(), float) for line in lines])
    assert sorted(at) == pytest.approx(sorted(100 * points["value"]))
    line = table[table["kind"] == "curve"]
    assert np.all((line["low"] < line["value"]) & (line["value"] < line["high"]))
    assert line["dose_molar"].iloc[0] == 0
    ec50 = table[table["kind"] == "ec50_relative"].iloc[0]
    assert ec50["dose_molar"] == pytest.approx(fit.relative_ec50_molar)
    assert marks(usual, EC50)[0][0] == pytest.approx(math.log10(ec50["dose_molar"]))


def test_a_censored_ec50_is_an_arrow_and_never_a_point_at_the_last_dose(censored: PrintedFigure) -> None:
    assert marks(censored, EC50) == []
    arrows = marks(censored, ARROW)
    assert [marker for _, marker in arrows] == [">", ">"]
    assert all(at > -5 for at, _ in arrows)
    assert censored.drawing.svg.count(">&gt; 10 µM<") == 2
    row = censored.drawing.points.query("kind == 'ec50_relative'").iloc[0]
    assert (row["state"], row["words"]) == ("above", "> 10 µM")


def test_a_flat_line_says_that_it_has_no_ec50() -> None:
    figure = draw_curve(drawn(fitted(FLAT, [1.0])), words=WORDS)
    assert "No EC50: the shape has no EC50" in figure.drawing.svg
    assert figure.drawing.svg.count(">not estimable<") == 2
    assert marks(figure, EC50) == marks(figure, ARROW) == []
    assert (overlapping(figure.figure), cut_off(figure.figure)) == ([], [])


def test_a_fit_that_is_not_used_is_drawn_as_such_and_gives_no_number() -> None:
    why = "the response rises again, and a hook cannot be fitted"
    figure = draw_curve(drawn(fitted(FOUR_PARAMETERS, TRUTH), why_unused=why), words=WORDS, width_mm=120.0)
    assert "fit that is not used" in figure.drawing.svg
    assert f"is not used, because {why}" in figure.drawing.caption
    assert marks(figure, EC50) == []
    assert not figure.figure.axes[0].collections  # no band


def test_a_hook_has_its_own_curve() -> None:
    figure = draw_curve(drawn(fitted(HOOK, [0.1, 1.0, 0.6, -8.2, 1.8, 1.3, 1.2])), words=WORDS)
    line = figure.drawing.points.query("kind == 'curve' and dose_molar > 0")
    lowest = int(np.argmin(line["value"]))
    assert 0 < lowest < len(line) - 1
    assert "hook" in figure.drawing.caption


@pytest.mark.parametrize("width_mm", [89.0, 183.0])
@pytest.mark.parametrize("many", [4, 20])
def test_names_at_the_ends_of_curves_do_not_cover_each_other(many: int, width_mm: float) -> None:
    names = [f"SM+TNF+zVAD, line {i}" for i in range(many)]
    fit = fitted(FOUR_PARAMETERS, TRUTH)
    ec50 = Estimate(value=3.9e-8, low=1.2e-8, high=1.3e-6, unit="M", n=3)
    ec50s: dict[Which, Estimate] = {"relative": ec50, "absolute": not_estimable("it is not crossed")}
    curves = [DrawnCurve(label=name, fit=fit, experiments=EXPERIMENTS, ec50s=ec50s) for name in names]
    figure = draw_curves(curves, words=WORDS, width_mm=width_mm)
    assert (overlapping(figure.figure), cut_off(figure.figure)) == ([], [])
    assert set(figure.drawing.points["curve"]) == set(names)
    assert ("bands" in figure.drawing.caption) == (many == 20)


def test_no_curve_and_half_told_experiments_are_refused() -> None:
    with pytest.raises(InputError, match="there is none to draw"):
        draw_curves([])
    short = DrawnCurve(label="SM", fit=fitted(FOUR_PARAMETERS, TRUTH), experiments=("a", "b"))
    with pytest.raises(InputError, match="there are 2 experiments for 30 points of 'SM'"):
        draw_curve(short)


def test_doses_are_written_as_people_write_them() -> None:
    def words(value: float, low: float, high: float) -> str:
        return dose_words(Estimate(value=value, low=low, high=high, unit="M"))

    assert words(1.23e-8, 8.1e-9, 1.8e-8) == "12 nM (8.1–18 nM)"
    assert words(1.2e-7, 8e-8, 1.3e-6) == "120 nM (80 nM–1.3 µM)"
    assert words(1.2e-7, 0.0, math.inf) == "120 nM (open–open)"
    assert dose_words(Estimate(value=1e-5, state="above")) == "> 10 µM"
    assert dose_words(Estimate(value=1e-9, state="below")) == "< 1 nM"
    assert dose_words(not_estimable("flat")) == "not estimable"


def test_the_control_stands_left_of_all_doses_and_is_called_0() -> None:
    axis = dose_axis(LEVELS)
    assert axis.left < axis.control_at < axis.open_left < -9 < -5 < axis.right
    places, words = axis.marks(80.0)
    assert words == ["1 nM", "10 nM", "100 nM", "1 µM", "10 µM"]
    assert places == pytest.approx([-9, -8, -7, -6, -5])
    assert axis.marks(20.0)[1] == ["10 nM", "10 µM"] or len(axis.marks(20.0)[1]) <= 2
    narrow = dose_axis([4.2e-8, 7.1e-8])
    assert len(narrow.marks(40.0)[1]) >= 3
    assert math.isnan(narrow.control_at)


def test_labels_move_apart_as_little_as_needed() -> None:
    assert spread(np.array([10.0, 1.0]), 2.0, 0.0, 20.0) == pytest.approx([10.0, 1.0])
    assert spread(np.array([5.0, 5.0, 5.0]), 2.0, 0.0, 20.0) == pytest.approx([3.0, 5.0, 7.0])
    crowded = spread(np.full(30, 4.0), 2.0, 0.0, 20.0)
    assert (crowded.min(), crowded.max()) == (pytest.approx(0.0), pytest.approx(20.0))
    assert shorten("MDA-MB-231 clone 11", 15.0, middle=True).endswith("11")
    assert words_mm(shorten("MDA-MB-231 clone 11", 15.0)) <= 15.0


@pytest.mark.parametrize(("scale", "control"), [(1.0, 1.0), (1000.0, None)])
def test_scatter_about_a_flat_line_does_not_fill_the_panel(scale: float, control: float | None) -> None:
    doses = np.tile(LEVELS, 3)
    y = scale * (1 + np.random.default_rng(3).normal(0, 0.03, doses.size))
    fit = fit_shape(FOUR_PARAMETERS, doses, y, control=control)
    figure = draw_curve(drawn(fit, why_unused="flat (p = 0.6)"), words=CurveWords(dose="birinapant", response="signal"))
    low, high = figure.figure.axes[0].get_ylim()
    assert low <= 0
    assert 1.2 * scale <= high < 1.4 * scale


def test_a_curve_that_falls_far_keeps_its_panel() -> None:
    low, high = draw_curve(drawn(fitted(FOUR_PARAMETERS, TRUTH)), words=WORDS).figure.axes[0].get_ylim()
    assert -10 < low <= 0
    assert 100 < high < 120
