"""Polarity comes from content, never from the tag."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.blot.polarity import as_signal, block_means, find_polarity
from tests.blot.declared_blot import picture


@pytest.mark.parametrize("more", [{}, {"frame_px": 60}, {"fwhm_px": 40.0}, {"volume": 3e5, "control_volume": 3e5}])
@pytest.mark.parametrize("dark", [False, True])
def test_polarity_is_found_whatever_the_tag_says(more: dict[str, Any], dark: bool) -> None:
    image = picture(dark_bands=dark, **more).image
    for tag in ("min_is_black", "min_is_white", "unknown"):
        signal = as_signal(replace(image, tag_polarity=tag))
        assert signal.polarity == ("dark" if dark else "bright")
        assert signal.certain


def test_a_picture_without_bands_has_no_certain_polarity() -> None:
    noise = np.random.default_rng(1).normal(1000, 30, (200, 300))
    assert not find_polarity(noise)[1]


@given(st.integers(0, 3), st.floats(0.01, 50), st.floats(-1000, 1000))
@settings(max_examples=8, deadline=None)
def test_polarity_does_not_depend_on_scale_and_offset(seed: int, scale: float, offset: float) -> None:
    stored = picture(seed).image.pixels.astype(float)
    assert find_polarity(stored * scale + offset) == find_polarity(stored)
    assert find_polarity(-scale * stored + offset)[0] == "dark"


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 7), st.integers(1, 7))
def test_block_means_keep_the_mean_of_whole_blocks(rows: int, columns: int, high: int, wide: int) -> None:
    values = np.random.default_rng(0).normal(size=(rows * high, columns * wide))
    assert block_means(values, high, wide).shape == (rows, columns)
    assert block_means(values, high, wide).mean() == pytest.approx(values.mean())
