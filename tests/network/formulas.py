"""The formulas of the pathway, evaluated by Python alone: numbers, and the dimensions of what they add and multiply."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from types import CodeType

import numpy as np

from avpi.network.assemble import pathway
from avpi.network.parameters import parameters
from avpi.network.parts import names_in

Dimension = Mapping[str, int]

UNITS: Mapping[str, Dimension] = {
    "none": {},
    "relative": {},
    "nM": {"nM": 1},
    "uM": {"uM": 1},
    "hour": {"hour": 1},
    "per_hour": {"hour": -1},
    "ng_per_ml": {"ng_per_ml": 1},
    "nM_per_hour": {"nM": 1, "hour": -1},
    "per_nM_hour": {"nM": -1, "hour": -1},
    "ng_per_ml_hour": {"ng_per_ml": 1, "hour": -1},
    "per_ng_ml_hour": {"ng_per_ml": -1, "hour": -1},
}


def compiled(formula: str) -> CodeType:
    """Return a formula as Python code."""
    return compile(formula.replace("^", "**"), formula, "eval")


def evaluated(given: Mapping[str, float]) -> dict[str, float]:
    """Return every name with its value: parameters of the file, what is given, and the rules that follow from them."""
    values: dict[str, float] = {p.name: p.value for p in parameters().values()}
    values |= {species.name: 0.0 for species in pathway().species}
    values |= given
    waiting = list(pathway().rules)
    while waiting:
        ready = [rule for rule in waiting if set(names_in(rule.formula)) <= set(values)]
        assert ready, [rule.name for rule in waiting]
        for rule in ready:
            values[rule.name] = eval(compiled(rule.formula), {"sqrt": np.sqrt}, values)
        waiting = [rule for rule in waiting if rule not in ready]
    return values


class Dimensions:
    """What each name is measured in; formulas that add what cannot be added are kept in ``faults``."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, str]] = []
        self.of: dict[str, Dimension] = {p.name: UNITS[p.unit] for p in parameters().values()}
        self.of |= {species.name: UNITS[species.unit] for species in pathway().species}
        waiting = list(pathway().rules)
        while waiting:
            ready = [rule for rule in waiting if set(names_in(rule.formula)) <= set(self.of)]
            for rule in ready:
                self.of[rule.name] = self.formula(rule.formula, rule.name)
            waiting = [rule for rule in waiting if rule not in ready]

    def formula(self, text: str, where: str) -> Dimension:
        """Return the dimension of a formula."""
        return self._node(ast.parse(text.replace("^", "**"), mode="eval").body, where) or {}

    def _node(self, node: ast.expr, where: str) -> Dimension | None:
        """Return a dimension; None for a bare number."""
        match node:
            case ast.Constant():
                return None
            case ast.Name(id=name):
                return self.of[name]
            case ast.UnaryOp(operand=operand):
                return self._node(operand, where)
            case ast.Call(args=[inside]):
                return {unit: power // 2 for unit, power in (self._node(inside, where) or {}).items()}
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int(power))):
                return {unit: own * power for unit, own in (self._node(left, where) or {}).items()}
            case ast.BinOp(left=left, op=op, right=right):
                return self._pair(self._node(left, where), op, self._node(right, where), where, ast.unparse(node))
        raise TypeError(ast.unparse(node))

    def _pair(
        self, left: Dimension | None, op: ast.operator, right: Dimension | None, where: str, text: str
    ) -> Dimension | None:
        if left is None and right is None:
            return None
        if isinstance(op, ast.Mult | ast.Div):
            sign = 1 if isinstance(op, ast.Mult) else -1
            product = Counter(dict(left or {}))
            for unit, power in (right or {}).items():
                product[unit] += sign * power
            return {unit: power for unit, power in product.items() if power}
        if (left or {}) != (right or {}):
            self.faults.append((where, text))
        return left or right or {}
