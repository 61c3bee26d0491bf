"""Lines, panels and variants: well-formed, told apart, and each with its reasons."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.errors import OurFault
from avpi.names import normal_form
from avpi.network.lines import ARREST, DOUBLING, NO_SOURCE, Line, _line, find_line, lines
from avpi.network.panels import draw_lines, find_prior, priors
from avpi.network.parameters import parameters
from avpi.network.variants import REFERENCE, ensemble
from avpi.population.experiment import Dose, Experiment
from avpi.population.fates import MODES
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
    assert set(line.growth) == {DOUBLING, *([ARREST] if line.arrest else [])}, "each number has its reason as data"
    for name, value in line.parameters.items():
        own = parameters()[name]
        assert value >= 0, name
        assert line.reasons[name].strip(), name
        if own.low < own.high and not own.low <= value <= own.high and not (value == 0 and own.protein):
            reason = line.reasons[name]
            assert len(reason) >= SHORTEST_REASON, f"{name} leaves its range: say why"
            assert "default" not in reason, f"{name} leaves its range: say why"


def test_what_a_line_says_of_its_growth_has_a_reason() -> None:
    growing = {"name": "a", "what": "b", "doubling_hours": 26, "arrest": {"value": 0.6, "reason": "assumed: seen so"}}
    read = _line(growing)
    assert (read.arrest, read.doubling_hours) == (0.6, 26.0)
    assert read.growth == {ARREST: 0.6, DOUBLING: 26.0}
    assert read.reasons == {ARREST: "assumed: seen so", DOUBLING: NO_SOURCE}
    sourced = _line({**growing, "doubling_hours": {"value": 30, "reason": "ATCC"}})
    assert (sourced.doubling_hours, sourced.reasons[DOUBLING]) == (30.0, "ATCC")
    with pytest.raises(OurFault, match=r"line a: 'arrest: 0.6' has no reason"):
        _line({**growing, "arrest": 0.6})


@pytest.mark.parametrize(("word", "name"), [("ht29", "HT-29"), ("MDA MB 231", "MDA-MB-231"), ("skov3", "SK-OV-3"),
    ("MDA231", "MDA-MB-231"), ("MDA-MB231", "MDA-MB-231"), ("U 937", "U937"), ("A-2780", "A2780"), ("HT 29", "HT-29"),
    ("HeLa RIPK3", "HeLa-RIPK3"), ("HeLa/RIPK3", "HeLa-RIPK3"), ("HeLa cells", "HeLa"), ("Jurkat WT", "Jurkat"),
    ("MEFs", "MEF"), ("BMDMs", "BMDM"), ("THP1", "THP-1"), ("HAP-1", "HAP1"), ("H460", "NCI-H460"),
    ("NCI H460", "NCI-H460"), ("MCF7", "MCF-7"), ("RAW 264.7", "RAW264.7"), ("HaCat", "HaCaT"),
])  # fmt: skip
def test_a_line_is_found_by_its_spellings(word: str, name: str) -> None:
    found = find_line(word)
    assert found is not None
    assert name == found.name
    assert find_line("no such line") is None


NEW_ONES = [
    # line, share that SM, SM+TNF and SM+TNF+zVAD kill in two days: 0 few, 1 most
    ("THP-1", 0, 1, 1), ("HAP1", 0, 1, 0), ("HaCaT", 0, 1, 1), ("NCI-H460", 0, 1, 0), ("MCF-7", 0, 1, 0),
    ("RAW264.7", 0, 1, 1), ("SH-SY5Y", 0, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sm", "st", "tsz"), NEW_ONES)
def test_a_line_dies_of_what_it_is_known_to_die_of(name: str, sm: int, st: int, tsz: int) -> None:
    mimetic, tnf, zvad = (
        Dose(reagent="SM", amount=1e-7),
        Dose(reagent="TNF", amount=10),
        Dose(reagent="zVAD", amount=2e-5),
    )
    expected = (sm, st, tsz)
    for most, doses in zip(expected, ((mimetic,), (mimetic, tnf), (mimetic, tnf, zvad)), strict=True):
        well = grow(Experiment(line=lines()[name], doses=doses), times_hours=[48.0], cells=40)
        dead = sum(well.fates.mode >= 0) / 40
        assert most == (dead > 0.5), (doses, dead)
        if most and zvad in doses:
            assert sum(well.fates.mode == MODES.index("necroptosis")) > 0.9 * 40 * dead


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


@pytest.mark.parametrize(("word", "name"), [("tumor", "tumour"), ("Tumours", "tumour"), ("NSCLC lines", "nsclc")])
def test_a_prior_has_its_spellings(word: str, name: str) -> None:
    assert find_prior(word) == priors()[name]
    assert find_prior("no such prior") is None


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
