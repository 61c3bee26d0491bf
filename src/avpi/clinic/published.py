"""What was published of Smac mimetics in patients, each number with its source, nulls where none was reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFact:
    """One published number or statement.

    Attributes
    ----------
    value : as people write it; None where it was not reached. ``source`` : a key of ``sources.yaml``.
    verified : read, derived, secondary, recalled or not reached.
    """

    trial: str
    what: str
    value: str | None
    source: str
    verified: str


@cache
def published_facts() -> tuple[PublishedFact, ...]:
    """Return every fact, trial by trial."""
    read: Any = yaml.safe_load(files("avpi.clinic").joinpath("published.yaml").read_text("utf-8"))
    return tuple(_fact(own["trial"], one) for own in read for one in own["facts"])


def _fact(trial: str, one: Mapping[str, Any]) -> PublishedFact:
    value = None if one["value"] is None else str(one["value"])
    return PublishedFact(trial=trial, what=one["what"], value=value, source=one["source"], verified=one["verified"])
