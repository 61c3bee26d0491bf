"""What the cells of one passage do in every well, lane and tube of a design, by the pathway model.

Wells of one day hold the same simulated cells. A lysate is of the cells that still live. A tube of cytometry holds what
was attached and what floats: both are collected, so that the dead are counted until they have fallen apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.compute.places import Place
from avpi.errors import OurFault
from avpi.network.parameters import parameters
from avpi.population.experiment import Dose, Experiment
from avpi.population.measure import formulas_for, measure
from avpi.population.well import Well, grow
from avpi.quantity import parse_quantity
from avpi.virtual_lab.cells import DEAD_SHARES, VEHICLE_LIVE
from avpi.virtual_lab.design import DOSES, Design, Lane
from avpi.virtual_lab.passage import Passage
from avpi.virtual_lab.plate_wells import KILL_VIABILITY
from avpi.virtual_lab.truth import BlotTruth, CellsTruth, Quadrants
from avpi.virtual_lab.write_study import PLATE_TIME, TUBE_TIME

Floats = NDArray[np.float64]

CELLS = 400
"""Cells that stand for a well: the standard error of a half-killed well is then 2.5 %, less than wells scatter."""
CELLS_SEED = 1
"""Which cells stand for a line. A real well holds ten thousand, so that which ones they are is no difference between
days; days differ by their passage."""

PLATE_HOURS, TUBE_HOURS = (parse_quantity(time, "time").value / 60 for time in (PLATE_TIME, TUBE_TIME))
"""When plates and tubes are read."""
PROBES = ("cIAP1", "cIAP2", "XIAP")
AMOUNTS = {"cIAP1": "C1_total", "XIAP": "XIAP_total"}
"""Probe -> the parameter of its amount: what a band is held against where the line has none of it."""
NO_BAND = 1e-6
"""Share of that amount below which vehicle has no band."""
LEAST_VIABILITY = KILL_VIABILITY
"""No well reads less than what digitonin leaves."""


class WellKey(NamedTuple):
    """Which well of a day: its condition, the mimetic's dose in working doses, and whether cells share their TNF."""

    label: str
    working_doses: float = 1.0
    shared_tnf: bool = True


@dataclass(kw_only=True)
class DayWells:
    """The wells of one day, each grown when it is first asked for.

    Attributes
    ----------
    passage, genotype : the cells: those of the day; protein -> factor of its amount.
    compound, dose_molar : the mimetic, and its working dose by its label.
    minutes : harvests of all lanes at the working dose, which every well is looked at.
    cells : how many stand for a well.
    """

    passage: Passage
    compound: str
    dose_molar: float
    minutes: tuple[float, ...]
    genotype: Mapping[str, float] = field(default_factory=dict)
    cells: int = CELLS
    grown: dict[WellKey, Well] = field(default_factory=dict)

    def well(self, label: str, *, working_doses: float = 1.0, shared_tnf: bool = True) -> Well:
        """Return the well of a condition, grown until plates are read (``PLATE_HOURS``)."""
        key = WellKey(label, working_doses, shared_tnf)
        if key not in self.grown:
            self.grown[key] = self.grow(key)
        return self.grown[key]

    def grow(self, key: WellKey) -> Well:
        """Grow a well, whether or not it was grown before."""
        experiment = Experiment(
            line=self.passage.line,
            genotype=self.genotype,
            doses=self._doses(key.label, key.working_doses),
            shared_tnf=key.shared_tnf,
        )
        return grow(
            experiment,
            times_hours=sorted({0.0, TUBE_HOURS, PLATE_HOURS, *(minutes / 60 for minutes in self.minutes)}),
            cells=self.cells,
            seed=CELLS_SEED,
            observe=[formula for probe in PROBES for formula in formulas_for("band", probe)],
        )

    def viability(self, label: str, *, shared_tnf: bool = True) -> float:
        """Return the ATP of a well as a fraction of vehicle's when plates are read."""
        well, vehicle = (self.well(name, shared_tnf=shared_tnf) for name in (label, "DMSO"))
        return max(float(measure(well, "viability", "", [PLATE_HOURS], vehicle)[0]), LEAST_VIABILITY)

    def _doses(self, label: str, working_doses: float) -> tuple[Dose, ...]:
        """Return what a condition adds, all of it at time 0."""
        found = []
        for part in label.split("+"):
            if part == "SM":
                amount = self.dose_molar * working_doses * self.passage.compound
                found.append(Dose(reagent=self.compound, amount=amount))
            elif part != "DMSO":
                if part not in DOSES:
                    message = f"the condition '{label}' holds '{part}', which has no working dose"
                    raise OurFault(message)
                strength = self.passage.tnf if part == "TNF" else 1.0
                found.append(Dose(reagent=part, amount=parse_quantity(DOSES[part]).value * strength))
        return tuple(found)


