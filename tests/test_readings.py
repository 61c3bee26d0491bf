import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.readings import PLATE_SHAPES, PlateRead, parse_well, row_letters, smallest_plate, well_name


@given(st.integers(0, 31), st.integers(0, 47), st.booleans(), st.booleans())
def test_every_well_of_a_1536_plate_is_read_back(row: int, column: int, padded: bool, lower: bool) -> None:
    name = well_name(row, column) if padded else f"{row_letters(row)}{column + 1}"
    assert parse_well(f" {name.lower() if lower else name} ") == (row, column)


def test_rows_beyond_z_are_aa_to_af() -> None:
    assert [row_letters(row) for row in (0, 7, 15, 25, 26, 31)] == ["A", "H", "P", "Z", "AA", "AF"]
    assert parse_well("AF48") == (31, 47)


@pytest.mark.parametrize("text", ["", "A", "1", "A0", "A00", "A49", "AG01", "BA01", "A-1", "A1.5", "A1 B2", "Ä1", "A١"])
def test_what_is_no_well_is_none(text: str) -> None:
    assert parse_well(text) is None


@given(st.text(max_size=8))
def test_any_text_is_a_well_of_a_plate_or_none(text: str) -> None:
    found = parse_well(text)
    assert found is None or (0 <= found[0] < 32 and 0 <= found[1] < 48)


def test_an_unread_well_is_not_among_the_wells() -> None:
    values = np.full((8, 12), np.nan)
    values[0, 0], values[1, 2] = 0.0, 5.0
    read = PlateRead(
        name="LUM", kind="measured", mode="luminescence", unit="RLU", values=values, overflow=np.zeros((8, 12), bool)
    )
    assert read.wells() == {"A01": 0.0, "B03": 5.0}


def test_the_smallest_plate_holds_what_was_read() -> None:
    assert smallest_plate(8, 12) == (8, 12)
    assert smallest_plate(5, 7) == (6, 8)
    assert smallest_plate(9, 1) == (16, 24)
    assert smallest_plate(33, 1) is None
    assert [rows * columns for rows, columns in PLATE_SHAPES] == [6, 12, 24, 48, 96, 384, 1536]
