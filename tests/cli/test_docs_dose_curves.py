"""What the page about dose-response curves shows is run: its Python and its commands, in their order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from avpi.cli.main import DONE, run_command
from avpi.dose import table_nulls
from avpi.dose.fit_columns import DESCRIPTIONS
from tests.dose.test_curve_table import SMALL_NULL
from tests.house.checkout import CHECKOUT

PAGE = (CHECKOUT / "docs" / "howto" / "dose-curves.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(table_nulls, "NULL_SIZES", SMALL_NULL)
    names: dict[str, Any] = {}
    printed, shown = [], []
    for language, text in BLOCKS:
        if language == "python":
            exec(compile(text, "dose-curves.md", "exec"), names)
        elif not text.startswith("avpi "):
            shown += text.splitlines()
        for command in text.splitlines() if text.startswith("avpi ") else ():
            capsys.readouterr()
            assert run_command(shlex.split(command)[1:]) == DONE, capsys.readouterr().err
            printed += capsys.readouterr().out.splitlines()
    assert shown
    simulated = re.compile(r"p = 0\.\d+")  # with fewer flat curves than the page has
    assert {simulated.sub("p", line) for line in shown} <= {simulated.sub("p", line) for line in printed}
    assert Path("fits.parquet").is_file()


def test_the_page_explains_every_column() -> None:
    rows = re.findall(r"^\| (`.+?) \|", PAGE, re.MULTILINE)
    explained = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(explained) == sorted(DESCRIPTIONS)
