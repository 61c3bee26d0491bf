"""docs/study-format.md and the schema say the same."""

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from avpi.names import find_reagent
from avpi.quantity import format_minutes, format_molar
from avpi.study import schema
from avpi.study.conditions import ConditionWords
from tests.study.studies import read

PAGE = (Path(__file__).parents[2] / "docs" / "study-format.md").read_text("utf-8")
SECTIONS: dict[str, type[BaseModel]] = {
    "Top level": schema.StudyFile,
    "`reagents`": schema.OwnReagent,
    "`blots`": schema.Blot,
    "`blots.exposures`": schema.Exposure,
    "`blots.lanes`": schema.Lane,
    "`blots.loading_control`": schema.LoadingControl,
    "`blots.neighbours`": schema.Neighbour,
    "`plates`": schema.PlateFile,
    "`plates.layout`": schema.Layout,
    "`cytometry`": schema.Cytometry,
    "`cytometry.controls`": schema.Controls,
    "`samples`": schema.Sample,
    "`rules`": schema.Rules,
}


def rows(heading: str) -> dict[str, list[str]]:
    """Return the table below a heading: key -> the other cells."""
    body = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in body.splitlines() if line.startswith("| `")
    ]
    return {row[0].strip("`"): row[1:] for row in cells}


def keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def test_every_part_of_the_schema_has_its_section() -> None:
    parts = {model for model in vars(schema).values() if isinstance(model, type) and issubclass(model, schema.Declared)}
    assert parts - {schema.Declared} == set(SECTIONS.values())


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_key_is_documented_in_order_and_no_other(heading: str) -> None:
    assert list(rows(heading)) == keys(SECTIONS[heading])


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_key_has_a_meaning_a_default_and_an_example(heading: str) -> None:
    for key, cells in rows(heading).items():
        assert len(cells) == 3, key
        assert all(cells), key


@pytest.mark.parametrize("heading", SECTIONS)
def test_the_defaults_are_those_of_the_schema(heading: str) -> None:
    for field, (key, (_, default, _)) in zip(
        SECTIONS[heading].model_fields.values(), rows(heading).items(), strict=True
    ):
        assert field.is_required() == (default == "required"), key
        value = field.default
        if value in (PydanticUndefined, None, ()) or isinstance(value, BaseModel):
            assert not default.startswith("`"), key
            continue
        written = {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
        if key in ("engagement_by", "rebound_from"):
            written = f"{value:g} min"
        if key == "lytic_dose":
            written = format_molar(value)
        assert default == f"`{written}`", key


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_word_that_a_key_may_hold_is_named(heading: str) -> None:
    for (key, cells), field in zip(rows(heading).items(), SECTIONS[heading].model_fields.values(), strict=True):
        options = [value for value in get_args(field.annotation) if isinstance(value, str)]
        assert all(f"`{option}`" in cells[0] for option in options), key


def test_the_whole_study_on_the_page_is_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    study = read(tmp_path, example)
    assert study.experiments == ("day 1", "day 2", "day 3")
    assert format_minutes(study.plates[0].minutes_after_dose or 0) == "24 h"


def test_every_arm_of_the_matrix_is_a_condition() -> None:
    words = ConditionWords(compound="birinapant", working_doses={})
    body = PAGE.split("## The matrix of Protocol B", 1)[1].split("\n## ", 1)[0]
    arms = [arm for arm in re.findall(r"`([^`]+)`", body)]
    assert len(arms) >= 11
    for arm in arms:
        assert all(find_reagent(reagent) for reagent in arm.split("+"))
        assert words.condition(arm).additions
