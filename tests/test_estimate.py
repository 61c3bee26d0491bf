import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.estimate import Caveat, Estimate, Finding, State, missing, not_estimable


def test_a_measured_number_is_printed_with_interval_unit_and_n() -> None:
    dc50 = Estimate(value=12.0, low=8.0, high=19.0, unit="nM", n=3)
    assert str(dc50) == "12 nM (8–19, 95 %, n = 3)"
    assert str(Estimate(value=-0.07, low=-0.14, high=0.01, n=3)) == "−0.07 (−0.14 to 0.01, 95 %, n = 3)"


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(value=0.02, low=0.0, high=0.02, state="below"), "< 0.02"),
        (Estimate(value=10.0, unit="µM", state="above"), "> 10 µM"),
        (Estimate(value=0.5), "0.5 (no interval)"),
        (missing("no lane"), "missing (no lane)"),
        (not_estimable("one well"), "not estimable (one well)"),
        (Estimate(value=math.nan, state="saturated"), "saturated"),
    ],
)
def test_a_number_that_is_none_says_so(estimate: Estimate, text: str) -> None:
    assert str(estimate) == text


def test_what_was_not_measured_is_nan_and_never_zero() -> None:
    assert math.isnan(missing("no lane").value)
    assert math.isnan(not_estimable("one well").value)
    assert missing("no lane").n == 0


def test_a_caveat_travels_with_the_number() -> None:
    plain = Estimate(value=1.0)
    reserved = plain.with_caveat("within_plate_only", "one plate").with_caveat("b", "c")
    assert reserved.caveats == (Caveat(code="within_plate_only", text="one plate"), Caveat(code="b", text="c"))
    assert plain.caveats == ()
    assert reserved.to_json()["caveats"][0] == {"code": "within_plate_only", "text": "one plate"}


def test_a_finding_is_plain_strings_in_json() -> None:
    finding = Finding(code="missing_control", severity="warning", text="t", subject="plate1")
    assert finding.to_json() == {
        "code": "missing_control", "severity": "warning", "text": "t", "subject": "plate1"
    }  # fmt: skip


STATES: list[State] = ["measured", "below", "above", "saturated", "missing", "not_estimable"]


@given(st.floats(), st.floats(), st.floats(), st.sampled_from(STATES))
def test_every_estimate_is_strict_json_and_one_line(value: float, low: float, high: float, state: State) -> None:
    estimate = Estimate(value=value, low=low, high=high, state=state)
    back = json.loads(json.dumps(estimate.to_json(), allow_nan=False))
    assert back["value"] == (value if math.isfinite(value) else None)
    assert back["state"] == state
    assert "\n" not in str(estimate)
