"""A cluster for the tests of this folder, and a cache that is nobody's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from avpi.solver.model import Model
from tests.compute.cascade import CASCADE
from tests.compute.cluster_processes import ClusterProcesses


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVPI_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory, own_cache: None) -> Iterator[ClusterProcesses]:
    """A scheduler of its own for each file of tests; its workers come and go."""
    running = ClusterProcesses(tmp_path_factory.mktemp("cluster"))
    try:
        yield running
    finally:
        running.end()


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.from_sbml_text(CASCADE)
