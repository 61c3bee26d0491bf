"""The pathway as Antimony, the text form of SBML that people read.

Antimony (Smith 2009 Bioinformatics 25:2452) is what Tellurium reads. Modules are sections in the order of the
story: a section holds its species, what follows at once from the state, and its reactions, each after the sentence that
says why it is there.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache

from avpi.network.assemble import Pathway, pathway
from avpi.network.parameters import Parameter
from avpi.network.parts import Module, Reaction, Rule, Species
from avpi.network.sbml import CELL, UNIPROT

MODEL = "avpi_smac_mimetic_pathway"
WIDTH = 100
"""Characters of a comment's line."""


@cache
def antimony_text(values: tuple[tuple[str, float], ...] = (), about: str = "") -> str:
    """Return the pathway as Antimony, with some parameters at other values than ``parameters.yaml`` has."""
    return write_antimony_model(pathway(), dict(values), about)


def write_antimony_model(whole: Pathway, values: Mapping[str, float], about: str = "") -> str:
    """Return a pathway as Antimony.

    Parameters
    ----------
    whole : what is written.
    values : parameter -> value where it differs from the parameter's own.
    about : what these values stand for, such as a cell line; a comment at the top.
    """
    lines = [
        *_comment("Smac mimetic to cell death. Amounts are nM of a 1 pL cell, time is hours, TNF is ng/mL."),
        *_comment(f"Values of: {about}." if about else "Values of the pathway itself."),
        *_comment("Written by avpi from its own model; research use only."),
        f"model {MODEL}",
        "",
        "  unit hour = 3600 second;",
        "  unit nanomole = 1e-9 mole;",
        "  unit time_unit = hour;",
        "  unit substance = nanomole;",
        "  unit extent = nanomole;",
        f"  compartment {CELL};",
        f"  {CELL} = 1;",
    ]
    for module in whole.modules:
        lines += ["", *_section(module)]
    lines += ["", *_comment("Parameters: what they are, their unit, and where they come from.", "  ")]
    for parameter in whole.parameters.values():
        lines += _parameter(parameter, values.get(parameter.name, parameter.value))
    return "\n".join([*lines, "end", ""])


def _section(module: Module) -> Iterator[str]:
    yield f"  // ==== {module.title} ===="
    for species in module.species:
        yield from _species(species)
    for rule in module.rules:
        yield from _rule(rule)
    for reaction in module.reactions:
        yield from _reaction(reaction)


def _species(species: Species) -> Iterator[str]:
    yield f"  substanceOnly species {species.name} in {CELL};  // {species.unit}"
    yield f"  {species.name} = {species.start};"
    yield f'  {species.name} is "{_quoted(species.what)}";'
    relation = "identity" if len(species.uniprot) == 1 else "hasPart"
    for accession in species.uniprot:
        yield f'  {species.name} {relation} "{UNIPROT}{accession}";'


def _rule(rule: Rule) -> Iterator[str]:
    yield from _comment(rule.what, "  ")
    yield f"  {rule.name} := {rule.formula};"


def _reaction(reaction: Reaction) -> Iterator[str]:
    left, right = (" + ".join(side) for side in (reaction.reactants, reaction.products))
    yield from _comment(reaction.why, "  ")
    yield f"  {reaction.name}: {left} => {right}; {reaction.rate};"


def _parameter(parameter: Parameter, value: float) -> Iterator[str]:
    words = f"{parameter.what} ({parameter.unit}); {parameter.source}"
    yield f"  {parameter.name} = {exact(value)};  // {' '.join(words.split())}"


def exact(value: float) -> str:
    """Return a number in as few digits as give back the very same number."""
    if not math.isfinite(value):
        message = f"{value} is no value of a parameter"
        raise ValueError(message)
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _comment(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"{indent}// ", subsequent_indent=f"{indent}// ")


def _quoted(text: str) -> str:
    return text.replace('"', "'")
