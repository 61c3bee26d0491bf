"""The panels of a synergy figure: the map of scores with numbers, their contours, and the isobole."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from avpi.dose.isobole import Isobole
from avpi.report.dose_axis import DoseAxis, dose_axis, dress_dose_axis
from avpi.report.drawing import SMALL_PT, TEXT_PT
from avpi.report.palette import BLUE, DARK, INK, MUTED, ORANGE, PAPER, SKY_BLUE, VERMILLION, text_on
from avpi.report.synergy_matrix import LETTER_MM, POINTS, SynergyMatrix, dose_number, shared_unit, signed, writer

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap

LEAST_SCALE: Final = 20.0
"""Points at the ends of the colour scale at the least, so that noise does not look like synergy."""
HATCH: Final = "//////"
CONTOURS: Final = 5
"""Steps of the contours on either side of 0, at the most."""
FEWEST_FOR_CONTOURS: Final = 2
MOST_INDEX: Final = 3.0
"""A pair of an isobole beyond this share of a dose alone is drawn at the edge: the line would shrink to a corner."""


def synergy_colours() -> LinearSegmentedColormap:
    """Return the scale of scores: orange (antagonism), near white, sky blue (synergy), all light under dark text."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("synergy", [ORANGE, "#f3d28e", "#f7f7f5", "#addaf2", SKY_BLUE])


def draw_map(axes: Axes, matrix: SynergyMatrix, *, turned: bool) -> Any:
    """Draw the scores as a map with numbers; return the mesh for its colour bar.

    Parameters
    ----------
    turned : whether doses along the map are written upright.
    """
    from matplotlib.patches import Rectangle

    rows, columns = matrix.scores.shape
    colours = synergy_colours()
    values = POINTS * np.ma.masked_array(np.nan_to_num(matrix.scores), matrix.hatched)
    top = max(LEAST_SCALE, float(np.max(np.abs(values.compressed()), initial=0.0)))
    mesh = axes.pcolormesh(
        np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, values, cmap=colours, vmin=-top, vmax=top,
        edgecolors=PAPER, linewidth=0.4,
    )  # fmt: skip
    for i, j in np.ndindex(rows, columns):
        if matrix.hatched[i, j]:
            corner = (j - 0.5, i - 0.5)
            axes.add_patch(Rectangle(corner, 1, 1, fill=False, hatch=HATCH, edgecolor=MUTED, linewidth=0))
            continue
        ink = text_on(*colours(mesh.norm(values[i, j]))[:3])
        sure = bool(matrix.sure[i, j])
        look: dict[str, Any] = {
            "size": SMALL_PT,
            "ha": "center",
            "va": "center",
            "color": ink,
            "weight": "bold" if sure else "normal",
        }
        axes.text(j, i, signed(float(values[i, j])), **look)
        if sure:
            axes.add_patch(Rectangle((j - 0.43, i - 0.43), 0.86, 0.86, fill=False, edgecolor=ink, linewidth=0.6))
    _dress_map(axes, matrix, turned=turned)
    return mesh


def _dress_map(axes: Axes, matrix: SynergyMatrix, *, turned: bool) -> None:
    unit_a, factor_a = shared_unit(matrix.doses_a, matrix.unit_a)
    unit_b, factor_b = shared_unit(matrix.doses_b, matrix.unit_b)
    axes.set_yticks(range(matrix.doses_a.size), [dose_number(dose, factor_a) for dose in matrix.doses_a])
    words = [dose_number(dose, factor_b) for dose in matrix.doses_b]
    axes.set_xticks(range(matrix.doses_b.size), words, rotation=90 if turned else 0)
    axes.set_ylabel(f"{matrix.compound_a} ({unit_a})", labelpad=1.5)
    axes.set_xlabel(f"{matrix.compound_b} ({unit_b})", labelpad=1.5)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def draw_contours(axes: Axes, matrix: SynergyMatrix, top: float, *, width_mm: float, height_mm: float) -> None:
    """Draw the scores as contours over both doses: solid for synergy, dashed for antagonism; hatched where undefined.

    Parameters
    ----------
    top : points at the ends of the colour scale.
    """
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import MaxNLocator

    across = dose_axis(matrix.doses_b, writer(matrix.unit_b))
    up = dose_axis(matrix.doses_a, writer(matrix.unit_a))
    dress_dose_axis(axes, across, width_mm=width_mm)
    _dress_upwards(axes, up, height_mm)
    axes.set_xlabel(matrix.compound_b, labelpad=1.5)
    axes.set_ylabel(matrix.compound_a, labelpad=1.5)
    axes.set_title("contours of the score", pad=3, size=TEXT_PT, weight="normal")
    x, y = np.log10(matrix.doses_b), np.log10(matrix.doses_a)
    if min(x.size, y.size) < FEWEST_FOR_CONTOURS:
        axes.text(0.5, 0.5, "one dose has no contours", transform=axes.transAxes, size=SMALL_PT, ha="center")
        return
    axes.add_patch(
        Rectangle((x[0], y[0]), x[-1] - x[0], y[-1] - y[0], fill=False, hatch=HATCH, edgecolor=MUTED, linewidth=0,
                  zorder=0)
    )  # fmt: skip
    values = POINTS * np.ma.masked_array(np.nan_to_num(matrix.scores), matrix.hatched)
    levels = MaxNLocator(nbins=2 * CONTOURS, steps=[1, 2, 2.5, 5, 10], symmetric=True).tick_values(-top, top)
    if values.count():
        axes.contourf(x, y, values, levels=levels, cmap=synergy_colours(), vmin=-top, vmax=top, extend="both", zorder=1)
        if np.ptp(values.compressed()) > 0:
            lines = axes.contour(x, y, values, levels=levels, colors=[DARK], linewidths=0.4, zorder=2)
            axes.clabel(lines, fontsize=SMALL_PT, fmt=signed, inline_spacing=1.0)
    shown = np.argwhere(~matrix.hatched)
    axes.plot(x[shown[:, 1]], y[shown[:, 0]], ls="", marker=".", ms=1.6, color=DARK, mew=0, zorder=3)


