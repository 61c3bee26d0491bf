"""Where the lanes are, given how many there are.

Bands that stand in the same row across the membrane are made into one profile across lanes: rows that hold
many bands weigh most, so that a ladder strip, whose bands stand in other rows, weighs little. A comb of the
declared number of teeth is laid over this profile; then each lane moves a little to where its own bands are.
How the rows run (tilt, smile) and how the lanes lean is found first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from avpi.blot.comb import better_count, fit_comb
from avpi.blot.front import Front, find_front, find_lean, level_rows, upright
from avpi.blot.lane_guide import Guide, Placed, doubtful, guesses, place
from avpi.blot.polarity import Image, block_means, peaks_along_columns
from avpi.errors import NotAnalysed

SEARCH_ROWS, SEARCH_COLUMNS, COLUMNS_PER_PITCH = 640, 256, 24
"""Size of the reduced copy on which lanes are sought, and columns for each lane if they filled the picture (speed;
bands stay several pixels thick)."""
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
ROW_WINDOW_SHARE = 0.05
"""Width (sd) of the window around a row hint, as a share of the image height (assumed)."""
COMB_COLUMNS, COLUMNS_PER_LANE = 192, 12
"""Columns of the profile on which combs are tried, at least so many for each lane (speed)."""
LARGEST_JITTER, USUAL_JITTER = 0.24, 0.06
"""How far a lane may stand off the even comb, and does (sd), as a share of the pitch (assumed)."""
JITTER_COST = 0.01
"""What a lane's contrast must gain for it to stand off by ``USUAL_JITTER`` (assumed)."""
KNOWN_SHIFT, KNOWN_DRIFT, KNOWN_JITTER = 0.1, 0.03, 0.02
"""What is left to find (sd) where another picture of the membrane has shown the lanes, in pitches: a common shift, a
drift at the outer lanes, and of each lane (assumed)."""
PLACE_ERROR = 0.05
"""Error (sd) of where one lane's bands put it, in pitches (assumed)."""
GUIDED_WIDTH = 0.75
"""Width of a lane's bands as a share of the pitch where the picture shows too few to tell (assumed)."""
OTHER_LANES = (
    "its bands do not stand in the lanes that the loading control's image shows. The two must be pictures of one "
    "membrane, cropped or enlarged alike; export both uncropped, or measure them one at a time."
)
BETWEEN = 0.9
"""Where so much stands between lanes as inside them, by the means, the picture shows other lanes (assumed)."""
FLANK = 0.15
"""Width of the strips beside a lane that should be empty, as a share of the pitch (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """Lanes of one image, left to right as stored.

    Attributes
    ----------
    x_px : (lanes,) centres at row ``y0_px``.
    pitch_px : distance of neighbouring lanes.
    front : how rows run across the picture, and how lanes lean.
    y0_px : row at which ``x_px`` holds.
    visible : lanes that the picture shows at this pitch, whatever was declared.
    evidence : (lanes,) 0-1, how much of a band stands where each lane should be.
    doubtful : the lanes were laid where another picture shows them, and elsewhere they would fit about as well, or
        the picture shows one more beside them.
    """

    x_px: NDArray[np.float64]
    pitch_px: float
    front: Front
    y0_px: float
    visible: int
    evidence: NDArray[np.float64]
    doubtful: bool = False

    @property
    def centre_px(self) -> float:
        """The column around which rows are taken to turn."""
        return float(self.x_px.mean())

    @property
    def tilt(self) -> float:
        """How lanes lean: pixels to the left a pixel down."""
        return -self.front.lean

    @property
    def slope(self) -> float:
        """How rows run: pixels down a pixel to the right, at the centre of the lanes."""
        off = (self.centre_px - self.front.middle_px) / self.front.reach_px
        return self.front.slope + 2 * self.front.smile_px * off / self.front.reach_px

    def x_at(self, y_px: float) -> NDArray[np.float64]:
        """Return the lanes' centres at another row."""
        return self.x_px + self.front.lean * (y_px - self.y0_px)

    def row_offsets(self) -> NDArray[np.float64]:
        """Return how far each lane stands below the row's height at the centre of the lanes."""
        offsets: NDArray[np.float64] = self.front.below(self.x_px) - self.front.below(np.array([self.centre_px]))
        return offsets


