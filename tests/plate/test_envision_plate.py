"""A real 384-well CellTiter-Glo plate with its real layout, from file to arms."""

from pathlib import Path

import numpy as np
import pytest

from avpi.formats.layout import read_layout
from avpi.formats.plate_file import read_plate_file
from avpi.names import DoseUnit
from avpi.plate.analyse import analyse_plate
from avpi.plate.results import PlateResult
from avpi.study.conditions import ConditionWords
from avpi.study.schema import Layout, PlateFile
from tests.plate.simulated_plate import RULES, codes

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def plate(shared_data: Path) -> PlateResult:
    folder = shared_data / "plate_readers" / "envision_gdr_ctg384"
    template = folder / "Project40.treated.template.xlsx"
    columns = {"reagent": "gnumber", "dose": "concentration"}
    layout = read_layout(template, "layout.xlsx", shape=(16, 24), blank_header=True, columns=columns)
    own: dict[str, DoseUnit] = {entry["reagent"]: "molar" for entry in layout.wells.values()}
    words = ConditionWords(compound="mimetic", working_doses={}, own=own)
    declared = PlateFile(
        name="p", experiment="e", file="p.csv", layout=Layout(file="layout.xlsx", dose_unit="uM", unlabelled="vehicle")
    )
    reading = read_plate_file(folder / "H0109269D01.csv", "p.csv")
    return analyse_plate(reading, layout, declared, words, RULES)


def test_every_labelled_well_of_the_real_plate_is_used(plate: PlateResult) -> None:
    assert plate.shape == (16, 24)
    treated = [well for well in plate.wells if well.role == "sample"]
    assert {well.state for well in treated} == {"used"}
    assert len(plate.arms) == 1 + len({well.condition for well in treated})


def test_the_real_plate_has_no_negative_controls_and_says_so(plate: PlateResult) -> None:
    assert {"no_background_wells", "z_prime_not_estimable"} <= codes(plate)
    assert plate.passes
    assert 0.02 < plate.quality.vehicle_cv.value < 0.3


def test_doses_of_the_real_plate_are_the_ones_in_its_layout(plate: PlateResult) -> None:
    doses = [arm.condition.additions[0].dose for arm in plate.arms[1:]]
    assert max(dose for dose in doses if dose is not None) == 3e-5
    assert all(dose is not None and dose > 0 for dose in doses)


def test_more_of_the_compound_leaves_fewer_alive(plate: PlateResult) -> None:
    by_dose: dict[str, dict[float, float]] = {}
    for arm in plate.arms[1:]:
        (addition,) = arm.condition.additions
        by_dose.setdefault(addition.reagent, {})[addition.dose or 0.0] = arm.viability.value
    falls = [np.polyfit(np.log10(list(series)), list(series.values()), 1)[0] for series in by_dose.values()]
    assert np.median(falls) < 0
