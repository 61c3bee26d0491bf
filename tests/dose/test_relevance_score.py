"""CurveCurator's users find their scores again; those who want a p-value are sent to the flat test."""

from __future__ import annotations

import csv
import gzip
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.batch import fit_curves
from avpi.dose.design import Boxes
from avpi.dose.flat_test import flat_null
from avpi.dose.relevance_score import denominator_df, relevance_scores, score_relevance
from avpi.errors import InputError

Floats = NDArray[np.float64]

CURVE_CURATOR_BOXES = Boxes(bottom=(1e-4, 1e6), top=(1e-4, 1e6), slope=(0.01, 10.0), beyond_doses_log10=2.0)
SARCOMA_DOSES = np.array([0.17, 0.51, 1.52, 4.57, 13.72, 41.15, 123.5, 370.4, 1111.0, 3333.0, 10000.0]) * 1e-9


class Published:
    """CurveCurator's own results of 2,424 curves; the three controls count as one point of ratio 1."""

    def __init__(self, file: Path) -> None:
        with gzip.open(file, "rt") as text:
            self.rows = list(csv.DictReader(text, delimiter="\t"))
        ratios = np.stack([self.column(f"Ratio {i}") for i in range(3, 36)], axis=1)
        self.responses = np.concatenate([np.ones((len(ratios), 1)), ratios], axis=1)
        self.points = np.isfinite(self.responses).sum(axis=1)
        self.rss = self.column("Curve RMSE") ** 2 * self.points
        self.rss_flat = self.column("Null RMSE") ** 2 * self.points

    def column(self, name: str) -> Floats:
        return np.array([float(row[name]) if row[name] else math.nan for row in self.rows])


@pytest.fixture(scope="module")
def published(shared_data: Path) -> Published:
    return Published(shared_data / "dose" / "curvecurator" / "sarcoma" / "combined_nointerp" / "curves.txt.gz")


@pytest.mark.shared_data
def test_published_scores_follow_from_published_sums_of_squares(published: Published) -> None:
    change = published.column("Curve Fold Change")
    found = relevance_scores(published.rss_flat, published.rss, published.points, change)
    assert found.f_value == pytest.approx(published.column("Curve F_Value"), rel=1e-9)
    assert found.log10_p == pytest.approx(published.column("Curve Log P_Value"), abs=1e-9)
    assert found.adjusted_f_value == pytest.approx(published.column("Curve F_Value SAM Corrected"), rel=1e-9)
    assert found.score == pytest.approx(published.column("Curve Relevance Score"), abs=1e-9)
    labels = found.regulation(published.column("Null Model"), published.column("Null RMSE"))
    assert labels == [row["Curve Regulation"] for row in published.rows]
    assert len(labels) == 2424


@pytest.mark.shared_data
def test_our_own_fits_differ_only_where_their_sums_of_squares_do(published: Published) -> None:
    doses = np.concatenate([[0.0], np.repeat(SARCOMA_DOSES, 3)])
    fits = fit_curves(doses, published.responses, boxes=CURVE_CURATOR_BOXES, intervals=False)
    found, theirs = score_relevance(fits), published.column("Curve Relevance Score")
    assert fits.rss_flat == pytest.approx(published.rss_flat, rel=1e-9)
    # Their fold change with our sums of squares: what is left is the fit
    same_change = relevance_scores(fits.rss_flat, fits.rss, fits.wells, published.column("Curve Fold Change"))
    same = np.abs(fits.rss / published.rss - 1) < 1e-7
    assert same.mean() > 0.9
    assert same_change.score[same] == pytest.approx(theirs[same], abs=1e-5)
    better = fits.rss < published.rss * (1 - 1e-7)
    assert np.all(same_change.score[better] > theirs[better] - 1e-9)
    assert found.regulation(fits.mean, np.sqrt(fits.rss_flat / fits.wells)) == [
        row["Curve Regulation"] for row in published.rows
    ]


def test_the_score_is_the_papers_formula() -> None:
    found = relevance_scores([2.0], [0.5], [12], [-1.3], alpha=0.05, fold_change_limit=0.45)
    f, df = 1.5 / 0.5 * 12 / 4, (0.8 - 1 / (8**4 / 12 + 4)) * 9.5
    s0 = 0.45 / math.sqrt(stats.f.ppf(0.95, 5, df))
    adjusted = 1 / (1 / math.sqrt(f) + s0 / 1.3) ** 2
    assert denominator_df(12) == pytest.approx(df)
    assert found.s0[0] == pytest.approx(s0)
    assert found.adjusted_f_value[0] == pytest.approx(adjusted)
    assert found.score[0] == pytest.approx(-math.log10(stats.f.sf(adjusted - 0.12, 5, df)))
    assert found.signed_score[0] == -found.score[0]


