"""Figures over several membranes of one target: course, experiments at the deciding harvest, and dose curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from avpi.blot.course_band import CourseBand, course_band
from avpi.blot.loss_verdict import LossVerdict, span
from avpi.blot.membrane_curves import CoursePoint
from avpi.blot.replicates import TargetReplicates
from avpi.estimate import Estimate
from avpi.quantity import format_minutes, format_molar
from avpi.report.dose_axis import dose_axis, dress_dose_axis
from avpi.report.drawing import DOUBLE_MM, MIDDLE_MM, SMALL_PT, Drawing, finish, panel, sheet
from avpi.report.palette import BLUE, FAINT, INK, MUTED, PAPER, SERIES
from avpi.report.tables import frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TALL_MM: Final = 46.0
COURSE_MM, FOREST_MM = 88.0, 44.0
LINEAR_MINUTES: Final = 15.0
"""The time axis is linear up to the guide's first harvest and logarithmic beyond."""
GRID: Final = 121
BAND_ALPHA: Final = 0.18
HIGHEST: Final = 2.5
"""Fraction of vehicle at which the axis ends at the latest; what lies above is marked at the edge."""
SMALLEST: Final = 0.004
"""Fraction of vehicle at which the axis of the experiments begins."""
TICKS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
ROW_MM: Final = 4.6


def draw_replicates(found: TargetReplicates, anchor: str) -> list[Drawing]:
    """Draw the figures of a target over its membranes; call inside :func:`avpi.report.drawing.style`.

    Returns
    -------
    list[Drawing]
        The course with the experiments beside it, where there are harvests; the dose curve, where there are doses.
    """
    drawings = []
    if found.course.points or found.verdict.experiments:
        drawings.append(_course_figure(found, anchor))
    if found.doses.points:
        drawings.append(_dose_figure(found, anchor))
    return drawings


