"""Documents of the Allotrope Simple Model as readings of plates, and files that only ``allotropy`` can read.

A second way for programs that have no reader here. It is trusted as a draft: what the model drops (names of reads,
what was left unread) cannot be checked. An error document means that its well has no value. EnVision plates that were
not read as a whole are refused: ``allotropy`` numbers the rows of an unlabelled matrix from A.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.readings import PLATE_SHAPES, Plate, PlateRead, PlateReading, ReadMode, parse_well

AGGREGATE = "plate reader aggregate document"
_VALUES: tuple[ReadMode, ...] = ("luminescence", "absorbance", "fluorescence")
_BY_ELECTRICITY = re.compile(r"electro-?chemi|methodical mind|meso scale|\bMSD\b", re.IGNORECASE)
_SATURATED = re.compile(r"ov(?:er)?f?r?fl|saturat|\bover\b|above", re.IGNORECASE)
_ENVISION = re.compile("envision", re.IGNORECASE)
_SMALL, _CAPITAL = re.compile(r"^[a-f]\d+$"), re.compile(r"^[A-Z]+\d+$")
_BMG = re.compile(r"\bBMG|\bMARS\b", re.IGNORECASE)
_OPTICS = ("detector wavelength setting", "excitation wavelength setting", "scan position setting (plate reader)")


@dataclass(kw_only=True)
class _Read:
    """One read while its wells are collected; nan is a well without a value."""

    mode: ReadMode
    unit: str
    wells: dict[tuple[int, int], float] = field(default_factory=dict)
    saturated: set[tuple[int, int]] = field(default_factory=set)


@dataclass(kw_only=True)
class _Collected:
    """One plate while its wells are collected."""

    well_count: int = 0
    measured_at: str = ""
    reads: dict[str, _Read] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """What the program that wrote a document decides for all its measurements."""

    by_electricity: bool
    small_after_z: bool
    source: str


def read_through_allotropy(path: Path, source: str, *, vendor: str) -> PlateReading:
    """Let ``allotropy`` read a file of a vendor that it knows, such as ``"BMG_MARS"``.

    Raises
    ------
    FileFormatError
        If ``allotropy`` is not installed, does not know the vendor or cannot read the file, or if what it returns
        cannot be placed on wells.
    """
    try:
        vendors: Any = importlib.import_module("allotropy.parser_factory").Vendor
        convert: Any = importlib.import_module("allotropy.to_allotrope").allotrope_from_file
    except ImportError as error:
        what = "was to be read through allotropy, which is not installed"
        raise FileFormatError(Problem(file=source, what=what, hint="pip install allotropy")) from error
    known = {one.name: one for one in vendors}
    if vendor.upper() not in known:
        what = f"allotropy knows no vendor '{vendor}'"
        raise FileFormatError(Problem(file=source, what=what, expected=f"one of {', '.join(sorted(known))}"))
    try:
        document = convert(str(path), known[vendor.upper()])
    except Exception as error:  # a file that it does not expect makes it fail in any way
        raise FileFormatError(Problem(file=source, what=f"allotropy cannot read it: {error}")) from error
    return asm_to_reading(document, source, written_by=vendor)


def asm_to_reading(document: dict[str, Any], source: str, *, written_by: str = "") -> PlateReading:
    """Return a plate reader document as a reading.

    Parameters
    ----------
    written_by : what else is known of the program that wrote the values.

    Raises
    ------
    FileFormatError
        If it is no such document, has no values of wells, names a well twice, or holds a part of an EnVision plate.
    """
    content = document.get(AGGREGATE)
    if not isinstance(content, dict):
        what, hint = "is no plate reader document of the Allotrope Simple Model", f"It begins with '{AGGREGATE}'."
        raise FileFormatError(Problem(file=source, what=what, hint=hint))
    system = content.get("data system document") or {}
    software = " ".join(str(system[key]) for key in ("software name", "software version") if system.get(key))
    said = f"{software} {written_by}"
    wells = {str(sample.get("location identifier", "")) for sample in _samples(content)}
    small_after_z = bool(_BMG.search(said)) or any(_CAPITAL.match(well) for well in wells)
    plates: dict[str, _Collected] = {}
    left_out: set[str] = set()
    rules = _Rules(by_electricity=bool(_BY_ELECTRICITY.search(said)), small_after_z=small_after_z, source=source)
    for aggregate in _aggregates(content):
        _collect(aggregate, plates, left_out, rules)
    plates = {name: plate for name, plate in plates.items() if plate.reads}
    if not plates:
        raise FileFormatError(Problem(file=source, what="holds no values of wells"))
    _refuse_unordered(plates, source)
    if _ENVISION.search(said):
        _refuse_parts(plates, source)
    caveats = [
        Caveat(code="through_allotropy", text="Read through the Allotrope Simple Model, unchecked well by well.")
    ]
    if left_out:
        text = f"Left out, since the model keeps them as curves: {', '.join(sorted(left_out))}."
        caveats.append(Caveat(code="curves_left_out", text=text))
    return PlateReading(
        reader=f"Allotrope Simple Model ({software or written_by or 'program not named'})",
        trust="draft",
        plates=tuple(_plate(name, plate) for name, plate in plates.items()),
        source=source,
        caveats=tuple(caveats),
    )


def _aggregates(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in content.get("plate reader document") or ():
        aggregate = one.get("measurement aggregate document")
        if isinstance(aggregate, dict):
            yield aggregate


def _samples(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for aggregate in _aggregates(content):
        for one in aggregate.get("measurement document") or ():
            yield one.get("sample document") or {}


def _place(well: str, *, small_after_z: bool) -> tuple[int, int] | None:
    """Return the place of a well; in BMG's files, and beside capital letters, a small one is a row after Z."""
    return parse_well(f"A{well}" if small_after_z and _SMALL.match(well) else well)


