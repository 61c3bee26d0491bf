"""A plan's transfers as files, one folder for each experiment: written, read back and held against the design.

What is written is read again and followed well by well (``deck.differences``) before the command says that it is done:
a file that does not make the design does not leave this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from avpi.errors import InputError, OurFault, Problem
from avpi.planning.acoustic import acoustic_deck
from avpi.planning.bench_sheet import bench_sheet
from avpi.planning.deck import Deck, differences
from avpi.planning.dilutions import dilution_steps
from avpi.planning.gwl import read_gwl, write_gwl
from avpi.planning.layout import BLANK, PlateLayoutPlan
from avpi.planning.liquids import Place, Transfer
from avpi.planning.mixes import mix_deck
from avpi.planning.opentrons_protocol import Robot, read_protocol, write_protocol
from avpi.planning.plan_file import Plan
from avpi.planning.read_bench_sheet import read_bench_sheet
from avpi.planning.read_layouts import read_layouts
from avpi.planning.study_text import slug
from avpi.planning.worklist import (
    BIOMEK,
    ECHO,
    HAMILTON,
    read_sources,
    read_transfers,
    read_wells,
    write_sources,
    write_transfers,
    write_wells,
)

Target = Literal["echo", "gwl", "hamilton", "biomek", "opentrons", "bench"]
TARGETS: tuple[Target, ...] = get_args(Target)
FILE_NAMES: Mapping[Target, str] = {
    "echo": "echo-picklist.csv", "gwl": "tecan.gwl", "hamilton": "hamilton.csv", "biomek": "biomek.csv",
    "opentrons": "opentrons.py", "bench": "bench-sheet.html",
}  # fmt: skip
SOURCES_FILE, WELLS_FILE = "sources.csv", "wells.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The files of one experiment, and what they amount to.

    Attributes
    ----------
    transfers, sources, dilutions : how many.
    dmso : share of every well.
    """

    experiment: str
    files: tuple[Path, ...]
    transfers: int
    sources: int
    dilutions: int
    dmso: float


def export_plan(plan: Plan, target: Target, folder: Path, *, robot: Robot = "OT-2") -> tuple[Exported, ...]:
    """Write the transfers of every experiment below a folder and return what was written.

    Parameters
    ----------
    folder : gets a folder for each experiment with the transfers, ``sources.csv`` and ``wells.csv``.
    robot : of ``opentrons``.

    Raises
    ------
    InputError
        If the plan has no plates, or what the target cannot do.
    """
    layouts = read_layouts(plan.study, shape=plan.shape, rim_used=plan.file.plate.rim_used)
    if not layouts and target == "bench":
        return tuple(_blots_alone(plan, experiment, folder) for experiment in plan.study.experiments)
    if not layouts:
        what, hint = "declares no plates, so nothing is dispensed", "Only a bench sheet can be written: --to bench"
        raise InputError(Problem(file="study.yaml", what=what, hint=hint))
    done = []
    for experiment in dict.fromkeys(layout.experiment for layout in layouts):
        own = [layout for layout in layouts if layout.experiment == experiment]
        deck = make_deck(plan, own, target)
        texts = deck_texts(plan, experiment, own, deck, target, robot)
        check_texts(plan, own, texts, target)
        made = _written(folder / slug(experiment), texts)
        tubes = dilution_steps(deck.recipe.intermediates, deck.loads_nl, plan.stocks)
        done.append(
            Exported(
                experiment=experiment, files=made, transfers=len(deck.transfers), sources=len(deck.sources),
                dilutions=len(tubes), dmso=deck.recipe.share("DMSO"),
            )
        )  # fmt: skip
    return tuple(done)


def _blots_alone(plan: Plan, experiment: str, folder: Path) -> Exported:
    """Write the sheet of an experiment that has no plates: its harvests, gels and tubes."""
    made = _written(folder / slug(experiment), {FILE_NAMES["bench"]: bench_sheet(plan, experiment, (), None)})
    return Exported(experiment=experiment, files=made, transfers=0, sources=0, dilutions=0, dmso=0.0)


def _written(folder: Path, texts: Mapping[str, str]) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8", newline="")
    return tuple(folder / name for name in texts)


def make_deck(plan: Plan, layouts: Sequence[PlateLayoutPlan], target: Target) -> Deck:
    """Return sources and transfers of one experiment: droplets for the Echo, mixes for everything that pipettes."""
    plate = plan.file.plate
    if target == "echo":
        return acoustic_deck(
            layouts, plan.study.words, plan.stocks, volume_nl=plate.volume, most_dmso=plan.file.most_dmso
        )
    return mix_deck(
        layouts, plan.study.words, plan.stocks, volume_nl=plate.volume, strength=plate.mix_strength,
        most_dmso=plan.file.most_dmso,
    )  # fmt: skip


def deck_texts(
    plan: Plan, experiment: str, layouts: Sequence[PlateLayoutPlan], deck: Deck, target: Target, robot: Robot = "OT-2"
) -> dict[str, str]:
    """Return the files of one experiment by name: the transfers, then sources and wells."""
    title = f"{plan.study.title}, {experiment}"
    write: Mapping[Target, Callable[[], str]] = {
        "echo": lambda: write_transfers(deck.transfers, ECHO),
        "hamilton": lambda: write_transfers(deck.transfers, HAMILTON),
        "biomek": lambda: write_transfers(deck.transfers, BIOMEK),
        "gwl": lambda: write_gwl(deck.transfers, plan.shape),
        "opentrons": lambda: write_protocol(
            deck.transfers, robot=robot, plate_wells=plan.file.plate.wells, title=title
        ),
        "bench": lambda: bench_sheet(plan, experiment, layouts, deck),
    }
    contents = {Place(layout.plate, well): c for layout in layouts for well, c in layout.filled.items()}
    return {
        FILE_NAMES[target]: write[target](),
        SOURCES_FILE: write_sources(deck.sources),
        WELLS_FILE: write_wells(deck.start, contents, BLANK),
    }


def check_texts(plan: Plan, layouts: Sequence[PlateLayoutPlan], texts: Mapping[str, str], target: Target) -> None:
    """Read the files of one experiment back and hold every well against the layouts.

    Raises
    ------
    OurFault
        With the first differences, if there are any.
    """
    name = FILE_NAMES[target]
    transfers = read_target(texts[name], target, plan.shape, name)
    sources, start = read_sources(texts[SOURCES_FILE], SOURCES_FILE), read_wells(texts[WELLS_FILE], WELLS_FILE)
    found = differences(layouts, plan.study.words, sources, transfers, start)
    if found:
        message = f"{name} does not make the design: {'; '.join(found[:3])}"
        raise OurFault(message)


def read_target(text: str, target: Target, plate_shape: tuple[int, int], source: str) -> tuple[Transfer, ...]:
    """Return the transfers of a file that :func:`export_plan` wrote.

    Raises
    ------
    FileFormatError
        If it cannot be read.
    """
    if target == "gwl":
        return read_gwl(text, plate_shape, source)
    if target == "opentrons":
        return read_protocol(text, source)
    if target == "bench":
        return read_bench_sheet(text, source)
    return read_transfers(text, {"echo": ECHO, "hamilton": HAMILTON, "biomek": BIOMEK}[target], source)
