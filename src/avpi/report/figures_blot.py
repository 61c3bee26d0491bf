"""Figures of one blot: the image with its boxes, and the loss of the target over time (or dose, or lane)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avpi.blot.results import Band, BlotResult, LaneResult
from avpi.blot.timecourse import ENGAGEMENT_TARGET
from avpi.quantity import format_minutes, format_molar
from avpi.readings import BlotImage
from avpi.report.drawing import DOUBLE_MM, SINGLE_MM, SMALL_PT, Drawing, finish, panel, sheet
from avpi.report.figures_profiles import draw_profiles
from avpi.report.palette import BAND_STATES, DARK, FAINT, INK, MUTED, SERIES, WHITE
from avpi.report.tables import frame
from avpi.report.words import STATE_WORDS
from avpi.study.schema import Rules

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE_PX: Final = 900
"""Widest picture in the report; the file itself is beside the study."""
DISPLAY_PERCENTILES: Final = (0.5, 99.8)
"""Grey levels between these percentiles are spread over the display; a choice for the eye only (assumed)."""
TALLEST_MM: Final = 105.0
SIDE_MM, HEAD_MM, FOOT_MM = 4.0, 9.0, 9.0
MOST_TIME_TICKS: Final = 8
LETTER_MM: Final = 1.1
"""Mean width of a letter of 5 pt."""
LINEAR_MINUTES: Final = 15.0
"""The time axis is linear up to the guide's first harvest and logarithmic beyond."""


def draw_blot(blot: BlotResult, anchor: str, rules: Rules) -> list[Drawing]:
    """Draw the figures of a blot: its picture with the boxes, the fits along its lanes, its ratios."""
    return [_image_figure(blot, anchor), *draw_profiles(blot, anchor), _course_figure(blot, anchor, rules)]


def _image_figure(blot: BlotResult, anchor: str) -> Drawing:
    """Draw the picture(s) of a blot with every box, its state by colour and letter."""
    pictures = [(blot.image, [(lane, b) for lane in blot.lanes for b in lane.bands if not _elsewhere(blot, b)])]
    if blot.control_image is not None:
        on_control = [(lane, b) for lane in blot.lanes for b in lane.bands if _elsewhere(blot, b)]
        pictures.append((blot.control_image, on_control))
    heights = [_height_mm(image) for image, _ in pictures]
    height = sum(heights) + len(pictures) * HEAD_MM + FOOT_MM
    figure = sheet(DOUBLE_MM, height)
    top, notes = 0.0, []
    for i, ((image, boxes), tall) in enumerate(zip(pictures, heights, strict=True)):
        width = min(DOUBLE_MM - 2 * SIDE_MM, tall * image.pixels.shape[1] / image.pixels.shape[0])
        axes = panel(figure, left_mm=SIDE_MM, top_mm=top + HEAD_MM, width_mm=width, height_mm=tall)
        notes.append(_draw_picture(axes, image, blot))
        _draw_boxes(axes, boxes)
        _number_lanes(axes, blot.lanes, image)
        what = blot.target if i == 0 else blot.loading_control
        figure.text(
            SIDE_MM / DOUBLE_MM, 1 - (top + 3.2) / height, f"{what} · {image.source}", size=SMALL_PT, color=MUTED
        )
        top += HEAD_MM + tall
    _draw_legend(figure, blot, height)
    return finish(
        figure,
        name=f"{anchor}-image",
        title=f"{blot.name}: image and boxes",
        alt=_image_alt(blot),
        caption=f"{' '.join(notes)} Contrast is for display only: volumes come from the stored grey levels. "
        f"{_letters(blot)}",
        points=_box_table(blot),
    )


def _elsewhere(blot: BlotResult, band: Band) -> bool:
    """Return True for a box that lies on the separate image of the loading control."""
    return blot.control_image is not None and band.role == "control"


def _height_mm(image: BlotImage) -> float:
    rows, columns = image.pixels.shape
    return float(min(TALLEST_MM, (DOUBLE_MM - 2 * SIDE_MM) * rows / columns))


