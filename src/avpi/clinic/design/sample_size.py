"""Patients of a trial with exponential times (Lachin JM, Foulkes MA. Biometrics 1986;42:507-519).

Patients enter evenly during accrual and are followed to the end of the study or until they drop out. The chance of an
event in an arm with hazard l and drop-out e, for accrual R and study duration T, is

    P(l) = l / (l + e) ( 1 - ( exp(-(l + e)(T - R)) - exp(-(l + e) T) ) / ( (l + e) R ) ).

The test is on the log hazard ratio, whose variance is that of the events under each hypothesis:

    N = ( z_alpha sqrt( (1/q0 + 1/q1) / P(lbar) ) + z_power sqrt( 1/(q0 P(l0)) + 1/(q1 P(l1)) ) )^2 / log(l0/l1)^2.

``scale="difference"`` is the test on the difference of hazards of the original paper, with l^2 / P(l) as variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from scipy.special import ndtri

from avpi.clinic.checks import Checks, require_one_of
from avpi.errors import InputError, Problem

Scale = Literal["ratio", "difference"]
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize:
    """Patients and events that a design needs.

    Attributes
    ----------
    patients, events : whole numbers, rounded up. ``exact_patients``, ``exact_events`` : before rounding.
    event_chance_control, event_chance_experimental : chance that a patient's event is seen.
    """

    patients: int
    events: int
    exact_patients: float
    exact_events: float
    event_chance_control: float
    event_chance_experimental: float


def event_chance(hazard: float, drop_out: float, accrual: float, duration: float) -> float:
    """Return the chance that a patient's event is seen; see the module. An accrual of 0 is one at a single moment."""
    leaving = hazard + drop_out
    if leaving == 0 or duration == 0:
        return 0.0
    if accrual * leaving < 1e-8:
        return hazard / leaving * -math.expm1(-leaving * (duration - accrual))
    left = (math.exp(-leaving * (duration - accrual)) - math.exp(-leaving * duration)) / (leaving * accrual)
    return hazard / leaving * (1 - left)


def lachin_foulkes(
    control_hazard: float,
    experimental_hazard: float,
    *,
    accrual: float,
    duration: float,
    drop_out: float = 0.0,
    alpha: float = 0.025,
    power: float = 0.9,
    experimental: float = 0.5,
    scale: Scale = "ratio",
) -> SampleSize:
    """Return how many patients and events a trial needs.

    Parameters
    ----------
    control_hazard, experimental_hazard, drop_out : events per unit of time; the unit is that of the durations.
    accrual, duration : how long patients enter, and how long the study lasts in all.
    experimental : share of patients in the experimental arm.

    Raises
    ------
    InputError
        If an argument cannot be meant, or hazards are equal, or one of them is 0 where a ratio is tested.
    """
    checks = Checks()
    checks.alpha("alpha", alpha)
    checks.share("power", power, ends=False)
    checks.share("experimental", experimental, ends=False)
    for name, value in (("control_hazard", control_hazard), ("experimental_hazard", experimental_hazard)):
        checks.above_zero(name, value) if scale == "ratio" else checks.not_below_zero(name, value)
    checks.not_below_zero("drop_out", drop_out)
    checks.not_below_zero("accrual", accrual)
    checks.above_zero("duration", duration)
    checks.stop()
    require_one_of("scale", scale, ("ratio", "difference"))
    if accrual > duration:
        what = f"accrual of '{accrual:g}' ends after the study of '{duration:g}'"
        raise InputError(Problem(file="accrual", what=what, expected="at most the duration"))
    if control_hazard == experimental_hazard:
        what = f"both arms have a hazard of '{control_hazard:g}'"
        raise InputError(Problem(file="experimental_hazard", what=what, expected="a difference to be found"))
    q1, q0 = experimental, 1 - experimental
    mean = q0 * control_hazard + q1 * experimental_hazard
    p0, p1, p = (event_chance(h, drop_out, accrual, duration) for h in (control_hazard, experimental_hazard, mean))
    if scale == "ratio":
        v, v0, v1, distance = 1 / p, 1 / p0, 1 / p1, math.log(control_hazard / experimental_hazard)
    else:
        # A hazard of 0 has no variance of its own: l^2 / P(l) tends to 0 with l.
        v, v0, v1 = mean**2 / p, _spread(control_hazard, p0), _spread(experimental_hazard, p1)
        distance = control_hazard - experimental_hazard
    under_null = float(ndtri(1 - alpha)) * math.sqrt(v * (1 / q0 + 1 / q1))
    under_alternative = float(ndtri(power)) * math.sqrt(v0 / q0 + v1 / q1)
    patients = ((under_null + under_alternative) / distance) ** 2
    events = patients * (q0 * p0 + q1 * p1)
    return SampleSize(
        patients=math.ceil(patients - ROUNDING),
        events=math.ceil(events - ROUNDING),
        exact_patients=patients,
        exact_events=events,
        event_chance_control=p0,
        event_chance_experimental=p1,
    )


def _spread(hazard: float, chance: float) -> float:
    return hazard**2 / chance if chance > 0 else 0.0
