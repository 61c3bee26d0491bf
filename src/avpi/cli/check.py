"""``avpi check``: what a study declares against what is there, and which parts a verdict could not use."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from avpi.cli.house import HouseCommand, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal


@click.command(
    cls=HouseCommand,
    short_help="Compare what a study declares with what is there.",
    examples=(
        ("avpi check my-study", "every fault of study.yaml and of the files, all at once; writes nothing"),
        ("avpi check my-study --json", "the same for a program"),
    ),
)
@click.argument("study", type=NamedPath())
@talking()
def check(study: Path, *, as_json: bool, terminal: Terminal) -> int:
    """Compare what a study declares with what is there, and say which parts the verdict could not use."""
    from avpi.cli.inspection import inspect_study
    from avpi.cli.main import DONE, SECTIONS_FAILED, WRONG_INPUT
    from avpi.report.words import count_words

    found = inspect_study(study, terminal.progress)
    if as_json:
        terminal.json(found.to_json())
    else:
        for seen in found.parts:
            terminal.data(f"{seen['kind']} '{seen['name']}' {seen['file']}: {seen['seen']}")
        for note in found.notes:
            terminal.data(f"note: {note}")
    for problem in found.problems:
        terminal.fault(str(problem))
    for part in found.not_used:
        terminal.fault(str(part))
    folder = shlex.quote(str(study))
    if found.problems:
        count = len(found.problems)
        them = "them" if count > 1 else "it"
        terminal.say(f"{count_words(count, 'problem')}. Mend {them}, then: avpi check {folder}")
        return WRONG_INPUT
    if found.not_used:
        count = len(found.not_used)
        terminal.say(
            f"The verdict would do without {count_words(count, 'part')}. Mend {'them' if count > 1 else 'it'}, "
            f"then: avpi check {folder}. Or go on without: avpi run {folder}"
        )
        return SECTIONS_FAILED
    terminal.say(f"Nothing stands in the way of an analysis. Next: avpi run {folder}")
    return DONE
