"""Compensation from loose tubes: which tube is unstained, which channel each single stain belongs to, the matrix."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avpi.errors import InputError, NotAnalysed, Problem, nearest_word
from avpi.estimate import Finding
from avpi.flow.cells import single_cells
from avpi.flow.channels import UNSTAINED, find_scatter
from avpi.flow.compensation import LEAST_POSITIVE, POSITIVE_PERCENTILE, Spillover, can_be_inverted
from avpi.flow.controls import LIVING_SHARE
from avpi.flow.scales import top_of_scale
from avpi.flow.spillover_fit import Method, fit_spillover
from avpi.names import normal_form
from avpi.readings import CellEvents

_UNSTAINED_WORDS = re.compile(r"(?<![a-z])(unstained|unstain|blank|negative|neg|autofluorescence)(?![a-z])")
_LABEL_KEYWORDS = ("TUBE NAME", "$SMNO", "SAMPLE ID", "$WELLID")
_NO_DYE = re.compile(r"(fsc|ssc|fs|ss|forward scatter|side scatter|time|event.*|width|hdr.*)\b.*|.*[ -]w(idth)?")
_BRIGHT_PERCENTILE = 95.0  # of a tube's cells: what a stain reaches even where only some cells carry it


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensationTube:
    """A control as used: ``channel`` is ``"unstained"`` or a detector; ``chosen_by`` says how it was found.

    ``bright_share`` : share of its single cells that are brighter than 99 % of the unstained ones in that detector.
    """

    source: str
    channel: str
    chosen_by: Literal["given", "label", "brightness"]
    cells: int
    bright_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Compensation:
    """The matrix of a set of control tubes, the tubes, and what is to be known of them."""

    spillover: Spillover
    tubes: tuple[CompensationTube, ...]
    method: Method
    findings: tuple[Finding, ...]


def compensate_controls(
    tubes: Sequence[CellEvents], given: Mapping[str, str], *, method: Method = "regression"
) -> Compensation:
    """Compute a spillover matrix from an unstained tube and single stains.

    Parameters
    ----------
    tubes : control tubes as read, each once.
    given : tube's source -> channel (``$PnN`` or ``$PnS``) or ``"unstained"``; tubes that are absent are recognised by
        their names and labels, then by the detector in which they are brightest.
    method : see :mod:`avpi.flow.spillover_fit`.

    Raises
    ------
    InputError
        If tubes have different channels, a channel is unknown or claimed twice, or there is no unstained tube.
    NotAnalysed
        ``no_events`` if a tube has no finite events; ``spillover_unusable`` if the matrix cannot be inverted.
    """
    names = _shared_names(tubes)
    detectors = dye_channels(tubes[0])
    claimed = {source: _claimed(source, word, tubes[0], detectors) for source, word in given.items()}
    cells = {tube.source: single_cells(tube, tube.source) for tube in tubes}
    columns = [names.index(name) for name in detectors]
    # flowStats takes medians of all events; the line rests on single cells.
    values = {s: (own.linear if method == "median" else own.singlets)[:, columns] for s, own in cells.items()}
    unstained, how = _unstained(tubes, claimed, values)
    places = {unstained: how}
    singles: dict[str, str] = {}
    for tube in tubes:
        if tube.source != unstained:
            channel, places[tube.source] = _channel_of(tube, claimed, detectors, values, unstained)
            singles[tube.source] = channel
    _refuse_doubles(singles)
    negative = values[unstained]
    own = [name for name in detectors if name in singles.values()]
    index = [detectors.index(name) for name in own]
    cutoff = np.percentile(negative, POSITIVE_PERCENTILE, axis=0)
    shares = {
        s: float((values[s][:, detectors.index(c)] > cutoff[detectors.index(c)]).mean()) for s, c in singles.items()
    }
    living = [s for s in singles if shares[s] >= LIVING_SHARE and shares[s] * len(values[s]) >= LEAST_POSITIVE]
    stained = {own.index(singles[s]): values[s][:, index] for s in living}
    tops = [top_of_scale(tubes[0], columns[i]) for i in index]
    spillover = fit_spillover(negative[:, index], stained, own, tops, method=method)
    if not can_be_inverted(spillover.matrix):
        raise NotAnalysed(code="spillover_unusable", why="the single stains show the same light: no inverse")
    used = tuple(
        CompensationTube(
            source=tube.source,
            channel=UNSTAINED if tube.source == unstained else singles[tube.source],
            chosen_by=places[tube.source],
            cells=len(values[tube.source]),
            bright_share=shares.get(tube.source, 1 - POSITIVE_PERCENTILE / 100),
        )
        for tube in tubes
    )
    findings = (
        *_guessed(used),
        *_dead(used, living),
        *(f for c in cells.values() for f in c.findings if f.severity != "note"),
    )
    return Compensation(spillover=spillover, tubes=used, method=method, findings=findings)


def dye_channels(events: CellEvents) -> list[str]:
    """Return the channels that see dyes: no scatter, time or width, and of several pulses that which most have."""
    scatter = {find_scatter(events, which) for which in ("FSC-A", "FSC-H", "SSC-A", "SSC-H")}
    names = [
        channel.name
        for i, channel in enumerate(events.channels)
        if i not in scatter and not _NO_DYE.fullmatch(normal_form(channel.name))
    ]
    pulses = Counter(name[-2:].upper() for name in names if name[-2:].upper() in ("-A", "-H"))
    if not pulses:
        return names
    (pulse, _), *_ = sorted(pulses.items(), key=lambda item: (-item[1], item[0]))
    return [name for name in names if name[-2:].upper() == pulse]


def _shared_names(tubes: Sequence[CellEvents]) -> list[str]:
    names = [channel.name for channel in tubes[0].channels]
    problems = [
        Problem(
            file=tube.source, what=f"its channels are not those of '{tubes[0].source}'", expected=", ".join(names[:40])
        )
        for tube in tubes[1:]
        if [channel.name for channel in tube.channels] != names
    ]
    if problems:
        raise InputError(problems)
    return names


def _claimed(source: str, word: str, events: CellEvents, detectors: Sequence[str]) -> str:
    plain = normal_form(word)
    if plain == UNSTAINED:
        return UNSTAINED
    for channel in events.channels:
        if channel.name in detectors and plain in (normal_form(channel.name), normal_form(channel.stain)):
            return channel.name
    problem = Problem(
        file=source,
        what=f"'{word}' is no channel that sees a dye",
        expected=f"'{UNSTAINED}' or one of {', '.join(detectors[:40])}",
        hint=nearest_word(word, [UNSTAINED, *detectors]),
    )
    raise InputError(problem)


def _label(tube: CellEvents) -> str:
    stem = re.sub(r"\.[a-z0-9]{2,4}$", "", tube.source.rpartition("/")[2].lower())
    return normal_form(" ".join([stem, *(str(tube.text.get(key, "")) for key in _LABEL_KEYWORDS)]).replace("_", " "))


def _unstained(
    tubes: Sequence[CellEvents], claimed: Mapping[str, str], values: Mapping[str, NDArray[np.float64]]
) -> tuple[str, Literal["given", "label", "brightness"]]:
    given = [source for source, channel in claimed.items() if channel == UNSTAINED]
    labelled = [t.source for t in tubes if t.source not in claimed and _UNSTAINED_WORDS.search(_label(t))]
    for found, how in ((given, "given"), (labelled, "label")):
        if len(found) > 1:
            what = f"{' and '.join(found)} both seem to be unstained"
            raise InputError(Problem(file="CONTROLS", what=what, expected="one unstained tube"))
        if found:
            return found[0], how  # type: ignore[return-value]
    rest = [t.source for t in tubes if t.source not in claimed]
    if len(tubes) < 2 or not rest:
        raise InputError(Problem(file="CONTROLS", what="no tube is unstained", expected="one unstained tube"))
    # In its brightest detector a stained tube is above every unstained one, whatever the other detectors show.
    least = np.min([np.percentile(values[s], _BRIGHT_PERCENTILE, axis=0) for s in values], axis=0)
    least = np.maximum(least, 1e-9)
    rises = {s: float((np.percentile(values[s], _BRIGHT_PERCENTILE, axis=0) / least).max()) for s in rest}
    return min(rises, key=lambda source: rises[source]), "brightness"


def _channel_of(
    tube: CellEvents,
    claimed: Mapping[str, str],
    detectors: Sequence[str],
    values: Mapping[str, NDArray[np.float64]],
    unstained: str,
) -> tuple[str, Literal["given", "label", "brightness"]]:
    if tube.source in claimed:
        return claimed[tube.source], "given"
    label = f" {_label(tube)} "
    fits = []
    for channel in tube.channels:
        words = {normal_form(re.sub(r"-[AHW]$", "", channel.name)), normal_form(channel.stain)} - {""}
        if channel.name in detectors and any(
            re.search(rf"(?<![a-z0-9]){re.escape(w)}(?![a-z0-9])", label) for w in words
        ):
            fits.append(channel.name)
    if len(fits) == 1:
        return fits[0], "label"
    rise = np.percentile(values[tube.source], _BRIGHT_PERCENTILE, axis=0) - np.median(values[unstained], axis=0)
    return detectors[int(np.argmax(rise))], "brightness"


def _refuse_doubles(singles: Mapping[str, str]) -> None:
    times = Counter(singles.values())
    problems = [
        Problem(
            file="CONTROLS",
            what=f"{' and '.join(s for s, c in singles.items() if c == channel)} are both of the channel '{channel}'",
            expected="one single stain for each channel",
            hint="Say which is which with --tube FILE=CHANNEL",
        )
        for channel, count in times.items()
        if count > 1
    ]
    if problems or not singles:
        raise InputError(
            problems or [Problem(file="CONTROLS", what="there is no single stain", expected="at least one")]
        )


def _guessed(used: Sequence[CompensationTube]) -> list[Finding]:
    return [
        Finding(
            code="unstained_guessed",
            severity="warning",
            text=f"No tube is called unstained: '{tube.source}' was taken, the dimmest. If it carries a dye, the "
            f"matrix is wrong; say which tube it is with --tube FILE={UNSTAINED}.",
            subject=tube.source,
        )
        for tube in used
        if tube.channel == UNSTAINED and tube.chosen_by == "brightness"
    ]


def _dead(used: Sequence[CompensationTube], living: Sequence[str]) -> list[Finding]:
    return [
        Finding(
            code="dead_control",
            severity="warning",
            text=f"The single stain '{tube.source}' is no brighter than the unstained cells in {tube.channel}: "
            f"{tube.bright_share:.1%} of its cells exceed them, at least {LIVING_SHARE:.0%} were expected. Its "
            "spillover was taken as none.",
            subject=tube.source,
        )
        for tube in used
        if tube.channel != UNSTAINED and tube.source not in living
    ]
