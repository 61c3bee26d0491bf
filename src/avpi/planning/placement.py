"""Where each content stands: rows dealt out evenly, then swaps until no constraint of ``violations.py`` is broken.

The start spreads every content over the rows (the fullest group first, each well to the row with most room left),
so that most breaches are gone before the search begins. The search takes a well that breaks a rule and swaps it with
another where that does not make things worse; a swap touches two contents and their neighbours only, so that its
worth is known without looking at the rest of the plate. Everything is drawn from one seeded generator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from avpi.errors import InputError, Problem
from avpi.planning.layout import EMPTY, Position, WellGroup, role_of, usable_shape, usable_wells
from avpi.planning.violations import CONTROLS, most_in_line, must_keep_apart, quadrant_of
from avpi.readings import well_name

STARTS = 40
"""New starts before a plate is given up as too crowded: most plates need one, crowded ones a few."""
PATIENCE = 25
"""Passes over the wells that still break a rule without fewer breaches, after which a new start is better."""
MOST_SWAPS = 200_000
"""Swaps tried for one plate in all, some five seconds: what is still broken then is told."""
TRIES = 40
"""Partners tried for one well in one pass."""

Seen = Mapping[str, frozenset[Position]]
"""Content -> wells in which it stood in earlier experiments."""


def place_groups(
    shape: tuple[int, int],
    groups: Sequence[WellGroup],
    *,
    rim_used: bool,
    seed: Sequence[int],
    seen: Seen | None = None,
) -> dict[str, str]:
    """Return the content of every well of a plate, rim included.

    Parameters
    ----------
    shape : rows and columns of the plate.
    groups : what stands on it; wells that are left over stay empty.
    rim_used : the outermost wells may hold something.
    seed : of the generator (Philox); equal seeds give equal plates.
    seen : wells that a content should not take again.

    Raises
    ------
    InputError
        If the groups need more wells than the plate has.
    """
    usable = usable_wells(shape, rim_used=rim_used)
    needed = sum(group.wells for group in groups)
    if needed > len(usable):
        what = f"{needed} wells are needed, and the plate has {len(usable)}"
        raise InputError(Problem(file="plate", what=what, hint="Take a larger plate, fewer replicates or fewer arms"))
    rng = np.random.Generator(np.random.Philox(list(seed)))
    inner = usable_shape(shape, rim_used=rim_used)
    best: _Board | None = None
    swaps_left = MOST_SWAPS
    for _ in range(STARTS):
        board = _Board(shape, inner, usable, groups, seen or {}, rng, swaps_left)
        board.search()
        swaps_left = board.swaps_left
        if best is None or board.cost < best.cost:
            best = board
        if best.cost == 0 or swaps_left <= 0:
            break
    assert best is not None
    placed = {well_name(*at): best.names[content] for at, content in zip(usable, best.at, strict=True)}
    every = (well_name(row, column) for row in range(shape[0]) for column in range(shape[1]))
    return {well: placed.get(well, EMPTY) for well in every}


class _Board:
    """The usable wells of a plate, what stands in each, and what that breaks.

    ``at`` holds the content of each usable well as a number; number 0 is an empty well, which breaks nothing.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        inner: tuple[int, int],
        usable: Sequence[Position],
        groups: Sequence[WellGroup],
        seen: Seen,
        rng: np.random.Generator,
        swaps_left: int,
    ) -> None:
        self.rng = rng
        self.names = [EMPTY, *(group.content for group in groups)]
        sizes = [len(usable) - sum(group.wells for group in groups), *(group.wells for group in groups)]
        index = {position: i for i, position in enumerate(usable)}
        first_row, first_column = usable[0]
        self.row = [r - first_row for r, _ in usable]
        self.column = [c - first_column for _, c in usable]
        self.quadrant = [quadrant_of(position, shape) for position in usable]
        self.near = [
            [
                index[r + dr, c + dc]
                for dr in (-1, 0, 1)
                for dc in (-1, 0, 1)
                if (dr, dc) != (0, 0) and (r + dr, c + dc) in index
            ]
            for r, c in usable
        ]
        self.row_most = [most_in_line(n, inner[0]) for n in sizes]
        self.column_most = [most_in_line(n, inner[1]) for n in sizes]
        self.apart = [i > 0 and must_keep_apart(n, len(usable)) for i, n in enumerate(sizes)]
        self.control = [role_of(name) in CONTROLS for name in self.names]
        self.quarter = [(n // 4, most_in_line(n, 4)) for n in sizes]
        self.taken = [{index[p] for p in seen.get(name, ()) if p in index} for name in self.names]
        self.in_row = [[0] * inner[0] for _ in sizes]
        self.in_column = [[0] * inner[1] for _ in sizes]
        self.in_quadrant = [[0] * 4 for _ in sizes]
        self.at = self._dealt(sizes, inner)
        for well, content in enumerate(self.at):
            self.in_row[content][self.row[well]] += 1
            self.in_column[content][self.column[well]] += 1
            self.in_quadrant[content][self.quadrant[well]] += 1
        self.swaps_left = swaps_left
        self.cost = 0
        self._count_cost()

    def _dealt(self, sizes: Sequence[int], inner: tuple[int, int]) -> list[int]:
        """Deal the contents out to rows, the largest group first and each well to a row with most room left."""
        rows: list[list[int]] = [[] for _ in range(inner[0])]
        order = sorted(range(1, len(sizes)), key=lambda i: (-sizes[i], self.rng.random()))
        for content in order:
            left = sizes[content]
            while left:
                ranked = sorted(range(inner[0]), key=lambda r: (len(rows[r]), self.rng.random()))
                for row in ranked[:left]:
                    rows[row].append(content)
                left -= min(left, inner[0])
        dealt: list[int] = []
        for line in rows:
            full = [*line, *([0] * (inner[1] - len(line)))]
            dealt += [full[i] for i in self.rng.permutation(inner[1])]
        return dealt

    def _count_cost(self) -> None:
        """Count every breach from nothing, by putting the wells in one after another."""
        contents = self.at
        self.at = [0] * len(contents)
        for table in (self.in_row, self.in_column, self.in_quadrant):
            for line in table:
                line[:] = [0] * len(line)
        self.cost = sum(self.quarter[i][0] * 4 for i in range(1, len(self.names)) if self.control[i])
        for well, content in enumerate(contents):
            self.cost += self._put(well, content)

    def _put(self, well: int, content: int) -> int:
        """Put a content into an empty well and return what it breaks more."""
        if not content:
            return 0
        broken = 0
        row, column, quadrant = self.row[well], self.column[well], self.quadrant[well]
        if self.in_row[content][row] >= self.row_most[content]:
            broken += 1
        if self.in_column[content][column] >= self.column_most[content]:
            broken += 1
        if self.control[content]:
            low, high = self.quarter[content]
            count = self.in_quadrant[content][quadrant]
            broken += (count >= high) - (count < low)
        elif well in self.taken[content]:
            broken += 1
        if self.apart[content]:
            at = self.at
            for other in self.near[well]:
                if at[other] == content:
                    broken += 1
        self.in_row[content][row] += 1
        self.in_column[content][column] += 1
        self.in_quadrant[content][quadrant] += 1
        self.at[well] = content
        return broken

    def _take(self, well: int) -> int:
        """Empty a well and return what that mends, as a negative number."""
        content = self.at[well]
        if not content:
            return 0
        self.at[well] = 0
        self.in_row[content][self.row[well]] -= 1
        self.in_column[content][self.column[well]] -= 1
        self.in_quadrant[content][self.quadrant[well]] -= 1
        broken = self._put(well, content)
        self.at[well] = 0
        self.in_row[content][self.row[well]] -= 1
        self.in_column[content][self.column[well]] -= 1
        self.in_quadrant[content][self.quadrant[well]] -= 1
        return -broken

    def _swap(self, one: int, other: int) -> int:
        """Swap two wells and return how the number of breaches changes."""
        first, second = self.at[one], self.at[other]
        change = self._take(one) + self._take(other)
        return change + self._put(one, second) + self._put(other, first)

    def _breaks(self, well: int) -> bool:
        """Return whether what stands in a well breaks a rule that moving it could mend."""
        content = self.at[well]
        if not content:
            return False
        low, high = self.quarter[content]
        return (
            self.in_row[content][self.row[well]] > self.row_most[content]
            or self.in_column[content][self.column[well]] > self.column_most[content]
            or (self.apart[content] and any(self.at[other] == content for other in self.near[well]))
            or (not self.control[content] and well in self.taken[content])
            or (
                self.control[content]
                and self.in_quadrant[content][self.quadrant[well]] > low
                and (self.in_quadrant[content][self.quadrant[well]] > high or min(self.in_quadrant[content]) < low)
            )
        )

    def search(self) -> None:
        """Swap wells until nothing is broken, or until passes no longer help."""
        wells, least, idle = len(self.at), self.cost, 0
        while self.cost and idle < PATIENCE and self.swaps_left > 0:
            broken = [well for well in range(wells) if self._breaks(well)]
            if not broken:
                return
            partners = self.rng.integers(0, wells, size=(len(broken), TRIES)).tolist()
            for well, tried in zip(broken, partners, strict=True):
                if not self._breaks(well):
                    continue
                for other in tried:
                    if self.at[other] == self.at[well]:
                        continue
                    change = self._swap(well, other)
                    self.swaps_left -= 1
                    if change <= 0:
                        self.cost += change
                        if change < 0:
                            break
                    else:
                        self._swap(well, other)
            idle = 0 if self.cost < least else idle + 1
            least = min(least, self.cost)
