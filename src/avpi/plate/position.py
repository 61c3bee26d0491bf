"""Where on the plate a well reads too high or too low: a smooth field from wells that should all be alike.

The field is a local linear regression (LOESS: Cleveland & Devlin 1988, doi:10.1080/01621459.1988.10478639) of the
logarithm of the vehicle wells' signal on row and column. Only wells of one content can tell place from treatment;
medians over rows and columns of treated wells cannot, and destroy doses that are laid out in order.

A field always fits better than none, so it must predict: each vehicle well is predicted without itself and its
neighbours, and the sum of squares of what is left is held against the same for values that were dealt to the wells at
random (permutation test). The smoother is linear, so that a thousand deals cost one product of matrices.

What it must not do: take a step at the rim for a slope (wells of the rim are not used, nor corrected; ``edge_ratio``
tells of them), take failed wells for a place (vehicle wells far from the others are left out, and two or three
neighbours cannot vouch for each other), or go beyond what vehicle wells show (the field stays within the range of what
was fitted at them, and is known only where such wells surround a place and are near).

Limits: vehicle in one column shows a gradient along the column only, and nothing is taken out across it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay, QhullError

from avpi.estimate import Finding, Severity
from avpi.plate.quality import MAD_TO_SD
from avpi.plate.results import Well

Floats = NDArray[np.float64]

FEWEST_WELLS = 12
"""Vehicle wells below which a surface of three coefficients and its test say nothing (assumed)."""
SPAN = 0.5
"""Share of the vehicle wells that a local fit looks at, at least ``FEWEST_LOCAL`` of them (assumed)."""
FEWEST_LOCAL = 8
NEIGHBOURS = 2.0
"""Distance in wells below which one vehicle well says nothing of another in the test: those that share a pipette's
mistake or a corner."""
NEAR = 0.4
"""Distance from a vehicle well, of the longer side of the plate, up to which the field is known (assumed)."""
OUTLYING_SDS = 4.0
"""Robust standard deviations from the plane through all, of logarithms, at which a vehicle well is no witness."""
PLANE_ROUNDS = 30
LARGE = (0.7, 1.4)
"""Factors outside are worth a warning: such a plate had better be done again (assumed)."""
DEALS = 999
"""Random deals of the permutation test: p is known down to 0.001."""
HELPS_AT = 0.01
"""p at or below which a field is believed. One plate of a hundred without any effect would be touched."""
LEAST_GAIN = 0.10
"""Share of the squared error of prediction that the field must take away to be worth it (assumed)."""
SEED = 1988
_RIDGE = 1e-6
"""Of the sum of weights: keeps a local plane determined where its wells lie on one line."""

State = Literal["helps", "no_use", "not_estimable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionField:
    """What place alone does to a reading.

    Attributes
    ----------
    state : ``helps`` where it predicts vehicle wells that it has not seen; ``no_use`` where it does not;
        ``not_estimable`` with too few of them.
    factor : (rows, columns) signal above background, relative to the mean vehicle well; nan where no vehicle wells
        surround the place. All ones unless the field helps.
    gain : share of the squared error of prediction that the field takes away; below 0 where it makes it larger.
    p_value : how often values dealt at random gain as much; nan where not estimable.
    lowest, highest : of the factor over the plate.
    """

    state: State
    factor: Floats
    gain: float
    p_value: float
    wells: int
    reason: str

    @property
    def lowest(self) -> float:
        """Least factor anywhere."""
        return float(np.nanmin(self.factor)) if np.isfinite(self.factor).any() else math.nan

    @property
    def highest(self) -> float:
        """Largest factor anywhere."""
        return float(np.nanmax(self.factor)) if np.isfinite(self.factor).any() else math.nan


def position_field(wells: Sequence[Well], background: float, shape: tuple[int, int]) -> PositionField:
    """Return the field of a plate from its used vehicle wells.

    Parameters
    ----------
    wells : of the plate, with readings in the reader's unit.
    background : reading of nothing, which no place can change.
    shape : rows and columns of the plate.
    """
    neutral = _witnesses(wells, background, shape)
    if len(neutral) < FEWEST_WELLS:
        return _no_field(shape, len(neutral), f"{len(neutral)} DMSO wells off the rim; {FEWEST_WELLS} are needed")
    places = np.array([(well.row, well.column) for well in neutral], float)
    values = np.log(np.array([well.reading for well in neutral]) - background)
    if np.ptp(values) == 0:
        return _no_field(shape, len(neutral), "all DMSO wells read the same")
    gain, p_value = _permutation_test(_smoother(places, places, apart=NEIGHBOURS), values)
    if not (p_value <= HELPS_AT and gain >= LEAST_GAIN):
        return PositionField(
            state="no_use", factor=np.ones(shape), gain=gain, p_value=p_value, wells=len(neutral),
            reason="it does not predict DMSO wells that it has not seen",
        )  # fmt: skip
    everywhere = np.indices(shape).reshape(2, -1).T.astype(float)
    known = _known(places, everywhere, shape)
    shown = _smoother(places, places) @ values
    field = np.clip(_smoother(places, everywhere[known]) @ values, shown.min(), shown.max())
    factor = np.full(len(everywhere), math.nan)
    factor[known] = np.exp(field - values.mean())
    return PositionField(
        state="helps", factor=factor.reshape(shape), gain=gain, p_value=p_value, wells=len(neutral), reason=""
    )


def _witnesses(wells: Sequence[Well], background: float, shape: tuple[int, int]) -> list[Well]:
    """Return the vehicle wells that can tell of their place: off the rim, above the background, not far from all."""
    found = [
        well
        for well in wells
        if well.role == "vehicle" and well.state == "used" and well.reading > background and not _on_rim(well, shape)
    ]
    if not found:
        return []
    values = np.log(np.array([well.reading for well in found]) - background)
    away = _away_from_a_plane(np.array([(well.row, well.column) for well in found], float), values)
    kept = away <= OUTLYING_SDS * max(MAD_TO_SD * float(np.median(away)), 1e-12)
    return [well for well, keep in zip(found, kept, strict=True) if keep]


def _away_from_a_plane(places: Floats, values: Floats) -> Floats:
    """Return how far each value lies from the plane of least absolute distance: a slope makes no well an outlier."""
    design = np.column_stack([np.ones(len(places)), places - places.mean(axis=0)])
    weights = np.ones(len(places))
    left = values
    for _ in range(PLANE_ROUNDS):
        weighted = design * weights[:, None]
        left = values - design @ np.linalg.lstsq(weighted.T @ design, weighted.T @ values, rcond=None)[0]
        weights = 1 / np.maximum(np.abs(left), 1e-6)
    return np.asarray(np.abs(left - np.median(left)))


def _on_rim(well: Well, shape: tuple[int, int]) -> bool:
    return well.row in (0, shape[0] - 1) or well.column in (0, shape[1] - 1)


def _no_field(shape: tuple[int, int], wells: int, reason: str) -> PositionField:
    return PositionField(
        state="not_estimable", factor=np.ones(shape), gain=math.nan, p_value=math.nan, wells=wells, reason=reason
    )


def _smoother(places: Floats, wanted: Floats, *, apart: float = 0.0) -> Floats:
    """Return the matrix (wanted, places) that turns values at the places into local planes at the wanted ones.

    Places nearer than ``apart`` to a wanted one have no weight for it.
    """
    count = min(max(math.ceil(SPAN * len(places)), FEWEST_LOCAL), len(places))
    away = np.linalg.norm(wanted[:, None] - places[None], axis=2)
    near = away < apart
    away = np.where(near, np.inf, away)
    count = min(count, int((~near).sum(axis=1).min()))
    reach = np.partition(away, count - 1, axis=1)[:, count - 1 : count] * (1 + 1e-9) + 0.5
    weights = (1 - np.minimum(away / reach, 1.0) ** 3) ** 3  # tricube; 0 for the infinitely far
    design = np.ones((len(wanted), len(places), 3))
    design[:, :, 1:] = places[None] - wanted[:, None]
    weighted = design * weights[:, :, None]
    normal = np.einsum("wpi,wpj->wij", weighted, design)
    normal[:, [1, 2], [1, 2]] += _RIDGE * weights.sum(axis=1, keepdims=True) * np.maximum(reach**2, 1.0)
    return np.asarray(np.linalg.solve(normal, weighted.transpose(0, 2, 1))[:, 0])


def _permutation_test(smoother: Floats, values: Floats) -> tuple[float, float]:
    """Return the gain over the mean in predicting each value without its own, and how often chance gains as much.

    ``smoother`` (n, n) gives no value a weight in its own prediction.
    """
    random = np.random.Generator(np.random.Philox(key=SEED))
    n = len(values)
    dealt = np.stack([values, *(random.permutation(values) for _ in range(DEALS))], axis=1)
    left = dealt - smoother @ dealt
    by_mean = (dealt - dealt.mean(axis=0)) * n / (n - 1)
    gains = 1 - (left**2).sum(axis=0) / (by_mean**2).sum(axis=0)
    return float(gains[0]), float(np.mean(gains >= gains[0] - 1e-12))


def _known(places: Floats, wanted: Floats, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return at which wanted places (wanted, 2) the field is known: surrounded by vehicle wells, and near one."""
    nearest = np.linalg.norm(wanted[:, None] - places[None], axis=2).min(axis=1)
    return np.asarray(_surrounded(places, wanted) & (nearest <= NEAR * max(shape)))


