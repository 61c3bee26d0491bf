"""Which parameters are calibrated, and the box of their prior: log10-uniform between the ends of their ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.errors import InputError, Problem, nearest_word
from avpi.network.parameters import Parameter, parameters

Floats = NDArray[np.float64]

USUAL: Mapping[str, tuple[str, ...]] = {
    "how a mimetic empties a cell of cIAP1, and what is then left": ("closed", "k_auto", "K_chain"),
    "when NIK is free, and makes p52 and TNF": ("K_NIK", "K_TNF_p52", "TNF_by_p52", "k_secretion"),
    "who holds RIPK1 in complex I": ("K_K63", "K_hold", "k_CYLD", "k_release", "K_A20_hold"),
    "the fire of RIPK1, and what caspase-8 and FLIP make of it": (
        "K_fire", "k_RIPK1_cut", "k_IIa", "K_FLIP_IIa", "k_IIb", "K_FLIP_IIb", "k_DISC", "K_FLIP_DISC",
    ),
    "whether mitochondria open": ("k_Bid_cut", "K_MOMP"),
    "necroptosis": ("k_nucleate", "k_amplify", "k_N_cut", "K_necroptosis"),
}  # fmt: skip
"""What is calibrated unless something else is asked for, by the decision that it moves. All are the same in every line
(what a line sets for itself, such as its FLIP, no other line can tell), none is well measured, and each is one of the
half-maximal or rate constants on which a cell's decision turns."""

PLACE_OF_NAMES = "'avpi network show' has the modules, and 'avpi network show ciap' the parameters in the rates of one"
USUAL_NAMES = tuple(name for names in USUAL.values() for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """A parameter that is calibrated; ``shipped``, ``low`` and ``high`` in its ``unit``."""

    name: str
    shipped: float
    low: float
    high: float
    unit: str
    what: str

    def value(self, place: float) -> float:
        """Return the value at a place between 0 (``low``) and 1 (``high``) on the logarithmic scale."""
        found = 10.0 ** (np.log10(self.low) + place * (np.log10(self.high) - np.log10(self.low)))
        return float(min(max(found, self.low), self.high))

    @property
    def place(self) -> float:
        """Where the shipped value stands between 0 and 1."""
        return float(np.log(self.shipped / self.low) / np.log(self.high / self.low))


def can_be_free(parameter: Parameter) -> bool:
    """Return whether a parameter has a range with a logarithm and stands in it.

    What is 0 where a line does not have it (RIPK3) or may be 0 (TRIF) is a property of lines and not calibrated.
    """
    return 0 < parameter.low < parameter.high and parameter.low <= parameter.value <= parameter.high


def choose(names: Sequence[str] = (), *, every: bool = False) -> tuple[Free, ...]:
    """Return the parameters to calibrate: those named, every one that can be, or the usual ones.

    Raises
    ------
    InputError
        With every name that is no parameter or cannot be calibrated.
    """
    known = parameters()
    if every:
        names = [name for name, parameter in known.items() if can_be_free(parameter)]
    wanted = tuple(dict.fromkeys(names)) or USUAL_NAMES
    problems = []
    for name in wanted:
        if name not in known:
            what = f"'{name}' is not a parameter of the pathway"
            problems.append(Problem(file="--parameter", what=what, hint=nearest_word(name, known) or PLACE_OF_NAMES))
        elif not can_be_free(known[name]):
            what = f"'{name}' has no range above 0 that holds its value: it is a dose, a switch or a property of lines"
            problems.append(Problem(file="--parameter", what=what))
    if problems:
        raise InputError(problems)
    return tuple(
        Free(name=p.name, shipped=p.value, low=p.low, high=p.high, unit=p.unit, what=p.what)
        for p in (known[name] for name in wanted)
    )
