"""The main flow, top to bottom: a study folder to a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from avpi.blot.analyse import analyse_blot
from avpi.blot.exposures import combine_images
from avpi.blot.layout import correctable
from avpi.blot.replicates import compare_blots
from avpi.blot.results import BlotResult
from avpi.compute.progress import SILENT, Progress
from avpi.errors import InputError, NotAnalysed, Problem
from avpi.flow.analyse import analyse_sample, gate_by_controls
from avpi.flow.compensation import Spillover, can_be_inverted
from avpi.flow.controls import ControlTube
from avpi.flow.replicates import with_replicates
from avpi.flow.results import SampleResult
from avpi.formats.blot_image import read_blot_image
from avpi.formats.fcs import open_fcs
from avpi.formats.layout import layout_from_wells, read_layout
from avpi.formats.plate_file import read_plate_file
from avpi.formats.spillover_table import read_spillover_table
from avpi.plate.analyse import analyse_plate
from avpi.plate.results import PlateResult
from avpi.plate.select import select_read
from avpi.readings import BlotImage, CellEvents, PlateLayout
from avpi.result import FailedSection, Result
from avpi.study.manifest import record_inputs
from avpi.study.overrides import Overrides, read_overrides, require_known_targets
from avpi.study.read import STUDY_FILE, Study, missing_files, read_study
from avpi.study.repeats import independent_parts
from avpi.study.schema import Blot, Layout, PlateFile, Sample
from avpi.verdict.decide import decide
from avpi.verdict.effects import gather_effects
from avpi.verdict.repeats import repeated_readings

Part = TypeVar("Part", Blot, PlateFile, Sample)
Analysed = TypeVar("Analysed")
GIVE_SECONDS = "'seconds' at the blot, for its image, and at each of its exposures"


def run_study(folder: Path, *, progress: Progress = SILENT, strict: bool = False) -> Result:
    """Run every analysis a study declares and call the mechanism of death.

    Parameters
    ----------
    folder : the study's folder.
    progress : told of every blot, plate and sample.
    strict : stop at the first part that cannot be analysed, instead of leaving it out and going on.

    Raises
    ------
    InputError
        If study.yaml or overrides.jsonl has faults, or (``strict``) any input file has.
    """
    study = read_study(folder)
    manifest = record_inputs(study)
    overrides = read_overrides(study.folder)
    require_known_targets(overrides, _correctable(study))
    independent, repeats = independent_parts(study, manifest)
    sections = Sections(strict=strict)

    blots = sections.each(progress(study.blots, "blots"), "blot", lambda b: _blot(study, b, overrides))
    plates = sections.each(progress(study.plates, "plates"), "plate", lambda p: _plate(study, p))
    samples = _samples(study, overrides, progress, sections)

    again, copies = repeated_readings(
        [blot for blot in blots if blot.name in independent], [plate for plate in plates if plate.name in independent]
    )
    independent -= again
    used_blots = [blot for blot in blots if blot.name in independent]
    effects = gather_effects(
        study,
        used_blots,
        [plate for plate in plates if plate.name in independent],
        [sample for sample in samples if sample.name in independent],
    )
    lost = tuple(failure.name for failure in sections.failed)
    verdict = decide(study, effects, seed=manifest.seed, findings=(*repeats, *copies), lost=lost)
    return Result(
        study=study, manifest=manifest, overrides=overrides, blots=tuple(blots), plates=tuple(plates),
        samples=tuple(samples), failed=tuple(sections.failed), verdict=verdict,
        replicates=compare_blots(used_blots, study.rules, study.working_dose_molar),
    )  # fmt: skip


def _correctable(study: Study) -> list[str]:
    """Return what a line of overrides.jsonl may name."""
    lanes = [target for blot in study.blots for target in correctable(blot)]
    return lanes + [f"{sample.name}/{what}" for sample in study.samples for what in ("thresholds", "gates")]


class Sections:
    """Runs the parts of a study one by one; a part that fails is kept with its reason and the rest goes on."""

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self.failed: list[FailedSection] = []

    def each(self, parts: Iterable[Part], kind: str, analyse: Callable[[Part], Analysed]) -> list[Analysed]:
        """Return the analysed parts, in order."""
        done = []
        for part in parts:
            analysed = self.attempt(partial(analyse, part), kind, part.name, part.experiment)
            if analysed is not None:
                done.append(analysed)
        return done

    def attempt(self, analyse: Callable[[], Analysed], kind: str, name: str, experiment: str) -> Analysed | None:
        """Return what ``analyse`` gives, or None with the failure kept."""
        try:
            return analyse()
        except NotAnalysed as failure:
            if self.strict:
                raise InputError(Problem(file=STUDY_FILE, place=name, what=f"{failure} ({failure.code})")) from failure
            self.failed.append(
                FailedSection(kind=kind, name=name, experiment=experiment, code=failure.code, why=str(failure))
            )
        except InputError as failure:
            if self.strict:
                raise
            self.failed.append(
                FailedSection(kind=kind, name=name, experiment=experiment, code="unreadable_file", why=str(failure))
            )
        return None


def _there(study: Study, name: str) -> Path:
    """Return the path of a declared file, or say that it is missing and what it may be called now."""
    path = study.folder / name
    if not path.is_file():
        raise InputError([p for p in missing_files(study) if f"'{name}'" in p.what])
    return path


def _blot(study: Study, declared: Blot, overrides: Overrides) -> BlotResult:
    images = exposures_of(study, declared)
    image, series = images[0], None
    if len(images) > 1:
        seconds = [declared.seconds, *(one.seconds for one in declared.exposures)]
        image, series = combine_images(images, seconds, declared.name, remedy=GIVE_SECONDS)
    control: BlotImage | None = None
    if declared.loading_control and declared.loading_control.image:
        name = declared.loading_control.image
        control = read_blot_image(_there(study, name), name)
    return analyse_blot(image, control, declared, study.words, study.rules, overrides, series=series)


def exposures_of(study: Study, declared: Blot, find: Callable[[Study, str], Path] = _there) -> list[BlotImage]:
    """Return a blot's image and its further exposures; ``find`` gives the path of a declared file."""
    names = (declared.image, *(one.image for one in declared.exposures))
    return [read_blot_image(find(study, name), name) for name in names]


