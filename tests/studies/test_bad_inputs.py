"""Every fault that a lab brings: a clear section or error, the rest of the study whole, nothing invented."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from avpi.errors import StudyError
from avpi.result import Result
from avpi.virtual_lab.studies import make_study
from avpi.workflow import run_study

STUDY = """\
schema: 1
title: One experiment
compound: birinapant
cell_line: simulated
working_dose: 100 nM
doses: {zVAD: 20 uM, Nec-1s: 10 uM}
experiments: [exp1]
blots:
- name: blot1
  experiment: exp1
  image: raw/exp1_cIAP1.tif
  target: cIAP1
  loading_control: {name: actin, image: raw/exp1_actin.tif}
  lanes: [{time: 0 min}, {time: 15 min}, {time: 30 min}, {time: 1 h}, {time: 4 h}, {time: 24 h}]
plates:
- name: plate1
  experiment: exp1
  file: raw/exp1_plate_guide.csv
  layout: {file: raw/exp1_layout_guide.toml, unlabelled: empty}
cytometry:
  channels: {annexin_v: FITC-A, pi: PE-A}
  controls:
  - unstained: raw/exp1_unstained.fcs
    single_stains: {annexin_v: raw/exp1_only_annexin_v.fcs, pi: raw/exp1_only_pi.fcs}
samples:
- {name: cells1, experiment: exp1, file: raw/exp1_cells_DMSO.fcs, condition: DMSO}
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "study"
    make_study("no-tnf-arms", folder)
    return folder


@pytest.fixture
def study(whole: Path, tmp_path: Path) -> Path:
    (tmp_path / "raw").mkdir()
    for path in (whole / "raw").glob("exp1_*"):
        shutil.copy(path, tmp_path / "raw" / path.name)
    (tmp_path / "study.yaml").write_text(STUDY, "utf-8")
    return tmp_path


def declare(study: Path, old: str, new: str) -> None:
    text = (study / "study.yaml").read_text("utf-8")
    assert old in text
    (study / "study.yaml").write_text(text.replace(old, new), "utf-8")


def test_the_study_without_a_fault_has_no_failed_section(study: Path) -> None:
    result = run_study(study)
    assert result.failed == ()
    assert (result.verdict.called, result.verdict.reason.split(":")[0]) == ("not_determined", "not measured")


def rename(study: Path) -> None:
    (study / "raw/exp1_cIAP1.tif").rename(study / "raw/exp1_ciap1_final.tif")


def truncate(study: Path) -> None:
    path = study / "raw/exp1_cIAP1.tif"
    path.write_bytes(path.read_bytes()[:200_000])


def to_jpeg(study: Path) -> None:
    pixels = tifffile.imread(study / "raw/exp1_cIAP1.tif")
    Image.fromarray((pixels >> 8).astype(np.uint8)).save(study / "raw/exp1_cIAP1.jpg")
    declare(study, "exp1_cIAP1.tif", "exp1_cIAP1.jpg")


def saturate_the_control(study: Path) -> None:
    path = study / "raw/exp1_actin.tif"
    pixels = tifffile.imread(path).astype(np.float64)
    tifffile.imwrite(path, np.clip(pixels * 40, 0, 65535).astype(np.uint16))


def declare_nine_lanes(study: Path) -> None:
    declare(study, "{time: 24 h}]", "{time: 24 h}, {time: 25 h}, {time: 26 h}, {time: 27 h}]")


def blank_membrane(study: Path) -> None:
    noise = np.random.default_rng(1).normal(900, 20, (450, 700))
    tifffile.imwrite(study / "raw/exp1_cIAP1.tif", noise.astype(np.uint16))


def layout_of_another_plate(study: Path) -> None:
    rows = "\n".join(f"{'ABCDEFGHIJKLMNOP'[r]}{c},DMSO" for r in range(16) for c in range(1, 25))
    (study / "raw/big.csv").write_text("well,condition\n" + rows, "utf-8")
    declare(study, "raw/exp1_layout_guide.toml", "raw/big.csv")


def no_vehicle(study: Path) -> None:
    path = study / "raw/exp1_layout_guide.toml"
    path.write_text(path.read_text("utf-8").replace("DMSO", "TNF"), "utf-8")


def unknown_reagent(study: Path) -> None:
    path = study / "raw/exp1_layout_guide.toml"
    path.write_text(path.read_text("utf-8").replace("SM+zVAD", "SM+zVADD"), "utf-8")


def ambiguous_decimals(study: Path) -> None:
    grid = "\n".join(",".join(["ABCDEFGH"[r], *(f'"{r + 1},{c:03d}"' for c in range(12))]) for r in range(8))
    header = "," + ",".join(str(c) for c in range(1, 13))
    (study / "raw/grid.csv").write_text(f"{header}\n{grid}\n", "utf-8")
    declare(study, "raw/exp1_plate_guide.csv", "raw/grid.csv")


def duplicate_well(study: Path) -> None:
    (study / "raw/list.csv").write_text("well,value\nA1,100\nA2,90\nA01,80\n", "utf-8")
    declare(study, "raw/exp1_plate_guide.csv", "raw/list.csv")


def empty_fcs(study: Path) -> None:
    (study / "raw/exp1_cells_DMSO.fcs").write_bytes(b"")


