"""HEADER and TEXT segment of an FCS file: offsets that may lie, and keywords whose values may be empty.

Instruments break the standard in ways that a strict reader turns into wrong names: an empty value
(``$P2S`` followed by two delimiters) looks like an escaped delimiter, and every later name then moves by one.
Here a delimiter run is read by one rule: a keyword ends at its first delimiter, because no keyword holds one;
within a value two delimiters stand for one, and what is left over ends it. An empty value follows from the
same rule. Source of the standard: Spidlen et al. 2010, Cytometry A 77A:97-100 (FCS 3.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from typing import BinaryIO, NoReturn

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat

HEADER_BYTES = 58
"""Version (6), blanks (4) and six offsets of eight digits."""

VERSIONS = ("FCS2.0", "FCS3.0", "FCS3.1", "FCS3.2")
MAX_TEXT_BYTES = 32_000_000  # assumed: ten thousand channels with long names need about two million
_BLANKS = " \0\r\n\t"  # what programs pad keywords and values with
_MAX_DIGITS = 18  # an offset or count with more digits than this is no place in a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """One data set's HEADER: where it starts in the file and what it says of its segments.

    ``text`` and ``data`` are (first byte, last byte) from the start of the file; None where blank, zero or no place.
    ``data_written`` is what stands there for the events, "" where that is blank or zero.
    """

    start: int
    version: str
    text: tuple[int, int] | None
    data: tuple[int, int] | None
    data_written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An open FCS file: its handle, its size in bytes, and its name as the user knows it."""

    handle: BinaryIO
    size: int
    name: str

    def refuse(self, what: str, *, expected: str = "", hint: str = "") -> NoReturn:
        """Raise the error that says what is wrong with this file."""
        raise FileFormatError(Problem(file=self.name, what=what, expected=expected, hint=hint))

    def bytes_at(self, first: int, count: int) -> bytes:
        """Return so many bytes from a place in the file; the caller has checked that they are there."""
        self.handle.seek(first)
        return self.handle.read(count)

    def mapped(self) -> mmap:
        """Return the file as memory that the system fills when it is looked at; it outlives the handle."""
        return mmap(self.handle.fileno(), 0, access=ACCESS_READ)


def read_header(source: Source, start: int) -> Segments:
    """Read the HEADER at ``start``.

    Raises
    ------
    FileFormatError
        If the file ends within it, it does not begin with ``FCS``, or the version is none that is known.
    """
    available = max(0, source.size - start)
    raw = source.bytes_at(start, min(HEADER_BYTES, available))
    if raw[:3] != b"FCS":
        source.refuse(
            f"begins with {_shown(raw[:12])} and has {source.size:,} bytes: it is not an FCS file",
            expected="a file that begins with 'FCS2.0', 'FCS3.0' or 'FCS3.1'",
            hint="Export the events as FCS from the cytometer's program; a renamed table cannot be read.",
        )
    if available < HEADER_BYTES:
        source.refuse(
            f"ends after {available:,} bytes, within the FCS header",
            expected=f"{HEADER_BYTES} bytes of header",
            hint="The file is truncated: copy or export it again.",
        )
    version = raw[:6].decode("latin-1")
    if version not in VERSIONS:
        source.refuse(f"'{version}' is not a version avpi reads", expected=", ".join(VERSIONS))
    written = [raw[10 + 8 * i : 18 + 8 * i].decode("latin-1") for i in range(4)]
    offsets = [whole_number(text) for text in written]
    return Segments(
        start=start,
        version=version,
        text=_segment(offsets[0], offsets[1], start),
        data=_segment(offsets[2], offsets[3], start),
        data_written=_place(written[2], written[3]),
    )


def read_keywords(source: Source, header: Segments) -> tuple[dict[str, str], list[Caveat]]:
    """Read the TEXT segment and the supplemental one, keywords in upper case.

    Raises
    ------
    FileFormatError
        If the segment is missing, too large, or lies outside the file.
    """
    if header.text is None:
        source.refuse("the header names no TEXT segment", hint="The file is damaged: export it again.")
    text, caveats = split_keywords(_segment_bytes(source, header.text, "TEXT"))
    extra = _segment(whole_number(text.get("$BEGINSTEXT", "")), whole_number(text.get("$ENDSTEXT", "")), header.start)
    if extra is None or extra == header.text:
        return text, caveats
    if extra[1] >= source.size or extra[1] - extra[0] >= MAX_TEXT_BYTES:
        sentence = f"Supplemental TEXT is said to end at byte {extra[1]:,} of {source.size:,}; it was left out."
        return text, [*caveats, Caveat(code="supplemental_text_unreadable", text=sentence)]
    raw = _segment_bytes(source, extra, "supplemental TEXT")
    if raw[:1] != source.bytes_at(header.text[0], 1):
        sentence = f"Supplemental TEXT begins with {_shown(raw[:4])} and not with the delimiter; it was left out."
        return text, [*caveats, Caveat(code="supplemental_text_unreadable", text=sentence)]
    more, more_caveats = split_keywords(raw)
    return {**more, **text}, [*caveats, *more_caveats]


