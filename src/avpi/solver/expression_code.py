"""Expressions as vector instructions: each node once, in order of evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from llvmlite import ir

from avpi.solver import vector_math
from avpi.solver.expression import Graph
from avpi.solver.vector_code import VectorCode

Read = Callable[[str], ir.Value]
"""Name of a symbol -> its value."""


class ExpressionCode:
    """Evaluates expressions of a graph inside one function.

    ``made`` holds what need not be computed: nodes that lie ready somewhere, read where they are needed.
    """

    def __init__(self, code: VectorCode, graph: Graph, read: Read, made: dict[int, Callable[[], ir.Value]]) -> None:
        self.code, self.graph, self.read, self.made = code, graph, read, made
        self.values: dict[int, ir.Value] = {}
        self.uses: Counter[int] = Counter()

    def evaluate(self, nodes: Iterable[int]) -> list[ir.Value]:
        """Return the values of some expressions."""
        wanted = list(nodes)
        order = self._needed(wanted)
        self.uses.update(wanted)
        self.uses.update(operand for node in order if node not in self.made for operand in self.graph.operands(node))
        fused = {node for node in order if self._is_single_product(node)}
        for node in order:
            if node not in self.values and node not in fused:
                self.values[node] = self._value(node)
        return [self.value(node) for node in wanted]

    def value(self, node: int) -> ir.Value:
        """Return the value of a node, computed here if it was left to be fused and was not."""
        if node not in self.values:
            self.values[node] = self._value(node)
        return self.values[node]

    def _needed(self, nodes: list[int]) -> list[int]:
        found: set[int] = set()
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                if node not in self.made:
                    waiting.extend(self.graph.operands(node))
        return sorted(found)

    def _is_single_product(self, node: int) -> bool:
        return self.graph.kind(node) == "mul" and self.uses[node] == 1 and node not in self.made

    def _value(self, node: int) -> ir.Value:
        if node in self.made:
            return self.made[node]()
        kind = self.graph.kind(node)
        if kind == "number":
            return self.code.number(float(self.graph.nodes[node][1]))
        if kind == "symbol":
            return self.read(str(self.graph.nodes[node][1]))
        return self._operation(kind, self.graph.operands(node))

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
            case "sqrt":  # a power with exponent 1/2: a base below 0 counts as 0
                return code.sqrt(code.larger(values[0], code.number(0)))
            case _:
                return getattr(vector_math, kind)(code, *values)

    def _sum(self, kind: str, left: int, right: int) -> ir.Value:
        """Return left + right or left - right, with the product of one of them fused into the sum."""
        b = self.code.build
        for product, other in ((right, left), (left, right)):
            if product not in self.values and self._is_single_product(product):
                x, y = (self.value(operand) for operand in self.graph.operands(product))
                rest = self.value(other)
                if kind == "sub" and product == right:
                    x = b.fneg(x)
                elif kind == "sub":
                    rest = b.fneg(rest)
                return self.code.fma(x, y, rest)
        return (b.fadd if kind == "add" else b.fsub)(self.value(left), self.value(right))
