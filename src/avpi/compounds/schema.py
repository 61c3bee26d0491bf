"""What a file of ``library/`` may hold: every number and every statement with its source and how far it was verified.

``verified`` says how a statement came here:

========== ============================================================================================
read       read in the source that is named
derived    computed from a value that was read there
secondary  a vendor, a reviewer or the news quotes it; the original was not read
recalled   remembered and not looked up; never shown as measured, never used without saying so
computed   computed by RDKit from a structure that was verified
definition true by what the word means, as the structure of a peptide is by its sequence
========== ============================================================================================

What is not known is null. A number without a source cannot be written down: the schema refuses it.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Verified = Literal["read", "derived", "secondary", "recalled", "computed", "definition"]
Kind = Literal["peptide", "peptidomimetic", "non-peptidic", "chimera", "unknown", "not-a-mimetic"]
Valency = Literal["monovalent", "bivalent"]
Phase = Literal["tool", "preclinical", "1", "1/2", "2", "3"]
Relation = Literal["=", "<", ">", "~"]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Date = Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
"""ISO 8601; a day that is not known is left out."""
Nct = Annotated[str, StringConstraints(pattern=r"^NCT\d{8}$")]
InchiKey = Annotated[str, StringConstraints(pattern=r"^[A-Z]{14}-[A-Z]{10}-[A-Z]$")]
_CAS = re.compile(r"^(\d{2,7})-(\d{2})-(\d)$")
NAMELESS_SOURCE = "recalled"
"""Only what is recalled may lack a source, and only where it is no number."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Sourced(_Strict):
    """A statement that says who made it.

    Attributes
    ----------
    source : a key of ``sources.yaml``; None only of what is recalled and no number.
    verified : how it came here; see the module.
    note : what a reader must know of it.
    """

    source: Text | None = None
    verified: Verified
    note: Text | None = None

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        needs_none = self.verified in ("computed", "definition", NAMELESS_SOURCE)
        if self.source is None and not needs_none:
            message = f"what is '{self.verified}' needs a source"
            raise ValueError(message)
        return self


class Number(Sourced):
    """A statement that holds a number, and therefore a source without exception."""

    @model_validator(mode="after")
    def _is_sourced(self) -> Self:
        if self.source is None:
            message = "a number needs a source"
            raise ValueError(message)
        return self


class Identifier(Sourced):
    """A number of a register, such as a CAS number."""

    value: Text


class Structure(Number):
    """The structure of the free base or acid.

    Attributes
    ----------
    molar_mass : average, g/mol.
    monoisotopic_mass : of the lightest isotopes, Da.
    checked : what of it was compared with an independent statement.
    """

    smiles: Text
    inchikey: InchiKey
    formula: Text
    molar_mass: Annotated[float, Field(gt=0)]
    monoisotopic_mass: Annotated[float, Field(gt=0)]
    checked: Literal["inchikey", "formula and mass", "by sequence", "as written in the source"]
    sequence: Text | None = None


class Heads(Sourced):
    """How many IAP-binding heads a compound has; None where it is not published or where it has none."""

    valency: Valency | None
    basis: Text


class Affinity(Number):
    """One published binding constant or potency, nM.

    Attributes
    ----------
    domain : the part of the protein that was used; None where the source does not say.
    assay : the method; ``cell`` marks a potency in cells.
    cells : in which cells, where the source says so.
    excluded : why the number must not be used as an affinity; None where it may.
    """

    target: Literal["cIAP1", "cIAP2", "XIAP", "ML-IAP"]
    domain: Literal["BIR", "BIR2", "BIR3", "BIR2-BIR3"] | None
    type: Literal["Kd", "Ki", "IC50"]
    relation: Relation
    value_nM: Annotated[float, Field(gt=0)]  # noqa: N815 - nM is the unit's spelling
    assay: Text | None = None
    cells: Text | None = None
    excluded: Text | None = None


