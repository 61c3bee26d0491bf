"""``avpi plan new``: from a compound, a line and a question to a study folder that can be pipetted."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import Faults, InputError, Problem

if TYPE_CHECKING:
    from avpi.planning.design import Design
    from avpi.planning.request import Request

# Written out, so that --help answers without importing the planner; a test holds them together.
QUESTIONS = ("engagement", "death", "dose")
MATRICES = ("guide", "extended", "necroptosis")
FORMATS = ("24", "48", "96", "384", "1536")
NOTHING: tuple[str, ...] = ()
USUAL_DOSE = "100 nM"
"""The guide's dose of a Smac mimetic."""


@click.command(
    cls=HouseCommand,
    short_help="Make a study folder with layouts, gels and plan.yaml.",
    examples=(
        ("avpi plan new s --compound BV6 --line A549", "the matrix, and blots"),
        ("avpi plan new ... --question dose --ec50 9nM", "a series of doses"),
    ),
)
@click.argument("folder", type=NamedPath())
@option("--compound", metavar="C", section="Input", required=True, help="The Smac mimetic.")
@option("--line", "line", metavar="L", section="Input", required=True, help="The cell line.")
@option("--working-dose", metavar="D", default=USUAL_DOSE, section="Input", help=f"{USUAL_DOSE} by default.")
@option("--dc50", metavar="D", section="Input", help="Dose that takes half of cIAP1, where you know it.")
@option("--ec50", metavar="D", section="Input", help="Dose that kills half, where you know it.")
@option("--stock", "stocks", metavar="R=C", multiple=True, section="Input", help="Such as zVAD=20mM; repeatable.")
@option("--dose", "doses", metavar="R=D", multiple=True, section="Input", help="Working dose, such as TNF=1ng/mL.")
@option(
    "--question", "questions", metavar="Q", type=click.Choice(QUESTIONS), multiple=True, section="Analysis",
    help="engagement, death (both by default), dose; repeatable.",
)  # fmt: skip
@option(
    "--matrix", metavar="M", type=click.Choice(MATRICES), default="extended", section="Analysis",
    help="Arms of death: guide, extended (default) or necroptosis.",
)  # fmt: skip
@option("--arm", "arms", metavar="A", multiple=True, section="Analysis", help="One more, such as 'SM 10nM + TNF'.")
@option("--without", "lacking", metavar="R", multiple=True, section="Analysis", help="A reagent you do not have.")
@option("--experiments", metavar="N", type=int, default=3, section="Analysis", help="Independent ones; 3.")
@option(
    "--plate", "wells", metavar="N", type=click.Choice(FORMATS), default="96", section="Analysis",
    help="Wells of a plate: 24, 48, 96 (default), 384 or 1536.",
)  # fmt: skip
@option(
    "--replicates", metavar="N", type=click.IntRange(1, 48), default=4, section="Analysis", help="Wells of an arm; 4."
)
@option("--use-rim", is_flag=True, section="Analysis", help="Use the outermost wells too, which dry out.")
@option("--volume", metavar="V", section="Analysis", help="Of a well in the end, such as 50uL.")
@option("--most-dmso", metavar="S", default="0.5 %", section="Analysis", help="0.5 % by default.")
@option("--gel-lanes", metavar="N", type=int, default=10, section="Analysis", help="Wells of a gel; 10.")
@option("--no-cytometry", is_flag=True, section="Analysis", help="No tubes for Annexin V and PI.")
@option(
    "--seed", metavar="N", type=click.IntRange(min=0), default=1, section="Analysis", help="Equal seeds, equal plates."
)
@talking()
def new(folder: Path, *, as_json: bool, terminal: Terminal, **asked: Any) -> None:
    """Make a study folder: arms, randomised layouts, gels, study.yaml, plan.yaml."""
    from avpi.planning.design import make_design
    from avpi.planning.dispensable import dispensing_faults
    from avpi.planning.write_plan import require_free, write_plan
    from avpi.writable import require_writable

    require_free(folder)
    require_writable(folder, place="FOLDER")
    request = _request(asked)
    design = make_design(request)
    notes = (*_unknown_names(request), *dispensing_faults(request, design))
    made = write_plan(request, design, folder)
    if as_json:
        terminal.json(_as_json(folder, made, design, request))
    else:
        for path in made:
            terminal.data(str(path))
        for line in _summary(design, request):
            terminal.say(line)
    for breach in design.violations:
        terminal.warn(breach.text)
    for note in notes:
        terminal.warn(note)
    terminal.say(f"Next: avpi plan lint {shlex.quote(str(folder))}")


def _request(asked: dict[str, Any]) -> Request:
    """Return what was asked for, with every fault of the options told at once."""
    from avpi.planning.dose_series import find_potency
    from avpi.planning.request import Request
    from avpi.planning.volumes import asked_volume

    faults = Faults()
    compound = asked["compound"].strip()
    if not compound:
        faults.problems.append(Problem(file="--compound", what="'' is no name of a compound"))
    dose = {name: faults.read(lambda n=name: _dose(asked[n], n), None) for name in ("working_dose", "dc50", "ec50")}  # type: ignore[misc]
    stocks: dict[str, str] = faults.read(lambda: _pairs(asked["stocks"], "--stock", compound), {})
    doses: dict[str, str] = faults.read(lambda: _pairs(asked["doses"], "--dose", compound), {})
    volume = faults.read(lambda: asked_volume(asked["volume"], "--volume"), None) if asked["volume"] else None
    most_dmso = faults.read(lambda: _share(asked["most_dmso"]), 0.0)
    lacking = faults.read(lambda: _lacking(asked["lacking"], compound), NOTHING)
    faults.stop()
    assert dose["working_dose"] is not None
    return Request(
        compound=compound, cell_line=asked["line"].strip(), working_dose_molar=dose["working_dose"],
        potency=find_potency(compound, dc50_molar=dose["dc50"], ec50_molar=dose["ec50"]),
        questions=tuple(dict.fromkeys(asked["questions"])) or ("engagement", "death"), matrix=asked["matrix"],
        arms=asked["arms"], lacking=lacking, experiments=asked["experiments"], plate_wells=int(asked["wells"]),
        replicates=asked["replicates"], rim_used=asked["use_rim"], volume_nl=volume, most_dmso=most_dmso,
        stocks=stocks, doses=doses, gel_lanes=asked["gel_lanes"], cytometry=not asked["no_cytometry"],
        seed=asked["seed"],
    )  # fmt: skip


