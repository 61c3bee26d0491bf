"""Intervals of synergy scores: made of experiments where there are several, of wells where there is one."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.dose.synergy.estimate_synergy import score_synergy
from tests.dose.synergy_surfaces import doses_around, hill, repeated

Floats = NDArray[np.float64]
A, B = hill(1e-7, 1.2, 0.9), hill(3e-7, 1.5, 0.7)
DOSES_A, DOSES_B = doses_around(1e-7, 5), doses_around(3e-7, 5)


def no_interaction(a: Floats, b: Floats) -> Floats:
    return np.asarray(1 - (1 - A(a)) * (1 - B(b)))


def synergy(a: Floats, b: Floats) -> Floats:
    return np.asarray(1 - (1 - A(a)) * (1 - B(b)) * np.where((a > 0) & (b > 0), 0.5, 1.0))


@pytest.mark.parametrize(
    ("experiments", "replicates", "made_of"),
    [
        (1, 1, "scatter of wells in one experiment (residuals"),
        (1, 3, "scatter of wells in one experiment (replicates"),
        (3, 1, "jackknife over 3 independent experiments, t with 2 df"),
        (8, 1, "bootstrap over 8 independent experiments"),
    ],
)
def test_what_the_interval_is_made_of_is_said(experiments: int, replicates: int, made_of: str) -> None:
    pair = repeated(synergy, DOSES_A, DOSES_B, experiments=experiments, replicates=replicates, noise=0.03)
    scores = score_synergy(pair, draws=200)
    assert scores.uncertainty.startswith(made_of)
    for model in ("bliss", "hsa", "zip"):
        own = scores.of(model)
        assert own.mean.n == experiments
        assert own.mean.low < own.mean.value < own.mean.high
        assert own.mean.low > 0.02
        assert own.probability_mean_above == pytest.approx(1, abs=0.1)
        assert np.all(own.low <= own.scores)
        assert np.all(own.scores <= own.high)
        assert ("wells_of_one_experiment" in {caveat.code for caveat in own.mean.caveats}) is (experiments == 1)


@pytest.mark.parametrize("experiments", [1, 3, 6])
def test_intervals_cover_no_synergy_as_often_as_they_say(experiments: int) -> None:
    covered = []
    for seed in range(60):
        pair = repeated(no_interaction, DOSES_A, DOSES_B, experiments=experiments, noise=0.05, seed=seed)
        own = score_synergy(pair, models=("bliss",), draws=200, seed=seed).of("bliss")
        covered.append(own.mean.low <= 0 <= own.mean.high)
    assert np.mean(covered) > 0.85  # 95 % less three standard errors of 60


def test_a_small_matrix_without_replicates_has_scores_and_no_interval() -> None:
    pair = repeated(synergy, doses_around(1e-7, 3), doses_around(3e-7, 3), experiments=1, noise=0.03)
    scores = score_synergy(pair)
    assert scores.uncertainty.startswith("no interval: one experiment")
    assert scores.of("zip").defined.all()
    assert np.isnan(scores.of("bliss").mean.low)
    assert np.isnan(scores.of("bliss").probability_above).all()


def test_experiments_that_differ_make_the_interval_wide_whatever_their_wells() -> None:
    few = repeated(synergy, DOSES_A, DOSES_B, experiments=6, noise=0.02, replicates=1)
    many = repeated(synergy, DOSES_A, DOSES_B, experiments=6, noise=0.02, replicates=8)
    shift = 0.15 * np.array([-1, 1, -0.5, 0.5, -0.2, 0.2])
    from dataclasses import replace

    def width(pair: object) -> float:
        from avpi.dose.synergy.combination import Combination

        assert isinstance(pair, Combination)
        both = (pair.doses_a > 0) & (pair.doses_b > 0)
        moved = replace(pair, effects=pair.effects + np.where(both, shift[pair.experiment], 0))
        mean = score_synergy(moved, models=("bliss",)).of("bliss").mean
        return mean.high - mean.low

    assert width(many) > 0.8 * width(few)


def test_loewe_whose_draws_are_mostly_undefined_has_no_interval() -> None:
    pair = repeated(
        lambda a, b: 1 - (1 - hill(1e-7, 2, 0.5)(a)) * (1 - hill(3e-7, 2, 0.9)(b)), DOSES_A, DOSES_B,
        experiments=1, noise=0.05,
    )  # fmt: skip
    own = score_synergy(pair, models=("loewe",), draws=200).of("loewe")
    edge = own.defined & np.isnan(own.low)
    assert edge.any()
    assert np.isnan(own.probability_above[edge]).all()


def test_missing_wells_are_survived_by_every_kind_of_draw() -> None:
    for experiments in (1, 4, 7):
        pair = repeated(synergy, DOSES_A, DOSES_B, experiments=experiments, noise=0.03)
        from avpi.dose.synergy.combination import read_combination

        kept = np.random.default_rng(1).random(pair.effects.size) > 0.06
        kept[(pair.doses_a == 0) | (pair.doses_b == 0)] = True
        thinned = read_combination(
            pair.doses_a[kept], pair.doses_b[kept], pair.effects[kept], experiments=list(pair.experiment[kept])
        )
        scores = score_synergy(thinned, draws=200)
        assert scores.of("bliss").mean.low < scores.of("bliss").mean.high
        codes = {caveat.code for caveat in scores.of("bliss").mean.caveats}
        assert ("unbalanced_experiments" in codes) is (experiments > 1)


def test_the_same_seed_gives_the_same_bytes() -> None:
    pair = repeated(synergy, DOSES_A, DOSES_B, experiments=1, noise=0.03)
    one, same, other = (score_synergy(pair, draws=100, seed=seed).of("zip") for seed in (1, 1, 2))
    assert one.low.tobytes() == same.low.tobytes()
    assert one.low.tobytes() != other.low.tobytes()


def test_a_matrix_of_ten_by_ten_with_two_hundred_draws_takes_no_time() -> None:
    pair = repeated(synergy, doses_around(1e-7, 9, 2.0), doses_around(3e-7, 9, 2.0), experiments=1, noise=0.03)
    score_synergy(pair, draws=2)  # compiles
    begun = time.process_time()  # not the clock: other tests may keep the machine busy
    score_synergy(pair, draws=200)
    assert time.process_time() - begun < 2
