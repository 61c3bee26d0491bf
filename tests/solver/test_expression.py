"""The graph of expressions: derivatives against finite differences, sharing, substitution, cancelling."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.solver.expression import LARGEST_CHAIN, Graph

NAMES = ("x", "y", "z")
STEP = 1e-5
DIFFERENCES_AGREE = 1e-4


def evaluated(graph: Graph, node: int, values: Mapping[str, float]) -> float:
    """Return the number that an expression is, as the compiled code would."""
    found: dict[int, float] = {}
    for n in graph.needed([node]):
        kind, *own = graph.nodes[n]
        a, b = ([found[operand] for operand in graph.operands(n)] + [0.0, 0.0])[:2]
        if kind == "number":
            found[n] = float(own[0])
        elif kind == "symbol":
            found[n] = values[str(own[0])]
        elif kind in ("power", "slope", "sqrt"):
            exponent = 0.5 if kind == "sqrt" else b
            endless = kind == "slope" and a <= 0 and exponent < 0
            found[n] = 0.0 if endless else max(a, 0.0) ** exponent
        else:
            results = {"add": a + b, "sub": a - b, "mul": a * b, "neg": -a}
            found[n] = results[kind] if kind in results else _other(str(kind), a, b)
    return found[node]


def _other(kind: str, a: float, b: float) -> float:
    return a / b if kind == "div" else {"exp": math.exp, "ln": math.log}[kind](a)


@st.composite
def smooth_formulas(draw: st.DrawFn, depth: int = 4) -> str:
    """Return formulas of x, y and z, as Python, that are smooth wherever these are above 0."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from([*NAMES, *NAMES, "0.5", "1.0", "2.0", "3.0"]))
    a, b = draw(smooth_formulas(depth - 1)), draw(smooth_formulas(depth - 1))
    shapes = ("({a} + {b})", "({a} - {b})", "({a} * {b})", "(-{a})", "exp(-{a} * {a})", "ln(1.0 + {a} * {a})")
    above = ("{a} / (1.0 + {b} * {b})", "(0.1 + {a} * {a}) ** 1.7", "(0.1 + {a} * {a}) ** ({b} / 9.0)")
    powers = ("{a} ** 3.0", "(0.1 + {a} * {a}) ** 0.5", "(0.1 + {a} * {a}) ** -2.0")
    return f"({draw(st.sampled_from(shapes + above + powers))})".format(a=a, b=b)


class Node:
    """A node of a graph that Python's own operators work on."""

    def __init__(self, graph: Graph, node: int) -> None:
        self.graph, self.node = graph, node

    def _with(self, kind: str, other: Node | float) -> Node:
        node = other.node if isinstance(other, Node) else self.graph.number(other)
        return Node(self.graph, self.graph.apply(kind, self.node, node))

    def __add__(self, other: Node | float) -> Node:
        return self._with("add", other)

    def __sub__(self, other: Node | float) -> Node:
        return self._with("sub", other)

    def __mul__(self, other: Node | float) -> Node:
        return self._with("mul", other)

    def __truediv__(self, other: Node | float) -> Node:
        return self._with("div", other)

    def __pow__(self, other: Node | float) -> Node:
        return self._with("power", other)

    def __neg__(self) -> Node:
        return Node(self.graph, self.graph.neg(self.node))


def expression_of(graph: Graph, formula: str) -> int:
    names: dict[str, object] = {name: Node(graph, graph.symbol(name)) for name in NAMES}
    names |= {"exp": lambda a: Node(graph, graph.exp(a.node)), "ln": lambda a: Node(graph, graph.ln(a.node))}
    for number in ("0.1", "0.5", "1.0", "2.0", "3.0", "9.0", "1.7"):
        formula = formula.replace(number, f"number({number})")
    made = eval(formula, {}, names | {"number": lambda value: Node(graph, graph.number(value))})
    assert isinstance(made, Node)
    return made.node


positive = st.floats(0.2, 2.0)


