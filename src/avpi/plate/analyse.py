"""One plate, from the reader's values to viability by condition: the flow of this room, top to bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from avpi.estimate import Finding
from avpi.names import WellRole
from avpi.plate.arms import Errors, plate_arms, plate_errors
from avpi.plate.impossible import set_aside_impossible
from avpi.plate.normalise import Scale, normalise, plate_scale
from avpi.plate.outliers import outlying_wells
from avpi.plate.position import PositionField, position_field, without_place
from avpi.plate.quality import plate_quality
from avpi.plate.results import PlateResult
from avpi.plate.select import Selection, select_read
from avpi.plate.wells import join_wells, label_wells
from avpi.readings import PlateLayout, PlateReading
from avpi.study.conditions import ConditionWords
from avpi.study.schema import Layout, PlateFile, Rules


def analyse_plate(
    reading: PlateReading, layout: PlateLayout, declared: PlateFile, words: ConditionWords, rules: Rules
) -> PlateResult:
    """Normalise one plate to its own vehicle and summarise each condition.

    Parameters
    ----------
    reading : the reader's export.
    layout : what the layout file says of each well, in its own words.
    declared : the plate as study.yaml declares it.
    words : the study's vocabulary for conditions and its working doses.
    rules : thresholds of the quality gate.

    Raises
    ------
    NotAnalysed
        The plate or read cannot be chosen, is of another mode, does not fit its layout, has no vehicle wells, or its
        vehicle does not read above the background or far below what was treated.
    StudyError
        Words of the layout that are not understood, all at once.
    """
    selection = select_read(reading, declared)
    stated = declared.layout if isinstance(declared.layout, Layout) else None
    contents = label_wells(layout, stated, words)
    unlabelled: WellRole | None = stated.unlabelled if stated else None
    joined, mismatches = join_wells(selection.read, contents, layout, unlabelled, declared.name)
    joined, impossible = set_aside_impossible(joined, declared.name)

    as_read, scaling = plate_scale(joined, declared.name)
    shape = (int(selection.read.values.shape[0]), int(selection.read.values.shape[1]))
    quality, passes, gate = plate_quality(joined, as_read, rules, declared.name, shape)
    field = position_field(joined, as_read.background, shape)
    placed, positions = without_place(joined, field, as_read.background, declared.name)
    scale, _ = plate_scale(placed, declared.name)
    wells = normalise(placed, scale)
    outliers, outlying = outlying_wells(wells, scale, words, declared.name)
    errors = plate_errors(wells, scale, outliers)
    arms, losses = plate_arms(wells, scale, errors, words, declared.name)
    return PlateResult(
        name=declared.name,
        experiment=declared.experiment,
        readout=declared.readout,
        reader=reading.reader,
        plate=selection.plate.name,
        read=selection.label,
        shape=shape,
        wells=wells,
        arms=arms,
        quality=quality,
        passes=passes,
        findings=_ordered(
            [*selection.findings, *mismatches, *impossible, *scaling, *gate, *positions, *outlying, *losses]
        ),
        method=_method(selection, scale, errors, field, rules),
        minutes_after_dose=declared.minutes_after_dose,
        time_zero=declared.time_zero,
    )


def _ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    order = {"blocking": 0, "warning": 1, "note": 2}
    return tuple(sorted(findings, key=lambda finding: order[finding.severity]))


def _method(
    selection: Selection, scale: Scale, errors: Errors, field: PositionField, rules: Rules
) -> Mapping[str, Any]:
    """Return how the plate was analysed, every parameter spelled out."""
    return {
        "viability": "(well - background) / (vehicle - background), medians of the plate's own wells, not clipped",
        "background": scale.background_kind,
        "background_level": scale.background,
        "background_wells": len(scale.background_values),
        "vehicle_level": scale.vehicle,
        "vehicle_wells": len(scale.vehicle_values),
        "unit": selection.read.unit,
        "mode": selection.read.mode,
        "kind": selection.read.kind,
        "position": f"LOESS of DMSO wells: {field.state}" + (f" ({field.reason})" if field.reason else ""),
        "position_gain": field.gain,
        "position_p_value": field.p_value,
        "spread": "sd^2 = floor^2 + (cv signal)^2, fitted to all groups of equal wells on the plate, outliers left out",
        "spread_cv": errors.spread.cv,
        "spread_floor": errors.spread.floor,
        "spread_df": errors.spread.df,
        "z_prime_warn": rules.z_prime_warn,
        "z_prime_fail": rules.z_prime_fail,
    }
