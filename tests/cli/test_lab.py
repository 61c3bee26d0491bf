"""``avpi lab make``: what is asked for is what is made."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from avpi.cli import lab
from avpi.cli.main import DONE, WRONG_INPUT
from avpi.study.read import missing_files, read_study
from avpi.virtual_lab.design import DESIGNS, MOST_EXPERIMENTS, READERS, Design
from avpi.virtual_lab.truth import Truth
from tests.cli.conftest import Shell
from tests.virtual_lab.small_truth import truth_for


def test_the_choices_of_the_help_are_those_of_the_laboratory() -> None:
    assert (lab.DESIGNS, lab.READERS, lab.MOST_EXPERIMENTS) == (DESIGNS, READERS, MOST_EXPERIMENTS)


def test_a_declared_study_is_made_with_its_faults(shell: Shell, tmp_path: Path) -> None:
    done = shell(
        *("lab", "make", "s", "--study", "trap", "--experiments", "1", "--reader", "excel"),
        *("--fault", "edge_effect=0.5", "--fault", "dead_single_stain", "--seed", "7"),
    )
    assert (done.code, done.out.split()) == (DONE, ["s/study.yaml", "s/truth.json"])
    assert "dead_single_stain in exp1: the control of annexin_v holds 0% positive cells" in done.err
    assert "next: avpi run s" in done.err
    study, truth = read_study(tmp_path / "s"), json.loads((tmp_path / "s/truth.json").read_text("utf-8"))
    assert missing_files(study) == []
    assert study.plates[0].file.endswith(".xlsx")
    assert (truth["study"], truth["seed"]) == ("trap", 7)
    assert [(fault["fault"], fault["strength"]) for fault in truth["faults"]] == [
        ("edge_effect", 0.5),
        ("dead_single_stain", 1.0),
    ]


def test_json_says_what_was_made(shell: Shell) -> None:
    done = shell(
        "lab", "make", "s", "--study", "no-tnf-arms", "--experiments", "1", "--fault", "swapped_lanes", "--json"
    )
    made = json.loads(done.out)
    assert (made["study"], made["truth"], made["missing"]) == ("no-tnf-arms", "not_determined", ["SM+TNF"])
    assert made["faults"][0]["files"] == ["raw/exp1_cIAP1.tif"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Put a truth in the place of the pathway model, and keep what it was asked."""
    questions: dict[str, Any] = {}

    def truth_of(*, design: Design, **question: Any) -> Truth:
        questions.update(question, design=design)
        return truth_for(design)

    monkeypatch.setitem(sys.modules, "avpi.virtual_lab.from_pathway", SimpleNamespace(truth_of=truth_of))
    return questions


def test_a_line_and_a_compound_are_asked_of_the_pathway_model(shell: Shell, asked: dict[str, Any]) -> None:
    done = shell(
        *("lab", "make", "s", "--line", "HT-29", "--compound", "birinapant", "--dose", "10 nM", "--experiments", "2"),
        *("--design", "extended", "--dose-range", "--whole-plate", "--reader", "victor", "--seed", "3"),
        *("--knock-out", "RIPK3", "--knock-out", "MLKL"),
    )
    assert done.code == DONE, done.err
    design = asked.pop("design")
    lost = asked.pop("knock_outs")
    assert lost == ("RIPK3", "MLKL")
    assert asked == {"line": "HT-29", "compound": "birinapant", "dose_molar": 1e-8, "experiments": 2, "seed": 3}
    assert (design.name, list(design.membranes)) == ("extended", ["time_course", "dose_range"])
    made = json.loads((Path("s") / "truth.json").read_text("utf-8"))["design"]
    assert (made["reader"], made["whole_plate"], made["experiments"]) == ("victor", True, ["exp1", "exp2"])


def test_what_is_not_said_is_the_guides(shell: Shell, asked: dict[str, Any]) -> None:
    assert shell("lab", "make", "s", "--line", "HT-29", "--compound", "birinapant", "--experiments", "1").code == DONE
    assert (asked["dose_molar"], asked["design"].name, asked["seed"]) == (1e-7, "guide", 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Say what to simulate"),
        (["--line", "HT-29"], "Say what to simulate"),
        (["--study", "trap", "--line", "HT-29"], "leave these options away"),
        (["--study", "trap", "--design", "guide"], "leave these options away"),
        (["--study", "trap", "--knock-out", "RIPK3"], "leave these options away"),
        (["--study", "trapp"], "Did you mean 'trap'?"),
        (["--study", "nope"], "--study: 'nope' is not a demonstration study. Expected one of"),
        (["--study", "trap", "--fault", "edge"], "'edge' is no fault: name one of edge_effect"),
        (["--study", "trap", "--fault", "edge_effect@exp4"], "'exp4' is no experiment"),
        (["--study", "trap", "--experiments", "7"], "7 is not in the range"),
        (["--line", "HT-29", "--compound", "birinapant", "--dose", "10"], "--dose: '10' has no unit"),
        (["--line", "HT-29", "--compound", "birinapant", "--dose", "0 nM"], "above zero"),
    ],
)
def test_what_cannot_be_meant_is_wrong_input_and_nothing_is_written(
    shell: Shell, asked: dict[str, Any], arguments: list[str], message: str
) -> None:
    done = shell("lab", "make", "s", *arguments)
    assert (done.code, done.out) == (WRONG_INPUT, "")
    assert message in done.err
    assert not Path("s").exists()


def test_a_folder_with_something_else_is_left_alone(shell: Shell) -> None:
    Path("s").mkdir()
    Path("s/notes.txt").write_text("mine", "utf-8")
    done = shell("lab", "make", "s", "--study", "trap")
    assert done.code == WRONG_INPUT
    assert "Nothing was written" in done.err
    assert [path.name for path in Path("s").iterdir()] == ["notes.txt"]
