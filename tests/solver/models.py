"""Small SBML documents as text, put together from what a test is about.

Formulas are given as people write them, ``"k * A"``; libsbml turns them into MathML.
"""

from __future__ import annotations

import libsbml

MATHML = 'xmlns="http://www.w3.org/1998/Math/MathML"'
NAMESPACES = {
    (2, 1): "http://www.sbml.org/sbml/level2",
    (2, 4): "http://www.sbml.org/sbml/level2/version4",
    (3, 1): "http://www.sbml.org/sbml/level3/version1/core",
    (3, 2): "http://www.sbml.org/sbml/level3/version2/core",
}
LISTS = {
    "functions": "FunctionDefinitions",
    "compartments": "Compartments",
    "species": "Species",
    "parameters": "Parameters",
    "initial": "InitialAssignments",
    "rules": "Rules",
    "constraints": "Constraints",
    "reactions": "Reactions",
    "events": "Events",
}
"""Argument of ``document`` -> the list that its items go into, in the order that SBML asks for."""


def document(level: int = 3, version: int = 1, **items: str) -> str:
    """Return a document; compartment 'cell' of size 1 where none is given."""
    items = {"compartments": compartment("cell")} | items
    lists = "".join(f"<listOf{LISTS[kind]}>\n{items[kind]}</listOf{LISTS[kind]}>\n" for kind in LISTS if kind in items)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<sbml xmlns="{NAMESPACES[level, version]}" level="{level}" version="{version}">\n'
        f'<model id="small">\n{lists}</model>\n</sbml>\n'
    )


def math(formula: str) -> str:
    """Return a formula as MathML on one line; 'time' is the time of the run."""
    written = libsbml.writeMathMLToString(libsbml.parseL3Formula(formula))
    return " ".join(written.split("?>")[1].split())


def compartment(name: str, size: float | None = 1.0, attributes: str = 'constant="true"') -> str:
    return f'<compartment id="{name}"{_attribute("size", size)} spatialDimensions="3" {attributes}/>\n'


def species(
    name: str,
    *,
    concentration: float | None = None,
    amount: float | None = None,
    where: str = "cell",
    only_substance: bool = False,
    boundary: bool = False,
    constant: bool = False,
    label: str = "",
    attributes: str = "",
) -> str:
    start = _attribute("initialConcentration", concentration) + _attribute("initialAmount", amount)
    flags = {"hasOnlySubstanceUnits": only_substance, "boundaryCondition": boundary, "constant": constant}
    spelled = "".join(f' {flag}="{str(value).lower()}"' for flag, value in flags.items())
    named = f' name="{label}"' if label else ""
    return f'<species id="{name}"{named} compartment="{where}"{start}{spelled} {attributes}/>\n'


def parameter(name: str, value: float | None = 1.0, *, constant: bool = True, label: str = "") -> str:
    named = f' name="{label}"' if label else ""
    return f'<parameter id="{name}"{named}{_attribute("value", value)} constant="{str(constant).lower()}"/>\n'


def function(name: str, arguments: str, body: str) -> str:
    return f'<functionDefinition id="{name}">{math(f"lambda({arguments}, {body})")}</functionDefinition>\n'


def initial_assignment(name: str, formula: str) -> str:
    return f'<initialAssignment symbol="{name}">{math(formula)}</initialAssignment>\n'


def assignment_rule(name: str, formula: str) -> str:
    return f'<assignmentRule variable="{name}">{math(formula)}</assignmentRule>\n'


def rate_rule(name: str, formula: str) -> str:
    return f'<rateRule variable="{name}">{math(formula)}</rateRule>\n'


def reaction(
    name: str, equation: str, law: str, *, modifiers: str = "", level: int = 3, attributes: str = "", **local: float
) -> str:
    """Return a reaction such as ``reaction("R", "2 A + B -> C", "k * A", k=0.1)``; ``local`` are its own parameters."""
    left, right = (_references(side, level) for side in equation.split("->"))
    of_modifiers = "".join(f'<modifierSpeciesReference species="{name}"/>' for name in modifiers.split())
    tag = "localParameter" if level == 3 else "parameter"
    own = "".join(f'<{tag} id="{key}" value="{value!r}"/>' for key, value in local.items())
    of_law = f"<listOf{tag[0].upper()}{tag[1:]}s>{own}</listOf{tag[0].upper()}{tag[1:]}s>" if own else ""
    return (
        f'<reaction id="{name}" reversible="false" {attributes or _FAST}>\n'
        + _list("Reactants", left)
        + _list("Products", right)
        + _list("Modifiers", of_modifiers)
        + f"<kineticLaw>{math(law)}{of_law}</kineticLaw>\n</reaction>\n"
    )


_FAST = 'fast="false"'


def decay(rate: float = 0.5, start: float = 10.0) -> str:
    """Return a document of one species that decays: the smallest model there is."""
    return document(
        species=species("A", concentration=start),
        parameters=parameter("k", rate),
        reactions=reaction("R", "A ->", "cell * k * A"),
    )


def with_item(kind: str, item: str) -> str:
    """Return a document of one reaction with something more in one of its lists."""
    parts = {
        "species": species("A", concentration=1.0),
        "parameters": parameter("k", 0.5, constant=False),
        "reactions": reaction("R", "A ->", "k * A"),
    }
    return document(3, 1, **parts | {kind: parts.get(kind, "") + item})


def _references(side: str, level: int) -> str:
    references = ""
    for term in filter(None, map(str.strip, side.split(" + "))):
        *factor, name = term.split()
        constant = ' constant="true"' if level == 3 else ""
        references += f'<speciesReference species="{name}" stoichiometry="{"".join(factor) or 1}"{constant}/>'
    return references


def _list(kind: str, items: str) -> str:
    return f"<listOf{kind}>{items}</listOf{kind}>\n" if items else ""


def _attribute(name: str, value: float | None) -> str:
    return "" if value is None else f' {name}="{value!r}"'


EVENT = (
    '<event id="dose" useValuesFromTriggerTime="true"><trigger initialValue="true" persistent="true">'
    f"{math('time > 3')}</trigger></event>\n"
)
