"""The figures of compounds as files: SVG, PDF and the CSV of their points."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from avpi.compounds.compare import measured_anywhere
from avpi.compounds.schema import CompoundRecord
from avpi.report.figures_compounds import draw_affinities, draw_selectivity
from avpi.report.figures_trials import draw_trials
from avpi.report.tables import write_csv


def write_compound_figures(records: Sequence[CompoundRecord], folder: Path) -> list[Path]:
    """Write affinities, selectivity and trials of compounds; what has nothing to draw is left out.

    Returns
    -------
    The paths that were written.
    """
    measured = measured_anywhere(records)
    tried = [one for one in records if one.trials]
    drawings = [*([draw_affinities(measured), draw_selectivity(measured)] if measured else [])]
    if tried:
        drawings.append(draw_trials(tried))
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for drawing in drawings:
        path = folder / f"{drawing.name}.svg"
        path.write_text(drawing.svg, "utf-8")
        (folder / f"{drawing.name}.pdf").write_bytes(drawing.pdf)
        write_csv(drawing.points, folder / f"{drawing.name}.csv")
        written += [path, folder / f"{drawing.name}.pdf", folder / f"{drawing.name}.csv"]
    return written
