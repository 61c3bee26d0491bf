"""A simulated 96-well CellTiter-Glo plate: its layout and its readings; ``plate_programs`` says how they are written.

Layout: rows B-G hold every condition once each in random order (randomised complete blocks), the kill control
stands in column 1 and medium in column 12 of the same rows; rows A and H and the corners hold medium only and
have no entry in the layout, because outer wells dry out. A whole plate uses every row and column instead.

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


def design_plate(
    conditions: Sequence[str], random: np.random.Generator, *, whole_plate: bool = False
) -> dict[str, str]:
    """Return what stands in each labelled well, in well order: a condition's label, ``kill`` or ``blank``.

    On a whole plate everything stands anywhere in all eight rows, the rim included, as a lab does that is short of
    wells.

    Raises
    ------
    OurFault
        If there are more conditions than columns for them.
    """
    if len(conditions) > len(SAMPLE_COLUMNS):
        message = f"{len(conditions)} conditions do not fit {len(SAMPLE_COLUMNS)} columns"
        raise OurFault(message)
    wells: dict[str, str] = {}
    if whole_plate:
        words = [*conditions, "kill", "blank"]
        for row in range(ROWS):
            taken = sorted(int(c) for c in random.permutation(COLUMNS)[: len(words)])
            shuffled = (words[int(n)] for n in random.permutation(len(words)))
            wells |= {well_name(row, column): word for column, word in zip(taken, shuffled, strict=True)}
        return wells
    for row in SAMPLE_ROWS:
        wells[well_name(row, 0)] = "kill"
        columns = random.permutation(len(conditions))  # columns to the right stay empty if there are few
        placed = {SAMPLE_COLUMNS[int(c)]: word for c, word in zip(columns, conditions, strict=True)}
        wells |= {well_name(row, column): placed[column] for column in sorted(placed)}
        wells[well_name(row, COLUMNS - 1)] = "blank"
    return wells


def read_out(
    wells: Mapping[str, str],
    viability: Mapping[str, float],
    random: np.random.Generator,
    *,
    signal: NDArray[np.float64] | float = 1.0,
) -> NDArray[np.float64]:
    """Return the counts of every well (8, 12), whole numbers; wells without cells give medium's.

    Parameters
    ----------
    wells : what stands in each well that holds something.
    viability : condition label -> fraction of vehicle.
    random : of plate, wells and medium.
    signal : what a fault makes of each well's signal (8, 12); 1 leaves it as it is.
    """
    alive = np.zeros((ROWS, COLUMNS))
    for well, word in wells.items():
        place = parse_well(well)
        if place is not None and word != "blank":
            alive[place] = KILL_VIABILITY if word == "kill" else viability[word]
    scale = VEHICLE_COUNTS * np.exp(random.normal(0, PLATE_CV))
    noise = np.exp(random.normal(0, WELL_CV, alive.shape))
    medium = MEDIUM_COUNTS * np.exp(random.normal(0, MEDIUM_CV, alive.shape))
    counts: NDArray[np.float64] = np.rint(alive * scale * noise * _position_effect() * signal + medium)
    return counts


def rings() -> NDArray[np.int64]:
    """Return how many wells lie between each well and the rim of the plate (8, 12)."""
    rows, columns = np.indices((ROWS, COLUMNS))
    return np.minimum(np.minimum(rows, ROWS - 1 - rows), np.minimum(columns, COLUMNS - 1 - columns))


def _position_effect() -> NDArray[np.float64]:
    """Return the factor that a well's place puts on its signal (8, 12)."""
    columns, from_edge = np.indices((ROWS, COLUMNS))[1], rings()
    ring = np.select([from_edge == 0, from_edge == 1], [1 - OUTER_RING_LOSS, 1 - SECOND_RING_LOSS], 1.0)
    effect: NDArray[np.float64] = ring * (1 - COLUMN_DRIFT * columns / (COLUMNS - 1))
    return effect


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
