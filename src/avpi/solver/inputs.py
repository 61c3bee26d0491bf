"""From what a user asks for to what the driver does: one chunk with all cells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from avpi.solver.cells import Cells, Change, filled, laid_out
from avpi.solver.checks import Checks, by_name
from avpi.solver.chunks import Chunk
from avpi.solver.compiled import LANES, Request, unreadable
from avpi.solver.draws import LogNormal
from avpi.solver.model import Model
from avpi.solver.programme import Forcing, Phase, cut

DEFAULT_RTOL = 1e-5
DEFAULT_MAX_STEPS = 100_000
DEFAULT_METHOD = "rodas5p"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What simulate and sensitivities are asked; the arguments are theirs."""

    model: Model
    times: Any
    parameters: Any = None
    initial: Mapping[str, Any] | None = None
    start: float = 0.0
    phases: Sequence[Phase] = ()
    forcing: Mapping[str, Forcing] | None = None
    observables: Sequence[str] | None = None
    rtol: float = DEFAULT_RTOL
    atol: float | None = None
    max_steps: int = DEFAULT_MAX_STEPS
    method: str = DEFAULT_METHOD
    stop: str | None = None
    lanes: int | None = None


def prepared(asked: Question) -> Chunk:
    """Return the whole ensemble as one chunk.

    Raises
    ------
    InputError
        With every fault found.
    """
    model, forcing = asked.model, asked.forcing or {}
    lanes = LANES if asked.lanes is None else asked.lanes
    drawn = asked.parameters if isinstance(asked.parameters, LogNormal) else None
    checks = Checks(model)
    grid = checks.times(asked.times, asked.start)
    sound = not checks.problems
    checks.options(asked.rtol, asked.atol, asked.max_steps, asked.method, lanes)
    base = checks.parameters(by_name(asked.parameters) if drawn is None else drawn.around, forcing)
    initial = by_name(asked.initial)
    starts = checks.values({} if initial is None else initial, model.states, "initial", "state")
    if drawn is not None:
        drawn = checks.draws(drawn)
    courses = checks.forcing(forcing)
    told: Any = asked.phases
    phases: tuple[Any, ...] = (told,) if isinstance(told, Phase) else tuple(told)
    for index, phase in enumerate(phases):
        if not isinstance(phase, Phase):
            checks.fault(f"phase {index + 1}", f"'{phase}' is no phase", "a Phase")
    phases = tuple(phase for phase in phases if isinstance(phase, Phase))
    jumps, overrides = _changes(checks, model, phases, forcing)
    observables = (asked.observables,) if isinstance(asked.observables, str) else asked.observables
    wanted = tuple(model.states if observables is None else observables)
    checks.problems += unreadable(model.equations, wanted, asked.stop or "")
    durations = checks.phases(phases, asked.start if sound else 0.0, float(grid[-1]) if sound else None)
    arrays = [base, *starts.values(), *(value for *_, value in (*jumps, *overrides)), *courses]
    count = checks.count(arrays, drawn)
    checks.complete(base, starts)
    checks.stop()
    states = model.states
    cells = Cells(
        first=0,
        count=count,
        parameters=np.ascontiguousarray(base),
        initial=filled(np.full((1, len(states)), np.nan), {states.index(name): v for name, v in starts.items()}),
        drawn=drawn,
        segments=cut(asked.start, float(grid[-1]), durations, list(forcing.values())),
        jumps=laid_out(jumps, states),
        overrides=laid_out(overrides, tuple(model.parameters)),
    )
    return Chunk(
        equations=model.equations,
        request=Request(
            observables=wanted, stop=asked.stop or "", inputs=tuple(forcing), method=asked.method, lanes=lanes
        ),
        cells=cells,
        times=grid,
        rtol=float(asked.rtol),
        atol=math.nan if asked.atol is None else float(asked.atol),
        max_steps=int(asked.max_steps),
    )


def _changes(
    checks: Checks, model: Model, phases: Sequence[Phase], forced: Mapping[str, Forcing]
) -> tuple[list[Change], list[Change]]:
    """Return the jumps of states and the overrides of parameters, phase by phase."""
    jumps: list[Change] = []
    overrides: list[Change] = []
    for index, phase in enumerate(phases):
        where = f"phase {index + 1}"
        for adds, given in ((False, phase.set), (True, phase.add)):
            values = checks.values(given, model.states, where, "state", adds=adds)
            jumps += [(index, name, adds, value) for name, value in values.items()]
        values = checks.values(phase.parameters, model.parameters, where, "parameter")
        for name in values.keys() & forced.keys():
            checks.fault(where, f"'{name}' is a forcing input", "either a course or values of phases")
        for name in values.keys() & set(model.equations.volumes):
            checks.fault(where, f"'{name}' is a volume", "a parameter: volumes are constant")
        overrides += [(index, name, False, value) for name, value in values.items()]
    return jumps, overrides
