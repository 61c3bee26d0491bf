"""Exports of Gen5 and SoftMax Pro in their grammar, written from wells; see program_exports.py."""

from __future__ import annotations

from collections.abc import Sequence

from avpi.readings import row_letters
from tests.formats.export_rows import Cell, Rows, Shape, name, wells_of


def gen5_header(shape: Shape, plate: str = "Plate 1", *, step: str = "LUM", kinetic: bool = False) -> Rows:
    """Header and procedure of one plate of Gen5."""
    inside = [["    Read", step], ["", "Luminescence Endpoint"]] if step else [["    Read", "Luminescence Endpoint"]]
    loop = [["Start Kinetic", "Runtime 0:02:00 (HH:MM:SS), Interval 0:01:00, 3 Reads"]] if kinetic else []
    return [
        [""],
        ["Software Version", "3.12.08"],
        [""],
        ["Experiment File Path:", "C:\\Experiments\\x.xpt"],
        ["Protocol File Path:", "C:\\Protocols\\x.prt"],
        [""],
        ["Plate Number", plate],
        ["Date", "2/3/2024"],
        ["Time", "10:15:00 AM"],
        ["Reader Type:", "Synergy H1"],
        ["Reading Type", "Reader"],
        [""],
        ["Procedure Details"],
        [""],
        ["Plate Type", f"{shape[0] * shape[1]} WELL PLATE (Use plate lid)"],
        ["Eject plate on completion", ""],
        *loop,
        *inside,
        ["", "Full Plate"],
        ["", "Integration Time: 0:01.00 (MM:SS.ss)"],
        ["", "    Emission: Full light"],
        ["", "Read Height: 4.5 mm"],
        *([["End Kinetic", ""]] if kinetic else []),
        [""],
    ]


def gen5(shape: Shape, lines: Sequence[tuple[str, Cell]], *, plate: str = "Plate 1", offset: int = 0) -> Rows:
    """One plate of Gen5: a layout, then results with a line for each read; ``offset`` columns in its workbooks."""
    left: list[object] = [""] * offset
    numbers = [*left, "", *range(1, shape[1] + 1)]
    layout = [
        [*left, row_letters(r), *(f"SPL{r * shape[1] + c + 1}" for c in range(shape[1])), "Well ID"]
        for r in range(shape[0])
    ]
    results: list[list[object]] = []
    for r in range(shape[0]):
        for i, (label, cell) in enumerate(lines):
            letter = row_letters(r) if i == 0 else ""
            results.append([*left, letter, *(cell(r, c) for c in range(shape[1])), label])
    return [*gen5_header(shape, plate), ["Layout"], numbers, *layout, [""], ["Results"], numbers, *results, [""]]


def gen5_kinetic(shape: Shape, cells: Sequence[Cell]) -> Rows:
    """A kinetic of Gen5, stopped before its last row."""
    wells = [at for at in wells_of(shape) if any(cell(*at) for cell in cells)]
    table: list[Sequence[object]] = [["Time", "T° Lum", *map(name, wells)]]
    table += [[f"0:{i:02d}:00", 37.0, *(cell(*at) for at in wells)] for i, cell in enumerate(cells)]
    table += [["0:00:00", "", *("" for _ in wells)]]
    return [*gen5_header(shape, step="", kinetic=True), ["Lum"], [""], *table, [""]]


def softmax_header(
    name: str, shape: Shape, form: str, *, waves: str = "0", part: tuple[int, int] | None = None
) -> list[object]:
    """The first line of a plate block of a luminescence read; ``part`` is first row (from 1) and number of rows."""
    first, count = part or (1, shape[0])
    before: list[object] = [
        "Plate:",
        name,
        "1.3",
        form,
        "Endpoint",
        "Luminescence",
        "Raw",
        "FALSE",
        1,
        "",
        "",
        "",
        "",
        "",
    ]
    wavelengths: list[object] = [len(waves.split()), f"{waves} ", 1, shape[1], shape[0] * shape[1]]
    return [*before, *wavelengths, "", "", "", "", "", 6, "", "", "", first, count, "", ""]


def softmax_time(shape: Shape, cell: Cell, *, plate: str = "CTG_1") -> Rows:
    """A plate in time format: a column for each well, and the same again as reduced values."""
    wells = wells_of(shape)
    values = [cell(*at) for at in wells]
    return [
        softmax_header(plate, shape, "TimeFormat"),
        ["", "Temperature(¡C)", *map(name, wells), ""],
        ["", 25, *values, ""],
        [""],
        ["", "", *map(name, wells), ""],
        ["", "", *values, ""],
        ["~End"],
    ]


def softmax_plate(
    shape: Shape, cells: Sequence[Cell], *, plate: str = "CTG_1", waves: str = "0", part: tuple[int, int] | None = None
) -> Rows:
    """A plate in plate format: a matrix for each wavelength side by side; ``part`` leaves other rows out."""
    first, count = part or (1, shape[0])
    numbers = [*range(1, shape[1] + 1), ""] * len(cells)
    rows: list[list[object]] = []
    for r in range(first - 1, first - 1 + count):
        values = [value for cell in cells for value in (*(cell(r, c) for c in range(shape[1])), "")]
        rows.append(["", 25 if r == first - 1 else "", *values])
    return [
        softmax_header(plate, shape, "PlateFormat", waves=waves, part=part),
        ["", "Temperature(¡C)", *numbers],
        *rows,
        [""],
        ["~End"],
    ]


def softmax_file(*blocks: Rows) -> Rows:
    """Blocks as a file, with a note before them and the line about the document after them."""
    note: Rows = [["Note:"], ["Plate: made up"], ["~End"]]
    end: Rows = [["Original Filename: ctg; Date Last Saved: 2/3/2024 10:23:17 AM"]]
    return [[f"##BLOCKS= {len(blocks) + 1}"], *note, *(row for block in blocks for row in block), *end]
