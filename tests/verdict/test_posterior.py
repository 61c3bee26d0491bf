"""The posterior of a block design against the textbook, and its coverage by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from avpi.verdict.posterior import BlockTable, Cell, average_cells, draw_log_ratios
from tests.verdict.tables import table


def test_without_measurement_error_a_contrast_is_the_textbook_t() -> None:
    values = {"DMSO": 1.0, "SM": 0.5, "TNF": 0.9}
    made = table(values, experiments=4, measured=0.0, cv=0.1, seed=3)
    drawn = draw_log_ratios(made, 200_000, np.random.default_rng(0))
    y = np.array([[c.log_value for c in made.cells if c.experiment == e] for e in made.experiments])
    residual = y - y.mean(0) - y.mean(1, keepdims=True) + y.mean()
    degrees = (4 - 1) * (3 - 1)
    se = np.sqrt(2 / 4 * (residual**2).sum() / degrees)
    expected = (y[:, 1] - y[:, 0]).mean() + se * student.ppf([0.025, 0.5, 0.975], degrees)
    assert set(drawn.degrees_of_freedom.values()) == {degrees}
    assert np.quantile(drawn.log_ratio["SM"], [0.025, 0.5, 0.975]) == pytest.approx(expected, abs=0.004)


def test_intervals_cover_the_truth_about_95_times_in_100() -> None:
    covered, rng = 0, np.random.default_rng(1)
    for seed in range(400):
        made = table({"DMSO": 1.0, "SM": 0.4, "TNF": 0.9}, experiments=3, cv=0.08, measured=0.05, seed=seed)
        low, high = np.quantile(draw_log_ratios(made, 800, rng).log_ratio["SM"], [0.025, 0.975])
        covered += low <= np.log(0.4) <= high
    assert 0.925 <= covered / 400 <= 0.98


def test_residuals_smaller_than_the_wells_allow_do_not_narrow_the_interval() -> None:
    cells = [
        Cell(experiment=e, key=key, log_value=value, variance=0.04)
        for e in ("e1", "e2", "e3")
        for key, value in (("DMSO", 0.0), ("SM", -1.0))
    ]
    drawn = draw_log_ratios(BlockTable(cells=tuple(cells)), 20_000, np.random.default_rng(0))
    assert drawn.log_ratio["SM"].std() == pytest.approx(np.sqrt(2 * 0.04 / 3), rel=0.05)


def test_a_plate_that_reads_twice_as_bright_changes_nothing() -> None:
    made = table({"DMSO": 1.0, "SM": 0.4}, seed=5)
    brighter = BlockTable(
        cells=tuple(
            Cell(
                experiment=c.experiment,
                key=c.key,
                log_value=c.log_value + (c.experiment == "exp2"),
                variance=c.variance,
            )
            for c in made.cells
        )
    )
    a = draw_log_ratios(made, 2000, np.random.default_rng(2)).log_ratio["SM"]
    b = draw_log_ratios(brighter, 2000, np.random.default_rng(2)).log_ratio["SM"]
    assert a == pytest.approx(b, abs=1e-9)


def test_one_experiment_says_that_nothing_is_known_between_experiments() -> None:
    drawn = draw_log_ratios(table({"DMSO": 1.0, "SM": 0.4}, experiments=1), 100, np.random.default_rng(0))
    assert not drawn.between
    assert set(drawn.degrees_of_freedom.values()) == {0}


def test_two_plates_of_one_experiment_are_one_experiment() -> None:
    twice = [Cell(experiment="e1", key="SM", log_value=v, variance=0.02) for v in (-1.0, -2.0)]
    (merged,) = average_cells(twice)
    assert (merged.log_value, merged.variance) == (-1.5, 0.01)


def test_a_condition_with_no_link_to_the_reference_gets_no_number() -> None:
    cells = (
        Cell(experiment="e1", key="DMSO", log_value=0.0, variance=0.01),
        Cell(experiment="e1", key="SM", log_value=-1.0, variance=0.01),
        Cell(experiment="e2", key="zVAD", log_value=-1.0, variance=0.01),
    )
    drawn = draw_log_ratios(BlockTable(cells=cells), 100, np.random.default_rng(0))
    assert set(drawn.log_ratio) == {"DMSO", "SM"}


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(0, 10_000), st.sets(st.integers(0, 11), max_size=5))
def test_missing_cells_never_give_nan(experiments: int, seed: int, lost: set[int]) -> None:
    made = table({"DMSO": 1.0, "SM": 0.4, "TNF": 0.8}, experiments=experiments, seed=seed)
    kept = BlockTable(cells=tuple(c for i, c in enumerate(made.cells) if i not in lost))
    drawn = draw_log_ratios(kept, 50, np.random.default_rng(seed))
    assert all(np.isfinite(values).all() for values in drawn.log_ratio.values())


@pytest.mark.parametrize(("experiments", "least"), [(3, 0.88), (5, 0.90)])
def test_an_arm_that_varies_more_than_the_controls_keeps_its_own_interval(experiments: int, least: float) -> None:
    rng, covered, runs = np.random.default_rng(3), 0, 200
    for _ in range(runs):
        cells = [
            Cell(
                experiment=f"e{e}",
                key=f"c{k}",
                log_value=float(rng.normal(0, 0.3 if k == 1 else 0.04)),
                variance=0.0004,
            )
            for e in range(experiments)
            for k in range(8)
        ]
        drawn = draw_log_ratios(BlockTable(cells=tuple(cells), reference="c0"), 600, rng)
        low, high = np.quantile(drawn.log_ratio["c1"], [0.025, 0.975])
        covered += low <= 0 <= high
    assert covered / runs >= least


def test_a_band_below_detection_is_anywhere_under_its_bound_and_says_nothing_of_the_variance() -> None:
    cells = [Cell(experiment=f"e{e}", key="vehicle", log_value=0.0, variance=0.0) for e in range(3)]
    cells += [
        Cell(experiment=f"e{e}", key="30", log_value=float(np.log(0.6)), variance=0.0, censored=True) for e in range(3)
    ]
    drawn = draw_log_ratios(BlockTable(cells=tuple(cells), reference="vehicle"), 4000, np.random.default_rng(0))
    left = np.exp(drawn.log_ratio["30"])
    assert left.max() <= 0.6 + 1e-9
    assert 0.02 < np.mean(left <= 0.1) < 0.98


def test_two_plates_with_different_arms_are_two_blocks_of_one_experiment() -> None:
    cells = [
        Cell(experiment=f"e{e}", block=block, key=key, log_value=0.1 * e, variance=0.001)
        for e in range(2)
        for block, keys in (("a", ("DMSO", "SM")), ("b", ("DMSO", "TNF")))
        for key in keys
    ]
    made = BlockTable(cells=tuple(cells))
    assert made.experiments == ("e0", "e1")
    assert made.n("SM", "TNF") == 2
    assert set(draw_log_ratios(made, 50, np.random.default_rng(0)).log_ratio) == {"DMSO", "SM", "TNF"}