def _looks(found: TargetReplicates) -> dict[str, tuple[str, str]]:
    """Return colour and marker of each membrane: colour by experiment, markers tell membranes of one apart."""
    experiments = list(dict.fromkeys(lane.experiment for lane in found.lanes))
    looks: dict[str, tuple[str, str]] = {}
    for membrane in found.membranes:
        experiment = next(lane.experiment for lane in found.lanes if lane.membrane == membrane)
        place = experiments.index(experiment)
        before = sum(
            next(lane.experiment for lane in found.lanes if lane.membrane == other) == experiment for other in looks
        )
        colour = SERIES[place % len(SERIES)][0]
        looks[membrane] = (colour, SERIES[(place + place // len(SERIES) + before) % len(SERIES)][1])
    return looks


def _course_figure(found: TargetReplicates, anchor: str) -> Drawing:
    verdict, looks = found.verdict, _looks(found)
    rows = max(len(verdict.experiments), 1) + 1
    tall = max(TALL_MM, ROW_MM * rows)
    figure = sheet(DOUBLE_MM, tall + 22)
    axes = panel(figure, left_mm=12, top_mm=7, width_mm=COURSE_MM, height_mm=tall)
    band = _draw_course(axes, found, looks)
    beside = panel(figure, left_mm=12 + COURSE_MM + 30, top_mm=7, width_mm=FOREST_MM, height_mm=ROW_MM * rows)
    _draw_experiments(beside, verdict, found, looks)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(12 / DOUBLE_MM, 0.005), ncols=min(max(len(labels), 1), 6),
        handletextpad=0.2, columnspacing=1.2, borderpad=0.1,
    )  # fmt: skip
    return finish(
        figure,
        name=f"{anchor}-course",
        title=f"{found.target}: {len(found.membranes)} membranes, {found.experiments} experiments",
        alt=_alt(found),
        caption=_course_caption(found, band),
        points=_points_table(found.course.points, "minutes_after_dose"),
    )


def _draw_course(axes: Axes, found: TargetReplicates, looks: dict[str, tuple[str, str]]) -> CourseBand | None:
    verdict, points = found.verdict, found.course.points
    axes.axhline(1.0, color=MUTED, lw=0.5)
    axes.axvspan(0, verdict.by_minutes, color=FAINT, alpha=0.5, lw=0)
    axes.axhline(1 - verdict.wanted_loss, color=INK, lw=0.6, ls=(0, (4, 2)))
    last = max((point.x for point in points), default=verdict.by_minutes)
    band = None
    if found.course.fit is not None and found.course.fit.kind != "none":
        # A course that was cut where a return is suspected is drawn as far as it was fitted
        fits = [one.fit for one in found.course.fit.by_experiment if one.fit is not None]
        end = max((float(fit.points.minutes.max()) for fit in fits), default=last)
        grid = np.unique(np.concatenate([np.linspace(0, min(LINEAR_MINUTES, end), 40), np.geomspace(1, end, GRID)]))
        band = course_band(found.course.fit, grid)
    if band is not None:
        axes.fill_between(band.minutes, band.low, np.minimum(band.high, HIGHEST), color=MUTED, alpha=BAND_ALPHA, lw=0)
        axes.plot(band.minutes, band.remaining, color=INK, lw=1.0)
    highest = max([1.15, *(min(_top(point), HIGHEST) for point in points)])
    _draw_points(axes, points, looks, highest)
    axes.set_ylim(0, highest * 1.05)
    axes.set_xscale("symlog", linthresh=LINEAR_MINUTES, linscale=1.0)
    axes.minorticks_off()
    places = sorted({point.x for point in points} | {0.0})
    axes.set_xticks(places, [format_minutes(x) if x else "0" for x in places])
    axes.set_xlim(-0.6, last * 1.2)
    axes.set_xlabel("time after the dose", labelpad=1.5)
    axes.set_ylabel(f"{found.target} / vehicle", labelpad=1.5)
    dose = f" at {format_molar(found.working_dose_molar)}" if found.working_dose_molar else ""
    axes.set_title(f"{found.target}{dose}", pad=3)
    return band


def _top(point: CoursePoint) -> float:
    return point.high if math.isfinite(point.high) else point.remaining


def _draw_points(
    axes: Axes, points: Sequence[CoursePoint], looks: dict[str, tuple[str, str]], highest: float, *, floor: float = 0.0
) -> None:
    """Draw a mark for each membrane and place, side by side where they would hide each other."""
    named: set[str] = set()
    for point in points:
        colour, marker = looks[point.membrane]
        label = None if point.membrane in named else point.membrane
        named.add(point.membrane)
        y = min(max(point.remaining, floor), highest)
        if point.state == "measured":
            if math.isfinite(point.low) and math.isfinite(point.high):
                axes.plot([point.x] * 2, [max(point.low, floor), min(point.high, highest)], color=colour, lw=0.7)
            axes.plot([point.x], [y], ls="", marker=marker, color=colour, ms=3.2, label=label, clip_on=False)
            continue
        shape = "v" if point.state == "below" else "^"
        axes.plot(
            [point.x], [y], ls="", marker=shape, markerfacecolor=PAPER, markeredgecolor=colour, ms=3.6, label=label,
            clip_on=False,
        )  # fmt: skip


def _draw_experiments(
    axes: Axes, verdict: LossVerdict, found: TargetReplicates, looks: dict[str, tuple[str, str]]
) -> None:
    """Draw each experiment's ratio at the deciding harvest, and the mean over them, on a logarithmic axis."""
    bound = 1 - verdict.wanted_loss
    rows = len(verdict.experiments)
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.axvspan(SMALLEST, bound, color=FAINT, alpha=0.5, lw=0)
    axes.axvline(bound, color=INK, lw=0.6, ls=(0, (4, 2)))
    highest = 1.2
    for row, one in enumerate(verdict.experiments):
        colour, marker = looks[one.membranes[0]]
        value, reach = math.exp(one.log_ratio), math.exp(1.959964 * math.sqrt(one.variance))
        highest = max(highest, min(value * reach, HIGHEST))
        at = max(value, SMALLEST)
        if one.state == "measured":
            axes.plot([max(value / reach, SMALLEST), value * reach], [row] * 2, color=colour, lw=0.8)
            axes.plot([at], [row], ls="", marker=marker, color=colour, ms=3.4)
        else:
            arrow = "<" if one.state == "below" else ">"
            axes.plot([at], [row], ls="", marker=arrow, markerfacecolor=PAPER, markeredgecolor=colour, ms=4)
    names = [one.experiment for one in verdict.experiments]
    loss = verdict.loss
    if loss.state in ("measured", "above", "below"):
        low, high = (1 - end if math.isfinite(end) else math.nan for end in (loss.high, loss.low))
        left, right = max(low, SMALLEST), min(high, HIGHEST) if math.isfinite(high) else HIGHEST
        axes.plot([left, right], [rows] * 2, color=BLUE, lw=1.6, solid_capstyle="butt")
        axes.plot([max(1 - loss.value, SMALLEST)], [rows], ls="", marker="D", color=BLUE, ms=3.8)
        names.append(f"mean, n = {loss.n}")
        highest = max(highest, min(right, HIGHEST))
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(len(names), 1) - 0.4, -0.6)
    axes.set_xticks([tick for tick in TICKS if tick <= highest], [f"{t:.0%}" for t in TICKS if t <= highest])
    axes.set_xlim(SMALLEST, highest * 1.1)
    if not verdict.experiments:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no harvest to judge by", transform=axes.transAxes, ha="center", size=SMALL_PT, color=MUTED)
    when = format_minutes(verdict.minutes) if math.isfinite(verdict.minutes) else ""
    axes.set_xlabel(f"{found.target} left at {when}, of vehicle" if when else "left, of vehicle", labelpad=1.5)
    chance = ""
    if math.isfinite(verdict.chance):
        chance = f": P(> {verdict.wanted_loss:.0%} lost) = {span(verdict.chance_low, verdict.chance_high)}"
    axes.set_title(f"{verdict.call}{chance}", pad=3)


def _course_caption(found: TargetReplicates, band: CourseBand | None) -> str:
    verdict = found.verdict
    line = (
        "No course could be fitted. "
        if band is None
        else f"Line and band: mean course over {band.experiments} experiments with its 95 % interval at each time. "
        if band.experiments > 1
        else "Line and band: the course of one experiment and its 95 % interval, which knows nothing of other days. "
    )
    return (
        "Left: one point for each membrane and harvest, loading-normalised, as a fraction of the vehicle lanes of its "
        "membrane, with the interval of densitometry where it is known; hollow triangle: below detection, drawn at the "
        f"limit (upwards: saturated). Shaded: by {format_minutes(verdict.by_minutes)}; dashed: "
        f"{1 - verdict.wanted_loss:.0%} left. The time axis is linear up to {LINEAR_MINUTES:g} min. {line}"
        "Right: each experiment at the deciding harvest, and their mean with its 95 % interval; lanes and membranes "
        f"of one experiment are averaged. {verdict.why}."
    )


def _alt(found: TargetReplicates) -> str:
    verdict = found.verdict
    each = "; ".join(
        f"{one.experiment} {'below ' if one.state == 'below' else ''}{math.exp(one.log_ratio):.3g}"
        for one in verdict.experiments
    )
    return f"{found.target} over {len(found.membranes)} membranes: {verdict.call}. {verdict.why}. Of vehicle: {each}."


def _dose_figure(found: TargetReplicates, anchor: str) -> Drawing:
    doses, looks = found.doses, _looks(found)
    figure = sheet(MIDDLE_MM, TALL_MM + 22)
    width = MIDDLE_MM - 16
    axes = panel(figure, left_mm=12, top_mm=7, width_mm=width, height_mm=TALL_MM)
    axis = dose_axis([point.x for point in doses.points])
    axes.axhline(1.0, color=MUTED, lw=0.5)
    highest = max([1.15, *(min(_top(point), HIGHEST) for point in doses.points)])
    placed = [
        CoursePoint(
            membrane=p.membrane, experiment=p.experiment, x=float(axis.place([p.x])[0]), remaining=p.remaining,
            low=p.low, high=p.high, state=p.state,
        )
        for p in doses.points
    ]  # fmt: skip
    given = sorted(point.x for point in doses.points if point.x > 0)
    fit = doses.fit
    if fit is not None and fit.pooled is not None:
        last = float(np.max(fit.pooled.fit.points.doses_molar))
        grid = np.geomspace(given[0], last, GRID)
        axes.plot(axis.place(grid), fit.pooled.fit.response(grid), color=INK, lw=1.0)
    if fit is not None and fit.dc50_absolute_molar.state == "measured":
        dc50 = fit.dc50_absolute_molar
        low, high = max(dc50.low, given[0]), min(dc50.high, given[-1])
        axes.plot(axis.place([low, high]), [0.5, 0.5], color=BLUE, lw=1.6, solid_capstyle="butt")
        axes.plot(axis.place([dc50.value]), [0.5], ls="", marker="D", color=BLUE, ms=3.8)
    _draw_points(axes, placed, looks, highest)
    axes.set_ylim(0, highest * 1.05)
    dress_dose_axis(axes, axis, width_mm=width)
    axes.set_ylabel(f"{found.target} / vehicle", labelpad=1.5)
    when = f" at {format_minutes(doses.minutes)}" if doses.minutes else ""
    axes.set_title(f"{found.target}{when}", pad=3)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(12 / MIDDLE_MM, 0.005), ncols=min(max(len(labels), 1), 5),
        handletextpad=0.2, columnspacing=1.2, borderpad=0.1,
    )  # fmt: skip
    return finish(
        figure,
        name=f"{anchor}-doses",
        title=f"{found.target}: dose curve over {len({p.membrane for p in doses.points})} membranes",
        alt=f"{found.target} against dose. {_dose_words(found)}",
        caption="One point for each membrane and dose, as a fraction of the vehicle lanes of its membrane. Line: fit "
        f"of all points, for the eye; numbers are over experiments. {_dose_words(found)} Blue: absolute DC50 with its "
        "95 % interval.",
        points=_points_table(doses.points, "dose_molar"),
    )


