"""One protein on one image: where its lanes, row and boxes are, and their volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.blot.bands import Trace, moved_by_hand, trace_row
from avpi.blot.lanes import Lanes
from avpi.blot.pixel_noise import PixelNoise, measure_noise
from avpi.blot.polarity import Signal
from avpi.blot.results import Band, BandRole, BandState
from avpi.blot.row_choice import RowChoice, choose_row
from avpi.blot.rows import LaneProfiles, lane_profiles
from avpi.blot.volume import RowVolumes, Volume, measure_row
from avpi.errors import NotAnalysed
from avpi.readings import BlotImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One image made ready: bands upwards, lanes found, profiles levelled by tilt and by a smile if one is known."""

    image: BlotImage
    signal: Signal
    lanes: Lanes
    bend_px: NDArray[np.float64]
    profiles: LaneProfiles
    noise: PixelNoise


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One protein read in every lane, left to right as stored; ``offset_px`` below the target for a neighbour of it."""

    role: BandRole
    name: str
    picture: Picture
    choice: RowChoice
    trace: Trace
    volumes: tuple[Volume, ...]
    row: RowVolumes
    offset_px: float = 0.0

    def band(self, index: int, state: BandState) -> Band:
        """Return one lane's band as the results have it."""
        volume = self.volumes[index]
        return Band(
            role=self.role,
            name=self.name,
            x_px=volume.box.x_px,
            y_px=volume.box.y_px,
            width_px=volume.box.width_px,
            height_px=volume.box.height_px,
            volume=volume.volume,
            volume_se=volume.se,
            detection_limit=volume.detection_limit,
            saturated_fraction=volume.saturated_fraction,
            state=state,
            origin="manual" if volume.box.manual else "auto",
        )


def take_picture(image: BlotImage, signal: Signal, lanes: Lanes) -> Picture:
    """Return an image with the profiles of its lanes."""
    flat = np.zeros(lanes.x_px.size)
    return Picture(
        image=image,
        signal=signal,
        lanes=lanes,
        bend_px=flat,
        profiles=lane_profiles(signal.values, lanes, flat),
        noise=measure_noise(signal.values, signal.saturated),
    )


def guided(picture: Picture, control: Probe) -> Picture:
    """Return a picture with the smile and the places of lanes that the loading control's bands have shown.

    The control has a band in every lane, the target may not: on one image lanes stand where the control's bands do,
    on another image of the membrane they stand off an even comb in the same way.
    """
    lanes, seen = picture.lanes, control.picture.lanes
    at = np.array([box.x_px for box in control.trace.boxes])
    if control.picture.image is picture.image:
        heights = np.array([box.y_px for box in control.trace.boxes])
        x = at + seen.tilt * (heights - lanes.y0_px)
    elif at.size > 2:
        number = np.arange(at.size)
        uneven = at - np.polyval(np.polyfit(number, at, 1), number)
        x = np.polyval(np.polyfit(number, lanes.x_px, 1), number) + uneven * lanes.pitch_px / seen.pitch_px
    else:
        x = lanes.x_px
    moved = replace(lanes, x_px=x)
    zoom = 1.0 if control.picture.image is picture.image else lanes.pitch_px / seen.pitch_px
    bend = control.trace.bend_px * zoom
    profiles = lane_profiles(picture.signal.values, moved, bend)
    return replace(picture, lanes=moved, bend_px=bend, profiles=profiles)


def read_protein(
    picture: Picture,
    role: BandRole,
    name: str,
    *,
    choice: RowChoice,
    reference: NDArray[np.bool_],
    by_hand: Mapping[int, Mapping[str, Any]],
) -> Probe:
    """Follow a row through the lanes and measure it.

    Parameters
    ----------
    reference : (lanes,) where the band must be present.
    by_hand : for lanes (index from the left) what a person set.

    Raises
    ------
    NotAnalysed
        ``bad_override`` if a correction is none or lies outside the image.
    """
    trace = trace_row(
        picture.signal.values,
        picture.lanes,
        picture.profiles,
        choice.row,
        bend_px=picture.bend_px,
        reference=reference,
    )
    boxes = list(trace.boxes)
    height, width = picture.signal.values.shape
    for index, wanted in by_hand.items():
        try:
            box = moved_by_hand(boxes[index], wanted)
        except ValueError as error:
            why = f"a correction of {name} by hand cannot be used: {error}."
            raise NotAnalysed("bad_override", why) from None
        if not (0 <= box.x_px < width and 0 <= box.y_px < height):
            why = f"a corrected box of {name} lies outside the image ({width} x {height} pixels)."
            raise NotAnalysed("bad_override", why)
        boxes[index] = box
    measured = measure_row(picture.signal, picture.noise, trace, tuple(boxes))
    return Probe(
        role=role, name=name, picture=picture, choice=choice, trace=trace, volumes=measured.target, row=measured
    )


def neighbour_probes(target: Probe, names: Mapping[int, str]) -> tuple[Probe, ...]:
    """Return the bands close to the target, each as it was fitted with it.

    Parameters
    ----------
    names : name for the side above (-1) and below (1).
    """
    probes = []
    for offset in target.trace.neighbours:
        side = 1 if offset > 0 else -1
        beside = [(gap, volumes) for gap, volumes in target.row.beside if gap * side > 0]
        if beside:
            gap, volumes = min(beside, key=lambda found: abs(found[0] - offset))
            probes.append(replace(target, role="neighbour", name=names[side], volumes=volumes, offset_px=gap))
    return tuple(probes)


def row_for(
    picture: Picture,
    *,
    hint_px: float | None,
    reference: NDArray[np.bool_],
    apart_px: float | None = None,
    sides: frozenset[int] = frozenset(),
) -> RowChoice:
    """Return the row of a protein.

    Parameters
    ----------
    apart_px : height of a row of the same image that is another protein's.
    sides : where neighbours of the protein are declared: -1 above, 1 below.
    """
    return choose_row(
        picture.profiles,
        picture.lanes,
        hint_px=hint_px,
        reference=reference,
        bend_px=picture.bend_px,
        apart_px=apart_px,
        sides=sides,
    )
