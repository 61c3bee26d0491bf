"""Real instrument files through the same door: true numbers, and an honest verdict about what is missing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from avpi.result import Result
from avpi.workflow import run_study
from tests.studies.real_files import make_real_study

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def result(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run_study(make_real_study(shared_data, tmp_path_factory.mktemp("real") / "study"))


def test_nothing_fails_and_no_call_is_made(result: Result) -> None:
    assert result.failed == ()
    assert result.verdict.called == "not_determined"
    assert "cIAP1 at 15 or 30 min" in result.verdict.missing
    assert "SM+TNF" in result.verdict.missing


def test_the_mirrored_membrane_is_read_in_the_order_of_loading(result: Result) -> None:
    parp = next(blot for blot in result.blots if blot.name == "parp")
    assert [lane.minutes_after_dose for lane in parp.lanes] == [0, 1440, 2880, 4320]
    # Positions checked by eye on the image: 0 h is the rightmost lane, 45 px apart.
    assert [lane.x_px for lane in parp.lanes] == pytest.approx([434, 388, 342, 297], abs=6)
    # Full-length PARP falls over three days; the loading control says so too.
    ratios = [lane.ratio_to_vehicle.value for lane in parp.lanes]
    assert ratios == sorted(ratios, reverse=True)
    assert 0.3 < ratios[-1] < 0.6


def test_the_saturated_residue_of_the_first_probe_does_not_touch_the_second(result: Result) -> None:
    trail = next(blot for blot in result.blots if blot.name == "trail")
    targets = [lane.band("target") for lane in trail.lanes]
    assert all(band is not None and abs(band.y_px - 312) < 8 and band.state == "measured" for band in targets)
    ratios = [lane.ratio_to_vehicle.value for lane in trail.lanes]
    assert max(ratios) == ratios[1], "TRAIL is highest at 24 h"


def test_every_well_of_the_plate_pair_has_the_value_that_the_instrument_gave(result: Result, shared_data: Path) -> None:
    with (shared_data / "plate_readers" / "expected_values.csv").open(encoding="utf-8") as file:
        expected = {
            (row["plate"], row["well"]): float(row["value"])
            for row in csv.DictReader(file)
            if row["file_id"].startswith("gdr_")
        }
    seen = {
        (plate.plate, f"{well.name[0]}{int(well.name[1:])}"): well.raw
        for plate in result.plates
        for well in plate.wells
        if well.raw == well.raw
    }
    assert seen == expected


def test_caspase_counts_are_counts_and_not_viability(result: Result) -> None:
    events = {sample.name: sample.events for sample in result.samples}
    assert events == {"A01": 2115, "A02": 2400, "A03": 2040}
    assert all(sample.viable.state == "missing" for sample in result.samples)
    assert result.verdict.experiments["death"] == 0
