"""Where each part of a study stands in the report: one anchor a blot, plate or sample, also its figures' file name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from avpi.report.words import slug
from avpi.result import Result
from avpi.verdict.results import Effect

MOST_LINKS: Final = 6
"""Parts linked from one row of the numbers table; beyond that their section is linked (assumed)."""
FROM_BLOTS: Final = ("engagement", "rebound")
FROM_SAMPLES: Final = ("death",)
"""Effects by the assay that they are read from; all others are viabilities."""


def anchors(result: Result) -> dict[str, str]:
    """Return part name -> anchor, unique even where two names differ only in signs that an anchor cannot carry."""
    names = [part.name for parts in (result.blots, result.plates, result.samples, result.failed) for part in parts]
    found: dict[str, str] = {}
    for name in names:
        base = slug(name)
        taken = set(found.values())
        numbered = (base if i == 1 else f"{base}-{i}" for i in range(1, len(names) + 2))
        found.setdefault(name, next(candidate for candidate in numbered if candidate not in taken))
    return found


def evidence_links(effect: Effect, result: Result, where: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (words, anchor) of what an effect was read from: the parts its source names, else those of its assay."""
    named = [part for part in where if re.search(rf"(?<![\w-]){re.escape(part)}(?![\w-])", effect.source)]
    section, parts = _assay(effect, result)
    if not named and effect.estimate.state != "missing":
        named = parts
    if len(named) > MOST_LINKS:
        return [(section, section)]
    return [(part, f"part-{where[part]}") for part in named]


def _assay(effect: Effect, result: Result) -> tuple[str, list[str]]:
    """Return the section of an effect's assay and the parts in it that the verdict may read."""
    kind = effect.name.split(":", 1)[0]
    if kind in FROM_BLOTS:
        return "blots", [blot.name for blot in result.blots]
    plates = [plate.name for plate in result.plates if plate.passes and not plate.time_zero]
    if kind in FROM_SAMPLES or not plates:
        return "samples", [sample.name for sample in result.samples if sample.passes]
    return "plates", plates
