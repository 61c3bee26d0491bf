"""CurveCurator's relevance score: compatibility output, so that its users can compare. Not a calibrated p-value.

A curve's F is ``(SSE0 - SSE1) / SSE1 * n / k`` for k = 4 parameters, its null an F distribution with fitted degrees of
freedom (5 and ``(0.8 - 1 / ((n - 4)^4 / n + 4)) (n - 2.5)``) and a fitted location of 0.12. Small effects are then
marked down as in SAM: ``1 / sqrt(F_adj) = 1 / sqrt(F) + s0 / |log2 fold change|``, where s0 puts the asymptotes of the
threshold at the wanted fold change and alpha. The score is -log10 of the upper tail at F_adj.

Bayer, Gander, Kuster & The 2023 Nat Commun 14:7902, doi:10.1038/s41467-023-43696-z; SAM: Tusher, Tibshirani & Chu 2001
PNAS 98:5116, doi:10.1073/pnas.091062498. The constants, and that the location enters both tails but not s0, were read
off CurveCurator 0.6.0 and its published results, which the tests reproduce. The calibrated p-value of a curve against
a flat line is ``avpi.dose.flat_test.flat_p_values``: its null is made for the design at hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from avpi.dose.batch import CurveFits
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Regulation = Literal["up", "down", "not", ""]

PARAMETERS = 4
"""Of the curve: CurveCurator's k."""
NUMERATOR_DF = 5.0
"""Of the null of F, fitted by CurveCurator's authors to simulated flat curves."""
NULL_LOCATION = 0.12
"""Where that null begins."""
LEAST_RESPONSE = 1e-4
"""CurveCurator's lowest plateau: the logarithm of a fold change needs one."""
QUIET_RMSE = 0.1
"""Root mean square about the flat line up to which a curve may be ``"not"`` regulated; CurveCurator's default."""
SHARE_OF_LIMIT = 0.5
"""Of the fold-change limit: how far the flat line may lie from the control for that."""
TINY = 1e-280
"""Upper tails below this are taken from their series: the doubles end soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelevanceScores:
    """Scores of curves; every array is (curves,) and nan where a curve has too few wells.

    Attributes
    ----------
    f_value : F of the curve against the flat line; 0 or more.
    log10_p : -log10 of CurveCurator's p-value, before the fold change counts.
    log2_fold_change : of the curve at the highest dose; below 0 where the response falls.
    s0 : what small fold changes are marked down by.
    adjusted_f_value : F after that.
    score : the relevance score, 0 or more.
    alpha, fold_change_limit : the thresholds, the latter in log2.
    """

    f_value: Floats
    log10_p: Floats
    log2_fold_change: Floats
    s0: Floats
    adjusted_f_value: Floats
    score: Floats
    alpha: float
    fold_change_limit: float

    @property
    def signed_score(self) -> Floats:
        """The score, below 0 where the response falls."""
        return np.copysign(self.score, self.log2_fold_change)

    @property
    def relevant(self) -> NDArray[np.bool_]:
        """Which curves reach both thresholds."""
        with np.errstate(invalid="ignore"):
            strong = np.abs(self.log2_fold_change) >= self.fold_change_limit
            return np.asarray(strong & (self.score >= -math.log10(self.alpha)))

    def regulation(self, flat_level: ArrayLike, flat_rmse: ArrayLike) -> list[Regulation]:
        """Return CurveCurator's label of each curve: ``"up"``, ``"down"``, ``"not"``, or nothing where none fits.

        Parameters
        ----------
        flat_level : (curves,) height of the flat line, as a ratio to the control.
        flat_rmse : (curves,) root mean square of the responses about it.
        """
        level, rmse = np.asarray(flat_level, float), np.asarray(flat_rmse, float)
        limit = SHARE_OF_LIMIT * self.fold_change_limit
        with np.errstate(divide="ignore", invalid="ignore"):
            near = np.abs(np.log2(level)) <= limit
            weak = ~(self.score >= -math.log10(self.alpha))
        quiet = weak & near & (rmse <= QUIET_RMSE)
        labels: list[Regulation] = []
        for relevant, change, still in zip(self.relevant, self.log2_fold_change, quiet, strict=True):
            labels.append(("up" if change > 0 else "down") if relevant and change != 0 else "not" if still else "")
        return labels


def score_relevance(
    fits: CurveFits, *, alpha: float = 0.05, fold_change_limit: float = 0.25, to_control: bool = True
) -> RelevanceScores:
    """Return the relevance scores of fitted curves.

    Fit ratios to the control, with the controls as CurveCurator counts them: one well of dose 0 and response 1.

    Parameters
    ----------
    alpha, fold_change_limit : asymptotes of the threshold: p-value and log2 fold change.
    to_control : whether the fold change is that of the highest dose to a control of 1, or to the lowest dose.

    Raises
    ------
    InputError
        If a threshold is out of range.
    """
    given = fits.design.given
    with np.errstate(over="ignore", invalid="ignore"):

        def height(x: float) -> Floats:
            share = 1 / (1 + 10 ** (fits.hill_slope * (x - fits.log10_ec50_molar)))
            return np.asarray(fits.bottom + (fits.top - fits.bottom) * share, float)

        change = np.log2(np.maximum(height(given[-1]), LEAST_RESPONSE))
        if not to_control:
            change = change - np.log2(np.maximum(height(given[0]), LEAST_RESPONSE))
    return relevance_scores(
        fits.rss_flat, fits.rss, fits.wells, change, alpha=alpha, fold_change_limit=fold_change_limit
    )


def relevance_scores(
    rss_flat: ArrayLike,
    rss: ArrayLike,
    points: ArrayLike,
    log2_fold_change: ArrayLike,
    *,
    alpha: float = 0.05,
    fold_change_limit: float = 0.25,
) -> RelevanceScores:
    """Return the relevance scores of curves whose residual sums of squares are known.

    Parameters
    ----------
    rss_flat, rss : (curves,) of the flat line and of the curve.
    points : (curves,) how many points each has, all controls together counted as one.
    log2_fold_change : (curves,) of the curve at the highest dose.
    alpha, fold_change_limit : asymptotes of the threshold: p-value and log2 fold change.

    Raises
    ------
    InputError
        If a threshold is out of range.
    """
    _check(alpha, fold_change_limit)
    flat, curve = np.asarray(rss_flat, float), np.asarray(rss, float)
    n, change = np.asarray(points, float), np.asarray(log2_fold_change, float)
    n = np.where(n > PARAMETERS, n, np.nan)
    df = denominator_df(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        f = np.maximum((flat - curve) / curve * n / PARAMETERS, 0.0)
        f = np.where(flat == curve, np.where(np.isnan(n), np.nan, 0.0), f)  # 0 / 0: a flat line through all points
        s0 = fold_change_limit / np.sqrt(stats.f.ppf(1 - alpha, NUMERATOR_DF, df))
        # Without fold-change limit s0 is 0, and so is what is marked down, whatever the fold change
        penalty = np.where(s0 == 0, 0.0, s0 / np.abs(change))
        adjusted = 1 / (1 / np.sqrt(f) + penalty) ** 2
    return RelevanceScores(
        f_value=f,
        log10_p=_log10_upper_tail(f, df),
        log2_fold_change=change,
        s0=s0,
        adjusted_f_value=adjusted,
        score=_log10_upper_tail(adjusted, df),
        alpha=alpha,
        fold_change_limit=fold_change_limit,
    )


def denominator_df(points: ArrayLike) -> Floats:
    """Return CurveCurator's fitted degrees of freedom of the residuals (curves,) for so many points."""
    n = np.asarray(points, float)
    return np.asarray((0.8 - 1 / ((n - 4) ** 4 / n + 4)) * (n - 2.5), float)


