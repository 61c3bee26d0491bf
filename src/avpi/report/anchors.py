"""Where each part of a study stands in the report: one anchor a blot, plate or sample, also its figures' file name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from avpi.report.words import slug
from avpi.result import Result
from avpi.verdict.results import Effect

MOST_LINKS = 6
"""Parts linked from one row of the numbers table; a study with more is served by the section link (assumed)."""


def anchors(result: Result) -> dict[str, str]:
    """Return part name -> anchor, unique even where two names differ only in signs that an anchor cannot carry."""
    parts = [*result.blots, *result.plates, *result.samples, *result.failed]
    found: dict[str, str] = {}
    for part in parts:
        base = slug(part.name)
        taken = set(found.values())
        numbered = (base if i == 1 else f"{base}-{i}" for i in range(1, len(parts) + 2))
        found.setdefault(part.name, next(name for name in numbered if name not in taken))
    return found


def evidence_links(effect: Effect, result: Result, where: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (words, anchor) of what an effect was read from: the parts its source names, else its section."""
    named = [part for part in where if re.search(rf"(?<![\w-]){re.escape(part)}(?![\w-])", effect.source)]
    if named:
        return [(part, f"part-{where[part]}") for part in named[:MOST_LINKS]]
    sections = (
        ("blot", "blots", result.blots),
        ("plate", "plates", result.plates),
        ("flow", "samples", result.samples),
    )
    source = effect.source.lower()
    return [(anchor, anchor) for word, anchor, parts in sections if parts and word in source]
