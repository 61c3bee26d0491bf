"""Writes the small examples of programs' exports beside it; run it from anywhere, it always writes the same.

The grammar of each program stands in tests/formats/program_exports.py; see README.md for the values.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import openpyxl

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[2]))

from tests.formats import program_exports as programs  # noqa: E402

MADE = dt.datetime(2024, 2, 3, 10, 15)


def measured(row: int, column: int) -> str:
    return str(10000 + 100 * (row + 1) + column + 1)


def calculated(row: int, column: int) -> str:
    return f"{measured(row, column)}.5"


def inner(row: int, column: int) -> str:
    return measured(row, column) if 1 <= row <= 6 and 1 <= column <= 10 else ""


def saturated(row: int, column: int) -> str:
    return "OVRFLW" if (row, column) == (0, 0) else "" if row == 7 else measured(row, column)


def text(folder: str, name: str, rows: programs.Rows, *, delimiter: str = ",", encoding: str = "utf-8") -> None:
    path = FOLDER / folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(programs.joined(rows, delimiter).encode(encoding))


def workbook(folder: str, name: str, sheets: dict[str, programs.Rows]) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([_value(cell) for cell in row])
    book.properties.created = book.properties.modified = MADE
    path = FOLDER / folder / name
    path.parent.mkdir(exist_ok=True)
    book.save(path)


def _value(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    try:
        return float(cell)
    except ValueError:
        return cell or None


def main() -> None:
    """Write every example."""
    workbook(
        "tecan",
        "part_of_two_plates.xlsx",
        {"H1": programs.icontrol((8, 12), inner), "H2": programs.icontrol((8, 12), inner)},
    )
    absorbance = programs.icontrol((8, 12), measured, mode="Absorbance")
    text("tecan", "absorbance_96.txt", absorbance, delimiter="\t")
    text("tecan", "list_of_wells.csv", programs.spark_list((16, 24), measured))
    by_rows = programs.icontrol_kinetic((2, 3), [measured, measured], cycles_as_rows=True)
    text("tecan", "kinetic_cycles_as_rows.csv", by_rows)
    columns = programs.icontrol_kinetic((2, 3), [measured, measured], cycles_as_rows=False)
    workbook("tecan", "kinetic_cycles_as_columns.xlsx", {"Sheet2": columns})

    lines = [("LUM:Lum", saturated), ("NormLum", calculated)]
    two = [*programs.gen5((8, 12), lines), *programs.gen5((8, 12), lines, plate="Plate 2")]
    text("gen5", "two_plates_normalised_between.txt", two, delimiter="\t")
    workbook("gen5", "one_column_to_the_right.xlsx", {"Plate 1": programs.gen5((8, 12), lines, offset=1)})
    text("gen5", "kinetic.txt", programs.gen5_kinetic((2, 3), [measured, measured]), delimiter="\t")

    time = programs.softmax_file(*(programs.softmax_time((8, 12), inner, plate=f"c{n}") for n in (1, 2)))
    text("softmax_pro", "time_format_utf16.txt", time, delimiter="\t", encoding="utf-16")
    plate = programs.softmax_file(programs.softmax_plate((8, 12), [measured, measured], waves="460 620"))
    text("softmax_pro", "two_wavelengths.txt", plate, delimiter="\t", encoding="cp1252")
    part = programs.softmax_file(programs.softmax_plate((8, 12), [measured], part=(3, 4)))
    text("softmax_pro", "rows_c_to_f.txt", part, delimiter="\t", encoding="cp1252")
    missing = [row for row in part if row[1:2] != [25]]
    text("softmax_pro", "refused_a_row_is_missing.txt", missing, delimiter="\t", encoding="cp1252")

    text("kaleido", "version_3_0.csv", programs.kaleido((8, 12), measured))
    padded = [
        [*row, *[""] * (14 - len(row))] for row in programs.kaleido((8, 12), measured, version="3.5.1", barcode="BC7")
    ]
    text("kaleido", "version_3_5_padded.csv", padded)

    two_plates = programs.skanit((8, 12), measured, plates=("Plate 1", "Plate 2"))
    about: programs.Rows = [
        ["General information"],
        ["Report generated with SW version", "SkanIt Software 7.0, 7.0.2.5"],
    ]
    workbook("skanit", "two_plates.xlsx", {"Luminescence 1_01": two_plates, "General information": about})

    text("bmg", "rows_after_z.csv", programs.bmg((32, 48), measured), delimiter=",")
    short = programs.bmg((16, 24), lambda r, c: measured(r, c) if c < 20 else "", short=True)
    text("bmg", "lines_end_early.csv", short)
    text("bmg", "table_of_a_kinetic.csv", programs.bmg_table((2, 3), [measured, measured]), delimiter=";")

    marks = frozenset({(1, 1)})
    text("enspire", "luminescence_with_a_saturated_well.csv", programs.enspire((8, 12), measured, saturated=marks))
    text("methodical_mind", "ecl_96.txt", programs.methodical_mind((8, 12), measured), delimiter="\t")
    text("magellan", "column_plate_stops_half_way.txt", programs.magellan((8, 12), measured), delimiter="\t")
    workbook("glomax", "beside_the_margin.xlsx", {"Results": programs.glomax((8, 12), measured)})


if __name__ == "__main__":
    main()
