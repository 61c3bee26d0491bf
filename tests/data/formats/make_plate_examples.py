"""Writes the small plate and layout examples beside it; run it from anywhere, it always writes the same.

Every measured value says which well it is of: 10000 + 100 x row + column (row 1 is A), so that B03 holds 10203.
A calculated value is one half more. A reader that moves a well cannot pass. Nothing here is copied from an
instrument: the sections and titles are those that the programs write, the numbers and names are made up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

import openpyxl

FOLDER = Path(__file__).resolve().parent
LETTERS = [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "AA", "AB", "AC", "AD", "AE", "AF"]
Value = Callable[[int, int], str]

PLATE_HEADER = "Plate,Repeat,Barcode,Measured height,Group,Label,ScanX,ScanY,Measinfo,Kinetics,Measurement date,"
FORMULA_HEADER = "Plate,Repeat,Barcode,Measured height,Formula,Measurement date,"
LUMINESCENCE = "De=USLum Ex=N/A Em=N/A Wdw=N/A (12)"
ABSORBANCE = "De=Abs Ex=N/A Em=450 nm Wdw=N/A"


def measured(row: int, column: int) -> str:
    return str(10000 + 100 * (row + 1) + column + 1)


def calculated(row: int, column: int) -> str:
    return f"{measured(row, column)}.5"


def rows_of(
    shape: tuple[int, int], value: Value, *, only: Iterable[int] | None = None, unread: Iterable[tuple[int, int]] = ()
) -> list[list[str]]:
    wells, empty = list(only) if only is not None else list(range(shape[0])), set(unread)
    return [[("" if (r, c) in empty else value(r, c)) for c in range(shape[1])] for r in wells]


def labelled(
    shape: tuple[int, int], value: Value, *, only: Iterable[int] | None = None, unread: Iterable[tuple[int, int]] = ()
) -> list[str]:
    letters = [LETTERS[r] for r in (only if only is not None else range(shape[0]))]
    header = "," + ",".join(f"{c + 1:02d}" for c in range(shape[1])) + ","
    values = rows_of(shape, value, only=only, unread=unread)
    return [header, *(f"{letter},{','.join(cells)}," for letter, cells in zip(letters, values, strict=True))]


def plate_section(barcode: str, label: str, optics: str = LUMINESCENCE, number: int = 1) -> list[str]:
    quoted = f'"=""{barcode}"""' if barcode else ""
    record = f"{number},1,{quoted},14.67,1,{label}(1),0,0,{optics},0,2/3/2024 10:15:00 AM,"
    return ["Plate information ", PLATE_HEADER, record, ""]


def formula_section(barcode: str, formula: str, number: int = 1) -> list[str]:
    quoted = f'"=""{barcode}"""' if barcode else ""
    return ["Plate information ", FORMULA_HEADER, f"{number},1,{quoted},N/A,{formula},2/3/2024 10:15:00 AM,", ""]


def background(label: str, optics: str = LUMINESCENCE, number: int = 1) -> list[str]:
    header = "Plate,Label,Result,Signal,Flashes/Time,Meastime,MeasInfo,"
    return ["Background information", header, f"{number},{label},0,4,0.1,00:00:00.000,{optics},", ""]


def ending(shape: tuple[int, int], protocol: str) -> list[str]:
    plate_map = labelled(shape, lambda _r, _c: "- ")
    return [
        *(
            "",
            "",
            "Basic assay information ",
            "Assay ID: ,,,,17",
            f"Protocol Name: ,,,,{protocol}",
            'Serial#: ,,,,="1234"',
            "",
        ),
        *(
            "Protocol information",
            "Protocol:",
            f"Protocol name,,,,{protocol}",
            "Protocol notes,,,, ",
            "",
            "Plate type:",
        ),
        *(f"Number of rows,,,,{shape[0]}", f"Number of columns,,,,{shape[1]}", "", "Platemap:", "Plate,,,,1", ""),
        *(*plate_map, "", " - - Undefined", "", "", "Exported with EnVision Workstation version 1.14.0000.0000"),
    ]


def european(lines: list[str]) -> list[str]:
    """The same export from a computer with ';' between cells and a decimal comma."""
    return [line.replace(",", ";").replace(".5;", ",5;").replace("0.1;", "0,1;") for line in lines]


