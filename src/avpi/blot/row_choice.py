"""Which row of the membrane is the one that was asked for: by a hint, by declared neighbours, or the strongest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.blot.lanes import Lanes
from avpi.blot.rows import SEEN_SNR, LaneProfiles, Row
from avpi.blot.shoulders import every_row
from avpi.errors import NotAnalysed

STRONG_SHARE = 0.2
"""A row this strong compared with the strongest competes with it (assumed)."""
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
OFF_MIDDLE_COST = 0.05
"""The same for a row that the hint meets in a vehicle lane only, not in the middle of the picture (assumed)."""
FAINT_ROW_COST = 0.25
"""The same for a row far fainter than the strongest near the hint: dust, or the flank of a band (assumed)."""
NEAREST_TOLD = 3
"""So many rows are named where a hint points at empty membrane (assumed)."""
OWN_REACH = 0.5
"""How far a lane's own band may stand off its row, in thicknesses (assumed: half-way to the nearest other row)."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChoice:
    """The row that is read, and why it may be the wrong one.

    Attributes
    ----------
    row : the row; its ``heights`` are 0 where a hint points at an empty height.
    automatic : no hint was given.
    rivals : heights of other rows that could have been meant; where the row is ``empty``, of the nearest.
    by_neighbours : the row was chosen because bands stand on the sides where neighbours are declared.
    hint_px : the hint, where one was given.
    far_from_hint : the hint lies more than a band thickness from the row, in the middle and in vehicle lanes.
    """

    row: Row
    automatic: bool
    rivals: tuple[float, ...]
    by_neighbours: bool = False
    hint_px: float | None = None
    far_from_hint: bool = False

    @property
    def empty(self) -> bool:
        """True where a hint points at membrane without a band."""
        return self.hint_px is not None and not np.any(self.row.heights)

    def hint_told(self, name: str, source: str, key: str) -> str:
        """Return the sentence for a protein and an image on which no row of bands lies at the hint ``key``."""
        hint_px = self.row.y_px if self.hint_px is None else self.hint_px
        where = f"Give '{key}' at the height of the band in the middle lane or in a vehicle lane."
        if not self.empty:
            away = abs(self.row.y_px - hint_px)
            return (
                f"No band stands at row {hint_px:.0f} of {source}: {name} was read at row {self.row.y_px:.0f}, "
                f"{away:.0f} px from it. {where}"
            )
        rows = ", ".join(f"{y:.0f}" for y in sorted(self.rivals))
        others = f" (the nearest rows stand at {rows})" if rows else ""
        return f"No band of {name} stands at row {hint_px:.0f} of {source}{others}. {where}"


def choose_row(
    profiles: LaneProfiles,
    lanes: Lanes,
    *,
    hint_px: float | None,
    reference: NDArray[np.bool_],
    bend_px: NDArray[np.float64],
    apart_px: float | None,
    sides: frozenset[int] = frozenset(),
) -> RowChoice:
    """Return the row nearest to a hint, else one with bands on the declared sides, else the strongest.

    Parameters
    ----------
    reference : (lanes,) True where the band must be present: vehicle lanes for a target that is degraded, all lanes
        that hold sample for a loading control.
    bend_px : (lanes,) the smile that the profiles were levelled by.
    apart_px : height of a row that is another protein's, or None.
    sides : where neighbours are declared: -1 above, 1 below. A declared side picks the row, not its strength.

    Raises
    ------
    NotAnalysed
        ``no_bands`` if no row holds a band and there is no hint.
    """
    rows = _apart(_candidates(profiles, reference), apart_px)
    if hint_px is not None:
        hint = _Hint.of(hint_px, profiles, lanes, bend_px, reference)
        return _row_at_hint(rows, profiles, lanes, hint, apart_px, sides)
    if not rows:
        why = "no row of bands was found on the image: the membrane is blank, or give 'target_row'."
        raise NotAnalysed("no_bands", why)
    strength = np.array([float(row.heights[reference].mean()) for row in rows])
    if sides:
        every = _apart(every_row(profiles, np.ones(lanes.x_px.size, bool)), apart_px)
        return _row_by_neighbours(rows, strength, every, sides)
    best = int(np.argmax(strength))
    rivals = tuple(row.y_px for i, row in enumerate(rows) if i != best and strength[i] >= STRONG_SHARE * strength[best])
    return RowChoice(row=rows[best], automatic=True, rivals=rivals)


