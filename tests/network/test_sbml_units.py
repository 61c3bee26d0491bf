"""Units of the SBML model: every number has one, they agree, and a slip in a formula is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libsbml
import pytest

from avpi.network.assemble import Pathway, pathway
from avpi.network.parameters import parameters
from avpi.network.sbml import sbml_text, write_sbml
from avpi.network.sbml_units import AMOUNT, DIMENSIONS, NONE, PER_HOUR, Dimension, Units, dimension, unit_id


def complaints(text: str) -> list[str]:
    """What libsbml says of the units of a model."""
    document = libsbml.readSBMLFromString(text)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, True)
    document.checkConsistency()
    return [document.getError(i).getMessage() for i in range(document.getNumErrors())]


def numbers(node: libsbml.ASTNode) -> Iterator[libsbml.ASTNode]:
    if node.isNumber():
        yield node
    for i in range(node.getNumChildren()):
        yield from numbers(node.getChild(i))


def with_rule(name: str, formula: str) -> Pathway:
    """The pathway with another formula of one rule."""
    whole = pathway()
    modules = tuple(
        replace(module, rules=tuple(replace(r, formula=formula) if r.name == name else r for r in module.rules))
        for module in whole.modules
    )
    return replace(whole, modules=modules)


def test_libsbml_finds_no_unit_to_complain_of() -> None:
    assert complaints(sbml_text()) == []


@pytest.mark.parametrize(
    ("rule", "formula"), [("C1", "C1c + k_C1"), ("head", "D"), ("K_head", "Kd_cIAP1 + closed * k_entry")]
)
def test_a_slip_in_a_formula_is_complained_of(rule: str, formula: str) -> None:
    assert complaints(write_sbml(with_rule(rule, formula), {}))


def test_every_number_and_every_parameter_has_a_unit() -> None:
    model = libsbml.readSBMLFromString(sbml_text()).getModel()
    laws = [model.getReaction(i).getKineticLaw().getMath() for i in range(model.getNumReactions())]
    rules = [model.getRule(i).getMath() for i in range(model.getNumRules())]
    starts = [model.getInitialAssignment(i).getMath() for i in range(model.getNumInitialAssignments())]
    every = [number for formula in (*laws, *rules, *starts) for number in numbers(formula)]
    assert len(every) > 100
    assert [libsbml.formulaToL3String(number) for number in every if not number.getUnits()] == []
    bare = [p.getId() for i in range(model.getNumParameters()) if not (p := model.getParameter(i)).getUnits()]
    assert bare == []


def test_a_parameter_has_the_unit_of_its_file() -> None:
    model = libsbml.readSBMLFromString(sbml_text()).getModel()
    assert {p.unit for p in parameters().values()} <= set(DIMENSIONS)
    for name, unit in (("K_head", "nM"), ("k_IIb", "per_hour"), ("k_pM", "per_nM_hour"), ("A20_sign", "dimensionless")):
        assert unit == model.getParameter(name).getUnits(), name


@pytest.mark.parametrize(
    ("formula", "own", "units_of_numbers"),
    [
        ("x / (1 + x)", NONE, ["nM"]),
        ("2 * x + 3", AMOUNT, ["dimensionless", "nM"]),
        ("k * (1 - 0.3 * x / K)", PER_HOUR, ["dimensionless", "dimensionless"]),
        ("sqrt(x^2 + 4 * K * x)", AMOUNT, ["dimensionless", "dimensionless", "dimensionless"]),
        ("1 / r", dimension(nM=-1), ["dimensionless"]),
        ("-(x - 1e-9)", AMOUNT, ["nM"]),
        ("x + k", None, []),
        ("x^k", None, []),
    ],
)
def test_a_number_has_the_unit_of_what_it_is_added_to(
    formula: str, own: Dimension | None, units_of_numbers: list[str]
) -> None:
    units = Units(names={"x": AMOUNT, "K": AMOUNT, "k": PER_HOUR}, formulas={"r": "x + K"})
    node = libsbml.parseL3Formula(formula)
    assert own == units.write(node)
    assert sorted(units_of_numbers) == sorted(number.getUnits() for number in numbers(node))


def test_a_rate_of_what_is_relative_is_told_in_nanomolar_and_its_number_stays() -> None:
    units = Units(names={"k": PER_HOUR, "x": AMOUNT}, formulas={})
    relative, own = (units.as_amount_per_hour(libsbml.parseL3Formula(f)) for f in ("k", "k * x"))
    one = relative.getRightChild()
    assert relative.getLeftChild().getName() == "k"
    assert (one.getValue(), one.getUnits()) == (1, "nM")
    assert libsbml.formulaToL3String(own) == "k * x"


def test_units_have_one_name_each() -> None:
    named = [
        dimension(),
        dimension(hour=-1),
        dimension(nM=-1, hour=-1),
        dimension(nM=2),
        dimension(ng_per_ml=1, hour=-1),
    ]
    assert [unit_id(own) for own in named] == ["dimensionless", "per_hour", "per_nM_hour", "nM2", "ng_per_ml_per_hour"]
