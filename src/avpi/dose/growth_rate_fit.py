"""The curve of growth-rate inhibition (GR) over dose, and the numbers that are read off it.

``GR(c) = GRinf + (1 - GRinf) / (1 + (c / GEC50)^h)``: at low dose GR is 1 by its definition, so three parameters are
fitted, in the boxes of Hafner, Niepel, Chung & Sorger 2016 Nat Methods 13:521, doi:10.1038/nmeth.3853. Whether there is
a curve at all is decided by their F test. GR50, at which GR is 0.5, is not GEC50, at which half of the fall is done.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from avpi.dose.curve_points import CurvePoints, read_points
from avpi.dose.design import SAME_DOSE, group_doses
from avpi.dose.estimate_dose import estimate_ec50, estimate_quantity
from avpi.dose.fit_shape import ShapeFit, fit_shape
from avpi.dose.growth_rate import MISSING_COUNT, GrowthRates
from avpi.dose.growth_rate_gr50 import estimate_gr50
from avpi.dose.growth_rate_observed import (
    estimate_gr_aoc,
    estimate_gr_max,
    scatter_about,
)
from avpi.dose.growth_rate_shared import BY_LOGARITHM, shifts_by_controls, widened
from avpi.dose.hook import suspect_hook
from avpi.dose.shape_starts import Boxes, position_box
from avpi.dose.shapes import FOUR_PARAMETERS
from avpi.errors import InputError, Problem
from avpi.estimate import Caveat, Estimate, not_estimable

Floats = NDArray[np.float64]
Kind = Literal["sigmoid", "flat", "none"]

GR_CURVE = FOUR_PARAMETERS.hold(top=1.0)
GR_BOUNDS = (-1.0, 1.0)
"""No cell left, and growth as without the compound."""
SLOPES = (0.1, 5.0)
BEYOND_DOSES_LOG10 = 2.0
"""How far beyond the doses GEC50 may lie (Hafner 2016, as are the slopes)."""
FLAT_P = 0.05
"""From this p of the F test on a curve counts as flat (Hafner 2016)."""
PARAMETERS, PARAMETERS_OF_FLAT = 3, 1
LEAST_DOSES = 3
"""Different doses without which three parameters are not fitted."""
NUMBERS = ("gr50", "gr_max", "gr_aoc", "gec50", "gr_inf", "hill_slope")
"""Names of the estimates of a curve, as its attributes and as columns of a table."""

SHARED_ERROR_UNKNOWN = Caveat(
    code="shared_error_unknown",
    text="the scatter of control or time-zero wells is not known, so the intervals leave their errors out",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthRateFit:
    """What is read off one curve of GR.

    Attributes
    ----------
    kind : ``"sigmoid"``, ``"flat"`` by the F test, or ``"none"``: then ``why`` says why there is no curve.
    gr50 : molar; dose at which GR is 0.5. ``above`` or ``below`` at the last or first dose where it lies beyond.
    gr_max : the lower of the mean GR at the two highest doses, as observed.
    gr_aoc : area over the curve, the mean of 1 - GR over log10 dose within the tested doses, as observed.
    gec50 : molar; dose at which half of the fall from 1 to ``gr_inf`` is done.
    gr_inf : GR at infinite dose.
    hill_slope : h, positive.
    flat_level : mean of all GR; the curve where it is flat.
    r2 : share of the variance that the sigmoid explains; nan where none was fitted.
    flat_p : p of the F test of the sigmoid against a flat line; nan where none was fitted.
    points, doses : wells with a GR, and different doses among them.
    fit : the fitted sigmoid, also of a flat curve; None where there is none.
    why : empty, or why there is no curve, with the remedy.
    caveats : reservations about the whole curve; each estimate carries them too.
    """

    kind: Kind
    gr50: Estimate
    gr_max: Estimate
    gr_aoc: Estimate
    gec50: Estimate
    gr_inf: Estimate
    hill_slope: Estimate
    flat_level: float
    r2: float
    flat_p: float
    points: int
    doses: int
    fit: ShapeFit | None
    why: str
    caveats: tuple[Caveat, ...]

    def response(self, doses_molar: ArrayLike) -> Floats:
        """Return the GR of the curve (n,) at doses (n,): a sigmoid, or its level where it is flat; nan for none."""
        doses = np.asarray(doses_molar, float)
        if self.kind == "sigmoid" and self.fit is not None:
            return self.fit.response(doses)
        return np.full(doses.shape, self.flat_level if self.kind == "flat" else math.nan)


def fit_growth_rate(
    doses_molar: ArrayLike,
    rates: GrowthRates | ArrayLike,
    *,
    level: float = 0.95,
    n: int = 1,
    flat_p: float = FLAT_P,
) -> GrowthRateFit:
    """Fit the GR curve of one line and compound.

    Intervals are profile likelihoods for independent normal errors of one variance. The standard errors that ``rates``
    has of control and time zero move all wells of a curve at once; what that does is added in quadrature. Where they
    are not known (one number for the control) a reservation says that the intervals leave them out.

    The F test compares the sigmoid, which begins at 1, with the mean of all GR, on 2 and n - 2 degrees of freedom as
    the authors have it: a curve that is well below 1 at every dose fits about as well either way and is called flat.

    Parameters
    ----------
    doses_molar : (n,) above 0; controls are no points of the curve, they are in GR already. Doses within 1 % of the
        lowest of them are one.
    rates : (n,) GR, or what ``growth_rate_inhibition`` returned. Wells whose treated count is missing are left out; any
        other reason for a missing GR is one of the plate, and refuses the curve.
    level : coverage of the intervals.
    n : independent experiments behind the curve; wells never count.
    flat_p : from which p on the curve counts as flat.

    Raises
    ------
    InputError
        If doses and GR are not rows of one length, or a dose is not a positive number.
    """
    given = rates if isinstance(rates, GrowthRates) else _bare(rates)
    doses = _doses(doses_molar, given)
    usable = np.isfinite(given.values)
    caveats = _caveats(given, usable)
    refused = next((why for why in given.why if why and why != MISSING_COUNT), "")
    if refused or not np.any(usable):
        return _refused(refused or "no well has a treated count", given, caveats, n=n)
    groups, planned = group_doses(doses[usable])
    points = read_points(planned[groups], given.values[usable])
    shared = (given.control_errors[usable], given.time_zero_errors[usable])
    if points.given.size < LEAST_DOSES:
        merged = planned.size < np.unique(doses[usable]).size
        found, fit = _few_doses(points, caveats, level=level, n=n, merged=merged), None
    else:
        fit = fit_shape(GR_CURVE, points.doses_molar, points.responses, boxes=boxes_of_gr(points.given), control=1.0)
        r2, p = _f_test(points, fit)
        found = _fitted(points, fit, p < flat_p, level=level, n=n)
        found = replace(found, r2=r2, flat_p=p, caveats=(*caveats, *found.caveats))
    shifts = shifts_by_controls(points, fit if found.kind == "sigmoid" else None, shared)
    return _finished(found, shifts)


def boxes_of_gr(doses_molar: Floats) -> Boxes:
    """Return the boxes in which a GR curve over these doses (n,) is fitted."""
    return {
        "bottom": GR_BOUNDS,
        "hill_slope": SLOPES,
        "log10_ec50": position_box(doses_molar, BEYOND_DOSES_LOG10),
    }


def _fitted(points: CurvePoints, fit: ShapeFit, sigmoid: bool, *, level: float, n: int) -> GrowthRateFit:  # noqa: FBT001 - of two kinds
    mean = float(points.responses.mean())
    scatter = scatter_about(points, fit, flat=not sigmoid)
    gr50 = estimate_gr50(fit, flat_at=None if sigmoid else mean, level=level, n=n)
    if sigmoid:
        gec50 = estimate_ec50(fit, "relative", level=level, n=n)
        gr_inf = _gr_inf(fit, level=level, n=n)
        slope = estimate_quantity(fit, "hill_slope", level=level, n=n)
    else:
        why = f"the curve is flat, at GR {mean:.2g}"
        gec50, gr_inf, slope = not_estimable(why, unit="M", n=n), not_estimable(why, n=n), not_estimable(why, n=n)
    return GrowthRateFit(
        kind="sigmoid" if sigmoid else "flat",
        gr50=gr50,
        gr_max=estimate_gr_max(points, scatter, level=level, n=n),
        gr_aoc=estimate_gr_aoc(points, scatter, level=level, n=n),
        gec50=gec50,
        gr_inf=gr_inf,
        hill_slope=slope,
        flat_level=mean,
        r2=math.nan,
        flat_p=math.nan,
        points=points.size,
        doses=points.given.size,
        fit=fit,
        why="",
        caveats=_shape_caveats(fit) if sigmoid else (),
    )


def _few_doses(
    points: CurvePoints, caveats: tuple[Caveat, ...], *, level: float, n: int, merged: bool
) -> GrowthRateFit:
    """Return what a curve of too few doses still has: what was observed."""
    number = points.given.size
    close = f" (those within {100 * SAME_DOSE:g} % are one)" if merged else ""
    why = (
        f"GR is known at {number} {'dose' if number == 1 else 'doses'}{close}, and a curve needs {LEAST_DOSES}:"
        " test more doses, and make sure that they belong to the same curve"
    )
    scatter = scatter_about(points, None, flat=False)
    return GrowthRateFit(
        kind="none",
        gr50=not_estimable(why, unit="M", n=n),
        gr_max=estimate_gr_max(points, scatter, level=level, n=n),
        gr_aoc=estimate_gr_aoc(points, scatter, level=level, n=n),
        gec50=not_estimable(why, unit="M", n=n),
        gr_inf=not_estimable(why, n=n),
        hill_slope=not_estimable(why, n=n),
        flat_level=float(points.responses.mean()),
        r2=math.nan,
        flat_p=math.nan,
        points=points.size,
        doses=number,
        fit=None,
        why=why,
        caveats=caveats,
    )


def _refused(why: str, given: GrowthRates, caveats: tuple[Caveat, ...], *, n: int) -> GrowthRateFit:
    """Return a curve that has no number at all, and why."""
    molar, pure = not_estimable(why, unit="M", n=n), not_estimable(why, n=n)
    return GrowthRateFit(
        kind="none",
        gr50=molar,
        gr_max=pure,
        gr_aoc=pure,
        gec50=molar,
        gr_inf=pure,
        hill_slope=pure,
        flat_level=math.nan,
        r2=math.nan,
        flat_p=math.nan,
        points=int(np.sum(np.isfinite(given.values))),
        doses=0,
        fit=None,
        why=why,
        caveats=caveats,
    )


def _finished(found: GrowthRateFit, shifts: Mapping[str, float]) -> GrowthRateFit:
    """Return a curve whose estimates are widened by what is shared, and carry the reservations of the curve."""

    def finished(name: str, own: Estimate) -> Estimate:
        wide = widened(own, shifts.get(name, 0.0), logarithm=name in BY_LOGARITHM)
        return replace(wide, caveats=(*found.caveats, *wide.caveats))

    return replace(
        found,
        gr50=finished("gr50", found.gr50),
        gr_max=finished("gr_max", found.gr_max),
        gr_aoc=finished("gr_aoc", found.gr_aoc),
        gec50=finished("gec50", found.gec50),
        gr_inf=_within_bounds(finished("gr_inf", found.gr_inf)),
        hill_slope=finished("hill_slope", found.hill_slope),
    )


def _gr_inf(fit: ShapeFit, *, level: float, n: int) -> Estimate:
    return _within_bounds(estimate_quantity(fit, "bottom", level=level, n=n))


def _within_bounds(gr: Estimate) -> Estimate:
    """Return a GR whose interval ends where GR ends: no cells left, or growth as without the compound."""
    if gr.state != "measured":
        return gr
    lowest, highest = GR_BOUNDS
    return replace(gr, low=max(gr.low, lowest), high=min(gr.high, highest))


def _f_test(points: CurvePoints, fit: ShapeFit) -> tuple[float, float]:
    """Return the share of the variance that the sigmoid explains, and the p of its F test against a flat line."""
    flat = float(np.sum((points.responses - points.responses.mean()) ** 2))
    if flat <= 0:
        return math.nan, 1.0
    between = PARAMETERS - PARAMETERS_OF_FLAT
    within = points.size - PARAMETERS + PARAMETERS_OF_FLAT
    f = (flat - fit.rss) / between / (fit.rss / within) if fit.rss > 0 else math.inf
    return 1 - fit.rss / flat, float(stats.f.sf(f, between, within)) if f > 0 else 1.0


def _shape_caveats(fit: ShapeFit) -> tuple[Caveat, ...]:
    """Return what is odd about a fitted sigmoid: a parameter at its edge, or a rise at high dose."""
    named = {
        "bottom": ("GRinf", fit.value("bottom")),
        "hill_slope": ("slope", fit.value("hill_slope")),
        "log10_ec50": ("GEC50 (molar)", 10.0 ** fit.value("log10_ec50")),
    }
    found = [
        Caveat(code="at_edge_of_box", text=f"the fitted {name} is the last that is allowed, {value:.3g}")
        for parameter, (name, value) in named.items()
        if parameter in fit.least_squares.binding
    ]
    hook = suspect_hook(fit)
    if hook:
        found.append(Caveat(code="hook_suspected", text=f"{hook}: a sigmoid does not rise again"))
    return tuple(found)


def _caveats(given: GrowthRates, usable: NDArray[np.bool_]) -> tuple[Caveat, ...]:
    found = list(given.caveats)
    missing = sum(why == MISSING_COUNT for why in given.why)
    if missing and np.any(usable):
        text = f"{missing} of {usable.size} wells have no treated count and are left out"
        found.append(Caveat(code="wells_left_out", text=text))
    known = [np.all(np.isfinite(errors[usable])) for errors in (given.control_errors, given.time_zero_errors)]
    if not all(known):
        found.append(SHARED_ERROR_UNKNOWN)
    return tuple(found)


def _bare(values: ArrayLike) -> GrowthRates:
    """Return GR of which nothing but the values is known."""
    row = np.atleast_1d(np.asarray(values, float))
    unknown = np.full(row.shape, math.nan)
    return GrowthRates(
        values=row,
        own_errors=unknown,
        control_errors=unknown,
        time_zero_errors=unknown,
        growth=unknown,
        why=tuple("" if math.isfinite(value) else MISSING_COUNT for value in row.ravel()),
        caveats=(),
    )


def _doses(doses_molar: ArrayLike, given: GrowthRates) -> Floats:
    doses = np.atleast_1d(np.asarray(doses_molar, float))
    if doses.ndim != 1 or doses.shape != given.values.shape:
        what = f"there are doses of the shape {doses.shape} and GR of the shape {given.values.shape}"
        raise InputError(Problem(file="curve", what=what, expected="one dose and one GR for each well"))
    problems = [
        Problem(
            file="doses",
            place=f"well {i + 1}",
            what=f"the dose is '{doses[i]:g}'",
            expected="a number above 0, in molar",
            hint="Untreated wells are no points of a GR curve: they are the control",
        )
        for i in np.flatnonzero(~(np.isfinite(doses) & (doses > 0)))
    ]
    if problems:
        raise InputError(problems)
    return doses
