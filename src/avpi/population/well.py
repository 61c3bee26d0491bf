"""Grow the cells of a well: rest, doses, shared TNF, death; and what the instruments then see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.compute.places import Place
from avpi.errors import InputError, OurFault, Problem
from avpi.network.assemble import pathway
from avpi.network.sbml import sbml_text
from avpi.population.asked import asked_of_grow, require_finite
from avpi.population.cells import DRIFT_STEP_HOURS, cell_parameters, drifted
from avpi.population.experiment import Change, Experiment
from avpi.population.fates import DEBRIS_PER_HOUR, MODES, OPENING_PER_HOUR, Counts, Fates, count, living
from avpi.population.medium import course_of, knots, looks
from avpi.population.settling import Settled, settled, settled_after_few
from avpi.solver.model import Model
from avpi.solver.programme import Forcing, Phase
from avpi.solver.simulate import Trajectories, simulate
from avpi.solver.status import Status

Floats = NDArray[np.float64]

REST_HOURS = 240.0
"""How long cells settle before anything is done: five times the slowest turnover (50 h). In no line is anything then
more than about one per cent of its maximum away from where it is after 2,000 hours."""
RTOL = 3e-3
"""Relative tolerance of the solver. Against 1e-7, each of 200 cells of five lines in four conditions lived or died as
before, at the same time within two minutes; bands agreed to 0.1 %."""
DEATH = "death >= 1"
GROWTH = ("translation", "occupied_C1")
"""What a cell's growth depends on."""
MODE_STATES = ("HA", "HN", "HL")
HAZARDS = tuple(next(r.rate for r in pathway().reactions if r.products == (state,)) for state in MODE_STATES)
"""How fast each way of dying proceeds."""
FIRST_CELLS = 1024
"""Of a larger well, so many cells go ahead and find the course of TNF. What they secrete differs by 5 to 15 % from what
all do, since a few cells secrete most; two rounds of all cells settle that."""


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
        """Return the mean over the living cells (times,); nan where none lives.

        Raises
        ------
        InputError
            If the well was grown without the formula.
        """
        return _mean_there(self.kept(formula))

    def kept(self, formula: str) -> Floats:
        """Return a formula's value in every cell at every time (cells, times); nan after a cell's death.

        Raises
        ------
        InputError
            If the well was grown without it.
        """
        if formula not in self.values:
            expected = f"one of {', '.join(self.values)}" if self.values else ""
            hint = f"Grow the well with observe=['{formula}']"
            what = f"'{formula}' was not kept while this well was grown"
            raise InputError(Problem(file="observe", what=what, expected=expected, hint=hint))
        return self.values[formula]

    def mean_of_all(self, formula: str, decay_per_hour: float) -> Floats:
        """Return the mean over all cells (times,), where a dead cell keeps its last value and loses it with time."""
        there = np.exp(-decay_per_hour * self._hours_dead())
        return np.asarray(np.mean(self._held(formula) * there, axis=0), float)

    def mean_in_lysate(self, formula: str, *, in_ghost: bool = False) -> Floats:
        """Return the mean over what a lysate of the well holds (times,); nan where hardly anything is left.

        A dead cell is in it with its last value until it opens and spills; what stays ``in_ghost`` goes only when that
        falls apart.
        """
        opening = np.array([DEBRIS_PER_HOUR if in_ghost else OPENING_PER_HOUR[mode] for mode in MODES])
        rate = np.where(self.fates.mode >= 0, opening[self.fates.mode], 0.0)[:, None]
        dead = self._hours_dead()
        there = np.where(dead > 0, np.exp(-rate * np.where(dead > 0, dead, 1.0)), 1.0)
        whole = there.sum(axis=0)
        enough = whole >= LEAST_LYSATE * there.shape[0]
        return np.where(enough, (self._held(formula) * there).sum(axis=0) / np.maximum(whole, 1e-12), np.nan)

    def _held(self, formula: str) -> Floats:
        """Return each cell's value (cells, times), and the last one that it had after its death."""
        values = self.kept(formula)
        index = np.where(np.isnan(values), -1, np.arange(self.times_hours.size)[None, :])
        last = np.maximum.accumulate(index, axis=1)
        held = np.take_along_axis(values, np.maximum(last, 0), axis=1)
        return np.where(last >= 0, held, 0.0)

    def _hours_dead(self) -> Floats:
        return np.maximum(self.times_hours[None, :] - self.fates.death_hours[:, None], 0.0)


