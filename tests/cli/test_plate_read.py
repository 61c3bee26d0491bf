"""``avpi plate read``: pictures of plates, JSON, and the Allotrope Simple Model."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Shell
from tests.formats.plate_texts import grid_text

TITLED = f"Results for LUM (CPS)\n{grid_text()}\n\nExported with EnVision Workstation version 1.13.3009.1401\n"


def test_a_picture_of_the_plate_and_json_say_the_same(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(TITLED, "utf-8")
    picture, printed = shell("plate", "read", "e.csv"), shell("plate", "read", "e.csv", "--json")
    assert (picture.code, printed.code) == (0, 0)
    wells = json.loads(printed.out)["plates"][0]["reads"][0]["wells"]
    assert all(f"{value:.7g}" in picture.out for value in wells.values())


def test_the_model_of_allotrope_holds_a_document_for_each_well(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(TITLED, "utf-8")
    wells = json.loads(shell("plate", "read", "e.csv", "--json").out)["plates"][0]["reads"][0]["wells"]
    content = json.loads(shell("plate", "read", "e.csv", "--asm").out)["plate reader aggregate document"]
    aggregates = [document["measurement aggregate document"] for document in content["plate reader document"]]
    found = {
        one["sample document"]["location identifier"]: one["luminescence"]["value"]
        for aggregate in aggregates
        for one in aggregate["measurement document"]
    }
    assert found == wells


def test_a_file_that_leaves_the_decimal_mark_open_is_read_once_it_is_told(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("well;value\nA1;1,234\nA2;2,345\n", "utf-8")
    assert shell("plate", "read", "list.csv").code != 0
    told = json.loads(shell("plate", "read", "list.csv", "--json", "--decimal", ",").out)
    assert told["plates"][0]["reads"][0]["wells"] == {"A01": 1.234, "A02": 2.345}
