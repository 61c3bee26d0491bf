"""What a run rests on, as citations: the methods that its report names, avpi, and the sources of its compound."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from avpi.compounds.citation import parse_reference
from avpi.compounds.library import Source, find_record, sources
from avpi.compounds.schema import CompoundRecord, Number
from avpi.report.methods import references
from avpi.report.provenance import avpi_version

REPORT_FILE: Final = "report.html"
_DOI: Final = re.compile(r"\b10\.\d{4,9}/[^\s,;()\]]+[^\s,;().\]]")
_NOT_A_NAME: Final = re.compile(r"[^a-z0-9]+")
KEY_LETTERS: Final = 40


def own_citation() -> tuple[str, Source]:
    """Return avpi itself as a source, with the version that runs."""
    title = f"avpi {avpi_version()}: from raw blots, plates and FCS files to a call on how a Smac mimetic kills cells"
    return "avpi", Source(kind="software", tier="primary", authors=["The avpi developers"], title=title)


def methods_of_run(folder: Path) -> dict[str, Source]:
    """Return the references that the report of a run prints, by key.

    Raises
    ------
    OSError
        If the run has no report.
    """
    page = html.unescape((folder / REPORT_FILE).read_text("utf-8"))
    return {
        key: parse_reference(one.text, one.doi)
        for key, one in references().items()
        if (one.doi and one.doi in page) or " ".join(one.text.split()) in " ".join(page.split())
    }


def numbers_of_compound(word: str) -> dict[str, Source]:
    """Return the sources of the affinities, potencies and structure of a compound; none if the library lacks it."""
    record = find_record(word)
    if record is None:
        return {}
    used: list[Number] = [*record.affinities, *record.degradation]
    if record.structure is not None:
        used.append(record.structure)
    return pick(one.source for one in used if one.source is not None)


def everything_of_compound(record: CompoundRecord) -> dict[str, Source]:
    """Return every source that a compound of the library rests on."""
    from avpi.compounds.library import cited

    return pick(cited(record))


def pick(keys: Iterable[str]) -> dict[str, Source]:
    """Return sources by their keys, each once."""
    return {key: sources()[key] for key in keys}


def free_source(text: str) -> tuple[str, Source]:
    """Return a source that is written in words, as facts have them: the whole text as its title, and its DOI if any."""
    plain = " ".join(text.split())
    found = _DOI.search(plain)
    key = _NOT_A_NAME.sub("-", plain.lower())[:KEY_LETTERS].strip("-")
    return key, Source(kind="page", tier="primary", title=plain, doi=found[0] if found else "")
