"""What a laboratory sets out to do: experiments, membranes, plates, tubes and the plate reader. Designs are data.

Conditions are written as labels of ``avpi.names.Condition``: reagents joined by ``+``, ``SM`` for the mimetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from avpi.errors import OurFault
from avpi.quantity import format_minutes

ReaderName = Literal["envision", "victor", "excel"]
DesignName = Literal["guide", "extended", "ripk3"]
READERS: tuple[ReaderName, ...] = get_args(ReaderName)
DESIGNS: tuple[DesignName, ...] = get_args(DesignName)

MOST_EXPERIMENTS = 6
"""More independent experiments than a lab repeats a western blot (assumed)."""
USUAL_EXPERIMENTS = 3
"""The least with which a lab would publish."""
MOST_LANES = 7
"""As many lanes as a drawn membrane holds beside each other."""
TIME_COURSE, DOSE_RANGE = "time_course", "dose_range"
"""Names of the two membranes that a design may hold."""

DOSES: Mapping[str, str] = {
    "TNF": "10 ng/mL", "zVAD": "20 uM", "Nec-1s": "10 uM", "GSK872": "1 uM", "anti-TNF": "10 ug/mL",
}  # fmt: skip
"""Working doses: the guide's, and common ones (assumed) for the reagents that it lacks."""

PLATES: Mapping[str, tuple[str, ...]] = {
    # The guide's matrix without Nec-1's off-target (Nec-1s instead), with every single-agent control.
    "guide": (
        "DMSO", "SM", "TNF", "zVAD", "Nec-1s", "zVAD+Nec-1s", "SM+TNF", "SM+zVAD", "SM+Nec-1s", "SM+zVAD+Nec-1s",
    ),
    # The arms that separate autocrine from added TNF; vehicle twice, so that every row is full.
    "tnf": (
        "DMSO", "DMSO", "anti-TNF", "TNF+zVAD", "TNF+Nec-1s", "TNF+zVAD+Nec-1s", "SM+anti-TNF", "SM+TNF+zVAD",
        "SM+TNF+Nec-1s", "SM+TNF+zVAD+Nec-1s",
    ),
    # The arms that read necroptosis in a line that needs TNF, with the RIPK3 inhibitor downstream of RIPK1.
    "ripk3": (
        "DMSO", "GSK872", "TNF+zVAD", "TNF+Nec-1s", "TNF+zVAD+Nec-1s", "SM+TNF+zVAD", "SM+TNF+Nec-1s",
        "SM+TNF+zVAD+Nec-1s", "SM+TNF+GSK872", "SM+TNF+zVAD+GSK872",
    ),
}  # fmt: skip
"""Name of a plate -> its conditions; a label twice has twice the wells."""

GUIDE_TUBES = ("DMSO", "SM", "TNF", "SM+TNF", "SM+zVAD")
TNF_TUBES = (*GUIDE_TUBES, "SM+TNF+zVAD", "SM+TNF+zVAD+Nec-1s")
"""Conditions that are also stained with Annexin V and PI: as many tubes as one person stains in a morning."""

CONTENTS: Mapping[DesignName, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "guide": (("guide",), GUIDE_TUBES),
    "extended": (("guide", "tnf"), TNF_TUBES),
    "ripk3": (("guide", "ripk3"), TNF_TUBES),
}
"""Design -> its plates, its tubes."""

