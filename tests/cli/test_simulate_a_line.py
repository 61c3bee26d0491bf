"""``avpi simulate`` for cells of a line: one well, the matrix, the blot; and which of its commands is meant."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from avpi.cli.main import DONE, SECTIONS_FAILED, WRONG_INPUT
from avpi.cli.simulation_lines import share
from avpi.population.matrix import EXTENDED, GUIDE
from avpi.population.well import Well, grow
from tests.cli.conftest import Done, Shell

FEW = ("--cells", "30", "--variant", "reference")
WELL = ("--line", "HT-29", "--condition", "birinapant 100 nM + TNF 10 ng/mL + zVAD 20 uM")
OUTCOME = {
    "condition", "doses", "followed_cells", "failed_cells", "times_hours", "viability", "viability_standard_error",
    "dead", "dead_low_95", "dead_high_95", "died_by", "mode", "quadrants", "tnf_pg_per_ml", "bands_of_untreated",
    "bands_that_appear", "death_hours",
}  # fmt: skip
SETTING = {
    "simulation", "schema", "command", "line", "genotype", "shared_tnf", "variant", "hours", "cells", "seed", "sha256",
    "avpi", "python", "dependencies", "variants", "caveats",
}  # fmt: skip


def printed(done: Done) -> dict[str, Any]:
    assert done.code == DONE, done.err
    loaded: dict[str, Any] = json.loads(done.out)
    return loaded


def test_a_well_is_a_table_with_units_and_what_was_assumed(shell: Shell) -> None:
    done = shell("simulate", "--line", "ht29", "--condition", "birinapant + TNF 10 ng/mL", *FEW)
    assert done.code == DONE
    first, _, header, viability, dead, *_ = done.out.splitlines()
    assert first == "HT-29, birinapant 100 nM + TNF 10 ng/mL: 24 h, 30 cells"
    assert header.split("  ")[-1].strip() == "24 h"
    assert viability.startswith("viability, % of untreated")
    assert dead.startswith("dead, % of cells")
    assert max(map(len, done.out.splitlines())) <= 100
    assert "'birinapant' has no dose: taken as birinapant 100 nM, the usual one" in done.err
    for caveat in (
        "Research use only.",
        "assumed, mostly from what it does",
        "birinapant: nobody measured",
        "±18 % at worst",
    ):
        assert caveat in done.err
    assert "Research use only." not in shell("simulate", *WELL, *FEW, "--quiet").err


def test_json_holds_what_the_page_lists(shell: Shell) -> None:
    found = printed(shell("simulate", "line", *WELL, *FEW, "--hours", "12", "--times", "30 min, 4 h", "--json"))
    assert set(found) == SETTING | OUTCOME | {"assumed", "courses"}
    assert (found["line"], found["cells"], found["seed"], found["hours"]) == ("HT-29", 30, 1, 12)
    assert found["times_hours"] == [0.5, 4]
    assert [dose["unit"] for dose in found["doses"]] == ["molar", "ng/mL", "molar"]
    assert found["bands_of_untreated"]["cIAP1"][0] < 0.5
    assert len(found["courses"]["cIAP1"]["median"]) == len(found["courses"]["times_hours"])
    assert set(found["sha256"]) == {"model", "parameters"}
    assert found["variants"] is None


def test_the_command_in_the_record_gives_the_same_again(shell: Shell) -> None:
    import shlex

    options = ("--knock-down", "XIAP=0.3", "--isolated", "--seed", "5", "--hours", "6", "--json")
    once = shell("simulate", *WELL, *FEW, *options)
    command = shlex.split(printed(once)["command"])
    again = shell(*command[1:], "--json", "--threads", "1")
    assert again.out == once.out
    command[command.index("--seed") + 1] = "6"
    other = shell(*command[1:], "--json")
    assert printed(other)["viability"] != printed(once)["viability"]


def test_a_folder_holds_figures_tables_and_the_record_and_is_the_same_again(shell: Shell, tmp_path: Path) -> None:
    asked = ("simulate", *WELL, *FEW, "--hours", "12")
    assert shell(*asked, "--out", "one").code == DONE
    done = shell(*asked, "--out", "two", "--json")
    one, two = ({p.relative_to(tmp_path / n).as_posix(): p.read_bytes() for p in (tmp_path / n).rglob("*.*")}
                for n in ("one", "two"))  # fmt: skip
    assert one == two
    assert {name for name in one if name.endswith(".svg")} == {
        f"figures/{n}.svg" for n in ("courses", "fates", "deaths")
    }
    assert {f"tables/{n}.{e}" for n in ("outcomes", "courses", "deaths") for e in ("csv", "parquet")} <= set(one)
    assert json.loads(one["simulation.json"]) == printed(done)
    captions = one["figures/captions.md"].decode("utf-8")
    assert all(f"# {n}.svg" in captions for n in ("courses", "fates", "deaths"))
    assert "dashed: median of untreated cells" in captions
    deaths = pd.read_csv(tmp_path / "one" / "tables" / "deaths.csv")
    assert len(deaths) == 30
    assert set(deaths["mode"].dropna()) <= {"apoptosis", "necroptosis", "lysis"}
    refused = shell(*asked, "--out", "one")
    assert (refused.code, refused.out) == (WRONG_INPUT, "")
    assert "--out: 'one' is there already. Take another name" in refused.err


def test_a_knocked_out_protein_changes_what_happens(shell: Shell) -> None:
    wild = printed(shell("simulate", *WELL, *FEW, "--json"))
    lost = printed(shell("simulate", *WELL, *FEW, "--knock-out", "RIPK3", "--json"))
    assert lost["genotype"] == {"RIPK3": 0}
    assert wild["mode"] == "necroptosis"
    assert lost["died_by"]["necroptosis"][-1] == 0
    assert "HT-29 (RIPK3 knock-out)," in shell("simulate", *WELL, *FEW, "--knock-out", "RIPK3").out


def test_all_variants_are_compared_unless_one_is_asked_for(shell: Shell) -> None:
    asked = ("simulate", "--line", "HT-29", "--condition", "SM", "--cells", "20", "--hours", "4")
    found = printed(shell(*asked, "--json"))["variants"]
    assert found["cells"] == 100
    (condition,) = found["conditions"]
    assert len(condition["readings"]) == 16
    assert found["agree"] == condition["agree"]
    assert "Open questions: " in shell(*asked).out
    other = printed(shell(*asked, "--variant", "A20- leak+", "--json"))
    assert (other["variant"], other["variants"]) == ("A20- TNF+ TRAF2+ leak+", None)


def test_the_matrix_has_the_guides_conditions(shell: Shell) -> None:
    found = printed(
        shell("simulate", "matrix", "--line", "HT-29", "--cells", "20", "--hours", "24", "--json", *FEW[2:])
    )
    assert set(found) == SETTING | {"compound", "dose_molar", "conditions"}
    assert [one["name"] for one in found["conditions"]] == list(GUIDE)
    assert all(set(one) == OUTCOME | {"name"} for one in found["conditions"])
    assert (found["compound"], found["dose_molar"]) == ("birinapant", 1e-7)


def test_the_extended_matrix_and_its_figure(shell: Shell, tmp_path: Path) -> None:
    options = ("--compound", "TL32711", "--dose", "1,5 uM", "--extended", "--cells", "20", "--hours", "24", *FEW[2:])
    done = shell("simulate", "matrix", "--line", "HT-29", *options, "--out", "m")
    assert done.code == DONE, done.err
    rows = [line.split("  ")[0] for line in done.out.splitlines()]
    assert [row for row in rows if row in {*GUIDE, *EXTENDED}] == [*GUIDE, *EXTENDED]
    assert "SM is birinapant 1.5 µM, TNF 10 ng/mL" in done.out
    assert max(map(len, done.out.splitlines())) <= 100
    picture = (tmp_path / "m" / "figures" / "matrix.svg").read_text("utf-8")
    assert all(f">{label}<" in picture for label in (*GUIDE, *EXTENDED))
    table = pd.read_parquet(tmp_path / "m" / "tables" / "outcomes.parquet")
    assert list(table["condition"]) == [*GUIDE, *EXTENDED]


def test_a_blot_says_whether_ciap1_goes_and_whether_a_pool_stays(shell: Shell, tmp_path: Path) -> None:
    asked = ("simulate", "blot", "--line", "MDA-MB-231", "--doses", "10 nM, 1 uM", "--cells", "20", *FEW[2:])
    done = shell(*asked, "--compound", "birinapant", "--out", "b")
    assert done.code == DONE, done.err
    assert "of the cIAP1 band" in done.out
    assert "TRAF2-bound pool stays" in done.out
    assert {path.name for path in (tmp_path / "b" / "figures").glob("*.svg")} == {"bands.svg", "strip.svg"}
    assert "no blot was photographed" in (tmp_path / "b" / "figures" / "strip.svg").read_text("utf-8")
    found = printed(shell(*asked, "--compound", "LCL161", "--times", "0, 30 min", "--json"))
    assert found["valency"] == "monovalent"
    assert found["times_hours"] == [0, 0.5]
    assert set(found["bands_of_vehicle"]) == {"cIAP1", "cIAP2", "XIAP", "p52"}
    assert found["engaged"] == [left < 0.1 for left in found["ciap1_left_at_criterion"]]


def test_cells_without_ciap1_say_nothing_of_engagement(shell: Shell) -> None:
    asked = ("simulate", "blot", "--line", "HT-29", "--compound", "BV6", "--doses", "1 uM", "--times", "30 min", *FEW)
    done = shell(*asked, "--knock-out", "cIAP1")
    assert done.code == DONE, done.err
    assert "These cells have no cIAP1, so that target engagement cannot be read" in done.out
    assert "lives" not in done.out
    assert printed(shell(*asked, "--knock-out", "cIAP1", "--json"))["engaged"] == [None]


def test_a_list_in_another_order_is_said_to_be_sorted(shell: Shell) -> None:
    one = ("--cells", "1", "--variant", "reference", "--compound", "SM", "--line", "HT-29")
    done = shell("simulate", "blot", "--doses", "1 uM, 10 nM", "--times", "30 min", *one)
    assert "--doses '1 uM, 10 nM' is told in ascending order." in done.err
    assert "--times" not in done.err
    assert "SM is the class: a bivalent Smac mimetic" in done.err


def test_a_matrix_of_the_class_says_what_the_class_is(shell: Shell) -> None:
    done = shell("simulate", "matrix", "--line", "HT-29", "--compound", "SM", "--hours", "1", *FEW)
    assert "SM is SM" not in done.out
    assert "SM 100 nM, " in done.out
    assert "SM is the class: a bivalent Smac mimetic" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("matirx", "--line", "HT-29"),
            "'matirx' is neither a command of 'avpi simulate' nor a file. Did you mean 'matrix'?",
        ),
        (("HT-29", "birinapant"), "'HT-29' is a cell line. Say 'avpi simulate --line HT-29 --condition"),
        (("--line", "HT-29"), "Missing option '--condition'"),
        (("--condition", "SM"), "Missing option '--line'"),
        (("matrix",), "Missing option '--line'"),
        (("blot", "--line", "HT-29"), "Missing option '--compound'"),
        (
            ("--line", "HT-92", "--condition", "SM"),
            "--line: 'HT-92' is a cell line that the model does not have. Did you",
        ),
        (("--line", "HT-30", "--condition", "SM"), "Did you mean 'HT-29'?"),
        (("--line", "SKOV-4", "--condition", "SM"), "Did you mean 'SK-OV-3'?"),
        (("--line", "HeLa", "--condition", "SMM"), "Did you mean 'SM'?"),
        (("--line", "HeLa", "--condition", "SM", "--knock-out", "FOO"), "does not have. Proteins: "),
        (("--line", "HeLa", "--condition", "SM", "--over-express", "XIAP=0.2"), "1 to 1000, such as 'FLIP=5'"),
        (("--line", "HeLa", "--condition", "SM", "--times", "30 m"), "Did you mean 'min'?"),
        (
            ("--line", "HeLa", "--condition", "SM", "--times", "2 h, 120 min"),
            "'120 min' stands twice, the same as '2 h'",
        ),
        (("blot", "--line", "HeLa", "--compound", "SM", "--doses", "100 nM, 100 nM"), "--doses: '100 nM' stands twice"),
        (("matrix", "--line", "HeLa", "--dose", "1,000 nM"), "may be 1000 or 1.000: write it without the comma.\n"),
        (("--line", "HeLa", "--condition", "SM", "--variant", "A21-"), "--variant: 'A21-' names no variant"),
        (("--line", "HeLa", "--condition", "SM", "--times", "2 h, 5 d"), "'120 h' is after the end. Simulate longer"),
        (("--line", "HeLa", "--condition", "SM", "--times", "4"), "--times: '4' has no unit"),
        (("--line", "HeLa", "--condition", "SM", "--hours", "0"), "--hours: '0' is no duration that"),
        (("--line", "HeLa", "--condition", "SM", "--hours", "1e9"), "Expected 0.5 to 336 h, such as '24' or '2 d'"),
        (("--line", "HeLa", "--condition", "SM", "--hours", "nan"), "--hours: 'nan' is no duration that"),
        (("--line", "HeLa", "--condition", "SM", "--hours", "3 nM"), "is a concentration, not a time"),
        (("--line", "HeLa", "--condition", "SM", "--cells", "0"), "0 is not in the range"),
        (("--line", "HeLa", "--condition", "SM", "--seed", "-1"), "-1 is not in the range"),
        (("--line", "HeLa", "--condition", "SM", "--seed", str(2**64)), "--seed: '18446744073709551616' is too large"),
        (("--line", "HeLa", "--condition", "SM", "--variant", "A20+ A20-"), "both answers to one question"),
        (("--line", "HeLa", "--condition", "BV6 1e30 M"), "more than dissolves: the limit is 10 mM"),
        (("--line", "HeLa", "--condition", "TNF 2 mg/mL"), "more than dissolves: the limit is 1 mg/mL"),
        (("matrix", "--line", "HeLa", "--dose", "20 mM"), "--dose: '20 mM' is more than dissolves"),
        (("blot", "--line", "HeLa", "--compound", "SM", "--doses", "20 mM"), "--doses: '20 mM' is more than"),
        (("blot", "--line", "HeLa", "--compound", "SM", "--doses", "1,5 uM"), "Write '1.5 uM' or '1, 5 uM'"),
        (("blot", "--line", "HeLa", "--compound", "SM", "--doses", "0"), "has 0 doses above zero"),
        (("--line", "HeLa", "--condition", "SM", "--out", "no/where"), "there is no folder 'no'"),
        (("matrix", "--line", "HeLa", "--compound", "zVAD"), "--compound: 'zVAD' is no Smac mimetic"),
        (("matrix", "--line", "HeLa", "--dose", "0 nM"), "--dose: '0 nM' is no dose. Expected one above zero."),
        (("blot", "--line", "HeLa", "--compound", "SM", "--doses", "1 h, 2"), "--doses: '2' has no unit"),
        (("blot", "--line", "HeLa", "--compound", "SM", "--doses", ","), "has 0 doses above zero. Expected 1 to 12"),
    ],
)
def test_what_cannot_be_meant_is_wrong_input_in_words(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    done = shell("simulate", *arguments)
    assert (done.code, done.out) == (WRONG_INPUT, "")
    assert said in done.err


def test_every_fault_is_told_at_once_and_in_json_too(shell: Shell) -> None:
    wrong = ("--line", "HT-92", "--condition", "SMM + zVAD 5 h", "--knock-out", "RIPK33", "--variant", "x", "--json")
    done = shell("simulate", *wrong)
    assert done.code == WRONG_INPUT
    assert [problem["file"] for problem in json.loads(done.out)["problems"]] == [
        "--condition", "--condition", "--line", "--knock-out", "--variant"
    ]  # fmt: skip


def test_what_comes_after_the_end_is_said_to_do_nothing(shell: Shell) -> None:
    done = shell("simulate", "--line", "HeLa", "--condition", "SM + zVAD at 48 h", "--hours", "4", *FEW)
    assert done.code == DONE
    assert "zVAD 20 µM at 48 h: added when the simulation has ended, so it does nothing" in done.err


def test_one_cell_is_no_cells(shell: Shell) -> None:
    one = ("--cells", "1", "--variant", "reference")
    done = shell("simulate", *WELL, "--hours", "1", *one)
    assert "1 h, 1 cell\n" in done.out
    assert "None of 1 cell died." in done.out
    assert "A share of 1 cell is known" in done.err
    assert "1 cell a condition" in shell("simulate", "matrix", "--line", "HT-29", "--hours", "1", *one).out
    blot = shell("simulate", "blot", "--line", "HT-29", "--compound", "birinapant", "--doses", "0, 10, 100 nM",
                 "--times", "30 min", *one)  # fmt: skip
    assert "of a lysate of 1 cell\n" in blot.out
    assert blot.out.count("  10 nM ") == 5
    assert "  0 nM" not in blot.out
    assert "A dose of 0 is vehicle" in blot.err
    assert not any("1 cells" in done.out + done.err for done in (done, blot))


def test_how_long_may_have_its_unit(shell: Shell) -> None:
    found = printed(shell("simulate", *WELL, *FEW, "--hours", "90 min", "--json"))
    assert found["hours"] == 1.5
    assert "--hours 1.5" in found["command"]


def test_what_is_left_may_be_per_cent(shell: Shell) -> None:
    found = printed(shell("simulate", *WELL, *FEW, "--hours", "1", "--knock-down", "RIPK3=10%", "--json"))
    assert found["genotype"] == {"RIPK3": 0.1}


def test_a_medium_that_does_not_settle_is_told_at_the_end(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avpi.population.settling.MOST_ROUNDS", 1)
    done = shell("simulate", "--line", "HT-29", "--condition", "SM", "--hours", "24", *FEW)
    assert "The TNF that the cells share had not come to rest" in done.err


BLOT = ("simulate", "blot", "--line", "HT-29", "--compound", "birinapant", "--doses", "1 uM", "--times", "24 h", *FEW)


def test_a_blot_tells_what_did_not_settle_and_which_cells_were_lost(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "A dose of 0 is vehicle" not in shell(*BLOT).err

    def spoiled(*asked: Any, **more: Any) -> Well:
        return replace(grow(*asked, **more), failed=2, unsettled=0.5)

    monkeypatch.setattr("avpi.population.engagement.grow", spoiled)
    done = shell(*BLOT, "--json")
    assert done.code == SECTIONS_FAILED
    found = json.loads(done.out)
    assert found["failed_cells"] == 4
    assert "The solver could not follow 4 cells; what is told is without." in found["caveats"]
    assert any("had not come to rest" in caveat and "50 %" in caveat for caveat in found["caveats"])
    assert shell(*BLOT).code == SECTIONS_FAILED


def test_a_reagent_that_stands_for_another_is_a_caveat(shell: Shell) -> None:
    found = printed(shell("simulate", "--line", "HeLa", "--condition", "FasL + TRAIL", "--hours", "1", *FEW, "--json"))
    told = [caveat for caveat in found["caveats"] if "acts in the model as" in caveat]
    assert told == ["FasL acts in the model as TRAIL does: the receptors of TRAIL stand for those of FasL (assumed)."]


def test_growth_that_a_mimetic_holds_back_is_told(shell: Shell) -> None:
    arrested = ("--line", "UM-SCC-46", "--knock-out", "TNFR1", "--hours", "24", *FEW)
    done = shell("simulate", "--condition", "SM", *arrested)
    assert "in UM-SCC-46 a Smac mimetic holds back up to" in done.err
    assert "Slower growth and no death takes part of the viability (SM 100 nM" in done.err
    assert "Slower growth" not in shell("simulate", "--condition", "DMSO", *arrested).err
    matrix = printed(shell("simulate", "matrix", *arrested, "--json"))["caveats"]
    (told,) = [caveat for caveat in matrix if caveat.startswith("Slower growth")]
    assert all(f"{name} " in told for name in GUIDE[1:])
    assert "DMSO" not in told


def test_untreated_cells_that_die_are_told(shell: Shell) -> None:
    lost = ("--line", "MDA-MB-231", "--knock-out", "cIAP1/2", "--hours", "24", *FEW)
    done = shell("simulate", "--condition", "DMSO", *lost)
    assert done.code == DONE, done.err
    assert "100 % is as few living cells as they have" in done.err
    whole = shell("simulate", "--condition", "DMSO", *lost[:2], *lost[4:])
    assert "100 % is as few living cells" not in whole.err


def test_a_file_named_like_a_command_is_reached_by_its_path(shell: Shell) -> None:
    done = shell("simulate", "./matrix", "--until", "4")
    assert done.code == WRONG_INPUT
    assert "matrix: There is no such file." in done.err


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (0.0001, "<0.1"), (0.012, "1.2"), (0.5, "50"), (0.994, "99.4"), (0.9999, ">99.9"), (1, "100"),
     (float("nan"), ".")],
)  # fmt: skip
def test_a_share_that_is_not_quite_none_or_all_never_reads_so(value: float, words: str) -> None:
    assert share(value) == words
