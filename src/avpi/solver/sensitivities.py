"""How observables change with parameters: differences between runs that take the very same steps.

The run of a cell is recorded, and runs with one parameter nudged each replay its steps. What is differentiated so is
the numerical solution itself, a smooth function of the parameters for a given sequence of steps (internal numerical
differentiation: Bock 1983, in Deuflhard, Hairer, *Numerical Treatment of Inverse Problems*, p. 95,
doi:10.1007/978-1-4684-7324-7_8). Were each run to choose its own steps, the difference between two choices would be
divided by the nudge and drown the derivative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.compute.places import Cancel, InProcess, Place
from avpi.compute.progress import SILENT, Progress
from avpi.errors import InputError, Problem, nearest_word
from avpi.solver.chunks import Chunk, Outcome, run_chunk
from avpi.solver.draws import LogNormal, at_start
from avpi.solver.inputs import DEFAULT_MAX_STEPS, DEFAULT_METHOD, DEFAULT_RTOL, Question, prepared
from avpi.solver.model import Model
from avpi.solver.programme import Forcing, Phase
from avpi.solver.status import Status

Floats = NDArray[np.float64]

NUDGE = 1e-6
"""Of the parameter: the difference loses as many digits to rounding as it does to curvature."""


@dataclass(frozen=True, kw_only=True)
class Sensitivities:
    """Observables and their derivatives.

    Attributes
    ----------
    times : (times,).
    observables, of : names, in the order of the axes.
    values : (cells, times, observables).
    derivatives : (cells, times, observables, parameters), d observable / d parameter; nan where the run had ended.
    status : (cells,) how each cell's run ended, see Status.
    """

    times: Floats
    observables: tuple[str, ...]
    of: tuple[str, ...]
    values: Floats
    derivatives: Floats
    status: NDArray[np.integer]


def sensitivities(
    model: Model,
    of: Sequence[str],
    parameters: Mapping[str, ArrayLike] | ArrayLike | LogNormal | None = None,
    initial: Mapping[str, ArrayLike] | None = None,
    *,
    times: ArrayLike,
    start: float = 0.0,
    phases: Sequence[Phase] = (),
    forcing: Mapping[str, Forcing] | None = None,
    observables: Sequence[str] | None = None,
    rtol: float = DEFAULT_RTOL,
    atol: float | None = None,
    max_steps: int = DEFAULT_MAX_STEPS,
    method: str = DEFAULT_METHOD,
    place: Place | None = None,
    progress: Progress = SILENT,
    cancel: Cancel | None = None,
) -> Sensitivities:
    """Return observables and their derivatives by parameters and by starting values.

    Parameters
    ----------
    of : names of parameters, and of states for their starting values. A parameter that a phase overrides counts until
        it is overridden; what is named here is a number of its own, even where the model computes it from others.
    parameters, initial, times, start, phases, forcing, observables, rtol, atol, max_steps, method : as in simulate.
    place, progress, cancel : where the nudged runs go, who is told, and how to end it early; see compute.

    Returns
    -------
    Sensitivities. Assumes that observables are smooth in the parameters, which they are unless an amount is held at 0;
    and that the steps of the cell suit the nudged ones: a cell at rest takes long steps, across which the answer to a
    nudge is only right at the end. Observe it then, or give a small rtol.

    Raises
    ------
    InputError
        As in simulate, or if a name in ``of`` cannot be nudged: it is not in the model, forced, or 0.
    """
    whole = prepared(
        Question(
            model=model,
            parameters=parameters,
            initial=initial,
            times=times,
            start=start,
            phases=phases,
            forcing=forcing,
            observables=observables,
            rtol=rtol,
            atol=atol,
            max_steps=max_steps,
            method=method,
        )
    )
    of = (of,) if isinstance(of, str) else tuple(of)
    targets = _targets(model, of, forcing or {})
    cells, grid, wanted = whole.cells, whole.times, whole.request.observables
    shape = (cells.count, grid.size, len(wanted))
    values, derivatives = np.empty(shape), np.full((*shape, len(targets)), np.nan)
    status = np.empty(cells.count, np.int64)
    where = place or InProcess()
    for i in progress(range(cells.count), "cells"):
        if cancel is not None:
            cancel.check()
        nominal = _fixed(replace(whole, cells=cells.part(i, i + 1)), targets)
        outcome = run_chunk(nominal, record_size=max_steps)
        values[i], status[i] = outcome.values[0], outcome.status[0]
        if not Status(int(status[i])).failed:
            derivatives[i] = _derivatives(nominal, outcome, targets, where)
    return Sensitivities(
        times=grid, observables=wanted, of=tuple(of), values=values, derivatives=derivatives, status=status
    )


def _derivatives(nominal: Chunk, outcome: Outcome, targets: Sequence[int], place: Place) -> Floats:
    """Return the derivatives of one cell (times, observables, parameters)."""
    split = nominal.cells.parameters.shape[1]
    base = np.concatenate([nominal.cells.parameters[0], nominal.cells.initial[0]])
    names = [*nominal.equations.parameters, *nominal.equations.states]
    nothing = [i for i in targets if base[i] == 0]
    if nothing:  # neither a nudge nor the steps of a resting cell would know the scale of what follows
        expected = "a small number instead, so that there is something to change"
        raise InputError([Problem(file="of", what=f"'{names[i]}' is 0", expected=expected) for i in nothing])
    nudged = np.repeat(base[None], len(targets), axis=0)
    rows = np.arange(len(targets))
    nudged[rows, targets] += np.abs(base[targets]) * NUDGE
    steps = nudged[rows, targets] - base[targets]
    # A chunk for each worker: the lanes of one stay together.
    parts = [part for part in np.array_split(rows, place.workers) if part.size]
    chunks = [
        replace(
            nominal,
            cells=replace(
                nominal.cells, count=part.size, parameters=nudged[part, :split], initial=nudged[part, split:]
            ),
        )
        for part in parts
    ]
    replay = partial(run_chunk, replayed=outcome.steps_taken)
    runs = np.concatenate([run.values for run in place.map(replay, chunks, stage="sensitivities")])
    return np.moveaxis((runs - outcome.values) / steps[:, None, None], 0, -1)


def _targets(model: Model, of: Sequence[str], forcing: Mapping[str, Forcing]) -> list[int]:
    """Return the places of names among the parameters followed by the starting values."""
    names = [*model.equations.parameters, *model.states]
    problems = [
        Problem(file="of", what=f"'{name}' is not in the model", hint=nearest_word(name, names))
        for name in of
        if name not in names
    ]
    problems += [
        Problem(file="of", what=f"'{name}' is a forcing input", expected="a parameter with a value")
        for name in of
        if name in forcing
    ]
    if problems:
        raise InputError(problems)
    return [names.index(name) for name in of]


def _fixed(chunk: Chunk, targets: Sequence[int]) -> Chunk:
    """Return a cell in which everything that is nudged is a number, also where the model computes it."""
    parameters, initial = chunk.cells.rows(chunk.equations)
    split = parameters.shape[1]
    given = np.concatenate([parameters[0], initial[0]])
    if np.isnan(given[targets]).any():
        given[targets] = at_start(chunk.equations, given)[targets]
    return replace(
        chunk, cells=replace(chunk.cells, drawn=None, parameters=given[None, :split], initial=given[None, split:])
    )
