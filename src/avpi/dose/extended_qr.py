"""Orthogonal triangles in numbers as long as the platform has them.

A least-squares step loses the square of the condition number where residuals are large. Householder's reflections in
long doubles keep about 19 digits on x86 (and 16 where a long double is a double); the matrices are small.
Golub & Van Loan 2013 Matrix Computations, 4th ed., 5.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def triangle_of(columns: Array, right: Array) -> tuple[Array, Array]:
    """Return R (p, p) and Qᵀ right (n,) of ``columns`` (n, p) = Q R, n >= p, in the columns' own precision."""
    a, b = columns.copy(), right.astype(columns.dtype).copy()
    for j in range(a.shape[1]):
        v = a[j:, j].copy()
        length = np.sqrt(np.sum(v * v))
        if length == 0:
            continue
        v[0] += length if v[0] >= 0 else -length
        v /= np.sqrt(np.sum(v * v))
        a[j:, j:] -= 2 * np.outer(v, np.sum(v[:, None] * a[j:, j:], axis=0))
        b[j:] -= 2 * v * np.sum(v * b[j:])
    return np.triu(a[: a.shape[1]]), b


def solve_triangle(upper: Array, right: Array) -> Array:
    """Return z (p,) or (p, m) with ``upper`` (p, p) z = ``right``."""
    z = np.zeros(right.shape, upper.dtype)
    for j in range(upper.shape[0] - 1, -1, -1):
        z[j] = (right[j] - np.tensordot(upper[j, j + 1 :], z[j + 1 :], axes=1)) / upper[j, j]
    return z
