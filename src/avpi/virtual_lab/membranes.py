"""The membranes of one experiment as images: each probe of each membrane is a file of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from avpi.virtual_lab import blot_image
from avpi.virtual_lab.blot_image import DrawnBand, Membrane
from avpi.virtual_lab.day import Day, Rows, purpose_of, stream
from avpi.virtual_lab.design import TIME_COURSE, Design
from avpi.virtual_lab.faults import Fault, Trace, strength_in
from avpi.virtual_lab.file_names import FileNames
from avpi.virtual_lab.truth import BlotTruth

LOADING_CV = 0.12
"""Between lanes (assumed: a BCA assay and a pipette)."""
FAINT_ROWS_PX = {"cIAP1": 345, "XIAP": 370, "actin": 90}
"""Rows of an unspecific band in each image, far from what is measured."""
SECOND_HARVEST = 2
"""The lane of the second harvest, 30 min in the guide's time course: the last one that counts for engagement."""


def write_membranes(
    day: Day, design: Design, seed: int, folder: Path, faults: Sequence[Fault] = ()
) -> tuple[Trace, ...]:
    """Write the images of every membrane of one experiment; return what faults did to them."""
    traces: list[Trace] = []
    for name in design.membranes:
        traces += _write_membrane(name, day, design, seed, folder, faults)
    return tuple(traces)


def _write_membrane(
    name: str, day: Day, design: Design, seed: int, folder: Path, faults: Sequence[Fault]
) -> list[Trace]:
    blot, rows, names = day.cells.blots[name], day.rows[name], FileNames(experiment=day.name)
    random = stream(seed, *purpose_of(name, day.name, "membrane"))
    loading = np.exp(random.normal(0, LOADING_CV, len(blot.lanes)))
    order, exposure, traces = np.arange(len(blot.lanes)), 1.0, []
    # Faults of blots hit the time course: it is what the verdict reads.
    if name == TIME_COURSE:
        if design.overloaded is not None and design.overloaded.experiment == day.name:
            loading[design.overloaded.lane] = design.overloaded.excess
        if (excess := strength_in(faults, "saturated_lane", day.name)) is not None:
            lane = min(SECOND_HARVEST, len(loading) - 1)
            loading[lane] = excess
            traces.append(_saturated(day, blot, names, lane, excess))
        if (apart := strength_in(faults, "swapped_lanes", day.name)) is not None:
            other = min(int(apart), len(order) - 1)
            order[[0, other]] = order[[other, 0]]
            traces.append(_swapped(day, blot, names, other))
        if (longer := strength_in(faults, "overexposed_blot", day.name)) is not None:
            exposure = longer
            traces.append(_overexposed(day, names, longer))
    membrane = blot_image.run_gel(loading, random)
    for probe, bands in _probes(blot, rows, loading, order):
        path = names.probe(name, probe)
        pixels = _image(membrane, bands, probe, stream(seed, day.name, path), exposure if probe == "cIAP1" else 1.0)
        tifffile.imwrite(
            folder / path, pixels, photometric="minisblack", metadata=None, software="avpi virtual lab: simulated image"
        )
    return traces


def _image(
    membrane: Membrane, bands: Sequence[DrawnBand], probe: str, random: np.random.Generator, exposure: float
) -> NDArray[np.uint16]:
    return blot_image.expose(membrane, bands, FAINT_ROWS_PX[probe], random, exposure=exposure)


def _probes(
    blot: BlotTruth, rows: Rows, loading: NDArray[np.float64], order: NDArray[np.int64]
) -> Iterator[tuple[str, list[DrawnBand]]]:
    """Yield each antibody with the bands that it sees; ``order`` says whose lysate is in each lane."""

    def band(row_px: int, amounts: tuple[float, ...]) -> DrawnBand:
        return DrawnBand(row_px=row_px, amounts=np.array(amounts)[order] * loading)

    target = [band(rows.target_px, blot.ciap1)]
    if blot.ciap2 is not None:
        target.append(band(rows.neighbour_px, blot.ciap2))
    yield "cIAP1", target
    if blot.xiap is not None:
        yield "XIAP", [band(rows.xiap_px, blot.xiap)]
    yield "actin", [DrawnBand(row_px=rows.control_px, amounts=loading)]


def _saturated(day: Day, blot: BlotTruth, names: FileNames, lane: int, excess: float) -> Trace:
    time = blot.lanes[lane].time
    return Trace(
        fault="saturated_lane",
        experiment=day.name,
        files=tuple(names.probe(TIME_COURSE, probe) for probe in _probe_names(blot)),
        what=f"lane {lane + 1} ({time}) holds {excess:g} times the usual protein; its actin saturates",
        detail={"lane": lane + 1},
    )


def _swapped(day: Day, blot: BlotTruth, names: FileNames, other: int) -> Trace:
    return Trace(
        fault="swapped_lanes",
        experiment=day.name,
        files=tuple(names.probe(TIME_COURSE, probe) for probe in _probe_names(blot) if probe != "actin"),
        what=f"lane 1 holds the sample of lane {other + 1} ({blot.lanes[other].time}), and the other way round",
        detail={"lanes": [1, other + 1]},
    )


def _overexposed(day: Day, names: FileNames, longer: float) -> Trace:
    return Trace(
        fault="overexposed_blot",
        experiment=day.name,
        files=(names.probe(TIME_COURSE, "cIAP1"),),
        what=f"the image was exposed {longer:g} times as long as usual",
    )


def _probe_names(blot: BlotTruth) -> tuple[str, ...]:
    return ("cIAP1", "actin") if blot.xiap is None else ("cIAP1", "XIAP", "actin")
