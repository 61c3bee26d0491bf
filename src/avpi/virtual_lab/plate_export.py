"""A simulated 96-well CellTiter-Glo plate: its layout, its readings, and the text that an EnVision exports.

Layout: rows B-G hold every condition once each in random order (randomised complete blocks), the kill control
stands in column 1 and medium in column 12 of the same rows; rows A and H and the corners hold medium only and
have no entry in the layout, because outer wells dry out.

All constants are assumed, of the size that 96-well luminescence plates usually show.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from avpi.errors import OurFault
from avpi.readings import parse_well, well_name

ROWS, COLUMNS = 8, 12
SAMPLE_ROWS, SAMPLE_COLUMNS = range(1, 7), range(1, 11)

VEHICLE_COUNTS = 900_000.0
"""Luminescence of a vehicle well, counts."""
PLATE_CV = 0.10
"""Plates differ in cell number and reagent age; same-plate vehicle takes this away."""
MEDIUM_COUNTS = 450.0
MEDIUM_CV = 0.10
KILL_VIABILITY = 0.01
"""Digitonin leaves about 1 % of the ATP signal."""
WELL_CV = 0.07
OUTER_RING_LOSS, SECOND_RING_LOSS = 0.06, 0.015
"""Evaporation: lost share of signal in the outermost wells and in those beside them."""
COLUMN_DRIFT = 0.02
"""Fall of signal from column 1 to column 12 while the plate is read and the reagent ages."""


def design_plate(conditions: Sequence[str], random: np.random.Generator) -> dict[str, str]:
    """Return what stands in each labelled well, in well order: a condition's label, ``kill`` or ``blank``.

    Raises
    ------
    OurFault
        If there are more conditions than columns for them.
    """
    if len(conditions) > len(SAMPLE_COLUMNS):
        message = f"{len(conditions)} conditions do not fit {len(SAMPLE_COLUMNS)} columns"
        raise OurFault(message)
    wells: dict[str, str] = {}
    for row in SAMPLE_ROWS:
        wells[well_name(row, 0)] = "kill"
        columns = random.permutation(len(conditions))  # columns to the right stay empty if there are few
        placed = {SAMPLE_COLUMNS[int(c)]: word for c, word in zip(columns, conditions, strict=True)}
        wells |= {well_name(row, column): placed[column] for column in sorted(placed)}
        wells[well_name(row, COLUMNS - 1)] = "blank"
    return wells


def read_out(
    wells: Mapping[str, str], viability: Mapping[str, float], random: np.random.Generator
) -> NDArray[np.float64]:
    """Return the counts of every well (8, 12), whole numbers; wells without cells give medium's."""
    alive = np.zeros((ROWS, COLUMNS))
    for well, word in wells.items():
        place = parse_well(well)
        if place is not None and word != "blank":
            alive[place] = KILL_VIABILITY if word == "kill" else viability[word]
    scale = VEHICLE_COUNTS * np.exp(random.normal(0, PLATE_CV))
    noise = np.exp(random.normal(0, WELL_CV, alive.shape))
    medium = MEDIUM_COUNTS * np.exp(random.normal(0, MEDIUM_CV, alive.shape))
    counts: NDArray[np.float64] = np.rint(alive * scale * noise * _position_effect() + medium)
    return counts


def _position_effect() -> NDArray[np.float64]:
    """Return the factor that a well's place puts on its signal (8, 12)."""
    rows, columns = np.indices((ROWS, COLUMNS))
    from_edge = np.minimum(np.minimum(rows, ROWS - 1 - rows), np.minimum(columns, COLUMNS - 1 - columns))
    ring = np.select([from_edge == 0, from_edge == 1], [1 - OUTER_RING_LOSS, 1 - SECOND_RING_LOSS], 1.0)
    effect: NDArray[np.float64] = ring * (1 - COLUMN_DRIFT * columns / (COLUMNS - 1))
    return effect


def envision_text(counts: NDArray[np.float64], *, barcode: str, plate: int, day: int) -> str:
    """Return an export in the layout of EnVision Workstation 1.13: plate information, matrix, assay information.

    Parameters
    ----------
    counts : (8, 12); nan is written as the empty cell of an unread well.
    barcode : of the plate.
    plate : number of the plate in its batch, from 1.
    day : day of the fixed, invented month in which the plate is said to have been read.
    """
    header = (
        "Plate,Repeat,Barcode,Measured height,Inside temperature at start,Inside temperature at end,Humidity at start,"
        "Humidity at end,Ambient temperature at start,Ambient temperature at end,Group,Label,ScanX,ScanY,Measinfo,"
        "Kinetics,Measurement date,"
    )
    measured = (
        f"{plate},1,{barcode},14.40,25.0,25.1,45,44.8,24.6,24.7,1,US LUM 96(1),0,0,"
        f"De=USLum Ex=N/A Em=N/A Wdw=N/A (12),0,1/{day}/2026 10:0{plate}:25 AM,"
    )
    matrix = ["".join(f"{value:.0f}," if np.isfinite(value) else "," for value in row) for row in counts]
    assay = {
        "Assay ID": str(9000 + 10 * day + plate),
        "Assay Started": f"1/{day}/2026 10:0{plate}:05 AM",
        "Assay Finished": "N/A",
        "Assay Exported": f"1/{day}/2026 10:0{plate}:55 AM",
        "Protocol ID": "900001",
        "Protocol Name": "CTG_LUM 96 well 0.1s SIMULATED",
        "Serial#": "SIMULATED",
    }
    lines = [
        "Plate information ", header, measured, "", *matrix, "", "",
        "Basic assay information ", *(f"{key}: ,,,,{value}" for key, value in assay.items()), "", "", "", "",
        "Exported with EnVision Workstation version 1.13.3009.1401", "",
    ]  # fmt: skip
    return "\n".join(lines)


def layout_csv(wells: Mapping[str, str]) -> str:
    """Return a layout as a table with a row for each well."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["well", "condition"])
    writer.writerows(wells.items())
    return text.getvalue()


def layout_toml(wells: Mapping[str, str]) -> str:
    """Return a layout as wellmap reads it."""
    return "".join(f'[well.{well}]\ncondition = "{word}"\n\n' for well, word in wells.items())
