"""How fast the curve fitter is: a million curves from file to file, and beside CurveCurator and scipy."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from avpi.compute.places import Threads
from avpi.dose.batch import fit_curves
from avpi.dose.design import VIABILITY
from benchmarks.dose_curves import SCREEN_DOSES, Floats, screen_curves
from benchmarks.dose_minima import AS_GOOD, CURVE_CURATOR
from benchmarks.dose_peers import curve_curator, scipy_curve_fit
from benchmarks.dose_rows import CORES, Asked, Row, alternating, digits, median_ratio, row, seconds_of, unmeasured

MILLION = 1_000_000
ROUNDS, SMALL_ROUNDS = 3, 7
PEER_CURVES, SCIPY_CURVES, OUR_CURVES = 100, 300, 100_000
MOST_SECONDS, STRETCH = 10.0, 5.0
OVER_CURVE_CURATOR, OVER_SCIPY = 500, 200
NOISE, SEED = 0.07, 11


def speed(asked: Asked) -> list[Row]:
    """A million curves from Parquet to Parquet, CurveCurator and ``curve_fit`` in the same rounds."""
    number = asked.few(MILLION)
    y = screen_curves(number, NOISE, SEED)
    with tempfile.TemporaryDirectory() as folder:
        wells = Path(folder) / "wells.parquet"
        write_wells(wells, y)
        rows = _from_file_to_file(asked, wells, y)
    return [*rows, *_fit_alone(asked, y)]


def write_wells(path: Path, y: Floats) -> None:
    """Write a long table with a row for each well: the curve's name, the dose in molar, the viability."""
    curves, wells = y.shape
    names = pa.array([f"compound {i // 24:05d} line {i % 24:02d}" for i in range(curves)])
    curve = names.take(pa.array(np.repeat(np.arange(curves), wells)))
    dose = pa.array(np.tile(SCREEN_DOSES, curves))
    pq.write_table(pa.table({"curve": curve, "dose_molar": dose, "viability": pa.array(y.ravel())}), path)


def avpi_dose_fit(wells: Path) -> float:
    """Return the seconds of ``avpi dose fit`` as a lab runs it: a process of its own, start and writing included."""
    fits = wells.with_name("fits.parquet")
    fits.unlink(missing_ok=True)
    command = [sys.executable, "-m", "avpi", "dose", "fit", str(wells), "--threads", str(CORES), "--out", str(fits)]
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, cwd=wells.parent)
    seconds = time.perf_counter() - begun
    if done.returncode:
        message = f"'{' '.join(command)}' failed: {done.stderr.strip()}"
        raise RuntimeError(message)
    return seconds


def _from_file_to_file(asked: Asked, wells: Path, y: Floats) -> list[Row]:
    few = y[: asked.few(PEER_CURVES, 10)]
    what = f"{len(y)} curves x {SCREEN_DOSES.size} doses, 'avpi dose fit' from Parquet to Parquet"
    avpi_dose_fit(wells)  # compiled once, and kept
    works = [lambda: avpi_dose_fit(wells)]
    if asked.curve_curator:
        works.append(lambda: curve_curator(asked.curve_curator, SCREEN_DOSES, few)[0] / len(few))
    ours, *theirs = alternating(works, ROUNDS)
    seconds, whole = statistics.median(ours), len(y) >= MILLION  # fewer curves have no goal
    told = f"{what}: s on {CORES} cores (rounds {', '.join(f'{one:.1f}' for one in ours)})"
    rows = [
        row(told, round(seconds, 2), f"<= {MOST_SECONDS:g}", met=seconds <= MOST_SECONDS if whole else None),
        row("the same, stretch goal", round(seconds, 2), f"<= {STRETCH:g}", met=seconds <= STRETCH if whole else None),
    ]
    goal, told = f">= {OVER_CURVE_CURATOR}", "all of this per curve and core, over CurveCurator in standard mode"
    if not theirs:
        return [*rows, unmeasured(told, goal, "no Python with curve-curator was given")]
    ratio = median_ratio(theirs[0], [CORES * one / len(y) for one in ours])
    per_curve = 1000 * statistics.median(theirs[0])
    rows.append(
        row(
            f"{told} ({per_curve:.1f} ms a curve)",
            digits(ratio),
            goal,
            met=ratio >= OVER_CURVE_CURATOR if whole else None,
        )
    )
    parameters = curve_curator(asked.curve_curator, SCREEN_DOSES, few)[1]
    return [*rows, _beside_curve_curator(few, parameters)]


