"""What a dose matrix would be if its compounds acted independently, or if only the stronger one acted.

Both are taken from the measured wells without any curve. All effects are fractions affected.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def bliss(effect_a: Floats, effect_b: Floats) -> Floats:
    """Return the effect of two compounds that act independently, ``1 - (1 - Ea)(1 - Eb)``.

    Bliss 1939 Ann Appl Biol 26:585, doi:10.1111/j.1744-7348.1939.tb06990.x: what survives A survives B by chance. Its
    assumption is that each compound acts on all cells alike, whether or not the other is there. Effects below 0 (more
    cells than in vehicle) are taken as they are.
    """
    return np.asarray(1 - (1 - effect_a) * (1 - effect_b))


def highest_single_agent(effect_a: Floats, effect_b: Floats) -> Floats:
    """Return the larger of the two effects: what the pair must beat to be worth giving.

    Berenbaum 1989 Pharmacol Rev 41:93. It asks least of a pair: any two compounds that do not hinder each other pass.
    The larger of two noisy means lies too high, so the score errs to the side of antagonism.
    """
    return np.maximum(effect_a, effect_b)
