"""Lists of transfers as tables: the Echo's pick list, Hamilton's and Biomek's worklists, what stands in the sources.

Every writer has its reader beside it. What is read is transfers again, from which ``deck.differences`` follows every
well: a file that was changed on its way to the instrument does not pass for the design.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast, get_args

from avpi.errors import FileFormatError, Problem
from avpi.planning.acoustic import SOURCE_TYPES
from avpi.planning.labware import padded_well, plain_well
from avpi.planning.liquids import Liquid, Place, Source, Transfer, Vehicle

Made = TypeVar("Made")
NL_PER_UL = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferColumns:
    """Columns of one program's list, and what stands in each."""

    source: str
    source_well: str
    target: str
    target_well: str
    volume: str
    nanolitres: bool
    what: str
    extra: Mapping[str, Callable[[Transfer], str]]


def _source_type(transfer: Transfer) -> str:
    return SOURCE_TYPES[transfer.source.labware]


ECHO = TransferColumns(
    source="Source Plate Name", source_well="Source Well", target="Destination Plate Name",
    target_well="Destination Well", volume="Transfer Volume", nanolitres=True, what="Sample Name",
    extra={"Source Plate Type": _source_type},
)  # fmt: skip
"""The Echo's cherry-pick list; its volumes are in nL."""
HAMILTON = TransferColumns(
    source="SourceLabware", source_well="SourcePosition", target="TargetLabware", target_well="TargetPosition",
    volume="Volume_uL", nanolitres=False, what="Liquid", extra={},
)  # fmt: skip
BIOMEK = TransferColumns(
    source="Source Plate", source_well="Source Well", target="Destination Plate", target_well="Destination Well",
    volume="Volume (uL)", nanolitres=False, what="Liquid", extra={},
)  # fmt: skip
SOURCE_COLUMNS = (
    "labware",
    "well",
    "liquid",
    "reagent",
    "concentration",
    "vehicle",
    "load_ul",
    "dead_ul",
    "capacity_ul",
)
WELL_COLUMNS = ("plate", "well", "content", "filled_with", "volume_ul")


def write_transfers(transfers: Sequence[Transfer], columns: TransferColumns) -> str:
    """Return a list of transfers as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    names = [columns.source, *columns.extra, columns.source_well, columns.what, columns.target, columns.target_well]
    writer.writerow([*names, columns.volume])
    for t in transfers:
        volume = t.volume_nl if columns.nanolitres else t.volume_nl / NL_PER_UL
        extra = (write(t) for write in columns.extra.values())
        wells = plain_well(t.source.well), plain_well(t.target.well)
        row = [t.source.labware, *extra, wells[0], t.what, t.target.labware, wells[1], f"{volume:.10g}"]
        writer.writerow(row)
    return text.getvalue()


def read_transfers(text: str, columns: TransferColumns, source: str) -> tuple[Transfer, ...]:
    """Return the transfers of such a CSV.

    Raises
    ------
    FileFormatError
        If a column is missing or a row cannot be read.
    """
    scale = 1.0 if columns.nanolitres else NL_PER_UL

    def one(row: Mapping[str, str]) -> Transfer:
        return Transfer(
            source=Place(row[columns.source], padded_well(row[columns.source_well])),
            target=Place(row[columns.target], padded_well(row[columns.target_well])),
            volume_nl=round(float(row[columns.volume]) * scale, 6),
            what=row[columns.what],
        )

    return tuple(_rows(text, source, one))


def write_sources(sources: Sequence[Source]) -> str:
    """Return what must stand where before the transfers, as CSV; concentrations in molar or ng/mL."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SOURCE_COLUMNS)
    for s in sources:
        volumes = (s.load_nl / NL_PER_UL, s.dead_nl / NL_PER_UL, s.capacity_nl / NL_PER_UL)
        liquid = (s.liquid.name, s.liquid.reagent, repr(s.liquid.concentration), s.liquid.vehicle)
        writer.writerow([s.place.labware, s.place.well, *liquid, *(f"{v:.10g}" for v in volumes)])
    return text.getvalue()


def read_sources(text: str, source: str) -> tuple[Source, ...]:
    """Return the sources of such a CSV.

    Raises
    ------
    FileFormatError
        If a column is missing or a row cannot be read.
    """

    def one(row: Mapping[str, str]) -> Source:
        load, dead, capacity = (round(float(row[c]) * NL_PER_UL, 6) for c in SOURCE_COLUMNS[-3:])
        if row["vehicle"] not in get_args(Vehicle):
            message = f"'{row['vehicle']}' is no vehicle"
            raise ValueError(message)
        vehicle = cast("Vehicle", row["vehicle"])
        liquid = Liquid(
            name=row["liquid"], vehicle=vehicle, reagent=row["reagent"], concentration=float(row["concentration"])
        )
        place = Place(row["labware"], padded_well(row["well"]))
        return Source(place=place, liquid=liquid, drawn_nl=load - dead, dead_nl=dead, capacity_nl=capacity)

    return tuple(_rows(text, source, one))


def write_wells(start: Mapping[Place, float], contents: Mapping[Place, str], without_cells: str) -> str:
    """Return what is filled into the wells by hand before the transfers, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(WELL_COLUMNS)
    for place, volume in start.items():
        content = contents[place]
        filled = "medium" if content == without_cells else "cells"
        writer.writerow([place.labware, place.well, content, filled, f"{volume / NL_PER_UL:.10g}"])
    return text.getvalue()


def read_wells(text: str, source: str) -> dict[Place, float]:
    """Return the nanolitres that stand in each well before the transfers.

    Raises
    ------
    FileFormatError
        If a column is missing or a row cannot be read.
    """

    def one(row: Mapping[str, str]) -> tuple[Place, float]:
        return Place(row["plate"], padded_well(row["well"])), round(float(row["volume_ul"]) * NL_PER_UL, 6)

    return dict(_rows(text, source, one))


def _rows(text: str, source: str, make: Callable[[Mapping[str, str]], Made]) -> list[Made]:
    """Return what each row makes."""
    made, problems = [], []
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            made.append(make(row))
        except KeyError as error:
            what = f"has no column {error}"
            raise FileFormatError(Problem(file=source, what=what, expected="the columns that avpi writes")) from None
        except (ValueError, TypeError) as error:
            problems.append(Problem(file=source, place=str(number), what=f"cannot be read: {error}"))
    if problems:
        raise FileFormatError(problems)
    return made
