"""Exports in the grammar of each program, written from wells: for property tests and for the dropped examples.

Nothing here is copied from an instrument: sections and keys are those that the programs write, numbers and names are
made up.
"""

from __future__ import annotations

from collections.abc import Sequence

from avpi.readings import row_letters
from tests.formats.export_rows import Cell, Rows, Shape, box, grid_rows, joined, name, wells_of
from tests.formats.gen5_softmax_exports import gen5, gen5_kinetic, softmax_file, softmax_plate, softmax_time

__all__ = [
    "Cell", "Rows", "Shape", "bmg", "bmg_table", "enspire", "envision", "gen5", "gen5_kinetic", "glomax", "grid_rows",
    "icontrol", "icontrol_kinetic", "joined", "kaleido", "magellan", "methodical_mind", "skanit", "softmax_file",
    "softmax_plate", "softmax_time", "spark_list", "wells_of",
]  # fmt: skip


def envision(shape: Shape, cell: Cell, *, labelled: bool = True, first: bool = True, label: str = "US LUM") -> Rows:
    """EnVision: plate information before the results or after them, with labels or without."""
    optics = "De=USLum Ex=N/A Em=N/A Wdw=N/A (12)"
    keys = [
        "Plate",
        "Repeat",
        "Barcode",
        "Measured height",
        "Group",
        "Label",
        "ScanX",
        "ScanY",
        "Measinfo",
        "Kinetics",
        "Measurement date",
    ]
    about: Rows = [
        ["Plate information "],
        [*keys, ""],
        [1, 1, '="BC-7"', 14.7, 1, f"{label}(1)", 0, 0, optics, 0, "2/3/2024 10:15:00 AM", ""],
        [""],
        ["Background information"],
        ["Plate", "Label", "Result", "Signal", "Flashes/Time", "Meastime", "MeasInfo", ""],
        [1, label, 0, 4, 0.1, "00:00:00.000", optics, ""],
        [""],
    ]
    grid = (
        [[*row, ""] for row in grid_rows(shape, cell)]
        if labelled
        else [[*(cell(r, c) for c in range(shape[1])), ""] for r in range(shape[0])]
    )
    results: Rows = [*([[f"Results for {label}(1) - channel 0 (CPS)"]] if labelled else []), *grid, [""]]
    rows, columns = shape
    size: Rows = [["Plate type:"], ["Number of rows", "", "", "", rows], ["Number of columns", "", "", "", columns]]
    plate_map: Rows = [["Platemap:"], *([*row, ""] for row in grid_rows(shape, lambda _r, _c: "- "))]
    end: Rows = [["Protocol Name: ", "", "", "", "DL LUM"], [""], *size, [""], *plate_map, [""]]
    parts = [*about, *results] if first else [*results, *about]
    return [*parts, *end, ["Exported with EnVision Workstation version 1.14.3049.1193"]]


def enspire(shape: Shape, cell: Cell, *, saturated: frozenset[tuple[int, int]] = frozenset()) -> Rows:
    """EnSpire: signal, results, saturated wells and times of one measurement."""
    title = "Meas A -  (RLU)"
    keys = ["Plate", "Repeat", "Barcode", "Meas", "ScanX", "ScanY", "Measinfo", "Kinetics", "Measurement date"]
    return [
        ["Plate information "],
        [*keys, ""],
        [1, 1, "", "Meas A", 1, 1, "De=2nd Ex=N/A Em=Top Wdw=N/A", 0, "3/07/2011 1:41:34 p.m.", ""],
        [""],
        [f"Signal for {title}"],
        *grid_rows(shape, cell),
        [""],
        [f"Results for {title}"],
        *grid_rows(shape, cell),
        [""],
        [f"Saturated for {title} (SAT=Saturated)"],
        *grid_rows(shape, lambda r, c: "SAT" if (r, c) in saturated else "-"),
        [""],
        [f"Measurement time {title}"],
        *grid_rows(shape, lambda r, c: f"00:00:{r:02d}.{c:03d}"),
        [""],
        ["Exported with EnSpire Workstation version 2.00"],
    ]


def tecan_header(*, plate: str = "Greiner 96 Flat Bottom White [GRE96fw.pdfx]", spark: bool = False) -> Rows:
    """The first lines of i-control or SparkControl."""
    if spark:
        return [
            ["Method name: CTG"],
            ["Application: SparkControl", "", "", "", "V2.3"],
            ["Device: Spark", "", "", "", "Serial number: 17"],
            ["Date:", "2024-02-03"],
            ["Plate", "", "", "", plate],
            [""],
        ]
    return [
        ["Application: Tecan i-control", "", "", "", "Tecan i-control , 2.0.10.0"],
        ["Device: infinite 200Pro", "", "", "", "Serial number: 17"],
        ["Date:", "2024-02-03"],
        ["Time:", "10:15:00 AM"],
        ["Plate", "", "", "", plate],
        ["Plate-ID (Stacker)", "", "", "", "Plate 16"],
        [""],
    ]


