"""``avpi run --locked``: refuse where an input is not what the run before was made of."""

from __future__ import annotations

import json
from pathlib import Path

from avpi.errors import Problem, StudyError
from avpi.store.runs import MANIFEST_FILE, RESULTS_FOLDER, runs_in
from avpi.study.manifest import record_inputs
from avpi.study.read import read_study


def require_same_inputs(folder: Path, results: Path | None = None) -> None:
    """Compare every input with the manifest of the latest run.

    Raises
    ------
    StudyError
        If there is no run to compare with, or an input was changed, added or removed since.
    """
    study = read_study(folder)
    before = runs_in(results or study.folder / RESULTS_FOLDER)
    if not before:
        what = "there is no run yet that '--locked' could compare the inputs with"
        raise StudyError(Problem(file=str(folder), what=what, hint="Run it once without '--locked'."))
    manifest = json.loads((before[-1] / MANIFEST_FILE).read_text("utf-8"))
    locked = {entry["name"]: entry["sha256"] for entry in manifest["inputs"]}
    now = {entry.name: entry.sha256 for entry in record_inputs(study).inputs}
    problems = []
    for name in sorted(locked.keys() | now.keys()):
        if locked.get(name) != now.get(name):
            what = "was added" if name not in locked else "is gone" if now.get(name) is None else "has changed"
            hint = "Put it back, or run without '--locked'."
            problems.append(Problem(file=name, what=f"{what} since run '{before[-1].name}'", hint=hint))
    if problems:
        raise StudyError(problems)
