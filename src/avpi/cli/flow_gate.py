"""``avpi flow gate``: apply gates that others drew, and hold the counts against those that they stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

if TYPE_CHECKING:
    from avpi.flow.stored_counts import ComparedCount
    from avpi.gates import GateSet


@click.command(
    cls=HouseCommand,
    short_help="Apply the gates of Gating-ML or FlowJo.",
    examples=(
        ("avpi flow gate gates.xml tube.fcs", "the events in each gate of a Gating-ML 2.0 file"),
        ("avpi flow gate day1.wsp raw/*.fcs --json", "FlowJo's gates, with the counts that it stored"),
    ),
)
@click.argument("gates", type=NamedPath())
@click.argument("files", type=NamedPath(), nargs=-1, required=True, metavar="FILE...")
@option(
    "--sample",
    metavar="NAME",
    section="Input",
    help="The workspace's sample whose gates are applied; that of the file's name by default.",
)
@talking()
def gate(gates: Path, files: tuple[Path, ...], *, sample: str | None, as_json: bool, terminal: Terminal) -> int:
    """Count the events in the gates of a Gating-ML 2.0 file or a FlowJo workspace, exactly."""
    from avpi.cli.main import DONE
    from avpi.flow.stored_counts import compare_counts
    from avpi.formats.fcs import read_fcs

    sets = read_gate_sets(gates)
    told: list[dict[str, Any]] = []
    for file in dict.fromkeys(files):
        own = _gates_of(file, sets, sample)
        events = read_fcs(file, str(file))
        _, compared = compare_counts(events, own)
        told.append({"file": str(file), "events": len(events.stored), "gates": [_json(one) for one in compared]})
        if not as_json:
            terminal.data(f"{file}: {len(events.stored):,} events")
            for one in compared:
                terminal.data(_line(one))
        for caveat in (*events.caveats, *own.caveats):
            terminal.say(caveat.text)
    if as_json:
        terminal.json({"gates": str(gates), "files": told})
    return DONE


def read_gate_sets(path: Path) -> tuple[GateSet, ...]:
    """Return the gates of a Gating-ML 2.0 file, or of every sample of a workspace."""
    from avpi.formats.flowjo_workspace import read_workspace
    from avpi.formats.gatingml_read import read_gatingml
    from avpi.formats.xml_tree import local, read_xml

    if local(read_xml(path, str(path)).tag) == "Workspace":
        return read_workspace(path, str(path))
    return (read_gatingml(path, str(path)),)


def _gates_of(file: Path, sets: tuple[GateSet, ...], sample: str | None) -> GateSet:
    wanted = sample or file.name
    if len(sets) == 1 and (not sets[0].sample or sample is None):
        return sets[0]
    fits = [own for own in sets if own.sample == wanted]
    if fits:
        return fits[0]
    names = ", ".join(own.sample for own in sets[:20]) or "none"
    problem = Problem(
        file=str(file),
        what=f"'{wanted}' is no sample of the workspace",
        expected=names,
        hint="Choose one with --sample",
    )
    raise InputError(problem)


def _json(one: ComparedCount) -> dict[str, Any]:
    return {
        "gate": one.gate,
        "count": one.counted,
        "stored": one.stored,
        "near_border": one.near_border,
        "reason": one.reason,
    }


def _line(one: ComparedCount) -> str:
    beside = "" if one.stored is None else f"  stored {one.stored:,} ({one.sentence})"
    return f"  {one.gate:<40} {one.counted:>10,}{beside}"
