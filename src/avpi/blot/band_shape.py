"""The shape of a band along its lane, and how it changes with each of its parameters.

Half Gaussians of two widths, a power that makes the top flatter or more pointed, and wider tails that may reach farther
to one side, as where protein trails. One shape serves all lanes of a row; real bands differ from a Gaussian in just
these ways.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

FWHM_TO_SD = 2.3548
"""Full width at half height of a Gaussian over its standard deviation (arithmetic)."""
TAIL_WIDTH = 2.0
"""Thickness of the tails relative to the body (assumed)."""
PARAMETERS = ("log_above", "log_below", "power", "tail", "tail_side")
START = np.array([0.0, 0.0, 2.0, 0.05, 0.0])
"""A Gaussian with a twentieth in its tails; ``tail_side`` is the logarithm by which the tail below is wider."""
SPREAD = np.array([0.4, 0.4, 0.4, 0.1, 0.4])
"""How far a membrane's bands may be from that (sd of a prior; assumed)."""
LOW, HIGH = np.array([-1.2, -1.2, 1.2, 0.0, -0.9]), np.array([1.2, 1.2, 4.0, 0.5, 0.9])
REACH = 14.0
"""How far the area under a shape is summed, in thicknesses."""
GRID = np.linspace(-REACH, REACH, 1401)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """A shape at some places, and its derivatives.

    Attributes
    ----------
    value, along : height, and slope along the lane.
    by : derivatives by ``PARAMETERS``, in that order.
    """

    value: Values
    along: Values
    by: tuple[Values, Values, Values, Values, Values]


def shape_at(v: Values, parameters: Values) -> Shaped:
    """Return the shape at distances ``v`` (thicknesses, below positive) from the middle of a band."""
    log_above, log_below, power, tail, side = (float(p) for p in parameters)
    above, below = np.exp(log_above), np.exp(log_below)
    upper = v < 0
    sd = np.where(upper, above, below)
    size = np.abs(v) / sd
    safe = np.maximum(size, 1e-9)
    raised = safe**power
    body = np.exp(-0.5 * raised)
    leans = np.where(upper, -1.0, 1.0)
    middle = TAIL_WIDTH * 0.5 * (above + below) * np.exp(side * leans)
    tails = np.exp(-0.5 * (v / middle) ** 2) / TAIL_WIDTH
    # d body / d log sd = body * power / 2 * raised; along the lane the same over -v
    grown = (1 - tail) * body * (0.5 * power) * raised
    tail_grown = tail * tails * (v / middle) ** 2
    by_middle = tail_grown / (above + below)
    along = -np.sign(v) * grown / (safe * sd) - tail * tails * v / middle**2
    return Shaped(
        value=(1 - tail) * body + tail * tails,
        along=along,
        by=(
            np.where(upper, grown, 0.0) + by_middle * above,
            np.where(upper, 0.0, grown) + by_middle * below,
            -(1 - tail) * 0.5 * body * raised * np.log(safe),
            tails - body,
            tail_grown * leans,
        ),
    )


def area(parameters: Values) -> tuple[float, Values]:
    """Return the area under a shape of thickness 1, and its derivatives by ``PARAMETERS``."""
    shaped = shape_at(GRID, parameters)
    step = float(GRID[1] - GRID[0])
    return float(shaped.value.sum() * step), np.array([float(by.sum() * step) for by in shaped.by])
