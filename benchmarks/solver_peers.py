"""What the engine is measured beside: other engines on the same cells, a cluster on this machine, a Hill cascade."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from avpi.solver.model import Model

Floats = NDArray[np.float64]


class Peer(Protocol):
    """An engine that runs given cells of the ensemble."""

    name: str
    cells_a_round: int

    def run(self, cells: Sequence[int], rtol: float, atol: float) -> Floats:
        """Return (cells, times, states), nan where it failed."""
        ...


@dataclass
class Ensemble:
    """The cells of a benchmark: a model file and a table of parameters."""

    model: Model
    path: Path
    parameters: Floats
    times: Floats

    def varied(self) -> list[tuple[int, str]]:
        """Return column and name of every parameter that is drawn."""
        fixed = {*self.model.equations.volumes, *self.model.equations.held}
        return [(i, name) for i, name in enumerate(self.model.parameters) if name not in fixed]

    def failed(self) -> Floats:
        """Return what stands for a cell that an engine could not finish."""
        return np.full((self.times.size, len(self.model.states)), np.nan)


class LibRoadRunner:
    """CVODE through libroadrunner, its machine code by LLVM."""

    name = "libroadrunner"
    cells_a_round = 40

    def __init__(self, ensemble: Ensemble) -> None:
        import roadrunner

        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_CRITICAL)
        self.ensemble = ensemble
        self.runner: Any = roadrunner.RoadRunner(str(ensemble.path))
        self.runner.timeCourseSelections = [f"[{state}]" for state in ensemble.model.states]
        self.runner.integrator.maximum_num_steps = 1_000_000

    def run(self, cells: Sequence[int], rtol: float, atol: float) -> Floats:
        """Return (cells, times, states)."""
        ensemble, runner = self.ensemble, self.runner
        runner.integrator.relative_tolerance = rtol
        runner.integrator.absolute_tolerance = atol
        varied = ensemble.varied()
        found = []
        for cell in cells:
            runner.reset()
            for i, name in varied:
                runner.setValue(name, ensemble.parameters[cell % len(ensemble.parameters), i])
            try:
                found.append(np.array(runner.simulate(ensemble.times[0], ensemble.times[-1], ensemble.times.size)))
            except RuntimeError:
                found.append(ensemble.failed())
        return np.array(found)


class BngSim:
    """CVODES with KLU through bngsim, its generated C compiled."""

    name = "bngsim"
    cells_a_round = 120

    def __init__(self, ensemble: Ensemble) -> None:
        import bngsim

        self.ensemble = ensemble
        self.failure: type[Exception] = bngsim.SimulationError
        self.model: Any = bngsim.Model.from_sbml(str(ensemble.path))
        self.simulator: Any = bngsim.Simulator(self.model, codegen=True)
        names = list(self.model.species_names)
        self.order = [names.index(state) for state in ensemble.model.states]

    def run(self, cells: Sequence[int], rtol: float, atol: float) -> Floats:
        """Return (cells, times, states)."""
        ensemble = self.ensemble
        varied = ensemble.varied()
        span = (float(ensemble.times[0]), float(ensemble.times[-1]))
        found = []
        for cell in cells:
            self.model.reset()
            drawn = ensemble.parameters[cell % len(ensemble.parameters)]
            self.model.set_params({name: float(drawn[i]) for i, name in varied})
            try:
                result = self.simulator.run(
                    span, n_points=ensemble.times.size, rtol=rtol, atol=atol, max_steps=1_000_000
                )
                found.append(np.array(result.species)[:, self.order])
            except self.failure:
                found.append(ensemble.failed())
        return np.array(found)


def peers(model: Model, path: Path, parameters: Floats, times: Floats, *, only: str = "") -> dict[str, Peer]:
    """Return the engines that are installed, by name."""
    ensemble = Ensemble(model=model, path=path, parameters=parameters, times=times)
    found: dict[str, Peer] = {}
    for kind in (LibRoadRunner, BngSim):
        if only in ("", kind.name):
            try:
                found[kind.name] = kind(ensemble)
            except ImportError:
                print(f"{kind.name} is not installed", file=sys.stderr)
    return found


@contextmanager
def local_cluster(workers: int) -> Iterator[str]:
    """Start a Dask scheduler and workers as processes on the loopback address; yield the scheduler's address."""
    from distributed import Client

    address = "tcp://127.0.0.1:8799"
    started = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{what}", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for what, options in [("scheduler", ["--host", "127.0.0.1", "--port", "8799", "--no-dashboard"])]
        + [("worker", [address, "--nthreads", "1", "--no-nanny", "--no-dashboard"])] * workers
    ]
    try:
        time.sleep(1)
        with Client(address, timeout="30s", set_as_default=False) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(workers, timeout=60)
        yield address
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(20)


