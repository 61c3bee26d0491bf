"""Every figure of a run, drawn once for the page and for the files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from avpi.blot.replicates import TargetReplicates
from avpi.blot.timecourse import ENGAGEMENT_TARGET
from avpi.compute.progress import SILENT, Progress
from avpi.report.drawing import Drawing, style
from avpi.report.figures_blot import draw_blot
from avpi.report.figures_effects import draw_effects
from avpi.report.figures_flow import draw_sample
from avpi.report.figures_membranes import draw_replicates
from avpi.report.figures_plate import draw_plate
from avpi.report.figures_tree import draw_tree
from avpi.report.tables import write_csv
from avpi.report.words import slug
from avpi.result import Result

OVERVIEW = ""
"""Key of the figures that belong to no part: the tree and the effects."""


def replicate_anchors(result: Result) -> dict[str, TargetReplicates]:
    """Return the anchor of each target that the page shows over its membranes: of several, and that of engagement.

    No part can have such an anchor: :func:`avpi.report.words.slug` never gives two hyphens.
    """
    found: dict[str, TargetReplicates] = {}
    for number, one in enumerate(result.replicates, start=1):
        if len(one.membranes) > 1 or one.target == ENGAGEMENT_TARGET:
            anchor = f"{slug(one.target)}--over-membranes"
            found[anchor if anchor not in found else f"{anchor}-{number}"] = one
    return found


def draw_figures(result: Result, where: Mapping[str, str], *, progress: Progress = SILENT) -> dict[str, list[Drawing]]:
    """Return the figures by anchor of the part they show, in the order of the report.

    Parameters
    ----------
    where : part name -> anchor (:func:`avpi.report.anchors.anchors`).
    """
    rules = result.study.rules
    work: list[tuple[str, Callable[[], list[Drawing]]]] = [
        (OVERVIEW, lambda: [draw_tree(result.verdict), *draw_effects(result.verdict)])
    ]
    work += [(where[b.name], lambda b=b: draw_blot(b, where[b.name], rules)) for b in result.blots]  # type: ignore[misc]
    work += [(key, lambda r=r, key=key: draw_replicates(r, key)) for key, r in replicate_anchors(result).items()]  # type: ignore[misc]
    work += [(where[p.name], lambda p=p: draw_plate(p, where[p.name], rules)) for p in result.plates]  # type: ignore[misc]
    work += [(where[s.name], lambda s=s: draw_sample(s, where[s.name])) for s in result.samples]  # type: ignore[misc]
    with style():
        return {anchor: draw() for anchor, draw in progress(work, "figures")}


def write_figures(figures: Mapping[str, list[Drawing]], folder: Path) -> None:
    """Write each figure as SVG and PDF, with the CSV of its points."""
    folder.mkdir(parents=True, exist_ok=True)
    for drawings in figures.values():
        for drawing in drawings:
            (folder / f"{drawing.name}.svg").write_text(drawing.svg, encoding="utf-8", newline="\n")
            (folder / f"{drawing.name}.pdf").write_bytes(drawing.pdf)
            write_csv(drawing.points, folder / f"{drawing.name}.csv")