def find_lanes(values: Image, count: int, *, row_px: float | None = None, complete: bool = False) -> Lanes:
    """Return where ``count`` lanes are.

    Parameters
    ----------
    values : signal with bands upwards.
    row_px : a row that holds bands, if known.
    complete : True where every lane must show a band, as a loading control does; then fewer lanes count too.

    Raises
    ------
    NotAnalysed
        ``lane_count`` if the image is too small for so many lanes, ``no_bands`` if nothing stands above noise.
    """
    steps, seen = _reduced(values, count)
    front = find_front(seen, count, steps, None)
    level = level_rows(seen, front)
    row = _strongest_row(level) if row_px is None else (row_px + 0.5) / steps[0] - 0.5
    front = replace(front, lean=find_lean(level, _row_weight(level), front.slope, row, steps[1] / steps[0]))
    profile = _across(upright(level, front.lean, row), None if row_px is None else row)
    coarse = max(1, profile.size // max(COMB_COLUMNS, COLUMNS_PER_LANE * count))
    narrow = block_means(profile[None, :], 1, coarse)[0]
    comb = fit_comb(narrow, count)
    pitch = comb.pitch * coarse
    centres = (comb.first + 0.5) * coarse - 0.5 + pitch * np.arange(count, dtype=np.float64)
    x, evidence = _settle(profile, centres, pitch, comb.width, known=False)
    visible = _count_visible(profile, x, pitch, evidence, comb.width)
    if visible == count:
        visible = better_count(narrow, count, complete=complete)
    return Lanes(
        x_px=(x + 0.5) * steps[1] - 0.5,
        pitch_px=pitch * steps[1],
        front=front.scaled(*steps),
        y0_px=(row + 0.5) * steps[0] - 0.5,
        visible=visible,
        evidence=evidence,
    )


def as_guide(lanes: Lanes, shape: tuple[int, int]) -> Guide:
    """Return lanes as they guide those of another picture; ``shape`` is that of their own."""
    return Guide(x_px=lanes.x_px, y0_px=lanes.y0_px, pitch_px=lanes.pitch_px, front=lanes.front, shape=shape)


def find_guided_lanes(values: Image, guide: Guide, *, row_px: float | None, expected: NDArray[np.bool_]) -> Lanes:
    """Return where the lanes are that another picture of the membrane has shown, however few bands stand in this one.

    Parameters
    ----------
    row_px : a row that holds bands, if known.
    expected : (lanes,) True where a band must show, as in vehicle lanes.

    Raises
    ------
    NotAnalysed
        ``no_bands``, or ``lane_count`` where the bands of this picture stand between the lanes of the other.
    """
    count = guide.x_px.size
    steps, seen = _reduced(values, count)
    found: list[tuple[Placed, Front, float, NDArray[np.float64]]] = []
    for guess in guesses(guide, values.shape):
        front = find_front(seen, count, steps, guess.front(guide, values.shape[1]))
        level = level_rows(seen, front)
        row = _strongest_row(level) if row_px is None else (row_px + 0.5) / steps[0] - 0.5
        profile = _across(upright(level, front.lean, row), None if row_px is None else row)
        placed = place(guide, guess, profile, steps[1], (row + 0.5) * steps[0] - 0.5, expected)
        if placed is not None:
            found.append((placed, front, row, profile))
    if not found:
        raise NotAnalysed("lane_count", OTHER_LANES)
    placed, front, row, profile = max(found, key=lambda one: one[0].score)
    pitch = placed.pitch_px / steps[1]
    x, evidence = _settle(profile, (placed.x_px + 0.5) / steps[1] - 0.5, pitch, GUIDED_WIDTH, known=True)
    if _stands_between(profile, x, pitch):
        raise NotAnalysed("lane_count", OTHER_LANES)
    return Lanes(
        x_px=(x + 0.5) * steps[1] - 0.5,
        pitch_px=placed.pitch_px,
        front=front.scaled(*steps),
        y0_px=(row + 0.5) * steps[0] - 0.5,
        visible=count,
        evidence=evidence,
        doubtful=doubtful([one[0] for one in found])
        or _count_visible(profile, x, pitch, evidence, GUIDED_WIDTH) > count,
    )


def _reduced(values: Image, count: int) -> tuple[tuple[int, int], Image]:
    """Return a reduced copy of what stands above the background, and how many rows and columns one pixel stands for."""
    if count * 4 > values.shape[1]:
        why = f"{count} lanes are declared but the image is only {values.shape[1]} pixels wide."
        raise NotAnalysed("lane_count", why)
    rows, columns = values.shape
    steps = (
        max(1, round(rows / SEARCH_ROWS)),
        max(1, columns // max(SEARCH_COLUMNS, COLUMNS_PER_PITCH * count)),
    )
    return steps, visible_bands(block_means(values, *steps), count)


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


def _strongest_row(seen: Image) -> float:
    return float(np.argmax(gaussian_filter1d(seen.mean(axis=1), 3.0)))


def _row_weight(level: Image) -> NDArray[np.float64]:
    """Return how much each row counts (rows,): those that hold many bands most."""
    strength = level.mean(axis=1)
    weight: NDArray[np.float64] = np.maximum(strength - np.median(strength), 0) ** 2
    return weight


def _across(level: Image, row: float | None) -> NDArray[np.float64]:
    """Return one profile across lanes (columns,), scaled to a largest value of 1; rows with many bands weigh most.

    With a row hint the profile is half that row's and half the whole picture's: the target may be gone from most
    lanes, and other bands still show where they are.
    """
    rows = level.shape[0]
    weight = _row_weight(level)
    weights = [weight]
    if row is not None:
        weights.append(weight * np.exp(-0.5 * ((np.arange(rows) - row) / (ROW_WINDOW_SHARE * rows)) ** 2))
    profiles = [w @ level / float(w.sum()) for w in weights if float(w.sum()) > 0]
    if not profiles:
        why = "no row of bands was found on the image."
        raise NotAnalysed("no_bands", why)
    profile: NDArray[np.float64] = np.mean([p / float(p.max()) for p in profiles], axis=0)
    return profile / float(profile.max())


def _settle(
    profile: NDArray[np.float64], comb: NDArray[np.float64], pitch: float, width: float, *, known: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each lane moved to the middle of what stands there, and how much stands there.

    A lane is laid where most stands inside it and least beside it; an empty lane has nothing to gain and stays where
    the others expect it. Lanes whose places are ``known`` from another picture move little, together or alone.
    """
    total = np.concatenate([[0.0], np.cumsum(profile)])
    usual = KNOWN_JITTER if known else USUAL_JITTER
    shifts = np.linspace(-LARGEST_JITTER, LARGEST_JITTER, 2 * round(LARGEST_JITTER / 0.01) + 1)
    cost = JITTER_COST * (shifts / usual) ** 2
    across = (comb - comb.mean()) / max(float(np.ptp(comb)) / 2, 1e-9)
    terms = np.stack([np.ones_like(across), across], axis=1)
    held = np.diag([1 / KNOWN_SHIFT**2, 1 / KNOWN_DRIFT**2]) if known else np.zeros((2, 2))
    even, moved = comb.copy(), comb.copy()
    inside = np.zeros((comb.size, shifts.size))
    for _ in range(3):
        at = even[:, None] + shifts[None, :] * pitch
        inside = _mean_between(total, at - width * pitch / 2, at + width * pitch / 2)
        beside = [
            _mean_between(total, *sorted_ends)
            for sorted_ends in (
                (at - (width / 2 + FLANK) * pitch, at - width * pitch / 2),
                (at + width * pitch / 2, at + (width / 2 + FLANK) * pitch),
            )
        ]
        score = inside - 0.5 * (beside[0] + beside[1]) - cost[None, :]
        best = np.argmax(score, axis=1)
        moved = at[np.arange(comb.size), best]
        if comb.size < 3:
            break
        stands = np.maximum(inside[np.arange(comb.size), best], 0.02)
        off = np.abs(moved - even) / pitch
        weight = (np.minimum(stands, 0.5) / (1 + (off / USUAL_JITTER) ** 2)) ** 2
        normal = (terms * weight[:, None]).T @ terms
        pull = (terms * weight[:, None]).T @ ((moved - comb) / pitch)
        even = comb + pitch * (terms @ np.linalg.solve(normal + PLACE_ERROR**2 * held, pull))
    return moved, np.array([own.max() for own in inside])


def _stands_between(profile: NDArray[np.float64], x: NDArray[np.float64], pitch: float) -> bool:
    """Return True where as much stands between the lanes as inside them."""
    if x.size < 2:
        return False
    total = np.concatenate([[0.0], np.cumsum(profile - profile.min())])
    quarter = pitch / 4
    middle = (x[:-1] + x[1:]) / 2
    inside = _mean_between(total, x - quarter, x + quarter)
    between = _mean_between(total, middle - quarter, middle + quarter)
    return bool(between.sum() > BETWEEN * np.maximum(inside[:-1], inside[1:]).sum())


def _mean_between(
    total: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean of a profile, given its running sum, between places; what lies outside counts as nothing."""
    grid = np.arange(total.size, dtype=np.float64)
    summed = np.interp(high + 0.5, grid, total) - np.interp(low + 0.5, grid, total)
    mean: NDArray[np.float64] = summed / np.maximum(high - low, 1e-9)
    return mean


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
