"""Numbers as readers meet them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.estimate import Estimate, missing, not_estimable
from avpi.report.methods import methods, references
from avpi.report.words import (
    because,
    count_words,
    estimate_words,
    method_words,
    number,
    percent,
    plain_words,
    probability,
    prose,
    share_of_draws,
    slug,
)
from avpi.result import Result
from tests.report.made_result import empty_result


@given(st.floats())
def test_no_number_is_ever_printed_as_nan(x: float) -> None:
    for words in (number(x), percent(x), probability(x) if 0 <= x <= 1 else ""):
        assert "nan" not in words
        assert "inf" not in words


@given(st.floats(min_value=0, max_value=1))
def test_a_probability_is_never_printed_as_certain(p: float) -> None:
    assert probability(p) not in ("0 %", "100 %")


def test_a_share_of_the_draws_may_be_none_or_all_of_them() -> None:
    assert [share_of_draws(x) for x in (0.0, 1e-4, 0.5, 0.9999, 1.0)] == ["0 %", "< 1 %", "50 %", "> 99 %", "100 %"]


@pytest.mark.parametrize(
    ("estimate", "as_percent", "words"),
    [
        (Estimate(value=0.62, low=0.55, high=0.69), True, "62 % (55 to 69 %)"),
        (Estimate(value=0.05, state="below"), True, "< 5.0 %"),
        (Estimate(value=0.95, state="above"), True, "> 95 %"),
        (Estimate(value=1.2e-8, low=8e-9, high=1.9e-8, unit="M"), False, "1.2e−08 M (8e−09 to 1.9e−08)"),
        (Estimate(value=15600000.0), False, "15\u202f600\u202f000"),
        (Estimate(value=math.nan, state="saturated"), True, "saturated"),
        (missing("not run"), True, "missing"),
        (not_estimable("one lane"), False, "not estimable"),
    ],
)
def test_an_estimate_is_printed_with_its_interval_or_its_state(
    estimate: Estimate, as_percent: bool, words: str
) -> None:
    assert estimate_words(estimate, as_percent=as_percent) == words


def test_codes_become_words_in_the_spelling_of_the_field() -> None:
    assert plain_words("no_autocrine_tnf") == "no autocrine TNF"
    assert plain_words("caspase_and_ripk1_independent") == "caspase and RIPK1 independent"


@given(st.text())
def test_a_slug_is_safe_in_file_names_and_anchors(text: str) -> None:
    assert slug(text)
    assert set(slug(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_settings_are_words() -> None:
    assert method_words({"background": "median", "margin_px": 3, "lossy": False, "notes": None, "a": {"b": 1.5}}) == (
        "background median; margin px 3; lossy no; a (b 1.5)"
    )


def test_the_methods_cite_what_was_used_and_nothing_else(made: Result) -> None:
    found = methods(made)
    text = " ".join(found.paragraphs)
    assert [f"[{i}]" in text for i in range(1, len(found.references) + 1)] == [True] * len(found.references)
    assert f"[{len(found.references) + 1}]" not in text
    assert {r.text for r in found.references} <= {r.text for r in references().values()}
    assert any("Zhang JH" in r.text for r in found.references)


def test_a_run_without_plates_and_samples_does_not_cite_their_methods(tmp_path_factory: pytest.TempPathFactory) -> None:
    found = methods(empty_result(tmp_path_factory.mktemp("empty")))
    assert not any(name in r.text for r in found.references for name in ("Zhang", "Parks", "Bliss"))
    assert len(found.paragraphs) == 1


@pytest.mark.parametrize(
    ("put_together", "printed"),
    [
        ("No DMSO well on plate plate 1", "No DMSO well on plate 1"),
        ("on plate plate1.", "on plate1."),
        ("a plate of plate readings", "a plate of plate readings"),
        ("1 lanes and 11 lanes, 0.1 wells", "1 lane and 11 lanes, 0.1 wells"),
        ("Did you mean 'FITC-H'?. Its channels", "Did you mean 'FITC-H'? Its channels"),
        ("Not analysed, because No DMSO well", "Not analysed, because no DMSO well"),
        ("Not analysed, because DMSO reads low", "Not analysed, because DMSO reads low"),
        ("kills (-0%, 34%)", "kills (0 %, 34 %)"),
        ("0.2 (-0.1–0.3, n = 2), 15–30 min, zVAD-fmk, Nec-1s", "0.2 (−0.1 to 0.3, n = 2), 15–30 min, zVAD-fmk, Nec-1s"),
    ],
)
def test_a_sentence_put_together_from_parts_is_mended(put_together: str, printed: str) -> None:
    assert prose(put_together) == printed


def test_a_reason_goes_on_in_its_sentence() -> None:
    assert because("Only two wells were read") == "only two wells were read."
    assert because("FITC-A was not found.") == "FITC-A was not found."
    assert [count_words(n, "lane") for n in (0, 1, 2)] == ["0 lanes", "1 lane", "2 lanes"]
    assert [percent(x) for x in (-0.0001, -0.0, -0.2)] == ["0.0 %", "0 %", "−20 %"]
