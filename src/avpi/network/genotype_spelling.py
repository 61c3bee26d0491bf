"""How people write a change of the cells: "cIAP1/2", "caspase-8 C362A", "kinase-dead RIPK1 (K45A)", "RIPK3-/-"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from avpi.names import find_protein, loose_form
from avpi.network.parameters import parameters

_HOW = re.compile(
    r"\s*(?:[-–−]/[-–−]|\b(?:knock[- ]?(?:out|down)s?|over-?expression|D?KO|null|deficient|gene|protein"
    r"|s[ihg]RNA|wild[- ]?type)\b)|^(?-i:s[ihg])(?=[A-Z])",
    re.IGNORECASE,
)
"""What says how it is changed, which the factor says as well."""
_POINT = re.compile(
    r"(?<![A-Za-z0-9])([ACDEFGHIKLMNPQRSTVWY]\d{2,4}[ACDEFGHIKLMNPQRSTVWY])(?![A-Za-z0-9])", re.IGNORECASE
)
"""A point mutation, such as D138N."""
_KINDS: Mapping[str, re.Pattern[str]] = {
    "kinase-dead": re.compile(r"kinase[- ]?(?:dead|inactive|deficient|defective)", re.IGNORECASE),
    "inactive": re.compile(
        r"(?:catalytic(?:ally)?[- ]?(?:inactive|dead)|enzymatic(?:ally)?[- ]?(?:inactive|dead)|\binactive)",
        re.IGNORECASE,
    ),
    "uncleavable": re.compile(r"(?:un|non-?)cleavable|(?:cleavage|caspase)[- ]resistant", re.IGNORECASE),
    "RHIM-mutant": re.compile(r"(?:\bm|\bmutant[- ])RHIM|RHIM[- ](?:mut(?:ant|ated)?|dead)", re.IGNORECASE),
}
_PAIR = re.compile(r"\s*(?:[/+&,]|\band\b)\s*", re.IGNORECASE)
_TWO_NAMES = re.compile(r"^(.+?)\s*\(([^()]+)\)?$")
"""One protein by two names, "cIAP1 (BIRC2)"."""
_TAIL = re.compile(r"^\d+[A-Za-z]?$|^[A-Za-z]$")
_NUMBER_AT_THE_END = re.compile(r"(?:\d+|[a-z])$", re.IGNORECASE)


@cache
def genotype_file() -> Mapping[str, Any]:
    """Return ``genotype.yaml``."""
    loaded: Mapping[str, Any] = yaml.safe_load(files("avpi.network").joinpath("genotype.yaml").read_text("utf-8"))
    return loaded


@cache
def parts_of(word: str) -> tuple[str, ...]:
    """Return the names of ``genotype.yaml`` and ``parameters.yaml`` that a word means; none where it means nothing.

    Examples
    --------
    >>> parts_of("cIAP1/2"), parts_of("caspase-8 (C362A)"), parts_of("insulin")
    (('cIAP1', 'cIAP2'), ('CASP8-C362A',), ())
    """
    plain = " ".join(word.split())
    if known := _known(plain):
        return (known,)
    bare = _HOW.sub("", plain).strip(" -_()")
    if bare != plain and (known := _known(bare)):
        return (known,)
    if mutant := _mutant(bare):
        return (mutant,)
    if (twice := _TWO_NAMES.match(bare)) and (first := _known(twice[1])) and first == _known(twice[2]):
        return (first,)
    return _pair(bare)


def _mutant(word: str) -> str:
    points = list(dict.fromkeys(point.upper() for point in _POINT.findall(word)))
    kinds = [kind for kind, pattern in _KINDS.items() if pattern.search(word)]
    if not points and not kinds:
        return ""
    rest = _POINT.sub(" ", word)
    for pattern in _KINDS.values():
        rest = pattern.sub(" ", rest)
    protein = _known(rest.strip(" -_/(),:^"))
    if not protein:
        return ""
    if not points:
        return _known(f"{protein}-{kinds[0]}")
    # The mutation itself goes before the kind: "kinase-dead RIPK1 (K45A)" is K45A.
    if together := _known(f"{protein}-{'-'.join(points)}"):
        return together
    names = [_known(f"{protein}-{point}") for point in points]
    return names[0] if all(names) and _same_effect(names) else ""


def _same_effect(names: list[str]) -> bool:
    """Return whether mutants stand in one entry, so that "D138N/K45A" means either."""
    return any(set(names) <= set(entry["names"]) for entry in genotype_file()["mutants"])


def _pair(word: str) -> tuple[str, ...]:
    pieces = [piece for piece in _PAIR.split(word) if piece]
    if len(pieces) < 2:  # one word is no pair
        return ()
    found: list[str] = []
    for piece in pieces:
        whole = _NUMBER_AT_THE_END.sub(piece, pieces[0]) if _TAIL.match(piece) else piece
        parts = (_known(whole),) if _known(whole) else (_mutant(whole),)
        if not parts[0]:
            return ()
        found += [part for part in parts if part not in found]
    return tuple(found)


def _known(word: str) -> str:
    """Return the name of a word in the two files; empty where there is none."""
    form = loose_form(word)
    return _names().get(form, "") or _by_vocabulary(word)


def _by_vocabulary(word: str) -> str:
    found = find_protein(word)
    return _names().get(loose_form(found), "") if found else ""


@cache
def _names() -> Mapping[str, str]:
    """Return loose form -> name; where two names claim a form the protein itself goes first."""
    file = genotype_file()
    proteins = {p.protein for p in parameters().values() if p.protein}
    claims = [(protein, protein) for protein in proteins]
    claims += [(word, protein) for protein, words in file["words"].items() for word in words]
    claims += [(word, name) for name, own in file["together"].items() for word in (name, *own.get("words", ()))]
    claims += [(name, name) for own in file["mutants"] for name in own["names"]]
    absent = [*file["without_consequence"], *file["not_held"]]
    claims += [(word, word) for own in absent for word in own["words"]]
    found: dict[str, str] = {}
    for spelling, name in claims:
        found.setdefault(loose_form(spelling), name)
    return found
