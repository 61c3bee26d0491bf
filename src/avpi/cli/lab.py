"""``avpi lab``: simulated studies as raw files, from any truth and with any fault of a laboratory."""

from __future__ import annotations

import importlib
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from avpi.cli.house import HouseCommand, LazyGroup, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.simulation_request import read_dose
from avpi.cli.terminal import Terminal

if TYPE_CHECKING:
    from avpi.virtual_lab.design import Design, ReaderName
    from avpi.virtual_lab.faults import Fault, Trace
    from avpi.virtual_lab.truth import Truth

# Written out, so that --help answers without importing the laboratory; a test holds them together.
DESIGNS = ("guide", "extended", "ripk3")
READERS = ("envision", "victor", "excel")
MOST_EXPERIMENTS = 6
USUAL_DOSE = "100 nM"
"""The guide's dose of a Smac mimetic."""


@click.group(
    cls=LazyGroup,
    short_help="Make a simulated study as raw files, with faults on request.",
    examples=(
        ("avpi lab make practice --study trap", "blots, plates and FCS files of a study with known truth"),
        ("avpi lab make practice --line HT-29 --compound birinapant", "the same of a line and a compound"),
    ),
)
def lab() -> None:
    """Make simulated studies as raw files, with the truth beside them."""


@lab.command(
    cls=HouseCommand,
    short_help="Write a simulated study: blots, plates, FCS files, truth.json.",
    examples=(
        ("avpi lab make practice --study trap --fault edge_effect", "a study on plates that dried out"),
        ("avpi lab make new --line HT-29 --compound birinapant", "a line of the pathway model"),
    ),
)
@click.argument("folder", type=NamedPath())
@option("--study", "name", metavar="NAME", section="Input", help="A demonstration study: avpi demo has them.")
@option("--line", metavar="L", section="Input", help="A cell line of the pathway model; with --compound.")
@option("--compound", metavar="C", section="Input", help="A Smac mimetic of the pathway model.")
@option(
    "--knock-out",
    "knock_outs",
    metavar="PROTEIN",
    multiple=True,
    section="Input",
    help="A protein that those cells have lost; repeatable.",
)
@option("--dose", metavar="D", section="Input", help=f"Working dose of the compound; {USUAL_DOSE} by default.")
@option(
    "--design",
    type=click.Choice(DESIGNS, case_sensitive=False),
    section="Analysis",
    help="Arms of the plates; guide by default.",
)
@option(
    "--dose-range", is_flag=True, section="Analysis", help="Also a blot of doses, 0.1 to 100 times the working one."
)
@option("--whole-plate", is_flag=True, section="Analysis", help="Use the rim of the plates too, where wells dry out.")
@option(
    "--experiments",
    metavar="N",
    type=click.IntRange(1, MOST_EXPERIMENTS),
    default=3,
    section="Analysis",
    help=f"Independent experiments, 1 to {MOST_EXPERIMENTS}; 3 by default.",
)
@option(
    "--fault",
    "wanted",
    metavar="F",
    multiple=True,
    section="Analysis",
    help="NAME, NAME=STRENGTH or NAME=STRENGTH@exp2; may be repeated: docs/howto/virtual-lab.md has all.",
)
@option("--seed", metavar="N", type=click.IntRange(min=0), section="Analysis", help="Equal seeds, equal bytes.")
@option(
    "--reader",
    type=click.Choice(READERS, case_sensitive=False),
    default="envision",
    section="Output",
    help="Program of the plates.",
)
@talking()
def make(
    folder: Path,
    *,
    name: str | None,
    line: str | None,
    compound: str | None,
    knock_outs: tuple[str, ...],
    dose: str | None,
    design: str | None,
    dose_range: bool,
    whole_plate: bool,
    experiments: int,
    wanted: tuple[str, ...],
    seed: int | None,
    reader: str,
    as_json: bool,
    terminal: Terminal,
) -> None:
    """Write a simulated study as raw files, with what is true of it in truth.json."""
    from avpi.virtual_lab.lab_study import DEFAULT_SEED, require_free, write_lab_study

    require_free(folder)
    if name is not None:
        _refuse_beside_study(line, compound, dose, design, *knock_outs, "--dose-range" if dose_range else None)
        truth, done, usual_seed = _declared(name, experiments)
        seed = usual_seed if seed is None else seed
        faults = _faults(wanted, done)
    else:
        seed = DEFAULT_SEED if seed is None else seed
        done = _designed(design or "guide", experiments, dose_range=dose_range)
        faults = _faults(wanted, done)  # before the cells are simulated, which takes its time
        truth = _modelled(line, compound, dose, done, seed, knock_outs)
    done = replace(done, reader=cast("ReaderName", reader), whole_plate=whole_plate)
    traces = write_lab_study(truth, done, folder, seed=seed, faults=faults)
    if as_json:
        terminal.json(_as_json(folder, truth, seed, traces))
    else:
        terminal.data(str(folder / "study.yaml"))
        terminal.data(str(folder / "truth.json"))
        for trace in traces:
            terminal.say(f"{trace.fault} in {trace.experiment}: {trace.what}")
    terminal.say(f"next: avpi run {shlex.quote(str(folder))}")


def _faults(wanted: tuple[str, ...], design: Design) -> tuple[Fault, ...]:
    from avpi.virtual_lab.faults import FaultError, parse_faults

    try:
        return parse_faults(wanted, design.experiments)
    except FaultError as error:
        raise click.UsageError(str(error)) from None


def _refuse_beside_study(*given: str | None) -> None:
    """Refuse what a declared study settles itself."""
    if any(value is not None for value in given):
        message = "'--study' has its own cells, compound, dose and design: leave these options away, or leave it away."
        raise click.UsageError(message)


def _declared(name: str, experiments: int) -> tuple[Truth, Design, int]:
    """Return truth, design and usual seed of a demonstration study."""
    from avpi.virtual_lab.demo_studies import demo_design, demo_truth
    from avpi.virtual_lab.studies import find_demo

    study = find_demo(name, place="--study")
    return demo_truth(study, experiments=experiments), demo_design(study, experiments=experiments), study.seed


def _designed(name: str, experiments: int, *, dose_range: bool) -> Design:
    from avpi.virtual_lab.design import DOSE_STEPS, DesignName, design_of

    dose_steps = DOSE_STEPS if dose_range else ()
    return design_of(cast("DesignName", name), experiments=experiments, dose_steps=dose_steps)


def _modelled(
    line: str | None, compound: str | None, dose: str | None, design: Design, seed: int, knock_outs: tuple[str, ...]
) -> Truth:
    """Return what the pathway model says of a line and a compound."""
    if line is None or compound is None:
        message = "Say what to simulate: '--study NAME', or '--line L' with '--compound C'."
        raise click.UsageError(message)
    dose_molar = read_dose(dose or USUAL_DOSE, "--dose")
    # By name and only here: the pathway model is large, and nothing else of the command line needs it.
    truth_of: Callable[..., Truth] = importlib.import_module("avpi.virtual_lab.from_pathway").truth_of
    return truth_of(
        line=line,
        compound=compound,
        dose_molar=dose_molar,
        design=design,
        experiments=len(design.experiments),
        seed=seed,
        knock_outs=knock_outs,
    )


def _as_json(folder: Path, truth: Truth, seed: int, traces: tuple[Trace, ...]) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "study": truth.name,
        "truth": truth.leaf,
        "missing": list(truth.missing),
        "seed": seed,
        "faults": [
            {"fault": trace.fault, "experiment": trace.experiment, "files": list(trace.files), "what": trace.what}
            for trace in traces
        ],
    }
