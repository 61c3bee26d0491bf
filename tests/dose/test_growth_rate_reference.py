"""GR against the R package GRmetrics (Clark et al. 2017 BMC Cancer 17:698, doi:10.1186/s12885-017-3689-3)."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from avpi.dose.fit_shape import fit_shape
from avpi.dose.growth_rate import growth_rate_inhibition
from avpi.dose.growth_rate_fit import GR_CURVE, boxes_of_gr, fit_growth_rate
from avpi.dose.growth_rate_observed import area_over_curve, lowest_of_last

pytestmark = pytest.mark.shared_data

KEYS = ("cell_line", "agent", "perturbation", "replicate", "time")
SAME_FIT = 1e-9
"""Relative difference of two sums of squares up to which both programs are at the same minimum."""
Rows = list[dict[str, str]]


def rows_of(path: Path) -> Rows:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def curves(shared_data: Path) -> dict[tuple[str, ...], Rows]:
    found: dict[tuple[str, ...], Rows] = defaultdict(list)
    for row in rows_of(shared_data / "dose" / "gr" / "INPUT" / "toy_example_input1.tsv"):
        found[tuple(row[key] for key in KEYS)].append(row)
    return found


@pytest.fixture(scope="module")
def metrics(shared_data: Path) -> dict[tuple[str, ...], dict[str, str]]:
    rows = rows_of(shared_data / "dose" / "gr" / "OUTPUT" / "R_input1_GRmetrics.tsv")
    return {tuple(row[key] for key in KEYS): row for row in rows}


def column(rows: Rows, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([float(row[name]) for row in rows])


def values_of(rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    counts = (column(rows, name) for name in ("cell_count", "cell_count__ctrl", "cell_count__time0"))
    return np.array(growth_rate_inhibition(*counts).values)


def test_every_value_is_theirs(shared_data: Path) -> None:
    # the second has six digits, so that the last of 1.00204 is 5e-6
    for name, heading, digits in (("R_input1_GRvalues", "GR", 1e-13), ("toy_example_output", "GRvalue", 5.01e-6)):
        given = rows_of(shared_data / "dose" / "gr" / "INPUT" / "toy_example_input1.tsv")
        theirs = rows_of(shared_data / "dose" / "gr" / "OUTPUT" / f"{name}.tsv")
        assert len(given) == len(theirs) == 1008
        assert [row["cell_count"] for row in given] == [row["cell_count"] for row in theirs]
        assert values_of(given) == pytest.approx(column(theirs, heading), abs=digits)


def test_what_is_observed_is_theirs(
    curves: dict[tuple[str, ...], Rows], metrics: dict[tuple[str, ...], dict[str, str]]
) -> None:
    from avpi.dose.curve_points import read_points

    assert len(curves) == len(metrics) == 112
    for key, rows in curves.items():
        points = read_points(column(rows, "concentration") * 1e-6, values_of(rows))
        assert lowest_of_last(points)[0] == pytest.approx(float(metrics[key]["GRmax"]), abs=1e-12)
        assert area_over_curve(points) == pytest.approx(float(metrics[key]["GR_AOC"]), abs=1e-12)


def test_no_curve_of_theirs_is_better_and_where_both_are_as_good_the_parameters_agree(
    curves: dict[tuple[str, ...], Rows], metrics: dict[tuple[str, ...], dict[str, str]]
) -> None:
    same = 0
    for key, rows in list(curves.items())[::4]:
        theirs = metrics[key]
        molar, values = column(rows, "concentration") * 1e-6, values_of(rows)
        fit = fit_shape(GR_CURVE, molar, values, boxes=boxes_of_gr(molar), control=1.0)
        their_rss = (1 - float(theirs["r2"])) * float(np.sum((values - values.mean()) ** 2))
        assert fit.rss <= their_rss * (1 + SAME_FIT)
        if theirs["fit"] == "sigmoid" and fit.rss >= their_rss * (1 - SAME_FIT):
            same += 1
            assert fit.relative_ec50_molar * 1e6 == pytest.approx(float(theirs["GEC50"]), rel=1e-3)
            assert fit.value("bottom") == pytest.approx(float(theirs["GRinf"]), abs=1e-3)
            assert fit.value("hill_slope") == pytest.approx(float(theirs["Hill"]), rel=1e-3)
            if np.isfinite(float(theirs["GR50"])):
                assert fit.absolute_ec50_molar * 1e6 == pytest.approx(float(theirs["GR50"]), rel=1e-3)
    assert same >= 24


@pytest.mark.parametrize(
    ("key", "kind", "state"),
    [
        (("BT20", "drugA", "0", "1", "48"), "sigmoid", "measured"),
        (("BT20", "drugB", "0", "1", "48"), "flat", "above"),
        (("MCF7", "drugD", "0", "1", "72"), "sigmoid", "above"),
        (("MCF7", "drugD", "1", "1", "72"), "sigmoid", "above"),  # their GR50 lies beyond the last dose
    ],
)
def test_where_theirs_is_flat_or_infinite_ours_is_a_bound(
    key: tuple[str, ...],
    kind: str,
    state: str,
    curves: dict[tuple[str, ...], Rows],
    metrics: dict[tuple[str, ...], dict[str, str]],
) -> None:
    rows = curves[key]
    fit = fit_growth_rate(column(rows, "concentration") * 1e-6, values_of(rows))
    assert (fit.kind, fit.gr50.state) == (kind, state)
    assert metrics[key]["fit"] == kind
    if kind == "sigmoid":
        assert fit.flat_p == pytest.approx(float(metrics[key]["pval"]), rel=1e-6)
        assert fit.r2 == pytest.approx(float(metrics[key]["r2"]), abs=1e-9)
    if state == "measured":
        assert fit.gr50.value * 1e6 == pytest.approx(float(metrics[key]["GR50"]), rel=1e-3)
