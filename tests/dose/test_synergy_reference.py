"""Synergy scores against the program synergyfinder, and where they differ, whose curves lie closer to the wells.

synergyfinder takes inhibition, 100 - viability, as it is: without its optional baseline correction nothing is moved,
not even wells above the vehicle, and so it is here. Its curves are those of R's drc, from one start.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.dose.synergy.combination import Combination, read_combination
from avpi.dose.synergy.estimate_synergy import SynergyScores, score_synergy
from avpi.dose.synergy.loewe import share_of_dose

pytestmark = pytest.mark.shared_data

Floats = NDArray[np.float64]
HALF_A_POINT = 0.5
BLOCKS = ("1", "2")


@dataclass(frozen=True)
class Block:
    """A matrix with the scores of both programs; tables are (doses of A, doses of B) above 0, in points."""

    pair: Combination
    scores: SynergyScores
    theirs: dict[str, Floats]

    def ours(self, model: str) -> Floats:
        return 100 * self.scores.of(model).scores.reshape(5, 5)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=BLOCKS)
def block(request: pytest.FixtureRequest, shared_data: Path) -> Block:
    folder = shared_data / "dose" / "synergy"
    with (folder / "mathews_screening_data.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["block_id"] == request.param]
    with (folder / "mathews_synergyfinder_scores.csv").open() as file:
        reference = [row for row in csv.DictReader(file) if row["block_id"] == request.param]
    pair = read_combination(
        [float(row["conc_r"]) for row in rows],
        [float(row["conc_c"]) for row in rows],
        [float(row["response"]) for row in rows],
        units=("nM", "nM"),
        response="viability",
        scale="percent",
    )
    scores = score_synergy(pair, draws=2)
    at = {(float(row["conc1"]), float(row["conc2"])): row for row in reference}
    wells = [at[a, b] for a, b in zip(scores.doses_a, scores.doses_b, strict=True)]
    names = [name for name in reference[0] if name not in ("block_id", "conc1", "conc2")]
    theirs = {name: np.array([float(row[name]) for row in wells]).reshape(5, 5) for name in names}
    return Block(pair=pair, scores=scores, theirs=theirs)


@pytest.mark.parametrize(("model", "name"), [("bliss", "Bliss"), ("hsa", "HSA")])
def test_bliss_and_hsa_are_those_of_synergyfinder(block: Block, model: str, name: str) -> None:
    assert block.ours(model) == pytest.approx(block.theirs[f"{name}_synergy"], abs=1e-9)


def test_zip_is_that_of_synergyfinder_where_its_curves_lie_as_close(block: Block) -> None:
    """Each well that differs by more than half a point has a curve of synergyfinder's that lies farther off."""
    curves = block.scores.curves
    assert curves is not None
    assert curves.surface is not None
    measured = block.pair.matrix()[1:, 1:]
    through_rows = curves.surface.over_b.effects(block.pair.levels_b)[:, 1:]
    our_rss = curves.surface.over_a.rss
    their_columns = 2 * block.theirs["ZIP_fit"] / 100 - through_rows
    their_rss = np.sum((their_columns - measured) ** 2, axis=0)
    zip_scores = block.scores.of("zip")
    fitted = 100 * zip_scores.observed.reshape(5, 5) - block.theirs["ZIP_fit"]
    apart = (np.abs(fitted) > HALF_A_POINT).any(axis=0)
    assert apart.any()
    assert not apart.all()
    assert (their_rss[apart] > 1.4 * our_rss[apart]).all()
    assert np.abs(fitted[:, ~apart]).max() < HALF_A_POINT


def test_zip_expects_what_synergyfinder_does_unless_it_draws_a_flat_line_for_a_compound(block: Block) -> None:
    expected = 100 * block.scores.of("zip").expected.reshape(5, 5) - block.theirs["ZIP_ref"]
    if np.abs(expected).max() < HALF_A_POINT:
        return
    curves = block.scores.curves
    assert curves is not None
    # One ratio of survivals in all rows: its curve of A is the mean of all wells, vehicle included.
    survival = 1 - block.theirs["ZIP_ref"] / 100
    assert np.ptp(survival, axis=0).max() < 1e-3
    alone = block.pair.matrix()[:, 0]
    flat_rss = float(np.sum((alone - alone.mean()) ** 2))
    assert flat_rss > 50 * curves.alone_a.rss[0]


def test_loewe_solves_its_equation_and_is_near_synergyfinder_where_both_do(block: Block) -> None:
    curves, own = block.scores.curves, block.scores.of("loewe")
    assert curves is not None
    known = own.defined
    assert 0 < known.sum() < 25
    expected = own.expected[known]
    doses_a, doses_b = block.scores.doses_a[known], block.scores.doses_b[known]

    def total(effects: Floats) -> Floats:
        each = np.ones((effects.size, 1))
        of_a = share_of_dose(doses_a, each * effects, curves.alone_a)
        of_b = share_of_dose(doses_b, each * effects, curves.alone_b)
        return np.diag(of_a + of_b)

    # Near the plateau of a steep curve the last digit of the effect moves the dose manyfold: the root lies between.
    assert (total(expected - 1e-9) >= 1).all()
    assert (total(expected + 1e-9) <= 1).all()
    apart = np.abs(block.ours("loewe") - block.theirs["Loewe_synergy"]).ravel()[known]
    assert np.median(apart) < 4


def test_every_synthetic_set_is_scored(shared_data: Path) -> None:
    files = sorted((shared_data / "dose" / "synergy" / "synergy_pkg").glob("*.csv"))
    scored = 0
    for path in files:
        with path.open() as file:
            rows = list(csv.DictReader(file))
        names = list(rows[0])
        if len(names) != 3:
            continue
        a, b, left = ([float(row[name]) for row in rows] for name in names)
        scores = score_synergy(read_combination(a, b, left, response="viability"), draws=50)
        with_singles = 0 in scores.combination.levels_a
        state = "measured" if with_singles else "not_estimable"
        assert scores.of("bliss").mean.state == state, path.name
        assert scores.of("zip").mean.state == state, path.name
        scored += 1
    assert scored > 8


def test_compounds_that_were_simulated_independent_score_less_than_a_point_or_two(shared_data: Path) -> None:
    path = shared_data / "dose" / "synergy" / "synergy_pkg" / "synthetic_musyc_bliss_independent_1.csv"
    with path.open() as file:
        rows = list(csv.DictReader(file))
    a, b, left = ([float(row[name]) for row in rows] for name in ("d1", "d2", "E"))
    scores = score_synergy(read_combination(a, b, left, response="viability"), draws=200)
    for model in ("bliss", "zip"):
        mean = scores.of(model).mean
        assert mean.low < 0.02
        assert mean.high > -0.02
        assert abs(mean.value) < 0.04
