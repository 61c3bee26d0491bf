"""The laboratory: from what is true and what is done to a study folder of raw files, with the truth beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from avpi.errors import OurFault, Problem, StudyError
from avpi.virtual_lab.day import Day, day_of
from avpi.virtual_lab.design import Design
from avpi.virtual_lab.faults import Fault, Trace, strength_in
from avpi.virtual_lab.file_names import FileNames
from avpi.virtual_lab.membranes import write_membranes
from avpi.virtual_lab.plates import PROGRAMS, write_plates
from avpi.virtual_lab.truth import Truth, require_fit
from avpi.virtual_lab.truth_record import design_record, short_record, truth_record
from avpi.virtual_lab.tubes import STAINS, write_tubes
from avpi.virtual_lab.write_study import readme_text, study_text
from avpi.writable import require_writable

DEFAULT_SEED = 1
"""Seed of the noise where none is asked for; any would do."""
FOLDER = "FOLDER"
"""What the help of the command calls the folder of the study."""


def write_lab_study(
    truth: Truth,
    design: Design,
    folder: Path,
    *,
    seed: int = DEFAULT_SEED,
    faults: Sequence[Fault] = (),
    short_truth: bool = False,
) -> tuple[Trace, ...]:
    """Write a study: study.yaml, raw files, README.md and truth.json; byte-identical for the same arguments.

    Parameters
    ----------
    truth : what is true of the cells.
    design : what is done with them; the truth must say everything that it asks.
    folder : new or empty folder, or one that holds this same study, which is then written anew (results and overrides
        stay).
    seed : of all noise, 0 or larger.
    faults : what goes wrong in the laboratory.
    short_truth : leave truth.json at the call, the mechanism, cIAP1 and viability, as demonstration studies have it.

    Returns
    -------
    What each fault did, file by file; truth.json holds the same.

    Raises
    ------
    InputError
        If the folder takes no files; a StudyError if it holds something else. Nothing is written then.
    """
    require_writable(folder, place=FOLDER)
    require_fit(truth, design)
    if short_truth and faults:
        message = "a fault that truth.json does not tell"
        raise OurFault(message)
    _refuse_foreign_folder(folder, truth.name, None if short_truth else design)
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    days = [day_of(truth, design, seed, number, faults) for number in range(len(design.experiments))]
    traces: list[Trace] = []
    for day in days:
        traces += write_membranes(day, design, seed, folder, faults)
        traces += write_plates(truth.name, day, design, seed, folder, faults)
        traces += write_tubes(day, design, seed, folder, faults)
        traces += _batch_traces(day, design, faults)
    _write_text(folder / "study.yaml", study_text(truth, design, {day.name: day.rows for day in days}))
    _write_text(folder / "README.md", readme_text(truth, design, faults=len(faults)))
    record = short_record(truth, seed, days) if short_truth else truth_record(truth, design, seed, days, faults, traces)
    _write_text(folder / "truth.json", json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    return tuple(traces)


def require_free(folder: Path) -> None:
    """Refuse a folder that takes no files or holds what is no simulated study, before its truth is simulated.

    Raises
    ------
    InputError
        If nothing can be written there; a StudyError if something else is there.
    """
    require_writable(folder, place=FOLDER)
    if folder.exists() and not (folder.is_dir() and (not any(folder.iterdir()) or (folder / "truth.json").is_file())):
        raise _foreign(folder)


def _foreign(folder: Path) -> StudyError:
    what = "the folder is not empty and does not hold this same simulated study"
    return StudyError(
        Problem(file=str(folder), what=what, expected="a new or empty folder", hint="Nothing was written.")
    )


def _refuse_foreign_folder(folder: Path, name: str, design: Design | None) -> None:
    """Raise a StudyError if writing to ``folder`` would overwrite or mix with what is not this study."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    wanted = (name, None if design is None else design_record(design))
    try:
        found = json.loads((folder / "truth.json").read_text("utf-8"))
        same = (found.get("study"), found.get("design")) == wanted
    except (OSError, ValueError, AttributeError):
        same = False
    if not same:
        raise _foreign(folder)


def _batch_traces(day: Day, design: Design, faults: Sequence[Fault]) -> list[Trace]:
    """Return the trace of a batch effect, which touches everything that the compound or a dye was in."""
    weaker = strength_in(faults, "batch_effect", day.name)
    if weaker is None:
        return []
    names = FileNames(experiment=day.name)
    probes = [
        names.probe(membrane, protein)
        for membrane, blot in day.cells.blots.items()
        for protein in ("cIAP1", *(("XIAP",) if blot.xiap is not None else ()))
    ]
    exports = [names.plate(plate, PROGRAMS[design.reader][0]) for plate in design.plates]
    tubes = [*(names.single_stain(stain) for stain in STAINS), *(names.sample(label) for label in design.samples)]
    what = (
        f"the compound did {weaker:.0%} less on the logarithmic scale (the true values of {day.name} hold it), stained "
        f"cells and plates were {weaker:.0%} dimmer"
    )
    return [Trace(fault="batch_effect", experiment=day.name, files=(*probes, *exports, *tubes), what=what)]


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
