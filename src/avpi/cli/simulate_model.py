"""``avpi simulate MODEL``: one cell or a population of a model in SBML, here or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.place_words import read_place
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

if TYPE_CHECKING:
    from avpi.compute.progress import Progress
    from avpi.solver.simulate import Trajectories

T = TypeVar("T")

BYTES_A_NUMBER = 8


@click.command(
    "model",
    cls=HouseCommand,
    short_help="Simulate a model in SBML: one cell or a population.",
    examples=(
        ("avpi simulate m.xml --until 24", "the course of one cell, as a table"),
        ("avpi simulate m.xml --until 24 --cells 1000 --sigma 0.3", "median and 5-95 % of a thousand"),
    ),
)
@click.argument("model", type=NamedPath())
@option(
    "--set",
    "sets",
    metavar="NAME=VALUE",
    multiple=True,
    section="Input",
    help="A parameter, or what a state starts with; may be repeated.",
)
@option("--cells", metavar="N", type=click.IntRange(min=1), default=1, section="Input", help="How many; 1 by default.")
@option(
    "--sigma",
    metavar="S",
    multiple=True,
    section="Input",
    help="Scatter of the parameters' logarithms; or NAME=S for single ones.",
)
@option(
    "--seed",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    section="Input",
    help="Equal seeds draw equal cells; 0 by default.",
)
@option("--until", metavar="T", type=float, section="Analysis", help="The last time, in the model's unit.")
@option(
    "--points",
    metavar="N",
    type=click.IntRange(min=2),
    section="Analysis",
    help="How many times up to it; 11 by default.",
)
@option("--times", metavar="T,T,..", section="Analysis", help="The times themselves, such as 0,6,12.")
@option(
    "--start",
    metavar="T",
    type=float,
    default=0.0,
    section="Analysis",
    help="Where the run starts; a negative one lets cells settle before 0.",
)
@option(
    "--phase",
    "phases",
    metavar="TEXT",
    multiple=True,
    section="Analysis",
    help="How long: what happens first. '24: add D=100, set TNF=0, k=2'.",
)
@option(
    "--observe",
    metavar="FORMULA",
    multiple=True,
    section="Analysis",
    help="What to print, 'cPARP / (PARP + cPARP)'; else every state.",
)
@option("--stop", metavar="CONDITION", section="Analysis", help="What ends a cell's run, 'cPARP >= 5e5'.")
@option("--rtol", metavar="X", type=float, section="Analysis", help="Relative tolerance; 1e-5 by default.")
@option("--atol", metavar="X", type=float, section="Analysis", help="Absolute tolerance; from the amounts by default.")
@option(
    "--max-steps",
    metavar="N",
    type=click.IntRange(min=1),
    section="Analysis",
    help="Most steps of one cell; 100000 by default.",
)
@option(
    "--threads", metavar="N", type=click.IntRange(min=1), section="Analysis", help="Of this machine; all by default."
)
@option(
    "--cluster",
    metavar="ADDRESS",
    section="Analysis",
    help="Run on the Dask cluster of this scheduler, tcp://host:8786.",
)
@option(
    "--out",
    metavar="FILE",
    type=NamedPath(),
    section="Output",
    help="Every cell at every time, as .csv or .parquet.",
)
@talking()
def simulate_model(model: Path, *, as_json: bool, terminal: Terminal, out: Path | None, **asked: Any) -> int:
    """Simulate a model in SBML, phase by phase; the last one may be 'rest: ...' and never ends."""
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.cli.trajectory_tables import (
        population_lines,
        require_new_file,
        result_json,
        stop_line,
        trajectory_lines,
        write,
    )

    if out is not None:
        require_new_file(out)
    result = _run(model, asked, terminal)
    if out is not None:
        write(result, out)
        terminal.say(f"every cell: {out}")
    if as_json:
        terminal.json({"model": str(model), **result_json(result)})
    else:
        for line in trajectory_lines(result) if result.status.size == 1 else population_lines(result):
            terminal.data(line)
        if stopped := stop_line(result):
            terminal.data(f"\n{stopped}")
    _tell_failures(result, terminal)
    return SECTIONS_FAILED if result.failed.any() else DONE


def _run(path: Path, asked: dict[str, Any], terminal: Terminal) -> Trajectories:
    from avpi.cli import simulation_words as words
    from avpi.compute.progress import SILENT
    from avpi.solver.model import Model
    from avpi.solver.simulate import simulate

    words.require_file(path)  # before all else: nothing that is said of the others helps without the model
    sigma = words.sigmas(asked["sigma"])
    times = words.times(asked["times"], asked["until"], asked["points"], asked["start"])
    phases = words.phases(asked["phases"])
    model = Model.from_sbml(path)
    words.require_states(model, phases)
    parameters, starts = words.parameters_and_starts(model, asked["sets"])
    cells = words.cells(asked["cells"], sigma, asked["seed"], parameters)
    observed = list(dict.fromkeys(asked["observe"])) or list(model.states)
    _require_memory(asked["cells"], len(times), len(observed))
    return simulate(
        model,
        cells,
        starts,
        times=times,
        start=asked["start"],
        phases=phases,
        observables=observed,
        stop=asked["stop"],
        place=read_place(asked["threads"], asked["cluster"], terminal),
        progress=_progress(terminal) if asked["cells"] > 1 else SILENT,
        **{name: asked[name] for name in ("rtol", "atol", "max_steps") if asked[name] is not None},
    )


def _require_memory(cells: int, times: int, observables: int) -> None:
    """Refuse a result that this machine cannot hold, where the machine says how much that is."""
    if not hasattr(os, "sysconf"):
        return
    needed, there = (
        cells * times * observables * BYTES_A_NUMBER,
        os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    )
    if needed > there:
        sizes = f"{needed / 1e9:.3g} GB of numbers, and this machine has {there / 1e9:.3g} GB of memory"
        what = f"'{cells}' cells at {times} times with {observables} observables give {sizes}"
        hint = "Observe less with '--observe', at fewer times, or simulate in parts with other seeds"
        raise InputError(Problem(file="--cells", what=what, hint=hint))


def _progress(terminal: Terminal) -> Progress:
    """Return progress that names a step by the cells in it, counted from 1."""

    def told(steps: Sequence[T], stage: str) -> Iterator[T]:
        parts: list[Any] = [getattr(step, "cells", step) for step in steps]
        names = [f"{part.first + 1}-{part.first + part.count}" for part in parts]
        for _, step in zip(terminal.progress(names, stage), steps, strict=True):
            yield step

    return told


def _tell_failures(result: Trajectories, terminal: Terminal) -> None:
    for status, number in result.counts().items():
        if status.failed:
            of = f"{number} of {result.status.size} cells: " if result.status.size > 1 else ""
            terminal.warn(f"{of}{status.name.lower()}. {status.sentence}")
