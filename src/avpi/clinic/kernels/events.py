"""The risk table of a trial: at each time with events, who had one and who was at risk."""

from __future__ import annotations

from typing import Any

from avpi.compute.compiled import compiled

Floats = Any
EVENTS_0, EVENTS_1, AT_RISK_0, AT_RISK_1, TIME = 0, 1, 2, 3, 4
"""Columns of a risk table: of the control arm (0) and the experimental arm (1)."""
COLUMNS = 5


@compiled(inner=True, nogil=True, error_model="numpy")
def fill_table(
    order: Floats, time: Floats, event: Floats, arm: Floats, stratum: Floats, which: int, table: Floats
) -> int:
    """Write the risk table of one stratum (-1 for all patients together) and return its number of rows.

    Patients with equal times are taken together, and who is censored at a time is still at risk of its events.

    Parameters
    ----------
    order : (n,) indices in ascending time.
    time, event, arm, stratum : (n,) months; 1 for an event; 0 or 1; number of the stratum.
    table : (n, 5), written.
    """
    n = order.size
    n0, n1 = 0, 0
    for i in range(n):
        if which < 0 or stratum[order[i]] == which:
            if arm[order[i]] == 0:
                n0 += 1
            else:
                n1 += 1
    rows, i = 0, 0
    while i < n:
        now = time[order[i]]
        d0, d1, left0, left1 = 0, 0, 0, 0
        while i < n and time[order[i]] == now:
            own = order[i]
            if which < 0 or stratum[own] == which:
                if arm[own] == 0:
                    left0 += 1
                    d0 += event[own]
                else:
                    left1 += 1
                    d1 += event[own]
            i += 1
        if d0 + d1 > 0:
            table[rows, EVENTS_0], table[rows, EVENTS_1] = d0, d1
            table[rows, AT_RISK_0], table[rows, AT_RISK_1] = n0, n1
            table[rows, TIME] = now
            rows += 1
        n0 -= left0
        n1 -= left1
    return rows
