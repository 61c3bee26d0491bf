"""Rows: which heights of the membrane hold bands, and which of them is the one that was asked for.

A row is a peak of the lane profiles at the same height in several lanes, after the rows have been turned level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avpi.blot.lanes import Lanes
from avpi.blot.peaks import prominent_peaks
from avpi.blot.polarity import Image, peaks_along_columns
from avpi.errors import NotAnalysed

CORE_WIDTH = 0.5
"""Share of the pitch over which a lane's profile is averaged: inside every band, off its ends (assumed)."""
TOP_HAT_PITCHES = 0.8
"""Length of the top-hat that takes the background off a lane profile, in pitches: longer than bands are high
(assumed)."""
SEEN_SNR = 6.0
"""Height of a peak over its noise from which it is taken for a band (assumed; noise peaks reach 4-5)."""
STRONG_SHARE = 0.2
"""A row this strong compared with the strongest competes with it (assumed)."""
DIP = 0.04
"""Depth of the dip between two rows, on the square-root scale, from which they are two (assumed: two Gaussians of
equal height 1.25 FWHM apart dip by 0.15, with one ten times weaker by 0.05)."""
HINT_PITCHES = 0.4
"""How far from a row hint its band may lie, in pitches (assumed: a hint is read off by eye on one lane)."""
DOUBTFUL_HINT = 0.7
"""A hint is doubtful where the second nearest row is hardly farther away: distance ratio (assumed)."""
SURE_HINT = 1.0
"""A hint names a row from which it lies no farther than this many band thicknesses; farther rows are flagged."""
RIVAL_REACH = 0.5
"""So much farther, in thicknesses, a row may lie from the hint and still be meant if the nearest has its neighbour on
the wrong side (assumed)."""
WRONG_SIDE_COST = 0.75
"""What a neighbour on the wrong side counts against a row, in squared thicknesses from the hint: a hint nearer than a
third of a thickness to one band of a doublet wins over it (assumed)."""
FAINT_ROW_COST = 0.25
"""The same for a row far fainter than the strongest near the hint: dust, or the flank of a band (assumed)."""
NEAREST_NEIGHBOUR = 0.7
"""Bands nearer than this many thicknesses are one (assumed)."""
DECLARED_NEIGHBOUR_REACH = 4.5
"""Farthest that a declared neighbour stands from the target, in band thicknesses (assumed: 1.5 box heights, the
distance from which a band could be taken for the target)."""
DECLARED_NEIGHBOUR_SHARE = 0.1
"""Least strength of a declared neighbour in any lane, compared with the strongest row in the reference lanes
(assumed)."""
WEAK_TARGET_SHARE = 0.03
"""Least strength of a row beside its declared neighbour from which it may be the target though another row is far
stronger (assumed)."""
EDGE_SHARE = 0.03
"""Rows so near the image's upper and lower edge, as a share of its height, are edges, not bands (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneProfiles:
    """What each lane shows from top to bottom, rows turned level.

    Attributes
    ----------
    means : (lanes, rows) mean over the lane's core.
    smoothing_px : width (sd) by which ``peaks`` was smoothed.
    peaks : (lanes, rows) the same above the local background.
    noise : (lanes,) standard deviation of one value of ``means``.
    """

    means: NDArray[np.float64]
    peaks: NDArray[np.float64]
    noise: NDArray[np.float64]
    smoothing_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of bands: its height at the centre of the lanes, thickness, and the peak in each lane."""

    y_px: float
    fwhm_px: float
    heights: NDArray[np.float64]


