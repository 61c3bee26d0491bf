"""``avpi plan lint``: what a verdict could not know of a study, before any cell is seeded."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.house import HouseCommand, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal

if TYPE_CHECKING:
    from avpi.planning.lint import Lint


@click.command(
    cls=HouseCommand,
    short_help="Tell what a verdict could not know of a planned study.",
    examples=(
        ("avpi plan lint my-study", "every finding, and what could be called of four kinds of cells"),
        ("avpi plan lint my-study --json", "the same for a program"),
    ),
)
@click.argument("study", type=NamedPath())
@talking()
def lint(study: Path, *, as_json: bool, terminal: Terminal) -> int:
    """Tell what a verdict could not know of a study; only study.yaml and its layouts need be there."""
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.planning.lint import lint_study
    from avpi.planning.plan_file import PLAN_FILE, read_plan
    from avpi.report.words import count_words
    from avpi.study.read import read_study

    if study.is_dir() and (study / PLAN_FILE).is_file():
        plan = read_plan(study)
        found = lint_study(plan.study, potency=plan.potency, rim_used=plan.file.plate.rim_used)
    else:
        found = lint_study(read_study(study))
    if as_json:
        terminal.json(_as_json(study, found))
    else:
        for finding in found.findings:
            subject = f" ({finding.subject})" if finding.subject else ""
            terminal.data(f"{finding.severity} {finding.code}{subject}: {finding.text}")
        for outcome in found.outcomes:
            terminal.data(f"if {outcome.title}: {outcome.called}")
    serious = [finding for finding in found.findings if finding.severity != "note"]
    if serious:
        terminal.say(f"{count_words(len(serious), 'finding')} to mend before cells are seeded.")
        return SECTIONS_FAILED
    terminal.say(f"Nothing stands in the way. Next: avpi plan export {shlex.quote(str(study))} --to bench")
    return DONE


def _as_json(study: Path, found: Lint) -> dict[str, Any]:
    return {
        "study": str(study),
        "findings": [finding.to_json() for finding in found.findings],
        "outcomes": [
            {
                "scenario": outcome.scenario, "if": outcome.title, "called": outcome.called,
                "reason": outcome.reason, "advice": list(outcome.advice),
            }
            for outcome in found.outcomes
        ],
    }  # fmt: skip
