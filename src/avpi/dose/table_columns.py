"""What the columns of a table of doses and responses mean, from their names and from what was said about them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from avpi.errors import InputError, Problem, nearest_word
from avpi.quantity import UNITS, normal_unit

Scale = Literal["fraction", "percent", "raw"]

SCALES = ("fraction", "percent", "raw")
CURVE_WORDS = ("curve", "curve_id")
"""A column of this name alone says which curve a row is of."""
PARTS = (
    "study", "experiment", "experiment_id", "plate", "plate_id", "barcode", "batch", "compound", "compound_id",
    "compound_name", "drug", "drug_id", "drug_name", "agent", "treatment", "line", "cell", "cells", "cellline",
    "cell_line", "cell_line_id", "cell_line_name", "cell_name", "clone", "strain", "patient", "patient_id", "donor",
    "donor_id", "genotype", "protein", "target", "peptide", "assay", "readout", "time", "timepoint", "hours",
)  # fmt: skip
"""Columns that together say which curve a row is of. A replicate, a well or a day of reading is none of them: those
are within a curve unless somebody says otherwise."""
COMPOUND_WORDS = ("compound", "compound_id", "compound_name", "drug", "drug_id", "drug_name", "agent")
"""Columns without whose word a dose is a dose of nothing."""
DOSE_WORDS = ("dose", "concentration", "conc")
RESPONSE_WORDS = (
    "response", "viability", "relative_viability", "remaining", "survival", "activity", "inhibition",
)  # fmt: skip
WEIGHT_WORDS = ("weight", "weights")
UNIT_COLUMNS = ("dose_unit", "concentration_unit", "conc_unit", "dose_units", "concentration_units")
MOLAR = {name: factor for name, (kind, factor) in UNITS.items() if kind == "concentration"}
PERCENT_MARKS = ("percent", "pct")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumns:
    """Which column holds what.

    Attributes
    ----------
    curve : rows that agree in all of these are one curve.
    dose, response : of each well.
    weight : relative inverse variance of each well; empty for equal ones.
    dose_unit : molar of one unit of the dose; nan where ``unit_column`` says it row by row.
    log10_dose : whether the dose is the logarithm to the base 10 of so many units.
    unit_column : holds the unit of each dose; empty where all have one.
    scale : of the control's 1, its 100 %, or whatever the instrument gave.
    others : what else there is.
    """

    curve: tuple[str, ...]
    dose: str
    response: str
    weight: str
    dose_unit: float
    log10_dose: bool
    unit_column: str
    scale: Scale
    others: tuple[str, ...]

    @property
    def compounds(self) -> tuple[str, ...]:
        """Columns that name a curve and must hold a word where there is a dose: the compound's, else all together."""
        return tuple(name for name in self.curve if _plain(name) in COMPOUND_WORDS)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Columns that must hold numbers."""
        return tuple(filter(None, (self.dose, self.response, self.weight)))


def find_columns(
    columns: Sequence[str],
    *,
    curve: Sequence[str] = (),
    dose: str = "",
    response: str = "",
    weight: str = "",
    dose_unit: str = "",
    scale: str = "",
    source: str = "table",
) -> TableColumns:
    """Return what the columns of a table mean.

    Parameters
    ----------
    columns : every name.
    curve, dose, response, weight : names, where they are not to be found by their words.
    dose_unit : such as ``"nM"`` or ``"log10 M"``, where neither the column's name nor another column says it.
    scale : ``"fraction"``, ``"percent"`` or ``"raw"``; without one a name such as ``viability_percent`` says
        it, else it is a fraction.
    source : of the table, for messages.

    Raises
    ------
    InputError
        With everything that is missing, ambiguous or unknown.
    """
    return _Finder(columns, source).find(curve, dose, response, weight, dose_unit, scale)


class _Finder:
    def __init__(self, columns: Sequence[str], source: str) -> None:
        self.columns, self.source = list(columns), source
        self.problems: list[Problem] = []

    def find(
        self, curve: Sequence[str], dose: str, response: str, weight: str, dose_unit: str, scale: str
    ) -> TableColumns:
        self._require_names()
        dose = self._named(dose, "dose") or self._one([c for c in self.columns if _dose_name(c)[0]], "dose")
        response = self._named(response, "response") or self._one(
            [c for c in self.columns if _response_name(c)[0]], "response"
        )
        weight = self._named(weight, "weight") or next((c for c in self.columns if _plain(c) in WEIGHT_WORDS), "")
        unit_column = next((c for c in self.columns if _plain(c) in UNIT_COLUMNS), "")
        factor, log10, unit_column = self._dose_unit(dose, dose_unit, unit_column)
        own = self._scale(response, scale)
        used = {dose, response, weight, unit_column}
        keys = self._curve(curve, used)
        if self.problems:
            raise InputError(self.problems)
        return TableColumns(
            curve=keys,
            dose=dose,
            response=response,
            weight=weight,
            dose_unit=factor,
            log10_dose=log10,
            unit_column=unit_column,
            scale=own,
            others=tuple(c for c in self.columns if c not in used and c not in keys),
        )

    def _require_names(self) -> None:
        if not self.columns:
            raise InputError(Problem(file=self.source, what="it has no columns", expected="a header and rows below it"))
        twice = [name for name, count in Counter(self.columns).items() if count > 1]
        if twice:
            what = f"{_listed(twice)} stands more than once in the header"
            hint = "Give each column a name of its own"
            raise InputError(Problem(file=self.source, place="header", what=what, hint=hint))

    def _named(self, name: str, role: str) -> str:
        if name and name not in self.columns:
            what = f"there is no column '{name}' for the {role}"
            hint = nearest_word(name, self.columns) or f"Columns: {_listed(self.columns)}"
            self.problems.append(Problem(file=self.source, what=what, hint=hint))
        return name

    def _one(self, found: list[str], role: str) -> str:
        if len(found) == 1:
            return found[0]
        options = f"Say which with '--column {role}=NAME'"
        if found:
            what = f"{_listed(found)} may each be the {role}"
            self.problems.append(Problem(file=self.source, place="header", what=what, hint=options))
        else:
            words = {"dose": "'dose_nM' or 'concentration_uM'", "response": "'response' or 'viability'"}[role]
            what = f"no column is named as a {role}: there are {_listed(self.columns)}"
            self.problems.append(
                Problem(file=self.source, place="header", what=what, expected=f"one such as {words}", hint=options)
            )
        return ""

    def _curve(self, names: Sequence[str], used: set[str]) -> tuple[str, ...]:
        if names:
            for name in names:
                self._named(name, "curve")
                if name in used:
                    what = f"'{name}' cannot say which curve a row is of: it is the dose, response, weight or unit"
                    self.problems.append(Problem(file=self.source, what=what))
            return tuple(dict.fromkeys(names))
        free = [c for c in self.columns if c not in used]
        found = [c for c in free if _plain(c) in CURVE_WORDS] or [c for c in free if _plain(c) in PARTS]
        if not found:
            what = f"no column says which curve a row is of: there are {_listed(self.columns)}"
            expected = "'curve', or columns such as 'compound' and 'cell_line'"
            hint = "Name them with '--curve COLUMN', once for each; if all rows are one curve, add a column 'curve'"
            self.problems.append(Problem(file=self.source, place="header", what=what, expected=expected, hint=hint))
        return tuple(found)

    def _dose_unit(self, dose: str, said: str, unit_column: str) -> tuple[float, bool, str]:
        _, in_name, log10 = _dose_name(dose)
        word = said.strip()
        if logarithm := re.match(r"(?i)log(?:10|_10)?\b[\s_]*", word):
            if not logarithm[0].lower().startswith(("log10", "log_10")):
                self._problem("--dose-unit", f"'{said}' does not say which logarithm", "such as 'log10 M'")
            word, log10 = word[logarithm.end() :], True
        own = word or in_name
        if word and in_name and _molar(word) != _molar(in_name):
            what = f"the dose's unit is said to be '{said}', and its column is named '{dose}'"
            self._problem("--dose-unit", what, "one of them")
        if dose and re.match(r"(?i)(log|ln)(?!10)", _plain(dose)) and not log10:
            hint = "Name it 'log10_dose_molar' if it is log10, or say '--dose-unit \"log10 M\"'"
            self._problem(dose, f"'{dose}' does not say which logarithm it is", "", hint)
            return 1.0, True, ""
        if own:
            if own and unit_column and word:
                unit_column = ""
            factor = _molar(own)
            if factor is None:
                expected = "a concentration such as 'nM', 'uM' or 'M'"
                hint = "A dose by mass must be turned into molar with the compound's molar mass"
                self._problem(dose, f"'{own}' is no unit of a dose in molar", expected, hint)
            return factor or 1.0, log10, ""
        if unit_column:
            return float("nan"), log10, unit_column
        if dose:
            expected = "a name such as 'dose_nM', or a column 'dose_unit'"
            self._problem(dose, f"'{dose}' has no unit", expected, "Say it with '--dose-unit nM'")
        return 1.0, log10, ""

    def _scale(self, response: str, said: str) -> Scale:
        word = said.strip().lower() or _response_name(response)[1] or "fraction"
        for unit in SCALES:
            if word == unit:
                return unit  # type: ignore[return-value]
        self._problem("--scale", f"'{said}' is no scale of a response", "'fraction', 'percent' or 'raw'")
        return "fraction"

    def _problem(self, place: str, what: str, expected: str = "", hint: str = "") -> None:
        where = "header" if place in self.columns else place
        self.problems.append(Problem(file=self.source, place=where, what=what, expected=expected, hint=hint))


def dose_heading(columns: Sequence[str], dose: str = "") -> tuple[str, str, bool] | None:
    """Return the column of the dose, the unit in its name, and whether that is of its log10; None if it is not plain.

    Parameters
    ----------
    dose : the column, where it is not to be found by its words.
    """
    found = [dose] if dose in columns else [name for name in columns if _dose_name(name)[0]]
    if len(found) != 1:
        return None
    _, unit, log10 = _dose_name(found[0])
    return found[0], unit, log10 or _plain(found[0]).startswith(("log", "ln"))


def response_headings(columns: Sequence[str], response: str = "") -> tuple[str, ...]:
    """Return the columns that may be the response: the one that is said, or those of such a name."""
    return (response,) if response in columns else tuple(name for name in columns if _response_name(name)[0])


def unit_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that hold the unit of each dose."""
    return tuple(name for name in columns if _plain(name) in UNIT_COLUMNS)


