"""What a plate layout must keep, and where it does not: every constraint as one function that finds its breaches.

The constraints keep position apart from treatment. Evaporation, temperature and dispensers act on rims, rows, columns
and quadrants; a condition that keeps to one of them shows that place's effect as its own.

- ``rim``: no arm and no vehicle stands in the outermost wells, unless that was asked for (what is dead or holds no
  cells may: little can change it);
- ``row``, ``column``: the wells of one content are spread: no more in one row (column) than even spreading needs;
- ``neighbours``: no two wells of one content touch, not even at a corner;
- ``quadrant``: the controls of each kind are spread over the four quadrants, to one well;
- ``same_well``: no arm stands in one well in two experiments, so that places do not repeat with the experiments;
- ``balance``: the plates of one experiment share a content evenly, to one well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from avpi.planning.layout import EMPTY, PlateLayoutPlan, Position, role_of, usable_shape
from avpi.readings import parse_well, well_name

Rule = Literal["rim", "row", "column", "neighbours", "quadrant", "same_well", "balance"]

SPARSE = 6
"""Wells of one content can only keep apart where they are few: at most one in so many (the densest is one in four)."""
FEWEST_WHOLE = 3
"""Two wells in one row may have met there; three were laid there."""
CONTROLS = ("vehicle", "kill", "blank")


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One breach: the rule, the content it is about, where, and in words.

    ``whole`` : all wells of the content, three or more, stand in one row or column, or in one quadrant.
    """

    rule: Rule
    plate: str
    content: str
    text: str
    whole: bool = False


def most_in_line(wells: int, lines: int) -> int:
    """Return how many wells of one content even spreading puts into the fullest of so many rows or columns."""
    return -(-wells // lines)


def must_keep_apart(wells: int, usable: int) -> bool:
    """Return whether the wells of one content are few enough that no two may touch."""
    return wells * SPARSE <= usable


def quadrant_of(position: Position, shape: tuple[int, int]) -> int:
    """Return the quadrant of a well, 0 to 3."""
    return 2 * (2 * position[0] >= shape[0]) + (2 * position[1] >= shape[1])


def violations(layout: PlateLayoutPlan) -> tuple[Violation, ...]:
    """Return every breach within one plate."""
    return tuple(_breaches(layout))


def violations_between(layouts: Sequence[PlateLayoutPlan]) -> tuple[Violation, ...]:
    """Return every breach within the plates of a plan and between them."""
    found = [breach for layout in layouts for breach in _breaches(layout)]
    return (*found, *_same_wells(layouts), *_balance(layouts))


def _breaches(layout: PlateLayoutPlan) -> Iterator[Violation]:
    places: dict[str, list[Position]] = {}
    for well, content in layout.contents.items():
        position = parse_well(well)
        if content != EMPTY and position is not None:
            places.setdefault(content, []).append(position)
    rows, columns = usable_shape(layout.shape, rim_used=layout.rim_used)
    for content, wells in places.items():
        yield from _on_the_rim(layout, content, wells)
        yield from _in_lines(layout, content, wells, (rows, columns))
        if must_keep_apart(len(wells), rows * columns):
            yield from _touching(layout, content, wells)
        if role_of(content) in CONTROLS:
            yield from _in_quadrants(layout, content, wells)


def _on_the_rim(layout: PlateLayoutPlan, content: str, wells: Sequence[Position]) -> Iterator[Violation]:
    last_row, last_column = layout.shape[0] - 1, layout.shape[1] - 1
    on_it = [w for w in wells if w[0] in (0, last_row) or w[1] in (0, last_column)]
    if on_it and not layout.rim_used and role_of(content) in ("sample", "vehicle"):
        yield _breach("rim", layout, content, f"stands on the rim of the plate: {_named(on_it)}")


def _in_lines(
    layout: PlateLayoutPlan, content: str, wells: Sequence[Position], lines: tuple[int, int]
) -> Iterator[Violation]:
    axes: tuple[tuple[Rule, int], ...] = (("row", 0), ("column", 1))
    for rule, axis in axes:
        most = most_in_line(len(wells), lines[axis])
        for line, count in Counter(w[axis] for w in wells).items():
            if count > most:
                where = _named([w for w in wells if w[axis] == line])
                text = f"has {count} wells in one {rule} ({where}), not {most} at most"
                yield _breach(rule, layout, content, text, whole=len(wells) == count >= FEWEST_WHOLE)


def _touching(layout: PlateLayoutPlan, content: str, wells: Sequence[Position]) -> Iterator[Violation]:
    for one, other in combinations(wells, 2):
        if abs(one[0] - other[0]) <= 1 and abs(one[1] - other[1]) <= 1:
            yield _breach("neighbours", layout, content, f"has wells that touch: {_named([one, other])}")


def _in_quadrants(layout: PlateLayoutPlan, content: str, wells: Sequence[Position]) -> Iterator[Violation]:
    counts = [0, 0, 0, 0]
    for well in wells:
        counts[quadrant_of(well, layout.shape)] += 1
    if max(counts) - min(counts) > 1:
        told = ", ".join(map(str, counts))
        text = f"has {told} wells in the four quadrants, not even to one"
        yield _breach("quadrant", layout, content, text, whole=len(wells) == max(counts) >= FEWEST_WHOLE)


def _same_wells(layouts: Sequence[PlateLayoutPlan]) -> Iterator[Violation]:
    seen: dict[tuple[str, str], str] = {}
    for layout in layouts:
        for well, content in layout.filled.items():
            if role_of(content) != "sample":
                continue
            before = seen.setdefault((content, well), layout.experiment)
            if before != layout.experiment:
                text = f"stands in {well} in {before} and in {layout.experiment}"
                yield _breach("same_well", layout, content, text)


def _balance(layouts: Sequence[PlateLayoutPlan]) -> Iterator[Violation]:
    by_experiment: dict[str, list[PlateLayoutPlan]] = {}
    for layout in layouts:
        by_experiment.setdefault(layout.experiment, []).append(layout)
    for experiment, plates in by_experiment.items():
        for content in dict.fromkeys(c for plate in plates for c in plate.groups):
            counts = [plate.groups[content] for plate in plates if content in plate.groups]
            if max(counts) - min(counts) > 1:
                told = ", ".join(map(str, counts))
                text = f"has {told} wells on the plates of {experiment}, not even to one"
                yield _breach("balance", plates[0], content, text)


def _breach(rule: Rule, layout: PlateLayoutPlan, content: str, text: str, *, whole: bool = False) -> Violation:
    told = f"{layout.plate}: {content} {text}."
    return Violation(rule=rule, plate=layout.plate, content=content, text=told, whole=whole)


def _named(wells: Sequence[Position]) -> str:
    return ", ".join(well_name(row, column) for row, column in wells)
