"""The tables: the same numbers in CSV and Parquet, missing ones missing, texts never formulas."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.report.tables import COLUMNS, FORMULA_STARTS, frame, tables, write_csv, write_tables
from avpi.report.write import RunFolder
from avpi.result import Result
from tests.conftest import CHECKOUT
from tests.report.made_result import empty_result


@pytest.mark.parametrize("name", COLUMNS)
def test_parquet_and_csv_hold_the_same(name: str, made: Result, written: RunFolder) -> None:
    kinds = {c: kind for c, kind in COLUMNS[name].items() if kind != "bool"}
    read = pd.read_csv(written.tables / f"{name}.csv", dtype=kinds, na_values=[""], keep_default_na=False)
    for column, kind in COLUMNS[name].items():
        if kind == "str":
            read[column] = read[column].fillna("").str.removeprefix("'")
    stored = pd.read_parquet(written.tables / f"{name}.parquet")
    pd.testing.assert_frame_equal(read, stored, check_exact=True)
    pd.testing.assert_frame_equal(stored, tables(made)[name], check_exact=True)
    assert not stored.empty


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_is_in_the_format_page(name: str) -> None:
    page = (CHECKOUT / "docs" / "results-format.md").read_text("utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
    values = {column for column in COLUMNS[name] if f"{column}_state" in COLUMNS[name]}
    derived = {f"{value}{end}" for value in values for end in ("_low", "_high", "_state")}
    assert [column for column in COLUMNS[name] if column not in derived and f"`{column}`" not in row] == []


def test_an_empty_table_has_the_same_columns_and_kinds(made: Result, tmp_path: Path) -> None:
    full, empty = tables(made), tables(empty_result(tmp_path / "study"))
    assert list(full) == list(empty) == list(COLUMNS)
    for name in COLUMNS:
        assert full[name].dtypes.to_dict() == empty[name].dtypes.to_dict()
    write_tables(empty, tmp_path)
    assert list(pd.read_parquet(tmp_path / "lanes.parquet").columns) == list(COLUMNS["lanes"])


def test_an_unread_well_and_a_saturated_band_are_missing_not_zero(made: Result, written: RunFolder) -> None:
    wells = pd.read_csv(written.tables / "wells.csv")
    unread = wells[wells["state"].isin(["missing", "overflow"])]
    assert len(unread) == 2
    assert unread[["raw", "viability"]].isna().all(axis=None)
    lanes = tables(made)["lanes"].set_index("lane")
    assert lanes.loc[6, "ratio_to_vehicle_state"] == "saturated"
    assert math.isnan(lanes["ratio_to_vehicle"][6])


def test_a_corrected_lane_carries_its_mark_also_in_csv(written: RunFolder) -> None:
    lanes = pd.read_csv(written.tables / "lanes.csv").set_index("lane")
    assert lanes["origin"].to_dict() == {n: "manual" if n == 3 else "auto" for n in range(1, 8)}


@given(st.sampled_from(FORMULA_STARTS), st.text(max_size=20))
def test_no_text_cell_starts_as_a_formula(tmp_path_factory: pytest.TempPathFactory, start: str, rest: str) -> None:
    path = tmp_path_factory.getbasetemp() / "formula.csv"
    table = frame([{"text": start + rest, "number": -1.5}], {"text": "str", "number": "float64"})
    write_csv(table, path)
    with path.open(newline="", encoding="utf-8") as file:
        text, number = list(csv.reader(file))[1]
    assert text[0] == "'"
    assert number == "-1.5"


@given(st.floats(allow_infinity=False, allow_nan=False))
def test_a_number_is_written_in_full(tmp_path_factory: pytest.TempPathFactory, x: float) -> None:
    path = tmp_path_factory.getbasetemp() / "number.csv"
    write_csv(frame([{"x": x}], {"x": "float64"}), path)
    assert float(path.read_text().splitlines()[1]) == x
