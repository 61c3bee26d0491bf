"""Philox 4x64-10: random numbers by counting, a stream of their own for every trial.

Salmon JK et al. Parallel random numbers: as easy as 1, 2, 3. SC '11 (2011), doi 10.1145/2063384.2063405. A block of
four numbers is a function of the seed, the trial and the block's number, so no trial depends on how trials are shared
out, and the same patient has the same luck in every scenario. Numbers are bit for bit those of numpy's
``Generator(Philox(key=[seed, trial])).random()``, which a test holds.
"""

from __future__ import annotations

import numpy as np

from avpi.compute.compiled import compiled

MULTIPLIER_0, MULTIPLIER_1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
WEYL_0, WEYL_1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
"""Multipliers of the rounds and increments of the keys, from the paper."""
ROUNDS = 10
LOW = np.uint64(0xFFFFFFFF)
HALF, ONE, ZERO = np.uint64(32), np.uint64(1), np.uint64(0)
DROPPED_BITS = np.uint64(11)
UNIT = 1.0 / 9007199254740992.0
"""2**-53: the 53 bits of a double's fraction."""


@compiled(inner=True, nogil=True, error_model="numpy")
def high_half(a: np.uint64, b: np.uint64) -> np.uint64:
    """Return the upper 64 bits of the product of two 64-bit numbers."""
    a_low, a_high = a & LOW, a >> HALF
    b_low, b_high = b & LOW, b >> HALF
    cross = a_high * b_low + ((a_low * b_low) >> HALF)
    other = a_low * b_high + (cross & LOW)
    return a_high * b_high + (cross >> HALF) + (other >> HALF)


@compiled(inner=True, nogil=True, error_model="numpy")
def block(number: np.uint64, seed: np.uint64, trial: np.uint64) -> tuple[float, float, float, float]:
    """Return four numbers from 0 to below 1: those of numpy's generator from ``4 * number`` on."""
    c0, c1, c2, c3 = number + ONE, ZERO, ZERO, ZERO
    k0, k1 = seed, trial
    for _ in range(ROUNDS):
        h0, l0 = high_half(MULTIPLIER_0, c0), MULTIPLIER_0 * c0
        h1, l1 = high_half(MULTIPLIER_1, c2), MULTIPLIER_1 * c2
        c0, c1, c2, c3 = h1 ^ c1 ^ k0, l1, h0 ^ c3 ^ k1, l0
        k0, k1 = k0 + WEYL_0, k1 + WEYL_1
    return (
        float(c0 >> DROPPED_BITS) * UNIT,
        float(c1 >> DROPPED_BITS) * UNIT,
        float(c2 >> DROPPED_BITS) * UNIT,
        float(c3 >> DROPPED_BITS) * UNIT,
    )
