"""EnVision and EnSpire Workstation (PerkinElmer): csv with sections, one matrix below its title.

What the exports have in common is the section titles ("Plate information", "Background information", "Results
for ...", "Calculated results: ..."). What differs: plate information stands before or after the results it
describes; row letters, column numbers and titles may be switched off; rows that were not read may be left out
(with letters) or empty (without); calculated matrices stand beside the measured ones; plate maps at the end
look like results and are none. Without letters a matrix must be the whole plate: nothing else tells its wells.
EnSpire adds matrices of the signal, of saturated wells and of the times at which wells were measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.formats.decimals import cell_state
from avpi.formats.labelled_grid import WellCell, grid_at
from avpi.formats.plate_matrix import RawRead, bare_matrix, finish_reads, plate_shape, value_run
from avpi.formats.plate_reader import Reader
from avpi.formats.plate_sections import plate_size_named
from avpi.formats.read_mode import mode_from_words, modes_named
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.formats.workstation_list import CALCULATED_COLUMN, ListedRead, is_list_header, read_list
from avpi.formats.workstation_optics import optics_mode
from avpi.readings import Plate, PlateRead, PlateReading, ReadKind, ReadMode

PLATE_INFORMATION, BACKGROUND = "Plate information", "Background information"
MEASURED, CALCULATED = "Results for", "Calculated results"
SIGNAL, SATURATED, TIMES = "Signal for", "Saturated for", "Measurement time"
UNTITLED = "untitled matrix"

_FOOTER = re.compile(r"^Exported with (\w+ Workstation) version\s*(\d+(?:\.\d+)?)")
_UNIT = re.compile(r"\(([^()]{1,12})\)\s*$")
_PLATE_KEYS = ("Plate", "Repeat", "Barcode")
_PROTOCOL_SECTIONS = frozenset(
    {
        *("Protocol information", "Protocol", "Plate type", "Platemap", "Calculations", "Auto export parameters"),
        *("Operations", "Labels", "Filters", "Mirror modules", "Aperture", "Instrument", "Normalization"),
        "Coordinates of corners",
    }
)
"""Sections that describe the protocol; the plate maps among them have the form of results."""


@dataclass(frozen=True, kw_only=True)
class _Result:
    """One matrix: its title (may be empty), its cells, the size that it needs, where it begins, if it has labels."""

    title: str
    cells: tuple[WellCell, ...]
    size: tuple[int, int]
    row: int
    labelled: bool = True


@dataclass(kw_only=True)
class _Contents:
    """The sections of one file in their order."""

    plates: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    backgrounds: list[dict[str, str]] = field(default_factory=list)
    results: list[_Result] = field(default_factory=list)
    records: list[dict[str, str]] = field(default_factory=list)
    """Every plate, repeat and label that a plate section names, for lists."""
    listed: list[ListedRead] = field(default_factory=list)
    crowded: FileFormatError | None = None
    """What is wrong with a plate section of several plates, if there are matrices."""
    settings: dict[str, str] = field(default_factory=dict)
    lit: set[str] = field(default_factory=set)
    """Labels whose wells are lit before they are read, as Alpha labels are; their optics look like luminescence."""
    version: str = ""


def named_workstation(file: Spreadsheet) -> str | None:
    """Return the program that a file names ("EnVision Workstation"); empty if it has the sections and names none."""
    for sheet in file.sheets:
        firsts = [row[0] for row in sheet.texts if row]
        named = [text for text in firsts if text.startswith("Exported with ")]
        if named:
            return next((match[1] for text in named if (match := _FOOTER.match(text))), None)
        for row, text in enumerate(firsts[:-1]):
            if text == PLATE_INFORMATION and firsts[row + 1] == "Plate":
                return ""
    return None


def read_workstation(file: Spreadsheet, decimal: str, reader: Reader, program: str) -> PlateReading:
    """Read the export of a workstation program, such as ``"EnVision Workstation"``.

    Raises
    ------
    FileFormatError
        If a matrix cannot be placed on wells or belongs to no plate, or a plate has no matrix.
    """
    found = [_Scan(sheet, file.source).run() for sheet in file.sheets]
    raw: list[RawRead] = []
    owners: list[dict[str, str]] = []
    for sheet, contents in zip(file.sheets, found, strict=True):
        infos = _owners(contents, sheet, file.source)
        declared = _declared_shape(contents.settings)
        for result, info in zip(contents.results, infos, strict=True):
            if result.title.startswith((SATURATED, TIMES)):
                continue
            if not result.labelled:
                _refuse_part(result, info, contents.settings, sheet, file.source)
            others = [r for r, i in zip(contents.results, infos, strict=True) if i is info and r is not result]
            if result.title.startswith(SIGNAL) and _is_repeated(result, others):
                continue
            made = _raw_read(result, info, contents, declared, file.source)
            raw.append(replace(made, saturated=_saturated(result, others)))
            owners.append(info)
        for one in contents.listed:
            info = _listed_owner(one, contents.records)
            result = _Result(title=one.title, cells=one.cells, size=one.size, row=one.cells[0].sheet_row)
            made = _raw_read(result, info, contents, declared, file.source)
            raw.append(replace(made, kind="calculated", unit="") if CALCULATED_COLUMN.match(one.title) else made)
            owners.append(info)
    if not raw:
        what = f"is an export of {program} without results"
        raise FileFormatError(Problem(file=file.source, what=what, hint="Export it with its results."))
    reads, caveats = finish_reads(raw, file, decimal, by_a_program=True)
    version = next((c.version for c in found if c.version), "")
    if not version:
        text = f"The file has the sections of {program} but does not say which program wrote it."
        caveats.append(Caveat(code="program_not_named", text=text))
    return PlateReading(
        reader=f"{program} {version}".strip(),
        trust=reader.trust,
        plates=_plates(reads, owners, file),
        source=file.source,
        settings={key: value for contents in found for key, value in contents.settings.items()},
        caveats=(*file.caveats, *caveats),
    )


def _listed_owner(one: ListedRead, records: list[dict[str, str]]) -> dict[str, str]:
    """Return what the plate sections say of the plate and repeat of a list, of the column's own label if they can."""
    keys = ("Plate", "Repeat")
    own = [record for record in records if all(record.get(key) == one.record[key] for key in keys)]
    own = own or [record for record in records if record.get("Plate") == one.record["Plate"]]
    named = [record for record in own if record.get("Label") and record["Label"] in one.title]
    return {**(named or own or [{}])[0], **one.record}


