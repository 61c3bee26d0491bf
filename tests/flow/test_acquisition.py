"""Clogs and bubbles are found, quiet acquisitions are left alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpi.flow.acquisition import are_stable, judge_acquisition
from avpi.flow.results import QUADRANTS
from tests.flow.simulated_cells import control_tubes, quadrants, tube
from tests.flow.study_words import codes, gated

DYING = quadrants(0.5, 0.2, 0.25, 0.05)


def test_quiet_acquisitions_have_no_window() -> None:
    for seed in range(40):
        random = np.random.default_rng(seed)
        n = int(random.integers(100, 12_000))
        signals = np.exp(random.normal(6, 1, (n, 3)))
        found = judge_acquisition(np.sort(random.uniform(0, 100, n)), signals)
        assert not len(found.unstable)
        assert not found.drifts
        assert found.slid == 0


@pytest.mark.parametrize("stain", [3, 4])
def test_a_stain_that_slides_is_told_with_the_sample(stain: int) -> None:
    events = tube(DYING, np.random.default_rng(7), cells=9000)
    slid = np.array(events.events)
    slid[:, stain] *= np.linspace(1.0, 1.6, len(slid))
    result = gated(replace(events, stored=slid), control_tubes(np.random.default_rng(6)))
    assert codes(result) == ["acquisition_slides"]
    assert result.findings[0].severity == "warning"


def test_a_jump_of_signals_is_a_window_and_no_more() -> None:
    random = np.random.default_rng(1)
    time, signals = np.sort(random.uniform(0, 100, 10_000)), np.exp(random.normal(6, 1, (10_000, 2)))
    clogged = (time > 40) & (time < 46)
    signals[clogged, 1] *= 0.1
    found = judge_acquisition(time, signals)
    assert len(found.unstable) == 1
    left = ~are_stable(time, found.unstable)
    assert (left & clogged).sum() > 0.75 * clogged.sum()
    assert (left & ~clogged).sum() < 250  # the rest of the bins at both ends
    assert found.share == pytest.approx(left.mean())


def test_a_rush_of_cells_is_a_window() -> None:
    random = np.random.default_rng(2)
    time = np.sort(np.concatenate([random.uniform(0, 100, 10_000), random.uniform(50, 50.2, 1500)]))
    found = judge_acquisition(time, np.exp(random.normal(6, 1, (len(time), 1))))
    assert len(found.unstable) == 1
    assert 49 < found.unstable[0, 0] < found.unstable[0, 1] < 51.5


def test_a_drift_over_most_of_the_time_is_told_and_nothing_left_out() -> None:
    random = np.random.default_rng(3)
    time = np.linspace(0, 1, 10_000)
    found = judge_acquisition(time, np.exp(random.normal(6, 0.3, 10_000) + 4 * time)[:, None])
    assert found.drifts
    assert not len(found.unstable)


@pytest.mark.parametrize("time", [np.zeros(5000), np.repeat([1.0, 2.0], 2500)])
def test_a_clock_that_tells_nothing_gives_nothing(time: np.ndarray) -> None:
    assert not len(judge_acquisition(time, np.random.default_rng(4).normal(size=(5000, 2))).unstable)


def test_a_sample_says_what_was_left_out_and_has_the_shares_of_the_rest() -> None:
    random = np.random.default_rng(5)
    events = tube(DYING, random, cells=9000)
    spoilt = np.array(events.events)
    spoilt[3000:3600, 3:5] *= 0.05
    result = gated(replace(events, stored=spoilt), control_tubes(np.random.default_rng(6)))
    assert codes(result) == ["acquisition_window"]
    assert result.findings[0].severity == "note"
    assert [picture.title for picture in result.scatters][-1] == "Acquisition"
    for name in QUADRANTS:
        assert result.fractions[name].value == pytest.approx(DYING[name], abs=0.02)
