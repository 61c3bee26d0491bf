"""How well a plate can tell live from dead wells: Z', robust Z', SSMD, signal to background, scatter, edges.

::

    Z'   = 1 - 3 (s_v + s_n) / |m_v - m_n|        J.-H. Zhang, Chung, Oldenburg 1999, doi:10.1177/108705719900400206
    SSMD = (m_v - m_n) / sqrt(s_v^2 + s_n^2)      X. D. Zhang 2007
    robust Z'                                     the same with median and 1.4826 MAD

with vehicle wells ``v`` and negative wells ``n``: killed ones, else wells without cells. Z' is not clipped.

Intervals are generalised confidence intervals (S. Weerahandi 1993): mean and SD of each group are drawn from their
pivots, ``mean - t s / sqrt(n)`` and ``s sqrt((n - 1) / chi2)``, and the quantity is computed for each draw. That
assumes normal wells and keeps its coverage with few of them. Robust Z' has a bootstrap over wells instead. Draws
have a fixed seed: equal plates give equal numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from avpi.estimate import Estimate, Finding, not_estimable
from avpi.plate.evenness import drift, edge_ratio, evenness_findings
from avpi.plate.normalise import Scale, readings_of
from avpi.plate.results import PlateQuality, Well
from avpi.study.schema import Rules

Floats = NDArray[np.float64]

MAD_TO_SD = 1.4826
"""SD of a normal over its median absolute deviation, to the digits that R's ``mad`` uses."""
LEVEL = 0.95
DRAWS = 4000
"""Draws behind an interval: its ends are then known to about 2 % of its width."""
RESAMPLES = 1000
"""Bootstrap resamples of the wells, for robust Z' alone."""
SEED = 1999
"""Fixed, so that equal plates give equal intervals; the year of Z'."""
FEWEST_FOR_MAD = 6
"""Wells below which a bootstrapped MAD has no useful interval (assumed)."""
Pivots = Callable[[Floats, Floats, Floats, Floats], Floats]


def plate_quality(
    wells: Sequence[Well], scale: Scale, rules: Rules, subject: str, shape: tuple[int, int]
) -> tuple[PlateQuality, bool, list[Finding]]:
    """Return a plate's quality, whether it passes the gate, and the findings."""
    vehicle = scale.vehicle_values
    negative, kind = negative_wells(wells)
    quality = PlateQuality(
        z_prime=z_prime(vehicle, negative, kind=kind),
        robust_z_prime=robust_z_prime(vehicle, negative, kind=kind),
        ssmd=ssmd(vehicle, negative, kind=kind),
        robust_ssmd=robust_ssmd(vehicle, negative, kind=kind),
        signal_window=signal_window(vehicle, negative, kind=kind),
        signal_to_background=signal_to_background(vehicle, negative, kind=kind),
        vehicle_cv=vehicle_cv(vehicle),
        edge_ratio=edge_ratio(wells, scale, shape),
        drift_down=drift(wells, scale, across=False),
        drift_across=drift(wells, scale, across=True),
    )
    passes, findings = gate(quality, rules, subject)
    if len(negative) and float(np.mean(negative)) >= float(np.mean(vehicle)):
        passes = False
        text = f"The {kind} wells read no lower than DMSO: the controls are exchanged in the layout, or did not work."
        findings = [Finding(code="controls_inverted", severity="blocking", text=text, subject=subject)]
    even = evenness_findings(quality.edge_ratio, quality.drift_down, quality.drift_across, subject)
    return quality, passes, findings + even


def negative_wells(wells: Sequence[Well]) -> tuple[Floats, str]:
    """Return the readings of the killed wells, else of those without cells, and which of the two they are."""
    kill = readings_of(wells, "kill")
    return (kill, "kill") if len(kill) else (readings_of(wells, "blank"), "blank")


