"""A simulated plate is laid out as a lab would and exported as an EnVision does."""

from __future__ import annotations

import csv
import tomllib

import numpy as np
import pytest

from avpi.errors import OurFault
from avpi.virtual_lab.plate_export import design_plate, envision_text, layout_csv, layout_toml, read_out

CONDITIONS = ("DMSO", "SM", "TNF", "SM+TNF")
VIABILITY = {"DMSO": 1.0, "SM": 0.35, "TNF": 0.97, "SM+TNF": 0.12}


def random() -> np.random.Generator:
    return np.random.default_rng(7)


def matrix_of(text: str) -> list[list[str]]:
    lines = text.split("\n")
    return [line.split(",")[:12] for line in lines[4:12]]


def test_every_row_holds_every_condition_once_and_its_controls() -> None:
    wells = design_plate(CONDITIONS, random())
    for row in "BCDEFG":
        words = [word for well, word in wells.items() if well[0] == row]
        assert sorted(words) == sorted([*CONDITIONS, "kill", "blank"])
    assert not any(well[0] in "AH" for well in wells)


def test_positions_are_randomised_row_by_row() -> None:
    wells = design_plate(CONDITIONS, random())
    assert len({well[1:] for well, word in wells.items() if word == "SM"}) > 1


def test_more_conditions_than_columns_is_our_fault() -> None:
    with pytest.raises(OurFault, match="11 conditions do not fit 10 columns"):
        design_plate(["DMSO"] * 11, random())


def test_viability_comes_back_as_the_ratio_to_the_plates_own_vehicle() -> None:
    wells = design_plate(CONDITIONS, random())
    counts = read_out(wells, VIABILITY, random())
    mean = {
        word: np.mean([counts["ABCDEFGH".index(w[0]), int(w[1:]) - 1] for w in wells if wells[w] == word])
        for word in (*CONDITIONS, "kill", "blank")
    }
    for word, truth in VIABILITY.items():
        assert (mean[word] - mean["blank"]) / (mean["DMSO"] - mean["blank"]) == pytest.approx(truth, rel=0.12)
    assert mean["kill"] < 0.03 * mean["DMSO"]


def test_wells_without_cells_read_as_medium() -> None:
    counts = read_out(design_plate(CONDITIONS, random()), VIABILITY, random())
    assert counts[0].max() < 1000
    assert counts[7].max() < 1000


def test_the_export_has_the_parts_of_an_envision_file_in_its_order() -> None:
    counts = np.arange(96.0).reshape(8, 12)
    text = envision_text(counts, barcode="SIM-1", plate=1, day=5)
    parts = [
        "Plate information",
        "US LUM 96",
        "Basic assay information",
        "CTG_LUM",
        "EnVision Workstation version 1.13",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert [[float(x) for x in row] for row in matrix_of(text)] == counts.tolist()


def test_an_unread_well_is_exported_empty_not_zero() -> None:
    counts = np.ones((8, 12))
    counts[0, 0] = np.nan
    matrix = matrix_of(envision_text(counts, barcode="SIM-1", plate=1, day=5))
    assert matrix[0][0] == ""
    assert matrix[0][1] == "1"


def test_both_kinds_of_layout_say_the_same() -> None:
    wells = design_plate(CONDITIONS, random())
    table = {row["well"]: row["condition"] for row in csv.DictReader(layout_csv(wells).splitlines())}
    toml = {well: entry["condition"] for well, entry in tomllib.loads(layout_toml(wells))["well"].items()}
    assert table == toml == wells
