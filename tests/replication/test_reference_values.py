"""Against lme4, lmerTest, pbkrtest and R's stats, computed once by these programs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from avpi.replication.contrasts import DegreesOfFreedom, contrast
from avpi.replication.equivalence import tost_welch
from avpi.replication.mixed_model import MixedModel, fit_mixed_model
from avpi.replication.multiplicity import Adjustment, adjust
from avpi.replication.random_terms import RandomTerm

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    found = shared_data / "dose" / "stats"
    if not (found / "stats_reference.json").is_file():
        pytest.skip("there are no reference values of R: ../shared/data/dose/stats/stats_reference.json is missing")
    return found


@pytest.fixture(scope="module")
def reference(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "stats_reference.json").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def sleepstudy(folder: Path) -> MixedModel:
    table = pd.read_csv(folder / "lme4_sleepstudy.csv")
    design = np.column_stack([np.ones(len(table)), table["Days"]])
    names = ("(Intercept)", "Days")
    term = RandomTerm(name="Subject", groups=table["Subject"].tolist(), columns=design, column_names=names)
    return fit_mixed_model(table["Reaction"].to_numpy(), design, [term], names=names)


@pytest.fixture(scope="module")
def dyestuff(folder: Path) -> MixedModel:
    table = pd.read_csv(folder / "lme4_Dyestuff.csv")
    term = RandomTerm(name="Batch", groups=table["Batch"].tolist())
    return fit_mixed_model(table["Yield"].to_numpy(), np.ones(len(table)), [term], names=("(Intercept)",))


def test_correlated_slopes_agree_with_lme4(sleepstudy: MixedModel, reference: dict[str, Any]) -> None:
    expected = reference["sleepstudy"]
    effects = sleepstudy.random_effects[0]
    found = [*effects.sd, effects.correlation[0, 1], sleepstudy.residual_sd]
    assert found == pytest.approx([part["sdcor"] for part in expected["varcomp"]], rel=1e-5)
    assert sleepstudy.fixed_effects == pytest.approx(list(expected["fixef"].values()), rel=1e-12)
    assert sleepstudy.standard_errors == pytest.approx(list(expected["se"].values()), rel=1e-5)
    assert sleepstudy.criterion == pytest.approx(expected["REMLcrit"], rel=1e-10)
    # Where the last digits differ, ours is the higher likelihood: lme4's search stopped earlier.
    assert sleepstudy.criterion <= expected["REMLcrit"]
    assert (sleepstudy.converged, sleepstudy.singular, sleepstudy.experiments) == (True, False, 18)


def test_random_intercepts_agree_with_lme4(dyestuff: MixedModel, reference: dict[str, Any]) -> None:
    expected = reference["Dyestuff"]
    found = [dyestuff.random_effects[0].sd[0], dyestuff.residual_sd]
    assert found == pytest.approx([part["sdcor"] for part in expected["varcomp"]], rel=1e-5)
    assert dyestuff.standard_errors == pytest.approx(expected["se"], rel=1e-5)
    assert dyestuff.criterion == pytest.approx(expected["REMLcrit"], rel=1e-10)


@pytest.mark.parametrize("method", ["satterthwaite", "kenward_roger"])
@pytest.mark.parametrize("data", ["sleepstudy", "Dyestuff"])
def test_contrasts_agree_with_lmertest_and_pbkrtest(
    method: DegreesOfFreedom, data: str, sleepstudy: MixedModel, dyestuff: MixedModel, reference: dict[str, Any]
) -> None:
    model = sleepstudy if data == "sleepstudy" else dyestuff
    for expected in reference[data][method]:
        found = contrast(model, {expected["term"]: 1.0}, df=method)
        # lmerTest differentiates numerically: 16.99973 where the design gives 17.
        assert found.df == pytest.approx(expected["df"], rel=1e-4)
        assert found.estimate == pytest.approx(expected["Estimate"], rel=1e-12)
        assert found.standard_error == pytest.approx(expected["Std. Error"], rel=1e-5)
        assert found.t == pytest.approx(expected["t value"], rel=1e-5)
        assert found.p == pytest.approx(expected["Pr(>|t|)"], rel=2e-4)


def test_full_likelihood_and_uncorrelated_slopes_agree_with_what_lme4_publishes(folder: Path) -> None:
    """Values printed in Bates et al. 2015 and lme4's help page of sleepstudy."""
    table = pd.read_csv(folder / "lme4_sleepstudy.csv")
    design = np.column_stack([np.ones(len(table)), table["Days"]])
    names, y = ("(Intercept)", "Days"), table["Reaction"].to_numpy()
    term = RandomTerm(name="Subject", groups=table["Subject"].tolist(), columns=design, column_names=names)
    full = fit_mixed_model(y, design, [term], names=names, likelihood="ML")
    assert full.criterion == pytest.approx(1751.939, abs=1e-3)
    assert full.random_effects[0].sd == pytest.approx([23.781, 5.717], abs=1e-3)
    apart = fit_mixed_model(y, design, [replace(term, correlated=False)], names=names)
    assert apart.criterion == pytest.approx(1743.669, abs=1e-3)
    assert [effects.sd[0] for effects in apart.random_effects] == pytest.approx([25.051, 5.988], abs=1e-3)
    assert apart.residual_sd == pytest.approx(25.565, abs=1e-3)


def test_equivalence_of_two_samples_agrees_with_r(folder: Path, reference: dict[str, Any]) -> None:
    table, expected = pd.read_csv(folder / "r_sleep.csv"), reference["TOST_sleep_welch"]
    one, other = (table.loc[table["group"] == group, "extra"].to_numpy() for group in (1, 2))
    found = tost_welch(one, other, tuple(expected["bounds"]))
    assert [found.p_lower, found.p_upper, found.p] == pytest.approx(
        [expected["p_lower"], expected["p_upper"], expected["p_tost"]], rel=1e-10
    )
    assert [found.df, found.low, found.high] == pytest.approx([expected["df"], *expected["ci90"]], rel=1e-10)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("holm", "holm"),
        ("hochberg", "hochberg"),
        ("benjamini_hochberg", "BH"),
        ("benjamini_yekutieli", "BY"),
    ],
)
def test_adjusted_p_values_agree_with_r(ours: Adjustment, theirs: str, reference: dict[str, Any]) -> None:
    expected = reference["p_adjust"]
    assert adjust(expected["p"], ours) == pytest.approx(expected[theirs], rel=1e-12)