def _beside_curve_curator(y: Floats, parameters: Floats) -> Row:
    """Return how often CurveCurator's minimum is as good, in its own boxes and with the control point it adds."""
    doses, wells = np.concatenate([[0.0], SCREEN_DOSES]), np.column_stack([np.ones(len(y)), y])
    fits = fit_curves(doses, wells, boxes=CURVE_CURATOR, intervals=False)
    p, slope, front, back = parameters.T[:, :, None]
    with np.errstate(over="ignore"):
        curves = back + (front - back) / (1 + 10 ** (slope * (np.log10(SCREEN_DOSES) + p)))
    rss = np.sum((y - curves) ** 2, axis=1) + (1 - front[:, 0]) ** 2
    share = 100 * float((rss <= (1 + AS_GOOD) * fits.rss).mean())
    return row(f"CurveCurator's minimum within 0.1 % of ours, % of {len(y)} curves", digits(share))


def _fit_alone(asked: Asked, y: Floats) -> list[Row]:
    many, few = y[: asked.few(OUR_CURVES)], y[: asked.few(SCIPY_CURVES, 10)]
    low, high = np.log10(SCREEN_DOSES[0]) - 1, np.log10(SCREEN_DOSES[-1]) + 1
    slopes = [math.log(end) for end in VIABILITY.slope]
    edges = (
        np.array([low, slopes[0], VIABILITY.bottom[0], -np.inf]),
        np.array([high, slopes[1], VIABILITY.bottom[1], np.inf]),
    )

    def ours(intervals: bool, cores: int) -> float:
        place = Threads(cores) if cores > 1 else None
        return seconds_of(lambda: fit_curves(SCREEN_DOSES, many, intervals=intervals, place=place)) / len(many)

    ours(intervals=True, cores=1)
    alone, with_intervals, both, boxed, free = alternating(
        [
            lambda: ours(intervals=False, cores=1),
            lambda: ours(intervals=True, cores=1),
            lambda: ours(intervals=False, cores=CORES),
            lambda: scipy_curve_fit(SCREEN_DOSES, few, edges)[0] / len(few),
            lambda: scipy_curve_fit(SCREEN_DOSES, few, None)[0] / len(few),
        ],
        asked.few(SMALL_ROUNDS, 2),
    )
    rows = [
        row(f"curves/s, {name}", round(1 / statistics.median(times)))
        for name, times in (
            ("fit alone, one core", alone),
            ("fit and profile interval, one core", with_intervals),
            (f"fit alone, {CORES} cores", both),
        )
    ]
    fits = fit_curves(SCREEN_DOSES, few, intervals=False)
    for name, times, bounds in (("in our boxes", boxed, edges), ("without boxes (MINPACK)", free, None)):
        ratio, rss = median_ratio(times, alone), scipy_curve_fit(SCREEN_DOSES, few, bounds)[1]
        as_good = 100 * float((rss <= (1 + AS_GOOD) * fits.rss).mean())
        what = (
            f"fit alone over scipy's curve_fit {name}, one core each ({1000 * statistics.median(times):.2f} ms a curve"
        )
        what += f", as good a minimum in {as_good:.0f} %)" if bounds is not None else ")"
        rows.append(row(what, digits(ratio), f">= {OVER_SCIPY}", met=ratio >= OVER_SCIPY))
    return rows
