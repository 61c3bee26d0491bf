"""Runs on disk: their names, and what the index keeps of each, read from the files of a run's folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from avpi.errors import FileFormatError, Problem

RESULTS_FOLDER = "results"
VERDICT_FILE = "verdict.json"
MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run as the index keeps it; ``folder`` is the study's, ``path`` the run's own."""

    folder: str
    title: str
    compound: str
    cell_line: str
    run: str
    path: str
    report: str
    created: datetime
    called: str
    probability: float
    content_hash: str
    avpi_version: str


def new_run_id(content_hash: str, *, now: datetime | None = None) -> str:
    """Return the name of a new run: UTC to the microsecond, then 8 digits of the hash of its inputs.

    Names sort by time. Two runs that start together differ in the microseconds, and two runs of the same inputs
    end alike.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    return f"{moment:%Y%m%d-%H%M%S-%f}-{content_hash[:8]}"


def read_run(run_folder: Path, *, study_folder: Path | None = None) -> RunRecord:
    """Read what the index keeps of a run from its verdict.json and manifest.json.

    Parameters
    ----------
    run_folder : ``results/<run>``.
    study_folder : the study's folder; taken from where the run lies if absent.

    Raises
    ------
    FileFormatError
        If a file is missing, is not JSON, or lacks a field.
    """
    verdict, manifest = _json(run_folder / VERDICT_FILE), _json(run_folder / MANIFEST_FILE)
    try:
        study = verdict["study"]
        return RunRecord(
            folder=str((study_folder or study_folder_of(run_folder)).resolve()),
            title=str(study["title"]),
            compound=str(study["compound"]),
            cell_line=str(study["cell_line"]),
            run=str(manifest["run"]),
            path=str(run_folder.resolve()),
            report=str((run_folder / "report.html").resolve()),
            created=datetime.fromisoformat(manifest["run_at"]).astimezone(UTC),
            called=str(verdict["called"]),
            probability=float(verdict["probability"]),
            content_hash=str(manifest["content_hash"]),
            avpi_version=str(manifest["avpi"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        what = f"a run needs the fields of docs/results-format.md, and {error} is missing or of the wrong kind"
        raise FileFormatError(Problem(file=str(run_folder), what=what)) from None


def study_folder_of(run_folder: Path) -> Path:
    """Return the study's folder: above ``results/`` where a study.yaml lies there, else what holds the run."""
    above = run_folder.resolve().parent
    return above.parent if (above.parent / "study.yaml").is_file() else above


def find_runs(folder: Path) -> Iterator[Path]:
    """Yield every run's folder below a folder, oldest name first; unfinished ones (hidden) are left out."""
    for path in sorted(folder.rglob(VERDICT_FILE)):
        run_folder = path.parent
        hidden = any(part.startswith(".") for part in run_folder.relative_to(folder).parts)
        if not hidden and (run_folder / MANIFEST_FILE).is_file():
            yield run_folder


def runs_in(results: Path) -> list[Path]:
    """Return the whole runs in a results folder, oldest first by the time in their manifest."""
    if not results.is_dir():
        return []
    whole = [path for path in results.iterdir() if not path.name.startswith(".") and (path / VERDICT_FILE).is_file()]
    return sorted(whole, key=lambda path: (read_run(path).created, path.name))


def _json(path: Path) -> Mapping[str, Any]:
    try:
        loaded = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FileFormatError(Problem(file=str(path), what=f"cannot be read: {error.strerror}")) from None
    except ValueError:
        raise FileFormatError(Problem(file=str(path), what="is not JSON")) from None
    if not isinstance(loaded, dict):
        raise FileFormatError(Problem(file=str(path), what="holds no JSON object"))
    return loaded