def _is_repeated(signal: _Result, others: list[_Result]) -> bool:
    """Return True if the results of the same label are the signal unchanged."""
    label = signal.title.removeprefix(SIGNAL)
    same = [other for other in others if other.title.removeprefix(MEASURED) == label]
    return any([cell.text for cell in other.cells] == [cell.text for cell in signal.cells] for other in same)


def _saturated(result: _Result, others: list[_Result]) -> frozenset[tuple[int, int]]:
    """Return the wells that the matrix of saturated wells of the same label marks."""
    label = result.title.partition(" for ")[2].partition(" - ")[0].strip()
    matrices = [other for other in others if other.title.startswith(f"{SATURATED} {label}")] if label else []
    return frozenset((c.row, c.column) for m in matrices for c in m.cells if cell_state(c.text) == "overflow")


class _Scan:
    """One pass over a sheet, section by section."""

    def __init__(self, sheet: Sheet, source: str) -> None:
        self.sheet, self.source = sheet, source
        self.contents = _Contents()
        self.title = self.label = ""
        self.in_protocol = False

    def run(self) -> _Contents:
        row = 0
        while row < len(self.sheet.rows):
            row = self._section(row)
        return self.contents

    def _section(self, row: int) -> int:
        """Read what begins at a row; return the row after it."""
        sheet, head = self.sheet, self.sheet.text(row, 0)
        titled = head == PLATE_INFORMATION
        if is_list_header(sheet, row):
            self.in_protocol, self.title = False, ""
            listed, after = read_list(sheet, row, self.source)
            self.contents.listed.extend(listed)
            return after
        if titled or sheet.texts[row][:3] == _PLATE_KEYS:
            self.in_protocol, self.title = False, ""
            records, after = _table(sheet, row + titled)
            self._add_plate(row, records)
            return after
        if head == BACKGROUND:
            records, after = _table(sheet, row + 1)
            self.contents.backgrounds.extend(records)
            return after
        if head.startswith((MEASURED, CALCULATED, SIGNAL, SATURATED, TIMES)):
            # A formula may hold the delimiter: the title is then spread over several cells.
            self.in_protocol, self.title = False, ",".join(sheet.texts[row]).rstrip(", ")
            return row + 1
        if head.rstrip(": ") in _PROTOCOL_SECTIONS:
            self.in_protocol = True
            return row + 1
        end = None if self.in_protocol else self._matrix(row)
        if end is not None:
            return end
        self._setting(row, head)
        return row + 1

    def _add_plate(self, row: int, records: list[dict[str, str]]) -> None:
        plates = {(r.get("Plate", ""), r.get("Barcode", "")) for r in records}
        self.contents.records.extend(records)
        if len(plates) != 1 and self.contents.crowded is None:
            what = f"the plate section names {len(plates)} plates, so that its results cannot be told apart"
            self.contents.crowded = _refusal(self.source, self.sheet, row, what, "one plate in each plate section")
        self.contents.plates.append((row, records[0] if records else {}))

    def _matrix(self, row: int) -> int | None:
        """Read a labelled or bare matrix that begins at a row; None if none does."""
        sheet = self.sheet
        if grid := grid_at(sheet, row, self.source):
            self._add_result(grid.first, tuple(grid.cells()), grid.size, labelled=True)
            return grid.last + 1
        last = value_run(sheet, row)
        header = next((r for r in range(row, last + 1) if grid_at(sheet, r, self.source)), last + 1)
        last = min(last, header - 1)
        if last < row or not any(text for r in range(row, last + 1) for text in sheet.texts[r]):
            return last + 1 if last >= row else None
        matrix = bare_matrix(sheet, row, last)
        if matrix is None:
            widths = sorted({len(sheet.rows[r]) for r in range(row, last + 1)})
            what = f"a matrix without row letters has {last - row + 1} rows of {' or '.join(map(str, widths))} cells"
            hint = "Export it with row and column labels, or every row of the plate with all its cells."
            raise _refusal(self.source, sheet, row, what, "the whole plate, such as 16 rows of 24 cells", hint)
        self._add_result(row, matrix[1], matrix[0], labelled=False)
        return last + 1

    def _add_result(self, row: int, cells: tuple[WellCell, ...], size: tuple[int, int], *, labelled: bool) -> None:
        self.contents.results.append(_Result(title=self.title, cells=cells, size=size, row=row, labelled=labelled))
        self.title = ""

    def _setting(self, row: int, head: str) -> None:
        values = [text for text in self.sheet.texts[row][1:] if text]
        if head and (row == 0 or self.sheet.is_gap(row - 1) or self.sheet.text(row - 1, 0) == "Labels:"):
            self.label = head
        elif head == "Excitation time":
            self.contents.lit.add(self.label)
        if head and len(values) == 1:
            self.contents.settings.setdefault(head.rstrip(": "), values[0])
        elif match := _FOOTER.match(head):
            self.contents.version = head.split("version", 1)[1].strip() or match[2]


