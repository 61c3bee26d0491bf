"""What ``run`` and ``demo`` share: run a study, write its results, enter it in the index, word the outcome."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avpi.cli.terminal import Terminal
from avpi.errors import Problem, StudyError

if TYPE_CHECKING:
    from avpi.estimate import Finding
    from avpi.report.write import RunFolder
    from avpi.result import Result
    from avpi.verdict.results import Verdict

CERTAIN = 0.999
"""The largest share of 10,000 draws that is printed as a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """A run that is whole: its name, its numbers, the folder it was written to."""

    run: str
    result: Result
    folder: RunFolder


def analyse_and_write(
    study_folder: Path, *, command: Sequence[str], terminal: Terminal, results: Path | None = None, strict: bool = False
) -> FinishedRun:
    """Run a study, write its results and enter the run in the index.

    Raises
    ------
    InputError
        If study.yaml or a declared file is at fault, or the results cannot be written; if ``strict``, also where a part
        cannot be analysed.
    """
    from avpi.store.runs import RESULTS_FOLDER, new_run_id
    from avpi.study.read import read_study

    # A fault of study.yaml, or a place that cannot be written, is told before the work and not after it.
    target = results or read_study(study_folder).folder / RESULTS_FOLDER
    require_writable(target)

    from avpi.report.write import write_results
    from avpi.workflow import run_study

    result = run_study(study_folder, progress=terminal.progress, strict=strict)
    run = new_run_id(result.manifest.content_hash)
    folder = write_results(result, target, command=command, run=run, progress=terminal.progress)
    _enter_in_index(study_folder, folder.path, terminal)
    return FinishedRun(run=run, result=result, folder=folder)


def told_warnings(finished: FinishedRun, terminal: Terminal) -> None:
    """Tell of every warning of a run, each kind once with what it is about; the report has them one by one."""
    from avpi.report.words import plain_words

    kinds: dict[str, list[Finding]] = {}
    for finding in dict.fromkeys(finished.result.findings):
        if finding.severity == "warning":
            kinds.setdefault(finding.code, []).append(finding)
    for code, found in kinds.items():
        if len(found) == 1:
            about = f"{found[0].subject}: " if found[0].subject else ""
            terminal.say(f"warning: {about}{found[0].text}")
        else:
            subjects = ", ".join(dict.fromkeys(one.subject for one in found if one.subject))
            terminal.say(f"warning: {plain_words(code)} ({len(found)}: {subjects}). The first: {found[0].text}")


def told_not_used(finished: FinishedRun, terminal: Terminal) -> bool:
    """Tell of every declared part that the verdict does without, and return whether there is one."""
    from avpi.report.not_used import parts_not_used

    parts = parts_not_used(finished.result)
    for part in parts:
        terminal.warn(str(part))
    return bool(parts)


def require_writable(folder: Path, *, option: str = "--results") -> None:
    """Raise a :class:`StudyError` that names the option out of it if files cannot be made in a folder."""
    from avpi.writable import why_not_writable

    if why := why_not_writable(folder):
        hint = f"Make the folder writable, or write elsewhere with '{option} FOLDER'."
        raise StudyError(Problem(file=str(folder), what=f"results cannot be written there: {why}", hint=hint))


def _enter_in_index(study_folder: Path, run_folder: Path, terminal: Terminal) -> None:
    """Enter a run in the index; a fault there is told and costs nothing, because the folder holds everything."""
    from avpi.errors import InputError
    from avpi.store.database import open_index
    from avpi.store.index import record_run
    from avpi.store.runs import read_run

    try:
        record = read_run(run_folder, study_folder=study_folder)
        with open_index() as connection:
            record_run(connection, record)
    except InputError as error:
        terminal.warn(f"The run is whole, but 'avpi studies' will not list it: {error}")
        # Elsewhere than in the study folder, a rebuild below the study folder would not find the run.
        inside = run_folder.resolve().is_relative_to(study_folder.resolve())
        where = study_folder if inside else run_folder.parent
        terminal.warn(f"Once that is mended: avpi studies --rebuild {shlex.quote(str(where))}")


def verdict_line(verdict: Verdict) -> str:
    """Return the call in one line: what was called, and the sentence, which holds the probability."""
    return f"{verdict.called}: {verdict.sentence}"


def called_line(called: str, probability: float) -> str:
    """Return the call and its probability, such as ``"apoptosis/autocrine (97 %)"``."""
    return f"{called} ({percent(probability)})"


def percent(share: float) -> str:
    """Return a share of draws as people read it; draws cannot show that something is certain."""
    if share > CERTAIN:
        return f"> {100 * CERTAIN:g} %"
    if 0 < share < 1 - CERTAIN:
        return f"< {100 * (1 - CERTAIN):.1g} %"
    return f"{100 * share:.3g} %"


def run_json(finished: FinishedRun) -> dict[str, Any]:
    """Return what ``avpi run --json`` prints."""
    from avpi.report.not_used import parts_not_used

    verdict = finished.result.verdict
    return {
        "study": finished.result.study.title,
        "called": verdict.called,
        "probability": verdict.probability,
        "reason": verdict.reason,
        "sentence": verdict.sentence,
        "best": verdict.best,
        "leaves": dict(verdict.leaves),
        "flags": list(verdict.flags),
        "missing": list(verdict.missing),
        "findings": [finding.to_json() for finding in finished.result.findings],
        "failed": [
            {"kind": part.kind, "name": part.name, "code": part.code, "why": part.why}
            for part in finished.result.failed
        ],
        "not_used": [
            {"kind": part.kind, "name": part.name, "why": part.why} for part in parts_not_used(finished.result)
        ],
        "run": finished.run,
        "results": str(finished.folder.path.absolute()),
        "report": str(finished.folder.report.absolute()),
    }
