"""Constructs of SBML that the engine does not take, each with its line and what to do instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Refusal = tuple[int, str, str]
"""Line, what it is, what to do instead."""

EXTENDED_MATH = "l3v2extendedmath"
"""libsbml adds it to every model of level 3; its functions are refused where a formula uses them."""

AS_PHASE = "Describe what happens at a known time as a phase: Phase(duration, add=..., parameters=...)"


def refusals(document: Any) -> Iterator[Refusal]:
    """Yield every construct of a document that is not taken."""
    model = document.getModel()
    if document.getLevel() < 2:
        yield document.getLine(), f"SBML level {document.getLevel()}", "Convert it to level 2 or 3"
    if document.getLevel() > 2:  # level 2 has no packages; libsbml lends it the ones that draw
        names = [document.getPlugin(i).getPackageName() for i in range(document.getNumPlugins())]
        names += [document.getUnknownPackageURI(i) for i in range(document.getNumUnknownPackages())]
        for name in filter(document.getPackageRequired, names):
            if name != EXTENDED_MATH:
                yield document.getLine(), f"the required package '{name}'", "Flatten the model first"
    yield from _of_model(model)
    yield from _of_quantities(model)
    for reaction in model.getListOfReactions():
        yield from _of_reaction(reaction, model)


def _of_model(model: Any) -> Iterator[Refusal]:
    yield from _declared_twice(model)
    for event in model.getListOfEvents():
        yield event.getLine(), f"the event '{event.getIdAttribute()}'", AS_PHASE
    for constraint in model.getListOfConstraints():
        yield constraint.getLine(), "a constraint", "Take it out: it does not change the simulation"
    for rule in model.getListOfRules():
        if rule.isAlgebraic():
            yield rule.getLine(), "an algebraic rule", "Solve it for one variable and assign that one"
        elif rule.getMath() is None:
            yield rule.getLine(), f"the rule of '{rule.getVariable()}' without a formula", ""
        elif model.getCompartment(rule.getVariable()) is not None:
            hint = "Volumes must be constant"
            yield rule.getLine(), f"the changing volume of compartment '{rule.getVariable()}'", hint
        elif not _is_declared(rule.getVariable(), model):
            yield rule.getLine(), f"the rule of '{rule.getVariable()}', which is not declared,", ""
        elif _is_reference(rule.getVariable(), model):
            yield rule.getLine(), f"the changing stoichiometry '{rule.getVariable()}'", "Stoichiometry must be constant"
    for assignment in model.getListOfInitialAssignments():
        if assignment.getMath() is None:
            yield assignment.getLine(), f"the initial assignment of '{assignment.getSymbol()}' without a formula", ""
        elif _is_reference(assignment.getSymbol(), model):
            yield assignment.getLine(), f"the assigned stoichiometry '{assignment.getSymbol()}'", ""
        elif not _is_declared(assignment.getSymbol(), model):
            what = f"the initial assignment of '{assignment.getSymbol()}', which is not declared,"
            yield assignment.getLine(), what, ""
        elif model.getAssignmentRule(assignment.getSymbol()) is not None:
            what = f"the initial assignment of '{assignment.getSymbol()}', which has an assignment rule,"
            yield assignment.getLine(), what, "Keep one of them"
    if model.isSetConversionFactor():
        yield model.getLine(), f"the conversion factor '{model.getConversionFactor()}'", "Write it into the rates"


def _declared_twice(model: Any) -> Iterator[Refusal]:
    seen = set()
    for elements in (
        model.getListOfFunctionDefinitions(),
        model.getListOfCompartments(),
        model.getListOfSpecies(),
        model.getListOfParameters(),
        model.getListOfReactions(),
    ):
        for element in elements:
            name = element.getIdAttribute()
            if name in seen:
                yield element.getLine(), f"'{name}', declared a second time,", "Give each its own name"
            seen.add(name)
    of_rules = [(rule, rule.getVariable()) for rule in model.getListOfRules() if not rule.isAlgebraic()]
    of_starts = [(assignment, assignment.getSymbol()) for assignment in model.getListOfInitialAssignments()]
    for formulas in (of_rules, of_starts):
        given = set()
        for element, name in formulas:
            if name in given:
                yield element.getLine(), f"a second formula for '{name}'", "Keep one of them"
            given.add(name)


def _of_quantities(model: Any) -> Iterator[Refusal]:
    for compartment in model.getListOfCompartments():
        size = compartment.getSize() if compartment.isSetSize() else 1.0
        if not size > 0 and model.getInitialAssignmentBySymbol(compartment.getId()) is None:
            yield (
                compartment.getLine(),
                f"compartment '{compartment.getId()}' of size {size:g}",
                "Give it a size above 0",
            )
    for species in model.getListOfSpecies():
        if model.getCompartment(species.getCompartment()) is None:
            what = f"species '{species.getId()}' in compartment '{species.getCompartment()}', which is not declared,"
            yield species.getLine(), what, ""
        if species.isSetConversionFactor():
            yield species.getLine(), f"the conversion factor of species '{species.getId()}'", "Write it into the rates"
        rule = model.getRule(species.getId())
        if rule is not None and not species.getBoundaryCondition() and _reacts(species.getId(), model):
            what = f"species '{species.getId()}', which has a rule and takes part in reactions,"
            yield species.getLine(), what, "Make it a boundary species, or leave it to the reactions"


def _of_reaction(reaction: Any, model: Any) -> Iterator[Refusal]:
    name = reaction.getId()
    if reaction.isSetFast() and reaction.getFast():
        yield reaction.getLine(), f"the fast reaction '{name}'", "Give it a large rate constant"
    law = reaction.getKineticLaw()
    if law is None or law.getMath() is None:
        yield reaction.getLine(), f"reaction '{name}' without a kinetic law", "Give it one, or take it out"
    for reference in (*reaction.getListOfReactants(), *reaction.getListOfProducts()):
        if reference.isSetStoichiometryMath():
            yield reference.getLine(), f"the computed stoichiometry of '{reference.getSpecies()}' in '{name}'", ""
        if reference.isSetStoichiometry() and reference.getStoichiometry() != reference.getStoichiometry():
            yield reference.getLine(), f"the missing stoichiometry of '{reference.getSpecies()}' in '{name}'", ""
        if model.getSpecies(reference.getSpecies()) is None:
            yield reference.getLine(), f"species '{reference.getSpecies()}' of '{name}', which is not declared,", ""


def _is_declared(name: str, model: Any) -> bool:
    found = (model.getCompartment(name), model.getSpecies(name), model.getParameter(name))
    return any(element is not None for element in found) or _is_reference(name, model)


def _is_reference(name: str, model: Any) -> bool:
    return any(
        reference.isSetIdAttribute() and reference.getIdAttribute() == name
        for reaction in model.getListOfReactions()
        for reference in (*reaction.getListOfReactants(), *reaction.getListOfProducts())
    )


def _reacts(name: str, model: Any) -> bool:
    return any(
        reference.getSpecies() == name
        for reaction in model.getListOfReactions()
        for reference in (*reaction.getListOfReactants(), *reaction.getListOfProducts())
    )
