"""``avpi simulate blot``: the guide's Protocol A in one call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.quantity_list import read_list, require_once, say_if_sorted
from avpi.cli.simulation_request import (
    NO_NUMBERS,
    command_line,
    of_a_line,
    read_compound,
    read_request,
    read_times,
    require_soluble,
)
from avpi.cli.terminal import Terminal
from avpi.errors import Faults

USUAL_CELLS = 300
USUAL_DOSES, USUAL_TIMES = "10 nM, 100 nM, 1 uM, 10 uM", "0, 15 min, 30 min, 1 h, 4 h, 24 h"
VEHICLE_MEANS = "A dose of 0 is vehicle: bands are told as fractions of its own, so it has no row, which would read 1."
MOST_DOSES, MOST_TIMES = 12, 12


@click.command(
    "blot",
    cls=HouseCommand,
    short_help="Protocol A: cIAP1, cIAP2, XIAP and p52 by dose and time.",
    examples=(
        ("avpi simulate blot --line MDA-MB-231 --compound birinapant", "the guide's times, four doses"),
        ('avpi simulate blot --line HeLa --compound LCL161 --doses "30 nM, 1 uM"', "a monovalent one"),
    ),
)
@option("--compound", metavar="C", required=True, section="Input", help="A Smac mimetic; SM for the class.")
@option("--doses", metavar="D,D,..", default=USUAL_DOSES, section="Input", help=f"[{USUAL_DOSES}]")
@option("--times", metavar="T,T,..", default=USUAL_TIMES, section="Input", help=f"[{USUAL_TIMES}]")
@of_a_line(hours=None, cells=USUAL_CELLS)
@talking()
def simulate_blot(*, compound: str, doses: str, times: str, as_json: bool, terminal: Terminal, **asked: Any) -> int:
    """Simulate a blot of the IAPs by dose and time, and say whether cIAP1 goes within half an hour."""
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.cli.simulation_lines import blot_lines, variant_lines
    from avpi.network.reagents import mimetic
    from avpi.population.condition_words import CLASS, CLASS_MEANS
    from avpi.population.engagement import RULE_HOURS, engagement_readings, engagements_differ
    from avpi.population.engagement import blot as make_blot
    from avpi.population.experiment import Dose
    from avpi.population.genotype_words import genotype_label
    from avpi.population.open_questions import FEW_CELLS, compare_variants
    from avpi.report.simulation_caveats import caveats
    from avpi.report.simulation_record import agreement_json, blot_json, engagement_sentences, setting_json
    from avpi.report.words import count_words

    faults = Faults()
    name = faults.read(lambda: read_compound(compound), "SM")
    molar = faults.read(lambda: _doses(doses), NO_NUMBERS)
    looks = faults.read(lambda: read_times(times, "--times", most=MOST_TIMES), NO_NUMBERS)
    request = read_request(asked, faults, hours=max(looks, default=0.0) or RULE_HOURS)
    faults.stop()
    say_if_sorted(doses, "--doses", "concentration", terminal)
    say_if_sorted(times, "--times", "time", terminal)
    known = mimetic(name)
    assert known is not None  # read_compound gives only names of mimetics
    made = make_blot(request.experiment, name, known.valency, molar, looks, request.sampling)
    few = replace(request.sampling, cells=FEW_CELLS)
    readings = engagement_readings(request.experiment, name, molar, few)
    agreements = (
        compare_variants(readings, differ=engagements_differ, progress=terminal.progress)
        if request.every_variant
        else ()
    )
    dosed = replace(request.experiment, doses=(Dose(reagent=name, amount=molar[0]),))
    told = caveats([dosed], made.cells, made.failed, made.unsettled)
    told += [CLASS_MEANS] if name == CLASS else []
    told += [VEHICLE_MEANS] if _names_vehicle(doses) else []
    own = (("--compound", name), ("--doses", doses), ("--times", times))
    record = {
        "simulation": "blot",
        **setting_json(request.experiment, request.sampling, command_line("blot", asked, own)),
        **blot_json(made),
        "sentences": engagement_sentences(made),
        "variants": agreement_json(agreements, FEW_CELLS) if agreements else None,
        "caveats": told,
    }
    if asked["out"] is not None:
        _write(made, agreements, record, asked["out"])
        terminal.say(f"figures, tables and simulation.json: {asked['out']}")
    if as_json:
        terminal.json(record)
        return SECTIONS_FAILED if made.failed else DONE
    changed = f" ({genotype_label(request.experiment.genotype.items())})" if request.experiment.genotype else ""
    line = request.experiment.line.name
    cells = count_words(made.cells, "cell")
    terminal.data(f"{line}{changed}, {name} ({known.valency}): bands of a lysate of {cells}\n")
    for text in blot_lines(made):
        terminal.data(text)
    terminal.data("")
    for text in engagement_sentences(made):
        terminal.data(text)
    if agreements:
        for text in variant_lines(agreements, FEW_CELLS, "cIAP1 left at 30 min", "dose"):
            terminal.data(text)
    for caveat in told:
        terminal.say(caveat)
    return SECTIONS_FAILED if made.failed else DONE


def _names_vehicle(doses: str) -> bool:
    """Return whether a list of doses, which can be read, has one of zero."""
    return any(molar == 0 for _, molar in read_list(doses, "--doses", "concentration"))


def _doses(text: str) -> tuple[float, ...]:
    """Return doses in molar, ascending; without the vehicle's."""
    from avpi.errors import InputError, Problem

    faults = Faults()
    listed = read_list(text, "--doses", "concentration")
    for part, molar in listed:
        faults.read(lambda part=part, molar=molar: require_soluble(molar, part, "--doses"), None)  # type: ignore[misc]
    faults.stop()
    require_once(listed, "--doses")
    found = [molar for _, molar in listed if molar > 0]  # 0 is the vehicle, beside which every band is told
    if not 0 < len(set(found)) <= MOST_DOSES:
        expected = f"1 to {MOST_DOSES} of them, such as '{USUAL_DOSES}'"
        raise InputError(
            Problem(file="--doses", what=f"'{text}' has {len(set(found))} doses above zero", expected=expected)
        )
    return tuple(sorted(set(found)))


def _write(made: Any, agreements: Any, record: dict[str, Any], folder: Any) -> None:
    from avpi.report.figures_engagement import band_table, draw_engagement
    from avpi.report.simulation_tables import variant_table
    from avpi.report.write_simulation import write_simulation

    tables = {"bands": band_table(made), **({"variants": variant_table(agreements)} if agreements else {})}
    write_simulation(folder, record=record, tables=tables, drawings=draw_engagement(made))
