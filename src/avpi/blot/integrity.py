"""Is the picture fit for densitometry: what was lost, bent or pasted before it came here.

Every check looks at the picture alone and rests on how a camera works: its levels are evenly common, its noise grows
with light and never repeats, its edges are blurred. Findings that make every volume of a picture meaningless are
``blocking``; :func:`unrecoverable` picks the one to refuse with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from avpi.blot.integrity_blocks import was_jpeg
from avpi.blot.integrity_borders import CutBorder, cut_borders, strong_band
from avpi.blot.integrity_copies import Copy, equal_blocks, repeated_noise
from avpi.blot.integrity_curve import bent, remapped
from avpi.blot.integrity_levels import CLIPPED_SHARE as CLIPPED_SHARE
from avpi.blot.integrity_levels import Comb, histogram
from avpi.blot.integrity_noise import Lean, noise_curve
from avpi.blot.integrity_painted import painted_patch
from avpi.blot.integrity_seams import Seam, find_seams
from avpi.blot.integrity_sentences import (
    clipped_background_finding as clipped_background_finding,
)
from avpi.blot.integrity_sentences import (
    copied_finding,
    cut_finding,
    few_levels_finding,
    hidden_jpeg_finding,
    lying_tag_findings,
    painted_finding,
    spliced_finding,
    unsearched_finding,
)
from avpi.blot.integrity_sentences import image_findings as image_findings
from avpi.blot.integrity_sentences import polarity_finding as polarity_finding
from avpi.blot.integrity_stored import FEW_LEVELS, plain_levels
from avpi.blot.integrity_transfer import GammaFit
from avpi.blot.polarity import Signal
from avpi.estimate import Finding
from avpi.readings import BlotImage

TOLERATED_SATURATED_SHARE = 0.005
"""Share of a band's box at the top of the scale that is tolerated: below it the lost volume is far under the
other errors, since single hot pixels and the very crest of a band hold little of its volume (assumed)."""
SATURATED_PIXELS = 9
"""Pixels at the top of the scale from which on a picture is called saturated: fewer are hot pixels (assumed)."""
FLOOR_SHARE = 0.005
"""Share of a picture at its floor from which on it is called cut off there (assumed)."""
FLOOR_NEAR_BANDS = 0.01
"""The same around bands."""
FRAME_VALLEY = 0.2
"""Commonness of levels between a dark frame and the membrane, as a share of the rarer of the two, below which what lies
at the floor is a frame around the membrane (assumed)."""
BAND_BLOCK_PX = (8, 12)
"""Rows and columns of the blocks in which bands and their surroundings are told apart."""
BAND_SHARE = 0.1
"""Height above background, as a share of the strongest band's, from which on a block holds one (assumed)."""
NOTHING_DISTINCT = 12.0
"""Height of the highest peak, in the scatter of the rest, below which there is nothing but noise: empty membranes
reach 10, drawn and real blots exceed 50 (measured)."""
NO_BLOT_CLARITY = 5.0
"""Energy of peaks over troughs below which a picture shows no bands: photographs reach 3, blots 40 (measured)."""
SEARCHED_PIXELS = 4_000_000
"""Pictures of more pixels are searched for equal blocks only, not for copies with noise of their own (time)."""
COARSE_SD = 0.6
"""Noise of a picture of few levels below which most of it is rounded away: its remnants correlate by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What the checks measured on one picture, beside their findings."""

    noise_sd: float
    gamma: GammaFit | None
    lean: Lean | None
    comb: Comb | None
    cut: tuple[CutBorder, ...]
    seams: tuple[Seam, ...]
    copy: Copy | None
    findings: tuple[Finding, ...]


