"""The demonstration studies as they are declared by hand: ``truths.yaml`` as frozen types, and as truth and design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from avpi.virtual_lab.cells import Death, cell_shares
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
from avpi.virtual_lab.truth import BlotTruth, CellsTruth, Truth

COMPOUND, COMPOUND_IS, WORKING_DOSE_MOLAR = "birinapant", "a bivalent Smac mimetic", 1e-7
"""What every demonstration study is about."""

OVERLOADED = Overload(experiment="exp2", lane=5, excess=2.9)
"""The one lane whose loading control saturates: the 24 h lane of the second experiment.

The whole lane is overloaded, cIAP1 with it, so that the true fraction stays what it is; the 30 min lanes and the
vehicle are untouched and the call remains possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStudy:
    """One simulated study: its truth and its design.

    Attributes
    ----------
    name : key in ``DEMO_STUDIES``.
    truth : the leaf that a right verdict calls; ``missing`` : conditions that it must name as missing.
    ciap1, ciap2 : amount in each lane as a fraction of the vehicle's cIAP1; ``ciap2`` is None where no such band shows.
    viability : condition label -> fraction of vehicle.
    plates : name of a plate -> labels of its conditions, in the order of the design (a label twice: twice the wells).
    samples : labels of the conditions in cytometry.
    death : how dying cells look in cytometry.
    layout_format : kind of layout file.
    seed : default seed of the noise.
    """

    name: str
    title: str
    cell_line: str
    truth: str
    missing: tuple[str, ...]
    ciap1: tuple[float, ...]
    ciap2: tuple[float, ...] | None
    viability: Mapping[str, float]
    plates: Mapping[str, tuple[str, ...]]
    samples: tuple[str, ...]
    death: Death
    layout_format: Literal["csv", "toml"]
    seed: int


@cache
def demo_studies() -> Mapping[str, DemoStudy]:
    """Return the studies of ``truths.yaml`` by name, in the order of the file."""
    text = files("avpi.virtual_lab").joinpath("truths.yaml").read_text("utf-8")
    declared: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)["studies"]
    return {name: _study(name, _whole(entry, declared)) for name, entry in declared.items()}


def declared_truth(study: DemoStudy) -> Truth:
    """Return what is true in a demonstration study; the death of its cells is seen as its kind of death is."""
    blot = BlotTruth(lanes=time_course(), ciap1=study.ciap1, ciap2=study.ciap2)
    cells = CellsTruth(
        blots={TIME_COURSE: blot},
        viability=study.viability,
        quadrants={label: cell_shares(study.viability[label], study.death) for label in study.samples},
    )
    return Truth(
        name=study.name,
        title=study.title,
        cell_line=study.cell_line,
        compound=COMPOUND,
        compound_is=COMPOUND_IS,
        working_dose_molar=WORKING_DOSE_MOLAR,
        cells=(cells,),
        leaf=study.truth,
        missing=study.missing,
    )


def declared_design(
    study: DemoStudy, *, experiments: int = USUAL_EXPERIMENTS, reader: ReaderName = "envision"
) -> Design:
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
        used = {label for labels in plates.values() for label in labels}
        whole["viability"] = {label: value for label, value in whole["viability"].items() if label in used}
    return {**whole, "plates": plates}


def _study(name: str, entry: Mapping[str, Any]) -> DemoStudy:
    return DemoStudy(
        name=name,
        title=entry["title"],
        cell_line=entry["cell_line"],
        truth=entry["truth"],
        missing=tuple(entry["missing"]),
        ciap1=tuple(float(x) for x in entry["ciap1"]),
        ciap2=tuple(float(x) for x in entry["ciap2"]) if "ciap2" in entry else None,
        viability={label: float(x) for label, x in entry["viability"].items()},
        plates={plate: tuple(labels) for plate, labels in entry["plates"].items()},
        samples=tuple(entry["samples"]),
        death=entry["death"],
        layout_format=entry["layout_format"],
        seed=int(entry["seed"]),
    )
