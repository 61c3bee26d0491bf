"""Models small enough to run thousands of cells in a blink, written as SBML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Reaction = tuple[str, Sequence[str], Sequence[str], Sequence[str]]
"""Name, reactants, products, and what the rate is the product of."""

MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'


def sbml(species: Mapping[str, float], parameters: Mapping[str, float], reactions: Sequence[Reaction]) -> str:
    """A model in which everything is counted in molecules of one cell."""
    states = [
        f'<species id="{name}" name="protein {name}" compartment="cell" initialAmount="{amount}"'
        ' hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false"/>'
        for name, amount in species.items()
    ]
    constants = [f'<parameter id="{name}" value="{value}" constant="true"/>' for name, value in parameters.items()]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1">',
            '<model id="made_for_a_test">',
            "<listOfCompartments>",
            '<compartment id="cell" size="1" constant="true" spatialDimensions="3"/>',
            "</listOfCompartments>",
            *_listed("Species", states),
            *_listed("Parameters", constants),
            *_listed("Reactions", [_reaction(*reaction) for reaction in reactions]),
            "</model>",
            "</sbml>",
        ]
    )


def _listed(kind: str, items: Sequence[str]) -> list[str]:
    return [f"<listOf{kind}>", *items, f"</listOf{kind}>"]


def _reaction(name: str, reactants: Sequence[str], products: Sequence[str], factors: Sequence[str]) -> str:
    sides = [
        f"<listOf{side}>"
        + "".join(f'<speciesReference species="{one}" stoichiometry="1" constant="true"/>' for one in members)
        + f"</listOf{side}>"
        for side, members in (("Reactants", reactants), ("Products", products))
        if members
    ]
    rate = "".join(f"<ci>{factor}</ci>" for factor in factors)
    law = f"<kineticLaw><math {MATH}><apply><times/>{rate}</apply></math></kineticLaw>"
    return f'<reaction id="{name}" reversible="false" fast="false">{"".join(sides)}{law}</reaction>'


CASCADE = sbml(
    {"A": 100, "B": 0, "C": 0},
    {"k_on": 0.5, "k_cut": 0.2},
    [("r1", ["A"], ["B"], ["k_on", "A"]), ("r2", ["B"], ["C"], ["k_cut", "B"])],
)
"""A becomes B becomes C."""

EVENT = f"""<listOfEvents>
<event id="dose" useValuesFromTriggerTime="true">
<trigger initialValue="true" persistent="true"><math {MATH}><apply><geq/>
<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol><cn>1</cn></apply></math>
</trigger>
</event>
</listOfEvents>
"""

REFUSED = CASCADE.replace("</model>", EVENT + "</model>")
"""The same with an event, which the engine does not take."""

DEATH = sbml(
    {"TNF": 100, "pC8": 20_000, "C8": 0, "PARP": 1_000_000, "cPARP": 0},
    {"k_activate": 1e-3, "k_cleave": 2e-5, "k_decay": 0.1},
    [
        ("decay", ["TNF"], [], ["k_decay", "TNF"]),
        ("activation", ["pC8"], ["C8"], ["k_activate", "TNF", "pC8"]),
        ("cleavage", ["PARP"], ["cPARP"], ["k_cleave", "C8", "PARP"]),
    ],
)
"""TNF activates caspase 8, which cleaves PARP: the example of the page about simulation."""
