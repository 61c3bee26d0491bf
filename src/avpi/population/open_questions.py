"""Where the answers to the pathway's open questions change what a simulation says, and which question it is.

Each variant (``avpi.network.variants``) is simulated with few cells, the reference with the same cells, so that what
differs is the variant and not the draw. A variant that differs flips some answers of the reference; the smallest such
sets of flips name the questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType

from avpi.compute.progress import SILENT, Progress
from avpi.network.variants import REFERENCE, Variant, ensemble
from avpi.population.experiment import Experiment
from avpi.population.measure import measure
from avpi.population.simulated import Sampling, Simulated
from avpi.population.well import grow

QUESTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "a20_protects": ("A20", "whether A20 holds complex I together or takes it apart"),
        "tnf_without_nfkb": ("TNF without NF-kB", "whether NIK and RIPK1 make TNF where NF-kB is blocked"),
        "traf2_pool": ("TRAF2 pool", "whether cIAP1 on TRAF2 withstands a monovalent mimetic"),
        "strong_leak": ("leak", "whether the ripoptosome assembles readily without a ligand"),
    }
)
"""Field of a variant -> the question's short name, and the question."""
FEW_CELLS = 100
VIABILITY_DIFFERS = 0.2
"""Difference of viability beyond which a lab would call a well otherwise; with a hundred cells two standard errors of
a share are below 0.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a call would rest on: a number from 0 up, and a word, such as the mode of most deaths (empty for none)."""

    value: float
    word: str = ""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What the variants say of one condition.

    Attributes
    ----------
    label : the condition.
    readings : variant -> its reading, the reference first.
    differing : the variants that differ from the reference.
    questions : the smallest sets of questions whose other answer makes a difference, by their short names.
    """

    label: str
    readings: Mapping[Variant, Reading]
    differing: tuple[Variant, ...]
    questions: tuple[tuple[str, ...], ...]

    @property
    def agrees(self) -> bool:
        """True where no variant differs."""
        return not self.differing


Differ = Callable[[Reading, Reading], bool]
Read = Callable[[Variant], Mapping[str, Reading]]


def outcomes_differ(a: Reading, b: Reading) -> bool:
    """Return whether two readings of viability and mode would be called otherwise."""
    return abs(a.value - b.value) > VIABILITY_DIFFERS or bool(a.word and b.word and a.word != b.word)


def compare_variants(
    read: Read, *, differ: Differ = outcomes_differ, progress: Progress = SILENT
) -> tuple[Agreement, ...]:
    """Return what all sixteen variants say.

    Parameters
    ----------
    read : gives the readings of a variant, condition by condition.
    differ : whether two readings differ by enough to matter.
    """
    variants = ensemble()
    named = zip(progress([variant.label for variant in variants], "variants"), variants, strict=True)
    found = {variant: dict(read(variant)) for _, variant in named}
    return tuple(
        agreement(label, {variant: found[variant][label] for variant in variants}, differ) for label in found[REFERENCE]
    )


def agreement(label: str, readings: Mapping[Variant, Reading], differ: Differ = outcomes_differ) -> Agreement:
    """Return where the readings of the variants differ from the reference's, and what makes the difference."""
    differing = tuple(v for v, reading in readings.items() if differ(readings[REFERENCE], reading))
    flips = sorted((flipped(v) for v in differing), key=len)
    smallest = [own for own in flips if not any(other < own for other in flips)]
    return Agreement(
        label=label,
        readings=readings,
        differing=differing,
        questions=tuple(tuple(name for field, (name, _) in QUESTIONS.items() if field in own) for own in smallest),
    )


def flipped(variant: Variant) -> frozenset[str]:
    """Return the questions that a variant answers otherwise than the reference, as fields of a variant."""
    names = [field.name for field in fields(Variant)]
    return frozenset(name for name in names if getattr(variant, name) != getattr(REFERENCE, name))


def well_readings(wells: Sequence[tuple[str, Experiment]], sampling: Sampling) -> Read:
    """Return what reads viability and mode at the end of wells with the same cells.

    Parameters
    ----------
    wells : label and experiment; all of one line and genotype.
    """

    def read(variant: Variant) -> dict[str, Reading]:
        grown: dict[str, Reading] = {}
        bare = replace(wells[0][1], variant=variant, doses=())
        end, cells, seed, place = sampling.hours, sampling.cells, sampling.seed, sampling.place
        untreated = grow(bare, times_hours=[end], cells=cells, seed=seed, place=place)
        for label, experiment in wells:
            own = replace(experiment, variant=variant)
            well = grow(own, times_hours=[end], cells=cells, seed=seed, place=place) if own.doses else untreated
            mode = Simulated(label=label, well=well, untreated=untreated).mode
            viability = float(measure(well, "viability", "", [end], untreated)[0])
            grown[label] = Reading(value=viability, word=mode or "")
        return grown

    return read
