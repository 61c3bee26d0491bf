"""Plain grids: row letters and column numbers anywhere in a sheet, or a bare matrix that is the whole plate.

No program is known for such a file, so that neither what was measured nor its unit is, unless the sheet's own
words say it. Several grids below each other are several plates where their titles say "plate", else several reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.formats.decimals import cell_state
from avpi.formats.labelled_grid import (
    LabelledGrid,
    WellCell,
    find_grids,
    refuse_unlabelled_rows,
    row_of_letters,
)
from avpi.formats.plate_matrix import RawRead, bare_matrix, finish_reads, plate_shape, value_run
from avpi.formats.plate_reader import Reader
from avpi.formats.read_mode import mode_from_words
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.readings import Plate, PlateRead, PlateReading, ReadMode, parse_well

_PLATE_TITLE = re.compile(r"^\W*(plate[\s:#_-]*\w+|barcode[\s:#]*\S+)\W*(.*)$", re.IGNORECASE)
_UNITS = {"rlu": "RLU", "cps": "CPS", "rfu": "RFU", "od": "OD", "counts": "counts"}
_UNIT_WORD = re.compile(r"\b(RLU|CPS|RFU|OD|counts)\b", re.IGNORECASE)
UNTITLED = "untitled matrix"
MODE_UNKNOWN = Caveat(
    code="mode_unknown",
    text="The file does not say what was measured; whether it is luminescence rests on the study's `readout`.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """One grid or bare matrix: the plate it is of, the name of the read, its cells and size."""

    plate: str
    name: str
    words: str
    size: tuple[int, int]
    cells: tuple[WellCell, ...]
    certain: bool


def sniff(file: Spreadsheet) -> bool:
    """Return True if some sheet has a labelled grid, or is nothing but one bare plate below title lines."""
    return any(find_grids(sheet, file.source) or _bare_rows(sheet) is not None for sheet in file.sheets if sheet.rows)


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read every grid of every sheet.

    Raises
    ------
    FileFormatError
        If values stand without a label, a well stands twice, or a cell is no number.
    """
    blocks: list[_Block] = []
    ignored: list[str] = []
    several = len(file.sheets) > 1
    for sheet in file.sheets:
        found = list(_blocks(sheet, file, sheet.name if several else file.stem))
        # Plate maps and layouts have the form of results; a grid without any value is one of them.
        blocks += [block for block in found if _has_values(block)]
        if not found and not all(sheet.is_empty(row) for row in range(len(sheet.rows))):
            ignored.append(sheet.name)
    if not blocks:
        what = "has a grid of wells, but no value in it"
        raise FileFormatError(Problem(file=file.source, what=what, expected="numbers", hint="Is it a layout?"))
    raw = [_raw_read(block, file.source) for block in blocks]
    reads, caveats = finish_reads(raw, file, decimal)
    if any(not block.certain for block in blocks):
        text = "Not every row and column of a plate is in the file; the smallest plate that holds its wells was taken."
        caveats.append(Caveat(code="plate_format_inferred", text=text))
    if any(made.mode == "unknown" for made in reads):
        caveats.append(MODE_UNKNOWN)
    if ignored:
        names = ", ".join(f"'{name}'" for name in ignored)
        caveats.append(Caveat(code="sheet_ignored", text=f"No grid was found in {names}."))
    plates: dict[str, list[PlateRead]] = {}
    for block, made in zip(blocks, reads, strict=True):
        plates.setdefault(block.plate, []).append(made)
    return PlateReading(
        reader=READER.name,
        trust=READER.trust,
        plates=tuple(Plate(name=name, reads=tuple(members)) for name, members in plates.items()),
        source=file.source,
        caveats=(*file.caveats, *caveats),
    )


def _has_values(block: _Block) -> bool:
    return any(cell_state(cell.text) in ("number", "overflow") for cell in block.cells)


