"""Words of the bench to conditions: "SM+TNF+zVAD", "birinapant 10 nM + TNF 1 ng/mL", "DMSO".

A study knows its own compound (which is ``SM``), its working doses and the reagents it declares; a reagent
written without a dose has the working dose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from avpi.errors import nearest_word
from avpi.names import Addition, Condition, DoseUnit, WellRole, find_reagent, find_well_role, normal_form, reagents, words
from avpi.quantity import QuantityError, format_molar, format_ng_per_ml, parse_quantity

_DOSE = re.compile(r"^(?P<name>.*?)[\s@=]+(?P<dose>[\d.,]+(?:[eE][+-]?\d+)?\s*[a-zA-Zµμ]+(?:/[a-zA-Zµμ]+)?)$")


class UnknownWord(ValueError):  # noqa: N818 - reads as what it is
    """A word is neither a reagent, a condition nor a role of a well."""


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
        parts = [part.strip() for part in re.split(r"\s*\+\s*|\s*,\s+", text.strip()) if part.strip()]
        additions = [a for part in parts if (a := self.addition(part)) is not None]
        if len({a.reagent for a in additions}) < len(additions):
            message = f"'{text}' names a reagent twice"
            raise UnknownWord(message)
        if not parts:
            message = f"'{text}' names no condition"
            raise UnknownWord(message)
        return Condition.of(*additions)

    def addition(self, text: str) -> Addition | None:
        """Return one reagent with its dose; None for vehicle or a dose of zero."""
        if find_well_role(text) == "vehicle":
            return None
        name, unit = self._find(text)
        dose_text = ""
        if not name and (match := _DOSE.match(text)):
            name, unit = self._find(match["name"])
            dose_text = match["dose"]
        if not name:
            hint = nearest_word(text, [*words("reagents"), self.compound, *self.own])
            message = f"'{text}' is not a known reagent or condition. {hint}".strip()
            raise UnknownWord(message)
        if unit == "none":
            return Addition(name)
        if not dose_text:
            return Addition(name, self.working_doses.get(name))
        dose = self.dose(dose_text, unit)
        return Addition(name, dose) if dose > 0 else None

    def with_dose(self, reagent: str, dose_text: str, default_unit: str = "") -> Condition:
        """Return the condition of a layout that gives reagent and dose apart; an empty or zero dose is vehicle."""
        if not dose_text.strip():
            return self.condition(reagent)
        if find_well_role(reagent) == "vehicle":
            return Condition.DMSO
        name, unit = self._find(reagent)
        if not name:
            return self.condition(reagent)
        bare = re.fullmatch(r"[\d.,eE+-]+", dose_text.strip())
        dose = self.dose(f"{dose_text} {default_unit}" if bare else dose_text, unit)
        return Condition.of(Addition(name, dose)) if dose > 0 else Condition.DMSO

    def dose(self, text: str, unit: DoseUnit) -> float:
        """Return a dose in molar or ng/mL."""
        kind = "concentration" if unit == "molar" else "mass_concentration"
        return parse_quantity(text, kind, decimal=self.decimal).value  # type: ignore[arg-type]

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

    def _find(self, word: str) -> tuple[str, DoseUnit]:
        if normal_form(word) == normal_form(self.compound):
            return "SM", "molar"
        own = {normal_form(name): name for name in self.own}
        if normal_form(word) in own:
            name = own[normal_form(word)]
            return name, self.own[name]
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
    guide = {n: r for n, r in reagents().items() if r.default_dose}
    doses = {name: parse_quantity(reagent.default_dose).value for name, reagent in guide.items()}
    speak = ConditionWords(compound="SM", working_doses={}, own=own, decimal=decimal)
    for word, text in declared.items():
        found = find_reagent(word)
        name, unit = (found.name, found.unit) if found else (word, own.get(word, "none"))
        if not found and word not in own:
            message = f"'{word}' is not a known reagent. {nearest_word(word, [*words('reagents'), *own])}".strip()
            raise UnknownWord(message)
        if unit == "none":
            message = f"'{word}' has no dose"
            raise QuantityError(message)
        doses[name] = speak.dose(text, unit)
    return {**doses, "SM": working_dose_molar}
