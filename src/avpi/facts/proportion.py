"""The Wilson interval of a proportion.

The interval holds every proportion that a score test does not reject; it stays within 0 and 1 and means something for
few facts and for all or none of them (Wilson 1927, J Am Stat Assoc 22:209). It assumes that facts pass independently
of each other, which facts from one paper do not quite; it is a scale of how little a handful can tell.
"""

from __future__ import annotations

import math

Z_95 = 1.959963984540054
"""The standard normal's 97.5 % quantile."""


def wilson(passed: int, of: int, z: float = Z_95) -> tuple[float, float]:
    """Return the interval; 0 and 1 where nothing was tried."""
    if of == 0:
        return 0.0, 1.0
    share = passed / of
    scale = 1 + z**2 / of
    middle = (share + z**2 / (2 * of)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    low = 0.0 if passed == 0 else middle - half
    high = 1.0 if passed == of else middle + half
    return low, high
