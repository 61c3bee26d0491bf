"""Loewe additivity: each compound is a dilution of the other, and doses add up.

The expected effect E of doses a and b solves ``a / Da(E) + b / Db(E) = 1``, with Da(E) the dose of A alone that has the
effect E (Loewe 1953 Arzneimittelforschung 3:285; Berenbaum 1989 Pharmacol Rev 41:93). It exists only where both
compounds alone can have that effect. Above the largest effect of the weaker one it is undefined, and stays so: to put
the stronger compound's curve there instead would make a score of something else.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from avpi.dose.synergy.matrix_curves import MatrixCurves

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HALVINGS = 60
"""Of the bracket, which is then narrower than the rounding of an effect."""
BEYOND = 10.0
"""Times the highest tested dose: so far a curve is followed whose plateau was not seen."""
DEFINED, NO_CURVE, NO_RISE, NO_COMMON, ABOVE_WEAKER = range(5)
"""Whether the expected effect of a well is defined, and if not, why."""
REASONS = (
    "",
    "a compound alone has no curve: 3 doses above 0 and 4 wells in all are needed of each",
    "the effect of a compound alone does not rise with its dose",
    "the curves of the compounds alone have no effect in common",
    "above the largest effect of the weaker compound alone",
)


def loewe(
    a: Floats, b: Floats, alone_a: MatrixCurves, alone_b: MatrixCurves, highest: tuple[float, float]
) -> tuple[Floats, NDArray[np.int64]]:
    """Return the effect that Loewe additivity expects, and whether it is defined.

    Parameters
    ----------
    a, b : (wells,) doses above 0.
    alone_a, alone_b : curves of each compound alone (draws,): one for each draw of a bootstrap.
    highest : highest tested dose of A and of B.

    Returns
    -------
    expected : (draws, wells) nan where it is undefined.
    states : (draws, wells) ``DEFINED`` or the place of the reason in ``REASONS``.
    """
    low, high, states = _bracket(alone_a, alone_b, highest)
    wells = (len(low), a.size)
    low, high = (np.array(np.broadcast_to(end[:, None], wells)) for end in (low, high))
    states = np.array(np.broadcast_to(states[:, None], wells))

    def excess(effect: Floats) -> Floats:
        return share_of_dose(a, effect, alone_a) + share_of_dose(b, effect, alone_b) - 1

    states[(states == DEFINED) & ~(excess(high) <= 0)] = ABOVE_WEAKER
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        beyond = excess(middle) > 0
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return np.where(states == DEFINED, 0.5 * (low + high), math.nan), states


def share_of_dose(dose: Floats, effect: Floats, curves: MatrixCurves) -> Floats:
    """Return ``dose / D(effect)`` (curves, wells), with D the dose of the curve that has the effect.

    0 at the largest effect and above it, which no dose reaches; infinite at the level of dose 0 and below it.
    """
    at_0, emax = curves.at_0[:, None], curves.emax[:, None]
    with np.errstate(all="ignore"):
        odds = (effect - at_0) / (emax - effect)
        log10_share = np.log10(dose) - curves.log10_ec50[:, None] - np.log10(odds) / curves.slope[:, None]
        share = 10.0**log10_share
    return np.where(effect >= emax, 0.0, np.where(effect <= at_0, np.inf, share))


def largest_effect(curves: MatrixCurves, highest: float) -> Floats:
    """Return the largest effect (curves,) that a compound alone is known to have.

    That is the fitted Emax. But where the EC50 lies above the ``highest`` tested dose the plateau was never seen, and
    its place is any number: then it is the effect that the curve reaches a little beyond the doses.
    """
    unseen = curves.log10_ec50 > math.log10(highest)
    return np.where(unseen, curves.effects(np.array([BEYOND * highest]))[:, 0], curves.emax)


def _bracket(
    alone_a: MatrixCurves, alone_b: MatrixCurves, highest: tuple[float, float]
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return the effects that both compounds can have (draws,), from where the later curve begins, and the states."""
    low = np.fmax(alone_a.at_0, alone_b.at_0)
    high = np.fmin(largest_effect(alone_a, highest[0]), largest_effect(alone_b, highest[1]))
    states = np.full(low.shape, DEFINED, np.int64)
    states[low >= high] = NO_COMMON
    states[(alone_a.emax <= alone_a.at_0) | (alone_b.emax <= alone_b.at_0)] = NO_RISE
    states[np.isnan(alone_a.rss) | np.isnan(alone_b.rss)] = NO_CURVE
    return low, high, states
