"""The DATA segment of an FCS file: how it is laid out, and its bytes as numbers.

Events that form an array (every channel of the same type, no bits to mask) stay in the file and are memory-mapped;
others are unpacked. Nothing is allocated from a declared count before the file is known to hold that many bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.estimate import Caveat
from avpi.formats.fcs_text import Source, whole_number

_FLOAT_BITS = {"F": 32, "D": 64}
_ARRAY_BITS = (8, 16, 32, 64)  # widths of integers that numpy has a type for
_LARGEST_INTEGER_BITS = 64
_LOOKED_AT = 1_000  # events; assumed: enough to tell whole numbers from floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one event is stored: of each channel the data type ``I``, ``F`` or ``D``, bits and mask; the byte order."""

    kinds: tuple[str, ...]
    bits: tuple[int, ...]
    masks: tuple[int, ...]
    little_endian: bool

    @property
    def bits_of_event(self) -> int:
        """Bits that one event takes."""
        return sum(self.bits)


def read_layout(source: Source, text: Mapping[str, str], channels: int) -> tuple[Layout, list[Caveat]]:
    """Read how events are stored; ``$PnDATATYPE`` of FCS 3.2 gives a channel a type of its own.

    Raises
    ------
    FileFormatError
        For histograms (``$MODE``), ASCII data, a missing or mixed byte order, or widths that cannot be read.
    """
    mode = text.get("$MODE", "L").upper() or "L"
    if mode != "L":
        source.refuse(f"'$MODE' is '{mode}': the file holds a histogram, not events", expected="list mode, 'L'")
    declared = [whole_number(text.get(f"$P{n}B", "")) for n in range(1, channels + 1)]
    datatype, caveats = _datatype(source, text, declared)
    kinds = tuple(_own_datatype(source, text, n, datatype) for n in range(1, channels + 1))
    bits = tuple(
        _FLOAT_BITS[kind] if kind in _FLOAT_BITS else _integer_bits(source, n, own)
        for n, (kind, own) in enumerate(zip(kinds, declared, strict=True), start=1)
    )
    odd = [
        n
        for n, (kind, own) in enumerate(zip(kinds, declared, strict=True), start=1)
        if kind in _FLOAT_BITS and own not in (None, _FLOAT_BITS[kind])
    ]
    if odd:
        sentence = f"'$P{odd[0]}B' is not {bits[odd[0] - 1]} although the channel is of type '{kinds[odd[0] - 1]}'"
        sentence += f" ({len(odd)} such channels); it was ignored."
        caveats.append(Caveat(code="bits_disagree", text=sentence))
    ranges = [_range(text.get(f"$P{n}R", "")) for n in range(1, channels + 1)]
    masks = tuple(_mask(b, r) if k == "I" else 0 for k, b, r in zip(kinds, bits, ranges, strict=True))
    little = _little_endian(source, text.get("$BYTEORD", ""), needed=max(bits) > 8)
    return Layout(kinds=kinds, bits=bits, masks=masks, little_endian=little), caveats


def read_events(source: Source, first: int, events: int, layout: Layout) -> NDArray[Any]:
    """Return events (n, channels) as stored, masked to their range; the caller has checked that they are there."""
    channels = len(layout.bits)
    order = "<" if layout.little_endian else ">"
    kind, bits = layout.kinds[0], layout.bits[0]
    alike = len(set(layout.kinds)) == 1 and len(set(layout.bits)) == 1
    if alike and (kind in _FLOAT_BITS or bits in _ARRAY_BITS):
        code = "u" if kind == "I" else "f"
        stored = _raw(source, first, events * channels, f"{order}{code}{bits // 8}").reshape(events, channels)
        if not any(layout.masks):
            return stored
        every = (1 << bits) - 1
        return np.asarray(stored & np.array([mask or every for mask in layout.masks], dtype=stored.dtype))
    raw = _raw(source, first, -(-events * layout.bits_of_event // 8), "u1")
    whole_bytes = not any(bits % 8 for bits in layout.bits)
    columns = _byte_columns(raw.reshape(events, -1), layout) if whole_bytes else _packed_columns(raw, events, layout)
    values = np.empty((events, channels))
    for i, (column, own, mask) in enumerate(zip(columns, layout.kinds, layout.masks, strict=True)):
        if own in _FLOAT_BITS:
            with np.errstate(invalid="ignore"):
                values[:, i] = column.astype(f"u{layout.bits[i] // 8}").view(f"f{layout.bits[i] // 8}")
        else:
            values[:, i] = column & np.uint64(mask) if mask else column
    return values


def are_whole_numbers(events: NDArray[Any]) -> bool:
    """Return True if values (n, channels) read as 32-bit floats can only be whole numbers.

    A whole number below 2^23 has the bits of a float smaller than any that a cytometer measures (a subnormal one).
    """
    if events.dtype.kind != "f" or events.dtype.itemsize != 4:  # 32 bits
        return False
    looked_at = np.abs(events[:_LOOKED_AT])
    small = (looked_at > 0) & (looked_at < np.finfo(np.float32).tiny)
    return bool(small.sum() > (looked_at > 0).sum() / 2)


def _raw(source: Source, first: int, count: int, kind: str) -> NDArray[Any]:
    return np.frombuffer(source.mapped(), dtype=kind, count=count, offset=first)


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


def _packed_columns(raw: NDArray[np.uint8], events: int, layout: Layout) -> list[NDArray[np.uint64]]:
    """Return the columns of a stream of bits; an event may begin within a byte."""
    count = events * layout.bits_of_event
    bits_in_order = np.unpackbits(raw, count=count, bitorder="little" if layout.little_endian else "big")
    stream = bits_in_order.reshape(events, -1)
    columns = []
    begin = 0
    for bits in layout.bits:
        powers = np.uint64(1) << np.arange(bits, dtype=np.uint64)
        weights = powers if layout.little_endian else powers[::-1]
        columns.append((stream[:, begin : begin + bits] * weights).sum(axis=1, dtype=np.uint64))
        begin += bits
    return columns


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


def _own_datatype(source: Source, text: Mapping[str, str], n: int, datatype: str) -> str:
    own = text.get(f"$P{n}DATATYPE", "").upper() or datatype
    if own not in ("I", "F", "D"):
        source.refuse(f"'$P{n}DATATYPE' is '{own[:20]}'", expected="'I', 'F' or 'D'")
    return own


def _integer_bits(source: Source, n: int, bits: int | None) -> int:
    if bits is None or not 1 <= bits <= _LARGEST_INTEGER_BITS:
        shown = "missing" if bits is None else f"'{bits}'"
        source.refuse(f"'$P{n}B' is {shown}", expected=f"1 to {_LARGEST_INTEGER_BITS} bits for integer data")
    return bits


def _little_endian(source: Source, order: str, *, needed: bool) -> bool:
    places = [whole_number(part) for part in order.split(",")]
    if places == list(range(1, len(places) + 1)) and (len(places) > 1 or not needed):
        return True
    if needed and (len(places) < 2 or places != list(range(len(places), 0, -1))):
        said = f"'{order}'" if order else "missing"
        source.refuse(f"'$BYTEORD' is {said}", expected="'1,2,3,4' (little endian) or '4,3,2,1' (big endian)")
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
