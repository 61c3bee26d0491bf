"""What is true in each demonstration study, and of which files it consists: ``truths.yaml`` as frozen types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from avpi.virtual_lab.cells import Death

COMPOUND = "birinapant"
EXPERIMENTS = ("exp1", "exp2", "exp3")
"""Three independent experiments: the least with which a lab would publish."""
LANE_TIMES = ("0 min", "15 min", "30 min", "1 h", "4 h", "24 h")
"""Vehicle, then the harvests of Protocol A and 24 h for the rebound."""
DOSES: Mapping[str, str] = {
    "TNF": "10 ng/mL", "zVAD": "20 uM", "Nec-1s": "10 uM", "GSK872": "1 uM", "anti-TNF": "10 ug/mL",
}  # fmt: skip
"""Working doses: the guide's, and common ones (assumed) for the reagents that it lacks."""


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

    @property
    def reagents(self) -> tuple[str, ...]:
        """The reagents beside the mimetic that the study uses, in the order of ``DOSES``."""
        used = {part for plate in self.plates.values() for label in plate for part in label.split("+")}
        return tuple(reagent for reagent in DOSES if reagent in used)


@cache
def demo_studies() -> Mapping[str, DemoStudy]:
    """Return the studies of ``truths.yaml`` by name, in the order of the file."""
    text = files("avpi.virtual_lab").joinpath("truths.yaml").read_text("utf-8")
    declared: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)["studies"]
    return {name: _study(name, _whole(entry, declared)) for name, entry in declared.items()}


def _whole(entry: Mapping[str, Any], declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a study's entry with what it takes over from another, less every condition with the reagent it lacks."""
    if "like" not in entry:
        return dict(entry)
    whole = {**declared[entry["like"]], **{k: v for k, v in entry.items() if k not in ("like", "without")}}

    def kept(labels: Any) -> list[str]:
        return [label for label in labels if entry["without"] not in label.split("+")]

    whole["samples"] = kept(whole["samples"])
    plates = {plate: kept(labels) for plate, labels in whole["plates"].items()}
    # A plate of which nothing is left that involves the mimetic would not have been made.
    whole["plates"] = {plate: labels for plate, labels in plates.items() if any("SM" in x.split("+") for x in labels)}
    used = {label for labels in whole["plates"].values() for label in labels}
    whole["viability"] = {label: value for label, value in whole["viability"].items() if label in used}
    return whole


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
