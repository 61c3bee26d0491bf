"""Growth-rate inhibition (GR) of counts: how fast treated cells divide, relative to how fast untreated ones do.

``GR = 2^(log2(x / x0) / log2(xctrl / x0)) - 1``: 1 is growth as without the compound, 0 none at all, and below 0 cells
are lost; -1 is none left. Hafner, Niepel, Chung & Sorger 2016 Nat Methods 13:521, doi:10.1038/nmeth.3853. Unlike a
viability it does not depend on how often untreated cells divide during the assay, as long as they divide at all: where
they do not, the denominator is 0 and there is no GR.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.errors import InputError, Problem
from avpi.estimate import Caveat, Estimate, not_estimable

Floats = NDArray[np.float64]
Readout = Literal["unstated", "atp", "count"]

LEAST_GROWTH = 1.5
"""Untreated cells at the end, times those at time zero, below which no GR is given: it would be the ratio of two
numbers near 0. At 0.58 doublings a count that is off by 10 % moves GR by 0.17 where cells stand still, and by 0.34
near 1."""
TRIMMED = 0.5
"""Share of the control wells, half at either end, that does not count in their mean (Hafner 2016, Online Methods)."""
LEAST_KEPT = 3
"""Wells that trimming must leave for the standard error of a trimmed mean to mean something."""

MISSING_COUNT = "the treated count is missing"
"""The one reason for which a well is left out of a curve: any other is one of the plate, and the curve is refused."""
NOT_COUNTED = "and a count is finite: give nan for a well that was not read or saturated the detector"
REMEDY_OF_TIME_ZERO = (
    "read a plate of the same seeding when the compound is added, or give the division time and the duration"
)

PROXY = Caveat(
    code="atp_is_a_proxy",
    text="ATP stands for the number of cells here: a compound that changes the ATP of a cell shifts GR",
)
PERHAPS_A_PROXY = Caveat(
    code="atp_is_a_proxy",
    text="what was counted is not stated: if it is ATP, a compound that changes the ATP of a cell shifts GR",
)
NO_TIME_ZERO = Caveat(
    code="division_time_is_assumed",
    text="there is no count at time zero: untreated cells are taken to have divided as the division time says",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlCount:
    """What wells of one kind, untreated or at time zero, hold.

    Attributes
    ----------
    count : 50 %-trimmed mean; nan where there is no well.
    standard_error : of ``count``; nan for a single well.
    wells : how many wells have a count.
    """

    count: float
    standard_error: float
    wells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthRates:
    """GR of several wells.

    Attributes
    ----------
    values : (n,) GR; nan where there is none, and ``why`` says why.
    own_errors : (n,) standard error by that of the treated count; nan where none is known.
    control_errors, time_zero_errors : (n,) the same by the untreated count and by that at time zero, with its sign:
        wells that share a control share its error.
    growth : (n,) untreated cells at the end, times those at time zero.
    why : (n,) why there is no value; empty where there is one.
    caveats : reservations that hold for all of them.
    """

    values: Floats
    own_errors: Floats
    control_errors: Floats
    time_zero_errors: Floats
    growth: Floats
    why: tuple[str, ...]
    caveats: tuple[Caveat, ...]

    @property
    def standard_errors(self) -> Floats:
        """Return the standard error (n,) of each value by all the errors that are known; nan where none is."""
        parts = np.stack([self.own_errors, self.control_errors, self.time_zero_errors])
        known = np.any(np.isfinite(parts), axis=0)
        return np.where(known, np.sqrt(np.nansum(parts**2, axis=0)), math.nan)

    def estimate(self, well: int, *, level: float = 0.95) -> Estimate:
        """Return one value as an estimate, with a normal interval; n = 1, since wells are no experiments."""
        value, error = float(self.values[well]), float(self.standard_errors[well])
        if math.isnan(value):
            return not_estimable(self.why[well], n=1)
        half = _normal_quantile(level) * error
        method = "GR by the counts of one well, its control and time zero; errors by the delta method"
        return Estimate(
            value=value, low=max(value - half, -1.0) if math.isfinite(half) else math.nan, high=value + half,
            level=level, method=method, caveats=self.caveats,
        )  # fmt: skip


def trimmed_mean(wells: ArrayLike) -> ControlCount:
    """Return the 50 %-trimmed mean of control wells: of the middle half of them, once they are sorted.

    A quarter of the wells is left out at either end, rounded, halves down. The standard error is that of a trimmed mean
    (Tukey & McLaughlin 1963 Sankhya A 25:331); where fewer than three wells are left, that of a median of normal
    counts.

    Parameters
    ----------
    wells : (n,) counts; nan for a well without one.
    """
    counts = np.sort(np.asarray(wells, float).ravel())
    counts = counts[~np.isnan(counts)]
    n = counts.size
    if n == 0:
        return ControlCount(count=math.nan, standard_error=math.nan, wells=0)
    share = n * TRIMMED / 2
    cut = math.floor(share) if (2 * share).is_integer() else round(share)
    kept = counts[cut : n - cut]
    if n == 1:
        error = math.nan
    elif kept.size >= LEAST_KEPT:
        pulled_in = np.clip(counts, kept[0], kept[-1])
        error = float(np.std(pulled_in, ddof=1)) * math.sqrt(n) / kept.size
    else:
        error = float(np.std(counts, ddof=1)) * math.sqrt((math.pi / 2 if cut else 1.0) / n)
    return ControlCount(count=float(kept.mean()), standard_error=error, wells=n)


def growth_rate_inhibition(
    counts: ArrayLike,
    control: ArrayLike,
    time_zero: ArrayLike,
    *,
    count_errors: ArrayLike = math.nan,
    control_errors: ArrayLike = math.nan,
    time_zero_errors: ArrayLike = math.nan,
    readout: Readout = "unstated",
) -> GrowthRates:
    """Return the growth-rate inhibition of treated wells.

    A well without cells has GR -1, the limit. No value is given where a count is missing or negative, and where the
    untreated cells did not become 1.5 times as many.

    Assumptions: growth is exponential in both wells, treated and untreated wells were seeded alike and as the plate of
    time zero, and what is read is proportional to the number of cells.

    Parameters
    ----------
    counts : (n,) cells (or ATP) of the treated wells at the end.
    control, time_zero : of untreated wells at the end and at the time of treatment, for all or (n,) for each.
    count_errors, control_errors, time_zero_errors : their standard errors; nan where unknown.
    readout : what was counted; unless it is ``"count"``, a reservation about ATP travels with the values.

    Raises
    ------
    InputError
        If the rows have different lengths.
    """
    x, end, start = _rows(counts=counts, control=control, time_zero=time_zero)
    why = [_why_none(*well) for well in zip(x.tolist(), end.tolist(), start.tolist(), strict=True)]
    usable = np.array([not reason for reason in why], dtype=bool)
    errors = [_share(each, of) for each, of in ((count_errors, x), (control_errors, end), (time_zero_errors, start))]
    with np.errstate(all="ignore"):
        growth = np.where((end > 0) & (start > 0), end / start, math.nan)
        doublings = np.log2(growth)
        ratio = np.log2(x / start) / doublings
        values, of_count, of_control, of_start = _values(ratio, doublings, errors, start_counts=True)
    return GrowthRates(
        values=np.where(usable, values, math.nan),
        own_errors=np.where(usable, of_count, math.nan),
        control_errors=np.where(usable, of_control, math.nan),
        time_zero_errors=np.where(usable, of_start, math.nan),
        growth=growth,
        why=tuple(why),
        caveats=readout_caveats(readout),
    )


def growth_rate_from_division_time(
    counts: ArrayLike,
    control: ArrayLike,
    *,
    duration_hours: ArrayLike,
    division_hours: ArrayLike,
    count_errors: ArrayLike = math.nan,
    control_errors: ArrayLike = math.nan,
    readout: Readout = "unstated",
) -> GrowthRates:
    """Return GR where no plate was read at time zero but the division time of untreated cells is known.

    ``GR = 2^(1 + log2(x / xctrl) / (duration / division time)) - 1`` (Hafner 2016, Supplement). That untreated cells
    divided as the division time says is assumed, and a reservation says so.

    Parameters
    ----------
    counts, control, count_errors, control_errors, readout : as ``growth_rate_inhibition`` takes them.
    duration_hours : from treatment to reading, for all or (n,) for each.
    division_hours : in which untreated cells double.

    Raises
    ------
    InputError
        If the rows have different lengths.
    """
    x, end, duration, division = _rows(
        counts=counts, control=control, duration_hours=duration_hours, division_hours=division_hours
    )
    with np.errstate(all="ignore"):
        timed = np.isfinite(duration) & np.isfinite(division) & (duration > 0) & (division > 0)
        doublings = np.where(timed, duration / division, math.nan)
        growth = 2.0**doublings
        start = end / growth
        errors = [_share(count_errors, x), _share(control_errors, end), np.full(x.size, math.nan)]
        ratio = 1 + np.log2(x / end) / doublings
        values, of_count, of_control, _ = _values(ratio, doublings, errors, start_counts=False)
    why = [
        _why_none(*well) if known else "the duration or the division time is missing, infinite or not above 0"
        for known, *well in zip(timed.tolist(), x.tolist(), end.tolist(), start.tolist(), strict=True)
    ]
    usable = np.array([not reason for reason in why], dtype=bool)
    return GrowthRates(
        values=np.where(usable, values, math.nan),
        own_errors=np.where(usable, of_count, math.nan),
        control_errors=np.where(usable, of_control, math.nan),
        time_zero_errors=np.full(x.size, math.nan),
        growth=growth,
        why=tuple(why),
        caveats=(*readout_caveats(readout), NO_TIME_ZERO),
    )


def readout_caveats(readout: Readout) -> tuple[Caveat, ...]:
    """Return the reservation about what stands for the number of cells; none where cells were counted."""
    return {"count": (), "atp": (PROXY,), "unstated": (PERHAPS_A_PROXY,)}[readout]


def _values(
    ratio: Floats, doublings: Floats, relative_errors: list[Floats], *, start_counts: bool
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return GR (n,) and its errors by each count; ``ratio`` is treated doublings over untreated ones."""
    values = 2.0**ratio - 1
    slope = 2.0**ratio / doublings
    of_count, of_control, of_start = relative_errors
    if start_counts:
        return values, slope * of_count, -slope * ratio * of_control, slope * (ratio - 1) * of_start
    return values, slope * of_count, -slope * of_control, of_start


