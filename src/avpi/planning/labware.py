"""Names of places on a deck: how big each labware is, and how instruments count its wells."""

from __future__ import annotations

from collections.abc import Iterable

from avpi.planning.liquids import Transfer
from avpi.planning.mixes import MIX_SHAPE, MIXES, RACK, RACK_SHAPE, RESERVOIR
from avpi.readings import parse_well, well_name

RESERVOIR_SHAPE = (1, 1)


def labware_shape(name: str, plate_shape: tuple[int, int]) -> tuple[int, int]:
    """Return rows and columns of a labware by its name; what is no source is one of the study's plates."""
    if name == RESERVOIR:
        return RESERVOIR_SHAPE
    if name == MIXES:
        return MIX_SHAPE
    return RACK_SHAPE if name.startswith(f"{RACK} ") else plate_shape


def labware_names(transfers: Iterable[Transfer]) -> tuple[str, ...]:
    """Return every labware of a list of transfers, sources first, each once."""
    listed = list(transfers)
    return tuple(dict.fromkeys([*(t.source.labware for t in listed), *(t.target.labware for t in listed)]))


def plain_well(well: str) -> str:
    """Return a well without leading zeros, as most instruments write it: ``"A1"``."""
    row, column = _at(well)
    return f"{well_name(row, column)[:-2]}{column + 1}"


def column_position(well: str, shape: tuple[int, int]) -> int:
    """Return a well's number counted down the columns from 1, as Tecan counts."""
    row, column = _at(well)
    return column * shape[0] + row + 1


def well_at_position(position: int, shape: tuple[int, int]) -> str:
    """Return the well of a number counted down the columns from 1."""
    column, row = divmod(position - 1, shape[0])
    return well_name(row, column)


def _at(well: str) -> tuple[int, int]:
    at = parse_well(well)
    if at is None:
        message = f"'{well}' is no well"
        raise ValueError(message)
    return at


def padded_well(text: str) -> str:
    """Return a well in its normal form with two digits."""
    return well_name(*_at(text))
