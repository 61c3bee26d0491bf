"""What truth.json holds: the call to expect, how cells died, the true values of each day, the design, every fault."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from avpi.virtual_lab.day import Day
from avpi.virtual_lab.design import TIME_COURSE, Design
from avpi.virtual_lab.faults import FAULTS, Fault, Trace
from avpi.virtual_lab.truth import BlotTruth, Truth

DECIMALS = 6
"""Decimals of a true value: far below any noise, and short enough to read."""


def short_record(truth: Truth, seed: int, days: Sequence[Day]) -> dict[str, Any]:
    """Return the call to expect, and cIAP1 and viability as they were true in each experiment."""
    return {
        "study": truth.name,
        "truth": truth.leaf,
        "missing": list(truth.missing),
        "seed": seed,
        **_known_beside(truth),
        "experiments": {
            day.name: {
                "ciap1_fraction_of_vehicle": _rounded(day.cells.blots[TIME_COURSE].ciap1),
                "viability_fraction_of_vehicle": {
                    label: round(value, DECIMALS) for label, value in day.cells.viability.items()
                },
            }
            for day in days
        },
    }


def truth_record(
    truth: Truth, design: Design, seed: int, days: Sequence[Day], faults: Sequence[Fault], traces: Sequence[Trace]
) -> dict[str, Any]:
    """Return everything that went into a study."""
    record = short_record(truth, seed, days)
    experiments = record.pop("experiments")
    for day in days:
        experiments[day.name]["blots"] = {name: _blot_record(blot) for name, blot in day.cells.blots.items()}
        experiments[day.name]["shares_of_cells"] = {
            label: {kind: round(share, DECIMALS) for kind, share in asdict(shares).items()}
            for label, shares in day.cells.quadrants.items()
        }
    return {
        **record,
        "cell_line": truth.cell_line,
        "compound": truth.compound,
        "working_dose_molar": truth.working_dose_molar,
        "origin": truth.origin,
        "design": design_record(design),
        "faults": [_fault_record(fault, traces) for fault in faults],
        "experiments": experiments,
    }


def _known_beside(truth: Truth) -> dict[str, Any]:
    """Return how the rules lead to the call, and how the cells really died, where a model knows."""
    record: dict[str, Any] = {}
    if (expected := truth.expected) is not None:
        record["call"] = {
            "path": list(expected.path),
            "effects": _rounded_values(expected.effects),
            "nearest_to_another_answer": _finite(expected.nearest),
        }
    if (mechanism := truth.mechanism) is not None:
        record["mechanism"] = {
            "deaths": {label: _rounded_values(asdict(deaths)) for label, deaths in mechanism.deaths.items()},
            "viability_of_cells_kept_alone": _rounded_values(mechanism.alone),
            "viability_with_tnf_blocked": _rounded_values(mechanism.tnf_blocked),
            "differs_from_the_call": list(mechanism.differs),
        }
    return record


def _finite(value: float) -> float | None:
    return round(value, DECIMALS) if math.isfinite(value) else None


def design_record(design: Design) -> dict[str, Any]:
    """Return a design as JSON holds it."""
    overloaded = design.overloaded
    return {
        "name": design.name,
        "experiments": list(design.experiments),
        "membranes": {
            name: [{"minutes": lane.minutes, "working_doses": lane.working_doses} for lane in lanes]
            for name, lanes in design.membranes.items()
        },
        "plates": {name: list(labels) for name, labels in design.plates.items()},
        "samples": list(design.samples),
        "reader": design.reader,
        "layout_format": design.layout_format,
        "whole_plate": design.whole_plate,
        "overloaded": None if overloaded is None else {**asdict(overloaded), "lane": overloaded.lane + 1},
    }


def _fault_record(fault: Fault, traces: Sequence[Trace]) -> dict[str, Any]:
    return {
        "fault": fault.name,
        "strength": fault.strength,
        "strength_is": FAULTS[fault.name].strength,
        "what": FAULTS[fault.name].what,
        "where": [
            {"experiment": trace.experiment, "files": list(trace.files), "what": trace.what, **trace.detail}
            for trace in traces
            if trace.fault == fault.name and trace.experiment in fault.experiments
        ],
    }


def _blot_record(blot: BlotTruth) -> dict[str, Any]:
    amounts = {"cIAP1": blot.ciap1, "cIAP2": blot.ciap2, "XIAP": blot.xiap}
    return {protein: _rounded(values) for protein, values in amounts.items() if values is not None}


def _rounded_values(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), DECIMALS) for name, value in values.items()}


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(float(value), DECIMALS) for value in values]
