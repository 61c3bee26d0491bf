"""One written run for all tests that only look at it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from avpi.report.write import RunFolder, write_results
from avpi.result import Result
from tests.report.made_result import make_result

COMMAND = ("avpi", "run", "my study")
HOSTILE_TITLE = "<script>alert('x')</script> & $\\frac{1}$ <b>TNF</b>"


def small(result: Result) -> Result:
    """Return a run with one part of each kind, quick to draw."""
    return replace(result, blots=result.blots[1:2], plates=result.plates[:1], samples=result.samples[1:2])


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return a made-up run."""
    return small(make_result(tmp_path_factory.mktemp("study"), title=HOSTILE_TITLE))


@pytest.fixture(scope="session")
def results_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the written run lies in."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="session")
def written(made: Result, results_folder: Path) -> RunFolder:
    """Return the made-up run, written."""
    return write_results(made, results_folder, command=COMMAND, run="first")


@pytest.fixture(scope="session")
def html(written: RunFolder) -> str:
    """Return the report of the made-up run."""
    return written.report.read_text("utf-8")
