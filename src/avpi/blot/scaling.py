"""Several membranes on one scale, in one step, with errors that know how few they are.

Membranes differ by exposure and antibody, so each has a factor of its own. On the natural logarithm, for lane k of
condition i on membrane j in experiment e::

    y_k = a_i - f_j + day_ei + noise_k,    day ~ N(0, between²),    noise ~ N(0, relative² + absolute² / x_i² + w_k)

``w_k`` is what densitometry says of the lane, ``x_i`` the condition as a fraction of the reference. Values and factors
are estimated together (Kemmer et al. 2022 PLoS ONE 17:e0264295, doi:10.1371/journal.pone.0264295, "one-step"), the
standard deviations by restricted likelihood with the prior of ``avpi.blot.variance_prior``: all are integrated over by
quadrature, so that the posterior of any contrast is a mixture of normals, close to Student's t with the lanes' own
degrees of freedom. Lanes below detection enter as somewhere below their limit, saturated ones as somewhere above what
was seen; missing ones not at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avpi.blot.membrane_lanes import MembraneLane
from avpi.blot.scaling_posterior import ScalingPosterior, fit_posterior
from avpi.errors import InputError, Problem
from avpi.estimate import Caveat, Estimate, not_estimable

Floats = NDArray[np.float64]

FEW_DEGREES = 3
"""Residual degrees of freedom below which the prior of the scatter is said to weigh in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledCondition:
    """One condition over all membranes.

    Attributes
    ----------
    remaining : as a fraction of the reference; ``below`` where every lane is below detection; n counts experiments.
    lanes, membranes : how many measured or censored it.
    """

    condition: str
    minutes_after_dose: float | None
    dose_molar: float | None
    remaining: Estimate
    lanes: int
    membranes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MembraneFactor:
    """What a membrane's raw values are multiplied with to become fractions of the reference."""

    membrane: str
    experiment: str
    factor: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledLane:
    """One lane on the common scale: fraction of the reference, with the interval of its densitometry."""

    lane: MembraneLane
    remaining: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledMembranes:
    """All membranes on one scale.

    Attributes
    ----------
    reference : the condition that is 1.
    relative_sd : of a lane, as a fraction of its value, beyond densitometry.
    between_sd : between experiments, of a condition; not estimable where no experiment repeats a condition.
    absolute_sd : as a fraction of the reference; not estimable where lanes bring errors of their own.
    degrees_of_freedom : measured lanes less conditions and factors.
    left_out : membranes that share no condition with the others, and why.
    """

    reference: str
    conditions: tuple[ScaledCondition, ...]
    membranes: tuple[MembraneFactor, ...]
    lanes: tuple[ScaledLane, ...]
    relative_sd: Estimate
    between_sd: Estimate
    absolute_sd: Estimate
    degrees_of_freedom: int
    experiments: int
    method: str
    caveats: tuple[Caveat, ...]
    left_out: tuple[tuple[str, str], ...] = ()


def scale_membranes(
    lanes: Sequence[MembraneLane], *, reference: str = "", level: float = 0.95, fit_absolute: bool | None = None
) -> ScaledMembranes:
    """Bring the lanes of one target on several membranes to one scale.

    Parameters
    ----------
    lanes : of one target; each membrane in a unit of its own.
    reference : condition that is 1; the vehicle, where not given.
    level : coverage of the intervals.
    fit_absolute : also estimate an error that does not shrink with the band; by default where no lane brings an error
        of its own.

    Raises
    ------
    InputError
        If no lane of the reference was measured.

    Notes
    -----
    Assumes log-normal scatter, alike for all conditions, and lanes that are independent given experiment and condition.
    With one experiment the intervals hold only what varies within it, and say so.
    """
    used = [lane for lane in lanes if lane.usable]
    named = reference or next((lane.condition for lane in used if lane.is_vehicle), "")
    measured = [lane for lane in used if lane.condition == named and lane.state == "measured"]
    if not measured:
        what = f"no lane of '{named}' was measured" if named else "no lane is a vehicle"
        raise InputError(Problem(file="lanes", what=what, expected="measured lanes of the reference condition"))
    linked, left_out = _linked(used, named)
    seen = {lane.condition for lane in linked if lane.state == "measured"}
    fitted = [lane for lane in linked if lane.condition in seen]
    absolute = not any(lane.log_se > 0 for lane in fitted) if fit_absolute is None else fit_absolute
    posterior = fit_posterior(fitted, named, fit_absolute=absolute)
    caveats = _caveats(posterior)
    factors = {name: posterior.factor(name) for name in posterior.membranes}
    return ScaledMembranes(
        reference=named,
        conditions=tuple(
            _condition(name, linked, posterior, factors, level=level, fitted=name in seen)
            for name in dict.fromkeys(lane.condition for lane in linked)
        ),
        membranes=tuple(_factor(name, linked, posterior, level) for name in posterior.membranes),
        lanes=tuple(_scaled(lane, factors) for lane in linked),
        relative_sd=_sd(posterior, "relative", "scatter of a lane beyond densitometry", level),
        between_sd=_sd(posterior, "between", "scatter between experiments", level),
        absolute_sd=_sd(posterior, "absolute", "scatter of an empty lane, as a fraction of the reference", level),
        degrees_of_freedom=posterior.degrees_of_freedom,
        experiments=posterior.experiments,
        method=_method(posterior),
        caveats=caveats,
        left_out=left_out,
    )


