"""How the run of one cell ended; every cell has a status, and a number that looks fine is fine."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """How a cell's run ended. Observables after the end are nan."""

    FINISHED = 0
    STOPPED = 1
    STEP_LIMIT = 2
    NOT_FINITE = 3
    STEP_TOO_SMALL = 4

    @property
    def failed(self) -> bool:
        """True if the run did not come to its own end."""
        return self > Status.STOPPED

    @property
    def sentence(self) -> str:
        """What happened, and what to do about it."""
        return SENTENCES[self]


SENTENCES = {
    Status.FINISHED: "The run reached its last time.",
    Status.STOPPED: "The stop condition was met; what lies later is nan.",
    Status.STEP_LIMIT: "The limit of steps was reached. Raise it, or look for a rate that runs away or drains a state.",
    Status.NOT_FINITE: "A rate or a state is not finite. Look for a division by 0 or an amount that blows up.",
    Status.STEP_TOO_SMALL: "The tolerance cannot be held however small the step. Loosen rtol, or look for a pole.",
}
