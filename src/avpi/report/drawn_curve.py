"""A curve as it is drawn: its points by experiment, its band, both EC50s with their intervals, and their words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avpi.dose.confidence_band import Band, confidence_band
from avpi.dose.estimate_dose import Which, estimate_ec50
from avpi.dose.fit_shape import ShapeFit
from avpi.errors import InputError, Problem
from avpi.estimate import Estimate, not_estimable
from avpi.quantity import format_molar
from avpi.report.tables import frame

Floats = NDArray[np.float64]

KINDS: Final[tuple[Which, ...]] = ("relative", "absolute")
PLACES_OF_A_LINE: Final = 121
"""Doses at which a curve is drawn; then a hook of three decades is smooth."""
SHOWN_DIGITS: Final = 2
"""Digits of an EC50 in a figure; the CSV has them all."""

COLUMNS: Final[Mapping[str, str]] = {
    "curve": "str", "kind": "str", "experiment": "str", "dose_molar": "float64", "value": "float64",
    "low": "float64", "high": "float64", "level": "float64", "residual": "float64", "counted": "bool",
    "state": "str", "words": "str",
}  # fmt: skip
"""Of the CSV. ``kind`` is ``point``, ``curve``, ``ec50_relative``, ``ec50_absolute`` or ``profile_…``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnCurve:
    """What is to be drawn of one curve.

    Attributes
    ----------
    label : its name, such as ``"SM+TNF"``.
    fit : the fit, with its points.
    experiments : (n,) independent experiment of each point of ``fit.points``; empty where they were not told apart.
    why_unused : why the fit must not be used though it converged, such as a suspected hook; empty if it may.
    ec50s : estimates that were made before, by kind; made here where they are not given.
    """

    label: str
    fit: ShapeFit
    experiments: Sequence[str] = ()
    why_unused: str = ""
    ec50s: Mapping[Which, Estimate] = field(default_factory=dict)

    @property
    def experiment_names(self) -> tuple[str, ...]:
        """Names of the experiments, in the order in which they first appear; one empty name where there are none."""
        return tuple(dict.fromkeys(self.experiments)) or ("",)

    @property
    def of_point(self) -> NDArray[Any]:
        """Name of the experiment (n,) of each point."""
        size = self.fit.points.responses.size
        return np.array(list(self.experiments) or [""] * size, dtype=object)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredCurve:
    """A curve with all numbers that its figures show.

    Attributes
    ----------
    curve : what was asked for.
    band : the curve with its band at (m,) doses, dose 0 first where the points have one.
    ec50s : estimate of each kind.
    """

    curve: DrawnCurve
    band: Band
    ec50s: Mapping[Which, Estimate]

    @property
    def used(self) -> bool:
        """Whether the fitted curve may be shown as a result."""
        return self.curve.fit.converged and not self.curve.why_unused

    @property
    def why_unused(self) -> str:
        """Why not; empty if it may."""
        fit = self.curve.fit
        return self.curve.why_unused or ("" if fit.converged else fit.least_squares.reason)


def measure_curve(curve: DrawnCurve, *, level: float = 0.95) -> MeasuredCurve:
    """Return a curve with its band and its EC50s.

    Raises
    ------
    InputError
        If there are experiments for some points only, or no dose above 0.
    """
    points = curve.fit.points
    if curve.experiments and len(curve.experiments) != points.responses.size:
        what = f"there are {len(curve.experiments)} experiments for {points.responses.size} points of '{curve.label}'"
        raise InputError(Problem(file="experiments", what=what, expected="one for each point"))
    if not points.given.size:
        what = f"'{curve.label}' has no dose above 0"
        raise InputError(Problem(file="doses", what=what, expected="a dose at the least"))
    line = np.geomspace(points.given[0], points.given[-1], PLACES_OF_A_LINE)
    line[[0, -1]] = points.given[[0, -1]]
    control = np.zeros(1 if np.any(points.levels == 0) else 0)
    band = confidence_band(curve.fit, np.concatenate([control, line]), level)
    return MeasuredCurve(
        curve=curve,
        band=band,
        ec50s={which: curve.ec50s.get(which) or _ec50(curve, which, level) for which in KINDS},
    )


def _ec50(curve: DrawnCurve, which: Which, level: float) -> Estimate:
    n = len(curve.experiment_names)
    if curve.why_unused:
        return not_estimable(curve.why_unused, unit="M", n=n)
    return estimate_ec50(curve.fit, which, level=level, n=n)


def dose_words(estimate: Estimate) -> str:
    """Return an estimated dose as it stands in a figure: "12 nM (8.1–18 nM)", "> 10 µM", "not estimable"."""
    if estimate.state in ("above", "below"):
        sign = ">" if estimate.state == "above" else "<"
        return f"{sign} {format_molar(_rounded(estimate.value, 3))}"
    if not math.isfinite(estimate.value):
        return estimate.state.replace("_", " ")
    value = format_molar(_rounded(estimate.value))
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return f"{value} (no interval)"
    low = "open" if estimate.low <= 0 else format_molar(_rounded(estimate.low))
    high = "open" if math.isinf(estimate.high) else format_molar(_rounded(estimate.high))
    low_number, _, low_unit = low.partition(" ")
    if low_unit and low_unit == high.partition(" ")[2]:
        low = low_number
    return f"{value} ({low}–{high})"


def _rounded(x: float, digits: int = SHOWN_DIGITS) -> float:
    return float(f"{x:.{digits}g}")


def shape_words(fit: ShapeFit) -> str:
    """Return the name of a fitted shape for people."""
    held = f", {' and '.join(f'{name} {value:g}' for name, value in fit.shape.held)} held" if fit.shape.held else ""
    return fit.shape.name.replace("_", " ") + held


def curve_rows(measured: MeasuredCurve) -> pd.DataFrame:
    """Return every point, the line with its band and the EC50s of a curve as a table."""
    curve, band = measured.curve, measured.band
    points, residuals = curve.fit.points, curve.fit.least_squares.residuals
    empty = {
        "curve": curve.label, "experiment": "", "low": math.nan, "high": math.nan, "level": math.nan,
        "residual": math.nan, "counted": True, "state": "", "words": "",
    }  # fmt: skip
    rows: list[dict[str, Any]] = [
        {
            **empty, "kind": "point", "experiment": name, "dose_molar": dose, "value": response,
            "residual": residual, "counted": bool(weight > 0),
        }
        for name, dose, response, residual, weight in zip(
            curve.of_point, points.doses_molar, points.responses, residuals, points.weights, strict=True
        )
    ]  # fmt: skip
    rows += [
        {**empty, "kind": "curve", "dose_molar": dose, "value": value, "low": low, "high": high, "level": band.level}
        for dose, value, low, high in zip(band.doses_molar, band.fitted, band.low, band.high, strict=True)
    ]
    for which, found in measured.ec50s.items():
        rows.append(
            {
                **empty, "kind": f"ec50_{which}", "dose_molar": found.value, "value": math.nan, "low": found.low,
                "high": found.high, "level": found.level, "state": found.state, "words": dose_words(found),
            }
        )  # fmt: skip
    return frame(rows, COLUMNS)
