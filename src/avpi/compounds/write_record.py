"""A compound as the text of its file: always the same text for the same facts, so that a difference is a change.

What the schema takes as given (no note) is left out. A field that it asks for is written as null where it is not known:
a reader must see that somebody looked.
"""

from __future__ import annotations

from typing import Any, Final

import yaml
from pydantic import BaseModel

from avpi.compounds.schema import CompoundRecord, Sourced

WIDTH: Final = 118


def record_text(record: CompoundRecord) -> str:
    """Return the YAML text of a compound."""
    return yaml.safe_dump(_plain(record), sort_keys=False, allow_unicode=True, width=WIDTH)


def _plain(part: object) -> Any:
    if isinstance(part, BaseModel):
        fields = type(part).model_fields
        order = sorted(fields, key=lambda name: name in Sourced.model_fields)  # who says it stands behind what is said
        return {name: _plain(value) for name in order if (value := getattr(part, name)) != fields[name].get_default()}
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if isinstance(part, float) and part.is_integer():
        return int(part)
    return part
