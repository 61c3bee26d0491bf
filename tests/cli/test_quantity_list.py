"""Lists of doses and times as people type them; what could be two things is refused."""

from __future__ import annotations

import pytest

from avpi.cli.quantity_list import read_list
from avpi.errors import InputError


@pytest.mark.parametrize(
    ("text", "nanomolar"),
    [
        ("0, 100 nM", [0, 100]),
        ("10 nM, 100 nM, 1 uM", [10, 100, 1000]),
        ("10 nM,100 nM", [10, 100]),
        ("0,10,100 nM", [0, 10, 100]),
        ("10, 100 nM, 1, 10 uM", [10, 100, 1000, 10000]),
        ("0.5, 1 uM", [500, 1000]),
        ("1e2, 1e3 nM", [100, 1000]),
        ("1,5 uM; 10 uM", [1500, 10000]),
        ("10 nM; 1 µM", [10, 1000]),
        ("10 nM, 0", [10, 0]),
    ],
)
def test_a_list_is_read_and_a_bare_number_has_the_next_unit(text: str, nanomolar: list[float]) -> None:
    assert [1e9 * molar for _, molar in read_list(text, "--doses", "concentration")] == pytest.approx(nanomolar)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1,5 uM", "'1,5 uM' may be one of the doses with a comma in it, or two of them. Write '1.5 uM' or '1, 5 uM'."),
        ("1,000 nM", "Write '1000 nM' or '1, 000 nM'."),
        ("0,100 nM", "Write '0.100 nM' or '0, 100 nM'."),
        ("100", "'100' has no unit"),
        ("10 nM, 100", "'100' has no unit"),
        ("10 nM 100 nM", "Put a comma between two doses."),
        ("-1 nM", "'-1 nM' is negative"),
        ("nan nM", "'nan nM' is not a number"),
        ("15 min", "is a time, not a concentration"),
    ],
)
def test_what_is_no_list_or_two_is_told(text: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        read_list(text, "--doses", "concentration")
    assert told in str(refused.value)


def test_times_are_read_in_the_same_way() -> None:
    assert [m for _, m in read_list("0, 15, 30 min, 1, 4 h", "--times", "time")] == [0, 15, 30, 60, 240]
