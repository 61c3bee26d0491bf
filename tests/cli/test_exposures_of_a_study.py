"""Several exposures of one membrane in study.yaml are read as one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from avpi.errors import InputError
from avpi.study.read import read_study
from avpi.virtual_lab.blot_damage import overexposed
from avpi.workflow import run_study
from tests.cli.conftest import Shell
from tests.cli.small_study import change, make_small_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of one blot, and a second exposure of it in which strong bands are saturated."""
    folder = make_small_study(tmp_path / "small")
    text = (folder / "study.yaml").read_text("utf-8")
    (folder / "study.yaml").write_text(text.split("plates:", maxsplit=1)[0], "utf-8")
    with Image.open(folder / "raw" / "exp1_cIAP1.tif") as image:
        pixels = np.asarray(image).astype(np.uint16)
    Image.fromarray(overexposed(pixels, 10.0)).save(folder / "raw" / "long.tif")
    return folder


def test_what_a_long_exposure_lost_comes_from_a_short_one(study: Path) -> None:
    truth = run_study(study).blots[0]
    change(study, "image: raw/exp1_cIAP1.tif", "image: raw/long.tif")
    alone = run_study(study)
    assert [failed.code for failed in alone.failed] == ["saturated_vehicle"]
    series = "image: raw/long.tif\n    seconds: 10\n    exposures: [{image: raw/exp1_cIAP1.tif, seconds: 1}]"
    change(study, "image: raw/long.tif", series)
    both = run_study(study).blots[0]
    assert "exposures_combined" in {finding.code for finding in both.findings}
    for lane, true in zip(both.lanes, truth.lanes, strict=True):
        assert lane.ratio_to_vehicle.value == pytest.approx(true.ratio_to_vehicle.value, abs=0.03)
    assert set(read_study(study).named_files) >= {"raw/long.tif", "raw/exp1_cIAP1.tif"}


def test_times_that_nobody_gives_are_asked_for(shell: Shell, study: Path) -> None:
    change(study, "image: raw/exp1_cIAP1.tif", "image: raw/long.tif\n    exposures: [{image: raw/exp1_cIAP1.tif}]")
    with pytest.raises(InputError, match=r"exposure time of .* is not in the file"):
        run_study(study, strict=True)
    assert "'seconds' at the blot" in shell("check", study).err


@pytest.mark.parametrize(
    ("added", "words"),
    [
        ("seconds: 3", "stands without 'exposures'"),
        ("exposures: [{image: raw/exp1_cIAP1.tif, seconds: 3}]", "as of another exposure"),
        ("seconds: 3\n    exposures: [{image: raw/long.tif, seconds: 3}]", "as of another exposure"),
        ("exposures: [{image: raw/long.tif, seconds: -3}]", "seconds"),
        ("exposures: [{image: /raw/long.tif, seconds: 3}]", "absolute path"),
        ("exposures: [{image: raw/none.tif, seconds: 3}]", "'raw/none.tif' was not found"),
    ],
)
def test_a_series_that_cannot_be_is_told_with_its_line(shell: Shell, study: Path, added: str, words: str) -> None:
    change(study, "image: raw/exp1_cIAP1.tif", f"image: raw/exp1_cIAP1.tif\n    {added}")
    done = shell("check", study)
    assert done.code == 2
    assert words in done.err
    assert "study.yaml:" in done.err


def test_a_correction_of_a_lane_that_is_not_there_stops_the_run(shell: Shell, study: Path) -> None:
    shell("blot", "correct", study, "--blot", "blot1", "--lane", 12, "--y", 100, "--reason", "r")
    done = shell("check", study)
    assert done.code == 2
    assert "'blot1/lane12' is corrected" in done.err
