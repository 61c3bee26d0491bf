"""Whether grey levels were bent (gamma, curves), spread (contrast), or mixed with their neighbours (filters)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avpi.blot.integrity_levels import Comb, Counts, few_level_gaps, level_comb
from avpi.blot.integrity_noise import Lean, NoiseCurve, background_lean, noise_spread
from avpi.blot.integrity_stored import Plain
from avpi.blot.integrity_transfer import GammaFit, fit_gamma, transfer_curve
from avpi.blot.polarity import Signal
from avpi.estimate import Finding

GAMMA_EXCESS = 13.0
"""Fall of chi-square that shows a gamma correction alone (measured: of 1,000 honest drawn pictures of three simulators
ten reach 9, and none of 500 reaches 13)."""
MOVED_SCORE = 0.24
"""Share of that which is enough where whole levels were moved (a fall of chi-square by 3: 1 in 12 by chance)."""
GAMMA_APART = 0.04
"""Logarithm of the exponent nearer to zero than this is no gamma correction worth a refusal."""
LEAN_SDS, LEAN_ERROR = 5.0, 0.004
"""Standard errors by which noise must lean downwards, which counted light never does, to show a gamma correction alone;
and what robust means may be off beside."""
COMB_HINT = 1.2
"""Unevenness of levels from which on it supports other signs."""
COMB_UNEVEN, COMB_SPREAD = 1.3, 1.08
"""Unevenness of how levels are shared that shows a curve: chi-square per degree of freedom, largest over smallest
ratio (measured: 203 honest drawn blots of two simulators stay below 0.5)."""
COMB_MEAN = 1.008
"""Mean ratio below which levels were not spread or merged by more than rounding (assumed)."""
COMB_ERRORS = 2.2
"""Mean ratio less one, in its standard errors, from which on levels were spread or merged (measured: 203 honest drawn
blots stay below 1.1, since the error allows for slopes; nine in ten corrected ones exceed 3.3)."""
WHOLE_RATIO_ERROR = 0.02
"""A ratio so near a whole number is an exact shift of bits, which changes nothing."""
GAPS_SHARE = 0.04
"""Share of 256 levels that are empty or crowded from which on levels were remapped (assumed)."""
FILTERED_SPREAD = 1.3
"""Noise over four pixels over that over two, from which on neighbours share theirs: 1 for a camera, above 1.5 for
median filters, turned and resampled pictures (measured)."""
ROUNDED_AWAY = 1.0
"""Noise in grey levels of 16 bits below which rounding has taken most of it."""
NOISY_SD = (3.0, 1.2)
"""Noise in grey levels, of 16 and of 8 bits, from which on its skewness and its spread are its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bent:
    """What noise and levels tell of curves and filters."""

    gamma: GammaFit | None
    lean: Lean | None
    comb: Comb | None
    spread: float

    @property
    def filtered(self) -> bool:
        """Whether neighbouring pixels share their noise: what it tells of curves is then void."""
        return self.spread > FILTERED_SPREAD


def bent(plain: Plain, signal: Signal, curve: NoiseCurve, counts: Counts | None, *, few: bool, jpeg: bool) -> Bent:
    """Measure what tells of curves; of JPEG only the levels do."""
    sd = curve.sd_at(float(curve.level[np.argmax(curve.pixels)]))
    spread = noise_spread(plain.values) if not jpeg and sd > NOISY_SD[int(few)] else 1.0
    # Filters repeat levels of their own accord, so that these tell of nothing else.
    comb = level_comb(counts, curve) if counts is not None and spread <= FILTERED_SPREAD else None
    # A background without noise in 16 bits is a program's work; in 8 bits the bands' own noise is used.
    silent = jpeg or spread > FILTERED_SPREAD or (not few and sd <= ROUNDED_AWAY)
    gamma, lean = (None, None) if silent else _bent_noise(plain, signal, curve, few=few)
    return Bent(gamma=gamma, lean=lean, comb=comb, spread=spread)


