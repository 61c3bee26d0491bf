"""Is every value of a reader's export on its well, and how fast? Real exports against their expected values, and time.

The real files lie in ../shared/data beside the checkout; without them only the time of made-up plates is taken.

    python benchmarks/plate_read.py [--json] [--rounds 40]
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import openpyxl

from avpi.errors import InputError
from avpi.formats.plate_file import read_plate_file
from avpi.readings import PlateReading, parse_well, row_letters, well_name

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "plate_readers"
GOAL_CSV_MS, GOAL_XLSX_MS = 5.0, 15.0
SHAPE = (16, 24)
Key = tuple[str, str, str, str]


def row(what: str, value: object, goal: str = "", *, met: bool | None = None) -> dict[str, Any]:
    """Return one line of the report."""
    return {"what": what, "value": value, "goal": goal, "met": met}


def made_up(folder: Path) -> dict[str, Path]:
    """Write a 384-well plate as the csv of a workstation and as a workbook of a reader."""
    values = [[f"{10000 + 100 * r + c}" for c in range(SHAPE[1])] for r in range(SHAPE[0])]
    numbers = ",".join(f"{c + 1:02d}" for c in range(SHAPE[1]))
    lines = [
        "Plate information ",
        "Plate,Repeat,Barcode,Label,Measinfo,",
        "1,1,BC7,US LUM(1),De=USLum Ex=N/A Em=N/A Wdw=N/A,",
    ]
    lines += ["", "Results for US LUM(1) - channel 0 (CPS)", f",{numbers},"]
    lines += [f"{row_letters(r)},{','.join(cells)}," for r, cells in enumerate(values)]
    lines += ["", "Exported with EnVision Workstation version 1.14.3049.1193", ""]
    (folder / "plate.csv").write_text("\n".join(lines), encoding="utf-8")
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in (["Application: Tecan i-control"], ["Label: Label1"], ["Mode", "", "", "", "Luminescence"]):
        book.active.append(line)
    book.active.append(["<>", *range(1, SHAPE[1] + 1)])
    for r, cells in enumerate(values):
        book.active.append([row_letters(r), *map(float, cells)])
    book.save(folder / "plate.xlsx")
    return {"csv": folder / "plate.csv", "xlsx": folder / "plate.xlsx"}


def milliseconds(path: Path, rounds: int) -> float:
    """Return the least time of several readings of a file: what the machine does beside it is not ours."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        read_plate_file(path, path.name)
        times.append(1000 * (time.perf_counter() - begin))
    return min(times)


def expected_values() -> dict[str, dict[Key, float]]:
    """Return {file: {(plate, read, time, well): value}} of the real exports."""
    found: dict[str, dict[Key, float]] = defaultdict(dict)
    with (DATA / "expected_values.csv").open(encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            at = parse_well(record["well"])
            assert at is not None
            time_s = f"{float(record['time_s']):g}" if record["time_s"] else ""
            found[record["file_id"]][record["plate"], record["read"], time_s, well_name(*at)] = float(record["value"])
    return found


def values_of(reading: PlateReading) -> dict[Key, float]:
    """Return the values of a reading in the same form."""
    return {
        (plate.name, read.name, "" if read.time_s is None else f"{read.time_s:g}", well): value
        for plate in reading.plates
        for read in plate.reads
        for well, value in read.wells().items()
    }


def real_files(rounds: int) -> list[dict[str, Any]]:
    """Compare every real export with its expected values."""
    manifest = json.loads((DATA / "manifest.json").read_text("utf-8"))
    expected = expected_values()
    rows: list[dict[str, Any]] = []
    right = wrong = unread = all_expected = flagged = 0
    for name, entry in manifest.items():
        path = DATA / entry["path"]
        try:
            reading = read_plate_file(path, path.name)
        except InputError as error:
            rows.append(row(f"{name}: refused", str(error)[:120], met=name.startswith("neg_")))
            flagged += name.startswith("neg_")
            continue
        modes = {read.mode for plate in reading.plates for read in plate.reads}
        if name.startswith("neg_"):
            flagged += "luminescence" not in modes and "unknown" not in modes
            rows.append(
                row(f"{name}: measured", ", ".join(sorted(modes)), "no luminescence", met="luminescence" not in modes)
            )
            continue
        found, asked = values_of(reading), expected[name]
        good = sum(found.get(key) == value for key, value in asked.items())
        bad = sum(key in found and found[key] != value for key, value in asked.items()) + len(set(found) - set(asked))
        right, wrong, all_expected = right + good, wrong + bad, all_expected + len(asked)
        unread += sum(value == 0.0 for key, value in found.items() if key not in asked)
        took = f"{milliseconds(path, rounds):.1f} ms"
        rows.append(
            row(f"{name}: values right of {len(asked)}", f"{good} ({took})", met=good == len(asked) and not bad)
        )
    negatives = sum(name.startswith("neg_") for name in manifest)
    share = 100 * right / max(all_expected, 1)
    return [
        *rows,
        row("expected values right, %", round(share, 3), "100", met=right == all_expected),
        row("values on a wrong well or not expected", wrong, "0", met=wrong == 0),
        row("unread wells given as zero", unread, "0", met=unread == 0),
        row(
            "exports that are no luminescence, flagged or refused",
            f"{flagged} of {negatives}",
            "all",
            met=flagged == negatives,
        ),
    ]


def main() -> int:
    """Print the report; return 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=40)
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        paths = made_up(Path(folder))
        for kind, goal in (("csv", GOAL_CSV_MS), ("xlsx", GOAL_XLSX_MS)):
            took = milliseconds(paths[kind], asked.rounds)
            rows.append(row(f"a 384-well {kind}, ms", round(took, 2), f"<= {goal:g}", met=took <= goal))
    if (DATA / "manifest.json").is_file():
        rows += real_files(asked.rounds)
    if asked.json:
        print(json.dumps(rows, indent=1))
    else:
        for one in rows:
            mark = {True: "met", False: "MISSED", None: ""}[one["met"]]
            print(f"{one['what']}: {one['value']}  {one['goal']} {mark}".rstrip())
    return int(any(one["met"] is False for one in rows))


if __name__ == "__main__":
    sys.exit(main())
