"""What a dispenser put into wells, and the layout that follows from it: real concentrations, failed wells marked.

A well that holds one compound has ``reagent`` and ``dose``, several compounds are one ``condition``
("birinapant 100 nM + TNF 10 ng/mL"), and a well that got only the vehicle is that. Where no concentration is known,
what was transferred is said and nothing that could be taken for a dose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from avpi.errors import nearest_word
from avpi.estimate import Caveat
from avpi.formats.layout_entries import Entries, refusal
from avpi.quantity import read_number
from avpi.readings import parse_well, well_name

VEHICLE_NAMES = frozenset({"dmso", "vehicle", "water", "h2o", "ethanol", "pbs", "backfill"})
"""Fluids that are no compound, whatever "concentration" the program keeps of them."""

NL_PER_UL = 1000.0
_STOCK = re.compile(r"^(?P<number>[\d.,]+(?:[eE][+-]?\d+)?)\s*(?P<unit>[^\s\d].*)$")
SIGNIFICANT_DIGITS = 12
"""Digits of a concentration that are written; dispensers keep more than they can dispense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispensed:
    """One compound in one well.

    Attributes
    ----------
    compound : name as the file has it.
    concentration, unit : in the well; None and empty where the file gives volumes only.
    volume_nl : volume of stock dispensed, None where unknown.
    """

    compound: str
    concentration: float | None = None
    unit: str = ""
    volume_nl: float | None = None

    @property
    def is_vehicle(self) -> bool:
        """True for a solvent."""
        return self.compound.strip().lower() in VEHICLE_NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class DispensedPlate:
    """One destination plate of a dispenser's record.

    Attributes
    ----------
    name, names : its name, and every other name it may be asked for by (barcode, number).
    shape : rows and columns, None where the record does not say.
    wells : well (row, column from 0) -> what it got.
    failed : well -> why it did not get what it should.
    backfill_nl : well -> volume of vehicle that levels the wells.
    places : well -> where in the file it stands.
    """

    name: str
    names: tuple[str, ...]
    shape: tuple[int, int] | None
    wells: Mapping[tuple[int, int], Sequence[Dispensed]]
    failed: Mapping[tuple[int, int], str] = field(default_factory=dict)
    backfill_nl: Mapping[tuple[int, int], float] = field(default_factory=dict)
    places: Mapping[tuple[int, int], str] = field(default_factory=dict)


def choose_plate(plates: Sequence[DispensedPlate], wanted: str | None, source: str) -> DispensedPlate:
    """Return the plate that a study asks for, or the only one.

    Raises
    ------
    StudyError
        If there are several and none is named, or none has the name.
    """
    if wanted is None:
        if len(plates) == 1:
            return plates[0]
        listed = ", ".join(f"'{plate.name}'" for plate in plates)
        what = f"describes {len(plates)} plates ({listed})"
        raise refusal(
            source, "", what, "the name of one of them", f"Say which: `columns: {{plate: {plates[0].name}}}`."
        )
    plain = wanted.strip().lower()
    found = [plate for plate in plates if plain in (name.lower() for name in (plate.name, *plate.names))]
    if len(found) == 1:
        return found[0]
    names = [plate.name for plate in plates]
    what = f"has {len(found) or 'no'} plate{'s' if found else ''} '{wanted}'"
    raise refusal(source, "", what, f"one of {', '.join(names)}", nearest_word(wanted, names))


def add_to_entries(plate: DispensedPlate, entries: Entries) -> tuple[Caveat, ...]:
    """Give every well of a plate its entry and return what must be known of it.

    Raises
    ------
    StudyError
        If a well is outside the plate.
    """
    if entries.shape is None:
        entries.shape = plate.shape
    unknown: list[str] = []
    for at in sorted({*plate.wells, *plate.failed, *plate.backfill_nl}):
        place = plate.places.get(at, f"plate '{plate.name}', well {well_name(*at)}")
        for key, text in _entry(plate, at).items():
            entries.add(at, key, text, place)
        if any(one.concentration is None and not one.is_vehicle for one in plate.wells.get(at, ())):
            unknown.append(well_name(*at))
    caveats: list[Caveat] = []
    if plate.failed:
        wells = ", ".join(f"{well_name(*at)} ({why})" for at, why in sorted(plate.failed.items()))
        text = f"The dispenser failed in these wells, which are left out: {wells}."
        caveats.append(Caveat(code="failed_transfers", text=text))
    if unknown:
        text = f"The record gives volumes and no concentrations for {len(unknown)} wells, such as {unknown[0]}."
        caveats.append(Caveat(code="concentration_unknown", text=text))
    return tuple(caveats)


