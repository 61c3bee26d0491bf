"""Faults that a laboratory makes, on request: what each does, how strong it is, and the trace that it leaves.

A fault changes how the files come about, never what is true of the cells; the one exception is a batch effect, where
the cells of one day really got a weaker compound. Faults draw no random numbers: every file that a fault does not
touch is byte for byte what it is without the fault.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from avpi.errors import OurFault, nearest_word

FaultName = Literal[
    "edge_effect",
    "cell_count_drift",
    "missing_vehicle",
    "saturated_lane",
    "overexposed_blot",
    "swapped_lanes",
    "dead_single_stain",
    "batch_effect",
]
Where = Literal["every", "first", "last"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """A kind of fault.

    Attributes
    ----------
    what : what happens at the bench.
    strength : what the strength counts; ``usual`` where none is asked for, ``least`` and ``most`` its bounds.
    where : which experiments suffer from it where none is named.
    whole : the strength is a whole number.
    """

    what: str
    strength: str
    usual: float
    least: float
    most: float
    where: Where
    whole: bool = False


# The usual strengths are assumed: each is as strong as a bad day makes it, so that it can be seen by eye.
FAULTS: Mapping[FaultName, FaultKind] = {
    "edge_effect": FaultKind(
        what="Wells dry out from the rim of the plate inwards: the outer ring reads low (negative: high), and each "
        "ring further in half as much so.",
        strength="share of the signal that the outer ring loses",
        usual=0.4, least=-1.0, most=0.9, where="every",
    ),
    "cell_count_drift": FaultKind(
        what="Cells settle in the trough while they are dispensed: each column gets fewer than the one before, and "
        "the next plate goes on where the last one ended.",
        strength="share of the cells lost from the first column of a plate to the last",
        usual=0.4, least=0.0, most=0.9, where="every",
    ),
    "missing_vehicle": FaultKind(
        what="Vehicle wells of the first plate were forgotten: no cells in them, no entry in the layout.",
        strength="share of the vehicle wells",
        usual=1.0, least=0.0, most=1.0, where="first",
    ),
    "saturated_lane": FaultKind(
        what="The lane of the second harvest was loaded too heavily: its loading control is brighter than the camera "
        "can count.",
        strength="times the usual amount of protein",
        usual=2.9, least=1.0, most=10.0, where="first",
    ),
    "overexposed_blot": FaultKind(
        what="The cIAP1 image was exposed too long, to see the last of a faint band: the strong bands, vehicle first, "
        "are brighter than the camera can count.",
        strength="times the usual exposure",
        usual=4.0, least=1.0, most=20.0, where="first",
    ),
    "swapped_lanes": FaultKind(
        what="Two samples changed places when the gel was loaded: vehicle and another.",
        strength="how many lanes to the right of vehicle the other one stands",
        usual=1.0, least=1.0, most=6.0, where="first", whole=True,
    ),
    "dead_single_stain": FaultKind(
        what="The stain failed in the Annexin V control tube: it holds hardly any positive cells.",
        strength="share of its positive cells that are missing",
        usual=1.0, least=0.0, most=1.0, where="first",
    ),
    "batch_effect": FaultKind(
        what="Another batch of compound and dye: all that the compound does is weaker (on the logarithmic scale), "
        "stained cells are dimmer, and the plates give less light.",
        strength="share by which each is weaker",
        usual=0.4, least=0.0, most=0.9, where="last",
    ),
}  # fmt: skip
FAULT_NAMES: tuple[FaultName, ...] = get_args(FaultName)

_ASKED = re.compile(r"^(?P<name>[a-z_]+)(?:=(?P<strength>[^@]+))?(?:@(?P<experiment>.+))?$")


class FaultError(ValueError):
    """A text names no fault, no strength or no experiment; the message says what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a study: its name, its strength, and the experiments that suffer from it."""

    name: FaultName
    strength: float
    experiments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a fault did: to which files, in words, and in numbers where numbers say more."""

    fault: FaultName
    experiment: str
    files: tuple[str, ...]
    what: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def make_fault(
    name: FaultName, experiments: tuple[str, ...], *, strength: float | None = None, only: str = ""
) -> Fault:
    """Return a fault.

    Parameters
    ----------
    name : of its kind.
    experiments : of the study.
    strength : the usual one if None.
    only : the experiment that suffers from it; the usual ones of its kind if empty.

    Raises
    ------
    FaultError
        If the strength is out of bounds or the experiment is none of the study.
    """
    kind = FAULTS[name]
    strength = kind.usual if strength is None else strength
    if not (math.isfinite(strength) and kind.least <= strength <= kind.most) or (
        kind.whole and not strength.is_integer()
    ):
        number = "a whole number" if kind.whole else "a number"
        bounds = f"{number} from {kind.least:g} to {kind.most:g}"
        message = f"'{strength:g}' is no strength of {name} ({kind.strength}): write {bounds}"
        raise FaultError(message)
    if only and only not in experiments:
        message = f"'{only}' is no experiment of the study: name one of {', '.join(experiments)}"
        raise FaultError(message)
    usual = {"every": experiments, "first": experiments[:1], "last": experiments[-1:]}[kind.where]
    return Fault(name=name, strength=strength, experiments=(only,) if only else usual)


def parse_fault(text: str, experiments: tuple[str, ...]) -> Fault:
    """Read ``NAME``, ``NAME=STRENGTH``, ``NAME@EXPERIMENT`` or ``NAME=STRENGTH@EXPERIMENT``.

    Raises
    ------
    FaultError
        If the text names no fault, or a strength or an experiment that there is not.
    """
    match = _ASKED.match(text.strip())
    name = next((known for known in FAULT_NAMES if match and known == match["name"]), None)
    if match is None or name is None:
        known = ", ".join(FAULT_NAMES)
        hint = nearest_word(match["name"] if match else text, FAULT_NAMES)
        message = f"'{text}' is no fault: name one of {known}. {hint}"
        raise FaultError(message.rstrip())
    try:
        strength = None if match["strength"] is None else float(match["strength"])
    except ValueError:
        message = f"'{match['strength']}' is no number: write a fault as {name}={FAULTS[name].usual:g}"
        raise FaultError(message) from None
    return make_fault(name, experiments, strength=strength, only=match["experiment"] or "")


def strength_in(faults: Iterable[Fault], name: FaultName, experiment: str) -> float | None:
    """Return how strongly an experiment suffers from a kind of fault; None if it does not.

    Raises
    ------
    OurFault
        If the same fault was asked for twice.
    """
    found = [fault.strength for fault in faults if fault.name == name and experiment in fault.experiments]
    if len(found) > 1:
        message = f"{name} was asked for {len(found)} times in {experiment}"
        raise OurFault(message)
    return found[0] if found else None


def parse_faults(texts: Iterable[str], experiments: tuple[str, ...]) -> tuple[Fault, ...]:
    """Read several faults; each kind may hit an experiment once.

    Raises
    ------
    FaultError
        As :func:`parse_fault`, or if the same fault hits the same experiment twice.
    """
    faults: list[Fault] = []
    for text in texts:
        fault = parse_fault(text, experiments)
        for other in faults:
            twice = [name for name in fault.experiments if other.name == fault.name and name in other.experiments]
            if twice:
                message = f"'{text}': {', '.join(twice)} suffers from {fault.name} already"
                raise FaultError(message)
        faults.append(fault)
    return tuple(faults)
