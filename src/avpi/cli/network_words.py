"""What ``avpi network show`` says of a part of the model or of a line: for people, and as facts for programs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from avpi.errors import InputError, Problem, nearest_word
from avpi.names import find_protein, normal_form
from avpi.network.antimony import exact
from avpi.network.assemble import pathway
from avpi.network.lines import ARREST, DOUBLING, Line, find_line, lines
from avpi.network.parameters import Parameter
from avpi.network.parts import Module, Reaction, Rule, Species, names_in
from avpi.network.pharmacology import compounds
from avpi.network.reagents import given, mimetic, reagents_that_enter

WIDTH = 100
Part = Species | Rule | Reaction


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: lines for people, and the same as facts."""

    lines: tuple[str, ...]
    facts: Mapping[str, object]


def overview() -> Told:
    """Return what there is: modules, lines, and how much of each."""
    whole = pathway()
    rows = [("module", "title", "species", "reactions")]
    rows += [(m.name, m.title, str(len(m.species)), str(len(m.reactions))) for m in whole.modules]
    known = ", ".join(lines())
    text = [
        *aligned(rows),
        "",
        f"{len(whole.parameters)} parameters. Lines:",
        *textwrap.wrap(known, WIDTH, break_on_hyphens=False),
    ]
    mimetics = ", ".join(c.name for c in compounds().values() if c.is_mimetic)
    text += ["", "Compounds:", *textwrap.wrap(mimetics, WIDTH, break_on_hyphens=False)]
    text += ["", "Reagents:", *textwrap.wrap(", ".join(reagents_that_enter()), WIDTH, break_on_hyphens=False)]
    text += ["", "More of one: avpi network show NAME, avpi network show line | compound | reagent NAME"]
    facts = {
        "modules": [{"name": m.name, "title": m.title} for m in whole.modules],
        "parameters": list(whole.parameters),
        "lines": list(lines()),
        "compounds": [c.name for c in compounds().values() if c.is_mimetic],
        "reagents": list(reagents_that_enter()),
    }
    return Told(tuple(text), facts)


def told_lines() -> Told:
    """Return the lines with what each is."""
    rows = [("line", "what"), *((line.name, line.what) for line in lines().values())]
    text = [*aligned(rows), "", "How one differs, and why: avpi network show line NAME"]
    return Told(tuple(text), {"lines": [_line_facts(line) for line in lines().values()]})


def _line_facts(line: Line) -> dict[str, object]:
    return {"line": line.name, "what": line.what, "aliases": list(line.aliases)}


def told_line(line: Line) -> Told:
    """Return how a line differs from the model's own values, each difference with its reason."""
    known = pathway().parameters
    rows = [("parameter", "here", "else", "why")]
    rows += [(n, exact(v), exact(known[n].value), line.reasons[n]) for n, v in line.parameters.items()]
    usual = {ARREST: "0", DOUBLING: "-"}
    growth = {name: (_growth_words(name, value), line.reasons[name]) for name, value in line.growth.items()}
    rows += [(name, value, usual[name], reason) for name, (value, reason) in growth.items()]
    doubling = _growth_words(DOUBLING, line.doubling_hours)
    stops = f" A Smac mimetic stops up to {line.arrest:.0%} of its growth." if line.arrest else ""
    text = [f"{line.name}: {line.what}. Divides: {doubling}.{stops}", "", *aligned(rows)]
    facts: dict[str, object] = {
        **_line_facts(line),
        "doubling_hours": line.doubling_hours,
        "doubling_hours_reason": line.reasons.get(DOUBLING),
        "arrest": line.arrest,
        "arrest_reason": line.reasons.get(ARREST),
        "parameters": {n: {"value": v, "reason": line.reasons[n]} for n, v in line.parameters.items()},
    }
    return Told(tuple(text), facts)


def _growth_words(name: str, value: float) -> str:
    """Return a number of a line's growth: a doubling time in hours, "never" for cells that do not divide."""
    if name != DOUBLING:
        return exact(value)
    return f"{value:g} h" if value < float("inf") else "never"


def told_name(word: str) -> Told:
    """Return what a name of the model is.

    Raises
    ------
    InputError
        If the model has no such name.
    """
    whole = pathway()
    modules = {module.name: module for module in whole.modules}
    if word in modules:
        return _module(modules[word])
    if word in whole.parameters:
        return _parameter(whole.parameters[word])
    for module in whole.modules:
        for part in parts_of(module):
            if part.name == word:
                return _part(part, module)
    names = [part.name for module in whole.modules for part in parts_of(module)]
    hint = _other_kind(word) or _of_protein(word) or nearest_word(word, [*modules, *whole.parameters, *names])
    hint = hint or "'avpi network show' has the modules, and 'avpi network show ciap' what is in one"
    raise InputError(
        Problem(file="network", what=f"'{word}' is no module, parameter, species, rule or reaction", hint=hint)
    )