def icontrol(shape: Shape, cell: Cell, *, mode: str = "Luminescence", label: str = "Label1") -> Rows:
    """An endpoint of i-control: only the part of the plate that was read."""
    rows, columns = box(shape, cell)
    part = f"{name((rows[0], columns[0]))}-{name((rows[-1], columns[-1]))}"
    return [
        *tecan_header(plate=f"Some {shape[0] * shape[1]} plate [X.pdfx]"),
        [f"Label: {label}"],
        ["Mode", "", "", "", mode],
        ["Integration Time", "", "", "", 200, "ms"],
        ["Part of Plate", "", "", "", part],
        ["Start Time:", "2/3/2024 10:16:00 AM"],
        [""],
        ["", "Temperature: 21.7 °C"],
        ["<>", *(c + 1 for c in columns)],
        *([row_letters(r), *(cell(r, c) for c in columns)] for r in rows),
        [""],
        ["End Time:", "2/3/2024 10:17:00 AM"],
    ]


def icontrol_kinetic(shape: Shape, cells: Sequence[Cell], *, cycles_as_rows: bool) -> Rows:
    """A kinetic: cycles every 30 s as columns (xlsx) or as rows (csv)."""
    wells = [at for at in wells_of(shape) if any(cell(*at) for cell in cells)]
    times = [30 * i for i in range(len(cells))]
    if cycles_as_rows:
        table: list[Sequence[object]] = [["Cycle Nr.", "Time [s]", "Temp. [°C]", *map(name, wells)]]
        table += [[i + 1, times[i], 37.2, *(cell(*at) for at in wells)] for i, cell in enumerate(cells)]
        head: Rows = [["Kinetic Measurement"], ["Mode", "", "", "", "Luminescence"], ["LUMI:Lum"]]
        return [*tecan_header(), *head, *table, [""], ["End Time:", "2/3/2024 10:27:00 AM"]]
    table = [
        ["Cycle Nr.", *range(1, len(cells) + 1)],
        ["Time [s]", *times],
        ["Temp. [°C]", *(37.2 for _ in cells)],
        *([name(at), *(cell(*at) for cell in cells)] for at in wells),
    ]
    head = [["Label: LUMI"], ["Kinetic Measurement"], ["Mode", "", "", "", "Luminescence"], [""]]
    return [*tecan_header(), *head, *table, [""], ["End Time:", "2/3/2024 10:27:00 AM"]]


def spark_list(shape: Shape, cell: Cell) -> Rows:
    """An endpoint of SparkControl's csv: one line for each well."""
    return [
        *tecan_header(spark=True, plate=f"[X] - {shape[0] * shape[1]} white"),
        ["Mode", "Luminescence"],
        ["Name", "LUM1"],
        ["Integration time", "", "", "", 1000, "ms"],
        ["Start Time", "2024-02-03 10:16:00"],
        ["", "Temperature: 21.7 °C"],
        [""],
        ["<>", "Value", "Time [ms]"],
        *([name(at), cell(*at), 10 * i] for i, at in enumerate(wells_of(shape)) if cell(*at)),
        [""],
        ["End Time", "2024-02-03 10:17:00"],
    ]


def kaleido(shape: Shape, cell: Cell, *, version: str = "3.0.3067.117", barcode: str = "V-2024-02-03 10:15:00") -> Rows:
    """Kaleido: one result, its measurement and its plate map."""
    keys = "Barcode,Repeat,Loop no,Well scan x,Well scan y,Exc wl / filter,Ems wl,TRF Window,Analysis Parameter"
    return [
        ["EnSight Results from"],
        ["Protocol Name", "CTG"],
        ["Measurement Date", "2024-02-03 10:15:00"],
        [""],
        ["Result for Luminescence 1"],
        [*keys.split(","), ""],
        [barcode, 1, "", "", "", "", "", "", "", ""],
        [""],
        *([*row, ""] for row in grid_rows(shape, cell)),
        [""],
        ["Measurement Information"],
        ["Measurement Started", "", "2024-02-03 10:15:00"],
        ["Instrument Information"],
        ["Software Version", "", f"Kaleido {version}"],
        ["Plate Type Information"],
        ["Number of Rows", "", shape[1]],
        ["Number of Columns", "", shape[0]],
        [""],
        ["Platemap"],
        *([*row, ""] for row in grid_rows(shape, lambda _r, _c: "-")),
        [""],
        ["Measurement Sequence"],
        ["Luminescence 1"],
        [""],
        ["Details of Measurement Sequence"],
        ["Operation", "", "", "Luminescence 1"],
        ["Measurement Time [s]", "", "", 0.2],
        [""],
        [f"Exported with Kaleido {version}"],
    ]


