"""A well of ten thousand cells that share their TNF: how long the guide's five conditions take, and how exact they are.

    python benchmarks/population.py [--json] [--only speed,memory,tolerance,corners,cells]

Mimetic alone, with TNF, with zVAD, with both, and with zVAD and Nec-1; 48 hours, in a line that a mimetic kills through
its own TNF (MDA-MB-231) and in one that needs added TNF (HT-29). Accuracy is that of what a lab reads: viability and
the mean of a band, each against the same cells at a setting that is far finer.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.compute.places import Threads
from avpi.network.lines import find_line
from avpi.population import medium, well
from avpi.population.experiment import Dose, Experiment
from avpi.population.fates import CROWDED
from avpi.population.well import Well, grow

Floats = NDArray[np.float64]
Row = dict[str, Any]

SM, TNF = Dose(reagent="birinapant", amount=100e-9), Dose(reagent="TNF", amount=10)
ZVAD, NEC1 = Dose(reagent="zVAD", amount=20e-6), Dose(reagent="Nec-1", amount=10e-6)
CONDITIONS = {
    "S": (SM,),
    "ST": (SM, TNF),
    "SZ": (SM, ZVAD),
    "STZ": (SM, TNF, ZVAD),
    "SZN": (SM, ZVAD, NEC1),
}
LINES = ("HT-29", "MDA-MB-231")
HOURS = np.arange(0.0, 49.0, 4.0)
CELLS, JUDGED_CELLS = 10_000, 400
BANDS = ("C1", "C2", "p52", "NFn", "FLIP", "A20", "mTNF")
CORES = 2
MOST_SECONDS, MOST_GIGABYTES, VIABILITY, BAND = 30.0, 1.5, 0.005, 0.01
FEWEST_LIVING = 0.25
"""Where fewer live, one cell that dies an instant earlier moves the mean of a band by a per cent."""
FINE_RTOL, FINE_CORNERS_HOURS = 1e-7, 0.1


def row(what: str, value: float, goal: str, *, met: bool) -> Row:
    return {"what": what, "value": value, "goal": goal, "met": bool(met)}


def experiment(line: str, condition: str) -> Experiment:
    found = find_line(line)
    if found is None:
        message = f"there is no line '{line}'"
        raise RuntimeError(message)
    return Experiment(line=found, doses=CONDITIONS[condition])


def conditions(line: str, cells: int) -> dict[str, Well]:
    """Return the wells of the five conditions."""
    return {
        name: grow(experiment(line, name), times_hours=HOURS, cells=cells, observe=BANDS, place=Threads(CORES))
        for name in CONDITIONS
    }


def speed() -> list[Row]:
    """Five conditions of ten thousand cells, rest included, the pathway compiled before."""
    grow(experiment(LINES[0], "S"), times_hours=HOURS, cells=2, observe=BANDS)
    rows = []
    for line in LINES:
        begun, worked = time.perf_counter(), time.process_time()
        rounds = [found.rounds for found in conditions(line, CELLS).values()]
        seconds, worked = time.perf_counter() - begun, time.process_time() - worked
        what = (
            f"{line}: {CELLS} cells x {len(CONDITIONS)} conditions x 48 h, s ({worked:.0f} s of work, rounds {rounds})"
        )
        rows.append(row(what, round(seconds, 1), f"< {MOST_SECONDS:g}", met=seconds < MOST_SECONDS))
    return rows


ALONE = """
import resource, sys
from benchmarks.population import CELLS, conditions
conditions(sys.argv[1], CELLS)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


def memory() -> list[Row]:
    """The same in a process of its own: the most memory that it ever held."""
    here = Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", ALONE, LINES[0]], capture_output=True, text=True, check=True, cwd=here)
    gigabytes = float(done.stdout)
    return [
        row("the same, most memory, GB", round(gigabytes, 2), f"< {MOST_GIGABYTES:g}", met=gigabytes < MOST_GIGABYTES)
    ]


