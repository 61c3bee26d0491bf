"""A figure as the files that a manuscript takes: SVG, PDF, PNG of 300 dots per inch, and the CSV of its points."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from avpi.report.drawing import Drawing, finish, style
from avpi.report.tables import write_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Format = Literal["svg", "pdf", "png"]
FORMATS: Final[tuple[Format, ...]] = ("svg", "pdf", "png")
DOTS_PER_INCH: Final = 300
"""What journals ask of a picture with text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedFigure:
    """A finished figure and what it was made of.

    Attributes
    ----------
    drawing : SVG, PDF, words and points.
    figure : as matplotlib has it, for whoever wants to change something; render it inside ``drawing.style``.
    """

    drawing: Drawing
    figure: Figure

    def png(self) -> bytes:
        """Return the figure as a picture on a white ground."""
        picture = io.BytesIO()
        with style():
            # The version of matplotlib would make the bytes those of one machine
            self.figure.savefig(
                picture, format="png", dpi=DOTS_PER_INCH, facecolor="white", metadata={"Software": None}
            )
        return picture.getvalue()


def print_figure(
    figure: Figure, *, name: str, title: str, alt: str, caption: str, points: pd.DataFrame
) -> PrintedFigure:
    """Render a matplotlib figure; call inside ``drawing.style``."""
    drawing = finish(figure, name=name, title=title, alt=alt, caption=caption, points=points)
    return PrintedFigure(drawing=drawing, figure=figure)


def write_figure(
    figure: PrintedFigure, path_without_suffix: Path, formats: Sequence[Format] = FORMATS
) -> tuple[Path, ...]:
    """Write a figure in some formats, and always its points as CSV; return the paths, the CSV last."""
    path_without_suffix.parent.mkdir(parents=True, exist_ok=True)
    whole: dict[Format, Callable[[], bytes]] = {
        "svg": lambda: figure.drawing.svg.encode("utf-8"),
        "pdf": lambda: figure.drawing.pdf,
        "png": figure.png,
    }
    written = []
    for one in formats:
        path = path_without_suffix.with_name(f"{path_without_suffix.name}.{one}")
        path.write_bytes(whole[one]())
        written.append(path)
    table = path_without_suffix.with_name(f"{path_without_suffix.name}.csv")
    write_csv(figure.drawing.points, table)
    return (*written, table)
