"""``avpi blot quantify``: from an image to fractions of vehicle, and what it says of images that cannot be read."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from avpi.cli.blot_lines import share_text
from avpi.virtual_lab.blot_damage import cut_at_row, gamma_corrected, overexposed
from avpi.virtual_lab.blot_levels import LevelBlot, draw_blot
from tests.cli.conftest import Done, Shell


def saved(pixels: Any, path: Path) -> Path:
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def medium() -> LevelBlot:
    return draw_blot("medium", 7, two_images=False)


def said(blot: LevelBlot) -> list[Any]:
    words: list[Any] = ["--lanes", blot.lanes, "--vehicle", ",".join(map(str, blot.vehicle))]
    words += ["--target-row", round(blot.target_row_px), "--control-row", round(blot.control_row_px)]
    return words + (["--neighbour", blot.neighbour_side] if blot.neighbour_side else [])


def content(done: Done) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(done.out)
    return read


def test_every_lane_has_its_bands_and_its_fraction(shell: Shell, tmp_path: Path, medium: LevelBlot) -> None:
    path = saved(medium.image, tmp_path / "blot.tif")
    done = shell("blot", "quantify", path, *said(medium), "--json", "--overlay", "boxes.png")
    assert done.code == 0, done.err
    read = content(done)
    assert {"polarity", "rotation_deg", "lanes", "flags", "method"} <= set(read)
    assert read["polarity"] == "bright"
    assert [lane["lane"] for lane in read["lanes"]] == list(range(1, medium.lanes + 1))
    for lane, x, truth in zip(read["lanes"], medium.lane_x_px, medium.amounts, strict=True):
        assert abs(lane["x"] - x) < 0.2 * np.median(np.diff(medium.lane_x_px))
        band = lane["bands"][0]
        assert {"role", "y", "volume", "se", "lod", "saturated_fraction"} <= set(band)
        ratio = lane["ratio_to_vehicle"]
        if np.isfinite(truth):
            assert ratio["value"] == pytest.approx(truth, abs=0.02)
            assert ratio["low"] <= ratio["value"] <= ratio["high"]
    assert not [flag for flag in read["flags"] if flag["severity"] == "blocking"]
    with Image.open(io.BytesIO((tmp_path / "boxes.png").read_bytes())) as overlay:
        assert overlay.width >= medium.image.shape[1]


def test_a_control_on_its_own_image_and_a_table_for_people(shell: Shell, tmp_path: Path) -> None:
    blot = draw_blot("easy", 3, two_images=True)
    assert blot.control_image is not None
    path, control = saved(blot.image, tmp_path / "t.tif"), saved(blot.control_image, tmp_path / "c.tif")
    words = ["--lanes", blot.lanes, "--vehicle", ",".join(map(str, blot.vehicle)), "--control-image", control]
    read = content(shell("blot", "quantify", path, *words, "--json"))
    for lane, truth in zip(read["lanes"], blot.amounts, strict=True):
        assert lane["ratio_to_vehicle"]["value"] == pytest.approx(truth, abs=0.02)
    table = shell("blot", "quantify", path, *words)
    assert table.code == 0
    assert len(table.out.splitlines()) == blot.lanes + 1


def test_without_vehicle_there_are_volumes_and_no_ratios(shell: Shell, tmp_path: Path, medium: LevelBlot) -> None:
    path = saved(medium.image, tmp_path / "blot.tif")
    done = shell(
        "blot", "quantify", path, "--lanes", medium.lanes, "--target-row", round(medium.target_row_px), "--json"
    )
    assert done.code == 0, done.err
    lanes = content(done)["lanes"]
    assert all(lane["ratio_to_vehicle"] is None for lane in lanes)
    assert lanes[medium.vehicle[0] - 1]["bands"][0]["volume"] > 0


def test_a_changed_picture_gives_no_volumes(shell: Shell, tmp_path: Path, medium: LevelBlot) -> None:
    path = saved(gamma_corrected(medium.image, 0.5), tmp_path / "blot.tif")
    done = shell("blot", "quantify", path, *said(medium), "--json")
    assert done.code == 1
    read = content(done)
    assert read["refused"]["code"] == "gamma_changed"
    assert all(band["volume"] is None for lane in read["lanes"] for band in lane["bands"])
    assert all(lane["ratio_to_vehicle"] is None for lane in read["lanes"])


def test_a_cut_row_is_flagged_and_gives_no_number(shell: Shell, tmp_path: Path, medium: LevelBlot) -> None:
    path = saved(cut_at_row(medium.image, medium.target_row_px), tmp_path / "blot.tif")
    row = round(medium.control_row_px - medium.target_row_px)
    words = ["--lanes", medium.lanes, "--vehicle", 1, "--target-row", 0, "--control-row", row]
    read = content(shell("blot", "quantify", path, *words, "--json"))
    assert any("cut" in flag["code"] for flag in read["flags"])
    assert all((lane["ratio_to_vehicle"] or {"value": None})["value"] is None for lane in read["lanes"])


def test_a_short_exposure_lends_what_the_long_one_lost(shell: Shell, tmp_path: Path, medium: LevelBlot) -> None:
    fold = round(3 * 65535 / float(medium.image.max()), 1)
    long = saved(overexposed(medium.image, fold), tmp_path / "long.tif")
    short = saved(medium.image, tmp_path / "short.tif")
    alone = content(shell("blot", "quantify", long, *said(medium), "--json"))
    assert alone["refused"]["code"] in {"saturated_vehicle", "saturated_loading_control"}
    both = shell("blot", "quantify", long, *said(medium), "--exposure", short, "--seconds", f"{fold},1", "--json")
    assert both.code == 0, both.err
    for lane, truth in zip(content(both)["lanes"], medium.amounts, strict=True):
        if np.isfinite(truth):
            assert lane["ratio_to_vehicle"]["value"] == pytest.approx(truth, abs=0.03)
    assert any(note["code"] == "exposures_combined" for note in content(both)["notes"])
    assert "not in the file" in shell("blot", "quantify", long, *said(medium), "--exposure", short).err
    assert "exposure times" in shell("blot", "quantify", long, "--lanes", 3, "--exposure", short, "--seconds", "5").err


def test_a_box_moved_by_hand_is_used(shell: Shell, tmp_path: Path, medium: LevelBlot) -> None:
    path = saved(medium.image, tmp_path / "blot.tif")
    row = round(medium.target_row_px)
    shell("blot", "correct", "moved.jsonl", "--lane", 1, "--y", row - 60, "--height", 12, "--reason", "a test")
    done = shell("blot", "quantify", path, *said(medium), "--overrides", "moved.jsonl", "--json")
    band = content(done)["lanes"][0]["bands"][0]
    assert (band["origin"], band["y"]) == ("manual", row - 60)


@pytest.mark.parametrize("target", ["blot/lane12", "blot2/lane1", "blot/lane1/control"])
def test_a_correction_of_what_is_not_there_is_refused(
    shell: Shell, tmp_path: Path, medium: LevelBlot, target: str
) -> None:
    path = saved(medium.image, tmp_path / "blot.tif")
    name, _, rest = target.partition("/lane")
    number, control, _ = rest.partition("/control")
    more = ["--control"] if control else []
    shell("blot", "correct", "m8.jsonl", "--blot", name, "--lane", number, *more, "--y", 100, "--reason", "x")
    words = ["--lanes", min(medium.lanes, 11), "--target-row", round(medium.target_row_px)]
    done = shell("blot", "quantify", path, *words, "--overrides", "m8.jsonl")
    assert done.code == 2
    for word in ("m8.jsonl", f"'{target}'", "--revoke 1"):
        assert word in done.err


def test_a_small_bound_is_no_bound_of_nothing() -> None:
    assert [share_text(share) for share in (0.00037, 0.0000042, 0.0, 0.0012, 0.0351, 1.0, -0.0004)] == [
        "0.04%", "0.0004%", "0.0%", "0.1%", "3.5%", "100.0%", "-0.04%",
    ]  # fmt: skip


def test_a_jpeg_is_read_with_a_caveat_that_is_no_key_of_a_study(
    shell: Shell, tmp_path: Path, medium: LevelBlot
) -> None:
    grey = np.rint(medium.image / medium.image.max() * 255).astype(np.uint8)
    path = tmp_path / "blot.jpg"
    Image.fromarray(grey).save(path, quality=95)
    done = shell("blot", "quantify", path, *said(medium), "--json")
    flag = next(flag for flag in content(done)["flags"] if flag["code"] == "lossy_image")
    assert flag["severity"] == "warning"
    assert "allow_lossy" not in done.out + done.err


def test_what_cannot_be_read_is_said_not_guessed(shell: Shell, tmp_path: Path, medium: LevelBlot) -> None:
    rng = np.random.default_rng(1)
    blank = saved(rng.normal(900, 20, (300, 500)).astype(np.uint16), tmp_path / "blank.tif")
    done = shell("blot", "quantify", blank, "--lanes", 8, "--vehicle", 1, "--json")
    assert done.code != 0
    assert content(done)["refused"]["code"] in {"blank_picture", "no_bands"}
    strip = saved(medium.image[:, :20], tmp_path / "strip.tif")
    assert shell("blot", "quantify", strip, "--lanes", 12, "--json").code != 0
    half = round(0.4 * float(np.median(np.diff(medium.lane_x_px))))
    x = round(float(medium.lane_x_px[medium.vehicle[0] - 1]))
    one = saved(medium.image[:, x - half : x + half], tmp_path / "one.tif")
    row = round(float(medium.target_y_px[medium.vehicle[0] - 1]))
    done = shell("blot", "quantify", one, "--lanes", 6, "--vehicle", 1, "--target-row", row, "--json")
    assert done.code != 0
    assert content(done)["refused"]["code"] == "lane_count"
    path = saved(medium.image, tmp_path / "blot.tif")
    assert "lane '99'" in shell("blot", "quantify", path, "--lanes", 8, "--vehicle", 99).err
    assert "'--masses' stands without" in shell("blot", "quantify", path, "--lanes", 8, "--masses", "2,1").err
    assert "runs downwards" in shell("blot", "quantify", path, "--lanes", 8, "--vehicle", "8-1").err
    assert "without '--exposure'" in shell("blot", "quantify", path, "--lanes", 8, "--seconds", "3,1").err
    assert shell("blot", "quantify", path, "--lanes", 0).code == 2
    assert shell("blot", "quantify", "none.tif", "--lanes", 8).code == 2


@pytest.mark.parametrize("written", ["blot.tif", "./raw/../blot.tif", "control.tif", "linked.tif"])
def test_an_overlay_never_overwrites_an_image_that_is_read(
    shell: Shell, tmp_path: Path, medium: LevelBlot, written: str
) -> None:
    (tmp_path / "raw").mkdir()
    path, control = saved(medium.image, tmp_path / "blot.tif"), saved(medium.image, tmp_path / "control.tif")
    (tmp_path / "linked.tif").hardlink_to(path)
    before = path.read_bytes(), control.read_bytes()
    words = ["--lanes", medium.lanes, "--control-image", control, "--overlay", tmp_path / written]
    done = shell("blot", "quantify", path, *words)
    assert done.code == 2
    assert "would overwrite" in done.err
    assert (path.read_bytes(), control.read_bytes()) == before


@pytest.mark.parametrize("option", ["--target-row", "--control-row"])
@pytest.mark.parametrize("row", ["-1", "nan"])
def test_a_row_above_the_image_is_refused(
    shell: Shell, tmp_path: Path, medium: LevelBlot, option: str, row: str
) -> None:
    path = saved(medium.image, tmp_path / "blot.tif")
    done = shell("blot", "quantify", path, "--lanes", medium.lanes, option, row)
    assert done.code == 2
    assert option in done.err
    assert "0 or more" in done.err
