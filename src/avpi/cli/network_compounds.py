"""What ``avpi network show compound`` says of a Smac mimetic: its numbers, and which of them nobody measured."""

from __future__ import annotations

import textwrap

from avpi.cli.network_words import WIDTH, Told, aligned
from avpi.network.pharmacology import Constant, compounds, pharmacology
from avpi.network.reagents import NANO, mimetic
from avpi.quantity import format_molar
from avpi.report.simulation_caveats import PRIOR_WORDS

NOT_MEASURED = "not measured"
PER_HOUR = " per hour"
INDENT = " " * 6


def told_compounds() -> Told:
    """Return the Smac mimetics with their valency and affinity."""
    known = [made for c in compounds().values() if c.is_mimetic and (made := pharmacology(c.name)) is not None]
    rows = [("compound", "also written", "valency", "Kd of cIAP1")]
    for one in known:
        names = ", ".join(compounds()[one.compound].names)
        rows.append((one.compound, names, one.valency, value_words(one.kd_ciap1_nM)))
    text = [*aligned(rows), "", "All numbers of one: avpi network show compound NAME"]
    return Told(tuple(text), {"compounds": [{"compound": one.compound, "valency": one.valency} for one in known]})


def told_compound(name: str) -> Told:
    """Return every number of a Smac mimetic that ``name`` names, with its range and its source."""
    own = mimetic(name)
    assert own is not None  # the caller has read the name
    valency = "assumed" if own.valency_source.startswith("assumed") else "known"
    text = [f"{own.compound}: a {own.valency} Smac mimetic ({own.valency_source})", ""]
    for key, constant in own.constants.items():
        source = constant.source.removeprefix("prior: ")
        wrapped = textwrap.wrap(source, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT, break_on_hyphens=False)
        text += [f"  {PRIOR_WORDS[key]}: {value_words(constant)}", *wrapped]
    loss = own.ciap1_loss_ic50_nM
    told = value_words(loss) if loss is not None else "not published in what was reached"
    text += [f"  dose that takes half of the cIAP1 of cells: {told}", f"{INDENT}no input: what a model must reproduce"]
    facts: dict[str, object] = {
        "compound": own.compound,
        "valency": own.valency,
        "valency_is": valency,
        "constants": {
            key: {name: getattr(constant, name) for name in ("value", "unit", "low", "high", "origin", "source")}
            for key, constant in own.constants.items()
        },
        "ciap1_loss_ic50_nM": None if loss is None else loss.value,
    }
    return Told(tuple(text), facts)


def value_words(constant: Constant) -> str:
    """Return a number with its unit; of a prior that nobody measured it, and the range that it may lie in."""
    value, low, high = (_number_words(x, constant.unit) for x in (constant.value, constant.low, constant.high))
    span = f", {low.removesuffix(PER_HOUR)} to {high}" if constant.low < constant.high else ""
    return f"{NOT_MEASURED}; prior {value}{span}" if constant.origin == "prior" else f"{value}{span}"


def _number_words(value: float, unit: str) -> str:
    rounded = float(f"{value:.3g}")
    if unit == "nM":
        return format_molar(rounded / NANO)
    return f"{rounded:g}{PER_HOUR}" if unit == "1/h" else f"{rounded:g}"
