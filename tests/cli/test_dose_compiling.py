"""Who waits for code to be compiled is told so, and only then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avpi.cli import dose_compiling
from avpi.cli.terminal import Terminal
from avpi.compute import compiled as module
from avpi.dose import table_nulls
from tests.cli.conftest import Shell
from tests.dose.test_curve_table import SMALL_NULL

SAID = "once on this machine"


@pytest.mark.parametrize("kept", [True, False])
def test_the_first_run_says_that_it_compiles(
    kept: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "is_kept", lambda function: kept)
    dose_compiling.say_if_fitter_is_compiled(Terminal())
    dose_compiling.say_if_synergy_is_compiled(Terminal(), musyc=False)
    dose_compiling.say_if_synergy_is_compiled(Terminal(), musyc=True)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count(SAID) == (0 if kept else 4)
    assert ("MuSyC" in said.err) is not kept


def test_the_commands_ask(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "is_kept", lambda function: False)
    monkeypatch.setattr(table_nulls, "NULL_SIZES", SMALL_NULL)
    doses = [0, *10.0 ** np.arange(6)]
    rows = "".join(f"a,{dose:g},{1 - 0.9 * dose / (dose + 100):g}\n" for dose in doses)
    (tmp_path / "one.csv").write_text(f"compound,dose_nM,viability\n{rows}")
    assert f"compiling the fitter, {SAID}" in shell("dose", "fit", "one.csv").err
    assert SAID not in shell("dose", "fit", "one.csv", "--quiet").err
    rows = "".join(f"{a},{b},{1 / (1 + a + b):g}\n" for a in (0, 1, 2, 4) for b in (0, 1, 2, 4))
    (tmp_path / "pair.csv").write_text(f"dose_a,dose_b,response\n{rows}")
    done = shell("dose", "synergy", "pair.csv", "--models", "bliss", "--draws", 20)
    assert f"compiling the fitter of dose matrices, {SAID}" in done.err
