"""Sources as citations: BibTeX, RIS, and a line to read.

Only fields that are known are written. A source that is no article is ``@misc`` in
BibTeX.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from avpi.compounds.library import Source

OTHERS: Final = "others"
"""The last author of a shortened list: what BibTeX calls it, too."""
_SPECIAL: Final = {
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
}
_RIS_TYPE: Final = {
    "article": "JOUR", "abstract": "ABST", "release": "PRESS", "registry": "DBASE", "page": "ELEC", "database": "DBASE",
    "software": "COMP",
}  # fmt: skip


def plain_text(source: Source) -> str:
    """Return a source as a line to read."""
    authors = ", ".join("et al." if name == OTHERS else name for name in source.authors)
    volume = (
        source.volume + (f"({source.issue})" if source.issue else "") + (f":{source.pages}" if source.pages else "")
    )
    where = " ".join(part for part in (source.journal, str(source.year or "")) if part)
    parts = [authors.rstrip("."), source.title, f"{where};{volume}" if volume else where]
    numbers = [f"doi {source.doi}" if source.doi else "", f"PMID {source.pmid}" if source.pmid else "", source.pmcid]
    tail = ", ".join(part for part in [*numbers, source.url if not source.doi else ""] if part)
    seen = f" (seen: {source.seen})" if source.seen else ""
    return ". ".join(part for part in [*parts, tail] if part) + seen


def bibtex(key: str, source: Source) -> str:
    """Return a source as a BibTeX entry; accents stay UTF-8, as biber and modern BibTeX styles read them."""
    kind = "article" if source.kind in ("article", "abstract") and source.journal else "misc"
    fields = {
        "author": " and ".join(_bibtex_author(name) for name in source.authors),
        "title": f"{{{_escaped(source.title)}}}" if source.title else "",
        "journal": _escaped(source.journal),
        "year": str(source.year or ""),
        "volume": _escaped(source.volume),
        "number": _escaped(source.issue),
        "pages": source.pages.replace("-", "--"),
        "doi": source.doi,
        "pmid": source.pmid,
        "pmcid": source.pmcid,
        "url": source.url,
        "note": _escaped(f"seen: {source.seen}") if source.seen else "",
    }
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@{kind}{{{_bibtex_key(key)},\n{body}\n}}"


def ris(key: str, source: Source) -> str:
    """Return a source as a RIS record."""
    lines = [("TY", _RIS_TYPE[source.kind]), ("ID", key)]
    lines += [("AU", name if " " not in name else _ris_author(name)) for name in source.authors if name != OTHERS]
    start, _, end = source.pages.partition("-")
    fields: Mapping[str, str] = {
        "TI": source.title, "JO": source.journal, "PY": str(source.year or ""), "VL": source.volume, "IS": source.issue,
        "SP": start, "EP": end, "DO": source.doi, "AN": source.pmid, "C2": source.pmcid, "UR": source.url,
        "N1": source.seen,
    }  # fmt: skip
    lines += [(tag, value) for tag, value in fields.items() if value]
    return "\n".join([*(f"{tag}  - {value}" for tag, value in lines), "ER  - "])


def parse_reference(text: str, doi: str = "") -> Source:
    """Return a reference that is written as ``Authors. Title. Journal year;volume:pages.`` as a source.

    A text of another form keeps its whole self as the title: nothing is guessed.
    """
    found = _REFERENCE.match(" ".join(text.split()))
    if found is None:
        return Source(kind="article", tier="primary", title=text.strip().rstrip("."), doi=doi)
    authors = [OTHERS if name == "et al" else name for name in re.split(r",\s*", found["authors"])]
    return Source(
        kind="article",
        tier="primary",
        authors=authors,
        title=found["title"],
        journal=found["journal"],
        year=int(found["year"]),
        volume=found["volume"],
        pages=found["pages"],
        doi=doi,
    )


_REFERENCE = re.compile(
    r"^(?P<authors>[^.]+?(?:, et al)?)\. (?P<title>.+?)\. (?P<journal>[^.]+?) (?P<year>\d{4});"
    r"(?P<volume>[\w]+):(?P<pages>[\w-]+)\.?$"
)


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(letter, letter) for letter in text.replace("\\", "/"))


def _bibtex_key(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9_:-]", "", key)


def _bibtex_author(name: str) -> str:
    """Return "Cai Q" as "Cai, Q."; a name that is no person's in braces."""
    if name == OTHERS:
        return OTHERS
    return _ris_author(name) if _is_person(name) else f"{{{_escaped(name)}}}"


def _ris_author(name: str) -> str:
    if not _is_person(name):
        return name
    family, _, initials = name.rpartition(" ")
    return f"{family}, {''.join(f'{letter}.' for letter in initials)}"


def _is_person(name: str) -> bool:
    """Return True if the last word is initials, as in "DiPersio JF"."""
    _, _, last = name.rpartition(" ")
    return bool(re.fullmatch(r"[A-Z]{1,4}", last)) and " " in name
