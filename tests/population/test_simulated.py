"""What is read off a simulated condition."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from avpi.network.lines import find_line
from avpi.population.condition_words import read_condition
from avpi.population.engagement import blot
from avpi.population.experiment import Experiment
from avpi.population.fates import MODES
from avpi.population.matrix import EXTENDED, GUIDE, matrix, matrix_doses
from avpi.population.simulated import FOLLOWED, Sampling, Simulated, fingerprint, simulate_condition

SAMPLING = Sampling(hours=24, cells=40, seed=3)


def experiment(text: str = "DMSO", line: str = "HT-29", genotype: Mapping[str, float] | None = None) -> Experiment:
    known = find_line(line)
    assert known is not None
    return Experiment(line=known, doses=read_condition(text).doses, genotype=genotype or {})


@pytest.fixture(scope="module")
def treated() -> Simulated:
    return simulate_condition("SM+TNF+zVAD", experiment("birinapant + TNF + zVAD"), SAMPLING)


def test_readings_are_what_they_say(treated: Simulated) -> None:
    times = [0.0, 0.5, 4.0, 24.0]
    viability = treated.viability(times)
    assert viability[0] == pytest.approx(1.0)
    assert np.all(np.diff(treated.dead(times)) >= 0)
    assert sum(int(treated.died_by(mode, [24.0])[0]) for mode in MODES) == treated.dead([24.0])[0]
    assert sum(treated.quadrants(times).values()) == pytest.approx(np.ones(4))
    assert treated.band("cIAP1", times)[0] == pytest.approx(1.0)
    assert treated.band("cIAP1", [0.5])[0] < 0.5
    assert treated.tnf_pg_per_ml([0.0])[0] == pytest.approx(10_000, rel=0.01)
    assert np.all(treated.viability_error(times) > 0)


def test_untreated_cells_are_their_own_reference() -> None:
    bare = simulate_condition("DMSO", experiment(), SAMPLING)
    assert bare.well is bare.untreated
    assert bare.viability([8.0, 24.0]) == pytest.approx([1.0, 1.0])
    assert np.all(bare.viability_error([24.0]) == 0)
    assert bare.band("p52", [24.0]) == pytest.approx([1.0])


def test_a_course_ends_where_too_few_cells_live(treated: Simulated) -> None:
    for readout in FOLLOWED:
        course = treated.course(readout)
        shown = np.isfinite(course.median)
        assert np.array_equal(shown, course.cells >= 10)
        assert np.all(course.low[shown] <= course.median[shown])
        assert np.all(course.median[shown] <= course.high[shown])


def test_the_fingerprint_changes_with_every_number_and_with_nothing_else() -> None:
    own = fingerprint(experiment("birinapant"), SAMPLING)
    assert own == fingerprint(experiment("TL32711 0,1 uM"), SAMPLING)
    others = [
        fingerprint(experiment("birinapant 99 nM"), SAMPLING),
        fingerprint(experiment("BV6"), SAMPLING),
        fingerprint(experiment("birinapant", line="HeLa"), SAMPLING),
        fingerprint(experiment("birinapant", genotype={"RIPK3": 0.0}), SAMPLING),
        fingerprint(experiment("birinapant"), Sampling(hours=24, cells=40, seed=4)),
    ]
    hashes = {other["parameters"] for other in others}
    assert len(hashes | {own["parameters"]}) == 6
    assert {other["model"] for other in others} == {own["model"]}


def test_the_matrix_is_the_guides_and_says_its_doses() -> None:
    assert tuple(matrix("BV6", 1e-6)) == GUIDE
    whole = matrix("BV6", 1e-6, extended=True)
    assert tuple(whole) == (*GUIDE, *EXTENDED)
    assert whole["SM+zVAD+Nec-1"].label == "BV6 1 µM + zVAD 20 µM + Nec-1 10 µM"
    assert whole["DMSO"].doses == ()
    assert matrix_doses(matrix("BV6", 1e-6)) == "SM is BV6 1 µM, TNF 10 ng/mL, zVAD 20 µM, Nec-1 10 µM"


def test_a_blot_is_relative_to_vehicle_and_falls_with_the_dose() -> None:
    made = blot(experiment(), "birinapant", "bivalent", [1e-9, 1e-7], [0.0, 0.5, 4.0], Sampling(hours=4, cells=20))
    assert made.ratio["cIAP1"][:, 0] == pytest.approx([1.0, 1.0])
    assert made.ratio["cIAP1"][1, 1] < made.ratio["cIAP1"][0, 1]
    assert made.at_rule == pytest.approx(made.ratio["cIAP1"][:, 1])
    assert made.engaged == tuple(left < 0.1 for left in made.at_rule)
    assert made.pool_left[0] == 1e-7
