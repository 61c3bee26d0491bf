"""The figure of the fits along the lanes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from avpi.blot.lane_profile import LaneProfile
from avpi.report.drawing import style
from avpi.report.figures_profiles import draw_profiles
from avpi.result import Result


def _profile(lane: int, role: str) -> LaneProfile:
    rows = np.arange(100.0, 140.0)
    band = 500 * lane * np.exp(-0.5 * ((rows - 120) / 4) ** 2)
    observed = 1000 + 2 * rows + band
    observed[19:21] = np.nan
    return LaneProfile(
        lane=lane, role=role, name="cIAP1", rows_px=rows, observed=observed, background=1000 + 2 * rows,  # type: ignore[arg-type]
        bands=band[None, :], band_names=("cIAP1",),
    )  # fmt: skip


def test_every_lane_has_a_panel_and_its_points(made: Result) -> None:
    blot = replace(made.blots[0], profiles=tuple(_profile(i, r) for r in ("target", "control") for i in range(1, 11)))
    with style():
        (drawing,) = draw_profiles(blot, "blot")
    assert drawing.name == "blot-profiles"
    assert len(drawing.points) == 20 * 40
    assert set(drawing.points["lane"]) == set(range(1, 11))


def test_without_fits_there_is_no_figure(made: Result) -> None:
    assert draw_profiles(made.blots[0], "blot") == []
