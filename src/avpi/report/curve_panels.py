"""The panels of a dose-response figure: points with curve and band, EC50s as bars, residuals, profile likelihood."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from avpi.dose.likelihood_profile import Profile
from avpi.estimate import Estimate
from avpi.report.dose_axis import DoseAxis
from avpi.report.drawing import SMALL_PT
from avpi.report.drawn_curve import DrawnCurve, MeasuredCurve
from avpi.report.palette import DARK, FAINT, INK, MUTED, PAPER, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

LINES: Final = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))
"""Line of the first six curves, of the next six, and so on: colour and line together are one curve's."""
WELL_SIZE, MEAN_SIZE, EDGE = 1.7, 3.6, 0.4
BAND_ALPHA: Final = 0.18
CONTROL_WIDTH: Final = 0.35
"""Half length of the line at the control, and the spread of experiments there, of the way to the break."""
ROOM: Final = 0.3
"""A band that leaves the points by more than this share of their span is cut: it would flatten everything else."""
SMALL_EFFECT, ABOVE_CONTROL = 0.5, 1.2
"""A span of less than this share of the control is drawn from 0 up to so many controls: scatter about a flat line, or a
small effect, would else fill the panel and look like a response."""
RESIDUAL_LINE, LEAST_RESIDUALS = 2.0, 3.0
"""Standard deviations that 95 % of residuals stay within, and the least height of their axis."""
EC50, ARROW = "ec50", "arrow"
"""Group ids of the marks of an EC50, so that a program can find them in the figure."""
CLIFF: Final = 50.0
"""Thresholds above which a refit counts as failed for the drawing: a profile near its threshold is smooth."""
PROFILE_HEIGHT: Final = 1.9
"""Height of the profile panel, in thresholds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Colour, marker and line of a series."""

    colour: str
    marker: str
    line: Any = "-"


def look_of(i: int) -> Look:
    """Return the look of series ``i``; no two of the first 24 share both colour and marker, or colour and line."""
    turn, place = divmod(i, len(SERIES))
    return Look(
        colour=SERIES[place][0],
        marker=SERIES[(place + turn) % len(SERIES)][1],
        line=LINES[turn % len(LINES)],
    )


def draw_line(axes: Axes, measured: MeasuredCurve, axis: DoseAxis, look: Look, scale: float, *, band: bool) -> None:
    """Draw a curve, with its band, from the lowest dose to the highest and as a dash at the control."""
    shown, colour = measured.band, look.colour if measured.used else MUTED
    line = look.line if measured.used else (0, (1, 1.5))
    given = shown.doses_molar > 0
    x = axis.place(shown.doses_molar)
    pieces = [(x[given], given)]
    if np.any(~given):
        half = CONTROL_WIDTH * 0.35 * (axis.first - axis.control_at)
        pieces.append((axis.control_at + np.array([-half, half]), np.repeat(np.flatnonzero(~given)[:1], 2)))
    for places, at in pieces:
        if band and measured.used and np.all(np.isfinite(shown.low[at])):
            low, high = scale * shown.low[at], scale * shown.high[at]
            axes.fill_between(places, low, high, color=colour, alpha=BAND_ALPHA, lw=0, zorder=1)
        axes.plot(places, scale * shown.fitted[at], color=colour, ls=line, lw=1.0, zorder=3)


def draw_points(
    axes: Axes, curve: DrawnCurve, axis: DoseAxis, values: Floats, looks: Sequence[Look], *, dodge: bool = True
) -> None:
    """Draw points: wells small, and the mean of an experiment's wells at a dose large.

    Parameters
    ----------
    values : (n,) responses or residuals.
    looks : of the experiments, in the order of ``curve.experiment_names``.
    dodge : whether experiments stand beside each other at the control, where the axis has no scale.
    """
    points, names = curve.fit.points, curve.experiment_names
    step = CONTROL_WIDTH * 0.7 * (axis.first - axis.control_at) / max(len(names), 1) if dodge else 0.0
    for i, (name, look) in enumerate(zip(names, looks, strict=True)):
        own = curve.of_point == name
        aside = step * (i - (len(names) - 1) / 2)
        x = axis.place(points.doses_molar) + np.where(points.doses_molar == 0, aside, 0.0)
        means, wells = [], np.zeros(own.size, bool)
        for dose in np.unique(points.doses_molar[own & points.counted]):
            here = own & points.counted & (points.doses_molar == dose)
            wells |= here & (np.sum(here) > 1)
            means.append((x[here][0], np.average(values[here], weights=points.weights[here])))
        style: dict[str, Any] = {"ls": "", "marker": look.marker, "color": look.colour}
        if np.any(wells):
            axes.plot(x[wells], values[wells], **style, ms=WELL_SIZE, alpha=0.55, mew=0, zorder=4)
        if means:
            axes.plot(*np.array(means).T, **style, ms=MEAN_SIZE, mec=DARK, mew=EDGE, zorder=5)
        left_out = own & ~points.counted
        if np.any(left_out):
            axes.plot(x[left_out], values[left_out], ls="", marker="x", color=INK, ms=2.8, zorder=7)