def lane_profiles(values: Image, lanes: Lanes, bend_px: NDArray[np.float64]) -> LaneProfiles:
    """Return the profile of every lane, levelled so that a row stands at one height in all of them.

    Parameters
    ----------
    bend_px : (lanes,) how far rows stand below their tilted line in each lane (smile), 0 where unknown.
    """
    rows = np.arange(values.shape[0])
    half = max(1, round(CORE_WIDTH * lanes.pitch_px / 2))
    lean = lanes.front.lean * (rows - lanes.y0_px)
    means = np.empty((lanes.x_px.size, rows.size))
    across = np.arange(-half, half + 1)
    for i, (x, offset) in enumerate(zip(lanes.x_px, lanes.row_offsets() + bend_px, strict=True)):
        columns = np.rint(x + lean)[:, None].astype(int) + across[None, :]
        # Within a lane rows run as steeply as over the picture: levelled, two close bands stay two.
        drop = np.rint(lanes.front.below(x + across) - lanes.front.below(np.array([x]))).astype(int)
        at = np.clip(rows[:, None] + drop[None, :], 0, rows.size - 1)
        profile = values[at, np.clip(columns, 0, values.shape[1] - 1)].mean(axis=1)
        means[i] = np.interp(rows + offset, rows, profile)
    size = int(np.clip(TOP_HAT_PITCHES * lanes.pitch_px, 9, 0.8 * rows.size)) | 1
    smoothing = max(1.0, 0.02 * lanes.pitch_px)
    peaks = peaks_along_columns(gaussian_filter1d(means, smoothing, axis=1).T, size).T
    return LaneProfiles(means=means, peaks=peaks, noise=profile_noise(means), smoothing_px=smoothing)


