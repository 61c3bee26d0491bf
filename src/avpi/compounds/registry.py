"""Records of ClinicalTrials.gov as its API v2 gives them: what is missing is None, what is odd is told.

The shape is that of ``GET /api/v2/studies``: ``{"studies": [study, ...], "nextPageToken": "..."}``, or one study by
itself, as ``GET /api/v2/studies/NCT...`` gives it; a study has a ``protocolSection`` of modules. A file with such an
answer, or with a list of studies, is read in the same way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from avpi.errors import InputError, Problem

NCT: Final = re.compile(r"^NCT\d{8}$")
_DATE: Final = re.compile(r"^\d{4}(-\d{2}(-\d{2})?)?$")
SHOWN: Final = 160
"""Characters of a text answer that are worth showing."""
ABSENT: Final = "not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredTrial:
    """What the register says of one trial; None where it does not say.

    Attributes
    ----------
    aliases : numbers under which the register had the trial before.
    updated : when the record was last posted.
    names : of the interventions, with their other names, to recognise compounds by.
    """

    nct: str
    aliases: tuple[str, ...]
    title: str | None
    status: str
    updated: str | None
    phase: str | None
    participants: int | None
    participants_are: str | None
    started: str | None
    completed: str | None
    why_stopped: str | None
    sponsor: str | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of the register: its trials, and the token of the next page."""

    trials: tuple[RegisteredTrial, ...]
    next_token: str | None


def read_page(text: str, origin: str) -> Page:
    """Return the trials of one answer.

    Raises
    ------
    InputError
        If it is a text instead of JSON (the register reports its faults so), or has another shape; every trial that
        cannot be read is told.
    """
    loaded = _json(text, origin)
    if isinstance(loaded, Mapping) and "studies" in loaded:
        studies, token = loaded["studies"], loaded.get("nextPageToken")
    elif isinstance(loaded, Mapping) and "protocolSection" in loaded:
        studies, token = [loaded], None
    elif isinstance(loaded, Sequence) and not isinstance(loaded, str):
        studies, token = loaded, None
    else:
        raise InputError(_other_shape(origin, "it has neither 'studies' nor 'protocolSection'"))
    if not isinstance(studies, Sequence) or isinstance(studies, str):
        raise InputError(_other_shape(origin, "'studies' is no list"))
    if token is not None and not isinstance(token, str):
        raise InputError(_other_shape(origin, "'nextPageToken' is no text"))
    problems: list[Problem] = []
    trials: list[RegisteredTrial] = []
    for number, study in enumerate(studies, 1):
        try:
            trials.append(_trial(study))
        except _Odd as odd:
            problems.append(Problem(file=origin, place=f"study {number}", what=str(odd)))
    if problems:
        raise InputError(problems)
    return Page(trials=tuple(trials), next_token=token or None)


class _Odd(Exception):  # noqa: N818 - a reason, turned into a Problem at once
    """Why a study cannot be read."""


def _json(text: str, origin: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        said = one_line(text)[:SHOWN]
        what = f"answered in words instead of JSON: '{said}'" if said else "is empty"
        hint = "The register reports faults as text. Is the address one of its API v2, '.../api/v2/studies?...'?"
        raise InputError(Problem(file=origin, what=what, expected="JSON of ClinicalTrials.gov", hint=hint)) from None


def _other_shape(origin: str, why: str) -> Problem:
    expected = "an answer of ClinicalTrials.gov's API v2, {'studies': [...]}"
    return Problem(file=origin, what=f"is JSON of another shape: {why}", expected=expected)


def _trial(study: Any) -> RegisteredTrial:
    section = _mapping(_mapping(study, "a study").get("protocolSection"), "'protocolSection'")
    identity = _mapping(section.get("identificationModule"), "'identificationModule'")
    status = _mapping(section.get("statusModule"), "'statusModule'")
    nct = str(identity.get("nctId") or "")
    if not NCT.match(nct):
        message = f"'nctId' is '{nct}'; expected NCT and eight digits"
        raise _Odd(message)
    overall = status.get("overallStatus")
    if not isinstance(overall, str) or not overall:
        message = f"{nct} has no 'overallStatus'"
        raise _Odd(message)
    design = _optional(section, "designModule")
    enrolment = _optional(design, "enrollmentInfo")
    count = enrolment.get("count")
    return RegisteredTrial(
        nct=nct,
        aliases=tuple(
            alias for alias in _list(identity, "nctIdAliases") if isinstance(alias, str) and NCT.match(alias)
        ),
        title=_text(identity, "briefTitle"),
        status=words_of(overall),
        updated=_date(status, "lastUpdatePostDateStruct"),
        phase=_phase(_list(design, "phases")),
        participants=count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None,
        participants_are={"ACTUAL": "actual", "ESTIMATED": "estimated"}.get(str(enrolment.get("type"))),
        started=_date(status, "startDateStruct"),
        completed=_date(status, "completionDateStruct"),
        why_stopped=_text(status, "whyStopped"),
        sponsor=_text(_optional(_optional(section, "sponsorCollaboratorsModule"), "leadSponsor"), "name"),
        names=_names(_optional(section, "armsInterventionsModule")),
    )


def one_line(text: str) -> str:
    """Return a text of the register on one line, without characters that would steer a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def words_of(status: str) -> str:
    """Return a status such as ``ACTIVE_NOT_RECRUITING`` in words; one that is new stays what it is."""
    return one_line(status.replace("_", " ").lower()).replace("active not recruiting", "active, not recruiting")


def _phase(phases: Sequence[object]) -> str | None:
    """Return ``["PHASE1", "PHASE2"]`` as ``"1/2"``; None where the trial has none."""
    numbers = [str(phase).removeprefix("EARLY_").removeprefix("PHASE") for phase in phases if str(phase) != "NA"]
    return "/".join(numbers) or None


def _names(module: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for one in _list(module, "interventions"):
        if isinstance(one, Mapping):
            found += [text for text in (one.get("name"), *_list(one, "otherNames")) if isinstance(text, str)]
    return tuple(dict.fromkeys(map(one_line, found)))


def _date(module: Mapping[str, Any], name: str) -> str | None:
    date = _optional(module, name).get("date")
    return date if isinstance(date, str) and _DATE.match(date) else None


def _text(module: Mapping[str, Any], name: str) -> str | None:
    found = module.get(name)
    return one_line(found) or None if isinstance(found, str) else None


def _list(module: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = module.get(name)
    return found if isinstance(found, list) else []


def _optional(module: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = module.get(name)
    return found if isinstance(found, Mapping) else {}


def _mapping(found: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        message = f"{name} is missing"
        raise _Odd(message)
    return found
