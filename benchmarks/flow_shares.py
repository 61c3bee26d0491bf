"""Shares of simulated Annexin V / PI tubes with overlap, debris, doublets and spillover, against the truth."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from tests.flow.simulated_cells import OVERLAPPING, Staining, control_tubes, quadrants, tube
from tests.flow.study_words import gated

from avpi.flow.results import QUADRANTS

CELLS = (2_000, 10_000)
"""The least number without a warning, and the number that one should acquire."""


def share_rows(tubes: int) -> Iterator[dict[str, Any]]:
    """Yield errors and coverage over ``tubes`` simulated tubes for each staining and number of cells."""
    errors, covered = [], []
    for staining, cells, seed in product((Staining(), OVERLAPPING), CELLS, range(tubes)):
        chance = np.random.default_rng((seed, cells, staining == OVERLAPPING))
        shares = quadrants(*chance.dirichlet([60, 2, 2, 1] if seed % 3 == 0 else [6, 2, 2, 0.4]))
        controls = control_tubes(chance, cells=cells, staining=staining)
        found = gated(tube(shares, chance, cells=cells, staining=staining), controls).fractions
        errors += [abs(found[name].value - shares[name]) for name in QUADRANTS]
        covered += [found[name].low <= shares[name] <= found[name].high for name in QUADRANTS]
    told = f"{4 * tubes} simulated tubes with overlap, debris, doublets, spillover"
    median, far, coverage = float(np.median(errors)), float(np.percentile(errors, 95)), float(np.mean(covered))
    for what, value, goal, met in (
        ("median error of a share", median, "<= 0.01", median <= 0.01),
        ("95th percentile of the error", far, "<= 0.025", far <= 0.025),
        ("coverage of 95 % intervals", coverage, "0.93 to 0.97", 0.93 <= coverage <= 0.97),
    ):
        yield {"what": f"{told}: {what}", "value": round(value, 6), "goal": goal, "met": met}
