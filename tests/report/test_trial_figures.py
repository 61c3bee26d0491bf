"""Figures of trials: what is told beside a row, names that do not collide, numbers at risk."""

from __future__ import annotations

import math

import numpy as np

from avpi.clinic.kaplan_meier import kaplan_meier
from avpi.report.figures_forest import ForestRow, draw_forest
from avpi.report.figures_kaplan_meier import draw_kaplan_meier
from avpi.report.figures_power import PowerCurve, draw_power


def test_a_forest_tells_each_row_in_words_and_as_points() -> None:
    rows = [
        ForestRow(label="one", value=0.8, low=0.6, high=1.1, group="all comers"),
        ForestRow(label="zero", value=-0.001, low=math.nan, high=math.nan, group="published", published=True),
        ForestRow(label="none", value=math.nan, low=math.nan, high=math.nan, group="published"),
    ]
    drawn = draw_forest(rows, name="f", title="t", axis="gain", caption="c", ratio=False).drawing
    assert "0.80 (0.60–1.10)" in drawn.svg
    assert "nan" not in drawn.svg
    assert "−0.00" not in drawn.svg
    assert "not estimable" in drawn.alt
    assert list(drawn.points["published"]) == [False, True, False]


def test_a_kaplan_meier_figure_has_the_numbers_at_risk() -> None:
    random = np.random.Generator(np.random.Philox(key=1))
    months = [random.exponential(20, 50).clip(max=30) for _ in range(2)]
    curves = [kaplan_meier(own, own < 30) for own in months]
    drawn = draw_kaplan_meier(curves, months, names=("control", "experimental"), name="km", title="t").drawing
    assert "at risk" in drawn.svg
    assert drawn.svg.count(">50<") == 2
    assert set(drawn.points["arm"]) == {"control", "experimental"}
    again = draw_kaplan_meier(curves, months, names=("control", "experimental"), name="km", title="t").drawing
    assert again.svg == drawn.svg


def test_a_power_curve_names_every_curve() -> None:
    sizes = np.array([100.0, 200.0])
    curves = {name: PowerCurve(sizes=sizes, shares=np.array([0.5, 0.9])) for name in ("all comers", "enriched")}
    drawn = draw_power(curves, name="p", title="t", axis="patients", caption="c").drawing
    assert "all comers" in drawn.svg
    assert "enriched" in drawn.svg
    assert len(drawn.points) == 4
