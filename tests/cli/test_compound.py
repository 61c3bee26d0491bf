"""``avpi compound`` and ``avpi cite``: what they say, what they write, what they refuse."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from avpi.cli.main import DONE, WRONG_INPUT
from avpi.compounds.library import library
from tests.cli.conftest import Shell
from tests.compounds.registered import study
from tests.store.finished_run import write_run

LCL161 = "CN[C@@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1"


def told(out: str) -> Any:
    return json.loads(out)


# --- list ------------------------------------------------------------------------------------------------------------


def test_the_list_has_every_compound_with_the_date_of_its_status(shell: Shell) -> None:
    done = shell("compound", "list")
    assert done.code == DONE
    for name, one in library().items():
        assert re.search(rf"^{re.escape(name)} .*{one.status.as_of}$", done.out, re.MULTILINE), name
    assert [one["name"] for one in told(shell("compound", "list", "--json").out)["compounds"]] == list(library())


def test_a_list_is_narrowed_by_word_substructure_and_likeness(shell: Shell) -> None:
    words = [
        "compound",
        "list",
        "--substructure",
        "C[C@H](NC)C(=O)N",
        "--similar",
        LCL161,
        "--at-least",
        "0.5",
        "--json",
    ]
    done = shell(*words)
    found = told(done.out)["compounds"]
    assert (found[0]["name"], found[0]["similarity"]) == ("LCL161", 1.0)
    assert all(one["similarity"] >= 0.5 for one in found)
    assert "No structure is known of" in done.err
    assert shell("compound", "list", "no such thing").out.startswith("No compound of the library matches")


def test_a_limit_without_what_it_limits_is_refused(shell: Shell) -> None:
    done = shell("compound", "list", "--at-least", "0.5")
    assert (done.code, "--similar" in done.err) == (WRONG_INPUT, True)


# --- show ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", library())
def test_show_tells_every_compound_with_its_sources(name: str, shell: Shell) -> None:
    done = shell("compound", "show", name)
    assert done.code == DONE
    assert done.out.startswith(f"{name}: ")
    assert f"Status as of {library()[name].status.as_of}" in done.out
    for affinity in library()[name].affinities:
        assert f"{affinity.value_nM:g} nM" in done.out
        assert f"[{affinity.source}" in done.out
    body, _, listed = done.out.partition("\nSources\n")
    for key in re.findall(r"\[([A-Z_0-9]+)[;\]]", body):
        assert f"  {key}: " in listed


def test_what_is_not_known_is_said_to_be_unknown_and_what_was_not_read_is_said_so(shell: Shell) -> None:
    assert "not known: null in the library" in shell("compound", "show", "BV6").out
    assert "recalled, not looked up" in shell("compound", "show", "SM-164").out
    assert "quoted, original not read" in shell("compound", "show", "LCL161").out
    assert "not used:" in shell("compound", "show", "LCL161").out


def test_show_as_json_has_the_record_and_its_sources(shell: Shell) -> None:
    found = told(shell("compound", "show", "Debio 1143", "--json").out)
    assert found["name"] == "xevinapant"
    assert found["affinities"][0]["source"] in found["sources"]
    assert found["sources"]["CAI2011"]["doi"] == "10.1021/jm101505d"


def test_show_draws_the_structure_and_figures(shell: Shell, tmp_path: Path) -> None:
    done = shell("compound", "show", "birinapant", "--svg", "b.svg", "--figures", "out")
    assert done.code == DONE
    assert ET.parse(tmp_path / "b.svg").getroot().tag.endswith("svg")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        f"{name}.{end}" for name in ("affinities", "selectivity", "trials") for end in ("svg", "pdf", "png", "csv")
    }
    refused = shell("compound", "show", "BV6", "--svg", "x.svg")
    assert (refused.code, "no structure of BV6 is known" in refused.err) == (WRONG_INPUT, True)
    assert not (tmp_path / "x.svg").exists()


def test_an_unknown_compound_is_told_with_the_nearest(shell: Shell) -> None:
    done = shell("compound", "show", "birinapent", "--json")
    assert done.code == WRONG_INPUT
    assert "Did you mean 'birinapant'?" in told(done.out)["problems"][0]["text"]


# --- check -----------------------------------------------------------------------------------------------------------


def test_check_tells_the_guides_peptide(shell: Shell) -> None:
    done = shell("compound", "check", "H-AVPIAQK-OH")
    assert done.out.startswith("Smac mimetic, monovalent: H-AVPIAQK-OH")
    assert "in the library: AVPIAQK" in done.out
    assert "ZGEOSZCDHUVWOC-SSHVMUOYSA-N" in done.out


def test_check_as_json_tells_call_heads_and_flags(shell: Shell, tmp_path: Path) -> None:
    epimer = LCL161.replace("CN[C@@H]", "CN[C@H]", 1)
    found = told(shell("compound", "check", f"{LCL161}.Cl", epimer, "CCO", "--json").out)["structures"]
    assert [one["call"] for one in found] == ["Smac mimetic", "inactive epimer", "no Smac mimetic"]
    assert [one["is_smac_mimetic"] for one in found] == [True, False, False]
    assert [one["d_alanine_epimer"] for one in found] == [False, True, False]
    assert (found[0]["valency"], found[0]["known_as"], found[0]["removed"]) == ("monovalent", "LCL161", ["Cl"])
    assert found[1]["same_skeleton"] == ["LCL161"]
    assert shell("compound", "check", LCL161, "--svg", "l.svg").code == DONE
    assert "LCL161" in (tmp_path / "l.svg").read_text("utf-8")


def test_what_has_no_inchikey_has_none_in_words_and_in_json(shell: Shell) -> None:
    assert "no InChIKey" in shell("compound", "check", "CC*").out
    found = told(shell("compound", "check", "CC*", "--json").out)["structures"][0]
    assert (found["inchikey"], found["known_as"]) == (None, None)


def test_every_structure_that_cannot_be_read_is_told(shell: Shell) -> None:
    done = shell("compound", "check", "CC(", LCL161, "C1CC")
    assert done.code == WRONG_INPUT
    assert done.err.count("cannot be read as a structure") == 2
    assert shell("compound", "check", LCL161, "CCO", "--svg", "x.svg").code == WRONG_INPUT


# --- compare ---------------------------------------------------------------------------------------------------------


def test_compare_sets_side_by_side_and_gives_folds(shell: Shell) -> None:
    done = shell("compound", "compare", "birinapant", "AT-406", "LCL161")
    assert done.code == DONE
    assert re.search(r"^XIAP / cIAP1 +45 +34\.9 +–$", done.out, re.MULTILINE)
    assert "xevinapant / birinapant: cIAP1 1.9, cIAP2 0.142, XIAP 1.48" in done.out
    assert "LCL161 / birinapant: nothing comparable" in done.out
    found = told(shell("compound", "compare", "birinapant", "LCL161", "--json").out)
    assert found["fold_over_first"]["LCL161"]["XIAP"]["state"] == "not comparable"
    assert found["compounds"][0]["fold_over_cIAP1"]["XIAP"]["value"] == 45


def test_a_fold_of_other_numbers_than_those_shown_gives_them(shell: Shell) -> None:
    done = shell("compound", "compare", "SM-164", "AVPI")
    assert "AVPI / SM-164: XIAP 7,000 (di) [9,730 over 1.39 nM, BIR2-BIR3]" in done.out


@pytest.mark.parametrize("names", [["birinapant"], ["birinapant", "TL32711"], ["birinapant", "nobody"]])
def test_less_than_two_known_compounds_are_refused(names: list[str], shell: Shell) -> None:
    assert shell("compound", "compare", *names).code == WRONG_INPUT


# --- update ----------------------------------------------------------------------------------------------------------


def test_what_is_written_gets_the_folder_that_is_named_for_it(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "trials.json").write_text(json.dumps({"studies": [study("NCT04459715")]}), "utf-8")
    assert shell("compound", "update", "--from", "trials.json", "--diff", "new/t.diff").code == DONE
    assert (tmp_path / "new" / "t.diff").is_file()
    assert shell("compound", "show", "LCL161", "--svg", "drawn/here/l.svg").code == DONE
    assert (tmp_path / "drawn" / "here" / "l.svg").is_file()


def test_update_prints_a_diff_and_changes_nothing(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "trials.json").write_text(json.dumps({"studies": [study("NCT04459715", "TERMINATED")]}), "utf-8")
    done = shell("compound", "update", "--from", "trials.json")
    assert done.code == DONE
    assert "+  registry:" in done.out
    assert "Nothing in the library was changed." in done.err
    written = shell("compound", "update", "--from", "trials.json", "--diff", "t.diff", "--json")
    assert told(written.out)["diff"] == (tmp_path / "t.diff").read_text("utf-8")
    again = shell("compound", "update", "--from", "trials.json", "--diff", "t.diff")
    assert (again.code, "is there already" in again.err) == (WRONG_INPUT, True)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("missing.json", "No such file"),
        ("http://127.0.0.1:9/x", "cannot be reached"),
        ("", "--from is empty"),
        ("http://[::1", "is no address"),
        ("http://127.0.0.1/ö", "'ö' cannot stand in an address"),
    ],
)
def test_what_cannot_be_read_is_told(place: str, words: str, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    done = shell("compound", "update", "--from", place, "--timeout", "1")
    assert (done.code, words in done.err) == (WRONG_INPUT, True)


def test_nothing_is_asked_of_the_network_unless_an_address_is_given(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import socket

    def refuse(*_: object, **__: object) -> None:
        message = "the network was asked"
        raise AssertionError(message)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    (tmp_path / "t.json").write_text(json.dumps({"studies": []}), "utf-8")
    for words in (
        ["list"], ["show", "birinapant"], ["check", LCL161], ["compare", "birinapant", "LCL161"],
        ["update", "--from", "t.json"],
    ):  # fmt: skip
        assert shell("compound", *words).code == DONE
    assert shell("compound", "update").code == WRONG_INPUT


# --- cite ------------------------------------------------------------------------------------------------------------


def test_cite_gives_the_sources_of_a_compound(shell: Shell) -> None:
    entries = shell("cite", "--compound", "TL32711").out
    assert "@article{ACSML2016," in entries
    assert "@misc{avpi," in entries
    assert entries.count("@") == len(set(re.findall(r"^@\w+\{([^,]+),", entries, re.MULTILINE)))
    assert shell("cite", "--compound", "TL32711", "--format", "ris").out.count("ER  - ") == entries.count("\n}")
    assert "PMID 26985322" in shell("cite", "--compound", "birinapant", "--format", "text").out


def test_cite_gives_the_sources_of_the_facts(shell: Shell) -> None:
    found = told(shell("cite", "--facts", "--json").out)
    assert len(found) > 20
    assert all(one["title"] for one in found.values())


def test_cite_needs_something_to_cite(shell: Shell) -> None:
    assert shell("cite").code == WRONG_INPUT
    assert shell("cite", "--compound", "nobody").code == WRONG_INPUT
    assert shell("cite", "no-such-study").code == WRONG_INPUT


def test_cite_of_a_run_has_its_methods_and_its_compound(shell: Shell, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "s", "20260131-091502-000001-abababab")
    (folder / "report.html").write_text("<p>... doi 10.1177/108705719900400206 ...</p>", "utf-8")
    done = shell("cite", "s")
    assert done.code == DONE
    assert "@article{zhang1999," in done.out
    assert "author = {Zhang, J.H. and Chung, T.D.Y. and Oldenburg, K.R.}" in done.out
    assert "@article{ACSML2016," in done.out
    (folder / "report.html").unlink()
    assert "'report.html' is missing" in shell("cite", "s").err
