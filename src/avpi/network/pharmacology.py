"""What a Smac mimetic does at the cell's edge and at its IAPs, as numbers that each say where they come from.

What is published stands in the library (``avpi.compounds``), what the model assumes beyond it in
``mimetic_priors.yaml``. Of several records of one constant the best one is used:

1. a record that is ``excluded`` is never used;
2. a value that was read goes before one derived from it, and that before a quotation;
3. among equals a biochemical assay goes before a cell assay, and Kd or Ki before IC50;
4. among equals the tightest: for XIAP the best of BIR3 and BIR2-BIR3, since a bivalent compound takes both of one XIAP.

An IC50 stands for the Kd as it is, and says so: it is an upper limit, by how much depends on the assay's tracer. A
potency in cells does too, with a range. A bound (``<``, ``>``) becomes the value, with a range tenfold beyond it.

What nobody measured is null in the library and a prior here: around a recalled value, around the compound that has the
same binding head, or the geometric mean of the class, which are the measured, peptide-free compounds of the same
valency. A prior has a range, log10-uniform, and its ``source`` is the reason in words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Literal

from avpi.compounds.library import sources
from avpi.errors import OurFault
from avpi.network.mimetics import Compound, Record, Valency, compounds, find_compound, model_priors

Origin = Literal["measured", "secondary", "derived", "prior"]

__all__ = ["Compound", "Constant", "Pharmacology", "Record", "compounds", "find_compound", "pharmacology"]

_ORIGIN: Mapping[str, Origin] = {"read": "measured", "derived": "derived", "secondary": "secondary"}
_SPREAD = 3.0
"""Assumed: another laboratory's assay, or another molecule with the same head, lies within threefold."""
_BEYOND_A_BOUND = 10.0
"""Assumed: what is only known as below (above) a value lies within tenfold of it."""
_FEW = 4
"""Below so many measured members the extremes of a class say little of its width; they are widened by _SPREAD."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """One number with its unit, where it comes from, and the range it may lie in.

    Attributes
    ----------
    value : positive, in ``unit``.
    unit : ``"nM"``, ``"1/h"`` or ``"1"`` (dimensionless).
    origin : ``"prior"`` where nobody measured it; ``"derived"`` also for what holds by definition.
    source : the citation; of a prior the reason in words.
    low, high : ends of its log10-uniform range; both equal ``value`` where it is taken as it is. An affinity that was
        measured is taken as it is because in a cell only its ratio to ``partition`` acts, and that one is free.
    """

    value: float
    unit: str
    origin: Origin
    source: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.value <= self.high < math.inf or not self.source:
            message = f"a constant must be positive, within its range and sourced: {self}"
            raise OurFault(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pharmacology:
    """A Smac mimetic as the pathway model takes it.

    Attributes
    ----------
    compound : its name in the library.
    valency : how many IAP-binding heads it has.
    valency_source : how that is known; it begins with ``"assumed"`` where it is not.
    kd_ciap1_nM, kd_ciap2_nM : dissociation constant of one head and BIR3, nM.
    kd_xiap_nM : the tighter of BIR3 and BIR2-BIR3, nM.
    partition : free intracellular over free medium concentration at rest, Kp, dimensionless.
    entry_per_hour : rate at which the inside approaches that ratio, per hour.
    traf2_reach : how well TRAF2-bound cIAP1 is destroyed, as a share of what a bivalent compound does to it.
    cooperativity : of the second cIAP1's binding to a bivalent compound; above 1 it binds tighter than the first.
    lysis_ec50_nM, lysis_hill : dose in the medium that lyses half of the cells without cIAPs, and its steepness.
    ciap1_loss_ic50_nM : dose in the medium that takes half of the cells' cIAP1; None where not published. Not an input:
        what a model must reproduce.
    """

    compound: str
    valency: Valency
    valency_source: str
    kd_ciap1_nM: Constant  # noqa: N815 - nM is the unit's spelling
    kd_ciap2_nM: Constant  # noqa: N815
    kd_xiap_nM: Constant  # noqa: N815
    partition: Constant
    entry_per_hour: Constant
    traf2_reach: Constant
    cooperativity: Constant
    lysis_ec50_nM: Constant  # noqa: N815
    lysis_hill: Constant
    ciap1_loss_ic50_nM: Constant | None = None  # noqa: N815

    @property
    def constants(self) -> Mapping[str, Constant]:
        """Every constant that is an input of a model, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "ciap1_loss_ic50_nM"}
        return {name: value for name, value in values.items() if isinstance(value, Constant)}

    @property
    def priors(self) -> tuple[str, ...]:
        """What nobody measured of this compound and the user must be told of; ``"valency"`` if that is assumed."""
        assumed = ("valency",) if self.valency_source.startswith("assumed") else ()
        return assumed + tuple(name for name, constant in self.constants.items() if constant.origin == "prior")

    @property
    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """Name -> (low, high) of every constant that is not fixed, for log10-uniform draws."""
        return {name: (c.low, c.high) for name, c in self.constants.items() if c.low < c.high}


