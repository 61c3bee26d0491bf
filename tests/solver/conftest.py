"""One cache of compiled code for all tests of the engine, and none of the person who runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="package", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVPI_CACHE", str(tmp_path_factory.mktemp("avpi-cache")))
        yield
