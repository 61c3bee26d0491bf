"""Published models against libroadrunner (CVODE at 1e-10): the nominal cell closely, drawn cells at the default."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import roadrunner

from avpi.solver.draws import LogNormal
from avpi.solver.model import Model
from avpi.solver.simulate import Floats, simulate

pytestmark = pytest.mark.shared_data

HOURS_72 = 72 * 3600.0
TIMES = 73
NOISE = 1e-6
"""A species whose maximum is below this fraction of the largest one is what the integrator's own error makes of it."""
CELLS = 20


@dataclass(frozen=True)
class Published:
    model: Model
    reference: Any
    times: Floats

    def expected(self) -> Floats:
        """Return what libroadrunner gives for the parameters that were set in it, (times, species)."""
        self.reference.reset()
        return np.array(self.reference.simulate(0, self.times[-1], self.times.size))

    def worst(self, values: Floats, expected: Floats) -> float:
        """Return the largest error of a species that counts, relative to its maximum."""
        largest = expected.max(axis=0)
        counts = largest > NOISE * largest.max()
        assert counts.sum() >= 8
        return float((np.abs(values - expected).max(axis=0)[counts] / largest[counts]).max())


@pytest.fixture(
    scope="module", params=[("EARM_M1a.xml", HOURS_72), ("NERM.xml", HOURS_72), ("Bachmann_MSB2011.xml", 240.0)]
)
def published(request: pytest.FixtureRequest, shared_data: Path) -> Published:
    name, end = request.param
    path = shared_data / "models" / name
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_CRITICAL)
    reference = roadrunner.RoadRunner(str(path))
    reference.integrator.relative_tolerance = 1e-10
    reference.integrator.absolute_tolerance = 1e-12
    reference.integrator.maximum_num_steps = 10**6
    model = Model.from_sbml(path)
    reference.timeCourseSelections = [f"[{state}]" for state in model.states]
    return Published(model, reference, np.linspace(0, end, TIMES))


def test_the_nominal_cell_agrees_to_a_millionth_of_each_maximum(published: Published) -> None:
    result = simulate(published.model, times=published.times, rtol=1e-9)
    assert published.worst(result.values[0], published.expected()) < 1e-6


def test_the_nominal_cell_agrees_with_the_check_method(published: Published) -> None:
    result = simulate(published.model, times=published.times, rtol=1e-7, method="rodas4")
    assert published.worst(result.values[0], published.expected()) < 1e-5


def test_every_cell_starts_where_the_model_says(published: Published) -> None:
    result = simulate(published.model, times=published.times)
    np.testing.assert_allclose(result.values[0, 0], published.expected()[0], rtol=1e-12)


def test_every_drawn_cell_agrees_at_the_default_tolerance(published: Published) -> None:
    model = published.model
    volumes_and_held = {*model.equations.volumes, *model.equations.held}
    drawn = [name for name in model.parameters if name not in volumes_and_held]
    cells = LogNormal(cells=CELLS, sigma=0.5, seed=11)
    result = simulate(model, cells, times=published.times)
    values = simulate(model, cells, times=published.times, observables=drawn).values[:, 0]
    assert not result.failed.any()
    original = {name: published.reference[name] for name in drawn}
    worst = []
    for cell in range(CELLS):
        for name, value in zip(drawn, values[cell], strict=True):
            published.reference[name] = value
        expected = published.expected()
        assert published.reference[drawn[0]] == values[cell, 0]
        worst.append(published.worst(result.values[cell], expected))
    for name, value in original.items():
        published.reference[name] = value
    assert max(worst) < 1e-3
