"""A model as functions in memory, made once for each set of observables, inputs and lanes."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from llvmlite import ir

from avpi.errors import InputError, Problem
from avpi.solver.driver import FUNCTIONS, Floats, Run
from avpi.solver.equations import Equations
from avpi.solver.expression import Graph
from avpi.solver.infix import Infix
from avpi.solver.kernels import KernelCode, Plan, plan_code
from avpi.solver.machine import MachineCode, compile_module
from avpi.solver.operations import RefusedFormulaError
from avpi.solver.scalar_code import translate
from avpi.solver.step import StepCode
from avpi.solver.tableau import METHODS

STEP_NAMES = ("step", "first_step", "interpolate", "commit", "hoist", "start")
LARGEST_CODE = 60_000
"""Most operations that straight-line code is made of: beyond, LLVM takes minutes and the processor's cache for
instructions is long exceeded."""
ALIGNMENT_BYTES = 64
LANES = 4
"""Lanes of one group: one AVX2 register; more lanes push the stages out of the processor's first cache."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a model is compiled for.

    Attributes
    ----------
    observables : formulas, in the order in which they come out.
    stop : condition that ends a run; empty for none.
    inputs : names of the parameters that are forcing inputs.
    """

    observables: tuple[str, ...]
    stop: str = ""
    inputs: tuple[str, ...] = ()
    method: str = "rodas5p"
    lanes: int = LANES


@dataclass(frozen=True, kw_only=True, eq=False)
class Compiled:
    """The functions of one model, by address; ``code`` keeps their memory alive."""

    plan: Plan
    addresses: Mapping[str, int]
    code: tuple[MachineCode, ...]

    def workspace(self) -> Floats:
        """Return a new workspace for one thread: (slots, lanes), aligned for vector loads.

        Everything in it is 1: a lane without a cell computes along, with numbers that slow nothing down.
        """
        slots, lanes = self.plan.layout.size, self.plan.layout.lanes
        raw = np.zeros(slots * lanes + ALIGNMENT_BYTES // 8)
        first = (-raw.ctypes.data % ALIGNMENT_BYTES) // 8
        workspace = raw[first : first + slots * lanes].reshape(slots, lanes)
        workspace[:] = 1.0
        return workspace


_one_at_a_time = threading.Lock()


def compiled(equations: Equations, request: Request) -> Compiled:
    """Return the functions of a model; made once in a process, and once on a machine (machine.py).

    Raises
    ------
    InputError
        If a formula cannot be read or the model is too large for straight-line code.
    """
    with _one_at_a_time:  # LLVM works for one thread at a time, and the second asker gets what the first made
        return _compiled(equations, request)


@lru_cache(maxsize=64)
def _compiled(equations: Equations, request: Request) -> Compiled:
    tableau = METHODS[request.method]
    plan = plan_code(
        equations, request.inputs, stages=tableau.stages, lanes=request.lanes, outputs=len(request.observables) + 1
    )
    if plan.operations > LARGEST_CODE:
        raise InputError(_too_large(plan))
    outputs, problems = _read(plan.equations, plan.graph, request.observables, request.stop)
    if problems:
        raise InputError(problems)
    of_model = f"{equations.content_hash}|{request.inputs}|{request.method}|{request.lanes}"

    def write_step(module: ir.Module) -> None:
        code = KernelCode(plan, module)
        StepCode(code, tableau).write()
        code.hoist()
        code.start()

    def write_observe(module: ir.Module) -> None:
        KernelCode(plan, module).observe(outputs)

    steps = compile_module(f"step|{of_model}", write_step, STEP_NAMES)
    observe = compile_module(f"observe|{of_model}|{request}", write_observe, ("observe",))
    return Compiled(plan=plan, addresses={**steps.addresses, **observe.addresses}, code=(steps, observe))


@cache
def driver() -> Callable[[object], None]:
    """Return the compiled loop of driver.py; called with a packed Run, it lets other threads of Python work."""
    code = compile_module("driver", lambda module: translate(module, Run, FUNCTIONS), ("run_cells",), optimize=True)
    _kept_alive.append(code)
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(code.addresses["run_cells"])


_kept_alive: list[MachineCode] = []


def unreadable(equations: Equations, observables: Sequence[str], stop: str) -> list[Problem]:
    """Return what is wrong with formulas; nothing where all can be read."""
    odd = [formula for formula in observables if not isinstance(formula, str)]
    if odd:
        return [Problem(file="observables", what=f"'{odd[0]}' is no formula", expected="a name or a formula as text")]
    twice = [formula for i, formula in enumerate(observables) if formula in observables[:i]]
    if twice:
        return [Problem(file="observables", what=f"'{twice[0]}' is asked for twice", expected="each once")]
    known = {*equations.states, *equations.parameters, *equations.derived}
    if not stop and all(formula in known for formula in observables):
        return []  # the usual case, without a copy of the graph
    own = Equations.from_text(equations.as_text())
    return _read(own, own.graph, observables, stop)[1]


def _read(own: Equations, graph: Graph, observables: Sequence[str], stop: str) -> tuple[list[int], list[Problem]]:
    """Return the nodes of the observables, and of the condition if there is one, and the faults."""
    meaning = {name: graph.symbol(name) for name in (*own.states, *own.parameters)} | dict(own.derived)
    named: dict[str, list[str]] = {}
    for name, label in own.labels.items():
        named.setdefault(label, []).append(name)
    labels = {label: names[0] for label, names in named.items() if len(names) == 1 and names[0] in meaning}
    infix = Infix(graph=graph, meaning=meaning, labels=labels)
    nodes: list[int] = []
    problems: list[Problem] = []
    conditions = [stop] if stop else []
    for where, read, formulas in (("observables", infix.read, observables), ("stop", infix.read_condition, conditions)):
        for formula in formulas:
            if len(named.get(formula, ())) > 1 and formula not in meaning:
                what = f"'{formula}' is what several are called: {', '.join(named[formula])}"
                problems.append(Problem(file=where, what=what, expected="one of these"))
                continue
            try:
                nodes.append(read(formula))
            except RefusedFormulaError as refusal:
                problems.append(Problem(file=where, what=f"'{formula}': {refusal}"))
    return nodes, problems


def _too_large(plan: Plan) -> Problem:
    return Problem(
        file="model",
        what=f"{len(plan.equations.states)} states and {len(plan.rates)} rates make {plan.operations} operations",
        expected=f"{LARGEST_CODE} at most, as the code of a step is written out without loops",
        hint="Split the model, or use a solver for large systems such as CVODE",
    )
