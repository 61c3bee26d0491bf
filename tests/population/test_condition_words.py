"""Conditions as people write them, and what is wrong with those that cannot be read."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.errors import InputError
from avpi.names import find_reagent, reagents
from avpi.network.doses import usual_dose
from avpi.network.pharmacology import compounds
from avpi.network.reagents import reagents_that_enter
from avpi.population.condition_words import FORM, BenchCondition, read_condition
from avpi.population.experiment import Dose

MIMETICS = sorted(name for name, compound in compounds().items() if compound.is_mimetic)


def dose(reagent: str, amount: float, at: float = 0.0, until: float | None = None) -> Dose:
    return Dose(reagent=reagent, amount=amount, at_hours=at, until_hours=until)


@pytest.mark.parametrize(
    ("text", "doses"),
    [
        ("birinapant 100 nM + TNF 10 ng/mL + zVAD 20 uM",
         [dose("birinapant", 1e-7), dose("TNF", 10.0), dose("zVAD", 2e-5)]),
        ("TL32711@10nM, TNF-α 1 ng/ml", [dose("birinapant", 1e-8), dose("TNF", 1.0)]),
        ("BV6 1,5 µM", [dose("BV6", 1.5e-6)]),
        ("SM + TNF", [dose("SM", 1e-7), dose("TNF", 10.0)]),
        ("TRAIL + anti-TNF + CHX", [dose("TRAIL", 50.0), dose("anti-TNF", 10_000.0), dose("CHX", 1e-5)]),
        ("LCL161", [dose("LCL161", 1e-7)]),
        ("Debio 1143 30 nM", [dose("xevinapant", 3e-8)]),
        ("zVAD 20 uM at 4 h until 24 h", [dose("zVAD", 2e-5, 4.0, 24.0)]),
        ("SM 1 uM until 30 min + zVAD from 90 min", [dose("SM", 1e-6, 0.0, 0.5), dose("zVAD", 2e-5, 1.5)]),
        ("TNF 3 ng/mL at 24 h + TNF 1 ng/mL", [dose("TNF", 1.0), dose("TNF", 3.0, 24.0)]),
        ("SM 10 nM until 4 h + SM 1 uM at 4 h", [dose("SM", 1e-8, 0.0, 4.0), dose("SM", 1e-6, 4.0)]),
        ("100 nM birinapant", [dose("birinapant", 1e-7)]),
        ("SM 100 nM + 10 ng/mL TNF", [dose("SM", 1e-7), dose("TNF", 10.0)]),
        ("birinapant 100 nM and TNF 10 ng/mL", [dose("birinapant", 1e-7), dose("TNF", 10.0)]),
        ("20uM zVAD at 4 h until 24 h & SM", [dose("SM", 1e-7), dose("zVAD", 2e-5, 4.0, 24.0)]),
        ("DMSO", []),
        ("vehicle", []),
        ("untreated", []),
        ("DMSO + TNF 1 ng/mL", [dose("TNF", 1.0)]),
        ("SM 0 nM", []),
    ],
)  # fmt: skip
def test_the_words_of_the_bench_are_read(text: str, doses: list[Dose]) -> None:
    assert list(read_condition(text).doses) == doses


def test_a_weight_is_read_where_the_molar_mass_is_known() -> None:
    (chx,) = read_condition("cycloheximide 1 ug/mL").doses
    assert chx.reagent == "CHX"
    assert chx.amount == pytest.approx(1e-3 / 281.35, rel=1e-4)
    (compound,) = read_condition("TL32711 806.94 ng/mL").doses
    assert compound.reagent == "birinapant"
    assert compound.amount == pytest.approx(1e-6, rel=1e-4)
    (member,) = read_condition("TPCA-1 279.3 ng/mL").doses
    assert member.reagent == "IKK-inhibitor"
    assert member.amount == pytest.approx(1e-6, rel=1e-3)


@pytest.mark.parametrize(("text", "nanograms"), [("TNF 1 nM", 17.35), ("rhTNFα 1 nM", 17.35), ("2 nM TRAIL", 39.2)])
def test_a_molarity_is_read_where_the_molar_mass_is_known(text: str, nanograms: float) -> None:
    read = read_condition(text)
    assert read.doses[0].amount == pytest.approx(nanograms)
    assert "a mole of it weighs" in read.assumed[0]
    assert read_condition(read.label).doses[0].amount == pytest.approx(nanograms)


def test_a_weight_is_read_under_a_loose_spelling_too() -> None:
    assert read_condition("SM 164 1121 ng/mL").doses[0].amount == pytest.approx(1e-6, rel=1e-3)


def test_what_was_filled_in_is_said() -> None:
    assert read_condition("birinapant 1 uM + TNF 1 ng/mL").assumed == ()
    said = read_condition("SM + zVAD").assumed
    assert said[0] == "'SM' has no dose: taken as SM 100 nM, the usual one"
    assert "SM is the class" in said[1]
    assert said[2] == "'zVAD' has no dose: taken as zVAD 20 µM, the usual one"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("birinapnt 100 nM", "'birinapnt 100 nM' is not a known reagent or condition. Did you mean 'birinapant'?"),
        ("TNFF", "Did you mean 'TNF'?"),
        ("zVAD 5 h", "'5 h' is a time, not a concentration"),
        (
            "FasL 10 nM",
            "'FasL 10 nM' cannot be converted: the molar mass of FasL is not known. Write it such as '10 ng",
        ),
        ("SM 10 ng/mL", "the molar mass of SM is not known. Write it such as '100 nM'"),
        ("TNF 1 mM", "more than dissolves"),
        ("100", f"'100' is a dose without a reagent. Expected {FORM}."),
        ("TNF + 100 nM", f"'100 nM' is a dose without a reagent. Expected {FORM}."),
        ("birinapant 100 nM +", "'birinapant 100 nM +' has a '+' with nothing on one side of it"),
        ("+ TNF", "'+ TNF' has a '+' with nothing on one side of it"),
        ("SM ++ TNF", "'SM ++ TNF' has a '+' with nothing on one side of it"),
        ("5 h", "'5 h' is not a known reagent or condition."),
        ("BV6 1,000 nM", "'1,000' may be 1000 or 1.000"),
        ("TNF 10 ng/mL at 4", "'4' has no unit"),
        ("zVAD 20 uM at 4 h until 2 h", "is washed out before it is added"),
        ("BV6 + LCL161", "'BV6 + LCL161': the pathway takes one Smac mimetic at a time"),
        ("TNF 1 ng/mL + TNFa 2 ng/mL", "'TNF' is named twice at the start"),
        ("SM 1 uM until 8 h + SM 1 nM at 4 h", "'SM' is added at 4 h while it is still in the well"),
        ("staurosporine 1 uM", "is a reagent that the pathway model does not have. It has every Smac mimetic and TNF"),
        ("RIPK3-KO + TNF", "say it as a knock-out of 'RIPK3'"),
        ("embelin 3 uM", "'embelin' is a reagent that the pathway model does not have"),
        ("2x SM", f"'2x SM' cannot be read, though a reagent is in it. Expected {FORM}."),
        ("SM nan nM", f"'SM nan nM' cannot be read, though a reagent is in it. Expected {FORM}."),
        ("SM/TNF", f"Expected {FORM}."),
        ("100 nM BV6 1 uM", f"Expected {FORM}."),
        ("100 nM birinapnt", "Did you mean 'birinapant'?"),
        ("  ", "names no condition. Expected 'DMSO'"),
    ],
)
def test_what_cannot_be_meant_is_told_in_words(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_condition(text, source="--condition")
    assert said in str(refused.value)
    assert all(problem.file == "--condition" for problem in refused.value.problems)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(InputError) as refused:
        read_condition("birinapnt + TNFF + zVAD 5 h")
    assert len(refused.value.problems) == 3


def test_the_remedy_of_a_study_is_not_told_where_there_is_none() -> None:
    with pytest.raises(InputError) as refused:
        read_condition("BV6 1,000 nM")
    assert str(refused.value) == "condition: '1,000' may be 1000 or 1.000: write it without the comma."


def test_a_dose_by_weight_may_stand_first_too() -> None:
    assert read_condition("1 ug/mL CHX").doses == read_condition("CHX 1 ug/mL").doses
    assert read_condition("CHX 10 ug/mL").label == "CHX 35.5 µM"


def test_a_settled_decimal_mark_settles_a_comma() -> None:
    assert read_condition("BV6 1,000 nM", decimal=",").doses[0].amount == 1e-9


amounts = st.integers(1, 999).map(lambda n: n / 10)
moments = st.integers(0, 96).map(lambda quarters: quarters / 4)


@st.composite
def conditions(draw: st.DrawFn) -> BenchCondition:
    known = sorted(reagents_that_enter())
    names = draw(st.lists(st.sampled_from(known), unique=True, max_size=3))
    doses = []
    for name in [*draw(st.lists(st.sampled_from([*MIMETICS, "SM"]), max_size=1)), *names]:
        found = find_reagent(name)
        molar = found is None or found.unit == "molar"
        at = draw(moments)
        until = draw(st.none() | moments.map(lambda after, at=at: at + 0.25 + after))  # type: ignore[misc]
        amount = float(f"{draw(amounts) * (1e-9 if molar else 1.0):.6g}")
        doses.append(dose(name, amount, at, until))
    return BenchCondition(doses=tuple(sorted(doses, key=lambda one: one.at_hours)))


@settings(max_examples=150, deadline=None)
@given(conditions())
def test_a_condition_is_read_back_from_its_label(condition: BenchCondition) -> None:
    again = read_condition(condition.label)
    assert again.doses == condition.doses
    assert again.label == condition.label


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="SMTNFzVADbirnp +,@=0123456789.uµnhgLl/", max_size=30))
def test_any_text_is_a_condition_or_wrong_input(text: str) -> None:
    with suppress(InputError):
        assert isinstance(read_condition(text), BenchCondition)


@pytest.mark.parametrize("name", sorted(reagents_that_enter()))
def test_every_reagent_of_the_pathway_is_in_the_vocabulary_with_its_usual_dose(name: str) -> None:
    assert name in reagents()
    (given,) = read_condition(name).doses
    assert given.amount == usual_dose(name)
