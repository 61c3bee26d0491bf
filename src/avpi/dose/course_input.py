"""The lanes of a course, checked: minutes, fractions, and what a careless unit makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.dose.course_fit import CoursePoints
from avpi.dose.number_rows import number_problems, read_pairs
from avpi.errors import InputError, Problem
from avpi.estimate import Caveat

LOOKS_LIKE_PERCENT = 5.0
"""A fraction above this is percent: no protein of interest is induced five-fold by what degrades it."""
LOOKS_LIKE_HOURS = 72.0
"""A last time up to this with fractions of a minute among the others is a course in hours."""


def read_course(
    minutes_after_dose: ArrayLike, remaining: ArrayLike, below_detection: ArrayLike | None
) -> tuple[CoursePoints, tuple[Caveat, ...]]:
    """Return the lanes of a course and what is odd about them.

    Raises
    ------
    InputError
        If times, values and mask are not rows of one length, a time is negative or no number, a value is no number, a
        detection limit is not positive, or values look like percent; every such lane is named.
    """
    minutes, values = read_pairs(minutes_after_dose, remaining, names=("time", "value"), point="lane", file="course")
    censored = np.zeros(minutes.size, bool) if below_detection is None else np.asarray(below_detection, bool)
    if censored.shape != minutes.shape:
        what = f"below_detection has the shape {censored.shape}"
        raise InputError(Problem(file="course", what=what, expected=f"{minutes.size} times true or false"))
    problems = number_problems(
        minutes,
        ~np.isfinite(minutes) | (minutes < 0),
        file="minutes_after_dose",
        point="lane",
        name="the time",
        expected="0 or a positive number of minutes after the compound was given",
        hint="A lane before the compound is one of time 0",
    )
    problems += number_problems(
        values,
        ~np.isfinite(values),
        file="remaining",
        point="lane",
        name="the remaining protein",
        expected="a finite number",
        hint="Leave an unread lane out; one below detection has its limit as value and is marked",
    )
    problems += number_problems(
        values,
        censored & np.isfinite(values) & (values <= 0),
        file="remaining",
        point="lane",
        name="the detection limit",
        expected="a positive fraction: the limit, not 0",
    )
    if not problems and float(np.max(values)) > LOOKS_LIKE_PERCENT:
        what = f"the largest value is '{np.max(values):g}'"
        expected = "remaining protein as a fraction of the start"
        problems.append(Problem(file="remaining", what=what, expected=expected, hint="Divide percentages by 100"))
    if problems:
        raise InputError(problems)
    return CoursePoints(minutes=minutes, remaining=values, below_detection=censored), _odd_unit(minutes)


def start_is_known(points: CoursePoints, labels: Sequence[str], *, anchored: bool) -> tuple[bool, tuple[Caveat, ...]]:
    """Return whether the course is anchored at 1, and the reservation where that is for want of a lane at time 0."""
    with_start = {label for label, minutes in zip(labels, points.minutes, strict=True) if minutes == 0}
    without = [label for label in dict.fromkeys(labels) if label not in with_start]
    if anchored or not without:
        return anchored, ()
    which = "" if without == [""] else f" in {', '.join(without)}"
    text = f"There is no lane at time 0{which}: the courses are taken to start at exactly 1."
    return True, (Caveat(code="start_assumed", text=text),)


def require_start(points: CoursePoints, labels: Sequence[str]) -> None:
    """Refuse an experiment whose lanes at time 0 show no protein: what remains is a fraction of them.

    Raises
    ------
    InputError
        With every such experiment.
    """
    problems = []
    names = np.asarray(labels)
    for label in dict.fromkeys(labels):
        start = (names == label) & (points.minutes == 0)
        seen = points.remaining[start & ~points.below_detection]
        if not start.any() or (seen.size and float(seen.mean()) > 0):
            continue
        where = f" of '{label}'" if label else ""
        at = f"'{seen.mean():g}' remains" if seen.size else "every lane is below detection"
        problems.append(
            Problem(
                file="remaining",
                what=f"{at} at time 0{where}, and no fraction of a start without protein exists",
                expected="protein in the lanes at time 0, which are 1 where they are the normaliser",
                hint="Leave out an experiment whose bands were not seen at time 0",
            )
        )
    if problems:
        raise InputError(problems)


def _odd_unit(minutes: NDArray[np.float64]) -> tuple[Caveat, ...]:
    between = minutes[(minutes > 0) & (minutes < 1)]
    if between.size and float(minutes.max()) <= LOOKS_LIKE_HOURS:
        text = (
            f"Times from {between.min():g} to {minutes.max():g} look like hours and were taken as minutes. Multiply"
            " them by 60 if they are hours."
        )
        return (Caveat(code="times_may_be_hours", text=text),)
    return ()
