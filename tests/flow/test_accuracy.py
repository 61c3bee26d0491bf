"""Shares of simulated samples with overlap, debris, doublets and spillover: how far off, and are intervals honest."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.flow.results import QUADRANTS
from tests.flow.simulated_cells import OVERLAPPING, Staining, control_tubes, quadrants, tube
from tests.flow.study_words import gated

SAMPLES = 25


def errors_and_coverage(*, cells: int, staining: Staining, with_controls: bool) -> tuple[np.ndarray, float]:
    errors, covered = [], []
    for seed in range(SAMPLES):
        random = np.random.default_rng(seed)
        healthy = seed % 3 == 0
        shares = quadrants(*random.dirichlet([60, 2, 2, 1] if healthy else [6, 2, 2, 0.4]))
        controls = control_tubes(random, cells=cells, staining=staining) if with_controls else []
        result = gated(tube(shares, random, cells=cells, staining=staining, carried=not with_controls), controls)
        for name in QUADRANTS:
            share = result.fractions[name]
            errors.append(abs(share.value - shares[name]))
            covered.append(share.low <= shares[name] <= share.high)
    return np.array(errors), float(np.mean(covered))


@pytest.mark.parametrize("staining", [Staining(), OVERLAPPING], ids=["clear", "overlapping"])
@pytest.mark.parametrize("cells", [2000, 8000])
def test_shares_are_right_and_intervals_honest(staining: Staining, cells: int) -> None:
    errors, coverage = errors_and_coverage(cells=cells, staining=staining, with_controls=True)
    assert np.median(errors) <= 0.01
    assert np.percentile(errors, 95) <= 0.025
    assert 0.90 <= coverage <= 0.99


def test_without_controls_the_valley_does_nearly_as_well_on_clear_stains() -> None:
    errors, coverage = errors_and_coverage(cells=4000, staining=Staining(), with_controls=False)
    assert np.median(errors) <= 0.01
    assert np.percentile(errors, 95) <= 0.025
    assert coverage >= 0.88
