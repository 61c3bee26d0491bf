"""Every shape against R's drc: its fits, standard errors (by observed information) and effective doses."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avpi.dose.fit_shape import ShapeFit, fit_shape
from avpi.dose.least_squares import LeastSquaresFit, fit_least_squares
from avpi.dose.shapes import (
    BRAIN_COUSENS,
    FIVE_PARAMETERS,
    FOUR_PARAMETERS,
    LOG_NORMAL,
    WEIBULL_1,
    WEIBULL_2,
)

pytestmark = pytest.mark.shared_data

SHAPES = {
    "LL.3": FOUR_PARAMETERS.hold(bottom=0.0),
    "LL.4": FOUR_PARAMETERS,
    "LL.5": FIVE_PARAMETERS,
    "W1.3": WEIBULL_1.hold(bottom=0.0),
    "W1.4": WEIBULL_1,
    "W2.3": WEIBULL_2.hold(bottom=0.0),
    "W2.4": WEIBULL_2,
    "LN.3": LOG_NORMAL.hold(bottom=0.0),
    "LN.4": LOG_NORMAL,
    "BC.4": BRAIN_COUSENS.hold(bottom=0.0),
    "BC.5": BRAIN_COUSENS,
}
STOPPED_EARLY = 1e-8
"""Relative difference of two sums of squares above which drc had not arrived: its numbers are of another point."""


@pytest.fixture(scope="module")
def reference(shared_data: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared_data / "dose" / "drc" / "drc_reference.json").read_text())
    return loaded


def rows_of(shared_data: Path, name: str) -> list[dict[str, str]]:
    with (shared_data / "dose" / "drc" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def column(rows: list[dict[str, str]], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([float(row[name]) for row in rows])


def fitted(name: str, reference: dict[str, Any], shared_data: Path) -> ShapeFit:
    if name not in reference:
        pytest.skip(f"the fit {name} is not among the references in ../shared/data")
    call = re.search(r"drm\(([\w.]+) ~ (\w+), data = ([\w.]+), fct = (\w+\.\d)", reference[name]["call"])
    assert call is not None
    response, dose, data, kind = call.groups()
    rows = rows_of(shared_data, data)
    return fit_shape(SHAPES[kind], column(rows, dose), column(rows, response))


@pytest.mark.parametrize(
    "name",
    [
        "ryegrass.LL3", "ryegrass.LL4", "ryegrass.LL5", "ryegrass.W14", "ryegrass.W24", "ryegrass.LN4", "ryegrass.BC5",
        "lepidium.LL4", "S.capricornutum.LL3", "S.capricornutum.BC4", "algae.LL3", "barley.LL4", "lemna.LL4",
    ],
)  # fmt: skip
def test_one_curve(name: str, reference: dict[str, Any], shared_data: Path) -> None:
    fit = fitted(name, reference, shared_data)
    drc = reference[name]
    assert fit.converged, fit.least_squares.reason
    assert fit.rss <= drc["rss"] * (1 + 1e-9)
    ed = next(row for row in drc["ED"] if row["id"].endswith(":50"))
    error = fit.relative_ec50_molar * np.log(10) * fit.log10_relative_ec50_observed_error
    if fit.rss < drc["rss"] * (1 - STOPPED_EARLY):
        assert fit.relative_ec50_molar == pytest.approx(ed["Estimate"], rel=2e-3)
        return
    assert fit.relative_ec50_molar == pytest.approx(ed["Estimate"], rel=1e-4)
    assert error == pytest.approx(ed["Std. Error"], rel=1e-3)
    errors = np.sqrt(np.diag(fit.least_squares.observed_covariance))
    for letter, ours in (("c", "bottom"), ("d", "top"), ("b", fit.shape.nonlinear[1])):
        key = f"{letter}:(Intercept)"
        if key in drc["coef"]:
            assert fit.value(ours) == pytest.approx(abs(drc["coef"][key]), rel=1e-4)
            assert errors[fit.shape.parameters.index(ours)] == pytest.approx(drc["se"][key], rel=1e-3)


def herbicides(x: Any, c: Any, d: Any, b: Any, e: Any) -> Any:
    return c + (d - c) / (1 + np.exp(b * (np.log(np.maximum(x, 1e-12)) - np.log(e))))


@pytest.mark.parametrize("shared_plateaus", [False, True])
def test_two_curves_together(reference: dict[str, Any], shared_data: Path, shared_plateaus: bool) -> None:
    rows = rows_of(shared_data, "S.alba")
    drc = reference["S.alba.LL4.common_cd" if shared_plateaus else "S.alba.LL4"]
    second = np.array([row["Herbicide"] == "Bentazone" for row in rows])

    def model(x: Any, p: Any) -> Any:
        c, d, b, e = (p[2 * i : 2 * i + 2] for i in range(4))
        if shared_plateaus:
            c, d, b, e = [p[0], p[0]], [p[1], p[1]], p[2:4], p[4:6]
        return np.where(second, herbicides(x, c[1], d[1], b[1], e[1]), herbicides(x, c[0], d[0], b[0], e[0]))

    start = [0.7, 3.8, 2.5, 5, 60, 30] if shared_plateaus else [0.8, 0.7, 3.9, 3.8, 2.5, 5, 60, 30]
    fit = fit_least_squares(model, column(rows, "Dose"), column(rows, "DryMatter"), start)
    assert fit.converged
    assert fit.rss <= drc["rss"] * (1 + 1e-9)
    which = ("Glyphosate", "Bentazone")
    expected = {(key.split(":")[0], key.split(":")[1].replace("Herbicide", "")): key for key in drc["coef"]}
    order = [(letter, name) for letter in "cdbe" for name in which]
    if shared_plateaus:
        order = [("c", "(Intercept)"), ("d", "(Intercept)"), *order[4:]]
    errors = np.sqrt(np.diag(fit.observed_covariance))
    for value, error, key in zip(fit.parameters, errors, order, strict=True):
        # drc stopped two to six millionths above the minimum here
        assert value == pytest.approx(drc["coef"][expected[key]], rel=3e-3)
        assert error == pytest.approx(drc["se"][expected[key]], rel=1e-2)


def likeliest(model: Any, x: Any, share: Any, total: Any, start: Any) -> LeastSquaresFit:
    """The binomial fit, by least squares weighted anew until nothing changes."""
    fit = None
    for _ in range(60):
        mean = np.clip(model(x, np.array(start)), 1e-12, 1 - 1e-12)
        fit = fit_least_squares(model, x, share, start, weights=total / (mean * (1 - mean)))
        if np.allclose(fit.parameters, start, rtol=1e-12, atol=0):
            break
        start = list(0.5 * (np.array(start) + fit.parameters))  # whole steps swing to and fro
    assert fit is not None
    return fit


@pytest.mark.parametrize(
    ("name", "data", "columns", "free_top"),
    [
        ("finney71.LL2", "finney71", ("dose", "affected"), False),
        ("earthworms.LL3", "earthworms", ("dose", "number"), True),
    ],
)
def test_shares_of_animals(
    name: str, data: str, columns: tuple[str, str], free_top: bool, reference: dict[str, Any], shared_data: Path
) -> None:
    rows, drc = rows_of(shared_data, data), reference[name]
    total = column(rows, "total")

    def model(x: Any, p: Any) -> Any:
        return herbicides(x, 0.0, p[2] if free_top else 1.0, p[0], p[1])

    x, share = column(rows, columns[0]), column(rows, columns[1]) / total
    start = [1.0, 0.3, 0.6] if free_top else [-2.0, 5.0]
    fit = likeliest(model, x, share, total, start)
    theirs = np.array([drc["coef"][f"{letter}:(Intercept)"] for letter in "bed"[: len(start)]])

    def log_likelihood(p: Any) -> float:
        mean = np.clip(model(x, p), 1e-12, 1 - 1e-12)
        return float(np.sum(total * (share * np.log(mean) + (1 - share) * np.log1p(-mean))))

    gain = log_likelihood(fit.parameters) - log_likelihood(theirs)
    assert gain > -1e-9
    assert fit.parameters == pytest.approx(theirs, rel=1e-3 if gain < 1e-6 else 0.02)


def test_the_error_by_observed_information_is_not_that_of_the_tangent(
    reference: dict[str, Any], shared_data: Path
) -> None:
    """What drc prints is up to 7 % away from the usual asymptotic error: it must not be mixed up."""
    fit = fitted("algae.LL3", reference, shared_data)
    assert abs(fit.log10_relative_ec50_error / fit.log10_relative_ec50_observed_error - 1) > 0.03
