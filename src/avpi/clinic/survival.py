"""Times to an event of the patients of two arms, as a trial's data base holds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.clinic.checks import Floats, numbers
from avpi.errors import Faults, InputError, Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survival:
    """Patients of two arms.

    Attributes
    ----------
    months : (n,) from randomisation to the event or to the end of follow-up, 0 or more; any unit of time will do.
    event : (n,) 1 where the event came, 0 where follow-up ended without it.
    arm : (n,) 1 experimental, 0 control.
    stratum : (n,) whole numbers from 0; equal ones are compared with each other.
    """

    months: Floats
    event: NDArray[np.int64]
    arm: NDArray[np.int64]
    stratum: NDArray[np.int64]

    @property
    def strata(self) -> int:
        """How many strata there are."""
        return int(self.stratum.max()) + 1

    @property
    def patients(self) -> tuple[int, int]:
        """Patients of the control and of the experimental arm."""
        return int(np.sum(self.arm == 0)), int(np.sum(self.arm == 1))

    @property
    def events(self) -> tuple[int, int]:
        """Events of the control and of the experimental arm."""
        return int(self.event[self.arm == 0].sum()), int(self.event[self.arm == 1].sum())


def read_survival(months: ArrayLike, event: ArrayLike, arm: ArrayLike, stratum: ArrayLike | None = None) -> Survival:
    """Return patients of two arms, checked.

    Parameters
    ----------
    months, event, arm : (n,) each; see :class:`Survival`. True and False are 1 and 0.
    stratum : (n,) any values; equal ones are one stratum. None for one stratum.

    Raises
    ------
    InputError
        If lengths differ, a time is negative or no number, an event or arm is not 0 or 1, or an arm has no patient.
    """
    faults = Faults()
    empty = np.zeros(0)
    patients = np.asarray(months).size
    times = faults.read(lambda: numbers("months", months), empty)
    events = faults.read(lambda: numbers("event", event, patients), empty)
    arms = faults.read(lambda: numbers("arm", arm, patients), empty)
    if times.size and (times < 0).any():
        place = int(np.flatnonzero(times < 0)[0])
        what = f"'{times[place]:g}' at place {place + 1} is before randomisation"
        faults.problems.append(Problem(file="months", what=what, expected="times of 0 or more"))
    for name, found in (("event", events), ("arm", arms)):
        wrong = ~np.isin(found, (0, 1))
        if wrong.any():
            place = int(np.flatnonzero(wrong)[0])
            what = f"'{found[place]:g}' at place {place + 1} is neither 0 nor 1"
            faults.problems.append(Problem(file=name, what=what, expected="0 or 1 for each patient"))
    if arms.size and not faults.problems and len(set(arms.tolist())) < 2:
        missing = "control (0)" if (arms == 1).all() else "experimental (1)"
        what = f"the {missing} arm has no patient"
        faults.problems.append(Problem(file="arm", what=what, expected="patients of both arms"))
    faults.stop()
    if not times.size:
        raise InputError(Problem(file="months", what="there is no patient", expected="patients of both arms"))
    levels = np.zeros(times.size, np.int64)
    if stratum is not None:
        own = np.asarray(stratum)
        if own.shape != times.shape:
            raise InputError(
                Problem(file="stratum", what=f"has {own.size} values", expected=f"{times.size}, one for each patient")
            )
        levels = np.unique(own, return_inverse=True)[1].astype(np.int64)
    return Survival(months=times, event=events.astype(np.int64), arm=arms.astype(np.int64), stratum=levels)
