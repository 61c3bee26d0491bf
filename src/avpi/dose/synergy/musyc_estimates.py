"""The numbers of a MuSyC surface as estimates: with intervals, and with a state where the data do not fix them."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.synergy.musyc_fit import MusycFit
from avpi.dose.synergy.musyc_problem import PLACES
from avpi.dose.synergy.musyc_profile import BETA_REACH, profile_ends, tied_rss
from avpi.dose.synergy.musyc_surface import EFFECTS, NAMES
from avpi.errors import InputError, Problem, nearest_word
from avpi.estimate import Estimate, State, not_estimable

Floats = NDArray[np.float64]

SYNERGY = ("beta", "log10_alpha12", "log10_alpha21", "log10_gamma12", "log10_gamma21")
"""Synergy of efficacy, of potency and of cooperativity; 0 is none, above 0 synergy."""
QUANTITIES = (*NAMES, *SYNERGY)
INERT = 0.05
"""p from which on a compound alone counts as without effect: its potency and slope then describe noise."""
CURVE = 3
"""Numbers that make a compound's curve: its plateau, potency and slope."""
OF_ONE_COMPOUND = 4
"""Parameters of a surface on which only one compound does anything."""


def estimate_musyc(fit: MusycFit, *, profile: Collection[str] | Literal["all"] = ("beta",)) -> dict[str, Estimate]:
    """Return every number of a MuSyC surface as an estimate, by name: see ``QUANTITIES``.

    A parameter that its box holds is ``below`` or ``above`` the edge; a C beyond the tested doses is so at the last of
    them. Where both ends of an interval are open, or a compound has no effect that its parameters could describe, the
    number is ``not_estimable``. Wells count as independent: what differs between experiments is not in the intervals.

    ``beta``, which claims rest on, is that of the largest model among the candidates, whatever its AICc: shifts and
    slopes that a smaller model holds at 1 would move the plateaus, and its interval would know nothing of that.

    Parameters
    ----------
    profile : names whose intervals are by profile likelihood (beta alone unless others are named); the others are by
        linearisation, of effects and beta as they are, of the rest as logarithms.

    Raises
    ------
    InputError
        If a name is none of ``QUANTITIES``.
    """
    wanted = set(QUANTITIES if profile == "all" else profile)
    problems = [
        Problem(
            file="profile",
            what=f"'{name}' is no number of a MuSyC surface",
            expected=", ".join(QUANTITIES),
            hint=nearest_word(name, QUANTITIES),
        )
        for name in sorted(wanted - set(QUANTITIES))
    ]
    if problems:
        raise InputError(problems)
    errors = _errors(fit)
    because = _unfixed(fit)
    found = {}
    for name in NAMES:
        asked = name in wanted or f"log10_{name}" in wanted
        found[name] = _parameter(fit, name, errors[NAMES.index(name)], because, profiled=asked)
    whole = fit.under(fit.candidates[-1].name)
    found["beta"] = _beta(whole, both_inert="C1" in because and "C2" in because, profiled="beta" in wanted)
    for name in SYNERGY[1:]:
        found[name] = _log10(found[name.removeprefix("log10_")])
    return found


def _errors(fit: MusycFit) -> Floats:
    errors = np.sqrt(np.diag(fit.covariance))
    return np.where(errors > 0, errors, np.nan)


def _unfixed(fit: MusycFit) -> dict[str, str]:
    """Return name -> why a number means nothing, of compounds without effect."""
    because: dict[str, str] = {}
    names = (fit.combination.compound_a, fit.combination.compound_b)
    rows = np.eye(4)
    for one, other, name in ((1, 2, names[0]), (2, 1, names[1])):
        alone = np.array([rows[0] + rows[one], rows[other], rows[3]])
        p = _p_of_tie(fit, tied_rss(fit, alone), CURVE)
        if p < INERT:
            continue
        why = f"{name} alone has no effect that the data show (p = {p:.2g})"
        because |= dict.fromkeys((f"C{one}", f"h{one}", f"alpha{other}{one}", f"gamma{other}{one}"), why)
        nothing = np.array([rows[0] + rows[one], rows[other] + rows[3]])
        places = tuple(PLACES[key] for key in ("alpha12", "alpha21", "gamma12", "gamma21"))
        p = _p_of_tie(fit, tied_rss(fit, nothing, places), fit.problem.wells - fit.df - OF_ONE_COMPOUND)
        if p >= INERT:
            why = f"{name} has no effect that the data show, alone or on the other compound (p = {p:.2g})"
            keys = ("C{0}", "h{0}", "alpha{0}{1}", "alpha{1}{0}", "gamma{0}{1}", "gamma{1}{0}")
            because |= dict.fromkeys((key.format(one, other) for key in keys), why)
    return because


def _p_of_tie(fit: MusycFit, rss: float, ties: int) -> float:
    """Return p of a model with so many parameters fewer, by the F test of nested models."""
    floor = 1e-20 * max(fit.problem.total, 1e-300)
    rise = max(rss - fit.rss, 0.0)
    if rise <= floor:
        return 1.0
    return float(stats.f.sf(rise / ties / (max(fit.rss, floor) / fit.df), ties, fit.df))


