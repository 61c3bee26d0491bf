"""What is done to which cells: the experiment that ``grow`` carries out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from avpi.errors import InputError, Problem
from avpi.names import find_reagent
from avpi.network.genotype import genotype_parameters, why_not_held
from avpi.network.lines import Line
from avpi.network.parameters import parameters
from avpi.network.pharmacology import Pharmacology
from avpi.network.reagents import MIMETIC_DOSE, NANO, Given, given, mimetic, mimetic_parameters
from avpi.network.variants import REFERENCE, Variant
from avpi.population.asked import Asked, is_number
from avpi.quantity import format_molar, format_ng_per_ml
from avpi.solver.programme import Values


class NotInModelError(InputError):
    """Something is asked of the pathway that it does not have; ``what`` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(Problem(file="model", what=f"the pathway has no {what}"))
        self.what = what


MOST_MOLAR, MOST_NG_PER_ML = 1e-2, 1e6
"""Beyond 10 mM of a small molecule or 1 mg/mL of a protein nothing stays dissolved in medium: a slip of the unit."""


def too_much(reagent: str, amount: float) -> str:
    """Return what is wrong with a dose that is more than dissolves, molar or ng/mL; empty where nothing is.

    Nothing is said of a reagent that is not known: it may be counted in either.
    """
    found = find_reagent(reagent)
    if found is None and mimetic(reagent) is None:
        return ""
    molar = found is None or found.unit == "molar"
    write, most = (format_molar, MOST_MOLAR) if molar else (format_ng_per_ml, MOST_NG_PER_ML)
    if amount <= most * (1 + 1e-12):
        return ""
    return f"'{reagent} {write(amount)}' is more than dissolves: the limit is {write(most)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """Something added to the well.

    Attributes
    ----------
    reagent : any name of a reagent or compound.
    amount : molar or ng/mL, as the reagent is counted.
    at_hours : when it is added; 0 is the start of the experiment.
    until_hours : when it is washed out; None for never.
    """

    reagent: str
    amount: float
    at_hours: float = 0.0
    until_hours: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; when it may come is the experiment's matter."""
        asked = Asked()
        reagent: Any = self.reagent
        if not isinstance(reagent, str):
            asked.fault("reagent", reagent, "no name of a reagent", "text such as 'birinapant'")
        if not (is_number(self.amount) and self.amount >= 0):
            asked.fault("amount", self.amount, "no dose that fits", "a finite number, 0 or more, molar or ng/mL")
        elif isinstance(reagent, str) and (why := too_much(reagent, self.amount)):
            asked.problems.append(Problem(file="amount", what=why))
        if not is_number(self.at_hours):
            asked.fault("at_hours", self.at_hours, "no time", "a finite number of hours")
        elif self.until_hours is not None and not (is_number(self.until_hours) and self.until_hours > self.at_hours):
            expected = f"None, or hours after at_hours, which is {self.at_hours:g}"
            asked.fault("until_hours", self.until_hours, "no time to wash it out", expected)
        asked.stop()


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One well: which cells, changed how, and what is added.

    Attributes
    ----------
    line : the cells.
    genotype : protein or mutant -> factor of its amount.
    doses : what is added, in any order.
    shared_tnf : True where cells share what they secrete; False keeps each cell alone in much medium.
    variant : which answer to the open questions of the pathway.
    values : parameter -> value in place of the pathway's own; line, variant and genotype go before them.
    """

    line: Line
    genotype: Mapping[str, float] = field(default_factory=dict)
    doses: tuple[Dose, ...] = ()
    shared_tnf: bool = True
    variant: Variant = REFERENCE
    values: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is of another kind, such as the name of a line in place of the line."""
        asked = Asked()
        line, variant, doses = [getattr(self, name) for name in ("line", "variant", "doses")]
        if not isinstance(line, Line):
            hint = "Get it with avpi.find_line(name), which gives None where the model has no such line"
            asked.fault("line", line, "no line", "a Line", hint)
        if not isinstance(variant, Variant):
            asked.fault("variant", variant, "no variant", "a Variant such as avpi.Variant(a20_protects=False)")
        if isinstance(doses, Sequence) and all(isinstance(dose, Dose) for dose in doses):
            object.__setattr__(self, "doses", tuple(doses))  # a list is as good, and cannot be hashed
        else:
            hint = "Take .doses of what avpi.read_condition gives" if hasattr(doses, "doses") else ""
            asked.fault("doses", doses, "no doses", "a tuple of Dose, such as (avpi.Dose(...),)", hint)
        asked.factors("genotype", self.genotype, least=0.0)
        asked.factors("values", self.values, least=0.0)
        asked.stop()

    def base(self) -> Mapping[str, float]:
        """Return every parameter of its average cell, before anything is added.

        Raises
        ------
        NotInModelError
            If a protein of the genotype is not in the pathway.
        """
        values = {p.name: p.value for p in parameters().values()}
        values |= {**self.values, **self.line.parameters, **self.variant.parameters}
        for word, factor in self.genotype.items():
            changed = genotype_parameters(word, factor, values)
            if changed is None:
                why = why_not_held(word)
                what = f"protein or mutant '{word}'" + (f" ({why})" if why else "")
                raise NotInModelError(what)
            values |= changed
        return MappingProxyType(values)

    def mimetics(self) -> tuple[Pharmacology, ...]:
        """Return the different Smac mimetics among the doses."""
        found = {c.compound: c for c in (mimetic(d.reagent) for d in self.doses) if c is not None}
        return tuple(found.values())

    def changes(self) -> tuple[Change, ...]:
        """Return what its doses do to parameters and states, in order of time.

        Raises
        ------
        NotInModelError
            If the pathway does not know a reagent, if two different mimetics are in the well, or if something is added
            before time 0.
        """
        if len(compounds := self.mimetics()) > 1:
            names = " with ".join(c.compound for c in compounds)
            what = f"well with two Smac mimetics at once ({names})"
            raise NotInModelError(what)
        if early := [dose for dose in self.doses if dose.at_hours < 0]:
            what = f"time before the cells have settled ({early[0].reagent} at {early[0].at_hours:g} h)"
            raise NotInModelError(what)
        entering = [(dose, _entry(dose)) for dose in self.doses]
        fading = [change for dose, entry in entering if entry.fades for change in _fading(dose, entry)]
        steady = _levels([(dose, entry) for dose, entry in entering if not entry.fades])
        return tuple(sorted((*fading, *steady), key=lambda change: change.at_hours))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """At a time, parameters take new values, or states take up (or lose) something."""

    at_hours: float
    parameters: Values = field(default_factory=dict)
    add: Mapping[str, float] = field(default_factory=dict)
    set: Mapping[str, float] = field(default_factory=dict)


