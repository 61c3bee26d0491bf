"""``avpi trial``: reference cases from the command line, scenarios with a report, faults in words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from avpi.cli.main import DONE, WRONG_INPUT
from avpi.clinic.checks import EXPLORATORY
from tests.cli.conftest import Shell


def asked(shell: Shell, *words: object) -> dict:  # type: ignore[type-arg]
    done = shell("trial", *words, "--json", "--quiet")
    assert done.code == DONE, done.err
    found: dict = json.loads(done.out)  # type: ignore[type-arg]
    assert found["statement"] == EXPLORATORY
    return found


def test_formulae_give_the_reference_cases(shell: Shell) -> None:
    assert asked(shell, "events", "--hr", "0.5")["events"] == pytest.approx(87.4793, abs=5e-5)
    size = asked(shell, "size", "--control", "0.2", "--experimental", "0.1", "--accrual", "0.5", "--duration", "2",
                 "--drop-out", "0.1")  # fmt: skip
    assert (size["patients"], size["events"]) == (430, 91)
    chosen = asked(shell, "enrichment", "--prevalence", "0.304", "--hr-positive", "0.5", "--sensitivity", "0.8",
                   "--specificity", "0.8")  # fmt: skip
    assert round(chosen["events_enriched"]) == 216
    assert asked(shell, "assurance", "--events", "30", "--hr", "1")["observed_given_go"] == pytest.approx(
        0.44, abs=5e-3
    )
    bounds = asked(shell, "boundaries", "--at", "1,2,3")
    assert bounds["upper"] == pytest.approx([3.7103, 2.5114, 1.9930], abs=5e-5)
    assert bounds["lower"] == [None] * 3
    gate = asked(shell, "gate", "--treated", "13/34", "--control", "5/29")
    assert gate["probability"] == pytest.approx(0.883, abs=1e-3)
    harm = asked(shell, "dilution", "--observed", "1.33")
    assert harm["largest_without_harm"] == pytest.approx(1, abs=1e-6)
    assert harm["harm_needed"] > 1.33


def test_a_late_effect_from_the_command_line(shell: Shell) -> None:
    found = asked(shell, "hazard", "--accrual", "2,2,10", "--rates", "3,6,9", "--begins", "0,3", "--medians", "9,18",
                  "--hr", "0.9,0.6", "--drop-out", "0.001", "--at", "12,24,36", "--trials", "500")  # fmt: skip
    assert [row["average_hazard_ratio"] for row in found["looks"]] == pytest.approx([0.803, 0.714, 0.683], abs=0.01)
    assert [row["events"] for row in found["looks"]] == pytest.approx([20.4, 48.9, 66.1], abs=0.3)
    first, _, last = found["looks"]
    assert first["simulated"]["events"] == pytest.approx(20.4, abs=0.7)
    assert last["simulated"]["power"]["log-rank"]["value"] == pytest.approx(last["power"], abs=0.08)
    assert last["patients_needed"] == pytest.approx(108 * last["events_needed"] / last["events"])


def test_a_table_of_patients_is_analysed_and_drawn(shell: Shell) -> None:
    rows = ["years;dead;drug;sex", "1;1;0;m", "2;1;1;f", "3;0;0;f", "4;1;1;m", "5;1;0;m", "6;0;1;f"]
    Path("p.csv").write_text("\n".join(rows))
    words = ("analyse", "p.csv", "--time", "years", "--event", "dead", "--arm", "drug", "--stratum", "sex")
    found = asked(shell, *words, "--modest", "3", "--figure", "km")
    assert [own["name"] for own in found["tests"]][-2:] == ["modest(3)", "MaxCombo"]
    assert Path("km.svg").is_file()
    done = shell("trial", "analyse", "p.csv")
    assert done.code == WRONG_INPUT
    assert "has no column 'months'" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds nothing"),
        ("months;event;arm\n1,5;1;0\n2;1;1", "'1,5' at place 1 is no number"),
        ("months,event,arm\n1,1,0\n,1,1", "'nan' stands at place 2"),
        ("months,event,arm\n1,1,new\n2,1,old", "'new' at place 1 is no number"),
    ],
)
def test_a_table_that_is_none_of_patients_is_refused_with_one_reason(shell: Shell, text: str, said: str) -> None:
    Path("p.csv").write_text(text)
    done = shell("trial", "analyse", "p.csv")
    assert done.code == WRONG_INPUT, done.err
    assert said in done.err
    assert done.err.count("Expected") == 1


def test_a_scenario_writes_a_report_that_needs_nothing_else(shell: Shell) -> None:
    done = shell("trial", "run", "ici-combination", "--trials", "30", "--out", "ici", "--quiet")
    assert done.code == DONE, done.err
    page = Path("ici/report.html").read_text("utf-8")
    assert page.count(EXPLORATORY) >= 2
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="(?!#|data:|figures/)', page) == []
    for name in re.findall(r'href="(figures/[^"]+)"', page):
        assert (Path("ici") / name).is_file()
    record = json.loads(Path("ici/trial.json").read_text("utf-8"))
    assert record["statement"] == EXPLORATORY
    assert {own["name"] for own in record["variants"]} >= {"t-cells-augmented", "t-cells-impaired"}
    assert Path("ici/tables/comparisons.csv").is_file()
    again = shell("trial", "run", "ici-combination", "--trials", "30", "--out", "ici")
    assert again.code == WRONG_INPUT
    assert "is there already" in again.err


def test_what_was_published_is_told_with_its_source(shell: Shell) -> None:
    found = asked(shell, "published", "trilynx")["facts"]
    assert any(
        own["value"] == "1.33 (1.05-1.67), 0.9919" and "10.1200/JCO-25-00272" in own["citation"] for own in found
    )
    assert any(own["value"] is None for own in found)
    assert shell("trial", "published", "aspirin").code == WRONG_INPUT


def test_equal_seeds_print_equal_bytes(shell: Shell) -> None:
    words = ("trial", "run", "debio-1143-201", "--trials", "20", "--quiet")
    first, second = shell(*words, "--threads", "1"), shell(*words, "--threads", "2")
    assert first.out == second.out
    assert "cannot be asked" in first.out
    assert EXPLORATORY in first.out


def test_scenarios_are_listed_and_printed(shell: Shell) -> None:
    assert "trilynx" in shell("trial", "scenarios").out
    text = shell("trial", "scenarios", "--text", "trilynx").out
    Path("mine.yaml").write_text(text.replace("patients: 730", "patients: 73O"))
    done = shell("trial", "run", "mine.yaml")
    assert done.code == WRONG_INPUT
    assert re.search(r"mine\.yaml:\d+: 'design\.patients' is '73O'", done.err)


@pytest.mark.parametrize(("prevalence", "trials"), [("0", 1), ("1", 1), ("0.3", 2)])
def test_stated_patients_at_the_limits_of_prevalence(shell: Shell, prevalence: str, trials: int) -> None:
    found = asked(shell, "simulate", "--prevalence", prevalence, "--trials", "30", "--patients", "100")
    assert len(found["enrolled"]) == trials


def test_an_adaptive_trial_enriches_where_the_others_are_harmed(shell: Shell) -> None:
    words = ("adaptive", "--prevalence", "0.3", "--hr", "0.4", "--hr-negative", "1.6", "--trials", "60")
    found = asked(shell, *words)
    assert found["enriched"]["value"] > 0.6
    assert found["claims_positive"]["value"] > found["claims_all"]["value"]
    assert found["claims_any"]["standard_error"] > 0


@pytest.mark.slow
def test_a_trial_from_virtual_tumours(shell: Shell) -> None:
    found = asked(shell, "simulate", "--from-lines", "--tumours", "8", "--immune", "augmented", "--trials", "30",
                  "--patients", "100", "--out", "bench")  # fmt: skip
    assert found["tumours"]["number"] == 8
    assert Path("bench/figures/kill.svg").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("simulate", "--panel", "nsclc"), "--panel: speaks of virtual tumours"),
        (("simulate", "--from-lines", "--prevalence", "0.3"), "the prevalence follows from the tumours"),
        (("simulate", "--median", "0"), "--median: '0' is no number that fits"),
        (("simulate", "--assay", "0.9"), "--assay: '0.9' has 1 numbers"),
        (("events", "--hr", "-1"), "hazard_ratio: '-1' is no number"),
        (("size", "--control", "0.1", "--accrual", "1", "--duration", "2"), "both arms need one number each"),
        (("boundaries", "--at", "0,1"), "information: '0' is no number"),
        (("boundaries", "--at", "a,1"), "'a' in 'a,1' is no number"),
        (("enrichment", "--prevalence", "0", "--hr-positive", "0.5"), "calls nobody positive"),
        (("enrichment", "--prevalence", "0.3", "--hr-positive", "0.5", "--figure", "x"), "draws cut-offs"),
        (("gate", "--treated", "13"), "nothing is asked, or half of it"),
        (("gate", "--treated", "13", "--control", "5/29"), "'13' is no number of responders"),
        (("assurance", "--events", "0", "--hr", "1"), "events: '0' is no number"),
        (("dilution", "--shares", "0.3,0.3", "--hr", "0.5,1"), "shares add up to '0.6'"),
        (("run", "trylinx"), "Did you mean 'trilynx'?"),
    ],
)
def test_what_cannot_be_meant_is_told_in_words(shell: Shell, words: tuple[str, ...], told: str) -> None:
    done = shell("trial", *words)
    assert done.code == WRONG_INPUT
    assert told in done.err
