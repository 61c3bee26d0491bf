"""The demonstration studies, and how one is made: truth, then an experiment's own effects, then the instruments' files.

Noise has three levels, as in a laboratory: between experiments (the biology of the day), between lanes and
wells (pipetting), and in the instrument. The truths are in ``truths.yaml``; the constants of a level stand
where they are used. Every stream of random numbers has a name (study's seed, experiment, what it is for), so that
leaving an arm out changes nothing else of what the cells did.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from avpi.errors import Problem, StudyError, nearest_word
from avpi.formats.fcs_write import write_fcs
from avpi.virtual_lab import blot_image, cells, plate_export
from avpi.virtual_lab.blot_image import DrawnBand
from avpi.virtual_lab.design import EXPERIMENTS, DemoStudy, demo_studies
from avpi.virtual_lab.write_study import FileNames, readme_text, study_text

__all__ = ["DEMO_STUDIES", "DemoStudy", "make_study"]

DEMO_STUDIES: Mapping[str, DemoStudy] = demo_studies()

VIABILITY_CV = 0.07
"""Between experiments, for each condition (assumed; plates repeat to about this on different days)."""
CIAP1_CV = 0.15
"""Between experiments, for each harvest (assumed)."""
LOADING_CV = 0.12
"""Between lanes (assumed: a BCA assay and a pipette)."""
OVERLOADED = ("exp2", 5, 2.9)
"""Experiment, lane (from 0: the 24 h lane) and excess of the one lane whose loading control saturates.

The whole lane is overloaded, cIAP1 with it, so that the true fraction stays what it is; the 30 min lanes and the
vehicle are untouched and the call remains possible."""

TARGET_ROW_PX, NEIGHBOUR_BELOW_PX, CONTROL_ROW_PX = 150, 26, 295
"""Rows of cIAP1 (70 kDa), of cIAP2 (68 kDa) below it, and of actin (42 kDa)."""
ROW_JITTER_PX = 8
"""Membranes are not laid down at the same place each time."""
FAINT_ROWS_PX = (345, 90)
"""Rows of an unspecific band in the cIAP1 image and in the actin image, far from what is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One independent experiment: what was true of its cells.

    Attributes
    ----------
    ciap1 : fraction of vehicle in each lane.
    viability : condition label -> fraction of vehicle.
    target_row_px, control_row_px : where this membrane's bands lie.
    """

    name: str
    number: int
    ciap1: NDArray[np.float64]
    viability: Mapping[str, float]
    target_row_px: int
    control_row_px: int


def make_study(name: str, folder: Path, *, seed: int | None = None) -> DemoStudy:
    """Write a demonstration study: study.yaml, raw files, README.md and truth.json; byte-identical for a seed.

    Parameters
    ----------
    name : one of ``DEMO_STUDIES``.
    folder : new or empty folder, or one that holds this same demonstration study, which is then written anew
        (results and overrides stay).
    seed : of all noise, 0 or larger; the study's own where absent.

    Returns
    -------
    The study's design and truth.

    Raises
    ------
    StudyError
        If there is no such study, or the folder holds something else.
    """
    if name not in DEMO_STUDIES:
        expected = "one of " + ", ".join(f"'{known}'" for known in DEMO_STUDIES)
        what = f"'{name}' is not a demonstration study"
        raise StudyError(Problem(file=name, what=what, expected=expected, hint=nearest_word(name, DEMO_STUDIES)))
    study = DEMO_STUDIES[name]
    _refuse_foreign_folder(folder, name)
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    seed = study.seed if seed is None else seed
    days = [_day(study, seed, number) for number in range(len(EXPERIMENTS))]
    for day in days:
        _write_blot(study, day, seed, folder)
        _write_plates(study, day, seed, folder)
        _write_tubes(study, day, seed, folder)
    rows = {day.name: (day.target_row_px, day.control_row_px) for day in days}
    _write_text(folder / "study.yaml", study_text(study, rows))
    _write_text(folder / "README.md", readme_text(study))
    _write_text(folder / "truth.json", _truth_text(study, seed, days))
    return study


def _refuse_foreign_folder(folder: Path, name: str) -> None:
    """Raise a StudyError if writing to ``folder`` would overwrite what is not this demonstration study."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    truth = folder / "truth.json"
    try:
        same = json.loads(truth.read_text("utf-8")).get("study") == name
    except (OSError, ValueError, AttributeError):
        same = False
    if not same:
        what = "the folder is not empty and does not hold this demonstration study"
        raise StudyError(
            Problem(file=str(folder), what=what, expected="a new or empty folder", hint="Nothing was written.")
        )


def _stream(seed: int, *purpose: str) -> np.random.Generator:
    """Return the random numbers for one purpose of one study."""
    return np.random.default_rng([seed, *(zlib.crc32(word.encode()) for word in purpose)])


