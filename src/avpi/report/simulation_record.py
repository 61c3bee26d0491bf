"""Simulations as JSON: what was asked, what came out, where the pathway is unsure, and what is needed to repeat it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avpi.facts.proportion import wilson
from avpi.names import find_reagent
from avpi.population.engagement import GONE, RULE_HOURS, Blot
from avpi.population.experiment import Experiment
from avpi.population.fates import MODES
from avpi.population.open_questions import QUESTIONS, Agreement
from avpi.population.simulated import APPEARING, BANDS, FOLLOWED, Sampling, Simulated, fingerprint
from avpi.quantity import format_molar
from avpi.report.provenance import environment
from avpi.report.words import percent

SCHEMA: Final = 1
"""Version of the form of these records; it grows when an entry changes its meaning or leaves."""


def setting_json(experiment: Experiment, sampling: Sampling, command: str) -> dict[str, Any]:
    """Return which cells were simulated and how, with what is needed to repeat it."""
    return {
        "schema": SCHEMA,
        "command": command,
        "line": experiment.line.name,
        "genotype": dict(experiment.genotype),
        "shared_tnf": experiment.shared_tnf,
        "variant": experiment.variant.label,
        "hours": sampling.hours,
        "cells": sampling.cells,
        "seed": sampling.seed,
        "sha256": dict(fingerprint(experiment, sampling)),
        **environment(),
    }


def doses_json(experiment: Experiment) -> list[dict[str, Any]]:
    """Return what is added."""
    return [
        {
            "reagent": dose.reagent,
            "amount": dose.amount,
            "unit": "molar" if (found := find_reagent(dose.reagent)) is None or found.unit == "molar" else "ng/mL",
            "at_hours": dose.at_hours,
            "until_hours": dose.until_hours,
        }
        for dose in experiment.doses
    ]


def outcome_json(simulated: Simulated, times_hours: Sequence[float]) -> dict[str, Any]:
    """Return what a lab would read off a condition at times; what is not there is null."""
    dead = simulated.dead(times_hours)
    ranges = [wilson(int(n), simulated.cells) for n in dead]
    died = simulated.well.fates.death_hours[np.isfinite(simulated.well.fates.death_hours)]
    return {
        "condition": simulated.label,
        "doses": doses_json(simulated.well.experiment),
        "followed_cells": simulated.cells,
        "failed_cells": simulated.well.failed,
        "times_hours": list(times_hours),
        "viability": listed(simulated.viability(times_hours)),
        "viability_standard_error": listed(simulated.viability_error(times_hours)),
        "dead": listed(dead / simulated.cells),
        "dead_low_95": [low for low, _ in ranges],
        "dead_high_95": [high for _, high in ranges],
        "died_by": {mode: listed(simulated.died_by(mode, times_hours) / simulated.cells) for mode in MODES},
        "mode": simulated.mode,
        "quadrants": {name: listed(shares) for name, shares in simulated.quadrants(times_hours).items()},
        "tnf_pg_per_ml": listed(simulated.tnf_pg_per_ml(times_hours)),
        "bands_of_untreated": {band: listed(simulated.band(band, times_hours)) for band in BANDS},
        "bands_that_appear": {
            band: {"unit": unit, "values": listed(simulated.amount(band, times_hours))}
            for band, unit in APPEARING.items()
        },
        "death_hours": dict(zip(("low_5", "median", "high_95"), _quantiles(died), strict=True)),
    }


def courses_json(simulated: Simulated) -> dict[str, Any]:
    """Return the courses that the figure shows, with their spread over the living cells."""
    found: dict[str, Any] = {"times_hours": simulated.well.times_hours.tolist()}
    for readout in FOLLOWED:
        course = simulated.course(readout)
        found[readout.title] = {
            "unit": course.unit,
            "low_5": listed(course.low),
            "median": listed(course.median),
            "high_95": listed(course.high),
            "living_cells": course.cells.tolist(),
        }
    return found


def agreement_json(agreements: Sequence[Agreement], cells: int) -> dict[str, Any]:
    """Return what the variants of the pathway say of each condition."""
    return {
        "cells": cells,
        "agree": all(one.agrees for one in agreements),
        "open_questions": {name: question for name, question in QUESTIONS.values()},
        "conditions": [
            {
                "condition": one.label,
                "agree": one.agrees,
                "differing": [variant.label for variant in one.differing],
                "questions": [list(names) for names in one.questions],
                "readings": [
                    {"variant": variant.label, "value": _or_none(reading.value), "call": reading.word or None}
                    for variant, reading in one.readings.items()
                ],
            }
            for one in agreements
        ],
    }


def blot_json(blot: Blot) -> dict[str, Any]:
    """Return the bands of a blot and what they say of target engagement."""
    dose, left = blot.pool_left
    return {
        "compound": blot.compound,
        "valency": blot.valency,
        "doses_molar": list(blot.doses_molar),
        "times_hours": list(blot.times_hours),
        "followed_cells": blot.cells,
        "failed_cells": blot.failed,
        "bands_of_vehicle": {protein: [listed(row) for row in values] for protein, values in blot.ratio.items()},
        "traf2_bound_ciap1_of_vehicle": [listed(row) for row in blot.pool],
        "alive": [listed(row) for row in blot.alive],
        "criterion": {"gone": GONE, "by_hours": RULE_HOURS},
        "ciap1_left_at_criterion": listed(blot.at_rule),
        "engaged": [met if math.isfinite(left) else None for met, left in zip(blot.engaged, blot.at_rule, strict=True)],
        "traf2_pool": {"least_left": _or_none(left), "at_dose_molar": dose, "stays": blot.pool_stays},
    }


def engagement_sentences(blot: Blot) -> list[str]:
    """Return what the blot says of target engagement, in words."""
    minutes = f"{RULE_HOURS * 60:.0f} min"
    if not blot.has_ciap1:
        return [
            "These cells have no cIAP1, so that target engagement cannot be read: it is cIAP1 that a mimetic takes."
        ]
    read = np.isfinite(blot.at_rule)
    silent = ", ".join(format_molar(d) for d, seen in zip(blot.doses_molar, read, strict=True) if not seen)
    if not read.any():
        return [f"At no dose is a cell left to lyse at {minutes}: the blot says nothing of target engagement."]
    unread = [f"At {silent} no cell is left to lyse at {minutes}: there it says nothing."] if silent else []
    return [*unread, *_engagement_where_read(blot, minutes)]


def _engagement_where_read(blot: Blot, minutes: str) -> list[str]:
    """Return what the doses at which there is a band say together."""
    met = [format_molar(d) for d, engaged in zip(blot.doses_molar, blot.engaged, strict=True) if engaged]
    least = int(np.nanargmin(blot.at_rule))
    best = f"{percent(1 - float(blot.at_rule[least]))} at {format_molar(blot.doses_molar[least])}"
    if met:
        found = [
            f"More than {percent(GONE)} of the cIAP1 band is gone by {minutes} at {', '.join(met)} (most: {best})."
        ]
    else:
        found = [f"No dose takes more than {percent(GONE)} of the cIAP1 band by {minutes}; the most is {best}."]
    dose, left = blot.pool_left
    if not math.isfinite(left):
        return [*found, f"These cells have no cIAP1 on TRAF2 at {minutes}: nothing is told of that pool."]
    at = f"at {minutes} at {format_molar(dose)}, the dose that leaves least"
    pool = f"{percent(left)} of the TRAF2-bound cIAP1 is left {at}"
    if blot.pool_stays:
        why = (
            "that is what a monovalent compound does while on target"
            if blot.valency == "monovalent"
            else "unusual for a bivalent compound: the doses may be too low"
        )
        found.append(f"A TRAF2-bound pool stays: {pool}; {why}.")
    else:
        found.append(f"No TRAF2-bound pool stays: {pool} ({blot.compound} is {blot.valency}).")
    return found


def listed(values: NDArray[Any]) -> list[float | None]:
    """Return numbers as JSON has them; one that is not finite is null."""
    return [_or_none(value) for value in np.asarray(values, float).tolist()]


def _or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _quantiles(died: NDArray[np.float64]) -> list[float | None]:
    return listed(np.percentile(died, (5, 50, 95))) if died.size else [None, None, None]
