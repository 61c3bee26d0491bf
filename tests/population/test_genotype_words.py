"""Changes of the cells as people write them."""

from __future__ import annotations

import pytest

from avpi.errors import InputError
from avpi.population.genotype_words import (
    KNOCK_DOWN,
    KNOCK_OUT,
    MUTATE,
    OVER_EXPRESS,
    Edit,
    genotype_label,
    read_genotype,
)


def test_each_change_has_its_usual_amount() -> None:
    asked: list[tuple[Edit, list[str]]] = [
        (KNOCK_OUT, ["RIP3", "cIAP2"]),
        (KNOCK_DOWN, ["XIAP", "FADD=0,25"]),
        (OVER_EXPRESS, ["FLIP", "A20=3"]),
        (MUTATE, ["ripk1-d138n"]),
    ]
    found = read_genotype(asked)
    assert found == {
        "RIPK3": 0.0, "cIAP2": 0.0, "XIAP": 0.1, "FADD": 0.25, "FLIP": 5.0, "A20": 3.0, "RIPK1-D138N": 1.0
    }  # fmt: skip
    assert genotype_label(found.items()).startswith("RIPK3 knock-out, cIAP2 knock-out, XIAP ×0.1")
    assert genotype_label([("RIPK1-D138N", 1.0)]) == "RIPK1-D138N"


@pytest.mark.parametrize(
    ("edit", "text", "said"),
    [
        (
            KNOCK_OUT,
            "RIPK33",
            "--knock-out: 'RIPK33' is a protein or mutant that the pathway does not have. Did you mean",
        ),
        (KNOCK_OUT, "RIPK3=0.5", "'RIPK3=0.5' has no factor that fits. Expected a protein alone."),
        (KNOCK_DOWN, "RIPK3=2", "Expected what is left, 0 to 1"),
        (KNOCK_DOWN, "RIPK3=little", "'RIPK3=little' has no factor that fits"),
        (OVER_EXPRESS, "FLIP=0.2", "Expected a factor of 1 to 1000"),
        (KNOCK_OUT, "RIPK1-D138N", "is a mutant: say it with '--mutant'"),
        (KNOCK_OUT, "TRAF6", "that the pathway does not have: of the TRAFs the model has TRAF2 and TRAF3"),
        (OVER_EXPRESS, "ZBP1", "that the pathway does not have: ZBP1 takes nucleic acids to RIPK3"),
        (MUTATE, "RIPK1", "is a protein and no mutant"),
        (MUTATE, "RIPK1-D138", "Did you mean 'RIPK1-D138N'?"),
    ],
)
def test_what_cannot_be_meant_is_told_in_words(edit: Edit, text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_genotype([(edit, [text])])
    assert said in str(refused.value)


def test_a_loss_without_consequence_is_carried_out_and_labelled() -> None:
    found = read_genotype([(KNOCK_OUT, ["ZBP1", "cIAP1/2"])])
    assert found == {"ZBP1": 0.0, "cIAP1/cIAP2": 0.0}
    label = genotype_label(found.items())
    assert "ZBP1 knock-out (without consequence in this model: ZBP1 takes nucleic acids to RIPK3" in label
    assert label.endswith("cIAP1/cIAP2 knock-out")


def test_a_pair_and_one_of_it_is_one_change_too_many() -> None:
    with pytest.raises(InputError, match="'cIAP1' is changed twice"):
        read_genotype([(KNOCK_OUT, ["cIAP1/2"]), (KNOCK_DOWN, ["BIRC2"])])


def test_one_protein_is_not_changed_twice_by_two_names() -> None:
    with pytest.raises(InputError, match="'RIPK3' is changed twice"):
        read_genotype([(KNOCK_OUT, ["RIPK3"]), (OVER_EXPRESS, ["RIP3"])])
