"""Several exposures of one membrane become one picture on a straight scale."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.blot.exposures import best_exposure, combine_exposures
from avpi.blot.polarity import Signal, as_signal
from avpi.errors import NotAnalysed
from avpi.readings import BlotImage

SECONDS = (1.0, 4.0, 20.0)


def light() -> NDArray[np.float64]:
    y, x = np.mgrid[:200, :400]
    bands = [(100, 5000.0), (200, 1200.0), (300, 90.0)]
    drawn = np.full(y.shape, 20.0)
    for at, peak in bands:
        drawn += peak * np.exp(-0.5 * ((y - 100) / 5) ** 2) * (np.abs(x - at) < 30)
    return drawn


def exposed(seconds: float, *, fading: float = 1.0) -> Signal:
    random = np.random.default_rng(int(seconds * 10))
    mean = light() * seconds * fading
    grey = np.clip(np.rint(mean + random.normal(0, np.sqrt(100 + 1.5 * mean))), 0, 65535).astype(np.uint16)
    return as_signal(BlotImage(pixels=grey, bits=16, lossy=False, tag_polarity="unknown", source=f"{seconds:g}.tif"))


def test_saturated_pixels_come_from_shorter_exposures_on_the_same_scale() -> None:
    series = combine_exposures([exposed(s) for s in SECONDS], SECONDS, "blot 1")
    assert series.scales == pytest.approx((20.0, 5.0, 1.0), rel=0.01)
    assert not series.signal.saturated.any()
    box = np.s_[80:121, 70:131]
    true = float((20 * light()[box]).sum())
    assert float(series.signal.values[box].sum()) == pytest.approx(true, rel=0.005)
    assert set(np.unique(series.used)) == {1, 2}
    assert [finding.code for finding in series.findings] == ["exposures_combined"]


def test_the_order_of_the_files_does_not_matter() -> None:
    one = combine_exposures([exposed(s) for s in SECONDS], SECONDS, "b")
    other = combine_exposures([exposed(s) for s in SECONDS[::-1]], SECONDS[::-1], "b")
    np.testing.assert_array_equal(one.signal.values, other.signal.values)
    assert other.scales == one.scales[::-1]


def test_fading_signal_is_told() -> None:
    series = combine_exposures([exposed(4.0), exposed(20.0, fading=0.8)], (4.0, 20.0), "blot 1")
    assert "exposures_not_linear" in {finding.code for finding in series.findings}


def test_the_longest_unsaturated_exposure_is_chosen_for_the_bands_asked_of() -> None:
    signals = [exposed(s) for s in SECONDS]
    strong, weak = np.s_[80:121, 70:131], np.s_[80:121, 270:331]
    assert best_exposure(signals, SECONDS, [weak]) == 2
    assert best_exposure(signals, SECONDS, [weak, strong]) == 1


@pytest.mark.parametrize(
    ("pick", "seconds"), [((0,), (1.0,)), ((0, 1), (1.0, 1.0)), ((0, 1), (1.0, -4.0)), ((0, 1), (1.0, float("nan")))]
)
def test_times_that_are_no_series_are_refused(pick: tuple[int, ...], seconds: tuple[float, ...]) -> None:
    with pytest.raises(NotAnalysed) as caught:
        combine_exposures([exposed(SECONDS[i]) for i in pick], seconds, "b")
    assert caught.value.code == "exposures_differ"