def _dress_upwards(axes: Axes, axis: DoseAxis, height_mm: float) -> None:
    marks, words = axis.marks(height_mm, turned=True)
    axes.set_ylim(axis.left, axis.right)
    axes.set_yticks(marks, words)


def draw_isobole(axes: Axes, isobole: Isobole, matrix: SynergyMatrix, *, width_mm: float) -> None:
    """Draw the pairs of doses with one effect against the line of additivity, each dose as a share of that alone."""
    axes.set_title(f"isobole of {100 * isobole.effect:g} % effect", pad=3, size=TEXT_PT, weight="normal")
    if isobole.why_undefined:
        why = isobole.why_undefined.replace("A and B", f"{matrix.compound_a} and {matrix.compound_b}")
        why = why.replace("A alone", f"{matrix.compound_a} alone").replace("B alone", f"{matrix.compound_b} alone")
        lines = textwrap.wrap(f"Loewe is not defined: {why}", max(12, int(width_mm / LETTER_MM)))
        axes.set_axis_off()
        axes.text(0, 0.95, "\n".join(lines), transform=axes.transAxes, size=SMALL_PT, va="top", color=MUTED)
        return
    x, y = isobole.doses_b / isobole.alone_b, isobole.doses_a / isobole.alone_a
    end = min(max(1.15, 1.08 * float(np.max(np.concatenate([x, y]), initial=0.0))), MOST_INDEX)
    axes.plot([0, 1], [1, 0], color=INK, lw=0.7, ls=(0, (4, 2)), zorder=2)
    axes.text(0.97, 0.97, "below: synergy", transform=axes.transAxes, size=SMALL_PT, ha="right", va="top", color=MUTED)
    axes.text(0.97, 0.89, "dashed: additive", transform=axes.transAxes, size=SMALL_PT, ha="right", va="top",
              color=MUTED)  # fmt: skip
    axes.plot([1, 0], [0, 1], ls="", marker="s", mfc=PAPER, mec=INK, mew=0.7, ms=3.2, clip_on=False, zorder=4)
    inside = (x <= end) & (y <= end)
    axes.plot(x[inside], y[inside], ls="", marker="o", color=BLUE, mec=DARK, mew=0.4, ms=3.2, clip_on=False, zorder=5)
    axes.plot(np.minimum(x, end)[~inside], np.minimum(y, end)[~inside], ls="", marker="^", color=VERMILLION, mec=DARK,
              mew=0.4, ms=3.4, clip_on=False, zorder=5)  # fmt: skip
    axes.set_xlim(0, end)
    axes.set_ylim(0, end)
    axes.locator_params(nbins=4)
    axes.set_xlabel(f"{matrix.compound_b} / {writer(matrix.unit_b)(_two_digits(isobole.alone_b))}", labelpad=1.5)
    axes.set_ylabel(f"{matrix.compound_a} / {writer(matrix.unit_a)(_two_digits(isobole.alone_a))}", labelpad=1.5)


def _two_digits(dose: float) -> float:
    return float(f"{dose:.2g}")
