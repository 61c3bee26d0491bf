"""Formulas of SBML, which are MathML and arrive as libsbml's trees, turned into expressions.

What is taken: numbers, names, + - * / ^, power, root, exp, ln, log, time, and the model's own functions, written out in
place. The right side of the equations must be smooth, since the method rests on its exact derivative: piecewise, min,
abs, floor, comparisons, delay and the rest are refused by their name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import libsbml

from avpi.solver.expression import MODEL_TIME, Graph
from avpi.solver.operations import OPERATIONS, RefusedFormulaError

AVOGADRO = 6.02214076e23
"""Per mole; exact since the SI of 2019."""

CONSTANTS = {libsbml.AST_CONSTANT_E: math.e, libsbml.AST_CONSTANT_PI: math.pi, libsbml.AST_NAME_AVOGADRO: AVOGADRO}
SAYS_WHAT_TO_DO = (
    "The right side must be smooth: describe switches at known times as phases or forcing inputs, "
    "and switches of the state as Hill terms"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formulas:
    """Turns formulas into expressions of one graph.

    Attributes
    ----------
    graph : where the expressions live.
    meaning : name -> its node; a name that is not here is refused.
    functions : the model's own functions, as libsbml's trees of their lambdas.
    """

    graph: Graph
    meaning: Mapping[str, int]
    functions: Mapping[str, Any] = field(default_factory=dict)

    def tree(self, tree: Any, given: Mapping[str, int] | None = None) -> int:
        """Return the expression of a libsbml tree; ``given`` are the arguments of the function it stands in."""
        kind = tree.getType()
        if tree.isNumber():
            return self._number(tree)
        if kind in CONSTANTS:
            return self.graph.number(CONSTANTS[kind])
        if kind == libsbml.AST_NAME_TIME:
            return self.graph.symbol(MODEL_TIME)
        if kind == libsbml.AST_NAME:
            return self._name(tree.getName(), given)
        operands = [self.tree(tree.getChild(i), given) for i in range(tree.getNumChildren())] if _opens(kind) else []
        if kind == libsbml.AST_FUNCTION:
            return self._own_function(tree.getName(), operands)
        if kind not in TAKEN:
            refusal = f"'{_spelling(tree)}' is not taken. {SAYS_WHAT_TO_DO}"
            raise RefusedFormulaError(refusal)
        return OPERATIONS[TAKEN[kind]](self.graph, operands)

    def _number(self, tree: Any) -> int:
        value = tree.getValue()
        if not math.isfinite(value):
            refusal = f"the number '{value}' is not finite"
            raise RefusedFormulaError(refusal)
        return self.graph.number(value)

    def _name(self, name: str, given: Mapping[str, int] | None) -> int:
        if given is not None and name in given:
            return given[name]
        if name not in self.meaning:
            refusal = f"'{name}' is not a quantity of the model"
            raise RefusedFormulaError(refusal)
        return self.meaning[name]

    def _own_function(self, name: str, operands: Sequence[int]) -> int:
        if name not in self.functions:
            refusal = f"'{name}' is not a function that is taken. {SAYS_WHAT_TO_DO}"
            raise RefusedFormulaError(refusal)
        lambda_ = self.functions[name]
        arguments = [lambda_.getChild(i).getName() for i in range(lambda_.getNumChildren() - 1)]
        if len(arguments) != len(operands):
            refusal = f"'{name}' takes {len(arguments)} arguments and was given {len(operands)}"
            raise RefusedFormulaError(refusal)
        body = lambda_.getChild(lambda_.getNumChildren() - 1)
        return self.tree(body, dict(zip(arguments, operands, strict=True)))


def _opens(kind: int) -> bool:
    return kind in TAKEN or kind == libsbml.AST_FUNCTION


def _spelling(tree: Any) -> str:
    return tree.getName() or libsbml.formulaToL3String(tree).split("(")[0].strip() or "this"


TAKEN = {
    libsbml.AST_PLUS: "plus",
    libsbml.AST_MINUS: "minus",
    libsbml.AST_TIMES: "times",
    libsbml.AST_DIVIDE: "divide",
    libsbml.AST_POWER: "power",
    libsbml.AST_FUNCTION_POWER: "power",
    libsbml.AST_FUNCTION_ROOT: "root",
    libsbml.AST_FUNCTION_EXP: "exp",
    libsbml.AST_FUNCTION_LN: "ln",
    libsbml.AST_FUNCTION_LOG: "log",
}
"""Kind of a libsbml node -> the operation that it stands for."""
