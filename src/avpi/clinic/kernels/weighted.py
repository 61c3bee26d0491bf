"""Weighted log-rank statistics with their joint variance.

At an event time with ``d`` events among ``n`` at risk, ``d1`` and ``n1`` of the experimental arm,

    U_k = sum w_k (d n1 / n - d1),   V_kl = sum w_k w_l d (n1 / n) (1 - n1 / n) (n - d) / (n - 1),

and z_k = U_k / sqrt(V_kk) is above 0 where the experimental arm has fewer events. Weights are those of Fleming and
Harrington, S(t-)^rho (1 - S(t-))^gamma, with the pooled Kaplan-Meier S, and the modest weight
1 / max(S(t-), S(t*)) of Magirr and Burman (Stat Med 2019;38:3782-3790). Strata are summed, each with its own S.
"""

from __future__ import annotations

from typing import Any

from avpi.clinic.kernels.events import AT_RISK_0, AT_RISK_1, EVENTS_0, EVENTS_1, TIME
from avpi.compute.compiled import compiled

Floats = Any


@compiled(inner=True, nogil=True, error_model="numpy")
def power(base: float, exponent: float) -> float:
    """Return a power, quickly for the exponents that are usual; 0 to the 0 is 1."""
    if exponent == 0.0:
        return 1.0
    if exponent == 1.0:
        return base
    return float(base**exponent)


@compiled(inner=True, nogil=True, error_model="numpy")
def survival_at(table: Floats, rows: int, month: float) -> float:
    """Return the pooled Kaplan-Meier estimate at a month."""
    survival = 1.0
    for i in range(rows):
        if table[i, TIME] > month:
            break
        survival *= 1.0 - (table[i, EVENTS_0] + table[i, EVENTS_1]) / (table[i, AT_RISK_0] + table[i, AT_RISK_1])
    return survival


@compiled(inner=True, nogil=True, error_model="numpy")
def add_stratum(
    table: Floats, rows: int, rho: Floats, gamma: Floats, modest_month: float, u: Floats, v: Floats, w: Floats
) -> None:
    """Add one stratum to the statistics ``u`` (k,) and their variance ``v`` (k, k); ``w`` is room for k weights.

    Where ``modest_month`` is 0 or more, the last of the k weights is the modest one and has no rho and gamma.
    """
    k, usual = u.size, rho.size
    floor = survival_at(table, rows, modest_month) if modest_month >= 0 else 1.0
    survival = 1.0
    for i in range(rows):
        n1 = table[i, AT_RISK_1]
        n = table[i, AT_RISK_0] + n1
        d = table[i, EVENTS_0] + table[i, EVENTS_1]
        for a in range(usual):
            w[a] = power(survival, rho[a]) * power(1.0 - survival, gamma[a])
        if k > usual:
            w[usual] = 1.0 / max(survival, floor)
        share = n1 / n
        away = d * share - table[i, EVENTS_1]
        spread = d * share * (1.0 - share) * (n - d) / (n - 1.0) if n > 1 else 0.0
        for a in range(k):
            u[a] += w[a] * away
            for b in range(a + 1):
                v[a, b] += w[a] * w[b] * spread
                v[b, a] = v[a, b]
        survival *= 1.0 - d / n
