"""Published screens fitted again: how far IC50 and area lie from what others computed. Told, not judged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from avpi.compute.places import Threads
from avpi.dose.batch import CurveFits, fit_curves
from avpi.dose.design import Boxes
from benchmarks.dose_curves import Floats, logistic
from benchmarks.dose_rows import CORES, SHARED, Asked, Row, digits, missing, row

PHARMACO = Boxes(bottom=(0.0, 1.0), top=(0.999, 1.001), slope=(0.1, 4.0), beyond_doses_log10=2.0)
"""About those of PharmacoGx, whose recomputed values stand beside the published ones: viability begins at 1."""
GRID = 400
"""Points of the area under a fitted curve."""


def screens(asked: Asked) -> list[Row]:
    """CCLE and GDSC: fitted IC50, area above the curve and largest effect beside published and recomputed ones."""
    rows: list[Row] = []
    for name, file in (("CCLE", "ccle_open_12drugs.csv.gz"), ("GDSC", "gdsc_small_972curves.csv.gz")):
        path = SHARED / "ccle" / file
        if absent := missing(name, "", path):
            rows += absent
            continue
        table = pd.read_csv(path).iloc[:: 20 if asked.quick else 1]
        rows += _compared(name, table)
    return rows


def _compared(name: str, table: pd.DataFrame) -> list[Row]:
    doses = table.filter(regex=r"^dose_uM_\d+$").to_numpy(float) * 1e-6
    y = table.filter(regex=r"^viab_pct_\d+$").to_numpy(float) / 100
    found = {"ic50": np.full(len(table), np.nan), "auc": np.full(len(table), np.nan), "amax": 1 - y[:, -1]}
    fitted = 0
    codes = np.unique(np.nan_to_num(doses, nan=-1.0), axis=0, return_inverse=True)[1].ravel()
    for code in np.unique(codes):
        at = np.flatnonzero(codes == code)
        own = doses[at[0]]
        given = np.isfinite(own)
        if given.sum() < 5:
            continue
        fits = fit_curves(own[given], y[np.ix_(at, given)], boxes=PHARMACO, intervals=False, place=Threads(CORES))
        found["ic50"][at], found["auc"][at] = _ic50_um(fits), _area(fits, own[given])
        fitted += at.size
    rows = [row(f"{name}, curves fitted of {len(table)}", fitted)]
    for column in [column for column in table.columns.astype(str) if column.endswith(("_published", "_recomputed"))]:
        kind = column.split("_")[0]
        rows.append(_row(name, column, found[kind], table[column].to_numpy(float), log=kind == "ic50"))
    return rows


def _ic50_um(fits: CurveFits) -> Floats:
    """Return the dose of viability 0.5, micromolar; nan where the curve does not reach it."""
    with np.errstate(invalid="ignore", divide="ignore"):
        odds = (fits.top - 0.5) / (0.5 - fits.bottom)
        log10 = fits.log10_ec50_molar + np.log10(odds) / fits.hill_slope
    return np.asarray(10 ** (log10 + 6), float)


def _area(fits: CurveFits, doses: Floats) -> Floats:
    """Return the mean of 1 - viability over log dose."""
    x = np.linspace(np.log10(doses.min()), np.log10(doses.max()), GRID)
    columns = (fits.log10_ec50_molar, fits.hill_slope, fits.bottom, fits.top)
    p, slope, bottom, top = (values[:, None] for values in columns)
    return np.asarray(np.trapezoid(1 - logistic(x, p, slope, bottom, top), x, axis=1) / (x[-1] - x[0]), float)


def _row(name: str, column: str, ours: Floats, theirs: Floats, *, log: bool) -> Row:
    scale: Callable[[Floats], Floats] = np.log10 if log else np.asarray
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = scale(ours), scale(theirs if log or np.nanmedian(np.abs(theirs)) < 2 else theirs / 100)
    both = np.isfinite(a) & np.isfinite(b)
    apart = np.abs(np.abs(a[both]) - np.abs(b[both])) if not log else np.abs(a[both] - b[both])
    rank = pd.Series(a[both]).corr(pd.Series(np.abs(b[both]) if not log else b[both]), method="spearman")
    unit = " log10" if log else ""
    what = f"{name}, ours against {column}: median difference{unit} ({both.sum()} curves, Spearman {rank:.3f})"
    return row(what, digits(float(np.median(apart))))
