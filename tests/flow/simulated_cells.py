"""Simulated Annexin V / PI tubes with known shares: overlap, spillover, debris, doublets, detector noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.flow.controls import ControlTube
from avpi.flow.results import QUADRANTS
from avpi.readings import CellEvents, Channel

NAMES = ("FSC-A", "FSC-H", "SSC-A", "FL1-A", "FL3-A", "Time")
STAINS = ("", "", "", "Annexin V FITC", "PI", "")
SPILLOVER = np.array([[1.0, 0.12], [0.03, 1.0]])


@dataclass(frozen=True, kw_only=True)
class Staining:
    """Medians and spreads (of the natural logarithm) of intensity; ``overlap`` brings the positives nearer."""

    dim: tuple[float, float] = (180.0, 150.0)
    dim_sd: float = 0.38
    bright: tuple[float, float] = (5000.0, 12000.0)
    bright_sd: float = 0.55
    noise: float = 40.0
    photons: float = 4.0
    debris: float = 0.10
    doublets: float = 0.05


OVERLAPPING = Staining(bright=(2200.0, 5000.0))


def tube(
    shares: Mapping[str, float],
    random: np.random.Generator,
    *,
    cells: int = 4000,
    stains: tuple[bool, bool] = (True, True),
    staining: Staining = Staining(),
    spillover: NDArray[np.float64] = SPILLOVER,
    carried: bool = False,
    source: str = "tube.fcs",
) -> CellEvents:
    """Return a tube of single cells with these shares of quadrants, and debris and doublets besides.

    ``carried`` writes the true spillover matrix into the tube, as a cytometer that was compensated does.
    """
    doublets = round(staining.doublets * cells)
    pattern = random.choice(4, cells + 2 * doublets, p=[shares[name] for name in QUADRANTS])
    annexin = np.isin(pattern, (1, 2)) & stains[0]
    pi = np.isin(pattern, (2, 3)) & stains[1]
    n = len(pattern)
    dead = pattern > 0
    area = np.where(dead, 60_000.0, 100_000.0) * _factors(n, 0.14, random)
    height = 0.8 * area * _factors(n, 0.04, random)
    side = np.where(dead, 60_000.0, 35_000.0) * _factors(n, 0.2, random)
    light = [
        np.where(positive, staining.bright[i] * _factors(n, staining.bright_sd, random), 0.0)
        + staining.dim[i] * _factors(n, staining.dim_sd, random)
        for i, positive in enumerate((annexin, pi))
    ]
    every = np.column_stack([area, height, side, *light])
    single, first, second = np.split(every, [cells, cells + doublets])
    double = first + second
    double[:, 1] = np.maximum(first[:, 1], second[:, 1]) * 1.1
    small = round(staining.debris * cells)
    debris = np.column_stack(
        [
            (forward := 9_000.0 * _factors(small, 0.4, random)),
            0.8 * forward * _factors(small, 0.08, random),
            9_000.0 * _factors(small, 0.5, random),
            *(600.0 * _factors(small, 1.0, random) for _ in range(2)),
        ]
    )
    values = np.vstack([single, double, debris])
    values[:, 3:5] = values[:, 3:5] @ spillover
    values[:, 3:5] += random.normal(0, np.sqrt(staining.photons * np.abs(values[:, 3:5]) + staining.noise**2))
    values = random.permutation(values)
    values = np.column_stack([values, np.arange(len(values))])
    return CellEvents(
        stored=np.minimum(values, 262_143.0),
        channels=tuple(Channel(name=n, stain=s, range=262_144.0) for n, s in zip(NAMES, STAINS, strict=True)),
        version="FCS3.1",
        source=source,
        spillover=(NAMES[3:5], spillover) if carried else None,
    )


def quadrants(live: float, early: float, late: float, pi_only: float) -> dict[str, float]:
    """Return shares by the quadrants' names."""
    return dict(zip(QUADRANTS, (live, early, late, pi_only), strict=True))


def control_tubes(
    random: np.random.Generator, *, cells: int = 4000, staining: Staining = Staining(), carried: bool = False
) -> list[ControlTube]:
    """Return unstained, Annexin V only and PI only tubes; the single stains hold half dead cells."""
    healthy, half = quadrants(0.95, 0.02, 0.02, 0.01), quadrants(0.5, 0.05, 0.4, 0.05)
    made = (
        ("unstained", healthy, (False, False)),
        ("annexin_v", half, (True, False)),
        ("pi", half, (False, True)),
    )
    return [
        ControlTube(
            stain=stain,
            experiment=None,
            events=tube(
                shares,
                random,
                cells=cells,
                stains=stains,
                staining=staining,
                carried=carried,
                source=f"{stain}.fcs",
            ),
        )
        for stain, shares, stains in made
    ]


def _factors(n: int, sd: float, random: np.random.Generator) -> NDArray[np.float64]:
    return np.exp(random.normal(0.0, sd, n))
