"""One blot from image to bands with volumes: everything before a number is compared with another.

picture -> polarity -> integrity -> lanes (given how many) -> the control's row -> the target's row, led by the
control's smile -> one fit of each row. Nothing here needs a vehicle lane.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.blot.exposures import ExposureSeries
from avpi.blot.findings import picture_findings
from avpi.blot.integrity import unrecoverable
from avpi.blot.integrity_bands import beside_cut_borders, examine_bands
from avpi.blot.integrity_borders import cut_borders
from avpi.blot.integrity_probe import Probed, earlier_probe_findings
from avpi.blot.lane_guide import Guide
from avpi.blot.lanes import Lanes, as_guide, find_guided_lanes, find_lanes
from avpi.blot.layout import LaneLayout, lane_layout
from avpi.blot.polarity import Signal, as_signal
from avpi.blot.probe import Picture, Probe, guided, neighbour_probes, read_protein, row_for, take_picture
from avpi.blot.row_choice import RowChoice
from avpi.errors import NotAnalysed
from avpi.estimate import Finding
from avpi.names import vocabulary
from avpi.readings import BlotImage
from avpi.study.conditions import ConditionWords
from avpi.study.overrides import Overrides
from avpi.study.schema import Blot

MOSTLY_SATURATED = 0.01
"""Share of saturated pixels from which on a picture without bands is one of bands that all ran into the top."""
EVENLY_FLAT = 0.9
"""Share from which on it is a picture of nothing."""
ONE_ROW = 0.5
"""Rows nearer than this many band thicknesses are one (assumed: two bands so near are never told apart)."""
STRONG, UNDIVIDED = 0.3, 0.95
"""Lanes at least so strong, compared with the strongest, must be parted by gaps: where the signal half-way between two
is this share of their own or more, one band was taken for several lanes (assumed; lanes that touch dip to 0.8)."""
PARTED = 0.25
"""Where at least this share of the pairs is parted, the others are lanes that run into each other (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredBlot:
    """The bands of one blot.

    Attributes
    ----------
    layout : which lane of the picture is which of the study.
    target, control, neighbours : each protein in every lane of its picture, left to right.
    findings : what the pictures themselves take away.
    """

    layout: LaneLayout
    target: Probe
    control: Probe | None
    neighbours: tuple[Probe, ...]
    findings: tuple[Finding, ...]


ALLOW_LOSSY = "With 'allow_lossy: true' at the blot in study.yaml it is quantified all the same, with a caveat."
"""Advice of a study; 'avpi blot quantify' reads a JPEG and says what it is."""


def measure_blot(
    image: BlotImage,
    control_image: BlotImage | None,
    declared: Blot,
    words: ConditionWords,
    overrides: Overrides,
    *,
    series: ExposureSeries | None = None,
) -> MeasuredBlot:
    """Find and measure the bands of one blot.

    Parameters
    ----------
    image : the target's image.
    control_image : the loading control's, where ``declared.loading_control.image`` names one.
    declared : what is said of the blot: lanes, rows, loading control, neighbours.
    words : the words for conditions.
    overrides : corrections of boxes.
    series : the target's exposures as one picture, where there are several; ``image`` is the longest.

    Raises
    ------
    NotAnalysed
        ``lossy_image``, ``lane_count``, ``no_bands``, ``row_unknown``, ``same_row``, ``no_control_image`` or
        ``bad_override``.
    """
    _refuse_before_reading(image, control_image, declared)
    _refuse_rows_outside(image, control_image, declared)
    layout = lane_layout(declared, words)
    own = as_signal(image) if series is None else series.signal
    target_picture, control_picture = _pictures(image, own, control_image, declared, layout)
    control = None
    if control_picture is not None:
        choice = _control_row(target_picture, control_picture, declared, layout)
        by_hand = _by_hand(declared, layout, overrides, "/control")
        name = declared.loading_control.name if declared.loading_control else ""
        control = read_protein(
            control_picture, "control", name, choice=choice, reference=layout.loaded(), by_hand=by_hand
        )
        target_picture = guided(target_picture, control)
    choice = _target_row(target_picture, control, declared, layout)
    if control is not None:
        _refuse_one_row_for_both(choice, target_picture, control, declared, layout)
    by_hand = _by_hand(declared, layout, overrides, "")
    target = read_target(target_picture, choice, declared, layout, by_hand)
    _refuse_undivided(target if control is None else control)
    findings = picture_findings(target, control, declared)
    target, cut = _without_cut_bands(target, layout, declared)
    findings += cut
    if control is not None:
        control, cut = _without_cut_bands(control, layout, declared)
        findings += cut
        if control.picture.image is not target.picture.image:
            known = [
                target.choice.row.y_px + probe.offset_px
                for probe in neighbour_probes(target, _neighbour_names(declared))
                if probe.name in {neighbour.name for neighbour in declared.neighbours}
            ]
            findings += earlier_probe_findings(_probed(target, known), _probed(control, ()), declared.name)
    return MeasuredBlot(
        layout=layout,
        target=target,
        control=control,
        neighbours=neighbour_probes(target, _neighbour_names(declared)),
        findings=(*findings, *(() if series is None else series.findings)),
    )


def _refuse_one_row_for_both(
    choice: RowChoice, picture: Picture, control: Probe, declared: Blot, layout: LaneLayout
) -> None:
    """Refuse a target that is its own loading control: every ratio would be 100 %.

    Raises
    ------
    NotAnalysed
        ``same_row``.
    """
    if control.choice.empty or not np.array_equal(picture.image.pixels, control.picture.image.pixels):
        return
    if choice.far_from_hint:
        # The row at the hint may have been passed over because it is the control's.
        choice = row_for(picture, hint_px=choice.hint_px, reference=layout.references())
    if not choice.empty and abs(choice.row.y_px - control.choice.row.y_px) < ONE_ROW * choice.row.fwhm_px:
        why = (
            f"{declared.target} and {control.name} were both read at row {choice.row.y_px:.0f} of "
            f"{picture.image.source}: the target cannot be its own loading control. Give 'target_row' and "
            "'loading_control.row', each at its own band, or the control's own image."
        )
        raise NotAnalysed("same_row", why)


def _refuse_undivided(probe: Probe) -> None:
    """Refuse lanes without gaps between them: a strip of one lane shows one band, however many lanes are declared.

    Raises
    ------
    NotAnalysed
        ``lane_count``.
    """
    volumes = np.array([volume.volume for volume in probe.volumes])
    strong = volumes >= STRONG * float(volumes.max(initial=0.0))
    boxes, values = [volume.box for volume in probe.volumes], probe.picture.signal.values
    shares = []
    for left, right in pairwise(range(len(boxes))):
        if strong[left] and strong[right]:
            x, y = (boxes[left].x_px, boxes[right].x_px), (boxes[left].y_px, boxes[right].y_px)
            steps = np.array([0.0, 0.5, 1.0])
            places = zip(x[0] + steps * (x[1] - x[0]), y[0] + steps * (y[1] - y[0]), strict=True)
            seen = [_height(values, column, row, probe.trace.fwhm_px) for column, row in places]
            shares.append(seen[1] / max(min(seen[0], seen[2]), 1e-9))
    if len(boxes) > 1 and shares and float(np.quantile(shares, PARTED)) > UNDIVIDED:
        why = (
            f"{probe.picture.image.source} shows no gaps between the {len(boxes)} lanes that are declared: one band "
            "runs through them. Declare the number of lanes that the image shows."
        )
        raise NotAnalysed("lane_count", why)


def _height(values: NDArray[np.float64], x_px: float, y_px: float, fwhm_px: float) -> float:
    """Return how high a column stands at a row above the rows around it."""
    half = max(1, round(fwhm_px / 2))
    column = values[:, int(np.clip(round(x_px), 0, values.shape[1] - 1))]
    y = int(np.clip(round(y_px), 0, values.shape[0] - 1))
    around = column[max(0, y - 6 * half) : y + 6 * half + 1]
    return float(column[max(0, y - half) : y + half + 1].mean() - np.quantile(around, 0.1))


def _probed(probe: Probe, known_rows_px: Sequence[float]) -> Probed:
    picture = probe.picture
    return Probed(
        values=picture.signal.values,
        lanes_x_px=picture.lanes.x_px,
        pitch_px=picture.lanes.pitch_px,
        row_px=probe.choice.row.y_px,
        known_rows_px=tuple(known_rows_px),
        fwhm_px=probe.trace.fwhm_px,
        name=probe.name,
        source=picture.image.source,
    )


def _without_cut_bands(probe: Probe, layout: LaneLayout, declared: Blot) -> tuple[Probe, list[Finding]]:
    """Return a protein with the bands marked that run into the border of the image: they have no volume."""
    lanes = layout.sample_lanes
    places = [layout.index(number) for number in lanes]
    flaws = examine_bands(
        probe.picture.signal,
        [probe.volumes[at].box for at in places],
        lanes=lanes,
        name=probe.name,
        source=probe.picture.image.source,
        subject=declared.name,
    )
    cut = [flaw for flaw in flaws if flaw.code == "cut_band"]
    gone = {layout.index(flaw.lane) for flaw in cut}
    findings = [flaw.finding for flaw in cut]
    picture = probe.picture
    why = beside_cut_borders(
        cut_borders(picture.signal.values, float(np.sqrt(picture.noise.floor))),
        picture.image.pixels.shape,
        [probe.volumes[at].box for at in places],
        lanes_x_px=picture.lanes.x_px,
        pitch_px=picture.lanes.pitch_px,
    )
    if why:
        gone = set(range(len(probe.volumes)))
        text = (
            f"{probe.name} is not measured in any lane of {picture.image.source}: {why}, and part of the bands was "
            "cropped away. Use the uncropped image."
        )
        findings = [Finding(code="cut_band", severity="warning", text=text, subject=declared.name)]
    volumes = tuple(replace(volume, cut=at in gone) for at, volume in enumerate(probe.volumes))
    return replace(probe, volumes=volumes), findings


def refuse_unrecoverable(measured: MeasuredBlot, declared: Blot) -> None:
    """Refuse a blot whose pictures were changed so that no volume can be right.

    Raises
    ------
    NotAnalysed
        With the code of the finding that says so.
    """
    fatal = unrecoverable(measured.findings, allow_lossy=declared.allow_lossy)
    if fatal is not None:
        advice = f" {ALLOW_LOSSY}" if fatal.code == "hidden_jpeg" else ""
        raise NotAnalysed(fatal.code, fatal.text + advice)


def _refuse_before_reading(image: BlotImage, control_image: BlotImage | None, declared: Blot) -> None:
    for picture in (image, control_image):
        if picture is not None and picture.lossy and not declared.allow_lossy:
            why = (
                f"{picture.source} is a JPEG: lossy compression changes band volumes. Export 16-bit TIFF from "
                f"the imager. {ALLOW_LOSSY}"
            )
            raise NotAnalysed("lossy_image", why)
    control = declared.loading_control
    if control is not None and control.image is not None and control_image is None:
        why = f"the image of its loading control, {control.image}, was not read."
        raise NotAnalysed("no_control_image", why)


def _refuse_rows_outside(image: BlotImage, control_image: BlotImage | None, declared: Blot) -> None:
    control = declared.loading_control
    hints = ((declared.target_row, image), (control.row if control else None, control_image or image))
    for row_px, picture in hints:
        if row_px is not None and row_px >= picture.pixels.shape[0]:
            why = f"row {row_px:g} lies below the image {picture.source}, which has {picture.pixels.shape[0]} rows."
            raise NotAnalysed("row_unknown", why)


def _by_hand(declared: Blot, layout: LaneLayout, overrides: Overrides, suffix: str) -> Mapping[int, Mapping[str, Any]]:
    """Return corrections of boxes by index from the left."""
    wanted = {
        layout.index(number): overrides.of(f"{declared.name}/lane{number}{suffix}")
        for number in range(1, layout.count + 1)
    }
    return {index: values for index, values in wanted.items() if values}


def _pictures(
    image: BlotImage, signal: Signal, control_image: BlotImage | None, declared: Blot, layout: LaneLayout
) -> tuple[Picture, Picture | None]:
    """Return the target's picture and the control's; the control's lanes guide the target's."""
    control = declared.loading_control
    if control is None or control_image is None:
        hint = declared.target_row if control is None or control.row is None else control.row
        lanes = _lanes(signal, image, layout, hint, complete=control is not None)
        picture = take_picture(image, signal, lanes)
        return picture, (picture if control is not None else None)
    control_signal = as_signal(control_image)
    control_lanes = _lanes(control_signal, control_image, layout, control.row, complete=True)
    guide = as_guide(control_lanes, control_signal.values.shape)
    lanes = _lanes(signal, image, layout, declared.target_row, guide=guide)
    return take_picture(image, signal, lanes), take_picture(control_image, control_signal, control_lanes)


def _lanes(
    signal: Signal,
    image: BlotImage,
    layout: LaneLayout,
    row_px: float | None,
    *,
    guide: Guide | None = None,
    complete: bool = False,
) -> Lanes:
    count = layout.count
    try:
        every = complete and bool(layout.loaded().all())
        if guide is not None:
            lanes = find_guided_lanes(signal.values, guide, row_px=row_px, expected=layout.references())
        else:
            lanes = find_lanes(signal.values, count, row_px=row_px, complete=every)
    except NotAnalysed as refused:
        # Polarity cannot be told of such a picture, so the stored end of the scale is asked.
        lost = float(np.mean(image.pixels == image.pixels.max()))
        if refused.code == "no_bands" and MOSTLY_SATURATED < lost < EVENLY_FLAT:
            why = (
                f"{lost:.0%} of {image.source} is saturated: no band can be told from another. Use a shorter exposure."
            )
            raise NotAnalysed("saturated_picture", why) from None
        raise NotAnalysed(refused.code, f"{image.source}: {refused}") from None
    if lanes.visible != count:
        why = (
            f"{image.source} shows {lanes.visible} lanes where {count} are declared. Declare every lane, also "
            "'empty: true' and 'ladder: true' ones, in the order of loading."
        )
        raise NotAnalysed("lane_count", why)
    return lanes


def _control_row(target: Picture, control: Picture, declared: Blot, layout: LaneLayout) -> RowChoice:
    """Return the loading control's row: at its hint, or the strongest that is not the target's."""
    hint = declared.loading_control.row if declared.loading_control else None
    loaded = layout.loaded()
    if hint is not None or control is not target:
        return row_for(control, hint_px=hint, reference=loaded)
    if declared.target_row is not None:
        target_row = row_for(target, hint_px=declared.target_row, reference=layout.references()).row
        return row_for(control, hint_px=None, reference=loaded, apart_px=target_row.y_px)
    return _row_by_weight(control, declared, loaded)


def _target_row(target: Picture, control: Probe | None, declared: Blot, layout: LaneLayout) -> RowChoice:
    """Return the target's row: at its hint, or the strongest in vehicle that is not the control's on the same image."""
    same_image = control is not None and control.picture.image is target.image
    apart = control.choice.row.y_px if control is not None and same_image else None
    sides = frozenset(1 if neighbour.side == "below" else -1 for neighbour in declared.neighbours)
    return row_for(target, hint_px=declared.target_row, reference=layout.references(), apart_px=apart, sides=sides)


def read_target(
    picture: Picture,
    choice: RowChoice,
    declared: Blot,
    layout: LaneLayout,
    by_hand: Mapping[int, Mapping[str, Any]],
) -> Probe:
    """Return the target read at a row of its picture."""
    where = layout.references()
    return read_protein(picture, "target", declared.target, choice=choice, reference=where, by_hand=by_hand)


def _row_by_weight(picture: Picture, declared: Blot, loaded: NDArray[np.bool_]) -> RowChoice:
    """Return the control's row on the target's image without any hint: two strong rows, the heavier protein above."""
    control = declared.loading_control.name if declared.loading_control else ""
    strongest = row_for(picture, hint_px=None, reference=loaded)
    kda = [vocabulary()["proteins"].get(name, {}).get("kda") for name in (declared.target, control)]
    if len(strongest.rivals) != 1 or None in kda or kda[0] == kda[1]:
        why = (
            f"{declared.target} and {control} are on one image with {len(strongest.rivals) + 1} strong row(s), and "
            "which is which cannot be known. Give 'target_row' and 'loading_control.row' in pixels from the top."
        )
        raise NotAnalysed("row_unknown", why)
    heights = sorted((strongest.row.y_px, strongest.rivals[0]))
    wanted, other = (heights[1], heights[0]) if kda[0] > kda[1] else (heights[0], heights[1])
    found = row_for(picture, hint_px=wanted, reference=loaded)
    return RowChoice(row=found.row, automatic=True, rivals=(other,))


def _neighbour_names(declared: Blot) -> Mapping[int, str]:
    names = {-1: "unknown band above", 1: "unknown band below"}
    for neighbour in declared.neighbours:
        names[1 if neighbour.side == "below" else -1] = neighbour.name
    return names
