"""Grow the cells of a well: rest, doses, shared TNF, death; and what the instruments then see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.compute.places import Place
from avpi.errors import OurFault
from avpi.network.sbml import sbml_text
from avpi.population.cells import cell_parameters
from avpi.population.experiment import Experiment
from avpi.population.fates import MODES, Counts, Fates, count
from avpi.population.medium import MOST_ROUNDS, STANDS_STILL, change, course_of, knots
from avpi.solver.model import Model
from avpi.solver.programme import Forcing, Phase
from avpi.solver.simulate import Trajectories, simulate

Floats = NDArray[np.float64]

REST_HOURS = 240.0
"""How long cells settle before anything is done: ten times the slowest turnover."""
RTOL = 1e-3
"""Relative tolerance of the solver. Cells differ by tens of per cent and no readout is known to one."""
DEATH = "death >= 1"
GROWTH = ("translation", "occupied_C1")
"""What a cell's growth depends on."""
MODE_STATES = ("HA", "HN", "HL")


@dataclass(frozen=True, kw_only=True)
class Well:
    """A well over time.

    Attributes
    ----------
    experiment : what was done.
    times_hours : (times,).
    values : formula -> (cells, times); nan after a cell's death.
    fates, counts : what became of the cells, and of the well.
    tnf_ng_per_ml : (times,) TNF in the medium: what the cells secreted and what was added.
    rounds : how often the cells were simulated until the medium stood still; ``unsettled`` : its last relative change.
    failed : cells that the solver could not follow to the end; they are left out of everything.
    """

    experiment: Experiment
    times_hours: Floats
    values: Mapping[str, Floats]
    fates: Fates
    counts: Counts
    tnf_ng_per_ml: Floats
    rounds: int
    unsettled: float
    failed: int

    def mean_of_living(self, formula: str) -> Floats:
        """Return the mean over the living cells (times,); nan where none lives."""
        return _mean_there(self.values[formula])

    def mean_of_all(self, formula: str, decay_per_hour: float) -> Floats:
        """Return the mean over all cells (times,), where a dead cell keeps its last value and loses it with time."""
        values = self.values[formula]
        index = np.where(np.isnan(values), -1, np.arange(self.times_hours.size)[None, :])
        last = np.maximum.accumulate(index, axis=1)
        held = np.take_along_axis(values, np.maximum(last, 0), axis=1)
        since = np.maximum(self.times_hours[None, :] - self.fates.death_hours[:, None], 0.0)
        return np.asarray(np.mean(np.where(last >= 0, held * np.exp(-decay_per_hour * since), 0.0), axis=0), float)


def _mean_there(values: Floats) -> Floats:
    there = np.isfinite(values)
    number = there.sum(axis=0)
    total = np.where(there, values, 0.0).sum(axis=0)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


@cache
def pathway_model() -> Model:
    """Return the pathway, ready to simulate."""
    return Model.from_sbml_text(sbml_text(), name="the pathway")


def grow(
    experiment: Experiment,
    *,
    times_hours: ArrayLike,
    cells: int,
    seed: int = 1,
    observe: Sequence[str] = (),
    place: Place | None = None,
    rtol: float = RTOL,
) -> Well:
    """Carry out an experiment.

    The cells settle first without anything; at time 0 they have fresh medium, and what the experiment adds is added.
    Cells that share their medium are simulated until the TNF that they secrete is the TNF that they see.

    Parameters
    ----------
    experiment : which cells, and what is done.
    times_hours : (times,) ascending, 0 or later; when to look.
    cells : how many are simulated; the well has as many as it has.
    seed : equal seeds give equal cells, whatever is done to them.
    observe : formulas over the pathway's names, to be kept for every cell.
    place : where it runs.

    Raises
    ------
    NotInModelError
        If the pathway lacks a reagent or protein of the experiment.
    """
    asked = np.unique(np.asarray(times_hours, float))
    end = float(max(asked[-1], 0.25))
    grid = knots(end)
    times = np.unique(np.concatenate([grid, asked]))
    run = _Run(experiment, times, cells, seed, place, rtol)
    course, rounds, unsettled = np.zeros(times.size), 0, 0.0
    wanted = tuple(dict.fromkeys(observe))
    while True:
        result = run.simulate(course, wanted)
        rounds += 1
        well = run.well(result, wanted, course, rounds, unsettled)
        if not experiment.shared_tnf:
            return well
        secreted = run.secreted(result, well)
        new = course_of(times, secreted, run.loss)
        unsettled = change(course, new)
        course = new
        if unsettled < STANDS_STILL or rounds >= MOST_ROUNDS:
            return run.well(result, wanted, course, rounds, unsettled)