def _of_protein(word: str) -> str:
    """Return which names of the model are of a protein, since proteins are none of them; empty if it has none."""
    wanted = {normal_form(word), normal_form(find_protein(word) or word)}
    whole = pathway()
    found = [p.name for p in whole.parameters.values() if p.protein and normal_form(p.protein) in wanted]
    for species in (one for module in whole.modules for one in module.species):
        if wanted & {normal_form(part) for part in re.findall(r"[\w-]+", species.what)}:
            found.append(species.name)
    return f"Of {word} the model has {', '.join(dict.fromkeys(found))}" if found else ""


def _other_kind(word: str) -> str:
    """Return how to ask for a word that is a line, a compound or a reagent; empty for any other."""
    kinds = {"line": find_line, "compound": mimetic, "reagent": given}
    kind = next((kind for kind, find in kinds.items() if find(word) is not None), "")
    return f"It is a {kind}: 'avpi network show {kind} {word}'" if kind else ""


def parts_of(module: Module) -> tuple[Part, ...]:
    """Return a module's species, rules and reactions."""
    return (*module.species, *module.rules, *module.reactions)


def _module(module: Module) -> Told:
    text = [f"{module.name}: {module.title}"]
    parts: tuple[tuple[str, Sequence[Part]], ...] = (
        ("Species", module.species),
        ("At once", module.rules),
        ("Reactions", module.reactions),
    )
    for heading, found in parts:
        rows = [_row(part) for part in found]
        if rows:
            text += ["", heading]
            for part, line in zip(found, aligned(rows), strict=True):
                formula = getattr(part, "rate", getattr(part, "formula", ""))
                text += [f"  {line}", *([f"      = {formula}"] if formula else [])]
    facts = {
        "module": module.name,
        "title": module.title,
        "species": [{"name": s.name, "what": s.what, "uniprot": list(s.uniprot)} for s in module.species],
        "rules": [{"name": r.name, "formula": r.formula, "what": r.what} for r in module.rules],
        "reactions": [
            {"name": r.name, "scheme": r.scheme, "rate_per_hour": r.rate, "why": r.why} for r in module.reactions
        ],
    }
    return Told(tuple(text), facts)


def _row(part: Part) -> tuple[str, ...]:
    if isinstance(part, Reaction):
        return part.name, part.scheme, part.why
    return (part.name, part.unit, part.what) if isinstance(part, Species) else (part.name, part.what)


def _parameter(own: Parameter) -> Told:
    span = f"{exact(own.low)} to {exact(own.high)}" if own.low < own.high else "none: set from outside or by definition"
    differs = {line.name: line.parameters[own.name] for line in lines().values() if own.name in line.parameters}
    readers = [r.name for r in pathway().reactions if own.name in names_in(r.rate)]
    readers += [rule.name for rule in pathway().rules if own.name in names_in(rule.formula)]
    text = [
        f"{own.name}: {own.what}",
        f"  value   {exact(own.value)} {own.unit}",
        f"  range   {span}",
        f"  source  {own.source}",
        f"  used in {', '.join(readers) or 'starting amounts'}",
    ]
    if own.protein:
        text.append(f"  protein {own.protein}: grows with its amount")
    if own.cv:
        text.append(f"  cells   differ by {own.cv:.0%}")
    if differs:
        told = ", ".join(f"{name} {exact(value)}" for name, value in differs.items())
        text += textwrap.wrap(f"lines   {told}", WIDTH, initial_indent="  ", subsequent_indent="          ")
    facts = {
        "parameter": own.name,
        "value": own.value,
        "unit": own.unit,
        "low": own.low,
        "high": own.high,
        "what": own.what,
        "source": own.source,
        "protein": own.protein,
        "cv": own.cv,
        "used_in": readers,
        "lines": differs,
    }
    return Told(tuple(text), facts)


def _part(part: Part, module: Module) -> Told:
    if isinstance(part, Reaction):
        rows = [("scheme", part.scheme), ("rate per hour", part.rate), ("why", part.why)]
    elif isinstance(part, Rule):
        rows = [("formula", part.formula), ("what", part.what)]
    else:
        touching = [r for r in pathway().reactions if part.name in (*r.reactants, *r.products)]
        rows = [
            ("what", part.what),
            ("unit", part.unit),
            ("starts as", part.start),
            ("UniProt", ", ".join(part.uniprot) or "none"),
            *(("reaction", f"{r.name}: {r.scheme}") for r in touching),
        ]
    kind = type(part).__name__.lower()
    text = [f"{part.name}: a {kind} of the module {module.name}", *(f"  {line}" for line in aligned(rows))]
    facts = {"name": part.name, "kind": kind, "module": module.name} | {
        name.lower().replace(" ", "_"): value for name, value in rows if name != "reaction"
    }
    return Told(tuple(text), facts)


def aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Return rows as lines, each column as wide as its widest cell."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]
