"""Formulas of SBML, which are MathML and arrive as libsbml's trees, turned into expressions.

What is taken: numbers, names, + - * / ^, power, root, exp, ln, log, time, and the model's own functions, written out in
place. The right side of the equations must be smooth, since the method rests on its exact derivative: piecewise, min,
abs, floor, comparisons, delay and the rest are refused by their name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import libsbml

from avpi.solver.expression import MODEL_TIME, Graph
from avpi.solver.operations import OPERATIONS, RefusedFormulaError

AVOGADRO = 6.02214076e23
"""Per mole; exact since the SI of 2019."""

OPERANDS = {
    "minus": (1, 2),
    "divide": (2, 2),
    "power": (2, 2),
    "root": (1, 2),
    "exp": (1, 1),
    "ln": (1, 1),
    "log": (1, 2),
}
"""Operation -> least and most operands; any number for the others."""

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
    inside : the functions that are being written out.
    """

    graph: Graph
    meaning: Mapping[str, int]
    functions: Mapping[str, Any] = field(default_factory=dict)
    inside: tuple[str, ...] = ()

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
        operands = [self.tree(child, given) for child in _operands(tree)] if _opens(kind) else []
        if kind == libsbml.AST_FUNCTION:
            return self._own_function(tree.getName(), operands)
        if kind not in TAKEN:
            refusal = f"'{_spelling(tree)}' is not taken. {SAYS_WHAT_TO_DO}"
            raise RefusedFormulaError(refusal)
        least, most = OPERANDS.get(TAKEN[kind], (0, math.inf))
        if not least <= len(operands) <= most:
            refusal = f"'{TAKEN[kind]}' was given {len(operands)} operands"
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
        if given is not None:
            refusal = f"'{name}' is no argument of the function that it stands in"
            raise RefusedFormulaError(refusal)
        if name not in self.meaning:
            refusal = f"'{name}' is not a quantity of the model"
            raise RefusedFormulaError(refusal)
        return self.meaning[name]

    def _own_function(self, name: str, operands: Sequence[int]) -> int:
        if name not in self.functions:
            refusal = f"'{name}' is not a function that is taken. {SAYS_WHAT_TO_DO}"
            raise RefusedFormulaError(refusal)
        lambda_ = self.functions[name]
        if lambda_ is None or not lambda_.isLambda():
            refusal = f"the function '{name}' has no formula"
            raise RefusedFormulaError(refusal)
        if name in self.inside:
            refusal = f"the function '{name}' calls itself"
            raise RefusedFormulaError(refusal)
        arguments = [lambda_.getChild(i).getName() for i in range(lambda_.getNumChildren() - 1)]
        if len(arguments) != len(operands):
            refusal = f"'{name}' takes {len(arguments)} arguments and was given {len(operands)}"
            raise RefusedFormulaError(refusal)
        body = lambda_.getChild(lambda_.getNumChildren() - 1)
        within = replace(self, inside=(*self.inside, name))
        return within.tree(body, dict(zip(arguments, operands, strict=True)))


def _opens(kind: int) -> bool:
    return kind in TAKEN or kind == libsbml.AST_FUNCTION


def _operands(tree: Any) -> list[Any]:
    """Return the trees that an operation works on; all of a sum, which libsbml nests however long it is."""
    kind, found = tree.getType(), []
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        if here is tree or (here.getType() == kind and kind in (libsbml.AST_PLUS, libsbml.AST_TIMES)):
            waiting.extend(here.getChild(i) for i in reversed(range(here.getNumChildren())))
        else:
            found.append(here)
    return found


def _spelling(tree: Any) -> str:
    name = CSYMBOLS.get(tree.getType()) or tree.getName()
    return name or libsbml.formulaToL3String(tree).split("(")[0].strip() or "this"


CSYMBOLS = {libsbml.AST_FUNCTION_DELAY: "delay", libsbml.AST_FUNCTION_RATE_OF: "rateOf"}
"""What a model may spell as it likes."""

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