@settings(deadline=None)
@given(smooth_formulas(), positive, positive, positive)
def test_an_expression_has_the_value_of_its_formula(formula: str, x: float, y: float, z: float) -> None:
    graph = Graph()
    expected = eval(formula, {"exp": math.exp, "ln": math.log}, {"x": x, "y": y, "z": z})
    found = evaluated(graph, expression_of(graph, formula), {"x": x, "y": y, "z": z})
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(smooth_formulas(), positive, positive, positive)
def test_a_derivative_is_what_finite_differences_come_close_to(formula: str, x: float, y: float, z: float) -> None:
    graph = Graph()
    node = expression_of(graph, formula)
    at = {"x": x, "y": y, "z": z}
    for name in NAMES:
        found = evaluated(graph, graph.derivative(node, graph.symbol(name)), at)
        low, high = (evaluated(graph, node, at | {name: at[name] + step}) for step in (-STEP, STEP))
        size = 1 + max(abs(low), abs(high)) + abs(found)
        assert found == pytest.approx((high - low) / (2 * STEP), rel=DIFFERENCES_AGREE, abs=DIFFERENCES_AGREE * size)


@pytest.mark.parametrize("exponent", [1.0, 1.4, 2.7])
def test_a_hill_term_has_a_finite_derivative_where_it_starts(exponent: float) -> None:
    graph = Graph()
    x, n = graph.symbol("x"), graph.symbol("n")
    power = graph.power(x, n)
    hill = graph.div(power, graph.add(graph.number(1), power))
    expected = 1.0 if exponent == 1 else 0.0
    assert evaluated(graph, graph.derivative(hill, x), {"x": 0.0, "n": exponent}) == expected


def test_an_endless_slope_counts_as_0() -> None:
    graph = Graph()
    x = graph.symbol("x")
    for root in (graph.power(x, graph.number(0.5)), graph.power(x, graph.number(0.3))):
        assert evaluated(graph, graph.derivative(root, x), {"x": 0.0}) == 0


def test_a_second_derivative_is_right() -> None:
    graph = Graph()
    x = graph.symbol("x")
    twice = graph.derivative(graph.derivative(graph.power(x, graph.number(2.5)), x), x)
    assert evaluated(graph, twice, {"x": 4.0}) == pytest.approx(2.5 * 1.5 * 2.0)


def test_equal_expressions_are_one_node() -> None:
    graph = Graph()
    x, y = graph.symbol("x"), graph.symbol("y")
    assert graph.symbol("x") == x
    assert graph.add(x, y) == graph.add(y, x)
    assert graph.mul(graph.add(x, y), x) == graph.mul(x, graph.add(y, x))
    assert graph.sub(x, y) != graph.sub(y, x)
    assert graph.number(2) == graph.number(2.0)


def test_nodes_come_after_what_they_are_made_of() -> None:
    graph = Graph()
    node = expression_of(graph, "ln(1.0 + x * x) / (1.0 + y ** 3.0)")
    for made in graph.needed([graph.derivative(node, graph.symbol("x")), node]):
        assert all(operand < made for operand in graph.operands(made))


def test_a_graph_of_nodes_numbers_them_alike() -> None:
    graph = Graph()
    node = expression_of(graph, "exp(-x * x) + y ** 1.7")
    again = Graph.of_nodes(graph.nodes)
    assert again.nodes == graph.nodes
    assert again.symbols(node) == {"x", "y"}


def test_numbers_are_worked_out_at_once() -> None:
    graph = Graph()
    x, nothing, one = graph.symbol("x"), graph.number(0), graph.number(1)
    assert graph.value(graph.power(graph.number(2), graph.number(-2))) == 0.25
    assert graph.add(x, nothing) == graph.mul(x, one) == graph.div(x, one) == graph.sub(x, nothing) == x
    assert graph.mul(x, nothing) == graph.sub(x, x) == graph.div(nothing, x) == nothing


