"""What ``avpi blot quantify`` says: JSON for programs, a line for each lane for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from avpi.blot.loose import Quantified
from avpi.blot.readout import control_states, state_of
from avpi.blot.results import Band
from avpi.estimate import Estimate, Finding

if TYPE_CHECKING:
    from avpi.blot.ladder import LadderLane

LEAST_SHOWN_PERCENT, MOST_DECIMALS = 0.1, 6
"""Below so many percent a share is printed with more than one decimal, up to so many: a bound of 0.0 % is none."""


def bands_of(found: Quantified, number: int) -> tuple[Band, ...]:
    """Return one lane's bands: target, control, neighbours; none in an empty or ladder lane."""
    measured = found.measured
    if measured is None or number not in measured.layout.sample_lanes:
        return ()
    at = measured.layout.index(number)
    bands = [measured.target.band(at, state_of(measured.target.volumes[at]))]
    if measured.control is not None:
        bands.append(measured.control.band(at, control_states(measured.control, found.declared)[at]))
    return (*bands, *(probe.band(at, state_of(probe.volumes[at])) for probe in measured.neighbours))


def quantified_json(found: Quantified) -> dict[str, Any]:
    """Return a loose blot as JSON-ready values; what has no number is ``None``."""
    measured = found.measured
    flags = [_flag(f) for f in found.findings if f.severity != "note"]
    notes = [_flag(f) for f in found.findings if f.severity == "note"]
    refused = None if found.refused is None else _flag(found.refused)
    if measured is None:
        return {"polarity": None, "rotation_deg": None, "lanes": [], "flags": flags, "notes": notes, "refused": refused,
                "method": {}}  # fmt: skip
    lanes = measured.target.picture.lanes
    ratios = {} if found.result is None else {lane.lane: lane for lane in found.result.lanes}
    content = {
        "polarity": measured.target.picture.signal.polarity,
        "rotation_deg": round(float(np.degrees(np.arctan(lanes.slope))), 3),
        "lanes": [_lane_json(found, number, ratios) for number in range(1, measured.layout.count + 1)],
        "flags": flags,
        "notes": notes,
        "refused": refused,
        "method": {} if found.result is None else dict(found.result.method),
    }
    if found.ladder:
        content["ladder"] = [_ladder_json(lane) for lane in found.ladder]
    return content


def _lane_json(found: Quantified, number: int, ratios: Mapping[int, Any]) -> dict[str, Any]:
    assert found.measured is not None
    lanes, at = found.measured.target.picture.lanes, found.measured.layout.index(number)
    bands = bands_of(found, number)
    x = bands[0].x_px if bands else float(lanes.x_at(found.measured.target.choice.row.y_px)[at])
    lane = ratios.get(number)
    return {
        "lane": number,
        "x": round(x, 2),
        "bands": [_band_json(found, band) for band in bands],
        "ratio_to_vehicle": None if lane is None else _ratio_json(lane.ratio_to_vehicle, lane.ratio_seen),
    }


def _band_json(found: Quantified, band: Band) -> dict[str, Any]:
    numbered = found.keep_volumes and band.state != "missing"
    content = {
        "role": band.role,
        "name": band.name,
        "x": round(band.x_px, 2),
        "y": round(band.y_px, 2),
        "width": round(band.width_px, 2),
        "height": round(band.height_px, 2),
        "volume": band.volume if numbered else None,
        "se": band.volume_se if numbered else None,
        "lod": band.detection_limit if numbered else None,
        "saturated_fraction": band.saturated_fraction,
        "state": band.state,
        "origin": band.origin,
    }
    if found.ladder and band.role != "control":
        content["mass"] = _mass(found.ladder, band.y_px)
    return content


def _mass(ladder: Sequence[LadderLane], y_px: float) -> float | None:
    """Return the mass at a height: the mean over the ladder lanes, on the log scale."""
    masses = [mass for lane in ladder if (mass := lane.mass_at(y_px)) is not None]
    return math.exp(sum(math.log(mass) for mass in masses) / len(masses)) if masses else None


def _ratio_json(ratio: Estimate, seen: float) -> dict[str, Any]:
    if ratio.state not in ("measured", "below"):
        return {"value": None, "low": None, "high": None, "state": ratio.state, "text": ratio.method}
    value = ratio.value if ratio.state == "measured" else max(seen, 0.0)
    if ratio.state == "below":
        text = f"< {share_text(ratio.high)}"
    else:
        text = f"{share_text(value)} ({share_text(ratio.low)}-{share_text(ratio.high)})"
    return {"value": value, "low": ratio.low, "high": ratio.high, "state": ratio.state, "text": text}


def share_text(share: float) -> str:
    """Return a share in percent: one decimal, or what one digit takes where that would read 0.0 %."""
    percent = 100 * abs(share)
    if 0 < percent < LEAST_SHOWN_PERCENT:
        decimals = min(-math.floor(math.log10(percent)), MOST_DECIMALS)
        return f"{100 * share:.{decimals}f}%"
    return f"{share:.1%}"


def _ladder_json(lane: LadderLane) -> dict[str, Any]:
    bands = [{"mass": mass, "y": band.y_px} for mass, band in zip(lane.masses, lane.bands, strict=True)]
    return {"lane": lane.lane, "bands": bands}


def _flag(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, "severity": finding.severity, "subject": finding.subject, "text": finding.text}


def lines_of(found: Quantified) -> list[str]:
    """Return a line for each lane: where it is, its bands, and what is left of the target."""
    if found.measured is None:
        return []
    ratios = {} if found.result is None else {lane.lane: lane for lane in found.result.lanes}
    lines = [f"{'lane':>4} {'x':>7} {'y':>7} {'target':>22} {'control':>22}  of vehicle"]
    for number in range(1, found.measured.layout.count + 1):
        bands = {band.role: band for band in reversed(bands_of(found, number))}
        lane = ratios.get(number)
        said = "" if lane is None else _ratio_json(lane.ratio_to_vehicle, lane.ratio_seen)["text"]
        if not bands:
            lines.append(f"{number:>4}  no sample")
            continue
        target = bands["target"]
        volumes = [_volume_text(found, bands.get(role)) for role in ("target", "control")]
        lines.append(f"{number:>4} {target.x_px:>7.1f} {target.y_px:>7.1f} {volumes[0]:>22} {volumes[1]:>22}  {said}")
    return lines


def _volume_text(found: Quantified, band: Band | None) -> str:
    if band is None:
        return ""
    if not found.keep_volumes or band.state == "missing":
        return "no volume"
    if band.state == "saturated":
        return "saturated"
    if band.state == "below_detection":
        return f"< {band.detection_limit:.3g}"
    return f"{band.volume:.4g} ± {band.volume_se:.2g}"
