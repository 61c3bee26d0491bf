"""Other curve fitters, as their documentation has them: scipy's ``curve_fit`` here, CurveCurator in its own Python.

What CurveCurator does for a curve is its ``fit_model``: a flat and a logistic fit in its standard mode, errors by
linearisation, area, and a p-value. Reading and writing of its tables is not counted.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit

from benchmarks.dose_curves import Floats, logistic

CURVE_CURATOR = """
import json, sys, time
import numpy as np, pandas as pd
from curve_curator.models import LogisticModel, MeanModel
from curve_curator.quantification import fit_model
given = np.load(sys.argv[1])
x, y = np.log10(given["doses"]), given["y"]
logistic, mean = LogisticModel(), MeanModel()
logistic.set_boundaries(x)
mean.set_boundaries()
fit = {"type": "OLS", "speed": "standard", "control_fold_change": True, "interpolation": False}
test = {"optimized_dofs": True, "scale": 1.0, "loc": 0.12}
def work(curve):
    return fit_model(pd.Series(curve), x_data=x, M0=mean, M1=logistic, fit_params=fit, f_statistic_params=test)
work(y[0])
begun = time.perf_counter()
found = [work(curve)[:4] for curve in y]
print(json.dumps({"seconds": time.perf_counter() - begun, "parameters": np.array(found, float).tolist()}))
"""


def curve_curator(python: str, doses: Floats, y: Floats) -> tuple[float, Floats]:
    """Return the seconds that CurveCurator takes for curves, and its pEC50, slope, front and back (curves, 4)."""
    answer = run_peer(python, CURVE_CURATOR, doses=doses, y=y)
    return float(answer["seconds"]), np.array(answer["parameters"])


def run_peer(python: str, script: str, **arrays: Floats) -> Any:
    """Run a script in another Python on arrays, and return the JSON of its last line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given.npz"
        np.savez(path, **arrays)  # type: ignore[arg-type]
        done = subprocess.run([python, "-W", "ignore", "-c", script, str(path)], capture_output=True, text=True)
    if done.returncode:
        message = f"'{python}' could not run this peer: {done.stderr.strip().splitlines()[-1]}"
        raise RuntimeError(message)
    return json.loads(done.stdout.strip().splitlines()[-1])


def _four(x: Floats, p: float, k: float, bottom: float, top: float) -> Floats:
    return logistic(x, p, np.exp(k), bottom, top)


def scipy_curve_fit(doses: Floats, y: Floats, edges: tuple[Floats, Floats] | None) -> tuple[float, Floats]:
    """Return the seconds that ``curve_fit`` takes from one start, and residual sums (curves,); nan where it gave up.

    ``edges`` are boxes of p, ln slope, bottom and top; without them it takes MINPACK, which is faster.
    """
    x, rss = np.log10(doses), np.full(len(y), np.nan)
    bounds: Any = edges if edges is not None else (-np.inf, np.inf)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", OptimizeWarning)
        begun = time.perf_counter()
        for i, curve in enumerate(y):
            start = [float(x.mean()), 0.0, float(np.clip(curve[-2:].mean(), 0.01, 1.19)), float(curve[:2].mean())]
            try:
                found, _ = curve_fit(_four, x, curve, start, bounds=bounds)
            except RuntimeError:
                continue
            rss[i] = float(np.sum((_four(x, *found) - curve) ** 2))
        seconds = time.perf_counter() - begun
    return seconds, rss
