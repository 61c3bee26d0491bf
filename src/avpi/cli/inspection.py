"""What ``avpi check`` finds out about a study: files, wells, lanes, controls, missing arms, parts not to be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from avpi.cli.house import problem_json
from avpi.compute.progress import SILENT, Progress
from avpi.errors import InputError, NotAnalysed, Problem
from avpi.formats.blot_image import read_blot_image
from avpi.formats.fcs import read_fcs
from avpi.formats.plate_file import read_plate_file
from avpi.names import Condition, reagent_sets
from avpi.plate.select import select_read
from avpi.plate.wells import label_wells
from avpi.report.not_used import NotUsed, parts_not_used
from avpi.report.words import count_words
from avpi.study.overrides import read_overrides
from avpi.study.read import Study, missing_files, read_study
from avpi.study.schema import Blot, Layout, PlateFile, Sample
from avpi.study.template import EXTENDED_MATRIX
from avpi.workflow import declared_layout, exposures_of, run_study

SAME_FOR_THE_MATRIX = {"Nec-1": "Nec-1s", "emricasan": "zVAD"}
"""Reagents that answer the same question of the matrix."""


@dataclass(slots=True)
class Inspection:
    """What was found: a line for each part that can be read, problems, parts not to be used, notes."""

    title: str = ""
    parts: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing_arms: list[str] = field(default_factory=list)
    not_used: list[NotUsed] = field(default_factory=list)
    conditions: set[Condition] = field(default_factory=set)

    def to_json(self) -> dict[str, Any]:
        """Return what ``avpi check --json`` prints."""
        return {
            "study": self.title,
            "parts": self.parts,
            "problems": [problem_json(problem) for problem in self.problems],
            "not_used": [{"kind": part.kind, "name": part.name, "why": part.why} for part in self.not_used],
            "notes": self.notes,
            "missing_arms": self.missing_arms,
        }


def inspect_study(folder: Path, progress: Progress = SILENT) -> Inspection:
    """Read and measure everything that a study declares, write nothing, and collect every fault."""
    found = Inspection()
    try:
        study = read_study(folder)
    except InputError as error:
        found.problems += error.problems
        return found
    found.title = study.title
    found.problems += missing_files(study)
    found.problems += _faults_of(lambda: read_overrides(study.folder))
    for blot in study.blots:
        _attempt(found, "blot", blot.name, blot.image, partial(_blot, study, blot, found))
    for plate in study.plates:
        _attempt(found, "plate", plate.name, plate.file, partial(_plate, study, plate, found))
    for sample in study.samples:
        _attempt(found, "sample", sample.name, sample.file, partial(_sample, study, sample, found))
    found.notes += _notes_of_design(study, found)
    found.not_used += _parts_not_used(study, found, progress)
    return found


def _parts_not_used(study: Study, found: Inspection, progress: Progress) -> Iterator[NotUsed]:
    """Yield the parts that a run would leave out: only measuring them tells, so they are measured."""
    try:
        result = run_study(study.folder / study.source, progress=progress)
    except InputError as error:
        found.problems += [problem for problem in error.problems if problem not in found.problems]
        return
    told = {str(problem) for problem in found.problems}
    for part in parts_not_used(result):
        if not set(part.why.splitlines()) <= told:
            yield part


class _NotThere(Exception):  # noqa: N818 - a state: the missing file is already among the problems
    pass


def _attempt(found: Inspection, kind: str, name: str, file: str, look: Callable[[], str]) -> None:
    """Add what ``look`` sees of one part, or why it cannot be read."""
    try:
        found.parts.append({"kind": kind, "name": name, "file": file, "seen": look()})
    except _NotThere:
        return
    except InputError as error:
        found.problems += error.problems
    except NotAnalysed:
        return  # told with its reason among the parts that are not used


def _faults_of(read: Callable[[], object]) -> tuple[Problem, ...]:
    try:
        read()
    except InputError as error:
        return error.problems
    return ()


def _there(study: Study, name: str) -> Path:
    path = study.folder / name
    if not path.is_file():
        raise _NotThere
    return path


def _blot(study: Study, declared: Blot, found: Inspection) -> str:
    images = exposures_of(study, declared, _there)
    found.notes += [f"{one.source}: {caveat.text}" for one in images for caveat in one.caveats]
    control = declared.loading_control
    if control is None:
        found.notes.append(f"blot '{declared.name}' has no loading control: its lanes cannot be normalised.")
    elif control.image is not None:
        control_image = read_blot_image(_there(study, control.image), control.image)
        found.notes += [f"{control.image}: {caveat.text}" for caveat in control_image.caveats]
    height, width = images[0].pixels.shape
    lanes = count_words(len(declared.lanes), "lane")
    series = f"{len(images)} exposures, " if len(images) > 1 else ""
    return f"{series}{images[0].bits}-bit, {width} x {height} pixels, {lanes} of {declared.target} declared"


def _plate(study: Study, declared: PlateFile, found: Inspection) -> str:
    reading = read_plate_file(_there(study, declared.file), declared.file, decimal=study.file.decimal or "")
    found.notes += [f"{declared.file}: {caveat.text}" for caveat in reading.caveats]
    read = select_read(reading, declared).read
    layout = declared_layout(study, declared, (int(read.values.shape[0]), int(read.values.shape[1])), _there)
    own = declared.layout if isinstance(declared.layout, Layout) else None
    contents = label_wells(layout, own, study.words)
    conditions = {content.condition for content in contents.values() if content.condition is not None}
    found.conditions |= conditions
    roles = {content.role for content in contents.values()}
    if not roles & {"blank", "kill"}:
        found.notes.append(
            f"plate '{declared.name}' has neither killed wells nor wells without cells: no background and no Z'."
        )
    doses = sorted({study.words.describe(condition) for condition in conditions})
    return f"{reading.reader}, {len(read.wells())} wells read, {len(contents)} labelled: {', '.join(doses)}"


def _sample(study: Study, declared: Sample, found: Inspection) -> str:
    events = read_fcs(_there(study, declared.file), declared.file, data_set=declared.data_set)
    found.notes += [f"{declared.file}: {caveat.text}" for caveat in events.caveats]
    condition = study.words.condition(declared.condition)
    found.conditions.add(condition)
    size = f"{len(events.stored):,} events, {len(events.channels)} channels"
    return f"{events.version}, {size}: {study.words.describe(condition)}"


def _notes_of_design(study: Study, found: Inspection) -> Iterator[str]:
    """Yield what the design leaves open; ``missing_arms`` is filled on the way."""
    if len(study.experiments) < 2:
        yield "One independent experiment: avpi will show its numbers and make no call. Two or more are needed."
    if not study.blots:
        yield "No blot: whether the mimetic reached its target stays open, and no mechanism can be called."
    if not (study.plates or study.samples):
        yield "No plate and no sample: how the cells die stays open."
    if study.samples and not study.cytometry.controls:
        yield "No unstained or single-stain tubes: thresholds and compensation then rest on the samples themselves."
    have = {frozenset(SAME_FOR_THE_MATRIX.get(r, r) for r in reagents) for reagents in reagent_sets(found.conditions)}
    if found.conditions:
        found.missing_arms += [arm for arm in EXTENDED_MATRIX if frozenset(arm.split("+")) not in have]
    if found.missing_arms:
        yield f"Arms of the extended matrix that no plate or sample has: {', '.join(found.missing_arms)}."
