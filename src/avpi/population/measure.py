"""What is measured in a well, by the words that scientists use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avpi.population.asked import looked_at
from avpi.population.experiment import NotInModelError
from avpi.population.fates import DEBRIS_PER_HOUR, MODES, OPENING_PER_HOUR
from avpi.population.readouts import KINDS, STAYS_WITH_GHOST, formula_of
from avpi.population.well import Well

Floats = NDArray[np.float64]

PICO_PER_NANO = 1000.0
OPEN_MITOCHONDRIA = "M"
HALF_OPEN = 0.5
"""Share of open mitochondria at which a cell has undergone MOMP."""
QUADRANTS = (
    "annexin_negative_pi_negative",
    "annexin_positive_pi_negative",
    "annexin_positive_pi_positive",
    "annexin_negative_pi_positive",
)
STAINS = ("annexin_positive", "annexin_negative", "pi_positive", "pi_negative")
"""What one stain says: two quadrants together."""
TIMED = ("death_time", "momp_time")


def formulas_for(kind: str, word: str) -> tuple[str, ...]:
    """Return the formulas that a well must keep for a measurement.

    Raises
    ------
    NotInModelError
        If the pathway has nothing that the measurement could be of.
    """
    if kind in KINDS:
        formula = formula_of(kind, word)
        if formula is None:
            what = f"{kind} of '{word}'"
            raise NotInModelError(what)
        return (formula,)
    return (OPEN_MITOCHONDRIA,) if kind == "momp_time" else ()


def measure(well: Well, kind: str, word: str, times_hours: Sequence[float], untreated: Well | None = None) -> Floats:
    """Return a measurement at times, (times,).

    Parameters
    ----------
    well : grown with the formulas of :func:`formulas_for`, and looked at at these times.
    kind, word : such as ``"band"`` and ``"cIAP1"``, ``"viability"`` and ``""``.
    untreated : the well that viability is relative to.

    Returns
    -------
    Bands in the units of the model, as means over what a lysate holds: dead cells are in it until they open; mRNA and
    nuclear proteins as means over living cells; activities and complexes as means over all cells, in which dead cells
    keep what they had for a while; TNF in pg/mL; shares from 0 to 1; times in hours.

    Raises
    ------
    NotInModelError
        If there is no such measurement.
    InputError
        If a time lies outside of the run, or the well was grown without the formula.
    """
    looked_at(float(well.times_hours[-1]), times_hours)
    index = np.searchsorted(well.times_hours, np.asarray(times_hours, float) - 1e-9)
    if kind in ("activity", "complex"):
        formula = formulas_for(kind, word)[0]
        decay = DEBRIS_PER_HOUR if formula in STAYS_WITH_GHOST else OPENING_PER_HOUR["apoptosis"]
        return well.mean_of_all(formula, decay)[index]
    if kind == "band":
        formula = formulas_for(kind, word)[0]
        return well.mean_in_lysate(formula, in_ghost=formula in STAYS_WITH_GHOST)[index]
    if kind in KINDS:
        return well.mean_of_living(formulas_for(kind, word)[0])[index]
    if kind == "viability":
        reference = untreated if untreated is not None else well
        return well.counts.atp[index] / reference.counts.atp[index]
    if kind == "dead":
        return np.array([float(np.mean(well.fates.death_hours <= t)) for t in times_hours])
    if kind == "quadrant" and (parts := quadrants_of(word)):
        return np.asarray(np.sum([well.counts.quadrants[part][index] for part in parts], axis=0), float)
    if kind == "mode" and word in MODES:
        return _share_of_mode(well, MODES.index(word), times_hours)
    if kind == "elisa" and word.upper().startswith("TNF"):
        return PICO_PER_NANO * well.tnf_ng_per_ml[index]
    if kind in TIMED and word in ("median", "cv"):
        moments = well.fates.death_hours if kind == "death_time" else momp_hours(well)
        return np.array([_summary(np.where(moments <= t, moments, np.inf), word) for t in times_hours])
    raise NotInModelError(f"measurement '{kind}: {word}'" if word else f"measurement '{kind}'")


def quadrants_of(word: str) -> tuple[str, ...]:
    """Return the quadrants that a word names: one, or the two of a stain alone such as "annexin_positive"; or none."""
    plain = "_".join(word.lower().replace("-", " ").replace("_", " ").split())
    if plain in QUADRANTS:
        return (plain,)
    return tuple(name for name in QUADRANTS if plain in STAINS and plain in name)


def _share_of_mode(well: Well, mode: int, times_hours: Sequence[float]) -> Floats:
    shares = []
    for t in times_hours:
        dead = well.fates.death_hours <= t
        shares.append(float(np.mean(well.fates.mode[dead] == mode)) if dead.any() else np.nan)
    return np.array(shares)


def momp_hours(well: Well) -> Floats:
    """Return when each cell's mitochondria opened (cells,); infinite where they did not, interpolated between looks."""
    values = np.nan_to_num(well.values[OPEN_MITOCHONDRIA])
    crossed = values >= HALF_OPEN
    there = crossed.any(axis=1)
    first = np.argmax(crossed, axis=1)
    before = np.maximum(first - 1, 0)
    rows = np.arange(values.shape[0])
    low, high = values[rows, before], values[rows, first]
    share = np.where(high > low, (HALF_OPEN - low) / np.where(high > low, high - low, 1.0), 1.0)
    start, end = well.times_hours[before], well.times_hours[first]
    return np.where(there, start + np.clip(share, 0, 1) * (end - start), np.inf)


def _summary(moments: Floats, word: str) -> float:
    reached = moments[np.isfinite(moments)]
    if word == "cv":
        return float(np.std(reached, ddof=1) / np.mean(reached)) if reached.size > 1 else float("nan")
    return float(np.median(moments)) if reached.size > moments.size / 2 else float("inf")