def hill_cascade(*, real_exponents: bool, genes: int = 20, bindings: int = 0) -> str:
    """Return SBML of genes in a row, each switched on by the protein of the one before with a Hill term.

    The exponents (2, 3, 4 in turn) are numbers in the formulas, or parameters with the same values. ``bindings`` are
    further reactions: each takes a protein and a partner into a complex, from which they come apart again.
    """
    species, parameters, reactions = [], [], []
    for gene in range(genes):
        exponent = 2 + gene % 3
        species += [f'<species id="m{gene}" compartment="c" initialAmount="0.1" hasOnlySubstanceUnits="true"/>']
        species += [f'<species id="p{gene}" compartment="c" initialAmount="0.1" hasOnlySubstanceUnits="true"/>']
        for name, value in (
            (f"v{gene}", 2.0),
            (f"K{gene}", 1.0),
            (f"d{gene}", 0.5),
            (f"k{gene}", 1.0),
            (f"g{gene}", 0.6),
        ):
            parameters.append(f'<parameter id="{name}" value="{value}"/>')
        parameters.append(f'<parameter id="n{gene}" value="{exponent}"/>')
        n = f"<ci>n{gene}</ci>" if real_exponents else f'<cn type="integer">{exponent}</cn>'
        source = f"<ci>p{gene - 1}</ci>" if gene else "<ci>input</ci>"
        power = f"<apply><power/>{source}{n}</apply>"
        half = f"<apply><power/><ci>K{gene}</ci>{n}</apply>"
        law = (
            f"<apply><divide/><apply><times/><ci>v{gene}</ci>{power}</apply><apply><plus/>{half}{power}</apply></apply>"
        )
        reactions += [
            _reaction(f"on{gene}", "", f"m{gene}", law),
            _reaction(f"off{gene}", f"m{gene}", "", f"<apply><times/><ci>d{gene}</ci><ci>m{gene}</ci></apply>"),
            _reaction(f"make{gene}", "", f"p{gene}", f"<apply><times/><ci>k{gene}</ci><ci>m{gene}</ci></apply>"),
            _reaction(f"lose{gene}", f"p{gene}", "", f"<apply><times/><ci>g{gene}</ci><ci>p{gene}</ci></apply>"),
        ]
    for i in range(bindings):
        protein, parts = f"p{i % genes}", (f"b{i}", f"c{i}")
        species += [
            f'<species id="{part}" compartment="c" initialAmount="1" hasOnlySubstanceUnits="true"/>' for part in parts
        ]
        parameters.append(f'<parameter id="on_{i}" value="2"/><parameter id="apart{i}" value="0.5"/>')
        together = f"<apply><times/><ci>on_{i}</ci><ci>{protein}</ci><ci>b{i}</ci></apply>"
        apart = f"<apply><times/><ci>apart{i}</ci><ci>c{i}</ci></apply>"
        reactions.append(_reaction(f"bind{i}", f"{protein} b{i}", f"c{i}", f"<apply><minus/>{together}{apart}</apply>"))
    parameters.append('<parameter id="input" value="2"/>')
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"><model>'
        '<listOfCompartments><compartment id="c" size="1"/></listOfCompartments>'
        f"<listOfSpecies>{''.join(species)}</listOfSpecies><listOfParameters>{''.join(parameters)}</listOfParameters>"
        f"<listOfReactions>{''.join(reactions)}</listOfReactions></model></sbml>"
    )


def _reaction(name: str, reactant: str, product: str, law: str) -> str:
    def references(kind: str, species: str) -> str:
        each = "".join(f'<speciesReference species="{one}"/>' for one in species.split())
        return f"<listOf{kind}>{each}</listOf{kind}>" if each else ""

    return (
        f'<reaction id="{name}" reversible="false">{references("Reactants", reactant)}{references("Products", product)}'
        f'<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML">{law}</math></kineticLaw></reaction>'
    )
