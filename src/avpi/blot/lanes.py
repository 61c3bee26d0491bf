"""Where the lanes are, given how many there are.

Bands that stand in the same row across the membrane are made into one profile across lanes: rows that hold
many bands weigh most, so that a ladder strip, whose bands stand in other rows, weighs little. A comb of the
declared number of teeth is laid over this profile; then each lane moves a little to where its own bands are.
Tilt is found first, as the slope that makes rows sharpest, and taken as a turn of the whole membrane.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from avpi.blot.polarity import Image, block_means, peaks_along_columns
from avpi.errors import NotAnalysed

SEARCH_PIXELS = 400_000
"""Pixels of the reduced copy on which lanes are sought (speed; bands stay several pixels thick)."""
PEAK_LENGTH_SHARE = 0.5
"""Length of the top-hat along columns, as a share of image width / lanes: bands are flatter than lanes are wide."""
NOISE_MULTIPLE = 6.0
"""Multiple of the median top-hat from which signal counts; the top-hat of noise alone has its median near 1
(assumed)."""
LOG_START_SHARE = 0.03
"""Share of the strongest peaks at which the log scale starts: weak bands count, gaps between strong ones stay
(assumed)."""
MIN_CONTRAST = 12.0
"""The strongest peaks must stand so many times above the noise for there to be bands at all (assumed)."""
LARGEST_TILT = 0.09
"""Largest slope of the rows that is sought: about 5 degrees."""
LANE_WIDTHS = (0.55, 0.75, 0.9)
"""Widths of a lane's bands as shares of the pitch that are tried."""
GUARD = 0.6
"""Width of the empty strip expected beside the outer lanes, as a share of the pitch (assumed)."""
PRIOR_PITCH_SPREAD = 0.08
"""How far the pitch may differ between two images of one membrane (camera zoom, wet membrane; 3 % seen)."""
PRIOR_SHIFT_COST = 0.04
"""Share of the score that a shift by one pitch between two images of one membrane costs: breaks ties only (assumed)."""
LEFT_OUT_COST = 0.5
"""Score that leaving all of the signal beside the comb would cost: touching bands must not be taken for narrower
lanes, and a ladder strip beside the lanes may be left out (assumed)."""
ROW_WINDOW_SHARE = 0.05
"""Width (sd) of the window around a row hint, as a share of the image height (assumed)."""
CLEARLY_BETTER = 1.15
"""A comb with another number of teeth must fit so many times better to overrule the declared number (assumed)."""
BARELY_BETTER = 1.03
"""The same for twice as many teeth (assumed)."""
FAR_BETTER = 1.25
"""The same for half as many teeth (assumed: on 60 simulated membranes 1.2 to 1.3 tell
4 lanes from 8 without a mistake)."""
COUNTS_AWAY = 4
"""How far from the declared number others are tried (speed); twice the number is tried too."""
OTHER_PITCH = 0.12
"""Difference of pitch from which two combs are not the same lanes (assumed)."""
COMB_COLUMNS, COLUMNS_PER_LANE = 256, 12
"""Columns of the profile on which combs are tried, at least so many for each lane (speed)."""
COARSE_PITCHES = 40
"""Pitches tried for each other number of lanes (speed)."""
LARGEST_JITTER = 0.22
"""How far a lane may stand off the even comb, as a share of the pitch (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """Lanes of one image, left to right as stored.

    Attributes
    ----------
    x_px : (lanes,) centres at row ``y0_px``.
    pitch_px : distance of neighbouring lanes.
    tilt : slope of the rows, pixels down a pixel to the right; lanes lean by the opposite slope.
    y0_px : row at which ``x_px`` holds.
    visible : lanes that the picture shows at this pitch, whatever was declared.
    evidence : (lanes,) 0-1, how much of a band stands where each lane should be.
    """

    x_px: NDArray[np.float64]
    pitch_px: float
    tilt: float
    y0_px: float
    visible: int
    evidence: NDArray[np.float64]

    @property
    def centre_px(self) -> float:
        """The column around which rows are taken to turn."""
        return float(self.x_px.mean())

    def x_at(self, y_px: float) -> NDArray[np.float64]:
        """Return the lanes' centres at another row."""
        return self.x_px - self.tilt * (y_px - self.y0_px)

    def row_offsets(self) -> NDArray[np.float64]:
        """Return how far each lane stands below the row's height at the centre of the lanes."""
        return self.tilt * (self.x_px - self.centre_px)