def molar_of(unit: str) -> float | None:
    """Return how many molar one unit of concentration is; None if it is none."""
    return _molar(unit)


def _molar(unit: str) -> float | None:
    plain = normal_unit(unit)
    if plain in MOLAR:
        return MOLAR[plain]
    # In lower case, as many programs write headers: 'nm' of a dose is no length.
    return MOLAR.get(f"{plain[0]}M") if len(plain) == 2 and plain[1] == "m" and plain[0] in "munpf" else None


def _plain(name: str) -> str:
    """Return a name in lower case, with one underscore for whatever joins its words."""
    return re.sub(r"[\s_.\-()\[\]{},;:]+", "_", name.strip()).strip("_").lower()


def _dose_name(name: str) -> tuple[bool, str, bool]:
    """Return whether a column is named as a dose, the unit in its name, and whether that is of its log10."""
    words = re.sub(r"[\s_.\-()\[\]{},;:]+", " ", name).split()
    lower = [word.lower() for word in words]
    log10 = bool(lower) and lower[0] in ("log10", "log", "ln")
    if log10:
        words, lower = words[1:], lower[1:]
        if lower[:1] == ["10"]:
            words, lower = words[1:], lower[1:]
            is_10 = True
        else:
            is_10 = name.strip().lower().startswith("log10")
    else:
        is_10 = False
    if not lower or lower[0] not in DOSE_WORDS or lower[-1] in ("unit", "units"):
        return False, "", False
    return len(words) <= 2, words[1] if len(words) == 2 else "", log10 and is_10


def _response_name(name: str) -> tuple[bool, str]:
    """Return whether a column is named as a response, and its unit if the name says it."""
    plain = _plain(name.replace("%", " percent "))
    words = plain.split("_")
    unit = "percent" if set(words) & set(PERCENT_MARKS) else ""
    if "fraction" in words:
        unit = "fraction"
    rest = "_".join(word for word in words if word not in (*PERCENT_MARKS, "fraction", "of", "control"))
    return rest in RESPONSE_WORDS, unit


def _listed(names: Sequence[str], most: int = 12) -> str:
    shown = [f"'{name}'" for name in names[:most]]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown) + more