def skanit(shape: Shape, cell: Cell, *, plates: Sequence[str] = ("Plate 1",), step: str = "Luminescence 1") -> Rows:
    """One sheet of SkanIt: plates below each other, each with the names of its samples."""
    rows: list[Sequence[object]] = [["Measurement results"], ["ctg.skax"], ["2/3/2024 10:15:00 AM"], [" "], [step]]
    for plate in plates:
        rows += [["Wavelength: 0 nm"], [" "], [plate], [" "], *grid_rows(shape, cell, corner="RLU"), [" "]]
        rows += [*grid_rows(shape, lambda r, c: f"Un{r * shape[1] + c}", corner="Sample"), [" "]]
    return rows


def bmg_header(*, mode: str = "Luminescence") -> Rows:
    """The first lines of MARS."""
    return [
        ["User: USER", "Path: C:\\Program Files (x86)\\BMG\\CLARIOstar\\User\\Data", "Test run no.: 17"],
        ["Test name: CTG", "Date: 2/3/2024", "Time: 10:15:00 AM"],
        [""],
        ["ID1: BC_7", "ID2: ", "ID3: "],
        [mode],
        [""],
    ]


def bmg_row(row: int) -> str:
    """A row as BMG writes it: small letters after Z."""
    return row_letters(row) if row < 26 else chr(ord("a") + row - 26)


def bmg(shape: Shape, cell: Cell, *, title: str = "Raw Data (No filter)", short: bool = False) -> Rows:
    """A plate view; ``short`` lines end after their last value."""
    rows: list[list[object]] = []
    for r in range(shape[0]):
        values = [cell(r, c) for c in range(shape[1])]
        while short and values and not values[-1]:
            values.pop()
        rows.append([bmg_row(r), *values])
    return [*bmg_header(), [title], [""], ["", *range(1, shape[1] + 1)], *rows, [""]]


def bmg_table(shape: Shape, cells: Sequence[Cell]) -> Rows:
    """A table view of a kinetic, a point every 30 s."""
    times = [f"{30 * i // 60} min {30 * i % 60} s" for i in range(len(cells))]
    return [
        *bmg_header(),
        ["Well", "Content", *("Raw Data (No filter)" for _ in cells)],
        ["", "Time", *times],
        *([f"{bmg_row(r)}{c + 1:02d}", "Sample X1", *(cell(r, c) for cell in cells)] for r, c in wells_of(shape)),
    ]


def methodical_mind(shape: Shape, cell: Cell) -> Rows:
    """Methodical Mind: one plate."""
    rule = "=" * 10
    return [
        ["FileName :", "x.txt"],
        ["Stack ID :", "0.1"],
        ["Plate #  :", "1"],
        ["Barcode1 :", "<*BC7*>"],
        ["Type     :", shape[0] * shape[1]],
        ["Read Time:", "02/03/2024", "10:15:00 EDT"],
        ["Version  :", "MMPR 1.0.38"],
        ["SpotID   :", "all"],
        [f"{rule}Data{rule}"],
        *grid_rows(shape, cell),
        [f"{rule}Processing{rule}"],
        ["Radius   :", "18.00", "18.00"],
    ]


def magellan(shape: Shape, cell: Cell, *, mode: str = "Luminescence") -> Rows:
    """Magellan: a list down the columns; the column for the plate stops half way."""
    wells = [at for at in wells_of(shape, by_column=True) if cell(*at)]
    half = len(wells) // 2
    return [
        ["Raw data", "Well positions", "Plate"],
        *([cell(*at), name(at), "PL008" if i <= half else ""] for i, at in enumerate(wells)),
        ["Date of measurement: 2024-02-03/Time of measurement: 10:15:00"],
        ["ctg.mth"],
        ["D:\\Tecan\\Magellan\\mth\\ctg.mth"],
        ["Instrument serial number: 17"],
        [f"Measurement mode: {mode}"],
        [f"Plate definition file: Some {shape[0] * shape[1]} plate.pdf"],
        ["Unit: RLU"],
    ]


def glomax(shape: Shape, cell: Cell) -> Rows:
    """GloMax: a sheet of results with the plate beside its margin."""
    return [
        ["Instrument", "GloMax Discover"],
        ["Protocol", "Luminescence, CellTiter-Glo"],
        [""],
        *(["", "", "", *row] for row in grid_rows(shape, cell)),
    ]