def limit_responses(axes: Axes, curves: Sequence[MeasuredCurve], scale: float) -> None:
    """Give the response axis room for points, curves and what is sensible of the bands."""
    from matplotlib.ticker import MaxNLocator

    shown = [one.band.fitted[np.isfinite(one.band.fitted)] for one in curves]
    values = scale * np.concatenate([*(one.curve.fit.points.responses for one in curves), *shown])
    ends = [end for one in curves if one.used for end in (one.band.low, one.band.high)]
    bands = scale * np.concatenate([np.zeros(0), *ends])
    low, high = float(values.min()), float(values.max())
    span = max(high - low, 0.2 * scale)
    bands = bands[np.isfinite(bands)]
    if bands.size:
        low = min(low, max(float(bands.min()), low - ROOM * span))
        high = max(high, min(float(bands.max()), high + ROOM * span))
    control = _response_of_no_effect(curves, scale)
    if low > 0 and span < SMALL_EFFECT * control:
        low, high = 0.0, max(high, ABOVE_CONTROL * control)
        span = high
    if 0 <= low < 0.6 * high:
        low = 0.0
    axes.set_ylim(low - (0.06 * span if low else 0.03 * span), high + 0.06 * span)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))


def _response_of_no_effect(curves: Sequence[MeasuredCurve], scale: float) -> float:
    """Return the control's response, or what raw curves without an effect scatter about; 0 where neither is known."""
    controls = [one.curve.fit.control for one in curves]
    known = [control for control in controls if control is not None]
    if len(known) == len(controls):
        return scale * max(known)
    if any(one.used for one in curves):
        return 0.0  # of a raw response that a compound changes, 0 may be nothing that can be measured
    return scale * float(np.median(np.concatenate([one.curve.fit.points.responses for one in curves])))


def draw_interval(axes: Axes, y: float, estimate: Estimate, axis: DoseAxis, look: Look, *, filled: bool) -> None:
    """Draw an EC50 as a point with its interval; a censored one as an arrow from the last dose, without a point."""
    left, right = axis.open_left, axis.right
    if estimate.state in ("above", "below"):
        above = estimate.state == "above"
        bound, other = _place(estimate.value), _place(estimate.low if above else estimate.high)
        if math.isfinite(other) and (other < bound) == above:
            _bar(axes, y, min(other, bound), max(other, bound), axis, look)
        axes.plot([bound], [y], marker="|", color=look.colour, ms=5.0, mew=0.8, zorder=6)
        edge = right if above else left
        axes.plot([bound, edge], [y, y], color=look.colour, lw=1.0, ls=(0, (2, 1)), zorder=3)
        _head(axes, y, edge, look, to_right=above)
        return
    if not math.isfinite(estimate.value):
        return  # its words say so; any mark would look like a dose
    low, high = _place(estimate.low), _place(estimate.high)
    if not math.isnan(low) and not math.isnan(high):
        _bar(axes, y, low, high, axis, look)
        if low < left:
            _head(axes, y, left, look, to_right=False)
        if high > right:
            _head(axes, y, right, look, to_right=True)
    face = look.colour if filled else PAPER
    at = _place(estimate.value)
    axes.plot([at], [y], marker=look.marker, mfc=face, mec=look.colour, mew=0.8, ms=2.8, zorder=5, ls="", gid=EC50)


