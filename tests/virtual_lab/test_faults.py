"""Each fault is seen in the raw files as it should be, and nowhere else; truth.json tells where."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from avpi.formats.fcs import read_fcs
from avpi.formats.plate_file import read_plate_file
from avpi.virtual_lab.blot_image import COLUMNS, LANE_PITCH_PX, WHITE
from avpi.virtual_lab.design import design_of
from avpi.virtual_lab.faults import FAULT_NAMES, FAULTS, FaultError, FaultName, make_fault, parse_fault, parse_faults
from avpi.virtual_lab.lab_study import write_lab_study
from avpi.virtual_lab.plate_wells import rings
from tests.virtual_lab.small_truth import LEFT, small_design, truth_for

Floats = NDArray[np.float64]
DESIGN = small_design()
BRIGHT = 3000.0
"""Between unstained and stained cells."""

TOUCHED = {
    "edge_effect": {f"raw/{e}_plate_{p}.csv" for e in ("exp1", "exp2") for p in "ab"},
    "cell_count_drift": {f"raw/{e}_plate_{p}.csv" for e in ("exp1", "exp2") for p in "ab"},
    "missing_vehicle": {"raw/exp1_plate_a.csv", "raw/exp1_layout_a.csv"},
    "saturated_lane": {"raw/exp1_cIAP1.tif", "raw/exp1_actin.tif"},
    "overexposed_blot": {"raw/exp1_cIAP1.tif"},
    "swapped_lanes": {"raw/exp1_cIAP1.tif"},
    "dead_single_stain": {"raw/exp1_only_annexin_v.fcs"},
    "batch_effect": {
        *(f"raw/exp2_{name}" for name in ("cIAP1.tif", "plate_a.csv", "plate_b.csv", "cells_DMSO.fcs", "cells_SM.fcs")),
        *("raw/exp2_only_annexin_v.fcs", "raw/exp2_only_pi.fcs"),
    },
}
"""Fault -> every raw file that it changes in the small design."""


@dataclass(frozen=True)
class Made:
    """A study with a fault."""

    folder: Path

    def plate(self, name: str) -> Floats:
        (plate,) = read_plate_file(self.folder / f"raw/{name}.csv", name).plates
        return plate.reads[0].values

    def image(self, name: str) -> NDArray[np.uint16]:
        pixels: NDArray[np.uint16] = tifffile.imread(self.folder / f"raw/{name}.tif")
        return pixels

    def colours(self, name: str) -> Floats:
        found = read_fcs(self.folder / f"raw/{name}.fcs", name)
        names = [channel.name for channel in found.channels]
        return found.events[:, [names.index("FITC-A"), names.index("PE-A")]]

    @property
    def truth(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "truth.json").read_text("utf-8"))
        return found

    def hashes(self) -> dict[str, str]:
        files = [path for path in (self.folder / "raw").iterdir()]
        return {f"raw/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


Maker = Callable[[str], Made]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    made: dict[str, Made] = {}

    def study(fault: str = "") -> Made:
        if fault not in made:
            folder = tmp_path_factory.mktemp("faults") / "study"
            faults = parse_faults([fault] if fault else [], DESIGN.experiments)
            write_lab_study(truth_for(DESIGN), DESIGN, folder, seed=4, faults=faults)
            made[fault] = Made(folder)
        return made[fault]

    return study


@pytest.mark.parametrize("name", FAULT_NAMES)
def test_a_fault_changes_its_own_files_and_no_other_and_says_which(make: Maker, name: FaultName) -> None:
    sound, faulty = make(""), make(name)
    before, after = sound.hashes(), faulty.hashes()
    assert before.keys() == after.keys()
    assert {file for file in before if before[file] != after[file]} == TOUCHED[name]
    (told,) = faulty.truth["faults"]
    assert (told["fault"], told["strength"]) == (name, FAULTS[name].usual)
    assert {file for place in told["where"] for file in place["files"]} == TOUCHED[name]
    assert sound.truth["faults"] == []


@pytest.mark.parametrize("name", [name for name in FAULT_NAMES if name != "batch_effect"])
def test_a_fault_of_the_lab_changes_nothing_that_is_true(make: Maker, name: str) -> None:
    assert make(name).truth["experiments"] == make("").truth["experiments"]


@pytest.mark.parametrize(("strength", "text"), [(0.4, "edge_effect"), (-0.5, "edge_effect=-0.5")])
def test_an_edge_effect_falls_off_from_the_rim_inwards(make: Maker, strength: float, text: str) -> None:
    change = make(text).plate("exp1_plate_a") / make("").plate("exp1_plate_a")
    layout = (make("").folder / "raw/exp1_layout_a.csv").read_text("utf-8")
    for ring, expected in [(0, 1 - strength), (1, 1 - strength / 2), (2, 1 - strength / 4)]:
        held = [w for w in layout.splitlines()[1:] if not w.endswith("blank")]
        places = [("ABCDEFGH".index(w[0]), int(w[1:3]) - 1) for w in held]
        found = [change[place] for place in places if rings()[place] == ring]
        assert found
        # The kill wells of the rim are mostly medium's own light, which does not evaporate.
        assert np.mean(found) == pytest.approx(expected, rel=0.06)


def test_cells_settle_along_a_plate_and_on_to_the_next(make: Maker) -> None:
    change = [make("cell_count_drift").plate(f"exp1_plate_{p}") / make("").plate(f"exp1_plate_{p}") for p in "ab"]
    assert change[0][1, 1] == pytest.approx(0.6 ** (1 / 11), rel=0.01)
    assert change[0][1, 4] == pytest.approx(0.6 ** (4 / 11), rel=0.01)
    assert change[1][1, 1] == pytest.approx(0.6 ** (1 + 1 / 11), rel=0.01)


def test_forgotten_vehicle_wells_hold_medium_and_no_entry(make: Maker) -> None:
    before, after = (make(f).folder / "raw/exp1_layout_a.csv" for f in ("", "missing_vehicle"))
    gone = set(before.read_text("utf-8").splitlines()) - set(after.read_text("utf-8").splitlines())
    assert len(gone) == 6
    assert all(line.endswith(",DMSO") for line in gone)
    counts = make("missing_vehicle").plate("exp1_plate_a")
    for line in gone:
        assert counts["ABCDEFGH".index(line[0]), int(line[1:3]) - 1] < 1000
    half = make("missing_vehicle=0.5").truth["faults"][0]["where"][0]["wells"]
    assert len(half) == 3


def lane_slice(lane: int) -> slice:
    middle = COLUMNS / 2 + LANE_PITCH_PX * (lane - (len(DESIGN.membranes["time_course"]) - 1) / 2)
    return slice(int(middle - LANE_PITCH_PX / 2), int(middle + LANE_PITCH_PX / 2))


def test_a_heavy_lane_saturates_its_loading_control_alone(make: Maker) -> None:
    assert (make("").image("exp1_actin") == WHITE).sum() == 0
    columns = np.nonzero((make("saturated_lane").image("exp1_actin") == WHITE).any(axis=0))[0]
    lane = make("saturated_lane").truth["faults"][0]["where"][0]["lane"] - 1
    assert len(columns) > 20
    assert lane_slice(lane).start < columns.min()
    assert columns.max() < lane_slice(lane).stop
    assert (make("saturated_lane").image("exp1_cIAP1") == WHITE).sum() == 0


def test_an_overexposed_blot_saturates_vehicle_and_lifts_the_background(make: Maker) -> None:
    usual, long = make("").image("exp1_cIAP1"), make("overexposed_blot").image("exp1_cIAP1")
    columns = np.nonzero((long == WHITE).any(axis=0))[0]
    assert len(columns) > 20
    assert columns.max() < lane_slice(0).stop
    assert np.median(long) / np.median(usual) == pytest.approx(4, rel=0.05)


def test_swapped_lanes_put_vehicle_where_it_is_not_declared(make: Maker) -> None:
    peaks = {
        fault: [int(make(fault).image("exp1_cIAP1")[120:190, lane_slice(lane)].max()) for lane in range(4)]
        for fault in ("", "swapped_lanes", "swapped_lanes=3")
    }
    assert [int(np.argmax(values)) for values in peaks.values()] == [0, 1, 3]


def test_a_dead_single_stain_has_no_bright_cells(make: Maker) -> None:
    def bright(fault: str) -> float:
        return float(np.mean(make(fault).colours("exp1_only_annexin_v")[:, 0] > BRIGHT))

    assert bright("") > 0.4
    assert bright("dead_single_stain") < 0.05
    assert bright("dead_single_stain=0.5") == pytest.approx(bright("") / 2, abs=0.05)


def test_a_batch_effect_weakens_the_compound_of_one_day(make: Maker) -> None:
    sound, faulty = make("").truth["experiments"], make("batch_effect").truth["experiments"]
    assert faulty["exp1"] == sound["exp1"]
    for value, lane in zip(faulty["exp2"]["blots"]["time_course"]["cIAP1"][1:], (1, 2, 3), strict=True):
        before = sound["exp2"]["blots"]["time_course"]["cIAP1"][lane]
        assert value == pytest.approx(before**0.6, rel=1e-3)
        assert value > 2 * LEFT
    viability = {day: found["exp2"]["viability_fraction_of_vehicle"] for day, found in (("a", sound), ("b", faulty))}
    assert viability["b"]["TNF"] == viability["a"]["TNF"]
    assert viability["b"]["SM"] == pytest.approx(viability["a"]["SM"] ** 0.6, rel=1e-3)
    expected = viability["a"]["TNF"] * (viability["a"]["SM+TNF"] / viability["a"]["TNF"]) ** 0.6
    assert viability["b"]["SM+TNF"] == pytest.approx(expected, rel=1e-3)


def test_a_batch_effect_is_seen_in_the_files(make: Maker) -> None:
    vehicle = [line[:3] for line in (make("").folder / "raw/exp2_layout_a.csv").read_text().split() if "DMSO" in line]
    places = [("ABCDEFGH".index(w[0]), int(w[1:]) - 1) for w in vehicle]
    light = [np.mean([make(f).plate("exp2_plate_a")[place] for place in places]) for f in ("", "batch_effect")]
    assert light[1] / light[0] == pytest.approx(0.6, rel=0.01)
    for stain, channel in (("annexin_v", 0), ("pi", 1)):
        colour = [make(f).colours(f"exp2_only_{stain}")[:, channel] for f in ("", "batch_effect")]
        bright = [np.median(values[values > BRIGHT]) for values in colour]
        assert bright[1] / bright[0] == pytest.approx(0.6, rel=0.08)


def test_faults_are_written_as_name_strength_and_experiment() -> None:
    names = ("exp1", "exp2", "exp3")
    fault = parse_fault("edge_effect=-0.25@exp2", names)
    assert (fault.name, fault.strength, fault.experiments) == ("edge_effect", -0.25, ("exp2",))
    assert parse_fault("cell_count_drift", names).experiments == names
    assert parse_fault("saturated_lane", names).experiments == ("exp1",)
    assert parse_fault("batch_effect", names).experiments == ("exp3",)
    assert make_fault("swapped_lanes", names, strength=2.0, only="exp3").strength == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("edge_efect", r"'edge_efect' is no fault: name one of edge_effect, .*Did you mean 'edge_effect'\?"),
        ("edge_effect=much", "'much' is no number: write a fault as edge_effect=0.4"),
        ("edge_effect=2", r"'2' is no strength of edge_effect .*write a number from -1 to 0.9"),
        ("edge_effect=nan", "no strength of edge_effect"),
        ("swapped_lanes=1.5", "write a whole number from 1 to 6"),
        ("edge_effect@exp9", "'exp9' is no experiment of the study: name one of exp1, exp2"),
    ],
)
def test_a_fault_that_cannot_be_meant_is_named(text: str, message: str) -> None:
    with pytest.raises(FaultError, match=message):
        parse_fault(text, ("exp1", "exp2"))


def test_the_same_fault_hits_an_experiment_once() -> None:
    assert len(parse_faults(["edge_effect=0.2@exp1", "edge_effect=0.3@exp2"], ("exp1", "exp2"))) == 2
    with pytest.raises(FaultError, match="'edge_effect@exp2': exp2 suffers from edge_effect already"):
        parse_faults(["edge_effect", "edge_effect@exp2"], ("exp1", "exp2"))


@pytest.mark.parametrize("name", FAULT_NAMES)
def test_every_kind_of_fault_is_described(name: FaultName) -> None:
    kind = FAULTS[name]
    assert kind.least <= kind.usual <= kind.most
    assert kind.what.endswith(".")
    assert make_fault(name, design_of("guide").experiments).experiments
