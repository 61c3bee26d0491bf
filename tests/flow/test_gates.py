"""Debris and doublets are removed; dying cells, which shrink, are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpi.errors import NotAnalysed
from avpi.flow.cells import scatter_reference, single_cells
from avpi.flow.density import half_sample_mode
from avpi.readings import CellEvents
from tests.flow.simulated_cells import Staining, quadrants, tube

HEALTHY, DYING, DEAD = quadrants(0.95, 0.02, 0.02, 0.01), quadrants(0.4, 0.3, 0.25, 0.05), quadrants(0, 0.3, 0.6, 0.1)


def without(events: CellEvents, *names: str) -> CellEvents:
    kept = [i for i, channel in enumerate(events.channels) if channel.name not in names]
    return replace(events, stored=events.events[:, kept], channels=tuple(events.channels[i] for i in kept))


@pytest.mark.parametrize("shares", [HEALTHY, DYING, DEAD], ids=["healthy", "dying", "dead"])
@pytest.mark.parametrize("debris", [0.02, 0.10, 0.60])
def test_debris_is_removed_and_dying_cells_are_kept(shares: dict[str, float], debris: float) -> None:
    events = tube(shares, np.random.default_rng(1), staining=Staining(debris=debris))
    cells = single_cells(events, "s")
    assert int(cells.is_cell.sum()) == pytest.approx(4200, rel=0.01)
    assert len(cells.singlets) == pytest.approx(4000, rel=0.015)


def test_without_debris_nothing_is_removed() -> None:
    events = tube(DYING, np.random.default_rng(2), staining=Staining(debris=0))
    assert single_cells(events, "s").is_cell.all()


def test_the_debris_gate_of_the_controls_is_kept_for_samples() -> None:
    random = np.random.default_rng(3)
    reference = scatter_reference([tube(HEALTHY, random)])
    assert reference is not None
    assert reference.cell_mode == pytest.approx(100_000, rel=0.1)
    gate = single_cells(tube(DEAD, random), "s", reference=reference).gates[0]
    assert gate.origin == "controls"
    assert gate.vertices[0, 0] == reference.debris_limit


def test_doublets_are_removed_even_where_there_are_many() -> None:
    events = tube(HEALTHY, np.random.default_rng(4), staining=Staining(doublets=0.3))
    assert len(single_cells(events, "s").singlets) == pytest.approx(4000, rel=0.02)


def test_without_height_doublets_stay_and_a_note_says_so() -> None:
    events = without(tube(HEALTHY, np.random.default_rng(5)), "FSC-H")
    cells = single_cells(events, "s")
    assert [finding.code for finding in cells.findings] == ["no_singlet_gate"]
    assert [gate.name for gate in cells.gates] == ["cells"]


def test_without_scatter_everything_counts_as_a_cell_and_a_warning_says_so() -> None:
    cells = single_cells(without(tube(HEALTHY, np.random.default_rng(6)), "FSC-A", "FSC-H", "SSC-A"), "s")
    assert [(f.code, f.severity) for f in cells.findings] == [("no_scatter_channels", "warning")]
    assert cells.is_single.all()


def test_events_that_are_not_finite_are_left_out_and_counted() -> None:
    events = tube(HEALTHY, np.random.default_rng(7), cells=500)
    values = events.events.copy()
    values[:3, 0] = (np.nan, np.inf, -np.inf)
    cells = single_cells(replace(events, stored=values), "s")
    assert len(cells.linear) == len(values) - 3
    assert "3 of" in cells.findings[0].text
    with pytest.raises(NotAnalysed) as caught:
        single_cells(replace(events, stored=np.full_like(values, np.nan)), "s")
    assert caught.value.code == "no_events"


def test_gate_counts_follow_each_other() -> None:
    cells = single_cells(tube(DYING, np.random.default_rng(8)), "s")
    debris, singlets = cells.gates
    assert (debris.of, debris.passed) == (len(cells.linear), int(cells.is_cell.sum()))
    assert (singlets.of, singlets.passed) == (debris.passed, len(cells.singlets))


def test_the_mode_of_a_skewed_sample_is_not_its_mean() -> None:
    values = np.exp(np.random.default_rng(9).normal(0, 0.5, 20_000))
    assert half_sample_mode(values) == pytest.approx(np.exp(-0.25), abs=0.12)
    assert half_sample_mode(np.array([1.0])) == 1
