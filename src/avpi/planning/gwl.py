"""Tecan's worklist (.gwl): one aspirate, one dispense and one wash for every transfer.

Records are those of Tecan EVOware and Fluent Control: ``A;RackLabel;RackID;RackType;Position;TubeID;Volume;LiquidClass;
TipType;TipMask;ForcedRackType``, ``D`` likewise, ``W;`` washes or changes the tip, ``C;`` is a comment. Positions are
counted down the columns from 1, volumes are µL. What a tip cannot hold is written as several transfers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from avpi.errors import FileFormatError, Problem
from avpi.planning.dilutions import PIPETTE_STEP_NL
from avpi.planning.labware import column_position, labware_shape, well_at_position
from avpi.planning.liquids import Place, Transfer, split_volume

MOST_TIP_NL = 950_000.0
"""What a 1 mL tip takes with its air gaps (assumed)."""
_FIELDS = 11


def write_gwl(transfers: Sequence[Transfer], plate_shape: tuple[int, int]) -> str:
    """Return the worklist; a comment names the liquid before each change of it."""
    return "\r\n".join(_lines(transfers, plate_shape)) + "\r\n"


def _lines(transfers: Sequence[Transfer], plate_shape: tuple[int, int]) -> Iterator[str]:
    said = None
    for transfer in transfers:
        if (transfer.source, transfer.what) != said:
            said = (transfer.source, transfer.what)
            yield f"C;{transfer.what} from {transfer.source}"
        for volume in split_volume(transfer.volume_nl, MOST_TIP_NL, PIPETTE_STEP_NL):
            yield _record("A", transfer.source, volume, plate_shape)
            yield _record("D", transfer.target, volume, plate_shape)
            yield "W;"


def _record(kind: str, place: Place, volume_nl: float, plate_shape: tuple[int, int]) -> str:
    position = column_position(place.well, labware_shape(place.labware, plate_shape))
    return f"{kind};{place.labware};;;{position};;{volume_nl / 1000:.2f};;;;"


def read_gwl(text: str, plate_shape: tuple[int, int], source: str) -> tuple[Transfer, ...]:
    """Return the transfers of a worklist.

    Raises
    ------
    FileFormatError
        If a record cannot be read, or a dispense does not follow its aspirate.
    """
    transfers: list[Transfer] = []
    held: tuple[Place, float] | None = None
    what, problems = "", list[Problem]()
    for number, line in enumerate(text.splitlines(), start=1):
        kind = line[:2]
        try:
            if kind == "C;":
                what = line[2:].rsplit(" from ", 1)[0]
            elif kind == "A;":
                held = _parsed(line, plate_shape)
            elif kind == "D;":
                target, volume = _parsed(line, plate_shape)
                if held is None or held[1] != volume:
                    message = "a dispense without an aspirate of the same volume before it"
                    raise ValueError(message)
                transfers.append(Transfer(source=held[0], target=target, volume_nl=volume, what=what))
                held = None
        except ValueError as error:
            problems.append(Problem(file=source, place=str(number), what=f"'{line}' cannot be read: {error}"))
    if problems:
        raise FileFormatError(problems)
    return tuple(transfers)


def _parsed(line: str, plate_shape: tuple[int, int]) -> tuple[Place, float]:
    fields = line.split(";")
    if len(fields) != _FIELDS:
        message = f"it has {len(fields)} fields, not {_FIELDS}"
        raise ValueError(message)
    rack = fields[1]
    well = well_at_position(int(fields[4]), labware_shape(rack, plate_shape))
    return Place(rack, well), round(float(fields[6]) * 1000, 6)
