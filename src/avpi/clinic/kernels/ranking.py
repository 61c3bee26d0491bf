"""Sort indices by what they point to: short code, since numba compiles a sort anew wherever it is used."""

from __future__ import annotations

from typing import Any

from avpi.compute.compiled import compiled

Floats = Any


@compiled(inner=True, nogil=True, error_model="numpy")
def sort_order(values: Floats, order: Floats, spare: Floats) -> None:
    """Write the order (n,) in which ``values`` (n,) ascend, equal ones as they stand; ``spare`` (n,) is room."""
    n = order.size
    for i in range(n):
        order[i] = i
    width = 1
    while width < n:
        begin = 0
        while begin < n:
            middle, end = min(begin + width, n), min(begin + 2 * width, n)
            a, b, to = begin, middle, begin
            while a < middle or b < end:
                if b >= end or (a < middle and values[order[a]] <= values[order[b]]):
                    spare[to] = order[a]
                    a += 1
                else:
                    spare[to] = order[b]
                    b += 1
                to += 1
            begin = end
        for i in range(n):
            order[i] = spare[i]
        width *= 2
