"""The compounds of ``library/``, one file each, and the sources of ``sources.yaml``.

A fact is changed by editing its file. Whatever does not fit the schema, names a source that is not listed, or gives one
name to two compounds is refused when the library is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from avpi.compounds.schema import CompoundRecord, Sourced
from avpi.errors import InputError, OurFault, Problem, nearest_word
from avpi.names import loose_form, normal_form

# The C parser is ten times faster; wheels of PyYAML have it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Source(BaseModel):
    """A work that a fact comes from.

    Attributes
    ----------
    short : as the pathway model cites it; empty where the model does not.
    seen : what of it was read, where that was not all of it.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    kind: Literal["article", "abstract", "release", "registry", "page", "database", "software"]
    tier: Literal["primary", "abstract", "review", "registry", "company", "news", "vendor", "database"]
    authors: list[str] = []
    title: str = ""
    journal: str = ""
    year: int | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    url: str = ""
    short: str = ""
    seen: str = ""


@cache
def library() -> Mapping[str, CompoundRecord]:
    """Return every compound by name, in alphabetical order whatever the case."""
    read = [read_record(path.read_text("utf-8"), path.name) for path in library_files()]
    _require_one_meaning(read)
    return MappingProxyType({one.name: one for one in sorted(read, key=lambda one: one.name.lower())})


def library_files() -> Sequence[Traversable]:
    """Return the files of the library."""
    folder = files("avpi").joinpath("compounds", "library")
    return sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)


def file_name(compound: str) -> str:
    """Return what the file of a compound is called."""
    return f"{'-'.join(compound.lower().split())}.yaml"


def read_record(text: str, name: str) -> CompoundRecord:
    """Return the compound of a file.

    Raises
    ------
    OurFault
        If it does not fit the schema or cites a source that is not listed: the files are the house's own.
    """
    try:
        record = CompoundRecord.model_validate(yaml.load(text, Loader=_LOADER))  # noqa: TID251 - a safe loader, in C
    except ValidationError as error:
        message = f"{name}: {error}"
        raise OurFault(message) from error
    unknown = sorted(key for key in cited(record) if key not in sources())
    if unknown:
        message = f"{name}: sources that are not listed in sources.yaml: {', '.join(unknown)}"
        raise OurFault(message)
    return record


@cache
def sources() -> Mapping[str, Source]:
    """Return every source by its key."""
    text = files("avpi").joinpath("compounds", "sources.yaml").read_text("utf-8")
    loaded = yaml.load(text, Loader=_LOADER)  # noqa: TID251
    return MappingProxyType({key: Source.model_validate(entry) for key, entry in loaded.items()})


def statements(record: CompoundRecord) -> Iterator[tuple[str, Sourced]]:
    """Yield every sourced statement of a compound with the place where it stands, such as ``"affinities.0"``."""
    yield from _statements(record, "")


def _statements(part: object, place: str) -> Iterator[tuple[str, Sourced]]:
    if isinstance(part, Sourced):
        yield place, part
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _statements(getattr(part, name), f"{place}.{name}".lstrip("."))
    elif isinstance(part, list):
        for number, one in enumerate(part):
            yield from _statements(one, f"{place}.{number}")


def cited(record: CompoundRecord) -> list[str]:
    """Return the keys of every source that a compound rests on, each once, in the order of the file."""
    keys = [statement.source for _, statement in statements(record) if statement.source is not None]
    return list(dict.fromkeys([*keys, *record.references]))


def find_record(word: str) -> CompoundRecord | None:
    """Return the compound that a name or synonym means, however it is spelled; None if it means none."""
    name = _spellings().get(normal_form(word)) or _loose_spellings().get(loose_form(word))
    return library()[name] if name else None


def require_record(word: str, place: str = "compound") -> CompoundRecord:
    """Return the compound that a name, synonym, CAS number, DrugBank id or InChIKey means.

    Raises
    ------
    InputError
        If it means none, with the nearest name.
    """
    found = find_record(word) or find_number(word)
    if found is None:
        known = [spelling for one in library().values() for spelling in (one.name, *one.synonyms)]
        hint = nearest_word(word, known) or "'avpi compound list' has them all"
        raise InputError(Problem(file=place, what=f"'{word}' is no compound of the library", hint=hint))
    return found


def find_number(word: str) -> CompoundRecord | None:
    """Return the compound with a CAS number, DrugBank id or InChIKey, or the first block of that; None if none has."""
    asked = word.strip().upper()
    for one in library().values():
        known = [identifier.value.upper() for identifier in (one.cas, one.drugbank) if identifier is not None]
        key = one.structure.inchikey if one.structure is not None else ""
        if asked and (asked in known or asked in (key, key.partition("-")[0])):
            return one
    return None


@cache
def _spellings() -> Mapping[str, str]:
    return {normal_form(word): one.name for one in library().values() for word in (one.name, *one.synonyms)}


@cache
def _loose_spellings() -> Mapping[str, str]:
    """Return loose form -> compound, for "SM 164", "LCL-161" and "BV 6"."""
    return {loose_form(word): one.name for one in library().values() for word in (one.name, *one.synonyms)}


def _require_one_meaning(read: Sequence[CompoundRecord]) -> None:
    owner: dict[str, str] = {}
    for one in read:
        for word in (one.name, *one.synonyms):
            if owner.setdefault(loose_form(word), one.name) != one.name:
                message = f"'{word}' names both {owner[loose_form(word)]} and {one.name}"
                raise OurFault(message)