def find_lanes(
    values: Image, count: int, *, row_px: float | None = None, prior: Lanes | None = None, complete: bool = False
) -> Lanes:
    """Return where ``count`` lanes are.

    Parameters
    ----------
    values : signal with bands upwards.
    row_px : a row that holds bands, if known.
    prior : lanes of another image of the same membrane with the same number of pixels.
    complete : True where every lane must show a band, as a loading control does; then fewer lanes count too.

    Raises
    ------
    NotAnalysed
        ``lane_count`` if the image is too small for so many lanes, ``no_bands`` if nothing stands above noise.
    """
    if count * 4 > values.shape[1]:
        why = f"{count} lanes are declared but the image is only {values.shape[1]} pixels wide."
        raise NotAnalysed("lane_count", why)
    step = max(1, int(np.ceil(np.sqrt(values.size / SEARCH_PIXELS))))
    seen = visible_bands(block_means(values, step, step), count)
    tilt = _find_tilt(seen)
    row = None if row_px is None else (row_px + 0.5) / step - 0.5
    level, y_row = _straighten(seen, tilt, row)
    profile = _across(level, y_row if row is not None else None)
    coarse = max(1, profile.size // max(COMB_COLUMNS, COLUMNS_PER_LANE * count))
    narrow = block_means(profile[None, :], 1, coarse)[0]
    side = step * coarse
    start = (prior.pitch_px / side, float(prior.x_px[0]) / side) if prior is not None else None
    first, pitch, width = _fit_comb(narrow, count, start)
    first, pitch = (first + 0.5) * coarse - 0.5, pitch * coarse
    x, evidence = _settle(profile, first + pitch * np.arange(count, dtype=np.float64), pitch)
    visible = _count_visible(profile, x, pitch, evidence, width)
    if prior is None and visible == count:
        visible = _better_count(narrow, count, pitch / coarse, complete=complete)
    return Lanes(
        x_px=(x + 0.5) * step - 0.5,
        pitch_px=pitch * step,
        tilt=tilt,
        y0_px=(y_row + 0.5) * step - 0.5,
        visible=visible,
        evidence=evidence,
    )


def visible_bands(values: Image, count: int) -> Image:
    """Return what stands above the local background of its column, on a log scale that starts at the noise."""
    rows, columns = values.shape
    size = int(np.clip(PEAK_LENGTH_SHARE * columns / count, 9, 0.6 * rows)) | 1
    above = peaks_along_columns(gaussian_filter(values, (1.0, 1.5)), size)
    noise = NOISE_MULTIPLE * max(float(np.median(above[above > 0])) if np.any(above > 0) else 0.0, 1e-6)
    if float(np.percentile(above, 99.8)) < MIN_CONTRAST * noise / NOISE_MULTIPLE:
        why = "nothing on the image stands above its noise: the membrane is blank or was not exposed."
        raise NotAnalysed("no_bands", why)
    start = max(noise, LOG_START_SHARE * float(np.percentile(above, 99.5)))
    seen: Image = np.log1p(above / start)
    return seen


def _find_tilt(seen: Image) -> float:
    """Return the slope at which the rows are sharpest."""
    rows, columns = seen.shape
    strips = block_means(seen, 1, max(1, columns // 48))
    offsets = np.arange(strips.shape[1]) - (strips.shape[1] - 1) / 2
    offsets = offsets * max(1, columns // 48)
    y = np.arange(rows)

    def sharpness(slope: float) -> float:
        shifted = [np.interp(y + slope * dx, y, strips[:, i], left=0.0, right=0.0) for i, dx in enumerate(offsets)]
        return float(np.sum(np.mean(shifted, axis=0) ** 2))

    slopes = np.linspace(-LARGEST_TILT, LARGEST_TILT, 37)
    best = float(slopes[int(np.argmax([sharpness(s) for s in slopes]))])
    fine = best + np.linspace(-1, 1, 9) * (slopes[1] - slopes[0])
    return float(fine[int(np.argmax([sharpness(s) for s in fine]))])


def _straighten(seen: Image, tilt: float, row: float | None) -> tuple[Image, float]:
    """Return the picture turned level around its middle column and around the row that matters, and that row."""
    rows, columns = seen.shape
    y_row = _strongest_row(seen) if row is None else row
    y, x = np.mgrid[:rows, :columns]
    across = (columns - 1) / 2
    from_y = np.rint(y + tilt * (x - across)).astype(int)
    from_x = np.rint(x - tilt * (y - y_row)).astype(int)
    inside = (from_y >= 0) & (from_y < rows) & (from_x >= 0) & (from_x < columns)
    level = np.where(inside, seen[np.clip(from_y, 0, rows - 1), np.clip(from_x, 0, columns - 1)], 0.0)
    return level, y_row


def _strongest_row(seen: Image) -> float:
    return float(np.argmax(gaussian_filter1d(seen.mean(axis=1), 3.0)))


def _across(level: Image, row: float | None) -> NDArray[np.float64]:
    """Return one profile across lanes (columns,), scaled to a largest value of 1; rows with many bands weigh most.

    With a row hint the profile is half that row's and half the whole picture's: the target may be gone from most
    lanes, and other bands still show where they are.
    """
    rows = level.shape[0]
    strength = level.mean(axis=1)
    weight = np.maximum(strength - np.median(strength), 0) ** 2
    weights = [weight]
    if row is not None:
        weights.append(weight * np.exp(-0.5 * ((np.arange(rows) - row) / (ROW_WINDOW_SHARE * rows)) ** 2))
    profiles = [w @ level / float(w.sum()) for w in weights if float(w.sum()) > 0]
    if not profiles:
        why = "no row of bands was found on the image."
        raise NotAnalysed("no_bands", why)
    profile: NDArray[np.float64] = np.mean([p / float(p.max()) for p in profiles], axis=0)
    return profile / float(profile.max())


def _fit_comb(
    profile: NDArray[np.float64], count: int, prior: tuple[float, float] | None
) -> tuple[float, float, float]:
    """Return (first centre, pitch, width of a band as a share of the pitch) of the comb that fits best."""
    if prior is None:
        pitches = _possible_pitches(profile.size, count, 120)
    else:
        pitches = prior[0] * np.linspace(1 - PRIOR_PITCH_SPREAD, 1 + PRIOR_PITCH_SPREAD, 17)
    best = _best_comb(profile, count, prior, pitches)
    finer = best[2] * np.linspace(0.98, 1.02, 9)
    return _best_comb(profile, count, prior, finer)[1:]


def _possible_pitches(columns: int, count: int, n: int) -> NDArray[np.float64]:
    return np.geomspace(max(4.0, 0.15 * columns / count), columns / max(count - 0.35, 0.9), n)


def _better_count(profile: NDArray[np.float64], count: int, pitch: float, *, complete: bool) -> int:
    """Return the number of lanes that fits clearly better than ``count``, or ``count``.

    A comb with fewer teeth at the same pitch says only that outer lanes are empty; at another pitch it says that the
    number is wrong, if every lane should show.
    """

    def fit(n: int) -> tuple[float, float]:
        score, _, at, _ = _best_comb(profile, n, None, _possible_pitches(profile.size, n, COARSE_PITCHES), step=0.08)
        return score, at

    own, _ = fit(count)
    near = range(count - COUNTS_AWAY if complete else count + 1, count + COUNTS_AWAY + 1)
    best, found = own, count
    for n in sorted({*near, 2 * count - 1, 2 * count, 2 * count + 1}):
        if n < 2 or n == count or n * 3 > profile.size:
            continue
        score, at = fit(n)
        # Two lanes under each tooth fit nearly as well as one: twice the teeth need to be but little better, half of
        # them much.
        margin = BARELY_BETTER if n >= 2 * count - 1 else FAR_BETTER if abs(2 * n - count) <= 1 else CLEARLY_BETTER
        if score > max(best, margin * own):
            best, found = score, (n if n > count or abs(at / pitch - 1) > OTHER_PITCH else count)
    return found


def _best_comb(
    profile: NDArray[np.float64],
    count: int,
    prior: tuple[float, float] | None,
    pitches: NDArray[np.float64],
    *,
    step: float = 0.03,
) -> tuple[float, float, float, float]:
    """Return (score, first centre, pitch, width) of the best comb among some pitches."""
    columns = profile.size
    total = np.concatenate([[0.0], np.cumsum(profile)])
    best = (-np.inf, columns / 2, float(pitches[0]), LANE_WIDTHS[1])
    for width in LANE_WIDTHS:
        first, pitch = _comb_places(columns, count, width, pitches, step)
        if not first.size:
            continue
        score = _comb_score(total, first, pitch, count, width)
        if prior is not None:
            score = score - PRIOR_SHIFT_COST * np.abs(first - prior[1]) / pitch
        i = int(np.argmax(score))
        if score[i] > best[0]:
            best = (float(score[i]), float(first[i]), float(pitch[i]), width)
    return best


def _comb_places(
    columns: int, count: int, width: float, pitches: NDArray[np.float64], step: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (combs,) centres of the first tooth and pitches of every comb that lies on the image."""
    # Outer teeth may hang over the image's edge by a little.
    margin = (width / 2 - 0.08) * pitches
    stride = np.maximum(0.5, step * pitches)
    places = np.maximum(np.ceil((columns - (count - 1) * pitches - 2 * margin) / stride), 0).astype(np.int64)
    number = np.arange(places.sum()) - np.repeat(np.cumsum(places) - places, places)
    first: NDArray[np.float64] = np.repeat(margin, places) + number * np.repeat(stride, places)
    return first, np.repeat(pitches, places)


def _comb_score(
    total: NDArray[np.float64], first: NDArray[np.float64], pitch: NDArray[np.float64], count: int, width: float
) -> NDArray[np.float64]:
    """Return mean inside the teeth minus mean between and beside them, for each comb."""
    columns = total.size - 1

    def until(at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the profile up to a place between pixels."""
        whole = np.minimum(at.astype(np.int64), columns - 1)
        sums: NDArray[np.float64] = total[whole] + (at - whole) * (total[whole + 1] - total[whole])
        return sums

    def summed(low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        low, high = np.clip(low, 0, columns), np.clip(high, 0, columns)
        return until(high) - until(low), high - low

    centres = first[:, None] + pitch[:, None] * np.arange(count)[None, :]
    half = (width * pitch / 2)[:, None]
    inside, area_in = summed(centres - half + 0.5, centres + half + 0.5)
    edge = width * pitch / 2 + GUARD * pitch
    whole, area = summed(first - edge + 0.5, first + (count - 1) * pitch + edge + 0.5)
    in_sum, in_area = inside.sum(axis=1), np.maximum(area_in.sum(axis=1), 1e-9)
    out_mean = (whole - in_sum) / np.maximum(area - in_area, 1e-9)
    # A tooth that hangs over the image's edge has seen less: it counts by what it has seen.
    left_out = 1 - whole / max(float(total[-1]), 1e-9)
    score: NDArray[np.float64] = in_sum / (count * width * pitch) - out_mean - LEFT_OUT_COST * left_out
    return score


def _settle(
    profile: NDArray[np.float64], comb: NDArray[np.float64], pitch: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each lane moved to the middle of what stands there, and how much stands there."""
    moved, evidence = comb.copy(), np.zeros(comb.size)
    grid = np.arange(profile.size)
    for _ in range(2):
        for i, x in enumerate(moved):
            low, high = max(0, int(np.ceil(x - 0.55 * pitch))), min(profile.size, int(x + 0.55 * pitch) + 1)
            part = profile[low:high]
            if part.size < 3:
                continue
            base, top = float(part.min()), float(np.percentile(part, 90))
            evidence[i] = top
            if top - base < 0.15:
                continue
            above = np.clip((part - base) / (top - base) - 0.4, 0, 0.3)
            moved[i] = float(np.sum(above * grid[low:high]) / np.sum(above))
        number = np.arange(comb.size)
        weight = np.maximum(evidence, 0.02)
        if comb.size > 1:
            slope, start = np.polyfit(number, moved, 1, w=weight)
            even = start + slope * number
        else:
            even = moved.copy()
        weak = evidence < 0.25
        moved = np.where(weak, even, np.clip(moved, even - LARGEST_JITTER * pitch, even + LARGEST_JITTER * pitch))
    return moved, evidence


def _count_visible(
    profile: NDArray[np.float64], x: NDArray[np.float64], pitch: float, evidence: NDArray[np.float64], width: float
) -> int:
    """Return how many lanes the picture shows: those of the comb, and more of the same strength beside it."""
    usual = float(np.median(evidence[evidence > 0.3])) if np.any(evidence > 0.3) else 1.0
    extra = 0
    for edge, direction in ((float(x[0]), -1), (float(x[-1]), 1)):
        at = edge + direction * pitch
        while -0.1 * pitch <= at - width * pitch / 2 and at + width * pitch / 2 <= profile.size + 0.1 * pitch:
            low, high = int(max(0, at - width * pitch / 2)), int(min(profile.size, at + width * pitch / 2) + 1)
            if high - low < 2 or float(np.median(profile[low:high])) < 0.6 * usual:
                break
            extra += 1
            at += direction * pitch
    return int(x.size + extra)
