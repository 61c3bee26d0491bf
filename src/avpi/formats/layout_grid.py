"""Layouts drawn as the plate: a grid of words, with row letters and column numbers or without.

Labels place a grid. Without them the first cell of the sheet (its cell A1, the first field of the first line) must be
said: ``origin`` names its well, ``blank_header`` says that the first row and column are an empty header. A grid
without labels is placed by itself only if it is exactly as large as the plate.
"""

from __future__ import annotations

from dataclasses import dataclass

from avpi.formats.labelled_grid import LabelledGrid, WellCell, find_grids
from avpi.formats.layout_entries import Entries, refusal
from avpi.formats.spreadsheet import Sheet
from avpi.readings import PLATE_SHAPES, parse_well, smallest_plate

AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutGrid:
    """One property of the wells of a plate.

    ``title`` is empty where there is none; ``shape`` is the plate's rows and columns where the grid settles it.
    """

    title: str
    cells: tuple[WellCell, ...]
    shape: tuple[int, int] | None

    def add_to(self, entries: Entries, key: str) -> None:
        """Give every well its value; blank cells give none."""
        for cell in self.cells:
            entries.add((cell.row, cell.column), key, cell.text, cell.place)


def layout_grids(
    sheet: Sheet, source: str, *, shape: tuple[int, int] | None, origin: str, blank_header: bool
) -> list[LayoutGrid]:
    """Return the grids of a sheet; none for an empty sheet.

    Raises
    ------
    StudyError
        If a grid without labels cannot be placed, or ``blank_header`` is not blank.
    FileFormatError
        If labels contradict themselves.
    """
    filled = [row for row in range(len(sheet.rows)) if not sheet.is_empty(row)]
    if not filled:
        return []
    if blank_header:
        return [_behind_blank_header(sheet, source, origin)]
    if origin != AUTO:
        return [_placed(sheet, source, origin, 0)]
    labelled = find_grids(sheet, source)
    if labelled:
        return [_from_labels(grid) for grid in labelled]
    return [_whole_plate(sheet, source, shape, filled)]


def _from_labels(grid: LabelledGrid) -> LayoutGrid:
    cells = tuple(grid.cells())
    return LayoutGrid(title=grid.title(), cells=cells, shape=grid.size if grid.is_full else None)


def _behind_blank_header(sheet: Sheet, source: str, origin: str) -> LayoutGrid:
    header = [(0, column) for column in range(len(sheet.rows[0]))]
    header += [(row, 0) for row in range(1, len(sheet.rows))]
    for row, column in header:
        if text := sheet.text(row, column):
            what = f"'{text}' stands in the first row or column, which `blank_header: true` says is empty"
            hint = "Leave `blank_header` out, or say with `origin` which well the first cell is."
            raise refusal(source, sheet.place(row, column), what, "an empty first row and column", hint)
    return _placed(sheet, source, "A1" if origin == AUTO else origin, 1)


def _placed(sheet: Sheet, source: str, origin: str, skipped: int) -> LayoutGrid:
    """Return the grid whose first cell, behind ``skipped`` rows and columns, is the well ``origin``."""
    first = parse_well(origin)
    if first is None:
        raise refusal(
            source, "", f"'{origin}' is no well", "`origin: A1` or another well of the plate, or `origin: auto`"
        )
    cells = tuple(
        WellCell(first[0] + row - skipped, first[1] + column - skipped, sheet, row, column)
        for row in range(skipped, len(sheet.rows))
        for column in range(skipped, len(sheet.rows[row]))
        if sheet.text(row, column)
    )
    _refuse_beyond_any_plate(cells, source)
    return LayoutGrid(title="", cells=cells, shape=None)


def _whole_plate(sheet: Sheet, source: str, shape: tuple[int, int] | None, filled: list[int]) -> LayoutGrid:
    """Return a grid without labels that is exactly as large as the plate, counted by fields or by filled cells."""
    top, bottom = filled[0], filled[-1]
    columns = [c for row in filled for c in range(len(sheet.rows[row])) if sheet.text(row, c)]
    left, right = min(columns), max(columns)
    width = max(len(row) for row in sheet.rows)
    # Every line may end with a delimiter, which makes one empty column more.
    areas = [
        (0, 0, len(sheet.rows), width),
        (0, 0, len(sheet.rows), width - 1),
        (top, left, bottom - top + 1, right - left + 1),
    ]
    for row0, column0, height, across in areas:
        fits = (height, across) == shape if shape else (height, across) in PLATE_SHAPES
        if fits and right < column0 + across:
            cells = tuple(
                WellCell(row, column, sheet, row0 + row, column0 + column)
                for row in range(height)
                for column in range(across)
            )
            return LayoutGrid(title="", cells=cells, shape=(height, across))
    size = f"{bottom - top + 1} rows and {right - left + 1} columns"
    plate = f"the {shape[0] * shape[1]}-well plate ({shape[0]} rows, {shape[1]} columns)" if shape else "a plate format"
    where = sheet.place(top, left)
    hint = (
        f"Say `origin: A1` (or the well that the first cell of the {'sheet' if sheet.name else 'file'} stands for), or "
        "`blank_header: true` if its first row and column are an empty header; or write row letters and column "
        "numbers, or a table with a column 'well'."
    )
    what = f"a grid without row letters and column numbers begins here; its {size} are not those of {plate}"
    raise refusal(source, where, what, "labels, or exactly the plate's size", hint)


def _refuse_beyond_any_plate(cells: tuple[WellCell, ...], source: str) -> None:
    for cell in cells:
        if smallest_plate(cell.row + 1, cell.column + 1) is None:
            what = f"'{cell.text}' stands for row {cell.row + 1}, column {cell.column + 1}, which no plate has"
            raise refusal(source, cell.place, what, "at most 32 rows and 48 columns", "Check `origin`.")
