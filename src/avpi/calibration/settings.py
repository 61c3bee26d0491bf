"""What makes two calibrations the same one: options, facts, the model, and the version of avpi."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from avpi.calibration.chosen import Free
from avpi.facts.schema import FactsFile
from avpi.network.sbml import sbml_text
from avpi.network.variants import Variant


def without_panels(facts: FactsFile) -> tuple[str, ...]:
    """Return the ids of the facts that need no panel of lines, each of which costs as much as many other facts."""
    return tuple(fact.id for fact in facts.facts if all(arm.panel is None for _, arm in fact.arms))


def calibration_settings(
    free: Sequence[Free], facts: FactsFile, variant: Variant, *, particles: int, cells: int, seed: int
) -> dict[str, Any]:
    """Return what a calibration is; the number of generations and of threads is no part of it."""
    return {
        "calculation": "calibration",
        **_ground(facts, cells, seed),
        "variant": variant.label,
        "particles": particles,
        "parameters": {one.name: [one.shipped, one.low, one.high] for one in free},
    }


def ensemble_settings(facts: FactsFile, values: Mapping[str, float], *, cells: int, seed: int) -> dict[str, Any]:
    """Return what a comparison of variants is."""
    return {"calculation": "variants", **_ground(facts, cells, seed), "values": dict(values)}


def _ground(facts: FactsFile, cells: int, seed: int) -> dict[str, Any]:
    return {
        "avpi": version("avpi"),
        "model": _model_hash(),
        "facts": [fact.id for fact in facts.facts],
        "facts_sha256": hashlib.sha256(repr(facts.facts).encode()).hexdigest(),
        "cells": cells,
        "seed": seed,
    }


def _model_hash() -> str:
    """Return the sha256 of the equations, the parameters, the lines and the compounds."""
    network = files("avpi.network")
    declared = [*network.iterdir(), *network.joinpath("lines").iterdir()]
    texts = [f.read_text("utf-8") for f in sorted(declared, key=lambda f: f.name) if f.name.endswith(".yaml")]
    return hashlib.sha256("\n".join([sbml_text(), *texts]).encode()).hexdigest()
