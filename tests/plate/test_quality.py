import math

import numpy as np
import pytest

from avpi.estimate import Estimate
from avpi.plate import quality
from avpi.study.schema import Rules
from tests.plate.simulated_plate import analyse, codes, draw, place

TRUTH = {"DMSO": 1.0, "kill": 0.02, "blank": 0.0, "SM": 0.6}


def plate(groups: dict[str, int], *, cv: float = 0.08, rules: Rules | None = None, seed: int = 1):  # type: ignore[no-untyped-def]
    labels = place(groups)
    values = draw(labels, TRUTH, np.random.default_rng(seed), cv=cv)
    return analyse(values, labels, rules=rules or Rules())


def test_z_prime_and_ssmd_are_those_of_the_papers() -> None:
    vehicle, negative = np.array([90.0, 100.0, 110.0]), np.array([8.0, 10.0, 12.0])
    assert quality.z_prime(vehicle, negative).value == pytest.approx(1 - 3 * (10 + 2) / 90)
    assert quality.ssmd(vehicle, negative).value == pytest.approx(90 / math.sqrt(104))
    assert quality.robust_z_prime(vehicle, negative).value == pytest.approx(1 - 3 * 1.4826 * (10 + 2) / 90)
    assert quality.signal_to_background(vehicle, negative).value == pytest.approx(10)
    assert quality.vehicle_cv(vehicle).value == pytest.approx(0.1)


def test_a_good_plate_passes_without_a_finding() -> None:
    result = plate({"DMSO": 12, "blank": 6, "SM": 6})
    assert result.passes
    assert result.quality.z_prime.value > 0.5
    assert not codes(result)


def test_killed_wells_are_preferred_to_blanks() -> None:
    assert "kill wells" in plate({"DMSO": 12, "blank": 6, "kill": 6}).quality.z_prime.method


def test_a_plate_whose_live_and_dead_wells_overlap_is_blocked() -> None:
    result = plate({"DMSO": 12, "blank": 6, "SM": 6}, cv=0.5, seed=7)
    assert not result.passes
    assert result.findings[0].code == "z_prime_failed"
    assert result.findings[0].severity == "blocking"
    assert result.arms


def test_a_poor_plate_is_used_with_a_warning_at_the_studys_threshold() -> None:
    result = plate({"DMSO": 12, "blank": 6, "SM": 6}, rules=Rules(z_prime_warn=0.95))
    assert result.passes
    assert "z_prime_low" in codes(result)


def test_without_negative_controls_quality_is_not_known() -> None:
    result = plate({"DMSO": 12, "SM": 6})
    assert result.passes
    assert result.quality.z_prime.state == "not_estimable"
    assert result.quality.ssmd.state == "not_estimable"
    assert "no kill or no-cell wells" in result.quality.z_prime.method
    assert "z_prime_not_estimable" in codes(result)


def test_controls_exchanged_in_the_layout_block_the_plate() -> None:
    labels = place({"DMSO": 6, "blank": 6, "kill": 6, "SM": 6})
    values = draw(labels, {**TRUTH, "kill": 1.4}, np.random.default_rng(2))
    result = analyse(values, labels)
    assert not result.passes
    assert "controls_inverted" in codes(result)
    assert result.quality.z_prime.state == "not_estimable"


def test_edge_wells_are_compared_with_inner_ones() -> None:
    labels = {f"A{i:02d}": "DMSO" for i in range(2, 8)} | {f"C{i:02d}": "DMSO" for i in range(2, 8)}
    labels |= {f"E{i:02d}": "blank" for i in range(2, 8)}
    rng = np.random.default_rng(3)
    values = draw(labels, TRUTH, rng, cv=0.03)
    even = analyse(values, labels)
    assert even.quality.edge_ratio.low < 1 < even.quality.edge_ratio.high
    assert "edge_effect" not in codes(even)
    dried = analyse({w: v * 0.7 if w.startswith("A") else v for w, v in values.items()}, labels)
    assert dried.quality.edge_ratio.value == pytest.approx(0.7, abs=0.03)
    assert "edge_effect" in codes(dried)


def test_edge_ratio_needs_wells_on_both_sides() -> None:
    result = plate({"DMSO": 12, "blank": 6})
    assert result.quality.edge_ratio.state == "not_estimable"
    assert "0 inside" in result.quality.edge_ratio.method


def test_constant_wells_have_no_scatter_and_no_failure() -> None:
    vehicle, negative = np.full(4, 10.0), np.full(4, 1.0)
    assert quality.z_prime(vehicle, negative).value == 1
    assert quality.ssmd(vehicle, negative).state == "not_estimable"


def test_equal_plates_give_equal_intervals() -> None:
    first, second = (plate({"DMSO": 12, "blank": 6, "SM": 6}) for _ in range(2))
    assert first.quality == second.quality


@pytest.mark.parametrize(("n_vehicle", "n_negative"), [(6, 4), (12, 6), (40, 16)])
def test_the_intervals_of_z_prime_ssmd_and_cv_cover_the_truth(n_vehicle: int, n_negative: int) -> None:
    mean_v, sd_v, mean_n, sd_n = 100.0, 8.0, 5.0, 2.0
    truth = (
        1 - 3 * (sd_v + sd_n) / (mean_v - mean_n),
        (mean_v - mean_n) / math.hypot(sd_v, sd_n),
        sd_v / mean_v,
    )
    rng = np.random.default_rng(4)
    runs, covered = 300, np.zeros(3)
    for _ in range(runs):
        vehicle = rng.normal(mean_v, sd_v, n_vehicle)
        negative = rng.normal(mean_n, sd_n, n_negative)
        found: tuple[Estimate, ...] = (
            quality.z_prime(vehicle, negative),
            quality.ssmd(vehicle, negative),
            quality.vehicle_cv(vehicle),
        )
        covered += [e.low <= t <= e.high for e, t in zip(found, truth, strict=True)]
    # Three standard errors of 300 runs at 95 % are 3.8 points.
    assert np.all(np.abs(covered / runs - 0.95) < 0.04), covered / runs
