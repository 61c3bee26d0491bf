"""Figure of a dose matrix: the score of each pair of doses, its contours, and the isobole where Loewe is defined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from avpi.dose.isobole import Isobole
from avpi.report.curve_captions import require_journal_width
from avpi.report.drawing import DOUBLE_MM, MM_PER_INCH, SMALL_PT, panel, sheet, style
from avpi.report.figure_files import PrintedFigure, print_figure
from avpi.report.figures_dose import EDGE_MM, LABEL_MM, TICKS_MM, TOP_MM, write_title
from avpi.report.palette import INK
from avpi.report.synergy_matrix import (
    POINTS,
    SynergyMatrix,
    dose_number,
    matrix_rows,
    notes_below,
    require_agreement,
    shared_unit,
)
from avpi.report.synergy_panels import draw_contours, draw_isobole, draw_map
from avpi.report.text_room import LINE_MM, words_mm
from avpi.report.words import count_words, slug

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD_MM: Final = TOP_MM + 3.0
"""Above a panel: the heading of the sheet, and that of the panel."""
LEFT_MM, BAR_MM, BAR_WORDS_MM, GAP_MM, NEXT_MM = 14.0, 2.5, 11.0, 2.0, 15.0
"""Left of the map, its colour bar, the bar's words, a gap, and left of the next panel."""
LARGEST_CELL_MM, LEAST_CELL_MM, TALL_CELL_MM = 11.0, 5.0, 6.0
LARGEST_MAP_MM, LEAST_MAP_MM, SMALL_MM = 58.0, 26.0, 34.0
"""Widths of the map at 183 mm, its least height, and the height of the panels below it."""


def draw_synergy(
    matrix: SynergyMatrix, isobole: Isobole | None = None, *, width_mm: float = DOUBLE_MM, name: str = ""
) -> PrintedFigure:
    """Draw the scores of a dose matrix as a map with numbers and as contours, and an isobole beside them.

    Parameters
    ----------
    isobole : from ``avpi.dose.isobole.trace_isobole``, with A and B as in the matrix; left out where None.
    width_mm : 89, 120 or 183; contours and isobole stand below the map in the narrow ones.

    Raises
    ------
    InputError
        If the width is none of a journal's, a dose is not above 0, or shapes do not agree.
    """
    require_journal_width(width_mm)
    require_agreement(matrix)
    title = f"{matrix.compound_a} with {matrix.compound_b}: {matrix.model} score"
    with style():
        return _figure(matrix, isobole, width_mm, name or slug(title), title)


def _figure(matrix: SynergyMatrix, isobole: Isobole | None, width_mm: float, name: str, title: str) -> PrintedFigure:
    rows, columns = matrix.scores.shape
    beside = width_mm == DOUBLE_MM
    after = GAP_MM + BAR_MM + BAR_WORDS_MM
    room = LARGEST_MAP_MM if beside else width_mm - LEFT_MM - after
    cell = min(room / columns, LARGEST_CELL_MM)
    wide, tall = cell * columns, max(min(cell, TALL_CELL_MM) * rows, LEAST_MAP_MM)
    _, factor = shared_unit(matrix.doses_b, matrix.unit_b)
    widest = max(words_mm(dose_number(dose, factor)) for dose in matrix.doses_b)
    turned = widest > 0.9 * cell
    foot = (widest if turned else TICKS_MM - 1.0) + LABEL_MM + 1.0
    notes = notes_below(matrix, (wide + LEFT_MM if beside else width_mm) - EDGE_MM)
    under = HEAD_MM + tall + foot + LINE_MM * len(notes)
    small = max(min(tall, 44.0), SMALL_MM) if beside else SMALL_MM
    lower = TICKS_MM + LABEL_MM + 1.0
    top = HEAD_MM if beside else under + 7.0
    figure = sheet(width_mm, max(under + 1.0, top + small + lower))
    write_title(figure, title)
    axes = panel(figure, left_mm=LEFT_MM, top_mm=HEAD_MM, width_mm=wide, height_mm=tall)
    mesh = draw_map(axes, matrix, turned=turned)
    scale = panel(figure, left_mm=LEFT_MM + wide + GAP_MM, top_mm=HEAD_MM, width_mm=BAR_MM, height_mm=tall)
    bar = figure.colorbar(mesh, cax=scale)
    bar.outline.set_linewidth(0.4)
    scale.set_ylabel("score, points of effect", labelpad=1.0)
    _write_notes(figure, notes, HEAD_MM + tall + foot)
    left = LEFT_MM + wide + after + NEXT_MM if beside else LEFT_MM
    panels = 1 if isobole is None else 2
    each = min((width_mm - left - NEXT_MM * (panels - 1) - 2 * EDGE_MM) / panels, 1.5 * small)
    middle = panel(figure, left_mm=left, top_mm=top, width_mm=each, height_mm=small)
    draw_contours(middle, matrix, float(mesh.norm.vmax), width_mm=each, height_mm=small)
    if isobole is not None:
        right = panel(figure, left_mm=left + each + NEXT_MM, top_mm=top, width_mm=each, height_mm=small)
        draw_isobole(right, isobole, matrix, width_mm=each)
    return print_figure(
        figure,
        name=name,
        title=title,
        alt=_alt(matrix),
        caption=_caption(matrix, isobole),
        points=matrix_rows(matrix, isobole),
    )


def _write_notes(figure: Figure, notes: Sequence[str], top_mm: float) -> None:
    width, height = (float(inches) * MM_PER_INCH for inches in figure.get_size_inches())
    for i, line in enumerate(notes):
        y = 1 - (top_mm + LINE_MM * i) / height
        figure.text(EDGE_MM / width, y, line, size=SMALL_PT, va="top", color=INK)


def _caption(matrix: SynergyMatrix, isobole: Isobole | None) -> str:
    parts = [
        f"Numbers: observed less expected effect ({matrix.model}) in points of effect, 0 to 100; + synergy, − "
        "antagonism. Contours: the same, interpolated between the pairs (dots) over the logarithm of both doses; "
        "solid above, dashed below 0."
    ]
    parts += notes_below(matrix, float("inf"))
    if isobole is not None and not isobole.why_undefined:
        parts.append(
            f"Isobole: pairs of doses that reach {100 * isobole.effect:g} % effect, each dose as a share of the one "
            "that reaches it alone (squares); circles below the dashed line need less than Loewe additivity."
        )
    return " ".join(parts)


def _alt(matrix: SynergyMatrix) -> str:
    shown = np.where(matrix.hatched, np.nan, POINTS * matrix.scores)
    rows, columns = matrix.scores.shape
    said = f"{matrix.model} scores of {matrix.compound_a} with {matrix.compound_b}, {rows} by {columns} pairs of doses"
    if np.all(np.isnan(shown)):
        return f"{said}: none is defined."
    rest = f"; {count_words(int(matrix.hatched.sum()), 'pair')} without a score" if np.any(matrix.hatched) else ""
    low, mean, high = np.nanmin(shown), np.nanmean(shown), np.nanmax(shown)
    return f"{said}: from {low:.0f} to {high:.0f} points, mean {mean:.0f}{rest}.".replace("-", "−")
