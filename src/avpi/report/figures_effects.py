"""Figure of the numbers behind the verdict: each effect with its interval against its threshold."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Final

import pandas as pd

from avpi.report.drawing import MIDDLE_MM, SMALL_PT, Drawing, finish, panel, sheet
from avpi.report.palette import BLUE, INK, MUTED, VERMILLION
from avpi.report.tables import frame
from avpi.report.words import STATE_WORDS
from avpi.verdict.results import Effect, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_MM: Final = 5.0
LABEL_MM: Final = 60.0
LONGEST_LABEL: Final = 56
LEAST, MOST = -0.6, 1.6
"""Ends of the axis: longer intervals end in an arrow, so that one wild ratio does not flatten the others (assumed)."""


def draw_effects(verdict: Verdict) -> list[Drawing]:
    """Draw the effects; none where the verdict has none."""
    if not verdict.effects:
        return []
    tall = ROW_MM * len(verdict.effects)
    figure = sheet(MIDDLE_MM, tall + 14)
    axes = panel(figure, left_mm=LABEL_MM, top_mm=4, width_mm=MIDDLE_MM - LABEL_MM - 4, height_mm=tall)
    axes.axvline(0, color=MUTED, lw=0.5)
    for y, effect in enumerate(verdict.effects):
        _draw_effect(axes, y, effect)
    labels = [
        f"{textwrap.shorten(e.label, LONGEST_LABEL, placeholder=' …')} (n = {e.estimate.n})" for e in verdict.effects
    ]
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0, labelsize=SMALL_PT)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(LEAST, MOST)
    axes.set_xlabel("effect (fraction; synergy on the log scale)")
    return [
        finish(
            figure,
            name="effects",
            title="Numbers behind the verdict",
            alt=_alt(verdict),
            caption="Point and line: estimate and interval over independent experiments. Vermillion tick: the rule's "
            "threshold. An arrow marks an interval that goes on beyond the axis; the table has its numbers.",
            points=_points(verdict),
        )
    ]


def _draw_effect(axes: Axes, y: int, effect: Effect) -> None:
    estimate = effect.estimate
    if math.isfinite(effect.threshold):
        axes.plot([effect.threshold] * 2, [y - 0.36, y + 0.36], color=VERMILLION, lw=1.6)
    if not math.isfinite(estimate.value):
        axes.text(0.02, y, STATE_WORDS[estimate.state], size=SMALL_PT, va="center", color=INK)
        return
    if not (math.isnan(estimate.low) or math.isnan(estimate.high)):
        low, high = max(estimate.low, LEAST), min(estimate.high, MOST)
        axes.plot([low, high], [y, y], color=BLUE, lw=1.3)
        for end, marker in ((LEAST, "<"), (MOST, ">")):
            if (estimate.low < LEAST and end == LEAST) or (estimate.high > MOST and end == MOST):
                axes.plot([end], [y], ls="", marker=marker, color=BLUE, ms=3, clip_on=False)
    if LEAST <= estimate.value <= MOST:
        marker = {"below": "<", "above": ">"}.get(estimate.state, "o")
        axes.plot([estimate.value], [y], ls="", marker=marker, color=BLUE, ms=4)


def _alt(verdict: Verdict) -> str:
    return (
        "Effects. " + "; ".join(f"{e.label}: {e.estimate}, threshold {e.threshold:.2g}" for e in verdict.effects) + "."
    )


def _points(verdict: Verdict) -> pd.DataFrame:
    columns = {
        "effect": "str",
        "label": "str",
        "estimate": "float64",
        "low": "float64",
        "high": "float64",
        "state": "str",
        "n": "int64",
        "threshold": "float64",
    }
    rows = [
        {
            "effect": e.name,
            "label": e.label,
            "estimate": e.estimate.value,
            "low": e.estimate.low,
            "high": e.estimate.high,
            "state": e.estimate.state,
            "n": e.estimate.n,
            "threshold": e.threshold,
        }
        for e in verdict.effects
    ]
    return frame(rows, columns)
