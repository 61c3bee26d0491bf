"""How intermediates are made by hand: from the stock down, each from the next stronger one of its reagent.

A step dilutes at most twentyfold, so that no step asks for less than the smallest volume a hand pipettes well; a
larger gap is bridged by tubes that are made for that alone. Volumes are found from the weakest tube up: each must hold
what the wells take, what stays in the tube, and what the next weaker one is made of.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from avpi.planning.liquids import WHOLE, Liquid
from avpi.planning.recipe import Stock, liquid_of

MOST_STEP = 20.0
"""The largest dilution in one step (assumed: a 1:20 step of 40 µL takes 2 µL)."""
LEAST_NL = 2000.0
"""The smallest volume that is pipetted by hand with a few per cent of error (assumed, of a 10 µL pipette)."""
PIPETTE_STEP_NL = 10.0
"""Resolution of a pipette: 0.01 µL."""
ROUNDED_NL = 1000.0
"""Volumes of dilutions are made up to whole microlitres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DilutionStep:
    """One tube: what it holds, what it is made from, and the volumes of both parts, in nL."""

    liquid: Liquid
    made_from: Liquid
    from_nl: float
    vehicle_nl: float

    @property
    def total_nl(self) -> float:
        """What the tube holds when it is made."""
        return self.from_nl + self.vehicle_nl


def dilution_steps(
    intermediates: Sequence[Liquid], loads_nl: Mapping[Liquid, float], stocks: Mapping[str, Stock]
) -> tuple[DilutionStep, ...]:
    """Return the tubes to make, strongest first within each reagent.

    Parameters
    ----------
    intermediates : the liquids that the transfers draw from and that are no stocks.
    loads_nl : liquid -> what must be filled into its sources.
    stocks : by reagent.
    """
    found: list[DilutionStep] = []
    for reagent in dict.fromkeys(liquid.reagent for liquid in intermediates):
        stock = stocks[reagent]
        chain = _bridged([liquid for liquid in intermediates if liquid.reagent == reagent], stock)
        steps: list[DilutionStep] = []
        below = 0.0
        for i in range(len(chain) - 1, 0, -1):
            liquid, above = chain[i], chain[i - 1]
            factor = above.concentration / liquid.concentration
            needed = loads_nl.get(liquid, 0.0) + below
            part = max(LEAST_NL, math.ceil(needed / factor / ROUNDED_NL - WHOLE) * ROUNDED_NL)
            steps.append(
                DilutionStep(liquid=liquid, made_from=above, from_nl=part, vehicle_nl=_readable(part * (factor - 1)))
            )
            below = part
        found += reversed(steps)
    return tuple(found)


def stock_needed(steps: Sequence[DilutionStep], loads_nl: Mapping[Liquid, float], stock: Stock) -> float:
    """Return how much of a stock is used, in nL: for its dilutions, and where it is a source itself."""
    itself = liquid_of(stock, stock.concentration)
    return loads_nl.get(itself, 0.0) + sum(step.from_nl for step in steps if step.made_from == itself)


def _readable(volume_nl: float) -> float:
    """Return a volume as a pipette is set: to 0.01 µL."""
    return round(volume_nl / PIPETTE_STEP_NL) * PIPETTE_STEP_NL


def _bridged(liquids: Sequence[Liquid], stock: Stock) -> list[Liquid]:
    """Return stock and intermediates from strong to weak, with a tube wherever a step would be too large."""
    chain = [liquid_of(stock, stock.concentration)]
    for liquid in sorted(liquids, key=lambda own: -own.concentration):
        gap = chain[-1].concentration / liquid.concentration
        between = math.ceil(math.log(gap, MOST_STEP) - WHOLE) - 1 if gap > MOST_STEP else 0
        for _ in range(between):
            chain.append(liquid_of(stock, chain[-1].concentration / gap ** (1 / (between + 1))))
        chain.append(liquid)
    return chain
