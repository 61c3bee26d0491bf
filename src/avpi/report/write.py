"""The results folder of a run, written whole or not at all (docs/results-format.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from avpi.compute.progress import SILENT, Progress
from avpi.errors import InputError, Problem
from avpi.report.machine import json_text, verdict_json
from avpi.report.provenance import TIMED_FILES, hash_outputs, manifest_json
from avpi.report.ro_crate import ro_crate
from avpi.report.staging import whole_or_nothing
from avpi.result import Result

Clock = Callable[[], datetime]
REPORT, VERDICT, MANIFEST, CRATE, LOG = (
    "report.html",
    "verdict.json",
    "manifest.json",
    "ro-crate-metadata.json",
    "log.jsonl",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """Where a run's results stand."""

    path: Path
    report: Path
    verdict_json: Path
    manifest: Path
    tables: Path
    figures: Path


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def write_results(
    result: Result,
    folder: Path,
    *,
    command: Sequence[str],
    run: str,
    progress: Progress = SILENT,
    clock: Clock = utc_now,
) -> RunFolder:
    """Write ``folder/<run>/``: report, figures, tables, and their machine-readable twins.

    The run is written beside its place and moved there when it is whole; a killed run leaves earlier results as they
    were. The same result and command give the same bytes, except for the time and run name in ``manifest.json``,
    ``ro-crate-metadata.json`` and ``log.jsonl``.

    Parameters
    ----------
    folder : the results folder; made if it is not there.
    command : as it was typed, for the provenance.
    run : name of the run's folder; one of that name is replaced.
    progress : told of every figure.
    clock : gives the time of the log; for tests.

    Raises
    ------
    InputError
        If the folder cannot be written to, or the disk is full.
    """
    place = folder / run
    try:
        with whole_or_nothing(folder, run) as staged:
            _fill(result, staged, _Log(staged / LOG, clock), command=command, run=run, progress=progress)
    except OSError as fault:
        raise InputError(
            Problem(
                file=str(place),
                what=f"The results cannot be written: {fault.strerror or fault}",
                hint="Make room or choose a folder that can be written to; earlier results are untouched.",
            )
        ) from fault
    return RunFolder(
        path=place,
        report=place / REPORT,
        verdict_json=place / VERDICT,
        manifest=place / MANIFEST,
        tables=place / "tables",
        figures=place / "figures",
    )


@dataclass(frozen=True, slots=True)
class _Log:
    """``log.jsonl``: one line a step, with its time."""

    path: Path
    clock: Clock

    def __call__(self, step: str, **numbers: int) -> str:
        at = self.clock().isoformat(timespec="milliseconds")
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps({"at": at, "step": step, **numbers}) + "\n")
        return at


def _fill(result: Result, folder: Path, log: _Log, *, command: Sequence[str], run: str, progress: Progress) -> None:
    # matplotlib, pandas and jinja2 are imported here, so that commands that write nothing start quickly.
    from avpi.report.anchors import anchors
    from avpi.report.figures import draw_figures, write_figures
    from avpi.report.page import page
    from avpi.report.tables import tables, write_tables

    log(
        "started",
        blots=len(result.blots),
        plates=len(result.plates),
        samples=len(result.samples),
        failed=len(result.failed),
    )
    frames = tables(result)
    write_tables(frames, folder / "tables")
    log("tables", written=len(frames))
    where = anchors(result)
    figures = draw_figures(result, where, progress=progress)
    write_figures(figures, folder / "figures")
    log("figures", written=sum(len(drawings) for drawings in figures.values()))
    _write(folder / REPORT, page(result, figures, where, command=command))
    log("report")
    _write(folder / VERDICT, json_text(verdict_json(result)))
    outputs = hash_outputs(folder)
    run_at = log("finished", files=len(outputs) + len(TIMED_FILES))
    about: dict[str, Any] = {"command": command, "run": run, "run_at": run_at}
    _write(folder / MANIFEST, json_text(manifest_json(result, outputs=outputs, **about)))
    listed = [*outputs, {"name": MANIFEST}, {"name": LOG}]
    _write(folder / CRATE, json_text(ro_crate(result, outputs=listed, **about)))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