def _table(sheet: Sheet, header: int) -> tuple[list[dict[str, str]], int]:
    """Return the records below a header row and the row after them; a record begins with the plate's number."""
    keys = sheet.texts[header] if header < len(sheet.rows) else ()
    row = header + 1
    records: list[dict[str, str]] = []
    while row < len(sheet.rows) and sheet.text(row, 0).isdecimal() and not sheet.is_gap(row):
        records.append({k: v for k, v in zip(keys, sheet.texts[row], strict=False) if k})
        row += 1
    return records, row


def _owners(contents: _Contents, sheet: Sheet, source: str) -> list[dict[str, str]]:
    """Return the plate section of each result: the one before it, or the one after it where results come first."""
    results, plates = contents.results, contents.plates
    if contents.listed and not results:
        return []
    if contents.crowded is not None:
        raise contents.crowded
    if not plates:
        return [{} for _ in results]
    trailing = bool(results) and results[0].row < plates[0][0]
    owners: list[int] = []
    for result in results:
        before = [i for i, (row, _) in enumerate(plates) if row < result.row]
        after = [i for i, (row, _) in enumerate(plates) if row > result.row]
        own, other = (after[:1], before[-1:]) if trailing else (before[-1:], after[:1])
        if not own or (other and _contradicts(plates[own[0]][1], plates[other[0]][1], result.title)):
            what = "it cannot be told to which plate section this matrix belongs"
            raise _refusal(source, sheet, result.row, what, "plate information before every result, or after every one")
        owners.append(own[0])
    if lonely := [i for i in range(len(plates)) if i not in owners]:
        what = "the plate described here has no results that could be read"
        raise _refusal(source, sheet, plates[lonely[0]][0], what, "a matrix of results for every plate section")
    return [plates[i][1] for i in owners]


def _contradicts(own: dict[str, str], other: dict[str, str], title: str) -> bool:
    """Return True if a title names the label or formula of the other plate section and not that of its own."""

    def names(info: dict[str, str]) -> bool:
        label = info.get("Formula") or info.get("Label") or info.get("Meas") or ""
        return bool(label) and label in title

    return bool(title) and names(other) and not names(own)


def _declared_shape(settings: dict[str, str]) -> tuple[int, int] | None:
    rows, columns = settings.get("Number of rows", ""), settings.get("Number of columns", "")
    return (int(rows), int(columns)) if rows.isdecimal() and columns.isdecimal() else None


