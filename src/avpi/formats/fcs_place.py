"""Where the events of an FCS file really lie: offsets that are blank, disagree or lie, and a count that may."""

from __future__ import annotations

from collections.abc import Mapping

from avpi.estimate import Caveat
from avpi.formats.fcs_data import Layout
from avpi.formats.fcs_text import Segments, Source, text_offsets, text_place, whole_number

_PADDING_BYTES = 64  # assumed: what instruments leave after the events (checksum, padding) is shorter than this


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
    wanted = None if total is None else _bytes_of(total, event_bits)
    segment, caveats = _choose_segment(source, header, text, wanted)
    size_now = segment[1] - segment[0] + 1
    available = max(0, source.size - segment[0])
    if wanted is None:
        events = min(size_now, available) * 8 // event_bits
        said = f"'$TOT' is '{text['$TOT'][:20]}', which is no count" if text.get("$TOT") else "'$TOT' is missing"
        caveats.append(Caveat(code="event_count_missing", text=f"{said}; the DATA segment holds {events:,} events."))
    else:
        events = _count_events(source, segment[0], size_now, total or 0, event_bits, caveats)
    if events < 1:
        source.refuse(f"the DATA segment of {size_now:,} bytes holds no whole event")
    return segment[0], events, caveats


def _bytes_of(events: int, event_bits: int) -> int:
    """Return the bytes of so many events: a stream of bits, of which only the end is filled up to a byte."""
    return -(-events * event_bits // 8)


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


def _count_events(source: Source, first: int, size_now: int, total: int, event_bits: int, caveats: list[Caveat]) -> int:
    wanted = _bytes_of(total, event_bits)
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
    if 0 < surplus * 8 < event_bits:
        sentence = f"The offsets span {surplus} bytes more than {total:,} events take; the surplus was ignored."
        caveats.append(Caveat(code="offset_beyond_events", text=sentence))
        return total
    if surplus > 0:
        sentence = (
            f"The offsets span {size_now:,} bytes but '$TOT' declares {total:,} events of "
            f"{event_bits / 8:g} bytes; the declared number was read."
        )
        caveats.append(Caveat(code="event_count_disagrees", text=sentence))
        return total
    if available - wanted <= _PADDING_BYTES:
        sentence = f"The offsets span {-surplus:,} bytes less than {total:,} events take; the file holds them all."
        caveats.append(Caveat(code="offsets_too_short", text=sentence))
        return total
    events = size_now * 8 // event_bits
    sentence = f"'$TOT' declares {total:,} events, but the offsets span only {events:,}; those were read."
    caveats.append(Caveat(code="event_count_disagrees", text=sentence))
    return events