def _linked(lanes: Sequence[MembraneLane], reference: str) -> tuple[list[MembraneLane], tuple[tuple[str, str], ...]]:
    """Return the lanes of membranes that measured conditions link to the reference, and the membranes left out."""
    conditions, membranes = {reference}, set[str]()
    while True:
        found = {lane.membrane for lane in lanes if lane.condition in conditions and lane.state == "measured"}
        more = {lane.condition for lane in lanes if lane.membrane in found and lane.state == "measured"}
        if found == membranes and conditions | more == conditions:
            break
        membranes, conditions = found, conditions | more
    why = "it shares no measured condition with the membranes that hold the reference"
    left = dict.fromkeys(lane.membrane for lane in lanes if lane.membrane not in membranes)
    return [lane for lane in lanes if lane.membrane in membranes], tuple((name, why) for name in left)


def _condition(
    name: str,
    lanes: Sequence[MembraneLane],
    posterior: ScalingPosterior,
    factors: dict[str, float],
    *,
    level: float,
    fitted: bool,
) -> ScaledCondition:
    own = [lane for lane in lanes if lane.condition == name]
    n = len({lane.experiment for lane in own})
    if fitted:
        remaining = posterior.ratio(name, level, n)
    else:
        bounds = [lane.value * factors[lane.membrane] for lane in own]
        above = all(lane.state == "above" for lane in own)
        bound = min(bounds) if above else max(bounds)
        how = "saturated in every lane" if above else "below detection in every lane; the highest of the limits"
        low, high = (bound, math.inf) if above else (0.0, bound)
        state = "above" if above else "below"
        remaining = Estimate(value=bound, low=low, high=high, level=level, n=n, method=how, state=state)  # type: ignore[arg-type]
    return ScaledCondition(
        condition=name,
        minutes_after_dose=own[0].minutes_after_dose,
        dose_molar=own[0].dose_molar,
        remaining=remaining,
        lanes=len(own),
        membranes=len({lane.membrane for lane in own}),
    )


def _factor(name: str, lanes: Sequence[MembraneLane], posterior: ScalingPosterior, level: float) -> MembraneFactor:
    experiment = next(lane.experiment for lane in lanes if lane.membrane == name)
    return MembraneFactor(membrane=name, experiment=experiment, factor=posterior.factor_estimate(name, level))


def _scaled(lane: MembraneLane, factors: dict[str, float]) -> ScaledLane:
    value = lane.value * factors[lane.membrane]
    reach = math.exp(1.959964 * lane.log_se)
    low, high = value / reach, value * reach
    if lane.state != "measured":
        low, high = (0.0, value) if lane.state == "below" else (value, math.inf)
    return ScaledLane(lane=lane, remaining=value, low=low, high=high)


def _sd(posterior: ScalingPosterior, which: str, what: str, level: float) -> Estimate:
    why = posterior.not_estimable.get(which)
    if why is not None:
        return not_estimable(f"{what}: {why}", n=posterior.experiments)
    return replace(posterior.sd(which, level), method=f"{what}; posterior median, restricted likelihood with prior")


def _method(posterior: ScalingPosterior) -> str:
    return (
        f"one-step log-normal scaling of {len(posterior.membranes)} membranes of {posterior.experiments} experiments, "
        f"restricted likelihood with a log-normal prior of the scatter, {posterior.degrees_of_freedom} residual df"
    )


def _caveats(posterior: ScalingPosterior) -> tuple[Caveat, ...]:
    found = []
    if posterior.experiments == 1:
        text = "One experiment: the intervals hold what varies within it only, and the next day may give another value."
        found.append(Caveat(code="single_experiment", text=text))
    if posterior.degrees_of_freedom < FEW_DEGREES:
        text = (
            f"{posterior.degrees_of_freedom} residual degrees of freedom: the width of the intervals rests largely on "
            "what is known of blots in general."
        )
        found.append(Caveat(code="scatter_from_prior", text=text))
    return tuple(found)
