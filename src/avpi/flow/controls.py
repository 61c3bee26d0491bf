"""Control tubes: unstained and single-stain cells, what they teach, and where they fail.

Single stains give the spillover matrix. Unstained cells, and cells that carry every stain but the one in
question, give the intensity above which a cell counts as positive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from avpi.errors import NotAnalysed, nearest_word
from avpi.estimate import Finding
from avpi.flow.cells import ScatterReference, single_cells
from avpi.flow.channels import UNSTAINED, check_labels, find_channel, find_stain
from avpi.flow.compensation import (
    POSITIVE_PERCENTILE,
    Spillover,
    can_be_inverted,
)
from avpi.flow.scales import top_of_scale
from avpi.flow.spillover_fit import fit_spillover
from avpi.names import vocabulary
from avpi.readings import CellEvents

LIVING_SHARE = 0.05  # of a single-stain tube's cells above the unstained ones; assumed: fewer, and the stain failed
LEAST_CELLS = 200  # single cells; assumed: with fewer the 99th percentile rests on one or two


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTube:
    """A control as declared: ``stain`` is ``"unstained"`` or the stain's name; ``experiment`` None for all."""

    stain: str
    experiment: str | None
    events: CellEvents


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlCells:
    """The single cells of a control, linear and not compensated: (n, channels) under the channels' names.

    ``detectors`` names the channel of each stain of the readout.
    """

    stain: str
    source: str
    detectors: Mapping[str, str]
    names: tuple[str, ...]
    linear: NDArray[np.float64]


def control_cells(
    tube: ControlTube, stains: Sequence[str], declared: Mapping[str, str], reference: ScatterReference | None
) -> tuple[ControlCells | None, list[Finding]]:
    """Gate a control to its single cells; None, with a finding, where it lacks a stain's channel or has few cells."""
    stain = UNSTAINED if tube.stain.strip().lower() == UNSTAINED else find_stain(tube.stain)
    source = tube.events.source
    known = vocabulary()["stains"]
    words = [UNSTAINED, *known, *(word for synonyms in known.values() for word in synonyms)]
    slip = "" if stain in words else nearest_word(stain, words)
    if slip:  # cells of a misspelt stain must not pass for cells without it; other dyes are welcome
        return None, [_unused(source, f"'{tube.stain}' is no stain that is known. {slip}")]
    try:
        columns = [find_channel(tube.events, s, declared) for s in stains]
        check_labels(tube.events, stains, columns)
        detectors = {s: tube.events.channels[column].name for s, column in zip(stains, columns, strict=True)}
        cells = single_cells(tube.events, source, reference=reference)
    except NotAnalysed as error:
        return None, [_unused(source, str(error))]
    if len(cells.singlets) < LEAST_CELLS:
        return None, [_unused(source, f"it has {len(cells.singlets):,} single cells, fewer than {LEAST_CELLS}")]
    return (
        ControlCells(
            stain=stain,
            source=source,
            names=tuple(channel.name for channel in tube.events.channels),
            detectors=detectors,
            linear=cells.singlets,
        ),
        [f for f in cells.findings if f.severity != "note"],
    )


def dead_controls(controls: Sequence[ControlCells], detectors: Mapping[str, str]) -> tuple[set[str], list[Finding]]:
    """Return the stains whose single-stain tube is no brighter than the unstained cells, with their findings.

    Parameters
    ----------
    controls : gated control tubes.
    detectors : stain -> name of its channel.
    """
    unstained = next((tube for tube in controls if tube.stain == UNSTAINED), None)
    if unstained is None:
        return set(), []
    dead, findings = set(), []
    for tube in controls:
        if tube.stain not in detectors:
            continue
        detector = detectors[tube.stain]
        share = _share_above(tube, unstained, detector)
        if share < LIVING_SHARE:
            dead.add(tube.stain)
            sentence = (
                f"The single stain '{tube.source}' is no brighter than the unstained cells in {detector}: {share:.1%} "
                f"of its cells exceed them, at least {LIVING_SHARE:.0%} were expected. Compensation and thresholds "
                "do without it."
            )
            findings.append(Finding(code="dead_control", severity="warning", text=sentence, subject=tube.source))
    return dead, findings