class Loss(Number):
    """The dose that takes half of a protein from cells, nM."""

    target: Literal["cIAP1", "cIAP2", "XIAP"]
    type: Literal["IC50", "DC50"]
    relation: Relation = "="
    value_nM: Annotated[float, Field(gt=0)]  # noqa: N815
    cells: Text | None = None


class CellEffect(Number):
    """What a compound did to cells; a potency in nM where one was given."""

    cells: Text
    effect: Text
    type: Literal["IC50", "EC50"] | None = None
    value_nM: Annotated[float, Field(gt=0)] | None = None  # noqa: N815


class Developer(Sourced):
    """Who had the compound, in order."""

    name: Text
    part: Text | None = None
    since: Date | None = None
    until: Date | None = None


class Finding(Number):
    """What a trial found, in the words and numbers of its source."""

    what: Text
    value: Text


class RegistryRecord(_Strict):
    """What a register said of a trial when it was read by ``avpi compound update``; nobody curates it.

    Attributes
    ----------
    read : where it was read from.
    updated : when the register's record was last changed.
    """

    nct: Nct
    status: Text
    updated: Date | None = None
    phase: Text | None = None
    participants: Annotated[int, Field(ge=0)] | None = None
    participants_are: Literal["actual", "estimated"] | None = None
    started: Date | None = None
    completed: Date | None = None
    why_stopped: Text | None = None
    read: Text


class Trial(Number):
    """A trial in patients.

    Attributes
    ----------
    nct : its number at ClinicalTrials.gov; None where it was not reached.
    aliases : numbers under which the register had it before.
    participants, planned : how many took part, and how many were meant to.
    status : how it stands, as of ``as_of``; None where nothing was reached.
    registry : what the register said when it was last asked; written by the updater, never by hand.
    """

    nct: Nct | None
    aliases: list[Nct] = []
    title: Text
    name: Text | None = None
    phase: Phase | None
    participants: Annotated[int, Field(gt=0)] | None = None
    planned: Annotated[int, Field(gt=0)] | None = None
    started: Date | None = None
    ended: Date | None = None
    published: Date | None = None
    status: Text | None = None
    as_of: Date
    findings: list[Finding] = []
    registry: RegistryRecord | None = None

    @property
    def label(self) -> str:
        """What a figure calls it."""
        return self.name or self.nct or self.title


class Status(Sourced):
    """Where the compound stands, and when that was true.

    Attributes
    ----------
    state : None where no source was reached.
    highest_phase : how far it went.
    """

    state: Text | None
    highest_phase: Phase | None
    as_of: Date

    @model_validator(mode="after")
    def _state_is_traceable(self) -> Self:
        if self.source is None and (self.state is not None or self.highest_phase is not None):
            message = "a status needs a source; without one it is null"
            raise ValueError(message)
        return self


class CompoundRecord(_Strict):
    """One compound of the library.

    Attributes
    ----------
    name : its id, and what it is called here.
    family : what chemists call its class, in words.
    references : further sources, beside those that stand at a number.
    """

    name: Text
    synonyms: list[Text]
    kind: Kind
    family: Text | None = None
    heads: Heads
    drugbank: Identifier | None
    cas: Identifier | None
    structure: Structure | None
    affinities: list[Affinity]
    degradation: list[Loss]
    cell_effects: list[CellEffect]
    developers: list[Developer]
    trials: list[Trial]
    status: Status
    references: list[Text]
    note: Text | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.cas is not None and not cas_is_sound(self.cas.value):
            message = f"'{self.cas.value}' is no CAS number: its last digit does not fit"
            raise ValueError(message)
        return self

    @property
    def is_mimetic(self) -> bool:
        """Whether it binds IAPs by the motif of Smac at all."""
        return self.kind != "not-a-mimetic"


def cas_is_sound(number: str) -> bool:
    """Return True if a CAS number has its form and its check digit is right."""
    found = _CAS.match(number)
    if found is None:
        return False
    digits = (found[1] + found[2])[::-1]
    return sum(place * int(digit) for place, digit in enumerate(digits, 1)) % 10 == int(found[3])
