"""The demonstration studies: whole, readable, the same each time, and true to what they claim."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import flowio
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from avpi.errors import StudyError
from avpi.names import Condition
from avpi.readings import parse_well
from avpi.study.read import declared_files, missing_files, read_study
from avpi.study.schema import Layout
from avpi.virtual_lab.demo_studies import demo_design
from avpi.virtual_lab.studies import DEMO_STUDIES, make_study

Floats = NDArray[np.float64]

NAMES = ("apoptosis", "necroptosis", "trap", "no-tnf-arms")
TRUTHS = ("apoptosis/autocrine", "necroptosis/needs_tnf", "resistant_downstream_of_tnf", "not_determined")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {name: tmp_path_factory.mktemp("lab") / name for name in NAMES}
    for name, folder in folders.items():
        make_study(name, folder)
    return folders


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def truth_of(folder: Path) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text("utf-8"))
    return truth


def counts_of(path: Path) -> Floats:
    rows = path.read_text("ascii").split("\n")[4:12]
    return np.array([[float(x) for x in row.split(",")[:12]] for row in rows])


def layout_of(path: Path) -> dict[str, str]:
    text = path.read_text("utf-8")
    if path.suffix == ".csv":
        return {row["well"]: row["condition"] for row in csv.DictReader(text.splitlines())}
    return {well: entry["condition"] for well, entry in tomllib.loads(text)["well"].items()}


def test_there_are_four_studies_with_the_truths_that_the_tree_can_call() -> None:
    assert tuple(DEMO_STUDIES) == NAMES
    assert tuple(study.truth for study in DEMO_STUDIES.values()) == TRUTHS
    assert DEMO_STUDIES["no-tnf-arms"].missing == ("SM+TNF",)


@pytest.mark.parametrize("name", NAMES)
def test_the_study_file_reads_and_every_declared_file_is_there(made: dict[str, Path], name: str) -> None:
    study = read_study(made[name])
    assert missing_files(study) == []
    assert study.experiments == ("exp1", "exp2", "exp3")
    declared = {file for file, _ in declared_files(study)}
    assert {path for path in hashes(made[name]) if path.startswith("raw/")} == declared


@pytest.mark.parametrize("name", NAMES)
def test_every_label_is_the_house_spelling_of_a_condition(made: dict[str, Path], name: str) -> None:
    speak = read_study(made[name]).words
    for label in demo_design(DEMO_STUDIES[name]).conditions:
        condition = speak.condition(label)
        assert condition.label == label
        assert condition == Condition.DMSO or all(addition.dose for addition in condition.additions)


def test_the_same_seed_gives_the_same_bytes(made: dict[str, Path], tmp_path: Path) -> None:
    make_study("apoptosis", tmp_path / "again")
    assert hashes(tmp_path / "again") == hashes(made["apoptosis"])


def test_another_seed_gives_other_noise_but_the_same_declaration(made: dict[str, Path], tmp_path: Path) -> None:
    make_study("trap", tmp_path / "other", seed=9)
    first, other = hashes(made["trap"]), hashes(tmp_path / "other")
    assert first.keys() == other.keys()
    raw = [name for name in first if name.startswith("raw/")]
    assert all(first[name] != other[name] for name in raw)
    assert truth_of(tmp_path / "other")["seed"] == 9


@pytest.mark.parametrize("name", NAMES)
def test_truth_json_says_what_the_verdict_should_be(made: dict[str, Path], name: str) -> None:
    truth = truth_of(made[name])
    study = DEMO_STUDIES[name]
    assert (truth["study"], truth["truth"], tuple(truth["missing"])) == (name, study.truth, study.missing)


@pytest.mark.parametrize("name", NAMES)
def test_ciap1_loss_is_recovered_by_summing_boxes(made: dict[str, Path], name: str) -> None:
    study, truth = read_study(made[name]), truth_of(made[name])["experiments"]
    for blot in study.blots:
        volumes = []
        assert blot.loading_control is not None
        for image, row in ((blot.image, blot.target_row), (blot.loading_control.image, blot.loading_control.row)):
            assert image is not None
            assert row is not None
            pixels = tifffile.imread(made[name] / image)
            assert pixels.dtype == np.uint16
            volumes.append([_volume(pixels, 120 + 92 * lane, int(row)) for lane in range(6)])
        ratio = np.array(volumes[0]) / np.array(volumes[1])
        expected = np.array(truth[blot.experiment]["ciap1_fraction_of_vehicle"])
        readable = slice(0, 5) if blot.experiment == "exp2" else slice(0, 6)  # the 24 h lane of exp2 is overloaded
        np.testing.assert_allclose((ratio / ratio[0])[readable], expected[readable], rtol=0.12, atol=0.012)


def _volume(pixels: NDArray[np.uint16], x_px: int, row_px: int) -> float:
    """Sum a narrow box, which leaves out cIAP2 26 px below, less the rows just above it."""
    box = pixels[row_px - 13 : row_px + 14, x_px - 42 : x_px + 43].astype(float)
    above = np.median(pixels[row_px - 26 : row_px - 15, x_px - 42 : x_px + 43], axis=0)
    return float((box - above).sum())


@pytest.mark.parametrize("name", NAMES)
def test_exactly_one_band_of_a_study_is_saturated_and_it_is_no_ciap1_band(made: dict[str, Path], name: str) -> None:
    saturated = {
        path.name: int((tifffile.imread(path) == 65535).sum()) for path in sorted((made[name] / "raw").glob("*.tif"))
    }
    assert [image for image, pixels in saturated.items() if pixels] == ["exp2_actin.tif"]
    assert saturated["exp2_actin.tif"] > 100
    columns = np.nonzero((tifffile.imread(made[name] / "raw/exp2_actin.tif") == 65535).any(axis=0))[0]
    assert columns.min() > 530  # the last lane only


@pytest.mark.parametrize("name", NAMES)
def test_viability_is_recovered_from_the_exports(made: dict[str, Path], name: str) -> None:
    study, truth = read_study(made[name]), truth_of(made[name])["experiments"]
    seen: set[str] = set()
    for plate in study.plates:
        counts = counts_of(made[name] / plate.file)
        wells: dict[str, list[float]] = {}
        assert isinstance(plate.layout, Layout)
        assert plate.layout.file is not None
        for well, word in layout_of(made[name] / plate.layout.file).items():
            place = parse_well(well)
            assert place is not None
            wells.setdefault(word, []).append(float(counts[place]))
        mean = {word: np.mean(values) for word, values in wells.items()}
        for word in wells.keys() - {"kill", "blank"}:
            found = (mean[word] - mean["blank"]) / (mean["DMSO"] - mean["blank"])
            true = truth[plate.experiment]["viability_fraction_of_vehicle"][word]
            assert found == pytest.approx(true, rel=0.15, abs=0.003)
        assert all(len(values) >= 6 for values in wells.values())
        seen |= wells.keys()
    assert seen - {"kill", "blank"} == set(demo_design(DEMO_STUDIES[name]).conditions)


@pytest.mark.parametrize("name", NAMES)
def test_cytometry_files_are_fcs_3_1_with_stains_and_spillover(made: dict[str, Path], name: str) -> None:
    study = read_study(made[name])
    for sample in study.samples[: len(DEMO_STUDIES[name].samples)]:
        flow = flowio.FlowData(made[name] / sample.file)
        assert flow.version == "3.1"
        assert flow.event_count == 4000
        assert flow.pnn_labels == ["FSC-A", "FSC-H", "SSC-A", "FITC-A", "PE-A", "Time"]
        assert flow.pns_labels[3:5] == ["Annexin V", "PI"]
        assert flow.text["spillover"].startswith("2,FITC-A,PE-A,")


def test_leaving_tnf_out_leaves_the_other_arms_of_the_same_cells_as_they_were(made: dict[str, Path]) -> None:
    with_tnf, without = hashes(made["necroptosis"]), hashes(made["no-tnf-arms"])
    for file in ("raw/exp1_cIAP1.tif", "raw/exp2_actin.tif", "raw/exp3_cells_SM.fcs"):
        assert with_tnf[file] == without[file]
    conditions = demo_design(DEMO_STUDIES["no-tnf-arms"]).conditions
    assert "TNF" not in {part for label in conditions for part in label.split("+")}
    assert not any("TNF" in file for file in without if file.endswith(".fcs"))


def test_an_unknown_study_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"'apoptosi' is not a demonstration study.*Did you mean 'apoptosis'\?"):
        make_study("apoptosi", tmp_path / "x")


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("my own work", encoding="utf-8")
    with pytest.raises(StudyError, match="Expected a new or empty folder"):
        make_study("trap", tmp_path)
    assert hashes(tmp_path).keys() == {"study.yaml"}


def test_a_demonstration_is_written_anew_over_itself_and_keeps_results(tmp_path: Path) -> None:
    make_study("trap", tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "study.yaml").write_text("spoilt", encoding="utf-8")
    make_study("trap", tmp_path)
    assert read_study(tmp_path).title.startswith("Simulated study")
    assert (tmp_path / "results").is_dir()


def test_the_readme_says_that_nothing_was_measured(made: dict[str, Path]) -> None:
    for folder in made.values():
        assert "Nothing here was measured" in (folder / "README.md").read_text("utf-8")
