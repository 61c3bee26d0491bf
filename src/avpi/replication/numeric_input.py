"""Numbers that callers hand over, as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.errors import InputError, Problem


def numbers(values: ArrayLike, file: str) -> NDArray[np.float64]:
    """Return values as an array of floats; None becomes nan.

    Raises
    ------
    InputError
        If a value is no number at all, such as a text, or rows differ in length.
    """
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError) as error:
        what = f"the values cannot be read as numbers ({error})"
        raise InputError(Problem(file=file, what=what, expected="numbers")) from error