def test_at_the_asymptotes_the_score_reaches_the_threshold() -> None:
    """A perfect curve of just the limiting fold change, and an endless fold change at just alpha."""
    df = denominator_df(30)
    just = float(stats.f.ppf(0.95, 5, df)) + 0.12
    steep = relevance_scores([1 + just * 4 / 30], [1.0], [30], [-1e9])
    assert steep.score[0] == pytest.approx(-math.log10(0.05), abs=1e-3)
    perfect = relevance_scores([1.0], [1e-12], [30], [-0.25])
    assert perfect.adjusted_f_value[0] == pytest.approx(stats.f.ppf(0.95, 5, df), rel=1e-3)
    without_limit = relevance_scores([2.0], [1.0], [30], [0.0], fold_change_limit=0.0)
    assert without_limit.score[0] == without_limit.log10_p[0] > 0


def test_a_tail_beyond_the_smallest_double_is_still_a_number() -> None:
    ratios = np.geomspace(1e6, 1e30, 60)
    found = relevance_scores(1 + ratios, np.ones(60), np.full(60, 60), np.full(60, -3.0), fold_change_limit=0.0)
    steps = np.diff(found.log10_p)
    assert np.isfinite(found.log10_p).all()
    assert found.log10_p[-1] > 400
    # A power of F, on both sides of the place where the doubles end
    assert steps == pytest.approx(denominator_df(60) / 2 * math.log10(ratios[1] / ratios[0]), rel=1e-3)


def test_flat_lines_perfect_curves_and_curves_of_too_few_points() -> None:
    found = relevance_scores([0.0, 1.0, 1.0], [0.0, 0.0, 0.5], [12, 12, 4], [0.0, -1.0, -1.0])
    assert found.score[0] == 0
    assert found.f_value[1] == math.inf
    assert 0 < found.score[1] < math.inf
    assert math.isnan(found.score[2])
    assert found.regulation([1.0, 0.7, 0.7], [0.0, 0.3, 0.3]) == ["not", "down", ""]


def test_scores_of_flat_curves_are_not_p_values_and_the_flat_test_is() -> None:
    """Triplicates make CurveCurator's recalibrated F conservative; the null made for the design is not."""
    doses = np.concatenate([[0.0], np.repeat(np.geomspace(1e-9, 1e-5, 8), 3)])
    flat = 1 + 0.1 * np.random.default_rng(1).standard_normal((2000, doses.size))
    flat[:, 0] = 1.0
    fits = fit_curves(doses, flat, intervals=False)
    scores = score_relevance(fits, fold_change_limit=0.0)
    assert np.mean(scores.score > -math.log10(0.05)) < 0.045
    free = fit_curves(doses[1:], flat[:, 1:], intervals=False)
    calibrated = flat_null(free.design, curves=4000).p_values(free)
    assert np.mean(calibrated < 0.05) == pytest.approx(0.05, abs=0.015)


def test_rising_and_falling_curves_are_told_apart() -> None:
    doses = np.concatenate([[0.0], np.geomspace(1e-9, 1e-5, 10)])
    fall = 0.2 + 0.8 / (1 + doses / 1e-7)
    responses = np.stack([fall, 2 - fall]) + 0.01 * np.random.default_rng(2).standard_normal((2, 11))
    fits = fit_curves(doses, responses, boxes=CURVE_CURATOR_BOXES, intervals=False)
    found = score_relevance(fits)
    assert found.log2_fold_change == pytest.approx(np.log2([fall[-1], 2 - fall[-1]]), abs=0.1)
    assert found.signed_score[0] < 0 < found.signed_score[1]
    assert found.regulation(fits.mean, np.sqrt(fits.rss_flat / fits.wells)) == ["down", "up"]
    to_lowest = score_relevance(fits, to_control=False)
    assert abs(to_lowest.log2_fold_change[0]) < abs(found.log2_fold_change[0])


def test_thresholds_that_cannot_be_meant_are_refused_together() -> None:
    with pytest.raises(InputError, match=r"'0'(.|\n)*'-1'"):
        relevance_scores([1.0], [0.5], [12], [1.0], alpha=0, fold_change_limit=-1)
