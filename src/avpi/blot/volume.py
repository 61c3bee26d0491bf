"""The volume of every band of a row, with its error and its limit of detection.

Volumes come from one fit of all lanes (:mod:`avpi.blot.row_fit`). Their error has four parts: the pixels' noise, an
uneven membrane and what the shape gets wrong (:mod:`avpi.blot.kriging`); what is not known of the bands' shape and
places; what lanes that touch hold of each other; and a share of the volume. A band below three standard deviations of
nothing is not detected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avpi.blot.background import lane_opening
from avpi.blot.band_shape import FWHM_TO_SD
from avpi.blot.bands import ON_CURVE, Box, Trace
from avpi.blot.pixel_noise import PixelNoise
from avpi.blot.polarity import Signal
from avpi.blot.row_fit import fit_row
from avpi.blot.row_parts import RowFit
from avpi.blot.strips import cut_strips

DETECTION_SDS = 3.0
"""A band is detected from this many standard deviations of nothing on (the usual limit of detection)."""
UNEVEN_SHARE = 0.0006
"""Share of a volume that unevenness within bands costs beyond what the fit leaves (measured on drawn blots)."""
SPILL = 0.0001
"""Share of a band's volume that may reach into the strips of the next lane (measured on drawn blots)."""
SHARED_ERROR = 0.15
"""Share of what two lanes' columns hold of each other that may be given to the wrong one (measured on drawn blots)."""
MOST_OF_BOX = 0.8
"""A box is narrowed by a lane beside it to no less than this share (assumed)."""
FITTED_BESIDE = 4.5
"""Other bands nearer than this many thicknesses (FWHM) are fitted with the row; from farther ones only the rows between
are used (assumed)."""
STANDS_OUT_SDS = 4.0
"""A band beside the row must be so many standard errors high in some lane, and in none so many below nothing, or it is
a lump of the membrane (assumed)."""
MOST_BESIDE = 3
"""Most other bands that are fitted, the nearest."""
METHOD = (
    "all lanes fitted at once: one shape of band, neighbouring bands, and a bent line under each strip of a lane; then "
    "predicted on a membrane as uneven as the lanes together show it (kriging); columns of touching lanes are shared; "
    f"detection limit: {DETECTION_SDS:g} SD of nothing in the band's place"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """One band's volume.

    Attributes
    ----------
    volume, se : in stored grey levels, above the fitted line; ``se`` is for ratios within the row.
    second : the same above the lane's lower envelope.
    detection_limit : volume below which nothing is claimed.
    saturated_fraction, floor_fraction : share of the box at the top of the scale, of its surroundings at zero.
    box : where the band is.
    cut : the band runs into the border of the image: its volume means nothing.
    """

    volume: float
    se: float
    second: float
    detection_limit: float
    saturated_fraction: float
    floor_fraction: float
    box: Box
    cut: bool = False

    @property
    def detected(self) -> bool:
        """True where the volume exceeds its detection limit."""
        return self.volume > self.detection_limit


@dataclass(frozen=True, slots=True, kw_only=True)
class RowVolumes:
    """The volumes of a row and of the bands beside it.

    Attributes
    ----------
    target : one for each lane, left to right.
    beside : for each other band that was fitted: its distance in pixels (below positive) and its volumes.
    fit : the fit itself, for figures.
    """

    target: tuple[Volume, ...]
    beside: tuple[tuple[float, tuple[Volume, ...]], ...]
    fit: RowFit


def measure_row(signal: Signal, noise: PixelNoise, trace: Trace, boxes: tuple[Box, ...]) -> RowVolumes:
    """Return the volume of each box of a row, and of the bands beside it.

    Parameters
    ----------
    boxes : the trace's boxes, some perhaps moved by hand.
    """
    row = _fitted(signal, noise, trace, trace.boxes)
    target = list(row.target)
    for lane, box in enumerate(boxes):
        if box.manual:
            target[lane] = _by_hand(signal, noise, trace, lane, box)
    return replace(row, target=tuple(target))


def _fitted(signal: Signal, noise: PixelNoise, trace: Trace, boxes: tuple[Box, ...]) -> RowVolumes:
    """Return the volumes of a row where it was found."""
    sd = trace.fwhm_px / FWHM_TO_SD
    near, far = _gaps(trace, boxes)
    whole = whole_lanes(boxes)

    def fitted(gaps: tuple[float, ...]) -> RowFit:
        strips, fine = (cut_strips(signal, noise, whole, sd, gaps, far, fine=fine) for fine in (False, True))
        return fit_row(strips, sd, gaps, fine)

    fit = fitted(near)
    real = tuple(gap for gap, there in zip(near, _stand_out(fit)[1:], strict=True) if there)
    if real != near:
        fit = fitted(real)
    se, nothing = _errors(fit)
    kinds = [
        tuple(_volume(signal, fit, band, lane, box, wide, (se[lane, band], nothing[lane, band]))
              for lane, (box, wide) in enumerate(zip(boxes, whole, strict=True)))
        for band in range(fit.gaps_px.size)
    ]  # fmt: skip
    beside = tuple((float(gap), volumes) for gap, volumes in zip(fit.gaps_px[1:], kinds[1:], strict=True))
    return RowVolumes(target=kinds[0], beside=beside, fit=fit)


def _stand_out(fit: RowFit) -> tuple[bool, ...]:
    """Return which bands stand out from the membrane: in some lane, and nowhere as a hole in it."""
    size = fit.volumes / np.maximum(fit.sd, 1e-12)
    there = (size.max(axis=0) > STANDS_OUT_SDS) & (size.min(axis=0) > -STANDS_OUT_SDS)
    return tuple(bool(one) for one in there)


def whole_lanes(boxes: tuple[Box, ...]) -> tuple[Box, ...]:
    """Return boxes that reach half-way to the lanes beside them: a lane that is wider than most must not lose its ends.

    Beside a missing or far lane, and at the outer lanes, they reach as far as where lanes stand close. Between two
    boxes that meet no column is left out and none is counted twice.
    """
    if len(boxes) == 1:
        return boxes
    x = np.array([box.x_px for box in boxes])
    order = np.argsort(x, kind="stable")
    gaps = np.diff(x[order])
    usual = float(np.median(gaps)) / 2
    reach = np.minimum(gaps / 2, 1.2 * usual)
    left, right = np.concatenate([[usual], reach]), np.concatenate([reach, [usual]])
    wide: list[Box] = list(boxes)
    for at, low, high in zip(order, left, right, strict=True):
        box = boxes[at]
        low, high = max(low, MOST_OF_BOX * box.width_px / 2), max(high, MOST_OF_BOX * box.width_px / 2)
        first, last = np.ceil(box.x_px - low), np.ceil(box.x_px + high) - 1
        wide[at] = replace(box, x_px=float(first + last) / 2, width_px=float(last - first))
    return tuple(wide)


def _by_hand(signal: Signal, noise: PixelNoise, trace: Trace, lane: int, box: Box) -> Volume:
    """Return what lies in a box laid by hand, above the lane's own line and bands around the box."""
    others = (*trace.others[lane], trace.boxes[lane].y_px)
    alone = replace(
        trace,
        boxes=(box,),
        busy=(trace.busy[lane],),
        others=(tuple(y for y in others if abs(y - box.y_px) > box.height_px / 2),),
    )
    row = _fitted(signal, noise, alone, (box,))
    fitted, fit = row.target[0], row.fit
    columns, rows = box.columns(signal.values.shape[1]), box.rows(signal.values.shape[0])
    at = fit.rows_px[0]
    inside = (at >= rows.start) & (at < rows.stop) & (at >= 0) & (at < signal.values.shape[0])
    seen = signal.values[at[inside]][:, columns].sum(axis=1)
    beside = np.delete(fit.bands[0], 0, axis=0).sum(axis=0)
    noisy = float(np.sqrt(noise.variance(signal.values[rows, columns]).sum()))
    return replace(
        fitted,
        volume=float((seen - fit.line[0][inside] - beside[inside]).sum()),
        se=float(np.hypot(fitted.se, noisy)),
        detection_limit=float(np.hypot(fitted.detection_limit, DETECTION_SDS * noisy)),
        saturated_fraction=float(signal.saturated[rows, columns].mean()),
        box=box,
    )


def _gaps(trace: Trace, boxes: tuple[Box, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the distances of the other bands that are fitted, and of those too far for it, each told once."""
    every = sorted((y - box.y_px for box, others in zip(boxes, trace.others, strict=True) for y in others))
    groups: list[list[float]] = []
    for gap in every:
        if groups and gap - groups[-1][0] < ON_CURVE * trace.fwhm_px:
            groups[-1].append(gap)
        else:
            groups.append([gap])
    gaps = sorted((float(np.median(group)) for group in groups), key=abs)
    reach = FITTED_BESIDE * trace.fwhm_px
    near = [gap for gap in gaps if abs(gap) <= reach][:MOST_BESIDE]
    # Rows beyond the surroundings matter where those reach that far because of a neighbour.
    beyond = np.median([[y - box.y_px for y in busy] for box, busy in zip(boxes, trace.busy, strict=True)], axis=0)
    known = [0.0, *gaps]
    further = [float(y) for y in beyond if all(abs(y - gap) > ON_CURVE * trace.fwhm_px for gap in known)]
    far = sorted([*(gap for gap in gaps if gap not in near), *further], key=abs)
    chained = [gap for gap in far if any(0 < (gap - beside) * np.sign(beside) <= reach for beside in near)]
    near += chained[: MOST_BESIDE - len(near)]
    return tuple(near), tuple(gap for gap in far if gap not in near)


def _errors(fit: RowFit) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (lanes, bands) standard errors, and the standard deviation of nothing in the same places."""
    spill = np.zeros_like(fit.volumes)
    strong = np.maximum(fit.volumes.sum(axis=1), 0.0)
    spill[1:] += SPILL * strong[:-1, None]
    spill[:-1] += SPILL * strong[1:, None]
    spill = np.hypot(spill, SHARED_ERROR * fit.shared)
    beside = np.hypot(fit.shape_sd, spill)
    whole = np.sqrt(fit.sd**2 + beside**2 + (UNEVEN_SHARE * fit.volumes) ** 2)
    return whole, np.hypot(fit.nothing_sd, beside)


def _volume(
    signal: Signal, fit: RowFit, band: int, lane: int, laid: Box, wide: Box, errors: tuple[float, float]
) -> Volume:
    """Return one lane's volume of one band; the fit saw the columns of ``wide``."""
    se, nothing = errors
    box = replace(laid, y_px=float(fit.y_px[lane] + fit.gaps_px[band]), manual=False)
    columns, rows = wide.columns(signal.values.shape[1]), box.rows(signal.values.shape[0])
    profile, width = signal.values[:, columns].mean(axis=1), columns.stop - columns.start
    at = fit.rows_px[lane]
    others = np.delete(fit.bands[lane], band, axis=0).sum(axis=0)
    own = fit.bands[lane, band]
    inside = (at >= rows.start) & (at < rows.stop)
    known = (at >= 0) & (at < profile.size)
    here = np.clip(at, 0, profile.size - 1)
    seen = np.where(known, profile[here] * width, fit.line[lane] + others + own)
    opened = lane_opening(profile, fit.fwhm_px)[here] * width
    around = signal.at_floor[max(0, int(at[0])) : int(at[-1]) + 1, columns]
    return Volume(
        volume=float(fit.volumes[lane, band]),
        se=se,
        second=float((seen - opened - others)[inside].sum() + own[~inside].sum()),
        detection_limit=DETECTION_SDS * nothing,
        saturated_fraction=float(signal.saturated[rows, box.columns(signal.values.shape[1])].mean()),
        floor_fraction=float(around.mean()) if around.size else 0.0,
        box=box,
    )
