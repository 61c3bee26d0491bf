"""Protocols of the D300 and D300e Digital Dispenser (HP, Tecan): .tdd, which is XML.

Rows and columns are counted from 0. A value in a well is the final concentration in the protocol's unit, or by mass
for fluids that are dosed so; a fluid dosed by volume has a volume instead. The stock's number is in the protocol's
unit as well, and the unit beside it is only how the program shows it. Vehicle is levelled by backfills, which may be
all that a control well gets.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from avpi.formats.dispensed import Dispensed, DispensedPlate
from avpi.formats.layout_entries import refusal
from avpi.quantity import UNITS, normal_unit
from avpi.readings import PLATE_SHAPES, well_name

MOST_BYTES = 50_000_000
"""Larger files are refused unread (assumed: hundreds of 384-well plates stay below it)."""

_NL = {"nL": 1.0, "uL": 1e3, "mL": 1e6, "pL": 1e-3}
_TO_MAX = "ToMaxVolume"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fluid:
    """One fluid: its stock in the protocol's unit, and how its wells are dosed."""

    name: str
    stock: float | None
    unit: str
    by_volume: bool


def is_d300(raw: bytes) -> bool:
    """Return True if a file begins as a D300 protocol."""
    head = raw[:600]
    return b"<Protocol" in head and (b"<Fluids" in raw[:4000] or b"<VolumeUnit" in head or b"<Version" in head)


def read_d300(path: Path, source: str) -> list[DispensedPlate]:
    """Read every plate of a protocol.

    Raises
    ------
    StudyError
        If the file is no D300 protocol, wells were shuffled after it was written, or a value or well is not readable.
    """
    raw = path.read_bytes()
    if len(raw) > MOST_BYTES or b"<!ENTITY" in raw or b"<!DOCTYPE" in raw:
        raise refusal(source, "", "is no D300 protocol: it is too large or defines entities", "a .tdd file")
    try:
        root = ElementTree.fromstring(raw)
    except ElementTree.ParseError as error:
        hint = "Export or copy the file again."
        raise refusal(
            source, "", f"is no complete D300 protocol ({error})", "XML as the D300 writes it", hint
        ) from None
    volume_factor = _NL.get(normal_unit(_text(root, "VolumeUnit") or "nL"))
    if volume_factor is None:
        raise refusal(source, "VolumeUnit", f"'{_text(root, 'VolumeUnit')}' is no unit of a volume", "nL, uL or mL")
    fluids = {element.get("ID", ""): _fluid(element, root, source) for element in root.iterfind("Fluids/Fluid")}
    plates = list(root.iterfind("Plates/Plate"))
    if not plates:
        raise refusal(source, "", "is a D300 protocol without a plate", "at least one plate")
    backfilled = dict(_backfilled(root, source))
    return [
        _plate(element, number, fluids, volume_factor, backfilled.get(number, set()), source)
        for number, element in enumerate(plates)
    ]


def _fluid(element: ElementTree.Element, root: ElementTree.Element, source: str) -> _Fluid:
    shown = normal_unit(_text(element, "ConcentrationUnit").replace("_", "/"))
    by_mass = shown in UNITS and UNITS[shown][0] == "mass_concentration"
    tag = "MassConcentrationUnit" if by_mass else "MolarityConcentrationUnit"
    unit = normal_unit((_text(root, tag) or _text(root, "ConcentrationUnit")).replace("_", "/"))
    if unit not in UNITS:
        raise refusal(source, tag, f"'{unit}' is no unit of a concentration", "a unit such as uM or ng/mL")
    stock = _text(element, "Concentration")
    return _Fluid(
        name=_text(element, "Name") or f"fluid {element.get('ID', '')}",
        stock=_number(stock, source, f"fluid {element.get('ID')}") if stock else None,
        unit=unit,
        by_volume=_text(element, "ByVol").lower() == "true",
    )


