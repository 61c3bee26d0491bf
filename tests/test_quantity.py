import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.quantity import (
    UNITS,
    QuantityError,
    format_minutes,
    format_molar,
    format_ng_per_ml,
    normal_unit,
    outside_a_study,
    parse_quantity,
    read_number,
)


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("100 nM", 1e-7, "concentration"),
        ("0.1 uM", 1e-7, "concentration"),
        ("1,5 µM", 1.5e-6, "concentration"),
        ("1.5 μM", 1.5e-6, "concentration"),
        ("1500nM", 1.5e-6, "concentration"),
        ("1e-7 M", 1e-7, "concentration"),
        ("5 nmol/l", 5e-9, "concentration"),
        ("5 nanomolar", 5e-9, "concentration"),
        (".5 mM", 5e-4, "concentration"),
        ("10 ng/mL", 10.0, "mass_concentration"),
        ("10 ng/ml", 10.0, "mass_concentration"),
        ("1 µg/ml", 1000.0, "mass_concentration"),
        ("1 mg/L", 1000.0, "mass_concentration"),
        ("1 ng/ul", 1000.0, "mass_concentration"),
        ("30 min", 30.0, "time"),
        ("90 s", 1.5, "time"),
        ("0,5 h", 30.0, "time"),
        ("4 hours", 240.0, "time"),
        ("3 d", 4320.0, "time"),
        ("30 Min", 30.0, "time"),
        ("70 kDa", 70.0, "molecular_weight"),
        ("0 nM", 0.0, "concentration"),
    ],
)
def test_quantities_are_read_as_people_write_them(text: str, value: float, kind: str) -> None:
    found = parse_quantity(text)
    assert (found.value, found.kind) == (value, kind)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100", "'100' has no unit: write it with one, such as '100 nM'"),
        ("nM", "'nM' is not a number with a unit such as '100 nM'"),
        ("", "'' is not a number with a unit"),
        ("100 nm", "'nm' is not a unit that avpi knows: use one such as '100 nM'. Did you mean 'nM'?"),
        ("30 min", "'30 min' is a time, not a concentration such as '100 nM'"),
        ("10 ng/mL", "'10 ng/mL' is a concentration by mass, not a concentration"),
        ("-5 nM", "'-5 nM' is negative"),
        ("1,000 nM", "'1,000' may be 1000 or 1.000: write it without the comma, or set `decimal:`"),
        ("12,500 nM", "may be 12500 or 12.500"),
        ("1,000.5 nM", "'1,000.5' has several separators"),
        ("1.000.000 nM", "'1.000.000' has several separators"),
        ("1e999 M", "'1e999 M' is too large"),
        ("nan nM", "'nan nM' is not a number with a unit"),
    ],
)
def test_what_is_no_concentration_is_refused_with_an_example(text: str, expected: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text, "concentration")
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1,000", ",", 1.0),
        ("1,000", ".", 1000.0),
        ("1.000", ",", 1000.0),
        ("1.000", ".", 1.0),
        ("1.000", "", 1.0),
        ("0,500", "", 0.5),
        ("0,500", ".", 0.5),
        ("1,5", ".", 1.5),
        ("1.5", ",", 1.5),
        ("1234,5", ",", 1234.5),
        ("1234,567", "", 1234.567),
    ],
)
def test_the_decimal_mark_settles_what_could_be_two_numbers(text: str, decimal: str, value: float) -> None:
    assert read_number(text, decimal=decimal) == value


def test_zero_needs_no_unit_only_where_that_is_asked_for() -> None:
    assert parse_quantity("0", "time", zero_without_unit=True).value == 0
    with pytest.raises(QuantityError, match="has no unit"):
        parse_quantity("0", "time")


@given(st.floats(1e-11, 0.9))
def test_a_written_concentration_is_read_back(molar: float) -> None:
    assert parse_quantity(format_molar(molar), "concentration").value == pytest.approx(molar, rel=5e-3)


@given(st.floats(1e-2, 1e8))
def test_a_written_concentration_by_mass_is_read_back(ng_per_ml: float) -> None:
    found = parse_quantity(format_ng_per_ml(ng_per_ml), "mass_concentration").value
    assert found == pytest.approx(ng_per_ml, rel=5e-3)


@given(st.integers(1, 999_999), st.sampled_from(["pM", "nM", "uM"]))
def test_a_dose_that_was_typed_is_written_whole(number: int, unit: str) -> None:
    molar = parse_quantity(f"{number} {unit}", "concentration").value
    assert parse_quantity(format_molar(molar), "concentration").value == pytest.approx(molar, rel=1e-12)


def test_a_dose_that_was_converted_is_written_with_three_digits() -> None:
    assert format_molar(1e-2 / 281.35) == "35.5 µM"
    assert format_molar(1.239218e-3 / 1.0000001) == "1.24 mM"
    assert format_ng_per_ml(1e6 / 7) == "143 µg/mL"
    assert format_molar(1.2345e-6) == "1.2345 µM"


def test_the_remedy_of_a_study_is_told_in_a_study_only() -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity("1,000 nM", "concentration")
    assert outside_a_study(caught.value) == "'1,000' may be 1000 or 1.000: write it without the comma"


def test_a_minute_is_not_a_molar() -> None:
    with pytest.raises(QuantityError, match="Did you mean 'min'"):
        parse_quantity("30 m", "time")


@given(st.integers(1, 100_000))
def test_a_written_duration_is_read_back(minutes: int) -> None:
    assert parse_quantity(format_minutes(minutes), "time").value == minutes


@given(st.integers(1, 9999), st.sampled_from(["", " ", "  "]), st.sampled_from(sorted(UNITS)))
def test_every_unit_is_read_with_and_without_a_blank(number: int, blank: str, unit: str) -> None:
    kind, factor = UNITS[unit]
    found = parse_quantity(f"{number}{blank}{unit}", kind)
    assert found.value == pytest.approx(number * factor, rel=1e-14)
    assert normal_unit(unit) == unit


@given(st.text(max_size=30), st.sampled_from(["", ".", ","]))
def test_any_text_is_a_finite_quantity_or_refused(text: str, decimal: str) -> None:
    try:
        found = parse_quantity(text, decimal=decimal)
    except QuantityError as error:
        assert str(error)  # noqa: PT017 - both outcomes are right
        return
    assert math.isfinite(found.value)
    assert found.value >= 0


@pytest.mark.parametrize(
    ("molar", "text"),
    [(1e-7, "100 nM"), (1e-6, "1 µM"), (1.5e-6, "1.5 µM"), (0.0, "0 nM"), (5e-13, "0.5 pM"), (2e-5, "20 µM")],
)
def test_concentrations_are_written_as_people_do(molar: float, text: str) -> None:
    assert format_molar(molar) == text


def test_durations_are_written_as_people_do() -> None:
    assert [format_minutes(m) for m in (15, 60, 90, 240, 4320, 0.5)] == [
        "15 min", "1 h", "90 min", "4 h", "72 h", "0.5 min"
    ]  # fmt: skip
    assert format_ng_per_ml(10) == "10 ng/mL"
