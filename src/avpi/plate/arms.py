"""All wells of one condition on one plate, as one number of one experiment.

With background ``b``, vehicle ``v`` and the mean ``m`` of an arm's wells, ``V = (m - b) / (v - b)``; by the delta
method on the log scale, the errors of vehicle and background included::

    var log V = var_m / (m - b)^2 + var_v / (v - b)^2 + var_b (1 / (m - b) - 1 / (v - b))^2

The spread of a well comes from the whole plate (``spread.py``). Wells are not experiments: n is 1 and the interval
is of this plate only. An arm less than two standard errors above the background is ``below`` its upper limit; where
even that limit is above half of vehicle the arm is lost.

Outlying wells stay in the mean of their arm, which then keeps its own spread. They stay out of the spread that other
arms share and out of the error of the vehicle's median, which they do not move.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from avpi.estimate import Caveat, Estimate, Finding
from avpi.names import Condition, reagents
from avpi.plate.normalise import Scale, median_se, readings_of
from avpi.plate.results import Arm, Well
from avpi.plate.spread import Spread, fit_spread
from avpi.study.conditions import ConditionWords

Floats = NDArray[np.float64]

LEVEL = 0.95
LARGEST_RELATIVE_SE = 0.5
"""Of a viability: with a larger one it lies less than two standard errors above the background, and has no logarithm
that is worth one."""
LARGEST_BOUND = 0.5
"""Of vehicle: "below" a larger bound does not even tell dead wells from living ones (assumed)."""
ABOVE_VEHICLE = 1.5
"""Lower end of a viability above which the vehicle, and not the arm, is the likelier fault (assumed)."""
WITHIN_PLATE = Caveat(
    code="within_plate_only",
    text="The interval is of the wells of one plate; it says nothing of other days. Wells are not n.",
)

BELOW = "below_background"
TOO_WIDE = Caveat(
    code="interval_too_wide",
    text="The interval of these wells reaches from none to more than half of vehicle: they carry no number.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Standard errors of a plate's two levels, and the spread of its wells, all in the reader's unit."""

    spread: Spread
    vehicle: float
    background: float


def plate_errors(wells: Sequence[Well], scale: Scale, outliers: Set[str] = frozenset()) -> Errors:
    """Return the errors of a plate, judged without its outlying wells; those of vehicle are nan with one well."""
    calm = [well for well in wells if well.name not in outliers]
    groups = [_raw(group) for group in _by_condition(calm).values()]
    background = scale.background_values
    vehicle = readings_of(calm, "vehicle")
    if len(vehicle) < 2:
        vehicle = scale.vehicle_values
    spread = fit_spread([background, vehicle, *groups], scale.background)
    vehicle_sd, _ = spread.sd_of_group(vehicle, scale.span)
    background_sd, _ = spread.sd_of_group(background, 0.0)
    return Errors(
        spread=spread,
        vehicle=median_se(vehicle_sd, len(vehicle)) if len(vehicle) > 1 else math.nan,
        background=median_se(background_sd, len(background)) if len(background) else 0.0,
    )


def plate_arms(
    wells: Sequence[Well], scale: Scale, errors: Errors, words: ConditionWords, subject: str
) -> tuple[tuple[Arm, ...], list[Finding]]:
    """Return the arms, vehicle first, and what must be said of them."""
    arms, findings = [_vehicle_arm(scale)], []
    every = {well.condition for well in wells if well.role == "sample" and well.condition is not None}
    usable = _by_condition(wells)
    for condition in sorted(every, key=_order):
        described = words.describe(condition)
        if condition not in usable:
            text = f"No well of '{described}' gave a number: the condition is missing from this plate, not zero."
            findings.append(Finding(code="condition_lost", severity="warning", text=text, subject=subject))
            continue
        arms.append(
            _arm(
                _raw(usable[condition]),
                scale,
                errors,
                condition=condition,
                described=described,
                at_working_doses=words.at_working_doses(condition),
            )
        )
    return tuple(arms), findings + _arm_findings(arms, subject)


def _arm_findings(arms: Sequence[Arm], subject: str) -> list[Finding]:
    """Return what must be said of arms: lost ones each, those at the background or above vehicle together."""
    findings = []
    for arm in arms:
        if _has(arm, TOO_WIDE.code):
            text = (
                f"The interval of '{arm.described}' (wells: {arm.wells}) reaches from none to more than half of "
                "vehicle, so that it does not tell dead from living: the condition is missing from this plate."
            )
            findings.append(Finding(code="condition_lost", severity="warning", text=text, subject=subject))
    if dead := [f"'{arm.described}' ({arm.viability})" for arm in arms if _has(arm, BELOW)]:
        text = f"Not to be told from the background, so that the viability is only a bound: {_listed(dead)}."
        findings.append(Finding(code="arm_below_background", severity="note", text=text, subject=subject))
    if above := [f"'{arm.described}' ({arm.viability.value:.3g})" for arm in arms if _lowest(arm) > ABOVE_VEHICLE]:
        text = (
            f"Viability far above DMSO: {_listed(above)}. Either these cells outgrew vehicle, or the DMSO wells are "
            "not what they should be: compare with untreated cells."
        )
        findings.append(Finding(code="above_vehicle_viability", severity="warning", text=text, subject=subject))
    return findings


