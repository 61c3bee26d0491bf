"""Whether vehicle wells read the same all over the plate: at the edge and inside, top and bottom, left and right.

They should, whatever was done to other wells. What differs is evaporation, temperature, uneven seeding, or the time
that a dispenser or a reader takes from the first well to the last.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from avpi.estimate import Estimate, Finding, not_estimable
from avpi.plate.normalise import Scale
from avpi.plate.results import Well

Floats = NDArray[np.float64]

LEVEL = 0.95
EDGE_WARN = 0.10
"""Share by which edge wells differ from inner ones before it is worth a warning (assumed)."""
WIDEST_EDGE = 10.0
"""Half-width of the logarithm of the edge ratio beyond which it tells nothing: 20,000-fold to either side."""
DRIFT_WARN = 0.15
"""Share by which vehicle wells change over the plate before it is worth a warning (assumed)."""
FEWEST_FOR_DRIFT = 4
"""Wells of which a slope has two degrees of freedom."""


def edge_ratio(wells: Sequence[Well], scale: Scale, shape: tuple[int, int]) -> Estimate:
    """Return edge over inner vehicle wells, background subtracted; the interval by Welch's t on the log scale."""
    rows, columns = shape
    edge: list[float] = []
    inner: list[float] = []
    for well in wells:
        if well.role == "vehicle" and well.state == "used":
            at_edge = well.row in (0, rows - 1) or well.column in (0, columns - 1)
            (edge if at_edge else inner).append(well.reading - scale.background)
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


def drift(wells: Sequence[Well], scale: Scale, *, across: bool) -> Estimate:
    """Return the signal at the last vehicle wells over that at the first: down the rows, or across the columns.

    A line is fitted to the logarithms of the signal above background; the interval is that of its slope by Student's t.
    """
    line = "columns" if across else "rows"
    used = [well for well in wells if well.role == "vehicle" and well.state == "used"]
    places = np.array([well.column if across else well.row for well in used], float)
    signal = np.array([well.reading - scale.background for well in used])
    if len(used) < FEWEST_FOR_DRIFT or np.ptp(places) == 0:
        return not_estimable(f"{len(used)} DMSO wells in {len(set(places.tolist()))} {line}")
    if (signal <= 0).any():
        return not_estimable("DMSO wells do not read above the background")
    length = float(np.ptp(places))
    at = (places - places.mean()) / length
    values = np.log(signal)
    slope = float(at @ values / (at @ at))
    left = values - values.mean() - slope * at
    df = len(used) - 2
    half = float(stdtrit(df, 0.5 + LEVEL / 2)) * math.sqrt(float(left @ left) / df / float(at @ at))
    if half > WIDEST_EDGE:
        return not_estimable("DMSO wells scatter too much for a trend")
    first, last = int(places.min()) + 1, int(places.max()) + 1
    return Estimate(
        value=math.exp(slope),
        low=math.exp(slope - half),
        high=math.exp(slope + half),
        level=LEVEL,
        method=f"line through the logarithms of {len(used)} DMSO wells, {line} {first} to {last}",
    )


def evenness_findings(edge: Estimate, down: Estimate, across: Estimate, subject: str) -> list[Finding]:
    """Return what must be said of a plate that is not even."""
    findings = _edge_finding(edge, subject)
    for ratio, line, words in ((down, "row", "from top to bottom"), (across, "column", "from left to right")):
        if _differs(ratio, DRIFT_WARN):
            text = (
                f"DMSO wells change {words}: the last {line} reads {ratio} of the first. Spread the controls, and "
                "look at the order and time of dispensing and reading."
            )
            findings.append(Finding(code="drift", severity="warning", text=text, subject=subject))
    return findings


def _differs(ratio: Estimate, least: float) -> bool:
    """Return whether a ratio is known to differ from 1, and by enough to matter."""
    return ratio.state == "measured" and not ratio.low <= 1 <= ratio.high and abs(ratio.value - 1) >= least


def _edge_finding(ratio: Estimate, subject: str) -> list[Finding]:
    if not _differs(ratio, EDGE_WARN):
        return []
    text = f"DMSO wells at the edge read {ratio} of the inner ones. Leave the edge out or spread the controls over it."
    return [Finding(code="edge_effect", severity="warning", text=text, subject=subject)]


def _log_mean(values: Floats) -> tuple[float, float]:
    """Return the logarithm of a mean and the variance of that logarithm."""
    mean = float(np.mean(values))
    if mean <= 0:
        return math.nan, math.nan
    return math.log(mean), float(np.var(values, ddof=1)) / len(values) / mean / mean
