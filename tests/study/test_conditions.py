import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.names import Addition, Condition, reagents
from avpi.quantity import QuantityError
from avpi.study.conditions import ConditionWords, UnknownWord, working_doses

WORDS = ConditionWords(
    compound="Debio 1143",
    working_doses=working_doses(1e-7, {"Q-VD": "10 uM"}, {"Q-VD": "molar"}),
    own={"Q-VD": "molar", "siCFLAR": "none"},
)


@pytest.mark.parametrize(
    ("text", "additions"),
    [
        ("DMSO", ()),
        ("vehicle", ()),
        ("SM", (("SM", 1e-7),)),
        ("Debio 1143", (("SM", 1e-7),)),
        ("debio 1143 10 nM", (("SM", 1e-8),)),
        ("SM 10 nM + TNF 1 ng/mL", (("SM", 1e-8), ("TNF", 1.0))),
        ("SM@10nM+TNFα=1ng/ml", (("SM", 1e-8), ("TNF", 1.0))),
        ("TNF + SM", (("SM", 1e-7), ("TNF", 10.0))),
        ("SM, TNF", (("SM", 1e-7), ("TNF", 10.0))),
        ("SM+zVAD-fmk+necrostatin-1", (("SM", 1e-7), ("zVAD", 2e-5), ("Nec-1", 1e-5))),
        ("SM 1,5 µM", (("SM", 1.5e-6),)),
        ("necrostatin 1", (("Nec-1", 1e-5),)),
        ("q-vd", (("Q-VD", 1e-5),)),
        ("SM + siCFLAR", (("SM", 1e-7), ("siCFLAR", None))),
        ("SM + RIPK3-KO", (("SM", 1e-7), ("RIPK3-loss", None))),
        ("SM + staurosporine", (("SM", 1e-7), ("staurosporine", None))),
        ("SM 0 nM + TNF", (("TNF", 10.0),)),
        ("SM 0", ()),
        ("DMSO + TNF", (("TNF", 10.0),)),
    ],
)
def test_words_of_the_bench_are_conditions(text: str, additions: tuple[tuple[str, float | None], ...]) -> None:
    assert WORDS.condition(text) == Condition(tuple(Addition(*a) for a in additions))


@pytest.mark.parametrize(
    ("text", "error", "expected"),
    [
        ("SM + TFN", UnknownWord, "'TFN' is not a known reagent or condition. Did you mean 'TNF'?"),
        ("Debio 114", UnknownWord, "Did you mean 'Debio 1143'?"),
        ("TNFF 10 ng/mL", UnknownWord, "'TNFF 10 ng/mL' is not a known reagent or condition. Did you mean 'TNF'?"),
        ("SM + birinapant", UnknownWord, "'birinapant' is not a known reagent"),
        ("SM + Debio 1143", UnknownWord, "names SM twice"),
        ("TNF + TNFα", UnknownWord, "names TNF twice"),
        ("", UnknownWord, "names no condition"),
        ("+", UnknownWord, "names no condition"),
        ("TNF 10 nM", QuantityError, "'10 nM' is a concentration, not a concentration by mass such as '10 ng/mL'"),
        ("SM 10 ng/mL", QuantityError, "'10 ng/mL' is a concentration by mass, not a concentration such as '100 nM'"),
        ("SM 100", QuantityError, "'100' has no unit"),
        ("SM 1,000 nM", QuantityError, "may be 1000 or 1.000"),
        ("SM -5 nM", QuantityError, "'-5 nM' is negative"),
        ("RIPK3-KO 10 nM", QuantityError, "'RIPK3-loss' has no dose, and '10 nM' stands beside it"),
    ],
)
def test_what_names_no_condition_is_refused(text: str, error: type[Exception], expected: str) -> None:
    with pytest.raises(error) as caught:
        WORDS.condition(text)
    assert expected in str(caught.value)


def test_a_layout_may_give_the_dose_apart() -> None:
    assert WORDS.with_dose("SM", "10 nM") == Condition.of(Addition("SM", 1e-8))
    assert WORDS.with_dose("SM", "10", "nM") == Condition.of(Addition("SM", 1e-8))
    assert WORDS.with_dose("SM", "", "nM") == Condition.of(Addition("SM", 1e-7))
    assert WORDS.with_dose("SM", "0") == Condition.DMSO
    assert WORDS.with_dose("DMSO", "10", "nM") == Condition.DMSO


def test_a_dose_beside_a_combination_is_the_mimetics() -> None:
    expected = Condition.of(Addition("SM", 1e-8), Addition("TNF", 10.0))
    assert WORDS.with_dose("SM+TNF", "10 nM") == expected
    assert WORDS.with_dose("SM 10 nM + TNF", "10 nM") == expected
    assert WORDS.with_dose("SM+TNF", "0", "nM") == Condition.of(Addition("TNF", 10.0))


def test_a_dose_that_could_be_of_two_reagents_is_refused() -> None:
    with pytest.raises(UnknownWord, match="cannot be told which reagent"):
        WORDS.with_dose("TNF+zVAD", "10 nM")
    with pytest.raises(UnknownWord, match="names another dose of SM"):
        WORDS.with_dose("SM 100 nM + TNF", "10 nM")
    with pytest.raises(QuantityError, match="has no dose"):
        WORDS.with_dose("RIPK3-KO", "10 nM")


def test_conditions_are_described_with_their_doses() -> None:
    assert WORDS.describe(WORDS.condition("SM 1,5 uM + TNF + siCFLAR")) == "SM 1.5 µM + TNF 10 ng/mL + siCFLAR"
    assert WORDS.describe(Condition.DMSO) == "DMSO"


def test_working_doses_are_recognised_however_they_are_written() -> None:
    assert WORDS.at_working_doses(WORDS.condition("SM 0.1 uM + TNF"))
    assert WORDS.at_working_doses(Condition.DMSO)
    assert not WORDS.at_working_doses(WORDS.condition("SM 10 nM + TNF"))


@given(st.sets(st.sampled_from(sorted(reagents()))), st.integers(1, 999))
def test_a_described_condition_is_read_back(names: set[str], dose: int) -> None:
    additions = []
    for name in names:
        unit = reagents()[name].unit
        additions.append(
            Addition(name, None if unit == "none" else float(f"{dose}e-9") if unit == "molar" else float(dose))
        )
    condition = Condition.of(*additions)
    assert WORDS.condition(WORDS.describe(condition)) == condition


@given(st.text(max_size=40))
def test_any_text_is_a_condition_or_refused_with_a_sentence(text: str) -> None:
    try:
        found = WORDS.condition(text)
    except (UnknownWord, QuantityError) as error:
        assert str(error)  # noqa: PT017 - both outcomes are right
        return
    assert len(found.reagents) == len(found.additions)
