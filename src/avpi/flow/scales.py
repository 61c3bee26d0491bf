"""Channel values to linear intensities, and to the logicle scale on which populations are seen and drawn.

Stored values become intensities by ``$PnE`` (logarithmic amplifiers of older instruments) and ``$PnG`` (gain).
The logicle scale is linear around zero and logarithmic above, so that compensated values below zero are seen:
Parks, Roederer, Moore 2006, Cytometry A 69A:541-551. It is computed by FlowUtils.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flowutils import transforms
from numpy.typing import NDArray

from avpi.readings import CellEvents, Channel

DECADES = 4.5  # M of the logicle scale, the usual choice for instruments of 18 bits (Parks et al. 2006)
_NEGATIVE_PERCENTILE = 5.0  # of the negative values: sets the linear width W (Parks et al. 2006, equation 5)
_LEAST_WIDTH = 0.1  # decades; at W = 0 FlowUtils 1.2 gives logarithms of -200 for the smallest positive numbers
_LARGEST_WIDTH = 0.4 * DECADES  # W has to stay below M / 2, and a scale that is linear throughout shows nothing


def scaled(events: CellEvents) -> NDArray[np.float64]:
    """Return linear intensities (n, channels): log amplification undone, gain divided out.

    A logarithmic channel of range ``R`` with ``$PnE`` (decades, start) holds ``start * 10**(decades * x / R)``; a
    start of 0 is read as 1, as the standard asks of readers. Amplification applies to integers only: float data
    are linear by definition (FCS 3.1). Gain applies to linear channels except time.
    """
    return scaled_rows(events.stored, events.channels)


def scaled_rows(stored: NDArray[Any], channels: Sequence[Channel]) -> NDArray[np.float64]:
    """Return stored events (n, channels), all or some, as linear intensities; see :func:`scaled`."""
    # Absurd keywords give infinities or no number, which the gates leave out.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        linear = np.array(stored, dtype=np.float64)
        for i, channel in enumerate(channels):
            decades, start = _amplification(channel)
            if decades > 0:
                linear[:, i] = (start or 1.0) * 10.0 ** (decades * linear[:, i] / channel.range)
            elif _has_gain(channel):
                linear[:, i] /= channel.gain
    return linear


def is_as_stored(events: CellEvents) -> bool:
    """Return True if stored values are linear intensities already."""
    return not any(_amplification(channel)[0] > 0 or _has_gain(channel) for channel in events.channels)


def top_of_scale(events: CellEvents, column: int) -> float:
    """Return the linear intensity at the end of a channel's range; 0 where ``$PnR`` does not tell."""
    channel = events.channels[column]
    decades, start = _amplification(channel)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        top = (start or 1.0) * np.float64(10.0) ** decades if decades > 0 else np.float64(channel.range) / channel.gain
    return float(top) if np.isfinite(top) else 0.0


def _amplification(channel: Channel) -> tuple[float, float]:
    return channel.amplification if channel.integer and channel.range > 0 else (0.0, 0.0)


def _has_gain(channel: Channel) -> bool:
    return channel.gain != 1.0 and channel.name.strip().lower() != "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logicle:
    """A logicle scale in decades: ``top`` (T) lies at ``DECADES``; ``width`` (W) decades around zero are linear."""

    top: float
    width: float

    def apply(self, linear: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return intensities on the scale, in decades."""
        flat = np.ascontiguousarray(np.ravel(linear), dtype=np.float64)
        on_scale = transforms.logicle(flat, None, t=self.top, m=DECADES, w=self.width, a=0)
        return np.asarray(on_scale, dtype=np.float64).reshape(np.shape(linear)) * DECADES

    def inverse(self, decades: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return places on the scale as intensities."""
        flat = np.ascontiguousarray(np.ravel(decades), dtype=np.float64) / DECADES
        linear = transforms.logicle_inverse(flat, None, t=self.top, m=DECADES, w=self.width, a=0)
        return np.asarray(linear, dtype=np.float64).reshape(np.shape(decades))

    def __str__(self) -> str:
        return f"logicle, T {self.top:.6g}, W {self.width:.2f}, M {DECADES:g}"


def logicle_for(linear: NDArray[np.float64], *, top: float = 0.0) -> Logicle:
    """Return the scale that shows these intensities: its linear part covers the spread below zero.

    ``W = (M - log10(T / |r|)) / 2`` with ``r`` the 5th percentile of the negative values.
    """
    largest = float(linear.max()) if linear.size else 1.0
    top = max(top, largest, 1.0)
    negative = linear[linear < 0]
    if not negative.size:
        return Logicle(top=top, width=_LEAST_WIDTH)
    reference = abs(float(np.percentile(negative, _NEGATIVE_PERCENTILE)))
    width = (DECADES - math.log10(top / reference)) / 2 if reference > 0 else 0.0
    return Logicle(top=top, width=float(np.clip(width, _LEAST_WIDTH, _LARGEST_WIDTH)))
