"""The joint fit of a row: volumes of bands that touch, of bands that are gone, and errors that hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from avpi.blot.band_shape import PARAMETERS, START, area, shape_at
from avpi.blot.bands import Box
from avpi.blot.pixel_noise import measure_noise
from avpi.blot.polarity import Signal
from avpi.blot.row_fit import fit_row
from avpi.blot.row_parts import RowFit
from avpi.blot.strips import cut_strips

SD, PITCH, LANES = 3.5, 60.0, 8
AMOUNTS = np.array([1.0, 0.5, 0.1, 0.03, 0.0, 0.0, 0.8, 0.01])
VOLUME = 5e6


def drawn(seed: int, gap: float, share: float, *, noise: float = 20.0, wider: float = 1.0) -> NDArray[np.float64]:
    """Draw a row at 80 with a neighbour of even strength below; shapes are skewed, lanes lean."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:180, : int(PITCH * LANES)].astype(float)
    values = 900 + 0.5 * y + 0.2 * x
    for lane, amount in enumerate(AMOUNTS):
        centre = PITCH * (lane + 0.5)
        across = 1 / (1 + np.exp((np.abs(x - centre) - 21) / 1.0))
        middle = 80 + 0.4 * lane + 0.03 * (x - centre)
        for row, volume in ((0.0, amount * VOLUME), (gap, share * VOLUME)):
            down = y - middle - row
            sd = np.where(down < 0, 0.9 * SD, 1.15 * SD) * (wider if row else 1.0)
            band = np.exp(-0.5 * (down / sd) ** 2) * across
            values += volume * band / band.sum()
    noisy: NDArray[np.float64] = values + rng.normal(0, 1, values.shape) * np.sqrt(noise**2 + 2 * values)
    return noisy


def fitted(values: NDArray[np.float64], gaps: tuple[float, ...], *, lost: NDArray[np.bool_] | None = None) -> RowFit:
    nothing = np.zeros(values.shape, bool)
    signal = Signal(values=values, saturated=nothing if lost is None else lost, at_floor=nothing, polarity="bright",
                    certain=True)  # fmt: skip
    boxes = tuple(
        Box(x_px=PITCH * (lane + 0.5), y_px=80.0 + 0.4 * lane + (-1) ** lane, width_px=50.0, height_px=24.0)
        for lane in range(LANES)
    )
    noise = measure_noise(values, signal.saturated)
    return fit_row(cut_strips(signal, noise, boxes, SD, gaps, ()), SD, gaps)


@pytest.mark.parametrize(("gap", "share"), [(24.0, 0.4), (14.0, 1.0), (11.0, 1.5)])
def test_bands_that_touch_are_told_apart(gap: float, share: float) -> None:
    fit = fitted(drawn(1, gap, share), (gap + 1.0,))
    assert fit.volumes[:, 0] / VOLUME == pytest.approx(AMOUNTS, abs=0.006)
    assert fit.volumes[:, 1] / VOLUME == pytest.approx(share, rel=0.02)
    assert fit.gaps_px[1] == pytest.approx(gap, abs=0.3)


@pytest.mark.parametrize("wider", [0.93, 1.08])
def test_a_neighbour_may_be_thicker_than_the_target(wider: float) -> None:
    fit = fitted(drawn(6, 17.0, 1.0, wider=wider), (17.0,))
    assert fit.volumes[:, 0] / VOLUME == pytest.approx(AMOUNTS, abs=0.004)
    assert np.all(
        np.abs(fit.volumes[:, 0] / VOLUME - AMOUNTS)[2:6] < 3 * np.hypot(fit.sd, fit.shape_sd)[2:6, 0] / VOLUME
    )


def test_a_band_that_is_gone_is_looked_for_where_the_others_say() -> None:
    fit = fitted(drawn(2, 24.0, 0.4), (24.0,))
    assert fit.y_px == pytest.approx(80 + 0.4 * np.arange(LANES), abs=0.8)
    assert np.abs(fit.volumes[4:6, 0]).max() < 0.004 * VOLUME


def test_errors_of_empty_lanes_are_as_large_as_they_say() -> None:
    z = []
    for seed in range(12):
        fit = fitted(drawn(seed, 24.0, 0.4), (24.0,))
        z += list(fit.volumes[4:6, 0] / fit.sd[4:6, 0])
    assert 0.5 < float(np.sqrt(np.mean(np.square(z)))) < 1.6


def test_saturated_rows_are_left_out_and_the_flanks_still_tell() -> None:
    values = drawn(3, 24.0, 0.4)
    top = float(np.quantile(values[70:90, :60], 0.97))
    fit = fitted(np.minimum(values, top), (24.0,), lost=values >= top)
    assert fit.volumes[0, 0] / VOLUME == pytest.approx(1.0, abs=0.06)


def test_a_speck_of_dust_beside_a_band_hardly_counts() -> None:
    values = drawn(4, 24.0, 0.4)
    clean = fitted(values, (24.0,)).volumes[2, 0]
    values[60:64, 148:152] += 4000
    assert fitted(values, (24.0,)).volumes[2, 0] == pytest.approx(clean, abs=0.01 * VOLUME)


def test_the_same_pixels_give_the_same_bytes() -> None:
    values = drawn(5, 14.0, 1.0)
    assert fitted(values, (14.0,)).volumes.tobytes() == fitted(values, (14.0,)).volumes.tobytes()


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(1.4, 3.5), st.floats(0, 0.45), st.floats(-0.9, 0.9)),
    st.floats(-6, 6).filter(lambda v: abs(v) > 1e-3),
)
def test_the_derivatives_of_the_shape_are_right(numbers: tuple[float, ...], v: float) -> None:
    parameters, at = np.array(numbers), np.array([v])
    shaped, step = shape_at(at, parameters), 1e-6
    along = (shape_at(at + step, parameters).value - shape_at(at - step, parameters).value) / (2 * step)
    assert shaped.along == pytest.approx(along, abs=1e-5)
    for i in range(len(PARAMETERS)):
        moved = np.eye(len(PARAMETERS))[i] * step
        slope = (shape_at(at, parameters + moved).value - shape_at(at, parameters - moved).value) / (2 * step)
        assert shaped.by[i] == pytest.approx(slope, abs=1e-5)


def test_the_area_of_a_gaussian_is_known() -> None:
    gaussian = START.copy()
    gaussian[3] = 0.0
    assert area(gaussian)[0] == pytest.approx(np.sqrt(2 * np.pi))


def test_noise_is_measured_below_and_on_bands() -> None:
    rng = np.random.default_rng(1)
    level = np.where(np.arange(400)[:, None] % 40 < 6, 8000.0, 1000.0) * np.ones((400, 500))
    values = level + rng.normal(0, 1, level.shape) * np.sqrt(30**2 + 2 * level)
    noise = measure_noise(values, np.zeros(values.shape, bool))
    assert noise.floor == pytest.approx(30**2 + 2000, rel=0.05)
    assert noise.variance(np.array([8000.0]))[0] == pytest.approx(30**2 + 16000, rel=0.15)
