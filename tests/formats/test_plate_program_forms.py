"""Forms that one program alone has: names of plates, masked wells, parts of plates, times, modes of several reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from avpi.errors import FileFormatError
from avpi.formats.clock_times import seconds_of
from avpi.formats.plate_file import read_plate_file, reading_to_json
from avpi.readings import PlateReading
from tests.formats import program_exports as programs
from tests.formats.gen5_softmax_exports import gen5_header


def value(row: int, column: int) -> str:
    return str(100 * (row + 1) + column + 1)


def read_lines(folder: Path, rows: programs.Rows, *, delimiter: str = "\t", name: str = "export.txt") -> PlateReading:
    (folder / name).write_text(programs.joined(rows, delimiter), encoding="utf-8")
    return read_plate_file(folder / name, name)


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [
        ("0:05:00", "", 300),
        ("0:00.210", "", 0.21),
        ("0:30", "", 30),
        ("24:07:33", "", 86853),
        ("1 day, 0:07:33", "", 86853),
        ("1899-12-31T00:07:33", "", 86853),
        ("62 min 42 s", "", 3762),
        ("0 h 60 min", "", 3600),
        ("12.8", "s", 12.8),
        ("1,5", "min", 90),
        ("12.8", "", None),
        ("soon", "s", None),
        ("", "s", None),
    ],
)
def test_times_are_read_as_programs_write_them(text: str, unit: str, seconds: float | None) -> None:
    assert seconds_of(text, unit) == (None if seconds is None else pytest.approx(seconds))


def test_gen5_modes_follow_from_the_procedure_of_each_read(tmp_path: Path) -> None:
    header = [row for row in gen5_header((2, 3), step="od") if "Luminescence" not in "".join(map(str, row))]
    at = next(i for i, row in enumerate(header) if row[0] == "    Read")
    steps = [["", "Absorbance Endpoint"], ["", "Wavelengths:  600"], ["Read", "glow"], ["", "Luminescence Endpoint"]]
    grid = [["", 1, 2, 3], ["A", 1, 2, 3, "od:600"], ["", 4, 5, 6, "glow:Lum"], ["", 7, 8, 9, "Ratio"]]
    rows = [*header[: at + 1], *steps, *header[at + 1 :], ["Results"], *grid, [""]]
    reads = read_lines(tmp_path, rows).plates[0].reads
    assert [(r.name, r.kind, r.mode) for r in reads] == [
        ("od:600", "measured", "absorbance"),
        ("glow:Lum", "measured", "luminescence"),
        ("Ratio", "calculated", "unknown"),
    ]


def test_an_alpha_read_of_gen5_is_measured_and_no_luminescence(tmp_path: Path) -> None:
    header = [
        ["Alpha Endpoint" if c == "Luminescence Endpoint" else c for c in r] for r in gen5_header((2, 3), step="")
    ]
    grid = [["", 1, 2, 3], ["A", 1, 2, 3, "Alpha"], ["", 1, 2, 3, "[C]"], ["B", 4, 5, 6, "Alpha"], ["", 4, 5, 6, "[C]"]]
    reading = read_lines(tmp_path, [*header, ["Results"], *grid, [""]])
    assert [(r.name, r.kind, r.mode) for r in reading.plates[0].reads] == [
        ("Alpha", "measured", "fluorescence"),
        ("[C]", "calculated", "fluorescence"),
    ]
    assert "not_luminescence" in {caveat.code for caveat in reading.caveats}


def test_a_masked_well_of_gen5_is_named_and_has_no_value(tmp_path: Path) -> None:
    def masked(row: int, column: int) -> str:
        return "*103*" if (row, column) == (0, 2) else "MISSED" if (row, column) == (1, 0) else value(row, column)

    reading = read_lines(tmp_path, programs.gen5((2, 3), [("Lum", masked)]))
    assert sorted(reading.plates[0].reads[0].wells()) == ["A01", "A02", "B02", "B03"]
    assert "A03" in next(caveat.text for caveat in reading.caveats if caveat.code == "masked_wells")


def test_a_calculated_line_with_words_is_left_out_and_named(tmp_path: Path) -> None:
    lines: list[tuple[str, programs.Cell]] = [("Lum", value), ("t at Max V [Lum]", lambda _r, _c: "0:02:00")]
    reading = read_lines(tmp_path, programs.gen5((2, 3), lines))
    assert [read.name for read in reading.plates[0].reads] == ["Lum"]
    assert "t at Max V" in next(c.text for c in reading.caveats if c.code == "calculated_left_out")


def test_a_gen5_line_without_a_letter_above_it_is_refused(tmp_path: Path) -> None:
    rows = [row for row in programs.gen5((2, 3), [("Lum", value), ("Norm", value)]) if row[:2] != ["B", "201"]]
    with pytest.raises(FileFormatError, match="'Norm' stands twice in one row"):
        read_lines(tmp_path, rows)


@pytest.mark.parametrize("blank_rows", [0, 2])
def test_a_part_of_a_softmax_plate_begins_where_its_header_says(tmp_path: Path, blank_rows: int) -> None:
    block = list(programs.softmax_plate((8, 12), [value], part=(3, 4)))
    blank = [[""] * 14] * blank_rows
    reading = read_lines(tmp_path, programs.softmax_file([*block[:2], *blank, *block[2:6], *blank, *block[6:]]))
    wells = reading.plates[0].reads[0].wells()
    assert (min(wells), max(wells), wells["C01"]) == ("C01", "F12", 301.0)


def test_wavelengths_of_a_softmax_time_format_need_the_line_between_them(tmp_path: Path) -> None:
    header, names, values, *rest = programs.softmax_time((2, 3), value)
    two = [*header[:14], 2, "450 620 ", *header[16:]]
    reading = read_lines(tmp_path, programs.softmax_file([two, names, values, [""], values, *rest]))
    assert [read.name for read in reading.plates[0].reads if read.kind == "measured"] == ["Lum 450", "Lum 620"]
    with pytest.raises(FileFormatError, match="has 2 wavelengths, but 1 parts of values"):
        read_lines(tmp_path, programs.softmax_file([two, names, values, values, *rest]))


def test_a_reduced_softmax_matrix_that_says_something_else_is_calculated(tmp_path: Path) -> None:
    block = [list(row) for row in programs.softmax_time((2, 3), value)]
    block[5][2] = "9.5"
    reads = read_lines(tmp_path, programs.softmax_file(block)).plates[0].reads
    assert [(read.name, read.kind, read.wells()["A01"]) for read in reads] == [
        ("Lum", "measured", 101.0),
        ("Reduced", "calculated", 9.5),
    ]


def test_skanit_plates_keep_the_names_that_people_gave_them(tmp_path: Path) -> None:
    rows = programs.skanit((2, 3), value, plates=("Blank plate", "Sample Plate"))
    reading = read_lines(tmp_path, rows)
    assert [(plate.name, plate.reads[0].name) for plate in reading.plates] == [
        ("Blank plate", "Luminescence 1"),
        ("Sample Plate", "Luminescence 1"),
    ]


def test_rows_after_z_of_bmg_are_small_letters_whatever_else_was_read(tmp_path: Path) -> None:
    rows = [*programs.bmg_header(), ["Raw Data (No filter)"], [""], ["", *range(1, 13)], ["e", *range(12)]]
    reading = read_lines(tmp_path, rows)
    assert reading.plates[0].reads[0].wells()["AE12"] == 11.0
    assert reading.plates[0].reads[0].values.shape == (32, 48)


def test_a_capital_and_a_small_letter_of_a_small_plate_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="row 'e' stands after capital letters"):
        read_lines(tmp_path, [["", 1, 2], ["A", 1, 2], ["e", 3, 4]])


def test_the_mean_of_several_places_in_a_well_is_its_value(tmp_path: Path) -> None:
    def block(well: str, at: int) -> programs.Rows:
        cycles: list[list[object]] = [["Cycles / Well"], [well, 1, 2], ["Time [s]", 0, 60], ["Temp. [°C]", 37, 37]]
        return [*cycles, ["Mean", at, at + 1], ["StDev", 0.1, 0.1], ["0;1", 7, 8], ["1;0", 9, 9], [""]]

    head: programs.Rows = [["Label: CTG"], ["Kinetic Measurement"], ["Mode", "", "", "", "Luminescence"], [""]]
    rows = [*programs.tecan_header(), *head, *block("A1", 100), *block("A2", 200)]
    reading = read_lines(tmp_path, rows)
    assert [(read.time_s, read.wells()) for read in reading.plates[0].reads] == [
        (0.0, {"A01": 100.0, "A02": 200.0}),
        (60.0, {"A01": 101.0, "A02": 201.0}),
    ]
    assert "mean_of_places" in {caveat.code for caveat in reading.caveats}
    with pytest.raises(FileFormatError, match="the block of well 'A1' has no mean"):
        read_lines(tmp_path, [row for row in rows if row[0] != "Mean"])


def test_tables_of_a_tecan_csv_follow_their_settings_in_order(tmp_path: Path) -> None:
    modes: programs.Rows = [
        ["Mode", "", "", "", "Absorbance"],
        ["Wavelength", "", "", "", 600, "nm"],
        ["Mode", "", "", "", "Luminescence"],
    ]
    wells = ["Cycle Nr.", "Time [s]", "Temp. [°C]", "A1", "A2"]
    tables: programs.Rows = [
        ["OD600:600"],
        wells,
        [1, 0, 37, 0.1, "OVER"],
        [""],
        ["LUMI:Lum"],
        wells,
        [1, 12.8, 37, 5, 6],
        [""],
    ]
    reads = read_lines(tmp_path, [*programs.tecan_header(), *modes, *tables]).plates[0].reads
    assert [(r.name, r.mode, r.time_s, len(r.wells())) for r in reads] == [
        ("OD600:600", "absorbance", 0.0, 1),
        ("LUMI:Lum", "luminescence", 12.8, 2),
    ]


def test_a_german_tecan_export_is_read(tmp_path: Path) -> None:
    rows: programs.Rows = [
        ["Programm: Tecan i-control", "", "", "", "Tecan i-control , 1.12.4.0"],
        ["Platte", "", "", "", "Greiner 96"],
        ["Label: Label1"],
        ["Modus", "", "", "", "Lumineszenz"],
        ["<>", 1, 2],
        ["A", "1,5", "2,5"],
    ]
    read = read_lines(tmp_path, rows).plates[0].reads[0]
    assert (read.mode, read.wells()) == ("luminescence", {"A01": 1.5, "A02": 2.5})


@pytest.mark.parametrize(
    ("name", "details", "mode"),
    [
        ("ATP", ["Distance between Plate and Detector [mm]"], "luminescence"),
        ("ATP", ["Distance between Plate and Detector [mm]", "Excitation Time [ms]"], "fluorescence"),
        ("Alpha 1", [], "fluorescence"),
    ],
)
def test_kaleido_says_what_an_operation_of_ones_own_name_measured(
    tmp_path: Path, name: str, details: list[str], mode: str
) -> None:
    rows = [[str(c).replace("Luminescence 1", name) for c in row] for row in programs.kaleido((2, 3), value)]
    at = next(i for i, row in enumerate(rows) if row[0] == "Operation")
    rows[at + 1 : at + 1] = [[detail, "", "", "0.1"] for detail in details]
    read = read_lines(tmp_path, rows, delimiter=",").plates[0].reads[0]
    assert (read.name, read.kind, read.mode) == (name, "measured", mode)


def test_a_kaleido_result_that_no_operation_measured_is_calculated(tmp_path: Path) -> None:
    rows = programs.kaleido((2, 3), value)
    at = next(i for i, row in enumerate(rows) if row[0] == "Measurement Information")
    rows = [*rows[:at], ["Result for Ratio 1"], *programs.grid_rows((2, 3), value), [""], *rows[at:]]
    assert [read.kind for read in read_lines(tmp_path, rows, delimiter=",").plates[0].reads] == [
        "measured",
        "calculated",
    ]


def test_electrochemiluminescence_is_named_even_where_its_plate_cannot_be_read(tmp_path: Path) -> None:
    rows = [["?", *row[1:]] if row[0] in ("A", "B") else row for row in programs.methodical_mind((2, 3), value)]
    with pytest.raises(FileFormatError, match="electrochemiluminescence, which is no luminescence"):
        read_lines(tmp_path, rows)


def test_settings_barcode_and_time_are_printed(tmp_path: Path) -> None:
    said = reading_to_json(read_lines(tmp_path, programs.icontrol((8, 12), value)))
    plate = said["plates"][0]
    assert (plate["barcode"], plate["measured_at"]) == ("Plate 16", "2/3/2024 10:16:00 AM")
    assert said["settings"]["Label1: Integration Time"] == "200 ms"


def test_both_views_of_a_bmg_table_name_their_times_with_units(tmp_path: Path) -> None:
    rows = [list(row) for row in programs.bmg_table((2, 3), [value])]
    at = next(i for i, row in enumerate(rows) if row[0] == "Well")
    rows[at + 1][2] = "17"
    with pytest.raises(FileFormatError, match="'17' is no time with a unit"):
        read_lines(tmp_path, rows, delimiter=";")


@pytest.mark.parametrize("step", ["LUM", ""])
def test_a_list_of_gen5_has_its_wells_beside_the_ids_of_samples(tmp_path: Path, step: str) -> None:
    label = "LUM:Lum" if step else "Lum"
    wells = [(row, column) for column in range(3) for row in range(2)]
    lines = [
        [f"SPL{c + 1}", "", f"{'AB'[r]}{c + 1}", 10 * c, value(r, c), *([2, 150.0, 1.5, 1.0] if r == 0 else [""] * 4)]
        for r, c in wells
    ]
    header = ["Well ID", "Name", "Well", "Conc/Dil", label, "Count", "Mean", "Std Dev", "CV (%)"]
    rows = [*gen5_header((2, 3), step=step), ["Results"], [""], header, *lines, [""]]
    plate = read_lines(tmp_path, rows).plates[0]
    assert plate.name == "Plate 1"
    assert [(r.name, r.kind, r.mode, r.unit) for r in plate.reads] == [(label, "measured", "luminescence", "RLU")]
    assert plate.reads[0].wells() == {f"{'AB'[r]}{c + 1:02d}": float(value(r, c)) for r, c in wells}


@pytest.mark.parametrize(
    ("barcodes", "names"),
    [
        (("", ""), ["export 1", "export 2"]),
        (("BC7", "BC8"), ["BC7", "BC8"]),
        (("BC7", "BC7"), ["BC7 1", "BC7 2"]),
    ],
)
def test_exports_of_tecan_below_each_other_are_plates_and_not_reads_of_one(
    tmp_path: Path, barcodes: tuple[str, str], names: list[str]
) -> None:
    first, second = (
        [[barcode if cell == "Plate 16" else cell for cell in row] for row in programs.icontrol((8, 12), cell)]
        for barcode, cell in zip(barcodes, (value, lambda r, c: str(int(value(r, c)) + 5000)), strict=True)
    )
    plates = read_lines(tmp_path, [*first, [""], *second]).plates
    assert [(plate.name, len(plate.reads)) for plate in plates] == [(name, 1) for name in names]
    assert [plate.reads[0].wells()["B02"] for plate in plates] == [202.0, 5202.0]


def test_an_endpoint_of_softmax_is_not_named_after_its_time(tmp_path: Path) -> None:
    rows = [list(row) for row in programs.softmax_time((8, 12), value)]
    rows[2][0] = "00:00:05"
    assert [r.name for r in read_lines(tmp_path, programs.softmax_file(rows)).plates[0].reads] == ["Lum"]


@pytest.mark.parametrize(
    ("rows", "delimiter"),
    [
        (programs.icontrol((8, 12), value), "\t"),
        (programs.bmg((8, 12), value), ","),
        (programs.kaleido((8, 12), value), ","),
        (programs.envision((8, 12), value), ","),
        (programs.gen5((8, 12), [("LUM:Lum", value)]), "\t"),
    ],
)
def test_a_program_s_plate_with_a_line_between_its_rows_is_refused(
    tmp_path: Path, rows: programs.Rows, delimiter: str
) -> None:
    at = next(i for i, row in enumerate(rows) if "501" in map(str, row))
    with pytest.raises(FileFormatError, match=r"stands between rows of one plate: row 'E' comes below it"):
        read_lines(tmp_path, [*rows[:at], ["a note"], *rows[at:]], delimiter=delimiter)


def test_a_list_with_an_empty_line_between_its_wells_is_refused(tmp_path: Path) -> None:
    rows = list(programs.spark_list((8, 12), value))
    at = next(i for i, row in enumerate(rows) if row and row[0] in ("D7", "D07"))
    with pytest.raises(FileFormatError, match=r"stands between rows of one list: well 'D0?7' comes below it"):
        read_lines(tmp_path, [*rows[:at], [""], *rows[at:]])


def test_a_table_of_bmg_with_a_row_that_names_no_well_is_refused(tmp_path: Path) -> None:
    rows = [list(row) for row in programs.bmg_table((8, 12), [value])]
    at = next(i for i, row in enumerate(rows) if row and row[0] in ("D7", "D07"))
    rows[at][0] = ""
    with pytest.raises(FileFormatError, match="is no well, and wells stand below it"):
        read_lines(tmp_path, rows, delimiter=",")
