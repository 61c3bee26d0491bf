"""One passage of cells: what differs between the days of a study before anybody has pipetted anything.

An independent experiment is another day and another passage, and days differ in the cells themselves. So a day moves a
few amounts of the line, and of what is poured onto it; every well of that day is then simulated with these same cells.
Conditions of one day therefore err together, as they do on the bench: a day of little FLIP kills more in every arm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from avpi.network.lines import Line
from avpi.network.parameters import parameters
from avpi.virtual_lab.day import stream


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEffect:
    """How much an amount differs between days: the coefficient of variation of a log-normal factor, and why."""

    cv: float
    why: str


# All sizes are assumed. Together they move a half-killed well by 10 to 15 % of its viability between days, as plates
# of different weeks do.
CELLS: Mapping[str, DayEffect] = {
    "autocrine": DayEffect(cv=0.15, why="how much TNF cells can make follows their density and their medium change"),
    "FLIP_total": DayEffect(cv=0.10, why="a short-lived protein, which serum and crowding move within hours"),
    "TNFR1_total": DayEffect(cv=0.10, why="trypsin takes receptors off; cells were seeded at another hour"),
    "RIPK3_total": DayEffect(cv=0.10, why="silenced in culture by and by, so that it falls with the passage number"),
    "XIAP_total": DayEffect(cv=0.05, why="long-lived, hence steady"),
}
"""Parameter of the pathway -> how it differs between passages."""
COMPOUND = DayEffect(cv=0.15, why="another aliquot, freeze and thaw, another serum: free compound at the same label")
TNF = DayEffect(cv=0.15, why="another aliquot: units per nanogram fall with thawing")
DOUBLING = DayEffect(cv=0.06, why="cells divide faster or slower with their passage and their serum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The cells of one day, and how strong that day's compound and TNF are relative to their labels."""

    line: Line
    compound: float = 1.0
    tnf: float = 1.0


def passage_of(line: Line, seed: int, experiment: str) -> Passage:
    """Return the cells of an experiment.

    Parameters
    ----------
    line : as it is on the usual day, which is the median of all.
    seed, experiment : of the study, and its name; the same ones give the same day.
    """
    random = stream(seed, experiment, "passage")
    factors = {name: _factor(effect, random) for name, effect in CELLS.items()}
    known = parameters()
    moved = {name: line.parameters.get(name, known[name].value) * factor for name, factor in factors.items()}
    doubling, compound, tnf = (_factor(effect, random) for effect in (DOUBLING, COMPOUND, TNF))
    cells = replace(line, parameters={**line.parameters, **moved}, doubling_hours=line.doubling_hours * doubling)
    return Passage(line=cells, compound=compound, tnf=tnf)


def _factor(effect: DayEffect, random: np.random.Generator) -> float:
    """Draw a factor with median 1."""
    return float(np.exp(random.normal(0, np.sqrt(np.log1p(effect.cv**2)))))
