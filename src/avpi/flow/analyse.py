"""One cytometry sample from events to shares of cells: the flow of the room, top to bottom.

Control tubes are gated once for each experiment (:func:`gate_by_controls`); each sample is then gated with what
they gave (:func:`analyse_sample`): debris, doublets, compensation, thresholds, shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from avpi.errors import NotAnalysed
from avpi.estimate import Finding, Severity
from avpi.flow.cells import SingleCells, scatter_reference, single_cells
from avpi.flow.channels import STAINS_OF_READOUT, check_labels, find_channel
from avpi.flow.compensation import Spillover, compensated, largest_difference, spillover_of_file
from avpi.flow.controls import (
    ControlTube,
    control_cells,
    dead_controls,
    exchanged_controls,
    same_detectors,
    spillover_of_controls,
    tops_of,
)
from avpi.flow.count_cells import count_cells
from avpi.flow.fractions import shares_of
from avpi.flow.frozen import as_gating_ml, counted_gates, freeze
from avpi.flow.manual_gates import manual_gates
from avpi.flow.pictures import scatters_of, stain_scale
from avpi.flow.results import VOLTAGES, SampleResult
from avpi.flow.stain_patterns import patterns_of, readout_of, viable_share
from avpi.flow.thresholds import NEGATIVE_PERCENTILE, Cutoff, Thresholds, cutoff_from_valley, manual_cutoffs
from avpi.names import Condition, find_readout
from avpi.readings import CellEvents
from avpi.study.conditions import ConditionWords
from avpi.study.overrides import Overrides
from avpi.study.schema import Cytometry, Rules, Sample

TARGET_SINGLETS = 10_000
"""Single cells to acquire: a share of one half is then known to one in a hundred."""
_SPILLOVER_AGREES = 0.05  # of a matrix entry; assumed: a larger difference moves cells across a threshold

_INSTRUMENT = ("$CYT", "$CYTSN", "$SYS", "$DATE", "CREATOR")  # keywords that MIFlowCyt asks for
_LONGEST_WORD = 100  # characters of such a keyword; assumed: longer ones are no name
NO_OVERRIDES = Overrides()

__all__ = ["ControlTube", "Thresholds", "analyse_sample", "analyse_tube", "gate_by_controls"]


def gate_by_controls(
    controls: Sequence[ControlTube], cytometry: Cytometry, declared: Spillover | None = None
) -> Thresholds:
    """Learn compensation, forward scatter of whole cells and thresholds from an experiment's control tubes.

    Parameters
    ----------
    controls : tubes of the experiment or of all; may be empty, and thresholds then come from each sample.
    cytometry : how samples were stained. With a readout that is none of cytometry's nothing is learnt, and each
        sample says so.
    """
    readout = find_readout(cytometry.readout) or ""
    if not controls or readout not in STAINS_OF_READOUT:
        return Thresholds(cytometry=cytometry, declared=declared)
    stains = STAINS_OF_READOUT[readout]
    scatter = scatter_reference([tube.events for tube in controls])
    usable, findings = [], []
    for tube in controls:
        cells, found = control_cells(tube, stains, cytometry.channels, scatter)
        findings += found
        if cells is not None:
            usable.append(cells)
    usable, found = same_detectors(usable)
    findings += found
    detectors = usable[0].detectors if usable else {}
    dead, found = dead_controls(usable, detectors)
    findings += found
    if exchanged := exchanged_controls(usable, detectors, dead):
        return Thresholds(cytometry=cytometry, declared=declared, scatter=scatter, findings=(*findings, *exchanged))
    computed, found = spillover_of_controls(usable, detectors, dead, tops_of(controls))
    findings += found
    # A tube whose stain failed may hold anything: its cells are no example of cells without the other stains.
    living = tuple(tube for tube in usable if tube.stain not in dead)
    return Thresholds(
        cytometry=cytometry,
        controls=living,
        computed=computed,
        declared=declared,
        scatter=scatter,
        findings=tuple(findings),
    )


def analyse_sample(
    events: CellEvents,
    declared: Sample,
    thresholds: Thresholds,
    words: ConditionWords,
    rules: Rules,
    overrides: Overrides,
) -> SampleResult:
    """Gate one sample and count what its readout asks for.

    Parameters
    ----------
    events : the sample's events as stored.
    declared : the sample's entry in study.yaml.
    thresholds : from the control tubes of its experiment.
    words : the study's words for conditions.
    rules : the numbers of single cells that are asked for.
    overrides : corrections by hand; target ``"<sample>/thresholds"``, set ``{"annexin_v": intensity}``, and
        ``"<sample>/gates"`` (:mod:`avpi.flow.manual_gates`).

    Raises
    ------
    NotAnalysed
        ``channel_not_found``, ``channel_contradicts_stain``, ``spillover_does_not_fit``, ``no_events`` or
        ``readout_not_gated``.
    StudyError
        If a correction is no number.
    """
    condition = words.condition(declared.condition)
    return replace(
        analyse_tube(events, declared.name, thresholds, rules, overrides),
        experiment=declared.experiment,
        condition=condition,
        described=words.describe(condition),
        at_working_doses=words.at_working_doses(condition),
        minutes_after_dose=declared.time,
    )


def analyse_tube(
    events: CellEvents, name: str, thresholds: Thresholds, rules: Rules, overrides: Overrides = NO_OVERRIDES
) -> SampleResult:
    """Gate one file of which nothing is declared but its name; see :func:`analyse_sample`."""
    readout = readout_of(thresholds.cytometry.readout)
    stains = STAINS_OF_READOUT[readout]
    columns = _columns_of_stains(events, stains, thresholds.cytometry.channels)
    detectors = [events.channels[column].name for column in columns]
    by_hand = manual_gates(name, overrides.of(f"{name}/gates"))
    cells = single_cells(events, name, reference=thresholds.scatter, stains=columns, by_hand=by_hand)
    spillover, findings = _choose_spillover(events, detectors, thresholds, name)
    names = [channel.name for channel in events.channels]
    stained = compensated(cells.singlets, names, spillover)[:, columns]
    manual = manual_cutoffs(name, overrides.of(f"{name}/thresholds"), stains)
    cutoffs = [
        manual.get(stain) or thresholds.cutoff(stain, detector, spillover) or cutoff_from_valley(stain, stained[:, i])
        for i, (stain, detector) in enumerate(zip(stains, detectors, strict=True))
    ]
    frozen = freeze(cells, columns, spillover, cutoffs)
    counts = count_cells(events, frozen)
    patterns = patterns_of(readout)
    shares = shares_of(counts.bins, cutoffs, patterns)
    viable, viable_log, viable_log_se = viable_share(readout, shares, counts.singlets)
    findings = [
        *findings,
        *_threshold_findings(cutoffs, name),
        *_event_findings(counts.singlets, rules, name),
        *_reader_findings(events, name),
    ]
    return SampleResult(
        name=name,
        experiment="",
        condition=Condition.DMSO,
        described="",
        at_working_doses=False,
        readout=readout,
        minutes_after_dose=None,
        events=counts.events,
        cells=counts.cells,
        singlets=counts.singlets,
        counts=shares.counts,
        fractions=shares.fractions,
        viable=viable,
        viable_log=viable_log,
        viable_log_se=viable_log_se,
        gates=counted_gates(cells.gates, counts),
        scatters=scatters_of(cells, columns, stained, cutoffs),
        passes=not any(finding.severity == "blocking" for finding in findings),
        findings=(*cells.findings, *thresholds.findings, *findings),
        method={
            **_method(cells, detectors, spillover, cutoffs),
            "scales": {s: str(stain_scale(cells, columns[i], stained[:, i])) for i, s in enumerate(stains)},
        },
        fractions_with_debris=shares_of(counts.bins_with_debris, cutoffs, patterns).fractions,
        gating=as_gating_ml(frozen, names, columns, spillover, patterns),
        instrument=_instrument(events, [cells.forward, cells.side, *columns]),
    )


def _instrument(events: CellEvents, columns: Sequence[int | None]) -> dict[str, str]:
    """Return what the file says of the cytometer, with the voltages of the detectors that were used."""
    said = {key: str(events.text[key])[:_LONGEST_WORD] for key in _INSTRUMENT if events.text.get(key)}
    known = ", ".join(
        f"{events.channels[column].name} {events.text[f'$P{column + 1}V'][:_LONGEST_WORD]}"
        for column in columns
        if column is not None and events.text.get(f"$P{column + 1}V")
    )
    return {**said, VOLTAGES: known} if known else said


def _columns_of_stains(events: CellEvents, stains: Sequence[str], declared: Mapping[str, str]) -> list[int]:
    columns = [find_channel(events, stain, declared) for stain in stains]
    if len(set(columns)) < len(columns):
        name = events.channels[columns[0]].name
        raise NotAnalysed(
            code="channel_not_found",
            why=f"{' and '.join(stains)} were both found in channel {name}; set `cytometry: channels:`",
        )
    check_labels(events, stains, columns)
    return columns


def _choose_spillover(
    events: CellEvents, detectors: Sequence[str], thresholds: Thresholds, subject: str
) -> tuple[Spillover | None, list[Finding]]:
    """Return the declared matrix, else the file's own, else the one of the single stains, else none with a finding."""
    if thresholds.declared is not None:
        absent = set(thresholds.declared.detectors) - {channel.name for channel in events.channels}
        if absent or not set(detectors) <= set(thresholds.declared.detectors):
            odd = sorted(absent or set(detectors) - set(thresholds.declared.detectors))
            why = f"the declared spillover matrix and '{events.source}' do not share {', '.join(odd[:5])}"
            raise NotAnalysed(code="spillover_does_not_fit", why=why)
        return thresholds.declared, []
    own, computed = spillover_of_file(events, detectors), thresholds.computed
    if own is not None:
        apart = largest_difference(own, computed) if computed is not None else 0.0
        if apart <= _SPILLOVER_AGREES:
            return own, []
        sentence = (
            f"The file's spillover matrix and the single stains differ by up to {apart:.2f}; the file's was used."
        )
        return own, [Finding(code="spillover_disagrees", severity="warning", text=sentence, subject=subject)]
    if computed is not None and set(computed.detectors) <= {channel.name for channel in events.channels}:
        return computed, []
    alone = len(detectors) == 1
    sentence = "Neither the file nor single-stain tubes give a spillover matrix: intensities are not compensated" + (
        "; other dyes may add light to the one channel that was read."
        if alone
        else ", and one stain's light counts for the other's. Quadrants may be far off, and no interval knows of it."
    )
    severity: Severity = "note" if alone else "warning"
    return None, [Finding(code="uncompensated", severity=severity, text=sentence, subject=subject)]


