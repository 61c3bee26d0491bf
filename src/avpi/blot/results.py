"""What the analysis of one blot gives, as frozen types."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from avpi.blot.lane_profile import LaneProfile
from avpi.estimate import Estimate, Finding
from avpi.names import Condition
from avpi.readings import BlotImage

BandRole = Literal["target", "control", "neighbour"]
BandState = Literal["measured", "below_detection", "saturated", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One protein in one lane.

    Attributes
    ----------
    x_px, y_px : centre, in pixels of the image as stored (column, row from the top).
    width_px, height_px : the box whose signal was summed.
    volume, volume_se : summed signal above the local background and its standard error, in stored grey levels.
    detection_limit : volume below which an empty lane's noise would be taken for a band.
    saturated_fraction : share of the box's pixels at the top of the scale.
    origin : ``auto``, or ``manual`` where overrides.jsonl moved the box.
    """

    role: BandRole
    name: str
    x_px: float
    y_px: float
    width_px: float
    height_px: float
    volume: float
    volume_se: float
    detection_limit: float
    saturated_fraction: float
    state: BandState
    origin: Literal["auto", "manual"] = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneResult:
    """One lane, numbered from 1 in the order of the study file (which ``mirrored`` may reverse on the image).

    ``ratio_to_vehicle`` is the loading-normalised target as a fraction of the blot's vehicle lanes: ``below``
    where the band is under its detection limit, ``saturated`` or ``missing`` where there is no number.
    ``ratio_log_se`` is the standard error of its natural logarithm within this blot; ``ratio_seen`` the ratio as it was
    measured, whatever its state: near zero, on either side, where nothing is left.
    """

    lane: int
    x_px: float
    condition: Condition
    dose_molar: float | None
    minutes_after_dose: float | None
    label: str
    is_vehicle: bool
    bands: tuple[Band, ...]
    ratio_to_vehicle: Estimate
    ratio_log_se: float
    ratio_seen: float = math.nan

    def band(self, role: BandRole) -> Band | None:
        """Return the lane's band of a role, if there is one."""
        return next((band for band in self.bands if band.role == role), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlotResult:
    """One blot, quantified.

    Attributes
    ----------
    polarity : what stored values mean, found from content: ``bright`` or ``dark`` bands.
    loss_by_engagement_time : 1 - min over harvests up to ``rules.engagement_by`` of the ratio to vehicle, working dose.
    rebound : ratio at the last harvest (if at or after ``rules.rebound_from``) minus the smallest ratio.
    method : names and parameters of lane finding, background and normalisation, for the methods paragraph.
    image, control_image : the readings, kept for the report's pictures.
    profiles : what was fitted along each lane, for the figure of the fits.
    """

    name: str
    experiment: str
    membrane: str
    target: str
    loading_control: str
    polarity: Literal["bright", "dark"]
    lanes: tuple[LaneResult, ...]
    loss_by_engagement_time: Estimate
    rebound: Estimate
    findings: tuple[Finding, ...]
    method: Mapping[str, Any]
    image: BlotImage
    control_image: BlotImage | None = None
    profiles: tuple[LaneProfile, ...] = field(default=(), compare=False)
