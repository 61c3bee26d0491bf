"""Does cytometry keep its promises? Speed beside FlowKit, real files, Gating-ML, FlowJo's counts, spillover, shares.

    python benchmarks/flow.py [--json] [--flowkit-python PYTHON] [--shared ../shared/data/fcs] [--tubes 60]

FlowKit (1.3) wants an older pandas than avpi runs on, so it lives in an environment of its own: give its Python, or
set ``AVPI_FLOWKIT_PYTHON``. It is timed in the same run on the same file and the same gates. Real files are read where
they are; rows about them are left out where the folder is not there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, its own folder is all that Python sees

from avpi.flow.compensation import Spillover
from avpi.flow.count_cells import FrozenGates, count_cells, weights_of
from avpi.formats.fcs import open_fcs
from avpi.formats.fcs_write import write_fcs
from benchmarks.goals import tell

EVENTS, FILES, EVENTS_OF_FILE = 1_000_000, 96, 10_000
GOAL_MS, STRETCH_MS, GOAL_TIMES, GOAL_MB, GOAL_PLATE_S = 25.0, 10.0, 30.0, 150.0, 0.15
NAMES = ["FSC-A", "FSC-H", "SSC-A", *(f"FL{i}-A" for i in range(1, 9)), "Time"]
STAINS = (3, 5)
REPEATS = 9

OWN_MEMORY = """
import sys
from pathlib import Path
from benchmarks.flow import frozen, peak_mb
from avpi.flow.count_cells import count_cells
from avpi.formats.fcs import open_fcs
count_cells(open_fcs(Path(sys.argv[1]), "m"), frozen())
print(peak_mb())
"""

FLOWKIT = """
import json, sys, time
from pathlib import Path
import flowkit as fk
fcs, gates = sys.argv[1:3]
best = None
for _ in range(3):
    begin = time.perf_counter()
    sample = fk.Sample(fcs, sample_id="m")
    found = fk.parse_gating_xml(gates).gate_sample(sample)
    counts = {row["gate_name"]: int(row["count"]) for _, row in found.report.iterrows()}
    seconds = time.perf_counter() - begin
    best = seconds if best is None else min(best, seconds)
peak = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(json.dumps({"seconds": best, "counts": counts, "mb": float(peak[0]) / 1024}))
"""


def row(what: str, value: float, goal: str, *, met: bool | None) -> dict[str, Any]:
    """Return one line of the table."""
    return {"what": what, "value": round(value, 6), "goal": goal, "met": met}


def peak_mb() -> float:
    """Return the largest resident memory of this process so far, in MB; what its parent had does not count."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def spillover() -> Spillover:
    """Return the matrix of the simulated files: eight detectors, each sees two hundredths of every other dye."""
    return Spillover(detectors=tuple(NAMES[3:11]), matrix=0.98 * np.eye(8) + 0.02, origin="file")


def frozen() -> FrozenGates:
    """Return gates on debris, singlets and two compensated stains of eight."""
    detectors, weights = weights_of(NAMES, STAINS, spillover())
    return FrozenGates(
        channels=len(NAMES), detectors=detectors, weights=weights,
        levels=np.array([[480.0, 500.0, 520.0], [580.0, 600.0, 620.0]]),
        forward=0, debris_limit=80_000.0, area=0, height=1, ratios=(1.1, 1.4),
    )  # fmt: skip


def write_events(path: Path, events: int, seed: int) -> None:
    """Write a file of twelve channels of 32-bit floats."""
    chance = np.random.default_rng(seed)
    values = np.exp(chance.normal(6, 1, (events, len(NAMES))))
    values[:, 0] = chance.normal(100_000, 15_000, events)
    values[:, 1] = 0.8 * values[:, 0] * np.exp(chance.normal(0, 0.04, events))
    values[:, -1] = np.arange(events)
    write_fcs(path, values, NAMES)


