"""``avpi plate``: one step on a loose plate file, without a study."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from avpi.cli.house import HouseCommand, LazyGroup, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal

if TYPE_CHECKING:
    from avpi.readings import PlateRead


@click.group(
    cls=LazyGroup,
    examples=(
        ("avpi plate read export.csv", "the wells of an export as a table"),
        ("avpi plate read export.csv --json", "the same for a program"),
    ),
)
def plate() -> None:
    """Read the file of a plate reader."""


@plate.command(
    cls=HouseCommand,
    examples=(
        ("avpi plate read export.csv", "every plate and read, as a picture of the plate"),
        ("avpi plate read export.xlsx --json", "the same with settings and caveats, as JSON"),
    ),
)
@click.argument("file", type=NamedPath())
@option(
    "--decimal",
    type=click.Choice([",", "."]),
    section="Input",
    help="Decimal mark, where the file leaves it open ('1,000' and nothing else).",
)
@option(
    "--through-allotropy",
    metavar="VENDOR",
    section="Input",
    help="Let allotropy read it, if it is installed: a vendor of its list, such as BMG_MARS.",
)
@option(
    "--asm",
    "as_asm",
    is_flag=True,
    section="Output",
    help="A document of the Allotrope Simple Model (plate reader).",
)
@talking()
def read(
    file: Path, *, decimal: str | None, through_allotropy: str | None, as_asm: bool, as_json: bool, terminal: Terminal
) -> None:
    """Read a plate reader's export and print its wells; an unread well is a dot, a saturated one 'over'."""
    from avpi.formats.plate_file import read_plate_file, reading_to_json

    if through_allotropy is None:
        reading = read_plate_file(file, str(file), decimal=decimal or "")
    else:
        from avpi.formats.plate_asm_read import read_through_allotropy

        reading = read_through_allotropy(file, str(file), vendor=through_allotropy)
    if as_asm:
        from avpi.formats.plate_asm import reading_to_asm

        terminal.json(reading_to_asm(reading))
    elif as_json:
        terminal.json(reading_to_json(reading))
    else:
        terminal.data(f"{reading.source}: {reading.reader} (reader: {reading.trust})")
        for one in reading.plates:
            for plate_read in one.reads:
                unit = f", {plate_read.unit}" if plate_read.unit else ""
                when = "" if plate_read.time_s is None else f" at {plate_read.time_s:g} s"
                said = f"{plate_read.kind}, {plate_read.mode}{unit}"
                terminal.data(f"\nplate {one.name or '1'}, read {plate_read.name}{when} ({said})")
                for line in plate_lines(plate_read):
                    terminal.data(line)
    for caveat in reading.caveats:
        terminal.say(caveat.text)


def plate_lines(read: PlateRead) -> list[str]:
    """Return a read as a plate: a row of column numbers, then a line for each row."""
    from avpi.readings import row_letters

    rows, columns = read.values.shape
    table = [["", *(str(column + 1) for column in range(columns))]]
    for row in range(rows):
        cells = [
            _cell(read.values[row, column], overflow=bool(read.overflow[row, column])) for column in range(columns)
        ]
        table.append([row_letters(row), *cells])
    width = max(len(cell) for line in table for cell in line) + 2
    return [f"{line[0]:<2}" + "".join(f"{cell:>{width}}" for cell in line[1:]) for line in table]


def _cell(value: float, *, overflow: bool) -> str:
    if overflow:
        return "over"
    return "." if math.isnan(value) else f"{value:.7g}"
