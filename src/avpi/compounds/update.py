"""What a register says beside what the library holds: a difference for a person to review, never a change.

Curated fields are not touched. The proposal fills the ``registry`` entry of a trial, which nobody curates, and lists
where the register and the curated fields disagree; trials of a compound that the library does not have are listed as
well.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from avpi.compounds.library import file_name
from avpi.compounds.registry import RegisteredTrial
from avpi.compounds.schema import CompoundRecord, RegistryRecord, Trial
from avpi.compounds.write_record import record_text
from avpi.names import loose_form

FOLDER: Final = "src/avpi/compounds/library"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A curated field beside what the register says; a person decides."""

    compound: str
    nct: str
    field: str
    curated: str
    register: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A trial of the register that names a compound and is not in the library."""

    compound: str
    trial: RegisteredTrial


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What an update would change.

    Attributes
    ----------
    diff : a unified diff of the library's files, for ``git apply``; empty if nothing would change.
    matched : NCT numbers of the library that the register's answer holds.
    missing : NCT numbers of the library that it does not hold.
    renamed : old number -> the one the register has now.
    """

    diff: str
    disagreements: tuple[Disagreement, ...]
    newcomers: tuple[Newcomer, ...]
    matched: tuple[str, ...]
    missing: tuple[str, ...]
    renamed: Mapping[str, str]


def propose(records: Sequence[CompoundRecord], found: Sequence[RegisteredTrial], origin: str) -> Proposal:
    """Return the differences between a library and what a register says.

    Parameters
    ----------
    origin : where the register was read, as the ``read`` field will say.
    """
    by_number = {alias: trial for trial in found for alias in trial.aliases} | {trial.nct: trial for trial in found}
    diffs: list[str] = []
    disagreements: list[Disagreement] = []
    matched: list[str] = []
    missing: list[str] = []
    renamed: dict[str, str] = {}
    known: set[str] = set()
    for record in records:
        trials: list[Trial] = []
        for trial in record.trials:
            numbers = [number for number in (trial.nct, *trial.aliases) if number is not None]
            known.update(numbers)
            said = next((by_number[number] for number in numbers if number in by_number), None)
            if said is None:
                missing += numbers[:1]
                trials.append(trial)
                continue
            known.add(said.nct)
            matched.append(said.nct)
            if trial.nct is not None and trial.nct != said.nct:
                renamed[trial.nct] = said.nct
            disagreements += _disagreements(record.name, trial, said)
            trials.append(trial.model_copy(update={"registry": _entry(said, origin)}))
        diffs += _diff(record, record.model_copy(update={"trials": trials}))
    return Proposal(
        diff="".join(diffs),
        disagreements=tuple(disagreements),
        newcomers=tuple(_newcomers(records, found, known)),
        matched=tuple(matched),
        missing=tuple(missing),
        renamed=renamed,
    )


def _entry(said: RegisteredTrial, origin: str) -> RegistryRecord:
    return RegistryRecord.model_validate(
        {
            "nct": said.nct,
            "status": said.status,
            "updated": said.updated,
            "phase": said.phase,
            "participants": said.participants,
            "participants_are": said.participants_are,
            "started": said.started,
            "completed": said.completed,
            "why_stopped": said.why_stopped,
            "read": origin,
        }
    )


def _disagreements(compound: str, trial: Trial, said: RegisteredTrial) -> Iterator[Disagreement]:
    """Yield where a curated field and the register differ; a field that one of them lacks is no disagreement."""
    pairs = [
        ("status", trial.status, said.status),
        ("phase", trial.phase, said.phase),
        ("participants", trial.participants, said.participants if said.participants_are == "actual" else None),
        ("planned", trial.planned, said.participants if said.participants_are == "estimated" else None),
        ("started", trial.started, said.started),
        ("ended", trial.ended, said.completed),
    ]
    for field, curated, register in pairs:
        if curated is None or register is None or _same(str(curated), str(register), field):
            continue
        yield Disagreement(compound=compound, nct=said.nct, field=field, curated=str(curated), register=str(register))


def _same(curated: str, register: str, field: str) -> bool:
    """Return True if two values say the same: a status as its beginning, dates as far as both are known."""
    if field == "status":
        return curated.startswith((register, "stopped") if register == "terminated" else register)
    if field in ("started", "ended"):
        shorter = min(len(curated), len(register))
        return curated[:shorter] == register[:shorter]
    return curated == register


def _diff(old: CompoundRecord, new: CompoundRecord) -> list[str]:
    path = f"{FOLDER}/{file_name(old.name)}"
    before, after = (record_text(one).splitlines(keepends=True) for one in (old, new))
    return list(difflib.unified_diff(before, after, f"a/{path}", f"b/{path}"))


def _newcomers(
    records: Sequence[CompoundRecord], found: Sequence[RegisteredTrial], known: set[str]
) -> Iterator[Newcomer]:
    spellings = {loose_form(word): record.name for record in records for word in (record.name, *record.synonyms)}
    for trial in found:
        if trial.nct in known or known & set(trial.aliases):
            continue
        named = next((spellings[form] for form in map(loose_form, trial.names) if form in spellings), None)
        if named is not None:
            yield Newcomer(compound=named, trial=trial)
