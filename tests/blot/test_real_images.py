"""Real blots against positions checked by eye and against ImageJ 1.53t (a reference, not truth)."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avpi.blot.lanes import find_lanes
from avpi.blot.polarity import as_signal
from avpi.blot.results import BandRole, BlotResult
from avpi.formats.blot_image import read_blot_image
from avpi.study.schema import Blot, Lane, LoadingControl
from tests.blot.declared_blot import analyse, codes, time_course

pytestmark = pytest.mark.shared_data

CSITRON = "csitron_antiActin_20240710_Ch_Chemi.tif"
IMAGES = (
    "blotbench_parp.tif",
    "blotbench_trail.tif",
    "blotbench_actin.tif",
    CSITRON,
    "chibidragon_test_image.png",
    "wbmage_test1.png",
)
DAYS = (Lane.model_validate({"time": 0}), *(Lane(time=f"{h} h") for h in (24, 48, 72)))  # type: ignore[arg-type]


def manifest(shared_data: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared_data / "blots" / "manifest.json").read_text())
    return loaded


def imagej(shared_data: Path, image: str, band: str, method: str) -> list[float]:
    with (shared_data / "blots" / "imagej_1.53t_reference.csv").open() as file:
        return [float(row[method]) for row in csv.DictReader(file) if (row["image"], row["band"]) == (image, band)]


def volumes(result: BlotResult, role: BandRole) -> list[float]:
    return [band.volume for lane in result.lanes if (band := lane.band(role))]


def pattern_error(ours: list[float], theirs: list[float]) -> float:
    """Return the largest deviation between two patterns across lanes, each over its own mean."""
    a, b = np.asarray(ours), np.asarray(theirs)
    return float(np.max(np.abs(a / a.mean() / (b / b.mean()) - 1)))


def blotbench(shared_data: Path, image: str, target: str, row: float) -> BlotResult:
    control = LoadingControl(name="actin", image="blotbench_actin.tif", row=220)
    blot = Blot(
        name="b", experiment="e", image=image, target=target, loading_control=control, lanes=DAYS, mirrored=True,
        target_row=row,
    )  # fmt: skip
    folder = shared_data / "blots"
    return analyse(
        read_blot_image(folder / image, image), blot, read_blot_image(folder / "blotbench_actin.tif", "actin.tif")
    )


@pytest.mark.parametrize("image", IMAGES)
def test_every_lane_is_found_and_no_ladder_strip(shared_data: Path, image: str) -> None:
    known = manifest(shared_data)[image]
    signal = as_signal(read_blot_image(shared_data / "blots" / image, image))
    assert signal.polarity == known["polarity_of_stored_values"]
    for band in known["bands"].values():
        x = np.array([lane["x"] for lane in band["lanes"]])
        y = float(np.mean([lane["y"] for lane in band["lanes"]]))
        for hint in (y, None):
            lanes = find_lanes(signal.values, known["n_lanes"], row_px=hint)
            assert lanes.visible == known["n_lanes"]
            assert np.max(np.abs(lanes.x_at(y) - x)) < 0.4 * np.diff(x).mean()


@pytest.mark.parametrize(("band", "row", "limit"), [("actin", None, 0.015), ("lower band", 1016.0, 0.05)])
def test_volumes_of_a_raw_blot_follow_imagej(shared_data: Path, band: str, row: float | None, limit: float) -> None:
    blot = Blot(name="b", experiment="e", image=CSITRON, target="actin", lanes=time_course(8), target_row=row)
    result = analyse(read_blot_image(shared_data / "blots" / CSITRON, CSITRON), blot)
    assert pattern_error(volumes(result, "target"), imagej(shared_data, CSITRON, band, "ij_rect_localbg")) < limit


def test_the_real_membrane_is_read_through_its_shifted_images(shared_data: Path) -> None:
    result = blotbench(shared_data, "blotbench_parp.tif", "PARP", 72)
    actin = imagej(shared_data, "blotbench_actin.tif", "Actin", "ij_rect_localbg")[::-1]
    assert pattern_error(volumes(result, "control"), actin) < 0.05
    assert [lane.ratio_to_vehicle.state for lane in result.lanes] == ["measured"] * 4
    # ImageJ, rolling ball over rolling ball: 1, 0.63, 0.56, 0.51; valley over valley: 1, 0.52, 0.53, 0.46.
    values = [lane.ratio_to_vehicle.value for lane in result.lanes]
    assert values[0] == 1
    assert all(0.35 < value < 0.65 for value in values[1:])
    assert "second_band_near_target" in codes(result)
    assert "late_only" not in codes(result)
    assert result.loss_by_engagement_time.state == "missing"


def test_saturated_rests_of_an_earlier_probe_do_not_disturb(shared_data: Path) -> None:
    result = blotbench(shared_data, "blotbench_trail.tif", "TRAIL-protein", 312)
    assert "saturated_band" not in codes(result)
    bands = [lane.band("target") for lane in result.lanes]
    assert all(band is not None and abs(band.y_px - 312) < 8 and band.state == "measured" for band in bands)
    values = [lane.ratio_to_vehicle.value for lane in result.lanes]
    # ImageJ, rolling ball over rolling ball: 1, 2.34, 1.23, 0.72.
    assert values[1] > 1.5
    assert values[1] > values[2] > values[3]


def test_the_row_of_the_saturated_rest_is_refused(shared_data: Path) -> None:
    from avpi.errors import NotAnalysed

    with pytest.raises(NotAnalysed) as caught:
        blotbench(shared_data, "blotbench_trail.tif", "PARP", 94)
    assert caught.value.code == "saturated_vehicle"
