"""The report of virtual trials: one file that needs nothing else, no network and no script."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from avpi.clinic.checks import EXPLORATORY
from avpi.report.drawing import Drawing
from avpi.report.figure_files import PrintedFigure
from avpi.report.provenance import environment
from avpi.report.staging import whole_or_nothing
from avpi.report.tables import write_csv, write_tables
from avpi.report.write_simulation import CAPTIONS, captions_text

REPORT = "report.html"
RECORD = "trial.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTable:
    """A table of the page: every cell is text; columns in ``numbers`` are set flush right."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSection:
    """A section of the page."""

    anchor: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    tables: tuple[PageTable, ...] = ()
    figures: tuple[PrintedFigure, ...] = field(default_factory=tuple)


def trial_page(*, title: str, what: str, verdict: Sequence[str], sections: Sequence[PageSection], command: str) -> str:
    """Return the report.

    Parameters
    ----------
    verdict : sentences above the fold. ``command`` : as it was typed.
    """
    templates = Environment(
        loader=PackageLoader("avpi.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["inline"] = _inline
    return templates.get_template("trial.html.j2").render(
        title=title,
        what=what,
        verdict=verdict,
        sections=sections,
        command=command,
        environment=environment(),
        statement=EXPLORATORY,
        style=Markup(templates.get_template("style.css").render()),
    )


def write_trial(
    folder: Path, *, page: str, record: Mapping[str, Any], tables: Mapping[str, pd.DataFrame],
    sections: Sequence[PageSection],
) -> None:  # fmt: skip
    """Write a report, whole or not at all.

    Parameters
    ----------
    folder : new; holds ``report.html``, ``trial.json``, ``tables/*.csv`` and ``*.parquet``, ``figures/*`` as SVG, PDF,
        PNG and CSV with their legends.
    record : what ``--json`` prints.
    """
    with whole_or_nothing(folder.parent, folder.name) as staged:
        (staged / REPORT).write_text(page, encoding="utf-8", newline="\n")
        text = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False)
        (staged / RECORD).write_text(text + "\n", encoding="utf-8", newline="\n")
        write_tables(tables, staged / "tables")
        figures = staged / "figures"
        figures.mkdir()
        drawn = [figure for section in sections for figure in section.figures]
        for figure in drawn:
            own = figure.drawing
            (figures / f"{own.name}.svg").write_text(own.svg, encoding="utf-8", newline="\n")
            (figures / f"{own.name}.pdf").write_bytes(own.pdf)
            (figures / f"{own.name}.png").write_bytes(figure.png())
            write_csv(own.points, figures / f"{own.name}.csv")
        captions = captions_text([figure.drawing for figure in drawn])
        (figures / CAPTIONS).write_text(captions, encoding="utf-8", newline="\n")


def _inline(drawing: Drawing) -> Markup:
    return Markup(drawing.inline())  # SVG that we wrote, its texts escaped there