class _Run:
    """One experiment's cells and programme, simulated again and again in another course of TNF."""

    def __init__(
        self, experiment: Experiment, times: Floats, cells: int, seed: int, place: Place | None, rtol: float
    ) -> None:
        self.experiment, self.times, self.place, self.rtol = experiment, times, place, rtol
        base = experiment.base()
        self.loss = float(base["d_TNF"])
        self.parameters = cell_parameters(base, cells, seed)
        del self.parameters["TNF_medium"]  # follows the course
        self.initial = dict(_rested(tuple(base.items()), cells, seed, rtol))
        self.phases = _phases(experiment, float(times[-1]))

    def simulate(self, course: Floats, observe: tuple[str, ...]) -> Trajectories:
        return simulate(
            pathway_model(),
            self.parameters,
            self.initial,
            times=self.times,
            phases=self.phases,
            forcing={"TNF_medium": Forcing(times=self.times, values=course)},
            observables=(*dict.fromkeys((*MODE_STATES, *GROWTH, "secretion", "TNF_given", *observe)),),
            stop=DEATH,
            rtol=self.rtol,
            place=self.place,
        )

    def well(
        self, result: Trajectories, observe: tuple[str, ...], course: Floats, rounds: int, unsettled: float
    ) -> Well:
        good = ~result.failed
        if not good.any():
            message = "the solver could follow no cell of the well"
            raise OurFault(message)
        fates = _fates(result, good)
        growth = self._growth(result, good)
        given = _mean_there(result.of("TNF_given")[good])
        return Well(
            experiment=self.experiment,
            times_hours=self.times,
            values={name: result.of(name)[good] for name in observe},
            fates=fates,
            counts=count(fates, self.times, growth),
            tnf_ng_per_ml=course + np.nan_to_num(given),
            rounds=rounds,
            unsettled=unsettled,
            failed=int(result.failed.sum()),
        )

    def secreted(self, result: Trajectories, well: Well) -> Floats:
        """Return what the living cells of the well secrete (times,), ng/mL per hour."""
        mean = np.nan_to_num(_mean_there(result.of("secretion")[~result.failed]))
        return np.asarray(mean * well.counts.live, float)

    def _growth(self, result: Trajectories, good: NDArray[np.bool_]) -> Floats:
        line = self.experiment.line
        free = np.nan_to_num(_mean_there(result.of("translation")[good]), nan=1.0)
        bound = np.nan_to_num(_mean_there(result.of("occupied_C1")[good]))
        if np.isinf(line.doubling_hours):
            return np.zeros(self.times.size)
        return np.asarray(np.log(2) / line.doubling_hours * free * (1 - line.arrest * bound), float)


def _fates(result: Trajectories, good: NDArray[np.bool_]) -> Fates:
    died = (result.status[good] == 1) if good.any() else np.zeros(0, bool)
    hazards = np.stack([result.of(name)[good] for name in MODE_STATES], axis=-1)
    last = np.maximum((~np.isnan(hazards[:, :, 0])).sum(axis=1) - 1, 0)
    at_last = np.take_along_axis(hazards, last[:, None, None], axis=1)[:, 0]
    mode = np.where(died, np.argmax(at_last, axis=1), -1).astype(np.int8)
    return Fates(death_hours=np.where(died, result.end_time[good], np.inf), mode=mode)


@lru_cache(maxsize=64)
def _rested(base: tuple[tuple[str, float], ...], cells: int, seed: int, rtol: float) -> tuple[tuple[str, Floats], ...]:
    """Return the state of every cell after rest, with a clean account of its dying."""
    model = pathway_model()
    result = simulate(model, cell_parameters(dict(base), cells, seed), times=[REST_HOURS], rtol=rtol)
    states = {name: result.values[:, -1, i] for i, name in enumerate(result.observables)}
    return tuple((name, np.zeros(cells) if name in MODE_STATES else values) for name, values in states.items())


def _phases(experiment: Experiment, end: float) -> list[Phase]:
    changes = [c for c in experiment.changes() if c.at_hours < end]
    moments = sorted({0.0, *(c.at_hours for c in changes)})
    found = []
    for i, moment in enumerate(moments):
        here = [c for c in changes if c.at_hours == moment]
        until = moments[i + 1] if i + 1 < len(moments) else np.inf
        add: dict[str, float] = {}
        for c in here:
            for name, amount in c.add.items():
                add[name] = add.get(name, 0.0) + amount
        found.append(
            Phase(
                duration=until - moment,
                add=add,
                set={k: v for c in here for k, v in c.set.items()},
                parameters={k: v for c in here for k, v in c.parameters.items()},
            )
        )
    return found


__all__ = ["MODES", "Well", "grow", "pathway_model"]
