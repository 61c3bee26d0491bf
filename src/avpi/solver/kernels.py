"""The compiled pieces that are particular to a model: rates, factorisation, solution, starting values, observables.

All straight-line code on one workspace (layout.py): no index is looked up at run time, no pivot is searched.

    rates      v(x_stage, p, u, t)
    factor     W = I/(gamma h) - S dv/dx = L U, without pivoting, with v, and df/dt where time or an input matters
    solve      k = W^-1 (S v + g), where g is what the stages before contribute
    hoist      the expressions of p alone
    start      starting values in terms of p
    observe    observables of the state in the stage's slots
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from llvmlite import ir

from avpi.solver.equations import Equations
from avpi.solver.expression import MODEL_TIME, Graph
from avpi.solver.expression_code import ExpressionCode
from avpi.solver.layout import SEGMENT_TIME, STAGE_TIME, STEP_USED, Layout, lay_out
from avpi.solver.sparse_lu import Elimination, eliminate
from avpi.solver.vector_code import VectorCode

Entry = tuple[int, int]
SLOPE_OF = "slope of "


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the code of one model is made from.

    Attributes
    ----------
    graph : a copy of the model's graph, grown by derivatives.
    rates : nodes of v.
    partials : (rate, state) -> node of dv/dx.
    drifts : rate -> node of dv/dt by time and by the slopes of the inputs.
    hoisted : nodes of p alone -> their place among the hoisted ones.
    """

    equations: Equations
    graph: Graph
    inputs: tuple[str, ...]
    rates: tuple[int, ...]
    partials: dict[Entry, int]
    drifts: dict[int, int]
    hoisted: dict[int, int]
    elimination: Elimination
    layout: Layout

    @property
    def operations(self) -> int:
        """About how many operations the straight-line code of one step has."""
        nodes = len(self.graph.needed([*self.rates, *self.partials.values(), *self.drifts.values()]))
        return nodes + self.elimination.updates + 2 * self.elimination.nonzeros + len(self.partials)


def plan_code(equations: Equations, inputs: Sequence[str], *, stages: int, lanes: int, outputs: int) -> Plan:
    """Return the derivatives, the order of elimination and the workspace of a model."""
    own = Equations.from_text(equations.as_text())  # a copy: derivatives must not change what the model's hash is of
    graph = own.graph
    partials = own.partial_rates()
    drifts = _drifts(own, inputs)
    varying = {*own.states, *inputs, MODEL_TIME}
    roots = [*own.rates, *partials.values(), *drifts.values()]
    roots = _for_one_cell(graph, roots, varying)
    rates = tuple(roots[: len(own.rates)])
    partials = dict(zip(partials, roots[len(rates) :], strict=False))
    drifts = dict(zip(drifts, roots[len(rates) + len(partials) :], strict=True))
    hoisted = {node: i for i, node in enumerate(_of_parameters_alone(graph, roots, varying))}
    size = len(own.states)
    elimination = eliminate(own.jacobian_pattern(partials))
    layout = lay_out(
        lanes,
        states=size,
        new_states=size,
        stage=size,
        largest=size,
        parameters=len(own.parameters),
        hoisted=len(hoisted),
        inputs=len(inputs),
        slopes=len(inputs),
        rates=len(own.rates),
        partials=len(partials),
        matrix=elimination.nonzeros,
        right_side=size,
        time_slope=size if drifts else 0,
        stages=stages * size,
        outputs=outputs,
    )
    return Plan(
        equations=own,
        graph=graph,
        inputs=tuple(inputs),
        rates=rates,
        partials=partials,
        drifts=drifts,
        hoisted=hoisted,
        elimination=elimination,
        layout=layout,
    )


def _drifts(equations: Equations, inputs: Sequence[str]) -> dict[int, int]:
    """Return dv/dt + sum over inputs of dv/du u', for the rates that have it."""
    graph = equations.graph
    found = {}
    for r, rate in enumerate(equations.rates):
        terms = [graph.derivative(rate, graph.symbol(MODEL_TIME))]
        terms += [
            graph.mul(graph.derivative(rate, graph.symbol(name)), graph.symbol(slope_of(name))) for name in inputs
        ]
        total = graph.total(terms)
        if graph.value(total) != 0:
            found[r] = total
    return found


