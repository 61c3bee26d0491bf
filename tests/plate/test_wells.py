import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.errors import NotAnalysed, StudyError
from avpi.names import Addition, Condition
from avpi.plate.analyse import analyse_plate
from avpi.plate.wells import label_wells, read_entry
from avpi.quantity import QuantityError
from avpi.study.conditions import UnknownWord
from avpi.study.schema import Layout
from tests.plate.simulated_plate import (
    RULES,
    WORDS,
    analyse,
    arm,
    codes,
    declared_plate,
    layout_of,
    place,
    read_of,
    reading_of,
)

LABELS = place({"DMSO": 6, "blank": 6, "SM": 6, "SM+TNF": 6})
VALUES = {
    well: {"DMSO": 1000.0, "blank": 10.0, "SM": 700.0, "SM+TNF": 200.0}[word] + i % 6
    for i, (well, word) in enumerate(LABELS.items())
}


def test_words_of_a_layout_become_roles_and_conditions() -> None:
    assert read_entry({"condition": "DMSO"}, WORDS).role == "vehicle"
    assert read_entry({"condition": "medium only"}, WORDS).role == "blank"
    assert read_entry({"reagent": "kill control"}, WORDS).role == "kill"
    assert read_entry({"role": "blank", "condition": "SM"}, WORDS).role == "blank"
    both = read_entry({"condition": "SM + TNF"}, WORDS)
    assert both.condition == Condition.of(Addition("SM", 1e-7), Addition("TNF", 10.0))


def test_a_bare_dose_takes_the_declared_unit() -> None:
    found = read_entry({"reagent": "birinapant", "dose": "250"}, WORDS, dose_unit="nM")
    assert found.condition == Condition.of(Addition("SM", 2.5e-7))


def test_a_dose_column_beside_a_combination_is_the_mimetics() -> None:
    found = read_entry({"condition": "SM+TNF", "dose": "10 nM"}, WORDS)
    assert found.condition == Condition.of(Addition("SM", 1e-8), Addition("TNF", 10.0))


def test_a_dose_under_another_common_name_is_not_overlooked() -> None:
    for key in ("dose", "conc", "concentration"):
        assert read_entry({"reagent": "SM", key: "10 nM"}, WORDS).condition == Condition.of(Addition("SM", 1e-8))
    with pytest.raises(UnknownWord, match="two doses, '10 nM' and '20 nM'"):
        read_entry({"reagent": "SM", "dose": "10 nM", "conc": "20 nM"}, WORDS)


def test_a_reagent_with_a_column_of_its_own_is_added() -> None:
    both = Condition.of(Addition("SM", 1e-8), Addition("TNF", 1.0))
    assert read_entry({"reagent": "SM", "dose": "10 nM", "tnf": "1 ng/mL"}, WORDS).condition == both
    assert read_entry({"birinapant": "10 nM", "tnf": "1 ng/mL", "z_vad": "0"}, WORDS).condition == both
    alone = read_entry({"condition": "DMSO", "nec_1s": "yes"}, WORDS)
    assert (alone.role, alone.condition) == ("sample", Condition.of(Addition("Nec-1s", 1e-5)))
    assert read_entry({"condition": "DMSO", "tnf": "-"}, WORDS).role == "vehicle"
    assert read_entry({"sm": "0 nM", "tnf": "0"}, WORDS).role == "vehicle"
    assert read_entry({"role": "blank", "tnf": "1 ng/mL"}, WORDS).role == "blank"
    with pytest.raises(QuantityError, match="'10' has no unit"):
        read_entry({"condition": "SM", "tnf": "10"}, WORDS)


def test_a_column_of_a_reagent_that_the_condition_names_gives_its_dose() -> None:
    both = Condition.of(Addition("SM", 1e-8), Addition("TNF", 1.0))
    assert read_entry({"condition": "SM+TNF", "sm": "10 nM", "tnf": "1 ng/mL"}, WORDS).condition == both
    with pytest.raises(UnknownWord, match="contradicts"):
        read_entry({"condition": "SM+TNF 2 ng/mL", "tnf": "1 ng/mL"}, WORDS)
    with pytest.raises(UnknownWord, match="there is none"):
        read_entry({"condition": "SM+TNF", "tnf": "0"}, WORDS)


def test_dose_zero_is_vehicle() -> None:
    assert read_entry({"reagent": "SM", "dose": "0"}, WORDS, dose_unit="nM").role == "vehicle"
    assert read_entry({"reagent": "SM", "dose": "0"}, WORDS).role == "vehicle"


def test_every_unknown_word_is_told_once_with_its_first_cell() -> None:
    layout = layout_of({"A01": "DMSO", "A02": "TNFF", "A03": "TNFF", "B01": {"reagent": "SM", "dose": "100 ng/mL"}})
    with pytest.raises(StudyError) as caught:
        label_wells(layout, None, WORDS)
    first, second = map(str, caught.value.problems)
    assert first.startswith("layout.csv, cell A02: 'TNFF' is not a known reagent")
    assert "Did you mean 'TNF'?" in first
    assert "(and in 1 more wells)" in first
    assert second.startswith("layout.csv, cell B01: '100 ng/mL' is a concentration by mass")


