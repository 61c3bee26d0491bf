"""Run reports of Echo acoustic dispensers (Labcyte, Beckman): csv with the sections [DETAILS] and [EXCEPTIONS].

Each line is a transfer; volumes are in nanolitres. A transfer that stands among the exceptions, has a status, or gave
less than it should have marks its well as failed. Concentrations are taken where the report has them; otherwise the
layout says what was transferred, and the stocks must be given by somebody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from avpi.formats.decimals import parse_number
from avpi.formats.dispensed import Dispensed, DispensedPlate, well_of_text
from avpi.formats.layout_entries import refusal
from avpi.formats.plate_sections import plate_size_named
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.quantity import UNITS, normal_unit

DETAILS, EXCEPTIONS = "[DETAILS]", "[EXCEPTIONS]"
LEAST_SHARE = 0.95
"""Share of the asked volume below which a transfer has failed (assumed: the instrument's own tolerance is 8-10 %
for single drops, and it reports the volume that it believes to have sent)."""

_WELL, _PLATE, _BARCODE = "Destination Well", "Destination Plate Name", "Destination Plate Barcode"


@dataclass(kw_only=True)
class _Filling:
    """A destination plate while the report is read."""

    names: tuple[str, ...]
    types: set[str] = field(default_factory=set)
    wells: dict[tuple[int, int], dict[str, Dispensed]] = field(default_factory=dict)
    failed: dict[tuple[int, int], str] = field(default_factory=dict)
    places: dict[tuple[int, int], str] = field(default_factory=dict)


def is_echo(file: Spreadsheet) -> bool:
    """Return True if a file has the sections and columns of a run report."""
    for sheet in file.sheets:
        firsts = {texts[0] for texts in sheet.texts if texts}
        if firsts & {DETAILS, EXCEPTIONS} and any(_WELL in texts for texts in sheet.texts):
            return True
    return False


def read_echo(file: Spreadsheet) -> list[DispensedPlate]:
    """Read every destination plate of a run report.

    Raises
    ------
    StudyError
        If a transfer names no well, its volume is no number, or the report has no transfer.
    """
    plates: dict[tuple[str, str], _Filling] = {}
    for sheet in file.sheets:
        _read_sheet(sheet, file.source, plates)
    if not plates:
        raise refusal(file.source, "", "is a run report without a single transfer", "lines below [DETAILS]")
    made: list[DispensedPlate] = []
    for (name, barcode), filling in plates.items():
        reached = {*filling.wells, *filling.failed}
        size = (1 + max(r for r, _ in reached), 1 + max(c for _, c in reached))
        made.append(
            DispensedPlate(
                name=name or barcode,
                names=tuple(filter(None, (name, barcode))),
                shape=plate_size_named(" ".join(filling.types).replace("_", " "), size),
                wells={at: tuple(contents.values()) for at, contents in filling.wells.items()},
                failed=filling.failed,
                places=filling.places,
            )
        )
    names = [plate.name for plate in made]
    if len(set(names)) < len(names):
        what = f"has several plates of the name '{next(n for n in names if names.count(n) > 1)}'"
        raise refusal(file.source, "", what, "names that differ", "Ask for the plate by its barcode.")
    return made


def _read_sheet(sheet: Sheet, source: str, plates: dict[tuple[str, str], _Filling]) -> None:
    section = ""
    keys: tuple[str, ...] = ()
    for row, texts in enumerate(sheet.texts):
        head = texts[0] if texts else ""
        if head in (DETAILS, EXCEPTIONS):
            section, keys = head, ()
        elif section and not keys and _WELL in texts:
            keys = texts
        elif section and keys:
            if sheet.is_empty(row) or sum(bool(text) for text in texts) <= len("kv"):
                section = ""
                continue
            record = {key: text for key, text in zip(keys, texts, strict=False) if key}
            _transfer(record, section, source, sheet.place(row), plates)


def _transfer(
    record: Mapping[str, str], section: str, source: str, place: str, plates: dict[tuple[str, str], _Filling]
) -> None:
    key = (record.get(_PLATE, ""), record.get(_BARCODE, ""))
    filling = plates.setdefault(key, _Filling(names=tuple(filter(None, key))))
    filling.types.add(record.get("Destination Plate Type", ""))
    at = well_of_text(record.get(_WELL, ""), source, place)
    filling.places.setdefault(at, place)
    asked = _volume(record, "Transfer Volume", source, place)
    gave = _volume(record, "Actual Volume", source, place) if record.get("Actual Volume") else asked
    why = record.get("Transfer Status", "")
    if section == EXCEPTIONS or why or gave < LEAST_SHARE * asked:
        filling.failed.setdefault(at, why or f"{gave:g} of {asked:g} nL")
        return
    compound = record.get("Sample Name") or record.get("Sample ID") or _source_well(record)
    concentration, unit = _concentration(record, source, place)
    before = filling.wells.setdefault(at, {}).get(compound)
    if before is not None:
        # A concentration that the report gives is that of the well; volumes of several shots add up.
        gave += before.volume_nl or 0.0
    filling.wells[at][compound] = Dispensed(compound=compound, concentration=concentration, unit=unit, volume_nl=gave)


def _source_well(record: Mapping[str, str]) -> str:
    plate = record.get("Source Plate Barcode") or record.get("Source Plate Name", "")
    return f"{plate} {record.get('Source Well', '')}".strip()


def _concentration(record: Mapping[str, str], source: str, place: str) -> tuple[float | None, str]:
    text = record.get("Destination Concentration", "")
    if not text:
        return None, ""
    unit = normal_unit(record.get("Destination Concentration Units", ""))
    value = parse_number(text, ".")
    if value is None or unit not in UNITS:
        raise refusal(source, place, f"'{text} {unit}' is no concentration", "a number with a unit such as uM")
    return value, unit


def _volume(record: Mapping[str, str], key: str, source: str, place: str) -> float:
    value = parse_number(record.get(key, ""), ".")
    if value is None:
        raise refusal(source, place, f"'{record.get(key, '')}' is no {key.lower()}", "a number of nanolitres")
    return value
