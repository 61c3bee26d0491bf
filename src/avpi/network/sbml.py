"""The pathway as SBML Level 3 Version 2, which every simulator of the field reads; ours reads the very same text.

One compartment of one litre stands for a litre of cytosol, so that an amount in nanomole is a concentration in nM.
What is relative has no unit. Each species carries the UniProt accessions of its proteins (MIRIAM), each reaction the
sentence that says why it is there.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import cache

import libsbml

from avpi.network.assemble import Pathway, pathway
from avpi.network.parameters import Parameter
from avpi.network.parts import Reaction, Species, names_in

CELL = "cytosol"
UNIPROT = "http://identifiers.org/uniprot/"

UNITS: Mapping[str, tuple[tuple[int, int, float], ...]] = {
    "hour": ((libsbml.UNIT_KIND_SECOND, 1, 3600.0),),
    "nanomole": ((libsbml.UNIT_KIND_MOLE, 1, 1e-9),),
    "per_hour": ((libsbml.UNIT_KIND_SECOND, -1, 3600.0),),
    "nM": ((libsbml.UNIT_KIND_MOLE, 1, 1e-9), (libsbml.UNIT_KIND_LITRE, -1, 1.0)),
    "uM": ((libsbml.UNIT_KIND_MOLE, 1, 1e-6), (libsbml.UNIT_KIND_LITRE, -1, 1.0)),
    "ng_per_ml": ((libsbml.UNIT_KIND_GRAM, 1, 1e-6), (libsbml.UNIT_KIND_LITRE, -1, 1.0)),
}
"""Units that are declared: exponent and multiplier of each base unit. Compound rate units are told in the notes."""
DIMENSIONLESS = frozenset({"none", "relative"})


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
    _must(model.setExtentUnits("nanomole"))
    _must(model.setSubstanceUnits("nanomole"))
    for name, bases in UNITS.items():
        _add_unit(model, name, bases)
    cell = model.createCompartment()
    _must(cell.setId(CELL))
    _must(cell.setConstant(True))
    cell.setSize(1.0)
    cell.setSpatialDimensions(3)
    _must(cell.setUnits("litre"))
    for parameter in whole.parameters.values():
        _add_parameter(model, parameter, values.get(parameter.name, parameter.value))
    for species in whole.species:
        _add_species(model, species)
    for rule in whole.rules:
        own = model.createParameter()
        _must(own.setId(rule.name))
        _must(own.setConstant(False))
        _note(own, rule.what)
        assignment = model.createAssignmentRule()
        _must(assignment.setVariable(rule.name))
        _must(assignment.setMath(_math(rule.formula)))
    known = {species.name for species in whole.species}
    for reaction in whole.reactions:
        _add_reaction(model, reaction, known)
    text: str = libsbml.writeSBMLToString(document)
    return text


def _add_unit(model: libsbml.Model, name: str, bases: tuple[tuple[int, int, float], ...]) -> None:
    definition = model.createUnitDefinition()
    _must(definition.setId(name))
    for kind, exponent, multiplier in bases:
        unit = definition.createUnit()
        unit.setKind(kind)
        unit.setExponent(exponent)
        unit.setScale(0)
        unit.setMultiplier(multiplier)


def _add_parameter(model: libsbml.Model, parameter: Parameter, value: float) -> None:
    own = model.createParameter()
    _must(own.setId(parameter.name))
    _must(own.setConstant(True))
    own.setValue(value)
    if parameter.unit in UNITS:
        _must(own.setUnits(parameter.unit))
    elif parameter.unit in DIMENSIONLESS:
        _must(own.setUnits("dimensionless"))
    _note(own, f"{parameter.what} ({parameter.unit}). {parameter.source}")


def _add_species(model: libsbml.Model, species: Species) -> None:
    own = model.createSpecies()
    _must(own.setId(species.name))
    _must(own.setMetaId(f"meta_{species.name}"))
    _must(own.setName(species.what))
    _must(own.setCompartment(CELL))
    own.setHasOnlySubstanceUnits(True)
    own.setBoundaryCondition(False)
    own.setConstant(False)
    own.setInitialAmount(0.0)
    _must(own.setSubstanceUnits("nanomole" if species.unit == "nM" else "dimensionless"))
    if species.start != "0":
        start = model.createInitialAssignment()
        _must(start.setSymbol(species.name))
        _must(start.setMath(_math(species.start)))
    for accession in species.uniprot:
        term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
        term.setBiologicalQualifierType(libsbml.BQB_IS if len(species.uniprot) == 1 else libsbml.BQB_HAS_PART)
        term.addResource(UNIPROT + accession)
        _must(own.addCVTerm(term, len(species.uniprot) > 1))


def _add_reaction(model: libsbml.Model, reaction: Reaction, known: set[str]) -> None:
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
    _must(own.createKineticLaw().setMath(_math(reaction.rate)))


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
