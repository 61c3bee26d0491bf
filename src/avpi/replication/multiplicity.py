"""P-values adjusted for how many hypotheses were tested.

Holm's method keeps the chance of one false call or more in a family below alpha, for the few confirmatory contrasts of
a study; Benjamini and Hochberg's keeps the share of false calls below alpha, for screens. A test that was not made
(nan) is no hypothesis of the family: it stays nan and is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.errors import InputError, Problem, nearest_word
from avpi.replication.numeric_input import numbers

Floats = NDArray[np.float64]
Adjustment = Literal["bonferroni", "holm", "hochberg", "benjamini_hochberg", "benjamini_yekutieli"]


def adjust(p_values: ArrayLike, method: Adjustment, families: Sequence[Hashable] | None = None) -> Floats:
    """Return adjusted p-values (tests,), adjusted within each family.

    Parameters
    ----------
    p_values : (tests,) between 0 and 1; nan where there was no test.
    method : ``bonferroni``; ``holm`` (1979), never worse; ``hochberg`` (1988, doi:10.1093/biomet/75.4.800), for
        independent tests; ``benjamini_hochberg`` (1995, doi:10.1111/j.2517-6161.1995.tb02031.x), the false discovery
        rate of independent or positively dependent tests; ``benjamini_yekutieli`` (2001,
        doi:10.1214/aos/1013699998), the same under any dependence.
    families : (tests,) label of the family of each test, such as compound and cell line; one family where none is
        given.

    Raises
    ------
    InputError
        If a p-value lies outside 0 to 1, the method is unknown, or there is not one label for each test.
    """
    p = numbers(p_values, "p_values")
    problems = []
    if p.ndim != 1:
        what = f"the p-values have the shape {p.shape}"
        problems.append(Problem(file="p_values", what=what, expected="one for each test"))
    outside = p[(p < 0) | (p > 1)]
    if outside.size:
        what = f"a p-value is {outside.flat[0]:g}"
        problems.append(Problem(file="p_values", what=what, expected="between 0 and 1, or nan without a test"))
    if method not in _ADJUSTMENTS:
        what, hint = f"'{method}' is no adjustment", nearest_word(method, _ADJUSTMENTS)
        problems.append(Problem(file="method", what=what, expected=f"one of {', '.join(_ADJUSTMENTS)}", hint=hint))
    if families is not None and len(families) != p.size:
        what = f"there are {len(families)} labels for {p.size} tests"
        problems.append(Problem(file="families", what=what, expected="one label for each test"))
    if problems:
        raise InputError(problems)
    members: dict[Hashable, list[int]] = {}
    for i in np.flatnonzero(~np.isnan(p)).tolist():
        members.setdefault(None if families is None else families[i], []).append(i)
    adjusted = np.full(p.size, np.nan)
    for family in members.values():
        adjusted[family] = _ADJUSTMENTS[method](p[family])
    return adjusted


def _bonferroni(p: Floats) -> Floats:
    return np.minimum(p * p.size, 1.0)


def _holm(p: Floats) -> Floats:
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    return _put_back(np.minimum(stepped, 1.0), order)


def _hochberg(p: Floats) -> Floats:
    return _step_up(p, np.arange(p.size, 0, -1).astype(float))


def _benjamini_hochberg(p: Floats) -> Floats:
    return _step_up(p, p.size / np.arange(1, p.size + 1))


def _benjamini_yekutieli(p: Floats) -> Floats:
    ranks = np.arange(1, p.size + 1)
    return _step_up(p, (1 / ranks).sum() * p.size / ranks)


def _step_up(p: Floats, factors: Floats) -> Floats:
    """Return the smallest of the factored p-values from each rank upwards: no larger p gets a smaller adjusted one."""
    order = np.argsort(p, kind="stable")
    stepped = np.minimum.accumulate((p[order] * factors)[::-1])[::-1]
    return _put_back(np.minimum(stepped, 1.0), order)


def _put_back(sorted_values: Floats, order: NDArray[np.intp]) -> Floats:
    values = np.empty_like(sorted_values)
    values[order] = sorted_values
    return values


_ADJUSTMENTS: dict[str, Callable[[Floats], Floats]] = {
    "bonferroni": _bonferroni,
    "holm": _holm,
    "hochberg": _hochberg,
    "benjamini_hochberg": _benjamini_hochberg,
    "benjamini_yekutieli": _benjamini_yekutieli,
}
