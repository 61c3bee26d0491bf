"""Bands: the box of one protein in each lane, following tilt and smile, and what stands close to it.

A lane's own peak decides where its box is only if it lies on the curve that the other lanes draw: a lane whose
target is gone but whose neighbour is strong must not have the neighbour taken for the target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.blot.lanes import Lanes
from avpi.blot.peaks import summits
from avpi.blot.polarity import Image
from avpi.blot.rows import SEEN_SNR, LaneProfiles, Row, find_rows
from avpi.blot.shoulders import shoulders

BOX_HEIGHTS = 3.0
"""Height of a box in band thicknesses (FWHM): a Gaussian has 99.96 % of its volume inside."""
ON_CURVE = 0.6
"""A peak farther from the row's curve than this many thicknesses belongs to another band (assumed)."""
CAPTURE = 1.2
"""First search around the expected height, in thicknesses (assumed)."""
CURVE_STIFFNESS = (0.5, 0.35)
"""Expected size (sd) of what a row bends beyond the tilt, linear and quadratic, in thicknesses at the outer
lanes (assumed)."""
STIFF_SHARE = 0.3
"""What is left of that where the loading control has already shown the smile (assumed)."""
NEIGHBOUR_REACH = 1.5 * BOX_HEIGHTS
"""Bands nearer than 1.5 box heights are neighbours that may be taken for the target; here in thicknesses."""
NEIGHBOUR_SHARE = 0.03
"""A peak weaker than this share of the strongest band of the row is no neighbour (assumed)."""
STRONG_BAND = 0.2
"""Only bands at least this strong, compared with the strongest of the row, say where they stand across the lane:
a weak one is blurred by the ends of the bands in the next lanes (assumed)."""
SURROUNDINGS = 5.5
"""Bands nearer than this many thicknesses may lie under the line that is fitted as background."""
MOST_OTHERS = 3
"""Most other bands of one lane that are fitted beside the box (assumed)."""
BOX_WIDTH_RANGE = (0.5, 0.92)
"""Narrowest and widest box, in pitches."""
BOX_WIDTH_MARGIN = 1.12
"""Box width over the measured width of the bands at a quarter of their height (assumed)."""
EDGE_LEVEL = 0.25
"""Level at which the ends of a band across the lane are taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle around one band: centre and size in pixels of the stored image; ``manual`` where a person set it."""

    x_px: float
    y_px: float
    width_px: float
    height_px: float
    manual: bool = False

    def columns(self, width: int) -> slice:
        """Return the image columns that the box covers."""
        return _span(self.x_px, self.width_px, width)

    def rows(self, height: int) -> slice:
        """Return the image rows that the box covers."""
        return _span(self.y_px, self.height_px, height)


