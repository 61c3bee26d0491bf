"""Several exposures of one membrane: which pixels of which to use, and whether they are proportional to time.

A long exposure shows weak bands and loses strong ones at the top of the scale; a short one the reverse. Each pixel
is taken from the longest exposure that holds it unsaturated, brought to the scale of the longest by a straight line
through the pixels that both hold (Debevec and Malik 1997, doi:10.1145/258734.258884, the camera's response being
straight).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from avpi.blot.integrity_noise import noise_curve
from avpi.blot.polarity import Signal, as_signal
from avpi.errors import InputError, NotAnalysed, Problem
from avpi.estimate import Finding
from avpi.readings import BlotImage

Real = NDArray[np.float64]

NEAR_TOP = 0.9
"""Share of the top of the scale above which a pixel is not used to compare exposures: cameras bend there (assumed)."""
BRIGHT_SDS = 12.0
"""Height above background, in noise of the longer exposure, from which on a pixel tells the ratio (assumed)."""
FEWEST_SHARED = 200
"""Pixels that two exposures must share to be compared."""
LINEAR_WITHIN = 0.05
"""Largest difference between the slopes of the weaker and of the stronger half of the shared pixels, and between slope
and ratio of times, that counts as proportional (assumed)."""
BLEED_PX = 1
"""Saturated pixels spill into neighbours: so many around them are not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureSeries:
    """A membrane's exposures as one picture on the scale of the longest.

    Attributes
    ----------
    signal : values may exceed ``signal.top`` of the longest; ``saturated`` only where the shortest is.
    used : (rows, columns) number of the exposure each pixel comes from, in the order given.
    scales : what each exposure's values were multiplied with.
    noise_scale : (rows, columns) how much larger a pixel's noise is than on the longest exposure.
    """

    signal: Signal
    used: NDArray[np.int64]
    scales: tuple[float, ...]
    noise_scale: Real
    findings: tuple[Finding, ...]


def combine_images(
    images: Sequence[BlotImage], seconds: Sequence[float | None], subject: str, *, remedy: str
) -> tuple[BlotImage, ExposureSeries]:
    """Return the longest of several exposures of one membrane, and all of them as one picture.

    Parameters
    ----------
    seconds : of each exposure; None where its file tells.
    remedy : what to give where neither does.

    Raises
    ------
    InputError
        Where a time is missing.
    NotAnalysed
        ``exposures_differ``.
    """
    known = [own.exposure_seconds if said is None else said for own, said in zip(images, seconds, strict=True)]
    lacking = [own.source for own, second in zip(images, known, strict=True) if second is None]
    if lacking:
        what = f"the exposure time of {', '.join(lacking)} is not in the file"
        raise InputError(Problem(file=images[0].source, what=what, expected=remedy))
    times = [float(second) for second in known if second is not None]
    series = combine_exposures([as_signal(own) for own in images], times, subject)
    return images[max(range(len(times)), key=times.__getitem__)], series


def combine_exposures(signals: Sequence[Signal], seconds: Sequence[float], subject: str) -> ExposureSeries:
    """Combine exposures of one membrane that lay still.

    Parameters
    ----------
    signals : the pictures, bands upwards, of one size.
    seconds : how long the shutter stood open for each.

    Raises
    ------
    NotAnalysed
        ``exposures_differ`` for pictures of different size or polarity, times that are no times, or pictures that
        share no signal.
    """
    _refuse_unlike(signals, seconds)
    order = sorted(range(len(signals)), key=lambda i: -seconds[i])
    longest = signals[order[0]]
    values, saturated = longest.values.copy(), binary_dilation(longest.saturated, iterations=BLEED_PX)
    used = np.full(values.shape, order[0])
    noise_scale = np.ones(values.shape)
    scales, findings = {order[0]: 1.0}, []
    for before, at in pairwise(order):
        slope, offset, bent = _line(signals[before], signals[at])
        expected = seconds[before] / seconds[at]
        if bent > LINEAR_WITHIN or abs(slope / expected - 1) > LINEAR_WITHIN:
            findings.append(_not_linear(slope, expected, bent, seconds[before], seconds[at], subject))
        scales[at] = scales[before] * slope
        offset *= scales[before]
        fill = saturated & ~binary_dilation(signals[at].saturated, iterations=BLEED_PX)
        values[fill] = scales[at] * signals[at].values[fill] + offset
        used[fill], noise_scale[fill] = at, scales[at]
        saturated = saturated & ~fill
    filled = used != order[0]
    if filled.any():
        text = (
            f"{filled.mean():.2%} of the pixels are saturated at {seconds[order[0]]:g} s and were taken from shorter "
            "exposures, scaled by the pixels that both hold."
        )
        findings.append(Finding(code="exposures_combined", severity="note", text=text, subject=subject))
    signal = Signal(
        values=values,
        # What the longest holds unsaturated is kept; the spill around a plateau counts only where nothing replaced it.
        saturated=saturated & longest.saturated,
        at_floor=longest.at_floor,
        polarity=longest.polarity,
        certain=longest.certain,
        top=max(longest.top, float(values.max())),
        scale=longest.scale,
        clarity=longest.clarity,
        distinctness=longest.distinctness,
    )
    return ExposureSeries(
        signal=signal,
        used=used,
        scales=tuple(scales[i] for i in range(len(signals))),
        noise_scale=noise_scale,
        findings=tuple(findings),
    )


