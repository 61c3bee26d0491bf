"""A study of any truth and design: whole, readable, the same each time, with its truth beside it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from avpi.errors import InputError, OurFault, StudyError
from avpi.study.read import declared_files, missing_files, read_study
from avpi.virtual_lab.day import CIAP1_CV, day_of
from avpi.virtual_lab.demo_studies import demo_design, demo_truth
from avpi.virtual_lab.design import DESIGNS, DOSE_RANGE, DOSE_STEPS, READERS, TIME_COURSE, DesignName, design_of
from avpi.virtual_lab.faults import make_fault
from avpi.virtual_lab.lab_study import write_lab_study
from avpi.virtual_lab.studies import DEMO_STUDIES, make_study
from tests.virtual_lab.demo_digest import STUDY, digest_of
from tests.virtual_lab.small_truth import cells_of, small_design, truth_for

DEMO_DIGEST = "91cc6b3fd3ba5dc68577cf901ebcae4d1d0581a5aeba9a7b78c25c2b6425a1d9"
"""Of the texts, counts and pixels of the 'trap' demonstration study. Whoever changes it changes what everybody's
demonstration looks like, and says so in the changelog."""


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "truth.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("number", range(len(DESIGNS)))
def test_a_study_of_any_design_and_reader_reads_and_every_file_is_there(number: int, tmp_path: Path) -> None:
    name: DesignName = DESIGNS[number]
    dose_steps = DOSE_STEPS if name == "extended" else ()
    design = design_of(name, experiments=1 + number, reader=READERS[number], dose_steps=dose_steps)
    write_lab_study(truth_for(design), design, tmp_path / "s")
    study = read_study(tmp_path / "s")
    assert missing_files(study) == []
    assert study.experiments == design.experiments
    assert {file for file, _ in declared_files(study)} == {
        path for path in hashes(tmp_path / "s") if path.startswith("raw/")
    }
    assert study.file.compound == "AZD 5582"
    assert study.file.cell_line == "HT-29, low passage: simulated"
    assert study.working_dose_molar == 2e-8
    assert len(study.blots) == (2 if dose_steps else 1) * len(design.experiments)


def test_xiap_is_a_probe_of_the_same_membrane(tmp_path: Path) -> None:
    design = small_design(1)
    write_lab_study(truth_for(design, [cells_of(design, xiap=True)]), design, tmp_path / "s")
    blots = read_study(tmp_path / "s").blots
    assert [(blot.target, blot.membrane) for blot in blots] == [("cIAP1", "exp1"), ("XIAP", "exp1")]
    assert record(tmp_path / "s")["experiments"]["exp1"]["blots"]["time_course"]["XIAP"] == [0.9] * 4
    row = int(blots[1].target_row or 0)
    pixels = tifffile.imread(tmp_path / "s/raw/exp1_XIAP.tif")
    assert pixels[row - 10 : row + 12].max() > 10 * np.median(pixels)


def test_the_same_arguments_are_the_same_bytes(tmp_path: Path) -> None:
    design = replace(small_design(), reader="excel")
    faults = (make_fault("edge_effect", design.experiments),)
    for name in "ab":
        write_lab_study(truth_for(design), design, tmp_path / name, seed=3, faults=faults)
    write_lab_study(truth_for(design), design, tmp_path / "c", seed=4, faults=faults)
    first, again, other = (hashes(tmp_path / name) for name in "abc")
    assert first == again
    assert all(first[name] != other[name] for name in first if name.startswith("raw/"))


def test_another_reader_changes_the_exports_alone(tmp_path: Path) -> None:
    for reader in READERS:
        design = replace(small_design(1), reader=reader)
        write_lab_study(truth_for(design), design, tmp_path / reader)
    a, b = hashes(tmp_path / "envision"), hashes(tmp_path / "victor")
    differ = {name for name in a if a[name] != b[name]}
    assert differ == {"raw/exp1_plate_a.csv", "raw/exp1_plate_b.csv", "README.md", "truth.json"}


def test_a_shared_truth_varies_from_day_to_day_but_not_in_vehicle() -> None:
    design = replace(small_design(6), membranes=design_of("guide", dose_steps=DOSE_STEPS).membranes)
    days = [day_of(truth_for(design), design, 1, number) for number in range(6)]
    for name in (TIME_COURSE, DOSE_RANGE):
        amounts = np.array([day.cells.blots[name].ciap1 for day in days])
        assert (amounts[:, 0] == 1).all()
        assert 0.3 * CIAP1_CV < np.std(np.log(amounts[:, 1:])) < 2 * CIAP1_CV
    assert {day.cells.viability["DMSO"] for day in days} == {1.0}
    assert len({day.cells.viability["SM"] for day in days}) == 6


def test_the_truth_of_each_experiment_is_taken_as_it_is() -> None:
    design = small_design(2)
    truth = truth_for(design, [cells_of(design), replace(cells_of(design), viability={"DMSO": 1.0, "SM": 0.7})])
    for number, cells in enumerate(truth.cells):
        day = day_of(truth, design, 1, number)
        assert day.cells.blots == cells.blots
        assert day.cells.viability == cells.viability
        assert day.cells.quadrants == cells.quadrants


def test_truth_json_holds_everything_that_went_in(tmp_path: Path) -> None:
    design = small_design()
    write_lab_study(truth_for(design), design, tmp_path / "s", seed=5)
    found = record(tmp_path / "s")
    assert (found["study"], found["truth"], found["seed"]) == ("small", "apoptosis/autocrine", 5)
    assert (found["cell_line"], found["compound"]) == ("HT-29, low passage: simulated", "AZD 5582")
    assert found["working_dose_molar"] == 2e-8
    assert found["design"]["plates"] == {name: list(labels) for name, labels in design.plates.items()}
    assert [lane["minutes"] for lane in found["design"]["membranes"]["time_course"]] == [0, 15, 30, 60]
    for day in found["experiments"].values():
        assert set(day["viability_fraction_of_vehicle"]) == set(design.conditions)
        for shares in day["shares_of_cells"].values():
            assert sum(shares.values()) == pytest.approx(1, abs=1e-5)


def test_the_readme_counts_the_faults_and_does_not_tell_them(tmp_path: Path) -> None:
    design = small_design()
    faults = [make_fault(name, design.experiments) for name in ("edge_effect", "swapped_lanes")]
    write_lab_study(truth_for(design), design, tmp_path / "s", faults=faults)
    readme = (tmp_path / "s/README.md").read_text("utf-8")
    assert "Two faults of the laboratory were put in" in readme
    assert "edge" not in readme
    assert "values made up for a test" in readme


def test_a_study_is_written_over_itself_and_over_nothing_else(tmp_path: Path) -> None:
    design = small_design(1)
    write_lab_study(truth_for(design), design, tmp_path / "s")
    (tmp_path / "s/results").mkdir()
    write_lab_study(truth_for(design), design, tmp_path / "s", seed=8)
    assert (tmp_path / "s/results").is_dir()
    assert record(tmp_path / "s")["seed"] == 8
    before = hashes(tmp_path / "s")
    other = replace(design, reader="excel")
    with pytest.raises(StudyError, match="does not hold this same simulated study"):
        write_lab_study(truth_for(other), other, tmp_path / "s")
    (tmp_path / "file").write_text("mine", "utf-8")
    with pytest.raises(InputError, match=r"FOLDER: '.*file' is a file and no folder"):
        write_lab_study(truth_for(design), design, tmp_path / "file")
    assert (tmp_path / "file").read_text("utf-8") == "mine"
    assert hashes(tmp_path / "s") == before


def test_a_fault_that_nobody_could_find_in_truth_json_is_refused(tmp_path: Path) -> None:
    design = small_design(1)
    fault = make_fault("edge_effect", design.experiments)
    with pytest.raises(OurFault, match=r"truth\.json does not tell"):
        write_lab_study(truth_for(design), design, tmp_path / "s", faults=[fault], short_truth=True)


def test_a_demonstration_is_the_same_lab_study_with_a_short_truth(tmp_path: Path) -> None:
    study = DEMO_STUDIES["trap"]
    make_study("trap", tmp_path / "demo")
    write_lab_study(demo_truth(study), demo_design(study), tmp_path / "lab", seed=study.seed)
    demo, lab = hashes(tmp_path / "demo"), hashes(tmp_path / "lab")
    assert {name for name in demo if demo[name] != lab[name]} == {"truth.json"}


def test_the_demonstration_looks_as_it_always_did(tmp_path: Path) -> None:
    make_study(STUDY, tmp_path / STUDY)
    assert digest_of(tmp_path / STUDY) == DEMO_DIGEST, "meant? python -m tests.virtual_lab.demo_digest"
