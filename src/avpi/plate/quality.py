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
from scipy.special import stdtrit

from avpi.estimate import Estimate, Finding, not_estimable
from avpi.plate.normalise import Scale, raw_of
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
EDGE_WARN = 0.10
"""Share by which edge wells differ from inner ones before it is worth a warning (assumed)."""
WIDEST_EDGE = 10.0
"""Half-width of the logarithm of the edge ratio beyond which it tells nothing: 20,000-fold to either side."""

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
        signal_to_background=signal_to_background(vehicle, negative, kind=kind),
        vehicle_cv=vehicle_cv(vehicle),
        edge_ratio=edge_ratio(wells, scale, shape),
    )
    passes, findings = gate(quality, rules, subject)
    if len(negative) and float(np.mean(negative)) >= float(np.mean(vehicle)):
        passes = False
        text = f"The {kind} wells read no lower than DMSO: the controls are exchanged in the layout, or did not work."
        findings = [Finding(code="controls_inverted", severity="blocking", text=text, subject=subject)]
    return quality, passes, findings + _edge_finding(quality.edge_ratio, subject)


def negative_wells(wells: Sequence[Well]) -> tuple[Floats, str]:
    """Return the readings of the killed wells, else of those without cells, and which of the two they are."""
    kill = raw_of(wells, "kill")
    return (kill, "kill") if len(kill) else (raw_of(wells, "blank"), "blank")


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


def signal_to_background(vehicle: Floats, negative: Floats, *, kind: str = "kill") -> Estimate:
    """Return mean vehicle over mean negative reading; not estimable where the latter is not above zero."""
    if len(negative) and np.mean(negative) <= 0:
        return not_estimable(f"the {kind} wells read zero or less")

    def of(mv: Floats, sv: Floats, mn: Floats, sn: Floats) -> Floats:
        return mv / mn

    return _two_groups(vehicle, negative, of, f"mean of DMSO wells over mean of {kind} wells")


def robust_z_prime(vehicle: Floats, negative: Floats, *, kind: str = "kill") -> Estimate:
    """Return Z' from medians and MADs; with an interval from 6 wells of each kind on."""
    if reason := _too_few(vehicle, negative):
        return not_estimable(reason)
    if np.median(negative) >= np.median(vehicle):
        return not_estimable(f"the {kind} wells read no lower than DMSO")
    value = float(_robust_z(vehicle[None, :], negative[None, :])[0])
    method = f"medians and {MAD_TO_SD} MAD of {len(vehicle)} DMSO and {len(negative)} {kind} wells"
    if min(len(vehicle), len(negative)) < FEWEST_FOR_MAD:
        return Estimate(value=value, method=f"{method}; too few for an interval")
    rng = np.random.default_rng(SEED)
    resampled = _robust_z(_resample(vehicle, rng), _resample(negative, rng))
    low, high = _interval(resampled)
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


def edge_ratio(wells: Sequence[Well], scale: Scale, shape: tuple[int, int]) -> Estimate:
    """Return edge over inner vehicle wells, background subtracted; the interval by Welch's t on the log scale."""
    rows, columns = shape
    edge: list[float] = []
    inner: list[float] = []
    for well in wells:
        if well.role == "vehicle" and well.state == "used":
            at_edge = well.row in (0, rows - 1) or well.column in (0, columns - 1)
            (edge if at_edge else inner).append(well.raw - scale.background)
    if len(edge) < 2 or len(inner) < 2:
        return not_estimable(f"{len(edge)} DMSO wells at the edge and {len(inner)} inside; two of each are needed")
    (mean_e, var_e), (mean_i, var_i) = _log_mean(np.array(edge)), _log_mean(np.array(inner))
    if not (math.isfinite(mean_e) and math.isfinite(mean_i)):
        return not_estimable("DMSO wells do not read above the background")
    se = math.sqrt(var_e + var_i)
    df = (var_e + var_i) ** 2 / (var_e**2 / (len(edge) - 1) + var_i**2 / (len(inner) - 1)) if se else 1.0
    half = float(stdtrit(df, 0.5 + LEVEL / 2)) * se
    log_ratio = mean_e - mean_i
    if half > WIDEST_EDGE:
        return not_estimable("DMSO wells scatter too much to compare edge and inside")
    return Estimate(
        value=math.exp(log_ratio),
        low=math.exp(log_ratio - half),
        high=math.exp(log_ratio + half),
        level=LEVEL,
        method=f"mean of {len(edge)} edge over mean of {len(inner)} inner DMSO wells, Welch's t on logs",
    )


def _edge_finding(ratio: Estimate, subject: str) -> list[Finding]:
    if ratio.state != "measured" or ratio.low <= 1 <= ratio.high or abs(ratio.value - 1) < EDGE_WARN:
        return []
    text = f"DMSO wells at the edge read {ratio} of the inner ones. Leave the edge out or spread the controls over it."
    return [Finding(code="edge_effect", severity="warning", text=text, subject=subject)]


def _log_mean(values: Floats) -> tuple[float, float]:
    """Return the logarithm of a mean and the variance of that logarithm."""
    mean = float(np.mean(values))
    if mean <= 0:
        return math.nan, math.nan
    return math.log(mean), float(np.var(values, ddof=1)) / len(values) / mean / mean


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


def _robust_z(vehicle: Floats, negative: Floats) -> Floats:
    (mv, sv), (mn, sn) = _median_mad(vehicle), _median_mad(negative)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z: Floats = 1 - 3 * (sv + sn) / np.abs(mv - mn)
    return z


def _median_mad(rows: Floats) -> tuple[Floats, Floats]:
    median = np.median(rows, axis=1)
    return median, MAD_TO_SD * np.median(np.abs(rows - median[:, None]), axis=1)