def _method(*, profiled: bool) -> str:
    return f"MuSyC by least squares over wells, {'profile likelihood' if profiled else 'linearised'}"


def _parameter(fit: MusycFit, name: str, error: float, because: dict[str, str], *, profiled: bool) -> Estimate:
    i, linear = NAMES.index(name), name in EFFECTS
    n, value, unit = len(fit.combination.experiments), fit.value(name), _unit(fit, name)
    method = _method(profiled=profiled)
    if name in because:
        return not_estimable(f"{method}: {because[name]}", unit=unit, n=n)
    if fit.at_edge[i] == "held":
        held = Estimate(value=value, n=n, unit=unit, level=fit.level, method=f"held at {value:g}, not fitted")
        return held.with_caveat("held", f"The model '{fit.model}' or a box holds {name}; the data were not asked.")
    if not fit.converged:
        return not_estimable(f"{method}: the fit did not converge", unit=unit, n=n)
    low, high = _ends(fit, name, error, profiled=profiled)
    if low == -math.inf and high == math.inf:
        return not_estimable(f"{method}: the data bound it on neither side", unit=unit, n=n)
    if not linear:
        low, high = _power(low), _power(high)
    made = Estimate(value=value, low=low, high=high, level=fit.level, unit=unit, n=n, method=method)
    return _censored(fit, name, made)


def _censored(fit: MusycFit, name: str, made: Estimate) -> Estimate:
    """Return the estimate with its state, where it lies at an edge or beyond the tested doses."""
    value, state, open_low = made.value, made.state, -math.inf if name in EFFECTS else 0.0
    if name in ("C1", "C2"):
        levels = fit.combination.levels_a if name == "C1" else fit.combination.levels_b
        first, last = float(levels[levels > 0][0]), float(levels[-1])
        state = "above" if value > last else "below" if value < first else state
        value = last if value > last else first if value < first else value
    else:
        edges: dict[str, State] = {"low": "below", "high": "above"}
        state = edges.get(fit.at_edge[NAMES.index(name)], state)
    if state == "measured":
        return made
    low, high = (made.low, math.inf) if state == "above" else (open_low, made.high)
    return Estimate(
        value=value, low=low, high=high, level=made.level, unit=made.unit, n=made.n, method=made.method, state=state
    )


def _ends(fit: MusycFit, name: str, error: float, *, profiled: bool) -> tuple[float, float]:
    """Return the ends on the scale of the fit, those of effects on the scale of the response; infinite where open."""
    linear = name in EFFECTS
    if profiled:
        low, high = profile_ends(fit, name, error, fit.level)
        return (1 - high, 1 - low) if linear and fit.response_scale == "viability" else (low, high)
    if not error > 0:
        return -math.inf, math.inf
    value = fit.value(name) if linear else math.log(fit.value(name))
    reach = error * float(stats.t.isf((1 - fit.level) / 2, fit.df))
    low, high = value - reach, value + reach
    if linear:
        return low, high
    surface, place = fit.problem.surface, PLACES[name]
    return (low if low > surface.low[place] else -math.inf), (high if high < surface.high[place] else math.inf)


def _beta(fit: MusycFit, *, both_inert: bool, profiled: bool) -> Estimate:
    n, method, value = len(fit.combination.experiments), _method(profiled=profiled), fit.beta
    e = fit.effects
    strong = 1 if e[1] >= e[2] else 2
    known = fit.covariance[:4, :4]
    difference = np.zeros(4)
    difference[strong], difference[0] = 1.0, -1.0
    error = math.sqrt(max(float(difference @ known @ difference), 0.0)) if np.all(np.isfinite(known)) else math.nan
    t = float(stats.t.isf((1 - fit.level) / 2, fit.df))
    if not fit.converged:
        return not_estimable(f"{method}: the fit did not converge", n=n)
    if both_inert or math.isnan(value) or not e[strong] - e[0] > t * error:
        why = "neither compound alone has a plateau apart from no effect, which beta is a share of"
        return not_estimable(f"{method}: {why}", n=n)
    span = e[strong] - e[0]
    slopes = np.zeros(4)
    slopes[3], slopes[strong], slopes[0] = 1 / span, -(1 + value) / span, value / span
    error = math.sqrt(max(float(slopes @ known @ slopes), 0.0))
    low, high = profile_ends(fit, "beta", error, fit.level) if profiled else (value - t * error, value + t * error)
    if low <= -BETA_REACH and high >= BETA_REACH:
        return not_estimable(f"{method}: the data bound it on neither side", n=n)
    return Estimate(value=value, low=low, high=high, level=fit.level, n=n, method=method)


def _log10(made: Estimate) -> Estimate:
    def log(value: float) -> float:
        return math.log10(value) if value > 0 else -math.inf if value == 0 else math.nan

    return Estimate(
        value=log(made.value),
        low=log(made.low),
        high=log(made.high),
        level=made.level,
        n=made.n,
        method=made.method,
        caveats=made.caveats,
        state=made.state,
    )


def _unit(fit: MusycFit, name: str) -> str:
    return {"C1": fit.combination.unit_a, "C2": fit.combination.unit_b}.get(name, "")


def _power(ln: float) -> float:
    return math.exp(ln) if ln < 700 else math.inf