def _entry(plate: DispensedPlate, at: tuple[int, int]) -> dict[str, str]:
    contents = [one for one in plate.wells.get(at, ()) if not one.is_vehicle]
    volume = sum(one.volume_nl or 0.0 for one in plate.wells.get(at, ()))
    about = {"transferred_nl": f"{volume:.6g}"} if volume else {}
    if backfill := plate.backfill_nl.get(at):
        about["backfill_nl"] = f"{backfill:.6g}"
    if why := plate.failed.get(at):
        return {"role": "empty", "failed": why, **about}
    if any(one.concentration is None for one in contents):
        return {"transferred": " + ".join(one.compound for one in contents), **about}
    dosed = [one for one in contents if one.concentration]
    if not dosed:
        return {"reagent": "DMSO", **about}
    if len(dosed) == 1:
        return {"reagent": dosed[0].compound, "dose": dose_text(dosed[0]), **about}
    return {"condition": " + ".join(f"{one.compound} {dose_text(one)}" for one in dosed), **about}


def dose_text(one: Dispensed) -> str:
    """Return "0.3 uM"."""
    return f"{one.concentration:.{SIGNIFICANT_DIGITS}g} {one.unit}".strip()


def with_stocks(
    plate: DispensedPlate, stocks: Mapping[str, tuple[float, str]], assay_volume_nl: float
) -> DispensedPlate:
    """Return the plate with the concentrations that volumes of known stocks give.

    Parameters
    ----------
    stocks : compound -> (concentration, unit) of what the dispenser took.
    assay_volume_nl : volume of the well after dispensing; the final concentration is stock x transferred / this.
    """

    def known(one: Dispensed) -> Dispensed:
        if one.concentration is not None or one.volume_nl is None or one.compound not in stocks:
            return one
        stock, unit = stocks[one.compound]
        concentration = stock * one.volume_nl / assay_volume_nl
        return Dispensed(compound=one.compound, concentration=concentration, unit=unit, volume_nl=one.volume_nl)

    wells = {at: tuple(map(known, contents)) for at, contents in plate.wells.items()}
    return DispensedPlate(
        name=plate.name,
        names=plate.names,
        shape=plate.shape,
        wells=wells,
        failed=plate.failed,
        backfill_nl=plate.backfill_nl,
        places=plate.places,
    )


def with_known_stocks(
    plates: Sequence[DispensedPlate], stocks: Mapping[str, str], assay_volume_ul: float | None, source: str
) -> list[DispensedPlate]:
    """Return the plates with the concentrations that stocks such as ``{"birinapant": "10 mM"}`` give.

    Raises
    ------
    StudyError
        If a stock is no concentration, is of no compound of the file, or the volume of the wells is not given.
    """
    if not stocks:
        return list(plates)
    if assay_volume_ul is None:
        hint = "Give the volume of a well after dispensing, such as 'assay_volume_ul: 50'"
        raise refusal(source, "", "has `stocks` beside it and no `assay_volume_ul`", hint=hint)
    found = {one.compound for plate in plates for contents in plate.wells.values() for one in contents}
    read: dict[str, tuple[float, str]] = {}
    for compound, text in stocks.items():
        if compound not in found:
            what = f"dispenses no '{compound}', which `stocks` names"
            raise refusal(source, "", what, hint=nearest_word(compound, found))
        stock = _STOCK.match(text.strip())
        if stock is None:
            what = f"'{text}' is no stock of '{compound}'"
            raise refusal(source, "", what, "a concentration such as '10 mM' or '5 µg/mL'")
        read[compound] = (read_number(stock["number"]), stock["unit"])
    return [with_stocks(plate, read, assay_volume_ul * NL_PER_UL) for plate in plates]


def well_of_text(text: str, source: str, place: str) -> tuple[int, int]:
    """Return the well that a text names.

    Raises
    ------
    StudyError
        If it names none.
    """
    at = parse_well(text)
    if at is None:
        raise refusal(source, place, f"'{text}' is no well of a plate", "a well such as 'A01', up to 'AF48'")
    return at
