"""Expressions as vector instructions: each node once, in order of evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from llvmlite import ir

from avpi.solver import vector_math
from avpi.solver.expression import Graph
from avpi.solver.vector_code import VectorCode

Read = Callable[[str], ir.Value]
"""Name of a symbol -> its value."""


class ExpressionCode:
    """Evaluates expressions of a graph inside one function.

    Attributes
    ----------
    never_negative : symbols that are amounts, or parameters of 0 or more.
    made : what need not be computed: nodes that lie ready somewhere, read where they are needed.
    """

    def __init__(
        self,
        code: VectorCode,
        graph: Graph,
        read: Read,
        never_negative: frozenset[str],
        made: Mapping[int, Callable[[], ir.Value]] | None = None,
    ) -> None:
        self.code, self.graph, self.read = code, graph, read
        self.never_negative, self.made = never_negative, made or {}
        self.products: dict[int, tuple[int, int]] = {}
        self.values: dict[int, ir.Value] = {}
        self.uses: Counter[int] = Counter()

    def take_from_slopes(self) -> None:
        """Compute x^n as x x^(n-1) wherever the slope x^(n-1) is there: one power serves both."""
        graph = self.graph
        slopes = {graph.operands(node): node for node in range(len(graph.nodes)) if graph.kind(node) == "slope"}
        one = graph.number(1)
        for node in range(len(graph.nodes)):
            if graph.kind(node) == "power":
                base, exponent = graph.operands(node)
                slope = slopes.get((base, graph.sub(exponent, one)))
                if slope is not None:
                    self.products[node] = (base, slope)

    def evaluate(self, nodes: Iterable[int]) -> list[ir.Value]:
        """Return the values of some expressions."""
        wanted = list(nodes)
        order = self.graph.needed(wanted, self._needs)
        self.uses.update(wanted)
        self.uses.update(operand for node in order for operand in self._needs(node))
        sums = [node for node in order if self._kind(node) in ("add", "sub")]
        fused = {operand for node in sums for operand in self._operands(node) if self._is_single_product(operand)}
        for node in order:
            if node not in self.values and node not in fused:
                self.values[node] = self._value(node)
                self.code.breathe()
        return [self.value(node) for node in wanted]

    def value(self, node: int) -> ir.Value:
        """Return the value of a node, computed here if it was left to be fused and was not."""
        if node not in self.values:
            self.values[node] = self._value(node)
        return self.values[node]

    def _operands(self, node: int) -> tuple[int, ...]:
        return self.products.get(node) or self.graph.operands(node)

    def _kind(self, node: int) -> str:
        return "mul" if node in self.products else self.graph.kind(node)

    def _needs(self, node: int) -> tuple[int, ...]:
        return () if node in self.made else self._operands(node)

    def _is_single_product(self, node: int) -> bool:
        return self._kind(node) == "mul" and self.uses[node] == 1 and node not in self.made

    def _value(self, node: int) -> ir.Value:
        if node in self.made:
            return self.made[node]()
        kind = self._kind(node)
        if kind == "number":
            return self.code.number(float(self.graph.nodes[node][1]))
        if kind == "symbol":
            return self.read(str(self.graph.nodes[node][1]))
        return self._operation(kind, self._operands(node))

    def _operation(self, kind: str, operands: tuple[int, ...]) -> ir.Value:
        b, code = self.code.build, self.code
        if kind in ("add", "sub"):
            return self._sum(kind, *operands)
        values = [self.value(operand) for operand in operands]
        match kind:
            case "mul":
                return b.fmul(*values)
            case "div":
                return b.fdiv(*values)
            case "neg":
                return b.fneg(*values)
            case "exp":
                return vector_math.exp(code, *values)
            case "ln":
                return vector_math.ln(code, *values)
        rounding = self._cannot_be_negative(operands[0])
        if kind == "sqrt":
            return code.sqrt(code.larger(values[0], code.number(0)) if rounding else values[0])
        function = vector_math.power if kind == "power" else vector_math.slope
        return function(code, *values, negative_is_rounding=rounding)

    def _cannot_be_negative(self, node: int) -> bool:
        """Return True if an expression is made of what is never negative, and without a minus."""
        sound: dict[int, bool] = {}
        for each in self.graph.needed([node]):
            kind, value = self.graph.kind(each), self.graph.value(each)
            if value is not None:
                sound[each] = value >= 0
            elif kind == "symbol":
                sound[each] = str(self.graph.nodes[each][1]) in self.never_negative
            else:
                parts = all(sound[operand] for operand in self.graph.operands(each))
                sound[each] = kind in ("exp", "sqrt") or (parts and kind in ("add", "mul", "div", "power", "slope"))
        return sound[node]

    def _sum(self, kind: str, left: int, right: int) -> ir.Value:
        """Return left + right or left - right, with the product of one of them fused into the sum."""
        b = self.code.build
        for product, other in ((right, left), (left, right)):
            if product not in self.values and self._is_single_product(product):
                x, y = (self.value(operand) for operand in self._operands(product))
                rest = self.value(other)
                if kind == "sub" and product == right:
                    x = b.fneg(x)
                elif kind == "sub":
                    rest = b.fneg(rest)
                return self.code.fma(x, y, rest)
        return (b.fadd if kind == "add" else b.fsub)(self.value(left), self.value(right))