def examine_picture(image: BlotImage, signal: Signal, subject: str) -> Examined:
    """Check one picture before its lanes are looked for.

    Parameters
    ----------
    image, signal : the picture as stored, and with bands upwards.
    subject : what findings are about, such as ``"blot 1"``.

    Returns
    -------
    Examined, whose ``findings`` are worst first.
    """
    plain = plain_levels(image.pixels)
    stored = plain.values
    curve = noise_curve(stored)
    level_sd = curve.sd_at(float(curve.level[np.argmax(curve.pixels)]))
    background_sd = level_sd * plain.step
    counts = histogram(stored) if stored.dtype.kind == "u" else None
    few = counts is not None and int(np.count_nonzero(counts)) <= FEW_LEVELS
    jpeg = image.lossy or (few and was_jpeg(stored))
    noise = bent(plain, signal, curve, counts, few=few, jpeg=jpeg)
    cut = cut_borders(signal.values, background_sd)
    seams = () if jpeg else find_seams(signal.values, background_sd)
    copy, unsearched = _copies(
        stored, level_sd, jpeg=jpeg, coarse=few and level_sd < COARSE_SD, filtered=noise.filtered
    )
    found = [
        *_no_blot(image, signal, subject),
        *image_findings(image, subject),
        *lying_tag_findings(image, signal, subject),
    ]
    if jpeg and not image.lossy:
        found.append(hidden_jpeg_finding(image, subject))
    if few and image.bits != 8 and not any(c.code == "few_grey_levels" for c in image.caveats):
        found.append(few_levels_finding(image, subject))
    found += remapped(image.source, noise, counts, subject, few=few)
    found += _ends(image, signal, subject, background_sd)
    patch = None if jpeg else painted_patch(stored, level_sd)
    if patch is not None:
        found.append(painted_finding(image, patch, subject))
    if copy is not None:
        found.append(copied_finding(image, copy, subject))
    if unsearched:
        found.append(unsearched_finding(image, unsearched, subject))
    found += [spliced_finding(image, seam, subject) for seam in seams]
    found += [cut_finding(image, border, subject) for border in cut]
    order = ("blocking", "warning", "note")
    found.sort(key=lambda finding: order.index(finding.severity))
    return Examined(
        noise_sd=background_sd,
        gamma=noise.gamma,
        lean=noise.lean,
        comb=noise.comb,
        cut=cut,
        seams=seams,
        copy=copy,
        findings=tuple(found),
    )


def _copies(
    stored: NDArray[Any], noise_sd: float, *, jpeg: bool, coarse: bool, filtered: bool
) -> tuple[Copy | None, str]:
    """Return a region that occurs twice, and why a search was left out: compression makes equal blocks."""
    if jpeg:
        return None, "JPEG makes equal blocks"
    if stored.dtype.kind != "u":
        return None, "its numbers are no whole grey levels"
    copy = equal_blocks(stored, noise_sd)
    if copy is not None or coarse:
        return copy, ""
    if filtered:
        return None, "a filter made neighbouring pixels alike"
    if stored.size > SEARCHED_PIXELS:
        return None, f"it has {stored.size / 1e6:.0f} million pixels"
    return repeated_noise(stored), ""


def unrecoverable(findings: Iterable[Finding], *, allow_lossy: bool = False) -> Finding | None:
    """Return the finding for which every volume of a picture must be refused, or None.

    Parameters
    ----------
    allow_lossy : the experimenter wants a JPEG quantified all the same.
    """
    spared = ("hidden_jpeg",) if allow_lossy else ()
    return next((f for f in findings if f.severity == "blocking" and f.code not in spared), None)


def _no_blot(image: BlotImage, signal: Signal, subject: str) -> list[Finding]:
    if signal.distinctness < NOTHING_DISTINCT:
        text = f"{image.source} shows nothing but noise: no band stands out. Was the membrane exposed and probed?"
        return [Finding(code="blank_picture", severity="blocking", text=text, subject=subject)]
    if signal.clarity < NO_BLOT_CLARITY:
        text = (
            f"{image.source} does not look like a blot: nothing in it stands out from its surroundings as bands do "
            "from a membrane. Is it the right file?"
        )
        return [Finding(code="not_a_blot", severity="blocking", text=text, subject=subject)]
    return []


