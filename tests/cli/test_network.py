"""``avpi network``: what it says of the model, what it writes, and what it refuses."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from avpi.cli.main import DONE, WRONG_INPUT, run_command
from avpi.cli.network_words import parts_of
from avpi.network.assemble import pathway
from avpi.network.lines import lines
from avpi.network.pharmacology import compounds
from avpi.network.reagents import reagents_that_enter
from tests.house.checkout import CHECKOUT


def test_export_writes_every_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "model"
    assert run_command(["network", "export", str(folder), "--line", "ht29", "--json"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert told["line"] == "HT-29"
    assert {Path(path).relative_to(folder).as_posix() for path in told["files"]} == {
        "ht-29.xml",
        "ht-29.ant",
        *(f"petab/{name}" for name in ("model.xml", "problem.yaml", "README.md")),
        *(f"petab/{name}.tsv" for name in ("conditions", "observables", "parameters", "measurements")),
    }
    assert all(Path(path).is_file() for path in told["files"])


def test_export_writes_one_format_of_a_variant_and_refuses_to_overwrite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["network", "export", str(tmp_path), "--line", "L929", "--format", "antimony", "--variant", "A20-"]
    assert run_command(words) == DONE
    assert [path.name for path in tmp_path.iterdir()] == ["l929.ant"]
    assert "L929, variant A20- TNF+ TRAF2+ leak-" in (tmp_path / "l929.ant").read_text("utf-8")
    capsys.readouterr()
    assert run_command(words) == WRONG_INPUT
    assert "l929.ant: is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["export", "x", "--line", "HT-30"], "Did you mean 'HT-29'?"),
        (["export", "x", "--line", "HT-29", "--variant", "A20"], "Say which answer: 'A20+' or 'A20-'."),
        (["export", "x", "--line", "HT-29", "--variant", "A20+ A20-"], "gives both answers to one question"),
        (["export", "x", "--line", "HT-29", "--variant", "leak! TNF+"], "'leak!' names no variant of the model"),
        (["export", "x", "--line", "HT-29", "--compound", "embelin"], "'embelin' is no Smac mimetic"),
        (["show", "k_atuo"], "Did you mean 'k_auto'?"),
        (["export", "x", "--line", "HT-29", "--format", "sbml", "--compound", "nonsense"], "no Smac mimetic that avpi"),
        (["show", "reagent", "TNFF"], "reagent: 'TNFF' is not a known reagent. Did you mean 'TNF'?"),
        (["show", "reagent", "staurosporine"], "is a reagent that the pathway model does not have. The model has TNF,"),
        (["show", "reagent", "BV6"], "It is a compound: 'avpi network show compound BV6'"),
        (["show", "ciap", "nfkb"], "more than one name"),
        (["show", "FOO"], "reaction. 'avpi network show' has the modules"),
        (["show", "RIPK3"], "Of RIPK3 the model has RIPK3_total"),
        (["show", "compound", "TNF"], "compound: 'TNF' is no Smac mimetic"),
        (["show", "line", "nobody"], "not a line of the model"),
    ],
)
def test_wrong_words_are_told(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["network", *words]) == WRONG_INPUT
    assert told in capsys.readouterr().err
    assert not Path("x").exists()


def test_show_tells_every_name_of_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    whole = pathway()
    parts = [part.name for module in whole.modules for part in parts_of(module)]
    for name in (*parts, *whole.parameters, *(module.name for module in whole.modules)):
        assert run_command(["network", "show", name]) == DONE, name
        assert capsys.readouterr().out.startswith(f"{name}: ")


def test_show_of_every_line_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    for name, line in lines().items():
        assert run_command(["network", "show", "line", name, "--json"]) == DONE
        told = json.loads(capsys.readouterr().out)
        assert told["parameters"].keys() == line.parameters.keys()
        assert told["doubling_hours_reason"], name
        assert bool(told["arrest_reason"]) == bool(told["arrest"]), name


def test_a_line_that_a_mimetic_arrests_says_so_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["network", "show", "line", "UM-SCC-46"]) == DONE
    out = capsys.readouterr().out
    assert "of its growth." in out.splitlines()[0]
    assert re.search(r"^arrest +0\.\d+ +0 +assumed .*Eytan 2016", out, re.MULTILINE)
    assert re.search(r"^doubling_hours +\d+ h ", out, re.MULTILINE)


def test_a_reagent_says_what_it_does_and_what_it_stands_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["network", "show", "reagent", "CD95L"]) == DONE
    out = capsys.readouterr().out
    assert out.startswith("FasL: death ligand\n")
    stands_for = ("the parameter TRAIL", "the receptors of TRAIL stand for those of FasL", "source        assumed")
    for said in ("Fas ligand, CD95L", "ng/mL; usual 100 ng/mL", *stands_for, "DISC_formed"):
        assert said in out
    assert run_command(["network", "show", "reagent", "Q-VD-OPh"]) == DONE
    assert "1 uM of it counts as 0.1" in capsys.readouterr().out


def test_every_reagent_is_listed_and_told_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["network", "show", "reagent"]) == DONE
    listed = capsys.readouterr().out
    for name, entry in reagents_that_enter().items():
        assert f"\n{name}  " in listed
        assert run_command(["network", "show", "reagent", name]) == DONE
        out = capsys.readouterr().out
        assert not re.search(r"\b(nan|inf|None)\b", out), name
        assert run_command(["network", "show", "reagent", name, "--json"]) == DONE
        told = json.loads(capsys.readouterr().out)
        assert (told["reagent"], told["enters"], told["assumption"]) == (name, entry.name, entry.why or None)
        assert told["read_by"], f"{name} enters where nothing reads it"


def test_show_without_a_name_is_an_overview(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["network", "show"]) == DONE
    out = capsys.readouterr().out
    assert all(module.title in out for module in pathway().modules)
    assert run_command(["network", "show", "C1_total"]) == DONE
    assert "protein cIAP1: grows with its amount" in capsys.readouterr().out


def test_line_without_a_name_lists_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["network", "show", "line"]) == DONE
    out = capsys.readouterr().out
    assert all(f"{name}  " in out and line.what in out for name, line in lines().items())
    assert out.endswith("avpi network show line NAME\n")


@pytest.mark.parametrize(("word", "kind"), [("birinapant", "compound"), ("HT-29", "line"), ("zVAD", "reagent")])
def test_a_word_of_another_kind_is_led_to_its_place(word: str, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["network", "show", word]) == WRONG_INPUT
    assert f"It is a {kind}: 'avpi network show {kind} {word}'" in capsys.readouterr().err


def test_a_compound_says_what_was_measured_and_what_was_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["network", "show", "compound", "TL32711"]) == DONE
    out = capsys.readouterr().out
    assert out.startswith("birinapant: a bivalent Smac mimetic")
    assert "  Kd of cIAP1: 1 nM\n" in out
    assert "  rate of entry: not measured; prior 12 per hour, 3 to 60 per hour\n" in out
    assert run_command(["network", "show", "compound", "BV6"]) == DONE
    assert "  Kd of cIAP1: not measured; prior 1.92 nM, 333 pM to 11.1 nM\n" in capsys.readouterr().out


def test_every_compound_is_told_without_a_number_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["network", "show", "compound"]) == DONE
    listed = capsys.readouterr().out
    for name in (c.name for c in compounds().values() if c.is_mimetic):
        assert f"{name}  " in listed
        assert run_command(["network", "show", "compound", name]) == DONE
        out = capsys.readouterr().out
        assert not re.search(r"\b(nan|inf|None)\b", out), name
        assert max(map(len, out.splitlines()[1:])) <= 100, name
        assert run_command(["network", "show", "compound", name, "--json"]) == DONE
        assert json.loads(capsys.readouterr().out)["compound"]
    assert run_command(["network", "show", "compound", "embelin"]) == WRONG_INPUT


def test_the_commands_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (CHECKOUT / "docs" / "howto" / "network.md").read_text("utf-8")
    commands = re.findall(r"^    avpi (network .+)$", page, re.MULTILINE)
    assert len(commands) >= 7
    monkeypatch.chdir(tmp_path)
    for command in commands:
        assert run_command(shlex.split(command)) == DONE, command
    assert Path("estimate/petab/problem.yaml").is_file()
