"""Boundaries of a group-sequential trial, and the chances to cross them.

At the looks the test statistics are jointly normal with independent increments: with information I_k,
Z_k ~ N(theta sqrt(I_k), 1) and Cov(Z_j, Z_k) = sqrt(I_j / I_k). Densities are carried from look to look by numerical
integration (Armitage P, McPherson CK, Rowe BC. J R Stat Soc A 1969;132:235-244; Jennison and Turnbull 2000, chapter
19). Efficacy boundaries never count on futility ones (non-binding): the level holds whether or not a trial stops for
futility.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from avpi.clinic.checks import Checks, Floats
from avpi.clinic.design.spending import USUAL_GAMMA, Spending, spend
from avpi.errors import InputError, Problem

FAR = 9.0
"""Standard deviations beyond which nothing is integrated."""
FEWEST_NODES, MOST_NODES = 160, 1600
MOST_LOOKS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundaries:
    """A group-sequential design.

    Attributes
    ----------
    information : (looks,) shares of the information, the last 1.
    upper : (looks,) z at or above which efficacy is claimed. ``lower`` : (looks,) z at or below which the trial may
        stop for futility; minus infinity where there is none.
    nominal : (looks,) one-sided p of the upper boundary. ``spent`` : (looks,) level spent so far.
    drift : expected z at the end at which the power is as asked. ``inflation`` : information over that of a fixed
        design.
    power, level : chance to claim efficacy under the drift and under no effect (futility not binding).
    expected_information : (under no effect, under the drift) share of the information at which the trial stops.
    efficacy, futility : (looks,) chance under the drift to stop at each look.
    """

    information: tuple[float, ...]
    upper: tuple[float, ...]
    lower: tuple[float, ...]
    nominal: tuple[float, ...]
    spent: tuple[float, ...]
    drift: float
    inflation: float
    power: float
    level: float
    expected_information: tuple[float, float]
    efficacy: tuple[float, ...]
    futility: tuple[float, ...]


def crossing(
    information: Sequence[float], upper: Sequence[float], lower: Sequence[float], drift: float
) -> tuple[Floats, Floats]:
    """Return the chances to cross first the upper and first the lower boundary at each look, (looks,) each.

    Parameters
    ----------
    information : (looks,) ascending, in units of the last one where ``drift`` is the expected z at 1.
    """
    walk = _Walk(drift)
    ups, downs = [], []
    for at, high, low in zip(information, upper, lower, strict=True):
        ups.append(walk.above(at, high))
        downs.append(walk.below(at, low))
        walk.go_on(at, low, high)
    return np.array(ups), np.array(downs)


def efficacy_boundaries(
    information: Sequence[float], *, alpha: float = 0.025, spending: Spending = "obrien-fleming",
    gamma: float = USUAL_GAMMA,
) -> tuple[float, ...]:  # fmt: skip
    """Return the upper boundaries that spend a one-sided level; infinity where nothing is spent at a look.

    Raises
    ------
    InputError
        If the shares are not ascending from above 0, or a number cannot be meant.
    """
    _check(information, alpha)
    walk, upper, spent = _Walk(0.0), [], 0.0
    for at in information:
        now = spend(spending, at / information[-1], alpha, gamma=gamma)
        upper.append(_level_to_bound(walk, at, now - spent))
        walk.go_on(at, -math.inf, upper[-1])
        spent = max(now, spent)
    return tuple(upper)


def group_sequential(
    information: Sequence[float], *, alpha: float = 0.025, power: float = 0.9,
    spending: Spending = "obrien-fleming", gamma: float = USUAL_GAMMA,
    futility: Spending | None = None, futility_gamma: float = USUAL_GAMMA,
) -> Boundaries:  # fmt: skip
    """Return boundaries that spend alpha, and beta where a futility spending is given, and the drift for the power.

    Futility boundaries spend 1 - power under the drift, and meet the efficacy boundary at the last look.

    Raises
    ------
    InputError
        If an argument cannot be meant.
    """
    _check(information, alpha)
    checks = Checks()
    checks.share("power", power, ends=False)
    checks.stop()
    shares = tuple(float(at) / information[-1] for at in information)
    upper = efficacy_boundaries(shares, alpha=alpha, spending=spending, gamma=gamma)
    none = (-math.inf,) * len(shares)
    fixed = float(ndtri(1 - alpha) + ndtri(power))

    def lower_at(drift: float) -> tuple[float, ...]:
        if futility is None:
            return none
        return _futility(shares, upper, drift, 1 - power, futility, futility_gamma)

    if futility is None:
        drift = _root(lambda d: float(crossing(shares, upper, none, d)[0].sum()) - power, fixed)
        lower = none
    else:
        drift = _root(lambda d: lower_at(d)[-1] - upper[-1], fixed)
        lower = (*lower_at(drift)[:-1], upper[-1])
    ups, downs = crossing(shares, upper, lower, drift)
    null_ups, null_downs = crossing(shares, upper, lower, 0.0)
    return Boundaries(
        information=shares,
        upper=upper,
        lower=lower,
        nominal=tuple(float(ndtr(-z)) for z in upper),
        spent=tuple(spend(spending, at, alpha, gamma=gamma) for at in shares),
        drift=drift,
        inflation=(drift / fixed) ** 2,
        power=float(ups.sum()),
        level=float(crossing(shares, upper, none, 0.0)[0].sum()),
        expected_information=(_expected(shares, null_ups + null_downs), _expected(shares, ups + downs)),
        efficacy=tuple(map(float, ups)),
        futility=tuple(map(float, downs)),
    )


def _futility(
    shares: Sequence[float], upper: Sequence[float], drift: float, beta: float, kind: Spending, gamma: float
) -> tuple[float, ...]:
    walk, lower, spent = _Walk(drift), [], 0.0
    for at, high in zip(shares, upper, strict=True):
        now = spend(kind, at, beta, gamma=gamma)
        bound = min(_beta_to_bound(walk, at, now - spent), high) if at < 1 else _beta_to_bound(walk, at, now - spent)
        lower.append(bound)
        walk.go_on(at, bound, high)
        spent = now
    return tuple(lower)


def _expected(shares: Sequence[float], stops: Floats) -> float:
    return float(np.sum(stops * shares) + (1 - stops.sum()) * shares[-1])


class _Walk:
    """The density of z among trials that go on, carried from look to look."""

    def __init__(self, drift: float) -> None:
        self.drift = drift
        self.at = 0.0
        self.z = np.zeros(1)
        self.mass = np.ones(1)

    def _standard(self, at: float, z: float | Floats) -> Floats:
        """Return (nodes, n) how far z at the next look is from what each node expects, in standard deviations."""
        step = at - self.at
        ahead = np.atleast_1d(z) * math.sqrt(at) - self.drift * step
        found: Floats = (ahead[None, :] - (self.z * math.sqrt(self.at))[:, None]) / math.sqrt(step)
        return found

    def above(self, at: float, z: float) -> float:
        return 0.0 if math.isinf(z) and z > 0 else float(self.mass @ ndtr(-self._standard(at, z))[:, 0])

    def below(self, at: float, z: float) -> float:
        return 0.0 if math.isinf(z) and z < 0 else float(self.mass @ ndtr(self._standard(at, z))[:, 0])

    def go_on(self, at: float, low: float, high: float) -> None:
        """Keep the trials whose z at this look lies between two boundaries."""
        step = at - self.at
        mean = self.drift * math.sqrt(at)
        low, high = max(low, mean - FAR), min(high, mean + FAR)
        if high <= low:
            self.z, self.mass, self.at = np.array([low]), np.zeros(1), at
            return
        # The density is no narrower than one step, whatever came before.
        nodes = int(np.clip(12 * (high - low) * math.sqrt(at / step), FEWEST_NODES, MOST_NODES))
        points, weights = np.polynomial.legendre.leggauss(min(nodes, MOST_NODES))
        z = 0.5 * (low + high) + 0.5 * (high - low) * points
        standard = self._standard(at, z)
        density = np.exp(-0.5 * standard**2) * math.sqrt(at / step / (2 * math.pi))
        self.mass = (self.mass @ density) * weights * 0.5 * (high - low)
        self.z, self.at = z, at


def _level_to_bound(walk: _Walk, at: float, level: float) -> float:
    if level <= 1e-15 or walk.above(at, FAR) >= level:
        return math.inf
    return float(brentq(lambda z: walk.above(at, z) - level, -FAR, FAR, xtol=1e-12))


def _beta_to_bound(walk: _Walk, at: float, level: float) -> float:
    low, high = -FAR, walk.drift * math.sqrt(at) + FAR
    if level <= 1e-15 or walk.below(at, low) >= level:
        return -math.inf
    if walk.below(at, high) <= level:
        return high
    return float(brentq(lambda z: walk.below(at, z) - level, low, high, xtol=1e-12))


def _root(function: Callable[[float], float], near: float) -> float:
    return float(brentq(function, 0.5 * near, 4 * near, xtol=1e-10))


def _check(information: Sequence[float], alpha: float) -> None:
    checks = Checks()
    checks.alpha("alpha", alpha)
    for value in information:
        checks.above_zero("information", value)
    if not 1 <= len(information) <= MOST_LOOKS:
        checks.problems.append(
            Problem(file="information", what=f"{len(information)} looks", expected=f"1 to {MOST_LOOKS}")
        )
    checks.stop()
    if any(a >= b for a, b in pairwise(information)):
        what = f"'{', '.join(f'{at:g}' for at in information)}' do not ascend"
        hint = "Before any information is there, nothing can be looked at" if min(information) <= 0 else ""
        raise InputError(Problem(file="information", what=what, expected="ascending shares, the last 1", hint=hint))
