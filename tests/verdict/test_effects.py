"""What becomes of plates on their way into the verdict: blocks, times, doses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpi.estimate import Estimate, not_estimable
from avpi.names import Addition, Condition
from avpi.plate.results import Arm, PlateQuality, PlateResult
from avpi.study.conditions import ConditionWords
from avpi.verdict.effects import Effects, gather_effects
from tests.verdict.tables import study

NONE = not_estimable("not needed here")
QUALITY = PlateQuality(
    z_prime=NONE,
    robust_z_prime=NONE,
    ssmd=NONE,
    robust_ssmd=NONE,
    signal_window=NONE,
    signal_to_background=NONE,
    vehicle_cv=NONE,
    edge_ratio=NONE,
    drift_down=NONE,
    drift_across=NONE,
)
WORDS = ConditionWords(compound="birinapant", working_doses={"SM": 1e-7, "TNF": 10.0})


def arm(text: str, viability: float) -> Arm:
    condition = WORDS.condition(text)
    return Arm(
        condition=condition,
        described=text,
        at_working_doses=WORDS.at_working_doses(condition),
        wells=4,
        viability=Estimate(value=viability),
        log_viability=float(np.log(viability)),
        log_se=0.03 if condition.additions else 0.0,
    )


def plate(name: str, experiment: str, arms: dict[str, float], minutes: float | None = 2880.0) -> PlateResult:
    return PlateResult(
        name=name, experiment=experiment, readout="CellTiter-Glo", reader="grid", plate="1", read="1", shape=(8, 12),
        wells=(), arms=tuple(arm(text, value) for text, value in ({"DMSO": 1.0} | arms).items()), quality=QUALITY,
        passes=True, findings=(), method={}, minutes_after_dose=minutes,
    )  # fmt: skip


def gathered(*plates: PlateResult) -> Effects:
    return gather_effects(study(), [], plates, [])


def codes(effects: Effects) -> set[str]:
    return {finding.code for finding in effects.findings}


def value(effects: Effects, key: str, experiment: str = "exp1") -> float:
    (found,) = [c.log_value for c in effects.viability.cells if (c.key, c.experiment) == (key, experiment)]
    return float(np.exp(found))


def test_plates_with_different_arms_are_blocks_and_repeats_are_averaged() -> None:
    apart = gathered(plate("a", "exp1", {"SM": 0.4}), plate("b", "exp1", {"TNF": 0.9}))
    assert {cell.block for cell in apart.viability.cells} == {"a", "b"}
    assert apart.viability.experiments == ("exp1",)
    twice = gathered(plate("a", "exp1", {"SM": 0.4}), plate("b", "exp1", {"SM": 0.5}))
    assert {cell.block for cell in twice.viability.cells} == {""}
    assert value(twice, "SM") == pytest.approx(np.sqrt(0.4 * 0.5))


def test_six_hours_and_two_days_are_not_averaged() -> None:
    late = [plate(f"late{i}", f"exp{i}", {"SM": 0.3}) for i in (1, 2, 3)]
    early = [plate(f"early{i}", f"exp{i}", {"SM": 1.0}, minutes=360.0) for i in (1, 2)]
    effects = gathered(*late, *early)
    assert value(effects, "SM") == pytest.approx(0.3)
    assert "mixed_times" in codes(effects)
    almost = gathered(plate("a", "exp1", {"SM": 0.3}), plate("b", "exp2", {"SM": 0.3}, minutes=2640.0))
    assert almost.viability.experiments == ("exp1", "exp2")


def test_a_reagent_at_several_doses_without_a_working_dose_is_not_mixed() -> None:
    effects = gathered(plate("a", "exp1", {"SM+anti-TNF 1 ng/mL": 0.4, "SM+anti-TNF 5000 ng/mL": 0.9, "SM": 0.4}))
    assert "SM+anti-TNF" not in effects.viability.keys
    assert "dose_ambiguous" in codes(effects)


def test_the_mimetic_at_another_dose_is_said_to_be_there() -> None:
    other = plate("a", "exp1", {"birinapant 1 uM": 0.4})
    assert other.arms[1].condition == Condition.of(Addition("SM", 1e-6))
    assert "measured_at_other_dose" in codes(gathered(other))
    assert "measured_at_other_dose" not in codes(gathered(plate("a", "exp1", {"SM": 0.4})))


def test_a_plate_that_its_gate_stopped_is_named_and_not_read() -> None:
    stopped = replace(plate("a", "exp1", {"SM": 0.4}), passes=False)
    effects = gathered(stopped, plate("b", "exp2", {"SM": 0.5}))
    assert effects.blocked == ("a",)
    assert effects.viability.experiments == ("exp2",)


def test_a_time_zero_plate_is_no_viability() -> None:
    effects = gathered(plate("a", "exp1", {"SM": 0.4}), replace(plate("z", "exp1", {"TNF": 0.4}), time_zero=True))
    assert effects.has_time_zero
    assert "TNF" not in effects.viability.keys
