"""One condition beside its untreated well, and what a lab would read off the two."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.compute.places import Place
from avpi.network.parameters import parameters
from avpi.network.reagents import mimetic_parameters
from avpi.network.sbml import sbml_text
from avpi.population.asked import LARGEST_SEED, Asked, looked_at
from avpi.population.experiment import Experiment
from avpi.population.fates import MODES, Mode
from avpi.population.measure import formulas_for, measure
from avpi.population.well import REST_HOURS, RTOL, Well, grow

Floats = NDArray[np.float64]

QUANTILES = (5.0, 50.0, 95.0)
FEWEST_FOR_A_BAND = 10
"""Living cells from which on their 5-95 % range is told; fewer say nothing of a tail."""
INVISIBLE_NM = 1e-3
"""A band below this is no band: less than one molecule in a cell of a picolitre."""
ENOUGH_DEAD = 0.1
"""Share of dead cells from which on a well has a mode of death: below it, it is what also kills untreated cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readout:
    """Something that is followed over time.

    Attributes
    ----------
    kind, word : as ``measure`` takes them.
    title : as people call it.
    relative : True where it is shown relative to the untreated cells at the start; else in nM.
    """

    kind: str
    word: str
    title: str
    relative: bool


FOLLOWED = (
    Readout(kind="band", word="cIAP1", title="cIAP1", relative=True),
    Readout(kind="band", word="cIAP2", title="cIAP2", relative=True),
    Readout(kind="band", word="NIK", title="NIK", relative=True),
    Readout(kind="band", word="p52", title="p52", relative=True),
    Readout(kind="activity", word="caspase-8", title="active caspase-8", relative=False),
    Readout(kind="activity", word="caspase-3/7", title="active caspase-3/7", relative=False),
    Readout(kind="band", word="pMLKL", title="pMLKL", relative=False),
)
"""What is followed in every cell, in the order of the chain from the compound to death."""
BANDS = ("cIAP1", "cIAP2", "XIAP", "NIK", "p52")
"""Bands of a blot of the well that untreated cells have: told relative to them."""
APPEARING: Mapping[str, str] = MappingProxyType(
    {"cleaved-CASP8": "nM", "cleaved-CASP3": "nM", "cleaved-PARP": "of all PARP", "pMLKL": "nM"}
)
"""Bands that untreated cells do not have, with the unit in which they are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a well is simulated.

    Attributes
    ----------
    hours : how long.
    cells, seed : how many cells and which.
    place : where; None for this thread. It changes no number.
    """

    hours: float
    cells: int
    seed: int = 1
    place: Place | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be meant, before anything is simulated."""
        asked = Asked()
        asked.hours("hours", self.hours)
        asked.whole("cells", self.cells, 1)
        asked.whole("seed", self.seed, 0, LARGEST_SEED)
        asked.stop()

    def looks(self, more: Sequence[float] = ()) -> Floats:
        """Return when the well is looked at, hours (times,): closely at first, evenly later, and at ``more``."""
        early = np.array([0, 1 / 12, 1 / 6, 0.25, 1 / 3, 0.5, 0.75, 1.0, 1.5, 2.0])
        late = np.arange(2.0, self.hours, max(0.5, self.hours / 96))
        every = np.unique(np.concatenate([early, late, [self.hours], np.asarray(more, float)]))
        return every[every <= self.hours]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A readout over time among the living cells, each (times,); nan where there are too few.

    ``unit`` is ``"of untreated"`` (1 is the mean of untreated cells at the start) or ``"nM"``.
    """

    times_hours: Floats
    low: Floats
    median: Floats
    high: Floats
    cells: NDArray[np.int64]
    unit: str


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """A condition and the same cells without it.

    What reads it takes times in hours within the run, and raises an InputError for one outside of it.

    Attributes
    ----------
    label : the condition in words.
    well, untreated : grown with the same cells and looked at at the same times.
    """

    label: str
    well: Well
    untreated: Well

    @property
    def end_hours(self) -> float:
        """The last time."""
        return float(self.well.times_hours[-1])

    @property
    def cells(self) -> int:
        """Cells that were followed."""
        return int(self.well.fates.death_hours.size)

    def viability(self, times_hours: Sequence[float]) -> Floats:
        """Return ATP relative to the untreated well at the same time (times,)."""
        return measure(self.well, "viability", "", times_hours, self.untreated)

    def viability_error(self, times_hours: Sequence[float]) -> Floats:
        """Return the standard error of the viability that so few cells leave (times,).

        That of a share of ``cells`` (Agresti and Coull's, which is above 0 also for none or all), times what a living
        cell counts. The cells share their medium, so they are not quite independent; that is left out. Untreated cells
        are what viability is relative to, so theirs has none.
        """
        times = looked_at(self.end_hours, times_hours)
        if self.well is self.untreated:
            return np.zeros(times.size)
        found = []
        for t, dead in zip(times, self.dead(times), strict=True):
            share = (dead + 2) / (self.cells + 4)
            i = int(np.searchsorted(self.untreated.times_hours, t - 1e-9))
            lives = 1 - dead / self.cells
            whole = float(self.untreated.counts.atp[i])
            counts = float(self.well.counts.live[i]) / lives / whole if lives > 0 else 1 / whole
            found.append(counts * np.sqrt(share * (1 - share) / (self.cells + 4)))
        return np.array(found)

    def dead(self, times_hours: Sequence[float] | Floats) -> NDArray[np.int64]:
        """Return how many of the cells have died (times,)."""
        times = looked_at(self.end_hours, times_hours)
        return np.array([np.sum(self.well.fates.death_hours <= t) for t in times], np.int64)

    def missing_by_slower_growth(self, times_hours: Sequence[float]) -> Floats:
        """Return the share of the untreated viability that is missing because living cells divided less (times,).

        It is what the living cells would add if each had left as many daughters as an untreated one. Where cells died,
        the others have more room and may have left more: that is none.
        """
        times = looked_at(self.end_hours, times_hours)
        index = np.searchsorted(self.untreated.times_hours, times - 1e-9)
        lives = 1 - self.dead(times) / self.cells
        lives_untreated = 1 - np.array([np.sum(self.untreated.fates.death_hours <= t) for t in times]) / self.cells
        with np.errstate(divide="ignore", invalid="ignore"):
            each = self.untreated.counts.live[index] / lives_untreated  # what a living cell counts
        missing = (each * lives - self.well.counts.live[index]) / self.untreated.counts.atp[index]
        return np.maximum(np.nan_to_num(missing, nan=0.0, posinf=0.0, neginf=0.0), 0.0)

    @property
    def untreated_dead(self) -> float:
        """The share of the untreated cells that have died at the end."""
        return float(np.mean(self.untreated.fates.death_hours <= self.end_hours))

    def died_by(self, mode: Mode, times_hours: Sequence[float]) -> NDArray[np.int64]:
        """Return how many have died in this mode (times,)."""
        if mode not in MODES:
            asked = Asked()
            asked.fault("mode", mode, "no mode of death", f"one of {', '.join(MODES)}")
            asked.stop()
        own = self.well.fates.death_hours[self.well.fates.mode == MODES.index(mode)]
        return np.array([np.sum(own <= t) for t in looked_at(self.end_hours, times_hours)], np.int64)

    @property
    def mode(self) -> Mode | None:
        """The mode of most deaths at the end; None where too few cells died to speak of one."""
        died = {mode: int(self.died_by(mode, [self.end_hours])[0]) for mode in MODES}
        if sum(died.values()) < ENOUGH_DEAD * self.cells:
            return None
        return max(MODES, key=died.__getitem__)

    def band(self, word: str, times_hours: Sequence[float]) -> Floats:
        """Return a band relative to the untreated well at the same time (times,); nan where there is nothing to see."""
        treated, whole = self.amount(word, times_hours), measure(self.untreated, "band", word, times_hours)
        return np.asarray(np.where(whole > INVISIBLE_NM, treated / np.maximum(whole, INVISIBLE_NM), np.nan), float)

    def amount(self, word: str, times_hours: Sequence[float]) -> Floats:
        """Return a band as a lysate holds it (times,), in the units of the model; nan where nothing is left."""
        return measure(self.well, "band", word, times_hours)

    def tnf_pg_per_ml(self, times_hours: Sequence[float]) -> Floats:
        """Return TNF in the medium, pg/mL (times,), secreted and added."""
        return measure(self.well, "elisa", "TNF", times_hours)

    def quadrants(self, times_hours: Sequence[float]) -> dict[str, Floats]:
        """Return quadrant of Annexin V and PI -> share of the cells that are still counted (times,)."""
        index = np.searchsorted(self.well.times_hours, looked_at(self.end_hours, times_hours) - 1e-9)
        return {name: shares[index] for name, shares in self.well.counts.quadrants.items()}

    def course(self, readout: Readout) -> Course:
        """Return the median and the 5-95 % range of a readout over the living cells."""
        formula = formulas_for(readout.kind, readout.word)[0]
        values = self.well.values[formula]
        unit = (float(self.untreated.mean_of_living(formula)[0]) or np.nan) if readout.relative else 1.0  # knocked out
        there = np.isfinite(values).sum(axis=0)
        found = np.full((3, values.shape[1]), np.nan)
        enough = there >= FEWEST_FOR_A_BAND
        if enough.any():
            found[:, enough] = np.nanpercentile(values[:, enough], QUANTILES, axis=0) / unit
        low, median, high = found
        return Course(
            times_hours=self.well.times_hours,
            low=low,
            median=median,
            high=high,
            cells=there.astype(np.int64),
            unit="of untreated" if readout.relative else "nM",
        )


