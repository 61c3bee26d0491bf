"""The demonstration studies: ``demonstrations.yaml`` as frozen types, and as truth and design.

Their truths were simulated once by the pathway model and stand in ``truths.yaml``, so that a demonstration is made in
seconds. Everything else about them is decided here and now: design, noise, and the call to expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from avpi.errors import OurFault
from avpi.quantity import parse_quantity
from avpi.virtual_lab.design import (
    PLATES,
    TIME_COURSE,
    USUAL_EXPERIMENTS,
    Design,
    Overload,
    ReaderName,
    experiment_names,
    time_course,
)
from avpi.virtual_lab.expected import expected_call
from avpi.virtual_lab.frozen_truths import Frozen, frozen_truths
from avpi.virtual_lab.mechanism import told_beside
from avpi.virtual_lab.truth import CellsTruth, Truth

COMPOUND_IS = "a bivalent Smac mimetic"
"""What stands beside the compound of every demonstration study."""
ORIGIN = "a simulation of the pathway in single cells"

OVERLOADED = Overload(experiment="exp2", lane=5, excess=2.9)
"""The one lane whose loading control saturates: the 24 h lane of the second experiment.

The whole lane is overloaded, cIAP1 with it, so that the true fraction stays what it is; the 30 min lanes and the
vehicle are untouched and the call remains possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStudy:
    """One simulated study: its cells and its design.

    Attributes
    ----------
    name : key in ``DEMO_STUDIES``.
    source : the study whose simulated cells it has; itself for all but one.
    cell_line : as the files show it; ``line`` and ``genotype`` : those cells in the pathway model.
    compound, working_dose_molar : the mimetic.
    truth : the leaf that it is meant to show; ``missing`` : conditions that a right verdict must name as missing.
    plates : name of a plate -> labels of its conditions, in the order of the design (a label twice: twice the wells).
    samples : labels of the conditions in cytometry.
    sees_ciap2 : the antibody against cIAP1 sees cIAP2 as well.
    layout_format : kind of layout file.
    seed : default seed of the noise.
    """

    name: str
    source: str
    title: str
    cell_line: str
    line: str
    genotype: Mapping[str, float] = field(default_factory=dict)
    compound: str
    working_dose_molar: float
    truth: str
    missing: tuple[str, ...]
    plates: Mapping[str, tuple[str, ...]]
    samples: tuple[str, ...]
    sees_ciap2: bool
    layout_format: Literal["csv", "toml"]
    seed: int


@cache
def demo_studies() -> Mapping[str, DemoStudy]:
    """Return the studies of ``demonstrations.yaml`` by name, in the order of the file."""
    text = files("avpi.virtual_lab").joinpath("demonstrations.yaml").read_text("utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    declared: Mapping[str, Mapping[str, Any]] = loaded["studies"]
    dose = parse_quantity(loaded["working_dose"], "concentration").value
    return {name: _study(name, _whole(entry, declared), loaded["compound"], dose) for name, entry in declared.items()}


def demo_truth(study: DemoStudy, *, experiments: int = USUAL_EXPERIMENTS) -> Truth:
    """Return what is true in a demonstration study: its first days, as they were simulated.

    Raises
    ------
    OurFault
        If there are fewer simulated days than experiments.
    """
    frozen = frozen_truths()[study.source]
    if len(frozen.days) < experiments:
        message = f"truths.yaml holds {len(frozen.days)} days of '{study.source}', and {experiments} were asked for"
        raise OurFault(message)
    return truth_of_days(study, demo_design(study, experiments=experiments), frozen)


def truth_of_days(study: DemoStudy, design: Design, frozen: Frozen) -> Truth:
    """Return the truth of a study of so many of its days as the design has experiments."""
    days = tuple(_seen(day, study, design) for day in frozen.days[: len(design.experiments)])
    expected = expected_call(days, design, study.working_dose_molar)
    return Truth(
        name=study.name,
        title=study.title,
        cell_line=study.cell_line,
        compound=study.compound,
        compound_is=COMPOUND_IS,
        working_dose_molar=study.working_dose_molar,
        cells=days,
        leaf=expected.leaf,
        missing=expected.missing,
        origin=ORIGIN,
        expected=expected,
        mechanism=told_beside(expected, frozen.deaths, frozen.alone, frozen.tnf_blocked),
    )


def demo_design(study: DemoStudy, *, experiments: int = USUAL_EXPERIMENTS, reader: ReaderName = "envision") -> Design:
    """Return what is done in a demonstration study."""
    names = experiment_names(experiments)
    return Design(
        name=study.name,
        experiments=names,
        membranes={TIME_COURSE: time_course()},
        plates=study.plates,
        samples=study.samples,
        reader=reader,
        layout_format=study.layout_format,
        overloaded=OVERLOADED if OVERLOADED.experiment in names else None,
    )


def _seen(day: CellsTruth, study: DemoStudy, design: Design) -> CellsTruth:
    """Return of a day what this design sees of it."""
    blots = {name: blot if study.sees_ciap2 else blot.without_neighbour for name, blot in day.blots.items()}
    return CellsTruth(
        blots=blots,
        viability={label: day.viability[label] for label in design.conditions},
        quadrants={label: day.quadrants[label] for label in design.samples},
    )


def _whole(entry: Mapping[str, Any], declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a study's entry with what it takes over from another, less every condition with the reagent it lacks."""
    whole = {**declared.get(entry.get("like", ""), {}), **entry}
    plates = {plate: list(PLATES[plate]) for plate in whole["plates"]}
    if lacking := entry.get("without"):

        def kept(labels: list[str]) -> list[str]:
            return [label for label in labels if lacking not in label.split("+")]

        whole["samples"] = kept(whole["samples"])
        plates = {plate: kept(labels) for plate, labels in plates.items()}
        # A plate of which nothing is left that involves the mimetic would not have been made.
        plates = {plate: labels for plate, labels in plates.items() if any("SM" in x.split("+") for x in labels)}
    return {**whole, "plates": plates}


def _study(name: str, entry: Mapping[str, Any], compound: str, working_dose_molar: float) -> DemoStudy:
    return DemoStudy(
        name=name,
        source=entry.get("like", name),
        title=entry["title"],
        cell_line=entry["cell_line"],
        line=entry["line"],
        genotype={protein: float(factor) for protein, factor in entry.get("genotype", {}).items()},
        compound=compound,
        working_dose_molar=working_dose_molar,
        truth=entry["truth"],
        missing=tuple(entry["missing"]),
        plates={plate: tuple(labels) for plate, labels in entry["plates"].items()},
        samples=tuple(entry["samples"]),
        sees_ciap2=bool(entry["sees_ciap2"]),
        layout_format=entry["layout_format"],
        seed=int(entry["seed"]),
    )
