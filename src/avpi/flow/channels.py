"""Which column holds which stain, and which hold the scatter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from avpi.errors import NotAnalysed, nearest_word
from avpi.names import normal_form, vocabulary
from avpi.readings import CellEvents, Channel

UNSTAINED = "unstained"

DEATH_DYES = ("pi", "7-aad", "dapi", "sytox", "fixable_dye")
"""Dyes that enter cells whose membrane has become leaky."""

STAINS_OF_READOUT: Mapping[str, tuple[str, ...]] = {
    **{f"annexin_v_{dye}": ("annexin_v", dye) for dye in DEATH_DYES},
    "caspase-3": ("caspase-3",),
    **{f"caspase-3_{dye}": ("caspase-3", dye) for dye in DEATH_DYES},
    **{f"{dye}_exclusion": (dye,) for dye in DEATH_DYES},
}
"""The stains that a readout needs, in the order of its picture's axes."""

_TIME = ("time", "hdr-t", "timestamp")
_FORWARD = r"(fsc|fs|forward[ _-]?scatter|fals|fwd)"
_SIDE = r"(ssc|ss|side[ _-]?scatter|sals)"
_AREA = r"[ _-]*(lin)?[ _-]*(a|area|int|integral)?"
_HEIGHT = r"[ _-]*(lin)?[ _-]*(h|height|peak)"


def find_stain(word: str) -> str:
    """Return a stain's id for a word or synonym of the vocabulary; the word itself where it is none."""
    plain = normal_form(word)
    for stain, synonyms in vocabulary()["stains"].items():
        if plain in (normal_form(stain), *map(normal_form, synonyms)):
            return str(stain)
    return plain


def find_channel(events: CellEvents, stain: str, declared: Mapping[str, str]) -> int:
    """Return the column of a stain: as declared (``$PnN``, then ``$PnS``), else by the stain's names in ``$PnS``.

    Where several channels fit, that of the pulse area (``-A``) is taken.

    Raises
    ------
    NotAnalysed
        ``channel_not_found``, naming the channels that there are.
    """
    written = next((channel for word, channel in declared.items() if find_stain(word) == stain), None)
    if written is not None:
        plain = normal_form(written)
        found = _matching(events.channels, lambda c: normal_form(c.name) == plain)
        found = found or _matching(events.channels, lambda c: normal_form(c.stain) == plain)
    else:
        pattern = _pattern_of(stain)
        found = _labelled(events.channels, pattern)
        found = found or _matching(events.channels, lambda c: bool(pattern.search(normal_form(c.name))))
    if found:
        return found[0]
    names = [channel.name for channel in events.channels]
    listed = ", ".join(f"{c.name} ({c.stain})" if c.stain else c.name for c in events.channels[:40])
    if written is not None:
        hint = nearest_word(written, [*names, *(c.stain for c in events.channels if c.stain)])
        why = f"'{written}', declared for {stain}, is no channel of '{events.source}'. {hint}".rstrip()
    else:
        why = f"no channel of '{events.source}' is named after the stain {stain}; set `cytometry: channels:`"
    raise NotAnalysed(code="channel_not_found", why=f"{why}. Its channels are {listed}")


def _pattern_of(stain: str) -> re.Pattern[str]:
    words = {normal_form(stain), *map(normal_form, vocabulary()["stains"].get(stain, ()))}
    return re.compile("|".join(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])" for word in sorted(words)))


def check_labels(events: CellEvents, stains: Sequence[str], columns: Sequence[int]) -> None:
    """Refuse channels that the file's own labels contradict: exchanged stains give numbers that look right.

    Raises
    ------
    NotAnalysed
        ``channel_contradicts_stain`` if a stain's channel is labelled as another stain while a channel labelled as
        this one is there.
    """
    for stain, column in zip(stains, columns, strict=True):
        declared, own = events.channels[column], _pattern_of(stain)
        if own.search(normal_form(declared.stain)):
            continue
        others = (str(word) for word in vocabulary()["stains"] if word != stain)
        other = next((word for word in others if _pattern_of(word).search(normal_form(declared.stain))), None)
        labelled = _labelled(events.channels, own)
        if other is None or not labelled:
            continue
        rightful = events.channels[labelled[0]]
        raise NotAnalysed(
            code="channel_contradicts_stain",
            why=(
                f"channel {declared.name} is declared for {stain}, but '{events.source}' labels it '{declared.stain}', "
                f"and channel {rightful.name} '{rightful.stain}'. Correct `cytometry: channels:`"
            ),
        )


def find_scatter(events: CellEvents, which: str) -> int | None:
    """Return the column of ``"FSC-A"``, ``"FSC-H"``, ``"SSC-A"`` or ``"SSC-H"`` under any maker's name; else None."""
    kind, pulse = which.split("-")
    stem = _FORWARD if kind == "FSC" else _SIDE
    pattern = re.compile(stem + (_AREA if pulse == "A" else _HEIGHT))
    return next((i for i, c in enumerate(events.channels) if pattern.fullmatch(normal_form(c.name))), None)


def find_time(events: CellEvents) -> int | None:
    """Return the column of the time of each event; None where there is none."""
    return next(
        (i for i, c in enumerate(events.channels) if normal_form(c.name) in ("time", "hdr-t", "timestamp")), None
    )


def channel_label(channel: Channel) -> str:
    """Return a channel as an axis names it: the stain with the detector."""
    same = normal_form(channel.stain) == normal_form(channel.name)
    return channel.name if not channel.stain or same else f"{channel.stain} ({channel.name})"


def _labelled(channels: Sequence[Channel], stain: re.Pattern[str]) -> list[int]:
    return _matching(channels, lambda c: bool(stain.search(normal_form(c.stain))))


def _matching(channels: Sequence[Channel], fits: Callable[[Channel], bool]) -> list[int]:
    found = [i for i, channel in enumerate(channels) if fits(channel)]
    return sorted(found, key=lambda i: not channels[i].name.upper().endswith("-A"))
