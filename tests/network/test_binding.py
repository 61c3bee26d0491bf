"""The algebra of fast binding against equilibria that are solved by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from avpi.network.parameters import parameters
from tests.network.formulas import evaluated

amounts = st.floats(-3, 2.5).map(lambda x: float(10**x))
doses = st.floats(-3, 6).map(lambda x: float(10**x))
FEW = settings(max_examples=60, deadline=None)


@FEW
@given(total=amounts, dose=doses, bivalent=st.sampled_from([0.0, 1.0]), cooperativity=st.sampled_from([0.3, 1.0, 10.0]))
def test_ciap1_is_free_liganded_or_in_a_pair_and_nothing_is_lost(
    total: float, dose: float, bivalent: float, cooperativity: float
) -> None:
    found = evaluated({"C1c": total, "D": dose, "bivalent": bivalent, "cooperativity": cooperativity})
    assert found["C1_free"] + found["liganded"] + 2 * found["ternary"] == pytest.approx(total, rel=1e-9)
    assert min(found["C1_free"], found["liganded"], found["ternary"]) >= 0
    k = found["K_head"]
    assert found["liganded"] == pytest.approx((1 + bivalent) * dose * found["C1_free"] / k)
    assert found["ternary"] == pytest.approx(bivalent * cooperativity * dose * found["C1_free"] ** 2 / k**2)


@FEW
@given(total=amounts, dose=doses, bivalent=st.sampled_from([0.0, 1.0]))
def test_liganded_rings_are_alone_or_in_pairs(total: float, dose: float, bivalent: float) -> None:
    found = evaluated({"C1c": total, "D": dose, "bivalent": bivalent})
    alone = found["liganded_monomer"]
    assert alone + 2 * alone**2 / parameters()["K_ring"].value == pytest.approx(found["liganded"], rel=1e-9)
    assert -1e-12 <= found["C1_active"] <= total * (1 + 1e-9)
    assert 0 <= found["chain"] <= 1 + 1e-9


def ternary(dose: float, bivalent: float) -> float:
    return evaluated({"C1c": 13.0, "D": dose, "bivalent": bivalent})["ternary"]


def test_a_bivalent_mimetic_has_a_hook() -> None:
    curve = np.array([ternary(dose, 1.0) for dose in np.logspace(-2, 6, 41)])
    top = int(np.argmax(curve))
    assert 0 < top < 40
    assert np.all(np.diff(curve[: top + 1]) > 0)
    assert np.all(np.diff(curve[top:]) < 0)
    assert curve[-1] < 0.01 * curve[top]


def test_far_beyond_the_hook_the_pair_falls_as_one_over_the_dose() -> None:
    assert ternary(1e6, 1.0) / ternary(1e7, 1.0) == pytest.approx(10, rel=0.01)


@FEW
@given(dose=doses)
def test_a_monovalent_mimetic_never_makes_a_pair(dose: float) -> None:
    assert ternary(dose, 0.0) == 0


@FEW
@given(xiap=amounts, smac=amounts, dose=doses)
def test_xiap_beside_smac_and_a_mimetic_is_the_equilibrium(xiap: float, smac: float, dose: float) -> None:
    found = evaluated({"X": xiap, "Smac": smac, "D": dose})
    kd_smac, mimetic = parameters()["Kd_Smac"].value, dose / parameters()["Kd_XIAP"].value
    exact = brentq(lambda x: x * (1 + mimetic) + x * smac / (kd_smac + x) - xiap, 0, xiap, xtol=1e-16, rtol=1e-13)
    assert found["X_free"] == pytest.approx(exact, rel=1e-6, abs=1e-12 * xiap)


def exact_caspase_3(xiap: float, caspase: float, mimetic: float) -> float:
    kd = parameters()["Kd_XC3"].value
    free = brentq(lambda x: x * (1 + mimetic) + x * caspase / (kd + x) - xiap, 0, xiap, xtol=1e-16, rtol=1e-13)
    return caspase * kd / (kd + free)


@FEW
@given(xiap=amounts, caspase=amounts)
def test_caspase_3_beside_xiap_is_the_equilibrium(xiap: float, caspase: float) -> None:
    found = evaluated({"X": xiap, "C3a": caspase})
    assert found["C3_free"] == pytest.approx(exact_caspase_3(xiap, caspase, 0.0), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("dose", [45.0, 450.0])
def test_caspase_3_displaces_a_mimetic_from_xiap(dose: float) -> None:
    found = evaluated({"X": 63.0, "C3a": 20.0, "D": dose, "Kd_XIAP": 45.0})
    assert found["C3_free"] == pytest.approx(exact_caspase_3(63.0, 20.0, dose / 45.0), rel=0.05)


def test_smac_and_mimetics_free_caspase_3() -> None:
    held = evaluated({"X": 63.0, "C3a": 20.0})["C3_free"]
    assert evaluated({"X": 63.0, "C3a": 20.0, "Smac": 100.0})["C3_free"] > 5 * held
    assert evaluated({"X": 63.0, "C3a": 20.0, "D": 10_000.0})["C3_free"] > 5 * held