def _candidates(profiles: LaneProfiles, reference: NDArray[np.bool_]) -> list[Row]:
    """Return the rows that hold a band in the reference lanes, also where only other lanes tell it from the next one.

    In one or two lanes a band may be a mere shoulder of its neighbour; over all lanes their proportions differ.
    """
    rows = every_row(profiles, reference)
    for row in every_row(profiles, np.ones(reference.size, bool)):
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hint:
    """A height that somebody read off the picture, on a lane that is not known.

    Attributes
    ----------
    y_px : the height.
    offsets_px : (lanes,) how far a row stands in each lane below its height at the middle.
    likely : (lanes,) the lanes on which it was most likely read: the middle one and those that must show the band.
    profiles : where each lane's own band stands.
    """

    y_px: float
    profiles: LaneProfiles
    offsets_px: NDArray[np.float64]
    likely: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        y_px: float,
        profiles: LaneProfiles,
        lanes: Lanes,
        bend_px: NDArray[np.float64],
        reference: NDArray[np.bool_],
    ) -> _Hint:
        """Return a hint on a picture with these lanes."""
        likely = reference.copy()
        likely[[(likely.size - 1) // 2, likely.size // 2]] = True
        return cls(y_px=y_px, profiles=profiles, offsets_px=lanes.row_offsets() + bend_px, likely=likely)

    def heights_px(self, row: Row) -> NDArray[np.float64]:
        """Return (lanes,) where a row stands on the picture: each lane at its own band, or where the row would run."""
        reach = max(1, round(OWN_REACH * row.fwhm_px))
        y = round(row.y_px)
        near = self.profiles.peaks[:, max(0, y - reach) : y + reach + 1]
        own = near.argmax(axis=1)
        inside = (own > 0) & (own < near.shape[1] - 1) & (near.max(axis=1) > SEEN_SNR * self.profiles.noise)
        heights: NDArray[np.float64] = self.offsets_px + np.where(inside, max(0, y - reach) + own, row.y_px)
        return heights

    def away_px(self, row: Row) -> float:
        """Return how far the hint lies from a row in the likely lane where it lies nearest, or from its mean height."""
        return min(self.from_middle_px(row), float(np.abs(self.heights_px(row)[self.likely] - self.y_px).min()))

    def from_middle_px(self, row: Row) -> float:
        """Return how far the hint lies from a row in the middle of the picture."""
        own, count = self.heights_px(row), self.likely.size
        middle = [own[(count - 1) // 2], own[count // 2], row.y_px, row.y_px + self.offsets_px.mean()]
        return float(np.abs(np.array(middle) - self.y_px).min())


def _row_at_hint(
    rows: list[Row],
    profiles: LaneProfiles,
    lanes: Lanes,
    hint: _Hint,
    apart_px: float | None,
    sides: frozenset[int],
) -> RowChoice:
    """Return the row at a hint: the nearest, unless a declared neighbour says that the next but one band was meant.

    A hint is read off by eye, on any lane of a row that may smile, so it may lie between the bands of a doublet. The
    distance to each row decides, and to it is added a cost where no band stands on a declared side but one on the
    other. Whatever is not clear leaves the other row as a rival.
    """
    everywhere = every_row(profiles, np.ones(lanes.x_px.size, bool))
    # A protein that rises may show in treated lanes only: its row is taken where vehicle shows none.
    for among in (rows, _apart(everywhere, apart_px)):
        near = [row for row in among if hint.away_px(row) <= HINT_PITCHES * lanes.pitch_px]
        if near:
            break
    else:
        usual = float(np.median([row.fwhm_px for row in rows])) if rows else 0.2 * lanes.pitch_px
        y = int(np.clip(round(hint.y_px), 0, profiles.means.shape[1] - 1))
        empty = Row(y_px=float(y), fwhm_px=usual, heights=np.zeros(lanes.x_px.size))
        nearest = sorted(rows, key=hint.away_px)[:NEAREST_TOLD]
        others = tuple(row.y_px for row in nearest)
        return RowChoice(row=empty, automatic=False, rivals=others, hint_px=hint.y_px, far_from_hint=True)
    strongest = max(float(row.heights.max()) for row in near)
    every = [row for row in everywhere if float(row.heights.max()) >= DECLARED_NEIGHBOUR_SHARE * strongest]
    away = np.array([hint.away_px(row) / row.fwhm_px for row in near])
    aside = np.array([hint.from_middle_px(row) / row.fwhm_px for row in near]) ** 2 > away**2 + OFF_MIDDLE_COST
    wrong_side = np.array([_on_the_wrong_side(row, every, sides) for row in near])
    faint = np.array([float(row.heights.max()) < STRONG_SHARE * strongest for row in near])
    cost = away**2 + np.where(aside, OFF_MIDDLE_COST, 0.0)
    cost += np.where(wrong_side, WRONG_SIDE_COST, 0.0) + np.where(faint, FAINT_ROW_COST, 0.0)
    best = int(np.argmin(cost))
    found = near[best]
    told = not wrong_side[best] and away[best] <= RIVAL_REACH
    rivals = tuple(
        row.y_px
        for i, row in enumerate(near)
        if i != best
        and (
            (away[i] < away[best] and not faint[i] and not (told and wrong_side[i]))
            or (wrong_side[best] and away[i] <= SURE_HINT + RIVAL_REACH and not faint[i])
            or (away[best] > DOUBTFUL_HINT * away[i] and not faint[i] and not wrong_side[i])
        )
    )
    far = bool(away[best] > SURE_HINT)
    return RowChoice(row=found, automatic=False, rivals=rivals, hint_px=hint.y_px, far_from_hint=far)


def _on_the_wrong_side(row: Row, others: list[Row], sides: frozenset[int]) -> bool:
    """Return True where bands stand close by, but on none of the sides where a neighbour is declared."""
    if not sides:
        return False
    other_sides = frozenset({-1, 1} - sides)
    return (
        _sides_with_a_band(row, others, sides, reach=DECLARED_NEIGHBOUR_REACH) == 0
        and _sides_with_a_band(row, others, other_sides, reach=DECLARED_NEIGHBOUR_REACH) > 0
    )