def _dose_words(found: TargetReplicates) -> str:
    fit = found.doses.fit
    if fit is None:
        return f"No curve: {found.doses.why}."
    return (
        f"Relative DC50 {_molar(fit.dc50_molar)}, absolute DC50 {_molar(fit.dc50_absolute_molar)}, Dmax {fit.dmax}; "
        f"{fit.shape.replace('_', ' ')}: {fit.why}".rstrip(".")
        + "."
    )


def _molar(estimate: Estimate) -> str:
    if estimate.state in ("below", "above"):
        return f"{'<' if estimate.state == 'below' else '>'} {format_molar(float(f'{estimate.value:.3g}'))}"
    if estimate.state != "measured":
        return str(estimate)
    ends = [
        format_molar(float(f"{end:.3g}")) if 0 < end < math.inf else "open" for end in (estimate.low, estimate.high)
    ]
    return f"{format_molar(float(f'{estimate.value:.3g}'))} ({ends[0]} to {ends[1]})"


def _points_table(points: Sequence[CoursePoint], axis: str) -> pd.DataFrame:
    columns = {
        "membrane": "str", "experiment": "str", axis: "float64", "ratio_to_vehicle": "float64", "low": "float64",
        "high": "float64", "state": "str",
    }  # fmt: skip
    rows = [
        {
            "membrane": p.membrane, "experiment": p.experiment, axis: p.x, "ratio_to_vehicle": p.remaining,
            "low": p.low, "high": p.high, "state": p.state,
        }
        for p in points
    ]  # fmt: skip
    return frame(rows, columns)
