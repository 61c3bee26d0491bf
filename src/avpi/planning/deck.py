"""What stands ready for one experiment and is moved: sources, transfers in order, what the wells hold before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from avpi.names import Condition
from avpi.planning.layout import PlateLayoutPlan, role_of
from avpi.planning.liquids import SOLVENTS, Liquid, Mixture, Place, Source, Transfer, drawn_volumes, follow
from avpi.planning.recipe import DOSE_TOLERANCE, Recipe, Stock
from avpi.planning.volumes import format_volume
from avpi.study.conditions import ConditionWords

EQUAL_SHARE = 1e-4
"""Wells have equal DMSO where it differs by no more than 0.01 % of the volume."""
EQUAL_VOLUME = 1e-6
"""Volumes are equal to this part: rounding of floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deck:
    """One experiment, ready to be dispensed.

    Attributes
    ----------
    sources : what is filled in by hand, and where.
    transfers : in order; what is drawn from a mix comes after it was made.
    start : place -> nanolitres of cell suspension (medium alone in blank wells) that stand there before.
    recipe : what every condition is made of.
    mixes : well of a mix -> the condition it is for; empty where liquids go into the wells directly.
    """

    sources: tuple[Source, ...]
    transfers: tuple[Transfer, ...]
    start: Mapping[Place, float]
    recipe: Recipe
    stocks: Mapping[str, Stock]
    mixes: Mapping[Place, Condition] = field(default_factory=dict)

    @property
    def loads_nl(self) -> dict[Liquid, float]:
        """Liquid -> what must be filled into all of its sources."""
        loads: dict[Liquid, float] = {}
        for source in self.sources:
            loads[source.liquid] = loads.get(source.liquid, 0.0) + source.load_nl
        return loads


def dispensed(layouts: Sequence[PlateLayoutPlan], words: ConditionWords) -> list[tuple[Place, Condition]]:
    """Return what is dispensed into every well that is filled, plate by plate: its condition.

    Controls get vehicle, whatever else is done to them by hand.
    """
    contents = dict.fromkeys(content for layout in layouts for content in layout.groups)
    means = {c: Condition.DMSO if role_of(c) != "sample" else words.condition(c) for c in contents}
    return [(Place(plan.plate, well), means[content]) for plan in layouts for well, content in plan.filled.items()]


def differences(
    layouts: Sequence[PlateLayoutPlan],
    words: ConditionWords,
    sources: Sequence[Source],
    transfers: Sequence[Transfer],
    start: Mapping[Place, float],
) -> tuple[str, ...]:
    """Return where the wells that transfers make differ from the wells that layouts ask for; nothing if they agree.

    The transfers are followed from their sources: doses within 1 %, nothing that was not asked for, one share of each
    vehicle in all wells to 0.01 %, one volume, nothing drawn that is not there, and no well without a plan.
    """
    held = follow(sources, transfers, start)
    planned = dict(dispensed(layouts, words))
    found = [text for place, condition in planned.items() for text in _well(place, condition, held.get(place))]
    found += _uneven([held[place] for place in planned if place in held])
    plates = {plan.plate for plan in layouts}
    found += [
        f"{place} is dispensed into and stands in no layout"
        for place in held
        if place.labware in plates and place not in planned
    ]
    return (*found, *_overdrawn(sources, transfers, held))


def _well(place: Place, condition: Condition, held: Mixture | None) -> Iterator[str]:
    if held is None:
        yield f"{place} ({condition.label}) gets nothing"
        return
    wanted = {a.reagent: a.dose for a in condition.additions if a.dose is not None}
    for reagent in dict.fromkeys((*wanted, *held.amounts)):
        dose, got = wanted.get(reagent, 0.0), held.concentration(reagent)
        if abs(got - dose) > DOSE_TOLERANCE * dose:
            yield f"{place} ({condition.label}) gets {reagent} at {got:.4g}, not at {dose:.4g}"


def _uneven(wells: Sequence[Mixture]) -> Iterator[str]:
    for vehicle in SOLVENTS:
        shares = [well.share(vehicle) for well in wells]
        if shares and max(shares) - min(shares) > EQUAL_SHARE:
            yield f"{vehicle} is between {min(shares):.4%} and {max(shares):.4%} of the wells"
    volumes = [well.volume_nl for well in wells]
    if volumes and max(volumes) > min(volumes) * (1 + EQUAL_VOLUME):
        yield f"wells hold between {format_volume(min(volumes))} and {format_volume(max(volumes))}"


def _overdrawn(
    sources: Sequence[Source], transfers: Sequence[Transfer], held: Mapping[Place, Mixture]
) -> Iterator[str]:
    known = {source.place: source for source in sources}
    for place, drawn in drawn_volumes(transfers).items():
        if place in known:
            source = known[place]
            if source.load_nl > source.capacity_nl * (1 + EQUAL_VOLUME):
                yield f"{place} would hold {format_volume(source.load_nl)}, more than it can"
            if drawn + source.dead_nl > source.load_nl * (1 + EQUAL_VOLUME):
                yield f"{place} is drawn on for {format_volume(drawn)} and holds {format_volume(source.load_nl)}"
        elif place not in held:
            yield f"{place} is drawn from and nothing stands there"
        elif drawn > held[place].volume_nl * (1 + EQUAL_VOLUME):
            yield f"{place} is drawn on for {format_volume(drawn)} and holds {format_volume(held[place].volume_nl)}"