def _has(arm: Arm, code: str) -> bool:
    return any(caveat.code == code for caveat in arm.viability.caveats)


def _lowest(arm: Arm) -> float:
    """Return the lower end of an arm's viability; the value itself where there is no interval."""
    return arm.viability.low if math.isfinite(arm.viability.low) else arm.viability.value


def _listed(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _by_condition(wells: Sequence[Well]) -> Mapping[Condition, list[Well]]:
    groups: dict[Condition, list[Well]] = {}
    for well in wells:
        if well.role == "sample" and well.state == "used" and well.condition is not None:
            groups.setdefault(well.condition, []).append(well)
    return groups


def _raw(wells: Sequence[Well]) -> Floats:
    return np.array([well.reading for well in wells], dtype=np.float64)


def _order(condition: Condition) -> tuple[int, tuple[tuple[int, str, float], ...]]:
    """Few reagents first, then as the vocabulary has them, then by rising dose."""
    known = list(reagents())
    place = [
        (known.index(a.reagent) if a.reagent in known else len(known), a.reagent, a.dose or 0.0)
        for a in condition.additions
    ]
    return len(place), tuple(place)


def _vehicle_arm(scale: Scale) -> Arm:
    n = len(scale.vehicle_values)
    return Arm(
        condition=Condition.DMSO,
        described="DMSO",
        at_working_doses=True,
        wells=n,
        viability=Estimate(
            value=1.0,
            low=1.0,
            high=1.0,
            level=LEVEL,
            method=f"1 by definition: the median of {n} DMSO wells; their error stands in every other arm",
            caveats=(WITHIN_PLATE,),
        ),
        log_viability=0.0,
        log_se=0.0,
    )


def _arm(
    raw: Floats, scale: Scale, errors: Errors, *, condition: Condition, described: str, at_working_doses: bool
) -> Arm:
    signal, span = float(np.mean(raw)) - scale.background, scale.span
    sd, df = errors.spread.sd_of_group(raw, max(signal, 0.0))
    se_mean = sd / math.sqrt(len(raw))
    value, share = signal / span, signal / span
    # The same three terms as above, times V^2: finite at and below zero too.
    se = math.hypot(se_mean, share * errors.vehicle, (1 - share) * errors.background) / span
    t = float(stdtrit(df, 0.5 + LEVEL / 2)) if df > 0 else math.nan
    method = _method(raw, scale, errors, own_df=df if df != errors.spread.df else None)
    if value <= 0 or se > LARGEST_RELATIVE_SE * value:
        estimate, log_viability, log_se = _below(value, t * se, se, method)
    else:
        log_viability, log_se = math.log(value), se / value
        estimate = Estimate(
            value=value,
            low=math.exp(log_viability - t * log_se),
            high=math.exp(log_viability + t * log_se),
            level=LEVEL,
            method=method,
            caveats=(WITHIN_PLATE,),
        )
    return Arm(
        condition=condition,
        described=described,
        at_working_doses=at_working_doses,
        wells=len(raw),
        viability=estimate,
        log_viability=log_viability,
        log_se=log_se,
    )


def _below(value: float, half: float, se: float, method: str) -> tuple[Estimate, float, float]:
    """Return an arm at the background as censored at its upper 95 % limit."""
    text = "The wells cannot be told from the background; the viability is below this bound, which stands for it."
    caveats = (WITHIN_PLATE, Caveat(code=BELOW, text=text))
    bound = max(value, 0.0) + half
    if not bound > 0:
        why = f"{method}; at or below background and without an error, so that no bound can be given"
        return Estimate(value=math.nan, n=1, method=why, caveats=caveats, state="not_estimable"), math.nan, math.nan
    if bound > LARGEST_BOUND:
        why = f"{method}; no number, because the interval reaches from none to {bound:.2g} of vehicle"
        caveats = (WITHIN_PLATE, TOO_WIDE)
        return Estimate(value=math.nan, n=1, method=why, caveats=caveats, state="not_estimable"), math.nan, math.nan
    estimate = Estimate(value=bound, low=0.0, high=bound, level=LEVEL, method=method, caveats=caveats, state="below")
    return estimate, math.log(bound), se / bound


def _method(raw: Floats, scale: Scale, errors: Errors, *, own_df: int | None) -> str:
    wells = "1 well" if len(raw) == 1 else f"{len(raw)} wells"
    kind = {"blank": "no-cell wells", "kill": "killed wells", "none": "zero"}[scale.background_kind]
    mean = f"mean of {wells} over the median of {len(scale.vehicle_values)} DMSO wells, background from {kind}"
    if len(scale.vehicle_values) < 2:
        return f"{mean}; no interval, because one DMSO well has no measurable error"
    if errors.spread.df == 0:
        return f"{mean}; no interval, because no condition has two wells"
    if own_df is not None:
        return f"{mean}; log-scale t interval with the wells' own SD, larger than the plate's ({own_df} df)"
    spread = f"pooled over the plate (CV {errors.spread.cv:.1%}, {errors.spread.df} df)"
    return f"{mean}; log-scale t interval with the spread {spread}"
