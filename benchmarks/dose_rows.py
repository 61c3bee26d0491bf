"""What every measurement of the curve fitter shares: a row of the result, and what was asked for."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]
CORES = 2
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "dose"
NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line asked for.

    Attributes
    ----------
    quick : a twentieth of the curves, to see that everything runs; its rows prove nothing.
    curve_curator, synergy : Python of an environment that has this peer; empty where it is not to be measured.
    drda : folder with ``ltd.csv`` and ``lltd.csv`` (columns x, y, w), the test data of R's drda.
    """

    quick: bool
    curve_curator: str
    synergy: str
    drda: Path

    def few(self, number: int, least: int = 1) -> int:
        """Return a number of curves: a twentieth where it has to be quick."""
        return max(number // 20, least) if self.quick else number


def row(what: str, value: float | str, goal: str = "", *, met: bool | None = None) -> Row:
    """Return a row of the result; ``met`` is None where there is no yes or no."""
    return {"what": what, "value": value, "goal": goal, "met": None if met is None else bool(met)}


def unmeasured(what: str, goal: str, why: str) -> Row:
    return row(f"{what} ({why})", NOT_MEASURED, goal)


def missing(what: str, goal: str, *files: Path) -> list[Row]:
    """Return a row that says which of the files is not there; none where all are."""
    absent = [str(file) for file in files if not file.exists()]
    return [unmeasured(what, goal, f"there is no {absent[0]}")] if absent else []


def seconds_of(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def alternating(works: Sequence[Callable[[], float]], rounds: int) -> list[list[float]]:
    """Let works take turns, so that whatever else the machine does hits them alike; return what each gave."""
    found: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for one, work in zip(found, works, strict=True):
            one.append(work())
    return found


def median_ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Return the median over the rounds of how many times longer one takes than the other."""
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


def digits(value: float, many: int = 4) -> float:
    """Return a number of so many digits."""
    return float(f"{value:.{many}g}")
