"""The DATA segment of an FCS file: where it really is, and its bytes as numbers.

Nothing is allocated from a declared count before the file is known to hold that many bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.estimate import Caveat
from avpi.formats.fcs_text import Segments, Source, text_offsets, text_place, whole_number

_FLOAT_BITS = {"F": 32, "D": 64}
_PADDING_BYTES = 64  # assumed: what instruments leave after the events (checksum, padding) is shorter than this
_LARGEST_INTEGER_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one event is stored: data type ``I``, ``F`` or ``D``, bits and mask of each channel, byte order."""

    datatype: str
    bits: tuple[int, ...]
    masks: tuple[int, ...]
    little_endian: bool

    @property
    def bits_of_event(self) -> int:
        """Bits that one event takes."""
        return sum(self.bits)


def read_layout(source: Source, text: Mapping[str, str], channels: int) -> tuple[Layout, list[Caveat]]:
    """Read how events are stored.

    Raises
    ------
    FileFormatError
        For histograms (``$MODE``), ASCII data, a missing or mixed byte order, or widths that cannot be read.
    """
    mode = text.get("$MODE", "L").upper() or "L"
    if mode != "L":
        source.refuse(f"'$MODE' is '{mode}': the file holds a histogram, not events", expected="list mode, 'L'")
    declared = [whole_number(text.get(f"$P{n}B", "")) for n in range(1, channels + 1)]
    ranges = [_range(text.get(f"$P{n}R", "")) for n in range(1, channels + 1)]
    datatype, caveats = _datatype(source, text, declared)
    if datatype in _FLOAT_BITS:
        bits = (_FLOAT_BITS[datatype],) * channels
        if any(b is not None and b != bits[0] for b in declared):
            sentence = (
                f"'$PnB' is not {bits[0]} for every channel although '$DATATYPE' is '{datatype}'; it was ignored."
            )
            caveats.append(Caveat(code="bits_disagree", text=sentence))
        masks: tuple[int, ...] = (0,) * channels
    else:
        bits = _integer_bits(source, declared)
        masks = tuple(_mask(b, r) for b, r in zip(bits, ranges, strict=True))
    little = _little_endian(source, text.get("$BYTEORD", ""), needed=max(bits) > 8)
    return Layout(datatype=datatype, bits=bits, masks=masks, little_endian=little), caveats


