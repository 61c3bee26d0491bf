"""Transfers by pipette: a master mix of every condition at a multiple of its doses, then a part of it into each well.

Nanolitres cannot be pipetted; a mix can be made of microlitres. Each condition's mix is made once for an experiment, in
medium, with every reagent at ``strength`` times its dose and the same DMSO as every other mix; the wells get one part
of it on the cells. Its volume is a multiple of half of that in which a thousandfold intermediate takes two microlitres.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from avpi.errors import InputError, Problem
from avpi.names import Condition
from avpi.planning.deck import Deck, dispensed
from avpi.planning.dilutions import LEAST_NL
from avpi.planning.dilutions import PIPETTE_STEP_NL as STEP_NL
from avpi.planning.layout import PlateLayoutPlan, arm_order
from avpi.planning.liquids import SOLVENTS, WHOLE, Liquid, Place, Source, Transfer, Vehicle
from avpi.planning.matrix import words_of
from avpi.planning.recipe import FOLDS, Grain, Portion, Recipe, Stock, make_recipe, vehicle_liquid
from avpi.readings import well_name
from avpi.study.conditions import ConditionWords

MIX_EXCESS = 0.10
"""A tenth more of a mix than the wells take: what clings to tips (assumed)."""
MIX_DEAD_NL, MIX_CAPACITY_NL = 30_000.0, 1_900_000.0
"""What a well of a 2 mL deep-well plate keeps (assumed), and what it may hold so that it can be mixed."""
TUBE_DEAD_NL, TUBE_CAPACITY_NL = 10_000.0, 1_500_000.0
"""What a 1.5 mL tube keeps at its tip (assumed), and what it holds."""
RESERVOIR_DEAD_NL, RESERVOIR_CAPACITY_NL = 5_000_000.0, 195_000_000.0
"""What a one-well reservoir keeps on its floor (assumed), and what it holds."""
RACK_SHAPE, MIX_SHAPE = (4, 6), (8, 12)
MIXES, RACK, RESERVOIR = "Mixes", "Stocks", "Medium"
"""Names of the deep-well plate, of the tube racks (with their number) and of the reservoir."""


def mix_deck(
    layouts: Sequence[PlateLayoutPlan],
    words: ConditionWords,
    stocks: Mapping[str, Stock],
    *,
    volume_nl: float,
    strength: float,
    most_dmso: float,
) -> Deck:
    """Return sources and transfers of one experiment's plates, mixes first.

    Parameters
    ----------
    volume_nl : what a well holds in the end.
    strength : how many times a mix is stronger than the well, which gets one part in so many of it.

    Raises
    ------
    InputError
        As of :func:`avpi.planning.recipe.make_recipe`; or if there are more mixes than a deep-well plate has wells.
    """
    part_nl = round(volume_nl / strength / STEP_NL) * STEP_NL
    exact = volume_nl / part_nl
    base_nl = math.ceil(LEAST_NL * FOLDS[0] / exact / STEP_NL - WHOLE) * STEP_NL
    grain = Grain(total_nl=base_nl * exact, step_nl=STEP_NL, least_nl=LEAST_NL)
    wells = dispensed(layouts, words)
    recipe = make_recipe((condition for _, condition in wells), stocks, grain, most_dmso=most_dmso)
    bench, transfers, mixes = _Bench(), list[Transfer](), dict[Place, Condition]()
    supply: dict[Condition, list[Place]] = {}
    for condition in sorted({condition for _, condition in wells}, key=lambda own: arm_order(words_of(own, words))):
        for share in _shares(sum(1 for _, own in wells if own == condition), part_nl, base_nl):
            mix = bench.new_mix()
            mixes[mix] = condition
            needed = share * part_nl * (1 + MIX_EXCESS) + MIX_DEAD_NL
            halves = max(2, math.ceil(needed / (base_nl / 2) - WHOLE))
            transfers += _made(mix, recipe, condition, halves, base_nl, bench)
            supply.setdefault(condition, []).extend([mix] * share)
    by_mix = [(supply[condition].pop(0), place) for place, condition in wells]
    order = {mix: i for i, mix in enumerate(mixes)}
    for mix, place in sorted(by_mix, key=lambda pair: order[pair[0]]):  # one mix after the other: one tip for each
        transfers.append(Transfer(source=mix, target=place, volume_nl=part_nl, what="mix"))
    start = {place: volume_nl - part_nl for place, _ in wells}
    return Deck(
        sources=bench.sources(), transfers=tuple(transfers), start=start, recipe=recipe, stocks=stocks, mixes=mixes
    )


def _shares(wells: int, part_nl: float, base_nl: float) -> list[int]:
    """Return how many wells each mix of a condition serves, where one deep well cannot hold all."""
    room = math.floor((MIX_CAPACITY_NL - base_nl / 2 - MIX_DEAD_NL) / (1 + MIX_EXCESS) / part_nl)
    mixes = -(-wells // max(room, 1))
    return [wells // mixes + (i < wells % mixes) for i in range(mixes)]


def _made(
    mix: Place, recipe: Recipe, condition: Condition, halves: int, base_nl: float, bench: _Bench
) -> Iterator[Transfer]:
    """Yield how a mix is made: medium, then proteins, then what is in DMSO, each vehicle to its total."""
    total_nl = math.ceil(halves * base_nl / 2 / STEP_NL - WHOLE) * STEP_NL
    scale = total_nl / base_nl
    parts = [part for vehicle in reversed(SOLVENTS) for part in _scaled(recipe, condition, vehicle, scale)]
    medium = total_nl - sum(part.steps for part in parts) * STEP_NL
    yield Transfer(source=bench.draw(vehicle_liquid("medium"), medium), target=mix, volume_nl=medium, what="medium")
    for part in parts:
        volume = part.steps * STEP_NL
        yield Transfer(source=bench.draw(part.liquid, volume), target=mix, volume_nl=volume, what=part.liquid.name)


def _scaled(recipe: Recipe, condition: Condition, vehicle: Vehicle, scale: float) -> Iterator[Portion]:
    """Yield the portions of one vehicle in a mix of another size; the vehicle alone takes up what rounding leaves."""
    own = [part for part in recipe.portions[condition] if part.liquid.vehicle == vehicle]
    left = round(recipe.totals.get(vehicle, 0) * scale)
    for part in own:
        steps = left if part is own[-1] else round(part.steps * scale)
        left -= steps
        yield Portion(liquid=part.liquid, steps=steps)


class _Bench:
    """Tubes, reservoir and mix plate, filled as they are needed."""

    def __init__(self) -> None:
        self.open: dict[Liquid, Place] = {}
        self.drawn: dict[Place, float] = {}
        self.held: dict[Place, Liquid] = {}
        self.tubes = self.mixes = 0

    def draw(self, liquid: Liquid, volume_nl: float) -> Place:
        """Return where a volume of a liquid is drawn from, opening a tube where one is needed."""
        place = self.open.get(liquid)
        dead, capacity = _limits(liquid)
        if place is None or self.drawn[place] + volume_nl + dead > capacity:
            if liquid.vehicle == "medium" and place is not None:
                what = "the mixes need more medium than one reservoir holds"
                raise InputError(Problem(file="plan", what=what, hint="Use smaller wells, or acoustic transfers"))
            place = Place(RESERVOIR, "A01") if liquid.vehicle == "medium" else self._new_tube()
            self.open[liquid], self.drawn[place], self.held[place] = place, 0.0, liquid
        self.drawn[place] += volume_nl
        return place

    def _new_tube(self) -> Place:
        rack, number = divmod(self.tubes, RACK_SHAPE[0] * RACK_SHAPE[1])
        self.tubes += 1
        return Place(f"{RACK} {rack + 1}", well_name(number // RACK_SHAPE[1], number % RACK_SHAPE[1]))

    def new_mix(self) -> Place:
        """Return the next free well of the deep-well plate."""
        if self.mixes >= MIX_SHAPE[0] * MIX_SHAPE[1]:
            what = "the conditions need more mixes than a deep-well plate of 96 holds"
            raise InputError(Problem(file="plan", what=what, hint="Use acoustic transfers: avpi plan export --to echo"))
        self.mixes += 1
        return Place(MIXES, well_name((self.mixes - 1) // MIX_SHAPE[1], (self.mixes - 1) % MIX_SHAPE[1]))

    def sources(self) -> tuple[Source, ...]:
        """Return every tube and the reservoir with what was drawn from it."""
        return tuple(
            Source(
                place=place, liquid=liquid, drawn_nl=self.drawn[place],
                dead_nl=_limits(liquid)[0], capacity_nl=_limits(liquid)[1],
            )
            for place, liquid in self.held.items()
        )  # fmt: skip


def _limits(liquid: Liquid) -> tuple[float, float]:
    """Return what the labware of a liquid keeps, and what it holds."""
    if liquid.vehicle == "medium":
        return RESERVOIR_DEAD_NL, RESERVOIR_CAPACITY_NL
    return TUBE_DEAD_NL, TUBE_CAPACITY_NL
