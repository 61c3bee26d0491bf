"""Simulated cells on a cytometer: Annexin V (FITC) and PI (PE), with debris, doublets, spillover and noise.

A tube holds four kinds of cells (live, Annexin V+ PI-, ++, Annexin V- PI+) in known shares. Apoptotic cells pass
through Annexin V+ PI- before their membrane fails; necroptotic cells turn ++ almost at once, so that late
apoptosis and necroptosis share a quadrant: cytometry alone does not tell them apart, and is not meant to.

All constants are assumed, in the range of an 18-bit cytometer; none is a measurement.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avpi.virtual_lab.truth import Quadrants

Death = Literal["apoptosis", "necroptosis"]
KINDS = ("live", "early", "late", "pi_only")
"""Kinds of cells in the order of ``Quadrants.shares``: early is Annexin V+ PI-, late is ++."""

CHANNELS = ("FSC-A", "FSC-H", "SSC-A", "FITC-A", "PE-A", "Time")
STAINS = ("", "", "", "Annexin V", "PI", "")
SPILL_CHANNELS = ("FITC-A", "PE-A")
SPILLOVER = np.array([[1.0, 0.18], [0.015, 1.0]])
"""Share of a fluorochrome (row: FITC, PE) seen in a detector (column): FITC's tail reaches far into PE."""

EVENTS = 4000
DEBRIS_SHARE, DOUBLET_SHARE = 0.08, 0.06
VEHICLE_LIVE = 0.94
"""Live share of single cells in a good culture."""
DEAD_SHARES: Mapping[Death, tuple[float, float, float]] = {
    "apoptosis": (0.45, 0.50, 0.05),
    "necroptosis": (0.07, 0.86, 0.07),
}
"""How dead cells divide into early, late and PI-only."""

DIM = {"annexin_v": 260.0, "pi": 200.0}
BRIGHT = {"annexin_v": 14_000.0, "pi": 26_000.0}
EARLY_ANNEXIN = 7_000.0
"""Median intensities of unstained, stained positive, and early apoptotic cells."""
DIM_SD, BRIGHT_SD = 0.42, 0.60
"""Standard deviations of the natural logarithm of intensity."""
LIVE_FORWARD, DEAD_FORWARD = 92_000.0, 58_000.0
LIVE_SIDE, DEAD_SIDE = 38_000.0, 62_000.0
SCATTER_SD = 0.18
DEBRIS_FORWARD, DEBRIS_SIDE, DEBRIS_SD = 9_000.0, 9_000.0, 0.45
HEIGHT_PER_AREA, HEIGHT_SD = 0.82, 0.04
DOUBLET_HEIGHT = 1.08
"""Two cells that pass one after the other are twice as long but hardly higher than one."""
PHOTON_NOISE = 6.0
"""Variance of a detector per unit of signal."""
ELECTRONIC_NOISE = 55.0
RANGE = 262_143.0
"""18-bit scale."""
TICKS_PER_EVENT = 1.2
"""Mean gap between events in the units of the Time channel (10 ms)."""
POSITIVE_IN_CONTROL = 0.5
"""Single-stain controls are half killed beforehand, so that both populations are there."""


def cell_shares(viability: float, death: Death) -> Quadrants:
    """Return the shares of cells at a viability (fraction of vehicle; above 1 counts as 1) by a kind of death."""
    live = VEHICLE_LIVE * min(viability, 1.0)
    early, late, pi_only = (share * (1 - live) for share in DEAD_SHARES[death])
    return Quadrants(
        live=live,
        annexin_positive_pi_negative=early,
        annexin_positive_pi_positive=late,
        annexin_negative_pi_positive=pi_only,
    )


def healthy() -> Quadrants:
    """Return the shares of a good culture; how its few dead cells died does not show without stains."""
    return cell_shares(1.0, "apoptosis")


def control_shares(positive: float = POSITIVE_IN_CONTROL) -> Quadrants:
    """Return the shares in a single-stain control tube, of which a share was killed beforehand."""
    return Quadrants(
        live=1 - positive,
        annexin_positive_pi_negative=0.0,
        annexin_positive_pi_positive=positive,
        annexin_negative_pi_positive=0.0,
    )


