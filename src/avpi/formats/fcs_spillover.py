"""The spillover matrix that an FCS file carries: ``$SPILLOVER`` (3.1), ``SPILL`` (BD), ``$COMP`` (3.0)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from avpi.estimate import Caveat
from avpi.formats.fcs_text import whole_number

_KEYWORDS = ("$SPILLOVER", "SPILLOVER", "SPILL", "$SPILL", "$COMP")
_MAX_DETECTORS = 2_000  # assumed: spectral instruments have about 200

Spillover = tuple[tuple[str, ...], NDArray[np.float64]]


def read_spillover(text: Mapping[str, str], names: Sequence[str]) -> tuple[Spillover | None, list[Caveat]]:
    """Return detector names and matrix (a row for each fluorochrome), or None.

    ``$COMP`` names no detectors: its n rows are those of the file's first n channels. A matrix that cannot be
    read, is not finite, or names unknown channels is left out with a caveat.
    """
    keyword = next((key for key in _KEYWORDS if text.get(key)), None)
    if keyword is None:
        return None, []
    parts = [part.strip() for part in text[keyword].split(",")]
    size = whole_number(parts[0])
    if size is None or not 1 <= size <= _MAX_DETECTORS:
        return None, [_left_out(keyword, f"'{parts[0][:20]}' is no number of detectors")]
    named = 0 if keyword == "$COMP" else size
    if len(parts) != 1 + named + size * size:
        return None, [_left_out(keyword, f"{len(parts):,} entries do not make {size} detectors and their matrix")]
    detectors = tuple(names[:size]) if keyword == "$COMP" else tuple(parts[1 : 1 + size])
    twice = next((name for name in detectors if detectors.count(name) > 1), None)
    if twice is not None:
        return None, [_left_out(keyword, f"'{twice[:40]}' stands in it more than once")]
    unknown = [name for name in detectors if name not in names]
    if unknown or len(detectors) < size:
        return None, [_left_out(keyword, f"'{(unknown or ['?'])[0][:40]}' is no channel of the file")]
    try:
        matrix = np.array([float(part) for part in parts[1 + named :]]).reshape(size, size)
    except ValueError:
        return None, [_left_out(keyword, "an entry is no number")]
    if not np.isfinite(matrix).all():
        return None, [_left_out(keyword, "an entry is not finite")]
    return (detectors, matrix), []


def _left_out(keyword: str, why: str) -> Caveat:
    return Caveat(code="spillover_unreadable", text=f"The matrix in '{keyword}' was left out: {why}.")
