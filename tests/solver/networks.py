"""Small SBML documents for the tests of the engine, written from formulas as people write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import libsbml

from avpi.solver.model import Model

CELL = "cell"


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """One reaction: name -> stoichiometry on both sides, and what it runs at."""

    rate: str
    uses: Mapping[str, float]
    makes: Mapping[str, float]
    local: Mapping[str, float] | None = None


def reaction(equation: str, rate: str, **local: float) -> Reaction:
    """Return a reaction from ``"A + 2 B -> C"`` (either side may be empty) and its rate in amount per time."""
    left, right = equation.split("->")
    return Reaction(rate=rate, uses=_side(left), makes=_side(right), local=local)


def _side(side: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for term in filter(None, (part.strip() for part in side.split("+"))):
        factor, _, name = term.rpartition(" ")
        found[name] = found.get(name, 0.0) + float(factor or 1)
    return found


def sbml(
    species: Mapping[str, float | None] | None = None,
    reactions: Sequence[Reaction] = (),
    parameters: Mapping[str, float | None] | None = None,
    *,
    rate_rules: Mapping[str, str] | None = None,
    assignment_rules: Mapping[str, str] | None = None,
    initial_assignments: Mapping[str, str] | None = None,
    volume: float = 1.0,
    amounts: bool = True,
    initial_amounts: bool = True,
    boundary: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
) -> str:
    """Return SBML level 3 version 1.

    Parameters
    ----------
    species : name -> starting amount, or concentration where ``initial_amounts`` is False; None for none.
    amounts : a species' name means its amount in formulas; otherwise its concentration.
    rate_rules : of parameters that start at their value, or of species.
    names : id -> what people call it.
    """
    document = libsbml.SBMLDocument(3, 1)
    model = document.createModel()
    model.setId("model")
    compartment = model.createCompartment()
    compartment.setId(CELL)
    compartment.setConstant(True)
    compartment.setSize(volume)
    compartment.setSpatialDimensions(3)
    changing = {**(rate_rules or {}), **(assignment_rules or {})}
    for name, start in (species or {}).items():
        one = model.createSpecies()
        one.setId(name)
        one.setCompartment(CELL)
        one.setHasOnlySubstanceUnits(amounts)
        one.setBoundaryCondition(name in boundary)
        one.setConstant(False)
        if start is not None and initial_amounts:
            one.setInitialAmount(start)
        elif start is not None:
            one.setInitialConcentration(start)
    for name, value in (parameters or {}).items():
        parameter = model.createParameter()
        parameter.setId(name)
        parameter.setConstant(name not in changing)
        if value is not None:
            parameter.setValue(value)
    for name, formula in (initial_assignments or {}).items():
        assignment = model.createInitialAssignment()
        assignment.setSymbol(name)
        assignment.setMath(_math(formula))
    for rules, create in ((rate_rules, model.createRateRule), (assignment_rules, model.createAssignmentRule)):
        for name, formula in (rules or {}).items():
            rule = create()
            rule.setVariable(name)
            rule.setMath(_math(formula))
    for number, given in enumerate(reactions, start=1):
        _add(model, f"r{number}", given, [*(species or {})])
    for name, label in (names or {}).items():
        model.getElementBySId(name).setName(label)
    return str(libsbml.writeSBMLToString(document))


def _add(model: libsbml.Model, name: str, given: Reaction, species: Sequence[str]) -> None:
    made = model.createReaction()
    made.setId(name)
    made.setReversible(False)
    made.setFast(False)
    for side, create in ((given.uses, made.createReactant), (given.makes, made.createProduct)):
        for one, factor in side.items():
            reference = create()
            reference.setSpecies(one)
            reference.setStoichiometry(factor)
            reference.setConstant(True)
    law = made.createKineticLaw()
    law.setMath(_math(given.rate))
    for local, value in (given.local or {}).items():
        parameter = law.createLocalParameter()
        parameter.setId(local)
        parameter.setValue(value)
    words = {word for word in "".join(c if c.isalnum() or c == "_" else " " for c in given.rate).split()}
    for one in species:
        if one in words and one not in given.uses and one not in given.makes:
            made.createModifier().setSpecies(one)


def _math(formula: str) -> libsbml.ASTNode:
    tree = libsbml.parseL3Formula(formula)
    if tree is None:
        raise ValueError(libsbml.getLastParseL3Error())
    return tree


def system(rates: Mapping[str, str], starts: Mapping[str, float], **parameters: float) -> Model:
    """Return dx/dt = formula for each variable: parameters with rate rules, which may be negative."""
    return Model.from_sbml_text(sbml(parameters={**starts, **parameters}, rate_rules=rates))


def network(
    species: Mapping[str, float | None],
    reactions: Sequence[Reaction],
    **parameters: float,
) -> Model:
    """Return a reaction network of amounts in a volume of 1."""
    return Model.from_sbml_text(sbml(species, reactions, parameters))


def decay(amount: float = 100.0, k: float = 0.5) -> Model:
    """Return A -> with rate k A."""
    return network({"A": amount}, [reaction("A ->", "k * A")], k=k)
