"""A planned plate: which content stands in which well, and the table that a study's layout file holds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from avpi.names import WellRole
from avpi.quantity import QuantityError, parse_quantity
from avpi.readings import row_letters, well_name

VEHICLE, KILL, BLANK, EMPTY = "DMSO", "kill control", "medium only", "empty"
"""Contents that are no arm, in words that every layout file may use."""
ROLES: Mapping[str, WellRole] = {VEHICLE: "vehicle", KILL: "kill", BLANK: "blank", EMPTY: "empty"}
SHAPES: Mapping[int, tuple[int, int]] = {24: (4, 6), 48: (6, 8), 96: (8, 12), 384: (16, 24), 1536: (32, 48)}
"""Wells -> rows and columns of the formats that can be planned (ANSI/SLAS 1-2004)."""

Position = tuple[int, int]
"""A well as 0-based row and column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WellGroup:
    """So many wells with one content; ``content`` is a condition in a study's words, or one of ``ROLES``."""

    content: str
    wells: int

    @property
    def role(self) -> WellRole:
        """What the wells are for."""
        return role_of(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateLayoutPlan:
    """One planned plate.

    Attributes
    ----------
    plate, experiment : their names in study.yaml.
    shape : rows and columns of the plate.
    rim_used : arms and controls may stand in the outermost wells, where evaporation changes the reading.
    contents : content of every well of the plate by name (``"B02"``), in row order.
    """

    plate: str
    experiment: str
    shape: tuple[int, int]
    rim_used: bool
    contents: Mapping[str, str]

    @property
    def groups(self) -> dict[str, int]:
        """Content -> wells, in order of first appearance; empty wells left out."""
        counts = Counter(self.contents.values())
        return {content: wells for content, wells in counts.items() if content != EMPTY}

    @property
    def filled(self) -> dict[str, str]:
        """Content of the wells that hold anything, in row order."""
        return {well: content for well, content in self.contents.items() if content != EMPTY}


def role_of(content: str) -> WellRole:
    """Return what a well with a content is for."""
    return ROLES.get(content, "sample")


def usable_wells(shape: tuple[int, int], *, rim_used: bool) -> tuple[Position, ...]:
    """Return the wells that may hold something, row by row."""
    rim = 0 if rim_used else 1
    return tuple((r, c) for r in range(rim, shape[0] - rim) for c in range(rim, shape[1] - rim))


def usable_shape(shape: tuple[int, int], *, rim_used: bool) -> tuple[int, int]:
    """Return rows and columns of the wells that may hold something."""
    rim = 0 if rim_used else 2
    return shape[0] - rim, shape[1] - rim


def vehicle_wells(arms: int, replicates: int) -> int:
    """Return how many vehicle wells serve so many arms best: the square root of the arms, times the wells of one.

    Every arm is divided by the same vehicle, and with r·√k wells of it the sum of the variances of k comparisons
    is smallest for a given number of wells (Dunnett 1955, J Am Stat Assoc 50:1096, doi:10.1080/01621459.1955.10501294).
    Never below twice an arm's wells, which is what the template of ``avpi init`` has.
    """
    return max(2 * replicates, round(replicates * math.sqrt(arms)))


def layout_csv(layout: PlateLayoutPlan) -> str:
    """Return the layout file that ``avpi run`` reads: a row for each well of the plate."""
    rows = [f"{well},{content}" for well, content in layout.contents.items()]
    return "\n".join(["well,condition", *rows]) + "\n"


def layout_lines(layout: PlateLayoutPlan, codes: Mapping[str, str]) -> Iterator[str]:
    """Yield the plate as text, each well as the code of its content; a dot is an empty well."""
    rows, columns = layout.shape
    width = max([2, *(len(code) for code in codes.values())]) + 1
    yield "   " + "".join(f"{column + 1:>{width}}" for column in range(columns))
    for row in range(rows):
        wells = (layout.contents[well_name(row, column)] for column in range(columns))
        yield f"{row_letters(row):<3}" + "".join(f"{codes.get(content, '.'):>{width}}" for content in wells)


def arm_order(content: str) -> tuple[int, tuple[str, ...], tuple[float, ...]]:
    """Return where an arm stands in lists: vehicle first, few reagents before many, low doses before high ones."""
    parts = [_name_and_dose(part.strip()) for part in content.split("+")]
    return 0 if content == VEHICLE else len(parts), tuple(n for n, _ in parts), tuple(d for _, d in parts)


def _name_and_dose(part: str) -> tuple[str, float]:
    name, _, dose = part.partition(" ")
    try:
        return name, parse_quantity(dose).value if dose else 0.0
    except QuantityError:
        return part, 0.0


def content_codes(contents: Mapping[str, int]) -> dict[str, str]:
    """Return a short code of every content: V, K and M for the controls, numbers for the arms."""
    fixed = {VEHICLE: "V", KILL: "K", BLANK: "M"}
    arms = sorted((content for content in contents if content not in ROLES), key=arm_order)
    return {c: code for c, code in fixed.items() if c in contents} | {
        arm: str(i) for i, arm in enumerate(arms, start=1)
    }