def _unknown_names(request: Request) -> tuple[str, ...]:
    """Return what is to be said of a compound and a line that the records do not know: new ones, or slips."""
    from avpi.errors import closest
    from avpi.network.lines import find_line, nearest_line
    from avpi.network.pharmacology import compounds, find_compound

    notes = []
    if find_compound(request.compound) is None:
        known = {spelling: name for name, own in compounds().items() for spelling in (name, *own.names)}
        near = closest(request.compound, known)
        meant = f" Did you mean '{known[near]}'?" if near else ""
        notes.append(f"The compound '{request.compound}' is not in the records.{meant}")
    if find_line(request.cell_line) is None:
        meant = nearest_line(request.cell_line)
        notes.append(f"The line '{request.cell_line}' is not in the records.{f' {meant}' if meant else ''}")
    return tuple(notes)


def _lacking(written: Sequence[str], compound: str) -> tuple[str, ...]:
    """Return the reagents that nothing is planned with.

    Raises
    ------
    InputError
        With every word that names none, and where the mimetic itself is named: nothing would be left to plan.
    """
    problems: list[Problem] = []
    found: list[str] = []
    for word in written:
        try:
            found.append(_reagent(word, "--without", compound))
        except InputError as error:
            problems += error.problems
            continue
        if found[-1] == "SM":
            what = f"'{word}' is the mimetic itself, and a study of it needs it"
            problems.append(Problem(file="--without", what=what, expected="a reagent beside it, such as 'anti-TNF'"))
    if problems:
        raise InputError(problems)
    return tuple(found)


def _dose(text: str | None, name: str) -> float | None:
    from avpi.cli.simulation_request import read_dose

    return None if text is None else read_dose(text, f"--{name.replace('_', '-')}")


def _share(text: str) -> float:
    from avpi.planning.volumes import parse_share
    from avpi.quantity import QuantityError

    try:
        return parse_share(text)
    except QuantityError as error:
        raise InputError(Problem(file="--most-dmso", what=str(error))) from None


def _pairs(written: Sequence[str], place: str, compound: str) -> dict[str, str]:
    """Return reagent -> what stands behind the equals sign."""
    problems, found = [], {}
    for text in written:
        word, mark, value = text.partition("=")
        if not mark or not value.strip():
            example = "zVAD=20mM" if place == "--stock" else "TNF=1ng/mL"
            problems.append(Problem(file=place, what=f"'{text}' has no value", expected=f"such as '{example}'"))
            continue
        try:
            found[_reagent(word, place, compound)] = value.strip()
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def _reagent(word: str, place: str, compound: str) -> str:
    from avpi.study.conditions import ConditionWords, UnknownWord

    try:
        return ConditionWords(compound=compound, working_doses={}).find(word.strip())[0]
    except UnknownWord as error:
        raise InputError(Problem(file=place, what=str(error))) from None


def _summary(design: Design, request: Request) -> list[str]:
    from avpi.planning.layout import BLANK, KILL, VEHICLE

    lines = []
    if design.layouts:
        plates = [layout for layout in design.layouts if layout.experiment == design.experiments[0]]
        groups = plates[0].groups
        lines.append(
            f"{_count(len(design.experiments), 'experiment')} of {_count(len(plates), 'plate')} with "
            f"{request.plate_wells} wells: {len(design.arms)} arms of {request.replicates} wells; a plate has "
            f"{groups[VEHICLE]} vehicle, {groups[KILL]} kill and {groups[BLANK]} medium wells."
        )
        broken = len(design.violations)
        told = "1 constraint of placing is" if broken == 1 else f"{broken or 'No'} constraints of placing are"
        lines.append(f"{told} broken.")
    if design.membranes:
        membranes = _count(len(design.membranes), "membrane")
        lines.append(f"{len(design.lanes)} lysates an experiment on {membranes} in all.")
    if request.potency.source:
        lines.append(f"Potency: {request.potency.source}.")
    elif "death" in request.questions:
        lines.append("No potency is known: no arm stands near the EC50. --ec50 or --dc50 would tell it.")
    return lines


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _as_json(folder: Path, made: tuple[Path, ...], design: Design, request: Request) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "files": [str(path) for path in made],
        "seed": request.seed,
        "experiments": list(design.experiments),
        "arms": list(design.arms),
        "plates": [
            {"name": layout.plate, "experiment": layout.experiment, "wells": layout.groups} for layout in design.layouts
        ],
        "membranes": [
            {"name": m.name, "experiment": m.experiment, "lanes": [lane.label for lane in m.lanes]}
            for m in design.membranes
        ],
        "tubes": list(design.tubes),
        "violations": [breach.text for breach in design.violations],
    }
