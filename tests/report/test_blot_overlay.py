"""The overlay of a blot: boxes that can be seen and told apart, numbers that do not run into each other."""

from __future__ import annotations

import io
from typing import Literal, get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from avpi.blot.results import Band, BandRole, BandState
from avpi.readings import BlotImage
from avpi.report.blot_overlay import draw_overlay, stacked, stand_apart
from avpi.report.palette import BAND_STATES

BLUE = tuple(int(BAND_STATES["measured"][0][i : i + 2], 16) for i in (1, 3, 5))

LEGEND_ROW = 325
"""Of a page with a picture of 100 rows, enlarged three times: the legend stands below."""


def band(
    role: BandRole, x: float, *, state: BandState = "measured", origin: Literal["auto", "manual"] = "auto"
) -> Band:
    """Return a box of 20 by 10 px."""
    return Band(
        role=role, name=role, x_px=x, y_px=50.0, width_px=20.0, height_px=10.0, volume=1.0, volume_se=0.1,
        detection_limit=0.1, saturated_fraction=0.0, state=state, origin=origin,
    )  # fmt: skip


def overlay(
    bands: list[Band], lanes: list[tuple[int, float, str]], *, level: int = 500, width: int = 300
) -> np.ndarray:
    """Return the drawn page (rows, columns, 3) of an even picture with one bright and one dark corner."""
    pixels = np.full((100, width), level, np.uint16)
    pixels[0, : width // 2], pixels[-1, : width // 2] = 1000, 0
    image = BlotImage(pixels=pixels, bits=16, lossy=False, tag_polarity="unknown", source="a.tif")
    page = draw_overlay(image, bright=True, lanes=lanes, bands=bands, title="/a/b/a.tif")
    with Image.open(io.BytesIO(page)) as shown:
        return np.asarray(shown.convert("RGB")).astype(np.int64)


def ink(page: NDArray[np.int64]) -> int:
    """Return how many pixels have the colour of a measured band's box."""
    return int((np.abs(page - BLUE).max(axis=2) < 8).sum())


def test_roles_differ_without_colour() -> None:
    target, control, neighbour = (ink(overlay([band(role, 60.0)], [])) for role in get_args(BandRole))
    assert target > 1.2 * control > 1.2 * neighbour > 0


@pytest.mark.parametrize("level", [0, 500, 1000])
def test_a_box_has_a_pale_rim_on_any_ground(level: int) -> None:
    page = overlay([band("target", 60.0)], [], level=level)[:LEGEND_ROW]
    rows, columns = np.nonzero(np.abs(page - BLUE).max(axis=2) < 8)
    left, middle = columns.min(), round(rows.mean())
    assert (page[middle, left - 1] == 255).all()


def test_a_box_moved_by_hand_is_doubled() -> None:
    once = ink(overlay([band("target", 60.0)], []))
    assert ink(overlay([band("target", 60.0, origin="manual")], [])) > 1.7 * once


def test_numbers_of_near_lanes_are_turned_and_stay_apart() -> None:
    assert stand_apart([0.0, 60.0, 120.0], [50.0, 50.0, 50.0], 6.0)
    assert not stand_apart([0.0, 55.0], [50.0, 50.0], 6.0)
    assert stand_apart([0.0, 20.0, 60.0], [50.0, 0.0, 50.0], 6.0)
    far = overlay([], [(1, 100.0, "12.3%"), (2, 700.0, "45.6%")], width=1300)
    near = overlay([], [(i, 30.0 * i, "100.0%") for i in range(1, 42)], width=1300)
    assert near.shape[0] > far.shape[0] + 20


def test_a_letter_stands_inside_the_box_of_its_own_lane() -> None:
    plain = overlay([band("target", 60.0), band("target", 81.0)], [])
    lettered = overlay([band("target", 60.0), band("target", 81.0, state="below_detection")], [])
    differs = np.nonzero(np.abs(plain - lettered)[:LEGEND_ROW].max(axis=2))[1]
    assert differs.min() >= 8 + (81 - 10) * 3 - 3


def test_pages_stand_below_each_other() -> None:
    image = BlotImage(
        pixels=np.arange(3000, dtype=np.uint16).reshape(30, 100), bits=16, lossy=False, tag_polarity="unknown",
        source="a.tif",
    )  # fmt: skip
    page = draw_overlay(image, bright=True, lanes=[(1, 50.0, "")], bands=[], title="a.tif")
    with Image.open(io.BytesIO(page)) as one, Image.open(io.BytesIO(stacked([page, page]))) as two:
        assert two.size == (one.width, 2 * one.height)
