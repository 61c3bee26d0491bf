"""EnVision exports in every layout that the program can write: each value in its well, or a refusal."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from avpi.errors import FileFormatError
from avpi.formats.plate_file import read_plate_file, reading_to_json
from avpi.formats.workstation_optics import optics_mode
from tests.formats.plate_texts import grid_text, read_text, value_of

HEADER = "Plate,Repeat,Barcode,Label,Measinfo,Kinetics,Measurement date,"
US_LUM = "De=USLum Ex=N/A Em=N/A Wdw=N/A (12)"
FOOTER = "\nExported with EnVision Workstation version 1.13.3009.1401\n"


def plate_section(barcode: str, *, number: int = 1, repeat: int = 1, label: str = "L(1)", optics: str = US_LUM) -> str:
    return f"Plate information \n{HEADER}\n{number},{repeat},{barcode},{label},{optics},0,1/2/2024 1:00:00 PM,\n\n"


def results(title: str = "Results for L(1) - channel 0 (CPS)") -> str:
    return f"{title}\n{grid_text()}\n"


def refusal_of(folder: Path, text: str) -> str:
    with pytest.raises(FileFormatError) as caught:
        read_text(folder, text + FOOTER)
    return str(caught.value)


@pytest.mark.parametrize("first", ["plate", "results"])
def test_plate_information_is_found_before_or_after_its_results(tmp_path: Path, first: str) -> None:
    one, two = plate_section("BC1"), plate_section("BC2", number=2)
    text = one + results() + two + results() if first == "plate" else results() + one + results() + two
    reading = read_text(tmp_path, text + FOOTER)
    assert [(plate.name, plate.barcode, len(plate.reads)) for plate in reading.plates] == [
        ("BC1", "BC1", 1),
        ("BC2", "BC2", 1),
    ]
    assert reading.plates[0].measured_at == "1/2/2024 1:00:00 PM"


def test_one_plate_section_may_be_followed_by_several_results(tmp_path: Path) -> None:
    calculated = results("Calculated results: Calc 1: Crosstalk where Label : L(1)")
    reading = read_text(tmp_path, plate_section("BC1") + results() + calculated + FOOTER)
    assert [read.kind for read in reading.plates[0].reads] == ["measured", "calculated"]
    assert [read.unit for read in reading.plates[0].reads] == ["CPS", ""]


def test_results_that_name_the_other_plate_section_are_refused(tmp_path: Path) -> None:
    one, two = plate_section("BC1", label="first(1)"), plate_section("BC2", number=2, label="second(1)")
    text = one + results("Results for second(1) (CPS)") + two + results("Results for second(1) (CPS)")
    assert "to which plate section this matrix belongs" in refusal_of(tmp_path, text)


def test_a_plate_without_results_and_results_after_the_last_plate_are_refused(tmp_path: Path) -> None:
    two = plate_section("BC1") + plate_section("BC2", number=2)
    assert "the plate described here has no results" in refusal_of(tmp_path, two + results())
    assert "to which plate section" in refusal_of(tmp_path, results() + plate_section("BC1") + results())
    assert "without results" in refusal_of(tmp_path, "Protocol information\n")


def test_a_plate_map_is_not_read_as_results(tmp_path: Path) -> None:
    text = plate_section("BC1") + results() + "Platemap:\nPlate,,,,1\n\n" + grid_text(cell=lambda _r, _c: 1)
    reading = read_text(tmp_path, text + FOOTER)
    assert [len(plate.reads) for plate in reading.plates] == [1]
    assert reading.plates[0].reads[0].wells()["B03"] == value_of(1, 2)


def test_a_barcode_that_excel_quotes_is_read_plainly(tmp_path: Path) -> None:
    reading = read_text(tmp_path, plate_section('"=""00123"""') + results() + FOOTER)
    assert reading.plates[0].name == "00123"
    assert read_text(tmp_path, plate_section('"="""""') + results() + FOOTER).plates[0].name == "1"


def test_a_second_reading_of_a_plate_has_its_own_name(tmp_path: Path) -> None:
    text = plate_section("BC1") + results() + plate_section("BC1", repeat=2) + results()
    names = [read.name for read in read_text(tmp_path, text + FOOTER).plates[0].reads]
    assert names == ["Results for L(1) - channel 0 (CPS)", "Results for L(1) - channel 0 (CPS) (repeat 2)"]


def test_one_barcode_on_two_plates_does_not_merge_them(tmp_path: Path) -> None:
    text = plate_section("BC1") + results() + plate_section("BC1", number=2) + results()
    names = [plate.name for plate in read_text(tmp_path, text + FOOTER).plates]
    assert names == ["BC1 (plate 1)", "BC1 (plate 2)"]


def test_a_saturated_well_of_an_export_is_flagged(tmp_path: Path) -> None:
    text = plate_section("BC1") + results().replace("10203", "OVER") + FOOTER
    json = reading_to_json(read_text(tmp_path, text))["plates"][0]["reads"][0]
    assert json["overflow"] == ["B03"]
    assert len(json["wells"]) == 95


