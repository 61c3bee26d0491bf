"""Whether the curve fitter's intervals and p-values are what they say: simulated curves with a known answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from avpi.compute.places import Threads
from avpi.dose.batch import fit_curves
from avpi.dose.design import Boxes, design_of
from avpi.dose.flat_test import flat_null
from benchmarks.dose_curves import Floats, logistic, stream
from benchmarks.dose_rows import CORES, Asked, Row, row

COVERAGE_CURVES = 20_000
FLAT_CURVES = 200_000
PLATES = ((8, 1), (10, 1), (12, 1), (8, 2), (10, 2), (8, 3), (10, 3))
"""Doses, evenly over four decades, and wells of each: 8 to 30 wells."""
NOISES = (0.05, 0.10, 0.15)
PLACES = {"middle": 0.5, "quarter": 0.25, "lowest dose": 0.0, "highest dose": 1.0}
"""Where the EC50 lies, as a share of the way from the lowest to the highest dose in log10."""
TRUE_SLOPE, TRUE_BOTTOM, TRUE_TOP = 1.2, 0.1, 1.0
FURTHER = ((0.7, 0.0), (0.7, 0.4), (2.5, 0.0), (2.5, 0.4))
"""Other slopes and bottoms, at a noise of 0.10: an interval that suits one curve alone would be of no use."""
COVERAGE_GOAL = "94 to 96 %"
LOWEST, DECADES = -9.0, 4.0


@dataclass(frozen=True, slots=True)
class Cell:
    """Doses, wells of each, noise, and the truth: where the EC50 lies, slope and bottom."""

    doses: int
    wells: int
    noise: float
    place: str
    slope: float = TRUE_SLOPE
    bottom: float = TRUE_BOTTOM

    @property
    def words(self) -> str:
        shape = f", slope {self.slope:g}, bottom {self.bottom:g}"
        usual = (self.slope, self.bottom) == (TRUE_SLOPE, TRUE_BOTTOM)
        plate = f"{self.doses} doses x {self.wells}, noise {self.noise:.2f}, EC50 at the {self.place}"
        return plate + ("" if usual else shape)


def coverage(asked: Asked) -> list[Row]:
    """How often the interval of 95 % holds the true EC50; an open end holds all beyond."""
    number, rows = asked.few(COVERAGE_CURVES), []
    cells = [Cell(*plate, noise, place) for plate in PLATES for noise in NOISES for place in PLACES]
    further = [Cell(*plate, 0.10, place, *t) for plate in ((10, 1), (10, 3)) for t in FURTHER for place in PLACES]
    for name, some, first in (("", cells, 0), ("other slopes and bottoms, ", further, len(cells))):
        found = [_covered(cell, number, first + at) for at, cell in enumerate(some)]
        shares = [100 * (1 - above - below) for above, below, _ in found]
        error = 100 * math.sqrt(0.95 * 0.05 / number)
        told = f"of {len(shares)} cells of {number} curves, standard error {error:.2f} %"
        out = sum(not 94 <= share <= 96 for share in shares)
        rows += [
            row(f"coverage, {name}least {told}", round(min(shares), 2), COVERAGE_GOAL, met=min(shares) >= 94),
            row(f"coverage, {name}most {told}", round(max(shares), 2), COVERAGE_GOAL, met=max(shares) <= 96),
            row(f"coverage, {name}cells outside", out, "0", met=not out),
        ]
        for cell, share, (above, below, ends) in zip(some, shares, found, strict=True):
            sides = f"interval above it {100 * above:.2f}, below it {100 * below:.2f} %; {ends} % open ends"
            rows.append(row(f"coverage, {cell.words} ({sides})", round(share, 2), COVERAGE_GOAL, met=94 <= share <= 96))
    return rows


def _covered(cell: Cell, number: int, seed: int) -> tuple[float, float, str]:
    """Return the share of intervals that lie above the truth and below it, and how many have open ends."""
    x = np.repeat(np.linspace(LOWEST, LOWEST + DECADES, cell.doses), cell.wells)
    p = LOWEST + DECADES * PLACES[cell.place]
    scatter = cell.noise * stream(seed).standard_normal((number, x.size))
    fits = fit_curves(10**x, logistic(x, p, cell.slope, cell.bottom, TRUE_TOP) + scatter, place=Threads(CORES))
    above, below = (fits.low_log10_ec50 > p).mean(), (fits.high_log10_ec50 < p).mean()
    return float(above), float(below), f"{_open(fits.low_log10_ec50)} and {_open(fits.high_log10_ec50)}"


def _open(ends: Floats) -> str:
    return f"{100 * np.isinf(ends).mean():.0f}"


@dataclass(frozen=True, slots=True)
class FlatDesign:
    """A design of flat curves with the noise and height they have."""

    name: str
    log10_doses: Floats
    noise: float
    height: float
    weights: Floats | None = None
    boxes: Boxes | None = None


def _flat_designs() -> list[FlatDesign]:
    def even(doses: int, wells: int = 1) -> Floats:
        return np.repeat(np.linspace(LOWEST, LOWEST + DECADES, doses), wells)

    control = np.concatenate([np.full(3, -np.inf), even(9, 3)])
    weights = np.linspace(0.4, 1.6, 10)
    free = Boxes(bottom=(-math.inf, math.inf))
    return [
        FlatDesign("6 doses", even(6), 0.05, 1.0),
        FlatDesign("8 doses", even(8), 0.1, 0.9),
        FlatDesign("10 doses", even(10), 0.03, 1.0),
        FlatDesign("10 doses, noisy", even(10), 0.3, 1.0),
        FlatDesign("10 doses, half dead", even(10), 0.1, 0.5),
        FlatDesign("10 doses, dead", even(10), 0.05, 0.02),
        FlatDesign("8 doses x 3, dead, background subtracted", even(8, 3), 0.05, 0.0),
        FlatDesign("10 doses, in counts, no box", even(10), 900.0, 30_000.0, boxes=free),
        FlatDesign("10 doses, weights 0.4 to 1.6", even(10), 0.1, 1.0, weights),
        FlatDesign("6 doses x 3", even(6, 3), 0.1, 1.05),
        FlatDesign("10 doses x 2", even(10, 2), 0.15, 1.0),
        FlatDesign("9 doses and control x 3", control, 0.08, 1.0),
    ]


def flat(asked: Asked) -> list[Row]:
    """How often flat curves are called curves, in designs of 6 to 30 wells; nulls are made as for any table."""
    number, rows = asked.few(FLAT_CURVES), []
    for at, design in enumerate(_flat_designs()):
        doses = 10.0**design.log10_doses
        scatter = stream(1000 + at).standard_normal((number, doses.size))
        if design.weights is not None:
            scatter /= np.sqrt(design.weights / design.weights.mean())
        y = design.height + design.noise * scatter
        fits = fit_curves(doses, y, weights=design.weights, boxes=design.boxes, intervals=False, place=Threads(CORES))
        null = flat_null(design_of(doses, design.weights, design.boxes), seed=1, place=Threads(CORES))
        p = null.p_values(fits)
        told = f"{design.name}, noise {design.noise:g}, height {design.height:g}, {number} curves"
        for level, low, high in ((0.05, 4.5, 5.5), (0.001, 0.08, 0.12)):
            share = 100 * float((p <= level).mean())
            error = 100 * math.sqrt(level * (1 - level) / number)
            what = f"flat test at {level:g}: {told}, standard error {error:.3f} %"
            rows.append(row(what, round(share, 3), f"{low:g} to {high:g} %", met=low <= share <= high))
    return rows
