"""Above the fold: what a reader must not miss stands there, whatever else was found."""

from __future__ import annotations

from dataclasses import replace

from avpi.estimate import Finding
from avpi.report.anchors import anchors
from avpi.report.grouped import grouped
from avpi.report.not_used import parts_not_used
from avpi.report.page import page
from avpi.result import Result
from tests.report.conftest import COMMAND


def remark(lane: int) -> Finding:
    return Finding(code="eight_bit", severity="warning", text=f"lane {lane} has 8 bits", subject=f"blot{lane}")


def test_forty_remarks_on_images_do_not_hide_that_the_readouts_disagree(made: Result) -> None:
    odd = Finding(code="readouts_disagree", severity="warning", text="ATP falls and no cell dies.", subject="SM")
    blot = replace(made.blots[0], findings=tuple(remark(i) for i in range(40)))
    result = replace(made, blots=(blot,), verdict=replace(made.verdict, findings=(odd,)))
    groups = grouped(result, "blocking", "warning")
    codes = [group.code for group in groups if group.severity == "warning"]
    assert codes.index("readouts_disagree") < codes.index("eight_bit")
    (remarks,) = [group for group in groups if group.code == "eight_bit"]
    assert (len(remarks.subjects), remarks.more, remarks.text) == (40, 39, "lane 0 has 8 bits")
    html = page(
        result, {"": [], **{anchor: [] for anchor in anchors(result).values()}}, anchors(result), command=COMMAND
    )
    verdict = html[html.index('id="verdict"') : html.index('id="tree"')]
    assert verdict.index("ATP falls") < verdict.index("lane 0 has 8 bits")
    assert "and 32 more" in verdict
    assert "lane 39 has 8 bits" in html[html.index('id="blots"') :]


def test_what_is_not_determined_wears_no_probability_and_no_colour_of_a_call(made: Result) -> None:
    verdict = replace(
        made.verdict, called="not_determined", probability=0.9999, best="not_determined/kills_with_tnf",
        leaves={"not_determined/kills_with_tnf": 0.9999}, leaves_if_engaged={},
    )  # fmt: skip
    result = replace(made, verdict=verdict)
    html = page(
        result, {"": [], **{anchor: [] for anchor in anchors(result).values()}}, anchors(result), command=COMMAND
    )
    shown = html[html.index('id="verdict"') : html.index('id="tree"')]
    assert "share of draws &gt; 99 %" in shown
    assert ">probability" not in shown
    assert "var(--bar)" not in shown


def test_a_part_that_its_gate_stopped_is_among_those_not_used_and_says_why(made: Result) -> None:
    stop = Finding(code="z_prime_failed", severity="blocking", text="Z′ is −0.12.", subject="plate1")
    stopped = replace(made.plates[0], passes=False, findings=(stop,))
    twin = Finding(code="pseudoreplication", severity="blocking", text="The same data.", subject=made.blots[0].name)
    result = replace(made, plates=(stopped,), samples=(), failed=(), verdict=replace(made.verdict, findings=(twin,)))
    assert [(part.name, part.why) for part in parts_not_used(result)] == [
        (stopped.name, "Z′ is −0.12."), (made.blots[0].name, "The same data."),
    ]  # fmt: skip


def test_the_words_of_a_user_cannot_turn_the_line_they_stand_in(html: str) -> None:
    assert "<h1><bdi>" in html
    assert "experiment <bdi>" in html
