"""Recover rate constants of EARM from synthetic data: least squares with gradients from the engine.

    python examples/recover_rate_constants.py EARM_M1a.xml

EARM (Lopez et al. 2013, Mol Syst Biol 9:644, doi:10.1038/msb.2013.1) is the cascade from a death ligand to cleaved
PARP; any SBML export of its variant M1a will do. "Measured" are four read-outs every three minutes for four hours, with
3 % noise. Six rate constants are then forgotten, looked for from six starts within a factor of five, and fitted on
their logarithms. Each iteration needs one run and its six derivatives: some milliseconds.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, least_squares

from avpi import Model, sensitivities, simulate

Floats = NDArray[np.float64]

FORGOTTEN = (
    "convert_LR_to_DISC_kc",
    "bind_C8A_BidU_to_C8ABidU_kf",
    "equilibrate_BidT_to_BidM_kf",
    "bind_BidM_Mcl1M_kf",
    "bind_Apop_C3pro_to_ApopC3pro_kf",
    "bind_C3A_PARPU_to_C3APARPU_kf",
)
READ_OUTS = ("Bid(bf=None, state=U)", "Bid(bf=None, state=T)", "Bid(bf=None, state=M)", "PARP(bf=None, state=C)")
HOURS, EVERY_MINUTES = 4.0, 3.0
NOISE = 0.03
STARTS, WITHIN_DECADES = 6, 0.7


def recover(path: str, *, seed: int = 1) -> dict[str, tuple[float, float]]:
    """Return name -> (fitted / true, 95 % half width of its log10) for the constants that were forgotten."""
    model = Model.from_sbml(path)
    rng = np.random.default_rng(seed)
    times = np.arange(0, HOURS * 60 + 1, EVERY_MINUTES) * 60.0
    truth = np.array([model.parameters[name] for name in FORGOTTEN])
    clean = simulate(model, times=times, observables=READ_OUTS, rtol=1e-8).values[0]
    scale = clean.max(axis=0)
    data = clean / scale + NOISE * rng.standard_normal(clean.shape)

    def residuals(log10_values: Floats) -> Floats:
        values = dict(zip(FORGOTTEN, 10.0**log10_values, strict=True))
        found = simulate(model, values, times=times, observables=READ_OUTS).values[0]
        return np.asarray((found / scale - data) / NOISE).ravel()

    def slopes(log10_values: Floats) -> Floats:
        values = 10.0**log10_values
        found = sensitivities(
            model, FORGOTTEN, dict(zip(FORGOTTEN, values, strict=True)), times=times, observables=READ_OUTS
        )
        by_logarithm = found.derivatives[0] * values * np.log(10) / scale[:, None] / NOISE
        return np.asarray(by_logarithm.reshape(-1, len(FORGOTTEN)))

    def fitted(first: Floats) -> OptimizeResult:
        return least_squares(residuals, first, jac=slopes, bounds=(first - 3, first + 3))

    starts = np.log10(truth) + rng.uniform(-WITHIN_DECADES, WITHIN_DECADES, (STARTS, truth.size))
    fit = min((fitted(first) for first in starts), key=lambda fit: float(fit.cost))
    at_the_best = slopes(np.asarray(fit.x))
    half_widths = 1.96 * np.sqrt(np.diag(np.linalg.pinv(at_the_best.T @ at_the_best)))
    ratios = 10.0**fit.x / truth
    return {name: (float(r), float(w)) for name, r, w in zip(FORGOTTEN, ratios, half_widths, strict=True)}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/recover_rate_constants.py EARM_M1a.xml")
    begun = time.perf_counter()
    for name, (ratio, half_width) in recover(sys.argv[1]).items():
        low, high = ratio * 10**-half_width, ratio * 10**half_width
        print(f"{name}: {ratio:.2f} of the truth (95 %: {low:.2f} to {high:.2f})")
    print(f"{time.perf_counter() - begun:.1f} s")