LEAST_LYSATE = 0.01
"""Share of the simulated cells below which there is nothing to lyse (assumed)."""


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
    times_hours : (times,) ascending, from 0 to two weeks; when to look.
    cells : how many are simulated; the well has as many as it has.
    seed : equal seeds give equal cells, whatever is done to them; from 0 to 2**64 - 1.
    observe : formulas over the pathway's names, to be kept for every cell.
    place : where it runs.

    Raises
    ------
    NotInModelError
        If the pathway lacks a reagent or protein of the experiment.
    InputError
        If an argument cannot be meant; ``NotInModelError`` is one of them.
    """
    asked, wanted = asked_of_grow(times_hours, cells, seed, observe)
    end = float(max(asked[-1], 0.25))
    times = np.unique(np.concatenate([looks(end), asked]))
    run = _Run(experiment, times, cells, seed, place, rtol)
    none = np.zeros(run.looks.size)
    if run.shared and cells > 2 * FIRST_CELLS:
        few = _Run(experiment, times, FIRST_CELLS, seed, place, rtol)
        found = settled_after_few(few, run, none, wanted)
    else:
        found = settled(run, none, wanted)
    return run.well(found, wanted)


class _Run:
    """One experiment's cells and programme, simulated again and again in another course of TNF."""

    def __init__(
        self, experiment: Experiment, times: Floats, cells: int, seed: int, place: Place | None, rtol: float
    ) -> None:
        self.experiment, self.times, self.place, self.rtol = experiment, times, place, rtol
        self.shared = experiment.shared_tnf
        end = float(times[-1])
        self.knots, self.looks = knots(end), looks(end)
        self.at_looks = np.searchsorted(times, self.looks)
        self.base = experiment.base()
        self.parameters = cell_parameters(self.base, cells, seed)
        del self.parameters["TNF_medium"]  # follows the course
        rest = _rested(_Resting(base=tuple(self.base.items()), cells=cells, seed=seed, rtol=rtol, place=place))
        self.initial, self.unrested = dict(rest.states), rest.failed
        self.phases = _phases((*experiment.changes(), *_drift(self.base, cells, seed, end)), end)

    def simulate(self, course: Floats, observe: tuple[str, ...]) -> Trajectories:
        return simulate(
            pathway_model(),
            self.parameters,
            self.initial,
            times=self.times,
            phases=self.phases,
            forcing={"TNF_medium": Forcing(times=self.knots, values=np.interp(self.knots, self.looks, course))},
            observables=(*dict.fromkeys((*MODE_STATES, *HAZARDS, *GROWTH, "secretion", "TNF_given", *observe)),),
            stop=DEATH,
            rtol=self.rtol,
            place=self.place,
        )

    def well(self, found: Settled, observe: tuple[str, ...]) -> Well:
        result = found.result
        good = self._good(result)
        fates = self._fates(result, good)
        alive = np.isfinite(result.of(MODE_STATES[0])[good])
        for name in observe:
            require_finite(name, result.of(name)[good], alive)
        return Well(
            experiment=self.experiment,
            times_hours=self.times,
            values={name: result.of(name)[good] for name in observe},
            fates=fates,
            counts=count(fates, self.times, self._growth(result, good)),
            tnf_ng_per_ml=np.interp(self.times, self.looks, found.course) + self.given(result),
            rounds=found.rounds,
            unsettled=found.unsettled,
            failed=int((~good).sum()),
        )

    def next_course(self, result: Trajectories, tnf: Floats) -> Floats:
        """Return the course of TNF (looks,) that the living cells make, which secrete and take up; ``tnf`` is there."""
        good = self._good(result)
        live = living(self._fates(result, good), self.looks, self._growth(result, good)[self.at_looks])
        mean = np.nan_to_num(_mean_there(result.of("secretion")[good][:, self.at_looks]))
        free = 1 + tnf / float(self.base["K_TNF_uptake"])
        loss = float(self.base["d_TNF"]) + float(self.base["TNF_uptake"]) * live / free
        return course_of(self.looks, mean * live, loss)

    def given_at_looks(self, result: Trajectories) -> Floats:
        """Return the TNF that was added and is still there (looks,), ng/mL."""
        return self.given(result)[self.at_looks]

    def given(self, result: Trajectories) -> Floats:
        """Return the TNF that was added and is still there (times,), ng/mL; it outlasts the cells."""
        seen = _mean_there(result.of("TNF_given"))
        if np.isfinite(seen).all():
            return seen
        alone = simulate(
            pathway_model(),
            self.base,
            times=self.times,
            phases=_phases(self.experiment.changes(), float(self.times[-1])),
            observables=("TNF_given",),
            rtol=self.rtol,
        )
        return np.where(np.isfinite(seen), seen, np.nan_to_num(alone.of("TNF_given")[0]))

    def _good(self, result: Trajectories) -> NDArray[np.bool_]:
        good = ~(result.failed | self.unrested)
        if not good.any():
            message = "the solver could follow no cell of the well"
            raise OurFault(message)
        return good

    def _growth(self, result: Trajectories, good: NDArray[np.bool_]) -> Floats:
        line = self.experiment.line
        free = np.nan_to_num(_mean_there(result.of("translation")[good]), nan=1.0)
        bound = np.nan_to_num(_mean_there(result.of("occupied_C1")[good]))
        if np.isinf(line.doubling_hours):
            return np.zeros(self.times.size)
        return np.asarray(np.log(2) / line.doubling_hours * free * (1 - line.arrest * bound), float)

    def _fates(self, result: Trajectories, good: NDArray[np.bool_]) -> Fates:
        """Return how the cells ended: each in the mode that has the most of it when they are complete together.

        From the last look before its death on, each way of dying proceeds as it did then.
        """
        died = result.status[good] == int(Status.STOPPED)
        end = result.end_time[good]
        seen = np.isfinite(result.of(MODE_STATES[0])[good][:, self.at_looks])
        last = self.at_looks[np.maximum(seen.sum(axis=1) - 1, 0)]
        done, rate = (
            np.stack([np.take_along_axis(result.of(name)[good], last[:, None], axis=1)[:, 0] for name in names], axis=1)
            for names in (MODE_STATES, HAZARDS)
        )
        at_death = done + rate * (end - self.times[last])[:, None]
        mode = np.where(died, np.argmax(at_death, axis=1), -1).astype(np.int8)
        return Fates(death_hours=np.where(died, end, np.inf), mode=mode)


