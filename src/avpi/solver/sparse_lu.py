"""Order of elimination and fill of a sparse matrix whose diagonal is safe to divide by.

W = I/(gamma h) - J has the pattern of the Jacobian and a full diagonal that grows as the step shrinks. So the pivots
are taken from the diagonal, in one order that is found once for a model (Markowitz 1957, Manage Sci 3:255,
doi:10.1287/mnsc.3.3.255: next the pivot that can cause the least fill), and never exchanged at run time. This is how
the kinetic preprocessor of atmospheric chemistry does it (Sandu et al. 1997, Atmos Environ 31:3459,
doi:10.1016/S1352-2310(97)83212-8). A pivot that comes out as 0 makes the step non-finite; it is tried again, smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Elimination:
    """The symbolic factorisation of one pattern.

    Attributes
    ----------
    order : rows (and columns) in the order of their elimination.
    lower : for each row of the matrix, the columns left of the diagonal in that order, ascending in it.
    upper : for each row of the matrix, the columns right of the diagonal in that order, ascending in it.
    """

    order: tuple[int, ...]
    lower: tuple[tuple[int, ...], ...]
    upper: tuple[tuple[int, ...], ...]

    @property
    def nonzeros(self) -> int:
        """Entries of L and U together, the diagonal counted once."""
        return len(self.order) + sum(map(len, self.lower)) + sum(map(len, self.upper))

    @property
    def updates(self) -> int:
        """Multiply-and-subtract operations of one factorisation."""
        return sum(len(self.upper[k]) for row in self.lower for k in row)


def eliminate(pattern: Sequence[set[int]]) -> Elimination:
    """Return the order of elimination and the fill of a square pattern (row -> columns; the diagonal is added)."""
    size = len(pattern)
    rows = [set(columns) | {i} for i, columns in enumerate(pattern)]
    columns: list[set[int]] = [set() for _ in range(size)]
    for i, row in enumerate(rows):
        for j in row:
            columns[j].add(i)
    filled = [set(row) for row in rows]
    left = set(range(size))
    order: list[int] = []
    while left:
        pivot = min(left, key=lambda i: ((len(rows[i]) - 1) * (len(columns[i]) - 1), i))
        left.remove(pivot)
        order.append(pivot)
        right, below = rows[pivot] - {pivot}, columns[pivot] - {pivot}  # of what is left of the matrix
        for i in below:
            rows[i].remove(pivot)
            rows[i] |= right
            filled[i] |= right
        for j in right:
            columns[j].remove(pivot)
            columns[j] |= below
    place = {row: position for position, row in enumerate(order)}
    ranked = [sorted(row, key=place.__getitem__) for row in filled]
    return Elimination(
        order=tuple(order),
        lower=tuple(tuple(j for j in row if place[j] < place[i]) for i, row in enumerate(ranked)),
        upper=tuple(tuple(j for j in row if place[j] > place[i]) for i, row in enumerate(ranked)),
    )