def moved(shares: Quadrants, before: float, after: float) -> Quadrants:
    """Return the shares of cells whose viability changes from ``before`` to ``after``, dying as they did.

    The live share follows viability (above 1 counts as 1), the dead ones fill up in the proportions that they had.
    """
    dead = 1 - shares.live
    if before <= 0 or dead <= 0:
        return shares  # nothing to scale, or no dead cell that would show how they die
    live = min(shares.live * min(after, 1.0) / min(before, 1.0), 1.0)
    early, late, pi_only = (share * (1 - live) / dead for share in shares.shares[1:])
    return Quadrants(
        live=live,
        annexin_positive_pi_negative=early,
        annexin_positive_pi_positive=late,
        annexin_negative_pi_positive=pi_only,
    )


def acquire(
    shares: Quadrants,
    stains: Collection[str],
    random: np.random.Generator,
    *,
    events: int = EVENTS,
    brightness: float = 1.0,
) -> NDArray[np.float32]:
    """Return the events of one tube as stored, uncompensated, in order of time (events, 6).

    Parameters
    ----------
    shares : share of each kind among single cells.
    stains : which of ``annexin_v`` and ``pi`` were added.
    brightness : of stained cells, relative to the usual: another batch of dye.
    """
    n_debris, n_doublets = round(DEBRIS_SHARE * events), round(DOUBLET_SHARE * events)
    n_singlets = events - n_debris - n_doublets
    kinds = random.choice(len(KINDS), n_singlets + 2 * n_doublets, p=shares.shares)
    cells = _cells(kinds, stains, brightness, random)
    singlets, first, second = np.split(cells, [n_singlets, n_singlets + n_doublets])
    doublets = first + second
    doublets[:, 1] = np.maximum(first[:, 1], second[:, 1]) * DOUBLET_HEIGHT
    whole = np.vstack([singlets, doublets, _debris(n_debris, stains, random)])
    whole[:, 3:5] = whole[:, 3:5] @ SPILLOVER
    whole[:, 3:5] += random.normal(0, np.sqrt(PHOTON_NOISE * np.abs(whole[:, 3:5]) + ELECTRONIC_NOISE**2))
    whole = random.permutation(whole)
    time = np.floor(np.cumsum(random.exponential(TICKS_PER_EVENT, events)))
    return np.column_stack([np.minimum(whole, RANGE), time]).astype(np.float32)


def _cells(
    kinds: NDArray[np.int64], stains: Collection[str], brightness: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return single cells (n, 5) without time, before spillover."""
    live = kinds == KINDS.index("live")
    early, pi_only = kinds == KINDS.index("early"), kinds == KINDS.index("pi_only")
    n = len(kinds)
    forward = np.where(live, LIVE_FORWARD, DEAD_FORWARD) * _lognormal(n, SCATTER_SD, random)
    side = np.where(live, LIVE_SIDE, DEAD_SIDE) * _lognormal(n, SCATTER_SD * 1.4, random)  # side scatter is broader
    height = forward * HEIGHT_PER_AREA * _lognormal(n, HEIGHT_SD, random)
    annexin_positive = ~live & ~pi_only & ("annexin_v" in stains)
    pi_positive = ~live & ~early & ("pi" in stains)
    annexin = np.where(early, EARLY_ANNEXIN, BRIGHT["annexin_v"]) * brightness * _lognormal(n, BRIGHT_SD, random)
    pi = BRIGHT["pi"] * brightness * _lognormal(n, BRIGHT_SD, random)
    annexin = np.where(annexin_positive, annexin, DIM["annexin_v"] * _lognormal(n, DIM_SD, random))
    pi = np.where(pi_positive, pi, DIM["pi"] * _lognormal(n, DIM_SD, random))
    return np.column_stack([forward, height, side, annexin, pi])


def _debris(n: int, stains: Collection[str], random: np.random.Generator) -> NDArray[np.float64]:
    """Return debris (n, 5): small, stained anyhow."""
    forward = DEBRIS_FORWARD * _lognormal(n, DEBRIS_SD, random)
    height = forward * HEIGHT_PER_AREA * _lognormal(n, HEIGHT_SD * 2, random)
    side = DEBRIS_SIDE * _lognormal(n, DEBRIS_SD, random)
    colours = [
        np.sqrt(DIM[stain] * (BRIGHT[stain] if stain in stains else DIM[stain])) * _lognormal(n, 2 * BRIGHT_SD, random)
        for stain in ("annexin_v", "pi")
    ]
    return np.column_stack([forward, height, side, *colours])


def _lognormal(n: int, sd: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Return factors with median 1."""
    return np.exp(random.normal(0, sd, n))
