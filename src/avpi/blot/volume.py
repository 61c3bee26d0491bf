"""The volume of a band: its signal summed over the box above the background, with error and detection limit.

The error has five parts: noise of the pixels in the box, what the background line may be off, how much boxes of
the same size vary on empty membrane of the same lanes (texture that no noise model knows), a share of the volume
for where the box was laid, and what the lanes beside it spill. A band below three standard deviations of an
empty box is not detected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avpi.blot.background import REACH, lane_opening, local_line
from avpi.blot.bands import BOX_HEIGHTS, Box, Trace
from avpi.blot.polarity import Signal

DETECTION_SDS = 3.0
"""A band is detected from this many standard deviations of an empty box on (the usual limit of detection)."""
PLACEMENT_ERROR = 0.004
"""Share of a volume that laying the box costs: ends of bands cut, lanes that lean (0.002 measured on
simulated blots, doubled because real bands are less even)."""
NEIGHBOUR_ERROR = 0.05
"""Share of a neighbour's fitted signal inside the box that may be wrong, its shape being a Gaussian's (assumed)."""
NEIGHBOUR_OUTSKIRTS = 0.005
"""Share of a neighbour's whole signal that its outskirts may put into the box or the line (measured on simulated
blots)."""
SPILL = 0.002
"""Share of a band's volume that scattered light puts into the box of the next lane (measured on simulated blots whose
bands have a halo of a tenth of their signal)."""
EMPTY_PER_LANE = 5
"""Most empty boxes measured in one lane, the nearest to the band (speed)."""
EMPTY_MINIMUM = 12
"""Fewer empty boxes than this say nothing of their spread; the noise model is then used alone (assumed)."""
METHOD = (
    "signal summed over the box above the background; detection limit: "
    f"{DETECTION_SDS:g} SD of equal boxes on empty membrane of the same lanes"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """One band's volume.

    Attributes
    ----------
    volume, se : in stored grey levels, above the local line.
    second : the same above the lane's lower envelope.
    detection_limit : volume below which nothing is claimed.
    saturated_fraction, floor_fraction : share of the box at the top of the scale, of its surroundings at zero.
    box : the box, narrowed where a neighbour stands close.
    """

    volume: float
    se: float
    second: float
    detection_limit: float
    saturated_fraction: float
    floor_fraction: float
    box: Box

    @property
    def detected(self) -> bool:
        """True where the volume exceeds its detection limit."""
        return self.volume > self.detection_limit


def measure_bands(
    signal: Signal, trace: Trace, boxes: tuple[Box, ...], others: tuple[tuple[float, ...], ...]
) -> tuple[Volume, ...]:
    """Return the volume of each box of a row.

    Parameters
    ----------
    boxes : the trace's boxes, some perhaps moved by hand.
    others : for each lane the heights (image rows) of other bands near the box.
    """
    empty = empty_box_sd(signal, trace, boxes)
    alone = [_measure(signal, trace.fwhm_px, box, near, empty) for box, near in zip(boxes, others, strict=True)]
    strengths = [0.0, *(max(volume.volume, 0.0) for volume in alone), 0.0]
    return tuple(
        _with_spill(volume, SPILL * (before + after))
        for volume, before, after in zip(alone, strengths[:-2], strengths[2:], strict=True)
    )


def _with_spill(volume: Volume, spill: float) -> Volume:
    """Return a volume that may hold a little of the bands in the lanes beside it."""
    return replace(
        volume,
        se=float(np.hypot(volume.se, spill)),
        detection_limit=float(np.hypot(volume.detection_limit, DETECTION_SDS * spill)),
    )


def _measure(signal: Signal, fwhm_px: float, laid: Box, others: tuple[float, ...], empty_sd: float) -> Volume:
    box = laid if laid.manual else cut_at_neighbours(laid, others)
    columns, rows = box.columns(signal.values.shape[1]), box.rows(signal.values.shape[0])
    strip = signal.values[:, columns]
    profile, width = strip.mean(axis=1), strip.shape[1]
    under = local_line(profile, laid.y_px, fwhm_px, laid.height_px / 2, others)
    window = slice(int(under.rows[0]), int(under.rows[-1]) + 1)
    inside = (under.rows >= rows.start) & (under.rows < rows.stop)
    above = profile[window] - under.line - under.neighbours
    # What a cut box leaves outside is added from the band's fitted shape.
    volume = width * float(above[inside].sum() + under.own[~inside].sum())
    beyond = profile[window] - lane_opening(profile, fwhm_px)[window] - under.neighbours
    second = width * float(beyond[inside].sum() + under.own[~inside].sum())
    noisy, quiet = pixel_sd(strip[rows]), pixel_sd(strip[window])
    quiet = min(noisy, quiet)
    count = width * int(inside.sum())
    line_sd = width * float(under.level_sd[inside].sum())
    neighbour_sd = width * float(
        NEIGHBOUR_ERROR * under.neighbours[inside].sum() + NEIGHBOUR_OUTSKIRTS * under.neighbours.sum()
    )
    share = float(np.sqrt(inside.sum() / max(1, round(laid.height_px))))
    zero_sd = float(np.hypot(max(np.hypot(np.sqrt(count) * quiet, line_sd), empty_sd * share), neighbour_sd))
    shot = count * (noisy**2 - quiet**2)
    return Volume(
        volume=volume,
        se=float(np.sqrt(zero_sd**2 + shot + (PLACEMENT_ERROR * volume) ** 2)),
        second=second,
        detection_limit=DETECTION_SDS * zero_sd,
        saturated_fraction=float(signal.saturated[rows, columns].mean()),
        floor_fraction=float(signal.at_floor[window, columns].mean()),
        box=box,
    )


def cut_at_neighbours(box: Box, others: tuple[float, ...]) -> Box:
    """Return the box cut half-way to the bands whose middle lies nearer than its own height."""
    low, high = box.y_px - box.height_px / 2, box.y_px + box.height_px / 2
    for y in others:
        middle = (y + box.y_px) / 2
        if y < box.y_px:
            low = max(low, middle)
        else:
            high = min(high, middle)
    return replace(box, y_px=(low + high) / 2, height_px=max(high - low, 2.0))


def pixel_sd(pixels: NDArray[np.float64]) -> float:
    """Return the noise of single pixels from second differences along rows, blind to slopes across the lane."""
    if pixels.shape[1] < 3:
        return 0.0
    second = np.diff(pixels, n=2, axis=1)
    limit = np.percentile(np.abs(second), 90)
    # The largest tenth holds the ends of the band; 0.80 is the sd of a normal cut at its 90th percentile.
    kept = second[np.abs(second) <= limit]
    return float(np.sqrt(np.mean(kept**2) / 6.0)) / 0.80 if kept.size else 0.0


def empty_box_sd(signal: Signal, trace: Trace, boxes: tuple[Box, ...]) -> float:
    """Return the robust standard deviation of boxes of the trace's size on empty membrane of its lanes; 0 if unknown.

    Each is measured as a band is, where no band reaches into the window of its background.
    """
    height, reach = BOX_HEIGHTS * trace.fwhm_px, REACH * trace.fwhm_px
    sums: list[float] = []
    for box, busy in zip(boxes, trace.busy, strict=True):
        columns = box.columns(signal.values.shape[1])
        profile = signal.values[:, columns].mean(axis=1)
        for y in _empty_heights(profile, (*busy, box.y_px), height, reach, box.y_px):
            under = local_line(profile, float(y), trace.fwhm_px, height / 2, ())
            inside = np.abs(under.rows - y) <= height / 2
            window = slice(int(under.rows[0]), int(under.rows[-1]) + 1)
            sums.append(float((profile[window] - under.line)[inside].sum()) * (columns.stop - columns.start))
    if len(sums) < EMPTY_MINIMUM:
        return 0.0
    return 1.4826 * float(np.median(np.abs(np.array(sums) - np.median(sums))))


def _empty_heights(
    profile: NDArray[np.float64], busy: tuple[float, ...], height: float, reach: float, y_px: float
) -> NDArray[np.float64]:
    """Return the heights nearest to a band at which a box and its window lie on membrane without bands."""
    at = np.arange(reach, profile.size - 1 - reach, max(2.0, height / 2))
    if not at.size:
        return at
    clear = np.abs(at[:, None] - np.array(busy)[None, :]).min(axis=1) > reach + height / 2
    # Boxes on the imager's frame, far darker than the membrane around the bands, are no membrane.
    around = [profile[max(0, int(y - height)) : int(y + height) + 1] for y in busy]
    level = float(np.median([np.percentile(part, 20) for part in around]))
    dark = np.array([float(profile[max(0, int(y - reach)) : int(y + reach) + 1].min()) for y in at])
    kept: NDArray[np.float64] = at[clear & (dark > 0.5 * level)]
    nearest: NDArray[np.float64] = kept[np.argsort(np.abs(kept - y_px), kind="stable")][:EMPTY_PER_LANE]
    return nearest
