"""The parameters of the pathway: ``parameters.yaml`` as frozen types, and what a change of a protein does to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One number of the model.

    Attributes
    ----------
    name : as in formulas.
    value : in ``unit``.
    low, high : range that the literature or judgement leaves; both equal to ``value`` for what is set from outside.
    what : what it is, in words.
    source : where it comes from; begins with ``assumed`` where nobody measured it.
    protein : the protein whose amount it scales with, if any.
    cv : coefficient of variation between the cells of a line; 0 where cells do not differ.
    """

    name: str
    value: float
    unit: str
    low: float
    high: float
    what: str
    source: str
    protein: str = ""
    cv: float = 0.0


@cache
def parameters() -> Mapping[str, Parameter]:
    """Return every parameter by name, in the order of the file."""
    text = files("avpi.network").joinpath("parameters.yaml").read_text("utf-8")
    modules: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)
    found = {name: _parameter(name, entry) for entries in modules.values() for name, entry in entries.items()}
    return MappingProxyType(found)


def _parameter(name: str, entry: Mapping[str, Any]) -> Parameter:
    value = float(entry["value"])
    low, high = (float(x) for x in entry.get("range", (value, value)))
    return Parameter(
        name=name,
        value=value,
        unit=entry["unit"],
        low=low,
        high=high,
        what=entry["what"],
        source=entry["source"],
        protein=entry.get("protein", ""),
        cv=float(entry.get("cv", 0.0)),
    )


@cache
def scaled_by(protein: str) -> tuple[str, ...]:
    """Return the parameters that grow with the amount of a protein."""
    return tuple(p.name for p in parameters().values() if p.protein == protein)
