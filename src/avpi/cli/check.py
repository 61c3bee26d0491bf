"""``avpi check``: what a study declares against what is there, before any analysis."""

from __future__ import annotations

from pathlib import Path

import click

from avpi.cli.house import HouseCommand, talking
from avpi.cli.terminal import Terminal


@click.command(
    cls=HouseCommand,
    short_help="Compare what a study declares with what is there.",
    examples=(
        ("avpi check my-study", "every fault of study.yaml and of the files, all at once"),
        ("avpi check my-study --json", "the same for a program"),
    ),
)
@click.argument("study", type=click.Path(path_type=Path))
@talking()
def check(study: Path, *, as_json: bool, terminal: Terminal) -> int:
    """Compare what a study declares with what is there: files, units, doses, wells, controls, missing arms."""
    from avpi.cli.inspection import inspect_study
    from avpi.cli.main import DONE, WRONG_INPUT

    found = inspect_study(study)
    if as_json:
        terminal.json(found.to_json())
    else:
        for part in found.parts:
            terminal.data(f"{part['kind']} '{part['name']}' {part['file']}: {part['seen']}")
        for note in found.notes:
            terminal.data(f"note: {note}")
    for problem in found.problems:
        terminal.fault(str(problem))
    if found.problems:
        count = len(found.problems)
        terminal.say(
            f"{count} problem{'s' if count > 1 else ''}. Mend {'them' if count > 1 else 'it'}, then: avpi check {study}"
        )
        return WRONG_INPUT
    terminal.say(f"Nothing stands in the way of an analysis. Next: avpi run {study}")
    return DONE