def locate_events(
    source: Source, header: Segments, text: Mapping[str, str], layout: Layout
) -> tuple[int, int, list[Caveat]]:
    """Return the first byte of the events, their number, and what was wrong with the offsets.

    Raises
    ------
    FileFormatError
        If no offsets are given, the file ends before the declared events do, or there are no events.
    """
    total = whole_number(text.get("$TOT", ""))
    if total == 0:
        source.refuse(
            "'$TOT' is '0': the file holds no events", hint="The acquisition was empty: leave the sample out."
        )
    event_bits = layout.bits_of_event
    if event_bits % 8:
        source.refuse(
            f"an event takes {event_bits} bits, which is no whole number of bytes", expected="'$PnB' that fill bytes"
        )
    wanted = None if total is None else total * event_bits // 8
    segment, caveats = _choose_segment(source, header, text, wanted)
    size_now = segment[1] - segment[0] + 1
    available = max(0, source.size - segment[0])
    if wanted is None:
        events = min(size_now, available) // (event_bits // 8)
        caveats.append(
            Caveat(code="event_count_missing", text=f"'$TOT' is missing; the DATA segment holds {events:,} events.")
        )
    else:
        events = _count_events(source, segment[0], size_now, wanted, event_bits // 8, caveats)
    if events < 1:
        source.refuse(f"the DATA segment of {size_now:,} bytes holds no whole event")
    return segment[0], events, caveats


def read_events(source: Source, first: int, events: int, layout: Layout) -> NDArray[np.float64]:
    """Read events (n, channels) as stored, masked to their range; the caller has checked that they are there."""
    channels = len(layout.bits)
    order = "<" if layout.little_endian else ">"
    if layout.datatype in _FLOAT_BITS:
        kind = f"{order}f{_FLOAT_BITS[layout.datatype] // 8}"
        stored = _raw(source, first, events * channels, kind).reshape(events, channels)
        with np.errstate(invalid="ignore"):  # signalling nans become ordinary ones
            return stored.astype(np.float64)
    rows = _raw(source, first, events * layout.bits_of_event // 8, "u1").reshape(events, -1)
    whole_bytes = not any(bits % 8 for bits in layout.bits)
    columns = _byte_columns(rows, layout) if whole_bytes else _packed_columns(rows, layout)
    values = np.empty((events, channels))
    for i, (column, mask) in enumerate(zip(columns, layout.masks, strict=True)):
        values[:, i] = column & np.uint64(mask) if mask else column
    return values


def _raw(source: Source, first: int, count: int, kind: str) -> NDArray[Any]:
    wide = np.dtype(kind).itemsize
    return np.frombuffer(source.bytes_at(first, count * wide), dtype=kind, count=count)


def _byte_columns(rows: NDArray[np.uint8], layout: Layout) -> list[NDArray[np.uint64]]:
    columns = []
    begin = 0
    for bits in layout.bits:
        wide = bits // 8
        column = np.zeros(len(rows), dtype=np.uint64)
        for place in range(wide):
            shift = 8 * (place if layout.little_endian else wide - 1 - place)
            column |= rows[:, begin + place].astype(np.uint64) << np.uint64(shift)
        columns.append(column)
        begin += wide
    return columns


def _packed_columns(rows: NDArray[np.uint8], layout: Layout) -> list[NDArray[np.uint64]]:
    stream = np.unpackbits(rows, axis=1, bitorder="little" if layout.little_endian else "big")
    columns = []
    begin = 0
    for bits in layout.bits:
        powers = np.uint64(1) << np.arange(bits, dtype=np.uint64)
        weights = powers if layout.little_endian else powers[::-1]
        columns.append((stream[:, begin : begin + bits] * weights).sum(axis=1, dtype=np.uint64))
        begin += bits
    return columns


def _choose_segment(
    source: Source, header: Segments, text: Mapping[str, str], wanted: int | None
) -> tuple[tuple[int, int], list[Caveat]]:
    """Return the DATA segment and a caveat where the two places that name it disagree or one is blank.

    From FCS 3.0 on the TEXT segment counts, before it the HEADER; the other is taken where only it fits the
    declared events.
    """
    in_text, in_header = text_offsets(text, header), header.data
    first, second = (in_header, in_text) if header.version == "FCS2.0" else (in_text, in_header)
    names = ("HEADER", "TEXT") if header.version == "FCS2.0" else ("TEXT", "HEADER")
    if first is None and second is None:
        source.refuse(
            "neither the header nor '$BEGINDATA' and '$ENDDATA' say where the events are",
            hint="The file is damaged: export it again.",
        )
    if first is None or second is None:
        chosen = first or second
        assert chosen is not None
        if second is None and first is not None and header.version == "FCS2.0":
            return chosen, []  # FCS 2.0 has no offsets in TEXT
        blank, other = names if first is None else names[::-1]
        said = header.data_written if blank == "HEADER" else text_place(text)
        if said:
            sentence = f"The {blank} places the events at bytes {said}, which is no place; the {other} was believed."
            return chosen, [Caveat(code="offsets_disagree", text=sentence)]
        sentence = f"The offsets of the events are blank in the {blank}; those of the {other} were used."
        return chosen, [Caveat(code="blank_offsets", text=sentence)]
    if first == second:
        return first, []
    use_second = not _fits(source, header, first, wanted) and _fits(source, header, second, wanted)
    sentence = (
        f"The {names[0]} places the events at bytes {first[0]:,} to {first[1]:,}, the {names[1]} at {second[0]:,} to "
        f"{second[1]:,}; the {names[1 if use_second else 0]} was believed."
    )
    return (second if use_second else first), [Caveat(code="offsets_disagree", text=sentence)]


def _fits(source: Source, header: Segments, segment: tuple[int, int], wanted: int | None) -> bool:
    size = segment[1] - segment[0] + 1
    inside_text = header.text is not None and header.text[0] <= segment[0] <= header.text[1]
    return (
        not inside_text and segment[0] + (wanted or size) <= source.size and (wanted is None or 0 <= size - wanted <= 1)
    )


def _count_events(
    source: Source, first: int, size_now: int, wanted: int, event_bytes: int, caveats: list[Caveat]
) -> int:
    total = wanted // event_bytes
    available = max(0, source.size - first)
    if wanted > available:
        source.refuse(
            f"'$TOT' declares {total:,} events, which take {wanted:,} bytes from byte {first:,}, but only "
            f"{available:,} bytes follow (the file has {source.size:,})",
            hint="The file is truncated: copy it from the cytometer's computer or export it again.",
        )
    surplus = size_now - wanted
    if surplus == 0:
        return total
    if 0 < surplus < event_bytes:
        sentence = f"The offsets span {surplus} bytes more than {total:,} events take; the surplus was ignored."
        caveats.append(Caveat(code="offset_beyond_events", text=sentence))
        return total
    if surplus > 0:
        sentence = (
            f"The offsets span {size_now:,} bytes but '$TOT' declares {total:,} events of {event_bytes} bytes; "
            "the declared number was read."
        )
        caveats.append(Caveat(code="event_count_disagrees", text=sentence))
        return total
    if available - wanted <= _PADDING_BYTES:
        sentence = f"The offsets span {-surplus:,} bytes less than {total:,} events take; the file holds them all."
        caveats.append(Caveat(code="offsets_too_short", text=sentence))
        return total
    events = size_now // event_bytes
    sentence = f"'$TOT' declares {total:,} events, but the offsets span only {events:,}; those were read."
    caveats.append(Caveat(code="event_count_disagrees", text=sentence))
    return events


def _datatype(source: Source, text: Mapping[str, str], bits: Sequence[int | None]) -> tuple[str, list[Caveat]]:
    datatype = text.get("$DATATYPE", "").upper()
    if datatype in ("I", "F", "D"):
        return datatype, []
    if datatype == "A":
        source.refuse(
            "'$DATATYPE' is 'A': the events are written as text",
            expected="integers 'I' or floats 'F', 'D'",
            hint="Export the file again as FCS 3.1.",
        )
    if datatype:
        source.refuse(f"'$DATATYPE' is '{datatype}'", expected="'I', 'F' or 'D'")
    guess = "D" if set(bits) == {64} else "F" if set(bits) == {32} and text.get("$P1E", "0,0")[:1] == "0" else "I"
    sentence = f"'$DATATYPE' is missing; '{guess}' was taken, judging by the widths '$PnB'."
    return guess, [Caveat(code="datatype_missing", text=sentence)]


def _integer_bits(source: Source, declared: Sequence[int | None]) -> tuple[int, ...]:
    for n, bits in enumerate(declared, start=1):
        if bits is None or not 1 <= bits <= _LARGEST_INTEGER_BITS:
            shown = "missing" if bits is None else f"'{bits}'"
            source.refuse(f"'$P{n}B' is {shown}", expected=f"1 to {_LARGEST_INTEGER_BITS} bits for integer data")
    return tuple(bits for bits in declared if bits is not None)


def _little_endian(source: Source, order: str, *, needed: bool) -> bool:
    places = [whole_number(part) for part in order.split(",")]
    if places == list(range(1, len(places) + 1)) and (len(places) > 1 or not needed):
        return True
    if needed and places != list(range(len(places), 0, -1)):
        source.refuse(f"'$BYTEORD' is '{order}'", expected="'1,2,3,4' (little endian) or '4,3,2,1' (big endian)")
    return False


def _range(text: str) -> int | None:
    """Return ``$PnR`` rounded down; programs also write it as '1024.0'."""
    return whole_number(text.split(".")[0])


def _mask(bits: int, limit: int | None) -> int:
    """Return the mask that keeps values below the next power of two at or above ``$PnR``; 0 for none.

    Bits above the range may hold other things (Beckman Coulter System II puts flags into D10-D15).
    """
    if not limit:
        return 0
    used = (limit - 1).bit_length()
    return (1 << used) - 1 if 0 < used < bits else 0
