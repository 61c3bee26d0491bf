"""A picture of a blot with every box that was read, in pixels: for the eye that checks where the numbers come from."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from avpi.blot.results import Band
from avpi.readings import BlotImage
from avpi.report.palette import BAND_STATES

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

DISPLAY_PERCENTILES: Final = (0.5, 99.8)
"""Grey levels between these percentiles are spread over the display; a choice for the eye only (assumed)."""
LEAST_WIDTH_PX: Final = 900
"""Smaller pictures are enlarged by a whole number to about this width, so that boxes and numbers can be read."""
HEAD_PX, FOOT_PX = 26, 40
"""Room above the picture for the lanes' numbers, and below it for what was found."""


def draw_overlay(
    image: BlotImage, *, bright: bool, lanes: Sequence[tuple[int, float, str]], bands: Sequence[Band], title: str
) -> bytes:
    """Return a PNG: the blot with dark bands on a light ground, boxes, lanes' numbers and a line for each lane.

    Parameters
    ----------
    bright : whether the file stores bright bands.
    lanes : number, column (px) and a word or number for the foot of each lane.
    bands : boxes on this image; the letter says measured (M), below detection (B), saturated (S) or missing (X), solid
        the target and the control, dashed a neighbour, doubled a box moved by hand.
    """
    from PIL import Image, ImageDraw

    low, high = (float(x) for x in np.percentile(image.pixels, DISPLAY_PERCENTILES))
    shown = np.clip((image.pixels.astype(np.float32) - low) / max(high - low, 1.0), 0, 1)
    grey = np.rint((1 - shown if bright else shown) * 255).astype(np.uint8)
    scale = max(1, LEAST_WIDTH_PX // grey.shape[1])
    if scale > 1:
        grey = np.repeat(np.repeat(grey, scale, axis=0), scale, axis=1)
    rows, columns = grey.shape
    page = Image.new("RGB", (columns, rows + HEAD_PX + FOOT_PX), "white")
    page.paste(Image.fromarray(grey), (0, HEAD_PX))
    pen = ImageDraw.Draw(page)
    for number, x_px, foot in lanes:
        x = (x_px + 0.5) * scale
        pen.text((x, HEAD_PX - 3), str(number), fill="black", anchor="mb", font_size=16)
        pen.text((x, HEAD_PX + rows + 4), foot, fill="black", anchor="mt", font_size=12)
    for band in bands:
        _draw_box(pen, band, scale)
    pen.text((4, HEAD_PX + rows + FOOT_PX - 3), title, fill="black", anchor="lb", font_size=12)
    kept = io.BytesIO()
    page.save(kept, format="PNG", optimize=False)
    return kept.getvalue()


def _draw_box(pen: ImageDraw, band: Band, scale: int) -> None:
    colour, letter, _ = BAND_STATES[band.state]
    left, top = (band.x_px - band.width_px / 2 + 0.5) * scale, (band.y_px - band.height_px / 2 + 0.5) * scale + HEAD_PX
    right, bottom = left + band.width_px * scale, top + band.height_px * scale
    if band.role == "neighbour":
        for start in np.arange(left, right, 8.0):
            for y in (top, bottom):
                pen.line((float(start), y, min(float(start) + 4, right), y), fill=colour, width=1)
        return
    pen.rectangle((left, top, right, bottom), outline=colour, width=2)
    if band.origin == "manual":
        pen.rectangle((left - 3, top - 3, right + 3, bottom + 3), outline=colour, width=1)
    pen.text((right + 1, top), letter, fill=colour, anchor="lt", font_size=12)


def stacked(pages: Sequence[bytes]) -> bytes:
    """Return pictures below each other as one PNG."""
    from PIL import Image

    pictures = [Image.open(io.BytesIO(page)) for page in pages]
    whole = Image.new("RGB", (max(p.width for p in pictures), sum(p.height for p in pictures)), "white")
    top = 0
    for picture in pictures:
        whole.paste(picture, (0, top))
        top += picture.height
    kept = io.BytesIO()
    whole.save(kept, format="PNG", optimize=False)
    return kept.getvalue()
