"""Figures of compounds: what was not read looks otherwise, no word is cut off, every number is in the table."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.compounds.compare import measured_anywhere
from avpi.compounds.library import library
from avpi.compounds.schema import CompoundRecord
from avpi.report.figures_compounds import affinity_table, cell_words, draw_affinities, draw_selectivity
from avpi.report.figures_trials import draw_trials, year_of
from tests.report.text_boxes import cut_off, overlapping

ALL = list(library().values())
TRIED = [one for one in ALL if one.trials]


@pytest.mark.parametrize("records", [ALL, [library()["birinapant"]]], ids=["all", "one"])
def test_no_word_is_cut_off_or_covers_another(records: list[CompoundRecord]) -> None:
    drawn = [draw_affinities(records), draw_selectivity(measured_anywhere(records))]
    drawn.append(draw_trials([one for one in records if one.trials]))
    for one in drawn:
        assert (overlapping(one.figure), cut_off(one.figure)) == ([], []), one.drawing.name


def test_a_figure_is_the_same_bytes_each_time() -> None:
    assert draw_trials(TRIED).drawing.svg == draw_trials(TRIED).drawing.svg
    assert draw_affinities(ALL).drawing.svg == draw_affinities(ALL).drawing.svg


def test_every_affinity_is_in_the_table_and_one_of_each_target_is_shown() -> None:
    table = affinity_table(ALL)
    assert len(table) == sum(len(one.affinities) for one in ALL)
    assert table["source"].notna().all()
    assert (table[table["shown"]].groupby(["compound", "target"]).size() == 1).all()
    assert not table[table["excluded"].notna()]["shown"].any()


def test_a_number_that_was_not_read_carries_a_letter_and_a_hollow_mark() -> None:
    lcl161 = next(one for one in library()["LCL161"].affinities if one.excluded is None)
    assert cell_words(lcl161) == "35 (qc)"
    assert cell_words(None) == "–"
    figure = draw_affinities([library()["LCL161"]]).figure
    (mark,) = [line for line in figure.axes[0].lines if np.size(line.get_xdata()) == 1]
    assert mark.get_markerfacecolor() != mark.get_markeredgecolor()
    filled = draw_affinities([library()["xevinapant"]]).figure.axes[0].lines
    assert all(
        line.get_markerfacecolor() == line.get_markeredgecolor() for line in filled if np.size(line.get_xdata()) == 1
    )


def test_the_timeline_has_every_trial_and_only_dates_that_a_source_gives() -> None:
    figure = draw_trials(TRIED)
    table = figure.drawing.points
    assert len(table) == sum(len(one.trials) for one in TRIED)
    trilynx = table[table["nct"] == "NCT04459715"].iloc[0]
    assert (trilynx["started"], trilynx["ended"]) == ("2020-09-20", "2024-06-24")
    bars = [line for line in figure.figure.axes[0].lines if line.get_linewidth() == 3]
    assert [tuple(np.asarray(line.get_xdata(), float)) for line in bars] == [
        (year_of("2020-09-20"), year_of("2024-06-24"))
    ]


@pytest.mark.parametrize(
    ("date", "year"), [("2020", 2020.5), ("2020-01-01", 2020.0), ("2020-07", 2020.5 + 14 / 365.25)]
)
def test_a_date_is_a_year_and_its_fraction(date: str, year: float) -> None:
    assert year_of(date) == pytest.approx(year, abs=0.01)
