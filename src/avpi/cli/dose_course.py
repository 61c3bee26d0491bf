"""``avpi dose course``: half-life, floor and return of a protein from a table of lanes."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.dose_options import by_option
from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import Faults, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avpi.dose.course_fit import Noise
    from avpi.dose.degradation_course import CourseNumbers, DegradationCourse
    from avpi.estimate import Estimate
    from avpi.formats.course_table import CourseSeries

WORDS = {
    "half_life_minutes": "half-life",
    "time_to_half_of_loss_minutes": "half of the loss after",
    "time_to_half_remaining_minutes": "half is left after",
    "floor": "floor",
    "lowest_remaining": "lowest",
    "remaining_at_30_minutes": "left at 30 min",
    "lag_minutes": "lag",
    "rebound_onset_minutes": "returns from",
    "recovery_half_life_minutes": "half-life of return",
    "regained": "regained",
}
"""Numbers of a course as the table on the screen names them."""
SMALLEST_P = 1e-4
"""Below this a p-value is one of so few simulated flat courses that its digits mean nothing."""
ONLY_WHERE_FITTED = ("lag_minutes", "rebound_onset_minutes", "recovery_half_life_minutes", "regained")


@click.command(
    "course",
    cls=HouseCommand,
    short_help="How fast and how far a protein is lost after a compound.",
    examples=(
        ("avpi dose course ciap1.csv", "half-life, floor, what is left at 30 min"),
        ("avpi dose course ciap1.csv --relative-error 0 --out ciap1_course.csv", "the same error in every lane"),
    ),
)
@click.argument("table", type=NamedPath())
@option("--time-unit", type=click.Choice(["min", "h"]), section="Input", help="Of the times, if their column has none.")
@option("--decimal", type=click.Choice([".", ","]), section="Input", help="Decimal mark, if the cells leave it open.")
@option("--lag", is_flag=True, section="Analysis", help="Let the loss begin later than the compound.")
@option("--anchored", is_flag=True, section="Analysis", help="Courses start at 1; lanes at time 0 are not fitted.")
@option(
    "--relative-error", type=float, metavar="R", section="Analysis", help="Error of a lane, as a share of it [0.1]."
)
@option("--absolute-error", type=float, metavar="A", section="Analysis", help="Error at nothing left [0.02].")
@option("--out", type=NamedPath(), metavar="FILE", section="Output", help="A row for each series and experiment.")
@talking()
def course(
    table: Path,
    *,
    time_unit: str | None,
    decimal: str | None,
    lag: bool,
    anchored: bool,
    relative_error: float | None,
    absolute_error: float | None,
    out: Path | None,
    as_json: bool,
    terminal: Terminal,
) -> int:
    """Tell how fast, how far and for how long a protein is lost, over independent experiments."""
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.cli.trajectory_tables import require_new_file
    from avpi.dose.course_fit import BLOT
    from avpi.formats.course_table import read_course_table

    if out is not None:
        require_new_file(out)
    noise = BLOT
    for name, given in (("relative", relative_error), ("absolute", absolute_error)):
        if given is not None:
            noise = by_option(partial(replace, noise, **{name: given}), noise=f"--{name}-error")
    read = read_course_table(table, time_unit=time_unit or "", decimal=decimal or "")
    faults = Faults()
    found = []
    for one in read.series:
        result = faults.read(partial(_fitted, one, read.source, noise, lag=lag, anchored=anchored), None)
        if result is not None:
            found.append((one, result))
    faults.stop()
    if out is not None:
        _write(found, out)
        terminal.say(f"numbers of every series and experiment: {out}")
    if as_json:
        terminal.json({"source": read.source, "notes": list(read.notes), "series": [_record(*pair) for pair in found]})
    else:
        terminal.data("\n\n".join("\n".join(_lines(one, result)) for one, result in found))
    for note in read.notes:
        terminal.say(note)
    for one, result in found:
        for text in dict.fromkeys(_reservations(result)):
            terminal.say(f"{one.name}: {text}" if one.name else text)
    failed = any(result.pooled is None and result.kind == "none" for _, result in found)
    return SECTIONS_FAILED if failed else DONE


def _fitted(one: CourseSeries, source: str, noise: Noise, *, lag: bool, anchored: bool) -> DegradationCourse | None:
    """Return a series fitted; its faults are placed in the file."""
    from avpi.dose.degradation_course import fit_course

    try:
        return fit_course(
            one.minutes,
            one.remaining,
            experiments=one.experiments,
            below_detection=one.below_detection,
            noise=noise,
            lag=lag,
            anchored=anchored,
        )
    except InputError as error:
        raise InputError(
            [
                replace(problem, file=source, place=", ".join(filter(None, (one.name, problem.place))))
                for problem in error.problems
            ]
        ) from None


def _lines(series: CourseSeries, result: DegradationCourse) -> list[str]:
    """Return a series as lines of a screen, the first without indent."""
    from avpi.dose.degradation_course import SURE

    experiments = len(result.by_experiment)
    count = "1 experiment" if experiments == 1 else f"{experiments} experiments"
    kinds = {
        "loss": "loss to a floor",
        "loss_and_rebound": "loss to a floor, then a return",
        "loss_until_minimum": "loss to a floor; a return is suspected and not fitted",
        "none": "no loss is shown",
    }
    kind = kinds[result.kind]
    if result.pooled is None and result.kind == "loss":
        kind = "loss, complete at the first harvest"
    elif result.pooled is None and result.falling_p <= SURE:
        kind = "a loss that cannot be fitted"
    p = f"p {'<' if result.falling_p < SMALLEST_P else '='} {max(result.falling_p, SMALLEST_P):.2g} for no change"
    lines = [f"{series.name or 'course'}, {count}, {len(series.minutes)} lanes: {kind} ({p})"]
    width = max(len(word) for word in WORDS.values()) + 2
    for field, word in WORDS.items():
        one: Estimate = getattr(result.numbers, field)
        if field in ONLY_WHERE_FITTED and one.state == "not_estimable":
            continue
        lines.append(f"  {word:<{width}}{one}")
    chance = result.chance_of_90_percent_loss_at_30_minutes
    if not math.isnan(chance):
        lines.append(f"  {'P(> 90 % lost by then)':<{width}}{chance:.2g}")
    return lines


def _reservations(result: DegradationCourse) -> list[str]:
    numbers = [getattr(result.numbers, field.name) for field in fields(result.numbers)]
    return [result.why, *(caveat.text for one in numbers for caveat in one.caveats)]


def _record(series: CourseSeries, result: DegradationCourse) -> dict[str, Any]:
    chance = result.chance_of_90_percent_loss_at_30_minutes
    return {
        "series": series.name,
        "lanes": len(series.minutes),
        "kind": result.kind,
        "why": result.why,
        "falling_p": result.falling_p,
        "chance_of_90_percent_loss_at_30_minutes": None if math.isnan(chance) else chance,
        "numbers": _numbers(result.numbers),
        "caveats": [{"code": caveat.code, "text": caveat.text} for caveat in result.caveats],
        "by_experiment": [
            {"experiment": one.experiment, "why_no_fit": one.why_no_fit, "numbers": _numbers(one.numbers)}
            for one in result.by_experiment
        ],
    }


def _numbers(found: CourseNumbers) -> dict[str, Any]:
    return {field.name: getattr(found, field.name).to_json() for field in fields(found)}


def _write(found: Sequence[tuple[CourseSeries, DegradationCourse]], path: Path) -> None:
    import pyarrow as pa

    from avpi.formats.new_table import new_table

    rows = []
    for series, result in found:
        rows.append(_row(series.name, "", len(result.by_experiment), result, result.numbers))
        if len(result.by_experiment) > 1:
            rows += [_row(series.name, one.experiment, 1, result, one.numbers) for one in result.by_experiment]
    with new_table(path) as table:
        table.write(pa.Table.from_pylist(rows))


def _row(name: str, experiment: str, n: int, result: DegradationCourse, numbers: CourseNumbers) -> dict[str, Any]:
    row: dict[str, Any] = {"series": name, "experiment": experiment, "experiments": n, "kind": result.kind}
    for field in fields(numbers):
        one: dict[str, Any] = getattr(numbers, field.name).to_json()
        row |= {field.name: one["value"], f"{field.name}_low": one["low"], f"{field.name}_high": one["high"]}
        row[f"{field.name}_state"] = one["state"]
    chance = result.chance_of_90_percent_loss_at_30_minutes
    row["chance_of_90_percent_loss_at_30_minutes"] = None if math.isnan(chance) or experiment else chance
    row["falling_p"] = result.falling_p
    return row
