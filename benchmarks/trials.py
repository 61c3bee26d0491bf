"""Do virtual trials keep their promises? Reference cases, type I errors, seconds, and how much faster than lifelines.

    python benchmarks/trials.py [--json] [--trials 10000] [--null-trials 100000] [--lifelines PYTHON]

``--lifelines`` is a Python that has lifelines (``AVPI_LIFELINES_PYTHON`` by default); without it that comparison is
left out. The trials are of TrilynX's size: 730 patients, 285 events; our time includes drawing the patients, lifelines'
does not. Tests that are not stratified are judged in trials without strata: where randomisation is stratified by what
matters, they are conservative, which is no fault of theirs.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from avpi.clinic.compare_arms import compare_arms
from avpi.clinic.conduct import EVERY_TEST, Conduct, Look, PlannedTests
from avpi.clinic.design.assurance import assurance, one_truth
from avpi.clinic.design.average_hazard import Accrual, Hazards, expect
from avpi.clinic.design.enrichment import Assay, enrichment
from avpi.clinic.design.events import schoenfeld_events
from avpi.clinic.design.sample_size import lachin_foulkes
from avpi.clinic.operating import operating, ratio_spread, spread_of
from avpi.clinic.patients import ONE_STRATUM, PatientClass, Population, Stratum
from avpi.clinic.simulate import draw_patients, simulate_trials
from avpi.clinic.survival import read_survival
from avpi.compute.places import Threads

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, its own folder is all that Python sees

from benchmarks.goals import tell

GOAL_SECONDS, GOAL_FOLD, ERRORS = 20.0, 50.0, 3.0
PEER_TRIALS = 20
ALPHA = 0.025
TAU = 24.0
STRATA = (Stratum(name="N0-1", share=0.4), Stratum(name="N2-3", share=0.6, hazard_ratio=1.6))


def row(what: str, value: float, goal: str, *, met: bool | None) -> dict[str, Any]:
    """Return one line of the table."""
    return {"what": what, "value": round(float(value), 6), "goal": goal, "met": met}


def close(what: str, value: float, wanted: float, tolerance: float) -> dict[str, Any]:
    """Return a line for a number with its reference."""
    return row(what, value, f"{wanted:g} ± {tolerance:g}", met=abs(value - wanted) <= tolerance)


def reference_rows() -> Iterator[dict[str, Any]]:
    """Yield the analytic reference cases."""
    yield close("Schoenfeld events, HR 0.5", schoenfeld_events(0.5), 87.4793, 5e-5)
    size = lachin_foulkes(0.2, 0.1, accrual=0.5, duration=2, drop_out=0.1)
    yield close("Lachin-Foulkes patients", size.patients, 430, 0)
    yield close("Lachin-Foulkes events", size.events, 91, 0)
    for quality, events in ((1.0, 87), (0.9, 138), (0.8, 216), (0.7, 343)):
        found = enrichment(0.304, 0.5, 1.0, assay=Assay(sensitivity=quality, specificity=quality))
        yield close(f"enrichment, assay {quality:g}: events", found.events_enriched, events, 0.5)
    yield close("all comers: events", enrichment(0.304, 0.5, 1.0).events_all, 947, 0.5)
    yield close(
        "HR observed given go, 30 events, truth 1", assurance(one_truth(1.0), events=30).observed_given_go, 0.44, 0.005
    )


def simulated_rows(trials: int) -> Iterator[dict[str, Any]]:
    """Yield the reference cases that are simulated, against three Monte Carlo errors."""
    accrual = Accrual(durations=(2, 2, 10), per_month=(3, 6, 9))
    hazards = (math.log(2) / 9, math.log(2) / 18)
    late = Hazards(begins=(0, 3), control=hazards, ratio=(0.9, 0.6), drop_out=(0.001, 0.001))
    population = Population(
        classes=(PatientClass(name="all", share=1.0, hazard=hazards, ratio=(0.9, 0.6)),),
        begins=(0.0, 3.0), drop_out=(0.001, 0.001),
    )  # fmt: skip
    months = (12.0, 24.0, 36.0)
    conduct = Conduct(patients=108, accrual=accrual, looks=tuple(Look(months=m) for m in months))
    results = simulate_trials(population, conduct, trials=trials)
    for look, (month, ratio, events) in enumerate(zip(months, (0.803, 0.714, 0.683), (20.4, 48.9, 66.1), strict=True)):
        own, seen = ratio_spread(results.column("log_ratio", look)), spread_of(results.events(look))
        exact = expect(accrual, late, month)
        # The reference is itself simulated: its last digit and its own error are not known better than 0.01 and 0.3.
        yield close(f"late effect, month {month:g}: average HR, exact", exact.average_hazard_ratio, ratio, 0.01)
        yield close(f"late effect, month {month:g}: events, exact", exact.events, events, 0.3)
        yield close(
            f"late effect, month {month:g}: HR, simulated",
            own.mean,
            ratio,
            ERRORS * own.standard_error * own.mean + 0.005,
        )
        yield close(
            f"late effect, month {month:g}: events, simulated = exact",
            seen.mean,
            exact.events,
            ERRORS * seen.standard_error,
        )
    whole = Population(classes=(PatientClass(name="all", share=1.0, hazard=(math.log(2) / 7,), ratio=(0.65,)),))
    conduct = Conduct(
        patients=434, accrual=Accrual(durations=(12,), per_month=(434 / 12,)), looks=(Look(events=227, months=18),)
    )
    power = operating(simulate_trials(whole, conduct, trials=trials)).rejects["log-rank"]
    yield close("N 434, medians 7, HR 0.65, 227 events: power", power.value, 0.90, ERRORS * power.standard_error)


def large_trial(ratio: float, tests: PlannedTests, strata: tuple[Stratum, ...] = STRATA) -> tuple[Population, Conduct]:
    """Return a trial of TrilynX's size."""
    population = Population(
        classes=(PatientClass(name="all", share=1.0, hazard=(0.033, 0.0135), ratio=(ratio,)),),
        begins=(0.0, 12.0), strata=strata, drop_out=(0.004, 0.004),
    )  # fmt: skip
    conduct = Conduct(
        patients=730, accrual=Accrual(durations=(29.2,), per_month=(25,)), looks=(Look(events=285),), tests=tests
    )
    return population, conduct


