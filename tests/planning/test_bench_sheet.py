"""The bench sheet: one page that needs no network, with every well, every mix and every harvest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from avpi.errors import FileFormatError
from avpi.planning.bench_sheet import bench_sheet
from avpi.planning.export import make_deck
from avpi.planning.layout import content_codes
from avpi.planning.plate_picture import plate_svg
from avpi.planning.read_bench_sheet import read_bench_sheet
from avpi.planning.read_layouts import read_layouts
from tests.planning.plans import planned


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    plan = planned(tmp_path_factory.mktemp("plans") / "p", experiments=1)
    layouts = read_layouts(plan.study, shape=plan.shape)
    return bench_sheet(plan, "E1", layouts, make_deck(plan, layouts, "bench"))


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    assert set(re.findall(r"https?://[^\s\"']+", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\s(?:src|href)=", page)


def test_the_harvests_of_protocol_a_stand_with_their_minutes(page: str) -> None:
    for exposure in ("15 min", "30 min", "1 h", "4 h"):
        assert f">{exposure}<" in page
    assert page.count("data-lyse=") == 6


def test_every_plate_is_drawn_with_a_code_in_every_well(page: str) -> None:
    assert page.count("<svg") == 2
    assert page.count("<g><title>") == 2 * (8 + 4 + 4 + 36)
    assert "<title>B02" in page


def test_names_of_a_study_cannot_write_into_the_page(tmp_path: Path) -> None:
    plan = planned(tmp_path / "p", experiments=1, cell_line="<script>alert(1)</script>")
    layouts = read_layouts(plan.study, shape=plan.shape)
    assert "<script>alert" not in bench_sheet(plan, "E1", layouts, make_deck(plan, layouts, "bench"))


def test_a_page_without_its_table_is_refused() -> None:
    with pytest.raises(FileFormatError, match="no table of master mixes"):
        read_bench_sheet("<p>nothing</p>", "sheet.html")
    row = '<tr><td class="mix">A1</td><td><span class="part">some medium</span></td></tr>'
    with pytest.raises(FileFormatError, match="'some medium' cannot be read"):
        read_bench_sheet(f'<table id="mixes">{row}</table>', "sheet.html")


def test_a_plate_of_1536_wells_is_drawn_too(tmp_path: Path) -> None:
    plan = planned(tmp_path / "p", experiments=1, plate_wells=1536)
    layout = read_layouts(plan.study, shape=plan.shape)[0]
    svg = plate_svg(layout, content_codes(layout.groups))
    assert svg.count("<circle") == 1536
    assert ">AF<" in svg
