"""Experiments and wells that more than one file of tests needs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avpi.network.lines import Line, find_line
from avpi.population.experiment import Dose, Experiment
from avpi.population.fates import MODES, Fates, Mode

Floats = NDArray[np.float64]


def dose(reagent: str, amount: float, at_hours: float = 0.0, until_hours: float | None = None) -> Dose:
    return Dose(reagent=reagent, amount=amount, at_hours=at_hours, until_hours=until_hours)


SM, TNF, ZVAD = dose("birinapant", 100e-9), dose("TNF", 10), dose("zVAD", 20e-6)


def line(name: str, doubling_hours: float | None = None, arrest: float | None = None, **changes: float) -> Line:
    found = find_line(name)
    assert found is not None, name
    return replace(
        found,
        parameters={**found.parameters, **changes},
        doubling_hours=found.doubling_hours if doubling_hours is None else doubling_hours,
        arrest=found.arrest if arrest is None else arrest,
    )


def experiment(name: str, *doses: Dose, shared_tnf: bool = True, **genotype: float) -> Experiment:
    return Experiment(line=line(name), doses=doses, shared_tnf=shared_tnf, genotype=genotype)


def fates(*dead: tuple[float, Mode], alive: int = 0) -> Fates:
    """Return fates of cells that died at an hour in a mode, and of some that lived."""
    hours = [hour for hour, _ in dead] + [np.inf] * alive
    modes = [MODES.index(mode) for _, mode in dead] + [-1] * alive
    return Fates(death_hours=np.array(hours), mode=np.array(modes, np.int8))