def _plate(
    element: ElementTree.Element,
    number: int,
    fluids: Mapping[str, _Fluid],
    volume_factor: float,
    backfilled: set[tuple[int, int]],
    source: str,
) -> DispensedPlate:
    name = _text(element, "Name") or str(number + 1)
    here = f"plate {number + 1}"
    randomised = element.find("Randomize")
    if randomised is not None and (len(randomised) or (randomised.text or "").strip().lower() not in ("", "false")):
        what = "the wells of this plate were shuffled, and where they went is not in the protocol"
        raise refusal(source, here, what, "a protocol without randomisation", "Use the dispenser's report of the run.")
    rows, columns = (_count(_text(element, tag), source, here, tag) for tag in ("Rows", "Cols"))
    shape = (rows, columns) if (rows, columns) in PLATE_SHAPES else None
    assay_nl = _number(_text(element, "AssayVolume") or "0", source, here) * volume_factor
    wells: dict[tuple[int, int], tuple[Dispensed, ...]] = {}
    places: dict[tuple[int, int], str] = {}
    for well in element.iterfind("Wells/Well"):
        at = tuple(_count(well.get(key, ""), source, here, key) for key in ("Row", "Col"))
        if at[0] >= rows or at[1] >= columns:
            what = f"row {at[0]}, column {at[1]} (counted from 0) is outside a plate of {rows} x {columns} wells"
            raise refusal(source, here, what, "a well of the plate")
        position = (at[0], at[1])
        if position in wells:
            raise refusal(source, here, f"well '{well_name(*position)}' stands here a second time", "each well once")
        place = f"{here}, well {well_name(*position)}"
        wells[position] = tuple(
            _dispensed(given, fluids, assay_nl, volume_factor, source, place) for given in well.iterfind("Fluid")
        )
        places[position] = place
    for position in backfilled - set(wells):
        wells[position] = ()
    return DispensedPlate(
        name=name,
        names=tuple(dict.fromkeys((str(number + 1), f"P{number + 1}", f"plate {number + 1}"))),
        shape=shape,
        wells=wells,
        backfill_nl=_levelled(wells, backfilled),
        places=places,
    )


def _dispensed(
    given: ElementTree.Element,
    fluids: Mapping[str, _Fluid],
    assay_nl: float,
    volume_factor: float,
    source: str,
    place: str,
) -> Dispensed:
    fluid = fluids.get(given.get("ID", ""))
    if fluid is None:
        raise refusal(source, place, f"fluid '{given.get('ID', '')}' is not in the list of fluids", "a known fluid")
    value = _number((given.text or "").strip(), source, place)
    if fluid.by_volume:
        volume = value * volume_factor
        known = fluid.stock is not None and assay_nl > 0
        concentration = (fluid.stock or 0.0) * volume / assay_nl if known else None
        return Dispensed(compound=fluid.name, concentration=concentration, unit=fluid.unit, volume_nl=volume)
    volume_nl = value * assay_nl / fluid.stock if fluid.stock and assay_nl > 0 else None
    return Dispensed(compound=fluid.name, concentration=value, unit=fluid.unit, volume_nl=volume_nl)


def _backfilled(root: ElementTree.Element, source: str) -> Iterator[tuple[int, set[tuple[int, int]]]]:
    """Yield plate number (from 0) and wells of every backfill."""
    found: dict[int, set[tuple[int, int]]] = {}
    for backfill in root.iterfind("Backfills/Backfill"):
        kind = _text(backfill, "Type") or backfill.get("Type", "") or _TO_MAX
        if kind != _TO_MAX:
            raise refusal(source, "Backfills", f"'{kind}' is a backfill that is not known", f"'{_TO_MAX}'")
        for well in backfill.iter("Well"):
            plate, row, column = (
                _count(well.get(short, well.get(long, "0" if short == "P" else "")), source, "Backfills", long)
                for short, long in (("P", "Plate"), ("R", "Row"), ("C", "Col"))
            )
            found.setdefault(plate, set()).add((row, column))
    yield from found.items()


def _levelled(
    wells: Mapping[tuple[int, int], tuple[Dispensed, ...]], backfilled: set[tuple[int, int]]
) -> dict[tuple[int, int], float]:
    """Return the vehicle that brings every backfilled well to the volume of the fullest."""
    totals = {at: sum(one.volume_nl or 0.0 for one in wells[at]) for at in backfilled}
    most = max(totals.values(), default=0.0)
    return {at: most - total for at, total in totals.items()}


def _text(element: ElementTree.Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _number(text: str, source: str, place: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < float("inf"):
        raise refusal(source, place, f"'{text}' is no concentration or volume", "a number that is not negative")
    return value


def _count(text: str, source: str, place: str, what: str) -> int:
    if not text.isdecimal():
        message = f"'{text}' is no number of a {what.lower()}"
        raise refusal(source, place, message, "a whole number")
    return int(text)
