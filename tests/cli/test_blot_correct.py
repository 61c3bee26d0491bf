"""``avpi blot correct`` and ``avpi blot ladder``: lines that can be read again, and faults that name themselves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from avpi.study.overrides import read_overrides, read_overrides_file
from tests.blot.test_ladder import AMOUNTS, KDA, gel
from tests.cli.conftest import Shell


def test_a_moved_box_is_a_line_that_the_study_reads(shell: Shell, tmp_path: Path) -> None:
    done = shell("blot", "correct", tmp_path, "--blot", "blot1", "--lane", 3, "--y", 118, "--reason", "bands merged")
    assert done.code == 0, done.err
    shell("blot", "correct", tmp_path, "--blot", "blot1", "--lane", 3, "--height", 14, "--reason", "dust", "--by", "ab")
    found = read_overrides(tmp_path)
    assert found.of("blot1/lane3") == {"y_px": 118.0, "height_px": 14.0}
    assert [line.reason for line in found.lines] == ["bands merged", "dust"]
    assert found.lines[1].by == "ab"


def test_a_correction_is_undone_by_a_further_line(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "moved.jsonl"
    shell("blot", "correct", file, "--lane", 2, "--y", 10, "--control", "--reason", "wrong band")
    assert read_overrides_file(file).of("blot/lane2/control") == {"y_px": 10.0}
    done = shell("blot", "correct", file, "--revoke", 1, "--json")
    assert json.loads(done.out)["line"] == 2
    assert read_overrides_file(file).lines == ()
    assert len(file.read_text("utf-8").splitlines()) == 2


def test_what_a_referee_would_ask_is_asked_at_once(shell: Shell, tmp_path: Path) -> None:
    done = shell("blot", "correct", "moved.jsonl", "--width", "-3")
    assert done.code == 2
    for word in ("no lane", "'--width' is '-3'", "no reason"):
        assert word in done.err
    assert not (tmp_path / "moved.jsonl").exists()
    assert "no line before" in shell("blot", "correct", "moved.jsonl", "--revoke", 4).err
    assert shell("blot", "correct", "moved.jsonl", "--revoke", 4, "--lane", 1).code == 2


@pytest.mark.parametrize("value", ["nan", "inf", "-4"])
def test_a_place_that_is_no_place_is_not_written(shell: Shell, tmp_path: Path, value: str) -> None:
    done = shell("blot", "correct", "moved.jsonl", "--lane", 3, "--y", value, "--reason", "r")
    assert done.code == 2
    assert f"'--y' is '{value}'" in done.err
    assert not (tmp_path / "moved.jsonl").exists()


def test_an_undoing_may_say_who_and_why(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "moved.jsonl"
    shell("blot", "correct", file, "--lane", 2, "--y", 10, "--reason", "wrong band")
    done = shell("blot", "correct", file, "--revoke", 1, "--reason", "it was right", "--by", "ab")
    assert done.code == 0, done.err
    assert read_overrides_file(file).lines == ()
    last = json.loads(file.read_text("utf-8").splitlines()[-1])
    assert (last["reason"], last["by"]) == ("it was right", "ab")


def test_a_fault_names_the_file_that_was_given(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "by-hand.jsonl").write_text('{"at": NaN}\n', "utf-8")
    done = shell("blot", "correct", "by-hand.jsonl", "--lane", 1, "--y", 1, "--reason", "r")
    assert done.code == 2
    assert "by-hand.jsonl" in done.err
    assert "overrides.jsonl" not in done.err
    assert "'NaN'" in done.err


def test_a_broken_file_is_not_written_to(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "moved.jsonl"
    file.write_text("not json\n", "utf-8")
    assert shell("blot", "correct", file, "--lane", 1, "--y", 1, "--reason", "r").code == 2
    assert file.read_text("utf-8") == "not json\n"


def picture(tmp_path: Path) -> Path:
    path = tmp_path / "gel.tif"
    Image.fromarray(np.clip(np.rint(gel(1) * 4), 0, 65535).astype(np.uint16)).save(path)
    return path


def test_a_ladder_is_read_with_masses_and_amounts(shell: Shell, tmp_path: Path) -> None:
    said = (
        "--lanes",
        3,
        "--ladder",
        "1-3",
        "--masses",
        ",".join(map(str, KDA)),
        "--amounts",
        ",".join(map(str, AMOUNTS)),
    )
    done = shell("blot", "ladder", picture(tmp_path), *said, "--json")
    assert done.code == 0, done.err
    lanes = json.loads(done.out)["lanes"]
    assert [lane["lane"] for lane in lanes] == [1, 2, 3]
    assert [band["mass"] for band in lanes[0]["bands"]] == list(KDA)
    assert all(lane["median_relative_error"] < 0.05 for lane in lanes)
    talk = shell("blot", "ladder", picture(tmp_path), *said).out
    assert talk.count("median error") == 3


def test_a_ladder_that_cannot_be_is_refused_with_every_reason(shell: Shell, tmp_path: Path) -> None:
    path = picture(tmp_path)
    done = shell("blot", "ladder", path, "--lanes", 3, "--ladder", 4, "--masses", "10,10", "--amounts", "1")
    assert done.code == 2
    for word in ("lane 4 of 3", "different masses", "'--amounts' holds 1"):
        assert word in done.err
    assert "not a list of lanes" in shell("blot", "ladder", path, "--lanes", 3, "--ladder", "a", "--masses", "2,1").err
    assert "counted from 1" in shell("blot", "ladder", path, "--lanes", 3, "--ladder", "0", "--masses", "2,1").err
    assert "not a positive" in shell("blot", "ladder", path, "--lanes", 3, "--ladder", 1, "--masses", "2,-1").err
    assert "not a number" in shell("blot", "ladder", path, "--lanes", 3, "--ladder", 1, "--masses", "2,x").err
    many = shell("blot", "ladder", path, "--lanes", 3, "--ladder", 1, "--masses", "9,8,7,6,5,4,3,2,1")
    assert many.code == 2
    assert "ladder_bands" in many.err
