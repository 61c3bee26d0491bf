"""Read the events of an FCS file (2.0 to 3.2), honestly.

The events are returned as stored, memory-mapped where they form an array: integers masked to their range, before gain
and log amplification (``avpi.flow.scales.scaled`` applies those). Every deviation from the standard that had to be
interpreted is a caveat of the result; what cannot be interpreted without guessing is a
:class:`~avpi.errors.FileFormatError` with byte counts.

FlowIO 1.4 is what the tests compare with, not what reads: of the 36 readable files that this was developed on it
refuses eight with its defaults and names channels wrongly, without a word, in two (empty keyword values). A shim
would have had to replace its header, its keywords and its integers, which is all there is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.formats.fcs_data import Layout, are_whole_numbers, read_events, read_layout
from avpi.formats.fcs_place import locate_events
from avpi.formats.fcs_spillover import read_spillover
from avpi.formats.fcs_text import Segments, Source, read_header, read_keywords, whole_number
from avpi.readings import CellEvents, Channel

MAX_CHANNELS = 20_000  # assumed: spectral instruments have about 200
_MAX_DATA_SETS = 1_000  # assumed: LMD files hold two; a chain longer than this is no acquisition


def read_fcs(path: Path, source: str, *, data_set: int = 1) -> CellEvents:
    """Read one data set of an FCS file and look whether its events are numbers.

    Parameters
    ----------
    path : the file.
    source : its name as the user knows it (relative to the study folder), for messages.
    data_set : which data set, from 1; files of some instruments hold several.

    Raises
    ------
    FileFormatError
        If the file is not FCS, is truncated or empty, holds no events or no such data set, or stores events in
        a way that cannot be read; the message carries the byte counts.
    """
    opened = open_fcs(path, source, data_set=data_set)
    if opened.stored.dtype.kind != "f":
        return opened
    finite = np.isfinite(opened.stored).all(axis=1)
    if finite.all():
        return opened
    sentence = f"{int((~finite).sum()):,} of {len(finite):,} events have values that are not numbers or infinite."
    return replace(opened, caveats=(*opened.caveats, Caveat(code="events_not_finite", text=sentence)))


def open_fcs(path: Path, source: str, *, data_set: int = 1) -> CellEvents:
    """Read what an FCS file says of its events, and map these without looking at them.

    Parameters and errors are those of :func:`read_fcs`; a file must not be shortened while its events are in use.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as handle:
            return _read(Source(handle=handle, size=size, name=source), data_set)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileFormatError(Problem(file=source, what=f"cannot be read: {reason}")) from None


def _read(source: Source, data_set: int) -> CellEvents:
    header, text, caveats = _find_data_set(source, data_set)
    channel_count = _channel_count(source, text)
    layout, layout_caveats = read_layout(source, text, channel_count)
    first, count, offset_caveats = locate_events(source, header, text, layout)
    events = read_events(source, first, count, layout)
    if not text.get("$DATATYPE") and are_whole_numbers(events):
        layout, _ = read_layout(source, {**text, "$DATATYPE": "I"}, channel_count)
        events = read_events(source, first, count, layout)
        sentence = (
            "'$DATATYPE' is missing; 'I' was taken: read as floating-point numbers, the values would be nearly 0."
        )
        layout_caveats = [Caveat(code="datatype_missing", text=sentence)]
    channels, channel_caveats = _channels(text, layout)
    spillover, spillover_caveats = read_spillover(text, [channel.name for channel in channels])
    caveats += [*layout_caveats, *offset_caveats, *channel_caveats, *spillover_caveats]
    return CellEvents(
        stored=events,
        channels=channels,
        version=header.version,
        source=source.name,
        spillover=spillover,
        text=text,
        caveats=tuple(caveats),
    )


def _find_data_set(source: Source, wanted: int) -> tuple[Segments, dict[str, str], list[Caveat]]:
    """Follow ``$NEXTDATA`` to the data set that is wanted."""
    if not 1 <= wanted <= _MAX_DATA_SETS:
        source.refuse(f"data set {wanted} was asked for", expected=f"a number from 1 to {_MAX_DATA_SETS:,}")
    start, number = 0, 1
    while True:
        header = read_header(source, start)
        text, caveats = read_keywords(source, header)
        step = whole_number(text.get("$NEXTDATA", "")) or 0
        follows = step > 0 and source.bytes_at(start + step, 3) == b"FCS"
        if number == wanted:
            break
        if not follows:
            sets = "1 data set" if number == 1 else f"{number} data sets"
            source.refuse(f"has {sets}, not {wanted}", hint="Correct `data_set:`.")
        start, number = start + step, number + 1
    if number == 1 and follows:
        sentence = "The file holds several data sets; the first was read (`data_set:` chooses another)."
        caveats.append(Caveat(code="several_data_sets", text=sentence))
    elif step > 0 and not follows:
        sentence = f"'$NEXTDATA' is '{step}', but no data set begins there; it was ignored."
        caveats.append(Caveat(code="next_data_set_missing", text=sentence))
    return header, text, caveats


