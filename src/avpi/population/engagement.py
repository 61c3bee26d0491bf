"""Protocol A as a simulation: what a western blot shows of the IAPs after a Smac mimetic, by dose and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avpi.network.variants import Variant
from avpi.population.experiment import Dose, Experiment
from avpi.population.open_questions import Read, Reading
from avpi.population.readouts import BANDS
from avpi.population.simulated import INVISIBLE_NM, Sampling
from avpi.population.well import Well, grow
from avpi.quantity import format_molar

Floats = NDArray[np.float64]

BLOTTED = ("cIAP1", "cIAP2", "XIAP", "p52")
RULE_HOURS = 0.5
GONE = 0.9
"""The guide's criterion of target engagement: more than this share of the cIAP1 band gone within half an hour."""
NEAR = 0.02
"""Shares of the band this close are not told apart, whatever side of the criterion they are on."""
POOL = "C1t"
"""cIAP1 on TRAF2."""
POOL_STAYS = 0.1
"""Share of the TRAF2-bound cIAP1 from which on a pool is said to stay: what the criterion asks of the whole band."""


@dataclass(frozen=True, kw_only=True)
class Blot:
    """Bands over dose and time.

    Attributes
    ----------
    experiment : the cells, without doses.
    compound : the mimetic; ``valency`` : how many heads it has.
    doses_molar : (doses,) ; ``times_hours`` : (times,) as asked.
    ratio : protein -> (doses, times) of the vehicle's band at the same time; nan where no cell lives.
    alive : (doses, times) share of cells that live.
    cells : how many were followed; ``failed`` : cells of all wells that the solver could not follow.
    unsettled : the last relative change of the TNF that cells share, the largest of the wells.
    at_rule : (doses,) cIAP1 of vehicle at half an hour.
    pool : (doses, times) TRAF2-bound cIAP1 of vehicle; ``pool_at_rule`` (doses,) the same at half an hour.
    has_ciap1 : whether the cells have any to lose; without it nothing can be read of target engagement.
    """

    experiment: Experiment
    compound: str
    valency: str
    doses_molar: tuple[float, ...]
    times_hours: tuple[float, ...]
    ratio: Mapping[str, Floats]
    alive: Floats
    cells: int
    at_rule: Floats
    pool: Floats
    pool_at_rule: Floats
    has_ciap1: bool = True
    failed: int = 0
    unsettled: float = 0.0

    @property
    def engaged(self) -> tuple[bool, ...]:
        """For each dose whether the guide's criterion is met."""
        return tuple(bool(left < 1 - GONE) for left in self.at_rule)

    @property
    def pool_left(self) -> tuple[float, float]:
        """The dose that leaves least of the TRAF2-bound cIAP1 at half an hour, molar, and the share that it leaves."""
        read = np.isfinite(self.pool_at_rule)
        best = int(np.argmin(np.where(read, self.pool_at_rule, np.inf)))
        return self.doses_molar[best], float(self.pool_at_rule[best])

    @property
    def pool_stays(self) -> bool:
        """True where no dose takes the TRAF2-bound cIAP1 as far as the criterion asks of the whole band."""
        return self.pool_left[1] > POOL_STAYS


def blot(
    experiment: Experiment, compound: str, valency: str, doses_molar: Sequence[float], times_hours: Sequence[float],
    sampling: Sampling,
) -> Blot:  # fmt: skip
    """Return the blot of a dose series.

    Parameters
    ----------
    experiment : the cells; its doses are replaced.
    times_hours : (times,) when lysates are made.
    """
    formulas = {protein: BANDS[protein] for protein in BLOTTED}
    looks = sorted({0.0, RULE_HOURS, *times_hours})
    vehicle = _grown(replace(experiment, doses=()), looks, sampling, tuple(formulas.values()))
    wells = [
        _grown(_dosed(experiment, compound, dose), looks, sampling, tuple(formulas.values())) for dose in doses_molar
    ]
    at = _index(vehicle, times_hours)
    rule = _index(vehicle, [RULE_HOURS])
    return Blot(
        experiment=replace(experiment, doses=()),
        compound=compound,
        valency=valency,
        doses_molar=tuple(doses_molar),
        times_hours=tuple(times_hours),
        ratio={protein: np.array([_ratio(w, vehicle, f)[at] for w in wells]) for protein, f in formulas.items()},
        alive=np.array([w.fates.alive(w.times_hours).mean(axis=0)[at] for w in wells]),
        cells=int(vehicle.fates.death_hours.size),
        at_rule=np.array([_ratio(w, vehicle, formulas["cIAP1"])[rule][0] for w in wells]),
        pool=np.array([_ratio(w, vehicle, POOL)[at] for w in wells]),
        pool_at_rule=np.array([_ratio(w, vehicle, POOL)[rule][0] for w in wells]),
        has_ciap1=bool(vehicle.mean_in_lysate(formulas["cIAP1"])[0] > INVISIBLE_NM),
        failed=sum(well.failed for well in (vehicle, *wells)),
        unsettled=max(well.unsettled for well in (vehicle, *wells)),
    )


def engagement_readings(
    experiment: Experiment, compound: str, doses_molar: Sequence[float], sampling: Sampling
) -> Read:
    """Return what reads, for each dose, the cIAP1 band at half an hour and whether the criterion is met."""

    def read(variant: Variant) -> dict[str, Reading]:
        own = replace(experiment, variant=variant)
        formula = BANDS["cIAP1"]
        vehicle = _grown(replace(own, doses=()), [0.0, RULE_HOURS], sampling, (formula,))
        found = {}
        for dose in doses_molar:
            well = _grown(_dosed(own, compound, dose), [0.0, RULE_HOURS], sampling, (formula,))
            left = float(_ratio(well, vehicle, formula)[-1])
            word = "" if np.isnan(left) else "engaged" if left < 1 - GONE else "not engaged"
            found[format_molar(dose)] = Reading(value=left, word=word)
        return found

    return read


def engagements_differ(a: Reading, b: Reading) -> bool:
    """Return whether two blots would be called otherwise."""
    return a.word != b.word and abs(a.value - b.value) > NEAR


def _dosed(experiment: Experiment, compound: str, dose_molar: float) -> Experiment:
    return replace(experiment, doses=(Dose(reagent=compound, amount=dose_molar),))


def _grown(experiment: Experiment, looks: Sequence[float], sampling: Sampling, formulas: tuple[str, ...]) -> Well:
    return grow(
        experiment,
        times_hours=looks,
        cells=sampling.cells,
        seed=sampling.seed,
        observe=(*formulas, POOL),
        place=sampling.place,
    )


def _index(well: Well, times_hours: Sequence[float]) -> NDArray[np.intp]:
    return np.searchsorted(well.times_hours, np.asarray(times_hours, float) - 1e-9)


def _ratio(well: Well, vehicle: Well, formula: str) -> Floats:
    """Return a band of vehicle at the same times; the two wells are looked at at the same ones."""
    treated, whole = well.mean_in_lysate(formula), vehicle.mean_in_lysate(formula)
    return np.asarray(np.where(whole > INVISIBLE_NM, treated / np.maximum(whole, INVISIBLE_NM), np.nan), float)