def _blocks(sheet: Sheet, file: Spreadsheet, plate: str) -> Iterator[_Block]:
    grids = find_grids(sheet, file.source)
    if not grids:
        rows = _bare_rows(sheet)
        matrix = bare_matrix(sheet, *rows) if rows else None
        if rows and matrix:
            title = _words(sheet, 0, rows[0])
            yield _Block(plate=plate, name=UNTITLED, words=title, size=matrix[0], cells=matrix[1], certain=True)
        return
    _refuse_lists(sheet, grids, file.source)
    for grid in grids:
        refuse_unlabelled_rows(grid, file.source)
    _refuse_rows_outside(sheet, grids, file.source)
    seen: dict[tuple[str, str], int] = {}
    previous = 0
    for grid in grids:
        owner, name = _plate_and_name(grid.title(), plate)
        if grid.corner and _UNIT_WORD.search(grid.corner) and name == UNTITLED:
            name = grid.corner
        seen[owner, name] = seen.get((owner, name), 0) + 1
        number = f" ({seen[owner, name]})" if seen[owner, name] > 1 else ""
        words = f"{_words(sheet, previous, grid.first)} {grid.corner} {sheet.name}"
        cells = tuple(grid.cells())
        yield _Block(plate=owner, name=name + number, words=words, size=grid.size, cells=cells, certain=grid.is_full)
        # Words above the first grid are about the whole sheet; later ones are about their own grid.
        previous = previous if len(grids) == 1 else grid.last + 1


def _bare_rows(sheet: Sheet) -> tuple[int, int] | None:
    """Return first and last row of the only run of values of a sheet, if it is a whole plate; else None."""
    runs: list[tuple[int, int]] = []
    row = 0
    while row < len(sheet.rows):
        last = value_run(sheet, row)
        if last >= row and any(text for r in range(row, last + 1) for text in sheet.texts[r]):
            runs.append((row, last))
        row = max(last, row) + 1
    if len(runs) != 1:
        return None
    first = runs[0][0]
    # Several words right above are headers: the run is a table of something else, not a plate below its title.
    headers = sum(bool(text) for text in sheet.texts[first - 1]) if first else 0
    return runs[0] if headers <= 1 and bare_matrix(sheet, *runs[0]) else None


def _refuse_lists(sheet: Sheet, grids: list[LabelledGrid], source: str) -> None:
    """Refuse a sheet that holds a list of wells beside its grids: it would have to be chosen between them."""
    inside = {row for grid in grids for row in range(grid.first, grid.last + 1)}
    wells = [r for r in range(len(sheet.rows)) if r not in inside and any(parse_well(t) for t in sheet.texts[r] if t)]
    if len(wells) > 1:
        raise FileFormatError(
            Problem(
                file=source,
                place=sheet.place(wells[0]),
                what="names wells one by one, but the same sheet has a grid as well",
                expected="either a grid or one row for each well",
            )
        )


def _refuse_rows_outside(sheet: Sheet, grids: list[LabelledGrid], source: str) -> None:
    """Refuse a row letter with values that stands in no grid: below an empty line, or on a plate without a header."""
    inside = {row for grid in grids for row in range(grid.first, grid.last + 1)}
    for row in (r for r in range(len(sheet.rows)) if r not in inside):
        grid = next((grid for grid in reversed(grids) if grid.last < row), grids[0])
        label = sheet.text(row, grid.label_column)
        values = sum(cell_state(sheet.text(row, c)) == "number" for c, _ in grid.columns)
        if row_of_letters(label) is not None and 2 * values >= len(grid.columns):
            what = f"row '{label}' has {values} numbers, but stands below no column numbers"
            hint = "Take out empty lines between the rows of a plate, or write its column numbers above them."
            expected = "column numbers above the rows of every plate, without a gap"
            raise FileFormatError(Problem(file=source, place=sheet.place(row), what=what, expected=expected, hint=hint))


def _plate_and_name(title: str, plate: str) -> tuple[str, str]:
    match = _PLATE_TITLE.match(title)
    if match is None:
        return plate, title or UNTITLED
    return match[1].strip(), match[2].strip() or UNTITLED


def _words(sheet: Sheet, first: int, stop: int) -> str:
    return " ".join(text for row in range(first, stop) for text in sheet.texts[row] if text)


def _raw_read(block: _Block, source: str) -> RawRead:
    mode: ReadMode = mode_from_words((block.words, block.name))
    unit = _UNIT_WORD.search(f"{block.name} {block.words}")
    return RawRead(
        name=block.name,
        kind="measured",
        mode=mode,
        unit=_UNITS[unit[1].lower()] if unit else "",
        shape=plate_shape(block.size, None, source, "the grid"),
        cells=block.cells,
    )


READER = Reader(
    name="grid",
    trust="working",
    suffixes=(".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods"),
    marks=("",),
    looks_for="column numbers above row letters, or a bare matrix of a whole plate",
    sniff=sniff,
    read=read,
)
