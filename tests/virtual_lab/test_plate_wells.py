"""A simulated plate is laid out as a lab would and reads as its cells say."""

from __future__ import annotations

import csv
import tomllib

import numpy as np
import pytest

from avpi.errors import OurFault
from avpi.virtual_lab.plate_wells import design_plate, layout_csv, layout_toml, read_out, rings

CONDITIONS = ("DMSO", "SM", "TNF", "SM+TNF")
VIABILITY = {"DMSO": 1.0, "SM": 0.35, "TNF": 0.97, "SM+TNF": 0.12}


def random() -> np.random.Generator:
    return np.random.default_rng(7)


def test_every_row_holds_every_condition_once_and_its_controls() -> None:
    wells = design_plate(CONDITIONS, random())
    for row in "BCDEFG":
        words = [word for well, word in wells.items() if well[0] == row]
        assert sorted(words) == sorted([*CONDITIONS, "kill", "blank"])
    assert not any(well[0] in "AH" for well in wells)


def test_positions_are_randomised_row_by_row() -> None:
    wells = design_plate(CONDITIONS, random())
    assert len({well[1:] for well, word in wells.items() if word == "SM"}) > 1


def test_a_whole_plate_uses_the_rim_and_every_row_for_everything() -> None:
    wells = design_plate(CONDITIONS, random(), whole_plate=True)
    for row in "ABCDEFGH":
        assert sorted(word for well, word in wells.items() if well[0] == row) == sorted([*CONDITIONS, "kill", "blank"])
    assert {"01", "12"} <= {well[1:] for well in wells}
    assert list(wells) == sorted(wells)


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


def test_both_kinds_of_layout_say_the_same() -> None:
    wells = design_plate(CONDITIONS, random())
    table = {row["well"]: row["condition"] for row in csv.DictReader(layout_csv(wells).splitlines())}
    toml = {well: entry["condition"] for well, entry in tomllib.loads(layout_toml(wells))["well"].items()}
    assert table == toml == wells


def test_what_a_fault_makes_of_the_signal_leaves_medium_as_it_is() -> None:
    wells = design_plate(CONDITIONS, random())
    usual = read_out(wells, VIABILITY, np.random.default_rng(1))
    half = read_out(wells, VIABILITY, np.random.default_rng(1), signal=0.5)
    with_cells = [("ABCDEFGH".index(w[0]), int(w[1:]) - 1) for w, word in wells.items() if word in VIABILITY]
    for place in with_cells:
        assert half[place] / usual[place] == pytest.approx(0.5, rel=0.02)
    assert (half[0] == usual[0]).all()


def test_rings_count_from_the_rim() -> None:
    assert (rings()[0] == 0).all()
    assert rings()[1, 1] == rings()[6, 10] == 1
    assert rings()[3, 5] == rings().max() == 3