def split_keywords(raw: bytes) -> tuple[dict[str, str], list[Caveat]]:
    """Split a TEXT segment into keywords (upper case) and values (blanks around them removed).

    The first byte is the delimiter. Never fails: what cannot be a keyword is left out.
    """
    decoded = _decode(raw)
    delimiter, position = decoded[:1], 1
    if delimiter and delimiter * 2 not in decoded and (simple := _simple_keywords(decoded)) is not None:
        return simple, []
    found: dict[str, str] = {}
    empty: list[str] = []
    repeated: list[str] = []
    while position < len(decoded):
        stop = decoded.find(delimiter, position)
        if stop < 0:
            break
        key = decoded[position:stop].strip(_BLANKS).upper()
        value, position = _value(decoded, delimiter, stop + 1)
        if not key:
            continue
        if not value:
            empty.append(key)
        if key in found and found[key] != value.strip(_BLANKS):
            repeated.append(key)
        found.setdefault(key, value.strip(_BLANKS))
    caveats = []
    if empty:
        sentence = f"{_some(empty)} stand without a value, which FCS forbids; they are read as empty."
        caveats.append(Caveat(code="empty_keyword_values", text=sentence))
    if repeated:
        sentence = f"{_some(repeated)} stand more than once with different values; the first one counts."
        caveats.append(Caveat(code="repeated_keywords", text=sentence))
    return found, caveats


def _simple_keywords(decoded: str) -> dict[str, str] | None:
    """Return the keywords of a text without empty values, escapes or repeats; None where it may have them."""
    words = [word.strip(_BLANKS) for word in decoded[1:].split(decoded[0])]
    if len(words) % 2:
        words.pop()  # what follows the last delimiter: nothing, padding, or a keyword without a value
    keys = [key.upper() for key in words[::2]]
    found = dict(zip(keys, words[1::2], strict=True))
    return found if len(found) == len(keys) and all(words) else None


def whole_number(text: str) -> int | None:
    """Return a count or offset as written with blanks or zeros around it; None if it is blank or no number."""
    plain = text.strip(_BLANKS)
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= _MAX_DIGITS else None


def text_place(text: Mapping[str, str]) -> str:
    """Return what the TEXT segment says of the place of the events, "" where it is blank or zero."""
    return _place(text.get("$BEGINDATA", ""), text.get("$ENDDATA", ""))


def text_offsets(text: Mapping[str, str], header: Segments) -> tuple[int, int] | None:
    """Return the DATA segment that the TEXT segment names, from the start of the file."""
    first, last = whole_number(text.get("$BEGINDATA", "")), whole_number(text.get("$ENDDATA", ""))
    return _segment(first, last, header.start)


def _value(decoded: str, delimiter: str, begin: int) -> tuple[str, int]:
    """Return the value that begins there and the place after the delimiter that ends it."""
    pieces = []
    position = begin
    while True:
        stop = decoded.find(delimiter, position)
        if stop < 0:  # the last delimiter is missing or was overwritten by padding
            pieces.append(decoded[position:])
            return "".join(pieces), len(decoded)
        run = stop
        while run < len(decoded) and decoded[run] == delimiter:
            run += 1
        escaped, ends = divmod(run - stop, 2)
        pieces.append(decoded[position:stop] + delimiter * escaped)
        position = run
        if ends:
            return "".join(pieces), position


def _segment_bytes(source: Source, segment: tuple[int, int], name: str) -> bytes:
    first, last = segment
    if last >= source.size or last < first:
        source.refuse(
            f"the {name} segment is said to lie at bytes {first:,} to {last:,}, but the file has {source.size:,}",
            hint="The file is truncated or damaged: copy or export it again.",
        )
    if last - first >= MAX_TEXT_BYTES:
        source.refuse(f"the {name} segment has {last - first + 1:,} bytes", expected=f"at most {MAX_TEXT_BYTES:,}")
    return source.bytes_at(first, last - first + 1)


def _segment(first: int | None, last: int | None, start: int) -> tuple[int, int] | None:
    if first is None or last is None or last == 0 or first > last:
        return None
    return start + first, start + last


def _place(first: str, last: str) -> str:
    """Return two offsets as written, for a message; "" where both are blank or zero."""
    shown = ["".join(c if c.isprintable() else "?" for c in word.strip(_BLANKS)[:20]) for word in (first, last)]
    if not any(word.strip("0") for word in shown):
        return ""
    return " to ".join(f"'{word}'" for word in shown)


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _shown(raw: bytes) -> str:
    return "'" + re.sub(r"[^\x20-\x7e]", "?", raw.decode("latin-1")) + "'" if raw else "nothing"


def _some(keys: list[str]) -> str:
    named = ", ".join(f"'{key[:40]}'" for key in keys[:5])
    return named if len(keys) <= 5 else f"{named} and {len(keys) - 5} more"
