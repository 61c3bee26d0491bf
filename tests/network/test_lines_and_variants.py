"""Lines, panels and variants: well-formed, told apart, and each with its reasons."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.names import normal_form
from avpi.network.lines import Line, find_line, lines
from avpi.network.panels import draw_lines, find_prior, priors
from avpi.network.parameters import parameters
from avpi.network.variants import REFERENCE, ensemble
from avpi.population.experiment import Experiment
from avpi.population.well import grow

LINES = tuple(lines().values())
SHORTEST_REASON = 15


def test_there_are_many_lines_and_their_names_differ() -> None:
    spellings = [normal_form(s) for line in LINES for s in {normal_form(s) for s in (line.name, *line.aliases)}]
    assert len(LINES) >= 30
    assert [s for s, times in Counter(spellings).items() if times > 1] == []


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_a_line_changes_what_exists_and_says_why(line: Line) -> None:
    assert line.what
    assert line.doubling_hours > 8
    assert 0 <= line.arrest <= 1
    for name, value in line.parameters.items():
        own = parameters()[name]
        assert value >= 0, name
        assert line.reasons[name].strip(), name
        if own.low < own.high and not own.low <= value <= own.high and not (value == 0 and own.protein):
            reason = line.reasons[name]
            assert len(reason) >= SHORTEST_REASON, f"{name} leaves its range: say why"
            assert "default" not in reason, f"{name} leaves its range: say why"


@pytest.mark.parametrize(("word", "name"), [("ht29", "HT-29"), ("MDA MB 231", "MDA-MB-231"), ("skov3", "SK-OV-3")])
def test_a_line_is_found_by_its_spellings(word: str, name: str) -> None:
    found = find_line(word)
    assert found is not None
    assert name == found.name
    assert find_line("no such line") is None


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_untreated_cells_live(line: Line) -> None:
    well = grow(Experiment(line=line), times_hours=[96.0], cells=60)
    assert well.failed == 0
    assert sum(well.fates.mode >= 0) < 0.05 * 60


@settings(max_examples=20, deadline=None)
@given(few=st.integers(1, 6), more=st.integers(0, 6), seed=st.integers(0, 2**63))
def test_a_larger_panel_begins_with_the_smaller_one(few: int, more: int, seed: int) -> None:
    for prior in priors().values():
        assert draw_lines(prior, few, seed) == draw_lines(prior, few + more, seed)[:few]


@pytest.mark.parametrize("name", list(priors()))
def test_a_prior_draws_lines_that_differ_and_silences_genes_as_often_as_it_says(name: str) -> None:
    prior = priors()[name]
    assert find_prior(name.upper()) == prior
    drawn = draw_lines(prior, 2000, 1)
    assert set(prior.spreads) <= set(parameters())
    silent = sum(line.parameters["RIPK3_total"] == 0 for line in drawn) / len(drawn)
    assert silent == pytest.approx(prior.spreads["RIPK3_total"].silent, abs=0.04)
    assert all(one.parameters != other.parameters for one, other in pairwise(drawn[:50]))


def test_sixteen_variants_of_which_each_is_another_model() -> None:
    found = ensemble()
    assert found[0] == REFERENCE
    assert 16 == len(found) == len({v.label for v in found}) == len({tuple(v.parameters.items()) for v in found})
    assert all(set(v.parameters) <= set(parameters()) for v in found)
