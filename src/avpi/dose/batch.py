"""Fit four-parameter logistic curves, one or a million, that share their doses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from avpi.compute.places import Cancel, InProcess, Place
from avpi.compute.progress import SILENT, Progress
from avpi.dose.design import Boxes, Design, design_of
from avpi.dose.interval_limits import learn_limits, plain_limits
from avpi.dose.kernels import columns
from avpi.dose.kernels.block import fit_block, room_for
from avpi.dose.kernels.columns import COLUMNS, PARAMETERS
from avpi.dose.kernels.limits import Limits
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 2048
"""Curves of a task: some ten milliseconds of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveFits:
    """Fits of curves that share their doses; every array is (curves,).

    The curve is ``bottom + (top - bottom) / (1 + (dose / EC50) ** slope)``: top at low dose, bottom at high. The EC50
    is the relative one: half-way between the plateaus.

    Attributes
    ----------
    log10_ec50_molar, hill_slope, bottom, top : nan where too few wells were there.
    se_log10_ec50, se_ln_slope, se_bottom, se_top : by linearisation; nan where a box holds the parameter, or where the
        data do not determine it.
    low_log10_ec50, high_log10_ec50 : profile-likelihood interval of coverage ``level``; an open end is infinite.
    log10_absolute_ec50, se_log10_absolute_ec50 : where the curve is half of the control, and its standard error; nan
        where it never is.
    response_at_highest_dose, se_response_at_highest_dose : of the fitted curve: Emax as far as it was tested.
    limit_learnt : whether the limit of the interval was learnt for the design; else it is Fisher's F.
    mean : weighted mean of the responses, where the flat line lies.
    rss, rss_flat : weighted residual sums of squares of the curve and of a flat line.
    wells : how many were used.
    state : bits, see ``binds``.
    """

    design: Design
    level: float
    log10_ec50_molar: Floats
    hill_slope: Floats
    bottom: Floats
    top: Floats
    se_log10_ec50: Floats
    se_ln_slope: Floats
    se_bottom: Floats
    se_top: Floats
    low_log10_ec50: Floats
    high_log10_ec50: Floats
    mean: Floats
    rss: Floats
    rss_flat: Floats
    log10_absolute_ec50: Floats
    se_log10_absolute_ec50: Floats
    response_at_highest_dose: Floats
    se_response_at_highest_dose: Floats
    limit_learnt: NDArray[np.bool_]
    wells: Ints
    state: Ints

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Which curves have a minimum."""
        return np.asarray((self.state & (columns.NOT_CONVERGED | columns.TOO_FEW)) == 0)

    @property
    def binds(self) -> dict[str, NDArray[np.bool_]]:
        """Parameter -> in which curves its box holds it at an edge."""
        bits = {
            "ec50_lowest": columns.P_LOWEST,
            "ec50_highest": columns.P_HIGHEST,
            "slope_lowest": columns.K_LOWEST,
            "slope_highest": columns.K_HIGHEST,
            "bottom": columns.BOTTOM_HELD,
            "top": columns.TOP_HELD,
        }
        return {name: (self.state & bit) > 0 for name, bit in bits.items()}

    @property
    def f_statistic(self) -> Floats:
        """How much better the curve is than a flat line: F of its three further parameters.

        Its distribution for flat curves is not F, since the curve is not linear in them.
        """
        df = self.wells - PARAMETERS
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (self.rss_flat - self.rss) / (PARAMETERS - 1) / (self.rss / df)
        return np.asarray(np.maximum(found, 0.0), float)


def fit_curves(
    doses_molar: ArrayLike,
    responses: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    boxes: Boxes | None = None,
    level: float = 0.95,
    intervals: bool = True,
    calibrated: bool = True,
    control: float = 1.0,
    place: Place | None = None,
    progress: Progress = SILENT,
    cancel: Cancel | None = None,
) -> CurveFits:
    """Fit one four-parameter logistic to each curve by least squares.

    Replicates are wells of equal dose (to one part in a million). Residuals are taken as independent and normal, with
    the variance that the weights say up to a factor.

    Parameters
    ----------
    doses_molar : (wells,) the same for all curves; 0 for a control.
    responses : (curves, wells) or (wells,), such as viability relative to vehicle; nan where a well is missing.
    weights : (wells,) relative inverse variances.
    boxes : where the parameters may lie; those of viability where none are given.
    level : coverage of the intervals.
    intervals : whether profile-likelihood intervals of the EC50 are wanted.
    calibrated : whether their limit is learnt for the design, which takes a second or two for a new one; else it is
        that of Fisher's F, whose coverage is wrong by some percent at the edge of the doses.
    control : the response that counts as 100 % for the absolute EC50; nan for none.

    Raises
    ------
    InputError
        If doses, weights or boxes cannot be meant, or the responses do not fit them or are infinite.
    """
    design = design_of(doses_molar, weights, boxes)
    limits = learn_limits(design, level, place) if intervals and calibrated and 0 < level < 1 else None
    return fit_design(
        design,
        responses,
        level=level,
        intervals=intervals,
        limits=limits,
        control=control,
        place=place,
        progress=progress,
        cancel=cancel,
    )


def fit_design(
    design: Design,
    responses: ArrayLike,
    *,
    level: float = 0.95,
    intervals: bool = True,
    limits: Limits | None = None,
    control: float = 1.0,
    place: Place | None = None,
    progress: Progress = SILENT,
    cancel: Cancel | None = None,
) -> CurveFits:
    """Fit curves of a design that is known already; see ``fit_curves``.

    Parameters
    ----------
    limits : of the intervals, from ``learn_limits``; those of Fisher's F where none are given.
    """
    values = _responses(responses, design.groups.size)
    if not 0 < level < 1:
        raise InputError(Problem(file="level", what=f"the coverage is {level}", expected="between 0 and 1"))
    limits = limits or plain_limits(design)
    block = _Block(design, level if intervals else math.nan, limits, control)
    tasks = [values[i : i + BLOCK] for i in range(0, len(values), BLOCK)]
    where = place or InProcess()
    done = list(where.map(block, tasks, stage="curves", progress=progress, cancel=cancel))
    return _gathered(design, level, done, learnt=limits.coefficients.size > 0)


class _Block:
    """Fits a block of curves; what all blocks share is made once."""

    def __init__(self, design: Design, level: float, limits: Limits, control: float) -> None:
        self.design, self.limits, self.control = design, limits, control
        self.starts = design.starts()
        wells = design.groups.size
        self.rises = np.full(wells + 1, math.nan)
        if not math.isnan(level):
            df = np.arange(1, wells - PARAMETERS + 1)
            self.rises[PARAMETERS + 1 :] = special.fdtri(1, df, level) / df

    def __call__(self, responses: Floats) -> tuple[Floats, Ints]:
        out, state = np.empty((len(responses), COLUMNS)), np.zeros(len(responses), np.int64)
        design = self.design
        fit_block(
            responses,
            design.groups,
            design.log10_doses,
            design.weights,
            design.plateaus,
            design.box,
            self.starts,
            self.rises,
            self.limits.own(),
            self.control,
            room_for(design.log10_doses.size),
            out,
            state,
        )
        return out, state


def _responses(responses: ArrayLike, wells: int) -> Floats:
    values = np.atleast_2d(np.asarray(responses, float))
    if values.ndim != 2 or values.shape[1] != wells:
        what = f"the responses have the shape {np.shape(responses)}"
        raise InputError(Problem(file="responses", what=what, expected=f"(curves, {wells}): one for each dose"))
    wrong = np.argwhere(np.isinf(values))
    if wrong.size:
        what = f"curve {wrong[0][0] + 1}, well {wrong[0][1] + 1} is infinite"
        raise InputError(Problem(file="responses", what=what, expected="a number, or nan where a well is missing"))
    return np.require(values, requirements=("C", "W"))  # one kind of array: another would be compiled for


def _gathered(design: Design, level: float, done: list[tuple[Floats, Ints]], *, learnt: bool) -> CurveFits:
    out = np.concatenate([found for found, _ in done]) if done else np.empty((0, COLUMNS))
    state = np.concatenate([found for _, found in done]) if done else np.empty(0, np.int64)

    def column(number: int) -> Floats:
        return np.ascontiguousarray(out[:, number])

    return CurveFits(
        design=design,
        level=level,
        log10_ec50_molar=column(columns.OUT_P),
        hill_slope=np.exp(column(columns.OUT_K)),
        bottom=column(columns.OUT_BOTTOM),
        top=column(columns.OUT_TOP),
        se_log10_ec50=column(columns.OUT_SE_P),
        se_ln_slope=column(columns.OUT_SE_K),
        se_bottom=column(columns.OUT_SE_BOTTOM),
        se_top=column(columns.OUT_SE_TOP),
        low_log10_ec50=column(columns.OUT_LOW),
        high_log10_ec50=column(columns.OUT_HIGH),
        mean=column(columns.OUT_MEAN),
        rss=column(columns.OUT_RSS),
        rss_flat=column(columns.OUT_RSS_FLAT),
        log10_absolute_ec50=column(columns.OUT_HALF),
        se_log10_absolute_ec50=column(columns.OUT_SE_HALF),
        response_at_highest_dose=column(columns.OUT_LAST),
        se_response_at_highest_dose=column(columns.OUT_SE_LAST),
        limit_learnt=np.full(state.size, learnt),
        wells=out[:, columns.OUT_N].astype(np.int64),
        state=state,
    )


__all__ = ["Boxes", "CurveFits", "fit_curves", "fit_design"]