def simulate_condition(
    label: str,
    experiment: Experiment,
    sampling: Sampling,
    *,
    looks: Sequence[float] = (),
    untreated: Well | None = None,
) -> Simulated:
    """Return a condition and its untreated well.

    Parameters
    ----------
    looks : further times to look at, hours.
    untreated : the well without doses, where it was grown already with the same sampling and looks.

    Raises
    ------
    NotInModelError
        If the pathway lacks a reagent or protein of the experiment.
    """
    times = sampling.looks(looks)
    formulas = followed_formulas()
    bare = untreated or grow_untreated(experiment, sampling, looks=looks)
    if not experiment.doses:
        return Simulated(label=label, well=bare, untreated=bare)
    well = grow(
        experiment,
        times_hours=times,
        cells=sampling.cells,
        seed=sampling.seed,
        observe=formulas,
        place=sampling.place,
    )
    return Simulated(label=label, well=well, untreated=bare)


def grow_untreated(experiment: Experiment, sampling: Sampling, *, looks: Sequence[float] = ()) -> Well:
    """Return the well of an experiment's cells to which nothing is added."""
    return grow(
        replace(experiment, doses=()),
        times_hours=sampling.looks(looks),
        cells=sampling.cells,
        seed=sampling.seed,
        observe=followed_formulas(),
        place=sampling.place,
    )


