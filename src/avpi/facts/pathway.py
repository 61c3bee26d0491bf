"""The pathway model as the simulator of facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from avpi.compute.places import Place, Threads
from avpi.errors import InputError, OurFault, nearest_word
from avpi.facts.pathway_doses import dose_in_well
from avpi.facts.schema import EVENT_MEASURES, Arm
from avpi.facts.simulator import NotInModel, Outcome
from avpi.facts.words import hours
from avpi.network.lines import Line, find_line, lines
from avpi.network.panels import draw_lines, find_prior, priors
from avpi.network.variants import REFERENCE, Variant
from avpi.population.asked import LONGEST_HOURS
from avpi.population.experiment import Experiment, NotInModelError
from avpi.population.measure import formulas_for, measure
from avpi.population.readouts import KINDS
from avpi.population.well import Well, grow

Floats = NDArray[np.float64]

CELLS_OF_A_PANEL = 6
"""A line of a panel has a sixth of the cells of a line that stands alone: what counts is the spread between lines."""
FEWEST_CELLS = 40
ALL_FORMULAS = tuple(dict.fromkeys(["M", *(formula for table in KINDS.values() for formula in table.values())]))
WATCH_STEP_HOURS = 0.25
"""How closely cells are watched for the time of MOMP."""


class PathwaySimulator:
    """Runs the experiments of facts in the pathway model, in one of its variants, with its own or other ``values``."""

    def __init__(
        self, variant: Variant = REFERENCE, place: Place | None = None, values: Mapping[str, float] | None = None
    ) -> None:
        self.variant = variant
        self.place = place or Threads(0)
        self.values = MappingProxyType(dict(values or {}))

    def run(self, arm: Arm, *, times_hours: Sequence[float], cells: int, seed: int) -> Outcome:
        """Simulate an experiment; see ``Simulator``."""
        if max(times_hours) > LONGEST_HOURS:
            what = f"culture of {hours(max(times_hours))}: cells are followed for {hours(LONGEST_HOURS)} at most"
            raise NotInModel(what)
        lines = _lines_of(arm, seed)
        number = cells if arm.panel is None else max(FEWEST_CELLS, cells // CELLS_OF_A_PANEL)
        try:
            experiments = tuple(self._experiment(arm, line) for line in lines)
            for experiment in experiments:
                experiment.base()
                experiment.changes()
        except InputError as error:
            raise _not_in_model(error) from None
        growing = Growing(tuple(times_hours), number, seed, self.place)
        return PathwayOutcome(experiments, growing, panel=arm.panel is not None)

    def _experiment(self, arm: Arm, line: Line) -> Experiment:
        return Experiment(
            line=line,
            genotype=_genotype(arm),
            doses=tuple(dose for addition in arm.add if (dose := dose_in_well(addition)) is not None),
            shared_tnf=arm.shared_tnf,
            variant=self.variant,
            values=self.values,
        )


@dataclass(frozen=True)
class Growing:
    """How the wells of an arm are grown: when they are looked at, with how many cells, drawn how, and where."""

    times_hours: tuple[float, ...]
    cells: int
    seed: int
    place: Place

    def well(self, experiment: Experiment, formulas: tuple[str, ...], *, closely: bool = False) -> Well:
        """Return the well of an experiment; ``closely`` where the time of an event is to be read off it."""
        looks = {0.0, *self.times_hours}
        if closely:
            looks |= set(np.arange(0, max(looks), WATCH_STEP_HOURS).tolist())
        try:
            return grow(
                experiment,
                times_hours=sorted(looks),
                cells=self.cells,
                seed=self.seed,
                observe=formulas,
                place=self.place,
            )
        except OurFault as fault:  # one experiment that cannot be solved takes no other fact with it
            what = f"solution of this experiment: {fault}"
            raise NotInModel(what) from fault


class PathwayOutcome:
    """Wells of one arm, grown when they are first looked at."""

    def __init__(self, experiments: tuple[Experiment, ...], growing: Growing, *, panel: bool) -> None:
        self.experiments, self.growing, self.panel = experiments, growing, panel
        self.wells: dict[tuple[bool, bool], tuple[Well, ...]] = {}

    def measure(self, kind: str, argument: str, times_hours: Sequence[float]) -> Floats:
        """Return what is measured; see ``Outcome``."""
        try:
            observing = bool(formulas_for(kind, argument))
            wells = self._grown(observing=observing, closely=kind in EVENT_MEASURES and observing)
            references = [_untreated(e, self.growing) if kind == "viability" else None for e in self.experiments]
            rows = [measure(w, kind, argument, times_hours, u) for w, u in zip(wells, references, strict=True)]
        except InputError as error:
            raise _not_in_model(error) from None
        return np.array(rows) if self.panel else rows[0]

    def _grown(self, *, observing: bool, closely: bool) -> tuple[Well, ...]:
        richer = next((self.wells[k] for k in self.wells if k >= (observing, closely) and k[0] >= observing), None)
        if richer is not None and (not closely or (observing, closely) in self.wells):
            return richer
        formulas = ALL_FORMULAS if observing else ()
        grown = tuple(self.growing.well(e, formulas, closely=closely) for e in self.experiments)
        self.wells[observing, closely] = grown
        return grown


def _not_in_model(error: InputError) -> NotInModel:
    """Return what the pathway lacks, or why it cannot be asked what a fact asks (such as a month of culture)."""
    if isinstance(error, NotInModelError):
        return NotInModel(error.what)
    told = (f"{one.what}, expected {one.expected}" if one.expected else one.what for one in error.problems)
    return NotInModel("; ".join(told))


@lru_cache(maxsize=64)
def _line_panel(prior: str, lines: int, seed: int) -> tuple[Line, ...]:
    known = find_prior(prior)
    if known is None:
        what = f"prior '{prior}'. It has {', '.join(priors())}"
        raise NotInModel(what)
    return draw_lines(known, lines, seed)


def _lines_of(arm: Arm, seed: int) -> tuple[Line, ...]:
    if arm.panel is not None:
        return _line_panel(arm.panel.prior, arm.panel.n, seed)
    line = find_line(arm.line or "")
    if line is None:
        hint = nearest_word(arm.line or "", (word for own in lines().values() for word in (own.name, *own.aliases)))
        raise NotInModel(f"line '{arm.line}'. {hint}".rstrip(" ."))
    return (line,)


def _genotype(arm: Arm) -> dict[str, float]:
    """Return the factors of an arm, without the knock-outs that a mutant of the protein reconstitutes.

    ``{RIPK1: 0, RIPK1-D138N: 1}`` is a knock-out that got the mutant back; a mutant replaces the protein as it is.
    """
    given = dict(arm.genotype)
    back = [word.lower() for word, factor in given.items() if factor > 0]
    return {
        word: factor
        for word, factor in given.items()
        if factor > 0 or not any(other.startswith(f"{word.lower()}-") for other in back)
    }


def _untreated(experiment: Experiment, growing: Growing) -> Well:
    """Return the untreated well of an experiment's cells; the last ones are remembered, since many arms share them."""
    return _untreated_well(Cells(experiment), growing)


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of an experiment, compared by what they are and not by what is added to them."""

    experiment: Experiment

    @property
    def _key(self) -> tuple[object, ...]:
        own = self.experiment
        changed = (tuple(sorted(own.genotype.items())), tuple(sorted(own.values.items())))
        return (own.line.name, *changed, own.shared_tnf, own.variant)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cells) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=512)
def _untreated_well(cells: Cells, growing: Growing) -> Well:
    return growing.well(replace(cells.experiment, doses=()), ())
