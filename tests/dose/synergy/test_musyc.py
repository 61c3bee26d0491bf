"""The MuSyC surface: the equation, parameters found again, and what the data cannot fix."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.compute.places import Threads
from avpi.dose.synergy.combination import Combination, read_combination
from avpi.dose.synergy.musyc_estimates import QUANTITIES, estimate_musyc
from avpi.dose.synergy.musyc_fit import derivatives, fit_musyc, fit_musyc_screen, theta_of
from avpi.dose.synergy.musyc_problem import problem_of
from avpi.dose.synergy.musyc_surface import NAMES, musyc_response, state_shares, synergy_of_efficacy
from avpi.errors import InputError

Floats = NDArray[np.float64]

#                     E0   E1    E2    E3    h1   h2   C1   C2   a12  a21  g12  g21
BOTH_SHIFT = np.array([0.0, 0.55, 0.35, 0.85, 1.4, 0.9, 0.8, 1.6, 3.0, 0.4, 1.0, 1.0])
ALL_TWELVE = np.array([0.0, 0.55, 0.35, 0.85, 1.4, 0.9, 0.8, 1.6, 3.0, 0.4, 1.5, 0.7])
BLISS = np.array([0.0, 0.5, 0.3, 0.65, 1.2, 0.9, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0])


def grid(doses: int = 8) -> tuple[Floats, Floats]:
    levels = np.concatenate([[0.0], np.geomspace(0.02, 50, doses - 1)])
    a, b = np.meshgrid(levels, levels, indexing="ij")
    return a.ravel(), b.ravel()


def made(parameters: Floats, *, noise: float = 0.0, doses: int = 8, seed: int = 1, unit: float = 1.0) -> Combination:
    a, b = grid(doses)
    rng = np.random.Generator(np.random.Philox(seed))
    effects = musyc_response(a, b, parameters) + noise * rng.normal(size=a.size)
    return read_combination(a * unit, b, effects, compounds=("SM", "TNF"))


def steady_state(dose_a: float, dose_b: float, parameters: Floats) -> float:
    """The effect where the four-state scheme stands still, from its matrix of rates."""
    h1, h2, c1, c2, alpha12, alpha21, gamma12, gamma21 = parameters[4:]
    f1, f2 = (dose_a / c1) ** h1, (dose_b / c2) ** h2
    g1, g2 = (alpha21 * dose_a / c1) ** (gamma21 * h1), (alpha12 * dose_b / c2) ** (gamma12 * h2)
    rates = np.zeros((4, 4))
    for here, there, forward in ((0, 1, f1), (0, 2, f2), (2, 3, g1), (1, 3, g2)):
        for a, b, rate in ((here, there, forward), (there, here, 1.0)):
            rates[b, a] += rate
            rates[a, a] -= rate
    rates[3] = 1
    return float(np.linalg.solve(rates, [0, 0, 0, 1]) @ parameters[:4])


@pytest.mark.parametrize("doses", [(0.3, 0.5), (1.0, 4.0), (5.0, 0.01), (0.0, 2.0), (3.0, 0.0)])
def test_the_closed_form_is_the_steady_state_of_the_scheme(doses: tuple[float, float]) -> None:
    assert musyc_response([doses[0]], [doses[1]], ALL_TWELVE)[0] == pytest.approx(
        steady_state(*doses, ALL_TWELVE), rel=1e-12
    )


def test_without_shifts_the_compounds_bind_independently() -> None:
    a, b = grid()
    f1, f2 = a / (1 + a), (b / 2) ** 0.9
    f2 = f2 / (1 + f2)
    shares = state_shares(a, b, [0, 0, 0, 0, 1, 0.9, 1, 2, 1, 1, 1, 1])
    assert shares == pytest.approx(np.array([(1 - f1) * (1 - f2), f1 * (1 - f2), f2 * (1 - f1), f1 * f2]), abs=1e-12)


def test_derivatives_are_those_of_the_surface() -> None:
    combination = made(ALL_TWELVE)
    surface = problem_of(combination, None, "effect").surface
    columns = derivatives(surface, theta_of(ALL_TWELVE), ALL_TWELVE[:4])
    for i, name in enumerate(NAMES):
        step, moved = 1e-5, [ALL_TWELVE.copy(), ALL_TWELVE.copy()]
        for side, there in zip((1, -1), moved, strict=True):
            there[i] = there[i] + side * step if i < 4 else there[i] * np.exp(side * step)
        up, down = (musyc_response(combination.doses_a, combination.doses_b, there) for there in moved)
        assert columns[i] == pytest.approx((up - down) / (2 * step), abs=1e-9), name


@pytest.mark.parametrize("truth", [BOTH_SHIFT, ALL_TWELVE, BLISS], ids=["potency", "all twelve", "bliss"])
@pytest.mark.parametrize("doses", [6, 10])
def test_exact_surfaces_give_their_parameters_back(truth: Floats, doses: int) -> None:
    fit = fit_musyc(made(truth, doses=doses))
    assert fit.converged
    assert fit.parameters == pytest.approx(truth, rel=1e-4, abs=1e-5)


def test_broad_sweep_never_ends_above_the_generating_parameters() -> None:
    rng = np.random.Generator(np.random.Philox(3))
    for seed in range(25):
        truth = BLISS.copy()
        truth[1:4] = rng.uniform(0.1, 0.9, 3)
        truth[4:8] = np.exp(rng.uniform(-0.5, 1.0, 4))
        truth[8:10], truth[10:] = 10 ** rng.uniform(-1.5, 1.5, 2), 2 ** rng.uniform(-1, 1, 2)
        combination = made(truth, noise=0.03, seed=seed, doses=6 + seed % 4)
        fit = fit_musyc(combination, model="full")
        off = combination.effects - musyc_response(combination.doses_a, combination.doses_b, truth)
        assert fit.rss <= off @ off


def test_swapping_the_compounds_swaps_their_parameters() -> None:
    combination = made(BOTH_SHIFT, noise=0.02)
    fit, other = fit_musyc(combination), fit_musyc(combination.swapped())
    order = [NAMES.index(name) for name in ("E0", "E2", "E1", "E3", "h2", "h1", "C2", "C1")]
    order += [NAMES.index(name) for name in ("alpha21", "alpha12", "gamma21", "gamma12")]
    assert other.rss == pytest.approx(fit.rss, rel=1e-8)
    assert other.parameters == pytest.approx(fit.parameters[order], rel=1e-3, abs=1e-4)
    assert other.beta == pytest.approx(fit.beta, abs=1e-4)


def test_another_unit_changes_the_potency_alone() -> None:
    fit, nano = fit_musyc(made(BOTH_SHIFT, noise=0.02)), fit_musyc(made(BOTH_SHIFT, noise=0.02, unit=1e-9))
    expected = fit.parameters.copy()
    expected[NAMES.index("C1")] *= 1e-9
    assert nano.parameters == pytest.approx(expected, rel=1e-3, abs=1e-12)


def test_viability_is_one_minus_effect_and_beta_stays() -> None:
    effect, viability = (fit_musyc(made(BOTH_SHIFT, noise=0.02), response=of) for of in ("effect", "viability"))
    assert viability.parameters[:4] == pytest.approx(1 - effect.parameters[:4])
    assert viability.beta == pytest.approx(effect.beta)
    assert viability.response([1.0], [1.0]) == pytest.approx(1 - effect.response([1.0], [1.0]))
    assert viability.response_error([1.0], [1.0]) == pytest.approx(effect.response_error([1.0], [1.0]))


def test_bliss_like_surface_has_the_beta_of_its_plateaus_and_no_shift() -> None:
    fit = fit_musyc(made(BLISS, noise=0.01))
    beta = estimate_musyc(fit)["beta"]
    assert fit.model == "independent"
    assert beta.low < synergy_of_efficacy(BLISS[:4]) < beta.high
    assert synergy_of_efficacy(BLISS[:4]) == pytest.approx((0.65 - 0.5) / 0.5)


def test_profile_and_linear_intervals_agree_where_the_data_are_good() -> None:
    fit = fit_musyc(made(BOTH_SHIFT, noise=0.01), model="no_cooperativity")
    linear, profile = estimate_musyc(fit, profile=()), estimate_musyc(fit, profile=["beta", "alpha12", "E3"])
    for name in ("beta", "alpha12", "E3"):
        width = linear[name].high - linear[name].low
        assert profile[name].low == pytest.approx(linear[name].low, abs=0.2 * width), name
        assert profile[name].high == pytest.approx(linear[name].high, abs=0.2 * width), name
    assert profile["log10_alpha12"].low == pytest.approx(np.log10(profile["alpha12"].low))
    assert set(profile) == set(QUANTITIES)


def test_a_compound_without_effect_has_no_potency_and_shifts_nothing_that_could_be_told() -> None:
    inert = BLISS.copy()
    inert[2], inert[3] = inert[0], inert[1]
    found = estimate_musyc(fit_musyc(made(inert, noise=0.02)))
    for name in ("C2", "h2", "alpha12", "log10_alpha12"):
        assert found[name].state == "not_estimable", name
        assert "TNF" in found[name].method
    assert found["E1"].low < 0.5 < found["E1"].high


def test_beta_is_by_profile_and_of_the_largest_model_unless_said_otherwise() -> None:
    fit = fit_musyc(made(BOTH_SHIFT, noise=0.05))
    assert fit.model != "full"
    beta, whole = estimate_musyc(fit)["beta"], fit.under("full")
    assert "profile likelihood" in beta.method
    assert beta.value == pytest.approx(whole.beta)
    assert whole.rss <= fit.rss
    assert beta == estimate_musyc(whole)["beta"]


def test_a_model_that_is_asked_for_is_the_only_candidate_and_as_good_as_among_others() -> None:
    combination = made(ALL_TWELVE, noise=0.02)
    asked, among = fit_musyc(combination, model="full"), fit_musyc(combination).under("full")
    assert [one.name for one in asked.candidates] == ["full"]
    assert asked.rss == pytest.approx(among.rss, rel=1e-6)


def test_two_inert_compounds_have_no_beta() -> None:
    nothing = BLISS.copy()
    nothing[:4] = 0.0
    assert estimate_musyc(fit_musyc(made(nothing, noise=0.02)))["beta"].state == "not_estimable"


def test_a_potency_beyond_the_doses_is_censored_at_the_last() -> None:
    far = BLISS.copy()
    far[NAMES.index("C1")] = 150.0
    found = estimate_musyc(fit_musyc(made(far, noise=0.003), model="independent"))["C1"]
    assert found.state == "above"
    assert found.value == pytest.approx(50.0)
    assert found.high == np.inf


def test_what_is_held_says_so() -> None:
    found = estimate_musyc(fit_musyc(made(BOTH_SHIFT, noise=0.02), model="no_cooperativity", boxes={"h1": (1.4, 1.4)}))
    assert found["gamma12"].value == 1
    assert found["h1"].value == pytest.approx(1.4)
    assert {caveat.code for name in ("gamma12", "h1") for caveat in found[name].caveats} == {"held"}


def test_few_doses_take_a_smaller_model_and_two_hold_the_slope() -> None:
    small = fit_musyc(made(BLISS, noise=0.005, doses=3))
    assert [one.name for one in small.candidates] == ["independent", "no_cooperativity"]
    assert small.value("h1") == small.value("h2") == 1


def test_screen_gives_what_single_fits_give_wherever_it_runs() -> None:
    surfaces = [made(BOTH_SHIFT, noise=0.02, seed=seed, doses=6) for seed in range(10)]
    single = [fit_musyc(one).parameters for one in surfaces]
    assert np.array_equal(single, [fit.parameters for fit in fit_musyc_screen(surfaces, place=Threads(2))])


def test_bad_input_is_named() -> None:
    combination = made(BOTH_SHIFT)
    with pytest.raises(InputError, match=r"'alpha1' is no parameter(.|\n)*'3 to 1'"):
        fit_musyc(combination, boxes={"alpha1": (0.1, 1), "h2": (3.0, 1.0)})
    with pytest.raises(InputError, match="'four' is no model"):
        fit_musyc(combination, model="four")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="'95'"):
        fit_musyc(combination, level=95)
    keep = np.isin(combination.doses_b, combination.levels_b[:2])
    a, b, effects = combination.doses_a[keep], combination.doses_b[keep], combination.effects[keep]
    one_dose = read_combination(a, b, effects, compounds=("SM", "TNF"))
    with pytest.raises(InputError, match="TNF has '1' dose"):
        fit_musyc(one_dose)
    fit = fit_musyc(combination)
    with pytest.raises(InputError, match="'kappa' is no number"):
        estimate_musyc(fit, profile=["kappa"])
    with pytest.raises(InputError, match="above 0"):
        musyc_response([1.0], [1.0], np.zeros(12))


def test_boxes_of_effects_hold() -> None:
    fit = fit_musyc(made(BOTH_SHIFT, noise=0.02), boxes={"E3": (0.0, 0.8)}, model="independent")
    assert fit.value("E3") <= 0.8 + 1e-12
    assert fit.at_edge[NAMES.index("E3")] in ("", "high")


GENERATED = {
    "bliss_independent_1": [1, 0.5, 0.3, 0.15, 0.8, 1.4, 1, 1, 1, 1],
    "efficacy_1": [1, 0.5, 0.3, 0.0, 0.8, 1.4, 1, 1, 1, 1],
    "potency_1": [1, 0.5, 0.3, 0.0, 0.8, 1.4, 1, 1, 0.5, 2.0],
    "reference_1": [1, 0.5, 0.0, 0.0, 1.2, 0.8, 1, 1, 1, 1],
}
"""Generating parameters, as viabilities, of sets with 1 % noise on doses and responses."""


@pytest.mark.shared_data
@pytest.mark.parametrize("name", GENERATED)
def test_published_synthetic_sets_give_their_parameters_back(name: str, shared_data: Path) -> None:
    path = shared_data / "dose" / "synergy" / "synergy_pkg" / f"synthetic_musyc_{name}.csv"
    with path.open() as file:
        rows = [[float(row[key]) for key in ("d1", "d2", "E")] for row in csv.DictReader(file)]
    a, b, viability = np.array(rows).T
    combination = read_combination(a, b, viability, response="viability")
    fit = fit_musyc(combination, response="viability", model="no_cooperativity")
    truth = np.array(GENERATED[name])
    off = fit.parameters[:10] - truth
    off[4:] = np.log10(fit.parameters[4:10] / truth[4:])
    errors = fit.standard_errors[:10]
    assert np.all(np.abs(off[:4]) < 0.02)
    assert np.all((np.abs(off) < 4 * errors) | (np.abs(off) < np.log10(1.02)))
    assert fit.r_squared > 0.999
