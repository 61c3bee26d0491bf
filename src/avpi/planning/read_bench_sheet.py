"""A bench sheet read back: the transfers that a person would make who follows its table of master mixes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from avpi.errors import FileFormatError, Problem
from avpi.planning.labware import padded_well
from avpi.planning.liquids import Place, Transfer
from avpi.planning.mixes import MIXES, RESERVOIR

_PART = re.compile(r"^([\d.]+) µL (.+?)(?: \[(.+) ([A-Z]{1,2}\d+)\])?$")
_ADD = re.compile(r"^([\d.]+) µL each: (.+)$")


def read_bench_sheet(text: str, source: str) -> tuple[Transfer, ...]:
    """Return the transfers of a bench sheet, mixes first, from the words that a person reads.

    Raises
    ------
    FileFormatError
        If it holds no table of mixes, or a line of it cannot be read.
    """
    reader = _MixTable()
    reader.feed(text)
    if not reader.rows:
        raise FileFormatError(Problem(file=source, what="holds no table of master mixes"))
    try:
        made = [transfer for mix, parts, _ in reader.rows for transfer in _into(mix, parts)]
        given = [transfer for mix, _, adds in reader.rows for transfer in _out_of(mix, adds)]
    except ValueError as error:
        raise FileFormatError(Problem(file=source, what=str(error))) from None
    return (*made, *given)


def _into(mix: str, parts: list[str]) -> Iterator[Transfer]:
    for part in parts:
        match = _PART.match(part)
        if match is None:
            message = f"'{part}' cannot be read as a part of a mix"
            raise ValueError(message)
        source = Place(match[3], padded_well(match[4])) if match[3] else Place(RESERVOIR, "A01")
        yield Transfer(
            source=source, target=Place(MIXES, padded_well(mix)), volume_nl=_nanolitres(match[1]), what=match[2]
        )


def _out_of(mix: str, adds: list[tuple[str, str]]) -> Iterator[Transfer]:
    for plate, wells in adds:
        match = _ADD.match(wells)
        if match is None:
            message = f"'{wells}' cannot be read as the wells of a mix"
            raise ValueError(message)
        for well in match[2].split():
            yield Transfer(
                source=Place(MIXES, padded_well(mix)), target=Place(plate, padded_well(well)),
                volume_nl=_nanolitres(match[1]), what="mix",
            )  # fmt: skip


def _nanolitres(text: str) -> float:
    return round(float(text) * 1000, 6)


class _MixTable(HTMLParser):
    """Collects mix, parts and additions of each row of the table of mixes."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str, list[str], list[tuple[str, str]]]] = []
        self.inside = False
        self.target = ""
        self.plate = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the text to come belongs to."""
        named = dict(attrs)
        self.inside = self.inside or (tag == "table" and named.get("id") == "mixes")
        kind = named.get("class") or ""
        if self.inside and kind in ("mix", "part", "add"):
            self.target, self.text = kind, ""
        elif self.inside and tag == "strong" and self.target == "add":
            self.text = ""

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        """Store what has been read."""
        said = " ".join(self.text.split())
        if tag == "table":
            self.inside = False
        if not self.inside:
            return
        if tag == "td" and self.target == "mix":
            self.rows.append((said, [], []))
            self.target = ""
        elif tag == "strong" and self.target == "add":
            self.plate, self.text = said, ""
        elif tag == "div" and self.target == "add":
            self.rows[-1][2].append((self.plate, said))
            self.target = ""
        elif tag == "span" and self.target == "part" and said:
            self.rows[-1][1].append(said)
            self.target = ""
