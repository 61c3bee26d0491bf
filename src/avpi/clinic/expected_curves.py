"""What a population is expected to show without chance: survival curves, events, the average hazard ratio.

Every class, stratum and strength has its own curve; a patient who stops treatment goes on with the control hazard. The
hazard ratio is what Cox's model tends to in ever larger trials (Struthers CA, Kalbfleisch JD. Biometrika
1986;73:363-369): an average that depends on follow-up where hazards are not proportional.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from avpi.clinic.checks import Floats
from avpi.clinic.conduct import Conduct
from avpi.clinic.kernels.patients import PatientArrays
from avpi.clinic.patients import Population

STEPS = 480
"""Steps of the time axis; a hazard ratio is then right to about 1e-4."""
STRENGTHS = 48
"""Patients of a class by whose strengths it is represented, evenly from its distribution."""
FARTHEST = 20.0
"""Log hazard ratio beyond which none is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExpectedTrial:
    """A trial without chance.

    Attributes
    ----------
    months : (steps,) after entry. ``control``, ``experimental`` : (steps,) share without an event of the endpoint.
    look_month : calendar month of the look. ``events`` : of both arms by then.
    hazard_ratio : that Cox's model tends to; nan without events.
    """

    months: Floats
    control: Floats
    experimental: Floats
    look_month: float
    events: float
    hazard_ratio: float


def expected_survival(population: Population, arm: int, months: Floats, *, positive: bool | None = None) -> Floats:
    """Return the share of an arm without an event of the endpoint, had nobody left follow-up, (months,).

    Parameters
    ----------
    months : ascending, from 0. ``positive`` : only patients with a positive assay, or only others; None for all.
    """
    p = population.arrays()
    shares = np.diff(np.concatenate([[0.0], p.share]))
    if positive is not None:
        shares = np.array(population.shares_called(positive=positive))
    strata = np.diff(np.concatenate([[0.0], p.stratum_share]))
    total = np.zeros(months.size)
    for kind, share in enumerate(shares):
        for stratum, part in enumerate(strata):
            if share * part > 0:
                total += share * part * _class_survival(p, kind, arm, float(p.stratum_ratio[stratum]), months)
    toxic = np.exp(-_cumulative(p.breaks, p.toxic[arm], months)) if p.toxic_counts else 1.0
    return np.asarray(total * toxic, float)


def _class_survival(p: PatientArrays, kind: int, arm: int, factor: float, months: Floats) -> Floats:
    base = _cumulative(p.breaks, p.hazard[kind] * factor, months)
    cured = float(p.cured[kind, arm])
    if arm == 0:
        return np.asarray(cured + (1 - cured) * np.exp(-base), float)
    quantiles = np.linspace(0, 1, p.strength.shape[1])
    drawn = np.interp((np.arange(STRENGTHS) + 0.5) / STRENGTHS, quantiles, p.strength[kind])
    own = np.unique(drawn, return_counts=True)
    found = np.zeros(months.size)
    for strength, count in zip(*own, strict=True):
        hazard = p.hazard[kind] * factor * np.exp(strength * p.log_ratio[kind])
        treated = _cumulative(p.breaks, hazard, months)
        survival = np.exp(-treated)
        if p.stop > 0:
            # Those who stop at u have lived through exp(-treated(u)) and go on with the control hazard.
            rate = p.stop * np.exp(-p.stop * months - treated + base)
            stopped = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(months))])
            survival = np.exp(-p.stop * months - treated) + np.exp(-base) * stopped
        found += count * survival
    return np.asarray(cured + (1 - cured) * found / own[1].sum(), float)


def _cumulative(breaks: Floats, hazard: Floats, months: Floats) -> Floats:
    """Return the cumulative hazard, (months,)."""
    ends = np.append(breaks[1:], np.inf)
    spent = np.clip(months[:, None] - breaks, 0, (ends - breaks)[None, :])
    return np.asarray(spent @ hazard, float)


def expect_trial(population: Population, conduct: Conduct, *, look: int = -1) -> ExpectedTrial:
    """Return what a trial shows without chance at a look, the last by default.

    A look at a number of events is where so many are expected; one that is never reached, where all that will come
    have.
    """
    arrays, looks = conduct.arrays(population), conduct.looks_arrays()
    positive = True if conduct.enrolment == "positive" else None
    share = conduct.block[1] / sum(conduct.block)
    entry, entered = arrays.entry_month, arrays.entry_share

    def at(month: float) -> ExpectedTrial:
        months = np.linspace(0, month, STEPS + 1)
        curves = [expected_survival(population, arm, months, positive=positive) for arm in (0, 1)]
        # Followed for t by calendar month m: who entered before m - t.
        followed = np.interp(month - months, entry, entered, left=0.0, right=1.0)
        left = [np.exp(-rate * months) for rate in population.drop_out]
        if not population.toxic_counts:
            p = population.arrays()
            left = [one * np.exp(-_cumulative(p.breaks, p.toxic[a], months)) for a, one in enumerate(left)]
        middle = [0.5 * (weight[1:] + weight[:-1]) for weight in (followed * left[0], followed * left[1])]
        fallen = [-np.diff(curve) for curve in curves]
        events = [conduct.patients * q * f * m for q, f, m in zip((1 - share, share), fallen, middle, strict=True)]
        at_risk = [
            q * 0.5 * (curve[1:] + curve[:-1]) * m
            for q, curve, m in zip((1 - share, share), curves, middle, strict=True)
        ]
        return ExpectedTrial(
            months=months,
            control=curves[0],
            experimental=curves[1],
            look_month=month,
            events=float(events[0].sum() + events[1].sum()),
            hazard_ratio=_cox_limit(events[0], events[1], at_risk[0], at_risk[1]),
        )

    return at(_look_month(at, float(looks.events[look]), float(looks.months[look]), float(entry[-1]), conduct.at_first))


def _cox_limit(events_0: Floats, events_1: Floats, at_risk_0: Floats, at_risk_1: Floats) -> float:
    """Return the ratio at which the expected score of Cox's partial likelihood is 0 (Struthers, Kalbfleisch 1986)."""
    seen_0, seen_1 = float(events_0.sum()), float(events_1.sum())
    if seen_0 + seen_1 <= 0:
        return math.nan
    if seen_0 <= 0 or seen_1 <= 0:
        return 0.0 if seen_1 <= 0 else math.inf
    both = events_0 + events_1

    def score(log_ratio: float) -> float:
        treated = at_risk_1 * math.exp(log_ratio)
        return seen_1 - float(np.sum(both * treated / np.maximum(treated + at_risk_0, 1e-300)))

    return math.exp(float(brentq(score, -FARTHEST, FARTHEST, xtol=1e-10)))


def _look_month(at: object, events: float, months: float, end: float, at_first: bool) -> float:  # noqa: FBT001
    assert callable(at)
    if events <= 0:
        return months
    late = max(end, 1.0)
    while at(late).events < events and late < 100 * max(end, 12.0):
        late *= 1.5
    reached = late
    if at(late).events >= events:
        reached = float(brentq(lambda m: at(m).events - events, 1e-3, late, xtol=1e-4))
    if math.isinf(months):
        return reached
    return min(reached, months) if at_first else max(reached, months)