def followed_formulas() -> tuple[str, ...]:
    """Return the formulas of every readout and band that is followed."""
    wanted = [*((r.kind, r.word) for r in FOLLOWED), *(("band", band) for band in (*BANDS, *APPEARING))]
    return tuple(dict.fromkeys(formula for kind, word in wanted for formula in formulas_for(kind, word)))


def fingerprint(experiment: Experiment, sampling: Sampling) -> Mapping[str, str]:
    """Return hashes of what a simulation computes with, each a sha256.

    ``model`` is that of the pathway's equations and parameters, ``parameters`` that of every number of this
    experiment: its average cell, how cells differ, its doses and compounds, and the solver's settings.
    """
    numbers: dict[str, Any] = {
        "base": dict(experiment.base()),
        "cv": {p.name: p.cv for p in parameters().values() if p.cv},
        "line": [experiment.line.doubling_hours, experiment.line.arrest],
        "doses": [[d.reagent, d.amount, d.at_hours, d.until_hours] for d in experiment.doses],
        "compounds": {c.compound: mimetic_parameters(c) for c in experiment.mimetics()},
        "shared_tnf": experiment.shared_tnf,
        "solver": [RTOL, REST_HOURS],
        "sampling": [sampling.hours, sampling.cells, sampling.seed],
    }
    text = json.dumps(numbers, sort_keys=True)
    return {name: hashlib.sha256(t.encode()).hexdigest() for name, t in (("model", sbml_text()), ("parameters", text))}
