"""Figures of dose matrices: numbers with signs, undefined pairs hatched and said, isoboles only where Loewe is."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from avpi.dose.isobole import Isobole, trace_isobole
from avpi.dose.synergy.combination import read_combination
from avpi.dose.synergy.estimate_synergy import score_synergy
from avpi.errors import InputError
from avpi.report.figure_files import PrintedFigure
from avpi.report.figures_synergy import draw_synergy
from avpi.report.synergy_matrix import SynergyMatrix, matrix_of_scores, shared_unit, signed
from tests.report.text_boxes import cut_off, overlapping


def made(size: int, *, undefined: bool = False) -> SynergyMatrix:
    """Return scores that rise to the upper right, the highest row undefined if asked for."""
    share = np.linspace(-0.2, 0.35, size)
    flags = np.zeros((size, size), bool)
    flags[-1] = undefined
    scores = np.where(flags, np.nan, (share[:, None] + share[None, :]) / 2)
    doses = np.geomspace(1e-9, 1e-9 * 10 ** (0.5 * (size - 1)), size)
    return SynergyMatrix(
        compound_a="birinapant", compound_b="TNF", unit_a="M", unit_b="ng/mL", doses_a=doses, doses_b=doses * 1e8,
        scores=scores, undefined=flags, low=scores - 0.1, high=scores + 0.1, model="Loewe",
        why_undefined="above the largest effect of the weaker compound alone" if undefined else "",
    )  # fmt: skip


def isobole() -> Isobole:
    a, b = np.array([0.0, 1e-9, 1e-8, 1e-7]), np.array([0.0, 1.0, 10.0, 100.0])
    effects = np.array([[0.0, 0.1, 0.3, 0.6], [0.1, 0.4, 0.6, 0.8], [0.3, 0.6, 0.8, 0.9], [0.7, 0.8, 0.9, 1.0]])
    return trace_isobole(a, b, effects, 0.5)


def hatched(figure: PrintedFigure) -> int:
    found = [patch for patch in figure.figure.axes[0].patches if isinstance(patch, Rectangle) and patch.get_hatch()]
    return len(found)


@pytest.mark.parametrize(("size", "width_mm"), [(6, 89.0), (6, 183.0), (10, 89.0), (10, 120.0), (10, 183.0)])
def test_maps_have_room_for_their_words(size: int, width_mm: float) -> None:
    figure = draw_synergy(made(size, undefined=True), isobole(), width_mm=width_mm)
    assert figure.drawing.width_mm == pytest.approx(width_mm)
    contours = {text.get_text() for text in figure.figure.axes[2].texts}
    pairs = [pair for pair in overlapping(figure.figure) if not set(pair) & contours]
    assert (pairs, cut_off(figure.figure)) == ([], [])


def test_the_same_matrix_gives_the_same_bytes() -> None:
    once, again = (draw_synergy(made(6, undefined=True), isobole()) for _ in range(2))
    assert (once.drawing.svg, once.drawing.pdf, once.png()) == (again.drawing.svg, again.drawing.pdf, again.png())


def test_a_pair_without_a_score_is_hatched_and_said_and_never_a_0() -> None:
    figure = draw_synergy(made(6, undefined=True))
    assert hatched(figure) == 6
    assert (
        "Hatched: no score, 6 pairs: above the largest effect of the weaker compound alone." in figure.drawing.caption
    )
    assert "Hatched: no score, 6 pairs" in figure.drawing.svg
    table = figure.drawing.points
    assert list(table["state"]).count("undefined") == 6
    assert table.query("state == 'undefined'")["score"].isna().all()
    assert hatched(draw_synergy(made(6))) == 0
    nothing = replace(made(6), scores=np.full((6, 6), math.nan))
    empty = draw_synergy(nothing)
    assert hatched(empty) == 36
    assert list(empty.drawing.points["state"]) == ["missing"] * 36


def test_numbers_carry_their_sign_and_sure_ones_a_frame() -> None:
    matrix = made(6)
    figure = draw_synergy(matrix)
    shown = [text.get_text() for text in figure.figure.axes[0].texts]
    assert shown == [signed(100 * score) for score in matrix.scores.ravel()]
    assert {"+35", "−20"} <= set(shown)
    assert signed(-0.3) == signed(0.2) == "0"
    frames = [patch for patch in figure.figure.axes[0].patches if not patch.get_hatch()]
    assert len(frames) == int(np.sum(np.abs(matrix.scores) > 0.1))


def test_the_table_holds_every_pair() -> None:
    matrix = made(6)
    table = draw_synergy(matrix, isobole()).drawing.points
    pairs = table.query("kind == 'pair'")
    assert pairs["score"].to_numpy().reshape(6, 6) == pytest.approx(matrix.scores)
    assert set(pairs["unit_b"]) == {"ng/mL"}
    assert len(table.query("kind == 'isobole'")) == isobole().index.size
    assert list(table.query("kind == 'alone'")["state"]) == ["measured", "measured"]


def test_an_isobole_is_drawn_only_where_both_compounds_alone_reach_the_effect() -> None:
    assert "below: synergy" in draw_synergy(made(6), isobole()).drawing.svg
    inert = trace_isobole([0, 1e-9, 1e-8], [0, 1.0, 10.0], [[0, 0.1, 0.1], [0.2, 0.6, 0.7], [0.8, 0.9, 1.0]])
    figure = draw_synergy(made(6), inert)
    assert "below: synergy" not in figure.drawing.svg
    assert "Loewe is not defined: TNF" in figure.drawing.svg


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(InputError, match="scores"):
        draw_synergy(replace(made(6), scores=np.zeros((5, 6))))
    with pytest.raises(InputError, match="above 0 and ascending"):
        draw_synergy(replace(made(6), doses_b=np.array([0.0, 1, 2, 3, 4, 5])))


def test_doses_share_the_unit_with_the_shortest_numbers() -> None:
    assert shared_unit(np.array([1e-9, 1e-8, 1e-7]), "M") == ("nM", 1e-9)
    assert shared_unit(np.array([1e-6, 3e-6]), "M") == ("µM", 1e-6)
    assert shared_unit(np.array([10.0, 100.0]), "ng/mL") == ("ng/mL", 1.0)


def test_scores_of_the_analysis_become_a_matrix() -> None:
    levels = np.array([0.0, 1e-9, 1e-8, 1e-7])
    a, b = (grid.ravel() for grid in np.meshgrid(levels, levels, indexing="ij"))
    alone = [dose / (dose + 1e-8) for dose in (a, b)]
    effect = alone[0] + alone[1] - alone[0] * alone[1]
    found = score_synergy(read_combination(a, b, effect, compounds=("A1", "B1")), models=("bliss",), draws=10)
    matrix = matrix_of_scores(found, "bliss")
    assert matrix.scores == pytest.approx(np.zeros((3, 3)), abs=1e-12)
    assert (matrix.compound_a, matrix.model, matrix.doses_a.size) == ("A1", "Bliss", 3)
