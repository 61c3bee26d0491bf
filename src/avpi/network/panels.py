"""Lines drawn from a prior: a panel that stands for tumours rather than for one line's story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from scipy.special import ndtr

from avpi.names import loose_form
from avpi.network.lines import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How a parameter differs between the lines of a panel: log-normal, and off in a share of them."""

    median: float
    fold: float
    silent: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What the lines of a panel are drawn from."""

    name: str
    what: str
    doubling_hours: float
    spreads: Mapping[str, Spread]
    aliases: tuple[str, ...] = ()


@cache
def priors() -> Mapping[str, Prior]:
    """Return every prior over lines by name."""
    declared: Mapping[str, Any] = yaml.safe_load(files("avpi.network").joinpath("panels.yaml").read_text("utf-8"))
    return {name: _prior(name, declared) for name in declared}


def _prior(name: str, declared: Mapping[str, Any]) -> Prior:
    entry = declared[name]
    inherited = declared[entry["like"]]["parameters"] if "like" in entry else {}
    spreads = {
        parameter: Spread(
            median=float(own["median"]),
            fold=float(own["fold"]),
            silent=float(own.get("silent", 0.0)),
            reason=own["reason"],
        )
        for parameter, own in {**inherited, **entry["parameters"]}.items()
    }
    return Prior(
        name=name,
        what=entry["what"],
        doubling_hours=float(entry["doubling_hours"]),
        spreads=spreads,
        aliases=tuple(entry.get("aliases", ())),
    )


def find_prior(word: str) -> Prior | None:
    """Return a prior by its name or an alias, such as ``"tumor"``, whatever its case."""
    form = loose_form(word)
    return next((p for p in priors().values() if form in {loose_form(name) for name in (p.name, *p.aliases)}), None)


def draw_lines(prior: Prior, lines: int, seed: int) -> tuple[Line, ...]:
    """Return lines drawn from a prior; the first ones of a larger panel are those of a smaller one."""
    names = list(prior.spreads)
    random = np.random.Generator(np.random.Philox(key=seed)).standard_normal((lines, 2, len(names)))
    found = []
    for number, (amounts, switches) in enumerate(random, start=1):
        off = ndtr(switches)
        values = {
            name: 0.0 if off[i] < spread.silent else float(spread.median * spread.fold ** amounts[i])
            for i, (name, spread) in enumerate(prior.spreads.items())
        }
        found.append(
            Line(
                name=f"{prior.name}-{number}",
                what=f"line {number} drawn from the prior of {prior.what}",
                parameters=values,
                reasons={name: spread.reason for name, spread in prior.spreads.items()},
                doubling_hours=prior.doubling_hours,
            )
        )
    return tuple(found)