def _entry(dose: Dose) -> Given:
    entry = Given(MIMETIC_DOSE, NANO) if mimetic(dose.reagent) is not None else given(dose.reagent)
    if entry is None:
        what = f"reagent '{dose.reagent}'"
        raise NotInModelError(what)
    return entry


def _fading(dose: Dose, entry: Given) -> list[Change]:
    found = [Change(at_hours=dose.at_hours, add={entry.name: dose.amount * entry.factor})]
    if dose.until_hours is not None:
        found.append(Change(at_hours=dose.until_hours, set={entry.name: 0.0}))
    return found


def _levels(steady: Sequence[tuple[Dose, Given]]) -> list[Change]:
    """Return how the doses that do not fade change: at each time the sum of those that are in the well."""
    found = []
    for name in dict.fromkeys(entry.name for _, entry in steady):
        own = [(dose, entry) for dose, entry in steady if entry.name == name]
        compound = mimetic(own[0][0].reagent)
        moments = {dose.at_hours for dose, _ in own} | {d.until_hours for d, _ in own if d.until_hours is not None}
        for moment in sorted(moments):
            level = math.fsum(d.amount * e.factor for d, e in own if _is_there(d, moment))
            which = mimetic_parameters(compound) if compound is not None else {}
            found.append(Change(at_hours=moment, parameters={name: level, **which}))
    return found


def _is_there(dose: Dose, moment: float) -> bool:
    return dose.at_hours <= moment and (dose.until_hours is None or moment < dose.until_hours)