def _day(study: DemoStudy, seed: int, number: int) -> Day:
    """Return one experiment's own truth: the study's, moved by what differs between days."""
    name = EXPERIMENTS[number]
    random = _stream(seed, name, "cIAP1")
    ciap1 = np.array(study.ciap1) * np.exp(random.normal(0, CIAP1_CV, len(study.ciap1)))
    ciap1[0] = study.ciap1[0]  # the vehicle is what the others are compared with
    viability = {
        label: value * float(np.exp(_stream(seed, name, "viability", label).normal(0, VIABILITY_CV)))
        for label, value in study.viability.items()
    }
    viability["DMSO"] = 1.0
    jitter = random.integers(-ROW_JITTER_PX, ROW_JITTER_PX + 1, 2)
    return Day(
        name=name,
        number=number,
        ciap1=ciap1,
        viability=viability,
        target_row_px=TARGET_ROW_PX + int(jitter[0]),
        control_row_px=CONTROL_ROW_PX + int(jitter[1]),
    )


def _write_blot(study: DemoStudy, day: Day, seed: int, folder: Path) -> None:
    """Write the two images of one experiment's membrane."""
    random = _stream(seed, day.name, "membrane")
    loading = np.exp(random.normal(0, LOADING_CV, len(day.ciap1)))
    experiment, lane, excess = OVERLOADED
    if day.name == experiment:
        loading[lane] = excess
    membrane = blot_image.run_gel(loading, random)
    probe = [DrawnBand(row_px=day.target_row_px, amounts=day.ciap1 * loading)]
    if study.ciap2 is not None:
        probe.append(DrawnBand(row_px=day.target_row_px + NEIGHBOUR_BELOW_PX, amounts=np.array(study.ciap2) * loading))
    control = [DrawnBand(row_px=day.control_row_px, amounts=loading)]
    names = FileNames(experiment=day.name)
    for path, bands, faint in zip((names.target, names.control), (probe, control), FAINT_ROWS_PX, strict=True):
        pixels = blot_image.expose(membrane, bands, faint, _stream(seed, day.name, path))
        tifffile.imwrite(
            folder / path, pixels, photometric="minisblack", metadata=None, software="avpi virtual lab: simulated image"
        )


def _write_plates(study: DemoStudy, day: Day, seed: int, folder: Path) -> None:
    """Write the export and the layout of each plate of one experiment."""
    names = FileNames(experiment=day.name)
    for number, (plate, conditions) in enumerate(study.plates.items(), start=1):
        wells = plate_export.design_plate(conditions, _stream(seed, day.name, "layout", plate))
        counts = plate_export.read_out(wells, day.viability, _stream(seed, day.name, "plate", plate))
        barcode = f"SIM-{study.name.upper()}-{day.number + 1}{plate.upper()}"
        text = plate_export.envision_text(counts, barcode=barcode, plate=number, day=5 + 7 * day.number)
        _write_text(folder / names.plate(plate), text)
        write = plate_export.layout_csv if study.layout_format == "csv" else plate_export.layout_toml
        _write_text(folder / names.layout(plate, study.layout_format), write(wells))


def _write_tubes(study: DemoStudy, day: Day, seed: int, folder: Path) -> None:
    """Write the control tubes and the stained samples of one experiment."""
    names = FileNames(experiment=day.name)
    control = cells.control_shares()
    unstained = cells.cell_shares(1.0, study.death)
    tubes = [(names.unstained, unstained, ()), *((names.single_stain(s), control, (s,)) for s in ("annexin_v", "pi"))]
    tubes += [
        (names.sample(label), cells.cell_shares(day.viability[label], study.death), ("annexin_v", "pi"))
        for label in study.samples
    ]
    for path, shares, stains in tubes:
        events = cells.acquire(shares, stains, _stream(seed, day.name, path))
        spillover = (cells.SPILL_CHANNELS, cells.SPILLOVER) if len(stains) > 1 else None
        keywords = {"$CYT": "avpi virtual lab (simulated)", "$FIL": Path(path).name}
        write_fcs(folder / path, events, cells.CHANNELS, stains=cells.STAINS, spillover=spillover, keywords=keywords)


def _truth_text(study: DemoStudy, seed: int, days: list[Day]) -> str:
    """Return truth.json: the call to expect, and what was true in each experiment."""
    truth = {
        "study": study.name,
        "truth": study.truth,
        "missing": list(study.missing),
        "seed": seed,
        "experiments": {
            day.name: {
                "ciap1_fraction_of_vehicle": [round(float(x), 6) for x in day.ciap1],
                "viability_fraction_of_vehicle": {label: round(x, 6) for label, x in day.viability.items()},
            }
            for day in days
        },
    }
    return json.dumps(truth, indent=2, ensure_ascii=False) + "\n"


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
