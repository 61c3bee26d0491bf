"""Expressions as one graph in which equal subexpressions are the same node.

A node is a number, a symbol, or an operation on nodes that came before it; nodes are numbered in the order in which
they were first needed, so that ascending order is an order of evaluation. Because an expression that exists already
is never made again (hash-consing), common subexpressions of all rates and of all their derivatives are eliminated
by construction, and derivatives are written with the terms that the function has anyway.

Derivatives follow the sum, product, quotient and chain rules (Griewank, Walther 2008, *Evaluating Derivatives*,
doi:10.1137/1.9780898717761, ch. 2). A power with a real exponent is differentiated as ``n x^(n-1)``: the form
``n x^n / x`` is 0/0 where the base is 0, which is where a Hill term usually starts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

Operand = int | float | str
Node = tuple[Operand, ...]
"""("number", value), ("symbol", name), or (operation, node, node) with operations from OPERATIONS."""

OPERATIONS = {"add": 2, "sub": 2, "mul": 2, "div": 2, "neg": 1, "power": 2, "slope": 2, "exp": 1, "ln": 1, "sqrt": 1}
"""Operation -> number of operands. ``slope(x, n)`` is x^n as it stands in a derivative: 0 where it would be
endless, which is of no use to a step. vector_math.py says what powers of negative numbers are."""

MODEL_TIME = " time"
"""Symbol of the time of the run: with a space, as no name of a quantity has one."""

LARGEST_CHAIN = 64
"""Integer exponents up to this one become multiplications, which take a base below 0 as it is."""


class Graph:
    """The expressions of one model: nodes in order of evaluation."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._numbers: dict[Node, int] = {}
        self._derivatives: dict[tuple[int, int], int] = {}
        self._symbols_of: list[frozenset[str]] = []

    @classmethod
    def of_nodes(cls, nodes: Iterable[Node]) -> Graph:
        """Return a graph with the nodes of another one, numbered alike."""
        graph = cls()
        for node in nodes:
            graph._node(node)
        return graph

    def number(self, value: float) -> int:
        """Return the node of a number."""
        return self._node(("number", float(value)))

    def symbol(self, name: str) -> int:
        """Return the node of a named quantity."""
        return self._node(("symbol", name))

    def symbols(self, node: int) -> frozenset[str]:
        """Return the names that an expression depends on."""
        return self._symbols_of[node]

    def value(self, node: int) -> float | None:
        """Return the value of a number, None for every other expression."""
        kind, *operands = self.nodes[node]
        return float(operands[0]) if kind == "number" else None

    def kind(self, node: int) -> str:
        """Return "number", "symbol" or the name of an operation."""
        return str(self.nodes[node][0])

    def operands(self, node: int) -> tuple[int, ...]:
        """Return the nodes that an operation works on; none for numbers and symbols."""
        kind, *operands = self.nodes[node]
        return tuple(int(operand) for operand in operands) if kind in OPERATIONS else ()

    def needed(self, nodes: Iterable[int], operands: Callable[[int], Iterable[int]] | None = None) -> list[int]:
        """Return every node that some expressions need, themselves included, in order of evaluation.

        ``operands`` says what a node needs, where that is something else than what it is made of.
        """
        needs = operands or self.operands
        found: set[int] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting.extend(needs(node))
        return sorted(found)

    def add(self, a: int, b: int) -> int:
        """Return a + b."""
        x, y = self.value(a), self.value(b)
        if x is not None and y is not None:
            return self.number(x + y)
        if x == 0:
            return b
        return a if y == 0 else self._node(("add", *sorted((a, b))))

    def sub(self, a: int, b: int) -> int:
        """Return a - b."""
        x, y = self.value(a), self.value(b)
        if x is not None and y is not None:
            return self.number(x - y)
        if y == 0:
            return a
        if a == b:
            return self.number(0)
        return self.neg(b) if x == 0 else self._node(("sub", a, b))

    def mul(self, a: int, b: int) -> int:
        """Return a b."""
        x, y = self.value(a), self.value(b)
        if x is not None and y is not None:
            return self.number(x * y)
        if x == 0 or y == 0:
            return self.number(0)
        if x == 1:
            return b
        return a if y == 1 else self._node(("mul", *sorted((a, b))))

    def div(self, a: int, b: int) -> int:
        """Return a / b; what stands above and below the line once as a factor is cancelled."""
        x, y = self.value(a), self.value(b)
        if x is not None and y is not None and y != 0:
            return self.number(x / y)
        if x == 0 and y is None:
            return a
        if y == 1:
            return a
        without = self._without_factor(a, b)
        return self._node(("div", a, b)) if without is None else without

    def neg(self, a: int) -> int:
        """Return -a."""
        x = self.value(a)
        return self.number(-x) if x is not None else self._node(("neg", a))

    def power(self, base: int, exponent: int) -> int:
        """Return base^exponent: a chain of products where the exponent is a small integer number."""
        x, n = self.value(base), self.value(exponent)
        if x is not None and n is not None and (x > 0 or (x == 0 and n > 0) or (n.is_integer() and x != 0)):
            return self.number(_number_power(x, n))
        if n is not None and n.is_integer() and abs(n) <= LARGEST_CHAIN:
            chain = self._chain(base, abs(int(n)))
            return chain if n >= 0 else self.div(self.number(1), chain)
        return self._node(("sqrt", base) if n == 0.5 else ("power", base, exponent))

    def exp(self, a: int) -> int:
        """Return e^a."""
        return self._node(("exp", a))

    def ln(self, a: int) -> int:
        """Return the natural logarithm of a."""
        x = self.value(a)
        return self.number(math.log(x)) if x is not None and x > 0 else self._node(("ln", a))

    def total(self, terms: Iterable[int]) -> int:
        """Return the sum of some expressions, 0 for none."""
        result = self.number(0)
        for term in terms:
            result = self.add(result, term)
        return result

    def derivative(self, node: int, symbol: int) -> int:
        """Return the derivative of an expression by a symbol."""
        if self.nodes[symbol][1] not in self._symbols_of[node]:
            return self.number(0)
        key = (node, symbol)
        if key not in self._derivatives:
            for earlier in self.needed([node]):  # in order of evaluation: no recursion, however deep the expression
                if (earlier, symbol) not in self._derivatives:
                    self._derivatives[earlier, symbol] = self._derive(earlier, symbol)
        return self._derivatives[key]

    def substitute(self, nodes: Iterable[int], replacements: Mapping[str, int]) -> list[int]:
        """Return expressions with symbols replaced by other expressions."""
        wanted = list(nodes)
        done: dict[int, int] = {}
        for node in self.needed(wanted):
            if self.kind(node) == "symbol":
                done[node] = replacements.get(str(self.nodes[node][1]), node)
            elif self.kind(node) == "number":
                done[node] = node
            else:
                done[node] = self.apply(self.kind(node), *(done[operand] for operand in self.operands(node)))
        return [done[node] for node in wanted]

    def evaluate(self, node: int, values: Mapping[str, float]) -> float:
        """Return the number that an expression is where symbols have values; nan where one has none."""
        done: dict[int, float] = {}
        for each in self.needed([node]):
            kind, operands = self.kind(each), [done[operand] for operand in self.operands(each)]
            if kind == "symbol":
                done[each] = values.get(str(self.nodes[each][1]), math.nan)
            else:
                done[each] = self.value(each) if kind == "number" else _number_operation(kind, operands)  # type: ignore[assignment]
        return done[node]

    def apply(self, kind: str, *operands: int) -> int:
        """Return an operation by its name."""
        if kind in ("slope", "sqrt"):
            return self._node((kind, *operands))
        made: int = getattr(self, kind)(*operands)
        return made

    def _derive(self, node: int, symbol: int) -> int:
        if node == symbol:
            return self.number(1)
        kind, operands = self.kind(node), self.operands(node)
        slopes = [self.derivative(operand, symbol) for operand in operands]
        if not operands or all(self.value(slope) == 0 for slope in slopes):
            return self.number(0)
        a, da = operands[0], slopes[0]
        match kind:
            case "add":
                return self.add(da, slopes[1])
            case "sub":
                return self.sub(da, slopes[1])
            case "neg":
                return self.neg(da)
            case "mul":
                return self.add(self.mul(da, operands[1]), self.mul(a, slopes[1]))
            case "div":  # (a' - (a/b) b') / b, with the quotient that is there already
                return self.div(self.sub(da, self.mul(node, slopes[1])), operands[1])
            case "exp":
                return self.mul(node, da)
            case "ln":
                return self.div(da, a)
            case "sqrt":
                return self.mul(self.mul(self.number(0.5), self._slope(a, self.number(-0.5))), da)
            case _:  # power or slope
                return self._derive_power(node, *operands, *slopes)

    def _derive_power(self, node: int, base: int, exponent: int, base_slope: int, exponent_slope: int) -> int:
        """Return d(x^n) = n x^(n-1) dx + x^n ln(x) dn."""
        one_less = self._slope(base, self.sub(exponent, self.number(1)))
        by_base = self.mul(self.mul(exponent, one_less), base_slope)
        if self.value(exponent_slope) == 0:
            return by_base
        return self.add(by_base, self.mul(self.mul(node, self.ln(base)), exponent_slope))

    def _slope(self, base: int, exponent: int) -> int:
        return base if self.value(exponent) == 1 else self._node(("slope", base, exponent))

    def _without_factor(self, product: int, factor: int) -> int | None:
        """Return a product without one of its factors, None if that is not one of them.

        Only symbols are cancelled: so the volume that SBML puts into a rate law leaves the rate of a concentration.
        """
        if self.kind(factor) != "symbol":
            return None
        name = self.nodes[factor][1]
        without: dict[int, int | None] = {}
        waiting = [product]
        while waiting:
            node = waiting.pop()
            if node not in without:
                without[node] = self.number(1) if node == factor else None
                if self.kind(node) in ("mul", "sub", "add", "neg") and name in self._symbols_of[node]:
                    waiting.extend(self.operands(node))
        for node in sorted(without):  # in order of evaluation: no recursion, however long a sum is
            rests = [without.get(part) for part in self.operands(node)]
            found = [rest for rest in rests if rest is not None]
            if self.kind(node) == "mul" and found:
                first, second = self.operands(node)
                without[node] = self.mul(found[0], second if rests[0] is not None else first)
            elif found and len(found) == len(rests) and self.kind(node) in ("sub", "add", "neg"):
                without[node] = self.apply(self.kind(node), *found)
        return without[product]

    def _chain(self, base: int, exponent: int) -> int:
        if exponent == 0:
            return self.number(1)
        half = self._chain(base, exponent // 2)
        square = self.mul(half, half)
        return self.mul(square, base) if exponent % 2 else square

    def _node(self, node: Node) -> int:
        if node not in self._numbers:
            self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
            kind, *operands = node
            if kind in OPERATIONS:
                names = frozenset[str]().union(*(self._symbols_of[int(operand)] for operand in operands))
            else:
                names = frozenset({str(operands[0])}) if kind == "symbol" else frozenset()
            self._symbols_of.append(names)
        return self._numbers[node]


def _number_operation(kind: str, operands: list[float]) -> float:
    a, b = operands[0], operands[-1]
    try:
        match kind:
            case "add":
                return a + b
            case "sub":
                return a - b
            case "mul":
                return a * b
            case "div":
                return a / b
            case "neg":
                return -a
            case "exp":
                return math.exp(a)
            case "ln":
                return math.log(a)
            case "sqrt":
                return math.sqrt(a)
            case _:
                return _number_power(a, b)
    except (ArithmeticError, ValueError):
        return math.nan


def _number_power(x: float, n: float) -> float:
    try:
        return float(x**n)
    except OverflowError:
        return -math.inf if x < 0 and n % 2 else math.inf
