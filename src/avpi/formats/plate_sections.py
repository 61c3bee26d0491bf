"""What readers of programs' exports share: lines of keys and values, the plate of a section, the reading made of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.formats.decimals import cell_state
from avpi.formats.plate_matrix import RawRead, finish_reads
from avpi.formats.plate_reader import Reader
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.readings import PLATE_SHAPES, Plate, PlateRead, PlateReading, ReadMode

UNIT_OF_MODE: dict[ReadMode, str] = {"luminescence": "RLU", "fluorescence": "RFU", "absorbance": "OD"}
"""Units of programs that print none because their instruments know only one for each mode."""

_WELL_COUNT = re.compile(r"(?<![\w.])(6|12|24|48|96|384|1536)(?=$|[^\d.,])")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateIdentity:
    """Which plate a section of a file is about."""

    name: str
    barcode: str = ""
    measured_at: str = ""


@dataclass(kw_only=True)
class Found:
    """What was found in a file so far: reads with their plates, settings as written, what was noticed."""

    reads: list[tuple[PlateIdentity, RawRead]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    caveats: list[Caveat] = field(default_factory=list)


def first_text(sheet: Sheet, row: int) -> str:
    """Return the first filled cell of a row; empty if there is none."""
    return next((text for text in sheet.texts[row] if text), "") if row < len(sheet.rows) else ""


def filled(sheet: Sheet, row: int) -> list[str]:
    """Return the filled cells of a row."""
    return [text for text in sheet.texts[row] if text]


def key_and_value(sheet: Sheet, row: int) -> tuple[str, str]:
    """Return the key and value of a settings line ("Integration Time", "200 ms"); empty texts if it is none.

    Keys and values stand in cells of their own, or as "key: value" in one cell.
    """
    cells = filled(sheet, row)
    if not cells:
        return "", ""
    if len(cells) == 1:
        key, colon, value = cells[0].partition(":")
        return (key.strip(), value.strip()) if colon and value.strip() else ("", "")
    return cells[0].rstrip(": "), " ".join(cells[1:])


def holding(sheets: Iterable[Sheet]) -> Iterator[Sheet]:
    """Yield the sheets in which anything stands."""
    return (sheet for sheet in sheets if any(any(row) for row in sheet.texts))


def plate_size_named(text: str, size: tuple[int, int]) -> tuple[int, int] | None:
    """Return the plate format whose number of wells a text names, such as "Greiner 96 Flat Bottom".

    A format that cannot hold ``size`` rows and columns was not meant: other numbers stand in such texts too.
    """
    named = {int(number) for number in _WELL_COUNT.findall(text)}
    fitting = [s for s in PLATE_SHAPES if s[0] * s[1] in named and s[0] >= size[0] and s[1] >= size[1]]
    return fitting[0] if len(fitting) == 1 else None


def assemble(
    found: Found, file: Spreadsheet, decimal: str, reader: Reader, *, program: str, nothing: str = ""
) -> PlateReading:
    """Return the reading: values of every read, each under its plate, with names that differ.

    A calculated read that holds words ("PASS", "0:02:00") is left out and named; a measured one is an error.

    Raises
    ------
    FileFormatError
        If nothing was found, or a cell cannot be read.
    """
    left_out = dict.fromkeys(r.name for _, r in found.reads if r.kind == "calculated" and r.holds_words)
    kept = [(plate, raw) for plate, raw in found.reads if raw.kind == "measured" or not raw.holds_words]
    kept = [(plate, raw) for plate, raw in kept if any(cell_state(cell.text) != "unread" for cell in raw.cells)]
    if not kept:
        what = nothing or f"was written by {program}, but holds no values on wells"
        raise FileFormatError(Problem(file=file.source, what=what, hint="Export it with its results."))
    reads, caveats = finish_reads([raw for _, raw in kept], file, decimal, by_a_program=True)
    if left_out:
        listed = ", ".join(f"'{name}'" for name in left_out)
        text = f"Calculated by the reader's program and left out, because they hold words: {listed}."
        caveats.append(Caveat(code="calculated_left_out", text=text))
    plates: dict[PlateIdentity, list[PlateRead]] = {}
    for (plate, _), made in zip(kept, reads, strict=True):
        plates.setdefault(plate, []).append(made)
    names = distinct_names([plate.name for plate in plates])
    return PlateReading(
        reader=program,
        trust=reader.trust,
        plates=tuple(
            Plate(name=name, barcode=plate.barcode, measured_at=plate.measured_at, reads=distinct_reads(members))
            for name, (plate, members) in zip(names, plates.items(), strict=True)
        ),
        source=file.source,
        settings=found.settings,
        caveats=(*file.caveats, *found.caveats, *caveats),
    )


def distinct_names(names: Sequence[str]) -> list[str]:
    """Return the names, the second and later ones of a kind with their number."""
    seen: dict[str, int] = {}
    distinct: list[str] = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return distinct


def distinct_reads(reads: Sequence[PlateRead]) -> tuple[PlateRead, ...]:
    """Return the reads of a plate with names that differ; the points of a kinetic share theirs and differ in time."""
    seen: dict[tuple[str, float | None], int] = {}
    distinct: list[PlateRead] = []
    for read in reads:
        key = (read.name, read.time_s)
        seen[key] = seen.get(key, 0) + 1
        distinct.append(read if seen[key] == 1 else replace(read, name=f"{read.name} ({seen[key]})"))
    return tuple(distinct)


def refusal(
    source: str, sheet: Sheet, row: int, what: str, expected: str, hint: str = "", *, column: int | None = None
) -> FileFormatError:
    """Return the error for one place of a file."""
    place = sheet.place(row, column)
    return FileFormatError(Problem(file=source, place=place, what=what, expected=expected, hint=hint))
