"""Rows that belong to no curve, or to which one is not said, never end up in the curve of another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from avpi.dose.fit_table import fit_table
from avpi.dose.table_columns import find_columns
from avpi.errors import InputError


def long_frame(**columns: Any) -> pd.DataFrame:
    doses = np.tile(np.repeat([1.0, 10.0, 100.0, 1000.0, 10000.0], 2), 2)
    return pd.DataFrame(
        {"compound": ["a"] * 10 + ["b"] * 10, "dose_nM": doses, "response": 1 / (1 + doses / 50), **columns}
    )


def test_cell_lines_of_any_usual_heading_are_never_pooled() -> None:
    for heading in ("cell", "CELL_LINE_NAME", "Cell Line", "patient"):
        frame = long_frame(**{heading: ["x", "y"] * 10})
        assert find_columns(list(frame.columns)).curve == ("compound", heading)


def test_a_name_that_stands_in_its_first_row_only_is_asked_for() -> None:
    frame = long_frame()
    frame.loc[frame["compound"].duplicated(), "compound"] = None
    with pytest.raises(InputError, match="'compound': there is no name beside the dose"):
        fit_table(frame)
    with_lines = frame.assign(cell_line="x")
    with pytest.raises(InputError, match="'compound': there is no name beside the dose"):
        fit_table(with_lines)


def test_a_row_of_a_curve_with_neither_dose_nor_response_is_no_well() -> None:
    frame = long_frame()
    padded = pd.concat([frame, frame.iloc[[0]].assign(dose_nM=np.nan, response=np.nan)])
    assert fit_table(padded)["n_missing"].tolist() == [1, 0]
    np.testing.assert_array_equal(fit_table(padded)["ec50_molar"], fit_table(frame)["ec50_molar"])
    nowhere = padded.assign(compound=pd.Series([*frame["compound"], None], padded.index, dtype=object))
    with pytest.raises(InputError, match="If these rows are no wells, delete them"):
        fit_table(nowhere)


def test_true_and_false_are_no_responses() -> None:
    frame = long_frame()
    with pytest.raises(InputError, match="it holds True and False"):
        fit_table(frame.assign(response=frame["response"] > 0.5))
