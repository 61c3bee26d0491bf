"""The folder of a simulation: figures, tables and ``simulation.json``, whole or not at all and never over another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from avpi.errors import InputError, Problem
from avpi.report.drawing import Drawing
from avpi.report.staging import whole_or_nothing
from avpi.report.tables import write_csv, write_tables
from avpi.writable import require_writable

CAPTIONS = "captions.md"


def require_new_folder(folder: Path) -> None:
    """Refuse a folder that is there already, before the work and not after it.

    Raises
    ------
    InputError
        If it is there, be it empty, or if its place is no folder or takes no files.
    """
    require_writable(folder)
    if folder.exists():
        what, hint = f"'{folder}' is there already", "Take another name, or put that one away first"
        raise InputError(Problem(file="--out", what=what, hint=hint))
    if not folder.parent.is_dir():
        what, hint = f"'{folder}' cannot be made: there is no folder '{folder.parent}'", "Make that folder first"
        raise InputError(Problem(file="--out", what=what, hint=hint))


def write_simulation(
    folder: Path, *, record: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], drawings: Sequence[Drawing]
) -> None:
    """Write a simulation.

    Parameters
    ----------
    folder : new; holds ``simulation.json``, ``tables/*.csv`` and ``*.parquet``, ``figures/*.svg`` with their
        points and legends.
    record : what ``--json`` prints.
    """
    with whole_or_nothing(folder.parent, folder.name) as staged:
        text = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False)
        (staged / "simulation.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        write_tables(tables, staged / "tables")
        figures = staged / "figures"
        figures.mkdir()
        for drawing in drawings:
            (figures / f"{drawing.name}.svg").write_text(drawing.svg, encoding="utf-8", newline="\n")
            write_csv(drawing.points, figures / f"{drawing.name}.csv")
        (figures / CAPTIONS).write_text(captions_text(drawings), encoding="utf-8", newline="\n")


def captions_text(drawings: Sequence[Drawing]) -> str:
    """Return the legends of figures as Markdown: a picture alone does not say what its shades and dashes are."""
    return "\n".join(f"# {one.name}.svg\n\n**{one.title}.** {one.caption}\n" for one in drawings)
