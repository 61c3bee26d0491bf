"""The falling limb of a degradation curve: which points and which shape it is read from, and the numbers it gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.curve_points import CurvePoints
from avpi.dose.effective_dose import delta_error
from avpi.dose.estimate_dose import WIDEST_STEP, profiled
from avpi.dose.fit_shape import ShapeFit, fit_shape, level_at_0
from avpi.dose.hook import LEAST_BEYOND_MINIMUM, LEAST_REPLICATION, find_deepest_point, level_means, suspect_hook
from avpi.dose.hook_landmarks import BEYOND_LOG10, landmarks
from avpi.dose.likelihood_interval import profile_interval
from avpi.dose.shape_starts import Boxes, position_box
from avpi.dose.shapes import FOUR_PARAMETERS, HOOK, Shape
from avpi.errors import InputError
from avpi.estimate import Caveat, Estimate, not_estimable
from avpi.quantity import format_molar

Floats = NDArray[np.float64]
Quantity = Callable[[Floats], float]
Kind = Literal["four_parameter_logistic", "hook", "falling_limb"]

LEAST_DOSES = 4
"""Different doses, vehicle included, without which four parameters cannot be fitted."""
REMAINING_BOXES: Boxes = {"bottom": (0.0, 1.2), "hill_slope": (0.3, 6.0)}
"""Of a fraction of protein: none is left below 0; slopes beyond these are a line or a step to lanes 3-fold apart."""
FALL_BOXES: Boxes = {"bottom": (-0.5, 1.2), "hill_slope": (0.3, 6.0), "hill_slope_of_recovery": (0.3, 6.0)}
"""Of a hook: the floor of its falling sigmoid is no level that was seen, and may lie below 0."""
MUCH_BETTER = 6.0
"""Gain in AICc from which a hook is believed that the means alone do not show (evidence 20 to 1)."""

CLOSER = 0.05
"""p of the F test of a hook against a plain fall below which a hook is taken where doses have one lane each, and is at
least mentioned elsewhere. With 12 lanes AICc asks for a fourteen-fold smaller sum of squares, which hardly any hook
gives; the F test finds most, and takes about one plain fall in a hundred for a hook."""

RELATIVE = "relative DC50 (half of the largest degradation, falling limb)"
ABSOLUTE = "absolute DC50 (half of the control, falling limb)"
HOOK_ONSET = "hook onset (dose of the minimum of the fitted hook)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeChoice:
    """Which shape all points together have.

    Attributes
    ----------
    kind, why : the shape and the reason.
    last_dose_molar : dose up to which points are used where only the falling limb is.
    sure_of_fall : whether a hook was found, which no flat line shows.
    caveats : reservations for every number.
    """

    kind: Kind
    why: str
    last_dose_molar: float
    sure_of_fall: bool
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimbFit:
    """A fit and whether its bottom was seen: of a hook and of a cut curve the lowest fitted point counts instead."""

    kind: Kind
    fit: ShapeFit


def choose_shape(points: CurvePoints) -> ShapeChoice:
    """Return whether all points together are a plain fall, a hook, or a fall with an unfitted rise behind it.

    A hook is one whose rise is significant (``suspect_hook``), or whose AICc is lower by ``MUCH_BETTER``; where doses
    have one lane each, one that lies significantly closer to the points than a plain fall. Fewer than 3 doses beyond
    the minimum cannot be fitted as a hook; the doses up to the minimum are then all that is used, and so they are where
    a hook is not excluded.
    """
    plain = _fit(FOUR_PARAMETERS, points, REMAINING_BOXES)
    suspected = suspect_hook(plain)
    beyond = find_deepest_point(plain).doses_beyond
    refused = ""
    hook: ShapeFit | None = None
    if beyond < LEAST_BEYOND_MINIMUM:
        refused = f"a hook needs {LEAST_BEYOND_MINIMUM} doses beyond the lowest response and there are {beyond}"
    elif points.levels.size < HOOK.least_doses:
        refused = f"a hook needs {HOOK.least_doses} different doses and there are {points.levels.size}"
    elif points.size <= len(HOOK.free) + 2:
        refused = f"a hook has {len(HOOK.free)} parameters and there are {points.size} points"
    else:
        hook = _fit(HOOK, points, FALL_BOXES)
        falls = hook.converged and hook.value("recovery") > 0 and hook.value("top") > hook.value("bottom")
        if not falls:
            refused, hook = "the fitted hook does not fall and rise again", None
    gain = plain.aicc - hook.aicc if hook is not None else -math.inf
    last = float(points.given[int(np.argmin(level_means(points)[0]))])
    if hook is not None and ((suspected and gain > 0) or gain > MUCH_BETTER):
        why = f"AICc is lower by {gain:.3g} for a hook than for a plain fall" + (f"; {suspected}" if suspected else "")
        return ShapeChoice(kind="hook", why=why, last_dose_molar=math.inf, sure_of_fall=bool(suspected), caveats=())
    closer = hook is not None and _much_closer(plain, hook)
    if hook is not None and closer and points.size - points.levels.size < LEAST_REPLICATION:
        why = f"a hook lies closer to the points than a plain fall (F test, p < {CLOSER:g}); one lane for each dose"
        return ShapeChoice(kind="hook", why=why, last_dose_molar=math.inf, sure_of_fall=False, caveats=())
    if suspected:
        because = refused or "AICc does not pay for the parameters of a hook"
        up_to = format_molar(float(f"{last:.3g}"))
        text = f"A hook is suspected ({suspected}) but not fitted: {because}. Only doses up to {up_to} are used."
        caveat = Caveat(code="hook_not_fitted", text=text)
        return ShapeChoice(kind="falling_limb", why=text, last_dose_molar=last, sure_of_fall=True, caveats=(caveat,))
    told = f"AICc is higher by {-gain:.3g} for a hook" if hook is not None else refused
    caveats: tuple[Caveat, ...] = ()
    if gain > 0:
        told = f"AICc is lower by {gain:.3g} for a hook, and no rise stands out of the scatter"
        caveats = (Caveat(code="hook_not_excluded", text=f"{told[0].upper()}{told[1:]}: a hook is not excluded."),)
    elif closer:
        text = "A hook lies much closer to the points, but there are too few of them to pay for it: it is not excluded."
        caveats = (Caveat(code="hook_not_excluded", text=text),)
    why = f"no rise at high dose stands out of the scatter; {told}"
    kind: Kind = "four_parameter_logistic"
    if caveats and int(np.sum(points.levels <= last)) > LEAST_DOSES:
        # The limb gives the same DC50 where there is no hook, and the right one where there is
        kind, why = "falling_limb", f"{why}. Only doses up to {format_molar(float(f'{last:.3g}'))} are used."
    upto = last if kind == "falling_limb" else math.inf
    return ShapeChoice(kind=kind, why=why, last_dose_molar=upto, sure_of_fall=False, caveats=caveats)


def _much_closer(plain: ShapeFit, hook: ShapeFit) -> bool:
    """Return whether an F test would take a hook where AICc, with few points, does not."""
    df, more = hook.least_squares.df, plain.least_squares.df - hook.least_squares.df
    if df < 1 or more < 1 or hook.rss <= 0:
        return False
    return bool(stats.f.sf((plain.rss - hook.rss) / more / (hook.rss / df), more, df) < CLOSER)


def fit_limb(points: CurvePoints, choice: ShapeChoice) -> LimbFit | str:
    """Return the fit of some points in the chosen shape, or why there is none.

    Where one experiment has too few points for a hook, its falling limb is fitted.
    """
    kind: Kind = choice.kind
    if kind == "hook":
        if points.levels.size >= HOOK.least_doses and points.size > len(HOOK.free) + 2:
            hook = _fit(HOOK, points, FALL_BOXES)
            if hook.converged and hook.value("recovery") > 0 and hook.value("top") > hook.value("bottom"):
                return LimbFit(kind="hook", fit=hook)
        kind = "falling_limb"
    used = points
    if kind == "falling_limb":
        last = choice.last_dose_molar
        last = last if math.isfinite(last) else float(points.given[int(np.argmin(level_means(points)[0]))])
        below = points.doses_molar <= last * (1 + 1e-6)
        used = CurvePoints(
            doses_molar=points.doses_molar[below], responses=points.responses[below], weights=points.weights[below]
        )
    if used.levels.size < LEAST_DOSES or used.given.size < LEAST_DOSES - 1 or used.size <= len(FOUR_PARAMETERS.free):
        limb = " up to the lowest response" if kind == "falling_limb" else ""
        return f"{used.levels.size} different doses and {used.size} points{limb} are too few for four parameters"
    try:
        fit = _fit(FOUR_PARAMETERS, used, REMAINING_BOXES)
    except InputError as error:
        return error.problems[0].what
    if not fit.converged:
        return fit.least_squares.reason
    if not fit.value("top") > fit.value("bottom"):
        return "the fitted curve does not fall"
    return LimbFit(kind=kind, fit=fit)


def dc50(limb: LimbFit, which: Literal["relative", "absolute"], level: float, *, quick: bool = False) -> Estimate:
    """Return a DC50 of one fit in molar; beyond the doses it is censored.

    Parameters
    ----------
    quick : take the interval from the standard error of the log10 DC50 instead of the profile likelihood, where no box
        binds: enough for a value that only enters a combination over experiments.
    """
    fit = limb.fit
    given = fit.points.given
    named = RELATIVE if which == "relative" else ABSOLUTE
    if which == "absolute":
        quantity = _half_of_control(fit)
    elif limb.kind == "four_parameter_logistic":
        quantity = _position
    else:
        quantity = _half_of_fall(fit)
    at = quantity(fit.least_squares.parameters)
    if math.isnan(at):
        if which == "absolute":
            left = landmarks(fit).lowest(fit.least_squares.parameters)[1]
            why = f"{named} is undefined: {left:.0%} of the control are left at the lowest point of the fitted curve"
            return not_estimable(why, unit="M", n=1)
        return not_estimable(f"{named}: the fitted curve does not reach it", unit="M", n=1)
    low, high, method = _interval(fit, quantity, position_box(given, BEYOND_LOG10), level, quick=quick)
    method = f"{named} of a {fit.shape.name}, {method}"
    if low == -math.inf and high == math.inf:
        return not_estimable(f"{method}: the data bound it on neither side", unit="M", n=1)
    low_molar, high_molar = _molar(low), _molar(high)
    state: Literal["measured", "below", "above"] = "measured"
    if at > math.log10(given[-1]):
        at, high_molar, state = math.log10(given[-1]), math.inf, "above"
    elif at < math.log10(given[0]):
        at, low_molar, state = math.log10(given[0]), 0.0, "below"
    return Estimate(
        value=10.0**at, low=low_molar, high=high_molar, level=level, unit="M", n=1, method=method, state=state
    )


def fitted_dmax(limb: LimbFit, level: float, *, quick: bool = False) -> Estimate:
    """Return the largest degraded fraction of the fitted curve within the doses; ``quick`` as in ``dc50``."""
    fit = limb.fit
    places = landmarks(fit)

    def degraded(b: Floats) -> float:
        return 1.0 - places.lowest(b)[1]

    low, high, method = _interval(fit, degraded, (-math.inf, math.inf), level, quick=quick)
    value = min(degraded(fit.least_squares.parameters), 1.0)
    method = f"Dmax, fitted within the tested doses, of a {fit.shape.name}, {method}"
    return Estimate(value=value, low=low, high=min(high, 1.0), level=level, n=1, method=method)


def observed_dmax(points: CurvePoints, limb: LimbFit | None, level: float) -> Estimate:
    """Return the degraded fraction at the dose of the lowest mean; its scatter is the residual one of the fit."""
    means, heights = level_means(points)
    lowest = int(np.argmin(means))
    value = 1.0 - float(means[lowest])
    method = f"Dmax, mean at {points.given[lowest]:.3g} M"
    if limb is None or limb.fit.least_squares.df < 1:
        return Estimate(
            value=value, level=level, n=1, method=f"{method}, without an interval: no fit gives the scatter"
        )
    sd, df = limb.fit.least_squares.residual_sd, limb.fit.least_squares.df
    reach = float(stats.t.ppf(0.5 + level / 2, df)) * sd / math.sqrt(heights[lowest])
    method = f"{method}, residual scatter of the fit with {df} df"
    return Estimate(value=value, low=value - reach, high=min(value + reach, 1.0), level=level, n=1, method=method)


def hook_onset(limb: LimbFit, level: float, *, quick: bool = False) -> Estimate:
    """Return the dose of the minimum of a fitted hook; ``quick`` as in ``dc50``."""
    fit = limb.fit
    if fit.shape.name != HOOK.name:
        why = "the rise was seen but not fitted" if limb.kind == "falling_limb" else "no rise at high dose was fitted"
        return not_estimable(f"{HOOK_ONSET}: {why}", unit="M", n=1)
    places = landmarks(fit)
    low, high, method = _interval(fit, lambda b: places.lowest(b)[0], (places.first, places.last), level, quick=quick)
    value = 10.0 ** places.lowest(fit.least_squares.parameters)[0]
    method = f"{HOOK_ONSET}, {method}"
    return Estimate(value=value, low=_molar(low), high=_molar(high), level=level, unit="M", n=1, method=method)


def _interval(
    fit: ShapeFit, quantity: Quantity, reach: tuple[float, float], level: float, *, quick: bool
) -> tuple[float, float, str]:
    """Return the ends of the interval and how they were obtained; ends beyond ``reach`` are open."""
    best = fit.least_squares.parameters
    error = delta_error(quantity, best, fit.least_squares.covariance, fit.edges)
    # Next to the edge of a box the linearised error knows only the parameters that are free
    if quick and not fit.least_squares.binding and math.isfinite(error) and error > 0:
        half = error * float(stats.t.ppf(0.5 + level / 2, max(fit.least_squares.df, 1)))
        low, high = quantity(best) - half, quantity(best) + half
        return (
            low if low >= reach[0] else -math.inf,
            high if high <= reach[1] else math.inf,
            "standard error by linearisation",
        )
    scale = error if 0 < error < WIDEST_STEP else WIDEST_STEP
    low, high = profile_interval(profiled(fit), quantity, scale=scale, reach=reach, level=level)
    return low, high, "profile likelihood"


def _position(b: Floats) -> float:
    """Return the log10 EC50 of a four-parameter logistic, half-way between its plateaus."""
    return float(b[2])


def _molar(log10_dose: float) -> float:
    if log10_dose == -math.inf:
        return 0.0
    return math.inf if log10_dose == math.inf else 10.0**log10_dose


def _half_of_fall(fit: ShapeFit) -> Quantity:
    places = landmarks(fit)
    return lambda b: places.crossing(b, 0.5 * (level_at_0(fit.shape, b) + places.lowest(b)[1]))


def _half_of_control(fit: ShapeFit) -> Quantity:
    places = landmarks(fit)
    return lambda b: places.crossing(b, 0.5)


def _fit(shape: Shape, points: CurvePoints, boxes: Boxes) -> ShapeFit:
    own = {name: box for name, box in boxes.items() if name in shape.parameters}
    return fit_shape(shape, points.doses_molar, points.responses, points.weights, own, control=1.0)
