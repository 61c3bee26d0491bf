"""``avpi simulate matrix``: the guide's five conditions in one call, or the wells of a sound study."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.simulation_request import (
    Request,
    command_line,
    of_a_line,
    read_compound,
    read_dose,
    read_request,
)
from avpi.cli.terminal import Terminal
from avpi.errors import Faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from avpi.population.condition_words import BenchCondition
    from avpi.population.simulated import Simulated

USUAL_HOURS, USUAL_CELLS = 48.0, 500
USUAL_COMPOUND, USUAL_DOSE = "birinapant", "100 nM"


@click.command(
    "matrix",
    cls=HouseCommand,
    short_help="The guide's five conditions: viability and mode of death.",
    examples=(
        ("avpi simulate matrix --line HT-29", "the guide's five conditions, with birinapant"),
        ("avpi simulate matrix --line U937 --compound BV6 --dose 1uM --extended", "twelve conditions"),
    ),
)
@option("--compound", metavar="C", default=USUAL_COMPOUND, section="Input", help=f"{USUAL_COMPOUND} by default.")
@option("--dose", metavar="D", default=USUAL_DOSE, section="Input", help=f"Of the compound; {USUAL_DOSE} by default.")
@option("--extended", is_flag=True, section="Input", help="Also single agents, TNF with zVAD, anti-TNF.")
@of_a_line(hours=USUAL_HOURS, cells=USUAL_CELLS)
@talking()
def simulate_matrix(
    *, compound: str, dose: str, extended: bool, hours: float, as_json: bool, terminal: Terminal, **asked: Any
) -> int:
    """Simulate the guide's matrix of conditions: viability, and how the cells of each died."""
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.cli.simulation_lines import matrix_lines, variant_lines
    from avpi.population.condition_words import CLASS, CLASS_MEANS
    from avpi.population.genotype_words import genotype_label
    from avpi.population.matrix import matrix, matrix_doses
    from avpi.population.open_questions import FEW_CELLS, compare_variants, well_readings
    from avpi.report.simulation_caveats import caveats
    from avpi.report.simulation_record import agreement_json, outcome_json, setting_json
    from avpi.report.words import count_words

    faults = Faults()
    name = faults.read(lambda: read_compound(compound), "SM")
    molar = faults.read(lambda: read_dose(dose, "--dose"), 1.0)
    request = read_request(asked, faults, hours=hours)
    faults.stop()
    wanted = matrix(name, molar, extended=extended)
    conditions = _grown(wanted, request, terminal)
    experiments = [(label, replace(request.experiment, doses=c.doses)) for label, c in wanted.items()]
    agreements = (
        compare_variants(
            well_readings(experiments, replace(request.sampling, cells=FEW_CELLS)), progress=terminal.progress
        )
        if request.every_variant
        else ()
    )
    failed = sum(simulated.well.failed for _, simulated in conditions)
    unsettled = max(simulated.well.unsettled for _, simulated in conditions)
    every = [experiment for _, experiment in experiments]
    told = caveats(every, request.sampling.cells, failed, unsettled, conditions)
    told += [CLASS_MEANS] if name == CLASS else []
    own = (("--compound", name), ("--dose", dose), ("--extended", extended), ("--hours", hours))
    record = {
        "simulation": "matrix",
        **setting_json(request.experiment, request.sampling, command_line("matrix", asked, own)),
        "compound": name,
        "dose_molar": molar,
        "conditions": [{"name": label, **outcome_json(simulated, [hours])} for label, simulated in conditions],
        "variants": agreement_json(agreements, FEW_CELLS) if agreements else None,
        "caveats": told,
    }
    if asked["out"] is not None:
        _write(conditions, matrix_doses(wanted), agreements, record, asked["out"])
        terminal.say(f"figure, tables and simulation.json: {asked['out']}")
    if as_json:
        terminal.json(record)
        return SECTIONS_FAILED if failed else DONE
    changed = f" ({genotype_label(request.experiment.genotype.items())})" if request.experiment.genotype else ""
    cells = count_words(request.sampling.cells, "cell")
    terminal.data(f"{request.experiment.line.name}{changed}: {hours:g} h, {cells} a condition")
    terminal.data(f"{matrix_doses(wanted)}\n")
    for line in matrix_lines(conditions):
        terminal.data(line)
    terminal.data("")
    if agreements:
        for line in variant_lines(agreements, FEW_CELLS, "viability"):
            terminal.data(line)
    for caveat in told:
        terminal.say(caveat)
    return SECTIONS_FAILED if failed else DONE


def _grown(wanted: Mapping[str, BenchCondition], request: Request, terminal: Terminal) -> list[tuple[str, Simulated]]:
    from avpi.population.simulated import grow_untreated, simulate_condition

    untreated = grow_untreated(request.experiment, request.sampling)
    found = []
    for label in terminal.progress(list(wanted), "conditions"):
        experiment = replace(request.experiment, doses=wanted[label].doses)
        found.append(
            (label, simulate_condition(wanted[label].label, experiment, request.sampling, untreated=untreated))
        )
    return found


def _write(
    conditions: list[tuple[str, Simulated]], doses: str, agreements: Any, record: dict[str, Any], folder: Any
) -> None:
    from avpi.report.figures_matrix import draw_matrix
    from avpi.report.simulation_tables import outcome_table, variant_table
    from avpi.report.write_simulation import write_simulation

    tables = {
        "outcomes": outcome_table(conditions, [conditions[0][1].end_hours]),
        **({"variants": variant_table(agreements)} if agreements else {}),
    }
    write_simulation(folder, record=record, tables=tables, drawings=[draw_matrix(conditions, doses)])
