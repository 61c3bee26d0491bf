"""What an FCS file holds, as JSON: version, channels, sums, and what was odd."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.readings import CellEvents

_BLOCK = 65_536  # events that are summed at once, so that a mapped file needs no second copy


def events_to_json(events: CellEvents) -> dict[str, Any]:
    """Return JSON-ready values; a sum over events that are not all finite numbers is None.

    ``amplification`` is ``[decades, value at zero]``, ``[0, 0]`` for a linear channel; ``sums`` are of the values as
    stored, in the order of the channels.
    """
    return {
        "version": events.version,
        "events": len(events.stored),
        "channels": [
            {
                "name": channel.name,
                "stain": channel.stain,
                "bits": channel.bits,
                "amplification": list(channel.amplification),
            }
            for channel in events.channels
        ],
        "sums": [float(total) if math.isfinite(total) else None for total in channel_sums(events)],
        "caveats": [{"code": caveat.code, "text": caveat.text} for caveat in events.caveats],
    }


def channel_sums(events: CellEvents) -> NDArray[np.float64]:
    """Return the sum of each channel's stored values (channels,)."""
    blocks = range(0, len(events.stored), _BLOCK)
    with np.errstate(invalid="ignore", over="ignore"):
        parts = [events.stored[i : i + _BLOCK].astype(np.float64).sum(axis=0) for i in blocks]
    return np.sum(parts, axis=0) if parts else np.zeros(len(events.channels))
