"""``avpi flow compensate``: a spillover matrix from an unstained tube and single stains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

if TYPE_CHECKING:
    from avpi.flow.compensate import Compensation
    from avpi.flow.spillover_fit import Method


@click.command(
    cls=HouseCommand,
    short_help="Compute a spillover matrix from single stains.",
    examples=(
        ("avpi flow compensate raw/controls --csv spillover.csv", "the matrix of a folder of tubes"),
        ("avpi flow compensate blank.fcs a.fcs --tube a.fcs=FL1-A", "a tube's channel said, not recognised"),
    ),
)
@click.argument("controls", type=NamedPath(), nargs=-1, required=True)
@option(
    "--tube",
    "tubes",
    multiple=True,
    metavar="FILE=CHANNEL",
    section="Input",
    help="The channel of a single stain, or 'unstained'; others are recognised by label, then by brightness.",
)
@option("--match", type=NamedPath(), metavar="CSV", section="Input", help="The same as a table: filename, channel.")
@option(
    "--method",
    type=click.Choice(["regression", "median"]),
    default="regression",
    section="Analysis",
    help="A robust line through stained and unstained cells (default), or medians of all cells as R has it.",
)
@option("--csv", "table", type=NamedPath(), metavar="FILE", section="Output", help="Write the matrix as a table.")
@talking()
def compensate(
    controls: tuple[Path, ...],
    *,
    tubes: tuple[str, ...],
    match: Path | None,
    method: str,
    table: Path | None,
    as_json: bool,
    terminal: Terminal,
) -> None:
    """Compute the spillover matrix of control tubes (files, or a folder of them) and warn of a dead stain."""
    from avpi.flow.compensate import compensate_controls
    from avpi.formats.fcs import read_fcs
    from avpi.formats.spillover_table import spillover_text
    from avpi.writable import require_writable

    files = control_files(controls)
    given = _given(files, tubes, match)
    if table is not None:
        require_writable(table.parent)
    done = compensate_controls([read_fcs(file, str(file)) for file in files], given, method=cast("Method", method))
    if table is not None:
        table.write_text(spillover_text(done.spillover.detectors, done.spillover.matrix), "utf-8")
    if as_json:
        terminal.json(compensation_json(done))
    else:
        width = max(len(name) for name in done.spillover.detectors) + 2
        terminal.data(" " * width + "".join(f"{name:>{width}}" for name in done.spillover.detectors))
        for name, row in zip(done.spillover.detectors, done.spillover.matrix, strict=True):
            terminal.data(f"{name:<{width}}" + "".join(f"{value:>{width}.5f}" for value in row))
        for tube in done.tubes:
            terminal.say(f"{tube.source}: {tube.channel} ({tube.chosen_by}), {tube.cells:,} single cells")
    for finding in done.findings:
        terminal.warn(finding.text)


def compensation_json(done: Compensation) -> dict[str, Any]:
    """Return a compensation as ``--json`` prints it."""
    return {
        "method": done.method,
        "detectors": list(done.spillover.detectors),
        "matrix": done.spillover.matrix.tolist(),
        "controls": [
            {
                "file": tube.source,
                "channel": tube.channel,
                "chosen_by": tube.chosen_by,
                "cells": tube.cells,
                "bright_share": tube.bright_share,
            }
            for tube in done.tubes
        ],
        "caveats": [{"code": f.code, "text": f.text, "subject": f.subject} for f in done.findings],
    }


def control_files(controls: tuple[Path, ...]) -> list[Path]:
    """Return the FCS files that are named, or lie in folders that are named, each once and in the order of names."""
    found: dict[Path, None] = {}
    for path in controls:
        inside = sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else []
        for one in (one for one in inside if _is_fcs(one)) if path.is_dir() else [path]:
            found[one] = None
    if not found:
        what = "no FCS file lies in the folder"
        raise InputError(Problem(file=str(controls[0]), what=what, expected="an unstained tube and single stains"))
    return list(found)


def _is_fcs(path: Path) -> bool:
    try:
        with path.open("rb") as handle:
            return handle.read(3) == b"FCS"
    except OSError:
        return False


def _given(files: list[Path], tubes: tuple[str, ...], match: Path | None) -> dict[str, str]:
    by_name = {file.name: str(file) for file in files} | {str(file): str(file) for file in files}
    pairs = [tuple(one.rsplit("=", 1)) for one in tubes]
    problems = [
        Problem(file="--tube", what=f"'{one}' has no '='", expected="FILE=CHANNEL") for one in tubes if "=" not in one
    ]
    if match is not None:
        pairs += _read_match(match)
    unknown = [pair[0] for pair in pairs if len(pair) == 2 and pair[0] not in by_name]
    where = "--tube" if match is None else str(match)
    problems += [
        Problem(file=where, what=f"'{name}' is none of the tubes", expected=", ".join(sorted({f.name for f in files})))
        for name in unknown
    ]
    if problems:
        raise InputError(problems)
    return {by_name[pair[0]]: pair[1] for pair in pairs}


def _read_match(path: Path) -> list[tuple[str, str]]:
    import csv

    try:
        rows = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(Problem(file=str(path), what=f"cannot be read: {error}")) from None
    head = [cell.strip().lower() for cell in rows[0]] if rows else []
    if head[:2] != ["filename", "channel"]:
        raise InputError(
            Problem(file=str(path), place="1", what=f"begins with '{','.join(head)}'", expected="filename,channel")
        )
    return [(row[0].strip(), row[1].strip()) for row in rows[1:] if len(row) >= 2]
