"""What formulas are made of, by the names that MathML gives it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from avpi.solver.expression import Graph


class RefusedFormulaError(Exception):
    """A formula holds something that the engine does not take; the message names it."""


def _product(graph: Graph, operands: Sequence[int]) -> int:
    result = graph.number(1)
    for operand in operands:
        result = graph.mul(result, operand)
    return result


def _difference(graph: Graph, operands: Sequence[int]) -> int:
    return graph.neg(operands[0]) if len(operands) == 1 else graph.sub(*operands)


def _root(graph: Graph, operands: Sequence[int]) -> int:
    degree, base = (graph.number(2), operands[0]) if len(operands) == 1 else operands
    return graph.power(base, graph.div(graph.number(1), degree))


def _logarithm(graph: Graph, operands: Sequence[int]) -> int:
    base, argument = (graph.number(10), operands[0]) if len(operands) == 1 else operands
    return graph.div(graph.ln(argument), graph.ln(base))


OPERATIONS: dict[str, Callable[[Graph, Sequence[int]], int]] = {
    "plus": Graph.total,
    "minus": _difference,
    "times": _product,
    "divide": lambda graph, operands: graph.div(*operands),
    "power": lambda graph, operands: graph.power(*operands),
    "root": _root,
    "exp": lambda graph, operands: graph.exp(*operands),
    "ln": lambda graph, operands: graph.ln(*operands),
    "log": _logarithm,
}
"""Name -> what makes the expression. ``root`` and ``log`` take their degree or base first; 2 and 10 without one."""
