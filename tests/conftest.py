"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The suite draws the same examples every time, so that a red run is a change's doing and can be repeated.
# HYPOTHESIS_PROFILE=exploring draws new ones. How long an example takes is the machine's doing and no reason to fail.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("reproducible", UNHURRIED, derandomize=True)
settings.register_profile("exploring", UNHURRIED, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "reproducible"))

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real instrument files that lies beside a checkout where there is one."""
    folder = CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real instrument files are missing: there is no ../shared/data beside the checkout")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's chromium."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium is not installed: 'apt-get install chromium' brings it")
    return found


@pytest.fixture(scope="session", autouse=True)
def own_index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test writes to the index of the person who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVPI_HOME", str(tmp_path_factory.mktemp("avpi-home")))
        patch.delenv("AVPI_DATABASE", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def control_c_is_heard() -> Iterator[None]:
    """What a shell starts in the background ignores control-C, and so would every process that a test starts."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