@pytest.mark.parametrize(
    ("base", "exponent", "value"), [(10.0, 400.0, math.inf), (-10.0, 401.0, -math.inf), (-10.0, 400.0, math.inf)]
)
def test_a_power_of_numbers_that_is_too_large_is_infinite(base: float, exponent: float, value: float) -> None:
    graph = Graph()
    assert graph.value(graph.power(graph.number(base), graph.number(exponent))) == value


def test_an_integer_power_takes_a_base_below_0_as_it_is() -> None:
    graph = Graph()
    for exponent in range(-LARGEST_CHAIN, LARGEST_CHAIN + 1):
        power = graph.power(graph.symbol("x"), graph.number(exponent))
        assert evaluated(graph, power, {"x": -1.5}) == pytest.approx((-1.5) ** exponent)


def test_a_division_by_0_is_left_to_the_run() -> None:
    graph = Graph()
    quotient = graph.div(graph.number(1), graph.number(0))
    assert graph.kind(quotient) == "div"


def test_substitution_replaces_symbols_everywhere() -> None:
    graph = Graph()
    x, y = graph.symbol("x"), graph.symbol("y")
    nodes = [expression_of(graph, "ln(x * y) + x ** 1.7"), expression_of(graph, "y - x"), graph.symbol("z")]
    first, second, third = graph.substitute(nodes, {"x": graph.add(y, graph.number(1)), "y": graph.number(2)})
    assert evaluated(graph, first, {"y": 3.0}) == pytest.approx(math.log(4.0 * 2.0) + 4.0**1.7)
    assert evaluated(graph, second, {"y": 3.0}) == 2.0 - 4.0  # all at once: the y that came in for x stays
    assert third == graph.symbol("z")
    assert graph.symbols(graph.substitute([x], {"x": graph.number(1)})[0]) == frozenset()


@pytest.mark.parametrize(
    ("law", "left"),
    [
        ("x * y", "y"),
        ("x", "1.0"),
        ("y * x * z", "y * z"),
        ("x * y - x * z", "y - z"),
        ("-(x * y)", "-y"),
        ("x * (x * y + z)", "x * y + z"),
        ("x * exp(-x * x)", "exp(-x * x)"),
    ],
)
def test_a_volume_that_is_a_factor_of_a_rate_is_cancelled(law: str, left: str) -> None:
    graph = Graph()
    cancelled = graph.div(expression_of(graph, law), graph.symbol("x"))
    at = {"x": 1.7, "y": 0.3, "z": 2.9}
    assert "div" not in {graph.kind(node) for node in graph.needed([cancelled])}
    assert evaluated(graph, cancelled, at) == pytest.approx(evaluated(graph, expression_of(graph, left), at))


@pytest.mark.parametrize("law", ["x * y + z", "exp(-x * x)", "y / x", "y - x * z"])
def test_a_volume_that_is_no_factor_stays_below_the_line(law: str) -> None:
    graph = Graph()
    quotient = graph.div(expression_of(graph, law), graph.symbol("x"))
    at = {"x": 1.7, "y": 0.3, "z": 2.9}
    assert graph.kind(quotient) == "div"
    assert evaluated(graph, quotient, at) == pytest.approx(evaluated(graph, expression_of(graph, law), at) / 1.7)


@settings(deadline=None)
@given(smooth_formulas(), positive, positive, positive)
def test_cancelling_never_changes_the_value(formula: str, x: float, y: float, z: float) -> None:
    graph = Graph()
    node = graph.mul(graph.symbol("x"), expression_of(graph, formula))
    at = {"x": x, "y": y, "z": z}
    expected = evaluated(graph, node, at) / x
    assert evaluated(graph, graph.div(node, graph.symbol("x")), at) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_sum_of_thousands_of_terms_is_derived_and_cancelled_without_recursion() -> None:
    graph = Graph()
    x, y = graph.symbol("x"), graph.symbol("y")
    total = graph.total(graph.mul(x, graph.mul(y, graph.number(i))) for i in range(1, 3001))
    rate = graph.div(total, x)
    assert graph.symbols(rate) == {"y"}
    assert evaluated(graph, graph.derivative(rate, y), {"y": 1.0}) == 3000 * 3001 / 2
