"""Synergy of two compounds: what each reference model expects, where it has nothing to say, and what never matters."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.dose.synergy.combination import Combination, read_combination
from avpi.dose.synergy.estimate_synergy import score_synergy
from avpi.dose.synergy.interaction_contrast import interaction_contrast
from avpi.dose.synergy.matrix_curves import fit_matrix_curves
from avpi.dose.synergy.score_matrices import MODELS
from avpi.errors import InputError
from tests.dose.synergy_surfaces import doses_around, hill, independent, repeated, wells_of

FEW = settings(max_examples=25, deadline=None)
curves = st.tuples(
    st.floats(-9, -5).map(lambda p: 10.0**p),
    st.floats(0.7, 3.0),
    st.floats(0.3, 1.0),
)


def two_by_two(sm: float, tnf: float, both: float, experiments: int = 1, spread: float = 0.0) -> Combination:
    """SM x TNF with one dose of each; ``both`` moves by ``spread`` between experiments."""
    wells = [(0.0, 0.0, 0.0), (1e-7, 0.0, sm), (0.0, 10.0, tnf)]
    rows = [
        (*well, i)
        for i in range(experiments)
        for well in (*wells, (1e-7, 10.0, both + spread * (i - (experiments - 1) / 2)))
    ]
    a, b, effects, names = zip(*rows, strict=True)
    return read_combination(a, b, effects, experiments=names, compounds=("SM", "TNF"), units=("M", "ng/mL"))


def test_bliss_and_the_highest_single_agent_of_one_pair_of_doses() -> None:
    scores = score_synergy(two_by_two(0.3, 0.2, 0.9))
    assert scores.of("bliss").expected == pytest.approx([0.44])
    assert scores.of("bliss").scores == pytest.approx([0.46])
    assert scores.of("hsa").scores == pytest.approx([0.6])
    assert "positive is synergy" in scores.sign


def test_one_dose_has_no_curve_and_says_so() -> None:
    scores = score_synergy(two_by_two(0.3, 0.2, 0.9))
    for model in ("loewe", "zip"):
        own = scores.of(model)
        assert own.mean.state == "not_estimable"
        assert "3 doses above 0" in own.undefined[0]
        assert math.isnan(own.scores[0])


def test_viability_in_percent_is_the_same_as_effect() -> None:
    a, b = wells_of(doses_around(1e-7), doses_around(1e-6))
    effect = 0.8 * hill(1e-7, 1, 1)(a) + 0.1 * hill(1e-6, 1, 1)(b)
    one = read_combination(a, b, effect)
    other = read_combination(a, b, 100 * (1 - effect), response="viability", scale="percent")
    assert one.effects == pytest.approx(other.effects)


@given(a=curves, b=curves, seed=st.integers(0, 99))
@FEW
def test_bliss_and_hsa_do_not_care_which_compound_comes_first(
    a: tuple[float, float, float], b: tuple[float, float, float], seed: int
) -> None:
    alone_a, alone_b = hill(*a), hill(*b)
    pair = repeated(
        lambda x, y: np.fmax(alone_a(x), alone_b(y)),
        doses_around(a[0], 4), doses_around(b[0], 5), experiments=1, noise=0.1, seed=seed,
    )  # fmt: skip
    one = score_synergy(pair, models=("bliss", "hsa"), draws=2)
    other = score_synergy(pair.swapped(), models=("bliss", "hsa"), draws=2)
    order = np.lexsort((other.doses_a, other.doses_b))
    for model in ("bliss", "hsa"):
        assert np.array_equal(one.of(model).scores, other.of(model).scores[order])


@given(a=curves, b=curves)
@FEW
def test_compounds_that_do_not_interact_score_nothing_under_bliss_and_zip(
    a: tuple[float, float, float], b: tuple[float, float, float]
) -> None:
    scores = score_synergy(
        independent(hill(*a), hill(*b), doses_around(a[0]), doses_around(b[0])), models=("bliss", "zip"), draws=2
    )
    assert scores.of("bliss").scores == pytest.approx(np.zeros(36), abs=1e-12)
    assert scores.of("zip").scores == pytest.approx(np.zeros(36), abs=1e-4)


@given(compound=curves, ratio=st.floats(0.1, 10))
@FEW
def test_a_compound_with_itself_is_additive_under_loewe(compound: tuple[float, float, float], ratio: float) -> None:
    """The sham combination: B is A diluted ``ratio`` times."""
    alone = hill(*compound)
    doses = doses_around(compound[0])
    a, b = wells_of(doses, doses * ratio)
    own = score_synergy(read_combination(a, b, alone(a + b / ratio)), models=("loewe",), draws=2).of("loewe")
    assert own.defined.all()
    assert own.scores == pytest.approx(np.zeros(36), abs=1e-4)


@given(a=curves, b=curves, by=st.sampled_from([1e9, 1e-3, 37.0]), seed=st.integers(0, 99))
@FEW
def test_the_unit_of_a_dose_does_not_matter(
    a: tuple[float, float, float], b: tuple[float, float, float], by: float, seed: int
) -> None:
    alone_a, alone_b = hill(*a), hill(*b)
    doses_a, doses_b = doses_around(a[0], 5), doses_around(b[0], 5)
    x, y = wells_of(doses_a, doses_b)
    noise = np.random.default_rng(seed).normal(0, 0.01, x.size)
    effect = 1 - (1 - alone_a(x)) * (1 - alone_b(y)) + noise
    one = score_synergy(read_combination(x, y, effect), draws=2)
    other = score_synergy(read_combination(x * by, y, effect), draws=2)
    for model in MODELS:
        assert np.allclose(one.of(model).scores, other.of(model).scores, atol=1e-5, equal_nan=True), model


def test_loewe_solves_its_equation() -> None:
    weak, strong = hill(1e-7, 1.2, 0.6), hill(3e-6, 2.0, 0.95)
    pair = independent(weak, strong, doses_around(1e-7), doses_around(3e-6))
    own = score_synergy(pair, models=("loewe",), draws=2)
    expected, defined = own.of("loewe").expected, own.of("loewe").defined
    assert 0 < defined.sum() < 36
    e = expected[defined]
    d_a, d_b = 1e-7 * (e / (0.6 - e)) ** (1 / 1.2), 3e-6 * (e / (0.95 - e)) ** (1 / 2.0)
    assert own.doses_a[defined] / d_a + own.doses_b[defined] / d_b == pytest.approx(np.ones(e.size), abs=2e-3)


def test_loewe_is_undefined_above_the_weaker_compound_and_puts_nothing_in_its_place() -> None:
    weak, strong = hill(1e-7, 1.2, 0.3), hill(3e-6, 2.0, 0.95)
    doses_a, doses_b = doses_around(1e-7), doses_around(3e-6)
    scores = score_synergy(independent(weak, strong, doses_a, doses_b), models=("loewe",), draws=2)
    own = scores.of("loewe")
    beyond = strong(scores.doses_b) > 0.3
    assert np.isnan(own.expected[beyond]).all()
    assert np.isnan(own.scores[beyond]).all()
    assert {own.undefined[i] for i in np.flatnonzero(beyond)} == {
        "above the largest effect of the weaker compound alone"
    }
    assert np.nanmax(own.expected) < 0.3 + 1e-6
    assert "undefined_wells" in {caveat.code for caveat in own.mean.caveats}
    assert f"of {own.scores.size} pairs" in own.mean.method


def test_a_compound_that_makes_more_cells_has_no_loewe_dose() -> None:
    grows, kills = hill(1e-7, 1.2, -0.4), hill(3e-6, 2.0, 0.95)
    scores = score_synergy(independent(grows, kills, doses_around(1e-7), doses_around(3e-6)), draws=2)
    assert set(scores.of("loewe").undefined) == {"the effect of a compound alone does not rise with its dose"}
    assert scores.of("zip").scores == pytest.approx(np.zeros(36), abs=1e-4)


def test_a_plateau_that_was_never_seen_is_not_taken_for_an_effect_that_the_compound_has() -> None:
    """Noise about an inert compound fits a curve whose EC50 lies anywhere and whose Emax is anything."""
    inert, kills = (lambda doses: 1e-3 * np.log1p(doses / 3e-6)), hill(1e-7, 1.5, 0.9)
    pair = independent(kills, inert, doses_around(1e-7), doses_around(3e-6))
    own = score_synergy(pair, models=("loewe",), draws=2)
    assert np.isnan(own.of("loewe").expected[own.doses_a > 5e-8]).all()


def test_zip_sees_that_one_compound_makes_the_other_more_potent() -> None:
    doses = doses_around(1e-7)
    a, b = wells_of(doses, doses)
    alone = hill(1e-7, 1.5, 1.0)
    moved = alone(a * (1 + 5 * alone(b)))
    own = score_synergy(read_combination(a, b, 1 - (1 - moved) * (1 - alone(b))), models=("zip",)).of("zip")
    assert own.mean.value > 0.02
    assert own.scores.max() > 0.1


def test_curves_of_a_matrix_are_as_good_as_the_careful_fit_of_one_curve() -> None:
    from avpi.dose.fit_shape import fit_shape
    from avpi.dose.shapes import FOUR_PARAMETERS

    random = np.random.default_rng(3)
    doses = doses_around(1e-7, 7)
    effects = hill(1e-7, 1.3, 0.8)(doses) + random.normal(0, 0.08, (4, doses.size))
    effects[:2, 2] = np.nan
    free, held = fit_matrix_curves(doses, effects), fit_matrix_curves(doses, effects, effects[:, 0].copy())
    for i, row in enumerate(effects):
        there = ~np.isnan(row)
        whole = fit_shape(FOUR_PARAMETERS, doses[there], row[there])
        tied = fit_shape(FOUR_PARAMETERS.hold(top=float(row[0])), doses[there], row[there])
        assert free.rss[i] <= whole.rss * (1 + 1e-4)
        assert held.rss[i] <= tied.rss * (1 + 1e-4)
        residuals = (row - free.effects(doses)[i])[there]
        assert np.sum(residuals**2) == pytest.approx(free.rss[i])


def test_wells_without_a_partner_alone_have_no_score() -> None:
    doses_a, doses_b = doses_around(1e-7, 4), doses_around(1e-6, 4)
    a, b = wells_of(doses_a, doses_b)
    effects = 1 - (1 - hill(1e-7, 1, 1)(a)) * (1 - hill(1e-6, 1, 1)(b))
    effects[(a == doses_a[2]) & (b == 0)] = np.nan
    effects[(a == doses_a[3]) & (b == doses_b[3])] = np.nan
    pair = read_combination(a, b, effects)
    assert pair.missing == 2
    scores = score_synergy(pair)
    assert scores.doses_a.size == 15
    without = scores.doses_a == doses_a[2]
    for model in ("bliss", "hsa"):
        own = scores.of(model)
        assert np.array_equal(np.isnan(own.scores), without)
        assert {own.undefined[i] for i in np.flatnonzero(without)} == {
            "no well has one of the compounds alone at this dose"
        }
    assert np.isnan(scores.of("zip").scores[without]).all()
    assert np.isfinite(scores.of("zip").scores[~without]).all()


def test_without_single_agents_nothing_is_estimated() -> None:
    a, b = wells_of(doses_around(1e-7)[1:], doses_around(1e-6)[1:])
    scores = score_synergy(read_combination(a, b, hill(1e-7, 1, 1)(a)))
    assert [scores.of(model).mean.state for model in MODELS] == ["not_estimable"] * 4
    assert scores.contrast.mean.state == "not_estimable"
    assert "no_vehicle" in {caveat.code for caveat in scores.of("bliss").mean.caveats}


def test_replicates_are_averaged_and_each_experiment_counts_once() -> None:
    pair = read_combination(
        [0, 1, 0, 1, 1, 0, 1, 0, 1], [0, 0, 1, 1, 1, 0, 0, 1, 1], [0, 0.2, 0.1, 0.6, 0.8, 0, 0.4, 0.1, 0.9],
        experiments=[1, 1, 1, 1, 1, 2, 2, 2, 2],
    )  # fmt: skip
    assert pair.matrices()[0, 1, 1] == pytest.approx(0.7)
    assert pair.matrix()[1, 1] == pytest.approx(0.8)
    assert pair.matrix()[1, 0] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"doses_a": [0, -1, 0, 1]}, "the dose of A is '-1'"),
        ({"doses_a": [0, math.nan, 0, 1]}, "the dose of A is 'nan'"),
        ({"doses_b": [0, 0, math.inf, 1]}, "the dose of B is 'inf'"),
        ({"responses": [0, 0.1, math.inf, 0.5]}, "the response is 'inf'"),
        ({"responses": [math.nan] * 4}, "no well has a response"),
        ({"doses_b": [0, 0, 0, 0]}, "B has no dose above 0"),
        ({"doses_a": [0, 1, 0, 0]}, "no well has both A and B"),
        ({"doses_a": [0, 1, 0]}, "3 doses of A, 4 doses of B"),
        ({"responses": ["x", 1, 1, 1]}, "cannot be read as numbers"),
        ({"responses": [0, 30, 20, 80]}, "--scale percent"),
        ({"scale": "percent"}, "--scale fraction"),
        ({"responses": [1, 0.8, 0.7, 0.2]}, "--response viability"),
        ({"response": "viability"}, "--response effect"),
        ({"response": "viability", "responses": [52e3, 40e3, 47e3, 2e3], "scale": "percent"}, "Divide the responses"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_remedy(change: dict[str, object], told: str) -> None:
    asked: dict[str, object] = {
        "doses_a": [0, 1, 0, 1], "doses_b": [0, 0, 1, 1], "responses": [0, 0.3, 0.2, 0.8], **change,
    }  # fmt: skip
    with pytest.raises(InputError) as caught:
        read_combination(**asked)  # type: ignore[arg-type]
    assert told in str(caught.value)


def test_one_bad_well_does_not_make_fractions_into_percentages() -> None:
    a, b = wells_of(doses_around(1e-7), doses_around(1e-6))
    effects = hill(1e-7, 1, 1)(a)
    effects[-1] = -9.0
    assert read_combination(a, b, effects).effects.min() == -9


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"models": ("blis",)}, "Did you mean 'bliss'?"),
        ({"models": ()}, "none is given"),
        ({"level": 1.0}, "coverage is '1.0'"),
        ({"margin": math.nan}, "margin is 'nan'"),
        ({"draws": 1}, "'1' draws"),
    ],
)
def test_requests_that_cannot_be_met_are_refused(change: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=r".") as caught:
        score_synergy(two_by_two(0.3, 0.2, 0.9), **change)  # type: ignore[arg-type]
    assert told in str(caught.value)


def test_an_inert_partner_is_said_and_the_contrast_is_what_to_read() -> None:
    pair = two_by_two(0.3, 0.02, 0.8, experiments=4, spread=0.05)
    scores = score_synergy(pair)
    told = {caveat.code: caveat.text for caveat in scores.of("hsa").mean.caveats}
    assert told["inert_alone"].startswith("TNF alone does next to nothing")
    contrast = scores.contrast
    assert contrast.mean.value == pytest.approx(0.8 - 0.3 - 0.02 + 0.3 * 0.02)
    assert contrast.mean.n == 4
    assert contrast.mean.low > 0
    assert 0 < contrast.p < 0.05
    assert contrast.experiments == ("0", "1", "2", "3")


def test_one_experiment_has_no_contrast_over_experiments() -> None:
    contrast = interaction_contrast(two_by_two(0.3, 0.02, 0.8))
    assert contrast.mean.state == "not_estimable"
    assert contrast.values == pytest.approx([0.486])
    assert math.isnan(contrast.p)


def test_copies_of_one_experiment_are_no_experiments() -> None:
    pair = two_by_two(0.3, 0.02, 0.8, experiments=3)
    assert interaction_contrast(pair).mean.state == "not_estimable"
    own = score_synergy(pair, models=("bliss",)).of("bliss")
    assert math.isnan(own.mean.low)
    assert math.isnan(own.probability_mean_above)


def test_a_contrast_of_chosen_doses() -> None:
    pair = repeated(
        lambda a, b: np.where((a > 0) & (b > 0), 0.1 * a * b, 0.0), np.array([0.0, 1, 2]), np.array([0.0, 1, 3]),
        experiments=3, noise=1e-3,
    )  # fmt: skip
    assert interaction_contrast(pair, dose_a=2, dose_b=3).mean.value == pytest.approx(0.6, abs=0.01)
    with pytest.raises(InputError, match="'5 M' of A was not tested"):
        interaction_contrast(pair, dose_a=5)


def test_scores_are_frozen() -> None:
    scores = score_synergy(two_by_two(0.3, 0.2, 0.9))
    with pytest.raises(dataclasses.FrozenInstanceError):
        scores.margin = 0.2  # type: ignore[misc]


def test_doses_that_differ_by_rounding_are_one_pair() -> None:
    doses_a, doses_b = doses_around(1e-7, 4), doses_around(1e-6, 4)
    a, b = wells_of(doses_a, doses_b)
    effects = 1 - (1 - hill(1e-7, 1, 1)(a)) * (1 - hill(1e-6, 1, 1)(b))
    both = (a > 0) & (b > 0)
    plain = score_synergy(read_combination(a, b, effects), draws=2)
    factor = np.where(both, np.where(np.arange(a.size) % 2, 1.0004, 0.9997), 1.0)
    pair = read_combination(a * factor, b * factor, effects)
    assert pair.shape == (5, 5)
    rounded = score_synergy(pair, draws=2)
    for model in MODELS:
        assert np.allclose(rounded.of(model).scores, plain.of(model).scores, atol=2e-3, equal_nan=True), model
    asked = interaction_contrast(pair, dose_a=doses_a[2] * 1.003, dose_b=doses_b[2] * 0.996)
    assert asked.values == pytest.approx([0], abs=1e-9)
    with pytest.raises(InputError, match="was not tested"):
        interaction_contrast(pair, dose_a=doses_a[2] * 1.02)


def flat(left: dict[str, float]) -> Combination:
    """Wells that are all alike: ``left`` of each experiment."""
    a, b = wells_of(doses_around(1e-7, 3), doses_around(1e-6, 3))
    n = len(left)
    return read_combination(
        np.tile(a, n), np.tile(b, n), np.repeat(list(left.values()), a.size),
        experiments=list(np.repeat(list(left), a.size)), response="viability",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ({"": 0.8}, "The vehicle has a mean effect of 0.2 (viability 0.8), where 0 is meant"),
        ({"": 1.2}, "moves Bliss, ZIP and the contrast up by up to 24 points"),
        ({"May": 1.0, "June": 0.85}, "The vehicle of experiment 'June' has a mean effect of 0.15"),
        ({"May": 1.12, "June": 0.85}, "The vehicle has a mean effect of 0.15 (viability 0.85) at the farthest"),
    ],
)
def test_a_table_that_is_not_normalised_to_its_vehicle_is_told(left: dict[str, float], told: str) -> None:
    scores = score_synergy(flat(left), models=("bliss", "hsa"))
    for estimate in (scores.of("bliss").mean, scores.contrast.mean):
        found = {caveat.code: caveat.text for caveat in estimate.caveats}
        assert told in found["vehicle_not_normalised"]
        assert "Divide the viabilities" in found["vehicle_not_normalised"]
    if left == {"": 0.8}:
        assert scores.of("bliss").mean.value == pytest.approx(-0.16)
        assert "down by up to 16 points" in found["vehicle_not_normalised"]


@pytest.mark.parametrize("left", [0.9, 1.0, 1.1])
def test_a_vehicle_within_a_tenth_is_taken_for_scatter(left: float) -> None:
    codes = {caveat.code for caveat in score_synergy(flat({"": left}), models=("bliss",)).of("bliss").mean.caveats}
    assert not codes & {"vehicle_not_normalised", "no_vehicle"}


def test_an_experiment_without_vehicle_is_told_by_its_name() -> None:
    pair = flat({"May": 1.0, "June": 1.0})
    keep = ~((pair.doses_a == 0) & (pair.doses_b == 0) & (pair.experiment == 1))
    names = [pair.experiments[i] for i in pair.experiment[keep]]
    without = read_combination(pair.doses_a[keep], pair.doses_b[keep], pair.effects[keep], experiments=names)
    found = {caveat.code: caveat.text for caveat in score_synergy(without, models=("hsa",)).of("hsa").mean.caveats}
    assert found["no_vehicle"].startswith("No vehicle well of experiment 'June': ")
    assert "Bliss, HSA and the contrast take the responses for fractions of it" in found["no_vehicle"]