def gate(quality: PlateQuality, rules: Rules, subject: str) -> tuple[bool, list[Finding]]:
    """Hold Z' against the study's thresholds: whether the plate may be used, and the finding if there is one."""
    z = quality.z_prime
    if z.state != "measured":
        text = f"Z' cannot be told ({z.method}), so the quality of the plate is not known. Add kill or no-cell wells."
        return True, [Finding(code="z_prime_not_estimable", severity="warning", text=text, subject=subject)]
    if z.value < rules.z_prime_fail:
        text = (
            f"Z' is {z.value:.2f}, below {rules.z_prime_fail:g}: live and dead wells overlap. "
            "The plate is shown and not used."
        )
        return False, [Finding(code="z_prime_failed", severity="blocking", text=text, subject=subject)]
    if z.value < rules.z_prime_warn:
        text = f"Z' is {z.value:.2f}, below {rules.z_prime_warn:g}: small effects on this plate are uncertain."
        return True, [Finding(code="z_prime_low", severity="warning", text=text, subject=subject)]
    return True, []


def z_prime(vehicle: Floats, negative: Floats, *, kind: str = "kill") -> Estimate:
    """Return Z' between vehicle and negative wells."""

    def of(mv: Floats, sv: Floats, mn: Floats, sn: Floats) -> Floats:
        return 1 - 3 * (sv + sn) / np.abs(mv - mn)

    if len(negative) and len(vehicle) and np.mean(negative) >= np.mean(vehicle):
        return not_estimable(f"the {kind} wells read no lower than DMSO")
    return _two_groups(vehicle, negative, of, f"Z' of DMSO and {kind} wells")


def ssmd(vehicle: Floats, negative: Floats, *, kind: str = "kill") -> Estimate:
    """Return the strictly standardised mean difference between vehicle and negative wells."""

    def of(mv: Floats, sv: Floats, mn: Floats, sn: Floats) -> Floats:
        return (mv - mn) / np.sqrt(sv**2 + sn**2)

    return _two_groups(vehicle, negative, of, f"SSMD of DMSO and {kind} wells")


def signal_window(vehicle: Floats, negative: Floats, *, kind: str = "kill") -> Estimate:
    """Return the room between three SD below vehicle and three above the negative wells, in SD of vehicle."""

    def of(mv: Floats, sv: Floats, mn: Floats, sn: Floats) -> Floats:
        return (mv - mn - 3 * (sv + sn)) / sv

    return _two_groups(vehicle, negative, of, f"signal window of DMSO and {kind} wells")


def signal_to_background(vehicle: Floats, negative: Floats, *, kind: str = "kill") -> Estimate:
    """Return mean vehicle over mean negative reading; not estimable where the latter is not above zero."""
    if len(negative) and np.mean(negative) <= 0:
        return not_estimable(f"the {kind} wells read zero or less")

    def of(mv: Floats, sv: Floats, mn: Floats, sn: Floats) -> Floats:
        return mv / mn

    return _two_groups(vehicle, negative, of, f"mean of DMSO wells over mean of {kind} wells")


def robust_z_prime(vehicle: Floats, negative: Floats, *, kind: str = "kill") -> Estimate:
    """Return Z' from medians and MADs; with an interval from 6 wells of each kind on."""
    if len(negative) and len(vehicle) and np.median(negative) >= np.median(vehicle):
        return not_estimable(f"the {kind} wells read no lower than DMSO")

    def of(mv: Floats, sv: Floats, mn: Floats, sn: Floats) -> Floats:
        return 1 - 3 * (sv + sn) / np.abs(mv - mn)

    return _by_medians(vehicle, negative, of, kind)


def robust_ssmd(vehicle: Floats, negative: Floats, *, kind: str = "kill") -> Estimate:
    """Return SSMD from medians and MADs; with an interval from 6 wells of each kind on."""

    def of(mv: Floats, sv: Floats, mn: Floats, sn: Floats) -> Floats:
        return (mv - mn) / np.sqrt(sv**2 + sn**2)

    return _by_medians(vehicle, negative, of, kind)