def slope_of(name: str) -> str:
    """Return the symbol of the slope of a forcing input."""
    return SLOPE_OF + name


def _for_one_cell(graph: Graph, roots: Sequence[int], varying: set[str]) -> list[int]:
    """Return expressions in which as much as possible depends on parameters alone, and so is computed once for a cell.

    Divisions by parameters become products with a reciprocal, and such factors move to the parameters in a product:
    ``(k A B - l C) / V`` becomes ``(k / V) A B - (l / V) C``.
    """
    done: dict[int, int] = {}

    def times(node: int, factor: int) -> int:
        kind, operands = graph.kind(node), graph.operands(node)
        if kind in ("add", "sub", "neg"):
            return graph.apply(kind, *(times(operand, factor) for operand in operands))
        if kind == "mul":
            with_parameter = [i for i in (0, 1) if _has_parameter_factor(graph, operands[i], varying)]
            if with_parameter:
                inside = with_parameter[0]
                return graph.mul(times(operands[inside], factor), operands[1 - inside])
        return graph.mul(node, factor)

    for node in graph.needed(roots):
        kind = graph.kind(node)
        operands = [done[operand] for operand in graph.operands(node)]
        if kind == "div" and _alone(graph, operands[1], varying) and not _alone(graph, operands[0], varying):
            factor = graph.div(graph.number(1), operands[1])
            whole = _is_sum_of_products(graph, operands[0], varying)
            done[node] = times(operands[0], factor) if whole else graph.mul(operands[0], factor)
        else:
            done[node] = graph.apply(kind, *operands) if operands else node
    return [done[root] for root in roots]


def _is_sum_of_products(graph: Graph, node: int, varying: set[str]) -> bool:
    """Return True if every term of an expression has a factor of parameters alone."""
    if graph.kind(node) in ("add", "sub", "neg"):
        return all(_is_sum_of_products(graph, operand, varying) for operand in graph.operands(node))
    return _has_parameter_factor(graph, node, varying)


def _has_parameter_factor(graph: Graph, node: int, varying: set[str]) -> bool:
    """Return True if an expression is, or is a product with, an expression of parameters alone."""
    if _alone(graph, node, varying):
        return True
    return graph.kind(node) == "mul" and any(_has_parameter_factor(graph, o, varying) for o in graph.operands(node))


def _alone(graph: Graph, node: int, varying: set[str]) -> bool:
    """Return True if an expression depends on parameters, and on nothing else."""
    names = graph.symbols(node)
    return bool(names) and not any(name in varying or name.startswith(SLOPE_OF) for name in names)


def _of_parameters_alone(graph: Graph, roots: Sequence[int], varying: set[str]) -> list[int]:
    """Return the largest operations that depend on no state, input or time."""
    alone = {node: _alone(graph, node, varying) for node in graph.needed(roots)}
    tops = {*roots, *(operand for node in alone if not alone[node] for operand in graph.operands(node))}
    return sorted(node for node in tops if alone[node] and graph.operands(node))