def _draw_picture(axes: Axes, image: BlotImage, blot: BlotResult) -> str:
    """Draw the pixels, dark bands on a light ground; return the sentence that says which grey levels are shown."""
    rows, columns = image.pixels.shape
    low, high = (float(x) for x in np.percentile(image.pixels, DISPLAY_PERCENTILES))
    shown = np.clip((_shrunk(image.pixels) - low) / max(high - low, 1.0), 0, 1)
    inverted = blot.polarity == "bright"
    grey = np.round((1 - shown if inverted else shown) * 255).astype(np.uint8)
    axes.imshow(grey, cmap="gray", vmin=0, vmax=255, extent=(-0.5, columns - 0.5, rows - 0.5, -0.5), aspect="auto")
    axes.set_axis_off()
    turned = ", inverted so that bands are dark" if inverted else ""
    return (
        f"{image.source}: {columns} × {rows} px, {image.bits}-bit; grey levels {low:.0f} to {high:.0f} shown{turned}."
    )


def _shrunk(pixels: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the pixels at most ``PICTURE_PX`` wide, by averaging."""
    from PIL import Image

    rows, columns = pixels.shape
    scale = min(1.0, PICTURE_PX / columns)
    picture = Image.fromarray(pixels.astype(np.float32))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return np.asarray(picture.resize(size, Image.Resampling.BOX), dtype=np.float32)


def _draw_boxes(axes: Axes, boxes: Sequence[tuple[LaneResult, Band]]) -> None:
    from matplotlib.patches import Rectangle

    for _, band in boxes:
        colour, letter, _words = BAND_STATES[band.state]
        left, top = band.x_px - band.width_px / 2, band.y_px - band.height_px / 2
        axes.add_patch(
            Rectangle(
                (left, top),
                band.width_px,
                band.height_px,
                fill=False,
                edgecolor=colour,
                lw=0.6 if band.role == "neighbour" else 1.1,
                ls={"manual": "--", "auto": ":" if band.role == "neighbour" else "-"}[band.origin],
            )
        )
        if band.role == "neighbour":
            continue
        mark = f"{letter}*" if band.origin == "manual" else letter
        ground = {"boxstyle": "square,pad=0.12", "facecolor": WHITE, "edgecolor": "none", "alpha": 0.85}
        axes.text(left, top, mark, size=SMALL_PT, weight="bold", color=DARK, va="bottom", ha="left", bbox=ground)


def _number_lanes(axes: Axes, lanes: Sequence[LaneResult], image: BlotImage) -> None:
    """Write each lane's number and label above the picture, slanted where they would touch."""
    columns = image.pixels.shape[1]
    room_mm = (DOUBLE_MM - 2 * SIDE_MM) / max(len(lanes), 1)
    crowded = any(len(lane_label(lane)) * LETTER_MM > 0.9 * room_mm for lane in lanes)
    for lane in lanes:
        if not 0 <= lane.x_px <= columns:
            continue
        words = str(lane.lane) if crowded else f"{lane.lane}\n{lane_label(lane)}"
        axes.annotate(
            words,
            (lane.x_px, -0.5),
            xytext=(0, 2.5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=SMALL_PT,
            color=INK,
            annotation_clip=False,
        )


def lane_label(lane: LaneResult) -> str:
    """Return the study's label of a lane, else what was added and when it was harvested."""
    if lane.label or lane.is_vehicle:
        return lane.label or "vehicle"
    when = "" if lane.minutes_after_dose is None else format_minutes(lane.minutes_after_dose)
    return when if when and lane.condition.label == "SM" else f"{lane.condition.label} {when}".strip()


def _draw_legend(figure: Any, blot: BlotResult, height_mm: float) -> None:
    present = [state for state in BAND_STATES if any(b.state == state for lane in blot.lanes for b in lane.bands)]
    x = SIDE_MM
    for state in present:
        colour, letter, words = BAND_STATES[state]
        figure.text(x / DOUBLE_MM, 4.6 / height_mm, "■", size=SMALL_PT + 1, color=colour)
        figure.text((x + 3) / DOUBLE_MM, 4.6 / height_mm, f"{letter} {words}", size=SMALL_PT, color=INK)
        x += 26
    lines = "solid: found automatically · dashed, with *: placed by hand · dotted: neighbouring band, not used"
    figure.text(SIDE_MM / DOUBLE_MM, 1.6 / height_mm, lines, size=SMALL_PT, color=MUTED)


def _letters(blot: BlotResult) -> str:
    by_hand = sum(b.origin == "manual" for lane in blot.lanes for b in lane.bands)
    moved = f" {by_hand} box{'es were' if by_hand != 1 else ' was'} placed by hand." if by_hand else ""
    return f"Letters: M measured, B below detection, S saturated, X missing.{moved}"


def _image_alt(blot: BlotResult) -> str:
    counts = {state: sum(b.state == state for lane in blot.lanes for b in lane.bands) for state in BAND_STATES}
    found = ", ".join(f"{n} {STATE_WORDS[state]}" for state, n in counts.items() if n)
    return f"Blot {blot.name} probed for {blot.target}, {len(blot.lanes)} lanes; boxes: {found or 'none'}."


def _box_table(blot: BlotResult) -> pd.DataFrame:
    columns = {
        "lane": "int64",
        "role": "str",
        "protein": "str",
        "image": "str",
        "x_px": "float64",
        "y_px": "float64",
        "width_px": "float64",
        "height_px": "float64",
        "state": "str",
        "origin": "str",
    }
    rows = [
        {
            "lane": lane.lane,
            "role": b.role,
            "protein": b.name,
            "image": (blot.control_image if _elsewhere(blot, b) else blot.image).source,  # type: ignore[union-attr]
            "x_px": b.x_px,
            "y_px": b.y_px,
            "width_px": b.width_px,
            "height_px": b.height_px,
            "state": b.state,
            "origin": b.origin,
        }
        for lane in blot.lanes
        for b in lane.bands
    ]
    return frame(rows, columns)


def _course_figure(blot: BlotResult, anchor: str, rules: Rules) -> Drawing:
    """Draw the target relative to vehicle along time; along dose or lanes where no times are declared."""
    axis = _axis_of(blot)
    figure = sheet(SINGLE_MM, 62)
    axes = panel(figure, left_mm=12, top_mm=4, width_mm=SINGLE_MM - 15, height_mm=43)
    axes.axhline(1.0, color=MUTED, lw=0.5)
    if axis == "minutes_after_dose" and blot.target == ENGAGEMENT_TARGET:
        _mark_rule(axes, rules)
    _draw_series(axes, blot, axis)
    _set_x(axes, blot, axis)
    axes.set_ylabel(f"{blot.target} / vehicle")
    axes.set_ylim(-0.08, max(1.25, axes.get_ylim()[1]))
    return finish(
        figure,
        name=f"{anchor}-course",
        title=f"{blot.name}: {blot.target} relative to vehicle",
        alt=_course_alt(blot),
        caption=f"Loading-normalised {blot.target} as a fraction of this blot's vehicle lanes, one point a lane, "
        "with its interval within this blot. Hollow triangle: at or below the limit of detection, drawn at that limit. "
        "Letters on the base line: S saturated, X missing or not estimable; they have no number.",
        points=_course_table(blot),
    )


def _axis_of(blot: BlotResult) -> str:
    for name in ("minutes_after_dose", "dose_molar"):
        if len({getattr(lane, name) for lane in blot.lanes if getattr(lane, name) is not None}) > 1:
            return name
    return "lane"


def _mark_rule(axes: Axes, rules: Rules) -> None:
    axes.axvspan(0, rules.engagement_by, color=FAINT, alpha=0.5, lw=0)
    axes.axhline(1 - rules.engaged, color=INK, lw=0.6, ls=(0, (4, 2)))
    words = f"shaded: by {format_minutes(rules.engagement_by)}; dashed: engaged, ≤ {1 - rules.engaged:.0%} left"
    axes.set_title(words, loc="right", size=SMALL_PT, weight="normal", pad=2)


def _series_name(lane: LaneResult) -> str:
    if lane.is_vehicle:
        return "vehicle"
    dose = f" {format_molar(lane.dose_molar)}" if lane.dose_molar else ""
    return f"{lane.condition.label}{dose}"


def _draw_series(axes: Axes, blot: BlotResult, axis: str) -> None:
    names = list(dict.fromkeys(_series_name(lane) for lane in blot.lanes))
    by_dose = axis == "dose_molar"
    for i, name in enumerate(["all lanes"] if by_dose else names):
        colour, marker = SERIES[i % len(SERIES)]
        colour = MUTED if name == "vehicle" else colour
        lanes = [lane for lane in blot.lanes if by_dose or _series_name(lane) == name]
        axes.plot([], [], ls="", marker=marker, color=colour, label=name)
        for lane in lanes:
            _draw_lane(axes, lane, _place(lane, axis), colour, marker)
    if len(names) > 1 and not by_dose:
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.46, -0.2),
            ncols=min(len(names), 4),
            handletextpad=0.1,
            columnspacing=0.9,
        )