def best_exposure(signals: Sequence[Signal], seconds: Sequence[float], boxes: Sequence[tuple[slice, slice]]) -> int:
    """Return the number of the longest exposure that saturates in no box; of the shortest, where all do."""
    order = sorted(range(len(signals)), key=lambda i: -seconds[i])
    for at in order:
        if not any(bool(signals[at].saturated[box].any()) for box in boxes):
            return at
    return order[-1]


def _refuse_unlike(signals: Sequence[Signal], seconds: Sequence[float]) -> None:
    code = "exposures_differ"
    if len(signals) < 2 or len(signals) != len(seconds):
        why = "a series needs two exposures or more, each with its seconds."
        raise NotAnalysed(code, why)
    if any(not s > 0 or not np.isfinite(s) for s in seconds) or len(set(seconds)) != len(seconds):
        why = f"exposure times must be positive and different, not {', '.join(map(str, seconds))}."
        raise NotAnalysed(code, why)
    if len({signal.values.shape for signal in signals}) > 1 or len({signal.polarity for signal in signals}) > 1:
        why = "the exposures differ in size or polarity: are they of one membrane that lay still?"
        raise NotAnalysed(code, why)


def _line(longer: Signal, shorter: Signal) -> tuple[float, float, float]:
    """Return slope and offset from the shorter to the longer exposure, and by how much the halves' slopes differ."""
    # Pixels are chosen on the longer exposure, whose noise is relatively smaller: chosen by the noisier they lean.
    curve = noise_curve(longer.values)
    background = float(curve.level[np.argmax(curve.pixels)])
    bright = longer.values > background + BRIGHT_SDS * curve.sd_at(background)
    unsaturated = (longer.values < NEAR_TOP * longer.top) & ~binary_dilation(longer.saturated, iterations=BLEED_PX)
    shared = bright & unsaturated & ~shorter.saturated
    if int(shared.sum()) < FEWEST_SHARED:
        why = "the exposures share too little unsaturated signal to be compared."
        raise NotAnalysed("exposures_differ", why)
    x, y = shorter.values[shared], longer.values[shared]
    half = float(np.median(y))
    slope, offset = _fit(x, y)
    weak, strong = (_fit(x[part], y[part])[0] for part in (y <= half, y > half))
    return slope, offset, abs(weak / strong - 1) if strong > 0 else float("inf")


def _fit(x: Real, y: Real) -> tuple[float, float]:
    """Return a straight line; both sides are noisy, the longer relatively less, so x is fitted on y and turned."""
    dx, dy = x - x.mean(), y - y.mean()
    slope = float((dy * dy).sum() / max(float((dx * dy).sum()), 1e-12))
    return slope, float(y.mean() - slope * x.mean())


def _not_linear(slope: float, expected: float, bent: float, longer: float, shorter: float, subject: str) -> Finding:
    text = (
        f"The exposure of {longer:g} s is {slope:.3g} times as bright as that of {shorter:g} s, where the times give "
        f"{expected:.3g}; weak and strong signal differ by {bent:.0%} in it. The signal was fading, or the detector is "
        "not linear: ratios of strong to weak bands are uncertain."
    )
    return Finding(code="exposures_not_linear", severity="warning", text=text, subject=subject)