def _check(alpha: float, fold_change_limit: float) -> None:
    problems = []
    if not 0 < alpha < 1:
        problems.append(Problem(file="alpha", what=f"the threshold is '{alpha}'", expected="between 0 and 1"))
    if not (math.isfinite(fold_change_limit) and fold_change_limit >= 0):
        what = f"the log2 fold change is '{fold_change_limit}'"
        problems.append(Problem(file="fold_change_limit", what=what, expected="0 or a positive number"))
    if problems:
        raise InputError(problems)


def _log10_upper_tail(f: Floats, df: Floats) -> Floats:
    """Return -log10 of the upper tail of the null at each F (curves,), also where it is below the smallest double."""
    above = np.maximum(f - NULL_LOCATION, 0.0)
    tail = stats.f.sf(above, NUMERATOR_DF, df)
    a, b = 0.5 * df, 0.5 * NUMERATOR_DF
    x = df / (df + NUMERATOR_DF * above)
    with np.errstate(divide="ignore", invalid="ignore"):
        series = special.hyp2f1(a + b, 1.0, a + 1, x)  # DLMF 8.17.8
        logs = a * np.log(x) + b * np.log1p(-x) - np.log(a) - special.betaln(a, b) + np.log(series)
        found = np.where(tail > TINY, -np.log10(tail), -logs / math.log(10))
    return np.asarray(np.maximum(found, 0.0), float)
