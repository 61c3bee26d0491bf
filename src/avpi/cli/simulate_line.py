"""``avpi simulate --line L --condition C``: the cells of one well."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.quantity_list import say_if_sorted
from avpi.cli.simulation_request import NO_NUMBERS, Request, command_line, of_a_line, read_request, read_times
from avpi.cli.terminal import Terminal
from avpi.errors import Faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avpi.population.condition_words import BenchCondition
    from avpi.population.open_questions import Agreement
    from avpi.population.simulated import Simulated

USUAL_HOURS, USUAL_CELLS = 24.0, 1000
USUAL_TIMES = (0.5, 1.0, 4.0, 8.0, 24.0, 48.0, 72.0)
LEFT_OUT_TIMES = (1.0, 8.0)
"""Of the usual times, where all of them would be wider than a screen."""
MOST_USUAL, MOST_TIMES = 5, 8


@click.command(
    "line",
    cls=HouseCommand,
    short_help="The cells of one well: a line and a condition.",
    examples=(
        ('avpi simulate --line HT-29 --condition "birinapant 100 nM + TNF"', "viability, death, bands"),
        ('avpi simulate line --line HT-29 --condition "SM + zVAD at 4 h" --out well', "also figures and tables"),
    ),
)
@option(
    "--condition",
    metavar="TEXT",
    required=True,
    section="Input",
    once="Join what goes into one well with '+', as in --condition 'SM + TNF'; run the command once for each well",
    help="'SM + TNF 10 ng/mL + zVAD 20 uM at 4 h until 24 h', or DMSO.",
)
@of_a_line(hours=USUAL_HOURS, cells=USUAL_CELLS)
@option("--times", metavar="T,T,..", section="Output", help="Columns of the table, '30 min, 4 h, 24 h'.")
@talking()
def simulate_line(
    *, condition: str, hours: float, times: str | None, as_json: bool, terminal: Terminal, **asked: Any
) -> int:
    """Simulate the cells of one well, beside the same cells untreated; bands are relative to those."""
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.cli.simulation_lines import condition_lines, death_line, variant_lines
    from avpi.population.condition_words import BenchCondition, read_condition
    from avpi.population.genotype_words import genotype_label
    from avpi.population.open_questions import FEW_CELLS
    from avpi.population.simulated import simulate_condition
    from avpi.report.simulation_caveats import caveats
    from avpi.report.words import count_words

    faults = Faults()
    read = faults.read(lambda: read_condition(condition, source="--condition"), BenchCondition())
    request = read_request(asked, faults, hours=hours)
    shown = faults.read(lambda: _times(times, hours), NO_NUMBERS)
    faults.stop()
    experiment = replace(request.experiment, doses=read.doses)
    if times is not None:
        say_if_sorted(times, "--times", "time", terminal)
    for note in (*read.assumed, *_too_late(read, hours)):
        terminal.say(note)
    simulated = simulate_condition(read.label, experiment, request.sampling, looks=shown)
    agreements = _agreements(read.label, request, read, terminal)
    wells = [(read.label, simulated)]
    told = caveats([experiment], simulated.cells, simulated.well.failed, simulated.well.unsettled, wells)
    own = (("--condition", condition), ("--hours", hours), ("--times", times))
    record = _record(simulated, request, agreements, shown, told, command_line("line", asked, own), read)
    if asked["out"] is not None:
        _write(simulated, agreements, shown, record, asked["out"])
        terminal.say(f"figures, tables and simulation.json: {asked['out']}")
    if as_json:
        terminal.json(record)
    else:
        changed = f" ({genotype_label(experiment.genotype.items())})" if experiment.genotype else ""
        alone = "" if experiment.shared_tnf else ", each cell alone"
        cells = count_words(simulated.cells, "cell")
        terminal.data(f"{experiment.line.name}{changed}, {read.label}: {hours:g} h, {cells}{alone}\n")
        for line in condition_lines(simulated, shown):
            terminal.data(line)
        terminal.data(f"\n{death_line(simulated)}")
        if agreements:
            for line in variant_lines(agreements, FEW_CELLS, "viability"):
                terminal.data(line)
        for caveat in told:
            terminal.say(caveat)
    return SECTIONS_FAILED if simulated.well.failed else DONE


def _times(text: str | None, hours: float) -> tuple[float, ...]:
    """Return when the table looks: as asked, else at the usual times up to the end."""
    from avpi.errors import InputError, Problem
    from avpi.population.condition_words import hours_words

    if text is None:
        usual = [t for t in USUAL_TIMES if t < hours]
        shown = [t for t in usual if t not in LEFT_OUT_TIMES] if len(usual) > MOST_USUAL else usual
        return (*shown, hours)
    asked = read_times(text, "--times", most=MOST_TIMES)
    if asked[-1] > hours:
        what = f"'{hours_words(asked[-1])}' is after the end"
        raise InputError(Problem(file="--times", what=what, hint=f"Simulate longer, with '--hours {asked[-1]:g}'"))
    return asked


def _too_late(read: BenchCondition, hours: float) -> list[str]:
    from avpi.population.condition_words import dose_words

    late = [dose_words(dose) for dose in read.doses if dose.at_hours >= hours]
    return [f"{words}: added when the simulation has ended, so it does nothing" for words in late]


def _agreements(label: str, request: Request, read: BenchCondition, terminal: Terminal) -> tuple[Agreement, ...]:
    from avpi.population.open_questions import FEW_CELLS, compare_variants, well_readings

    if not request.every_variant or not read.doses:
        return ()
    experiment = replace(request.experiment, doses=read.doses)
    sampling = replace(request.sampling, cells=FEW_CELLS)
    return compare_variants(well_readings([(label, experiment)], sampling), progress=terminal.progress)


def _record(
    simulated: Simulated, request: Request, agreements: Sequence[Agreement], times: Sequence[float],
    told: Sequence[str], command: str, read: BenchCondition,
) -> dict[str, Any]:  # fmt: skip
    from avpi.population.open_questions import FEW_CELLS
    from avpi.report.simulation_record import agreement_json, courses_json, outcome_json, setting_json

    return {
        "simulation": "line",
        **setting_json(simulated.well.experiment, request.sampling, command),
        "assumed": list(read.assumed),
        **outcome_json(simulated, times),
        "variants": agreement_json(agreements, FEW_CELLS) if agreements else None,
        "courses": courses_json(simulated),
        "caveats": list(told),
    }


def _write(
    simulated: Simulated, agreements: Sequence[Agreement], times: Sequence[float], record: dict[str, Any], folder: Any
) -> None:
    from avpi.report.figures_simulation import course_table, draw_simulation
    from avpi.report.simulation_tables import death_table, outcome_table, variant_table
    from avpi.report.write_simulation import write_simulation

    tables = {
        "outcomes": outcome_table([(simulated.label, simulated)], times),
        "courses": course_table(simulated),
        "deaths": death_table(simulated),
        **({"variants": variant_table(agreements)} if agreements else {}),
    }
    write_simulation(folder, record=record, tables=tables, drawings=draw_simulation(simulated))
