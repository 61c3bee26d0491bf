"""How the simulated cells of a study died, counted cell by cell, and how they fare without each other's TNF."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from avpi.population.fates import MODES
from avpi.virtual_lab.day_cells import PLATE_HOURS, DayWells, WellKey
from avpi.virtual_lab.design import Design
from avpi.virtual_lab.truth import Deaths

ARMS = ("DMSO", "TNF", "SM", "SM+TNF", "SM+zVAD", "SM+TNF+zVAD")
"""Conditions whose deaths are told: with and without TNF, with and without caspases."""
WITHOUT_ADDED_TNF = ("SM", "SM+zVAD")
"""Conditions in which it is asked whether the cells kill each other, or themselves, by their own TNF."""
BLOCKER = "anti-TNF"


def wells_beside(design: Design) -> list[WellKey]:
    """Return the wells that no lab has and the mechanism is read from."""
    labels = _without_added_tnf(design)
    alone = [WellKey(label, shared_tnf=False) for label in ("DMSO", *labels)]
    return [*alone, *(WellKey(f"{label}+{BLOCKER}") for label in labels)]


def deaths_of(days: Sequence[DayWells], design: Design) -> dict[str, Deaths]:
    """Return condition -> how its cells died until plates were read, as the mean over the days of a study."""
    return {label: _deaths(days, label) for label in ARMS if label in design.conditions}


def alone_of(days: Sequence[DayWells], design: Design) -> dict[str, float]:
    """Return condition -> viability of cells that do not share what they secrete, relative to such vehicle cells."""
    return {
        label: _mean([day.viability(label, shared_tnf=False) for day in days]) for label in _without_added_tnf(design)
    }


def tnf_blocked_of(days: Sequence[DayWells], design: Design) -> dict[str, float]:
    """Return condition -> its viability with anti-TNF."""
    return {label: _mean([day.viability(f"{label}+{BLOCKER}") for day in days]) for label in _without_added_tnf(design)}


def _without_added_tnf(design: Design) -> list[str]:
    return [label for label in WITHOUT_ADDED_TNF if label in design.conditions]


def _mean(values: Sequence[float]) -> float:
    """Return the geometric mean over the days of a study."""
    return float(np.exp(np.mean(np.log(values))))


def _deaths(days: Sequence[DayWells], label: str) -> Deaths:
    wells = [day.well(label) for day in days]
    died = np.concatenate([well.fates.death_hours <= PLATE_HOURS for well in wells])
    modes = np.concatenate([well.fates.mode for well in wells])[died]
    shares = [float(np.mean(modes == i)) if modes.size else 0.0 for i in range(len(MODES))]
    return Deaths(dead=float(np.mean(died)), **dict(zip(MODES, shares, strict=True)))
