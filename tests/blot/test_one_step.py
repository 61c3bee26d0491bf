"""blotIt's scaling of membranes, against the fits that its authors ship."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from avpi.blot.one_step import OneStepFit, fit_one_step
from avpi.errors import InputError

LN2 = math.log(2.0)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _lanes(folder: Path, target: str) -> tuple[list[float], list[str], list[str]]:
    if target == "pSTAT1_Cyt":
        rows, column = _rows(folder / "blotIt_INFdata_WB.csv"), "value"
    else:
        rows, column = _rows(folder / "blotIt_simDataWide.csv"), target
    conditions = [f"{row['time']}_{row['condition']}" for row in rows]
    return [float(row[column]) for row in rows], conditions, [row["experiment"] for row in rows]


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("target", "stem"),
    [("pSTAT1_Cyt", "blotIt_INFdata_WB"), ("pAKT", "blotIt_simDataWide"), ("pERK", "blotIt_simDataWide")],
)
def test_values_and_factors_are_blotits(shared_data: Path, target: str, stem: str) -> None:
    """blotIt divides by the mean first, leaves ln 2 out of each term, and stops within 2e-6 of the smallest deviance.

    Its relative error, in which the optimum is flat, is therefore off by up to 2e-4; all else agrees to 1e-6.
    """
    folder = shared_data / "blots"
    values, conditions, membranes = _lanes(folder, target)
    fit = fit_one_step(values, conditions, membranes)
    theirs = [row for row in _rows(folder / f"{stem}_parameters_by_blotIt.csv") if row["name"] == target]
    aligned = [row for row in _rows(folder / f"{stem}_aligned_by_blotIt.csv") if row["name"] == target]
    by_kind = {kind: [r for r in theirs if r["parameter"].startswith(kind)] for kind in ("yi", "sj", "sigmaR")}
    assert fit.condition_values == pytest.approx([float(row["value"]) for row in by_kind["yi"]], rel=1e-6)
    assert sorted(fit.condition_values) == pytest.approx(sorted(float(row["value"]) for row in aligned), rel=1e-6)
    factors = fit.membrane_factors * np.mean(values)
    assert factors == pytest.approx([float(row["value"]) for row in by_kind["sj"]], rel=1e-6)
    deviance = fit.deviance - len(values) * LN2
    assert deviance <= float(theirs[0]["nll"])
    assert deviance == pytest.approx(float(theirs[0]["nll"]), abs=3e-6)
    assert fit.relative_sd == pytest.approx(float(by_kind["sigmaR"][0]["value"]), rel=3e-4)
    errors = fit.standard_errors[: len(fit.conditions)]
    assert errors == pytest.approx([float(row["sigma"]) for row in by_kind["yi"]], rel=1e-3)
    assert fit.degrees_of_freedom == int(theirs[0]["noData"]) - int(theirs[0]["noPars"])


def _simulated(*, absolute: float = 0.0, seed: int = 3) -> OneStepFit:
    rng = np.random.Generator(np.random.Philox(seed))
    truth, factors = np.array([1.0, 0.5, 0.1, 0.02]), np.exp(rng.normal(0, 1, 12))
    values, conditions, membranes = [], [], []
    for j, factor in enumerate(factors):
        for i, x in enumerate(truth):
            noisy = x * (1 + 0.1 * rng.normal()) + absolute * rng.normal()
            values.append(max(noisy, 1e-4) / factor)
            conditions.append(str(i))
            membranes.append(str(j))
    return fit_one_step(values, conditions, membranes, absolute=absolute > 0)


def test_the_scale_of_a_membrane_does_not_matter() -> None:
    fit = _simulated()
    shares = fit.condition_values / fit.condition_values[0]
    assert shares == pytest.approx([1.0, 0.5, 0.1, 0.02], rel=0.1)
    assert np.mean(fit.condition_values) == pytest.approx(1.0)
    assert fit.relative_sd == pytest.approx(0.1, rel=0.3)


def test_an_absolute_error_is_told_from_a_relative_one() -> None:
    fit = _simulated(absolute=0.005)
    assert fit.absolute_sd * 1.0 / fit.condition_values[0] == pytest.approx(0.005, rel=0.5)


def test_membranes_that_share_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="share no condition"):
        fit_one_step([1.0, 2.0, 3.0, 4.0], ["a", "a", "b", "b"], ["1", "1", "2", "2"])


def test_conditions_measured_once_leave_no_error() -> None:
    with pytest.raises(InputError, match="more than once"):
        fit_one_step([1.0, 2.0], ["a", "b"], ["1", "1"])


def test_a_value_that_is_not_positive_is_named() -> None:
    with pytest.raises(InputError, match="'-1'"):
        fit_one_step([1.0, -1.0, 2.0], ["a", "b", "a"], ["1", "1", "2"])