def _span(centre: float, size: float, limit: int) -> slice:
    low = min(max(0, round(centre - size / 2)), limit - 1)
    return slice(low, max(low + 1, min(limit, round(centre + size / 2) + 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One row of bands followed through the lanes.

    Attributes
    ----------
    boxes : one for each lane, left to right.
    fwhm_px : thickness of the row's bands.
    seen : (lanes,) True where the lane has a peak of its own on the curve.
    others : for each lane, heights (image rows) of other bands that stand in the box's surroundings.
    busy : for each lane, heights (image rows) of every row of the image whose bands are not faint beside this one's.
    neighbours : offsets in pixels of other bands within ``NEIGHBOUR_REACH``, below positive; one for each side at most.
    bend_px : (lanes,) how far the row bends away from its tilt, for use on another image of the membrane.
    """

    boxes: tuple[Box, ...]
    fwhm_px: float
    seen: NDArray[np.bool_]
    others: tuple[tuple[float, ...], ...]
    busy: tuple[tuple[float, ...], ...]
    neighbours: tuple[float, ...]
    bend_px: NDArray[np.float64]


def trace_row(
    values: Image,
    lanes: Lanes,
    profiles: LaneProfiles,
    row: Row,
    *,
    bend_px: NDArray[np.float64],
    reference: NDArray[np.bool_],
) -> Trace:
    """Follow a row through the lanes and lay a box on each band.

    Parameters
    ----------
    bend_px : (lanes,) the smile that the profiles were levelled by; 0 where none is known.
    reference : (lanes,) where the band must be: these lanes draw the row's curve first.
    """
    everywhere = np.ones(lanes.x_px.size, bool)
    every = find_rows(profiles, everywhere)
    leaning = [
        *shoulders(profiles, find_rows(profiles, reference), reference),
        *shoulders(profiles, every, everywhere),
    ]
    tallest = float(row.heights.max(initial=0.0))
    strong_rows = [other for other in every if float(other.heights.max()) >= NEIGHBOUR_SHARE * tallest]
    near = ON_CURVE * row.fwhm_px
    hidden = [d for other in leaning if near < abs(d := other.y_px - row.y_px) <= SURROUNDINGS * row.fwhm_px]
    beside = np.array([*(d for other in every if abs(d := other.y_px - row.y_px) > near), *hidden])
    level, seen = _levels(profiles, row, lanes, reference, beside, stiff=bool(np.any(bend_px)))
    offset = lanes.row_offsets() + bend_px
    y = level + offset
    heights = np.array([profiles.peaks[i][int(np.clip(round(h), 0, values.shape[0] - 1))] for i, h in enumerate(level)])
    strong = seen & (heights >= STRONG_BAND * heights[seen].max(initial=0.0))
    x = _centre_across(values, lanes, y, row.fwhm_px, strong)
    width = _box_width(values, x, y, lanes.pitch_px, row.fwhm_px, strong)
    boxes = tuple(
        Box(x_px=(left + right) / 2, y_px=float(b), width_px=right - left, height_px=BOX_HEIGHTS * row.fwhm_px)
        for (left, right), b in zip(_sides(x, width), y, strict=True)
    )
    offsets = _other_bands(profiles, level, seen, row.fwhm_px, hidden)
    return Trace(
        boxes=boxes,
        fwhm_px=row.fwhm_px,
        seen=seen,
        others=tuple(tuple(float(y[i] + d) for d in own) for i, own in enumerate(offsets)),
        busy=tuple(tuple(other.y_px + float(d) for other in strong_rows) for d in offset),
        neighbours=_on_each_side(offsets, row.fwhm_px),
        bend_px=level + bend_px - float(np.mean(level + bend_px)),
    )


def _peaks(profile: NDArray[np.float64], noise: float) -> NDArray[np.int_]:
    at = summits(profile)
    return at[profile[at] > SEEN_SNR * noise]


def _levels(
    profiles: LaneProfiles,
    row: Row,
    lanes: Lanes,
    reference: NDArray[np.bool_],
    beside: NDArray[np.float64],
    *,
    stiff: bool,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the height of the row in each lane (rows turned level) and where a lane has its own peak.

    Where the loading control has shown the smile (``stiff``) the row hardly bends any more, and peaks off it
    belong to neighbours. So do peaks that lie nearer to one of the rows ``beside`` (distances) than to this one.
    """
    count = lanes.x_px.size
    peaks = [_peaks(profiles.peaks[i], float(profiles.noise[i])) for i in range(count)]
    curve = np.full(count, row.y_px)
    reach = (ON_CURVE if stiff else CAPTURE) * row.fwhm_px
    bending = tuple(s * (STIFF_SHARE if stiff else 1.0) for s in CURVE_STIFFNESS)
    for lanes_used in (reference, np.ones(count, bool), np.ones(count, bool)):
        own = np.full(count, np.nan)
        for i in np.flatnonzero(lanes_used):
            off = peaks[i] - curve[i]
            other = np.abs(off[:, None] - beside[None, :]).min(axis=1, initial=np.inf)
            near = peaks[i][np.abs(off) <= np.minimum(reach, other)]
            if near.size:
                own[i] = near[np.argmax(_nearness(near - curve[i], reach) * profiles.peaks[i][near])]
        if np.isfinite(own).any():
            weight = np.array([profiles.peaks[i][int(y)] if np.isfinite(y) else 0.0 for i, y in enumerate(own)])
            weight = np.where(reference, np.maximum(weight, weight.max()), weight)
            curve = _curve(own, weight, curve, lanes, row.fwhm_px, bending)
            reach = ON_CURVE * row.fwhm_px if lanes_used.all() else reach
    half_way = 0.5 * float(np.abs(beside).min(initial=np.inf))
    seen = np.isfinite(own) & (np.abs(np.nan_to_num(own) - curve) <= min(ON_CURVE * row.fwhm_px, half_way))
    refined = np.array([_summit(profiles.peaks[i], int(own[i])) if seen[i] else curve[i] for i in range(count)])
    return refined, seen


def _nearness(distance: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    weight: NDArray[np.float64] = np.exp(-0.5 * (distance / (0.5 * reach)) ** 2)
    return weight


def _curve(
    own: NDArray[np.float64],
    weight: NDArray[np.float64],
    before: NDArray[np.float64],
    lanes: Lanes,
    fwhm_px: float,
    bending: tuple[float, ...],
) -> NDArray[np.float64]:
    """Return ``before`` moved and bent towards the lanes' own peaks, stiffly: few lanes cannot bend it far."""
    reach = max(float(np.ptp(lanes.x_px)) / 2, 1.0)
    u = (lanes.x_px - lanes.centre_px) / reach
    terms = np.stack([np.ones_like(u), u, u**2 - float(np.mean(u**2))], axis=1)
    found = np.isfinite(own)
    # Strong lanes count more, but not in proportion: a weight of the square root.
    w = np.sqrt(weight[found] / weight[found].max())
    residual = own[found] - before[found]
    error = 0.15 * fwhm_px
    for _ in range(3):
        a = terms[found] * w[:, None] / error
        prior = np.diag([1e-6, *(1 / (s * fwhm_px) ** 2 for s in bending)])
        solved = np.linalg.solve(a.T @ a + prior, a.T @ (residual * w / error))
        off = np.abs(residual - terms[found] @ solved) / fwhm_px
        w = np.sqrt(weight[found] / weight[found].max()) * np.where(off < ON_CURVE, 1.0, 0.1)
    moved: NDArray[np.float64] = before + terms @ solved
    return moved


def _summit(profile: NDArray[np.float64], at: int) -> float:
    """Return the height of a peak between pixels, from a parabola through three values."""
    if not 0 < at < profile.size - 1:
        return float(at)
    before, here, after = profile[at - 1 : at + 2]
    bend = before - 2 * here + after
    return at + float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else float(at)


def _across(
    values: Image, x: float, y: float, pitch: float, fwhm_px: float
) -> tuple[NDArray[np.int_], NDArray[np.float64]]:
    """Return columns around a lane and the band's signal in them, above rows just outside the band."""
    height, width = values.shape
    columns = np.arange(max(0, round(x - 0.6 * pitch)), min(width, round(x + 0.6 * pitch) + 1))
    core = _span(y, 1.2 * fwhm_px, height)
    sides = [_span(y + s * 1.6 * fwhm_px, 0.6 * fwhm_px, height) for s in (-1, 1)]
    beside = [values[s, columns[0] : columns[-1] + 1].mean(axis=0) for s in sides]
    signal = values[core, columns[0] : columns[-1] + 1].mean(axis=0) - np.minimum(*beside)
    return columns, np.convolve(np.pad(signal, 1, mode="edge"), np.ones(3) / 3, mode="valid")


def _ends(columns: NDArray[np.int_], signal: NDArray[np.float64], x: float) -> tuple[float, float] | None:
    """Return where a band ends on both sides at ``EDGE_LEVEL``, or None where no end is seen."""
    top = float(np.percentile(signal, 85))
    if top <= 0:
        return None
    level = EDGE_LEVEL * top
    middle = int(np.argmin(np.abs(columns - x)))
    if signal[middle] <= level:
        return None
    left = middle
    while left > 0 and signal[left - 1] > level:
        left -= 1
    right = middle
    while right < columns.size - 1 and signal[right + 1] > level:
        right += 1
    return float(columns[left]), float(columns[right])


def _centre_across(
    values: Image, lanes: Lanes, y: NDArray[np.float64], fwhm_px: float, seen: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the lanes' centres at the row, each moved to the middle of its own band where one is seen."""
    at = lanes.x_px + lanes.front.lean * (y - lanes.y0_px)
    shift = np.full(at.size, np.nan)
    for i in np.flatnonzero(seen):
        ends = _ends(*_across(values, float(at[i]), float(y[i]), lanes.pitch_px, fwhm_px), float(at[i]))
        if ends is not None:
            shift[i] = np.clip((ends[0] + ends[1]) / 2 - at[i], -0.2 * lanes.pitch_px, 0.2 * lanes.pitch_px)
    common = float(np.nanmedian(shift)) if np.isfinite(shift).any() else 0.0
    # Lanes without a band move with the others; a band's own middle is believed to a tenth of the pitch.
    close = np.clip(shift, common - 0.1 * lanes.pitch_px, common + 0.1 * lanes.pitch_px)
    moved: NDArray[np.float64] = at + np.where(np.isfinite(shift), close, common)
    return moved


def _box_width(
    values: Image, x: NDArray[np.float64], y: NDArray[np.float64], pitch: float, fwhm_px: float, seen: NDArray[np.bool_]
) -> float:
    """Return one width for all boxes of a row: that of its bands, which must not reach into the next lane."""
    widths = []
    for i in np.flatnonzero(seen):
        ends = _ends(*_across(values, float(x[i]), float(y[i]), pitch, fwhm_px), float(x[i]))
        if ends is not None:
            widths.append(ends[1] - ends[0] + 1)
    wanted = BOX_WIDTH_MARGIN * float(np.percentile(widths, 75)) if widths else 0.8 * pitch
    return float(np.clip(wanted, BOX_WIDTH_RANGE[0] * pitch, BOX_WIDTH_RANGE[1] * pitch))


def _sides(x: NDArray[np.float64], width: float) -> list[tuple[float, float]]:
    """Return left and right side of each box; boxes that would overlap end half-way between their lanes."""
    left, right = x - width / 2, x + width / 2
    if x.size > 1:
        between = (x[:-1] + x[1:]) / 2
        left[1:] = np.maximum(left[1:], between + 0.5)
        right[:-1] = np.minimum(right[:-1], between - 0.5)
    return [(float(a), float(b)) for a, b in zip(left, right, strict=True)]


def _other_bands(
    profiles: LaneProfiles, level: NDArray[np.float64], seen: NDArray[np.bool_], fwhm_px: float, hidden: list[float]
) -> list[list[float]]:
    """Return for each lane the offsets of the bands around its box, those seen in other lanes included.

    A neighbour that one lane shows as a peak may be a shoulder in the next: its usual offset is then given. So is
    that of a row which shows in no lane but as a shoulder (``hidden``).
    """
    strongest = max((float(profiles.peaks[i][round(level[i])]) for i in np.flatnonzero(seen)), default=0.0)
    own = [
        _offsets_in_lane(profile, float(profiles.noise[i]), float(level[i]), fwhm_px, NEIGHBOUR_SHARE * strongest)
        for i, profile in enumerate(profiles.peaks)
    ]
    usual = (*_on_each_side(own, fwhm_px), *hidden)
    for offsets in own:
        offsets.extend(d for d in usual if not any(abs(d - o) < ON_CURVE * fwhm_px for o in offsets))
    return own


def _offsets_in_lane(
    profile: NDArray[np.float64], noise: float, level: float, fwhm_px: float, least: float
) -> list[float]:
    """Return the offsets of at most ``MOST_OTHERS`` peaks, the strongest, around a height."""
    found: list[tuple[float, float]] = []
    here = int(np.clip(round(level), 0, profile.size - 1))
    for at in _peaks(profile, noise):
        offset = _summit(profile, int(at)) - level
        if not ON_CURVE * fwhm_px < abs(offset) <= SURROUNDINGS * fwhm_px or profile[at] < least:
            continue
        between = profile[min(at, here) : max(at, here) + 1]
        # A dip between the two, or the flank of the band itself would count.
        if profile[at] - float(between.min()) > SEEN_SNR * noise and profile[at] > 1.05 * float(between.min()):
            found.append((float(profile[at]), offset))
    found.sort(reverse=True)
    kept: list[float] = []
    for _, offset in found:
        if len(kept) < MOST_OTHERS and all(abs(offset - o) > ON_CURVE * fwhm_px for o in kept):
            kept.append(offset)
    return kept


def _on_each_side(offsets: list[list[float]], fwhm_px: float) -> tuple[float, ...]:
    """Return the usual offset of the nearest neighbour above and below, where any lane has one."""
    sides = []
    for sign in (-1, 1):
        nearest = [
            min((d for d in own if 0 < sign * d <= NEIGHBOUR_REACH * fwhm_px), key=abs, default=None) for own in offsets
        ]
        present = [d for d in nearest if d is not None]
        if present:
            sides.append(float(np.median(present)))
    return tuple(sides)


def moved_by_hand(box: Box, wanted: Mapping[str, Any]) -> Box:
    """Return a box with the numbers that a person set.

    Raises
    ------
    ValueError
        If a key is unknown or a value is no finite number.
    """
    known = ("x_px", "y_px", "width_px", "height_px")
    for key, value in wanted.items():
        if key not in known:
            message = f"'{key}' is not one of {', '.join(known)}"
            raise ValueError(message)
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            message = f"'{key}' is '{value}', not a number of pixels"
            raise ValueError(message)
    if wanted.get("width_px", 1) <= 0 or wanted.get("height_px", 1) <= 0:
        message = "a box has no positive width and height"
        raise ValueError(message)
    return replace(box, **{key: float(value) for key, value in wanted.items()}, manual=True)
