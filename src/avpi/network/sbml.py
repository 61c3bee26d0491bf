"""The pathway as SBML Level 3 Version 2, which every simulator of the field reads; ours reads the very same text.

One compartment of one litre stands for a litre of cytosol, so that an amount in nanomole is a concentration in nM.
What is relative has no unit; ``sbml_units.py`` gives every number of a formula its own. Each species carries the
UniProt accessions of its proteins (MIRIAM), each reaction the sentence that says why it is there.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import cache

import libsbml

from avpi.network.assemble import Pathway, pathway
from avpi.network.parameters import Parameter
from avpi.network.parts import Reaction, Rule, Species, names_in
from avpi.network.sbml_units import DIMENSIONS, Units, define_units

CELL = "cytosol"
UNIPROT = "http://identifiers.org/uniprot/"


@cache
def sbml_text(values: tuple[tuple[str, float], ...] = (), about: str = "") -> str:
    """Return the pathway as SBML, with some parameters at other values than ``parameters.yaml`` has.

    ``about`` says what these values stand for, such as a cell line; it becomes part of the model's name.
    """
    return write_sbml(pathway(), dict(values), about)


def write_sbml(whole: Pathway, values: Mapping[str, float], about: str = "") -> str:
    """Return a pathway as SBML Level 3 Version 2."""
    document = libsbml.SBMLDocument(3, 2)
    model = document.createModel()
    _must(model.setId("avpi_smac_mimetic_pathway"))
    where = f" in {about}" if about else ""
    _must(model.setName(f"Smac mimetic to cell death{where} (avpi; research use only)"))
    _must(model.setTimeUnits("hour"))
    _must(model.setExtentUnits("nM"))
    _must(model.setSubstanceUnits("nM"))
    units = Units(
        names={
            **{parameter.name: DIMENSIONS[parameter.unit] for parameter in whole.parameters.values()},
            **{species.name: DIMENSIONS[species.unit] for species in whole.species},
        },
        formulas={rule.name: rule.formula for rule in whole.rules},
    )
    cell = model.createCompartment()
    _must(cell.setId(CELL))
    _must(cell.setConstant(True))
    cell.setSize(1.0)
    cell.setSpatialDimensions(3)
    _must(cell.setUnits("litre"))
    for parameter in whole.parameters.values():
        _add_parameter(model, parameter, values.get(parameter.name, parameter.value), units)
    for species in whole.species:
        _add_species(model, species, units)
    for rule in whole.rules:
        _add_rule(model, rule, units)
    known = {species.name for species in whole.species}
    for reaction in whole.reactions:
        _add_reaction(model, reaction, known, units)
    define_units(model, units.used)
    text: str = libsbml.writeSBMLToString(document)
    return text


def _add_parameter(model: libsbml.Model, parameter: Parameter, value: float, units: Units) -> None:
    own = model.createParameter()
    _must(own.setId(parameter.name))
    _must(own.setConstant(True))
    own.setValue(value)
    _must(own.setUnits(units.unit(DIMENSIONS[parameter.unit])))
    _note(own, f"{parameter.what} ({parameter.unit}). {parameter.source}")


def _add_species(model: libsbml.Model, species: Species, units: Units) -> None:
    own = model.createSpecies()
    _must(own.setId(species.name))
    _must(own.setMetaId(f"meta_{species.name}"))
    _must(own.setName(species.what))
    _must(own.setCompartment(CELL))
    own.setHasOnlySubstanceUnits(True)
    own.setBoundaryCondition(False)
    own.setConstant(False)
    own.setInitialAmount(0.0)
    _must(own.setSubstanceUnits(units.unit(DIMENSIONS[species.unit])))
    if species.start != "0":
        start = model.createInitialAssignment()
        _must(start.setSymbol(species.name))
        formula = _math(species.start)
        units.write(formula, DIMENSIONS[species.unit])
        _must(start.setMath(formula))
    for accession in species.uniprot:
        term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
        term.setBiologicalQualifierType(libsbml.BQB_IS if len(species.uniprot) == 1 else libsbml.BQB_HAS_PART)
        term.addResource(UNIPROT + accession)
        _must(own.addCVTerm(term, len(species.uniprot) > 1))


def _add_rule(model: libsbml.Model, rule: Rule, units: Units) -> None:
    own = model.createParameter()
    _must(own.setId(rule.name))
    _must(own.setConstant(False))
    _note(own, rule.what)
    formula = _math(rule.formula)
    follows = units.write(formula)
    if follows is not None:
        _must(own.setUnits(units.unit(follows)))
    assignment = model.createAssignmentRule()
    _must(assignment.setVariable(rule.name))
    _must(assignment.setMath(formula))


def _add_reaction(model: libsbml.Model, reaction: Reaction, known: set[str], units: Units) -> None:
    own = model.createReaction()
    _must(own.setId(reaction.name))
    own.setReversible(False)
    _note(own, reaction.why)
    for name in reaction.reactants:
        side = own.createReactant()
        _must(side.setSpecies(name))
        side.setStoichiometry(1.0)
        side.setConstant(True)
    for name in reaction.products:
        side = own.createProduct()
        _must(side.setSpecies(name))
        side.setStoichiometry(1.0)
        side.setConstant(True)
    taking_part = {*reaction.reactants, *reaction.products}
    for name in names_in(reaction.rate):
        if name in known - taking_part:
            _must(own.createModifier().setSpecies(name))
    _must(own.createKineticLaw().setMath(units.as_amount_per_hour(_math(reaction.rate))))


def _math(formula: str) -> libsbml.ASTNode:
    node = libsbml.parseL3Formula(formula)
    if node is None:
        what = f"'{formula}' is no formula: {libsbml.getLastParseL3Error()}"
        raise ValueError(what)
    return node


def _note(own: libsbml.SBase, text: str) -> None:
    _must(own.setNotes(f'<p xmlns="http://www.w3.org/1999/xhtml">{html.escape(text)}</p>'))


def _must(code: int) -> None:
    """Raise where libsbml did not take what it was given; it says so only by a number."""
    if code != libsbml.LIBSBML_OPERATION_SUCCESS:
        raise ValueError(libsbml.OperationReturnValue_toString(code))