def test_an_export_padded_with_empty_cells_is_read_if_it_has_labels(tmp_path: Path) -> None:
    text = plate_section("BC1") + results() + FOOTER
    padded = "\n".join(line + "," * (14 - line.count(",")) for line in text.splitlines())
    assert len(read_text(tmp_path, padded).plates[0].reads[0].wells()) == 96


def test_an_export_without_labels_that_lost_its_empty_lines_is_refused(tmp_path: Path) -> None:
    rows = "\n".join(",".join(["7"] * 12) + "," for _ in range(8))
    whole = plate_section("BC1") + rows + "\n" + FOOTER
    assert len(read_text(tmp_path, whole).plates[0].reads[0].wells()) == 96
    padded = "\n".join(line or "," * 12 for line in whole.splitlines())
    assert "a matrix without row letters has" in refusal_of(tmp_path, padded)


def test_an_export_saved_as_a_workbook_is_read_by_its_labels(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (plate_section("BC1") + results() + FOOTER).splitlines():
        sheet.append([float(t) if t.replace(".", "").isdigit() else t or None for t in line.split(",")])
    book.save(tmp_path / "plate.xlsx")
    reading = read_plate_file(tmp_path / "plate.xlsx", "plate.xlsx")
    assert reading.plates[0].reads[0].wells()["H12"] == value_of(7, 11)


@pytest.mark.parametrize(
    ("optics", "mode"),
    [
        (US_LUM, "luminescence"),
        ("De=1st Ex=N/A Em=Top Wdw=N/A", "luminescence"),
        ("De=1st Ex=Top Em=Top Wdw=1 (14)", "fluorescence"),
        ("De=Abs Ex=N/A Em=450 nm Wdw=N/A", "absorbance"),
        ("De=Alpha Ex=N/A Em=Top Wdw=N/A", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_mode_follows_from_the_optics(optics: str, mode: str) -> None:
    assert optics_mode(optics) == mode


def test_a_matrix_outside_the_plate_type_is_refused(tmp_path: Path) -> None:
    text = plate_section("BC1") + results() + "Plate type:\nNumber of rows,,,,4\nNumber of columns,,,,6\n"
    assert "reaches well 'H12', but the plate has 4 rows and 6 columns" in refusal_of(tmp_path, text)


FIRST_DETECTOR = "De=1st Ex=N/A Em=Top Wdw=N/A (14)"


@pytest.mark.parametrize(
    ("protocol", "mode"),
    [
        ("\nLabels:\nL,,,,8000005\nExcitation time,,,,0.18 s\nEmission time,,,,0.37 s\n", "fluorescence"),
        ("\nLabels:\nother,,,,8\nExcitation time,,,,0.18 s\n\nL,,,,7\nMeasurement time,,,,0.1 s\n", "luminescence"),
        ("\nBasic assay information\nProtocol Name: ,,,,AlphaLISA 384\n", "fluorescence"),
        ("\nBasic assay information\nProtocol Name: ,,,,viability 384\n", "luminescence"),
    ],
)
def test_an_alpha_label_is_no_luminescence_though_its_optics_look_so(tmp_path: Path, protocol: str, mode: str) -> None:
    text = plate_section("BC1", optics=FIRST_DETECTOR) + results() + protocol + FOOTER
    assert [read.mode for read in read_text(tmp_path, text).plates[0].reads] == [mode]


def test_plate_information_without_its_title_is_known_by_its_columns(tmp_path: Path) -> None:
    one = plate_section("BC1") + results()
    two = (plate_section("BC2", number=2) + results()).removeprefix("Plate information \n")
    reading = read_text(tmp_path, one + two + FOOTER)
    assert [(plate.name, len(plate.reads)) for plate in reading.plates] == [("BC1", 1), ("BC2", 1)]


@pytest.mark.parametrize(
    ("label", "settings"),
    [
        ("L(1)", "Plate type\nNumber of rows,,,,16\nNumber of columns,,,,24\n"),
        ("US LUM 384(1)", ""),
        ("L(1)", "Protocol Name,,,,CTG_LUM 384 black\n"),
    ],
)
def test_a_part_without_labels_is_no_smaller_plate(tmp_path: Path, label: str, settings: str) -> None:
    matrix = "".join(",".join(str(value_of(r, c)) for c in range(12)) + ",\n" for r in range(8))
    said = refusal_of(tmp_path, f"{plate_section('BC1', label=label)}\n{matrix}\n{settings}")
    assert "a matrix without row letters has 8 rows of 12 cells, and the plate 16 of 24" in said
    whole = read_text(tmp_path, f"{plate_section('BC1', label='US LUM 96(1)')}\n{matrix}{FOOTER}")
    assert whole.plates[0].reads[0].wells()["H12"] == value_of(7, 11)
