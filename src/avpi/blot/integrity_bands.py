"""Flaws of single bands, once their boxes are known: cut by the border, or on a background cut off at zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from avpi.blot.integrity_borders import CUT_SHARE, CutBorder
from avpi.blot.integrity_levels import CLIPPED_SHARE
from avpi.blot.polarity import Signal
from avpi.estimate import Finding

TRUNCATED_SHARE = 0.25
"""Share of a box that lies beyond the border from which on nothing is measured in it, band or no band (assumed)."""
NEAR_HEIGHTS = 1.0
"""Distance of a box from a border that cuts bands, in its own height, within which it may hold another band than the
one that was meant (assumed: a doublet's distance)."""
WHOLE_LANE_PITCHES = 0.75
"""Distance of the outermost lane's middle from a border beside it, in pitches, from which on a band that this border
cuts is of a further lane: the middle of a lane stands half a pitch from its edge (arithmetic)."""
SURROUNDINGS_HEIGHTS = 1.5
"""How far above and below a box its background is looked at, in heights of the box (assumed)."""


class BoxLike(Protocol):
    """Centre and size of a box in pixels of the picture as stored."""

    @property
    def x_px(self) -> float:
        """Column of the centre."""

    @property
    def y_px(self) -> float:
        """Row of the centre."""

    @property
    def width_px(self) -> float:
        """Columns."""

    @property
    def height_px(self) -> float:
        """Rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BandFlaw:
    """What is wrong with one band, how much (a share), and the sentence that says so."""

    lane: int
    code: Literal["cut_band", "clipped_background"]
    share: float
    finding: Finding


def examine_bands(
    signal: Signal, boxes: Sequence[BoxLike], *, lanes: Sequence[int], name: str, source: str, subject: str
) -> tuple[BandFlaw, ...]:
    """Look for bands whose volume cannot be right whatever method measures it.

    Parameters
    ----------
    signal : the picture, bands upwards.
    boxes, lanes : one box for each lane, and the lanes' numbers in the study.
    name, source, subject : the protein, the picture's file and the blot, for sentences.

    Returns
    -------
    Flaws; a lane with ``cut_band`` has no volume, one with ``clipped_background`` only a lower bound.
    """
    found = []
    for box, lane in zip(boxes, lanes, strict=True):
        cut = _cut_share(signal.values, box)
        about = f"{subject}/lane{lane}"
        if cut > 0:
            text = (
                f"{name} in lane {lane} runs into the border of {source}: part of it was cropped away, so it is not "
                "measured. Use the uncropped image."
            )
            finding = Finding(code="cut_band", severity="warning", text=text, subject=about)
            found.append(BandFlaw(lane=lane, code="cut_band", share=cut, finding=finding))
        floor = _floor_share(signal.at_floor, box)
        if floor > CLIPPED_SHARE:
            text = (
                f"Around {name} in lane {lane} of {source} {floor:.0%} of the background lies at the bottom of the "
                "scale: it was cut off, and a weak band with it. Export without contrast adjustment."
            )
            finding = Finding(code="clipped_background", severity="warning", text=text, subject=about)
            found.append(BandFlaw(lane=lane, code="clipped_background", share=floor, finding=finding))
    return tuple(found)


def beside_cut_borders(
    borders: Sequence[CutBorder],
    shape: tuple[int, int],
    boxes: Sequence[BoxLike],
    *,
    lanes_x_px: NDArray[np.float64],
    pitch_px: float,
) -> str:
    """Return why no band of a row can be told from others because a border cuts bands beside it; empty where none does.

    Parameters
    ----------
    borders : that cut bands, of a picture of ``shape`` (rows, columns).
    boxes : of the row, one for each lane; ``lanes_x_px`` are the middles of all lanes.
    """
    rows, columns = shape
    for border in borders:
        if border.side in ("top", "bottom"):
            gaps = [(box.y_px if border.side == "top" else rows - 1 - box.y_px) / box.height_px - 0.5 for box in boxes]
            if gaps and float(np.median(gaps)) < NEAR_HEIGHTS:
                return f"the {border.side} border cuts bands right beside the row"
        else:
            away = float(lanes_x_px.min() if border.side == "left" else columns - 1 - lanes_x_px.max())
            if away > WHOLE_LANE_PITCHES * pitch_px:
                return f"the {border.side} border cuts a lane that was not counted, so which lane is which is open"
    return ""


def _cut_share(values: NDArray[np.float64], box: BoxLike) -> float:
    """Return how strong a band is at the border that its box touches, as a share of its peak; 0 where it is whole."""
    rows, columns = values.shape
    top, bottom = box.y_px - box.height_px / 2, box.y_px + box.height_px / 2
    left, right = box.x_px - box.width_px / 2, box.x_px + box.width_px / 2
    beyond = max(-top, bottom - (rows - 1), 0.0) / box.height_px, max(-left, right - (columns - 1), 0.0) / box.width_px
    if max(beyond) > TRUNCATED_SHARE:
        return 1.0
    if beyond[1] > 0:
        return float(beyond[1])
    if top > 1 and bottom < rows - 2:
        return 0.0
    inside = values[:, max(0, round(left)) : min(columns, round(right) + 1)].mean(axis=1)
    reach = round(2 * box.height_px)
    part = inside[: max(4, round(bottom) + reach)] if top <= 1 else inside[max(0, round(top) - reach) :]
    height = float(part.max() - part.min())
    at_border = float(part[0] if top <= 1 else part[-1]) - float(part.min())
    share = at_border / height if height > 0 else 0.0
    return share if share > CUT_SHARE else 0.0


def _floor_share(at_floor: NDArray[np.bool_], box: BoxLike) -> float:
    """Return the share of pixels at the floor above and below a box."""
    rows, columns = at_floor.shape
    half, reach = box.height_px / 2, SURROUNDINGS_HEIGHTS * box.height_px
    across = slice(max(0, round(box.x_px - box.width_px / 2)), min(columns, round(box.x_px + box.width_px / 2) + 1))
    above = at_floor[max(0, round(box.y_px - half - reach)) : max(0, round(box.y_px - half)), across]
    below = at_floor[min(rows, round(box.y_px + half) + 1) : min(rows, round(box.y_px + half + reach) + 1), across]
    around = np.concatenate([above.ravel(), below.ravel()])
    return float(around.mean()) if around.size else 0.0
