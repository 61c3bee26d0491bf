"""Find the course of TNF that cells make when they live in it: a fixed point over the whole course at once.

A round simulates the cells in a given course and gives the course that they then make. Where cells that answer to TNF
make more of it, each round adds only a part of what is missing; the rounds before tell which part, and the next course
leaps over the rest (Anderson 1965 J ACM 12:547, with the last two rounds; Walker 2011 SIAM J Numer Anal 49:1715).

Of a large well, a few cells go ahead: they settle in the course that they make times what all cells make of a course
beside them. All cells are simulated in the course so found, which corrects that ratio, until the course that all make
is the course that all were in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avpi.population.medium import change
from avpi.solver.simulate import Trajectories

Floats = NDArray[np.float64]

STANDS_STILL = 0.01
"""Largest change of the course in a round, relative to its maximum, at which it is taken as settled."""
MOST_ROUNDS = 25
REMEMBERED_ROUNDS = 2
"""How many earlier rounds a leap looks back to."""
LONGEST_LEAP = 20.0
"""A leap this many times as long as the round's own step, or longer, is not believed."""


class Cells(Protocol):
    """Cells of a well that can be simulated again and again in another course of TNF."""

    @property
    def shared(self) -> bool:
        """Whether they live in what they secrete."""

    def simulate(self, course: Floats, observe: tuple[str, ...]) -> Trajectories:
        """Return what they do in a course (looks,), ng/mL."""

    def given_at_looks(self, result: Trajectories) -> Floats:
        """Return the TNF that was added (looks,), ng/mL."""

    def next_course(self, result: Trajectories, tnf: Floats) -> Floats:
        """Return the course (looks,) that they make, who secrete and take up; ``tnf`` is there already."""


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Cells in a course of TNF, and the course that they then make: the same, but for ``unsettled`` of it."""

    result: Trajectories
    course: Floats
    rounds: int
    unsettled: float


def settled(cells: Cells, course: Floats, observe: tuple[str, ...], times: Floats | float = 1.0) -> Settled:
    """Simulate cells in one course after the other until it stands still.

    Parameters
    ----------
    cells : who they are.
    course : (looks,) where to begin, ng/mL.
    observe : formulas to be kept.
    times : (looks,) what the course that they make is multiplied with.
    """
    leaps = Leaps()
    for rounds in range(1, MOST_ROUNDS + 1):
        result = cells.simulate(course, observe)
        if not cells.shared:
            return Settled(result=result, course=course, rounds=rounds, unsettled=0.0)
        made, unsettled = _made(cells, result, course, times)
        if unsettled < STANDS_STILL:
            break
        course = leaps.after(course, made)
    return Settled(result=result, course=made, rounds=rounds, unsettled=unsettled)


def settled_after_few(few: Cells, cells: Cells, course: Floats, observe: tuple[str, ...]) -> Settled:
    """Simulate cells until their course stands still, where a few of them go ahead."""
    ratio: Floats | float = 1.0
    rounds = 0
    while rounds < MOST_ROUNDS:
        ahead = settled(few, course, (), ratio)
        course = ahead.course
        result = cells.simulate(course, observe)
        rounds += ahead.rounds + 1
        made, unsettled = _made(cells, result, course)
        if unsettled < STANDS_STILL:
            break
        ratio = np.where(course > 0, ratio * made / np.where(course > 0, course, 1.0), 1.0)
        course = made
    return Settled(result=result, course=made, rounds=rounds, unsettled=unsettled)


def _made(cells: Cells, result: Trajectories, course: Floats, times: Floats | float = 1.0) -> tuple[Floats, float]:
    """Return the course that cells make in a course, and by how much it differs."""
    given = cells.given_at_looks(result)
    made = cells.next_course(result, course + given) * times
    return made, change(course, made, given)


class Leaps:
    """Where to go on after a round, from this round and those before."""

    def __init__(self) -> None:
        self.courses: list[Floats] = []
        self.steps: list[Floats] = []

    def after(self, course: Floats, made: Floats) -> Floats:
        """Return the next course, where ``course`` was tried and the cells made ``made`` of it."""
        step = made - course
        self.courses, self.steps = [*self.courses, course][-REMEMBERED_ROUNDS - 1 :], [*self.steps, step]
        self.steps = self.steps[-REMEMBERED_ROUNDS - 1 :]
        if len(self.steps) == 1:
            return made
        of_step, of_course = np.diff(self.steps, axis=0).T, np.diff(self.courses, axis=0).T
        weights = np.linalg.lstsq(of_step, step, rcond=1e-6)[0]
        leap = step - (of_course + of_step) @ weights
        if np.max(np.abs(leap)) > LONGEST_LEAP * np.max(np.abs(step)):
            return made
        return np.maximum(course + leap, 0.0)
