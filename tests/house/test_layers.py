"""The contract of the layers, and that the command line answers without the heavy libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.checkout import CHECKOUT

HEAVY = ("pandas", "scipy", "matplotlib", "numpy", "sqlalchemy", "pydantic", "pyarrow", "rich")


def test_the_layers_hold_and_every_folder_has_its_place() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint_imports, "--no-cache"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("what", ["from avpi.cli.main import run_command; run_command(['--help'])", "import avpi"])
def test_help_and_a_bare_import_load_no_heavy_library(what: str) -> None:
    # A clock would measure how busy the machine is; what is imported decides how long it takes.
    program = f"{what}\nimport sys\nprint('loaded:', *sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = done.stdout.rsplit("loaded:", 1)[1].split()
    assert set(loaded) & set(HEAVY) == set()
