"""Replicate tubes tell how much tubes differ, and intervals hold it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpi.flow.replicates import overdispersion, replicate_shares, with_replicates
from avpi.flow.results import QUADRANTS, SampleResult
from tests.flow.simulated_cells import control_tubes, quadrants, tube
from tests.flow.study_words import gated


def counted(rho: float, groups: int, tubes: int, random: np.random.Generator) -> list[list[tuple[int, int]]]:
    made = []
    for share in random.uniform(0.1, 0.7, groups):
        own = random.beta(share * (1 / rho - 1), (1 - share) * (1 / rho - 1), tubes) if rho else [share] * tubes
        cells = random.integers(3000, 9000, tubes)
        made.append([(int(random.binomial(n, p)), int(n)) for n, p in zip(cells, own, strict=True)])
    return made


@pytest.mark.parametrize("rho", [0.0, 0.01, 0.05])
def test_the_correlation_within_tubes_is_found(rho: float) -> None:
    random = np.random.default_rng(1)
    found = [overdispersion(counted(rho, 6, 3, random)) for _ in range(200)]
    assert all(one is not None and one.freedom == 12 for one in found)
    assert np.mean([one.rho for one in found if one]) == pytest.approx(rho, rel=0.15, abs=5e-4)


def test_without_replicates_nothing_is_known() -> None:
    assert overdispersion([[(5, 10)], [(7, 100)]]) is None
    assert overdispersion([[(0, 10), (0, 20)], [(10, 10), (5, 5)]]) is None


def samples(shares: list[list[float]]) -> list[SampleResult]:
    controls = control_tubes(np.random.default_rng(2))
    made = []
    for number, own in enumerate(shares):
        result = gated(tube(quadrants(*own), np.random.default_rng(50 + number)), controls)
        made.append(replace(result, name=f"tube {number}"))
    return made


def test_tubes_that_differ_widen_each_others_intervals_and_keep_their_shares() -> None:
    alone = samples([[0.6, 0.1, 0.25, 0.05], [0.5, 0.15, 0.3, 0.05], [0.7, 0.08, 0.2, 0.02]])
    wide = with_replicates(alone)
    live = QUADRANTS[0]
    for before, after in zip(alone, wide, strict=True):
        assert after.fractions[live].value == before.fractions[live].value
        assert after.fractions[live].high - after.fractions[live].low > 3 * (
            before.fractions[live].high - before.fractions[live].low
        )
        assert after.viable == after.fractions[live]
        assert after.viable_log_se > 3 * before.viable_log_se
        assert "beta-binomial over replicate tubes" in after.fractions[live].method
        assert after.fractions[live].n == 1
    (mean,) = replicate_shares(alone)
    assert mean.tubes == ("tube 0", "tube 1", "tube 2")
    assert mean.fractions[live].low < 0.6 < mean.fractions[live].high
    assert mean.fractions[live].n == 1


def test_single_tubes_stay_as_they_are() -> None:
    (one,) = samples([[0.6, 0.1, 0.25, 0.05]])
    other = replace(one, name="other", experiment="day2")
    assert with_replicates([one, other]) == [one, other]
    assert replicate_shares([one, other]) == []


def test_a_tube_with_too_few_cells_is_no_replicate() -> None:
    one, other = samples([[0.6, 0.1, 0.25, 0.05], [0.5, 0.15, 0.3, 0.05]])
    assert with_replicates([one, replace(other, passes=False)])[0] == one