def speed_rows(trials: int, lifelines: str) -> Iterator[dict[str, Any]]:
    """Yield seconds, reproducibility, and the comparison with lifelines in the same run."""
    population, conduct = large_trial(1.0, EVERY_TEST)
    simulate_trials(population, conduct, trials=2)  # what is compiled once is not counted
    begin = time.perf_counter()
    results = simulate_trials(population, conduct, trials=trials, place=Threads(2))
    seconds = time.perf_counter() - begin
    told = f"{trials:,} trials x 730 patients, log-rank, 3 FH, MaxCombo, RMST, Cox, two threads"
    yield row(f"{told}: s", seconds, f"<= {GOAL_SECONDS:g} s for 10,000", met=seconds * 10_000 / trials <= GOAL_SECONDS)
    again = simulate_trials(population, conduct, trials=min(trials, 600), place=Threads(1))
    same = np.array_equal(again.values, results.values[: again.trials], equal_nan=True)
    yield row("same bits on one thread and for fewer trials", same, "1", met=same)
    if lifelines:
        yield from peer_rows(population, conduct, seconds / trials, lifelines)


def peer_rows(population: Population, conduct: Conduct, each: float, lifelines: str) -> Iterator[dict[str, Any]]:
    """Yield how many times faster a trial is than in a lifelines loop, and the largest difference of statistics."""
    drawn = [draw_patients(population, conduct, trial=k, at_month=40.0) for k in range(PEER_TRIALS)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trials.npz"
        months, event, arm = (np.stack([getattr(own, name) for own in drawn]) for name in ("months", "event", "arm"))
        np.savez(path, tau=TAU, months=months, event=event, arm=arm)
        peer = Path(__file__).with_name("trials_peer.py")
        done = subprocess.run([lifelines, str(peer), str(path)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    fold = found["seconds"] / PEER_TRIALS / each
    yield row(
        f"times faster than a lifelines loop ({PEER_TRIALS} trials)", fold, f">= {GOAL_FOLD:g}", met=fold >= GOAL_FOLD
    )
    worst = 0.0
    for own, theirs in zip(drawn, found["rows"], strict=True):
        ours = compare_arms(read_survival(own.months, own.event, own.arm), tau=TAU)
        values = [ours.tests[k].z ** 2 for k in range(4)] + [ours.mean_difference.value]
        worst = max(worst, max(abs(a - b) for a, b in zip(values, theirs, strict=True)))
    yield row("largest difference of chi-squares and RMST from lifelines", worst, "<= 1e-6", met=worst <= 1e-6)


def null_rows(trials: int) -> Iterator[dict[str, Any]]:
    """Yield the type I error of every test among trials without an effect."""
    for stratified in (False, True):
        tests = PlannedTests(
            weights=EVERY_TEST.weights,
            modest_months=12.0,
            max_combo=True,
            means=not stratified,
            tau=TAU,
            stratified=stratified,
        )
        population, conduct = large_trial(1.0, tests, STRATA if stratified else ONE_STRATUM)
        found = operating(simulate_trials(population, conduct, trials=trials, seed=2), alpha=ALPHA)
        error = math.sqrt(ALPHA * (1 - ALPHA) / trials)
        kind = "stratified" if stratified else "not stratified"
        for name, share in found.rejects.items():
            met = abs(share.value - ALPHA) <= ERRORS * error
            goal = f"{ALPHA} ± {ERRORS * error:.5f}"
            yield row(f"type I error in {trials:,} null trials, {kind}: {name}", share.value, goal, met=met)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--null-trials", type=int, default=100_000)
    parser.add_argument("--lifelines", default=os.environ.get("AVPI_LIFELINES_PYTHON", ""))
    asked = parser.parse_args()
    rows = [*reference_rows(), *simulated_rows(asked.trials), *speed_rows(asked.trials, asked.lifelines)]
    rows += null_rows(asked.null_trials)
    tell(rows, as_json=asked.json)


if __name__ == "__main__":
    main()
