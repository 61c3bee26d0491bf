"""The figures of compounds as files: SVG, PDF, PNG and the CSV of their points."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from avpi.compounds.compare import measured_anywhere
from avpi.compounds.schema import CompoundRecord
from avpi.report.figure_files import write_figure
from avpi.report.figures_compounds import draw_affinities, draw_selectivity
from avpi.report.figures_trials import draw_trials


def write_compound_figures(records: Sequence[CompoundRecord], folder: Path) -> list[Path]:
    """Write affinities, selectivity and trials of compounds; what has nothing to draw is left out.

    Returns
    -------
    The paths that were written.
    """
    measured = measured_anywhere(records)
    tried = [one for one in records if one.trials]
    figures = [draw_affinities(measured), draw_selectivity(measured)] if measured else []
    if tried:
        figures.append(draw_trials(tried))
    return [path for one in figures for path in write_figure(one, folder / one.drawing.name)]
