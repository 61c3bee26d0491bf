"""Are blots read right? Lanes, identity, ratios, intervals, damage, repeats and speed, on drawn and real images.

    python benchmarks/blots.py [--json] [--blots 40] [--only levels,damage,real,imagej,verdict]

Blots are drawn by the virtual lab with every amount known (four levels of difficulty), and damaged on purpose. The real
images lie in ../shared/data/blots beside the checkout; ImageJ is asked where it is installed.
"""

from __future__ import annotations

import argparse
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np

from avpi.virtual_lab.blot_difficulty import LEVELS, Level

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, its own folder is all that Python sees

from benchmarks import blot_imagej
from benchmarks.blot_damages import damage_rows
from benchmarks.blot_levels import Score, score_level, share
from benchmarks.blot_real import real_rows
from benchmarks.blot_verdicts import verdict_rows
from benchmarks.goals import tell

ERROR_GOALS: dict[Level, tuple[float, float]] = {
    "easy": (0.0010, 0.008), "medium": (0.0010, 0.008), "hard": (0.006, 0.030), "hardest": (0.015, 0.08),
}  # fmt: skip
CALL_GOALS: dict[Level, float] = {"easy": 1.0, "medium": 1.0, "hard": 0.995, "hardest": 0.97}
LANES_GOALS: dict[Level, float] = {"easy": 0.999, "medium": 0.999, "hard": 0.999, "hardest": 0.99}
IDENTITY_GOALS: dict[Level, float] = {"easy": 0.995, "medium": 0.995, "hard": 0.995, "hardest": 0.97}
LANES_WITHOUT_HINT, SILENT_AT_MOST = 0.97, 0.002
COVERAGE = (0.93, 0.97)
SECONDS, MEGABYTES = 0.3, 500.0
TIMES_BETTER_THAN_IMAGEJ = 3.0
PARTS = ("levels", "damage", "real", "imagej", "verdict")


def row(what: str, value: object, goal: str = "", *, met: bool | None = None) -> dict[str, Any]:
    """Return one line of the report."""
    return {"what": what, "value": value, "goal": goal, "met": met}


def level_rows(level: Level, hinted: Score, blind: Score) -> list[dict[str, Any]]:
    """Return the goals of one level."""
    errors = np.array(hinted.errors or [np.nan])
    median, worst = float(np.median(errors)), float(np.quantile(errors, 0.95))
    goal = ERROR_GOALS[level]
    lanes = hinted.lanes_right / max(hinted.lanes, 1)
    blind_lanes = blind.lanes_right / max(blind.lanes, 1)
    blind_right = 1 - (blind.identities_wrong + len(blind.refused)) / max(blind.blots, 1)
    silent = (hinted.silent + blind.silent) / max(hinted.blots + blind.blots, 1)
    covered, low = share(hinted.covered), share(hinted.covered_low)
    seconds = float(np.median([*hinted.seconds, *blind.seconds]))
    identity = 1 - (hinted.identities_wrong + len(hinted.refused)) / max(hinted.blots, 1)
    return [
        row(f"{level}: lanes with a row hint", f"{hinted.lanes_right}/{hinted.lanes}", f">= {LANES_GOALS[level]:.1%}",
            met=lanes >= LANES_GOALS[level]),
        row(f"{level}: lanes without a hint", f"{blind.lanes_right}/{blind.lanes}", f">= {LANES_WITHOUT_HINT:.0%}",
            met=blind_lanes >= LANES_WITHOUT_HINT),
        row(f"{level}: target told from its neighbour, with a hint", round(identity, 4),
            f">= {IDENTITY_GOALS[level]:.1%}", met=identity >= IDENTITY_GOALS[level]),
        row(f"{level}: the same without a hint (refusals count as misses)", round(blind_right, 4), "", met=None),
        row(f"{level}: wrong rows without a word", round(silent, 4), f"<= {SILENT_AT_MOST:.1%}",
            met=silent <= SILENT_AT_MOST),
        row(f"{level}: error of the ratio, median / 95 %", f"{median:.4f} / {worst:.4f}", f"<= {goal[0]} / {goal[1]}",
            met=median <= goal[0] and worst <= goal[1]),
        row(f"{level}: intervals that hold the truth", round(covered, 3), "93-97 %",
            met=COVERAGE[0] <= covered <= COVERAGE[1]),
        row(f"{level}: the same below 4 % of vehicle ({len(hinted.covered_low)} lanes)", round(low, 3), "93-97 %",
            met=COVERAGE[0] <= low <= COVERAGE[1]),
        row(f"{level}: calls of more than 90 % gone", round(share(hinted.calls), 4), f">= {CALL_GOALS[level]:.1%}",
            met=share(hinted.calls) >= CALL_GOALS[level]),
        row(f"{level}: seconds an image, target and control", round(seconds, 2), f"<= {SECONDS}",
            met=seconds <= SECONDS),
    ]  # fmt: skip


def imagej_rows(hinted: dict[Level, Score], blots: int) -> list[dict[str, Any]]:
    """Return how much nearer to the truth than ImageJ's best method the hard levels are read, in the same run."""
    if not blot_imagej.installed():
        return [row("ImageJ", "not installed here", f">= {TIMES_BETTER_THAN_IMAGEJ:g} x")]
    rows = []
    for level in ("hard", "hardest"):
        errors = blot_imagej.imagej_errors(level, range(blots))
        best = min(errors, key=lambda method: float(np.median(errors[method])))
        theirs, ours = float(np.median(errors[best])), float(np.median(hinted[level].errors))
        what = f"{level}: ImageJ's best method ({best}, median error {theirs:.4f}) over ours"
        rows.append(row(what, f"{theirs / ours:.1f} x", f">= {TIMES_BETTER_THAN_IMAGEJ:g} x",
                        met=theirs >= TIMES_BETTER_THAN_IMAGEJ * ours))  # fmt: skip
    return rows


def main() -> int:
    """Print the report; return 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--blots", type=int, default=40)
    parser.add_argument("--only", default=",".join(PARTS))
    asked = parser.parse_args()
    parts = asked.only.split(",")
    rows: list[dict[str, Any]] = []
    hinted: dict[Level, Score] = {}
    if {"levels", "imagej"} & set(parts):
        for level in LEVELS:
            hinted[level] = score_level(level, range(asked.blots), hint=True)
            rows += level_rows(level, hinted[level], score_level(level, range(asked.blots), hint=False))
    if "damage" in parts:
        rows += damage_rows(asked.blots)
    if "real" in parts:
        rows += real_rows()
    if "verdict" in parts:
        rows += verdict_rows()
    if "imagej" in parts:
        rows += imagej_rows(hinted, asked.blots)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append(row("memory of this run, MB", round(memory), f"<= {MEGABYTES:g}", met=memory <= MEGABYTES))
    tell(rows, as_json=asked.json)
    return int(any(own["met"] is False for own in rows))


if __name__ == "__main__":
    raise SystemExit(main())
