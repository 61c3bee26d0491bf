"""Every figure as SVG, PDF and CSV; what they must show and what they must not invent."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pandas as pd
import pytest

from avpi.blot.results import BlotResult
from avpi.report.drawing import Drawing, style
from avpi.report.figures_blot import draw_blot
from avpi.report.figures_effects import draw_effects
from avpi.report.figures_flow import draw_sample
from avpi.report.figures_plate import draw_plate
from avpi.report.figures_tree import draw_tree
from avpi.report.palette import ROLES
from avpi.report.write import RunFolder
from avpi.result import Result
from tests.report.made_result import make_plate

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.fixture
def blot(made: Result) -> BlotResult:
    return made.blots[0]


def course(blot: BlotResult, made: Result) -> Drawing:
    with style():
        return draw_blot(blot, "blot", made.study.rules)[1]


def test_every_figure_has_svg_pdf_and_the_csv_of_its_points(written: RunFolder) -> None:
    names = {p.stem for p in written.figures.iterdir()}
    assert names == {
        "decision-tree", "effects", "blot2-image", "blot2-course", "plate1-map", "plate1-arms", "sample-sm-gates",
    }  # fmt: skip
    for name in names:
        svg = (written.figures / f"{name}.svg").read_text("utf-8")
        assert ET.fromstring(svg).tag == f"{SVG}svg"
        assert texts(svg)
        assert (written.figures / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert not pd.read_csv(written.figures / f"{name}.csv").empty


def test_the_files_hold_no_time_and_fonts_stay_text(written: RunFolder) -> None:
    for path in written.figures.glob("*.pdf"):
        pdf = path.read_bytes()
        assert b"CreationDate" not in pdf
        assert b"/CIDFontType2" in pdf
        assert b"/Type3" not in pdf
    for path in written.figures.glob("*.svg"):
        svg = path.read_text("utf-8")
        assert "<metadata" not in svg
        assert "<!DOCTYPE" not in svg
        assert not any(variable in svg for variable in ROLES.values())
        assert float(re.findall(r'width="([\d.]+)(?:pt|mm)"', svg)[0]) > 0


def test_a_saturated_band_is_marked_and_has_no_number(blot: BlotResult, made: Result) -> None:
    drawing = course(blot, made)
    points = drawing.points.set_index("lane")
    assert points["state"][6] == "saturated"
    assert math.isnan(points["ratio_to_vehicle"][6])
    assert "S" in texts(drawing.svg)
    assert points["state"][3] == "below"


def test_a_blot_without_times_is_drawn_over_dose_and_without_doses_over_lanes(blot: BlotResult, made: Result) -> None:
    doses = (0.0, 1e-8, 3e-8, 1e-7, 3e-7, 1e-6, 1e-5)
    lanes = [replace(lane, minutes_after_dose=30.0, dose_molar=d) for lane, d in zip(blot.lanes, doses, strict=True)]
    by_dose = course(replace(blot, lanes=tuple(lanes)), made)
    assert {"dose", "10 nM", "10 µM"} <= set(texts(by_dose.svg))
    plain = tuple(replace(lane, minutes_after_dose=None, dose_molar=None) for lane in blot.lanes)
    assert "lane" in texts(course(replace(blot, lanes=plain), made).svg)


def test_a_control_on_another_image_has_its_boxes_there(blot: BlotResult, made: Result) -> None:
    with style():
        image = draw_blot(blot, "blot", made.study.rules)[0]
    boxes = image.points.groupby("role")["image"].unique().map(list).to_dict()
    assert boxes["target"] == boxes["neighbour"] == ["raw/blot2.tif"]
    assert boxes["control"] == ["raw/blot2-gapdh.tif"]
    assert image.svg.count("data:image/png;base64") == 2
    assert "B*" in texts(image.svg)


def test_a_plate_map_names_every_well_that_has_no_number(made: Result) -> None:
    with style():
        plate_map, _ = draw_plate(made.plates[0], "plate", made.study.rules)
    marks = set(texts(plate_map.svg))
    assert {"5 –", "6 O", "2 ×", "?", "V", "K", "B"} <= marks
    assert "nan" not in " ".join(marks)


def test_a_well_just_under_the_background_reads_zero_and_the_key_can_be_read(made: Result) -> None:
    plate = made.plates[0]
    wells = tuple(replace(well, viability=-0.001) if well.role == "blank" else well for well in plate.wells)
    with style():
        drawing = draw_plate(replace(plate, wells=wells), "p", made.study.rules)[0]
    shown = texts(drawing.svg)
    assert "0" in shown
    assert not {"-0", "−0"} & set(shown)
    key = next(text for text in ET.fromstring(drawing.svg).iter(f"{SVG}text") if "1\u00a0" in "".join(text.itertext()))
    size = re.search(r"font(?:-size)?:[^;]*?([\d.]+)px", key.get("style") or "")
    assert size is not None
    # The SVG's 519 units are shown on some 980 px in a window of 1100 px.
    assert float(size[1]) * 980 / 519 >= 9


def test_a_large_plate_without_viabilities_shows_its_raw_readings(made: Result) -> None:
    plate = make_plate(made.study, "big", "day1", seed=5, shape=(32, 48))
    wells = tuple(replace(w, viability=math.nan) for w in plate.wells)
    with style():
        plate_map, _ = draw_plate(replace(plate, wells=wells), "big", made.study.rules)
    assert "raw" in texts(plate_map.svg)
    assert "data:image/png" in plate_map.svg


def test_quadrants_are_written_into_their_corners(made: Result) -> None:
    sample = made.samples[0]
    with style():
        (gates,) = draw_sample(sample, "sample")
        assert draw_sample(replace(sample, scatters=()), "none") == []
    assert any(words.startswith("cells 78") for words in texts(gates.svg))
    assert len(gates.points) == sum(len(scatter.x) for scatter in sample.scatters)


def test_the_tree_follows_the_taken_path_and_keeps_the_two_arms_apart(made: Result) -> None:
    tree = draw_tree(made.verdict)
    taken = tree.points[tree.points["taken"]]
    assert list(taken["node"]) == ["engaged", "kills_alone", "autocrine:SM", "caspase_dependent:SM"]
    assert list(taken["leads_to"]) == ["kills_alone", "autocrine:SM", "caspase_dependent:SM", "apoptosis"]
    onward = tree.points.set_index(["node", "answer"])["leads_to"]
    assert onward["kills_with_tnf", "yes"] == "caspase_dependent:SM+TNF"
    bold = [e for e in ET.fromstring(tree.svg).iter(f"{SVG}text") if e.get("font-weight") == "700"]
    assert "engaged 93 %" in ["".join(e.itertext()) for e in bold]
    assert "resistant downstream of TNF" in texts(tree.svg)
    assert any(words.startswith("asks on: Does") for words in texts(tree.svg))


def test_a_tree_that_nobody_walked_is_an_empty_figure(made: Result) -> None:
    empty = replace(made.verdict, nodes=(), trace=(), effects=())
    assert ET.fromstring(draw_tree(empty).svg).tag == f"{SVG}svg"
    assert draw_effects(empty) == []


def test_names_in_any_script_and_with_dollar_signs_are_drawn_as_they_are(blot: BlotResult, made: Result) -> None:
    named = course(replace(blot, target="$c_1$ 蛋白"), made)
    assert "$c_1$ 蛋白 / vehicle" in texts(named.svg)


def test_in_the_page_a_figure_follows_the_theme_and_keeps_its_ids_to_itself(blot: BlotResult, made: Result) -> None:
    drawing = course(blot, made)
    inline = drawing.inline()
    assert inline.startswith('<svg role="img" aria-label="')
    assert "http" not in inline
    assert "var(--ink)" in inline
    assert not any(grey in inline for grey in ROLES)
    ids = re.findall(r'id="([^"]+)"', inline)
    assert ids
    assert all(name.startswith("blot-course-") for name in ids)
    referred = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', inline))
    assert referred == set(ids)