def _surrounded(places: Floats, wanted: Floats) -> NDArray[np.bool_]:
    """Return which wanted places (wanted, 2) lie within the outline of the places, or on their line if they are one."""
    centred = places - places.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    if sizes[1] > 1e-9 * sizes[0]:
        try:
            return np.asarray(Delaunay(places).find_simplex(wanted, tol=1e-9) >= 0)
        except QhullError:
            pass  # as good as on one line
    along = (wanted - places.mean(axis=0)) @ axes[0]
    across = np.abs((wanted - places.mean(axis=0)) @ axes[1])
    own = centred @ axes[0]
    return np.asarray((across < 0.5) & (along >= own.min() - 1e-9) & (along <= own.max() + 1e-9))


def without_place(
    wells: Sequence[Well], field: PositionField, background: float, subject: str
) -> tuple[list[Well], list[Finding]]:
    """Return the wells with what place does taken out of their readings, and what must be said of it.

    A well that no vehicle wells surround keeps its reading. The background does not depend on place.
    """
    if field.state != "helps":
        return list(wells), []
    placed, kept = [], 0
    for well in wells:
        factor = float(field.factor[well.row, well.column])
        if well.state != "used" or well.role == "blank":
            placed.append(well)
        elif math.isfinite(factor):
            placed.append(replace(well, reading=background + (well.raw - background) / factor))
        else:
            placed.append(well)
            kept += 1
    text = (
        f"Place alone changes readings from {field.lowest:.2f} to {field.highest:.2f} of the mean DMSO well: the field "
        f"predicts DMSO wells that it has not seen with {100 * field.gain:.0f} % less squared error than their mean "
        f"(p = {field.p_value:.3f}, {field.wells} wells). It was taken out of the readings"
    )
    text += f", but for {kept} wells that no DMSO wells surround." if kept else "."
    large = field.lowest < LARGE[0] or field.highest > LARGE[1]
    if large:
        text += " That is much: look at seeding, evaporation and the reader, and better do the plate again."
    severity: Severity = "warning" if large else "note"
    return placed, [Finding(code="position_effect", severity=severity, text=text, subject=subject)]