def test_a_column_that_says_nothing_of_the_well_is_told() -> None:
    layout = layout_of({"A01": {"gnumber": "G00012"}})
    with pytest.raises(StudyError, match="'gnumber' does not say what is in the well"):
        label_wells(layout, None, WORDS)


def test_an_unread_well_is_missing_not_zero() -> None:
    values = {well: value for well, value in VALUES.items() if well != "B01"}
    result = analyse(values, LABELS)
    well = next(w for w in result.wells if w.name == "B01")
    assert well.state == "missing"
    assert math.isnan(well.raw)
    assert math.isnan(well.viability)
    assert arm(result, "SM").wells == 5
    assert arm(result, "SM").viability.value == pytest.approx(0.69, abs=0.01)
    assert "unread_wells" in codes(result)


def test_an_overflow_well_is_left_out_and_named() -> None:
    result = analyse(VALUES, LABELS, overflow=["B02"])
    assert next(w for w in result.wells if w.name == "B02").state == "overflow"
    assert arm(result, "SM").wells == 5
    assert "B02" in next(f.text for f in result.findings if f.code == "overflow_wells")


def test_a_measured_well_without_a_label_is_left_out_and_named() -> None:
    result = analyse({**VALUES, "H12": 3.0}, LABELS)
    assert next(w for w in result.wells if w.name == "H12").state == "unlabelled"
    assert "unlabelled_wells" in codes(result)


def test_unlabelled_wells_can_be_declared_vehicle() -> None:
    layout = Layout(file="layout.csv", unlabelled="vehicle")
    result = analyse({**VALUES, "H12": 1003.0}, LABELS, declared=declared_plate(layout=layout))
    well = next(w for w in result.wells if w.name == "H12")
    assert (well.role, well.state) == ("vehicle", "used")
    assert "unlabelled_wells" not in codes(result)
    assert result.method["vehicle_wells"] == 7


def test_empty_wells_are_neither_used_nor_missed() -> None:
    result = analyse({**VALUES, "H11": 3.0}, {**LABELS, "H11": "empty", "H12": "empty"})
    assert [w.state for w in result.wells if w.role == "empty"] == ["excluded", "missing"]
    assert not codes(result) & {"unread_wells", "unlabelled_wells"}


def test_a_condition_whose_wells_are_all_missing_has_no_arm() -> None:
    values = {well: value for well, value in VALUES.items() if LABELS[well] != "SM+TNF"}
    result = analyse(values, LABELS)
    assert [a.condition.label for a in result.arms] == ["DMSO", "SM"]
    assert "SM 100 nM + TNF 10 ng/mL" in next(f.text for f in result.findings if f.code == "condition_lost")


def refused(values: dict[str, float], labels: dict[str, str], shape: tuple[int, int] = (8, 12)) -> tuple[str, str]:
    with pytest.raises(NotAnalysed) as caught:
        analyse(values, labels, shape=shape)
    return caught.value.code, str(caught.value)


def test_a_layout_whose_wells_were_mostly_not_read_is_not_this_plates() -> None:
    values = dict(list(VALUES.items())[:8])
    code, why = refused(values, LABELS)
    assert code == "layout_mismatch"
    assert "16 of the 24 wells" in why
    assert "A09" in why


def test_a_layout_of_a_larger_plate_is_refused() -> None:
    code, why = refused({"A01": 1.0, "A02": 2.0}, {"A01": "DMSO", "P24": "SM"})
    assert code == "layout_mismatch"
    assert "P24" in why
    layout = layout_of({"A01": "DMSO"}, shape=(16, 24))
    with pytest.raises(NotAnalysed, match="16 x 24 wells"):
        analyse_plate(reading_of(read_of({"A01": 1.0})), layout, declared_plate(), WORDS, RULES)


def test_a_layout_without_wells_is_refused() -> None:
    assert refused({"A01": 1.0}, {})[0] == "layout_mismatch"


@given(
    read=st.sets(st.integers(0, 23)),
    labelled=st.sets(st.integers(0, 23), min_size=1),
    saturated=st.sets(st.integers(0, 23)),
)
def test_every_well_has_exactly_one_state(read: set[int], labelled: set[int], saturated: set[int]) -> None:
    names = list(place({"x": 24}))
    values = {names[i]: 100.0 + i for i in read}
    labels = {names[i]: "DMSO" for i in labelled}
    saturation = [names[i] for i in saturated]
    usable = (labelled & read) - saturated
    if len(labelled - read - saturated) > len(labelled) / 2 or not usable:
        with pytest.raises(NotAnalysed):
            analyse(values, labels, overflow=saturation)
        return
    result = analyse(values, labels, overflow=saturation)
    states = {well.name: well.state for well in result.wells}
    assert set(states) == {names[i] for i in read | labelled | saturated}
    for i in read | labelled | saturated:
        expected = "overflow" if i in saturated else "missing" if i not in read else "used"
        if i not in labelled and i not in saturated:
            expected = "unlabelled"
        assert states[names[i]] == expected
    assert all(math.isfinite(w.viability) == (w.state == "used") for w in result.wells)
