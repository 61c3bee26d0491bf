"""Figures of simulations: the same bytes for the same numbers, and sensible where there is little to draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpi.network.lines import find_line
from avpi.population.condition_words import read_condition
from avpi.population.engagement import Blot, blot
from avpi.population.experiment import Experiment
from avpi.population.matrix import matrix, matrix_doses
from avpi.population.simulated import Sampling, Simulated, simulate_condition
from avpi.report.figures_engagement import draw_engagement
from avpi.report.figures_matrix import draw_matrix
from avpi.report.figures_simulation import draw_simulation
from avpi.report.simulation_record import engagement_sentences


def simulated(text: str, cells: int = 30) -> Simulated:
    line = find_line("HT-29")
    assert line is not None
    condition = read_condition(text)
    return simulate_condition(
        condition.label, Experiment(line=line, doses=condition.doses), Sampling(hours=24, cells=cells)
    )


@pytest.fixture(scope="module")
def killed() -> Simulated:
    return simulated("birinapant + TNF + zVAD")


@pytest.fixture(scope="module")
def blotted() -> Blot:
    line = find_line("MDA-MB-231")
    assert line is not None
    times = [0.0, 0.25, 0.5, 4.0]
    return blot(Experiment(line=line), "LCL161", "monovalent", [1e-8, 1e-6], times, Sampling(hours=4, cells=20))


def test_the_same_numbers_give_the_same_bytes(killed: Simulated, blotted: Blot) -> None:
    pairs = [
        (draw_simulation(killed), draw_simulation(killed)),
        (draw_engagement(blotted), draw_engagement(blotted)),
    ]
    for once, again in pairs:
        assert [drawing.svg for drawing in once] == [drawing.svg for drawing in again]
        assert all(drawing.alt and drawing.caption and len(drawing.points) for drawing in once)
        assert all("Date" not in drawing.svg for drawing in once)


def test_the_courses_are_told_in_words_too(killed: Simulated) -> None:
    courses, fates, deaths = draw_simulation(killed)
    assert "cIAP1" in courses.alt
    assert "Annexin+/PI+" in fates.alt
    assert f"{int(killed.dead([24.0])[0])} by necroptosis" in deaths.alt
    assert set(courses.points["readout"]) >= {"cIAP1", "NIK", "TNF in the medium", "pMLKL"}


def test_nothing_to_see_is_said_and_not_drawn() -> None:
    courses, _, deaths = draw_simulation(simulated("DMSO", cells=5))
    assert courses.svg.count("fewer than 10 cells") == 7
    assert deaths.svg.count("no cell died") == 2
    assert deaths.points.empty


def test_the_matrix_names_the_mode_in_words_and_not_by_colour_alone(killed: Simulated) -> None:
    conditions = [("DMSO", simulated("DMSO")), ("SM+TNF+zVAD", killed)]
    drawing = draw_matrix(conditions, matrix_doses(matrix("birinapant", 1e-7)))
    assert "died, necroptosis" in drawing.svg
    assert "SM is birinapant 100 nM" in drawing.svg
    assert list(drawing.points["mode"]) == ["", "necroptosis"]


def test_a_strip_says_that_it_is_no_blot_and_marks_lanes_without_cells(blotted: Blot) -> None:
    _, strip = draw_engagement(blotted)
    assert "no blot was photographed" in strip.svg
    assert ">×<" not in strip.svg
    gone = replace(
        blotted,
        alive=np.zeros_like(blotted.alive),
        ratio={protein: np.full_like(values, np.nan) for protein, values in blotted.ratio.items()},
    )
    assert draw_engagement(gone)[1].svg.count(">×<") == 2 * 4 * 5


def test_the_sentences_follow_the_numbers(blotted: Blot) -> None:
    engaged = replace(blotted, at_rule=np.array([0.5, 0.04]), pool_at_rule=np.array([0.6, 0.3]))
    first, second = engagement_sentences(engaged)
    assert first == "More than 90 % of the cIAP1 band is gone by 30 min at 1 µM (most: 96 % at 1 µM)."
    assert second.startswith("A TRAF2-bound pool stays: 30 % of the TRAF2-bound cIAP1 is left at 30 min at 1 µM")
    assert "what a monovalent compound does while on target" in second
    missed = replace(blotted, at_rule=np.array([0.5, 0.2]), pool_at_rule=np.array([0.6, 0.05]), valency="bivalent")
    first, second = engagement_sentences(missed)
    assert first == "No dose takes more than 90 % of the cIAP1 band by 30 min; the most is 80 % at 1 µM."
    assert second.startswith("No TRAF2-bound pool stays: 5.0 %")
    unseen = replace(blotted, at_rule=np.array([0.5, np.nan]))
    assert engagement_sentences(unseen)[0].startswith("At 1 µM no cell is left to lyse at 30 min")