def _place(lane: LaneResult, axis: str) -> float:
    if axis == "lane":
        return float(lane.lane)
    value = getattr(lane, axis)
    return 0.0 if value is None and lane.is_vehicle else math.nan if value is None else float(value)


def _draw_lane(axes: Axes, lane: LaneResult, x: float, colour: str, marker: str) -> None:
    ratio = lane.ratio_to_vehicle
    if ratio.state == "below":
        axes.plot([x], [ratio.value], ls="", marker="v", markerfacecolor="none", markeredgecolor=colour, clip_on=False)
    elif ratio.state in ("measured", "above") and math.isfinite(ratio.value):
        if math.isfinite(ratio.low) and math.isfinite(ratio.high):
            axes.plot([x, x], [ratio.low, ratio.high], color=colour, lw=0.7)
        axes.plot([x], [ratio.value], ls="", marker=marker, color=colour)
    elif math.isfinite(x):
        axes.text(
            x, -0.06, "S" if ratio.state == "saturated" else "X", size=SMALL_PT, ha="center", weight="bold", color=INK
        )


def _set_x(axes: Axes, blot: BlotResult, axis: str) -> None:
    places = sorted({x for lane in blot.lanes if math.isfinite(x := _place(lane, axis))})
    if axis == "lane":
        axes.set_xticks(places, [f"{x:g}" for x in places])
        axes.set_xlabel("lane")
        return
    minutes = axis == "minutes_after_dose"
    smallest = min((x for x in places if x > 0), default=1.0)
    axes.set_xscale("symlog", linthresh=LINEAR_MINUTES if minutes else smallest)
    axes.minorticks_off()
    every = math.ceil(len(places) / MOST_TIME_TICKS)
    ticks = places[::every]
    axes.set_xticks(ticks, [format_minutes(x) if minutes else format_molar(x) for x in ticks])
    axes.set_xlabel("time after dose" if minutes else "dose")
    axes.set_xlim(-0.04 * (LINEAR_MINUTES if minutes else smallest), max(places) * 1.25)


def _course_alt(blot: BlotResult) -> str:
    values = "; ".join(
        f"lane {lane.lane} ({lane.label or _series_name(lane)}): {lane.ratio_to_vehicle}" for lane in blot.lanes
    )
    return f"{blot.target} relative to vehicle in {blot.name}. {values}."


def _course_table(blot: BlotResult) -> pd.DataFrame:
    columns = {
        "lane": "int64",
        "series": "str",
        "minutes_after_dose": "float64",
        "dose_molar": "float64",
        "ratio_to_vehicle": "float64",
        "low": "float64",
        "high": "float64",
        "state": "str",
    }
    rows = [
        {
            "lane": lane.lane,
            "series": _series_name(lane),
            "minutes_after_dose": math.nan if lane.minutes_after_dose is None else lane.minutes_after_dose,
            "dose_molar": math.nan if lane.dose_molar is None else lane.dose_molar,
            "ratio_to_vehicle": lane.ratio_to_vehicle.value,
            "low": lane.ratio_to_vehicle.low,
            "high": lane.ratio_to_vehicle.high,
            "state": lane.ratio_to_vehicle.state,
        }
        for lane in blot.lanes
    ]
    return frame(rows, columns)
