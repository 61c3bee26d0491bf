"""The MuSyC surface: two compounds that move a target between four states, and what its parameters mean.

A target is free (U), bound by compound 1 (A1), by compound 2 (A2) or by both (A12). Each state has its own effect, E0,
E1, E2, E3. Back rates are 1, and forward rates are

    U -> A1     f1 = (d1 / C1) ** h1                           alone
    A2 -> A12   g1 = (alpha21 d1 / C1) ** (gamma21 h1)         beside compound 2
    U -> A2     f2 = (d2 / C2) ** h2
    A1 -> A12   g2 = (alpha12 d2 / C2) ** (gamma12 h2)         beside compound 1

The four steps are a ring. Its steady state follows from its spanning trees (King & Altman 1956 J Phys Chem 60:1375,
doi:10.1021/j150544a010): each state's share is the sum, over the four ways to cut the ring, of the products of the
rates that lead to it,

    U    2 + g1 + g2                              A1   f1 (2 + g1) + f2 g1
    A12  f1 g2 + f2 g1 + (f1 + f2) g1 g2          A2   f2 (2 + g2) + f1 g2

over the sum of all four. Detailed balance, f1 g2 = f2 g1, is not assumed: where it does not hold a current goes round.
With alpha = gamma = 1 the shares are those of two compounds that bind independently. Doses are relative to C, so that
their units do not matter.

Meyer et al. 2019 Cell Systems 8:97, doi:10.1016/j.cels.2019.01.003; Wooten et al. 2021 Nat Commun 12:4607,
doi:10.1038/s41467-021-24789-z. They leave one rate constant for each compound open; with back rates of 1 it is settled.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]

NAMES = ("E0", "E1", "E2", "E3", "h1", "h2", "C1", "C2", "alpha12", "alpha21", "gamma12", "gamma21")
"""The parameters in the order of every array of twelve."""
EFFECTS = NAMES[:4]
_FARTHEST = 200.0
"""Beyond e^200 a rate is as good as infinite."""


def musyc_response(doses_a: ArrayLike, doses_b: ArrayLike, parameters: ArrayLike) -> Floats:
    """Return the MuSyC response at pairs of doses.

    Parameters
    ----------
    doses_a, doses_b : (n,) doses of compound 1 and of compound 2, in the units of C1 and C2; 0 where none was given.
    parameters : (12,) in the order of ``NAMES``; h, C, alpha and gamma above 0.

    Raises
    ------
    InputError
        If there are not twelve parameters, or one of those that must be above 0 is not.
    """
    values = np.asarray(parameters, float)
    if values.shape != (len(NAMES),) or not np.all(np.isfinite(values)) or np.any(values[4:] <= 0):
        what = f"the parameters are '{np.array2string(values, precision=4)}'"
        expected = f"{', '.join(NAMES)}: finite, those after E3 above 0"
        raise InputError(Problem(file="parameters", what=what, expected=expected))
    shares = state_shares(doses_a, doses_b, values)
    return np.asarray(np.tensordot(values[:4], shares, axes=1), float)


def state_shares(doses_a: ArrayLike, doses_b: ArrayLike, parameters: ArrayLike) -> Floats:
    """Return the shares (4, n) of the states U, A1, A2, A12 at pairs of doses; see ``musyc_response``."""
    h1, h2, c1, c2, alpha12, alpha21, gamma12, gamma21 = np.asarray(parameters, float)[4:]
    a, b = np.broadcast_arrays(np.asarray(doses_a, float), np.asarray(doses_b, float))
    f1, g1 = _power(a / c1, h1), _power(alpha21 * a / c1, gamma21 * h1)
    f2, g2 = _power(b / c2, h2), _power(alpha12 * b / c2, gamma12 * h2)
    trees = np.array(
        [
            2 + g1 + g2,
            f1 * (2 + g1) + f2 * g1,
            f2 * (2 + g2) + f1 * g2,
            f1 * g2 + f2 * g1 + (f1 + f2) * g1 * g2,
        ]
    )
    return np.asarray(trees / trees.sum(axis=0), float)


def synergy_of_efficacy(effects: ArrayLike) -> float:
    """Return beta: by how much both compounds together exceed the stronger one, as a share of what that one does.

    ``(E3 - S) / (S - E0)`` with S the larger of E1 and E2, effects being fractions affected; for viabilities, where S
    is the lower one, the number is the same. 0: as strong as the stronger one. Above 0: synergy of efficacy. nan where
    neither compound affects more than none at all.

    Parameters
    ----------
    effects : (4,) E0, E1, E2, E3 as fractions affected, larger is stronger.
    """
    e0, e1, e2, e3 = (float(effect) for effect in np.asarray(effects, float))
    strongest = max(e1, e2)
    return (e3 - strongest) / (strongest - e0) if strongest > e0 else math.nan


def _power(ratio: Any, exponent: float) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(np.clip(exponent * np.log(ratio), -_FARTHEST, _FARTHEST)) * (ratio > 0), float)
