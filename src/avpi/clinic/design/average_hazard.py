"""Expected events and average hazard ratio where hazards change with time, with accrual and drop-out.

With patients entering at piecewise constant rates, and hazards and drop-out constant within periods after entry, the
expected events of each arm and period by a calendar time are integrals of exponentials. The average hazard ratio is the
geometric mean of the periods' ratios, weighted by expected events (Kalbfleisch JD, Prentice RL. Biometrika
1981;68:105-112, in the form of Mukhopadhyay P et al. J Biopharm Stat 2020;30:1001-1015): what Cox's model estimates in
large trials, to about 0.001. It is what the R package gsDesign2 calls ``ahr``. Weights by the information under no
effect are the same; those by the information under the effect are :attr:`Expected.information_hazard_ratio`.

In small trials the mean log of Cox's estimate lies further from 1: for the late effect that gsDesign2 takes as its
example the average is 0.811, 0.715 and 0.683 at 12, 24 and 36 months, and simulated trials cut at 21, 49 and 67 events
show 0.804, 0.714 and 0.682. Simulate those.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtr, ndtri

from avpi.clinic.checks import Checks, Floats
from avpi.clinic.design.events import schoenfeld_events
from avpi.errors import InputError, Problem

POINTS, WEIGHTS = np.polynomial.legendre.leggauss(24)
"""Of smooth exponentials over a period, 24 nodes leave nothing that can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """How patients come.

    Attributes
    ----------
    durations : (periods,) months. ``per_month`` : (periods,) patients a month.
    """

    durations: tuple[float, ...]
    per_month: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        checks = Checks()
        _same_length(checks, "per_month", self.per_month, self.durations)
        for value in self.durations:
            checks.above_zero("durations", value)
        for value in self.per_month:
            checks.not_below_zero("per_month", value)
        checks.stop()
        if not self.patients > 0:
            raise InputError(Problem(file="per_month", what="no patient ever comes", expected="a rate above 0"))

    @property
    def patients(self) -> float:
        """All patients."""
        return math.fsum(d * r for d, r in zip(self.durations, self.per_month, strict=True))

    @property
    def knots(self) -> Floats:
        """Months at which the rate changes, (periods + 1,) from 0."""
        return np.concatenate([[0.0], np.cumsum(self.durations)])

    def enrolled(self, month: float) -> float:
        """Return how many have come by a month."""
        begin = self.knots[:-1]
        return float(np.sum(np.clip(month - begin, 0, self.durations) * np.array(self.per_month)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazards:
    """Hazards of both arms after entry; the last period has no end.

    Attributes
    ----------
    begins : (periods,) months, the first 0. ``control`` : (periods,) per month. ``ratio`` : (periods,).
    drop_out : per month, of the control and the experimental arm.
    share : of all patients who have these hazards.
    """

    begins: tuple[float, ...]
    control: tuple[float, ...]
    ratio: tuple[float, ...]
    drop_out: tuple[float, float] = (0.0, 0.0)
    share: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        checks = Checks()
        _same_length(checks, "control", self.control, self.begins)
        _same_length(checks, "ratio", self.ratio, self.begins)
        if not self.begins or self.begins[0] != 0 or any(a >= b for a, b in pairwise(self.begins)):
            checks.problems.append(Problem(file="begins", what=f"'{self.begins}' are no periods",
                                           expected="months in ascending order, the first 0"))  # fmt: skip
        for name, values in (("control", self.control), ("ratio", self.ratio), ("drop_out", self.drop_out)):
            for value in values:
                checks.not_below_zero(name, value)
        checks.share("share", self.share)
        checks.stop()

    def of_arm(self, arm: int) -> Floats:
        """Return the hazards of arm 0 or 1, (periods,)."""
        control = np.array(self.control, float)
        return control * np.array(self.ratio) if arm else control


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is expected at a calendar month.

    Attributes
    ----------
    enrolled, events_control, events_experimental, events : numbers, not rounded.
    average_hazard_ratio : weighted by events; nan before the first event, 0 where an event needs a ratio of 0.
    information_hazard_ratio : the same, weighted by information 1 / (1/d0 + 1/d1) of each period.
    information : of the log hazard ratio.
    """

    month: float
    enrolled: float
    events_control: float
    events_experimental: float
    average_hazard_ratio: float
    information_hazard_ratio: float
    information: float

    @property
    def events(self) -> float:
        """Events of both arms."""
        return self.events_control + self.events_experimental

    def events_needed(self, *, alpha: float = 0.025, power: float = 0.9, experimental: float = 0.5) -> float:
        """Return the events at which the log-rank test has a power, by Schoenfeld's formula with the average ratio.

        As many times more patients as these are more events would bring them by the same month. nan without a ratio.
        """
        if not self.average_hazard_ratio > 0:
            return math.nan
        return schoenfeld_events(self.average_hazard_ratio, alpha=alpha, power=power, experimental=experimental)

    def power(self, alpha: float = 0.025) -> float:
        """Return the power of the log-rank test by the average hazard ratio; nan where that is 0."""
        if self.average_hazard_ratio == 0:
            return math.nan
        if not self.information > 0:
            return alpha
        drift = -math.log(self.average_hazard_ratio) * math.sqrt(self.information)
        return float(ndtr(drift - ndtri(1 - alpha)))


def expect(
    accrual: Accrual, groups: Sequence[Hazards] | Hazards, month: float, *, experimental: float = 0.5
) -> Expected:
    """Return expected events and the average hazard ratio at a calendar month.

    Parameters
    ----------
    groups : hazards of each group of patients, such as strata; their shares add up to 1.
    experimental : share of patients in the experimental arm.

    Raises
    ------
    InputError
        If shares do not add up to 1, or a number cannot be meant.
    """
    checks = Checks()
    checks.not_below_zero("month", month)
    checks.share("experimental", experimental, ends=False)
    checks.stop()
    own = (groups,) if isinstance(groups, Hazards) else tuple(groups)
    if abs(math.fsum(group.share for group in own) - 1) > 1e-9:
        what = f"the groups' shares add up to '{math.fsum(group.share for group in own):g}'"
        raise InputError(Problem(file="share", what=what, expected="1"))
    events, log_ratios = [], []
    for group in own:
        found = [_events(accrual, group, arm, month) * group.share for arm in (0, 1)]
        events.append(np.stack([found[0] * (1 - experimental), found[1] * experimental]))
        with np.errstate(divide="ignore"):
            log_ratios.append(np.log(np.array(group.ratio, float)))
    d, log_ratio = np.concatenate(events, axis=1), np.concatenate(log_ratios)
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.where(d.min(axis=0) > 0, 1 / (1 / d[0] + 1 / d[1]), 0.0)
    return Expected(
        month=float(month),
        enrolled=accrual.enrolled(month),
        events_control=float(d[0].sum()),
        events_experimental=float(d[1].sum()),
        average_hazard_ratio=_geometric_mean(log_ratio, d.sum(axis=0)),
        information_hazard_ratio=_geometric_mean(log_ratio, information),
        information=float(information.sum()),
    )


def month_of_events(
    accrual: Accrual, groups: Sequence[Hazards] | Hazards, events: float, *, experimental: float = 0.5
) -> float:
    """Return the calendar month at which so many events are expected; infinity where there will never be so many."""
    from scipy.optimize import brentq

    def missing(month: float) -> float:
        return expect(accrual, groups, month, experimental=experimental).events - events

    late = float(accrual.knots[-1])
    while missing(late) < 0:
        late *= 2
        if late > 1e6:
            return math.inf
    return float(brentq(missing, 0.0, late, xtol=1e-9))


def _geometric_mean(logs: Floats, weights: Floats) -> float:
    there = weights > 0
    return float(np.exp(np.sum(logs[there] * weights[there]) / weights.sum())) if there.any() else math.nan


def _events(accrual: Accrual, group: Hazards, arm: int, month: float) -> Floats:
    """Return the expected events in each period, had all patients these hazards and this arm, (periods,)."""
    hazards, drop_out = group.of_arm(arm), group.drop_out[arm]
    begins = np.array(group.begins, float)
    cuts = np.unique(np.clip(np.concatenate([accrual.knots, month - begins]), 0, min(month, accrual.knots[-1])))
    total = np.zeros(begins.size)
    for begin, end in pairwise(cuts):
        entry = 0.5 * (begin + end) + 0.5 * (end - begin) * POINTS
        rate = accrual.per_month[int(np.searchsorted(accrual.knots, 0.5 * (begin + end), side="right")) - 1]
        seen = np.stack([_seen(begins, hazards, drop_out, month - t) for t in entry])
        total += rate * 0.5 * (end - begin) * (WEIGHTS @ seen)
    return total


def _seen(begins: Floats, hazards: Floats, drop_out: float, followed: float) -> Floats:
    """Return the chance of an event in each period within ``followed`` months, (periods,)."""
    lengths = np.clip(followed - begins, 0, np.append(np.diff(begins), np.inf))
    leaving = hazards + drop_out
    before = np.exp(-np.concatenate([[0.0], np.cumsum(leaving[:-1] * np.diff(begins))]))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(leaving > 0, hazards / np.where(leaving > 0, leaving, 1.0), 0.0)
    found: Floats = before * share * -np.expm1(-leaving * lengths)
    return found


def _same_length(checks: Checks, name: str, values: Sequence[float], others: Sequence[float]) -> None:
    if len(values) != len(others) or not values:
        what = f"has {len(values)} values for {len(others)} periods"
        checks.problems.append(Problem(file=name, what=what, expected="one for each period"))
