"""Cell lines as data: what differs from the pathway's own parameters, each difference with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from avpi.errors import InputError, OurFault, Problem, closest
from avpi.names import loose_form, normal_form

ARREST, DOUBLING = "arrest", "doubling_hours"
"""What a line says of its growth, beside its parameters of the pathway."""
USUAL_DOUBLING_HOURS = 24.0
NO_SOURCE = "assumed: no source is recorded"
"""The reason of a doubling time that stands as a bare number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A cell line.

    Attributes
    ----------
    name : as its repository spells it; ``aliases`` : other spellings.
    what : tissue and what it is used for.
    parameters : name -> value where the line differs from ``parameters.yaml``.
    reasons : name -> why: of every parameter, and of ``arrest`` and ``doubling_hours`` where the line has its own.
    doubling_hours : of untreated cells; infinite where they do not divide.
    arrest : share of their growth that a Smac mimetic stops at full occupancy of cIAP1.
    """

    name: str
    what: str
    parameters: Mapping[str, float]
    reasons: Mapping[str, str]
    aliases: tuple[str, ...] = ()
    doubling_hours: float = USUAL_DOUBLING_HOURS
    arrest: float = 0.0

    @property
    def growth(self) -> Mapping[str, float]:
        """What the line says of its growth: ``arrest`` and ``doubling_hours``, those of them that have a reason."""
        own = {ARREST: self.arrest, DOUBLING: self.doubling_hours}
        return {name: value for name, value in own.items() if name in self.reasons}


@cache
def lines() -> Mapping[str, Line]:
    """Return every line by name, in alphabetical order."""
    folder = files("avpi.network").joinpath("lines")
    found = [_line(yaml.safe_load(f.read_text("utf-8"))) for f in folder.iterdir() if f.name.endswith(".yaml")]
    return {line.name: line for line in sorted(found, key=lambda line: line.name.lower())}


_SAID_OF_CELLS = re.compile(r"\s+(?:cells?|line|wt|wild[ -]?type|parental)$", re.IGNORECASE)
"""What may follow a line's name and makes it no other line: "HeLa cells", "Jurkat WT"."""
_SUPPLIER = re.compile(r"^NCI-?\s?(?=H\d)", re.IGNORECASE)
"""The lung lines of the NCI are written with and without it: "NCI-H460", "H460"."""


def find_line(word: str) -> Line | None:
    """Return a line by its name or an alias, whatever its case, blanks and hyphens; None where there is none.

    Raises
    ------
    InputError
        If it is no text.
    """
    given: Any = word
    if not isinstance(given, str):
        what = f"'{word}' is not the name of a line"
        raise InputError(Problem(file="line", what=what, expected="a name as text, such as 'HT-29'"))
    bare = _SUPPLIER.sub("", _SAID_OF_CELLS.sub("", word.strip()))
    for spelling in (word, bare):
        found = _spellings().get(normal_form(spelling)) or _loose_spellings().get(loose_form(spelling))
        if found is not None:
            return found
    return None


def nearest_line(word: str) -> str:
    """Return "Did you mean 'HT-29'?" with the listed name of the line that is spelled most like a word, or nothing."""
    listed = {spelling: line.name for line in lines().values() for spelling in (line.name, *line.aliases)}
    found = closest(word, listed)
    return f"Did you mean '{listed[found]}'?" if found else ""


@cache
def _loose_spellings() -> Mapping[str, Line]:
    """Return loose form -> line where that form means one line only."""
    meant: dict[str, list[Line]] = {}
    for spelling, line in _spellings().items():
        known = meant.setdefault(loose_form(spelling), [])
        if line not in known:
            known.append(line)
    return {form: found[0] for form, found in meant.items() if form and len(found) == 1}


@cache
def _spellings() -> Mapping[str, Line]:
    return {normal_form(spelling): line for line in lines().values() for spelling in (line.name, *line.aliases)}


def _line(entry: Mapping[str, Any]) -> Line:
    differences: Mapping[str, Mapping[str, Any]] = entry.get("parameters") or {}
    growth = {name: _of_growth(entry, name) for name in (ARREST, DOUBLING) if name in entry}
    return Line(
        name=entry["name"],
        what=entry["what"],
        aliases=tuple(str(alias) for alias in entry.get("aliases", ())),
        parameters={name: float(own["value"]) for name, own in differences.items()},
        reasons={name: own["reason"] for name, own in differences.items()}
        | {name: reason for name, (_, reason) in growth.items()},
        doubling_hours=growth.get(DOUBLING, (USUAL_DOUBLING_HOURS, ""))[0],
        arrest=growth.get(ARREST, (0.0, ""))[0],
    )


def _of_growth(entry: Mapping[str, Any], name: str) -> tuple[float, str]:
    """Return a number of a line's growth and its reason.

    Raises
    ------
    OurFault
        If it has none and is not the doubling time, which every line must have and few papers tell.
    """
    own = entry[name]
    if isinstance(own, Mapping):
        return float(own["value"]), str(own["reason"])
    if name == DOUBLING:
        return float(own), NO_SOURCE
    message = f"line {entry['name']}: '{name}: {own}' has no reason; write {name}: {{value: {own}, reason: why}}"
    raise OurFault(message)
