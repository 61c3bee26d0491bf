"""Cell lines as data: what differs from the pathway's own parameters, each difference with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from avpi.names import normal_form


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A cell line.

    Attributes
    ----------
    name : as its repository spells it; ``aliases`` : other spellings.
    what : tissue and what it is used for.
    parameters : name -> value where the line differs from ``parameters.yaml``.
    reasons : name -> why.
    doubling_hours : of untreated cells; infinite where they do not divide.
    arrest : share of their growth that a Smac mimetic stops at full occupancy of cIAP1.
    """

    name: str
    what: str
    parameters: Mapping[str, float]
    reasons: Mapping[str, str]
    aliases: tuple[str, ...] = ()
    doubling_hours: float = 24.0
    arrest: float = 0.0


@cache
def lines() -> Mapping[str, Line]:
    """Return every line by name, in alphabetical order."""
    folder = files("avpi.network").joinpath("lines")
    found = [_line(yaml.safe_load(f.read_text("utf-8"))) for f in folder.iterdir() if f.name.endswith(".yaml")]
    return {line.name: line for line in sorted(found, key=lambda line: line.name.lower())}


def find_line(word: str) -> Line | None:
    """Return a line by its name or an alias, whatever its case; None where there is none."""
    return _spellings().get(normal_form(word))


@cache
def _spellings() -> Mapping[str, Line]:
    return {normal_form(spelling): line for line in lines().values() for spelling in (line.name, *line.aliases)}


def _line(entry: Mapping[str, Any]) -> Line:
    differences: Mapping[str, Mapping[str, Any]] = entry.get("parameters") or {}
    return Line(
        name=entry["name"],
        what=entry["what"],
        aliases=tuple(str(alias) for alias in entry.get("aliases", ())),
        parameters={name: float(own["value"]) for name, own in differences.items()},
        reasons={name: own["reason"] for name, own in differences.items()},
        doubling_hours=float(entry.get("doubling_hours", 24.0)),
        arrest=float(entry.get("arrest", 0.0)),
    )
