"""Stored values become intensities, and populations are seen on the logicle scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.flow.scales import DECADES, Logicle, logicle_for, scaled, top_of_scale
from avpi.readings import CellEvents, Channel


def events(values: list[list[float]], channels: list[Channel], *, datatype: str = "I") -> CellEvents:
    return CellEvents(
        stored=np.array(values, dtype=np.float64),
        channels=tuple(replace(channel, integer=datatype == "I") for channel in channels),
        version="FCS3.0",
        source="a.fcs",
    )


def test_log_amplification_is_undone() -> None:
    given_ = events([[0], [512], [1023]], [Channel(name="FL4-H", amplification=(4.0, 1.0), range=1024)])
    np.testing.assert_allclose(scaled(given_)[:, 0], [1.0, 100.0, 10 ** (4 * 1023 / 1024)])
    assert top_of_scale(given_, 0) == 10_000


def test_an_amplification_that_starts_at_0_is_read_as_starting_at_1() -> None:
    channel = Channel(name="FL4-H", amplification=(4.0, 0.0), range=1024)
    np.testing.assert_allclose(scaled(events([[256]], [channel])), [[10.0]])


def test_amplification_does_not_apply_to_floats() -> None:
    channel = Channel(name="FL4-A", amplification=(4.0, 1.0), range=1024)
    assert scaled(events([[512]], [channel], datatype="F")).tolist() == [[512]]


def test_gain_is_divided_out_but_not_of_time() -> None:
    channels = [Channel(name="FL1-A", gain=4.0, range=1000), Channel(name="Time", gain=4.0)]
    given_ = events([[8, 8]], channels)
    assert scaled(given_).tolist() == [[2, 8]]
    assert top_of_scale(given_, 0) == 250


def test_scaling_leaves_the_reading_untouched() -> None:
    given_ = events([[8]], [Channel(name="FL1-A", gain=4.0)])
    scaled(given_)
    assert given_.events.tolist() == [[8]]


def test_absurd_amplification_gives_infinities_not_a_crash() -> None:
    channel = Channel(name="FL1-H", amplification=(4000.0, 1.0), range=1024)
    assert np.isinf(scaled(events([[1023]], [channel]))).all()
    assert top_of_scale(events([[1]], [channel]), 0) == 0


@given(st.lists(st.floats(-5e3, 2.5e5), min_size=2, max_size=60, unique=True))
def test_the_logicle_scale_keeps_order_and_can_be_inverted(values: list[float]) -> None:
    linear = np.sort(np.array(values))
    scale = logicle_for(linear, top=262_144)
    decades = scale.apply(linear)
    assert (np.diff(decades) >= 0).all()
    np.testing.assert_allclose(scale.inverse(decades), linear, rtol=1e-6, atol=1e-3)


def test_the_top_of_the_scale_lies_at_its_decades() -> None:
    scale = Logicle(top=262_144, width=0.5)
    assert scale.apply(np.array([262_144.0]))[0] == pytest.approx(DECADES)


def test_spread_below_zero_widens_the_linear_part() -> None:
    random = np.random.default_rng(1)
    narrow = logicle_for(random.normal(0, 20, 2000), top=262_144)
    wide = logicle_for(random.normal(0, 500, 2000), top=262_144)
    assert 0 < narrow.width < wide.width
    assert logicle_for(np.array([1.0, 10.0]), top=1e4).width == pytest.approx(0.1)
