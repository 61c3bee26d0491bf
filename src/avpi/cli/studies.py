"""``avpi studies``: the studies that the index knows, each with its latest call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal

if TYPE_CHECKING:
    from avpi.errors import Problem
    from avpi.store.index import StudyRow


@click.command(
    cls=HouseCommand,
    short_help="List the studies that were run.",
    examples=(
        ("avpi studies", "every study that was run here, newest first"),
        ("avpi studies --rebuild ~/studies", "read them all again from their folders"),
    ),
)
@option(
    "--rebuild",
    "folders",
    metavar="FOLDER",
    multiple=True,
    type=NamedPath(exists=True, file_okay=False),
    section="Input",
    help="First enter anew every run found below this folder.",
)
@talking()
def studies(*, folders: tuple[Path, ...], as_json: bool, terminal: Terminal) -> int:
    """List the studies that were run, with the latest call of each."""
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.cli.results import called_line
    from avpi.store.database import open_index
    from avpi.store.index import list_studies, rebuild

    problems: list[Problem] = []
    with open_index() as connection:
        for folder in folders:
            rebuilt = rebuild(connection, folder)
            problems += rebuilt.problems
            terminal.say(f"{rebuilt.runs} run{'' if rebuilt.runs == 1 else 's'} found below {folder}")
        rows = list_studies(connection)
    if as_json:
        terminal.json([_json(row) for row in rows])
    else:
        for row in rows:
            terminal.data(
                f"{row.latest.created:%Y-%m-%d %H:%M}Z  {called_line(row.latest.called, row.latest.probability)}  "
                f"{row.title}  [{row.compound}, {row.cell_line}]  {row.folder}"
            )
    if not rows:
        terminal.say("No study has been run yet. 'avpi demo' runs one; 'avpi studies --rebuild FOLDER' finds others.")
    for problem in problems:
        terminal.warn(str(problem))
    return SECTIONS_FAILED if problems else DONE


def _json(row: StudyRow) -> dict[str, Any]:
    return {
        "title": row.title,
        "compound": row.compound,
        "cell_line": row.cell_line,
        "folder": row.folder,
        "runs": row.runs,
        "latest": {
            "run": row.latest.run,
            "created": row.latest.created.isoformat(),
            "called": row.latest.called,
            "probability": row.latest.probability,
            "report": row.latest.report,
        },
    }
