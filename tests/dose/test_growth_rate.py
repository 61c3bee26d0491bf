"""Growth-rate inhibition: values, their errors, what is refused, and what is read off a curve."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from avpi.dose.fit_shape import fit_shape
from avpi.dose.growth_rate import (
    GrowthRates,
    growth_rate_from_division_time,
    growth_rate_inhibition,
    trimmed_mean,
)
from avpi.dose.growth_rate_fit import GR_CURVE, GrowthRateFit, fit_growth_rate
from avpi.errors import InputError

Floats = NDArray[np.float64]

DOSES = np.array([1e-9, 3.16e-9, 1e-8, 3.16e-8, 1e-7, 3.16e-7, 1e-6, 3.16e-6, 1e-5])
NOISE = np.array([0.02, -0.03, 0.01, 0.02, -0.02, 0.03, -0.01, -0.02, 0.015])


def sigmoid(gr_inf: float, gec50: float, slope: float) -> Floats:
    return np.asarray(gr_inf + (1 - gr_inf) / (1 + (DOSES / gec50) ** slope))


def test_gr_is_1_for_untreated_growth_0_for_none_and_minus_1_for_no_cells_left() -> None:
    rates = growth_rate_inhibition([800, 200, 0, 400], 800, 200)
    assert rates.values == pytest.approx([1, 0, -1, math.sqrt(2) - 1], abs=1e-15)
    assert rates.growth == pytest.approx([4] * 4)


@given(start=st.floats(1, 1e5), doublings=st.floats(0.6, 10), share=st.floats(0.05, 1.5), scale=st.floats(1e-3, 1e3))
def test_gr_depends_on_neither_the_unit_of_the_counts_nor_how_often_untreated_cells_divide(
    start: float, doublings: float, share: float, scale: float
) -> None:
    end, treated = start * 2**doublings, start * 2 ** (share * doublings)
    value = growth_rate_inhibition([treated], end, start).values[0]
    assert value == pytest.approx(2**share - 1, rel=1e-9)
    assert growth_rate_inhibition([treated * scale], end * scale, start * scale).values[0] == pytest.approx(value)


def test_the_division_time_gives_what_the_count_at_time_zero_gives() -> None:
    counts, start, hours, division = [300.0, 900.0, 100.0], 250.0, 72.0, 30.0
    end = start * 2 ** (hours / division)
    measured = growth_rate_inhibition(counts, end, start)
    timed = growth_rate_from_division_time(counts, end, duration_hours=hours, division_hours=division)
    assert timed.values == pytest.approx(measured.values, rel=1e-12)
    assert [caveat.code for caveat in timed.caveats] == ["atp_is_a_proxy", "division_time_is_assumed"]
    slow = growth_rate_from_division_time(counts, end, duration_hours=72, division_hours=[300, math.nan, math.inf])
    assert np.all(np.isnan(slow.values))
    assert "hardly grew" in slow.why[0]
    assert "division time is missing" in slow.why[1]
    assert "infinite" in slow.why[2]


@pytest.mark.parametrize(
    ("counts", "control", "start", "words"),
    [
        (100.0, 800.0, math.nan, "no count at time zero: read a plate of the same seeding"),
        (100.0, math.nan, 200.0, "no untreated control"),
        (100.0, 290.0, 200.0, "hardly grew (1.45 times"),
        (100.0, 150.0, 200.0, "became fewer (0.75 times"),
        (100.0, 0.0, 200.0, "untreated count is '0'"),
        (100.0, 800.0, -3.0, "count at time zero is '-3'"),
        (math.nan, 800.0, 200.0, "treated count is missing"),
        (-4.0, 800.0, 200.0, "'-4', and a count cannot be negative"),
        (math.inf, 800.0, 200.0, "treated count is 'inf', and a count is finite"),
        (100.0, math.inf, 200.0, "untreated count is 'inf', and a count is finite"),
        (100.0, 800.0, math.inf, "count at time zero is 'inf', and a count is finite"),
    ],
)
def test_what_cannot_be_told_is_a_reason_with_a_remedy_and_never_a_number(
    counts: float, control: float, start: float, words: str
) -> None:
    rates = growth_rate_inhibition([counts], control, start)
    assert math.isnan(rates.values[0])
    assert words in rates.why[0]
    assert rates.estimate(0).state == "not_estimable"
    assert rates.estimate(0).method == rates.why[0]


def test_errors_of_all_three_counts_reach_the_value() -> None:
    treated, end, start = 400.0, 800.0, 150.0
    rates = growth_rate_inhibition([treated], end, start, count_errors=20.0, control_errors=30.0, time_zero_errors=10.0)
    rng = np.random.Generator(np.random.Philox(5))
    draws = 200_000
    drawn = growth_rate_inhibition(
        rng.normal(treated, 20, draws), rng.normal(end, 30, draws), rng.normal(start, 10, draws)
    )
    assert rates.standard_errors[0] == pytest.approx(float(np.std(drawn.values)), rel=0.02)
    one = rates.estimate(0)
    assert one.low < one.value < one.high
    assert one.n == 1
    for moved, error in ((growth_rate_inhibition([400], 800.3, 150), rates.control_errors),
                         (growth_rate_inhibition([400], 800, 150.1), rates.time_zero_errors)):  # fmt: skip
        assert (moved.values - rates.values)[0] * 100 == pytest.approx(error[0], rel=1e-3)
    assert math.isnan(growth_rate_inhibition([400], 800, 150).estimate(0).low)


def test_atp_is_a_reservation_that_travels_unless_cells_were_counted() -> None:
    codes = {
        readout: [caveat.code for caveat in growth_rate_inhibition([1], 4, 1, readout=readout).estimate(0).caveats]
        for readout in ("unstated", "atp", "count")
    }
    assert codes == {"unstated": ["atp_is_a_proxy"], "atp": ["atp_is_a_proxy"], "count": []}
    fit = fit_growth_rate(DOSES, growth_rate_inhibition(200 * 4 ** np.log2(sigmoid(0, 1e-7, 1) + 1), 800, 200))
    assert "atp_is_a_proxy" in {caveat.code for caveat in fit.gr50.caveats}


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="3 treated counts"):
        growth_rate_inhibition([1, 2, 3], [4, 5], 1)
    with pytest.raises(InputError, match="one dose and one GR"):
        fit_growth_rate([1e-9, 1e-8], [1, 1, 0])
    with pytest.raises(InputError, match="Untreated wells are no points"):
        fit_growth_rate([0, 1e-9, 1e-8, 1e-7], [1, 1, 0.5, 0])


def test_a_trimmed_mean_is_that_of_the_middle_half() -> None:
    assert trimmed_mean([1, 2, 3, 1000, 4, 5, 6, -500]).count == pytest.approx(3.5)
    assert trimmed_mean([3, 1, 2]).count == 2  # of three the middle one: 0.75 wells are cut, which is one
    assert trimmed_mean([1, 4]).count == 2.5  # half a well is not cut
    assert trimmed_mean([7, math.nan]) == trimmed_mean([7])
    assert trimmed_mean([7]).wells == 1
    assert math.isnan(trimmed_mean([7]).standard_error)
    assert math.isnan(trimmed_mean([]).count)


@pytest.mark.parametrize("wells", [2, 3, 4, 8, 20])
def test_the_error_of_a_trimmed_mean_is_its_scatter(wells: int) -> None:
    rng = np.random.Generator(np.random.Philox(wells))
    made = [trimmed_mean(rng.normal(100, 10, wells)) for _ in range(4000)]
    scatter = float(np.std([each.count for each in made]))
    told = math.sqrt(float(np.mean([each.standard_error**2 for each in made])))
    assert 0.9 < told / scatter < 1.2


def test_a_clean_curve_gives_back_its_numbers() -> None:
    fit = fit_growth_rate(DOSES, sigmoid(-0.4, 1e-7, 1.3) + 1e-9 * NOISE)
    assert fit.kind == "sigmoid"
    assert fit.gec50.value == pytest.approx(1e-7, rel=1e-6)
    assert fit.gr_inf.value == pytest.approx(-0.4, abs=1e-7)
    assert fit.hill_slope.value == pytest.approx(1.3, rel=1e-6)
    # GR = 0.5 where (1 - GRinf) / (0.5 - GRinf) - 1 = (c / GEC50)^h
    assert fit.gr50.value == pytest.approx(1e-7 * (1.4 / 0.9 - 1) ** (1 / 1.3), rel=1e-6)
    assert fit.gr_max.value == pytest.approx(sigmoid(-0.4, 1e-7, 1.3)[-1], abs=1e-8)
    width = math.log10(DOSES[-1] / DOSES[0])
    area = float(np.trapezoid(1 - sigmoid(-0.4, 1e-7, 1.3), np.log10(DOSES))) / width
    assert fit.gr_aoc.value == pytest.approx(area, abs=1e-8)
    assert fit.r2 > 0.999999
    assert fit.response([1e-7])[0] == pytest.approx(0.3, abs=1e-6)


def best_through_half(values: Floats, dose: float) -> float:
    """The least sum of squares of curves that are at 0.5 at a dose, by looking everywhere."""
    gr_inf, slope = np.meshgrid(np.linspace(-1, 0.4999, 400), np.geomspace(0.1, 5, 200), indexing="ij")
    gec50 = dose * (1 - 2 * gr_inf) ** (1 / slope)
    x = DOSES[:, None, None]
    rest = values[:, None, None] - gr_inf - (1 - gr_inf) / (1 + (x / gec50) ** slope)
    return float(np.min(np.sum(rest**2, axis=0)))


def within_limit(fit: GrowthRateFit, values: Floats, dose: float) -> bool:
    assert fit.fit is not None
    return best_through_half(values, dose) <= fit.fit.rss * (1 + 5.987377607 / 6)  # F(1, 6) at 95 %


def test_the_interval_of_gr50_ends_where_the_best_curve_through_one_half_becomes_too_bad() -> None:
    values = sigmoid(-0.2, 1e-7, 1.3) + 2 * NOISE
    fit = fit_growth_rate(DOSES, values)
    gr50 = fit.gr50
    inside = [gr50.low * 1.02, gr50.value, gr50.high / 1.02]
    assert [within_limit(fit, values, dose) for dose in inside] == [True] * 3
    assert [within_limit(fit, values, dose) for dose in (gr50.low / 1.02, gr50.high * 1.02)] == [False] * 2


def test_a_curve_that_stays_above_one_half_is_a_bound_and_never_a_number() -> None:
    fit = fit_growth_rate(DOSES, sigmoid(0.65, 1e-7, 1.5) + NOISE)
    assert fit.kind == "sigmoid"
    assert fit.gr50.state == "above"
    assert fit.gr50.value == DOSES[-1]
    assert fit.gr50.high == math.inf
    assert 1e-7 < fit.gr50.low <= DOSES[-1]
    assert str(fit.gr50) == "> 1e-05 M"


def test_the_lower_end_of_a_bound_is_found_in_the_same_way() -> None:
    values = sigmoid(0.55, 3e-7, 1.2) + 2 * NOISE
    fit = fit_growth_rate(DOSES, values)
    assert fit.gr50.state == "above"
    assert DOSES[0] < fit.gr50.low < DOSES[-1]
    assert not within_limit(fit, values, fit.gr50.low / 1.02)
    assert within_limit(fit, values, fit.gr50.low * 1.02)


@pytest.mark.parametrize(
    ("level", "state", "bound"), [(0.97, "above", DOSES[-1]), (-0.1, "below", DOSES[0]), (0.5, "not_estimable", None)]
)
def test_a_flat_curve_has_no_slope_and_a_gr50_beyond_the_doses(level: float, state: str, bound: float | None) -> None:
    fit = fit_growth_rate(DOSES, level + NOISE)
    assert fit.kind == "flat"
    assert fit.flat_p >= 0.05
    assert fit.gr50.state == state
    assert bound is None or fit.gr50.value == bound
    for number in (fit.gec50, fit.gr_inf, fit.hill_slope):
        assert number.state == "not_estimable"
        assert "flat" in number.method
    assert fit.gr_aoc.low < 1 - level < fit.gr_aoc.high
    assert fit.response([1e-7])[0] == fit.flat_level == pytest.approx(float(np.mean(level + NOISE)))


def test_the_same_value_everywhere_is_flat_without_a_fault() -> None:
    fit = fit_growth_rate(DOSES, np.full(DOSES.size, 0.9))
    assert (fit.kind, fit.flat_p) == ("flat", 1.0)
    assert fit.gr50.state in ("above", "not_estimable")


def test_a_plate_that_cannot_be_used_refuses_the_curve_and_a_missing_well_does_not() -> None:
    counts = 200 * 4 ** np.log2(sigmoid(0, 1e-7, 1) + 1)
    gap = counts.copy()
    gap[3] = math.nan
    fit = fit_growth_rate(DOSES, growth_rate_inhibition(gap, 800, 200))
    assert (fit.kind, fit.points) == ("sigmoid", 8)
    assert "wells_left_out" in {caveat.code for caveat in fit.gr50.caveats}
    for bad in (growth_rate_inhibition(counts, 250, 200), growth_rate_inhibition(counts, 800, math.nan)):
        refused = fit_growth_rate(DOSES, bad)
        assert refused.kind == "none"
        assert refused.why
        assert {refused.gr50.state, refused.gr_max.state, refused.gr_aoc.state} == {"not_estimable"}
    gap[3] = -1
    assert "negative" in fit_growth_rate(DOSES, growth_rate_inhibition(gap, 800, 200)).why


def test_few_doses_still_give_what_was_observed() -> None:
    two = fit_growth_rate([1e-8, 1e-6, 1e-6], [0.9, 0.3, 0.2])
    assert (two.kind, two.gr50.state) == ("none", "not_estimable")
    assert two.gr_max.value == pytest.approx(0.25)
    assert two.gr_aoc.value == pytest.approx(1 - (0.9 + 0.25) / 2)
    one = fit_growth_rate([1e-8], [0.9])
    assert "1 dose" in one.why
    assert one.gr_aoc.state == "not_estimable"


def rates_with(control_error: float, start_error: float) -> GrowthRates:
    counts = 200 * 4 ** np.log2(sigmoid(-0.3, 1e-7, 1.2) + NOISE / 2 + 1)
    return growth_rate_inhibition(
        counts, 800, 200, control_errors=control_error, time_zero_errors=start_error, readout="count"
    )


def test_errors_that_all_wells_share_widen_the_intervals() -> None:
    exact, rough = fit_growth_rate(DOSES, rates_with(0, 0)), fit_growth_rate(DOSES, rates_with(60, 20))
    assert exact.caveats == ()
    for name in ("gr50", "gec50", "gr_inf", "gr_max", "gr_aoc", "hill_slope"):
        one, other = getattr(exact, name), getattr(rough, name)
        assert other.value == one.value
        assert other.low < one.low
        assert other.high > one.high
    unknown = fit_growth_rate(DOSES, rates_with(math.nan, 0))
    assert [caveat.code for caveat in unknown.caveats] == ["shared_error_unknown"]
    assert unknown.gr50.low == exact.gr50.low


def test_a_rise_at_high_dose_is_told() -> None:
    values = sigmoid(-0.5, 1e-8, 2)
    values[-3:] += [0.2, 0.4, 0.6]
    twice = fit_growth_rate(np.tile(DOSES, 2), np.concatenate([values + NOISE / 5, values - NOISE / 5]))
    assert "hook_suspected" in {caveat.code for caveat in twice.gr50.caveats}


def test_the_fit_is_the_best_within_the_boxes_of_the_authors() -> None:
    fit = fit_growth_rate(DOSES, np.where(DOSES < 5e-8, 1.0, -0.9) + NOISE)
    assert fit.fit is not None
    assert fit.hill_slope.value == pytest.approx(5.0)
    assert "at_edge_of_box" in {caveat.code for caveat in fit.hill_slope.caveats}
    free = fit_shape(GR_CURVE, DOSES, np.where(DOSES < 5e-8, 1.0, -0.9) + NOISE)
    assert free.rss < fit.fit.rss


def test_curves_are_the_same_to_the_last_bit() -> None:
    def numbers(fit: GrowthRateFit) -> tuple[float, ...]:
        return (fit.gr50.value, fit.gr50.low, fit.gr50.high, fit.gr_inf.low, fit.flat_p)

    values = sigmoid(0.2, 1e-7, 1) + NOISE
    assert numbers(fit_growth_rate(DOSES, values)) == numbers(fit_growth_rate(DOSES, values))


def test_doses_that_differ_by_rounding_are_one_dose() -> None:
    """10 and 10.01 nM were planned as one dose, and two doses carry no curve."""
    close = np.array([10, 10.01, 9.99, 33.3, 33.33, 33.3]) * 1e-9
    few = fit_growth_rate(close, [0.8, 0.82, 0.79, 0.4, 0.41, 0.38])
    assert (few.kind, few.doses) == ("none", 2)
    assert "GR is known at 2 doses (those within 1 % are one)" in few.why
    assert few.gr_max.value == pytest.approx((0.4 + 0.41 + 0.38) / 3)
    exact = np.repeat(DOSES, 3)
    gr = np.repeat(sigmoid(-0.2, 1e-7, 1.2), 3) + np.tile([0.02, -0.02, 0.0], DOSES.size)
    rounded = fit_growth_rate(exact * np.tile([1, 1.0004, 0.9997], DOSES.size), gr)
    plain = fit_growth_rate(exact, gr)
    assert rounded.doses == plain.doses == DOSES.size
    for name in ("gr50", "gr_max", "gr_aoc", "gr_inf"):
        one, other = getattr(rounded, name), getattr(plain, name)
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), rel=2e-3), name