def _channel_count(source: Source, text: Mapping[str, str]) -> int:
    declared = whole_number(text.get("$PAR", ""))
    if declared is None or declared < 1:
        shown = f"'{text['$PAR'][:40]}'" if text.get("$PAR") else "missing"
        source.refuse(f"'$PAR' is {shown}", expected="the number of channels")
    if declared > min(MAX_CHANNELS, len(text)):
        source.refuse(
            f"'$PAR' declares {declared:,} channels, but the file has {len(text):,} keywords in all",
            expected=f"at most {MAX_CHANNELS:,} channels, each with its keywords",
            hint="The file is damaged: export it again.",
        )
    return declared


def _channels(text: Mapping[str, str], layout: Layout) -> tuple[tuple[Channel, ...], list[Caveat]]:
    channels = []
    unnamed, odd, unset, endless, linear = [], [], [], [], []
    for n, (width, kind) in enumerate(zip(layout.bits, layout.kinds, strict=True), start=1):
        name = text.get(f"$P{n}N", "")
        if not name:
            unnamed.append(f"'$P{n}N'")
        amplification = _amplification(text.get(f"$P{n}E", "0,0"))
        if amplification is None:
            odd.append(f"'$P{n}E' = '{text[f'$P{n}E'][:20]}'")
        elif amplification[0] > 0 and amplification[1] == 0:
            amplification = (amplification[0], 1.0)
            unset.append(f"'$P{n}E'")
        top = _number(text.get(f"$P{n}R", "")) or 0.0
        if amplification is not None and amplification[0] > 0 and kind != "I":
            linear.append(f"'$P{n}E' = '{text[f'$P{n}E'][:20]}'")
        elif amplification is not None and amplification[0] > 0 and top <= 0:
            endless.append(f"'$P{n}R'")
        gain = _number(text.get(f"$P{n}G", ""))
        channels.append(
            Channel(
                name=name or f"P{n}",
                stain=text.get(f"$P{n}S", ""),
                bits=width,
                amplification=amplification or (0.0, 0.0),
                gain=gain if gain is not None and gain > 0 else 1.0,
                range=top,
                integer=kind == "I",
            )
        )
    caveats = []
    if unnamed:
        sentence = f"{', '.join(unnamed[:5])} missing: {len(unnamed)} channels were named by their number."
        caveats.append(Caveat(code="channel_name_missing", text=sentence))
    if odd:
        caveats.append(
            Caveat(code="amplification_unreadable", text=f"{', '.join(odd[:5])} was read as linear, not amplified.")
        )
    if unset:
        sentence = f"{', '.join(unset[:8])} give a value of 0 at zero, which no logarithm has; it was read as 1."
        caveats.append(Caveat(code="amplification_offset_zero", text=sentence))
    if linear:
        sentence = f"{', '.join(linear[:5])} amplifies floating-point values, which FCS forbids; they are linear."
        caveats.append(Caveat(code="amplification_of_floats", text=sentence))
    if endless:
        sentence = f"{', '.join(endless[:8])} tells no range, so the logarithm of the channel cannot be undone; its "
        sentence += "values are taken as linear."
        caveats.append(Caveat(code="range_missing", text=sentence))
    times = Counter(channel.name for channel in channels)
    doubled = sorted(name for name, count in times.items() if count > 1)
    if doubled:
        sentence = f"Several channels are called {', '.join(repr(name) for name in doubled[:5])}; the first one counts."
        caveats.append(Caveat(code="duplicate_channel_names", text=sentence))
    return tuple(channels), caveats


def _amplification(text: str) -> tuple[float, float] | None:
    """Return (decades, value at zero) of ``$PnE``; None where it is no pair of numbers."""
    if not text:
        return (0.0, 0.0)
    parts = [_number(part) for part in text.split(",")]
    if len(parts) != 2 or parts[0] is None or parts[1] is None or parts[0] < 0 or parts[1] < 0:
        return None
    return parts[0], parts[1]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
