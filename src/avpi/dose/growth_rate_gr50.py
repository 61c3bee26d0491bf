"""GR50, the dose at which GR is 0.5, with its profile-likelihood interval; or a bound where the doses do not reach it.

At each dose the best curve that is at 0.5 there is looked for. Its residual sum of squares tells whether the data allow
the GR50 to be that dose (limit: ``rss (1 + F(1, n - 3) / (n - 3))``, Bates & Watts 1988, ch. 6). This also gives the
finite end where GR50 itself lies beyond the doses or nowhere, since the question has an answer at every dose.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.fit_shape import ShapeFit
from avpi.dose.marquardt import descend
from avpi.dose.shape_starts import BEYOND_DOSES_LOG10, position_box
from avpi.dose.shapes import FOUR_PARAMETERS, LN10
from avpi.estimate import Estimate, not_estimable

Floats = NDArray[np.float64]

HALF = 0.5
"""GR at GR50."""
HALVINGS = 14
"""Of the way from the best value to the edge, in search of an end: to a thousandth of a decade or less."""
BOTTOM, SLOPE = (FOUR_PARAMETERS.parameters.index(name) for name in ("bottom", "hill_slope"))
NEAREST_TO_HALF = 1e-6
"""GRinf of a curve through 0.5 lies below 0.5 by as much at least: such a curve has reached its floor."""
STARTS_OF_BOTTOM, STARTS_OF_SLOPE, DESCENTS = (-0.9, -0.5, 0.0, 0.3, 0.45, 0.499), (0.2, 0.5, 1.0, 2.0, 4.0), 2
"""Of curves through 0.5, and how many of them, the best, descend: a single start ends in the wrong basin at times."""
MOST_STEPS, NO_GAIN = 40, 1e-7
"""Of a descent: its sum of squares is then known far better than the limit asks."""

METHOD = "GR50 of a three-parameter logistic by least squares, profile likelihood"


def estimate_gr50(fit: ShapeFit, *, flat_at: float | None, level: float, n: int) -> Estimate:
    """Return the GR50 of a curve in molar.

    Beyond the tested doses it is censored at the last of them, never extrapolated; an end of its interval that the data
    do not bound within three decades of the doses is open.

    Parameters
    ----------
    flat_at : GR at which the curve is flat; None for a sigmoid.
    """
    if flat_at is None and not fit.converged:
        return not_estimable(f"{METHOD}: {fit.least_squares.reason}", unit="M", n=n)
    allowed = _allowed(fit, level)
    if flat_at is None and math.isfinite(fit.log10_absolute_ec50):
        return _reached(fit, allowed, level=level, n=n)
    return _beyond(fit, allowed, flat_at if flat_at is not None else fit.value("bottom"), level=level, n=n)


def _reached(fit: ShapeFit, allowed: Callable[[float], bool], *, level: float, n: int) -> Estimate:
    best = fit.log10_absolute_ec50
    lowest, highest = position_box(fit.points.given, BEYOND_DOSES_LOG10)
    low = _end(allowed, best, lowest) if lowest < best else -math.inf
    high = _end(allowed, best, highest) if best < highest else math.inf
    if math.isinf(low) and math.isinf(high):
        return not_estimable(f"{METHOD}: the data bound it on neither side", unit="M", n=n)
    low_molar = 10.0**low if math.isfinite(low) else 0.0
    high_molar = 10.0**high if math.isfinite(high) else math.inf
    first, last = float(fit.points.given[0]), float(fit.points.given[-1])
    if best > math.log10(last):
        return _above(last, min(low_molar, last), level=level, n=n)
    if best < math.log10(first):
        return _below(first, max(high_molar, first), level=level, n=n)
    return Estimate(value=10.0**best, low=low_molar, high=high_molar, level=level, unit="M", n=n, method=METHOD)


def _beyond(fit: ShapeFit, allowed: Callable[[float], bool], settled_at: float, *, level: float, n: int) -> Estimate:
    """Return a bound: above 0.5 the GR50 lies beyond the last dose, below it before the first.

    The finite end of its interval is the dose up to (or from) which every curve that the data allow stays on the same
    side of 0.5.
    """
    above = settled_at > HALF
    first, last = float(fit.points.given[0]), float(fit.points.given[-1])
    begin, end = (math.log10(first), math.log10(last)) if above else (math.log10(last), math.log10(first))

    def unsure(log10_dose: float) -> bool:
        here = float(fit.response(np.array([10.0**log10_dose]))[0])
        return (here > HALF) != above or allowed(log10_dose)

    if unsure(begin):
        return not_estimable(f"{METHOD}: the data allow it at every dose", unit="M", n=n)
    found = _bisected(unsure, end, begin) if unsure(end) else end
    bound = min(max(10.0**found, first), last)
    return _above(last, bound, level=level, n=n) if above else _below(first, bound, level=level, n=n)


def _above(last: float, low: float, *, level: float, n: int) -> Estimate:
    return Estimate(value=last, low=low, high=math.inf, level=level, unit="M", n=n, method=METHOD, state="above")


def _below(first: float, high: float, *, level: float, n: int) -> Estimate:
    return Estimate(value=first, low=0.0, high=high, level=level, unit="M", n=n, method=METHOD, state="below")


def _allowed(fit: ShapeFit, level: float) -> Callable[[float], bool]:
    """Return whether the data allow GR to be 0.5 at a log10 dose."""
    df = fit.least_squares.df
    if df < 1:
        return lambda _: True
    limit = fit.rss * (1 + float(stats.f.ppf(level, 1, df)) / df)
    return lambda log10_dose: _rss_through_half(fit, log10_dose) <= limit


def _end(allowed: Callable[[float], bool], best: float, edge: float) -> float:
    """Return where, from the best value to the edge, a dose is no longer allowed; infinite if nowhere."""
    if allowed(edge):
        return math.inf if edge >= best else -math.inf
    return _bisected(allowed, best, edge)


def _bisected(holds: Callable[[float], bool], inside: float, outside: float) -> float:
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if holds(middle):
            inside = middle
        else:
            outside = middle
    return (inside + outside) / 2


def _rss_through_half(fit: ShapeFit, log10_dose: float) -> float:
    """Return the least residual sum of squares of curves that are at 0.5 at a dose.

    Such a curve has ``GEC50 = dose (1 - 2 GRinf)^(1/h)``, so that GRinf and h remain to be fitted. GEC50 may then lie
    outside its box, which makes the limit that is sought a little wider, never narrower.
    """
    counted = fit.points.counted
    x = np.log10(fit.points.doses_molar[counted]) - log10_dose
    y, root = fit.points.responses[counted], np.sqrt(fit.points.weights[counted])
    low = np.array([fit.edges[BOTTOM, 0], fit.edges[SLOPE, 0]])
    high = np.array([HALF - NEAREST_TO_HALF, fit.edges[SLOPE, 1]])

    def residuals(q: Floats) -> Floats:
        return np.asarray(root * (y - _through_half(x, q[0], q[1])))

    def jacobian(q: Floats) -> Floats:
        return root[:, None] * _slopes_through_half(x, q[0], q[1])

    gr_inf, slope = (grid.ravel() for grid in np.meshgrid(STARTS_OF_BOTTOM, STARTS_OF_SLOPE))
    curves = _through_half(x, gr_inf[:, None], slope[:, None])
    best = np.argsort(np.sum((root * (y - curves)) ** 2, axis=1), kind="stable")[:DESCENTS]
    ends = [
        descend(residuals, jacobian, np.array([gr_inf[i], slope[i]]), low, high, most_steps=MOST_STEPS, no_gain=NO_GAIN)
        for i in best
    ]
    return float(min(end.rss for end in ends))


def _through_half(x: Floats, gr_inf: Any, slope: Any) -> Floats:
    """Return curves of GR that are 0.5 at x = 0, log10 dose."""
    left = 1 - 2 * gr_inf
    return np.asarray(gr_inf + (1 - gr_inf) * left / (left + 10.0 ** (slope * x)))


def _slopes_through_half(x: Floats, gr_inf: float, slope: float) -> Floats:
    """Return the derivatives (n, 2) of such a curve by GRinf and slope."""
    left, rise = 1 - 2 * gr_inf, 10.0 ** (slope * x)
    share, turn = left / (left + rise), rise / (left + rise) ** 2
    by_gr_inf = 1 - share - 2 * (1 - gr_inf) * turn
    return np.stack([by_gr_inf, -(1 - gr_inf) * left * turn * x * LN10], axis=1)
