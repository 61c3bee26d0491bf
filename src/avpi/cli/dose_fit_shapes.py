"""``avpi dose fit --shape``: curves fitted one by one in a shape that was asked for, or in the best of several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from avpi.dose.compare_shapes import compare_shapes
from avpi.dose.curve_table import combined, find_curves
from avpi.dose.estimate_dose import Which, estimate_ec50
from avpi.dose.fit_columns import STATES
from avpi.dose.fit_settings import FitSettings
from avpi.dose.fit_shape import ShapeFit, fit_shape
from avpi.dose.fit_table import fitted_table
from avpi.dose.hook import suspect_hook
from avpi.dose.long_table import Chunk, LongTable
from avpi.dose.shape_starts import VIABILITY_BOXES, Boxes
from avpi.dose.shapes import BIPHASIC, FIVE_PARAMETERS, FLAT, FOUR_PARAMETERS, HOOK, Shape
from avpi.dose.table_columns import TableColumns
from avpi.dose.table_values import doses_molar, require_scale, responses, weights
from avpi.errors import InputError, Problem
from avpi.estimate import Caveat, Estimate, not_estimable

if TYPE_CHECKING:
    from avpi.compute.progress import Progress

Floats = NDArray[np.float64]

NAMED: Mapping[str, Shape] = {
    "three": FOUR_PARAMETERS.hold(top=1.0), "four": FOUR_PARAMETERS, "five": FIVE_PARAMETERS, "biphasic": BIPHASIC,
    "hook": HOOK, "flat": FLAT,
}  # fmt: skip
BEST = "best"
CHOICES = (*NAMED, BEST)
MOST_CURVES = 5_000
"""Curves that are fitted one by one: each takes a second or so, and a day has 86,400."""
MOST_FIGURES = 50
"""Curves of which figures are drawn: more are not looked at one by one."""
EXPERIMENT_WORDS = ("experiment", "experiment_id")
SLOPES = ("hill_slope", "hill_slope_1", "hill_slope_2", "hill_slope_of_recovery")
KINDS: tuple[Which, ...] = ("relative", "absolute")


@dataclass(frozen=True, slots=True, kw_only=True)
class WellCurve:
    """The wells of one curve: what names it, doses (n,), responses (n,), weights (n,) and experiments (n,) or none."""

    named: Mapping[str, Any]
    doses_molar: Floats
    responses: Floats
    weights: Floats | None
    experiments: tuple[str, ...]

    @property
    def label(self) -> str:
        """The names in one line."""
        return ", ".join(str(value) for value in self.named.values())

    @property
    def experiment_count(self) -> int:
        """Independent experiments among the wells; 1 where they are not told apart."""
        return max(len(set(self.experiments)), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedCurve:
    """A curve in its shape.

    Attributes
    ----------
    fit : None where there is none, and ``reason`` says why.
    akaike_weight : of the chosen shape among those compared; nan where none were.
    suspected_hook : why the curve looks like a hook though none was fitted; empty if it does not.
    p_flat : how often a flat line would look as much like a curve.
    ec50s : relative and absolute.
    reason : why the fit must not be used; empty if it may.
    """

    wells: WellCurve
    fit: ShapeFit | None
    akaike_weight: float
    suspected_hook: str
    p_flat: float
    ec50s: Mapping[Which, Estimate]
    reason: str


def read_well_curves(table: LongTable, columns: TableColumns) -> tuple[WellCurve, ...]:
    """Return the curves of a table in the order in which they first appear; wells without a response are left out.

    Raises
    ------
    InputError
        If a dose, response or weight cannot be meant, or responses are on another scale than was said.
    """
    import pyarrow as pa

    experiment = next((name for name in columns.others if name.lower() in EXPERIMENT_WORDS), "")
    wanted = [*columns.curve, columns.dose, columns.response, columns.weight, columns.unit_column, experiment]
    numbers = [name for name in (columns.dose, columns.response, columns.weight) if name]
    parts = list(table.batches([name for name in wanted if name], numbers))
    if not parts or not sum(part.num_rows for part in parts):
        raise InputError(Problem(file=table.source, what="it has no rows", expected="a row for each well"))
    whole = pa.concat_tables(parts, promote_options="permissive").unify_dictionaries()
    chunk = Chunk(table=whole, rows=np.arange(whole.num_rows), together=False)
    curves = find_curves([whole.column(name) for name in columns.curve])
    if curves.lengths.size > MOST_CURVES:
        what = f"there are {curves.lengths.size:,} curves"
        hint = "Leave '--shape' and '--figures' out: four parameters are fitted to millions"
        raise InputError(Problem(file=table.source, what=what, expected=f"{MOST_CURVES:,} or fewer", hint=hint))
    doses, values = doses_molar(chunk, columns, table), responses(chunk, columns, table)
    heights = weights(chunk, columns, table)
    names = [combined(whole.column(name)).take(pa.array(curves.first_rows)).to_pylist() for name in columns.curve]
    of_row = whole.column(experiment).to_pylist() if experiment else []
    rows = np.arange(whole.num_rows) if curves.order is None else curves.order
    ends = np.cumsum(curves.lengths)
    found = []
    for number, end in enumerate(ends):
        own = rows[end - curves.lengths[number] : end]
        own = own[~np.isnan(values[own])]
        found.append(
            WellCurve(
                named={name: given[number] for name, given in zip(columns.curve, names, strict=True)},
                doses_molar=doses[own],
                responses=values[own],
                weights=None if heights is None else heights[own],
                experiments=tuple(str(of_row[row]) for row in own) if experiment else (),
            )
        )
    require_scale(curves.lengths, values[rows], columns, table.source, lambda i: f"curve '{found[i].label}'")
    return tuple(found)


def shape_boxes(settings: FitSettings, scale: str) -> Boxes:
    """Return the boxes by parameter that the settings or, without, a viability has; none for raw responses."""
    if settings.boxes is None:
        own = {} if scale == "raw" else {"bottom": VIABILITY_BOXES["bottom"]}
        return own | dict.fromkeys(SLOPES, VIABILITY_BOXES["hill_slope"])
    boxes = settings.boxes
    return {"bottom": boxes.bottom, "top": boxes.top} | dict.fromkeys(SLOPES, boxes.slope)


def fit_well_curves(
    table: LongTable,
    columns: TableColumns,
    settings: FitSettings,
    asked: str,
    *,
    most_figures: int | None = None,
    progress: Progress,
) -> list[FittedCurve]:
    """Fit each curve of a table in a shape of ``CHOICES``.

    Parameters
    ----------
    most_figures : curves beyond which figures are refused, before anything is fitted; None where none are drawn.

    Raises
    ------
    InputError
        If the table cannot be meant, has too many curves, or the top cannot be held because responses are raw.
    """
    if asked == "three" and columns.scale == "raw":
        what = "'three' holds the top at the control, which raw responses do not have"
        raise InputError(Problem(file="--shape", what=what, expected="fractions or per cent of the control, or 'four'"))
    curves = read_well_curves(table, columns)
    if most_figures is not None and len(curves) > most_figures:
        what = f"there are {len(curves)} curves in '{table.source}'"
        hint = "Put the curves that you want to see into a table of their own"
        raise InputError(Problem(file="--figures", what=what, expected=f"{most_figures} or fewer", hint=hint))
    with fitted_table(table, columns, settings) as quick:
        p_flat = [float(p) for block in quick.blocks() for p in block.column("p_flat").to_pylist()]
    boxes, control = shape_boxes(settings, columns.scale), None if columns.scale == "raw" else 1.0
    work = progress(list(zip([curve.label for curve in curves], curves, p_flat, strict=True)), "curves")
    return [_fitted(curve, p, asked, boxes, control, settings) for _, curve, p in work]


def _fitted(
    wells: WellCurve, p_flat: float, asked: str, boxes: Boxes, control: float | None, settings: FitSettings
) -> FittedCurve:
    fit, weight, suspected, reason = _fit_of(wells, asked, boxes, control)
    if not reason and fit is not None and fit.shape.nonlinear and p_flat > settings.alpha:
        reason = f"flat (p = {p_flat:.2g})"
    ec50s: dict[Which, Estimate] = {}
    for which in KINDS:
        if reason or fit is None:
            ec50s[which] = not_estimable(reason, unit="M", n=wells.experiment_count)
        else:
            found = estimate_ec50(fit, which, level=settings.level, n=wells.experiment_count)
            for caveat in _caveats(wells, suspected if fit.shape.name != HOOK.name else ""):
                found = found.with_caveat(caveat.code, caveat.text)
            ec50s[which] = found
    return FittedCurve(
        wells=wells, fit=fit, akaike_weight=weight, suspected_hook=suspected, p_flat=p_flat, ec50s=ec50s, reason=reason
    )


def _fit_of(
    wells: WellCurve, asked: str, boxes: Boxes, control: float | None
) -> tuple[ShapeFit | None, float, str, str]:
    """Return the fit, its Akaike weight, why a hook is suspected, and why the fit must not be used."""
    given = wells.doses_molar, wells.responses, wells.weights
    try:
        if asked == BEST:
            found = compare_shapes(*given, boxes, control=control)
            fit = found.chosen or next(iter(found.fits), None)
            weight = found.akaike_weights[0] if found.akaike_weights else math.nan
            return fit, weight, found.suspected_hook, found.why_none
        shape = NAMED[asked]
        own = {name: box for name, box in boxes.items() if name in shape.parameters}
        fit = fit_shape(shape, *given, own, control=control)
        plain = fit if fit.shape == FOUR_PARAMETERS else _plain(given, boxes, control)
    except InputError as error:
        return None, math.nan, "", error.problems[0].what
    reason = "" if fit.converged else fit.least_squares.reason
    return fit, math.nan, suspect_hook(plain) if plain is not None else "", reason


def _plain(given: tuple[Floats, Floats, Floats | None], boxes: Boxes, control: float | None) -> ShapeFit | None:
    """Return the plain fall against which a hook is suspected; None where there are too few doses for one."""
    own = {name: box for name, box in boxes.items() if name in FOUR_PARAMETERS.parameters}
    if np.unique(given[0]).size < FOUR_PARAMETERS.least_doses:
        return None
    return fit_shape(FOUR_PARAMETERS, *given, own, control=control)


def _caveats(wells: WellCurve, suspected: str) -> list[Caveat]:
    found = []
    if suspected:
        text = f"A hook is suspected: {suspected}. A shape without hook gives a wrong EC50 for such a curve."
        found.append(Caveat(code="hook_suspected", text=text))
    if wells.experiment_count > 1:
        text = "Wells of all experiments are fitted together: the interval does not know that experiments differ."
        found.append(Caveat(code="pooled_experiments", text=text))
    return found


def shape_counts(curves: Sequence[FittedCurve]) -> dict[str, int]:
    """Return how many curves have a relative EC50 of each state."""
    states: list[str] = [curve.ec50s["relative"].state for curve in curves]
    return {state: states.count(state) for state in STATES}


def write_figures(
    folder: Path, curves: Sequence[FittedCurve], settings: FitSettings, columns: TableColumns, *, progress: Progress
) -> int:
    """Write a figure of each curve that has a fit, and return how many."""
    from avpi.report.curve_captions import CurveWords
    from avpi.report.drawn_curve import DrawnCurve
    from avpi.report.write_dose_figures import write_curve_figures

    drawn = {}
    for number, curve in enumerate(curves, 1):
        if curve.fit is None:
            continue
        label = curve.wells.label
        drawn[label if label not in drawn else f"{label} {number}"] = DrawnCurve(
            label=label, fit=curve.fit, experiments=curve.wells.experiments, why_unused=curve.reason, ec50s=curve.ec50s
        )
    words = CurveWords(response=columns.response.replace("_", " "), as_percent=columns.scale == "percent")
    write_curve_figures(folder, drawn, words=words, level=settings.level, progress=progress)
    return len(drawn)
