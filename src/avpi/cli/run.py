"""``avpi run``: the whole way from a study folder to its verdict and report."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal


@click.command(
    cls=HouseCommand,
    short_help="Analyse a study, call the mechanism, write the report.",
    examples=(
        ("avpi run my-study", "analyse, call, write my-study/results/<run>/report.html"),
        ("avpi run my-study --json > verdict.json", "the call and every finding for a program"),
    ),
)
@click.argument("study", type=NamedPath())
@option("--locked", is_flag=True, section="Input", help="Refuse if an input differs from the run before.")
@option(
    "--strict",
    is_flag=True,
    section="Analysis",
    help="Stop at the first part that cannot be analysed: exit code 2, nothing written.",
)
@option(
    "--results",
    metavar="FOLDER",
    type=NamedPath(),
    section="Output",
    help="Where runs are written; results/ in the study folder by default.",
)
@talking()
def run(study: Path, *, locked: bool, strict: bool, results: Path | None, as_json: bool, terminal: Terminal) -> int:
    """Analyse everything a study declares, call the mechanism of death, and write the report."""
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.cli.results import analyse_and_write, run_json, told_not_used, told_warnings, verdict_line

    folder = study.parent if study.suffix in (".yaml", ".yml") else study
    if locked:
        from avpi.cli.locked import require_same_inputs

        require_same_inputs(folder, results)
    options = [*(["--locked"] if locked else []), *(["--strict"] if strict else [])]
    options += ["--results", str(results)] if results else []
    finished = analyse_and_write(
        folder, command=["avpi", "run", str(study), *options], terminal=terminal, results=results, strict=strict
    )
    if as_json:
        terminal.json(run_json(finished))
    else:
        terminal.data(verdict_line(finished.result.verdict))
    told_warnings(finished, terminal)
    incomplete = told_not_used(finished, terminal)
    for advice in finished.result.verdict.advice[:1]:
        terminal.say(f"What would help most: {advice.add} ({advice.why})")
    terminal.say(f"report: {finished.folder.report}")
    # Where runs are written elsewhere, only the run's own folder leads to it.
    terminal.say(f"next:   avpi show {shlex.quote(str(finished.folder.path if results else folder))}")
    return SECTIONS_FAILED if incomplete else DONE