def _collect(aggregate: dict[str, Any], plates: dict[str, _Collected], left_out: set[str], rules: _Rules) -> None:
    """Add the measurements of one document to their plates."""
    source = rules.source
    seen: dict[tuple[str, str, str], int] = {}
    for one in aggregate.get("measurement document") or ():
        sample = one.get("sample document") or {}
        left_out |= {key for key in one if key.endswith("data cube")}
        value_name = next((name for name in _VALUES if name in one), None) or _failed(one)
        if value_name is None:
            continue
        well = str(sample.get("location identifier", ""))
        place = _place(well, small_after_z=rules.small_after_z)
        if place is None:
            what = f"a value stands at '{well}', which is no well"
            raise FileFormatError(Problem(file=source, place=one.get("measurement identifier", ""), what=what))
        plate_name = str(sample.get("well plate identifier") or "1")
        plate = plates.setdefault(plate_name, _Collected())
        plate.well_count = int((aggregate.get("plate well count") or {}).get("value") or 0)
        plate.measured_at = plate.measured_at or str(aggregate.get("measurement time", ""))
        title, detection = _title(one, value_name)
        # A well that was read twice in the same way, as in a kinetic, has its reads in order.
        repeat = seen[plate_name, well, title] = seen.get((plate_name, well, title), 0) + 1
        name = title if repeat == 1 else f"{title} ({repeat})"
        value = one.get(value_name) or {}
        electric = value_name == "luminescence" and (rules.by_electricity or _BY_ELECTRICITY.search(detection))
        mode: ReadMode = "electrochemiluminescence" if electric else value_name
        read = plate.reads.setdefault(name, _Read(mode=mode, unit=""))
        read.unit = read.unit or str(value.get("unit", ""))
        if place in read.wells:
            what = f"well '{well}' of plate '{plate_name}' stands twice in '{name}'"
            raise FileFormatError(Problem(file=source, what=what, expected="each well once"))
        read.wells[place] = _value(one, value)
        if any(_SATURATED.search(text) for text in _errors(one)):
            read.saturated.add(place)


def _errors(measurement: dict[str, Any]) -> list[str]:
    documents = (measurement.get("error aggregate document") or {}).get("error document") or ()
    return [str(one.get("error", "")) for one in documents]


def _failed(measurement: dict[str, Any]) -> ReadMode | None:
    """Return what a measurement without a value was to measure: the feature that its error names."""
    documents = (measurement.get("error aggregate document") or {}).get("error document") or ()
    features = {str(one.get("error feature", "")).lower() for one in documents}
    return next((name for name in _VALUES if name in features), None)


def _value(measurement: dict[str, Any], value: dict[str, Any]) -> float:
    """Return the value; nan where an error document stands beside it, or the negative zero that stands for none."""
    number = value.get("value")
    if _errors(measurement) or not isinstance(number, int | float):
        return math.nan
    return math.nan if number == 0 and math.copysign(1, number) < 0 else float(number)


def _title(measurement: dict[str, Any], value_name: str) -> tuple[str, str]:
    """Return a name of the read from its optics, and the detection type."""
    documents = (measurement.get("device control aggregate document") or {}).get("device control document") or [{}]
    control = documents[0]
    optics = [control[key] for key in _OPTICS if key in control]
    texts = [f"{o['value']:g} {o.get('unit', '')}".strip() if isinstance(o, dict) else str(o) for o in optics]
    own = str(control.get("device identifier", ""))
    detection = str(control.get("detection type", ""))
    return " ".join(filter(None, (own if own not in ("", "N/A") else detection or value_name, *texts))), detection


def _refuse_unordered(plates: dict[str, _Collected], source: str) -> None:
    """Refuse reads that differ in their order alone, if a well lacks one of them: it cannot be told which."""
    for name, plate in plates.items():
        for title, read in plate.reads.items():
            first = plate.reads.get(re.sub(r" \(\d+\)$", "", title), read)
            if first.wells.keys() != read.wells.keys():
                what = f"plate '{name}' has '{title}' in {len(read.wells)} wells, the read before in {len(first.wells)}"
                expected = "reads of one kind in the same wells, since the model keeps no names of reads"
                raise FileFormatError(Problem(file=source, what=what, expected=expected))


def _refuse_parts(plates: dict[str, _Collected], source: str) -> None:
    for name, plate in plates.items():
        for title, read in plate.reads.items():
            if len(read.wells) != plate.well_count:
                what = f"plate '{name}' has {len(read.wells)} of {plate.well_count} wells in '{title}'"
                expected = "every well: allotropy numbers the rows of a part of an EnVision plate from A"
                hint = "Read the export itself: avpi plate read FILE."
                raise FileFormatError(Problem(file=source, what=what, expected=expected, hint=hint))


def _plate(name: str, plate: _Collected) -> Plate:
    places = [place for read in plate.reads.values() for place in read.wells]
    rows, columns = max(row for row, _ in places) + 1, max(column for _, column in places) + 1
    # The count is often that of the columns in the file times its rows: 104 for a line that ends in a comma.
    fitting = [shape for shape in PLATE_SHAPES if shape[0] >= rows and shape[1] >= columns]
    shape = next((one for one in fitting if one[0] * one[1] == plate.well_count), fitting[0])
    reads: list[PlateRead] = []
    for title, read in plate.reads.items():
        values, overflow = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
        for place, value in read.wells.items():
            values[place] = value
        for place in read.saturated:
            overflow[place] = True
        reads.append(
            PlateRead(name=title, kind="measured", mode=read.mode, unit=read.unit, values=values, overflow=overflow)
        )
    return Plate(name=name, barcode="", measured_at=plate.measured_at, reads=tuple(reads))
