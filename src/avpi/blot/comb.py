"""A comb laid over the profile across lanes: the place, pitch and width of teeth that hold most and leave out least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

LANE_WIDTHS = (0.55, 0.75, 0.9)
"""Widths of a lane's bands as shares of the pitch that are tried."""
GUARD = 0.6
"""Width of the empty strip expected beside the outer lanes, as a share of the pitch (assumed)."""
LEFT_OUT_COST = 0.5
"""Score that leaving all of the signal beside the comb would cost: touching bands must not be taken for narrower
lanes, and a ladder strip beside the lanes may be left out (assumed)."""
UNDIVIDED_COST = 0.3
"""Score that it would cost if no gap parted any two lanes: one strong band must not be taken for two lanes while weak
lanes are left out (assumed)."""
DIVIDED, UNDIVIDED = 0.85, 1.0
"""Height half-way between two lanes, as a share of the lower of both, from which on they may be one, and are
(on the log scale; assumed)."""
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
NARROWEST_OTHER = 0.4
"""Another number of teeth is tried from this share of the pitch on: half the pitch is the narrowest mistake (speed)."""
DRIFT = 0.6
"""How far the outer teeth may drift between two pitches that are tried, in pitches; finer ones follow (speed)."""
COARSE_STEP, FINE_STEPS = 0.08, 9
"""Distance of the places that are tried first, in pitches; places and pitches tried around each of the best."""
KEPT = 8
"""Best combs of the first search that are looked at closely (speed)."""
TOOTH_SAMPLES = 17
"""Places across a tooth at which it is looked at for a dip."""
LOOKUP = 8
"""Places between two columns at which the profile's running sum is tabulated (speed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comb:
    """A comb over a profile.

    Attributes
    ----------
    score : mean inside the teeth above the mean between and beside them.
    first, pitch : centre of the first tooth and distance of teeth, in columns of the profile.
    width : of a tooth, as a share of the pitch.
    dips : how deep teeth are split, on average: a tooth over two lanes shows the gap between them.
    """

    score: float
    first: float
    pitch: float
    width: float
    dips: float

    @property
    def plausible(self) -> float:
        """The score less the dips: comparable between combs of different numbers of teeth."""
        return self.score - self.dips


def fit_comb(profile: Values, count: int, *, narrowest: float = 0.0) -> Comb:
    """Return the comb that fits best.

    Parameters
    ----------
    profile : (columns,) how much of bands stands in each column.
    count : teeth.
    narrowest : pitch below which none is tried.
    """
    low, high = max(4.0, narrowest, 0.15 * profile.size / count), profile.size / max(count - 0.35, 0.9)
    high = max(high, low)
    tried = int(np.ceil(np.log(high / low) * count / DRIFT)) + 2
    table = _Table(profile, count)
    first, pitch = _places(profile.size, count, np.geomspace(low, high, tried))
    if not first.size:
        return Comb(score=-np.inf, first=profile.size / 2, pitch=low, width=LANE_WIDTHS[1], dips=0.0)
    score = table.score(first, pitch, np.full(first.size, LANE_WIDTHS[1]))
    kept = np.argsort(-score, kind="stable")[:KEPT]
    for narrower in (1.0, 0.2):
        around = np.linspace(-1, 1, FINE_STEPS) * narrower
        middle = first[kept] + (count - 1) / 2 * pitch[kept]
        finer = (pitch[kept][:, None] * (1 + DRIFT / max(count, 2) * around)).ravel()
        middle = np.repeat(middle, FINE_STEPS)
        shift = np.tile(around * COARSE_STEP, middle.size)
        middle, finer = np.repeat(middle, FINE_STEPS), np.repeat(finer, FINE_STEPS)
        middle = middle + shift * finer
        width = np.tile(LANE_WIDTHS, middle.size)
        middle, pitch = np.repeat(middle, len(LANE_WIDTHS)), np.repeat(finer, len(LANE_WIDTHS))
        first = middle - (count - 1) / 2 * pitch
        inside = _on_the_image(first, pitch, count, profile.size)
        score = np.where(inside, table.score(first, pitch, width), -np.inf)
        kept = np.argsort(-score, kind="stable")[:1]
    i = int(kept[0])
    centres = first[i] + pitch[i] * np.arange(count)
    return Comb(
        score=float(score[i]),
        first=float(first[i]),
        pitch=float(pitch[i]),
        width=float(width[i]),
        dips=_dips(profile, centres, float(width[i] * pitch[i])),
    )


def _dips(profile: Values, centres: Values, width: float) -> float:
    """Return how far the middle of a tooth falls below both of its halves, on average over the teeth."""
    across = np.interp(
        centres[:, None] + width * np.linspace(-0.5, 0.5, TOOTH_SAMPLES)[None, :], np.arange(profile.size), profile
    )
    third = TOOTH_SAMPLES // 3
    halves = np.minimum(across[:, : TOOTH_SAMPLES // 2].max(axis=1), across[:, -(TOOTH_SAMPLES // 2) :].max(axis=1))
    return float(np.maximum(halves - across[:, third:-third].min(axis=1), 0.0).mean())


def better_count(profile: Values, count: int, *, complete: bool) -> int:
    """Return the number of lanes that fits clearly better than ``count``, or ``count``.

    A comb with fewer teeth at the same pitch says only that outer lanes are empty; at another pitch it says that the
    number is wrong, if every lane should show (``complete``).
    """
    own = fit_comb(profile, count)
    near = range(count - COUNTS_AWAY if complete else count + 1, count + COUNTS_AWAY + 1)
    best, found = own.plausible, count
    for n in sorted({*near, 2 * count - 1, 2 * count, 2 * count + 1}):
        if n < 2 or n == count or n * 3 > profile.size:
            continue
        other = fit_comb(profile, n, narrowest=NARROWEST_OTHER * own.pitch)
        # Two lanes under each tooth fit nearly as well as one: twice the teeth need to be but little better, half of
        # them much.
        margin = BARELY_BETTER if n >= 2 * count - 1 else FAR_BETTER if abs(2 * n - count) <= 1 else CLEARLY_BETTER
        if other.plausible > max(best, margin * own.plausible):
            best = other.plausible
            found = n if n > count or abs(other.pitch / own.pitch - 1) > OTHER_PITCH else count
    return found


def _margin(pitch: Values) -> Values:
    """Return how far inside the image the first tooth's centre is at least; teeth may hang over by a little."""
    inside: Values = (LANE_WIDTHS[1] / 2 - 0.08) * pitch
    return inside


