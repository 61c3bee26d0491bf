"""A file's cells are counted the same by blocks, by machine code, and one by one."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.flow.compensation import Spillover, compensated
from avpi.flow.count_cells import CellCounts, FrozenGates, bins_of, count_cells, weights_of
from avpi.readings import CellEvents, Channel

NAMES = ("FSC-A", "FSC-H", "FL1-A", "FL2-A", "FL3-A", "Time")
SPILLOVER = Spillover(
    detectors=("FL1-A", "FL2-A", "FL3-A"), matrix=np.array([[1, 0.2, 0.1], [0.05, 1, 0.3], [0, 0.1, 1]]), origin="file"
)
MACHINE = 6_000  # events: enough for machine code


def values(n: int) -> NDArray[np.float64]:
    random = np.random.default_rng(n)
    made = np.exp(random.normal(6, 1, (n, len(NAMES))))
    made[:, 0] = random.normal(100_000, 30_000, n)
    made[:, 1] = 0.8 * made[:, 0] * np.exp(random.normal(0, 0.1, n))
    made[:, -1] = np.arange(n)
    made[::97, 3] = np.nan
    made[5::301, 0] = -np.inf
    return made


def events(stored: NDArray[np.generic], *, gain: float = 1.0) -> CellEvents:
    channels = tuple(Channel(name=name, gain=gain, range=262_144.0) for name in NAMES)
    return CellEvents(stored=stored, channels=channels, version="FCS3.1", source="a.fcs")


def gates(stains: tuple[int, ...] = (2, 3), **changes: Any) -> FrozenGates:
    detectors, weights = weights_of(NAMES, stains, SPILLOVER)
    made = FrozenGates(
        channels=len(NAMES), detectors=detectors, weights=weights,
        levels=np.array([[300.0, 400.0, 500.0]] * len(stains)), forward=0, debris_limit=70_000.0, area=0, height=1,
        ratios=(1.1, 1.4), time=5, unstable=np.array([[100.0, 200.0], [900.0, 901.5]]),
    )  # fmt: skip
    return replace(made, **changes)


def one_by_one(linear: NDArray[np.float64], own: FrozenGates, stains: tuple[int, ...]) -> CellCounts:
    finite = (np.abs(linear) < 1e15).all(axis=1)
    kept = linear[finite]
    windows = own.unstable if own.unstable is not None else np.empty((0, 2))
    stable = ~np.logical_or.reduce([(kept[:, 5] >= a) & (kept[:, 5] <= b) for a, b in windows] or [kept[:, 5] < -1])
    cell = stable if own.debris_limit is None else stable & (kept[:, 0] >= own.debris_limit)
    single = stable
    if own.ratios is not None:
        low, high = own.ratios
        a, h = kept[:, 0], kept[:, 1]
        single = stable & (h > 0) & (a >= low * h) & (a <= high * h)
    stained = compensated(kept, NAMES, SPILLOVER)[:, list(stains)].T
    return CellCounts(
        events=len(linear), finite=int(finite.sum()), stable=int(stable.sum()), cells=int(cell.sum()),
        singlets=int((cell & single).sum()), bins=bins_of([s[cell & single] for s in stained], own.levels),
        bins_with_debris=bins_of([s[single] for s in stained], own.levels),
    )  # fmt: skip


def assert_same(found: CellCounts, expected: CellCounts) -> None:
    for name in ("events", "finite", "stable", "cells", "singlets"):
        assert getattr(found, name) == getattr(expected, name), name
    np.testing.assert_array_equal(found.bins, expected.bins)
    np.testing.assert_array_equal(found.bins_with_debris, expected.bins_with_debris)
    assert found.bins.sum() == found.singlets


@pytest.mark.parametrize("n", [1, 700, MACHINE, 120_000])
@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f8"])
def test_counts_are_those_of_every_event_looked_at_alone(n: int, kind: str) -> None:
    stored = values(n).astype(kind)
    assert_same(count_cells(events(stored), gates()), one_by_one(stored.astype(np.float64), gates(), (2, 3)))


@pytest.mark.parametrize("n", [700, MACHINE])
@pytest.mark.parametrize(
    "changes",
    [
        {"debris_limit": None}, {"ratios": None}, {"unstable": None}, {"time": None, "unstable": np.empty((0, 2))},
        {"debris_limit": None, "ratios": None, "unstable": np.empty((0, 2))},
    ],
)  # fmt: skip
def test_each_gate_may_be_missing(n: int, changes: dict[str, Any]) -> None:
    stored = values(n).astype("<f4")
    own = gates(**changes)
    assert_same(count_cells(events(stored), own), one_by_one(stored.astype(np.float64), own, (2, 3)))


@pytest.mark.parametrize("n", [700, MACHINE])
def test_one_stain_and_an_uncompensated_one_are_counted(n: int) -> None:
    stored = values(n).astype("<f4")
    linear = stored.astype(np.float64)
    assert_same(count_cells(events(stored), gates((4,))), one_by_one(linear, gates((4,)), (4,)))
    outside = weights_of(NAMES, (0, 3), SPILLOVER)
    assert outside[0] == (0, 2, 3, 4) or set(outside[0]) == {0, 2, 3, 4}
    assert weights_of(NAMES, (2, 3), None)[1].tolist() == [[1, 0], [0, 1]]


def test_gain_is_divided_out_of_what_is_counted() -> None:
    stored = values(MACHINE)
    scaled = stored / np.array([4.0] * 5 + [1.0])
    own = gates(debris_limit=20_000.0)
    assert_same(count_cells(events(stored, gain=4.0), own), one_by_one(scaled, own, (2, 3)))


def test_gates_of_another_file_are_refused() -> None:
    with pytest.raises(ValueError, match="6 channels were given events of 5"):
        count_cells(events(values(10)[:, :5]), gates())


def test_ten_thousand_channels_take_little_memory_beside_the_file() -> None:
    stored = np.ones((6_000, 10_000), dtype="<f4")
    channels = tuple(Channel(name=f"c{i}") for i in range(10_000))
    wide = CellEvents(stored=stored, channels=channels, version="FCS3.1", source="a.fcs")
    own = FrozenGates(
        channels=10_000, detectors=(3, 9_000), weights=np.eye(2), levels=np.array([[0.5, 0.5, 2.0], [2.0, 2.0, 2.0]])
    )
    tracemalloc.start()
    found = count_cells(wide, own)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.bins[2, 0] == found.events == 6_000
    assert peak < 30_000_000