def _share(errors: ArrayLike, of: Floats) -> Floats:
    """Return standard errors as shares (n,) of their counts; of no cells there is none."""
    given = np.broadcast_to(np.asarray(errors, float), of.shape)
    return np.where(of > 0, given / np.where(of > 0, of, 1.0), math.nan)


def _why_none(count: float, control: float, time_zero: float) -> str:
    """Return why there is no GR of a well, with the remedy; empty where there is one."""
    if math.isnan(time_zero):
        return f"there is no count at time zero: {REMEDY_OF_TIME_ZERO}"
    if math.isnan(control):
        return "there is no untreated control: it must be of the same plate, cell line and time"
    for value, named in ((time_zero, "count at time zero"), (control, "untreated count")):
        if math.isinf(value):
            return f"the {named} is '{value:g}', {NOT_COUNTED}"
        if not value > 0:
            return f"the {named} is '{value:g}' and must be above 0: look at the wells, and at what was subtracted"
    if control / time_zero < LEAST_GROWTH:
        times = control / time_zero
        became = "became fewer" if times < 1 else "hardly grew"
        return (
            f"untreated cells {became} ({times:.3g} times those at time zero, and {LEAST_GROWTH:g} are needed):"
            " treat for longer, or check the seeding of the plate of time zero"
        )
    if math.isnan(count):
        return MISSING_COUNT
    if math.isinf(count):
        return f"the treated count is '{count:g}', {NOT_COUNTED}"
    if count < 0:
        return (
            f"the treated count is '{count:g}', and a count cannot be negative: where background was subtracted, set"
            " what lies below it to 0"
        )
    return ""


def _rows(**given: ArrayLike) -> list[Floats]:
    """Return rows of one length (n,)."""
    rows = {name: np.atleast_1d(np.asarray(values, float)) for name, values in given.items()}
    n = rows["counts"].size
    for name, row in rows.items():
        if row.ndim != 1 or row.size not in (1, n):
            what = f"there are {n} treated counts, and '{name}' has the shape {row.shape}"
            raise InputError(Problem(file=name, what=what, expected="one number for all, or one for each treated well"))
    return [np.broadcast_to(row, (n,)) for row in rows.values()]


def _normal_quantile(level: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(0.5 + level / 2)
