"""The verdict on one question: whether more than 90 % of the protein are gone within 30 minutes.

Lanes become one ratio to vehicle for each independent experiment, and the experiments a posterior of the mean ratio
(``avpi.blot.loss_posterior``). It passes above a probability of 0.95, fails below 0.05, and is inconclusive between.
One experiment cannot pass or fail, nor can lanes with a flaw such as saturation, an ambiguous identity or a splice.

How this relates to the node ``engaged`` of the decision tree: both use log ratios to vehicle with the experiment as
block and densitometry as known error. The tree draws all effects of a study jointly and pools their scatter over
harvests with Jeffreys' prior; here one harvest is asked, its scatter is its own (a band that falls fast differs more
between days than one that rests at its floor) and has a prior, since three blots alone tell it badly. So the
probability here is the one to quote for engagement; the tree's is one of several that must agree.

Which harvest is asked is known before any band is read: the last one in time. To let the lowest of several decide
would be to pick a winner by its noise: of three blots with exactly 90 % lost at each of three harvests 11 %, at five
20 %, then passed. What is gone stays gone for the half hour of the question, so the last harvest loses nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scipy import special

from avpi.blot.loss_posterior import ExperimentRatio, chance_with_bounds, mean_ratio
from avpi.blot.membrane_lanes import MembraneLane
from avpi.blot.membrane_ratios import averaged, membrane_ratio
from avpi.dose.degradation_loss import DegradationLoss, measure_loss
from avpi.estimate import Caveat, Estimate, not_estimable
from avpi.quantity import format_minutes

Call = Literal["pass", "fail", "inconclusive"]

WANTED_LOSS, BY_MINUTES = 0.9, 30.0
PASS_ABOVE, FAIL_BELOW = 0.95, 0.05
LEAST_EXPERIMENTS = 2
Z_TWO_SIDED = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingLane:
    """A treated lane of the deciding harvest.

    Attributes
    ----------
    remaining : ratio to the vehicle of its membrane, with the interval of densitometry.
    chance_within_blot : probability of the wanted loss in this lane by densitometry alone; it says nothing of other
        days. nan where no error is known.
    """

    lane: MembraneLane
    remaining: Estimate
    chance_within_blot: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestChance:
    """One harvest up to the time of the question, judged by itself: its probabilities and how many experiments."""

    minutes: float
    chance_low: float
    chance_high: float
    experiments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LossVerdict:
    """Pass, fail or inconclusive, and all that it rests on.

    Attributes
    ----------
    call, why : the verdict and its reason in one sentence.
    chance : probability of the wanted loss; where bands were below detection the lower of ``chance_low`` and
        ``chance_high``, which are the two readings of a bound. nan where nothing could be judged.
    loss : mean loss over experiments at the deciding harvest; n counts experiments.
    minutes : the deciding harvest. nan without one.
    harvests : all up to ``by_minutes``, earliest first, the deciding one among them.
    experiments : one ratio of each.
    lanes : the treated lanes behind them.
    ratio_of_means : mean of treated over mean of vehicle with Fieller's interval, as papers compute it.
    between_sd : of the log ratio between experiments.
    capped_by : codes of what keeps a pass or a fail from being called.
    """

    call: Call
    why: str
    chance: float
    chance_low: float
    chance_high: float
    loss: Estimate
    minutes: float
    harvests: tuple[HarvestChance, ...]
    wanted_loss: float
    by_minutes: float
    experiments: tuple[ExperimentRatio, ...]
    lanes: tuple[DecidingLane, ...]
    ratio_of_means: DegradationLoss
    between_sd: float
    capped_by: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


def judge_loss(
    lanes: Sequence[MembraneLane],
    *,
    by_minutes: float = BY_MINUTES,
    wanted_loss: float = WANTED_LOSS,
    pass_above: float = PASS_ABOVE,
    fail_below: float = FAIL_BELOW,
    level: float = 0.95,
) -> LossVerdict:
    """Judge whether more than ``wanted_loss`` of a protein is gone by ``by_minutes``.

    Parameters
    ----------
    lanes : vehicle and treated lanes of one target at one dose, of any number of membranes and experiments.
    pass_above, fail_below : probabilities of the verdict.
    level : coverage of the intervals.

    Notes
    -----
    The last harvest up to ``by_minutes`` that two experiments have decides; it is chosen by its time, never by its
    values. Earlier ones are told beside it and can only keep a fail from being called: the loss may have been there
    and gone. Assumes log-normal ratios. Membranes of one experiment are averaged: they are no replicates. Simulated
    with three experiments and 20 % variation of every band, 4 % pass at a true loss of 90 %, fewer than one in a
    thousand at 86 %, and more than 90 % at 95 %, whether there is one harvest or five.
    """
    judged = [_judged(minutes, lanes, wanted_loss) for minutes in _harvests(lanes, by_minutes)]
    known = [one for one in judged if one.ratios]
    left_out = tuple(dict.fromkeys(pair for one in judged for pair in one.left_out))
    if not known:
        return _without(lanes, wanted_loss, by_minutes, left_out)
    last = _deciding(known)
    found = _deciding_lanes(last.minutes, lanes, wanted_loss, level)
    capped = _caps(last, lanes)
    low, high = last.chance
    maybe = [one for one in known if one.chance[1] >= fail_below and one is not last]
    open_call: Call = "pass" if low > pass_above else "fail" if high < fail_below and not maybe else "inconclusive"
    return LossVerdict(
        call="inconclusive" if capped else open_call,
        why=_why(open_call, capped, last, maybe, wanted_loss, pass_above, fail_below),
        chance=low,
        chance_low=low,
        chance_high=high,
        loss=_loss(last, level),
        minutes=last.minutes,
        harvests=tuple(
            HarvestChance(
                minutes=one.minutes, chance_low=one.chance[0], chance_high=one.chance[1], experiments=len(one.ratios)
            )
            for one in known
        ),
        wanted_loss=wanted_loss,
        by_minutes=by_minutes,
        experiments=last.ratios,
        lanes=found,
        ratio_of_means=_ratio_of_means(last.minutes, lanes, level),
        between_sd=mean_ratio(last.ratios).between_sd,
        capped_by=capped,
        left_out=left_out,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Harvest:
    minutes: float
    ratios: tuple[ExperimentRatio, ...]
    chance: tuple[float, float]
    loaded: int
    left_out: tuple[tuple[str, str], ...]


def _deciding(known: Sequence[_Harvest]) -> _Harvest:
    """Return the last harvest that two experiments have loaded, or the last at all: by the design, not by its values.

    Parameters
    ----------
    known : those with a ratio, earliest first.
    """
    shared = [one for one in known if one.loaded >= LEAST_EXPERIMENTS]
    return (shared or known)[-1]


def _harvests(lanes: Sequence[MembraneLane], by_minutes: float) -> list[float]:
    given = {lane.minutes_after_dose for lane in lanes if not lane.is_vehicle and lane.minutes_after_dose is not None}
    return sorted(minutes for minutes in given if 0 < minutes <= by_minutes)


def _judged(minutes: float, lanes: Sequence[MembraneLane], wanted_loss: float) -> _Harvest:
    ratios, left_out, loaded = [], [], 0
    for experiment in dict.fromkeys(lane.experiment for lane in lanes):
        own = [lane for lane in lanes if lane.experiment == experiment]
        parts = []
        loaded += any(not lane.is_vehicle and lane.minutes_after_dose == minutes for lane in own)
        for membrane in dict.fromkeys(lane.membrane for lane in own):
            here = [lane for lane in own if lane.membrane == membrane]
            treated = [lane for lane in here if not lane.is_vehicle and lane.minutes_after_dose == minutes]
            if not treated:
                continue
            part = membrane_ratio(treated, [lane for lane in here if lane.is_vehicle])
            if isinstance(part, str):
                left_out.append((membrane, part))
            else:
                parts.append(part)
        if parts:
            ratios.append(averaged(parts))
    chance = chance_with_bounds(ratios, math.log(1 - wanted_loss)) if ratios else (math.nan, math.nan)
    return _Harvest(minutes=minutes, ratios=tuple(ratios), chance=chance, loaded=loaded, left_out=tuple(left_out))


def _deciding_lanes(
    minutes: float, lanes: Sequence[MembraneLane], wanted_loss: float, level: float
) -> tuple[DecidingLane, ...]:
    found = []
    z = float(special.ndtri(0.5 + level / 2))
    for lane in lanes:
        if lane.is_vehicle or lane.minutes_after_dose != minutes:
            continue
        vehicles = [other for other in lanes if other.is_vehicle and other.membrane == lane.membrane]
        ratio = membrane_ratio([lane], vehicles)
        if isinstance(ratio, str):
            found.append(DecidingLane(lane=lane, remaining=not_estimable(ratio), chance_within_blot=math.nan))
            continue
        value, error = math.exp(ratio.log_ratio), math.sqrt(ratio.variance)
        ends = {
            "measured": (value * math.exp(-z * error), value * math.exp(z * error)),
            "below": (0.0, value),
            "above": (value, math.inf),
        }
        low, high = ends[ratio.state] if error > 0 or ratio.state != "measured" else (math.nan, math.nan)
        method = "treated over the vehicle lanes of its membrane; interval of densitometry"
        remaining = Estimate(value=value, low=low, high=high, level=level, method=method, state=ratio.state)
        found.append(DecidingLane(lane=lane, remaining=remaining, chance_within_blot=_within(ratio, wanted_loss)))
    return tuple(found)


def _within(ratio: ExperimentRatio, wanted_loss: float) -> float:
    bound = math.log(1 - wanted_loss)
    if ratio.state == "below" and ratio.log_ratio <= bound:
        return 1.0
    if ratio.state == "above" and ratio.log_ratio >= bound:
        return 0.0
    if ratio.state != "measured" or not ratio.variance > 0:
        return math.nan
    return float(special.ndtr((bound - ratio.log_ratio) / math.sqrt(ratio.variance)))


def _caps(last: _Harvest, lanes: Sequence[MembraneLane]) -> tuple[str, ...]:
    """Return what forbids a call: one experiment, and the flaws of the deciding lanes and their vehicles."""
    membranes = {name for ratio in last.ratios for name in ratio.membranes}
    deciding = [
        lane
        for lane in lanes
        if lane.membrane in membranes and (lane.is_vehicle or lane.minutes_after_dose == last.minutes)
    ]
    capped = ["one_experiment"] if len(last.ratios) < LEAST_EXPERIMENTS else []
    return tuple(dict.fromkeys([*capped, *(code for lane in deciding for code in lane.flaws)]))


def _why(
    call: Call,
    capped: tuple[str, ...],
    last: _Harvest,
    maybe: Sequence[_Harvest],
    wanted_loss: float,
    pass_above: float,
    fail_below: float,
) -> str:
    low, high = last.chance
    n = len(last.ratios)
    said = (
        f"P(more than {wanted_loss:.0%} lost by {format_minutes(last.minutes)}) = {span(low, high)} over {n} "
        f"experiment{'s' if n > 1 else ''}"
    )
    if capped:
        reasons = ["one experiment says nothing of the next"] if "one_experiment" in capped else []
        flaws = [code for code in capped if code != "one_experiment"]
        reasons += [f"the deciding lanes have flaws ({', '.join(flaws)})"] if flaws else []
        return f"{said}; no call, because {' and '.join(reasons)}"
    if call == "inconclusive" and high < fail_below:
        earlier = " and ".join(f"{format_minutes(one.minutes)} ({span(*one.chance)})" for one in maybe)
        return f"{said}, below {fail_below:g}; but it may have been lost at {earlier}, and come back"
    limits = {
        "pass": f"above {pass_above:g}",
        "fail": f"below {fail_below:g}",
        "inconclusive": f"between {fail_below:g} and {pass_above:g}",
    }
    return f"{said}, {limits[call]}"


def span(low: float, high: float) -> str:
    """Return a probability, or the two ends of one."""
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _loss(last: _Harvest, level: float) -> Estimate:
    middle, low, high = (1 - math.exp(end) for end in mean_ratio(last.ratios).ends(level))
    low, high = high, low
    n = len(last.ratios)
    bounds = [one.state for one in last.ratios if one.state != "measured"]
    method = f"1 - geometric mean of treated over vehicle at {last.minutes:g} min; prior of the scatter between blots"
    caveats = (
        (Caveat(code="single_experiment", text="One experiment: the scatter between blots is that of the prior."),)
        if n < LEAST_EXPERIMENTS
        else ()
    )
    if "below" in bounds and "above" not in bounds:
        method += f"; {len(bounds)} of {n} below detection, taken at the limit: a lower bound"
        return Estimate(
            value=middle, low=low, high=1.0, level=level, n=n, method=method, state="above", caveats=caveats
        )
    if "above" in bounds and "below" not in bounds:
        method += f"; {len(bounds)} of {n} saturated, taken as seen: an upper bound"
        return Estimate(
            value=middle, low=-math.inf, high=high, level=level, n=n, method=method, state="below", caveats=caveats
        )
    if bounds:
        return not_estimable("some bands are below detection and others saturated", n=n)
    return Estimate(value=middle, low=low, high=high, level=level, n=n, method=method, caveats=caveats)


def _ratio_of_means(minutes: float, lanes: Sequence[MembraneLane], level: float) -> DegradationLoss:
    """Return mean over mean by experiment, where every lane was measured."""
    treated = [lane for lane in lanes if not lane.is_vehicle and lane.minutes_after_dose == minutes and lane.usable]
    membranes = {lane.membrane for lane in treated}
    vehicles = [lane for lane in lanes if lane.is_vehicle and lane.membrane in membranes and lane.usable]
    if not treated or not vehicles or any(lane.state != "measured" for lane in (*treated, *vehicles)):
        none = not_estimable("mean of treated over mean of vehicle: a lane is censored or missing")
        return DegradationLoss(remaining=none, chance_of_90_percent_loss=math.nan)
    labels = ([lane.experiment for lane in treated], [lane.experiment for lane in vehicles])
    return measure_loss(
        [lane.value for lane in treated], [lane.value for lane in vehicles], experiments=labels, level=level
    )


def _without(
    lanes: Sequence[MembraneLane], wanted_loss: float, by_minutes: float, left_out: tuple[tuple[str, str], ...]
) -> LossVerdict:
    later = [lane.minutes_after_dose for lane in lanes if not lane.is_vehicle and lane.minutes_after_dose]
    if left_out:
        why = "; ".join(f"{name}: {reason}" for name, reason in left_out)
    elif later:
        why = f"no harvest between 0 and {format_minutes(by_minutes)}: the earliest is at {format_minutes(min(later))}"
    else:
        why = "no treated lane has a time"
    none = not_estimable(why)
    return LossVerdict(
        call="inconclusive", why=why, chance=math.nan, chance_low=math.nan, chance_high=math.nan, loss=none,
        minutes=math.nan, harvests=(), wanted_loss=wanted_loss, by_minutes=by_minutes, experiments=(), lanes=(),
        ratio_of_means=DegradationLoss(remaining=none, chance_of_90_percent_loss=math.nan), between_sd=math.nan,
        capped_by=("no_harvest",) if not left_out else ("no_ratio",), left_out=left_out,
    )  # fmt: skip
