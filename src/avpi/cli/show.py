"""``avpi show``: the verdict of a run and what stands behind it, from the files of the run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from avpi.cli.house import HouseCommand, talking
from avpi.cli.terminal import Terminal


@click.command(
    cls=HouseCommand,
    short_help="Show the verdict of a run.",
    examples=(
        ("avpi show my-study", "the latest run of a study"),
        ("avpi show 20260131-0915", "a run by its name or the beginning of it"),
    ),
)
@click.argument("study_or_run")
@talking()
def show(study_or_run: str, *, as_json: bool, terminal: Terminal) -> None:
    """Show the verdict of a study's latest run, or of the run named: the path, the findings, what to add."""
    from avpi.store.runs import VERDICT_FILE

    folder = run_folder(study_or_run)
    verdict = json.loads((folder / VERDICT_FILE).read_text("utf-8"))
    report = (folder / "report.html").absolute()
    if as_json:
        terminal.json({**verdict, "run": folder.name, "report": str(report)})
        return
    for line in verdict_lines(verdict):
        terminal.data(line)
    terminal.data(f"report: {report}")


def verdict_lines(verdict: Mapping[str, Any]) -> Iterator[str]:
    """Yield the verdict as lines for a person: the call, the way to it, the rival leaves, findings, advice."""
    from avpi.cli.results import called_line, percent

    study = verdict["study"]
    yield f"{study['title']} ({study['compound']}, {study['cell_line']})"
    yield f"{verdict['called']}: {verdict['sentence']}"
    for step in verdict["trace"]:
        yield f"  {step['question']} {step['answer']} ({percent(step['share'])}). {step['text']}".rstrip()
    others = [(leaf, p) for leaf, p in verdict["leaves"].items() if p > 0 and not is_of(leaf, verdict["called"])]
    if others:
        yield "other leaves: " + ", ".join(called_line(leaf, p) for leaf, p in others)
    for finding in verdict["findings"]:
        subject = f" {finding['subject']}:" if finding["subject"] else ""
        yield f"{finding['severity']}:{subject} {finding['text']}"
    for advice in verdict["advice"]:
        gain = advice["expected_gain"]
        worth = f" (expected gain {percent(gain)})" if gain is not None else ""
        yield f"add: {advice['add']}{worth}, because {advice['why']}"


def is_of(leaf: str, called: str) -> bool:
    """Return True if a leaf is what was called, or one of the ways in which nothing could be."""
    return leaf == called or leaf.startswith(f"{called}/")


def run_folder(asked: str) -> Path:
    """Return the folder of a run: a study's latest one, a run's own folder, or a run of the index by its name."""
    from avpi.errors import Problem, StudyError
    from avpi.store.runs import RESULTS_FOLDER, VERDICT_FILE, runs_in

    path = Path(asked)
    if (path / VERDICT_FILE).is_file():
        return path
    if path.is_dir():
        found = runs_in(path / RESULTS_FOLDER) or runs_in(path)
        if found:
            return found[-1]
        raise StudyError(Problem(file=asked, what=f"'{asked}' holds no run yet", hint=f"First 'avpi run {asked}'"))
    return _indexed_run(asked)


def _indexed_run(asked: str) -> Path:
    from avpi.errors import Problem, StudyError, nearest_word
    from avpi.store.database import open_index
    from avpi.store.index import find_run, list_studies

    with open_index() as connection:
        found = find_run(connection, asked)
        known = [row.latest.run for row in list_studies(connection)]
    there = [Path(record.path) for record in found if Path(record.path).is_dir()]
    if len(there) == 1:
        return there[0]
    if there:
        what = f"'{asked}' names {len(there)} runs"
        among = [Problem(file=path.name, what=f"is in '{path.parent}'") for path in there]
        raise StudyError([Problem(file=asked, what=what, expected="a beginning that only one of these has"), *among])
    if found:
        what = f"the run was at '{found[0].path}', which is not there"
        raise StudyError(Problem(file=asked, what=what, hint="'avpi studies --rebuild FOLDER' finds moved studies."))
    what = f"'{asked}' is neither a study folder nor a run that the index knows"
    raise StudyError(Problem(file=asked, what=what, hint=nearest_word(asked, known) or "'avpi studies' lists them."))
