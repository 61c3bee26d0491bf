"""The scales on which gates are drawn: those of Gating-ML 2.0 and those of FlowJo.

Logicle and hyperlog are FlowUtils' (Moore, Parks 2012, Cytometry A 81A:273-277). FlowJo's ``biex`` is the logicle
function of other parameters, taken from a table of 4,097 places between which values are interpolated.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from flowutils import transforms
from numpy.typing import NDArray
from scipy.optimize import brentq

from avpi.gates import Scale

_TABLE = 4096  # points of FlowJo's own table of a biex scale
_LN10 = math.log(10.0)


def on_scale(values: NDArray[np.float64], scale: Scale) -> NDArray[np.float64]:
    """Return linear intensities on a scale; nan where it is not defined (logarithm of zero and less)."""
    p = scale.parameters
    flat = np.ascontiguousarray(values, dtype=np.float64)
    with np.errstate(all="ignore"):
        match scale.kind:
            case "linear":
                return np.asarray((flat + p["A"]) / (p["T"] + p["A"]))
            case "log":
                return np.where(flat > 0, np.log10(flat / p["T"]) / p["M"] + 1, np.nan)
            case "asinh":
                top = p["M"] * _LN10
                grown = np.arcsinh(flat * math.sinh(top) / p["T"])
                return np.asarray((grown + p["A"] * _LN10) / (top + p["A"] * _LN10))
            case "logicle":
                return np.asarray(transforms.logicle(flat, None, t=p["T"], m=p["M"], w=p["W"], a=p["A"]))
            case "hyperlog":
                return np.asarray(transforms.hyperlog(flat, None, t=p["T"], m=p["M"], w=p["W"], a=p["A"]))
            case "biex":
                channels, raw = biex_table(p["neg"], p["width"], p["pos"], p["maxRange"])
                return np.interp(flat, raw, channels / _TABLE)
            case "span":
                return np.asarray((flat - p["minRange"]) / (p["maxRange"] - p["minRange"]))
            case "decades":
                return np.log10(np.maximum(flat, p["offset"]) / p["offset"]) / p["decades"]


@cache
def biex_table(neg: float, width: float, pos: float, top: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return FlowJo's biex scale as channels (0 to 4096) and the intensities that lie there.

    Parameters
    ----------
    neg, pos : decades below and above zero.
    width : the negative of ten to the power of the decades that are linear around zero.
    top : intensity at the last channel.
    """
    linear = math.log10(max(-width, 1.0))
    above, below = pos - linear / 2, max(neg, 0.0) + linear / 2
    zero = min(int(below * _TABLE / (below + above)), _TABLE // 2)
    decades = below * _TABLE / zero if zero > 0 else above
    half = linear / (2 * decades)
    rise = _LN10 * decades
    fall = _slope_below(rise, half)
    place = np.arange(_TABLE + 1) / (_TABLE + 1)  # as FlowJo's own tables have it: to 5e-6, the digits that they give
    growing = np.exp(place * rise)
    shrinking = np.exp(-place * fall) * math.exp((rise + fall) * (half + below / decades))
    raw = top / math.exp(rise) * (growing - shrinking - (growing[zero] - shrinking[zero]))
    raw[:zero] = -raw[2 * zero : zero : -1]
    return np.arange(_TABLE + 1, dtype=np.float64), raw


def _slope_below(rise: float, half: float) -> float:
    """Return the exponent of the falling part for which the curve's second derivative is zero at zero."""
    if half <= 0:
        return rise

    def excess(fall: float) -> float:
        return 2 * math.log(fall / rise) + half * (fall + rise)

    low = rise * 1e-12
    return float(brentq(excess, low, rise)) if excess(low) < 0 else low
