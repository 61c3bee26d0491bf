"""The sampler finds a known optimum, keeps to the prior, and is the same run however often it is stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avpi.calibration.kernel import effective_size, importance, moved, step_sizes, threshold
from avpi.calibration.ledger import LINES, Ledger
from avpi.calibration.posterior import learned
from avpi.calibration.sampler import Calibrated, Plan, sample
from avpi.errors import FileFormatError, InputError
from tests.calibration.valley import OPTIMUM, A, B, Valley

PLAN = Plan(particles=40, generations=6, seed=5)
FREE = (A, B)


def run(model: Valley, folder: Path | None = None, plan: Plan = PLAN) -> Calibrated:
    return sample(FREE, model, plan, Ledger(folder, {"test": plan.seed}))


def test_a_known_optimum_is_found() -> None:
    last = run(Valley()).generations[-1]
    for one in learned(FREE, last):
        best = OPTIMUM[one.free.name]
        assert one.low_90 < best < one.high_90
        assert one.median == pytest.approx(best, rel=0.5)
        assert one.width_ratio < 0.4
        assert one.moved
    assert last.best.scored.distance < 0.05


def test_weights_sum_to_one_and_thresholds_fall() -> None:
    found = run(Valley()).generations
    assert [sum(one.weights) for one in found] == pytest.approx([1.0] * PLAN.generations)
    limits = [one.threshold for one in found]
    assert limits == sorted(limits, reverse=True)
    assert limits[-1] < limits[0] / 4
    assert all(p.scored.distance <= one.threshold for one in found for p in one.particles)


def test_every_particle_is_in_its_prior_and_the_first_is_what_ships() -> None:
    model = Valley()
    found = run(model)
    assert model.seen[0] == {"a": A.shipped, "b": B.shipped} == dict(found.shipped.values)
    assert len(model.seen) == PLAN.particles * PLAN.generations
    for values in model.seen:
        assert A.low <= values["a"] <= A.high
        assert B.low <= values["b"] <= B.high


def test_the_best_is_never_worse_than_what_ships() -> None:
    free = tuple(replace(one, shipped=OPTIMUM[one.name]) for one in FREE)
    found = sample(free, Valley(), Plan(particles=3, generations=4, seed=1), Ledger(None, {}))
    assert found.generations[-1].best.scored.distance == found.shipped.scored.distance == 0


def test_without_information_the_posterior_is_the_prior() -> None:
    """Equal distances keep everything; importance weights must then undo where particles were proposed."""

    class Flat(Valley):
        def __call__(self, values):  # type: ignore[no-untyped-def]
            return type(super().__call__(values))(distance=0.5, shortfalls={}, passed=())

    last = run(Flat(), plan=Plan(particles=300, generations=3, seed=2)).generations[-1]
    for one in learned(FREE, last):
        assert one.width_ratio == pytest.approx(1.0, abs=0.1)
        assert one.distance_from_prior < 0.1


def test_a_run_that_was_killed_continues_to_the_same_bytes(tmp_path: Path) -> None:
    plan = Plan(particles=6, generations=3, seed=3)
    whole = run(Valley(), tmp_path / "whole", plan)
    with pytest.raises(KeyboardInterrupt):
        run(Valley(breaks_after=9), tmp_path / "killed", plan)
    lines = tmp_path / "killed" / LINES
    lines.write_bytes(lines.read_bytes()[:-20])  # the last line is cut off
    rest = Valley()
    assert run(rest, tmp_path / "killed", plan) == whole
    assert len(rest.seen) == 18 - 8
    assert lines.read_bytes() == (tmp_path / "whole" / LINES).read_bytes()


def test_generations_can_be_added(tmp_path: Path) -> None:
    run(Valley(), tmp_path / "fit", Plan(particles=5, generations=1, seed=3))
    model = Valley()
    more = run(model, tmp_path / "fit", Plan(particles=5, generations=2, seed=3))
    assert len(model.seen) == 5
    assert more == run(Valley(), None, Plan(particles=5, generations=2, seed=3))


def test_equal_seeds_equal_bytes_and_others_others(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(Valley(), tmp_path / name, Plan(particles=5, generations=2, seed=seed))
    a, b, c = ((tmp_path / name / LINES).read_bytes() for name in "abc")
    assert a == b != c


def test_a_folder_of_another_calibration_is_refused(tmp_path: Path) -> None:
    Ledger(tmp_path / "fit", {"seed": 1, "cells": 40})
    with pytest.raises(InputError, match="it differs in seed"):
        Ledger(tmp_path / "fit", {"seed": 2, "cells": 40})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x", "utf-8")
    with pytest.raises(InputError, match="something else than a calibration"):
        Ledger(tmp_path / "mine", {"seed": 1})


def test_a_folder_that_was_changed_by_hand_is_refused(tmp_path: Path) -> None:
    plan = Plan(particles=3, generations=1, seed=1)
    run(Valley(), tmp_path / "fit", plan)
    lines = tmp_path / "fit" / LINES
    records = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    records[1]["values"]["a"] = 7.0
    lines.write_text("".join(json.dumps(one) + "\n" for one in records), "utf-8")
    with pytest.raises(InputError, match="particle 0/1 of the folder has other values"):
        run(Valley(), tmp_path / "fit", plan)
    lines.write_text("nonsense\n", "utf-8")
    with pytest.raises(FileFormatError, match=r"simulated\.jsonl:1"):
        run(Valley(), tmp_path / "fit", plan)


def test_moves_stay_in_the_box_and_their_density_is_the_one_that_weighs() -> None:
    places, weights = np.array([[0.02, 0.5], [0.3, 0.98]]), np.array([0.7, 0.3])
    random = np.random.default_rng(1)
    drawn = np.array([moved(random, places, weights) for _ in range(4000)])
    assert ((drawn >= 0) & (drawn <= 1)).all()
    # The mean of 1 / density over draws is the volume of the box.
    assert importance(drawn, places, weights).mean() == pytest.approx(1.0, abs=0.1)


def test_a_population_of_one_still_moves() -> None:
    assert (step_sizes(np.array([[0.4, 0.4]]), np.array([1.0])) > 0).all()


def test_the_threshold_keeps_the_wanted_number() -> None:
    distances = np.array([0.4, 0.1, 0.3, 0.2])
    assert threshold(distances, np.ones(4), 2.0) == 0.2
    assert threshold(distances, np.array([1.0, 1e-9, 1.0, 1.0]), 2.0) == 0.3
    assert threshold(distances, np.ones(4), 9.0) == 0.4
    assert effective_size(np.array([1.0, 1.0, 0.0])) == pytest.approx(2.0)
