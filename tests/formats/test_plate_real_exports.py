"""Real exports of every program at hand: each expected value on its well, what is no luminescence flagged."""

from __future__ import annotations

import csv
import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from avpi.errors import FileFormatError
from avpi.formats.plate_file import read_plate_file, reading_to_json
from avpi.readings import parse_well, well_name

Expected = dict[tuple[str, str, str, str, str], float]

READ = {
    "envision_lum384_rows_AEIM": "EnVision Workstation 1.14",
    "gdr_H0109269D00": "EnVision Workstation 1.13",
    "gdr_H0109269D01": "EnVision Workstation 1.13",
    "gen5_lum384_cytation7": "Gen5 3.10.06",
    "gen5_lum96_layout_normlum": "Gen5 3.12.08",
    "icontrol_lum96_gdr": "Tecan i-control 2.0.10.0",
    "kaleido30_lum96": "Kaleido 3.0.3067.117",
    "skanit_lum96": "SkanIt",
    "smp_lum96_timeformat_utf16": "SoftMax Pro",
}
FLAGGED = {
    "neg_magellan_absorbance96": "absorbance",
    "neg_enspire_fluorescence384_multiscan": "fluorescence",
    "neg_msd_ecl_luminescence384": "electrochemiluminescence",
}
NO_READING = ("Manifest.xlsx", "manifest_Tecan_96_well_plates.xlsx", "D300_trt_Tecan_96_well_plates.xlsx")
ROOM_MS = 60.0
"""A tenth of it is the aim; a busy machine gets the rest."""


@pytest.fixture(scope="module")
def manifest(shared_data: Path) -> dict[str, dict[str, Any]]:
    listed: dict[str, dict[str, Any]] = json.loads((shared_data / "plate_readers" / "manifest.json").read_text("utf-8"))
    return listed


@pytest.fixture(scope="module")
def expected_values(shared_data: Path) -> dict[str, Expected]:
    found: dict[str, Expected] = defaultdict(dict)
    with (shared_data / "plate_readers" / "expected_values.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at = parse_well(row["well"])
            assert at is not None
            key = (row["plate"], row["read"], row["kind"], row["mode"], well_name(*at))
            found[row["file_id"]][key] = float(row["value"])
    return found


@pytest.mark.shared_data
@pytest.mark.parametrize(("file_id", "reader"), READ.items())
def test_every_value_of_a_real_export_is_on_the_right_well(
    shared_data: Path, manifest: dict[str, Any], expected_values: dict[str, Expected], file_id: str, reader: str
) -> None:
    path = shared_data / "plate_readers" / manifest[file_id]["path"]
    said = reading_to_json(read_plate_file(path, path.name))
    assert said["reader"].startswith(reader)
    assert said["trust"] == "verified"
    assert said["caveats"] == []
    found = {
        (plate["plate"], read["name"], read["kind"], read["mode"], well): value
        for plate in said["plates"]
        for read in plate["reads"]
        for well, value in read["wells"].items()
    }
    assert found == expected_values[file_id]


@pytest.mark.shared_data
@pytest.mark.parametrize(("file_id", "mode"), FLAGGED.items())
def test_a_real_export_that_is_no_luminescence_is_flagged_on_every_read(
    shared_data: Path, manifest: dict[str, Any], file_id: str, mode: str
) -> None:
    path = shared_data / "plate_readers" / manifest[file_id]["path"]
    reading = read_plate_file(path, path.name)
    assert {read.mode for plate in reading.plates for read in plate.reads} == {mode}
    flag = next(caveat.text for caveat in reading.caveats if caveat.code == "not_luminescence")
    assert mode in flag


@pytest.mark.shared_data
@pytest.mark.parametrize("name", NO_READING)
def test_a_real_layout_or_list_of_plates_is_no_reading(shared_data: Path, name: str) -> None:
    path = next((shared_data / "plate_readers").rglob(name))
    with pytest.raises(FileFormatError, match="no plate reading that avpi recognises"):
        read_plate_file(path, name)


@pytest.mark.shared_data
def test_every_real_export_is_listed_here(manifest: dict[str, Any]) -> None:
    assert set(manifest) == {*READ, *FLAGGED}


@pytest.mark.shared_data
@pytest.mark.slow
@pytest.mark.parametrize("file_id", ["gdr_H0109269D01", "gen5_lum384_cytation7", "icontrol_lum96_gdr"])
def test_a_real_export_is_read_in_milliseconds(shared_data: Path, manifest: dict[str, Any], file_id: str) -> None:
    path = shared_data / "plate_readers" / manifest[file_id]["path"]
    read_plate_file(path, path.name)
    best = min(_milliseconds(path) for _ in range(10))
    assert best < ROOM_MS


def _milliseconds(path: Path) -> float:
    begin = time.perf_counter()
    read_plate_file(path, path.name)
    return 1000 * (time.perf_counter() - begin)