def envision_examples() -> dict[str, list[str]]:
    label, formula = "US LUM 384", "Calc 1: Crosstalk = Crosstalk correction where Label : US LUM 384(1) channel 1"
    title, unread = f"Results for {label}(1) - channel 0 (CPS)", [(r, c) for r in range(16) for c in (0, 23)]
    quarter = [0, 4, 8, 12]
    four_rows: list[str] = []
    for number, barcode in ((1, "BC-1"), (2, "BC-2")):
        four_rows += formula_section(barcode, formula, number) + background(label, number=number)
        four_rows += [f"Calculated results: {formula}", *labelled((16, 24), calculated, only=quarter), ""]
        four_rows += plate_section(barcode, label, number=number) + background(label, number=number)
        four_rows += [title, *labelled((16, 24), measured, only=quarter), ""]
    bare = [",".join(cells) + "," for cells in rows_of((16, 24), measured, unread=unread)]
    small = "LUM 96"
    after: list[str] = []
    for number, barcode in ((1, "first"), (2, "second")):
        after += [f"Results for {small}(1) - channel 0 (CPS)", *labelled((8, 12), measured), ""]
        after += plate_section(barcode, small, number=number)
        after += [f"Calculated results: Calc 1: Half = X where Label : {small}(1)", *labelled((8, 12), calculated), ""]
        after += formula_section(barcode, f"Calc 1: Half = X where Label : {small}(1)", number)
    return {
        "rows_a_e_i_m_two_plates.csv": [*four_rows, *ending((16, 24), "LUM test")],
        "without_labels_384.csv": [*plate_section("Q17", "US LUM 384"), *bare, *ending((16, 24), "CTG_LUM 384")],
        "results_first_semicolon.csv": european([*after, *ending((8, 12), "LUM 96")]),
        "absorbance_96.csv": [
            *plate_section("", "A450", ABSORBANCE),
            "Results for A450(1) - channel 1 (A)",
            *labelled((8, 12), calculated),
            *ending((8, 12), "ELISA"),
        ],
        "wells_1536.csv": [
            *plate_section("big", "US LUM 1536"),
            "Results for US LUM 1536(1) (CPS)",
            *labelled((32, 48), measured),
        ],
        "refused_rows_missing_without_labels.csv": [
            *plate_section("Q18", label),
            *bare[4:9],
            *ending((16, 24), "CTG_LUM"),
        ],
    }


def grid_examples() -> dict[str, list[str]]:
    unread = [(r, c) for r in range(8) for c in range(12) if r in (0, 7) or c in (0, 11)]
    odd = labelled((8, 12), measured, unread=[(2, 3)])
    odd[4] = odd[4].replace("10405", "OVRFLW").replace("10406", "n/a")
    comma = [";" + ";".join(str(c + 1) for c in range(12))]
    comma += [f"{LETTERS[r]};" + ";".join(f"{measured(r, c)},25" for c in range(12)) for r in range(8)]
    inner = ["<>\t" + "\t".join(str(c + 1) for c in range(1, 11))]
    inner += [f"{LETTERS[r]}\t" + "\t".join(measured(r, c) for c in range(1, 11)) for r in range(1, 7)]
    return {
        "title_and_odd_cells.csv": ["CellTiter-Glo luminescence (RLU), 24 h", "", *odd],
        "two_plates.csv": [
            "Plate 1,RLU",
            *labelled((8, 12), measured),
            "",
            "Plate 2,RLU",
            *labelled((8, 12), measured, unread=unread),
        ],
        "semicolon_decimal_comma.csv": comma,
        "inner_wells.tsv": inner,
        "bare_matrix_24.csv": [",".join(cells) for cells in rows_of((4, 6), measured)],
        "refused_row_without_letter.csv": [
            *labelled((8, 12), measured)[:4],
            "," + ",".join(["1.5"] * 12),
            *labelled((8, 12), measured)[4:],
        ],
        "refused_row_twice.csv": [*labelled((8, 12), measured), labelled((8, 12), measured)[3]],
        "refused_thousands_or_decimals.tsv": ["\t1\t2\t3", "A\t1,000\t2,000\t3,000", "B\t4,000\t5,000\t6,000"],
    }