def profile_noise(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation of single values, (lanes,), from second differences (blind to slopes and bands)."""
    second = np.diff(means, n=2, axis=1)
    spread = 1.4826 * np.median(np.abs(second), axis=1) / np.sqrt(6.0)
    floor = 1e-3 * max(float(np.ptp(means)), 1.0)
    noise: NDArray[np.float64] = np.maximum(spread, min(floor, 0.5))
    return noise


def find_rows(profiles: LaneProfiles, within: NDArray[np.bool_]) -> list[Row]:
    """Return the rows that hold a band in at least one lane, from top to bottom.

    Parameters
    ----------
    within : (lanes,) the lanes whose peaks make rows: a target that is lost with time shows its row in vehicle
        lanes, where others may show a neighbour's.
    """
    snr = profiles.peaks[within] / (SEEN_SNR * profiles.noise[within, None])
    # The square root lets weak lanes count and still shows the dip between two strong bands.
    consensus = np.sqrt(np.maximum(snr, 0)).mean(axis=0)
    height = consensus.size
    margin = max(2, int(EDGE_SHARE * height))
    rows = []
    for y, prominence in zip(*prominent_peaks(consensus, 0.02 * float(consensus.max())), strict=True):
        if not margin <= y < height - margin or prominence < DIP * consensus[y]:
            continue
        near = profiles.peaks[:, max(0, y - 3) : y + 4]
        heights = near.max(axis=1)
        if not np.any((heights > SEEN_SNR * profiles.noise) & within):
            continue
        rows.append(
            Row(y_px=float(y), fwhm_px=_thickness(profiles, int(y), np.where(within, heights, 0)), heights=heights)
        )
    return rows


def _thickness(profiles: LaneProfiles, y: int, heights: NDArray[np.float64]) -> float:
    """Return the full width at half height of a row, from the median of its stronger lanes.

    Where a stronger neighbour leaves only a flank at this height, a lane tells nothing of the row's own thickness.
    """
    strong = np.flatnonzero(heights >= 0.3 * heights.max())
    widths = [width for i in strong if (width := _full_width(profiles.peaks[i], y)) is not None]
    seen = float(np.median(widths)) if widths else 2.0
    return float(np.sqrt(max(seen**2 - (2.3548 * profiles.smoothing_px) ** 2, (0.6 * seen) ** 2, 4.0)))


def _full_width(profile: NDArray[np.float64], near: int) -> float | None:
    """Return the full width at half height of the peak nearest to the middle of a few rows; None without a peak."""
    low, high = max(0, near - 6), min(profile.size, near + 7)
    top = low + int(np.argmax(profile[low:high]))
    if 0 < top < profile.size - 1 and not profile[top - 1] <= profile[top] >= profile[top + 1]:
        return None
    half = profile[top] / 2
    sides = []
    for step in (-1, 1):
        y = top
        while 0 <= y + step < profile.size and profile[y + step] > half and profile[y + step] <= profile[top]:
            y += step
        beyond = y + step
        if 0 <= beyond < profile.size and profile[y] > profile[beyond] and profile[beyond] <= half:
            sides.append(abs(y - top) + (profile[y] - half) / (profile[y] - profile[beyond]))
        else:
            sides.append(abs(y - top) + 0.5)
    # A neighbour on one side widens that side only.
    left, right = (float(side) for side in sides)
    return 2.0 * min(left, right) if max(left, right) > 1.5 * min(left, right) else left + right


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChoice:
    """The row that is read, and why it may be the wrong one.

    Attributes
    ----------
    row : the row; its ``heights`` are 0 where a hint points at an empty height.
    automatic : no hint was given.
    rivals : heights of other rows that could have been meant.
    by_neighbours : the row was chosen because bands stand on the sides where neighbours are declared.
    far_from_hint : the hint lies more than a band thickness from the row.
    """

    row: Row
    automatic: bool
    rivals: tuple[float, ...]
    by_neighbours: bool = False
    far_from_hint: bool = False


def choose_row(
    profiles: LaneProfiles,
    lanes: Lanes,
    *,
    hint_px: float | None,
    reference: NDArray[np.bool_],
    apart_px: float | None,
    sides: frozenset[int] = frozenset(),
) -> RowChoice:
    """Return the row nearest to a hint, else one with bands on the declared sides, else the strongest.

    Parameters
    ----------
    reference : (lanes,) True where the band must be present: vehicle lanes for a target that is degraded, all lanes
        that hold sample for a loading control.
    apart_px : height of a row that is another protein's, or None.
    sides : where neighbours are declared: -1 above, 1 below. A declared side picks the row, not its strength.

    Raises
    ------
    NotAnalysed
        ``no_bands`` if no row holds a band and there is no hint.
    """
    rows = _apart(_candidates(profiles, reference), apart_px)
    if hint_px is not None:
        return _row_at_hint(rows, profiles, lanes, hint_px, sides)
    if not rows:
        why = "no row of bands was found on the image: the membrane is blank, or give 'target_row'."
        raise NotAnalysed("no_bands", why)
    strength = np.array([float(row.heights[reference].mean()) for row in rows])
    if sides:
        every = _apart(find_rows(profiles, np.ones(lanes.x_px.size, bool)), apart_px)
        return _row_by_neighbours(rows, strength, every, sides)
    best = int(np.argmax(strength))
    rivals = tuple(row.y_px for i, row in enumerate(rows) if i != best and strength[i] >= STRONG_SHARE * strength[best])
    return RowChoice(row=rows[best], automatic=True, rivals=rivals)


def _candidates(profiles: LaneProfiles, reference: NDArray[np.bool_]) -> list[Row]:
    """Return the rows that hold a band in the reference lanes, also where only other lanes tell it from the next one.

    In one or two lanes a band may be a mere shoulder of its neighbour; over all lanes their proportions differ.
    """
    rows = find_rows(profiles, reference)
    for row in find_rows(profiles, np.ones(reference.size, bool)):
        known = any(abs(row.y_px - other.y_px) < NEAREST_NEIGHBOUR * min(row.fwhm_px, other.fwhm_px) for other in rows)
        held = np.any(row.heights[reference] > SEEN_SNR * profiles.noise[reference])
        if held and not known:
            rows.append(row)
    return sorted(rows, key=lambda row: row.y_px)


def _apart(rows: list[Row], apart_px: float | None) -> list[Row]:
    return [row for row in rows if apart_px is None or abs(row.y_px - apart_px) > row.fwhm_px]


def _row_by_neighbours(
    rows: list[Row], strength: NDArray[np.float64], every: list[Row], sides: frozenset[int]
) -> RowChoice:
    """Return the row with bands on the most declared sides; others with as many, and weaker ones with more, rival it.

    A band far off says little: it picks among strong rows only, which then stay rivals.
    """
    seen = [row for row in every if float(row.heights.max()) >= DECLARED_NEIGHBOUR_SHARE * float(strength.max())]
    near, far = (
        np.array([_sides_with_a_band(row, seen, sides, reach=reach) for row in rows])
        for reach in (DECLARED_NEIGHBOUR_REACH, np.inf)
    )
    share = strength / float(strength.max())
    strong = share >= STRONG_SHARE
    found = int(near[strong].max())
    fit = near if found else far
    top = int(fit[strong].max())
    best = int(np.argmax(np.where(strong & (fit == top), strength, -np.inf)))
    rival = (strong & (near == found)) | ((near > found) & (share >= WEAK_TARGET_SHARE))
    return RowChoice(
        row=rows[best],
        automatic=True,
        rivals=tuple(row.y_px for i, row in enumerate(rows) if rival[i] and i != best),
        by_neighbours=top > 0,
    )


def _sides_with_a_band(row: Row, others: list[Row], sides: frozenset[int], *, reach: float) -> int:
    """Return on how many of the declared sides another band stands within ``reach`` thicknesses."""
    offsets = [other.y_px - row.y_px for other in others]
    return sum(
        any(NEAREST_NEIGHBOUR * row.fwhm_px < side * d <= reach * row.fwhm_px for d in offsets) for side in sides
    )


def _row_at_hint(
    rows: list[Row], profiles: LaneProfiles, lanes: Lanes, hint_px: float, sides: frozenset[int]
) -> RowChoice:
    """Return the row at a hint: the nearest, unless a declared neighbour says that the next but one band was meant.

    A hint is read off by eye, on any lane of a row that may smile, so it may lie between the bands of a doublet. The
    distance to each row decides, and to it is added a cost where no band stands on a declared side but one on the
    other. Whatever is not clear leaves the other row as a rival.
    """
    near = [row for row in rows if _from_hint(row, lanes, hint_px) <= HINT_PITCHES * lanes.pitch_px]
    if not near:
        usual = float(np.median([row.fwhm_px for row in rows])) if rows else 0.2 * lanes.pitch_px
        y = int(np.clip(round(hint_px), 0, profiles.means.shape[1] - 1))
        empty = Row(y_px=float(y), fwhm_px=usual, heights=np.zeros(lanes.x_px.size))
        return RowChoice(row=empty, automatic=False, rivals=())
    strongest = max(float(row.heights.max()) for row in near)
    every = [
        row
        for row in find_rows(profiles, np.ones(lanes.x_px.size, bool))
        if float(row.heights.max()) >= DECLARED_NEIGHBOUR_SHARE * strongest
    ]
    away = np.array([_from_hint(row, lanes, hint_px) / row.fwhm_px for row in near])
    wrong_side = np.array([_on_the_wrong_side(row, every, sides) for row in near])
    faint = np.array([float(row.heights.max()) < STRONG_SHARE * strongest for row in near])
    cost = away**2 + np.where(wrong_side, WRONG_SIDE_COST, 0.0) + np.where(faint, FAINT_ROW_COST, 0.0)
    best = int(np.argmin(cost))
    found = near[best]
    rivals = tuple(
        row.y_px
        for i, row in enumerate(near)
        if i != best
        and (
            (away[i] < away[best] and not faint[i])
            or (wrong_side[best] and away[i] <= SURE_HINT + RIVAL_REACH and not faint[i])
            or (away[best] > DOUBTFUL_HINT * away[i] and not faint[i] and not wrong_side[i])
        )
    )
    return RowChoice(row=found, automatic=False, rivals=rivals, far_from_hint=bool(away[best] > SURE_HINT))


def _from_hint(row: Row, lanes: Lanes, hint_px: float) -> float:
    """Return how far a hint lies from a row: from its height in the middle of the lanes, or from its mean height.

    In a row that smiles the two differ, and either may have been meant.
    """
    mean = row.y_px + float(lanes.row_offsets().mean())
    low, high = min(row.y_px, mean), max(row.y_px, mean)
    return max(low - hint_px, hint_px - high, 0.0)


def _on_the_wrong_side(row: Row, others: list[Row], sides: frozenset[int]) -> bool:
    """Return True where bands stand close by, but on none of the sides where a neighbour is declared."""
    if not sides:
        return False
    other_sides = frozenset({-1, 1} - sides)
    return (
        _sides_with_a_band(row, others, sides, reach=DECLARED_NEIGHBOUR_REACH) == 0
        and _sides_with_a_band(row, others, other_sides, reach=DECLARED_NEIGHBOUR_REACH) > 0
    )
