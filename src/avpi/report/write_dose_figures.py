"""Figures of fitted curves as files of one folder, for the command line: SVG, PDF, PNG and the CSV of the points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from avpi.compute.progress import SILENT, Progress
from avpi.errors import InputError, Problem
from avpi.report.curve_captions import CurveWords
from avpi.report.drawing import DOUBLE_MM
from avpi.report.drawn_curve import DrawnCurve
from avpi.report.figure_files import FORMATS, Format, PrintedFigure, write_figure
from avpi.report.figures_dose import draw_curve
from avpi.report.figures_dose_together import draw_curves
from avpi.report.staging import whole_or_nothing
from avpi.report.words import slug
from avpi.report.write_simulation import CAPTIONS, captions_text
from avpi.writable import require_writable

TOGETHER = "all-curves"
"""Name of the figure that has all curves in one panel."""


def write_curve_figures(
    folder: Path,
    curves: Mapping[str, DrawnCurve],
    *,
    words: CurveWords | None = None,
    level: float = 0.95,
    width_mm: float = DOUBLE_MM,
    formats: Sequence[Format] = FORMATS,
    together: bool = False,
    progress: Progress = SILENT,
) -> tuple[Path, ...]:
    """Write a figure for each curve, its points as CSV and all legends as ``captions.md``; return the paths.

    Parameters
    ----------
    folder : new or empty; it appears whole or not at all.
    curves : name of the files -> curve. Names are made plain, and numbered where two become the same.
    together : whether there is also one panel with all curves.

    Raises
    ------
    InputError
        If the folder has files already or takes none, or a curve cannot be drawn.
    """
    require_figure_folder(folder)
    names = file_names(list(curves))
    legends: list[str] = []
    written: list[Path] = []
    with whole_or_nothing(folder.parent, folder.name) as staged:

        def keep(figure: PrintedFigure) -> None:
            legends.append(captions_text([figure.drawing]))
            written.extend(write_figure(figure, staged / figure.drawing.name, formats))

        # One figure at a time: a screen's would not fit into memory
        for name, curve in progress(list(zip(names, curves.values(), strict=True)), "figures"):
            keep(draw_curve(curve, words=words, level=level, width_mm=width_mm, name=name))
        if together and curves:
            keep(draw_curves(list(curves.values()), words=words, level=level, width_mm=width_mm, name=TOGETHER))
        captions = staged / CAPTIONS
        captions.write_text("\n".join(legends), encoding="utf-8", newline="\n")
    return tuple(folder / path.name for path in (*written, captions))


def require_figure_folder(folder: Path, *, place: str = "--figures") -> None:
    """Refuse a folder that has files already, or takes none: ask before the curves are fitted.

    Raises
    ------
    InputError
        If it has files, or its place may not be written.
    """
    require_writable(folder, place=place)
    if folder.is_dir() and any(folder.iterdir()):
        what, hint = f"'{folder}' has files already", "Take another name, or put that folder away first"
        raise InputError(Problem(file=place, what=what, expected="a new or empty folder", hint=hint))


def file_names(labels: Sequence[str]) -> list[str]:
    """Return names for files, made of labels and all different, also where case is not told apart."""
    taken = {TOGETHER}
    names = []
    for label in labels:
        plain, number = slug(label), 1
        name = plain
        while name in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name)
        names.append(name)
    return names
