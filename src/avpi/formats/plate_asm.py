"""A reading of plates as a document of the Allotrope Simple Model (plate reader, REC/2024/06).

Each well that was read is one document; its reads are measurements, calculated reads are calculated data of the
measurements of their well. A saturated well has an error document and no value. An unread well is not in the document.
Nothing is added that the export does not say: a date that is not written year first is kept in its own words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from typing import Any

from avpi.errors import FileFormatError, Problem
from avpi.readings import Plate, PlateRead, PlateReading, ReadMode, well_name

MANIFEST = "http://purl.allotrope.org/manifests/plate-reader/REC/2024/06/plate-reader.manifest"
NOT_SAID = "N/A"
"""What the model asks for where an export is silent."""

MILLI_PER_UNIT = 1000
"""The model counts absorbance in thousandths."""

_DETECTION: dict[ReadMode, tuple[str, str, str]] = {
    "luminescence": ("Luminescence", "luminescence", "RLU"),
    "electrochemiluminescence": ("Electrochemiluminescence", "luminescence", "RLU"),
    "fluorescence": ("Fluorescence", "fluorescence", "RFU"),
    "absorbance": ("Absorbance", "absorbance", "mAU"),
}
"""Detection type, name of the value and its unit in the model."""


def reading_to_asm(reading: PlateReading) -> dict[str, Any]:
    """Return a reading as a plate reader document of the Allotrope Simple Model.

    Raises
    ------
    FileFormatError
        If a measured read does not say what was measured: the model has no place for such values.
    """
    silent = [
        read.name
        for plate in reading.plates
        for read in plate.reads
        if read.kind == "measured" and read.mode not in _DETECTION
    ]
    if silent:
        what = f"does not say what was measured in {', '.join(repr(name) for name in dict.fromkeys(silent))}"
        expected = "luminescence, absorbance, fluorescence or electrochemiluminescence, as the model asks"
        hint = "Export it with its protocol, or use --json."
        raise FileFormatError(Problem(file=reading.source, what=what, expected=expected, hint=hint))
    wells: list[dict[str, Any]] = []
    calculated: list[dict[str, Any]] = []
    for number, plate in enumerate(reading.plates, start=1):
        for document, results in _wells(plate, number):
            wells.append(document)
            calculated += results
    content: dict[str, Any] = {
        "device system document": {"device identifier": NOT_SAID, "model number": NOT_SAID},
        "data system document": {
            "file name": reading.source,
            "software name": reading.reader,
            "ASM converter name": "avpi",
            "ASM converter version": version("avpi"),
        },
        "plate reader document": wells,
    }
    if calculated:
        content["calculated data aggregate document"] = {"calculated data document": calculated}
    if reading.settings:
        content["custom information document"] = dict(reading.settings)
    return {"$asm.manifest": MANIFEST, "plate reader aggregate document": content}


def _wells(plate: Plate, number: int) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield the document of each well in row order, with the calculated data of the well."""
    rows = max((read.values.shape[0] for read in plate.reads), default=0)
    columns = max((read.values.shape[1] for read in plate.reads), default=0)
    for row in range(rows):
        for column in range(columns):
            measured: list[dict[str, Any]] = []
            results: list[dict[str, Any]] = []
            for index, read in enumerate(plate.reads, start=1):
                inside = row < read.values.shape[0] and column < read.values.shape[1]
                if not inside or (math.isnan(read.values[row, column]) and not read.overflow[row, column]):
                    continue
                identifier = f"plate {number} {well_name(row, column)} read {index}"
                if read.kind == "measured":
                    measured.append(_measurement(read, row, column, identifier, plate))
                elif not read.overflow[row, column]:
                    results.append(_result(read, float(read.values[row, column]), identifier))
            if measured:
                sources = [{"data source identifier": one["measurement identifier"]} for one in measured]
                for result in results:
                    result["data source aggregate document"] = {"data source document": sources}
            if measured or results:
                yield _document(plate, measured, rows * columns), results


def _document(plate: Plate, measured: list[dict[str, Any]], well_count: int) -> dict[str, Any]:
    aggregate: dict[str, Any] = {
        "container type": "well plate",
        "plate well count": {"value": well_count, "unit": "#"},
        "measurement document": measured,
    }
    try:
        aggregate["measurement time"] = datetime.fromisoformat(plate.measured_at).isoformat()
    except ValueError:
        # 3/4/2025 is two days: the export's own words are kept and no day is chosen.
        if plate.measured_at:
            aggregate["custom information document"] = {"measured at": plate.measured_at}
    return {"measurement aggregate document": aggregate}


def _measurement(read: PlateRead, row: int, column: int, identifier: str, plate: Plate) -> dict[str, Any]:
    detection, name, unit = _DETECTION[read.mode]
    well = well_name(row, column)
    plate_name = plate.barcode or plate.name
    measurement: dict[str, Any] = {
        "measurement identifier": identifier,
        "sample document": {
            "sample identifier": f"{plate_name}_{well}",
            "location identifier": well,
            "well plate identifier": plate_name,
        },
        "device control aggregate document": {
            "device control document": [
                {"device type": f"{name} detector", "detection type": detection, "device identifier": read.name}
            ]
        },
    }
    if read.time_s is not None:
        measurement["custom information document"] = {"time after first read": {"value": read.time_s, "unit": "s"}}
    if read.overflow[row, column]:
        errors = [{"error": "the detector was saturated", "error feature": name}]
        measurement["error aggregate document"] = {"error document": errors}
    else:
        value = float(read.values[row, column])
        measurement[name] = {"value": value * MILLI_PER_UNIT if unit == "mAU" else value, "unit": unit}
    return measurement


def _result(read: PlateRead, value: float, identifier: str) -> dict[str, Any]:
    return {
        "calculated data identifier": identifier,
        "calculated data name": read.name,
        "calculated result": {"value": value, "unit": read.unit or "(unitless)"},
    }
