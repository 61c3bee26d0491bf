"""The simulated truths of the demonstration studies, as they were frozen in ``truths.yaml``: read and written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from avpi.virtual_lab.design import TIME_COURSE, time_course
from avpi.virtual_lab.truth import BlotTruth, CellsTruth, Deaths, Quadrants

FILE = "truths.yaml"
DECIMALS = 4
"""Decimals of a frozen value: a hundredth of what any instrument tells apart."""
WIDTH = 118
COMMAND = "python -m avpi.virtual_lab.refresh_truths"
"""What writes the file."""
HEAD = f"""\
# What is true in the demonstration studies, simulated by the pathway model. Do not edit: after a change of the model or
# of demonstrations.yaml let it be written anew,
#
#     {COMMAND}
#
#   model        fingerprint of the model and of all that was asked of it
#   deaths       share of cells that died in a condition, then shares of apoptosis, necroptosis and lysis among them
#   alone        viability of cells that do not share what they secrete; tnf_blocked: with anti-TNF
#   ciap1        fraction of vehicle in lanes 0 min (vehicle), 15 min, 30 min, 1 h, 4 h, 24 h
#   ciap2        the band just below it, fraction of the vehicle's cIAP1
#   viability    fraction of vehicle by ATP
#   dead_cells   shares that are Annexin V+ PI-, Annexin V+ PI+ and Annexin V- PI+; the rest lives

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """Simulated cells of one demonstration study.

    Attributes
    ----------
    model : fingerprint of what they were simulated with.
    days : one for each experiment that may be asked for.
    deaths, alone, tnf_blocked : as :class:`avpi.virtual_lab.truth.Mechanism` has them, over all days.
    """

    model: str
    days: tuple[CellsTruth, ...]
    deaths: Mapping[str, Deaths]
    alone: Mapping[str, float]
    tnf_blocked: Mapping[str, float]


@cache
def frozen_truths() -> Mapping[str, Frozen]:
    """Return the studies of ``truths.yaml`` by name."""
    return read_frozen(files("avpi.virtual_lab").joinpath(FILE).read_text("utf-8"))


def read_frozen(text: str) -> Mapping[str, Frozen]:
    """Read what :func:`write_frozen` wrote."""
    loaded: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)
    return {name: _frozen(entry) for name, entry in loaded.items()}


def write_frozen(studies: Mapping[str, Frozen]) -> str:
    """Return the text of ``truths.yaml``."""
    loaded = {name: _entry(frozen) for name, frozen in studies.items()}
    body: str = yaml.safe_dump(loaded, sort_keys=False, default_flow_style=None, width=WIDTH)
    return HEAD + body


def _frozen(entry: Mapping[str, Any]) -> Frozen:
    names = ("dead", "apoptosis", "necroptosis", "lysis")
    return Frozen(
        model=entry["model"],
        days=tuple(_day(day) for day in entry["days"]),
        deaths={label: Deaths(**dict(zip(names, map(float, x), strict=True))) for label, x in entry["deaths"].items()},
        alone={label: float(value) for label, value in entry["alone"].items()},
        tnf_blocked={label: float(value) for label, value in entry["tnf_blocked"].items()},
    )


def _day(entry: Mapping[str, Any]) -> CellsTruth:
    ciap1, ciap2 = (tuple(float(x) for x in entry[probe]) for probe in ("ciap1", "ciap2"))
    return CellsTruth(
        blots={TIME_COURSE: BlotTruth(lanes=time_course(), ciap1=ciap1, ciap2=ciap2)},
        viability={label: float(value) for label, value in entry["viability"].items()},
        quadrants={label: _quadrants(*map(float, dead)) for label, dead in entry["dead_cells"].items()},
    )


def _quadrants(early: float, late: float, pi_only: float) -> Quadrants:
    return Quadrants(
        live=max(1 - early - late - pi_only, 0.0),
        annexin_positive_pi_negative=early,
        annexin_positive_pi_positive=late,
        annexin_negative_pi_positive=pi_only,
    )


def _entry(frozen: Frozen) -> dict[str, Any]:
    return {
        "model": frozen.model,
        "deaths": {
            label: _rounded([d.dead, d.apoptosis, d.necroptosis, d.lysis]) for label, d in frozen.deaths.items()
        },
        "alone": _rounded_values(frozen.alone),
        "tnf_blocked": _rounded_values(frozen.tnf_blocked),
        "days": [_day_entry(day) for day in frozen.days],
    }


def _day_entry(day: CellsTruth) -> dict[str, Any]:
    blot = day.blots[TIME_COURSE]
    return {
        "ciap1": _rounded(blot.ciap1),
        "ciap2": _rounded(blot.ciap2 or ()),
        "viability": _rounded_values(day.viability),
        "dead_cells": {label: _rounded(shares.shares[1:]) for label, shares in day.quadrants.items()},
    }


def _rounded_values(values: Mapping[str, float]) -> dict[str, float]:
    return {label: round(float(value), DECIMALS) for label, value in values.items()}


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(float(value), DECIMALS) for value in values]