HARVEST_MINUTES = (15.0, 30.0, 60.0, 240.0, 1440.0)
"""The harvests of Protocol A, and 24 h for the rebound."""
DOSE_STEPS = (0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
"""Doses of a dose-range blot in working doses: at the usual 100 nM they span the guide's 10 nM to 10 uM."""
DOSE_RANGE_MINUTES = 30.0
"""When a dose-range blot is harvested: late enough for the loss, too early for the rebound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What was loaded in a lane: lysate of cells at a time after a dose; ``working_doses`` is 0 for vehicle."""

    minutes: float
    working_doses: float = 1.0

    @property
    def time(self) -> str:
        """The time as study.yaml writes it."""
        return format_minutes(self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """A lane that was loaded too heavily: experiment, lane counted from 0, times the usual amount."""

    experiment: str
    lane: int
    excess: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is done in every experiment of a study, and with which instruments.

    Attributes
    ----------
    name : of the design.
    experiments : their names; they are the n of every number.
    membranes : name -> lanes from left to right; the first is vehicle.
    plates : name of a plate -> labels of its conditions, in the order of the design (a label twice: twice the wells).
    samples : labels of the conditions in cytometry.
    reader : the program whose export the plates come as.
    layout_format : kind of layout file.
    whole_plate : samples stand in the rim of the plates too, where wells dry out.
    overloaded : a lane of the time course that shows what a saturated loading control looks like.
    """

    name: str
    experiments: tuple[str, ...]
    membranes: Mapping[str, tuple[Lane, ...]]
    plates: Mapping[str, tuple[str, ...]]
    samples: tuple[str, ...]
    reader: ReaderName = "envision"
    layout_format: Literal["csv", "toml"] = "csv"
    whole_plate: bool = False
    overloaded: Overload | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.experiments) <= MOST_EXPERIMENTS:
            message = f"{len(self.experiments)} experiments are not between 1 and {MOST_EXPERIMENTS}"
            raise OurFault(message)
        for name, lanes in self.membranes.items():
            if not 2 <= len(lanes) <= MOST_LANES or lanes[0].working_doses:
                message = f"membrane '{name}' needs vehicle first, and 2 to {MOST_LANES} lanes"
                raise OurFault(message)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Every condition on a plate or in a tube, once, in the order of the design."""
        on_plates = (label for labels in self.plates.values() for label in labels)
        return tuple(dict.fromkeys((*on_plates, *self.samples)))

    @property
    def reagents(self) -> tuple[str, ...]:
        """The reagents beside the mimetic that the study uses, in the order of ``DOSES``."""
        used = {part for label in self.conditions for part in label.split("+")}
        return tuple(reagent for reagent in DOSES if reagent in used)


def experiment_names(number: int) -> tuple[str, ...]:
    """Return the names of so many experiments: ``exp1``, ``exp2`` and so on."""
    return tuple(f"exp{n}" for n in range(1, number + 1))


def time_course(minutes: tuple[float, ...] = HARVEST_MINUTES) -> tuple[Lane, ...]:
    """Return the lanes of a time course at the working dose: vehicle, then the harvests."""
    return (Lane(minutes=0.0, working_doses=0.0), *(Lane(minutes=m) for m in minutes))


def dose_range(steps: tuple[float, ...] = DOSE_STEPS, minutes: float = DOSE_RANGE_MINUTES) -> tuple[Lane, ...]:
    """Return the lanes of a dose range at one harvest: vehicle, then the doses in working doses."""
    return tuple(Lane(minutes=minutes, working_doses=step) for step in (0.0, *steps))


def design_of(
    name: DesignName,
    *,
    experiments: int = USUAL_EXPERIMENTS,
    reader: ReaderName = "envision",
    harvest_minutes: tuple[float, ...] = HARVEST_MINUTES,
    dose_steps: tuple[float, ...] = (),
    layout_format: Literal["csv", "toml"] = "csv",
    whole_plate: bool = False,
) -> Design:
    """Return a design by name.

    Parameters
    ----------
    name : ``guide`` (the guide's matrix with its single agents), ``extended`` (and the arms with TNF, among them
        anti-TNF), ``ripk3`` (and the arms with TNF and the RIPK3 inhibitor).
    experiments : how many independent experiments, 1 to 6.
    reader : whose export the plates come as.
    harvest_minutes : harvests of the time course.
    dose_steps : doses of a second membrane in working doses (such as ``DOSE_STEPS``); none without them.
    layout_format : kind of layout file.
    whole_plate : use the rim of the plates too.
    """
    plates, samples = CONTENTS[name]
    membranes = {TIME_COURSE: time_course(harvest_minutes)}
    if dose_steps:
        membranes[DOSE_RANGE] = dose_range(dose_steps)
    return Design(
        name=name,
        experiments=experiment_names(experiments),
        membranes=membranes,
        plates={plate: PLATES[plate] for plate in plates},
        samples=samples,
        reader=reader,
        layout_format=layout_format,
        whole_plate=whole_plate,
    )