def lying_offsets(study: Path) -> None:
    path = study / "raw/exp1_cells_DMSO.fcs"
    raw = path.read_bytes()
    path.write_bytes(raw[:26] + b"99999999" + b"99999999" + raw[42:])


@pytest.mark.parametrize(
    ("break_it", "section", "says"),
    [
        (rename, "blot1", "Did you mean 'raw/exp1_ciap1_final.tif'?"),
        (truncate, "blot1", "exp1_cIAP1.tif"),
        (to_jpeg, "blot1", "JPEG"),
        (saturate_the_control, "blot1", "saturated"),
        (declare_nine_lanes, "blot1", "lanes"),
        (blank_membrane, "blot1", ""),
        (layout_of_another_plate, "plate1", "layout"),
        (no_vehicle, "plate1", "No DMSO well"),
        (unknown_reagent, "plate1", "'zVADD'"),
        (ambiguous_decimals, "plate1", "decimal"),
        (duplicate_well, "plate1", "A01"),
        (empty_fcs, "cells1", "exp1_cells_DMSO.fcs"),
    ],
)
def test_one_broken_file_is_one_failed_section_and_the_rest_goes_on(
    study: Path, break_it: Callable[[Path], None], section: str, says: str
) -> None:
    break_it(study)
    result = run_study(study)
    assert [failure.name for failure in result.failed] == [section]
    assert says in result.failed[0].why
    assert len(analysed(result)) == 2
    assert any(finding.severity == "blocking" and finding.subject == section for finding in result.findings)


def analysed(result: Result) -> list[str]:
    names = [blot.name for blot in result.blots] + [plate.name for plate in result.plates]
    return names + [sample.name for sample in result.samples]


def test_an_fcs_whose_offsets_lie_is_never_read_silently(study: Path) -> None:
    lying_offsets(study)
    result = run_study(study)
    told = [f.text for f in result.findings if f.subject == "cells1"] + [f.why for f in result.failed]
    assert any("offset" in text or "bytes" in text for text in told), told


def test_a_decimal_comma_file_gives_the_same_wells_as_the_export(study: Path) -> None:
    (before,) = run_study(study).plates
    raw = {(well.row, well.column): well.raw + 0.5 for well in before.wells if well.raw == well.raw}
    lines = [";" + ";".join(str(c + 1) for c in range(12))]
    for r in range(8):
        cells = [f"{raw[r, c]:.1f}".replace(".", ",") if (r, c) in raw else "" for c in range(12)]
        lines.append(";".join(["ABCDEFGH"[r], *cells]))
    (study / "raw/komma.csv").write_text("\n".join(lines) + "\n", "utf-8")
    declare(study, "raw/exp1_plate_guide.csv", "raw/komma.csv")
    (after,) = run_study(study).plates
    assert {(well.row, well.column): well.raw for well in after.wells if well.raw == well.raw} == raw


def test_strict_stops_at_the_first_fault(study: Path) -> None:
    truncate(study)
    with pytest.raises(Exception, match=r"exp1_cIAP1\.tif"):
        run_study(study, strict=True)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("working_dose: 100 nM", "working_dose: 100 nanomol", "study.yaml:5: 'working_dose'"),
        ("working_dose: 100 nM", "working_dose: 1,000 nM", "may be"),
        ("{zVAD: 20 uM", "{zVADD: 20 uM", "Did you mean 'zVAD'?"),
        ("condition: DMSO", "condition: SM+TMF", "Did you mean 'TNF'?"),
        ("experiment: exp1\n  image", "experiment: exp7\n  image", "'exp7'"),
        ("target: cIAP1", "target: cIAP7", "Did you mean"),
        ("  image:", "  imge:", "Did you mean 'image'?"),
        ("raw/exp1_plate_guide.csv", "../outside.csv", "leaves the study folder"),
    ],
)
def test_a_fault_of_the_study_file_names_line_value_and_nearest_word(
    study: Path, old: str, new: str, says: str
) -> None:
    declare(study, old, new)
    with pytest.raises(StudyError) as caught:
        run_study(study)
    assert says in str(caught.value)
    assert str(caught.value).startswith("study.yaml:")


def test_a_plate_offered_as_two_experiments_is_refused_as_pseudoreplication(study: Path) -> None:
    declare(study, "experiments: [exp1]", "experiments: [exp1, exp2]")
    declare(
        study,
        "cytometry:",
        "- name: plate2\n  experiment: exp2\n  file: raw/exp1_plate_guide.csv\n"
        "  layout: {file: raw/exp1_layout_guide.toml, unlabelled: empty}\ncytometry:",
    )
    result = run_study(study)
    assert "pseudoreplication" in {finding.code for finding in result.findings}
    assert result.verdict.experiments["viability"] == 1


def test_a_plate_exported_twice_in_different_files_is_one_experiment(study: Path) -> None:
    export = study / "raw/exp1_plate_guide.csv"
    (study / "raw/again.csv").write_bytes(export.read_bytes() + b"\n")
    declare(study, "experiments: [exp1]", "experiments: [exp1, exp2]")
    declare(
        study,
        "cytometry:",
        "- name: plate2\n  experiment: exp2\n  file: raw/again.csv\n"
        "  layout: {file: raw/exp1_layout_guide.toml, unlabelled: empty}\ncytometry:",
    )
    result = run_study(study)
    assert ("pseudoreplication", "plate2") in {(finding.code, finding.subject) for finding in result.findings}
    assert result.verdict.experiments["viability"] == 1