def exchanged_controls(controls: Sequence[ControlCells], detectors: Mapping[str, str], dead: Set[str]) -> list[Finding]:
    """Return a finding if single stains shine where another stain should: they may be exchanged, or hold both.

    Either a dead single stain is bright in the detector of another stain, or two single stains are each brighter in
    the other's detector, which spillover cannot do: of two dyes at least one is brightest in its own.
    """
    unstained = next((tube for tube in controls if tube.stain == UNSTAINED), None)
    singles = [tube for tube in controls if tube.stain in detectors]
    odd = [
        f"'{tube.source}' ({tube.stain}) is bright in {detector}, the channel of {stain}, and not in its own"
        for tube in singles
        for stain, detector in detectors.items()
        if unstained is not None
        and tube.stain in dead
        and stain != tube.stain
        and _share_above(tube, unstained, detector) >= LIVING_SHARE
    ]
    if not odd:
        odd = [
            f"'{one.source}' ({one.stain}) and '{other.source}' ({other.stain}) are each the brighter in the other's "
            "channel"
            for one, other in combinations(singles, 2)
            if _brightest(other, detectors[one.stain]) > _brightest(one, detectors[one.stain])
            and _brightest(one, detectors[other.stain]) > _brightest(other, detectors[other.stain])
        ]
    if not odd:
        return []
    sentence = (
        f"{'; '.join(odd)}: the single stains may be exchanged. No control tube was used for thresholds or "
        "compensation. Correct `cytometry: controls:`."
    )
    return [Finding(code="controls_may_be_swapped", severity="warning", text=sentence, subject=singles[0].source)]


def _share_above(tube: ControlCells, unstained: ControlCells, detector: str) -> float:
    """Return the share of a tube's cells that are brighter than the unstained ones."""
    cutoff = np.percentile(_column(unstained, detector), POSITIVE_PERCENTILE)
    return float((_column(tube, detector) > cutoff).mean())


def _brightest(tube: ControlCells, detector: str) -> float:
    return float(np.percentile(_column(tube, detector), POSITIVE_PERCENTILE))


def spillover_of_controls(
    controls: Sequence[ControlCells],
    detectors: Mapping[str, str],
    dead: set[str],
    tops: Mapping[str, float],
) -> tuple[Spillover | None, list[Finding]]:
    """Return the matrix computed from single stains; None without an unstained tube or any living single stain."""
    unstained = next((tube for tube in controls if tube.stain == UNSTAINED), None)
    names = list(dict.fromkeys(detectors.values()))
    stained = {
        names.index(detectors[tube.stain]): _columns(tube, names)
        for tube in controls
        if tube.stain in detectors and tube.stain not in dead
    }
    if unstained is None or not stained or len(names) < 2:
        return None, []
    spillover = fit_spillover(_columns(unstained, names), stained, names, [tops.get(name, 0.0) for name in names])
    if not can_be_inverted(spillover.matrix):
        sentence = "The spillover computed from the single stains cannot be inverted: they show the same light."
        return None, [Finding(code="spillover_unusable", severity="warning", text=sentence, subject=unstained.source)]
    missing = [stain for stain, name in detectors.items() if names.index(name) not in stained]
    if missing:
        sentence = f"There is no usable single stain of {', '.join(missing)}: its spillover was taken as none."
        return spillover, [
            Finding(code="single_stain_missing", severity="warning", text=sentence, subject=unstained.source)
        ]
    return spillover, []


def same_detectors(controls: Sequence[ControlCells]) -> tuple[list[ControlCells], list[Finding]]:
    """Return the controls whose stains have the channels of the first one, and findings about the others."""
    kept, findings = [], []
    for tube in controls:
        if tube.detectors == controls[0].detectors:
            kept.append(tube)
        else:
            findings.append(_unused(tube.source, f"its channels are not those of '{controls[0].source}'"))
    return kept, findings


def tops_of(tubes: Sequence[ControlTube]) -> dict[str, float]:
    """Return the end of each channel's scale, from the first tube that has it."""
    tops: dict[str, float] = {}
    for tube in tubes:
        for column, channel in enumerate(tube.events.channels):
            tops.setdefault(channel.name, top_of_scale(tube.events, column))
    return tops


def _columns(tube: ControlCells, names: Sequence[str]) -> NDArray[np.float64]:
    return tube.linear[:, [tube.names.index(name) for name in names]]


def _column(tube: ControlCells, name: str) -> NDArray[np.float64]:
    return tube.linear[:, tube.names.index(name)]


def _unused(source: str, why: str) -> Finding:
    return Finding(
        code="control_not_used", severity="warning", text=f"The control was not used, because {why}.", subject=source
    )
