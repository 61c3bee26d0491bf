"""``avpi init``: a folder for a new study."""

from __future__ import annotations

from pathlib import Path

import click

from avpi.cli.house import HouseCommand, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import Problem, StudyError


@click.command(
    cls=HouseCommand,
    short_help="Make a folder for a new study.",
    examples=(
        ("avpi init my-study", "make ./my-study with a commented study.yaml"),
        ("avpi init /data/birinapant", "the same anywhere else"),
    ),
)
@click.argument("folder", type=NamedPath())
@talking()
def init(folder: Path, as_json: bool, terminal: Terminal) -> None:  # noqa: FBT001 - click passes by keyword
    """Make a folder for a new study: a commented study.yaml, a plate layout, a place for raw files."""
    from avpi.study.template import write_template

    try:
        made = write_template(folder)
    except OSError as error:
        what = f"no folder for a study can be made there: {error.strerror}"
        raise StudyError(Problem(file=str(folder), what=what, hint="Name another folder.")) from None
    if as_json:
        terminal.json({"folder": str(folder), "files": [str(path) for path in made]})
    else:
        for path in made:
            terminal.data(str(path))
    terminal.say(f"Copy your files into {folder / 'raw'}, edit {folder / 'study.yaml'}, then: avpi check {folder}")
