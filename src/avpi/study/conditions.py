"""Words of the bench to conditions: "SM+TNF+zVAD", "birinapant 10 nM + TNF 1 ng/mL", "DMSO".

A study knows its own compound (which is ``SM``), its working doses and the reagents it declares; a reagent
written without a dose has the working dose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from avpi.errors import nearest_word
from avpi.names import (
    Addition,
    Condition,
    DoseUnit,
    WellRole,
    find_reagent,
    find_well_role,
    normal_form,
    reagents,
    words,
)
from avpi.quantity import (
    UNITS,
    Kind,
    QuantityError,
    format_molar,
    format_ng_per_ml,
    normal_unit,
    parse_quantity,
)

_DOSE = re.compile(r"^(?P<name>.+?)[\s@=]+(?P<dose>[+-]?[\d.,]+(?:[eE][+-]?\d+)?\s*(?:[a-zA-Zµμ]+(?:/[a-zA-Zµμ]+)?)?)$")
_DOSE_FIRST = re.compile(
    r"^(?P<number>[\d.,]+(?:[eE][+-]?\d+)?)\s*(?P<unit>[a-zA-Zµμ]+(?:/[a-zA-Zµμ]+)?)\s+(?P<name>\S.*)$"
)
_BARE = re.compile(r"^[\d.,eE+-]+$")
_PARTS = re.compile(r"\s*\+\s*|\s*,\s+")
_SPOKEN_PARTS = re.compile(rf"{_PARTS.pattern}|\s+(?:and|&)\s+")


class UnknownWord(ValueError):  # noqa: N818 - reads as what it is
    """A word is neither a reagent, a condition nor a role of a well."""


def condition_parts(text: str, *, spoken: bool = False) -> list[str]:
    """Return what a text such as "SM 100 nM + TNF, zVAD" puts together; a comma within a number parts nothing.

    "and" parts where it is ``spoken``: no reagent of the vocabulary has it in its name, but one of a study's own may.
    """
    return [part for part in (_SPOKEN_PARTS if spoken else _PARTS).split(text.strip()) if part]


def dose_last(text: str) -> str:
    """Return an addition with its dose behind its name: "100 nM birinapant" is "birinapant 100 nM"; others as they are.

    The number must have the unit of a concentration: names may begin with a digit.
    """
    match = _DOSE_FIRST.match(text.strip())
    kind = UNITS.get(normal_unit(match["unit"]), ("", 0.0))[0] if match else ""
    if match is None or kind not in ("concentration", "mass_concentration"):
        return text
    return f"{match['name'].strip()} {match['number']} {match['unit']}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionWords:
    """The words that one study may use for what is in its wells, lanes and tubes.

    Attributes
    ----------
    compound : the study's mimetic; its name means ``SM``.
    working_doses : dose of each reagent where none is written, in the reagent's unit.
    own : reagents that the study declares, with the unit of their dose.
    decimal : the study's decimal mark, or ``""``.
    """

    compound: str
    working_doses: Mapping[str, float]
    own: Mapping[str, DoseUnit] = field(default_factory=dict)
    decimal: str = ""

    def condition(self, text: str) -> Condition:
        """Return the condition that a text names.

        Raises
        ------
        UnknownWord
            If a part is no known reagent; the message names the nearest word.
        QuantityError
            If a dose is no quantity of the reagent's kind.
        """
        if find_well_role(text) == "vehicle":
            return Condition.DMSO
        parts = condition_parts(text)
        if not parts:
            message = f"'{text}' names no condition"
            raise UnknownWord(message)
        return Condition.of(*self._additions(text, parts))

    def addition(self, text: str) -> Addition | None:
        """Return one reagent with its dose; None for vehicle or a dose of zero."""
        if find_well_role(text) == "vehicle":
            return None
        name, unit = self._find(text)
        if name:
            return Addition(name, self.working_doses.get(name) if unit != "none" else None)
        match = _DOSE.match(dose_last(text).strip())
        word = match["name"] if match else text
        name, unit = self._find(word)
        if not name or match is None:
            raise self._unknown(text, word)
        dose = self.dose(match["dose"], unit, reagent=name)
        return Addition(name, dose) if dose > 0 else None

    def with_dose(self, reagent: str, dose_text: str, default_unit: str = "") -> Condition:
        """Return the condition of a layout that gives reagent and dose apart.

        An empty dose is the working dose and a dose of zero leaves the reagent out. Beside a combination such as
        "SM+TNF" the dose is the mimetic's.

        Raises
        ------
        UnknownWord
            If a word is not known, or it cannot be told which reagent of a combination the dose belongs to.
        QuantityError
            If the dose is no quantity of the reagent's kind.
        """
        if not dose_text.strip():
            return self.condition(reagent)
        if find_well_role(reagent) == "vehicle":
            return Condition.DMSO
        undosed = replace(self, working_doses={})
        additions = undosed.condition(reagent).additions
        dosed = next((a for a in additions if a.reagent == "SM"), additions[0] if len(additions) == 1 else None)
        if dosed is None:
            message = (
                f"'{reagent}' with a dose of '{dose_text.strip()}': it cannot be told which reagent the dose is of"
            )
            raise UnknownWord(message)
        bare = _BARE.match(dose_text.strip())
        given = f"{dose_text.strip()} {default_unit}".strip() if bare else dose_text
        dose = self.dose(given, self._unit(dosed.reagent), reagent=dosed.reagent)
        if dosed.dose is not None and dosed.dose != dose:
            message = f"'{reagent}' names another dose of {dosed.reagent} than '{dose_text.strip()}' beside it"
            raise UnknownWord(message)
        others = [
            a if a.dose is not None else Addition(a.reagent, self.working_doses.get(a.reagent))
            for a in additions
            if a is not dosed
        ]
        return Condition.of(*others, *([Addition(dosed.reagent, dose)] if dose > 0 else []))

    def dose(self, text: str, unit: DoseUnit, *, reagent: str = "") -> float:
        """Return a dose in molar or ng/mL; a bare zero needs no unit."""
        if unit == "none":
            message = f"'{reagent}' has no dose, and '{text}' stands beside it"
            raise QuantityError(message)
        kind: Kind = "concentration" if unit == "molar" else "mass_concentration"
        return parse_quantity(text, kind, decimal=self.decimal, zero_without_unit=True).value

    def find(self, word: str) -> tuple[str, DoseUnit]:
        """Return the id of a reagent and the unit of its dose.

        Raises
        ------
        UnknownWord
            If the word is no known reagent.
        """
        name, unit = self._find(word)
        if not name:
            raise self._unknown(word, word)
        return name, unit

    def reagent(self, word: str) -> str:
        """Return the id of the reagent that a word names; an empty string if it names none."""
        return self._find(word)[0]

    def role(self, text: str) -> WellRole | None:
        """Return the role that a layout's word gives a well, None if it names a condition instead."""
        return find_well_role(text)

    def describe(self, condition: Condition) -> str:
        """Return a condition with its doses, such as "SM 100 nM + TNF 10 ng/mL"."""
        parts = []
        for addition in condition.additions:
            unit = self._unit(addition.reagent)
            if addition.dose is None or unit == "none":
                parts.append(addition.reagent)
            else:
                write = format_molar if unit == "molar" else format_ng_per_ml
                parts.append(f"{addition.reagent} {write(addition.dose)}")
        return " + ".join(parts) or "DMSO"

    def at_working_doses(self, condition: Condition) -> bool:
        """Return True if every reagent of a condition has its working dose (or has none)."""
        return all(
            addition.dose is None or addition.dose == self.working_doses.get(addition.reagent, addition.dose)
            for addition in condition.additions
        )

    def _additions(self, text: str, parts: Sequence[str]) -> list[Addition]:
        additions = [a for part in parts if (a := self.addition(part)) is not None]
        names = [a.reagent for a in additions]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            message = f"'{text}' names {twice} twice"
            raise UnknownWord(message)
        return additions

    def _unknown(self, text: str, word: str) -> UnknownWord:
        hint = nearest_word(word, [*words("reagents"), self.compound, *self.own])
        return UnknownWord(f"'{text}' is not a known reagent or condition. {hint}".strip())

    def _find(self, word: str) -> tuple[str, DoseUnit]:
        plain = normal_form(word)
        if plain and plain == normal_form(self.compound):
            return "SM", "molar"
        own = next((name for name in self.own if normal_form(name) == plain), None)
        if own is not None:
            return own, self.own[own]
        found = find_reagent(word)
        return (found.name, found.unit) if found else ("", "none")

    def _unit(self, reagent: str) -> DoseUnit:
        return self.own[reagent] if reagent in self.own else reagents()[reagent].unit


def working_doses(
    working_dose_molar: float, declared: Mapping[str, str], own: Mapping[str, DoseUnit], decimal: str = ""
) -> dict[str, float]:
    """Return the working dose of each reagent: the guide's, then what the study declares, then the mimetic's.

    Raises
    ------
    UnknownWord, QuantityError
        If ``declared`` names an unknown reagent or a dose of the wrong kind.
    """
    guide = {name: reagent for name, reagent in reagents().items() if reagent.default_dose}
    doses = {name: parse_quantity(reagent.default_dose).value for name, reagent in guide.items()}
    speak = ConditionWords(compound="SM", working_doses={}, own=own, decimal=decimal)
    for word, text in declared.items():
        name, unit = speak.find(word)
        doses[name] = speak.dose(text, unit, reagent=name)
    return {**doses, "SM": working_dose_molar}
