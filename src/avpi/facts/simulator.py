"""The border between facts and the model: what a simulator is asked, and how it says that it cannot answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avpi.errors import AvpiError
from avpi.facts.schema import Arm


class NotInModel(AvpiError):  # noqa: N818 - a state of a fact, worded as the result words it
    """The model lacks something that a fact names; the message says what, such as "reagent 'dexamethasone'"."""


class Outcome(Protocol):
    """One simulated experiment."""

    def measure(self, kind: str, argument: str, times_hours: Sequence[float]) -> NDArray[np.float64]:
        """Return what is measured.

        Parameters
        ----------
        kind, argument : such as ``"band"`` and ``"cIAP1"``; the words of docs/reference/facts-format.md.
        times_hours : (times,) among those that the experiment was run for. ``death_time`` and ``momp_time`` are asked
            with one time, until which is watched.

        Returns
        -------
        (times,) for a line, (lines, times) for a panel; nan where there is no number. Times in hours, ELISA in pg/mL,
        shares from 0 to 1. The median of a time that fewer than half of the cells reach is ``inf``.

        Raises
        ------
        NotInModel
            If the model has no such measurement.
        """
        ...


class Simulator(Protocol):
    """Whatever can run the experiment of an arm."""

    def run(self, arm: Arm, *, times_hours: Sequence[float], cells: int, seed: int) -> Outcome:
        """Simulate an experiment; it has no dose response, which is asked as one experiment for each dose.

        Parameters
        ----------
        times_hours : (times,) rising, at which something will be measured.
        cells : how many cells a line has.
        seed : equal seeds draw equal cells and equal panels.

        Raises
        ------
        NotInModel
            If the model lacks the line, a reagent, a protein or the prior.
        """
        ...
