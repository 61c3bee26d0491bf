"""One experiment of a simulated study: what was true of its cells on its day, and where its bands lie.

Noise has three levels, as in a laboratory: between experiments (the biology of the day, here), between lanes and
wells (pipetting), and in the instrument. Every stream of random numbers has a name (the study's seed, the
experiment, what it is for), so that leaving an arm out, or a fault in one place, changes nothing anywhere else.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avpi.virtual_lab.cells import moved
from avpi.virtual_lab.design import TIME_COURSE, Design
from avpi.virtual_lab.faults import Fault, strength_in
from avpi.virtual_lab.truth import BlotTruth, CellsTruth, Quadrants, Truth

VIABILITY_CV = 0.07
"""Between experiments, for each condition (assumed; plates repeat to about this on different days)."""
CIAP1_CV = 0.15
"""Between experiments, for each harvest (assumed)."""

TARGET_ROW_PX, CONTROL_ROW_PX = 150, 295
"""Rows of cIAP1 (70 kDa) and of actin (42 kDa)."""
NEIGHBOUR_BELOW_PX, XIAP_BELOW_PX = 26, 58
"""How far cIAP2 (68 kDa) and XIAP (57 kDa) lie below cIAP1."""
ROW_JITTER_PX = 8
"""Membranes are not laid down at the same place each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Where the bands of a membrane lie, in pixels from the top in the middle of the image."""

    target_px: int
    control_px: int

    @property
    def neighbour_px(self) -> int:
        """Row of cIAP2."""
        return self.target_px + NEIGHBOUR_BELOW_PX

    @property
    def xiap_px(self) -> int:
        """Row of XIAP, on an image of its own."""
        return self.target_px + XIAP_BELOW_PX


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One independent experiment: its name, its number from 0, what was true of its cells, where its bands lie.

    Attributes
    ----------
    rows : name of a membrane -> its rows.
    """

    name: str
    number: int
    cells: CellsTruth
    rows: Mapping[str, Rows]


def stream(seed: int, *purpose: str) -> np.random.Generator:
    """Return the random numbers for one purpose of one study."""
    return np.random.default_rng([seed, *(zlib.crc32(word.encode()) for word in purpose)])


def purpose_of(membrane: str, *words: str) -> tuple[str, ...]:
    """Return what a stream of a membrane is for; the time course, which every study has, is not named."""
    return words if membrane == TIME_COURSE else (*words, membrane)


def day_of(truth: Truth, design: Design, seed: int, number: int, faults: Sequence[Fault] = ()) -> Day:
    """Return one experiment: the study's truth, moved by what differs between days and by a batch effect."""
    name = design.experiments[number]
    blots: dict[str, BlotTruth] = {}
    rows: dict[str, Rows] = {}
    common = truth.of(number)
    for membrane in design.membranes:
        random = stream(seed, *purpose_of(membrane, name, "cIAP1"))
        factors = np.exp(random.normal(0, CIAP1_CV, len(common.blots[membrane].ciap1)))
        jitter = random.integers(-ROW_JITTER_PX, ROW_JITTER_PX + 1, 2)
        rows[membrane] = Rows(target_px=TARGET_ROW_PX + int(jitter[0]), control_px=CONTROL_ROW_PX + int(jitter[1]))
        blots[membrane] = _varied_blot(common.blots[membrane], factors if truth.is_shared else np.ones(len(factors)))
    viability = {
        label: value * float(np.exp(stream(seed, name, "viability", label).normal(0, VIABILITY_CV)))
        if truth.is_shared and label != "DMSO"
        else value
        for label, value in common.viability.items()
    }
    cells = _with_viability(CellsTruth(blots=blots, viability=common.viability, quadrants=common.quadrants), viability)
    weaker = strength_in(faults, "batch_effect", name)
    return Day(name=name, number=number, cells=cells if weaker is None else weaker_cells(cells, weaker), rows=rows)


def weaker_cells(cells: CellsTruth, weaker: float) -> CellsTruth:
    """Return cells on which the compound does less: the logarithm of each of its effects shrinks by a share."""

    def shrunk(values: tuple[float, ...], blot: BlotTruth) -> tuple[float, ...]:
        """Bring each lane nearer to vehicle, the first lane."""
        return tuple(
            _shrunk(value, values[0], weaker) if lane.working_doses else value
            for value, lane in zip(values, blot.lanes, strict=True)
        )

    blots = {
        membrane: replace(
            blot,
            ciap1=shrunk(blot.ciap1, blot),
            ciap2=None if blot.ciap2 is None else shrunk(blot.ciap2, blot),
            xiap=None if blot.xiap is None else shrunk(blot.xiap, blot),
        )
        for membrane, blot in cells.blots.items()
    }
    viability = {
        label: _weaker_viability(label, cells.viability, weaker) if "SM" in label.split("+") else value
        for label, value in cells.viability.items()
    }
    return _with_viability(replace(cells, blots=blots), viability)


def _weaker_viability(label: str, viability: Mapping[str, float], weaker: float) -> float:
    """Shrink what the compound adds to the other reagents of a condition; vehicle where they were not tested alone."""
    others = "+".join(part for part in label.split("+") if part != "SM") or "DMSO"
    return _shrunk(viability[label], viability.get(others, viability["DMSO"]), weaker)


def _shrunk(value: float, reference: float, share: float) -> float:
    """Bring a value nearer to its reference by a share of the logarithm of their ratio; zero stays zero."""
    return value if min(reference, value) <= 0 else float(reference * (value / reference) ** (1 - share))


def _varied_blot(blot: BlotTruth, factors: NDArray[np.float64]) -> BlotTruth:
    """Vary cIAP1 from day to day in every lane but vehicle, which is what the others are compared with."""
    ciap1 = tuple(
        float(value * factor) if lane.working_doses else value
        for value, factor, lane in zip(blot.ciap1, factors, blot.lanes, strict=True)
    )
    return replace(blot, ciap1=ciap1)


def _with_viability(cells: CellsTruth, viability: Mapping[str, float]) -> CellsTruth:
    """Return cells of another viability, with shares in cytometry that follow it."""
    quadrants: dict[str, Quadrants] = {
        label: moved(shares, cells.viability[label], viability[label]) for label, shares in cells.quadrants.items()
    }
    return replace(cells, viability=viability, quadrants=quadrants)
