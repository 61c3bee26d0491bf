"""Formulas as people write them, ``cPARP / (PARP + cPARP)``, turned into expressions.

Observables and stop conditions are written so. Python's own parser reads them; ``^`` means power here, as it does on
paper. What is taken is what a rate law may hold (operations.py).
"""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from avpi.errors import nearest_word
from avpi.solver.expression import MODEL_TIME, Graph
from avpi.solver.operations import OPERATIONS, RefusedFormulaError

OPERATORS = {
    ast.Add: "plus",
    ast.Sub: "minus",
    ast.Mult: "times",
    ast.Div: "divide",
    ast.Pow: "power",
    ast.BitXor: "power",
    ast.USub: "minus",
    ast.UAdd: "plus",
}
FUNCTIONS = {"exp": "exp", "ln": "ln", "log10": "log", "sqrt": "root"}
LONGEST = 10_000
SMALLEST_NUMBER = 5e-324


@dataclass(frozen=True, slots=True, kw_only=True)
class Infix:
    """Reads formulas into one graph.

    Attributes
    ----------
    meaning : name -> node.
    labels : what people call a quantity -> its name; a formula that is exactly a label means that quantity, unless
        another one is named so.
    """

    graph: Graph
    meaning: Mapping[str, int]
    labels: Mapping[str, str]

    def read(self, formula: str) -> int:
        """Return the expression of a formula.

        Raises
        ------
        RefusedFormulaError
            If it cannot be read, or names what is not in the model.
        """
        if formula in self.meaning:  # also what Python would not read as a name: 'lambda', 'is', 'None'
            return self.meaning[formula]
        if formula in self.labels:
            return self.meaning[self.labels[formula]]
        if len(formula) > LONGEST:
            refusal = f"it is longer than {LONGEST} characters"
            raise RefusedFormulaError(refusal)
        try:
            # '^' binds like '**' only if it is written so before parsing: in Python it is weaker than '+'.
            node = self._expression(ast.parse(formula.strip().replace("^", "**"), mode="eval").body)
        except RecursionError:
            refusal = "it is nested too deeply"
            raise RefusedFormulaError(refusal) from None
        except (SyntaxError, ValueError, MemoryError) as fault:
            refusal = f"it cannot be read as a formula ({getattr(fault, 'msg', None) or fault})"
            raise RefusedFormulaError(refusal) from None
        if not math.isfinite(self.graph.value(node) or 0.0):
            refusal = "it is not a finite number"
            raise RefusedFormulaError(refusal)
        return node

    def read_condition(self, condition: str) -> int:
        """Return an expression that is 0 or more where a condition such as ``a >= b`` holds, and below 0 elsewhere.

        Raises
        ------
        RefusedFormulaError
            If it is no comparison, or one of its sides cannot be read.
        """
        for sign, rising in ((">=", True), ("<=", False), (">", True), ("<", False)):
            left, found, right = condition.partition(sign)
            if found:
                above, below = (left, right) if rising else (right, left)
                difference = self.graph.sub(self.read(above.strip()), self.read(below.strip()))
                if "=" in sign:
                    return difference
                # Less the smallest number there is: 0 at equality becomes negative, everything else stays what it is.
                return self.graph.sub(difference, self.graph.number(SMALLEST_NUMBER))
        refusal = "a condition compares two formulas, such as 'cPARP >= 5e5'"
        raise RefusedFormulaError(refusal)

    def _expression(self, tree: ast.expr) -> int:
        match tree:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int() | float() as value) if abs(value) <= sys.float_info.max:
                return self.graph.number(value)
            case ast.Name(id=name):
                return self._name(name)
            case ast.Attribute(value=ast.Name(id=reaction), attr=local):
                return self._name(f"{reaction}.{local}")
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS:
                operands = [self._expression(left), self._expression(right)]
                return OPERATIONS[OPERATORS[type(operator)]](self.graph, operands)
            case ast.UnaryOp(op=operator, operand=operand) if type(operator) in OPERATORS:
                return OPERATIONS[OPERATORS[type(operator)]](self.graph, [self._expression(operand)])
            case ast.Call(func=ast.Name(id=function), args=[argument], keywords=[]) if function in FUNCTIONS:
                return OPERATIONS[FUNCTIONS[function]](self.graph, [self._expression(argument)])
        refusal = f"'{ast.unparse(tree)}' is not taken; + - * / ^, exp, ln, log10, sqrt, time and the model's names are"
        raise RefusedFormulaError(refusal)

    def _name(self, name: str) -> int:
        if name in self.meaning:
            return self.meaning[name]
        if name == "time":
            return self.graph.symbol(MODEL_TIME)
        hint = nearest_word(name, [*self.meaning, *self.labels])
        refusal = f"'{name}' is not a quantity of the model. {hint}".strip()
        raise RefusedFormulaError(refusal)
