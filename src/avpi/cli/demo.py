"""``avpi demo``: simulated studies with known truth, through the same door as anybody's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal

DEFAULT_FOLDER = Path("avpi-demo")


@click.command(
    cls=HouseCommand,
    short_help="Make and run a simulated study with known truth.",
    examples=(
        ("avpi demo", "make and run one study, print its verdict and its report"),
        ("avpi demo --all --json", "every demonstration study with its truth and its call"),
    ),
)
@click.argument("name", required=False)
@option("--all", "every", is_flag=True, section="Input", help="Run every demonstration study.")
@option(
    "--folder",
    metavar="FOLDER",
    type=NamedPath(),
    default=DEFAULT_FOLDER,
    section="Output",
    help="Where the studies are made; ./avpi-demo by default.",
)
@talking()
def demo(name: str | None, *, every: bool, folder: Path, as_json: bool, terminal: Terminal) -> int:
    """Make a simulated study as raw files, run it, and say whether the call is the truth."""
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.cli.results import (
        analyse_and_write,
        called_line,
        require_writable,
        told_not_used,
        told_warnings,
        verdict_line,
    )
    from avpi.virtual_lab.studies import make_study

    require_writable(folder, option="--folder")

    rows: list[dict[str, Any]] = []
    failed = False
    for study in _chosen(name, every=every):
        terminal.say(f"demonstration study '{study}'")
        made = make_study(study, folder / study)
        finished = analyse_and_write(folder / study, command=["avpi", "demo", study], terminal=terminal)
        verdict = finished.result.verdict
        told_warnings(finished, terminal)
        failed = told_not_used(finished, terminal) or failed
        rows.append(
            {
                "study": study,
                "truth": made.truth,
                "called": verdict.called,
                "probability": verdict.probability,
                "missing": list(verdict.missing),
                "report": str(finished.folder.report.absolute()),
            }
        )
        if not as_json:
            prefix = f"{study}: " if every else ""
            terminal.data(prefix + verdict_line(verdict))
            terminal.data(str(finished.folder.report))
            terminal.say(
                f"truth of the simulation: {made.truth}; called: {called_line(verdict.called, verdict.probability)}"
            )
    if as_json:
        terminal.json(rows if every else rows[0])
    terminal.say("next: avpi init my-study")
    return SECTIONS_FAILED if failed else DONE


def _chosen(name: str | None, *, every: bool) -> tuple[str, ...]:
    """Return the names of the studies to run: the one named, all of them, or the first."""
    from avpi.virtual_lab.studies import DEMO_STUDIES

    if every and name:
        message = f"'{name}' and '--all' exclude each other."
        raise click.UsageError(message)
    if every:
        return tuple(DEMO_STUDIES)
    return (name or next(iter(DEMO_STUDIES)),)
