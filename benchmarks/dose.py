"""The curve fitter beside its peers: speed, best minimum, coverage, flat curves, published answers, synergy.

    python benchmarks/dose.py [--json] [--only speed,optimum,coverage,flat,nist,drc,...] [--quick]
        [--curve-curator PYTHON] [--synergy PYTHON] [--drda FOLDER]

Peers get the same curves and take turns with the fitter, so that whatever else the machine does hits them alike; ratios
are medians of those rounds. References are read from ../shared/data/dose beside the checkout. CurveCurator and synergy
are measured where the Python of an environment that has them is given ('pip install curve-curator' or 'synergy' into
one of its own), here or in AVPI_CURVE_CURATOR and AVPI_SYNERGY. A row whose ``met`` is null has no yes or no.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, its own folder is all that Python sees
from benchmarks.dose_combinations import gr, musyc, synergy
from benchmarks.dose_minima import optimum, sarcoma
from benchmarks.dose_references import drc, drc_families, drda, lme4, nist
from benchmarks.dose_rows import SHARED, Asked, Row, row
from benchmarks.dose_screens import screens
from benchmarks.dose_speed import speed
from benchmarks.dose_statistics import coverage, flat

PARTS = {
    part.__name__: part
    for part in (
        speed, optimum, sarcoma, coverage, flat, nist, drc, drc_families, drda, lme4, gr, synergy, musyc, screens,
    )
}  # fmt: skip


def processor() -> Row:
    """Return a row that says what all this was measured on."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return row(f"processor (Python {platform.python_version()}{busy})", f"{name} x {os.cpu_count()}")


def _asked(arguments: argparse.Namespace) -> Asked:
    return Asked(
        quick=arguments.quick,
        curve_curator=arguments.curve_curator,
        synergy=arguments.synergy,
        drda=arguments.drda,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="a list of {what, value, goal, met}")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas between")
    parser.add_argument("--quick", action="store_true", help="few curves: does everything run?")
    parser.add_argument("--curve-curator", metavar="PYTHON", default=os.environ.get("AVPI_CURVE_CURATOR", ""))
    parser.add_argument("--synergy", metavar="PYTHON", default=os.environ.get("AVPI_SYNERGY", ""))
    parser.add_argument("--drda", metavar="FOLDER", type=Path, default=SHARED / "drda")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.only.split(",")) - set(PARTS))
    if unknown:
        parser.error(f"there is no part '{unknown[0]}'; there are {', '.join(PARTS)}")
    asked, rows = _asked(arguments), []
    for part in ("processor", *arguments.only.split(",")):
        found = [processor()] if part == "processor" else PARTS[part](asked)
        rows += found
        if not arguments.json:
            for one in found:
                print(f"{ {True: 'met   ', False: 'MISSED', None: '      '}[one['met']] } {one['what']}: {one['value']}"
                      f"{'   goal ' + one['goal'] if one['goal'] else ''}", flush=True)  # fmt: skip
    if arguments.json:
        print(json.dumps(rows, indent=1))
    return 1 if any(one["met"] is False for one in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
