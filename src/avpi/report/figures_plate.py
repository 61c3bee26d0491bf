"""Figures of one plate: the map of its wells with the layout, and the arms with their wells as points."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from avpi.names import Condition
from avpi.plate.results import Arm, PlateResult, Well
from avpi.readings import row_letters
from avpi.report.drawing import DOUBLE_MM, MIDDLE_MM, SMALL_PT, TEXT_PT, Drawing, finish, panel, sheet
from avpi.report.palette import DARK, INK, MUTED, ORANGE, PAPER, SKY_BLUE, text_on, viability_colours
from avpi.report.tables import frame
from avpi.report.words import STATE_WORDS, estimate_words, number
from avpi.study.schema import Rules

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROLE_LETTERS: Final = {"vehicle": "V", "blank": "B", "kill": "K", "empty": "", "sample": ""}
STATE_LETTERS: Final = {"missing": "–", "overflow": "O", "unlabelled": "?", "excluded": "×"}
LARGEST_LABELLED: Final = 384
"""Wells of the largest plate whose wells have room for a label of 5 pt at 183 mm."""
LARGEST_WITH_VALUES: Final = 96
BRIGHTEST: Final = 1.2
"""Upper end of the viability scale: 20 % above vehicle; brighter wells have the end's colour (assumed)."""
MOST_ARMS: Final = 36
"""Arms drawn as bars; a plate with more (dose series) keeps them all in the table and the CSV."""
KEY_LINE_MM: Final = 3.4
KEY_LETTERS: Final = 136
"""Letters of a line of the key, measured on DejaVu Sans at 6 pt across 172 mm."""
BAR_MM: Final = 4.6
LABEL_MM: Final = 46.0


def draw_plate(plate: PlateResult, anchor: str, rules: Rules) -> list[Drawing]:
    """Draw both figures of a plate."""
    return [_map_figure(plate, anchor), _arms_figure(plate, anchor, rules)]


def _map_figure(plate: PlateResult, anchor: str) -> Drawing:
    codes = {arm.condition: str(i) for i, arm in enumerate(plate.arms, start=1)}
    legend = _legend_lines(plate)
    rows, columns = plate.shape
    width = DOUBLE_MM - 26
    tall = width / columns * rows * (0.62 if rows * columns <= LARGEST_WITH_VALUES else 0.8)
    height = 8 + tall + 5 + KEY_LINE_MM * len(legend) + 2
    figure = sheet(DOUBLE_MM, height)
    axes = panel(figure, left_mm=8, top_mm=8, width_mm=width, height_mm=tall)
    values, what = _shown_values(plate)
    mesh = _draw_cells(axes, plate, values, what)
    if rows * columns <= LARGEST_LABELLED:
        _label_wells(axes, plate, values, mesh, codes)
    scale = panel(figure, left_mm=8 + width + 4, top_mm=8, width_mm=3, height_mm=tall)
    bar = figure.colorbar(mesh, cax=scale)
    bar.outline.set_linewidth(0.4)
    scale.set_title(what, fontsize=SMALL_PT, weight="normal", loc="center")
    for i, line in enumerate(legend):
        top = 1 - (8 + tall + 5 + KEY_LINE_MM * i) / height
        figure.text(8 / DOUBLE_MM, top, line, size=TEXT_PT, va="top", color=INK)
    return finish(
        figure,
        name=f"{anchor}-map",
        title=f"{plate.name}: plate map",
        alt=_map_alt(plate, what),
        caption=f"Each well: code of its condition{_value_words(plate, what)}. V vehicle, B blank, K kill control, "
        "– not read, O detector saturated, ? not in the layout, × excluded by hand. Wells without a number "
        "are hatched, never zero.",
        points=_well_points(plate),
    )


def _value_words(plate: PlateResult, what: str) -> str:
    if plate.shape[0] * plate.shape[1] > LARGEST_WITH_VALUES:
        return "; values are in the CSV"
    return " and its viability in % of vehicle" if what == "viability" else f" and its {what}"


def _shown_values(plate: PlateResult) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], str]:
    """Return the plate's viabilities, or its raw readings where no viability could be computed."""
    values = np.full(plate.shape, math.nan)
    by_viability = any(math.isfinite(well.viability) for well in plate.wells)
    for well in plate.wells:
        values[well.row, well.column] = well.viability if by_viability else well.raw
    return values, "viability" if by_viability else "raw"


