"""Cells that share their medium see the TNF that they make together: no more, no less, and it matters."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.compute.places import Threads
from avpi.population import well as module
from avpi.population.cells import cell_parameters
from avpi.population.experiment import Experiment
from avpi.population.medium import looks
from avpi.population.settling import STANDS_STILL, Leaps, settled
from avpi.population.well import Well, grow, pathway_model
from avpi.solver.programme import Phase
from avpi.solver.simulate import simulate
from tests.population.coupled import Coupled
from tests.population.wells import SM, TNF, ZVAD, experiment, line

AUTOCRINE = "MDA-MB-231"


def grown(*, cells: int = 80, shared_tnf: bool = True, hours: float = 24.0) -> Well:
    # zVAD keeps the cells alive, so that what they secrete is not cut short by death.
    found = experiment(AUTOCRINE, SM, ZVAD, shared_tnf=shared_tnf)
    return grow(found, times_hours=[hours], cells=cells, observe=("p52", "NFn"))


def test_a_well_agrees_with_all_its_cells_in_one_system_of_equations() -> None:
    cells, hours = 12, 16.0
    found = Experiment(line=line(AUTOCRINE, own_TNF=0.0, k_secretion=0.2), doses=(SM, ZVAD))
    well = grow(found, times_hours=[hours], cells=cells, rtol=1e-6)
    assert not np.isfinite(well.fates.death_hours).any(), "the comparison is of cells that live"
    parameters = cell_parameters(found.base(), cells, 1)
    rest = simulate(pathway_model(), parameters, times=[module.REST_HOURS], rtol=1e-6)
    start = {name: rest.of(name)[:, -1] for name in rest.observables}
    for change in found.changes():
        assert change.at_hours == 0
        parameters |= dict(change.parameters)  # type: ignore[arg-type]
        start |= {name: start[name] + amount for name, amount in change.add.items()}
    together = Coupled(parameters, cells, math.log(2) / found.line.doubling_hours)
    exact = together.tnf(start, well.times_hours)
    assert np.max(exact) > 0.1, "there is TNF to compare"
    assert np.max(np.abs(well.tnf_ng_per_ml - exact)) < 0.01 * np.max(exact)


def test_cells_alone_in_much_medium_see_none_of_it() -> None:
    shared, alone = grown(), grown(shared_tnf=False)
    assert (alone.rounds, alone.tnf_ng_per_ml.max()) == (1, 0)
    assert shared.tnf_ng_per_ml[-1] > 0.01
    assert shared.mean_of_living("NFn")[-1] > 1.05 * alone.mean_of_living("NFn")[-1]


def test_it_stands_still_wherever_it_starts() -> None:
    found = experiment(AUTOCRINE, SM)
    run = module._Run(found, looks(24.0), 60, 1, None, module.RTOL)
    low, high = (settled(run, np.full(run.looks.size, start), ()) for start in (0.0, 5.0))
    assert max(low.unsettled, high.unsettled) < STANDS_STILL
    assert high.course == pytest.approx(low.course, abs=2 * STANDS_STILL * low.course.max())


def test_a_large_well_whose_course_some_cells_found_first_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    all_at_once = grown()
    monkeypatch.setattr(module, "FIRST_CELLS", 20)
    in_two_turns = grown()
    assert in_two_turns.rounds > 2
    assert in_two_turns.tnf_ng_per_ml == pytest.approx(
        all_at_once.tnf_ng_per_ml, abs=2 * STANDS_STILL * all_at_once.tnf_ng_per_ml.max()
    )
    assert in_two_turns.mean_of_living("p52")[-1] == pytest.approx(all_at_once.mean_of_living("p52")[-1], rel=0.01)


def test_the_medium_holds_what_a_well_secretes_however_many_cells_stand_for_it() -> None:
    few, many = grown(cells=150), grown(cells=600)
    assert few.tnf_ng_per_ml[-1] == pytest.approx(many.tnf_ng_per_ml[-1], rel=0.25)


def test_more_tnf_is_there_where_cells_multiply() -> None:
    dividing = experiment(AUTOCRINE, SM, ZVAD)
    resting = replace(dividing, line=line(AUTOCRINE, doubling_hours=math.inf))
    tnf = [grow(e, times_hours=[48.0], cells=60).tnf_ng_per_ml[-1] for e in (dividing, resting)]
    # More cells secrete more, and take up more: 2.4 times the cells leave some 1.3 times the TNF.
    assert tnf[0] > 1.2 * tnf[1]


def test_threads_change_nothing() -> None:
    found = experiment("HT-29", SM, TNF, ZVAD)
    one, other = (grow(found, times_hours=[24.0], cells=150, observe=("N",), place=p) for p in (None, Threads(2)))
    assert one.values["N"].tobytes() == other.values["N"].tobytes()
    assert one.fates.death_hours.tobytes() == other.fates.death_hours.tobytes()
    assert one.tnf_ng_per_ml.tobytes() == other.tnf_ng_per_ml.tobytes()


def test_added_tnf_outlasts_the_cells() -> None:
    living = grow(experiment("HT-29", TNF, FADD=0.0, RIPK3=0.0), times_hours=[24.0], cells=5)
    dying = grow(experiment("HT-29", SM, TNF, ZVAD, RIPK3=3.0), times_hours=[24.0], cells=5)
    assert np.all(dying.fates.death_hours < 24)
    assert dying.tnf_ng_per_ml[-1] == pytest.approx(living.tnf_ng_per_ml[-1], rel=0.1, abs=0.005)


def test_a_phase_of_tnf_alone_is_what_its_loss_leaves() -> None:
    found = grow(experiment("HT-29", TNF, TNF=0.0), times_hours=[0.0, 6.0], cells=5)
    base = experiment("HT-29").base()
    alone = simulate(
        pathway_model(), base, times=[6.0], phases=[Phase(add={"TNF_given": 10.0})], observables=("TNF_given",)
    )
    assert found.tnf_ng_per_ml[np.searchsorted(found.times_hours, 6.0)] == pytest.approx(
        alone.values[0, 0, 0], rel=1e-3
    )


def test_leaps_reach_what_single_steps_would_need_many_rounds_for() -> None:
    # TNF feeds on itself, soon after it was made; the limit is known exactly.
    ago = np.subtract.outer(np.arange(40), np.arange(40))
    memory = np.where(ago >= 0, np.exp(-np.maximum(ago, 0)), 0.0)
    feedback = 0.85 * memory / memory.sum(axis=1, keepdims=True)
    base = 1 - np.exp(-np.arange(40) / 10)
    limit = np.linalg.solve(np.eye(40) - feedback, base)

    def rounds(following: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]) -> int:
        course = np.zeros(40)
        for number in range(200):
            made = base + feedback @ course
            if np.max(np.abs(course - limit)) < 0.01 * limit.max():
                return number
            course = following(course, made)
        return 200

    assert rounds(Leaps().after) <= 0.4 * rounds(lambda course, made: made)
