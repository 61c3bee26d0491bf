"""Wallac 1420 VICTOR (PerkinElmer): the plate list of its export as csv, a row for each well in the order of reading.

Columns and their words are those of published scripts that read such lists; the column of counts is named after the
protocol's label and ends in ``(CPS)``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpi.virtual_lab.plate_programs.label import ROW_LETTERS, PlateLabel

SUFFIX = "csv"

MEASURED_AS = "CTG_LUM 0.1s (CPS)"
"""Label of the measurement, with its unit: counts per second."""
FIRST_WELL_S, WELL_S = 6.83, 0.26
"""When the first well is read after the start, and how long each takes: loading a plate, 0.1 s counting, moving on."""


def write(counts: NDArray[np.float64], label: PlateLabel) -> bytes:
    """Return the list of a plate of counts (8, 12); an unread well (nan) has no row."""
    lines = [f"Plate,Repeat,Well,Type,Time,{MEASURED_AS}"]
    for place, value in enumerate(counts.ravel()):
        if np.isfinite(value):
            well = f"{ROW_LETTERS[place // counts.shape[1]]}{place % counts.shape[1] + 1:02d}"
            lines.append(f"{label.number},1,{well},M,{_clock(FIRST_WELL_S + WELL_S * place)},{value:.0f}")
    return ("\n".join(lines) + "\n").encode("ascii")


def _clock(seconds: float) -> str:
    """Return a time after the start as the list writes it: ``00:01:31.59``."""
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 100:02d}.{rest % 100:02d}"
