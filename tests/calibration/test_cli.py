"""``avpi calibrate`` with a laboratory in place of the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from avpi.cli.main import DONE, WRONG_INPUT
from avpi.facts.read import parse_facts
from avpi.facts.schema import Arm
from avpi.network.parameters import parameters
from avpi.network.variants import Variant
from tests.cli.conftest import Shell
from tests.cli.conftest import shell as shell
from tests.facts.laboratory import Laboratory, dose
from tests.facts.test_check import FILE


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, float]]:
    """Viability two days after a mimetic falls as k_IIa rises, in variants in which A20 protects."""
    seen: list[Mapping[str, float]] = []

    def simulator(variant: Variant, values: Mapping[str, float], threads: int | None) -> Laboratory:
        del threads
        seen.append(values)
        own = values.get("k_IIa", parameters()["k_IIa"].value)

        def law(arm: Arm, what: str, time: float) -> float:
            if not dose(arm, "SM") or (what == "viability" and time < 48):
                return 1.0
            if what == "band cIAP1":
                return 0.1
            return max(0.0, 1.1 - own / 40) if variant.a20_protects else 1.0

        return Laboratory(law)

    monkeypatch.setattr("avpi.cli.calibrate._simulator", simulator)
    monkeypatch.setattr("avpi.facts.read.shipped_facts", lambda: parse_facts(FILE, "f"))
    return seen


FIT = ("calibrate", "--parameter", "k_IIa", "--topic", "loss", "--particles", 4, "--generations", 2)


def test_tables_for_a_person_and_files_for_a_program(shell: Shell) -> None:
    done = shell(*FIT, "--out", "fit")
    assert done.code == DONE, done.err
    assert done.out.splitlines()[0].split() == [
        "parameter", "unit", "shipped", "prior", "median", "90", "%", "interval", "width", "best", "moved",
    ]  # fmt: skip
    assert "Distance from the facts: shipped 0." in done.out
    assert "generation 2 of 2 4/4: particle 4" in done.err
    assert {path.name for path in Path("fit").iterdir()} == {
        "calibration.json", "simulated.jsonl", "posterior.json", "posterior.csv", "facts.csv", "topics.csv",
        "generations.csv",
    }  # fmt: skip
    assert len(Path("fit/simulated.jsonl").read_text("utf-8").splitlines()) == 8


def test_json(shell: Shell) -> None:
    done = shell(*FIT, "--json", "--quiet")
    assert (done.code, done.err) == (DONE, "")
    found = json.loads(done.out)
    assert set(found) == {
        "settings", "generations", "effective_sample_size", "parameters", "shipped", "best", "topics", "facts",
    }  # fmt: skip
    assert set(found["parameters"][0]) == {
        "name", "unit", "what", "shipped", "prior_low", "prior_high", "best", "median", "low_90", "high_90",
        "width_ratio", "distance_from_prior", "moved",
    }  # fmt: skip
    assert found["best"]["distance"] <= found["shipped"]["distance"]
    assert [one["topic"] for one in found["topics"]] == ["loss", "all"]
    assert found["settings"]["facts"] == ["A1", "A2", "A4"]


def test_the_same_again_simulates_nothing_and_gives_the_same_bytes(
    shell: Shell, model: list[Mapping[str, float]]
) -> None:
    first = shell(*FIT, "--out", "fit")
    before = {path.name: path.read_bytes() for path in Path("fit").iterdir()}
    model.clear()
    assert shell(*FIT, "--out", "fit", "--threads", 2).out == first.out
    assert model == []
    assert {path.name: path.read_bytes() for path in Path("fit").iterdir()} == before


def test_another_calibration_in_the_same_folder_is_refused(shell: Shell) -> None:
    shell(*FIT, "--out", "fit")
    done = shell(*FIT, "--out", "fit", "--cells", 9)
    assert done.code == WRONG_INPUT
    assert "'fit' is of another calibration: it differs in cells" in done.err


def test_variants_with_what_was_found(shell: Shell) -> None:
    shell(*[30 if word == 4 else word for word in FIT], "--out", "fit")
    done = shell("calibrate", "--variants", "--best-of", "fit", "--topic", "loss", "--out", "variants")
    assert done.code == DONE, done.err
    lines = done.out.splitlines()
    assert lines[1].startswith("A20+ TNF+ TRAF2+ leak-")
    assert lines[-1].split() == ["A2", "loss", "8", "of", "16", "A20+", "A20"]
    found = json.loads(Path("variants/variants.json").read_text("utf-8"))
    assert [one["passed"] for one in found["variants"]].count(2) == 8
    assert found["disagreements"][0]["depends_on"] == ["A20"]
    assert Path("variants/disagreements.csv").read_text("utf-8").count("\n") == 2


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--parameter", "k_IIaa"), "--parameter: 'k_IIaa' is not a parameter of the pathway. Did you mean 'k_IIa'?"),
        (("--parameter", "foo"), "'foo' is not a parameter of the pathway. 'avpi network show' has the modules"),
        (("--particles", "3"), "'--particles': 3 is not in the range x>=4"),
        (("--variant", "A21+"), "--variant: 'A21+' names no variant of the model."),
        (("--variant", "leak+ leak-"), "--variant: 'leak+ leak-' gives both answers to one question"),
        (("--seed", str(2**64)), "--seed: '18446744073709551616' is too large"),
        (("--topic", "los"), "--topic: 'los' is not a topic"),
        (("--best-of", "fit"), "--best-of goes with --variants"),
        (("--variants", "--best-of", "fit"), "--best-of: 'fit' holds no finished calibration."),
        (("--variants", "--all"), "--all: with --variants nothing is calibrated."),
    ],
)
def test_what_cannot_be_done_is_told(shell: Shell, asked: tuple[str, ...], told: str) -> None:
    done = shell("calibrate", *asked)
    assert done.code == WRONG_INPUT
    assert told in done.err
