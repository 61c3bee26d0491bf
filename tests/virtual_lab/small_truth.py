"""A truth for any design, with the smallest of everything: for tests of the laboratory itself."""

from __future__ import annotations

from collections.abc import Iterable

from avpi.virtual_lab.cells import cell_shares
from avpi.virtual_lab.design import DOSE_RANGE, TIME_COURSE, Design, experiment_names, time_course
from avpi.virtual_lab.truth import BlotTruth, CellsTruth, Truth

DEAD = {"SM": 0.35, "SM+TNF": 0.12}
"""Viability of what dies; everything else lives."""
LEFT = 0.05
"""cIAP1 in every lane with the compound."""


def small_design(experiments: int = 2) -> Design:
    """Return a design of one membrane, one plate and two tubes."""
    return Design(
        name="small",
        experiments=experiment_names(experiments),
        membranes={TIME_COURSE: time_course((15.0, 30.0, 60.0))},
        plates={"a": ("DMSO", "SM", "TNF", "SM+TNF"), "b": ("DMSO", "SM")},
        samples=("DMSO", "SM"),
    )


def cells_of(design: Design, *, xiap: bool = False) -> CellsTruth:
    """Return cells that lose cIAP1 and die of the compound."""
    blots = {
        name: BlotTruth(
            lanes=lanes,
            ciap1=tuple(LEFT if lane.working_doses else 1.0 for lane in lanes),
            ciap2=tuple(0.4 for _ in lanes) if name == DOSE_RANGE else None,
            xiap=tuple(0.9 for _ in lanes) if xiap else None,
        )
        for name, lanes in design.membranes.items()
    }
    viability = {label: DEAD.get(label, 1.0) for label in design.conditions}
    quadrants = {label: cell_shares(viability[label], "apoptosis") for label in design.samples}
    return CellsTruth(blots=blots, viability=viability, quadrants=quadrants)


def truth_for(design: Design, cells: Iterable[CellsTruth] | None = None) -> Truth:
    """Return a truth that fits a design."""
    return Truth(
        name="small",
        title="A small simulated study",
        cell_line="HT-29, low passage: simulated",
        compound="AZD 5582",
        working_dose_molar=2e-8,
        cells=(cells_of(design),) if cells is None else tuple(cells),
        leaf="apoptosis/autocrine",
        origin="values made up for a test",
    )
