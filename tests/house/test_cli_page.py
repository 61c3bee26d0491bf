"""The page of the command line is what ``--help`` says, and every command keeps the house's form."""

from __future__ import annotations

import re

import pytest

from avpi.cli.document import page, walk
from avpi.cli.house import HouseCommand, LazyGroup
from avpi.cli.main import avpi
from tests.house.checkout import CHECKOUT

COMMANDS = [(context.command_path, command, context) for command, context in walk(avpi)]
SCREEN_LINES = 40


def test_the_page_is_what_help_says() -> None:
    written = (CHECKOUT / "docs" / "reference" / "cli.md").read_text("utf-8")
    assert written == page(), "renew it: python -m avpi.cli.document > docs/reference/cli.md"


@pytest.mark.parametrize(("path", "command", "context"), COMMANDS, ids=[row[0] for row in COMMANDS])
def test_help_is_a_sentence_two_examples_and_fits_a_screen(path, command, context) -> None:  # type: ignore[no-untyped-def]
    assert isinstance(command, HouseCommand | LazyGroup)
    assert len(command.examples) == 2
    assert all(example.startswith("avpi ") for example, _ in command.examples)
    assert (command.help or "").rstrip().endswith(".")
    assert len(command.get_help(context).splitlines()) <= SCREEN_LINES
    options = {option for parameter in command.params for option in parameter.opts}
    if not isinstance(command, LazyGroup):
        assert {"--json", "--quiet", "--no-color"} <= options, path


def test_every_command_in_the_texts_exists() -> None:
    known = {path for path, _, _ in COMMANDS}
    pages = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
    for page_file in pages:
        for mention in re.findall(r"^avpi ([a-z]+)", page_file.read_text("utf-8"), re.MULTILINE):
            assert f"avpi {mention}" in known, f"{page_file.name}: avpi {mention}"
