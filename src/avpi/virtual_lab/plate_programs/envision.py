"""EnVision Workstation 1.13 (PerkinElmer): csv with plate information, a bare matrix, assay information."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpi.virtual_lab.plate_programs.label import PlateLabel

SUFFIX = "csv"

_HEADER = (
    "Plate,Repeat,Barcode,Measured height,Inside temperature at start,Inside temperature at end,Humidity at start,"
    "Humidity at end,Ambient temperature at start,Ambient temperature at end,Group,Label,ScanX,ScanY,Measinfo,"
    "Kinetics,Measurement date,"
)


def write(counts: NDArray[np.float64], label: PlateLabel) -> bytes:
    """Return the export of a plate of counts (8, 12); nan is the empty cell of an unread well."""
    day, number = f"{label.read_on.month}/{label.read_on.day}/{label.read_on.year}", label.number
    measured = (
        f"{number},1,{label.barcode},14.40,25.0,25.1,45,44.8,24.6,24.7,1,US LUM 96(1),0,0,"
        f"De=USLum Ex=N/A Em=N/A Wdw=N/A (12),0,{day} 10:0{number}:25 AM,"
    )
    matrix = ["".join(f"{value:.0f}," if np.isfinite(value) else "," for value in row) for row in counts]
    assay = {
        "Assay ID": str(9000 + 10 * label.read_on.timetuple().tm_yday + number),
        "Assay Started": f"{day} 10:0{number}:05 AM",
        "Assay Finished": "N/A",
        "Assay Exported": f"{day} 10:0{number}:55 AM",
        "Protocol ID": "900001",
        "Protocol Name": "CTG_LUM 96 well 0.1s SIMULATED",
        "Serial#": "SIMULATED",
    }
    lines = [
        "Plate information ", _HEADER, measured, "", *matrix, "", "",
        "Basic assay information ", *(f"{key}: ,,,,{value}" for key, value in assay.items()), "", "", "", "",
        "Exported with EnVision Workstation version 1.13.3009.1401", "",
    ]  # fmt: skip
    return "\n".join(lines).encode("ascii")