def _draw_cells(
    axes: Axes, plate: PlateResult, values: np.ndarray[tuple[int, int], np.dtype[np.float64]], what: str
) -> Any:
    rows, columns = plate.shape
    top = BRIGHTEST if what == "viability" else float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
    mesh = axes.pcolormesh(
        np.arange(columns + 1) + 0.5,
        np.arange(rows + 1) + 0.5,
        np.ma.masked_invalid(values),
        cmap=viability_colours(),
        vmin=0,
        vmax=top,
        edgecolors=PAPER,
        linewidth=0.4,
        rasterized=rows * columns > LARGEST_LABELLED,
    )
    axes.set_xlim(0.5, columns + 0.5)
    axes.set_ylim(rows + 0.5, 0.5)
    step = 1 if columns <= 24 else 2
    axes.set_xticks(range(1, columns + 1, step), [str(c) for c in range(1, columns + 1, step)])
    axes.set_yticks(range(1, rows + 1, step), [row_letters(r) for r in range(0, rows, step)])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return mesh


def _label_wells(
    axes: Axes,
    plate: PlateResult,
    values: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    mesh: Any,
    codes: Mapping[Condition, str],
) -> None:
    from matplotlib.patches import Rectangle

    with_values = plate.shape[0] * plate.shape[1] <= LARGEST_WITH_VALUES
    colours = mesh.cmap(mesh.norm(np.nan_to_num(values)))
    for well in plate.wells:
        x, y, value = well.column + 1, well.row + 1, values[well.row, well.column]
        letter = STATE_LETTERS.get(well.state, "")
        code = ROLE_LETTERS[well.role] or (codes.get(well.condition, "") if well.condition else "")
        known = math.isfinite(value)
        if not known and (letter or code):
            axes.add_patch(
                Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, hatch="//////", edgecolor=MUTED, linewidth=0)
            )
        ink = text_on(*colours[well.row, well.column][:3]) if known else INK
        first = f"{code} {letter}".strip()
        if first:
            axes.text(
                x,
                y - (0.18 if with_values else 0),
                first,
                size=SMALL_PT,
                ha="center",
                va="center",
                color=ink,
                weight="bold",
            )
        if with_values and known:
            axes.text(
                x, y + 0.24, _cell_value(value, mesh.norm.vmax), size=SMALL_PT, ha="center", va="center", color=ink
            )


def _cell_value(value: float, top: float) -> str:
    # Rounded first, so that a well just under the background reads 0 and not -0.
    return number(float(round(value * 100))) if top == BRIGHTEST else number(value)


def _legend_lines(plate: PlateResult) -> list[str]:
    """Return the codes of the conditions, several a line."""
    entries = [f"{i} {arm.described or arm.condition.label}" for i, arm in enumerate(plate.arms, start=1)]
    lines = textwrap.wrap(" · ".join(e.replace(" ", "\u00a0") for e in entries), KEY_LETTERS, break_long_words=False)
    return lines if len(lines) <= 8 else [*lines[:8], "… (all conditions: table of wells)"]


def _map_alt(plate: PlateResult, what: str) -> str:
    rows, columns = plate.shape
    read = sum(math.isfinite(well.raw) for well in plate.wells)
    odd = {s: sum(well.state == s for well in plate.wells) for s in STATE_LETTERS}
    rest = ", ".join(f"{n} {STATE_WORDS[state]}" for state, n in odd.items() if n)
    return (
        f"Plate {plate.name}, {rows} by {columns} wells, coloured by {what}; {read} wells read"
        f"{'; ' + rest if rest else ''}."
    )


def _well_points(plate: PlateResult) -> pd.DataFrame:
    columns = {
        "well": "str",
        "role": "str",
        "condition": "str",
        "raw": "float64",
        "viability": "float64",
        "state": "str",
    }
    rows = [
        {
            "well": w.name,
            "role": w.role,
            "condition": w.condition.label if w.condition else "",
            "raw": w.raw,
            "viability": w.viability,
            "state": w.state,
        }
        for w in plate.wells
    ]
    return frame(rows, columns)


