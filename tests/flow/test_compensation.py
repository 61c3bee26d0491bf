"""Spillover is computed from single stains and taken away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from avpi.flow.cells import single_cells
from avpi.flow.compensation import (
    Spillover,
    compensated,
    largest_difference,
    spillover_of_file,
)
from avpi.flow.scales import scaled, top_of_scale
from avpi.flow.spillover_fit import fit_spillover
from avpi.formats.fcs import read_fcs
from tests.flow.simulated_cells import quadrants, tube

HAND_MADE = np.array(
    [[1, 0.24, 0.032, 1.13e-3], [7.77e-3, 1, 0.14, 2.74e-3], [8.69e-3, 0.17, 1, 0.21], [7.95e-4, 9.95e-4, 3.23e-3, 1]]
)
"""The matrix made by hand for the four-colour FACSCalibur controls (their ``reference/compmatrix``)."""


@given(st.floats(0, 0.4), st.floats(0, 0.4), st.integers(0, 100))
def test_compensation_undoes_spillover(a: float, b: float, seed: int) -> None:
    alone = np.random.default_rng(seed).normal(100, 30, (20, 2))
    matrix = np.array([[1, a], [b, 1]])
    spilled = np.column_stack([np.arange(20.0), alone @ matrix])
    spillover = Spillover(detectors=("x", "y"), matrix=matrix, origin="file")
    result = compensated(spilled, ("t", "x", "y"), spillover)
    np.testing.assert_allclose(result[:, 1:], alone, rtol=1e-9)
    np.testing.assert_array_equal(result[:, 0], spilled[:, 0])


def test_an_identity_matrix_in_the_file_is_no_compensation() -> None:
    random = np.random.default_rng(0)
    live = quadrants(1, 0, 0, 0)
    needed = ("FL1-A", "FL3-A")
    assert spillover_of_file(tube(live, random, cells=50, spillover=np.eye(2), carried=True), needed) is None
    assert spillover_of_file(tube(live, random, cells=50, carried=True), needed) is not None
    assert spillover_of_file(tube(live, random, cells=50, carried=True), ("FL9-A",)) is None
    singular = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert spillover_of_file(tube(live, random, cells=50, spillover=singular, carried=True), needed) is None


def test_cells_at_the_top_of_the_scale_do_not_bend_the_slope() -> None:
    random = np.random.default_rng(2)
    unstained = random.normal(100, 10, (2000, 2))
    bright = np.exp(random.normal(9.6, 1, 2000))
    stained = np.column_stack([bright, 0.2 * bright]) + random.normal(100, 10, (2000, 2))
    clipped = np.minimum(stained, 10_000)
    found = fit_spillover(unstained, {0: clipped}, ("x", "y"), (10_000, 10_000))
    assert found.matrix[0, 1] == pytest.approx(0.2, abs=0.005)
    assert found.matrix[1].tolist() == [0, 1]


def test_too_few_stained_cells_give_no_slope() -> None:
    random = np.random.default_rng(3)
    unstained = random.normal(100, 10, (2000, 2))
    few = np.vstack([unstained[:1000], random.normal(5000, 10, (40, 2))])
    found = fit_spillover(unstained, {0: few}, ("x", "y"), (0, 0))
    assert found.matrix.tolist() == [[1, 0], [0, 1]]


def test_matrices_are_compared_over_the_detectors_they_share() -> None:
    one = Spillover(detectors=("x", "y"), matrix=np.array([[1, 0.2], [0.1, 1]]), origin="file")
    other = Spillover(detectors=("y", "x"), matrix=np.array([[1, 0.1], [0.3, 1]]), origin="single_stains")
    assert largest_difference(one, other) == pytest.approx(0.1)


def _from_tubes(folder: Path, unstained: str, single: dict[str, str], detectors: list[str]) -> NDArray[np.float64]:
    cells = {name: single_cells(read_fcs(folder / name, name), name) for name in (unstained, *single.values())}
    first = cells[unstained].events
    columns = [[c.name for c in first.channels].index(name) for name in detectors]
    return fit_spillover(
        cells[unstained].singlets[:, columns],
        {detectors.index(d): cells[name].singlets[:, columns] for d, name in single.items()},
        detectors,
        [top_of_scale(first, column) for column in columns],
    ).matrix


@pytest.mark.shared_data
def test_real_single_stains_agree_with_the_matrix_made_by_hand(shared_data: Path) -> None:
    folder = shared_data / "fcs" / "compensation_facscalibur_fitc_pe_7aad_apc"
    single = {"FL1-H": "060909.002", "FL2-H": "060909.003", "FL3-H": "060909.005", "FL4-H": "060909.004"}
    found = _from_tubes(folder, "060909.001", single, list(single))
    assert np.abs(found - HAND_MADE).max() < 0.02


@pytest.mark.shared_data
def test_medians_of_all_cells_are_what_r_computes(shared_data: Path) -> None:
    folder = shared_data / "fcs" / "compensation_facscalibur_fitc_pe_7aad_apc"
    channels = ["FL1-H", "FL2-H", "FL3-H", "FL4-H"]
    tubes = {n: read_fcs(folder / f"060909.00{n}", f"060909.00{n}") for n in range(1, 6)}
    columns = [[channel.name for channel in tubes[1].channels].index(name) for name in channels]
    cells = {n: scaled(tube)[:, columns] for n, tube in tubes.items()}
    for table, order in (("compref", (2, 3, 5, 4)), ("compref2", (2, 3, 4, 5))):
        stained = {row: cells[n] for row, n in enumerate(order)}
        found = fit_spillover(cells[1], stained, channels, [0.0] * 4, method="median").matrix
        lines = (folder / "reference" / table).read_text("utf-8").splitlines()[1:]
        by_r = np.array([[float(word) for word in line.split()[1:]] for line in lines])
        if table == "compref2":  # there the tubes stand in another order than their channels, as its file says
            largest = found.argmax(axis=1)
            assert largest.tolist() == [0, 1, 3, 2]
        np.testing.assert_allclose(found, by_r, rtol=0, atol=1e-12)


@pytest.mark.shared_data
def test_fluorescent_proteins_give_a_matrix_that_compensates_them(shared_data: Path) -> None:
    single = {"Pacific Blue-A": "ebfp.fcs", "FITC-A": "eyfp.fcs", "PE-Tx-Red-YG-A": "mkate.fcs"}
    detectors = list(single)
    folder = shared_data / "fcs" / "tasbe_comp"
    matrix = _from_tubes(folder, "blank.fcs", single, detectors)
    assert (np.diag(matrix) == 1).all()
    assert matrix[~np.eye(3, dtype=bool)].max() < 0.1
