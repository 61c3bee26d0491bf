"""``avpi blot verdict``: pass, fail or inconclusive from a table of quantified lanes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.dose_options import by_option
from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avpi.blot.membrane_lanes import MembraneLane
    from avpi.blot.replicates import TargetReplicates
    from avpi.formats.blot_table import BlotTable

COURSE_WORDS = {
    "half_life_minutes": "half-life",
    "floor": "floor",
    "lowest_remaining": "lowest",
    "remaining_at_30_minutes": "left at 30 min",
    "regained": "regained",
}
DOSE_WORDS = {
    "dc50_molar": "DC50, relative",
    "dc50_absolute_molar": "DC50, absolute",
    "dmax": "Dmax",
    "hook_onset_molar": "rises from",
}
ONE_MEMBRANE = "blot"
ONE_EXPERIMENT = "one experiment"


@click.command(
    "verdict",
    cls=HouseCommand,
    short_help="Is more than 90 % gone by 30 min? From a table of lanes.",
    examples=(
        ("avpi blot verdict lanes.csv", "pass, fail or inconclusive over experiments"),
        ("avpi blot verdict lanes.csv --by 1h --loss 0.8 --dose 100nM --json", "another question, for programs"),
    ),
)
@click.argument("table", type=NamedPath())
@option("--decimal", type=click.Choice([".", ","]), section="Input", help="Decimal mark, if the cells leave it open.")
@option("--dose", metavar="DOSE", section="Analysis", help="Dose that is judged, such as 100nM, if there are several.")
@option("--by", "by_time", metavar="TIME", default="30min", section="Analysis", help="By when it must be gone [30min].")
@option(
    "--loss", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.9, metavar="F",
    section="Analysis", help="Fraction that must be gone [0.9].",
)  # fmt: skip
@talking()
def verdict(
    table: Path,
    *,
    decimal: str | None,
    dose: str | None,
    by_time: str,
    loss: float,
    as_json: bool,
    terminal: Terminal,
) -> int:
    """Judge whether more than 90 % of a protein is gone by 30 min, over independent experiments."""
    from avpi.blot.replicates import compare_membranes, is_judged
    from avpi.blot.replicates_record import replicates_record
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.formats.blot_table import read_blot_table

    by_minutes = by_option(lambda: _quantity(by_time, "time"), by="--by")
    molar = None if dose is None else by_option(lambda: _quantity(dose, "concentration"), dose="--dose")
    read = read_blot_table(table, decimal=decimal or "")
    by_target, notes = lanes_of_table(read, by_minutes)
    found = [
        compare_membranes(target, lanes, working_dose_molar=molar, by_minutes=by_minutes, wanted_loss=loss)
        for target, lanes in by_target.items()
    ]
    if as_json:
        record: dict[str, Any] = {"source": read.source, "notes": notes}
        terminal.json(record | {"targets": [replicates_record(one) for one in found]})
    else:
        terminal.data("\n\n".join("\n".join(_lines(one)) for one in found))
    for note in notes:
        terminal.say(note)
    for one in found:
        for finding in one.findings:
            terminal.say(f"{finding.severity}: {finding.text}")
    return DONE if all(map(is_judged, found)) else SECTIONS_FAILED


def _quantity(text: str, kind: str) -> float:
    from avpi.errors import InputError, Problem
    from avpi.quantity import QuantityError, outside_a_study, parse_quantity

    try:
        return parse_quantity(text, kind).value  # type: ignore[arg-type]
    except QuantityError as error:
        name = "by" if kind == "time" else "dose"
        raise InputError(Problem(file=name, what=outside_a_study(error), expected=f"a {kind} with its unit")) from None


def lanes_of_table(table: BlotTable, by_minutes: float) -> tuple[dict[str, list[MembraneLane]], list[str]]:
    """Return the lanes of a table by target, and the notes on how it was understood.

    Without a column of experiments all lanes are of one: membranes are not taken for experiments. Without times the
    treated lanes are taken to be of ``by_minutes``.
    """
    from avpi.blot.membrane_lanes import MembraneLane, condition_name
    from avpi.quantity import format_minutes

    notes = list(table.notes)
    if not table.has_experiments:
        notes.append("There is no column 'experiment': all lanes are taken to be of one, which allows no verdict.")
    if not table.has_times:
        notes.append(f"There are no times: treated lanes are taken to be harvested at {format_minutes(by_minutes)}.")
    found: dict[str, list[MembraneLane]] = {}
    counted: Counter[str] = Counter()
    for row in table.rows:
        minutes = row.minutes_after_dose if table.has_times else by_minutes
        experiment = row.experiment or ONE_EXPERIMENT
        named = condition_name(row.dose_molar, minutes if table.has_times else None, is_vehicle=row.is_vehicle)
        membrane = row.membrane or (experiment if table.has_experiments else ONE_MEMBRANE)
        counted[membrane] += 1
        lane = MembraneLane(
            membrane=membrane,
            experiment=experiment,
            condition=named if named != "treated" else row.condition or named,
            is_vehicle=row.is_vehicle,
            minutes_after_dose=0.0 if row.is_vehicle else minutes,
            dose_molar=0.0 if row.is_vehicle else row.dose_molar,
            value=row.value,
            log_se=row.log_se,
            state=row.state,  # type: ignore[arg-type]
            flaws=row.flaws,
            lane=row.lane or counted[membrane],
        )
        found.setdefault(row.target or "target", []).append(lane)
    return found, notes


def _lines(found: TargetReplicates) -> Sequence[str]:
    """Return a target as lines of a screen, the verdict first."""
    from avpi.blot.loss_verdict import span
    from avpi.quantity import format_minutes

    judged = found.verdict
    width = 20
    lines = [
        f"{found.target}: {judged.call.upper()}",
        f"  {judged.why}",
        f"  {'loss':<{width}}{judged.loss}",
    ]
    ratio = judged.ratio_of_means
    if ratio.remaining.state == "measured":
        lines.append(f"  {'1 - ratio of means':<{width}}{1 - ratio.remaining.value:.5g}")
    lines += [
        f"  {f'P at {format_minutes(one.minutes)}':<{width}}{span(one.chance_low, one.chance_high)}, does not decide"
        for one in judged.harvests
        if one.minutes != judged.minutes
    ]
    lines += [
        f"  {f'{one.lane.membrane}, lane {one.lane.lane}':<{width}}{one.remaining} left"
        + (f"; flaws: {', '.join(one.lane.flaws)}" if one.lane.flaws else "")
        for one in judged.lanes
    ]
    for words, numbers in (
        (COURSE_WORDS, found.course.fit and found.course.fit.numbers),
        (DOSE_WORDS, found.doses.fit),
    ):
        for field, word in words.items():
            one = getattr(numbers, field, None)
            if one is not None and one.state != "not_estimable":
                lines.append(f"  {word:<{width}}{one}")
    return lines
