"""The restricted mean survival time of one arm, and the variance of that estimate.

The mean is the area below the Kaplan-Meier curve up to tau. Its variance is that of the estimator (Greenwood's formula
for an area; Klein and Moeschberger 2003, section 4.5),

    Var = sum over event times t_i <= tau of ( area from t_i to tau )^2 d_i / ( n_i (n_i - d_i) ),

and not that of min(T, tau), the variance of one patient's time.
"""

from __future__ import annotations

from typing import Any

from avpi.clinic.kernels.events import AT_RISK_0, EVENTS_0, TIME
from avpi.compute.compiled import compiled

Floats = Any


@compiled(inner=True, nogil=True, error_model="numpy")
def restricted_mean(table: Floats, rows: int, arm: int, tau: float) -> tuple[float, float]:
    """Return mean and variance for arm 0 or 1; where all who are at risk have an event, it adds no variance."""
    area, survival, last = 0.0, 1.0, 0.0
    for i in range(rows):
        if table[i, TIME] > tau:
            break
        d, n = table[i, EVENTS_0 + arm], table[i, AT_RISK_0 + arm]
        if d > 0:
            area += survival * (table[i, TIME] - last)
            last = table[i, TIME]
            survival *= 1.0 - d / n
    mean = area + survival * (tau - last)
    variance, area, survival, last = 0.0, 0.0, 1.0, 0.0
    for i in range(rows):
        if table[i, TIME] > tau:
            break
        d, n = table[i, EVENTS_0 + arm], table[i, AT_RISK_0 + arm]
        if d > 0:
            area += survival * (table[i, TIME] - last)
            last = table[i, TIME]
            survival *= 1.0 - d / n
            if n > d:
                variance += (mean - area) ** 2 * d / (n * (n - d))
    return mean, variance
