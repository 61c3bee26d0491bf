"""The fit behind every volume: grey levels along each lane, the background line, the bands above it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from avpi.blot.lane_profile import LaneProfile
from avpi.blot.results import BlotResult
from avpi.report.drawing import DOUBLE_MM, SMALL_PT, Drawing, finish, panel, sheet
from avpi.report.palette import BAND_STATES, BLUE, FAINT, INK, MUTED, SKY_BLUE, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ABREAST: Final = 8
LEFT_MM, GAP_MM, TALL_MM, HEAD_MM, FOOT_MM, BETWEEN_MM = 13.0, 2.0, 24.0, 8.0, 11.0, 7.0
ROOM: Final = 0.08
"""Of the span of the grey levels, above and below."""
FILL: Final = 0.35


def draw_profiles(blot: BlotResult, anchor: str) -> list[Drawing]:
    """Draw the fits of a blot, the target's lanes first; nothing where no fit was kept."""
    if not blot.profiles:
        return []
    rows = [
        [profile for profile in blot.profiles if profile.role == role][at : at + ABREAST]
        for role in ("target", "control")
        for at in range(0, sum(profile.role == role for profile in blot.profiles), ABREAST)
    ]
    figure = sheet(DOUBLE_MM, HEAD_MM + len(rows) * (TALL_MM + BETWEEN_MM) + FOOT_MM)
    width = (DOUBLE_MM - LEFT_MM - 2) / ABREAST - GAP_MM
    for line, profiles in enumerate(rows):
        low, high = _span(profiles)
        for place, profile in enumerate(profiles):
            axes = panel(
                figure,
                left_mm=LEFT_MM + place * (width + GAP_MM),
                top_mm=HEAD_MM + line * (TALL_MM + BETWEEN_MM),
                width_mm=width,
                height_mm=TALL_MM,
            )
            _draw_profile(axes, profile, blot, (low, high), first=place == 0)
    height = HEAD_MM + len(rows) * (TALL_MM + BETWEEN_MM) + FOOT_MM
    words = (
        "below: row of the image · points: grey levels · line: fit · dashed: background · "
        "filled: the band whose volume is taken · orange: a neighbour"
    )
    figure.text(LEFT_MM / DOUBLE_MM, 2.2 / height, words, size=SMALL_PT, color=MUTED)
    return [
        finish(
            figure,
            name=f"{anchor}-profiles",
            title=f"{blot.name}: fits along the lanes",
            alt=f"Grey levels along {len(blot.profiles)} lanes of {blot.name} with the fitted background and bands.",
            caption="Grey levels summed across each lane, against the row of the image; the lanes of a line share one "
            "scale. Filled: the band that is measured; orange: neighbouring bands, fitted and not counted. Gaps: rows "
            "at the top of the scale, which were left out.",
            points=_table(blot.profiles),
        )
    ]


def _span(profiles: Sequence[LaneProfile]) -> tuple[float, float]:
    values = np.concatenate([np.concatenate([p.observed, p.fitted, p.background]) for p in profiles])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = ROOM * max(high - low, 1.0)
    return low - room, high + room


def _draw_profile(
    axes: Axes, profile: LaneProfile, blot: BlotResult, span: tuple[float, float], *, first: bool
) -> None:
    rows, background = profile.rows_px, profile.background
    for at, band in enumerate(profile.bands):
        colour = SKY_BLUE if at == 0 else VERMILLION
        axes.fill_between(rows, background, background + band, color=colour, alpha=FILL, lw=0)
    axes.plot(rows, profile.observed, ls="", marker=".", ms=1.6, color=INK)
    axes.plot(rows, profile.fitted, color=BLUE, lw=0.8)
    axes.plot(rows, background, color=MUTED, lw=0.6, ls=(0, (3, 2)))
    axes.set_ylim(*span)
    axes.set_xlim(float(rows[0]), float(rows[-1]))
    middle = float(rows[rows.size // 2])
    axes.set_xticks([round(middle)])
    axes.tick_params(labelleft=first)
    if first:
        axes.set_ylabel(profile.name, labelpad=1.5)
        axes.locator_params(axis="y", nbins=5)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}".replace(",", "\u202f"))
    else:
        axes.spines["left"].set_color(FAINT)
        axes.tick_params(axis="y", length=0)
    lane = next((lane for lane in blot.lanes if lane.lane == profile.lane), None)
    band = lane.band(profile.role) if lane is not None else None
    letter = f" {BAND_STATES[band.state][1]}" if band is not None else ""
    axes.set_title(f"{profile.lane}{letter}", pad=2, size=SMALL_PT + 0.5)


def _table(profiles: Sequence[LaneProfile]) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "lane": profile.lane, "role": profile.role, "protein": profile.name, "row_px": profile.rows_px,
                "observed": profile.observed, "fitted": profile.fitted, "background": profile.background,
                "band": profile.bands[0] if len(profile.bands) else math.nan,
            }
        )
        for profile in profiles
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)
