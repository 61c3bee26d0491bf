"""Wells written out in study.yaml: "A01", "A1-A6", the rectangle "B02-D04", or several with commas."""

from __future__ import annotations

import re
from collections.abc import Mapping

from avpi.errors import Problem, StudyError
from avpi.formats.layout_entries import Entries
from avpi.readings import PlateLayout, parse_well

_RANGE = re.compile(r"^\s*([A-Za-z]{1,2}\s*\d{1,2})\s*(?:-|–|:|\.\.|\bto\b)\s*([A-Za-z]{1,2}\s*\d{1,2})\s*$")


def layout_from_wells(wells: Mapping[str, str], source: str) -> PlateLayout:
    """Return the layout that a mapping of wells to condition words describes.

    Parameters
    ----------
    wells : {"A1-A6": "DMSO", "B2,C2": "SM"}; a range is the rectangle between its two corners.
    source : the file that the wells stand in, such as ``"study.yaml"``.

    Raises
    ------
    StudyError
        Every key that names no well, and every well that two keys name, with both keys.
    """
    entries = Entries(source=source, shape=None)
    problems: list[Problem] = []
    for key, condition in wells.items():
        place = f"wells '{key}'"
        if not condition.strip():
            problems.append(Problem(file=source, place=place, what="has no condition", expected="what is in the wells"))
            continue
        try:
            for at in parse_wells(key):
                entries.add(at, "condition", condition.strip(), place)
        except ValueError as error:
            expected = "wells such as 'A01', 'A1-A6', 'B2-D4' (a rectangle) or 'A1, A3'"
            problems.append(Problem(file=source, place=place, what=str(error), expected=expected))
        except StudyError as error:
            problems.extend(error.problems)
    if problems:
        raise StudyError(problems)
    if not entries.wells:
        raise StudyError(Problem(file=source, what="the layout names no wells", expected="at least one well"))
    filled, cells = entries.in_plate_order()
    return PlateLayout(wells=filled, cells=cells, shape=None, source=source)


def parse_wells(text: str) -> list[tuple[int, int]]:
    """Return the 0-based wells that a text names, row by row, in the order of its parts.

    Raises
    ------
    ValueError
        If a part is neither a well nor a range from upper left to lower right.
    """
    wells: list[tuple[int, int]] = []
    for part in text.split(","):
        match = _RANGE.match(part)
        first = parse_well(match[1]) if match else parse_well(part)
        last = parse_well(match[2]) if match else first
        if first is None or last is None:
            message = f"'{part.strip()}' is no well of a plate"
            raise ValueError(message)
        if last[0] < first[0] or last[1] < first[1]:
            message = f"'{part.strip()}' does not go from upper left to lower right"
            raise ValueError(message)
        wells += [(r, c) for r in range(first[0], last[0] + 1) for c in range(first[1], last[1] + 1)]
    return wells
