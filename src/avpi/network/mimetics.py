"""The Smac mimetics as the pathway model knows them: the compounds of the library, and two classes of them.

What is published comes from the library (``avpi.compounds``); ``mimetic_priors.yaml`` adds what the model assumes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from avpi.compounds.library import library
from avpi.compounds.schema import Affinity, CompoundRecord, Loss, Valency
from avpi.errors import OurFault
from avpi.names import loose_form, normal_form

__all__ = ["Compound", "Record", "Valency", "compounds", "find_compound", "model_priors"]

_VERIFIED = ("read", "derived", "secondary", "recalled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One published potency of one compound, as the library has it; nM. ``source`` is a key of the library's."""

    type: str
    value_nM: float  # noqa: N815
    source: str
    verified: str
    target: str = ""
    domain: str = ""
    relation: str = "="
    assay: str = ""
    note: str = ""
    excluded: str = ""

    @property
    def rank(self) -> tuple[float, ...]:
        """The order in which records are preferred, the best one lowest."""
        return (_VERIFIED.index(self.verified), self.assay == "cell", self.type == "IC50", self.value_nM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """A compound of the library, or a class of them, with what the model assumes of it.

    Attributes
    ----------
    name : its id.
    names : its other names.
    kind : ``peptide``, ``peptidomimetic``, ``non-peptidic``, ``chimera``, ``class``, ``unknown`` or ``not-a-mimetic``.
    valency : None where it is not published or where the compound has no IAP-binding head.
    basis : how the valency is known.
    resembles, resembles_why : the compound with the same binding head, if any, and why it may stand in.
    formula : of the free base; empty where it is not known for certain or the entry is a class.
    partition, partition_why : free inside over free outside where this compound has a prior of its own, and why.
    """

    name: str
    names: tuple[str, ...]
    kind: str
    valency: Valency | None
    basis: str
    formula: str = ""
    affinities: tuple[Record, ...] = ()
    ciap1_loss: Record | None = None
    resembles: str = ""
    resembles_why: str = ""
    partition: float | None = None
    partition_why: str = ""
    note: str = ""

    @property
    def is_mimetic(self) -> bool:
        """Whether it binds IAPs by the motif of Smac at all."""
        return self.kind != "not-a-mimetic"

    @property
    def valency_is_known(self) -> bool:
        """Whether a source or a structure tells the valency."""
        return self.valency is not None and not self.basis.startswith("assumed")

    def best(self, target: str) -> Record | None:
        """Return the record of a target that is used for its constant; None if there is none."""
        usable = [r for r in self.affinities if r.target == target and not r.excluded]
        return min(usable, key=lambda record: record.rank, default=None)


@cache
def compounds() -> Mapping[str, Compound]:
    """Return every compound by name: the classes, then the library's in the order of ``mimetic_priors.yaml``."""
    classes = {name: _class(name, entry) for name, entry in model_priors()["classes"].items()}
    known, own = library(), model_priors()["compounds"]
    if unknown := [name for name in own if name not in known]:
        message = f"mimetic_priors.yaml assumes something of what the library does not have: {', '.join(unknown)}"
        raise OurFault(message)
    order = [*own, *(name for name in known if name not in own)]
    return MappingProxyType(classes | {name: _compound(known[name], own.get(name, {})) for name in order})


def find_compound(word: str) -> Compound | None:
    """Return the compound that a word names, mimetic or not, however it is spelled; None if it names none."""
    name = _spellings().get(normal_form(word)) or _loose_spellings().get(loose_form(word))
    return compounds()[name] if name else None


@cache
def model_priors() -> Mapping[str, Any]:
    """Return ``mimetic_priors.yaml``: what the model assumes where the library has null."""
    loaded: Mapping[str, Any] = yaml.safe_load(
        files("avpi").joinpath("network", "mimetic_priors.yaml").read_text("utf-8")
    )
    return loaded


def _class(name: str, entry: Mapping[str, Any]) -> Compound:
    return Compound(name=name, names=tuple(entry["names"]), kind="class", valency=entry["valency"], basis="the class")


def _compound(known: CompoundRecord, own: Mapping[str, Any]) -> Compound:
    """Return a compound of the library with what the model assumes of it."""
    like, inside = own.get("resembles", {}), own.get("partition", {})
    formula = known.structure.formula if known.structure is not None and known.is_mimetic else own.get("formula", "")
    loss = next((one for one in known.degradation if one.target == "cIAP1"), None)
    return Compound(
        name=known.name,
        names=tuple(known.synonyms),
        kind=known.kind,
        valency=known.heads.valency,
        basis=known.heads.basis,
        formula=formula,
        affinities=tuple(_record(one) for one in known.affinities),
        ciap1_loss=_loss(loss) if loss is not None else None,
        resembles=like.get("compound", ""),
        resembles_why=like.get("why", ""),
        partition=inside.get("value"),
        partition_why=inside.get("why", ""),
        note=known.note or "",
    )


def _record(known: Affinity) -> Record:
    if known.verified not in _VERIFIED or known.relation == "~" or known.source is None:
        message = f"the library holds an affinity that the model cannot take: {known}"
        raise OurFault(message)
    return Record(
        type=known.type,
        value_nM=_whole(known.value_nM),
        source=known.source,
        verified=known.verified,
        target=known.target,
        domain=known.domain or "",
        relation=known.relation,
        assay=known.assay or "",
        note=known.note or "",
        excluded=known.excluded or "",
    )


def _loss(known: Loss) -> Record:
    assert known.source is not None  # the schema holds it
    return Record(
        type=known.type,
        value_nM=_whole(known.value_nM),
        source=known.source,
        verified=known.verified,
        relation=known.relation,
    )


@cache
def _loose_spellings() -> Mapping[str, str]:
    """Return loose form -> compound, for "SM 164", "LCL-161" and "BV 6"."""
    return {loose_form(spelling): name for name, own in compounds().items() for spelling in (name, *own.names)}


@cache
def _spellings() -> Mapping[str, str]:
    return {normal_form(word): name for name, entry in compounds().items() for word in (name, *entry.names)}


def _whole(value: float) -> float:
    """Return a whole number without its point: a simulation's fingerprint is made of how its numbers are written."""
    return int(value) if value.is_integer() else value