def _refuse_part(result: _Result, info: dict[str, str], settings: dict[str, str], sheet: Sheet, source: str) -> None:
    """Refuse a matrix without labels that is smaller than the plate: a part of it may look like a smaller plate."""
    words = (result.title, *(info.get(key, "") for key in ("Label", "Formula")), settings.get("Protocol Name", ""))
    named = (plate_size_named(word, result.size) for word in words)
    plate = _declared_shape(settings) or next((shape for shape in named if shape), result.size)
    if plate != result.size:
        rows, columns = result.size
        what = (
            f"a matrix without row letters has {rows} rows of {columns} cells, and the plate {plate[0]} of {plate[1]}"
        )
        hint = "Export it with row and column labels, or every row of the plate with all its cells."
        raise _refusal(source, sheet, result.row, what, "the whole plate", hint)


def _raw_read(
    result: _Result, info: dict[str, str], contents: _Contents, declared: tuple[int, int] | None, source: str
) -> RawRead:
    calculated = result.title.startswith(CALCULATED) or (not result.title and bool(info.get("Formula")))
    kind: ReadKind = "calculated" if calculated else "measured"
    unit = _UNIT.search(result.title) if kind == "measured" else None
    return RawRead(
        name=result.title or UNTITLED,
        kind=kind,
        mode=_mode(result.title, info, contents),
        unit=unit[1] if unit else "",
        shape=plate_shape(result.size, declared, source, f"the matrix '{result.title or UNTITLED}'"),
        cells=result.cells,
    )


def _mode(title: str, info: dict[str, str], contents: _Contents) -> ReadMode:
    """Return what was measured: from the optics of the read's own label, else from its words, else unknown."""
    measured_as = info.get("Measinfo", "")
    optics = {measured_as} if measured_as else {b.get("MeasInfo", "") for b in _labels_in(title, info, contents)}
    modes = {optics_mode(text) for text in optics} - {"unknown"}
    said = contents.settings
    own = (title, *(info.get(key, "") for key in ("Label", "Formula")))
    words = (*own, *(said.get(key, "") for key in ("Protocol Name", "Measurements")))
    if modes == {"luminescence"} and not any("De=USLum" in text for text in optics):
        # Alpha labels are lit by a laser that the optics do not name.
        if any(label in text for label in contents.lit for text in own):
            return "fluorescence"
        if "fluorescence" in modes_named(words):
            return mode_from_words(words)
    if len(modes) == 1:
        return modes.pop()
    return "unknown" if modes else mode_from_words(words)


def _labels_in(title: str, info: dict[str, str], contents: _Contents) -> list[dict[str, str]]:
    said = title + info.get("Formula", "")
    named = [b for b in contents.backgrounds if b.get("Label") and b["Label"] in said]
    return named or ([] if info.get("Label") else contents.backgrounds)


def _plates(reads: list[PlateRead], owners: list[dict[str, str]], file: Spreadsheet) -> tuple[Plate, ...]:
    grouped: dict[tuple[str, str], list[tuple[PlateRead, dict[str, str]]]] = {}
    for made, info in zip(reads, owners, strict=True):
        grouped.setdefault((info.get("Plate", ""), info.get("Barcode", "")), []).append((made, info))
    barcodes = [barcode for _, barcode in grouped]
    plates: list[Plate] = []
    for (number, barcode), members in grouped.items():
        name = barcode or number or file.stem
        if barcodes.count(barcode) > 1 and barcode:
            name = f"{barcode} (plate {number})"
        measured_at = members[0][1].get("Measurement date", "")
        plates.append(Plate(name=name, barcode=barcode, measured_at=measured_at, reads=_distinct(members)))
    return tuple(plates)


def _distinct(members: list[tuple[PlateRead, dict[str, str]]]) -> tuple[PlateRead, ...]:
    """Return the reads with names that differ: a repeat or a second matrix of one title gets its number."""
    names: dict[str, int] = {}
    distinct: list[PlateRead] = []
    for made, info in members:
        name = made.name
        if name in names and info.get("Repeat", "1") != "1":
            name = f"{name} (repeat {info['Repeat']})"
        if name in names and info.get("Kinetics", "0") not in ("0", "1", ""):
            name = f"{name} (kinetic {info['Kinetics']})"
        names[name] = names.get(name, 0) + 1
        distinct.append(replace(made, name=name if names[name] == 1 else f"{name} ({names[name]})"))
    return tuple(distinct)


def _refusal(source: str, sheet: Sheet, row: int, what: str, expected: str, hint: str = "") -> FileFormatError:
    return FileFormatError(Problem(file=source, place=sheet.place(row), what=what, expected=expected, hint=hint))
