"""Which shape a curve has, by Akaike's criterion, and which shapes its doses cannot tell.

Whether there is a curve at all is another question, answered by the F test for flat curves; here shapes of curves are
compared. Burnham & Anderson 2002 Model Selection and Multimodel Inference, doi:10.1007/b97636.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from avpi.dose.fit_shape import ShapeFit, fit_shape
from avpi.dose.hook import LEAST_BEYOND_MINIMUM, find_deepest_point, suspect_hook
from avpi.dose.shape_starts import Boxes
from avpi.dose.shapes import BIPHASIC, FIVE_PARAMETERS, FOUR_PARAMETERS, HOOK, Shape

COMPARED = (FOUR_PARAMETERS, FIVE_PARAMETERS, BIPHASIC, HOOK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A shape that does not stand for comparison, and why."""

    shape: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeComparison:
    """Shapes of one curve, compared.

    Attributes
    ----------
    fits : fits that stand for comparison, the lowest AICc first.
    akaike_weights : one for each of ``fits``; they add up to 1.
    chosen : the fit to use; None where none can be used, and ``why_none`` says why.
    why_none : empty where there is one.
    refused : the other shapes.
    suspected_hook : why the curve looks like a hook, whatever was chosen; empty if it does not.
    """

    fits: tuple[ShapeFit, ...]
    akaike_weights: tuple[float, ...]
    chosen: ShapeFit | None
    why_none: str
    refused: tuple[Refusal, ...]
    suspected_hook: str


def compare_shapes(
    doses_molar: ArrayLike,
    responses: ArrayLike,
    weights: ArrayLike | None = None,
    boxes: Boxes | None = None,
    *,
    shapes: Sequence[Shape] = COMPARED,
    control: float | None = None,
) -> ShapeComparison:
    """Fit several shapes to one curve and choose by AICc.

    A biphasic curve needs 8 different doses, a hook 3 doses beyond the lowest response. A curve that rises again while
    its doses do not suffice for a hook gets no shape: a plain logistic would hide the rise.

    Parameters
    ----------
    doses_molar, responses, weights, control : as ``fit_shape`` takes them.
    boxes : name of a parameter -> box, given to every shape that has such a parameter.

    Raises
    ------
    InputError
        If the points cannot be used, or are too few even for four parameters.
    """
    plain = fit_shape(FOUR_PARAMETERS, doses_molar, responses, weights, _own(FOUR_PARAMETERS, boxes), control=control)
    suspected = suspect_hook(plain)
    fits: list[ShapeFit] = []
    refused: list[Refusal] = []
    for shape in shapes:
        why = _why_not(shape, plain)
        if why:
            refused.append(Refusal(shape=shape.name, why=why))
            continue
        fit = (
            plain
            if shape == FOUR_PARAMETERS
            else fit_shape(shape, doses_molar, responses, weights, _own(shape, boxes), control=control)
        )
        why = _why_not_used(fit)
        if why:
            refused.append(Refusal(shape=shape.name, why=why))
        else:
            fits.append(fit)
    fits.sort(key=lambda fit: fit.aicc)
    hook_refused = any(refusal.shape == HOOK.name for refusal in refused)
    why_none = ""
    if not fits:
        why_none = "no shape could be fitted: " + "; ".join(f"{r.shape}: {r.why}" for r in refused)
    elif suspected and hook_refused and not any(fit.shape.name == HOOK.name for fit in fits):
        why_none = f"{suspected}, and a hook cannot be fitted"
    return ShapeComparison(
        fits=tuple(fits),
        akaike_weights=_akaike_weights(fits),
        chosen=None if why_none else fits[0],
        why_none=why_none,
        refused=tuple(refused),
        suspected_hook=suspected,
    )


def _own(shape: Shape, boxes: Boxes | None) -> Boxes | None:
    return {name: box for name, box in boxes.items() if name in shape.parameters} if boxes else None


def _why_not(shape: Shape, plain: ShapeFit) -> str:
    """Return why the doses do not suffice for a shape, or an empty string."""
    levels = plain.points.levels.size
    if levels < shape.least_doses:
        return f"it needs {shape.least_doses} different doses and there are {levels}"
    if plain.points.size - (len(shape.free) + 1) - 1 <= 0:
        return f"it has {len(shape.free)} parameters and there are {plain.points.size} points"
    if shape.name == HOOK.name:
        beyond = find_deepest_point(plain).doses_beyond
        if beyond < LEAST_BEYOND_MINIMUM:
            return f"it needs {LEAST_BEYOND_MINIMUM} doses beyond the lowest response and there are {beyond}"
    return ""


def _why_not_used(fit: ShapeFit) -> str:
    """Return why a fit is no candidate, or an empty string."""
    if not fit.converged:
        return fit.least_squares.reason
    if fit.shape.name == HOOK.name and not (fit.value("recovery") > 0 and fit.value("top") > fit.value("bottom")):
        return "the fitted curve does not fall and rise again"
    return ""


def _akaike_weights(fits: Sequence[ShapeFit]) -> tuple[float, ...]:
    if not fits:
        return ()
    lowest = fits[0].aicc
    if lowest == -math.inf:  # a curve through all points
        exact = np.array([fit.aicc == -math.inf for fit in fits], float)
        return tuple(float(share) for share in exact / exact.sum())
    shares = np.exp(-0.5 * (np.array([fit.aicc for fit in fits]) - lowest))
    return tuple(float(share) for share in shares / shares.sum())