def _ends(image: BlotImage, signal: Signal, subject: str, noise_sd: float) -> list[Finding]:
    """Return what was lost at the top and at the bottom of the scale."""
    found = []
    saturated = int(np.count_nonzero(signal.saturated))
    if saturated >= SATURATED_PIXELS and _has_patch(signal.saturated):
        text = (
            f"{saturated} pixels of {image.source} are saturated (at {signal.top:g}, the brightest it holds): bands "
            "there are only lower bounds. Use a shorter exposure."
        )
        found.append(Finding(code="saturated_picture", severity="warning", text=text, subject=subject))
    at_floor = float(signal.at_floor.mean())
    if at_floor < FLOOR_SHARE / 10 or not _piles_up(signal):
        return found
    near = _floor_near_bands(signal)
    frame = _is_frame(signal, noise_sd)
    if near > FLOOR_NEAR_BANDS or (at_floor > FLOOR_SHARE and not frame):
        text = (
            f"{at_floor:.1%} of {image.source} lies at the bottom of the scale ({near:.1%} around the bands): it was "
            "cut off there, and weak bands are underestimated. Export without contrast or background adjustment."
        )
        severity = "blocking" if near > CLIPPED_SHARE else "warning"
        found.append(Finding(code="clipped_black", severity=severity, text=text, subject=subject))  # type: ignore[arg-type]
    return found


def _piles_up(signal: Signal) -> bool:
    """Return whether the floor holds more pixels than the next level: a tail of the background holds fewer."""
    floor = int(np.count_nonzero(signal.at_floor))
    above = signal.values[~signal.at_floor]
    return not above.size or floor > int(np.count_nonzero(above == above.min()))


def _has_patch(mask: NDArray[np.bool_]) -> bool:
    """Return whether four neighbouring pixels in a square are all set."""
    return bool((mask[:-1, :-1] & mask[1:, :-1] & mask[:-1, 1:] & mask[1:, 1:]).any())


def _floor_near_bands(signal: Signal) -> float:
    """Return the share of pixels at the floor in the surroundings of strong bands."""
    high, wide = BAND_BLOCK_PX
    rows, columns = signal.values.shape[0] // high, signal.values.shape[1] // wide
    if rows < 3 or columns < 3:
        return float(signal.at_floor.mean())
    inner = np.s_[: rows * high, : columns * wide]
    level = signal.values[inner].reshape(rows, high, columns, wide).mean(axis=(1, 3))
    floor = signal.at_floor[inner].reshape(rows, high, columns, wide).mean(axis=(1, 3))
    above = level - np.median(level, axis=0)
    bands = above > BAND_SHARE * strong_band(signal.values)
    around = binary_dilation(bands, np.ones((5, 3), bool)) & ~binary_dilation(bands, np.ones((3, 1), bool))
    return float(floor[around].mean()) if around.any() else 0.0


def _is_frame(signal: Signal, noise_sd: float) -> bool:
    """Return whether few pixels lie between the floor and the membrane: what is at the floor is then beside it."""
    low = float(signal.values.min())
    bright = signal.values[::2, ::2].ravel()
    bright = bright[bright > low]
    if bright.size < 100:
        return True
    usual = float(np.median(bright))
    width = max(noise_sd / 2, (usual - low) / 40, 1.0)
    steps = int((usual - low) / width) + 1
    if steps < 6:
        return False
    common = np.bincount(np.minimum((bright - low) / width, steps).astype(np.intp), minlength=steps + 1)[:steps]
    peak = int(np.argmax(common[steps // 2 :])) + steps // 2
    valley = int(np.argmin(common[1 : peak + 1])) + 1
    floor = int(np.count_nonzero(signal.at_floor[::2, ::2]))
    return bool(common[valley] < FRAME_VALLEY * min(common[peak], floor + common[:valley].max(initial=0)))
