"""The modules make one pathway in which every name is defined once and read, and every species is somebody."""

from __future__ import annotations

import re
from dataclasses import replace

import libsbml
import pytest

from avpi.network import assemble
from avpi.network.assemble import MODULES, pathway
from avpi.network.parameters import parameters
from avpi.network.parts import Module, Reaction, Rule, Species, names_in
from avpi.network.sbml import sbml_text

ACCESSION = re.compile(r"^([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2})$")
NOT_PROTEINS = {
    "D": "small molecule",
    "zV": "small molecule",
    "mC2": "mRNA",
    "mIkB": "mRNA",
    "mA20": "mRNA",
    "mTNF": "mRNA",
    "ISG": "many genes together",
    "MyD88": "a signal: receptors of two kinds",
    "HA": "share of dying",
    "HN": "share of dying",
    "HL": "share of dying",
}


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> object:
    """Assemble anew, with a module more."""

    def assembled(*extra: Module) -> object:
        monkeypatch.setattr(assemble, "MODULES", (*MODULES, *extra))
        return pathway.__wrapped__()

    return assembled


def test_every_protein_has_its_accession() -> None:
    nameless = {species.name for species in pathway().species if not species.uniprot}
    assert nameless <= set(NOT_PROTEINS)
    for species in pathway().species:
        assert all(ACCESSION.match(accession) for accession in species.uniprot), species.name


def test_every_species_is_made_or_lost_somewhere() -> None:
    moving = {name for r in pathway().reactions for name in (*r.reactants, *r.products)}
    assert moving == {species.name for species in pathway().species}


def test_reactions_use_up_only_what_their_rate_depends_on() -> None:
    """Otherwise an amount could fall below zero."""
    for reaction in pathway().reactions:
        read = set(names_in(reaction.rate))
        for name in [*read]:
            read |= {n for rule in pathway().rules if rule.name == name for n in names_in(rule.formula)}
        assert set(reaction.reactants) <= read, reaction.name


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (Module(name="x", title="x", species=(Species("C1c", "again"),)), "twice ['C1c']"),
        (Module(name="x", title="x", rules=(Rule("new", "nobody * 2", "x"),)), "not defined ['nobody']"),
        (Module(name="x", title="x", rules=(Rule("closed", "1", "a parameter's name"),)), "twice ['closed']"),
        (Module(name="x", title="x", reactions=(Reaction("r", "-> C1c", "k_none", "x"),)), "not defined ['k_none']"),
    ],
)
def test_names_that_disagree_are_told(changed: object, module: Module, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        changed(module)  # type: ignore[operator]


def test_a_parameter_that_nothing_reads_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    known = dict(parameters())
    known["k_idle"] = replace(known["k_C1"], name="k_idle")
    monkeypatch.setattr(assemble, "parameters", lambda: known)
    with pytest.raises(ValueError, match="k_idle"):
        pathway.__wrapped__()


def test_the_sbml_is_valid_level_3_version_2() -> None:
    document = libsbml.readSBMLFromString(sbml_text())
    assert (document.getLevel(), document.getVersion()) == (3, 2)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, False)
    document.checkConsistency()
    worst = [document.getError(i) for i in range(document.getNumErrors())]
    assert [e.getMessage() for e in worst if e.getSeverity() >= libsbml.LIBSBML_SEV_ERROR] == []
    model = document.getModel()
    assert model.getNumSpecies() == sum(1 for _ in pathway().species)
    assert model.getNumReactions() == sum(1 for _ in pathway().reactions)


def test_the_sbml_names_the_proteins_and_gives_reasons() -> None:
    model = libsbml.readSBMLFromString(sbml_text()).getModel()
    ripk3 = model.getSpecies("N").getAnnotationString()
    assert "identifiers.org/uniprot/Q9Y572" in ripk3
    assert all(model.getReaction(i).getNotesString() for i in range(model.getNumReactions()))


def test_values_can_be_those_of_a_line() -> None:
    model = libsbml.readSBMLFromString(sbml_text((("autocrine", 1.25),))).getModel()
    assert model.getParameter("autocrine").getValue() == 1.25