class KernelCode:
    """Writes the functions of one plan into a module."""

    def __init__(self, plan: Plan, module: ir.Module) -> None:
        self.plan, self.module, self.at = plan, module, plan.layout
        self.states = {name: i for i, name in enumerate(plan.equations.states)}
        self.parameters = {name: i for i, name in enumerate(plan.equations.parameters)}
        self.inputs = {name: i for i, name in enumerate(plan.inputs)}
        self.fixed = {name: i for name, i in self.parameters.items() if name not in self.inputs}
        own = plan.equations
        self.never_negative = frozenset(
            [name for name, amount in zip(own.states, own.amounts, strict=True) if amount]
            + [name for name, value in own.parameters.items() if value >= 0 and name not in own.starts]
        )
        self.columns: dict[int, list[int]] = {}
        for r, j in plan.partials:
            self.columns.setdefault(r, []).append(j)
        self.places = self._matrix_places()

    def function(self, name: str, *, pointers: int = 1, internal: bool = False) -> VectorCode:
        """Return the code of a new function."""
        return VectorCode(self.module, name, self.at.lanes, pointers=pointers, internal=internal)

    def rates(self) -> ir.Function:
        """Write v(x_stage)."""
        code = self.function("rates", internal=True)
        expressions = self._expressions(code, self.at.stage)
        for r, value in enumerate(expressions.evaluate(self.plan.rates)):
            code.store(value, self.at.rates + r)
            code.breathe()
        return code.finish()

    def factor(self, gamma: float) -> ir.Function:
        """Write W = L U at the state where the step starts; row by row, as each row needs only the rows above.

        The rates there are written too: most of what they are made of is in their derivatives.
        """
        code = self.function("factor", internal=True)
        b, plan = code.build, self.plan
        expressions = self._expressions(code, self.at.states)
        places = self._partial_places()
        computed = [(node, place) for node, place in places.items() if place >= self.at.partials]
        computed += [(rate, self.at.rates + r) for r, rate in enumerate(plan.rates)]
        expressions.take_from_slopes()
        values = expressions.evaluate(node for node, _ in computed)
        for (_, place), value in zip(computed, values, strict=True):
            code.store(value, place)
            code.breathe()
        if plan.drifts:
            drifts = dict(zip(plan.drifts, expressions.evaluate(plan.drifts.values()), strict=True))
            for i, row in enumerate(plan.equations.stoichiometry):
                slope = self._weighted(code, ((drifts[r], s) for r, s in row if r in drifts), code.number(0))
                code.store(slope, self.at.time_slope + i)
        diagonal = b.fdiv(code.number(1 / gamma), code.load(STEP_USED))
        for i in plan.elimination.order:
            self._factor_row(code, i, diagonal, places)
        return code.finish()

    def solve(self) -> ir.Function:
        """Write k = W^-1 (S v + g): forward through L, backward through U; k lies where the second pointer says."""
        code = self.function("solve", pointers=2, internal=True)
        b, lu = code.build, self.plan.elimination
        target = code.function.args[1]
        known: dict[int, ir.Value] = {}
        for i in lu.order:
            value = self._change(code, i, code.load_from(target, i))
            for j in lu.lower[i]:
                value = code.fma(b.fneg(known[j]), code.load(self.places[i, j]), value)
            known[i] = value
            code.breathe()
        for i in reversed(lu.order):
            value = b.fmul(known[i], code.load(self.places[i, i]))
            for j in reversed(lu.upper[i]):  # what was computed last comes last
                value = code.fma(b.fneg(known[j]), code.load(self.places[i, j]), value)
            known[i] = value
            code.store_to(target, value, i)
            code.breathe()
        return code.finish()

    def change(self) -> ir.Function:
        """Write f = S v into the right side."""
        code = self.function("change", internal=True)
        for i in range(len(self.states)):
            code.store(self._change(code, i, code.number(0)), self.at.right_side + i)
            code.breathe()
        return code.finish()

    def hoist(self) -> ir.Function:
        """Write the expressions of p alone."""
        code = self.function("hoist")
        expressions = self._plain(code, partial(self._read, code, self.at.states))
        for i, value in enumerate(expressions.evaluate(self.plan.hoisted)):
            code.store(value, self.at.hoisted + i)
            code.breathe()
        return code.finish()

    def start(self) -> ir.Function:
        """Write the starting values, into every slot of a state or parameter that holds nan."""
        code = self.function("start")
        b, own = code.build, self.plan.equations
        known: dict[str, ir.Value] = {}

        def read(name: str) -> ir.Value:
            return known[name] if name in known else self._read(code, self.at.states, name)

        expressions = self._plain(code, read)
        for name, node in own.starts.items():  # each after those that it depends on
            given, (value,) = code.load(self.slot(name)), expressions.evaluate([node])
            known[name] = b.select(b.fcmp_unordered("uno", given, given), value, given)
            code.store(known[name], self.slot(name))
            code.breathe()
        return code.finish()

    def observe(self, outputs: Sequence[int]) -> ir.Function:
        """Write the observables of the state in the stage's slots."""
        code = self.function("observe")
        expressions = self._plain(code, partial(self._read, code, self.at.stage))
        for i, value in enumerate(expressions.evaluate(outputs)):
            code.store(value, self.at.outputs + i)
            code.breathe()
        return code.finish()

    def slot(self, name: str) -> int:
        """Return the slot of a state or a parameter."""
        if name in self.states:
            return self.at.states + self.states[name]
        return self.at.parameters + self.parameters[name]

    def _expressions(self, code: VectorCode, states: int) -> ExpressionCode:
        made: dict[int, Callable[[], ir.Value]] = {
            node: partial(code.load, self.at.hoisted + i) for node, i in self.plan.hoisted.items()
        }
        return ExpressionCode(code, self.plan.graph, partial(self._read, code, states), self.never_negative, made)

    def _plain(self, code: VectorCode, read: Callable[[str], ir.Value]) -> ExpressionCode:
        """Return what computes expressions with nothing made ready."""
        return ExpressionCode(code, self.plan.graph, read, self.never_negative)

    def _read(self, code: VectorCode, states: int, name: str) -> ir.Value:
        if name in self.states:
            return code.load(states + self.states[name])
        if name in self.inputs:
            start, slope = (code.load(block + self.inputs[name]) for block in (self.at.inputs, self.at.slopes))
            return code.fma(slope, code.load(STAGE_TIME), start)
        if name in self.parameters:
            return code.load(self.at.parameters + self.parameters[name])
        if name == MODEL_TIME:
            return code.build.fadd(code.load(SEGMENT_TIME), code.load(STAGE_TIME))
        return code.load(self.at.slopes + self.inputs[name.removeprefix(SLOPE_OF)])

    def _change(self, code: VectorCode, state: int, value: ir.Value) -> ir.Value:
        """Return a value plus the change of one state by all rates."""
        row = self.plan.equations.stoichiometry[state]
        return self._weighted(code, ((code.load(self.at.rates + r), s) for r, s in row), value)

    def _weighted(self, code: VectorCode, terms: Iterable[tuple[ir.Value, float]], value: ir.Value) -> ir.Value:
        b = code.build
        for term, factor in terms:
            if factor == 1:
                value = b.fadd(value, term)
            elif factor == -1:
                value = b.fsub(value, term)
            else:
                value = code.fma(term, code.number(factor), value)
        return value

    def _factor_row(
        self,
        code: VectorCode,
        i: int,
        diagonal: ir.Value,
        places: dict[int, int],
    ) -> None:
        b, lu = code.build, self.plan.elimination
        row = {j: code.number(0) for j in (*lu.lower[i], *lu.upper[i])} | {i: diagonal}
        for r, s in self.plan.equations.stoichiometry[i]:
            for j in self.columns.get(r, ()):
                place = places[self.plan.partials[r, j]]
                row[j] = self._weighted(code, [(code.load(place), -s)], row[j])
        for k in lu.lower[i]:
            for j in lu.upper[k]:
                row[j] = code.fma(b.fneg(row[k]), code.load(self.places[k, j]), row[j])
            row[k] = b.fmul(row[k], code.load(self.places[k, k]))
        row[i] = b.fdiv(code.number(1), row[i])
        for j in lu.upper[i]:
            row[j] = b.fmul(row[j], row[i])
        for j, value in row.items():
            code.store(value, self.places[i, j])
        code.breathe()

    def _partial_places(self) -> dict[int, int]:
        """Return the slot of every node of dv/dx: its own, or where it lies ready."""
        places: dict[int, int] = {}
        for node in self.plan.partials.values():
            if node in self.plan.hoisted:
                places[node] = self.at.hoisted + self.plan.hoisted[node]
            elif self.plan.graph.kind(node) == "symbol" and (name := str(self.plan.graph.nodes[node][1])) in self.fixed:
                places[node] = self.at.parameters + self.fixed[name]
            elif node not in places:
                places[node] = self.at.partials + len(places)
        return places

    def _matrix_places(self) -> dict[Entry, int]:
        lu = self.plan.elimination
        entries = [(i, j) for i in lu.order for j in (*lu.lower[i], i, *lu.upper[i])]
        return {entry: self.at.matrix + place for place, entry in enumerate(entries)}
