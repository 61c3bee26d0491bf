"""What a reader must know before taking the numbers of a simulation for more than they are, a sentence each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from avpi.network.lines import ARREST, DOUBLING, Line
from avpi.network.reagents import stands_in
from avpi.population.condition_words import hours_words
from avpi.population.experiment import Experiment
from avpi.population.settling import MOST_ROUNDS, STANDS_STILL
from avpi.population.simulated import Simulated
from avpi.report.words import count_words, percent

PURPOSE: Final = "Research use only. A simulation says what the model implies, not what your cells will do."
PRIOR_WORDS: Final[Mapping[str, str]] = {
    "kd_ciap1_nM": "Kd of cIAP1",
    "kd_ciap2_nM": "Kd of cIAP2",
    "kd_xiap_nM": "Kd of XIAP",
    "partition": "share that enters the cell",
    "entry_per_hour": "rate of entry",
    "traf2_reach": "reach to TRAF2-bound cIAP1",
    "cooperativity": "cooperativity of its two heads",
    "lysis_ec50_nM": "dose that lyses",
    "lysis_hill": "steepness of lysis",
    "valency": "valency",
}
GROWTH_WORDS: Final[Mapping[str, str]] = {ARREST: "growth arrest by a mimetic", DOUBLING: "doubling time"}
SLOWER_GROWTH: Final = 0.05
"""Viability that is missing without a death from which on it is said: more than a plate's wells scatter by."""
MANY_DEAD_UNTREATED: Final = 0.2
"""Share of dead untreated cells from which on "100 % viable" would be misread without a word (assumed)."""


def caveats(
    experiments: Sequence[Experiment],
    cells: int,
    failed: int = 0,
    unsettled: float = 0.0,
    wells: Sequence[tuple[str, Simulated]] = (),
) -> list[str]:
    """Return the caveats of a simulation.

    Parameters
    ----------
    experiments : one or more, all of one line.
    cells : how many were followed.
    failed : how many the solver could not follow.
    unsettled : the last relative change of the TNF that cells share, the largest of the wells.
    wells : the conditions by name, where viability is told of them.
    """
    compounds = {c.compound: c for e in experiments for c in e.mimetics()}
    found = [PURPOSE, *_line_caveats(experiments[0].line)]
    for compound in compounds.values():
        if compound.priors:
            words = ", ".join(PRIOR_WORDS.get(name, name) for name in compound.priors)
            found.append(f"{compound.compound}: nobody measured, or nobody published, its {words}; a prior stands in.")
    found += filter(None, (stands_in(word) for word in dict.fromkeys(d.reagent for e in experiments for d in e.doses)))
    found += [*_untreated_caveats(wells), *_growth_caveats(wells)]
    widest = 100 * 1.96 * math.sqrt(0.25 / cells)
    found.append(
        f"A share of {count_words(cells, 'cell')} is known to ±{widest:.2g} % at worst (95 %). That is chance in the "
        "draw of cells; how far the model is from the truth is not in it."
    )
    if failed:
        found.append(f"The solver could not follow {count_words(failed, 'cell')}; what is told is without.")
    if unsettled >= STANDS_STILL:
        found.append(
            f"The TNF that the cells share had not come to rest after {MOST_ROUNDS} rounds: it still changed by "
            f"{percent(unsettled)}, so whatever follows from it is uncertain."
        )
    return found


def _line_caveats(line: Line) -> list[str]:
    own = [*line.parameters, *line.growth]
    assumed = [GROWTH_WORDS.get(name, name) for name in own if line.reasons.get(name, "").startswith("assumed")]
    if not line.parameters:
        return [f"{line.name}: nothing of it is known here; it has the pathway's own values."]
    if not assumed:
        return []
    return [
        f"{line.name}: {len(assumed)} of the {len(own)} values that make it this line are assumed, mostly from what it "
        f"does ({', '.join(assumed)}); 'avpi network show line' has the reasons."
    ]


def _untreated_caveats(wells: Sequence[tuple[str, Simulated]]) -> list[str]:
    """Return that viability is relative to cells that die untreated; every well has the same ones."""
    if not wells or (dead := wells[0][1].untreated_dead) <= MANY_DEAD_UNTREATED:
        return []
    end = hours_words(wells[0][1].end_hours)
    return [
        f"Of the untreated cells of this genotype {percent(dead)} are dead themselves by {end}. Viability is relative "
        "to them: 100 % is as few living cells as they have, not a healthy well."
    ]


def _growth_caveats(wells: Sequence[tuple[str, Simulated]]) -> list[str]:
    """Return which wells lack viability because their cells divide less, apart by what holds the growth back."""
    by_cause: dict[str, list[str]] = {}
    for name, simulated in wells:
        missing = float(simulated.missing_by_slower_growth([simulated.end_hours])[0])
        if missing >= SLOWER_GROWTH:
            cause = _what_slows(simulated.well.experiment)
            by_cause.setdefault(cause, []).append(f"{name} {percent(missing)}")
    return [
        f"Slower growth and no death takes part of the viability ({', '.join(parts)} of untreated): {cause}."
        for cause, parts in by_cause.items()
    ]


def _what_slows(experiment: Experiment) -> str:
    line = experiment.line
    if line.arrest and experiment.mimetics():
        why = f" ({line.reasons[ARREST]})" if ARREST in line.reasons else ""
        return f"in {line.name} a Smac mimetic holds back up to {percent(line.arrest)} of the growth{why}"
    return "cells that make less protein divide less"