def _place(dose: float) -> float:
    return -math.inf if dose <= 0 else math.log10(dose) if math.isfinite(dose) else dose


def _bar(axes: Axes, y: float, low: float, high: float, axis: DoseAxis, look: Look) -> None:
    left, right = axis.open_left, axis.right
    axes.plot([max(low, left), min(high, right)], [y, y], color=look.colour, lw=1.0, solid_capstyle="butt", zorder=3)
    for end in (low, high):
        if left <= end <= right:
            axes.plot([end], [y], marker="|", color=look.colour, ms=5.0, mew=0.8, zorder=6)


def _head(axes: Axes, y: float, edge: float, look: Look, *, to_right: bool) -> None:
    """Draw the head of an arrow at the edge of the axes: it goes on beyond."""
    marker = ">" if to_right else "<"
    axes.plot([edge], [y], marker=marker, color=look.colour, ms=3.6, mew=0, zorder=6, clip_on=False, gid=ARROW)


def draw_residuals(axes: Axes, curve: DrawnCurve, axis: DoseAxis, looks: Sequence[Look]) -> None:
    """Draw residuals in residual standard deviations, weights taken into account."""
    standardised = standardised_residuals(curve)
    axes.axhline(0, color=MUTED, lw=0.5)
    for at in (-RESIDUAL_LINE, RESIDUAL_LINE):
        axes.axhline(at, color=FAINT, lw=0.5, ls=(0, (3, 2)))
    axes.set_ylabel("residual / SD", labelpad=1.5)
    if not np.all(np.isfinite(standardised[curve.fit.points.counted])):
        axes.set_ylim(-LEAST_RESIDUALS, LEAST_RESIDUALS)
        axes.text(0.5, 0.62, "no scatter left", transform=axes.transAxes, size=SMALL_PT, ha="center", color=MUTED)
        return
    draw_points(axes, curve, axis, standardised, looks)
    top = max(LEAST_RESIDUALS, 1.15 * float(np.max(np.abs(standardised))))
    axes.set_ylim(-top, top)
    axes.set_yticks([-RESIDUAL_LINE, 0, RESIDUAL_LINE], ["−2", "0", "2"])


def standardised_residuals(curve: DrawnCurve) -> Floats:
    """Return residuals (n,) in residual standard deviations; nan where there is no scatter to measure them by."""
    found = curve.fit.least_squares
    if not found.residual_sd > 0:
        return np.full(found.residuals.size, math.nan)
    root = np.where(curve.fit.points.counted, np.sqrt(curve.fit.points.weights), 1.0)
    return np.asarray(found.residuals * root / found.residual_sd)


def draw_profile(axes: Axes, profiles: Sequence[Profile], looks: Sequence[Look], axis: DoseAxis) -> None:
    """Draw profile likelihoods of log10 EC50: the interval is where the line lies below its threshold."""
    shown = [(profile, look) for profile, look in zip(profiles, looks, strict=True) if not profile.why_none]
    threshold = max(profile.threshold for profile, _ in shown)
    top = PROFILE_HEIGHT * threshold
    axes.set_ylim(0, top)
    axes.axhline(threshold, color=INK, lw=0.6, ls=(0, (4, 2)), zorder=2)
    for profile, look in shown:
        # Where no curve of the shape has this EC50 the line ends, rather than falling off a cliff that is none
        height = np.where(profile.f_statistic < CLIFF * threshold, profile.f_statistic, np.nan)
        axes.plot(profile.log10_ec50, height, color=look.colour, ls=look.line, lw=1.1)
        axes.plot([profile.best], [0], marker=look.marker, color=look.colour, ms=3.6, clip_on=False, zorder=5)
        for end, edge, marker in ((profile.low, axis.left, "<"), (profile.high, axis.right, ">")):
            if math.isfinite(end):
                axes.plot([end, end], [0, threshold], color=look.colour, lw=0.6, ls=(0, (1, 1)))
                axes.plot([end], [threshold], marker="|", color=look.colour, ms=5, mew=0.9)
            else:
                axes.plot([edge], [threshold], marker=marker, color=look.colour, ms=4, mew=0, clip_on=False, zorder=6)
    axes.set_ylabel("rise of the RSS (F)", labelpad=1.5)
