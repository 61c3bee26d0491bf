"""The band of a curve: it agrees with the exact one where the model is nearly linear, and covers as it promises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from avpi.dose.confidence_band import confidence_band
from avpi.dose.fit_shape import ShapeFit, fit_shape
from avpi.dose.shapes import FLAT, FOUR_PARAMETERS
from avpi.errors import InputError

LEVELS = np.array([0.0, *10.0 ** np.arange(-9, -4.9, 0.5)])
DOSES = np.repeat(LEVELS, 3)
TRUTH = np.array([0.1, 1.0, -7.2, 1.2])


def noisy(seed: int, sd: float = 0.04) -> ShapeFit:
    y = FOUR_PARAMETERS.response(DOSES, TRUTH) + np.random.default_rng(seed).normal(0, sd, DOSES.size)
    return fit_shape(FOUR_PARAMETERS, DOSES, y)


def test_the_band_of_a_mean_is_the_interval_of_a_mean() -> None:
    y = 1 + np.random.default_rng(1).normal(0, 0.1, DOSES.size)
    band = confidence_band(fit_shape(FLAT, DOSES, y), [0.0, 1e-7], 0.9)
    half = stats.t.ppf(0.95, y.size - 1) * y.std(ddof=1) / np.sqrt(y.size)
    assert band.high - band.fitted == pytest.approx([half, half])
    assert band.fitted - band.low == pytest.approx([half, half])
    assert band.method.startswith("pointwise 90% band, delta method with t on 29 degrees of freedom")


def test_at_each_dose_it_covers_the_truth_as_often_as_promised() -> None:
    at = np.array([0.0, 1e-8, 6e-8, 1e-5])
    truth = FOUR_PARAMETERS.response(at, TRUTH)
    fits = [noisy(seed) for seed in range(60)]
    # 60 curves: binomial standard error 6 % at 50 % and 3 % at 95 %; the seeds are fixed
    for level, least, most in ((0.5, 0.3, 0.7), (0.95, 0.84, 1.0)):
        bands = [confidence_band(fit, at, level) for fit in fits]
        covered = np.mean([(band.low <= truth) & (truth <= band.high) for band in bands], axis=0)
        assert np.all((least < covered) & (covered <= most))


def test_the_exact_band_is_close_to_that_of_the_delta_method() -> None:
    fit, at = noisy(0), np.array([0.0, 1e-8, 1e-7, 1e-5])
    delta, exact = confidence_band(fit, at), confidence_band(fit, at, by="profile")
    width = delta.high - delta.low
    assert np.all(np.abs(exact.low - delta.low) < 0.1 * width)
    assert np.all(np.abs(exact.high - delta.high) < 0.1 * width)
    assert "profile likelihood" in exact.method


def test_a_held_parameter_counts_as_known_and_that_is_said() -> None:
    y = FOUR_PARAMETERS.response(DOSES, TRUTH) + np.random.default_rng(0).normal(0, 0.04, DOSES.size)
    band = confidence_band(fit_shape(FOUR_PARAMETERS.hold(top=1.0), DOSES, y), [0.0, 1e-7])
    assert band.known == ("top",)
    assert band.low[0] == band.high[0] == 1.0
    assert "top as known" in band.method


def test_without_a_usable_fit_there_is_no_band_and_a_reason() -> None:
    band = confidence_band(fit_shape(FOUR_PARAMETERS, DOSES, np.ones(DOSES.size)), [1e-8, 1e-7])
    assert np.all(np.isnan(band.low))
    assert np.all(np.isnan(band.high))
    assert "all responses are the same" in band.why_none
    few = fit_shape(FOUR_PARAMETERS, LEVELS[:4], [1.0, 0.9, 0.5, 0.2])
    assert confidence_band(few, [1e-8]).why_none


def test_doses_and_levels_that_cannot_be_are_refused_together() -> None:
    with pytest.raises(InputError) as refused:
        confidence_band(noisy(0), [1e-8, -1.0], 95)
    assert len(refused.value.problems) == 2
    assert "'-1'" in str(refused.value)
    assert "'95'" in str(refused.value)
