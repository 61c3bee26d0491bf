"""Layout files: what is in each well, from a table, a grid of words, several sheets, or wellmap's TOML."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from avpi.errors import FileFormatError, StudyError
from avpi.estimate import Caveat
from avpi.formats.dispensed import DispensedPlate, add_to_entries, choose_plate, with_known_stocks
from avpi.formats.dispenser_d300 import is_d300, read_d300
from avpi.formats.dispenser_echo import is_echo, read_echo
from avpi.formats.layout_entries import Entries, refusal, renamed, snake_case
from avpi.formats.layout_grid import AUTO, LayoutGrid, layout_grids
from avpi.formats.layout_table import read_table, table_header
from avpi.formats.layout_wellmap import read_wellmap
from avpi.formats.layout_wells import layout_from_wells
from avpi.formats.spreadsheet import Sheet, Spreadsheet, read_spreadsheet
from avpi.readings import PlateLayout

__all__ = ["layout_from_wells", "read_layout"]

CONDITION = "condition"
"""The key of a grid that is alone and whose name says nothing."""

_NO_COLUMNS: Mapping[str, str] = MappingProxyType({})


def read_layout(
    path: Path,
    source: str,
    *,
    shape: tuple[int, int] | None,
    origin: str = AUTO,
    blank_header: bool = False,
    columns: Mapping[str, str] = _NO_COLUMNS,
    plate: str | None = None,
    stocks: Mapping[str, str] = _NO_COLUMNS,
    assay_volume_ul: float | None = None,
) -> PlateLayout:
    """Read a layout file, or what a dispenser says that it put into the wells.

    Parameters
    ----------
    path : csv, tsv, xlsx, xls, ods, wellmap's toml, a D300 protocol (tdd) or an Echo run report (csv).
    source : its name relative to the study folder.
    shape : rows and columns of the plate that it describes, None if unknown.
    origin : well that the first cell of a grid without labels stands for; ``"auto"`` if it is exactly the plate.
    blank_header : the first row and column are an empty header, so that the sheet's cell B2 is ``origin`` or A1.
    columns : key -> column, sheet or parameter of the file, such as ``{"reagent": "gnumber"}``; of a dispenser's file
        ``{"plate": "P2"}`` names the plate.
    plate : name, number or barcode of the plate of a dispenser's file; needed if it has several.
    stocks, assay_volume_ul : what the dispenser took, such as ``{"birinapant": "10 mM"}``, and the volume of a well
        afterwards: with both, volumes become concentrations. Concentrations that the file has itself stay.

    Raises
    ------
    StudyError
        If the layout cannot be placed on the plate, names a well twice or outside the plate, or lacks what
        ``columns`` names.
    FileFormatError
        If the file itself cannot be read.
    """
    entries = Entries(source=source, shape=shape)
    known = partial(with_known_stocks, stocks=stocks, assay_volume_ul=assay_volume_ul, source=source)
    if path.suffix.lower() == ".toml":
        if not path.is_file():
            raise refusal(source, "", "was not found", hint="Check its name and folder, capitals included.")
        _refuse_placing(source, origin, blank_header=blank_header, form="a wellmap file")
        caveats = read_wellmap(path, entries, columns)
    elif path.is_file() and is_d300(path.read_bytes()[:4000]):
        _refuse_placing(source, origin, blank_header=blank_header, form="a dispenser's file")
        caveats = _read_dispensed(known(read_d300(path, source)), entries, columns, plate)
    elif is_echo(file := read_spreadsheet(path, source)):
        _refuse_placing(source, origin, blank_header=blank_header, form="a dispenser's file")
        caveats = file.caveats + _read_dispensed(known(read_echo(file)), entries, columns, plate)
    else:
        caveats = file.caveats + _read_cells(file, entries, columns, origin=origin, blank_header=blank_header)
    if not entries.wells:
        raise refusal(source, "", "is a layout without a single filled well", hint="Is it the right file?")
    wells, cells = entries.in_plate_order()
    return PlateLayout(wells=wells, cells=cells, shape=entries.shape, source=source, caveats=caveats)


def _read_dispensed(
    plates: list[DispensedPlate], entries: Entries, columns: Mapping[str, str], plate: str | None
) -> tuple[Caveat, ...]:
    """Add the wells of one plate; a renamed key is given under its new name too, such as ``reagent: transferred``."""
    caveats = add_to_entries(choose_plate(plates, plate or columns.get("plate"), entries.source), entries)
    for key, name in columns.items():
        if key == "plate":
            continue
        if not any(name in entry for entry in entries.wells.values()):
            raise refusal(
                entries.source, "", f"has no '{name}', which `columns` names for '{key}'", "a key of its wells"
            )
        for entry in entries.wells.values():
            if name in entry:
                entry[key] = entry.pop(name)
    return caveats


def _read_cells(
    file: Spreadsheet, entries: Entries, columns: Mapping[str, str], *, origin: str, blank_header: bool
) -> tuple[Caveat, ...]:
    tables = [header for sheet in file.sheets if (header := table_header(sheet))]
    if len(tables) == 1 and not blank_header and origin == AUTO:
        read_table(tables[0], entries, columns)
        left = [sheet.name for sheet in file.sheets if sheet is not tables[0].sheet and _holds_anything(sheet)]
        text = f"The layout is the table of sheet '{tables[0].sheet.name}'; not read: {', '.join(left)}."
        return (Caveat(code="sheet_ignored", text=text),) if left else ()
    if len(tables) > 1:
        names = ", ".join(f"'{header.sheet.name}'" for header in tables)
        raise refusal(file.source, "", f"has tables of wells in several sheets ({names})", "one table for the plate")
    grids = _grids(file, entries.shape, origin, blank_header=blank_header)
    keys = _keys(grids, file.source, columns)
    if entries.shape is None:
        entries.shape = next((grid.shape for _, grid in grids if grid.shape), None)
    for key, (_, grid) in zip(keys, grids, strict=True):
        grid.add_to(entries, key)
    return ()


def _grids(
    file: Spreadsheet, shape: tuple[int, int] | None, origin: str, *, blank_header: bool
) -> list[tuple[Sheet, LayoutGrid]]:
    found: list[tuple[Sheet, LayoutGrid]] = []
    for sheet in file.sheets:
        try:
            grids = layout_grids(sheet, file.source, shape=shape, origin=origin, blank_header=blank_header)
        except FileFormatError as error:
            raise StudyError(error.problems) from None
        found += [(sheet, grid) for grid in grids]
    return found


def _keys(grids: list[tuple[Sheet, LayoutGrid]], source: str, columns: Mapping[str, str]) -> list[str]:
    """Return the key of each grid: what ``columns`` says, else its sheet, else its title, else "condition"."""
    several_sheets = len({sheet.name for sheet, _ in grids}) > 1
    sizes = [sum(other is sheet for other, _ in grids) for sheet, _ in grids]
    names = [
        grid.title if size > 1 else sheet.name if several_sheets else sheet.name or grid.title or CONDITION
        for (sheet, grid), size in zip(grids, sizes, strict=True)
    ]
    asked = renamed(names, columns, source, "sheet or title")
    alone = len(grids) == 1
    keys = [asked.get(name, CONDITION if alone else snake_case(name)) for name in names]
    for index, ((sheet, grid), key) in enumerate(zip(grids, keys, strict=True)):
        if not key or key in keys[:index]:
            what = f"the grid that begins here has {'the same name as another' if key else 'no title'}"
            place = sheet.place(grid.cells[0].sheet_row)
            raise refusal(source, place, what, "a title line above each grid, or one sheet for each property")
    return keys


def _refuse_placing(source: str, origin: str, *, blank_header: bool, form: str) -> None:
    if origin != AUTO or blank_header:
        raise refusal(source, "", f"is {form}, which names its wells itself", "neither `origin` nor `blank_header`")


def _holds_anything(sheet: Sheet) -> bool:
    return any(not sheet.is_empty(row) for row in range(len(sheet.rows)))
