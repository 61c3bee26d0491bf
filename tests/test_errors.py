import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.errors import FileFormatError, NotAnalysed, Problem, StudyError, nearest_word


def test_a_problem_says_where_what_and_what_to_do() -> None:
    problem = Problem(file="study.yaml", place="7", what="'tme' is not a known key", hint="Did you mean 'time'?")
    assert str(problem) == "study.yaml:7: 'tme' is not a known key. Did you mean 'time'?"


def test_a_place_in_a_workbook_follows_the_file() -> None:
    problem = Problem(
        file="raw/plate1.xlsx", place="sheet 'Result', cell D14", what="'x' is not a number", expected="a number"
    )
    assert str(problem) == "raw/plate1.xlsx, sheet 'Result', cell D14: 'x' is not a number. Expected a number."


def test_sentences_end_once() -> None:
    whole = Problem(file="f", what="one.", expected="two.", hint="three")
    assert str(whole) == "f: one. Expected two. three."
    assert str(Problem(file="f", what="'x' is unknown. Did you mean 'y'?")) == "f: 'x' is unknown. Did you mean 'y'?"


def test_an_error_shows_every_problem_on_its_own_line() -> None:
    error = StudyError([Problem(file="a", what="one"), Problem(file="b", what="two")])
    assert str(error) == "a: one.\nb: two."
    assert StudyError(Problem(file="a", what="one")).problems == (Problem(file="a", what="one"),)


@pytest.mark.parametrize(
    "error",
    [
        StudyError([Problem(file="a", what="one"), Problem(file="b", what="two")]),
        FileFormatError(Problem(file="a", what="one")),
        NotAnalysed("no_vehicle_wells", "no DMSO well"),
    ],
)
def test_errors_survive_the_way_between_processes(error: Exception) -> None:
    back = copy.copy(error)  # goes the way of pickle, as between processes
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert vars(back) == vars(error)


@given(st.text(max_size=30), st.lists(st.text(max_size=20), max_size=8))
def test_the_nearest_word_is_one_of_the_valid_ones_or_none(word: str, valid: list[str]) -> None:
    hint = nearest_word(word, valid)
    assert hint == "" or any(hint == f"Did you mean '{candidate}'?" for candidate in valid)


def test_case_does_not_matter_to_the_nearest_word() -> None:
    assert nearest_word("ciap1", ["cIAP1", "XIAP"]) == "Did you mean 'cIAP1'?"
    assert nearest_word("zzz", ["cIAP1", "XIAP"]) == ""


def test_the_nearest_word_is_the_one_of_fewest_edits() -> None:
    assert nearest_word("HT-30", ["HT-1080", "HT-29"]) == "Did you mean 'HT-29'?"
