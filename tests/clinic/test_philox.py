"""The streams of trials are numpy's, so that anybody can draw them again."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.clinic.kernels.philox import block
from avpi.compute.compiled import compiled


@compiled(nogil=True)
def first_numbers(seed: np.uint64, trial: np.uint64, blocks: int) -> np.ndarray:
    found = np.empty(4 * blocks)
    for i in range(blocks):
        found[4 * i], found[4 * i + 1], found[4 * i + 2], found[4 * i + 3] = block(np.uint64(i), seed, trial)
    return found


@pytest.mark.parametrize(("seed", "trial"), [(1, 0), (1, 1), (2**63 - 1, 12_345), (0, 2**40)])
def test_a_trial_has_the_numbers_of_numpys_generator(seed: int, trial: int) -> None:
    key = np.array([seed, trial], np.uint64)
    expected = np.random.Generator(np.random.Philox(key=key)).random(40)
    assert np.array_equal(first_numbers(np.uint64(seed), np.uint64(trial), 10), expected)
