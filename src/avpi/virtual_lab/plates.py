"""The plates of one experiment as files: an export of the plate reader and a layout for each."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avpi.virtual_lab import plate_wells
from avpi.virtual_lab.day import Day, stream
from avpi.virtual_lab.design import Design, ReaderName
from avpi.virtual_lab.faults import Fault, Trace, strength_in
from avpi.virtual_lab.file_names import FileNames
from avpi.virtual_lab.plate_programs import envision, excel, victor
from avpi.virtual_lab.plate_programs.label import PlateLabel

Write = Callable[[NDArray[np.float64], PlateLabel], bytes]
PROGRAMS: Mapping[ReaderName, tuple[str, Write]] = {
    "envision": (envision.SUFFIX, envision.write),
    "victor": (victor.SUFFIX, victor.write),
    "excel": (excel.SUFFIX, excel.write),
}
"""Program -> suffix of its files, and how it writes a plate."""

FIRST_READ = dt.date(2026, 1, 5)
"""Invented day of the first experiment; the others follow week by week."""
EDGE_DECAY = 0.5
"""How much of an edge effect reaches one ring further in (assumed)."""


def write_plates(
    study: str, day: Day, design: Design, seed: int, folder: Path, faults: Sequence[Fault] = ()
) -> tuple[Trace, ...]:
    """Write the export and the layout of each plate of one experiment; return what faults did to them.

    Parameters
    ----------
    study : its name, for barcodes.
    day, design : what was true, and what was done.
    seed : of all noise.
    folder : of the study.
    faults : of the study.
    """
    names, traces = FileNames(experiment=day.name), []
    suffix, write = PROGRAMS[design.reader]
    for number, (plate, conditions) in enumerate(design.plates.items(), start=1):
        export, layout = names.plate(plate, suffix), names.layout(plate, design.layout_format)
        random = stream(seed, day.name, "layout", plate)
        wells = plate_wells.design_plate(conditions, random, whole_plate=design.whole_plate)
        forgotten = _forgotten_wells(wells, day.name, number, faults)
        if forgotten:
            wells = {well: word for well, word in wells.items() if well not in forgotten}
            traces.append(_vehicle_trace(day, (export, layout), forgotten))
        counts = plate_wells.read_out(
            wells,
            day.cells.viability,
            stream(seed, day.name, "plate", plate),
            signal=_signal(day.name, number, faults),
        )
        label = PlateLabel(
            barcode=f"SIM-{re.sub(r'[^A-Za-z0-9-]+', '-', study).upper()}-{day.number + 1}{plate.upper()}",
            number=number,
            read_on=FIRST_READ + dt.timedelta(weeks=day.number),
        )
        (folder / export).write_bytes(write(counts, label))
        as_text = plate_wells.layout_csv if design.layout_format == "csv" else plate_wells.layout_toml
        (folder / layout).write_text(as_text(wells), encoding="utf-8", newline="\n")
        traces += _signal_traces(day, number, export, faults)
    return tuple(traces)


def _signal(experiment: str, number: int, faults: Sequence[Fault]) -> NDArray[np.float64]:
    """Return what faults make of the signal of each well of a plate, counted from 1 (8, 12)."""
    signal = np.ones((plate_wells.ROWS, plate_wells.COLUMNS))
    if (loss := strength_in(faults, "edge_effect", experiment)) is not None:
        signal *= 1 - loss * EDGE_DECAY ** plate_wells.rings()
    if (loss := strength_in(faults, "cell_count_drift", experiment)) is not None:
        dispensed = number - 1 + np.arange(plate_wells.COLUMNS) / (plate_wells.COLUMNS - 1)
        signal *= (1 - loss) ** dispensed
    if (weaker := strength_in(faults, "batch_effect", experiment)) is not None:
        signal *= 1 - weaker
    return signal


def _signal_traces(day: Day, number: int, export: str, faults: Sequence[Fault]) -> Iterator[Trace]:
    if (loss := strength_in(faults, "edge_effect", day.name)) is not None:
        lost = [round(loss * EDGE_DECAY**ring, 6) for ring in range(plate_wells.ROWS // 2)]
        what = f"the outer ring lost {loss:.0%} of its signal, each ring further in {EDGE_DECAY:.0%} of that"
        detail = {"lost_by_ring_from_the_rim": lost}
        yield Trace(fault="edge_effect", experiment=day.name, files=(export,), what=what, detail=detail)
    if (loss := strength_in(faults, "cell_count_drift", day.name)) is not None:
        ends = [round((1 - loss) ** (number - 1), 6), round((1 - loss) ** number, 6)]
        what = f"cells fell from {ends[0]:.0%} in column 1 to {ends[1]:.0%} in column {plate_wells.COLUMNS}"
        detail = {"cells_in_first_and_last_column": ends}
        yield Trace(fault="cell_count_drift", experiment=day.name, files=(export,), what=what, detail=detail)


def _forgotten_wells(wells: Mapping[str, str], experiment: str, number: int, faults: Sequence[Fault]) -> list[str]:
    """Return the vehicle wells that a fault leaves out, on the first plate only."""
    share = strength_in(faults, "missing_vehicle", experiment)
    if share is None or number > 1:
        return []
    vehicle = [well for well, word in wells.items() if word == "DMSO"]
    return vehicle[: math.ceil(share * len(vehicle))]


def _vehicle_trace(day: Day, files: tuple[str, ...], wells: list[str]) -> Trace:
    what = f"{len(wells)} vehicle wells were forgotten: no cells, no entry in the layout"
    return Trace(fault="missing_vehicle", experiment=day.name, files=files, what=what, detail={"wells": wells})