def apart(one: Well, other: Well) -> tuple[float, float]:
    """Return by how much two wells differ: living cells, of those of a well that only grows, and bands, of the most."""
    there = np.isin(one.times_hours, HOURS), np.isin(other.times_hours, HOURS)
    unharmed = CROWDED / (1 + (CROWDED - 1) * 2 ** (-HOURS / one.experiment.line.doubling_hours))
    living = np.max(np.abs(one.counts.live[there[0]] - other.counts.live[there[1]]) / unharmed)
    most = 0.0
    for band in BANDS:
        a, b = one.mean_of_living(band)[there[0]], other.mean_of_living(band)[there[1]]
        both = np.isfinite(a) & np.isfinite(b) & (other.fates.alive(HOURS).mean(axis=0) > FEWEST_LIVING)
        largest = np.max(np.abs(b[both]))
        most = max(most, float(np.max(np.abs(a - b)[both]) / largest)) if largest > 0 else most
    return float(living), most


def judged(what: str, pairs: list[tuple[Well, Well]]) -> list[Row]:
    differences = np.array([apart(one, other) for one, other in pairs])
    living, band = differences.max(axis=0)
    return [
        row(f"{what}: living cells apart by", float(f"{living:.1e}"), f"< {VIABILITY:g}", met=living < VIABILITY),
        row(f"{what}: bands apart by (of their maximum)", float(f"{band:.1e}"), f"< {BAND:g}", met=band < BAND),
    ]


def well_of(line: str, condition: str, cells: int = JUDGED_CELLS, rtol: float = well.RTOL) -> Well:
    return grow(
        experiment(line, condition), times_hours=HOURS, cells=cells, observe=BANDS, place=Threads(CORES), rtol=rtol
    )


def tolerance() -> list[Row]:
    """The solver's tolerance against one that is ten thousand times smaller."""
    pairs = [(well_of(li, c), well_of(li, c, rtol=FINE_RTOL)) for li in LINES for c in CONDITIONS]
    return judged(f"rtol {well.RTOL:g} against {FINE_RTOL:g}", pairs)


def corners_as(knots: Callable[[float], Floats]) -> None:
    """Let the course of TNF have these corners, wherever they are asked for."""
    vars(medium)["knots"] = vars(well)["knots"] = knots


def corners_every(hours: float) -> None:
    corners_as(lambda end: np.append(np.arange(0.0, end, hours), end))


def corners() -> list[Row]:
    """The corners of the course of TNF, three hours apart, against six minutes."""
    pairs = []
    usual = medium.knots
    for line in LINES:
        for condition in CONDITIONS:
            coarse = well_of(line, condition)
            corners_every(FINE_CORNERS_HOURS)
            try:
                pairs.append((coarse, well_of(line, condition)))
            finally:
                corners_as(usual)
    return judged("corners of TNF's course", pairs)


def cells() -> list[Row]:
    """A large well, whose course of TNF some of its cells find first, against one where all cells do all rounds."""
    pairs = []
    few = well.FIRST_CELLS
    number = 2 * few + 2
    for line in LINES:
        first = well_of(line, "S", cells=number)
        well.FIRST_CELLS = number
        try:
            pairs.append((first, well_of(line, "S", cells=number)))
        finally:
            well.FIRST_CELLS = few
    return judged(f"{few} cells first", pairs)


PARTS = {part.__name__: part for part in (speed, memory, tolerance, corners, cells)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="a list of {what, value, goal, met}")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas between")
    arguments = parser.parse_args()
    rows = [found for part in arguments.only.split(",") for found in PARTS[part]()]
    if arguments.json:
        print(json.dumps(rows, indent=1))
    else:
        for found in rows:
            print(f"{'met   ' if found['met'] else 'MISSED'} {found['what']}: {found['value']}   goal {found['goal']}")
    return 0 if all(found["met"] for found in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
