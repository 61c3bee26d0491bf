"""Figure of one cytometry sample: its events with the gates and thresholds that were used."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from avpi.flow.results import Gate, SampleResult, Scatter
from avpi.report.drawing import DOUBLE_MM, SMALL_PT, Drawing, finish, panel, sheet
from avpi.report.palette import BLUISH_GREEN, DARK, MUTED, VERMILLION, WHITE, density_colours
from avpi.report.words import estimate_words, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ABREAST: Final = 3
CELL_MM, GUTTER_MM, HEAD_MM, FOOT_MM = 48.0, 12.0, 6.0, 10.0
BINS: Final = 128
"""Bins a side of a density picture: 0.4 mm each in print, below what 5 pt text resolves."""
CORNERS: Final = ((0.03, 0.04), (0.97, 0.04), (0.97, 0.96), (0.03, 0.96))
"""Corners of the picture of two stains, in the order of a sample's quadrants: - -, + -, + +, - +."""


def draw_sample(sample: SampleResult, anchor: str) -> list[Drawing]:
    """Draw the scatters of a sample; none where it has none."""
    if not sample.scatters:
        return []
    lines = math.ceil(len(sample.scatters) / ABREAST)
    height = lines * (HEAD_MM + CELL_MM + FOOT_MM)
    figure = sheet(DOUBLE_MM, height)
    gates = {gate.name: gate for gate in sample.gates}
    for i, scatter in enumerate(sample.scatters):
        line, column = divmod(i, ABREAST)
        axes = panel(
            figure,
            left_mm=10 + column * (CELL_MM + GUTTER_MM),
            top_mm=HEAD_MM + line * (HEAD_MM + CELL_MM + FOOT_MM),
            width_mm=CELL_MM,
            height_mm=CELL_MM,
        )
        _draw_events(axes, scatter)
        for name in scatter.gates:
            if name in gates:
                _draw_gate(axes, gates[name])
        if scatter.thresholds is not None:
            _draw_thresholds(axes, scatter.thresholds, sample)
    return [
        finish(
            figure,
            name=f"{anchor}-gates",
            title=f"{sample.name}: gates",
            alt=_alt(sample),
            caption=f"{sample.described or sample.condition.label}. Shade: events in {BINS} × {BINS} bins, darker is "
            "more, on a logarithmic scale; at most a few thousand events are drawn, all are counted. Solid outline: "
            "gate found automatically or from controls; dashed: by hand. Vermillion lines: thresholds.",
            points=_points(sample),
        )
    ]


def _draw_events(axes: Axes, scatter: Scatter) -> None:
    from matplotlib.colors import LogNorm

    axes.set_facecolor(WHITE)
    axes.set_title(scatter.title, pad=3)
    axes.set_xlabel(scatter.x_label)
    axes.set_ylabel(scatter.y_label)
    # Fixed places and few ticks: finding the places from the ticks' extents takes a third of a figure's time.
    axes.xaxis.set_label_coords(0.5, -5.5 / CELL_MM)
    axes.yaxis.set_label_coords(-7.0 / CELL_MM, 0.5)
    axes.locator_params(nbins=4)
    axes.yaxis.set_major_formatter(_thousands)
    axes.xaxis.set_major_formatter(_thousands)
    kept = np.isfinite(scatter.x) & np.isfinite(scatter.y)
    x, y = scatter.x[kept], scatter.y[kept]
    if not x.size:
        axes.text(0.5, 0.5, "no events", transform=axes.transAxes, ha="center", color=DARK)
        return
    (left, right), (bottom, top) = _span(x), _span(y)
    counts, _, _ = np.histogram2d(x, y, bins=BINS, range=((left, right), (bottom, top)))
    shown = np.ma.masked_equal(counts.T, 0)
    axes.imshow(
        shown,
        origin="lower",
        extent=(left, right, bottom, top),
        aspect="auto",
        cmap=density_colours(),
        norm=LogNorm(1, max(float(counts.max()), 2.0)),
    )


def _thousands(value: float, _place: float) -> str:
    """Return a tick's text; thousands are "k", because six digits would run into the axis label."""
    return f"{value / 1000:g}k".replace("-", "−") if abs(value) >= 1000 else f"{value:g}".replace("-", "−")


def _span(x: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    low, high = float(x.min()), float(x.max())
    pad = 0.03 * (high - low) or 1.0
    return low - pad, high + pad


def _draw_gate(axes: Axes, gate: Gate) -> None:
    from matplotlib.patches import Polygon

    if len(gate.vertices) < 3:
        return
    dashed = "--" if gate.origin == "manual" else "-"
    axes.add_patch(Polygon(gate.vertices, closed=True, fill=False, edgecolor=BLUISH_GREEN, lw=1.2, ls=dashed))
    share = percent(gate.passed / gate.of) if gate.of else ""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    x = float(np.clip(gate.vertices[:, 0].mean(), left, right))
    y = float(np.clip(gate.vertices[:, 1].max(), bottom, top))
    axes.annotate(
        f"{gate.name} {share}".strip(),
        (x, y),
        xytext=(0, -1.5),
        textcoords="offset points",
        ha="center",
        va="top",
        size=SMALL_PT,
        weight="bold",
        color=DARK,
        bbox={"boxstyle": "square,pad=0.15", "facecolor": WHITE, "edgecolor": "none", "alpha": 0.8},
    )


def _draw_thresholds(axes: Axes, thresholds: tuple[float, float], sample: SampleResult) -> None:
    x, y = thresholds
    if math.isfinite(x):
        axes.axvline(x, color=VERMILLION, lw=1.0)
    if math.isfinite(y):
        axes.axhline(y, color=VERMILLION, lw=1.0)
    if len(sample.fractions) == len(CORNERS):
        for name, (right, top) in zip(sample.fractions, CORNERS, strict=True):
            axes.text(
                right,
                top,
                percent(sample.fractions[name].value),
                transform=axes.transAxes,
                size=SMALL_PT + 1,
                weight="bold",
                color=DARK,
                ha="right" if right > 0.5 else "left",
                va="top" if top > 0.5 else "bottom",
                bbox={"boxstyle": "square,pad=0.15", "facecolor": WHITE, "edgecolor": MUTED, "lw": 0.3},
            )


def _alt(sample: SampleResult) -> str:
    shares = "; ".join(
        f"{name.replace('_', ' ')} {estimate_words(e, as_percent=True)}" for name, e in sample.fractions.items()
    )
    return f"Sample {sample.name}, {sample.singlets} single cells of {sample.events} events. {shares}."


def _points(sample: SampleResult) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"scatter": s.title, "x_label": s.x_label, "y_label": s.y_label, "x": s.x, "y": s.y})
        for s in sample.scatters
    ]
    return pd.concat(parts, ignore_index=True)
