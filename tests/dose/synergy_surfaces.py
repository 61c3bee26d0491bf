"""Dose matrices with a known answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from avpi.dose.synergy.combination import Combination, read_combination

Floats = NDArray[np.float64]
Curve = Callable[[Floats], Floats]


def hill(ec50: float, slope: float, emax: float) -> Curve:
    """A compound alone: fraction affected at doses."""

    def effect(doses: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return np.asarray(emax / (1 + (ec50 / doses) ** slope))

    return effect


def doses_around(ec50: float, levels: int = 6, step: float = 4.0) -> Floats:
    """Dose 0, and ``levels`` doses about an EC50."""
    return np.concatenate([[0.0], ec50 * step ** (np.arange(levels) - (levels - 1) / 2)])


def wells_of(doses_a: Floats, doses_b: Floats) -> tuple[Floats, Floats]:
    """The doses of every well of a whole matrix."""
    a, b = np.meshgrid(doses_a, doses_b, indexing="ij")
    return a.ravel(), b.ravel()


def independent(alone_a: Curve, alone_b: Curve, doses_a: Floats, doses_b: Floats) -> Combination:
    """Two compounds that do not interact, without noise."""
    a, b = wells_of(doses_a, doses_b)
    return read_combination(a, b, 1 - (1 - alone_a(a)) * (1 - alone_b(b)))


def repeated(
    truth: Callable[[Floats, Floats], Floats],
    doses_a: Floats,
    doses_b: Floats,
    *,
    experiments: int,
    noise: float,
    seed: int = 0,
    replicates: int = 1,
) -> Combination:
    """A matrix measured in several experiments with noise in every well."""
    random = np.random.default_rng(seed)
    a, b = wells_of(doses_a, doses_b)
    a, b = np.tile(a, replicates * experiments), np.tile(b, replicates * experiments)
    names = np.repeat(np.arange(experiments), a.size // experiments)
    return read_combination(a, b, truth(a, b) + random.normal(0, noise, a.size), experiments=list(names))
