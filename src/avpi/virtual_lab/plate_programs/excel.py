"""Excel: the workbook into which a lab copies the matrix of a reader whose own file nobody else can open.

A title line, what was measured, and the plate with row letters and column numbers, on a sheet of its own. The
workbook is written part by part rather than with a library, because a library stamps it with the time and compresses
it as its version likes, and the same seed must give the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from avpi.virtual_lab.plate_programs.label import ROW_LETTERS, PlateLabel

SUFFIX = "xlsx"

PACKED_AT = (1980, 1, 1, 0, 0, 0)
"""The time stamp of every part: the earliest that a zip file knows."""

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_FRAME = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="Luminescence" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}
"""The parts of a workbook of one sheet that are the same in each."""


def write(counts: NDArray[np.float64], label: PlateLabel) -> bytes:
    """Return the workbook of a plate of counts (8, 12); an unread well (nan) is an empty cell."""
    rows: list[list[str | float]] = [
        [f"Barcode {label.barcode}", "", "", "", "", label.read_on.isoformat()],
        ["CellTiter-Glo, luminescence, 0.1 s a well (simulated)"],
        [],
        ["RLU", *map(float, range(1, counts.shape[1] + 1))],
    ]
    rows += [[letter, *map(float, row)] for letter, row in zip(ROW_LETTERS, counts, strict=True)]
    cells = "".join(_row(number, row) for number, row in enumerate(rows, start=1))
    sheet = f'<worksheet xmlns="{_SHEETS}"><sheetData>{cells}</sheetData></worksheet>'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, text in {**_FRAME, "xl/worksheets/sheet1.xml": sheet}.items():
            part = zipfile.ZipInfo(name, date_time=PACKED_AT)
            part.create_system = 0  # as on Windows; else the same workbook differs between systems
            archive.writestr(part, _XML + text)
    return packed.getvalue()


def _row(number: int, row: list[str | float]) -> str:
    cells = (_cell(f"{chr(ord('A') + column)}{number}", value) for column, value in enumerate(row))
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cell(reference: str, value: str | float) -> str:
    if isinstance(value, str):
        return f'<c r="{reference}" t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else ""
    return f'<c r="{reference}"><v>{value:.0f}</v></c>' if np.isfinite(value) else ""