def _plate(study: Study, declared: PlateFile) -> PlateResult:
    reading = read_plate_file(_there(study, declared.file), declared.file, decimal=study.file.decimal or "")
    read = select_read(reading, declared).read
    layout = declared_layout(study, declared, (int(read.values.shape[0]), int(read.values.shape[1])))
    return analyse_plate(reading, layout, declared, study.words, study.rules)


def declared_layout(
    study: Study, declared: PlateFile, shape: tuple[int, int], find: Callable[[Study, str], Path] = _there
) -> PlateLayout:
    """Return the layout that a study declares for a plate of ``shape``; ``find`` gives the path of a declared file."""
    layout = declared.layout if isinstance(declared.layout, Layout) else Layout(file=declared.layout)
    if layout.file is None:
        return layout_from_wells(layout.wells, STUDY_FILE)
    return read_layout(
        find(study, layout.file), layout.file, shape=shape, origin=layout.origin,
        blank_header=layout.blank_header, columns=layout.columns, plate=layout.plate, stocks=layout.stocks,
        assay_volume_ul=layout.assay_volume_ul,
    )  # fmt: skip


def _samples(study: Study, overrides: Overrides, progress: Progress, sections: Sections) -> list[SampleResult]:
    """Gate every sample by the controls of its own experiment; replicates tell how far tubes differ."""
    spillover = _declared_spillover(study) if study.samples else None
    thresholds = {
        experiment: gate_by_controls(_controls(study, experiment, sections), study.cytometry, spillover)
        for experiment in dict.fromkeys(sample.experiment for sample in study.samples)
    }

    def one(declared: Sample) -> SampleResult:
        events = open_fcs(_there(study, declared.file), declared.file, data_set=declared.data_set)
        return analyse_sample(events, declared, thresholds[declared.experiment], study.words, study.rules, overrides)

    return with_replicates(sections.each(progress(study.samples, "samples"), "sample", one))


def _declared_spillover(study: Study) -> Spillover | None:
    name = study.cytometry.spillover
    if name is None:
        return None
    detectors, matrix = read_spillover_table(_there(study, name), name)
    if not can_be_inverted(matrix):
        raise InputError(
            Problem(file=name, what="the spillover matrix has no stable inverse", expected="another matrix")
        )
    return Spillover(detectors=detectors, matrix=matrix, origin="table")


def _read_control(study: Study, name: str) -> CellEvents:
    return open_fcs(_there(study, name), name)


def _controls(study: Study, experiment: str, sections: Sections) -> list[ControlTube]:
    """Read the control tubes that hold for an experiment; one that cannot be read is kept as a failed section."""
    tubes = []
    for controls in study.cytometry.controls:
        if controls.experiment not in (None, experiment):
            continue
        files = {"unstained": controls.unstained, **controls.single_stains}
        for stain, name in files.items():
            if name is None:
                continue
            read = partial(_read_control, study, name)
            events = sections.attempt(read, "control", f"{experiment}/{stain}", experiment)
            if events is not None:
                tubes.append(ControlTube(stain=stain, experiment=controls.experiment, events=events))
    return tubes
