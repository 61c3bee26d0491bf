"""Does the curve fitter find the best minimum? On made curves, and on a screen that CurveCurator's authors fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from avpi.compute.places import Threads
from avpi.dose.batch import fit_curves
from avpi.dose.design import VIABILITY, Boxes
from benchmarks.dose_curves import SCREEN_DOSES, Floats, logistic, screen_curves
from benchmarks.dose_optimum import BestKnown
from benchmarks.dose_rows import CORES, SHARED, Asked, Row, digits, missing, row

OPTIMUM_CURVES = 3000
OPTIMUM_SEED = 7
AS_GOOD = 1e-3
"""A minimum whose residual sum of squares lies no further above the best known, relatively, is the same."""
CURVE_CURATOR = Boxes(bottom=(1e-4, 1e6), top=(1e-4, 1e6), slope=(0.01, 10.0), beyond_doses_log10=2.0)
"""Where CurveCurator lets its parameters lie: pEC50 two decades beyond the doses, plateaus not negative."""
CONTROLS = 3
"""Of the screen's columns; they are all 1 by definition and enter CurveCurator's fit as one point at dose 0."""


def optimum(asked: Asked) -> list[Row]:
    """Curves of a screen at ten doses against a fine grid of all EC50 and slopes."""
    number, rows = asked.few(OPTIMUM_CURVES), []
    known = BestKnown(SCREEN_DOSES, VIABILITY)
    for noise, least in ((0.05, 99.9), (0.15, 99.5)):
        y = screen_curves(number, noise, OPTIMUM_SEED)
        fits = fit_curves(SCREEN_DOSES, y, intervals=False, place=Threads(CORES))
        best = np.minimum([known.rss(one) for one in y], fits.rss)
        above = fits.rss / best - 1
        share = 100 * float((above <= AS_GOOD).mean())
        what = f"best minimum, noise {noise:g}, % of {number} curves (the worst {above.max():.2g} above it)"
        rows.append(row(what, digits(share, 6), f">= {least} %", met=share >= least))
        missed = np.flatnonzero(above > AS_GOOD)[:10].tolist()
        rows.append(row(f"the same, to a millionth (missed first: curves {missed})", digits(
            100 * float((above <= 1e-6).mean()), 6)))  # fmt: skip
    return rows


def sarcoma(asked: Asked) -> list[Row]:
    """2,424 curves of three replicates: CurveCurator's published fits and the grid, in its boxes and ours."""
    path, goal = SHARED / "curvecurator" / "sarcoma" / "combined_nointerp" / "curves.txt.gz", "<= 0.001"
    if absent := missing("sarcoma screen", goal, path):
        return absent
    table = pd.read_csv(path, sep="\t")
    table = table.iloc[:: 20 if asked.quick else 1]
    doses, y = sarcoma_wells(table)
    theirs = _their_rss(table, doses, y)
    told = theirs / np.isfinite(y).sum(axis=1) / table["Curve RMSE"].to_numpy() ** 2 - 1
    rows = [row("sarcoma, CurveCurator's RMSE as recomputed, apart at most", digits(np.abs(told).max()))]
    for name, boxes in (("CurveCurator's boxes", CURVE_CURATOR), ("our boxes", VIABILITY)):
        fits = fit_curves(doses, y, boxes=boxes, intervals=False, place=Threads(CORES))
        known = BestKnown(doses, boxes)
        grid = np.array([known.rss(one) for one in y])
        peers = {"the grid and scipy": fits.rss / grid - 1}
        if boxes is CURVE_CURATOR:
            peers = {"CurveCurator": fits.rss / theirs - 1} | peers
            rows.append(row("sarcoma, CurveCurator more than 0.1 % above the grid, % of curves", digits(
                100 * float((theirs > (1 + AS_GOOD) * np.minimum(grid, fits.rss)).mean()))))  # fmt: skip
        for peer, above in peers.items():
            worst = int(np.argmax(above))
            what = f"sarcoma, {len(y)} curves, {name}: RSS above {peer}, relative, at most"
            rows.append(row(f"{what} ({table['Name'].iloc[worst]})", digits(float(above[worst])), goal,
                            met=above[worst] <= AS_GOOD))  # fmt: skip
            rows.append(row(f"sarcoma, {name}: curves more than 0.1 % above {peer}", int((above > AS_GOOD).sum())))
    return rows


def sarcoma_wells(table: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return doses (wells,) in molar and responses (curves, wells) as CurveCurator fits them: one control at 1."""
    molar = [0.17, 0.51, 1.52, 4.57, 13.72, 41.15, 123.5, 370.4, 1111.0, 3333.0, 10000.0]
    doses = np.concatenate([[0.0], np.repeat(molar, CONTROLS) * 1e-9])
    ratios = table[[f"Ratio {i}" for i in range(CONTROLS, CONTROLS + doses.size - 1)]].to_numpy(float)
    return doses, np.column_stack([np.ones(len(table)), ratios])


def _their_rss(table: pd.DataFrame, doses: Floats, y: Floats) -> Floats:
    columns = ("pEC50", "Curve Slope", "Curve Back", "Curve Front")
    p, slope, bottom, top = (table[[name]].to_numpy(float) for name in columns)
    with np.errstate(divide="ignore"):
        curves = logistic(np.log10(doses), -p, slope, bottom, top)
    return np.asarray(np.nansum((y - curves) ** 2, axis=1), float)
