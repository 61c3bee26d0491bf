"""What every form of layout has in common: keys, units in headers, and wells that are filled one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from avpi.errors import Problem, StudyError, nearest_word
from avpi.quantity import UNITS, normal_unit
from avpi.readings import well_name

_BRACKETS = re.compile(r"^(.*?)[\s_]*[(\[]\s*([^()\[\]]+?)\s*[)\]]$")
_SUFFIX = re.compile(r"^(.*?)[\s_]+((?:[A-Za-zµμ]{1,5}[_/])?[A-Za-zµμ]{1,3}L?)$")
_BARE_NUMBER = re.compile(r"^[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?$")
_SUFFIX_KINDS = ("concentration", "mass_concentration", "time")
_DOSE_STEMS = ("dose", "conc", "concentration")


@dataclass(kw_only=True)
class Entries:
    """The wells of a layout while it is read.

    Attributes
    ----------
    shape : rows and columns of the plate; None if nothing says it.
    wells, cells, keys : key -> value of each well; places of each well; place of each (well, key).
    """

    source: str
    shape: tuple[int, int] | None
    wells: dict[str, dict[str, str]] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    keys: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, at: tuple[int, int], key: str, value: str, place: str) -> None:
        """Give a well one value; an empty value leaves it as it is.

        Raises
        ------
        StudyError
            If the well is outside the plate or has a value for the key already.
        """
        if not value:
            return
        well = well_name(*at)
        if self.shape is not None and (at[0] >= self.shape[0] or at[1] >= self.shape[1]):
            rows, columns = self.shape
            last = well_name(rows - 1, columns - 1)
            what = f"'{value}' stands for well '{well}', which a {rows * columns}-well plate does not have"
            raise refusal(self.source, place, what, f"wells A01 to {last}", "Is it the layout of another plate format?")
        if (well, key) in self.keys:
            what = f"well '{well}' has '{key}' here a second time, first in {self.keys[well, key]}"
            raise refusal(self.source, place, what, "each well once")
        self.keys[well, key] = place
        self.wells.setdefault(well, {})[key] = value
        self.cells[well] = joined_places(self.cells.get(well, ""), place)

    def in_plate_order(self) -> tuple[Mapping[str, Mapping[str, str]], Mapping[str, str]]:
        """Return wells and places by row and column."""
        order = sorted(self.wells, key=lambda well: (len(well), well))
        return {w: self.wells[w] for w in order}, {w: self.cells[w] for w in order}


def joined_places(before: str, place: str) -> str:
    """Return two places as one text; "sheet 'a', cell B2" and "sheet 'b', cell B2" share their cell."""
    if not before or before == place:
        return place
    head, _, cell = before.rpartition(", ")
    other, _, other_cell = place.rpartition(", ")
    return f"{head} and {other}, {cell}" if head and cell == other_cell else f"{before}; {place}"


def snake_case(text: str) -> str:
    """Return a header, sheet name or parameter as a key: lower case, "_" between words."""
    return re.sub(r"[\W_]+", "_", text.strip().lower()).strip("_")


def key_and_unit(header: str, values: Iterable[str], source: str, place: str) -> tuple[str, str]:
    """Return key and unit of a header such as "dose_nM", "Dose (µM)" or "tnf_ng_mL"; no unit if it has none.

    A suffix is a unit only if it is spelled as one (case matters: nM is a concentration, nm a length) and every
    filled cell below is a bare number.

    Raises
    ------
    StudyError
        If a dose is given in something that is nearly a unit, such as "dose_nm".
    """
    if not all(_BARE_NUMBER.match(value) for value in values if value):
        return snake_case(header), ""
    match = _BRACKETS.match(header)
    if match and normal_unit(match[2]) in UNITS:
        return snake_case(match[1]), match[2]
    for match in filter(None, (_BRACKETS.match(header), _mass_suffix(header), _SUFFIX.match(header))):
        stem, unit = match[1], normal_unit(match[2].replace("_", "/"))
        if unit in UNITS and UNITS[unit][0] in _SUFFIX_KINDS and stem:
            return snake_case(stem), unit
        close = next((known for known in UNITS if known.lower() == unit.lower()), "")
        if close and snake_case(stem).endswith(_DOSE_STEMS):
            what = f"'{header}' gives the dose in '{match[2]}', which is no unit of a dose"
            raise refusal(source, place, what, "a unit such as nM, uM or ng/mL", f"Did you mean '{close}'?")
    return snake_case(header), ""


def with_unit(value: str, unit: str) -> str:
    """Return "100 nM" for a bare number under a header with a unit."""
    return f"{value} {unit}" if value and unit else value


def renamed(
    names: Iterable[str], columns: Mapping[str, str], source: str, kind: str, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return {name in the file: key} as ``columns`` (key -> name in the file) asks for it.

    Raises
    ------
    StudyError
        If ``columns`` names a column or sheet that the file does not have, or one for two keys.
    """
    by_form = {snake_case(name): name for name in names} | {snake_case(k): v for k, v in (extra or {}).items()}
    found: dict[str, str] = {}
    for key, wanted in columns.items():
        name = by_form.get(snake_case(wanted))
        if name is None:
            has = ", ".join(f"'{n}'" for n in names)
            hint = nearest_word(wanted, by_form.values())
            raise refusal(
                source, "", f"has no {kind} '{wanted}', which `columns` names for '{key}'", f"one of {has}", hint
            )
        if name in found:
            raise refusal(
                source, "", f"{kind} '{name}' is named for '{found[name]}' and for '{key}'", "one key for each"
            )
        found[name] = snake_case(key)
    return found


def refusal(source: str, place: str, what: str, expected: str = "", hint: str = "") -> StudyError:
    """Return the error for one fault of a layout."""
    return StudyError(Problem(file=source, place=place, what=what, expected=expected, hint=hint))


def _mass_suffix(header: str) -> re.Match[str] | None:
    return re.match(r"^(.*?)[\s_]+([a-zA-Zµμ]?g[\s_/][muµμ]?[lL])$", header)