def wells_of(
    passage: Passage,
    design: Design,
    *,
    compound: str,
    dose_molar: float,
    genotype: Mapping[str, float],
    cells: int = CELLS,
) -> DayWells:
    """Return the wells of one day of a design; the simulation itself waits until they are asked for."""
    minutes = tuple(sorted({lane.minutes for lanes in design.membranes.values() for lane in lanes}))
    return DayWells(
        passage=passage,
        compound=compound,
        dose_molar=dose_molar,
        minutes=minutes,
        genotype=genotype,
        cells=cells,
    )


def wells_needed(design: Design) -> list[WellKey]:
    """Return every well of a design's plates, tubes and membranes, vehicle first."""
    doses = (lane.working_doses for lanes in design.membranes.values() for lane in lanes if lane.working_doses)
    wells = [*(WellKey(label) for label in ("DMSO", *design.conditions)), *(WellKey("SM", dose) for dose in doses)]
    return list(dict.fromkeys(wells))


def grow_all(days: Sequence[DayWells], wells: Sequence[WellKey], place: Place) -> None:
    """Grow wells of every day, side by side where the place has room."""
    # Well by well: the cells of a day settle once, in its first well, and all its other wells start from there.
    tasks = [(day, key) for key in dict.fromkeys(wells) for day in days if key not in day.grown]
    grown = place.map(_grown, tasks, stage="wells")
    for (day, key), well in zip(tasks, grown, strict=True):
        day.grown[key] = well


def _grown(task: tuple[DayWells, WellKey]) -> Well:
    day, key = task
    return day.grow(key)


def cells_truth(wells: DayWells, design: Design) -> CellsTruth:
    """Return what is true of the cells of one day: bands, viability by ATP, and shares of cells in tubes."""
    return CellsTruth(
        blots={name: _blot(wells, lanes) for name, lanes in design.membranes.items()},
        viability={label: wells.viability(label) for label in design.conditions},
        quadrants={label: _shares(wells.well(label)) for label in design.samples},
    )


def _blot(wells: DayWells, lanes: tuple[Lane, ...]) -> BlotTruth:
    """Return a membrane whose antibody against cIAP1 sees cIAP2 equally well, as the common pan-cIAP ones do."""
    amounts = {probe: [_band(wells, lane, probe) for lane in lanes] for probe in PROBES}
    units = {probe: _unit(amounts[probe][0], parameter) for probe, parameter in AMOUNTS.items()}
    ciap1, ciap2, xiap = (
        tuple(amount / units[unit] for amount in amounts[probe])
        for probe, unit in (("cIAP1", "cIAP1"), ("cIAP2", "cIAP1"), ("XIAP", "XIAP"))
    )
    return BlotTruth(lanes=lanes, ciap1=ciap1, ciap2=ciap2, xiap=xiap)


def _unit(vehicle: float, parameter: str) -> float:
    """Return what amounts are fractions of: vehicle's, or the usual amount where the line has lost the protein."""
    usual = parameters()[parameter].value
    return vehicle if vehicle > NO_BAND * usual else usual


def _band(wells: DayWells, lane: Lane, probe: str) -> float:
    """Return the amount of a protein in a lane; where no cell lives at the harvest, in the last ones that did."""
    well = wells.well("SM", working_doses=lane.working_doses) if lane.working_doses else wells.well("DMSO")
    course = measure(well, "band", probe, well.times_hours.tolist())
    there = np.flatnonzero(np.isfinite(course) & (well.times_hours <= lane.minutes / 60 + 1e-9))
    return float(max(course[there[-1]], 0.0))


def _shares(well: Well) -> Quadrants:
    """Return the shares of cells when tubes are read, among the few that any harvest of a good culture finds dead."""

    def share(annexin: str, pi: str) -> float:
        quadrant = f"annexin_{annexin}_pi_{pi}"
        return float(np.clip(measure(well, "quadrant", quadrant, [TUBE_HOURS])[0], 0.0, 1.0))

    handled = DEAD_SHARES["apoptosis"]
    dead = [
        VEHICLE_LIVE * simulated + (1 - VEHICLE_LIVE) * usual
        for simulated, usual in zip(
            (share("positive", "negative"), share("positive", "positive"), share("negative", "positive")),
            handled,
            strict=True,
        )
    ]
    return Quadrants(
        live=max(1 - sum(dead), 0.0),
        annexin_positive_pi_negative=dead[0],
        annexin_positive_pi_positive=dead[1],
        annexin_negative_pi_positive=dead[2],
    )
