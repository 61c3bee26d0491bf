"""Words of the bench to doses in a well: "birinapant 100 nM + TNF 10 ng/mL + zVAD 20 uM at 4 h until 24 h".

The words of reagents and doses are those of a study (``avpi.study.conditions``). A study knows one Smac mimetic, a
simulation knows all of them, by any of their names; and each addition may say when it comes and when it is washed out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from avpi.errors import InputError, Problem
from avpi.names import DoseUnit, find_reagent, normal_form, reagents
from avpi.network.doses import counted_in, own_dose, usual_dose
from avpi.network.molar_mass import molar_mass
from avpi.network.pharmacology import compounds
from avpi.network.reagents import given, mimetic
from avpi.population.experiment import Dose, too_much
from avpi.quantity import (
    UNITS,
    QuantityError,
    format_minutes,
    format_molar,
    format_ng_per_ml,
    normal_unit,
    outside_a_study,
    parse_quantity,
)
from avpi.study.conditions import ConditionWords, UnknownWord, condition_parts, dose_last

MINUTES_AN_HOUR = 60.0
CLASS = "SM"
"""The word for any Smac mimetic."""
CLASS_MEANS = f"{CLASS} is the class: a bivalent Smac mimetic with the mean affinities of those measured"

_TIMED = re.compile(r"^(?P<what>.+?)(?:\s+(?:at|from)\s+(?P<at>.+?))?(?:\s+until\s+(?P<until>.+?))?$", re.IGNORECASE)
_AROUND = re.compile(r"[\s/@=&;]+")
FORM = "'NAME DOSE' joined by ' + ', such as 'birinapant 100 nM + TNF 10 ng/mL'"
_DANGLING = re.compile(r"^\s*\+|\+\s*\+|\+\s*$")
"""A '+' that joins nothing: what was to stand there is missing."""
_NUMBER = r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?"
_UNIT = r"[a-zA-Zµμ]+(?:/[a-zA-Zµμ]+)?"
_DOSED = re.compile(rf"^(?P<name>.+?)[\s@=]+{_NUMBER}\s*(?P<unit>{_UNIT})$")
_DOSE_ALONE = re.compile(rf"^{_NUMBER}\s*(?P<unit>{_UNIT})?$")
_COUNTED: dict[str, DoseUnit] = {"concentration": "molar", "mass_concentration": "ng_per_ml"}


class Misshapen(UnknownWord):
    """A text holds a reagent and is no addition: another form is needed, and no other word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchCondition:
    """What is added to a well, as numbers and in words.

    Attributes
    ----------
    doses : in order of time, molar or ng/mL; empty for vehicle.
    assumed : what was not written and was filled in, a sentence each.
    """

    doses: tuple[Dose, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The condition with its doses and times, such as ``"birinapant 100 nM + TNF 10 ng/mL"``."""
        return " + ".join(dose_words(dose) for dose in self.doses) or "DMSO"


def dose_words(dose: Dose) -> str:
    """Return one addition as people write it."""
    found = find_reagent(dose.reagent)
    write = format_molar if found is None or found.unit == "molar" else format_ng_per_ml
    at = f" at {hours_words(dose.at_hours)}" if dose.at_hours else ""
    until = f" until {hours_words(dose.until_hours)}" if dose.until_hours is not None else ""
    return f"{dose.reagent} {write(dose.amount)}{at}{until}"


def read_condition(text: str, *, source: str = "condition", decimal: str = "") -> BenchCondition:
    """Return what a text adds to a well.

    Parameters
    ----------
    text : additions joined by ``+``; each a reagent or compound, perhaps a dose, ``at`` and ``until`` a time.
    source : where the text stands, for the message of a fault.
    decimal : ``"."`` or ``","`` where it is settled what "1,000 nM" means.

    Raises
    ------
    InputError
        With every part that cannot be read, and where a ``+`` joins nothing.
    """
    problems: list[Problem] = []
    doses: list[Dose] = []
    assumed: list[str] = []
    parts = condition_parts(text, spoken=True)
    if not parts:
        expected = "'DMSO', or reagents such as 'birinapant 100 nM + TNF 10 ng/mL'"
        raise InputError(Problem(file=source, what=f"'{text}' names no condition", expected=expected))
    if _DANGLING.search(text):
        what = f"'{text}' has a '+' with nothing on one side of it: write what is missing, or leave the '+' out"
        problems.append(Problem(file=source, what=what, expected=FORM))
    for part in parts:
        try:
            dose, notes = _read_part(part, decimal)
        except Misshapen as error:
            problems.append(Problem(file=source, what=str(error), expected=FORM))
            continue
        except UnknownWord as error:
            problems.append(Problem(file=source, what=str(error)))
            continue
        except QuantityError as error:
            problems.append(Problem(file=source, what=outside_a_study(error)))
            continue
        doses += [dose] if dose is not None else []
        assumed += notes
    doses.sort(key=lambda dose: dose.at_hours)
    problems += [Problem(file=source, what=what) for what in _clashes(doses)]
    if problems:
        raise InputError(problems)
    return BenchCondition(doses=tuple(doses), assumed=tuple(assumed))


def _read_part(part: str, decimal: str) -> tuple[Dose | None, list[str]]:
    match = _TIMED.match(part)
    assert match is not None  # a part is never empty, and everything but its first letter may be left out
    what = dose_last(match["what"])
    words = _words(decimal=decimal)
    if _is_dose_alone(what, words):
        message = f"'{what}' is a dose without a reagent"
        raise Misshapen(message)
    written = _unit_to_convert(what)
    if written is not None:
        word, unit = written
        others = {spelling: own for spelling, own in words.own.items() if normal_form(spelling) != normal_form(word)}
        words = replace(words, own={word: unit, **others})
    if _is_misshapen(what, words):
        message = f"'{match['what']}' cannot be read, though a reagent is in it"
        raise Misshapen(message)
    addition = words.addition(what)
    at = _hours(match["at"], decimal) if match["at"] else 0.0
    until = _hours(match["until"], decimal) if match["until"] else None
    if until is not None and until <= at:
        message = f"'{part}' is washed out before it is added: say 'until' and a time after {hours_words(at)}"
        raise QuantityError(message)
    if addition is None:
        return None, []
    name, notes = _own_name(addition.reagent), []
    if addition.dose is None:
        message = f"'{what}' has no usual dose: write one, such as '{name} {_example(name)}'"
        raise QuantityError(message)
    amount = own_dose(addition.reagent, addition.dose, written[1]) if written is not None else addition.dose
    assert amount is not None  # only what has a molar mass is converted
    if why := too_much(name, amount):
        raise QuantityError(why)
    dose = Dose(reagent=name, amount=amount, at_hours=at, until_hours=until)
    if written is not None:
        mass = molar_mass(written[0])
        notes.append(f"'{what}' is {dose_words(Dose(reagent=name, amount=amount))}: a mole of it weighs {mass:,.0f} g")
    if words.reagent(what):
        notes.append(f"'{what}' has no dose: taken as {dose_words(Dose(reagent=name, amount=amount))}, the usual one")
    if name == CLASS:
        notes.append(CLASS_MEANS)
    return dose, notes


def _is_misshapen(what: str, words: ConditionWords) -> bool:
    """Return whether a known reagent stands in a text that is no addition as a whole, such as "2x SM" or "SM/TNF".

    The nearest known word would be no help there: the word is right, what stands around it is not.
    """
    try:
        words.addition(what)
    except UnknownWord:
        return any(words.reagent(word) for word in _AROUND.split(what) if word)
    except QuantityError:
        return False
    return False


def _own_name(word: str) -> str:
    """Return the one name of a reagent or compound that the pathway can be given.

    Raises
    ------
    UnknownWord
        If the vocabulary has the word and the pathway has nothing that it could act on.
    """
    if normal_form(word) == normal_form(CLASS):
        return CLASS
    compound = mimetic(word)
    if compound is not None and find_reagent(word) is None:
        return compound.compound
    found = find_reagent(word)
    if found is not None and given(word) is not None:
        return found.name
    if found is not None and found.role == "genotype":
        protein = found.name.removesuffix("-loss")
        message = f"'{word}' is a change of the cells and nothing that is added: say it as a knock-out of '{protein}'"
        raise UnknownWord(message)
    known = ", ".join(name for name in reagents() if given(name) is not None)
    message = f"'{word}' is a reagent that the pathway model does not have. It has every Smac mimetic and {known}"
    raise UnknownWord(message)


@cache
def _words(*, decimal: str) -> ConditionWords:
    """Return the words of conditions with every Smac mimetic as a reagent of its own."""
    own: dict[str, DoseUnit] = {spelling: "molar" for c in compounds().values() for spelling in (c.name, *c.names)}
    usual = {word: amount for word in (*own, *reagents()) if (amount := usual_dose(word)) is not None}
    return ConditionWords(compound=CLASS, working_doses=usual, own=own, decimal=decimal)


def _unit_to_convert(text: str) -> tuple[str, DoseUnit] | None:
    """Return the reagent of an addition and what its dose is written in, where that is not what it is counted in.

    None where nothing is to be converted.

    Raises
    ------
    QuantityError
        If it would have to be, and the molar mass is not known.
    """
    match = _DOSED.match(text.strip())
    if match is None:
        return None
    word, unit = match["name"], _unit_of(match["unit"])
    known = mimetic(word) is not None or find_reagent(word) is not None
    if unit is None or not known or (own := counted_in(word)) in (unit, "none"):
        return None
    if molar_mass(word) is None:
        example = "'100 nM'" if own == "molar" else "'10 ng/mL'"
        message = f"'{text}' cannot be converted: the molar mass of {word} is not known. Write it such as {example}"
        raise QuantityError(message)
    return word, unit


def _unit_of(text: str) -> DoseUnit | None:
    """Return whether a unit is one of molar or of weight in a volume; None for any other."""
    kind, _ = UNITS.get(normal_unit(text), ("", 0.0))
    return _COUNTED.get(kind)


def _is_dose_alone(text: str, words: ConditionWords) -> bool:
    """Return whether a part is a number, perhaps with a unit, and names nothing that it is a dose of."""
    match = _DOSE_ALONE.match(text.strip())
    if match is None or words.reagent(text):
        return False
    return match["unit"] is None or _unit_of(match["unit"]) is not None


def _example(name: str) -> str:
    found = find_reagent(name)
    return "10 ng/mL" if found is not None and found.unit == "ng_per_ml" else "1 uM"


def _hours(text: str, decimal: str) -> float:
    return parse_quantity(text, "time", decimal=decimal, zero_without_unit=True).value / MINUTES_AN_HOUR


def hours_words(hours: float) -> str:
    """Return a time as people write it: "30 min", "4 h", "1.5 h"."""
    minutes = hours * MINUTES_AN_HOUR
    return format_minutes(round(minutes, 6)) if minutes < MINUTES_AN_HOUR else f"{hours:g} h"


def _clashes(doses: Sequence[Dose]) -> list[str]:
    """Return what is said of the same reagent and cannot all be true."""
    found = []
    for i, dose in enumerate(doses):
        earlier = [d for d in doses[:i] if d.reagent == dose.reagent]
        if any(d.at_hours == dose.at_hours for d in earlier):
            when = f"at {hours_words(dose.at_hours)}" if dose.at_hours else "at the start"
            found.append(f"'{dose.reagent}' is named twice {when}: write it once")
        elif any(d.until_hours is not None and d.until_hours > dose.at_hours for d in earlier):
            what = f"'{dose.reagent}' is added at {hours_words(dose.at_hours)} while it is still in the well"
            found.append(f"{what}: end the first addition there, with 'until {hours_words(dose.at_hours)}'")
    mimetics = list(dict.fromkeys(d.reagent for d in doses if mimetic(d.reagent) is not None))
    if len(mimetics) > 1:
        found.append(f"'{' + '.join(mimetics)}': the pathway takes one Smac mimetic at a time")
    return found
