"""Formulas as people write them, and what becomes of those that cannot be read."""

from __future__ import annotations

import pytest

from avpi.solver.expression import MODEL_TIME, Graph
from avpi.solver.infix import LONGEST, Infix
from avpi.solver.operations import RefusedFormulaError
from tests.solver.test_expression import evaluated

VALUES = {"PARP": 3.0, "cPARP": 1.0, "R.k": 0.5, "lambda": 7.0, MODEL_TIME: 4.0}


def reader() -> Infix:
    graph = Graph()
    meaning = {name: graph.symbol(name) for name in VALUES if name != MODEL_TIME}
    labels = {"cleaved PARP": "cPARP", "PARP": "cPARP", "a + b": "PARP"}
    return Infix(graph=graph, meaning=meaning, labels=labels)


def value_of(formula: str) -> float:
    infix = reader()
    return evaluated(infix.graph, infix.read(formula), VALUES)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("cPARP / (PARP + cPARP)", 0.25),
        ("PARP ^ 2", 9.0),
        ("PARP ** 2", 9.0),
        ("2 ^ PARP ^ 2", 512.0),
        ("-PARP ^ 2", -9.0),
        ("2 * PARP ^ 2 + 1", 19.0),
        ("+PARP - -1", 4.0),
        ("1 - 2 - 3", -4.0),
        ("8 / 4 / 2", 1.0),
        ("sqrt(PARP + 1)", 2.0),
        ("log10(100)", 2.0),
        ("ln(exp(PARP))", 3.0),
        ("1.5e1", 15.0),
        ("R.k * 2", 1.0),
        ("time / 2", 2.0),
        ("  PARP\t", 3.0),
    ],
)
def test_a_formula_means_what_it_does_on_paper(formula: str, value: float) -> None:
    assert value_of(formula) == pytest.approx(value)


def test_a_label_means_its_quantity() -> None:
    assert value_of("cleaved PARP") == 1.0
    assert value_of("a + b") == 3.0


def test_an_identifier_wins_over_a_label_of_another_quantity() -> None:
    assert value_of("PARP") == 3.0


def test_an_identifier_that_python_keeps_for_itself_is_read() -> None:
    assert value_of("lambda") == 7.0


def test_a_sum_of_hundreds_of_quantities_is_read() -> None:
    assert value_of(" + ".join(["PARP"] * 500)) == 1500.0


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("", "cannot be read as a formula"),
        ("PARP +", "cannot be read as a formula"),
        ("PARP\ncPARP", "cannot be read as a formula"),
        ("PARP\0", "cannot be read as a formula"),
        ("(" * 300 + "PARP" + ")" * 300, "cannot be read as a formula"),
        ("1" * 5000, "cannot be read as a formula"),
        ("-" * 5000 + "PARP", "nested too deeply"),
        ("+".join(["PARP"] * 2000), "nested too deeply"),
        ("PARP" * LONGEST, "longer than 10000 characters"),
        ("cPARB", "'cPARB' is not a quantity of the model. Did you mean 'cPARP'?"),
        ("R.q", "'R.q' is not a quantity of the model"),
        ("abs(PARP)", "'abs(PARP)' is not taken"),
        ("max(PARP, cPARP)", "'max(PARP, cPARP)' is not taken"),
        ("exp(PARP, 2)", "is not taken"),
        ("exp()", "is not taken"),
        ("PARP if cPARP else 1", "is not taken"),
        ("PARP > cPARP", "is not taken"),
        ("PARP % 2", "is not taken"),
        ("PARP.real.imag", "is not taken"),
        ("PARP[0]", "is not taken"),
        ("__import__('os')", "is not taken"),
        ("'PARP'", "is not taken"),
        ("True", "is not taken"),
        ("1j", "is not taken"),
        ("1e400", "is not taken"),
        ("1" + "0" * 400, "is not taken"),
    ],
)
def test_what_is_no_formula_is_refused_in_words(formula: str, says: str) -> None:
    with pytest.raises(RefusedFormulaError) as refusal:
        reader().read(formula)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("condition", "above"),
    [
        ("PARP >= 2", 1.0),
        ("PARP > 5", -2.0),
        ("PARP <= 2", -1.0),
        ("PARP < cPARP + 4", 2.0),
        ("cleaved PARP>1", -5e-324),
    ],
)
def test_a_condition_is_below_0_until_it_holds(condition: str, above: float) -> None:
    infix = reader()
    assert evaluated(infix.graph, infix.read_condition(condition), VALUES) == above


@pytest.mark.parametrize("condition", ["PARP", "PARP == 2", "1 < PARP < 2", "PARP => 2", ">= 2", ""])
def test_what_is_no_condition_is_refused(condition: str) -> None:
    with pytest.raises(RefusedFormulaError):
        reader().read_condition(condition)
