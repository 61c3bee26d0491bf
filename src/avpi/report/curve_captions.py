"""What the figures of dose and response say in words: axes, legend, description, and the rows of a profile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from avpi.dose.likelihood_profile import Profile
from avpi.errors import InputError, Problem
from avpi.report.drawing import DOUBLE_MM, MIDDLE_MM, SINGLE_MM
from avpi.report.drawn_curve import COLUMNS, DrawnCurve, MeasuredCurve, dose_words, shape_words
from avpi.report.tables import frame
from avpi.report.words import because, count_words

WIDTHS: Final = (SINGLE_MM, MIDDLE_MM, DOUBLE_MM)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveWords:
    """How the axes of a figure are named.

    Attributes
    ----------
    dose : such as ``"birinapant"``.
    response : such as ``"viability"``.
    as_percent : whether responses, fractions inside, are shown in per cent.
    """

    dose: str = "dose"
    response: str = "response"
    as_percent: bool = False

    @property
    def scale(self) -> float:
        """What responses are multiplied with."""
        return 100.0 if self.as_percent else 1.0

    @property
    def response_label(self) -> str:
        """Label of the response axis."""
        return f"{self.response} (% of control)" if self.as_percent else self.response


def require_journal_width(width_mm: float) -> None:
    """Refuse a width that is none of a journal's.

    Raises
    ------
    InputError
        If it is another than 89, 120 or 183 mm.
    """
    if width_mm not in WIDTHS:
        what = f"a figure of '{width_mm:g}' mm is none of a journal's"
        raise InputError(Problem(file="width", what=what, expected=" or ".join(f"{w:g} mm" for w in WIDTHS)))


def curve_caption(measured: MeasuredCurve, profiles: Sequence[Profile], level: float) -> str:
    """Return the legend of the figure of one curve."""
    curve, fit, covers = measured.curve, measured.curve.fit, f"{100 * level:g} %"
    n = len(curve.experiment_names)
    told = count_words(n, "independent experiment") if curve.experiments else "experiments were not told apart"
    parts = [
        f"Points: mean of an experiment at a dose, by shape and colour ({told}); small points: its wells, which are "
        "not n. 0: control, behind the break of the axis."
    ]
    if not measured.used:
        parts.append(f"Dotted: a {shape_words(fit)} that is not used, because {because(measured.why_unused)}")
        return " ".join(parts)
    parts.append(f"Line: {shape_words(fit)}.")
    band = measured.band
    if band.why_none:
        parts.append(f"There is no band, because {because(band.why_none)}")
    else:
        known = f"; {' and '.join(band.known)} counted as known" if band.known else ""
        parts.append(
            f"Shade: {covers} confidence band of the curve at each dose alone, by the delta method, with all points "
            f"taken as independent{known}."
        )
    if curve.experiments and has_wells(curve):
        parts.append(
            "Wells of one experiment are not independent: band and intervals are then too narrow, and a fit of the "
            "experiments' means has honest ones."
        )
    if fit.shape.nonlinear:
        said = "; ".join(f"{which} {dose_words(found)}" for which, found in measured.ec50s.items())
        parts.append(
            f"EC50 with {covers} profile-likelihood interval: {said}. Relative: half of the fitted fall; absolute: "
            "half of the control. An arrow: censored, or an end that the data do not bound."
        )
    parts.append("Residuals in residual standard deviations; lines at ±2.")
    if profiles:
        open_ends = any(math.isinf(end) for profile in profiles for end in (profile.low, profile.high))
        parts.append(
            "Right or last: profile likelihood of the EC50; the interval is where a line is below the dashed threshold"
            f"{', and a triangle marks an open end' if open_ends else ''}."
        )
    return " ".join(parts)


def has_wells(curve: DrawnCurve) -> bool:
    """Return whether an experiment has several points at a dose."""
    points = curve.fit.points
    pairs = list(zip(curve.of_point[points.counted], points.doses_molar[points.counted], strict=True))
    return len(set(pairs)) < len(pairs)


def curves_caption(measured: Sequence[MeasuredCurve], level: float, *, bands: bool, points: bool, both: bool) -> str:
    """Return the legend of the figure of several curves.

    Parameters
    ----------
    bands, points, both : whether bands, points and both EC50s are drawn.
    """
    covers, parts = f"{100 * level:g} %", []
    if points:
        parts.append("Points: mean of an experiment at a dose; small points: its wells, which are not n.")
    parts.append("Lines: " + "; ".join(dict.fromkeys(shape_words(one.curve.fit) for one in measured if one.used)) + ".")
    if bands:
        parts.append(
            f"Shade: {covers} confidence band of each curve at each dose alone, by the delta method, with all "
            "points taken as independent."
        )
    missing = [word for word, shown in (("points", points), ("bands", bands), ("absolute EC50s", both)) if not shown]
    if missing:
        parts.append(f"Of so many curves {', '.join(missing)} are in the CSV only.")
    kinds = "relative (filled, rel.) and absolute (open, abs.) EC50" if both else "relative EC50"
    parts.append(
        f"0: control, behind the break of the axis. Bars: {kinds} with {covers} profile-likelihood interval; an "
        "arrow: censored, or an end that the data do not bound."
    )
    unused = [one for one in measured if not one.used]
    parts += [f"{one.curve.label}: the dotted line is not used, because {because(one.why_unused)}" for one in unused]
    return " ".join(parts)


def curves_alt(all_measured: Sequence[MeasuredCurve], words: CurveWords) -> str:
    """Return what a reader is told who cannot see the figure."""
    said = []
    for one in all_measured:
        if one.used:
            low, high = float(one.band.fitted.min()), float(one.band.fitted.max())
            unit = " %" if words.as_percent else ""
            ends = f"{words.scale * low:.3g} to {words.scale * high:.3g}{unit}"
            ec50s = ", ".join(f"{which} EC50 {dose_words(found)}" for which, found in one.ec50s.items())
            said.append(f"{one.curve.label}: {words.response} from {ends}; {ec50s}")
        else:
            said.append(f"{one.curve.label}: no curve, because {because(one.why_unused).removesuffix('.')}")
    return f"{words.response} against the dose of {words.dose}. {'. '.join(said)}."


def profile_rows(curve: DrawnCurve, profiles: Sequence[Profile]) -> pd.DataFrame:
    """Return the points of the profile panel: ``value`` is F, ``high`` its threshold."""
    rows = [
        {
            "curve": curve.label, "kind": f"profile_{profile.which}", "experiment": "", "dose_molar": 10.0**x,
            "value": f, "low": math.nan, "high": profile.threshold, "level": profile.level, "residual": math.nan,
            "counted": True, "state": "", "words": "",
        }
        for profile in profiles
        for x, f in zip(profile.log10_ec50, profile.f_statistic, strict=True)
        if math.isfinite(f)
    ]  # fmt: skip
    return frame(rows, COLUMNS)