def _by_medians(vehicle: Floats, negative: Floats, of: Pivots, kind: str) -> Estimate:
    if reason := _too_few(vehicle, negative):
        return not_estimable(reason)

    def found(vehicles: Floats, negatives: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return of(*_median_mad(vehicles), *_median_mad(negatives))

    value = float(found(vehicle[None, :], negative[None, :])[0])
    if not math.isfinite(value):
        return not_estimable("the wells do not vary or do not differ")
    method = f"medians and {MAD_TO_SD} MAD of {len(vehicle)} DMSO and {len(negative)} {kind} wells"
    if min(len(vehicle), len(negative)) < FEWEST_FOR_MAD:
        return Estimate(value=value, method=f"{method}; too few for an interval")
    rng = np.random.default_rng(SEED)
    low, high = _interval(found(_resample(vehicle, rng), _resample(negative, rng)))
    return Estimate(value=value, low=low, high=high, level=LEVEL, method=f"{method}; bootstrap over wells")


def vehicle_cv(vehicle: Floats) -> Estimate:
    """Return the coefficient of variation of the raw vehicle readings."""
    n = len(vehicle)
    if n < 2:
        return not_estimable("one DMSO well")
    mean, sd = float(np.mean(vehicle)), float(np.std(vehicle, ddof=1))
    if mean <= 0:
        return not_estimable("DMSO wells do not read above zero")
    means, sds = _pivots(vehicle, np.random.default_rng(SEED))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # a drawn mean may be nothing
        low, high = _interval(sds / means)
    return Estimate(value=sd / mean, low=low, high=high, level=LEVEL, method=f"SD over mean of {n} DMSO wells")


def _too_few(vehicle: Floats, negative: Floats) -> str:
    if not len(negative):
        return "no kill or no-cell wells"
    if len(vehicle) < 2 or len(negative) < 2:
        return f"{len(vehicle)} DMSO and {len(negative)} negative wells; two of each are needed"
    return ""


def _two_groups(vehicle: Floats, negative: Floats, of: Pivots, what: str) -> Estimate:
    if reason := _too_few(vehicle, negative):
        return not_estimable(reason)
    moments = [np.array([f]) for f in (*_moments(vehicle), *_moments(negative))]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = float(of(moments[0], moments[1], moments[2], moments[3])[0])
        if not math.isfinite(value):
            return not_estimable("the wells do not vary or do not differ")
        rng = np.random.default_rng(SEED)
        low, high = _interval(of(*_pivots(vehicle, rng), *_pivots(negative, rng)))
    method = f"{what} ({len(vehicle)} and {len(negative)}), generalised confidence interval"
    return Estimate(value=value, low=low, high=high, level=LEVEL, method=method)


def _moments(values: Floats) -> tuple[float, float]:
    return float(np.mean(values)), float(np.std(values, ddof=1))


def _pivots(values: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw the mean and SD that may lie behind normal values."""
    n, (mean, sd) = len(values), _moments(values)
    sds = sd * np.sqrt((n - 1) / rng.chisquare(n - 1, DRAWS))
    means = mean - rng.standard_normal(DRAWS) * sds / math.sqrt(n)
    return means, sds


def _interval(draws: Floats) -> tuple[float, float]:
    """Return the interval of the draws that are numbers; nan where none is."""
    finite = draws[np.isfinite(draws)]
    if not len(finite):
        return math.nan, math.nan
    low, high = np.quantile(finite, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _resample(values: Floats, rng: np.random.Generator) -> Floats:
    drawn: Floats = values[rng.integers(0, len(values), (RESAMPLES, len(values)))]
    return drawn


def _median_mad(rows: Floats) -> tuple[Floats, Floats]:
    median = np.median(rows, axis=1)
    return median, MAD_TO_SD * np.median(np.abs(rows - median[:, None]), axis=1)
