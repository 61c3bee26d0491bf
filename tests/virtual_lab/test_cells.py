"""Simulated tubes hold the shares of cells they were told to, with the faults of real acquisitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from avpi.virtual_lab.cells import (
    CHANNELS,
    DEBRIS_SHARE,
    DOUBLET_SHARE,
    KINDS,
    SPILLOVER,
    VEHICLE_LIVE,
    Death,
    acquire,
    cell_shares,
    control_shares,
    moved,
)

Floats = NDArray[np.float64]

BOTH = ("annexin_v", "pi")
BETWEEN = 2200.0  # a threshold that lies between dim and bright in both colours after compensation


def tube(viability: float, death: Death = "apoptosis", stains: tuple[str, ...] = BOTH) -> Floats:
    return acquire(cell_shares(viability, death), stains, np.random.default_rng(3)).astype(float)


def singlets(events: Floats) -> Floats:
    whole = events[:, 0] > 28_000
    return events[whole & (events[:, 1] / events[:, 0] > 0.68)]


def compensated(events: Floats) -> Floats:
    return events[:, 3:5] @ np.linalg.inv(SPILLOVER)


@settings(max_examples=50)
@given(st.floats(0, 1.5), st.sampled_from(["apoptosis", "necroptosis"]))
def test_the_shares_of_cells_sum_to_one(viability: float, death: Death) -> None:
    shares = cell_shares(viability, death)
    assert sum(shares.shares) == pytest.approx(1)
    assert min(shares.shares) >= 0
    assert shares.live == pytest.approx(VEHICLE_LIVE * min(viability, 1))


@settings(max_examples=50)
@given(st.floats(0.01, 1.5), st.floats(0, 1.5), st.sampled_from(["apoptosis", "necroptosis"]))
def test_shares_that_follow_viability_are_those_of_the_new_viability(before: float, after: float, death: Death) -> None:
    found = moved(cell_shares(before, death), before, after).shares
    assert found == pytest.approx(cell_shares(after, death).shares, abs=1e-12)


def test_shares_that_tell_nothing_of_how_cells_die_stay() -> None:
    immortal = control_shares(0.0)
    assert moved(immortal, 1.0, 0.5) == immortal
    assert moved(cell_shares(0.0, "apoptosis"), 0.0, 0.5) == cell_shares(0.0, "apoptosis")


def test_a_dimmer_dye_dims_stained_cells_only() -> None:
    usual, dim = (
        acquire(control_shares(), ("pi",), np.random.default_rng(3), brightness=b).astype(float) for b in (1.0, 0.5)
    )
    colour = [compensated(singlets(tube))[:, 1] for tube in (usual, dim)]
    bright = [np.median(values[values > BETWEEN]) for values in colour]
    dull = [np.median(values[values < BETWEEN]) for values in colour]
    assert bright[1] / bright[0] == pytest.approx(0.5, rel=0.05)
    assert dull[1] == pytest.approx(dull[0], rel=0.1)


@pytest.mark.parametrize("viability", [1.0, 0.35, 0.12])
def test_the_live_share_of_compensated_singlets_is_the_plates_viability(viability: float) -> None:
    annexin, pi = compensated(singlets(tube(viability))).T
    live = np.mean((annexin < BETWEEN) & (pi < BETWEEN))
    assert live == pytest.approx(VEHICLE_LIVE * viability, abs=0.03)


def test_apoptosis_shows_early_cells_and_necroptosis_hardly_any() -> None:
    early = {}
    for death in ("apoptosis", "necroptosis"):
        annexin, pi = compensated(singlets(tube(0.2, death))).T
        early[death] = np.mean((annexin > BETWEEN) & (pi < BETWEEN))
    assert early["apoptosis"] > 0.3
    assert early["necroptosis"] < 0.1


def test_annexin_alone_spills_into_the_pi_detector() -> None:
    events = singlets(acquire(control_shares(), ("annexin_v",), np.random.default_rng(3)).astype(float))
    stained = events[events[:, 3] > 5000]
    assert np.median(stained[:, 4]) > 1500
    assert abs(np.median(compensated(stained)[:, 1])) < 400


def test_an_unstained_tube_has_no_bright_singlets() -> None:
    assert compensated(singlets(tube(1.0, stains=()))).max() < 3 * BETWEEN


def test_debris_is_small_and_doublets_are_long_but_not_high() -> None:
    events = tube(1.0)
    assert np.mean(events[:, 0] < 28_000) == pytest.approx(DEBRIS_SHARE, abs=0.01)
    long = (events[:, 0] > 28_000) & (events[:, 1] / events[:, 0] < 0.65)
    assert long.mean() == pytest.approx(DOUBLET_SHARE, abs=0.01)


def test_events_are_stored_in_order_of_time() -> None:
    time = tube(1.0)[:, CHANNELS.index("Time")]
    assert (np.diff(time) >= 0).all()


def test_a_control_tube_holds_both_populations() -> None:
    shares = control_shares()
    assert shares.live == shares.annexin_positive_pi_positive == 0.5
    assert len(shares.shares) == len(KINDS)