def _bent_noise(plain: Plain, signal: Signal, curve: NoiseCurve, *, few: bool) -> tuple[GammaFit | None, Lean | None]:
    """Fit an exponent to the noise as stored, and for dark bands also turned over: who bent it may have done either."""
    scale = signal.scale
    low, high = (None, None) if scale is None else (scale.floor, scale.ceiling)
    ends = {"low": -np.inf if low is None else low / plain.step, "high": np.inf if high is None else high / plain.step}
    if signal.polarity == "bright" or scale is None:
        lean = _told(background_lean(plain.values, curve), ends, few=few)
        transfer = transfer_curve(plain.values)
        fit = None if transfer is None else fit_gamma(transfer, lean, dark=False, rounded=few, **ends)
        return fit, lean
    full = scale.full / plain.step
    turned = (full - plain.values.astype(np.float32)).astype(np.float32)
    # Bins of level are finest at the background, which the turned picture has at its lower end.
    transfer = transfer_curve(turned)
    stored_lean = _told(background_lean(plain.values, curve), ends, few=few)
    other_ends = {"low": full - ends["high"], "high": full - ends["low"]}
    lean = _told(background_lean(turned, _turned(curve, full)), other_ends, few=few)
    if transfer is None:
        return None, lean
    fits = [
        fit_gamma(_turned(transfer, full), stored_lean, dark=True, rounded=few, **ends),
        fit_gamma(transfer, lean, dark=False, rounded=few, **other_ends),
    ]
    return max((fit for fit in fits if fit is not None), key=lambda fit: fit.excess, default=None), lean


def _turned(curve: NoiseCurve, full: float) -> NoiseCurve:
    return NoiseCurve(pixels=curve.pixels[::-1], level=full - curve.level[::-1], variance=curve.variance[::-1])


def _told(lean: Lean | None, ends: dict[str, float], *, few: bool) -> Lean | None:
    """Return the skewness where the background is far enough from both ends, and noisy enough, to have its own."""
    if lean is None or lean.sd <= NOISY_SD[int(few)]:
        return None
    clear = lean.level - ends["low"] > 5 * lean.sd and ends["high"] - lean.level > 5 * lean.sd
    return lean if clear else None


def _bent_score(found: Bent) -> float:
    """Return how strongly noise and levels together show a gamma correction: 1 where that is settled."""
    levels = alone = 0.0
    if found.comb is not None and found.comb.unevenness > COMB_HINT:
        levels = (found.comb.unevenness - 1) / COMB_UNEVEN
    fit, lean = found.gamma, found.lean
    if fit is not None and not fit.grain and abs(np.log(fit.gamma)) > GAMMA_APART:
        alone = fit.excess / GAMMA_EXCESS
    if fit is None and lean is not None:
        alone = max(0.0, -lean.skewness) / float(np.hypot(lean.error, LEAN_ERROR)) / LEAN_SDS
    return levels + alone


def remapped(source: str, found: Bent, counts: Counts | None, subject: str, *, few: bool) -> list[Finding]:
    """Return what is to be said: levels bent (gamma, curves), spread evenly (contrast), or filtered."""
    is_bent, spread = _bent_score(found) >= 1, False
    why = "its noise does not grow with signal as a camera's does"
    comb = found.comb
    if few and counts is not None:
        gaps = few_level_gaps(counts)
        if gaps.empty + gaps.crowded > GAPS_SHARE * gaps.inner:
            is_bent, spread = is_bent or gaps.uneven, not gaps.uneven
            why = f"{gaps.empty} of its grey levels are empty between used ones" if gaps.uneven else why
    elif comb is not None and comb.ratio.size:
        near = round(comb.mean)
        whole = near > 1 and abs(comb.mean - near) < WHOLE_RATIO_ERROR * near and comb.spread < COMB_SPREAD + 0.1
        if comb.unevenness > COMB_UNEVEN and comb.spread > COMB_SPREAD and not whole:
            is_bent, why = True, "its grey levels were spread unevenly over the scale"
        elif comb.mean > max(COMB_MEAN, 1 + COMB_ERRORS * comb.mean_error) and not whole:
            spread = True
    # Levels that some program has moved need less to be called bent than those of an untouched file.
    if is_bent or (spread and not few and _bent_score(found) >= MOVED_SCORE):
        text = (
            f"{source} was changed by a gamma correction or another curve: {why}. Grey levels are no longer "
            "proportional to signal, and volumes mean nothing. Export the raw image from the imager."
        )
        return [Finding(code="gamma_changed", severity="blocking", text=text, subject=subject)]
    said = []
    if spread:
        text = (
            f"The contrast of {source} was stretched by a program: some grey levels between used ones never "
            "occur. What lay beyond the new ends is lost. Export the raw image from the imager."
        )
        said.append(Finding(code="contrast_stretched", severity="warning", text=text, subject=subject))
    grainy = found.gamma is not None and found.gamma.grain > 0 and found.gamma.excess > GAMMA_EXCESS
    if found.filtered or grainy:
        how = "neighbouring pixels share their noise" if found.filtered else "its noise grows in proportion to signal"
        text = (
            f"{source} was filtered, turned or resampled: {how}, as a camera's does not. Volumes may hold; errors and "
            "the search for gamma corrections do not. Export the raw image from the imager."
        )
        said.append(Finding(code="filtered_picture", severity="warning", text=text, subject=subject))
    return said