def _threshold_findings(cutoffs: Sequence[Cutoff], subject: str) -> list[Finding]:
    guessed = [cutoff for cutoff in cutoffs if cutoff.origin == "auto"]
    if not guessed:
        return []
    stains = " and ".join(cutoff.stain for cutoff in guessed)
    sentence = (
        f"No control tube shows cells without {stains}: the threshold is the valley of this sample's own intensities."
    )
    lone = [cutoff.stain for cutoff in guessed if not cutoff.separated]
    if lone:
        sentence += (
            f" Only one population was seen in {' and '.join(lone)}; it was taken for negative and the threshold set "
            "above it. Add an unstained tube."
        )
    return [Finding(code="threshold_without_controls", severity="warning", text=sentence, subject=subject)]


def _event_findings(singlets: int, rules: Rules, subject: str) -> list[Finding]:
    acquire = f" Acquire {TARGET_SINGLETS:,}."
    if singlets < rules.events_fail:
        sentence = f"{singlets:,} single cells are fewer than {rules.events_fail:,}: the sample is not used."
        return [Finding(code="too_few_events", severity="blocking", text=sentence + acquire, subject=subject)]
    if singlets < rules.events_warn:
        sentence = f"{singlets:,} single cells are fewer than {rules.events_warn:,}: shares are uncertain."
        return [Finding(code="few_events", severity="warning", text=sentence + acquire, subject=subject)]
    return []


def _reader_findings(events: CellEvents, subject: str) -> list[Finding]:
    seen = {"events_not_finite"}  # the gates report it with the number of events that were left out
    return [
        Finding(code=caveat.code, severity="note", text=caveat.text, subject=subject)
        for caveat in events.caveats
        if caveat.code not in seen
    ]


def _method(
    cells: SingleCells, detectors: Sequence[str], spillover: Spillover | None, cutoffs: Sequence[Cutoff]
) -> Mapping[str, Any]:
    """Return names and parameters for the methods paragraph."""
    return {
        "channels": {cutoff.stain: detector for cutoff, detector in zip(cutoffs, detectors, strict=True)},
        "compensation": spillover.origin if spillover else "none",
        "spillover_detectors": list(spillover.detectors) if spillover else [],
        "spillover": np.round(spillover.matrix, 6).tolist() if spillover else [],
        "gates": {gate.name: gate.origin for gate in cells.gates},
        "negative_percentile": NEGATIVE_PERCENTILE,
        "thresholds": {
            cutoff.stain: {
                "value": cutoff.value,
                "low": cutoff.low,
                "high": cutoff.high,
                "origin": cutoff.origin,
                "false_positive": cutoff.false_positive,
            }
            for cutoff in cutoffs
        },
    }