def _on_the_image(first: Values, pitch: Values, count: int, columns: int) -> NDArray[np.bool_]:
    slack = _margin(pitch) - 0.5 - COARSE_STEP * pitch
    inside: NDArray[np.bool_] = (first >= slack) & (first + (count - 1) * pitch <= columns - slack)
    return inside


def _places(columns: int, count: int, pitches: Values) -> tuple[Values, Values]:
    """Return (combs,) centres of the first tooth and pitches of every comb that lies on the image."""
    margin = _margin(pitches)
    stride = np.maximum(0.5, COARSE_STEP * pitches)
    places = np.maximum(np.ceil((columns - (count - 1) * pitches - 2 * margin) / stride), 0).astype(np.int64)
    number = np.arange(places.sum()) - np.repeat(np.cumsum(places) - places, places)
    first: Values = np.repeat(margin, places) + number * np.repeat(stride, places)
    return first, np.repeat(pitches, places)


class _Table:
    """The running sum of a profile, tabulated between its columns."""

    def __init__(self, profile: Values, count: int) -> None:
        total = np.concatenate([[0.0], np.cumsum(profile)])
        self.columns, self.count = profile.size, count
        self.sums = np.interp(np.arange(profile.size * LOOKUP + 1) / LOOKUP, np.arange(total.size), total)
        self.whole = max(float(total[-1]), 1e-9)
        self.heights = np.interp(np.arange(profile.size * LOOKUP + 1) / LOOKUP - 0.5, np.arange(profile.size), profile)

    def _index(self, at: Values) -> NDArray[np.int64]:
        index: NDArray[np.int64] = np.clip(at * LOOKUP + 0.5, 0, self.columns * LOOKUP).astype(np.int64)
        return index

    def _undivided(self, centres: Values, pitch: Values) -> Values:
        """Return how much of two lanes' height no gap parts, on average over the pairs, for each comb."""
        lane = self.heights[self._index(centres)]
        between = self.heights[self._index(centres[:, :-1] + pitch[:, None] / 2)]
        lower = np.minimum(lane[:, :-1], lane[:, 1:])
        share = (between / np.maximum(lower, 1e-9) - DIVIDED) / (UNDIVIDED - DIVIDED)
        undivided: Values = (lower * np.clip(share, 0.0, 1.0)).mean(axis=1)
        return undivided

    def score(self, first: Values, pitch: Values, width: Values) -> Values:
        """Return mean inside the teeth minus mean between and beside them, for each comb."""
        centres = first[:, None] + pitch[:, None] * np.arange(self.count)[None, :] + 0.5
        half = width * pitch / 2
        low, high = self._index(centres - half[:, None]), self._index(centres + half[:, None])
        in_sum = (self.sums[high] - self.sums[low]).sum(axis=1)
        in_area = np.maximum((high - low).sum(axis=1) / LOOKUP, 1e-9)
        edge = half + GUARD * pitch
        start, end = self._index(first - edge + 0.5), self._index(first + (self.count - 1) * pitch + edge + 0.5)
        covered = self.sums[end] - self.sums[start]
        out_mean = (covered - in_sum) / np.maximum((end - start) / LOOKUP - in_area, 1e-9)
        # A tooth that hangs over the image's edge has seen less: it counts by what it has seen.
        left_out = 1 - covered / self.whole
        score: Values = in_sum / (self.count * width * pitch) - out_mean - LEFT_OUT_COST * left_out
        if self.count > 1:
            score = score - UNDIVIDED_COST * self._undivided(centres, pitch)
        return score
