"""What a file of facts says, schema 1: experiments, what is measured in them, and what must hold.

Times are in **hours** after the start of the experiment, doses in **molar** or **ng/mL** as their unit says. A
reagent, line, protein or prior is only a word here: whether the model has it is for the simulator to say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from avpi.facts.printable import printable

DoseUnit = Literal["molar", "ng_per_ml", "other"]
"""What a dose is counted in; ``other`` is no concentration, such as U/mL, and makes the fact not executable."""
Normalisation = Literal["max", "first", "none"]
Unit = Literal["", "h", "dose", "pg/mL"]
"""What a measurement is counted in: a pure number, hours, a dose, or picograms per millilitre."""

PLAIN_MEASURES = ("viability", "dead")
"""Measures without an argument, written ``{viability: true}``."""

NAMED_MEASURES = (
    "band",
    "mrna",
    "nuclear",
    "quadrant",
    "mode",
    "elisa",
    "activity",
    "complex",
    "death_time",
    "momp_time",
)
"""Measures with an argument, written ``{band: cIAP1}``."""

CURVE_MEASURES = ("ec50", "emax")
"""What is measured of a dose response."""

EVENT_MEASURES = ("death_time", "momp_time")
"""One number for the whole observation, whose end is ``at``."""

OF_WHOLE_CELLS = ("band", "mrna", "nuclear")
"""What is seen of cells that are whole, or alive: without any there is nothing to lyse."""

MEASURES = (*PLAIN_MEASURES, *NAMED_MEASURES, *CURVE_MEASURES)

DEFAULT_LINES = 100
"""How many lines a panel has where it does not say."""

DEFAULT_HOURS = 24.0
"""When is measured, or until when is watched, where a measure has no ``at``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """One reagent given to the cells.

    Attributes
    ----------
    dose : in ``unit``; None where the fact gives none and the reagent's usual dose is meant.
    unit_text : the unit as written where ``unit`` is ``other``.
    at_hours, until_hours : from when until when it is in the medium; None until the end.
    """

    reagent: str
    dose: float | None = None
    unit: DoseUnit = "molar"
    at_hours: float = 0.0
    until_hours: float | None = None
    unit_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Lines drawn from a prior; every measurement is then one number for each line."""

    prior: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is measured and when.

    Attributes
    ----------
    kind : a word of :data:`MEASURES`, or one that avpi does not know, which makes the fact not executable.
    argument : such as ``"cIAP1"`` of a band; empty for :data:`PLAIN_MEASURES`.
    at_hours : times in the order of the file; empty where none is given.
    dose_response : the one that the measure itself brings; it goes before the arm's.
    """

    kind: str
    argument: str = ""
    at_hours: tuple[float, ...] = ()
    dose_response: DoseResponse | None = None

    @property
    def times_hours(self) -> tuple[float, ...]:
        """The times, or the one that is meant where none is given."""
        return self.at_hours or (DEFAULT_HOURS,)

    @property
    def unit(self) -> Unit:
        """What the measurement is counted in."""
        if self.kind == "ec50":
            return "dose"
        if self.kind == "elisa":
            return "pg/mL"
        return "h" if self.kind in EVENT_MEASURES and self.argument != "cv" else ""

    @property
    def known(self) -> bool:
        """Whether avpi knows such a measurement at all."""
        return self.kind in MEASURES


VIABILITY = Measure(kind="viability")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseResponse:
    """A reagent in rising doses, and what is measured at each.

    Attributes
    ----------
    doses : (n,) rising, in ``unit``; the same experiment without the reagent is simulated besides.
    of : what is measured; None where that is not said. Its ``at_hours`` is empty unless the dose response says when.
    at_hours : when the reagent is added.
    unit_text : the unit as written where ``unit`` is ``other``.
    """

    reagent: str
    doses: tuple[float, ...]
    unit: DoseUnit
    of: Measure | None = None
    at_hours: float = 0.0
    unit_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One experiment, with what it copies from other arms already written out.

    Exactly one of ``line`` and ``panel`` is given. ``genotype`` holds factors on a protein's amount and synthesis, by
    protein or variant, in the order of the names.
    """

    line: str | None = None
    panel: Panel | None = None
    genotype: tuple[tuple[str, float], ...] = ()
    add: tuple[Addition, ...] = ()
    shared_tnf: bool = True
    dose_response: DoseResponse | None = None

    @property
    def dosed_at_hours(self) -> float:
        """When the last reagent was added; 0 where there is none."""
        return max((addition.at_hours for addition in self.add), default=0.0)

    def at_dose(self, dose: float) -> Arm:
        """Return the experiment at one dose of its dose response; at 0 without the reagent."""
        curve = self.dose_response
        if curve is None or dose == 0:
            return replace(self, dose_response=None)
        given = Addition(
            reagent=curve.reagent, dose=dose, unit=curve.unit, at_hours=curve.at_hours, unit_text=curve.unit_text
        )
        return replace(self, dose_response=None, add=(*self.add, given))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a number must be: above, below (both exclusive), or within (inclusive); in the unit of what it bounds."""

    above: float | None = None
    below: float | None = None
    within: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A measurement of one arm within a bound."""

    arm: str
    bound: Bound
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One arm's measurement over another's."""

    numerator: str
    denominator: str
    bound: Bound
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One arm's measurement less another's."""

    arm: str
    less: str
    bound: Bound
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Arms in the order of their rising measurements, each step at least ``margin`` (above 0 where that is 0)."""

    arms: tuple[str, ...]
    margin: float
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue:
    """The share of what ``treated`` lost against ``reference`` that ``rescued`` has back."""

    treated: str
    rescued: str
    reference: str
    bound: Bound
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class FractionOfLines:
    """The share of a panel's lines whose measurement is on one side of a limit."""

    arm: str
    side: Literal["below", "above"]
    limit: float
    bound: Bound
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Measurements over time, or over the doses of a dose response, against published ones of the same shape."""

    arm: str
    values: tuple[float, ...]
    tolerance: float
    normalise: Normalisation
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakAt:
    """When a measurement is highest; the bound is in hours."""

    arm: str
    bound: Bound
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfLife:
    """How long after the last addition a measurement has fallen to half; the bound is in hours."""

    arm: str
    bound: Bound
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Ec50Ratio:
    """One dose response's EC50 over another's."""

    numerator: str
    denominator: str
    bound: Bound
    measure: Measure


Expectation = Value | Ratio | Difference | Order | Rescue | FractionOfLines | Series | PeakAt | HalfLife | Ec50Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One published finding: experiments by name, and what must hold in them; every expectation must."""

    id: str
    topic: str
    source: str
    arms: tuple[tuple[str, Arm], ...]
    expect: tuple[Expectation, ...]
    weight: float = 1.0
    verified: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """What progress calls it."""
        return printable(self.id)

    def arm(self, name: str) -> Arm:
        """Return an experiment by its name."""
        return dict(self.arms)[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotExpressed:
    """A finding that cannot be written as experiments of this format, and why."""

    id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """How many cells each experiment has, and which are drawn."""

    cells: int = 300
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsFile:
    """A file of facts as read."""

    facts: tuple[Fact, ...]
    not_expressed: tuple[NotExpressed, ...] = ()
    defaults: Defaults = Defaults()
