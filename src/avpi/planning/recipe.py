"""From doses to parts of volume: stock or intermediate dilution, how much of it a well gets, what fills up the rest.

A reagent at dose d reaches a well as a part 1/K of the volume, from a tube of K·d. The stock itself is used where its
part can be dispensed exactly enough; where it would be too little for the dispenser, or too much solvent for the cells,
an intermediate dilution in the reagent's own vehicle is made, a thousand times the dose if the stock allows. Each
vehicle (DMSO; the buffer of proteins) has one total for all wells, that of the condition that needs most, and every
other well is filled up to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from avpi.errors import InputError, Problem
from avpi.names import Addition, Condition
from avpi.planning.liquids import SOLVENTS, WHOLE, Liquid, Vehicle
from avpi.planning.volumes import format_share
from avpi.quantity import format_molar, format_ng_per_ml

DOSE_TOLERANCE = 0.01
"""How far a dispensed dose may be from the planned one: a tenth of a plate's usual CV (assumed)."""
FOLDS = (1000.0, 500.0, 400.0, 250.0, 200.0, 150.0, 125.0, 100.0)
"""How many times an intermediate is stronger than the dose, the weakest solvent first: 0.1 % of the volume to 1 %."""
MOST_PART = 1 / FOLDS[-1]
"""The largest part of a well that one reagent may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """A stock solution: concentration in the reagent's unit, and what it is dissolved in."""

    reagent: str
    concentration: float
    unit: str
    vehicle: Vehicle

    @property
    def text(self) -> str:
        """The concentration as people write it."""
        return format_concentration(self.concentration, self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grain:
    """What a dispenser can do in one well or mix.

    Attributes
    ----------
    total_nl : volume in which the parts are counted: the well's, or the mix divided by its strength.
    step_nl : smallest increment: a droplet, or the resolution of a pipette.
    least_nl : smallest volume that is dispensed well enough.
    """

    total_nl: float
    step_nl: float
    least_nl: float

    def steps(self, volume_nl: float) -> int:
        """Return the volume in increments, rounded."""
        return round(volume_nl / self.step_nl)


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """One liquid in a well or mix, in increments of the dispenser."""

    liquid: Liquid
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What every condition is made of.

    Attributes
    ----------
    grain : of the dispenser it was made for.
    portions : condition -> its liquids, vehicles last; every condition has the same total of each vehicle.
    totals : vehicle -> increments of it in every well.
    intermediates : liquids that are no stocks and must be made, by reagent from strong to weak.
    """

    grain: Grain
    portions: Mapping[Condition, tuple[Portion, ...]]
    totals: Mapping[Vehicle, int]
    intermediates: tuple[Liquid, ...]

    def share(self, vehicle: Vehicle) -> float:
        """Return the share of the well that a vehicle has."""
        return self.totals.get(vehicle, 0) * self.grain.step_nl / self.grain.total_nl


def make_recipe(
    conditions: Iterable[Condition], stocks: Mapping[str, Stock], grain: Grain, *, most_dmso: float
) -> Recipe:
    """Return what every condition is made of.

    Raises
    ------
    InputError
        If a reagent has no stock, a stock is too weak, or a condition needs more DMSO than ``most_dmso``.
    """
    unique = tuple(dict.fromkeys(conditions))
    additions = sorted(
        {a for c in unique for a in c.additions if a.dose is not None}, key=lambda a: (a.reagent, a.dose)
    )
    problems = [p for a in additions if (p := _no_stock(a, stocks)) is not None]
    if problems:
        raise InputError(problems)
    parts = {a: portion_of(a, stocks[a.reagent], grain) for a in additions}
    drugs = {c: tuple(parts[a] for a in c.additions if a.dose is not None) for c in unique}
    totals: dict[Vehicle, int] = {}
    for vehicle in SOLVENTS:
        most = max((sum(p.steps for p in own if p.liquid.vehicle == vehicle) for own in drugs.values()), default=0)
        if most:
            totals[vehicle] = most + _room_to_fill(drugs.values(), vehicle, most, grain)
    recipe = Recipe(
        grain=grain,
        portions={c: (*own, *_filled_up(own, totals)) for c, own in drugs.items()},
        totals=totals,
        intermediates=_intermediates(parts.values(), stocks),
    )
    if recipe.share("DMSO") > most_dmso * (1 + WHOLE):
        worst = max(drugs, key=lambda c: sum(p.steps for p in drugs[c] if p.liquid.vehicle == "DMSO"))
        what = (
            f"{worst.label} needs {format_share(recipe.share('DMSO'))} DMSO, and {format_share(most_dmso)} is allowed"
        )
        hint = "Take stronger stocks, or allow more with --most-dmso"
        raise InputError(Problem(file="stocks", what=what, hint=hint))
    return recipe


def portion_of(addition: Addition, stock: Stock, grain: Grain) -> Portion:
    """Return the liquid of one dose and how much of it a well gets: of the stock if that works, else an intermediate.

    Raises
    ------
    InputError
        If the stock is weaker than a hundred times the dose.
    """
    dose = float(addition.dose or 0.0)
    wanted = dose * grain.total_nl / stock.concentration
    steps = grain.steps(wanted)
    exact = steps > 0 and abs(steps * grain.step_nl / wanted - 1) <= DOSE_TOLERANCE
    if exact and grain.least_nl <= wanted * (1 + DOSE_TOLERANCE) and wanted <= grain.total_nl * MOST_PART * (1 + WHOLE):
        return Portion(liquid=liquid_of(stock, stock.concentration), steps=steps)
    for fold in FOLDS:
        steps = max(grain.steps(grain.total_nl / fold), math.ceil(grain.least_nl / grain.step_nl - WHOLE))
        needed = dose * grain.total_nl / (steps * grain.step_nl)
        if needed <= stock.concentration * (1 + WHOLE) and steps * grain.step_nl <= grain.total_nl * MOST_PART * (
            1 + WHOLE
        ):
            return Portion(liquid=liquid_of(stock, float(f"{needed:.9g}")), steps=steps)
    unit = stock.unit
    least = format_concentration(dose / MOST_PART, unit)
    what = f"'{stock.text}' is too weak a stock for {addition.reagent} at {format_concentration(dose, unit)}"
    raise InputError(Problem(file="stocks", place=addition.reagent, what=what, expected=f"at least {least}"))


def liquid_of(stock: Stock, concentration: float) -> Liquid:
    """Return a reagent's stock, or a dilution of it, as a liquid."""
    name = f"{stock.reagent} {format_concentration(concentration, stock.unit)}"
    return Liquid(name=name, vehicle=stock.vehicle, reagent=stock.reagent, concentration=concentration)


def vehicle_liquid(vehicle: Vehicle) -> Liquid:
    """Return a vehicle alone."""
    names: Mapping[Vehicle, str] = {"DMSO": "DMSO", "aqueous": "protein buffer", "medium": "medium"}
    return Liquid(name=names[vehicle], vehicle=vehicle)


def format_concentration(value: float, unit: str) -> str:
    """Return a concentration in the words of its unit."""
    return format_molar(value) if unit == "molar" else format_ng_per_ml(value)


def _no_stock(addition: Addition, stocks: Mapping[str, Stock]) -> Problem | None:
    if addition.reagent in stocks:
        return None
    what = f"'{addition.reagent}' has no stock"
    hint = f"Name it under `stocks:`, such as {addition.reagent}: {{concentration: 10 mM}}"
    return Problem(file="plan.yaml", place="stocks", what=what, hint=hint)


def _filled_up(own: Sequence[Portion], totals: Mapping[Vehicle, int]) -> Iterable[Portion]:
    for vehicle, total in totals.items():
        left = total - sum(portion.steps for portion in own if portion.liquid.vehicle == vehicle)
        if left:
            yield Portion(liquid=vehicle_liquid(vehicle), steps=left)


def _room_to_fill(drugs: Iterable[Sequence[Portion]], vehicle: Vehicle, most: int, grain: Grain) -> int:
    """Return by how much a total must grow so that no well is filled up with less than can be dispensed."""
    least = round(grain.least_nl / grain.step_nl)
    left = [most - sum(p.steps for p in own if p.liquid.vehicle == vehicle) for own in drugs]
    return least if any(0 < steps < least for steps in left) else 0


def _intermediates(portions: Iterable[Portion], stocks: Mapping[str, Stock]) -> tuple[Liquid, ...]:
    made = {p.liquid for p in portions if p.liquid.concentration < stocks[p.liquid.reagent].concentration * (1 - WHOLE)}
    return tuple(sorted(made, key=lambda liquid: (liquid.reagent, -liquid.concentration)))
