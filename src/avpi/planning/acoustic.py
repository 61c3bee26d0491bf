"""Direct transfers by sound: droplets of 2.5 nL from source plates into every well, filled up to one DMSO.

The Echo moves whole droplets of 2.5 nL. A transfer above 500 nL is written as several. Sources are 384-well
polypropylene plates, one for liquids in DMSO and one for liquids in water; a liquid that needs more than a source
well can give stands in several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from avpi.errors import InputError, Problem
from avpi.planning.deck import Deck, dispensed
from avpi.planning.layout import PlateLayoutPlan
from avpi.planning.liquids import Liquid, Place, Source, Transfer, Vehicle, split_volume
from avpi.planning.recipe import Grain, Stock, make_recipe
from avpi.readings import well_name
from avpi.study.conditions import ConditionWords

DROPLET_NL = 2.5
"""The Echo's droplet."""
LEAST_DROPLETS = 1
MOST_TRANSFER_NL = 500.0
"""A larger transfer is written as several."""
SOURCE_DEAD_NL, SOURCE_CAPACITY_NL = 15_000.0, 65_000.0
"""Working range of a well of a 384-well polypropylene source plate, 15 to 65 µL (the Echo's labware definition)."""
SOURCE_SHAPE = (16, 24)
SOURCE_PLATES: Mapping[Vehicle, str] = {"DMSO": "Source DMSO", "aqueous": "Source aqueous"}
SOURCE_TYPES: Mapping[str, str] = {"Source DMSO": "384PP_DMSO2", "Source aqueous": "384PP_AQ_BP"}
"""Name of a source plate -> its type, which holds the liquid class."""


def acoustic_deck(
    layouts: Sequence[PlateLayoutPlan],
    words: ConditionWords,
    stocks: Mapping[str, Stock],
    *,
    volume_nl: float,
    most_dmso: float,
) -> Deck:
    """Return sources and transfers of one experiment's plates.

    Parameters
    ----------
    volume_nl : what a well holds in the end; the cells get what the transfers leave of it.
    """
    grain = Grain(total_nl=volume_nl, step_nl=DROPLET_NL, least_nl=LEAST_DROPLETS * DROPLET_NL)
    wells = dispensed(layouts, words)
    recipe = make_recipe((condition for _, condition in wells), stocks, grain, most_dmso=most_dmso)
    racks = _SourcePlates()
    transfers: list[Transfer] = []
    wanted = [
        (portion.liquid, place, portion.steps * DROPLET_NL)
        for place, condition in wells
        for portion in recipe.portions[condition]
    ]
    # By liquid, so that the instrument goes over each source once.
    order = {liquid: i for i, liquid in enumerate(dict.fromkeys(liquid for liquid, _, _ in wanted))}
    for liquid, place, volume in sorted(wanted, key=lambda w: order[w[0]]):
        transfers += [
            Transfer(source=racks.draw(liquid, part), target=place, volume_nl=part, what=liquid.name)
            for part in split_volume(volume, MOST_TRANSFER_NL, DROPLET_NL)
        ]
    added = sum(recipe.totals.values()) * DROPLET_NL
    start = {place: volume_nl - added for place, _ in wells}
    return Deck(sources=racks.sources(), transfers=tuple(transfers), start=start, recipe=recipe, stocks=stocks)


class _SourcePlates:
    """Fills source wells one after another; a liquid goes on in a new well when its own is empty."""

    def __init__(self) -> None:
        self.open: dict[Liquid, Place] = {}
        self.drawn: dict[Place, float] = {}
        self.held: dict[Place, Liquid] = {}
        self.used: dict[str, int] = {}

    def draw(self, liquid: Liquid, volume_nl: float) -> Place:
        place = self.open.get(liquid)
        room = SOURCE_CAPACITY_NL - SOURCE_DEAD_NL
        if place is None or self.drawn[place] + volume_nl > room:
            place = self._next(liquid)
        self.drawn[place] += volume_nl
        return place

    def _next(self, liquid: Liquid) -> Place:
        plate = SOURCE_PLATES[liquid.vehicle]
        number = self.used.get(plate, 0)
        if number >= SOURCE_SHAPE[0] * SOURCE_SHAPE[1]:
            what = f"the liquids in {liquid.vehicle} need more than one source plate"
            raise InputError(Problem(file="echo", what=what, hint="Export fewer plates at once"))
        self.used[plate] = number + 1
        place = Place(plate, well_name(number // SOURCE_SHAPE[1], number % SOURCE_SHAPE[1]))
        self.open[liquid], self.drawn[place], self.held[place] = place, 0.0, liquid
        return place

    def sources(self) -> tuple[Source, ...]:
        return tuple(
            Source(
                place=place, liquid=liquid, drawn_nl=self.drawn[place], dead_nl=SOURCE_DEAD_NL,
                capacity_nl=SOURCE_CAPACITY_NL,
            )
            for place, liquid in self.held.items()
        )  # fmt: skip