def _arms_figure(plate: PlateResult, anchor: str, rules: Rules) -> Drawing:
    """Draw each arm as a bar with its interval and its wells as points."""
    arms = plate.arms[:MOST_ARMS]
    labels = [textwrap.shorten(arm.described or arm.condition.label, 44, placeholder=" …") for arm in arms]
    tall = BAR_MM * max(len(arms), 1)
    figure = sheet(MIDDLE_MM, tall + 15)
    axes = panel(figure, left_mm=LABEL_MM, top_mm=3, width_mm=MIDDLE_MM - LABEL_MM - 4, height_mm=tall)
    for y, arm in enumerate(arms):
        _draw_arm(axes, y, arm, _wells_of(plate, arm))
    axes.axvline(1.0, color=MUTED, lw=0.6)
    axes.axvline(1 - rules.kill, color=INK, lw=0.6, ls=(0, (4, 2)))
    axes.annotate(
        f"{rules.kill:.0%} loss",
        (1 - rules.kill, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-1.5, 1),
        textcoords="offset points",
        ha="right",
        size=SMALL_PT,
        color=INK,
    )
    axes.set_yticks(range(len(arms)), labels)
    axes.tick_params(axis="y", length=0, labelsize=SMALL_PT)
    axes.set_ylim(len(arms) - 0.4, -0.6)
    axes.set_xlim(0, max(BRIGHTEST, axes.get_xlim()[1]))
    axes.set_xlabel("viability / vehicle of this plate", size=TEXT_PT)
    left_out = f" {len(plate.arms) - len(arms)} further arms are in the CSV." if len(plate.arms) > len(arms) else ""
    return finish(
        figure,
        name=f"{anchor}-arms",
        title=f"{plate.name}: viability by condition",
        alt=_arms_alt(plate),
        caption="Bars: mean of the wells with the interval from this plate alone (n = 1 experiment). Points: wells, "
        "which are not n. Filled: arms at the working doses, which the verdict reads; outlined: other doses. Dashed: "
        "the rule's loss against vehicle, for orientation; the rule itself holds an arm against the same arm without "
        f"mimetic.{left_out}",
        points=_arm_points(plate),
    )


def _wells_of(plate: PlateResult, arm: Arm) -> list[Well]:
    return [w for w in plate.wells if w.condition == arm.condition and w.state == "used" and math.isfinite(w.viability)]


def _draw_arm(axes: Axes, y: int, arm: Arm, wells: Sequence[Well]) -> None:
    estimate = arm.viability
    if math.isfinite(estimate.value):
        fill = {"color": SKY_BLUE} if arm.at_working_doses else {"facecolor": "none", "edgecolor": SKY_BLUE, "lw": 0.8}
        axes.barh(y, max(estimate.value, 0.0), height=0.72, **fill)
        if math.isfinite(estimate.low) and math.isfinite(estimate.high):
            axes.plot([estimate.low, estimate.high], [y, y], color=PAPER, lw=2.0, zorder=4)
            axes.plot([estimate.low, estimate.high], [y, y], color=INK, lw=0.9, zorder=5)
    else:
        axes.text(0.01, y, STATE_WORDS[estimate.state], size=SMALL_PT, va="center", color=INK)
    spread = np.linspace(-0.24, 0.24, len(wells)) if len(wells) > 1 else np.zeros(len(wells))
    axes.plot(
        [w.viability for w in wells],
        y + spread,
        ls="",
        marker="o",
        ms=2.2,
        markerfacecolor=ORANGE,
        zorder=3,
        markeredgecolor=DARK,
        markeredgewidth=0.3,
    )


def _arms_alt(plate: PlateResult) -> str:
    arms = "; ".join(
        f"{a.described or a.condition.label} {estimate_words(a.viability, as_percent=True)}" for a in plate.arms
    )
    return f"Viability relative to vehicle on plate {plate.name}. {arms}."


def _arm_points(plate: PlateResult) -> pd.DataFrame:
    columns = {
        "condition": "str",
        "at_working_doses": "bool",
        "kind": "str",
        "well": "str",
        "viability": "float64",
        "low": "float64",
        "high": "float64",
        "state": "str",
    }
    rows: list[dict[str, Any]] = []
    for arm in plate.arms:
        shared = {"condition": arm.described or arm.condition.label, "at_working_doses": arm.at_working_doses}
        v = arm.viability
        rows.append(
            {**shared, "kind": "mean", "well": "", "viability": v.value, "low": v.low, "high": v.high, "state": v.state}
        )
        rows += [
            {
                **shared,
                "kind": "well",
                "well": w.name,
                "viability": w.viability,
                "low": math.nan,
                "high": math.nan,
                "state": w.state,
            }
            for w in _wells_of(plate, arm)
        ]
    return frame(rows, columns)