def list_examples() -> dict[str, list[str]]:
    wells = [(r, c) for r in range(8) for c in range(12)]
    plain = [f"{LETTERS[r]}{c + 1},{measured(r, c)},DMSO" for r, c in wells]
    split = [f"P{p}\t{LETTERS[r]}\t{c + 1}\t{measured(r, c)}" for p in (1, 2) for r, c in wells[:30]]
    return {
        "well_value_condition.csv": ["Well,Luminescence (RLU),Condition", *plain],
        "row_column_plate.tsv": ["Plate\tRow\tColumn\tSignal", *split],
        "refused_well_twice.csv": ["well,value", "A1,10101", "A2,10102", "A01,10101"],
        "refused_well_outside.csv": ["well,value", "A1,10101", "AG1,13301"],
    }


def layout_examples() -> dict[str, list[str]]:
    words = ["DMSO", "SM", "SM+TNF", "SM+zVAD", "SM+zVAD+Nec-1", "kill"]
    table = [
        f"{LETTERS[r]}{c + 2:02d},{words[r]},{0 if r in (0, 5) else 100},rep{c % 3 + 1}"
        for r in range(6)
        for c in range(3)
    ]
    grid = ["," + ",".join(str(c + 1) for c in range(12))]
    grid += [f"{LETTERS[r]}," + ",".join(words[r] if 0 < c < 11 else "" for c in range(12)) for r in range(6)]
    whole = [",".join(words[min(r, 5)] for _ in range(12)) for r in range(8)]
    toml = [
        *(
            "[expt]",
            'cell_line = "HT1080"',
            "",
            "[block.3x2.B2]",
            'condition = "SM"',
            "sm_nM = 100",
            "",
            "[block.3x1.D2]",
        ),
        *('condition = "SM+TNF"', "sm_nM = 100", "tnf_ng_mL = 2.5", "", "[well.H12]", 'condition = "DMSO"'),
    ]
    return {
        "table.csv": ["well,condition,dose_nM,experiment", *table],
        "grid.csv": grid,
        "whole_plate_without_labels.csv": whole,
        "five_conditions.toml": toml,
    }


def write_workbooks() -> None:
    book = openpyxl.Workbook()
    book.properties.created = book.properties.modified = dt.datetime(2024, 1, 1)
    sheet = book.active
    assert sheet is not None
    sheet.title = "Luminescence"
    sheet["B2"] = "Plate 7"
    for column in range(12):
        sheet.cell(4, 4 + column, column + 1)
    for row in range(8):
        sheet.cell(5 + row, 3, LETTERS[row])
        for column in range(12):
            sheet.cell(5 + row, 4 + column, "OVER" if (row, column) == (7, 11) else int(measured(row, column)))
    book.create_sheet("Notes")["A1"] = "read on Monday"
    book.save(FOLDER / "grid" / "grid_somewhere_in_sheet.xlsx")

    book = openpyxl.Workbook()
    book.properties.created = book.properties.modified = dt.datetime(2024, 1, 1)
    sheet = book.active
    assert sheet is not None
    sheet.title = "compound"
    doses = book.create_sheet("amount")
    for row in range(1, 5):
        for column in range(2, 8):
            sheet.cell(row + 2, column + 2, "birinapant")
            doses.cell(row + 2, column + 2, 100.0 / 2**column)
    book.save(FOLDER / "layout" / "two_sheets_blank_header.xlsx")


def main() -> None:
    folders = {
        "envision": envision_examples(),
        "grid": grid_examples(),
        "list": list_examples(),
        "layout": layout_examples(),
    }
    for folder, files in folders.items():
        (FOLDER / folder).mkdir(exist_ok=True)
        for name, lines in files.items():
            (FOLDER / folder / name).write_bytes("\r\n".join([*lines, ""]).encode("utf-8"))
    utf16 = "\r\n".join(labelled((8, 12), measured)).replace(",", "\t")
    (FOLDER / "grid" / "utf16_tabs.txt").write_bytes(("Luminescence\r\n" + utf16).encode("utf-16"))
    write_workbooks()


if __name__ == "__main__":
    main()
