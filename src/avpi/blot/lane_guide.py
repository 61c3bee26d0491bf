"""Lanes of one picture of a membrane where another has shown them: the control shows every lane, the target few.

The second picture may be cropped or enlarged against the first. The sizes of the two say how, a crop being tried before
another enlargement; what stands in the picture, vehicle lanes above all, chooses among the places that are left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.blot.front import Front

Values = NDArray[np.float64]

ROUNDING_PX = 0.5
"""An enlarged picture is so much wider or narrower than its enlargement says (arithmetic: whole pixels)."""
CLEAR_ZOOM = 0.1
"""Pictures that differ by less than this share may also have been cropped alike on both sides by chance (assumed)."""
OTHER_ZOOMS = (0.7, 1.43)
"""Smallest and largest enlargement that is tried where the sizes of the pictures suggest none (assumed)."""
ZOOM_STEP = 0.2
"""How far the outer lanes may drift between two enlargements that are tried, in pitches (speed)."""
SHIFT_STEP = 0.06
"""Distance of the places that are tried, in pitches (speed)."""
LARGEST_SHIFT = 1.6
"""How far the membrane may lie off the place that the sizes suggest, in pitches (assumed)."""
SHIFT_COST, USUAL_SHIFT = 0.25, 0.3
"""What a large shift off that place costs, of a score of 1 for all signal inside the lanes, and shifts (sd, in pitches)
that are usual (assumed: a membrane that was laid down again lies off by a millimetre or two)."""
CROP_COST, OTHER_ZOOM_COST = 0.15, 0.3
"""The same for a crop where the sizes suggest an enlargement, and for an enlargement that they do not (assumed)."""
TOOTH = 0.6
"""Share of the pitch in which a lane's signal is looked for: inside every band (assumed)."""
FLOOR_QUANTILE = 0.2
"""Share of the columns that show no band: gaps and sides of the picture (assumed)."""
EXPECTED_WEIGHT = 0.3
"""What it counts that lanes which must show a band show one, of a score of 1 (assumed)."""
DOUBT = 0.06
"""Where lanes elsewhere score as high but for so much, the picture does not tell which lane is which (assumed)."""
ELSEWHERE = 0.4
"""Lanes that differ by so much, in pitches, are elsewhere (assumed)."""
OTHER_LANES = 0.25
"""The same for lanes under another guess, which drift away from lane to lane (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """Where lanes stand on another picture of the membrane.

    Attributes
    ----------
    x_px, y0_px : (lanes,) centres, and the row at which they hold.
    pitch_px : distance of neighbouring lanes.
    front : how rows run and lanes lean.
    shape : rows and columns of that picture.
    """

    x_px: Values
    y0_px: float
    pitch_px: float
    front: Front
    shape: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """How one picture may lie on another.

    Attributes
    ----------
    zooms : enlargements that are possible.
    shift_px : least and greatest shift to the right that need no excuse; None where any will do.
    down_px : shift down.
    cost : what speaks against it.
    """

    zooms: Values
    shift_px: tuple[float, float] | None
    down_px: float
    cost: float

    def front(self, guide: Guide, columns: int) -> Front:
        """Return the guide's front on a picture of so many columns, at the middle of what is possible."""
        zoom = float(np.median(self.zooms))
        middle, reach = (columns - 1) / 2, columns / 2
        shift = middle - zoom * guide.front.middle_px if self.shift_px is None else float(np.mean(self.shift_px))
        bend = guide.front.smile_px / (zoom * guide.front.reach_px**2)
        off = middle - (zoom * guide.front.middle_px + shift)
        return Front(
            slope=guide.front.slope + 2 * bend * off,
            smile_px=bend * reach**2,
            lean=guide.front.lean,
            middle_px=middle,
            reach_px=reach,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where the guide's lanes stand on the picture: ``score`` of the best place and of the best elsewhere."""

    x_px: Values
    pitch_px: float
    score: float
    elsewhere: float


def guesses(guide: Guide, shape: tuple[int, int]) -> list[Guess]:
    """Return how a picture of this shape may lie on the guide's."""
    higher, wider = shape[0] - guide.shape[0], shape[1] - guide.shape[1]
    if higher == wider == 0:
        return [Guess(zooms=np.ones(1), shift_px=(0.0, 0.0), down_px=0.0, cost=0.0)]
    tall, wide = shape[0] / guide.shape[0], shape[1] / guide.shape[1]
    rounding = wide * ROUNDING_PX * (1 / guide.shape[0] + 1 / guide.shape[1])
    enlarged = abs(tall - wide) <= rounding and OTHER_ZOOMS[0] <= wide <= OTHER_ZOOMS[1]
    crop = Guess(
        zooms=np.ones(1),
        shift_px=(min(0.0, wider), max(0.0, wider)),
        down_px=higher / 2,
        cost=CROP_COST if enlarged and abs(wide - 1) > CLEAR_ZOOM else 0.0,
    )
    steps = int(np.ceil(np.log(OTHER_ZOOMS[1] / OTHER_ZOOMS[0]) * guide.x_px.size / 2 / ZOOM_STEP)) + 1
    other = Guess(zooms=np.geomspace(*OTHER_ZOOMS, steps), shift_px=None, down_px=0.0, cost=OTHER_ZOOM_COST)
    if enlarged:
        zoom = Guess(zooms=np.array([wide]), shift_px=(0.0, 0.0), down_px=0.0, cost=0.0)
        return [crop, zoom, other]
    return [crop, other]


def place(
    guide: Guide, guess: Guess, profile: Values, step: int, row_px: float, expected: NDArray[np.bool_]
) -> Placed | None:
    """Return where the guide's lanes stand best under one guess; None where they do not fit on the picture.

    Parameters
    ----------
    profile : what stands in each column of the picture reduced by ``step``.
    row_px : row of the picture that the profile stands for.
    expected : (lanes,) True where a band must show.
    """
    columns = profile.size * step
    leaning = guide.front.lean * ((row_px - guess.down_px) / guess.zooms - guide.y0_px)
    lanes = guess.zooms[:, None] * (guide.x_px[None, :] + leaning[:, None])
    pitch = guess.zooms * guide.pitch_px
    x, zoom, cost = [], [], []
    for number, at in enumerate(lanes):
        low, high = guess.shift_px if guess.shift_px is not None else (-at[0], columns - 1 - at[-1])
        beyond = LARGEST_SHIFT * pitch[number] if guess.shift_px is not None else 0.0
        first, last = max(low - beyond, -at[0]), min(high + beyond, columns - 1 - at[-1])
        if last < first:
            continue
        shifts = np.linspace(first, last, int((last - first) / (SHIFT_STEP * pitch[number])) + 2)
        x.append(at[None, :] + shifts[:, None])
        zoom.append(np.full(shifts.size, pitch[number]))
        off = np.maximum(np.maximum(low - shifts, shifts - high), 0.0) / pitch[number]
        cost.append(SHIFT_COST * (1 - np.exp(-0.5 * (off / USUAL_SHIFT) ** 2)))
    if not x:
        return None
    tried, distance = np.concatenate(x), np.concatenate(zoom)
    score = _inside(profile, tried, distance, step, expected) - np.concatenate(cost) - guess.cost
    best = int(np.argmax(score))
    far = np.abs(tried - tried[best]).max(axis=1) > ELSEWHERE * distance[best]
    return Placed(
        x_px=tried[best],
        pitch_px=float(distance[best]),
        score=float(score[best]),
        elsewhere=float(score[far].max(initial=-np.inf)),
    )


def doubtful(found: list[Placed]) -> bool:
    """Return True where lanes elsewhere explain the picture about as well as the best of several places."""
    best = max(found, key=lambda placed: placed.score)
    rivals = [best.elsewhere]
    for other in found:
        if np.abs(other.x_px - best.x_px).max() > OTHER_LANES * best.pitch_px:
            rivals.append(other.score)
    return max(rivals) > best.score - DOUBT


def _inside(profile: Values, x_px: Values, pitch_px: Values, step: int, expected: NDArray[np.bool_]) -> Values:
    """Return (places,) the share of the signal that lies inside lanes, and how far lanes that must show a band do."""
    above = np.maximum(profile - np.quantile(profile, FLOOR_QUANTILE), 0.0)
    total = np.concatenate([[0.0], np.cumsum(above)])
    half = TOOTH * pitch_px[:, None] / 2
    grid = np.arange(total.size, dtype=np.float64)
    inside = np.interp((x_px + half + 0.5) / step, grid, total) - np.interp((x_px - half + 0.5) / step, grid, total)
    score: Values = inside.sum(axis=1) / max(float(total[-1]), 1e-9)
    if expected.any():
        height = inside / (2 * half / step)
        shown = np.minimum(height[:, expected] / max(float(np.quantile(above, 0.95)), 1e-9), 1.0).mean(axis=1)
        score = score + EXPECTED_WEIGHT * shown
    return score
