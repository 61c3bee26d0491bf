"""Engagement is read on cIAP1: blots of other proteins show neither its window nor its threshold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from avpi.report.anchors import anchors
from avpi.report.drawing import style
from avpi.report.figures_blot import draw_blot
from avpi.report.page import page
from avpi.result import Result
from tests.report.conftest import COMMAND


@pytest.mark.parametrize(("target", "shown"), [("cIAP1", True), ("XIAP", False)])
def test_only_ciap1_is_drawn_with_the_window_of_engagement(made: Result, target: str, shown: bool) -> None:
    blot = replace(made.blots[0], target=target)
    with style():
        course = draw_blot(blot, "blot", made.study.rules)[1]
    assert ("engaged" in course.svg) is shown


def test_only_ciap1_is_said_to_be_lost_by_the_engagement_time(made: Result) -> None:
    def report(target: str) -> str:
        result = replace(made, blots=(replace(made.blots[0], target=target),), plates=(), samples=())
        where = anchors(result)
        return page(result, {where[made.blots[0].name]: []}, where, command=COMMAND)

    assert "Lost by 30 min" in report("cIAP1")
    other = report("XIAP")
    assert "Lost by 30 min" not in other
    assert "Engagement is read on cIAP1" in other