@cache
def pharmacology(word: str) -> Pharmacology | None:
    """Return the pharmacology of the compound that a word names, whatever its case.

    None if the word names no compound, or one that is no Smac mimetic (embelin).
    """
    compound = find_compound(word)
    if compound is None or not compound.is_mimetic:
        return None
    valency, valency_source = _valency(compound)
    single = valency == "monovalent"
    return Pharmacology(
        compound=compound.name,
        valency=valency,
        valency_source=valency_source,
        kd_ciap1_nM=_binding(compound, valency, "cIAP1"),
        kd_ciap2_nM=_binding(compound, valency, "cIAP2"),
        kd_xiap_nM=_binding(compound, valency, "XIAP"),
        partition=_partition(compound),
        entry_per_hour=_prior("entry_per_hour"),
        traf2_reach=_prior("traf2_reach_monovalent") if single else _one("by definition: a bivalent compound's reach"),
        cooperativity=_one("by definition: one head makes no ternary complex") if single else _prior("cooperativity"),
        lysis_ec50_nM=_prior("lysis_ec50_nM"),
        lysis_hill=_prior("lysis_hill"),
        ciap1_loss_ic50_nM=_published(compound.ciap1_loss) if compound.ciap1_loss else None,
    )


def _valency(compound: Compound) -> tuple[Valency, str]:
    """Return the valency and how it is known; where it is not known, the commoner one of those that are."""
    if compound.valency is not None:
        return compound.valency, compound.basis
    known = [c.valency for c in compounds().values() if c.valency and c.valency_is_known and c.kind != "class"]
    commoner: Valency = "monovalent" if known.count("monovalent") >= known.count("bivalent") else "bivalent"
    why = f"assumed: {compound.basis}; {known.count(commoner)} of {len(known)} compounds are {commoner}"
    return commoner, why


def _partition(compound: Compound) -> Constant:
    """Return what reaches the inside; a prior, of its own where a compound's potency in cells asks for it."""
    usual = _prior("partition_peptide" if compound.kind == "peptide" else "partition")
    if compound.partition is None:
        return usual
    low, high = compound.partition / _SPREAD, compound.partition * _SPREAD
    return replace(usual, value=compound.partition, source=f"prior: {compound.partition_why}", low=low, high=high)


def _binding(compound: Compound, valency: Valency, target: str) -> Constant:
    """Return the dissociation constant of a compound and a target, nM."""
    record = compound.best(target)
    if record is not None:
        return _published(record)
    if compound.resembles and (stand_in := compounds()[compound.resembles].best(target)) is not None:
        like = _published(stand_in)
        why = f"prior: that of {compound.resembles}: {compound.resembles_why}; within {_SPREAD:g}-fold (assumed)"
        return _around(like.value, why)
    return _class_prior(valency, target)


def _published(record: Record) -> Constant:
    """Return a record as a constant; one that is only recalled centres a prior."""
    source = (
        f"{record.type} {record.relation} {record.value_nM:g} nM, {sources()[record.source].short or record.source}"
    )
    extras = [record.note] if record.note else []
    either_side = _SPREAD if record.assay == "cell" else 1.0
    if record.assay == "cell":
        extras.append(f"a potency in cells, taken as the Kd within {_SPREAD:g}-fold (assumed)")
    elif record.target and record.type == "IC50":  # without a target it is the loss of cIAP1 from cells, no Kd
        extras.append("an IC50 taken as the Kd: an upper limit")
    if record.verified == "secondary":
        extras.append("quoted, the original was not read")
    if record.verified == "recalled":
        return _around(record.value_nM, f"prior: {source}, recalled and not read; within {_SPREAD:g}-fold (assumed)")
    if record.relation != "=":
        extras.append(f"only a bound is known; within {_BEYOND_A_BOUND:g}-fold beyond it (assumed)")
    return Constant(
        value=record.value_nM,
        unit="nM",
        origin=_ORIGIN[record.verified],
        source="; ".join([source, *extras]),
        low=record.value_nM / (_BEYOND_A_BOUND if record.relation == "<" else either_side),
        high=record.value_nM * (_BEYOND_A_BOUND if record.relation == ">" else either_side),
    )


def _around(value: float, why: str) -> Constant:
    return Constant(value=value, unit="nM", origin="prior", source=why, low=value / _SPREAD, high=value * _SPREAD)


@cache
def _class_prior(valency: Valency, target: str) -> Constant:
    """Return what the measured compounds of a valency say of one that was not measured, nM."""
    members = {
        compound.name: record.value_nM
        for compound in compounds().values()
        if compound.valency == valency and compound.kind != "peptide"
        if (record := compound.best(target)) is not None and record.verified == "read" and record.relation == "="
    }
    if not members:
        message = f"no measured {valency} compound gives a prior for {target}"
        raise OurFault(message)
    values = list(members.values())
    wider = _SPREAD if len(values) < _FEW else 1.0
    range_ = "their extremes" + (f" widened {wider:g}-fold (assumed: so few)" if wider > 1 else "")
    return Constant(
        value=math.exp(math.fsum(map(math.log, values)) / len(values)),
        unit="nM",
        origin="prior",
        source=f"prior: not published in what was reached; geometric mean of the {len(values)} measured {valency} "
        f"compounds ({', '.join(members)}), range {range_}",
        low=min(values) / wider,
        high=max(values) * wider,
    )


def _prior(name: str) -> Constant:
    entry = model_priors()["priors"][name]
    return Constant(
        value=float(entry["value"]),
        unit=entry["unit"],
        origin="prior",
        source=f"prior: {entry['why']}",
        low=float(entry["low"]),
        high=float(entry["high"]),
    )


def _one(why: str) -> Constant:
    return Constant(value=1.0, unit="1", origin="derived", source=why, low=1.0, high=1.0)