@dataclass(frozen=True, kw_only=True)
class _Resting:
    """Cells that are to settle; where they do it is no part of what they become."""

    base: tuple[tuple[str, float], ...]
    cells: int
    seed: int
    rtol: float
    place: Place | None = field(compare=False)


@dataclass(frozen=True, kw_only=True)
class _Rested:
    """The state of every cell after rest, with a clean account of its dying, and which cells the solver lost."""

    states: tuple[tuple[str, Floats], ...]
    failed: NDArray[np.bool_]


@lru_cache(maxsize=64)
def _rested(rest: _Resting) -> _Rested:
    cells = cell_parameters(dict(rest.base), rest.cells, rest.seed)
    result = simulate(pathway_model(), cells, times=[REST_HOURS], rtol=rest.rtol, place=rest.place)
    states = {name: result.of(name)[:, -1] for name in result.observables}
    clean = {name: np.zeros(rest.cells) if name in MODE_STATES else np.nan_to_num(v) for name, v in states.items()}
    return _Rested(states=tuple(clean.items()), failed=result.failed)


def _drift(base: Mapping[str, float], cells: int, seed: int, end: float) -> list[Change]:
    """Return how the cells' amounts drift during an experiment."""
    steps = range(1, int(np.ceil(end / DRIFT_STEP_HOURS)))
    return [Change(at_hours=k * DRIFT_STEP_HOURS, parameters=drifted(base, cells, seed, k)) for k in steps]


def _phases(all_changes: Sequence[Change], end: float) -> list[Phase]:
    changes = [c for c in all_changes if c.at_hours < end]
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
