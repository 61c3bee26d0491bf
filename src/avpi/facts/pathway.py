"""The pathway model as the simulator of facts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from avpi.facts.schema import EVENT_MEASURES, Addition, Arm
from avpi.facts.simulator import NotInModel, Outcome
from avpi.names import find_reagent
from avpi.network.lines import Line, find_line
from avpi.network.panels import draw_lines, find_prior
from avpi.network.variants import REFERENCE, Variant
from avpi.population.experiment import Dose, Experiment, NotInModelError
from avpi.population.measure import formulas_for, measure
from avpi.population.readouts import KINDS
from avpi.population.well import Well, grow
from avpi.network.reagents import molar_dose
from avpi.quantity import parse_quantity

Floats = NDArray[np.float64]

USUAL_MIMETIC_MOLAR = 100e-9
"""Dose of a Smac mimetic where a fact gives none: that of Protocol A."""
CELLS_OF_A_PANEL = 6
"""A line of a panel has a sixth of the cells of a line that stands alone: what counts is the spread between lines."""
FEWEST_CELLS = 40
ALL_FORMULAS = tuple(dict.fromkeys(["M", *(formula for table in KINDS.values() for formula in table.values())]))
WATCH_STEP_HOURS = 0.25
"""How closely cells are watched for the time of MOMP."""


class PathwaySimulator:
    """Runs the experiments of facts in the pathway model, in one of its variants."""

    def __init__(self, variant: Variant = REFERENCE) -> None:
        self.variant = variant

    def run(self, arm: Arm, *, times_hours: Sequence[float], cells: int, seed: int) -> Outcome:
        """Simulate an experiment; see ``Simulator``."""
        lines = _lines_of(arm, seed)
        number = cells if arm.panel is None else max(FEWEST_CELLS, cells // CELLS_OF_A_PANEL)
        try:
            experiments = tuple(self._experiment(arm, line) for line in lines)
            for experiment in experiments:
                experiment.base()
                experiment.changes()
        except NotInModelError as error:
            raise NotInModel(error.what) from None
        return PathwayOutcome(experiments, tuple(times_hours), number, seed, panel=arm.panel is not None)

    def _experiment(self, arm: Arm, line: Line) -> Experiment:
        return Experiment(
            line=line,
            genotype=dict(arm.genotype),
            doses=tuple(_dose(addition) for addition in arm.add),
            shared_tnf=arm.shared_tnf,
            variant=self.variant,
        )


class PathwayOutcome:
    """Wells of one arm, grown when they are first looked at."""

    def __init__(
        self, experiments: tuple[Experiment, ...], times_hours: tuple[float, ...], cells: int, seed: int, *, panel: bool
    ) -> None:
        self.experiments, self.times_hours, self.cells, self.seed = experiments, times_hours, cells, seed
        self.panel = panel
        self.formulas: tuple[str, ...] = ()
        self.wells: tuple[Well, ...] = ()

    def measure(self, kind: str, argument: str, times_hours: Sequence[float]) -> Floats:
        """Return what is measured; see ``Outcome``."""
        try:
            needed = formulas_for(kind, argument)
            wells = self._grown(needed, kind)
            untreated = (
                [_untreated(well.experiment, self._looks(kind), self.cells, self.seed) for well in wells]
                if kind == "viability"
                else [None] * len(wells)
            )
            rows = [measure(w, kind, argument, times_hours, u) for w, u in zip(wells, untreated, strict=True)]
        except NotInModelError as error:
            raise NotInModel(error.what) from None
        return np.array(rows) if self.panel else rows[0]

    def _grown(self, needed: tuple[str, ...], kind: str) -> tuple[Well, ...]:
        if not self.wells or not set(needed) <= set(self.formulas):
            self.formulas = ALL_FORMULAS if needed else ()
            self.wells = tuple(
                grow(e, times_hours=self._looks(kind), cells=self.cells, seed=self.seed, observe=self.formulas)
                for e in self.experiments
            )
        return self.wells

    def _looks(self, kind: str) -> tuple[float, ...]:
        looks = {0.0, *self.times_hours}
        if kind in EVENT_MEASURES:
            looks |= set(np.arange(0, max(looks), WATCH_STEP_HOURS).tolist())
        return tuple(sorted(looks))


@lru_cache(maxsize=64)
def _line_panel(prior: str, lines: int, seed: int) -> tuple[Line, ...]:
    known = find_prior(prior)
    if known is None:
        raise NotInModel(f"prior '{prior}'")
    return draw_lines(known, lines, seed)


def _lines_of(arm: Arm, seed: int) -> tuple[Line, ...]:
    if arm.panel is not None:
        return _line_panel(arm.panel.prior, arm.panel.n, seed)
    line = find_line(arm.line or "")
    if line is None:
        raise NotInModel(f"line '{arm.line}'")
    return (line,)


_UNTREATED: dict[tuple[str, tuple[tuple[str, float], ...], bool, Variant, tuple[float, ...], int, int], Well] = {}


def _untreated(experiment: Experiment, looks: tuple[float, ...], cells: int, seed: int) -> Well:
    genotype = tuple(experiment.genotype.items())
    key = (experiment.line.name, genotype, experiment.shared_tnf, experiment.variant, looks, cells, seed)
    if key not in _UNTREATED:
        bare = Experiment(
            line=experiment.line,
            genotype=experiment.genotype,
            shared_tnf=experiment.shared_tnf,
            variant=experiment.variant,
        )
        _UNTREATED[key] = grow(bare, times_hours=looks, cells=cells, seed=seed)
    return _UNTREATED[key]


def _dose(addition: Addition) -> Dose:
    amount, unit = addition.dose, addition.unit
    reagent = find_reagent(addition.reagent)
    if amount is None:
        amount, unit = _usual_dose(addition.reagent), reagent.unit if reagent is not None else "molar"
    if unit == "ng_per_ml" and (reagent is None or reagent.unit == "molar"):
        molar = molar_dose(addition.reagent, amount)
        if molar is None:
            raise NotInModelError(f"molar mass of '{addition.reagent}', whose dose is given by weight")
        amount = molar
    return Dose(reagent=addition.reagent, amount=amount, at_hours=addition.at_hours, until_hours=addition.until_hours)


def _usual_dose(word: str) -> float:
    reagent = find_reagent(word)
    if reagent is None:
        return USUAL_MIMETIC_MOLAR
    if not reagent.default_dose:
        raise NotInModelError(f"usual dose of '{word}'")
    return parse_quantity(reagent.default_dose).value
