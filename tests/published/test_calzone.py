"""Mutants of the Boolean cell-fate model of Calzone 2010: where ours agrees, it must go on agreeing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.house.checkout import CHECKOUT
from tests.published.calzone import FATES, mutants, reachable_fates, row_of

PAGE = CHECKOUT / "docs" / "explanation" / "pathway.md"
AGREEING = [mutant for mutant in mutants() if "why" not in mutant]


def test_the_boolean_wild_type_reaches_all_three_fates() -> None:
    assert reachable_fates({}) == set(FATES)
    assert reachable_fates({"TNF": False}) == {"alive"}


@pytest.mark.slow
@pytest.mark.parametrize("mutant", AGREEING, ids=lambda mutant: str(mutant["name"]))
def test_ours_reaches_the_fates_of_the_boolean_model(mutant: Mapping[str, Any]) -> None:
    row = row_of(mutant)
    assert row.ours == row.boolean, dict(row.shares)


def test_the_page_has_the_table_with_every_mutant_and_why_some_differ() -> None:
    rows = dict(
        re.findall(r"^\| (.+?) \| .+? \| .+? \| (agrees|\*\*differs\*\*: .+?) \|$", PAGE.read_text("utf-8"), re.M)
    )
    told = {mutant["name"]: f"**differs**: {mutant['why']}" if "why" in mutant else "agrees" for mutant in mutants()}
    assert rows.keys() == told.keys(), "python -m tests.published.calzone prints the table"
    assert {name for name, verdict in rows.items() if verdict not in ("agrees", told[name])} == set()
