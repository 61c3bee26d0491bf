"""The decimal mark is decided once per file, by every numeric cell; what stays open is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.errors import FileFormatError
from avpi.formats.decimals import cell_state, decide_decimal, parse_number


def decide(*texts: str, declared: str = "", delimiter: str = ";") -> str:
    def place_of(text: str) -> str:
        return f"line {texts.index(text) + 1}"

    return decide_decimal(texts, "plate.csv", place_of=place_of, declared=declared, delimiter=delimiter)


def grouped(number: int, separator: str) -> str:
    return f"{number:,}".replace(",", separator)


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (("12", "1.5"), "."),
        (("12", "1,5"), ","),
        (("0,123", "1,234"), ","),
        (("1,234.5", "1,234"), "."),
        (("1.234,5", "1.234"), ","),
        (("1.5e3", "1,234"), "."),
        (("1 234", "2 345"), "."),
        (("1,234,567", "1,234"), "."),
        ((), "."),
    ],
)
def test_one_clear_cell_settles_the_whole_file(texts: tuple[str, ...], mark: str) -> None:
    assert decide(*texts) == mark


def test_one_thousand_or_one_point_zero_is_refused_and_the_fix_is_named() -> None:
    with pytest.raises(FileFormatError, match=r"'1,000' may be 1000 or 1\.000.*`decimal: \",\"`"):
        decide("1,000", "25")


def test_the_study_settles_what_the_file_leaves_open() -> None:
    assert decide("1,000", declared=",") == ","
    assert decide("1,000", declared=".") == "."


def test_a_cell_that_contradicts_the_study_is_named() -> None:
    with pytest.raises(FileFormatError, match=r"line 2: '1,5' cannot be a number with the decimal mark '\.'"):
        decide("12", "1,5", declared=".")


def test_two_decimal_marks_in_one_file_are_refused() -> None:
    with pytest.raises(FileFormatError, match=r"'2,5' has a decimal comma, but '1\.5' \(line 1\)"):
        decide("1.5", "2,5")


def test_between_commas_a_point_is_a_decimal_point() -> None:
    assert decide("40.000", "80.000", delimiter=",") == "."
    with pytest.raises(FileFormatError, match=r"'40\.000' may be 40000 or 40\.000"):
        decide("40.000", delimiter=";")


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("OVRFLW", "overflow"), ("OVER", "overflow"), ("#Sat", "overflow"), (">3.5", "overflow"),
        ("", "unread"), ("-", "unread"), ("N/A", "unread"), ("NaN", "unread"),
        ("<0.1", "below"), ("UNDER", "below"), ("1e5", "number"), ("-3", "number"), ("SM", "text"), ("1.2.3", "text"),
    ],
)  # fmt: skip
def test_words_of_readers_are_known(text: str, state: str) -> None:
    assert cell_state(text) == state


@given(
    st.integers(0, 10**9),
    st.integers(0, 9999),
    st.sampled_from([".", ","]),
    st.sampled_from(["", " ", "'", "\u202f", "other"]),
)
def test_a_number_is_read_back_however_it_is_written(whole: int, part: int, mark: str, separator: str) -> None:
    between = {".": ",", ",": "."}[mark] if separator == "other" else separator
    text = f"{grouped(whole, between)}{mark}{part:04d}"
    assert parse_number(text, mark) == pytest.approx(whole + part / 10000, rel=1e-15)


@given(st.text(max_size=12))
def test_any_text_has_a_state_and_no_text_is_an_infinite_number(text: str) -> None:
    if cell_state(text) == "number":
        values = [parse_number(text, mark) for mark in ".,"]
        assert any(value is not None and abs(value) < float("inf") for value in values)


def test_an_absurd_exponent_is_no_number() -> None:
    assert cell_state("1e999") == "text"