def best_of(repeats: int, work: Callable[[], object]) -> tuple[float, float]:
    """Return the least wall time and the least processor time, in seconds."""
    walls, used = [], []
    for _ in range(repeats):
        wall, own = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        used.append(time.process_time() - own)
    return min(walls), min(used)


def speed_rows(folder: Path, flowkit: str) -> Iterator[dict[str, Any]]:
    """Yield time and memory for one large file and for a plate, and FlowKit's beside them."""
    large, gates = folder / "million.fcs", frozen()
    write_events(large, EVENTS, 1)
    counted = count_cells(open_fcs(large, "m"), gates)
    wall, used = best_of(REPEATS, lambda: count_cells(open_fcs(large, "m"), gates))
    told = "10^6 events x 12 floats, file to compensated, gated quadrant counts"
    goal = f"<= {GOAL_MS:g} ms (stretch {STRETCH_MS:g})"
    yield row(f"{told}, ms", wall * 1e3, goal, met=wall * 1e3 <= GOAL_MS)
    yield row("the same, ms of processors", used * 1e3, "none", met=None)
    done = subprocess.run(
        [sys.executable, "-c", OWN_MEMORY, str(large)], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    memory = float(done.stdout)
    yield row("the same, peak memory of the whole process, MB", memory, f"<= {GOAL_MB:g} MB", met=memory <= GOAL_MB)
    if flowkit:
        yield from peer_rows(folder, large, flowkit, wall, counted.bins[2:, 2:].sum())
    paths = [folder / f"{number:02d}.fcs" for number in range(FILES)]
    for number, path in enumerate(paths):
        write_events(path, EVENTS_OF_FILE, number)
    plate, _ = best_of(3, lambda: [count_cells(open_fcs(path, path.name), gates) for path in paths])
    yield row(f"{FILES} files x {EVENTS_OF_FILE:,} events, s", plate, f"<= {GOAL_PLATE_S} s", met=plate <= GOAL_PLATE_S)


def peer_rows(folder: Path, large: Path, flowkit: str, own: float, both: int) -> Iterator[dict[str, Any]]:
    """Yield FlowKit's time and memory on the same file and gates, and whether it counts the same."""
    # Here and not above, so that the process whose memory is measured has what counting needs and no more.
    from avpi.flow.frozen import as_gating_ml
    from avpi.flow.stain_patterns import patterns_of
    from avpi.formats.gatingml_write import write_gatingml

    xml = folder / "gates.xml"
    write_gatingml(xml, as_gating_ml(frozen(), NAMES, STAINS, spillover(), patterns_of("annexin_v_pi")))
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [flowkit, "-c", FLOWKIT, str(large), str(xml)], capture_output=True, text=True, check=True, env=surroundings
    )
    peer = json.loads(done.stdout.strip().splitlines()[-1])
    times = peer["seconds"] / own
    yield row("FlowKit on the same file and gates, ms", peer["seconds"] * 1e3, "none", met=None)
    yield row("FlowKit, peak memory, MB", peer["mb"], "none", met=None)
    yield row("times as fast as FlowKit", times, f">= {GOAL_TIMES:g}", met=times >= GOAL_TIMES)
    away = abs(peer["counts"].get("annexin_positive_pi_positive", -1) - int(both))
    yield row("count of + + less FlowKit's", away, "0", met=away == 0)


def main() -> None:
    """Measure and print."""
    from benchmarks.flow_references import reference_rows
    from benchmarks.flow_shares import share_rows

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--flowkit-python", default=os.environ.get("AVPI_FLOWKIT_PYTHON", ""))
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data" / "fcs")
    parser.add_argument("--tubes", type=int, default=60, help="simulated tubes of each kind")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rows = list(speed_rows(Path(name), asked.flowkit_python))
    rows += reference_rows(asked.shared)
    rows += share_rows(asked.tubes)
    tell(rows, as_json=asked.json)


if __name__ == "__main__":
    main()
