"""Spillover matrices come in many tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avpi.errors import FileFormatError
from avpi.formats.spillover_table import read_spillover_table, spillover_text

MATRIX = [[1, 0.1], [0.2, 1]]


@pytest.mark.parametrize(
    "text",
    [
        "FL1-A,FL2-A\n1,0.1\n0.2,1\n",
        "# FL1-A,FL2-A\n1,0.1\n0.2,1\n",
        ",FL1-A,FL2-A\nFL1-A,1,0.1\nFL2-A,0.2,1\n",
        '"FL1-A" "FL2-A"\n"FL1-A" 1 0.1\n"FL2-A" 0.2 1\n',
        "my matrix\r<\t>\rFL1-A\tFL2-A\r1\t1e-1\r0.2\t1\r",
        "\ufeffFL1-A;FL2-A\r\n1;0.1\r\n0.2;1\r\n",
    ],
)
def test_every_form_gives_the_same_matrix(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.csv").write_bytes(text.encode("utf-8"))
    names, matrix = read_spillover_table(tmp_path / "m.csv", "m.csv")
    assert names == ("FL1-A", "FL2-A")
    assert matrix.tolist() == MATRIX


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "1,2\n3,4\n", "a,b\n1,x\n2,1\n", "a,b\n1,nan\n0,1\n", "a," + "b" * 200_000]
)
def test_what_is_no_matrix_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.csv").write_text(text, "utf-8")
    with pytest.raises(FileFormatError, match=r"m\.csv"):
        read_spillover_table(tmp_path / "m.csv", "m.csv")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 4).flatmap(lambda k: st.lists(st.floats(-1e6, 1e6), min_size=k * k, max_size=k * k)))
def test_what_is_written_is_read_back(tmp_path: Path, values: list[float]) -> None:
    k = int(len(values) ** 0.5)
    names, matrix = [f"FL{i}, wide-A" for i in range(k)], np.array(values).reshape(k, k)
    (tmp_path / "m.csv").write_text(spillover_text(names, matrix), "utf-8")
    found, again = read_spillover_table(tmp_path / "m.csv", "m.csv")
    assert found == tuple(names)
    np.testing.assert_array_equal(again, matrix)
