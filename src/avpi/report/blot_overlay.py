"""A picture of a blot with every box that was read, in pixels: for the eye that checks where the numbers come from.

What a box stands for shows without colour: the target's has a whole outline, the loading control's its corners only, a
neighbour's dashes; a letter says where a band gave no plain number. Outlines lie on a pale rim, so that they are seen
on black bands and on white ground.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

import numpy as np

from avpi.blot.results import Band
from avpi.readings import BlotImage
from avpi.report.palette import BAND_STATES

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

DISPLAY_PERCENTILES: Final = (0.5, 99.8)
"""Grey levels between these percentiles are spread over the display; a choice for the eye only (assumed)."""
LEAST_WIDTH_PX: Final = 900
"""Smaller pictures are enlarged by a whole number to about this width, so that boxes and numbers can be read."""
LEAST_PITCH_PX, LARGEST_WIDTH_PX = 48, 2400
"""Lanes nearer than this are drawn farther apart by enlarging, up to this width."""
PLAIN_WIDTH_PX: Final = 1100.0
"""Letters and lines have their plain size on pictures up to this wide, and grow with wider ones."""
NUMBER_SIZE, FOOT_SIZE, LETTER_SIZE, SMALL_SIZE = 16, 13, 12, 12
"""Of letters on a picture of plain width, in px."""
GAP_PX: Final = 6
"""Between two numbers at the foot, on a picture of plain width; nearer ones are turned."""
TURNED_DEG: Final = 45.0
CORNER_SHARE: Final = 0.3
"""Of the sides of a control's box, drawn from each corner."""
BETWEEN_BOXES_PX: Final = 1.0
"""Of the picture, between the target's box and a neighbour's that would overlap it."""
ROLES: Final = (("target", "target"), ("control", "loading control"), ("neighbour", "neighbour"))
RIM: Final = "white"
INK: Final = "black"


@dataclass(frozen=True, slots=True)
class _Page:
    """A page under the pen: its pen, how much the picture is enlarged and letters grow, and where the picture lies."""

    pen: ImageDraw
    scale: int
    unit: float
    left: float
    top: float

    def size(self, px: float) -> float:
        return px * self.unit

    def at(self, x_px: float, y_px: float) -> tuple[float, float]:
        return self.left + (x_px + 0.5) * self.scale, self.top + (y_px + 0.5) * self.scale


def draw_overlay(
    image: BlotImage, *, bright: bool, lanes: Sequence[tuple[int, float, str]], bands: Sequence[Band], title: str
) -> bytes:
    """Return a PNG: the blot with dark bands on a light ground, boxes, lanes' numbers and a word for each lane.

    Parameters
    ----------
    bright : whether the file stores bright bands.
    lanes : number, column (px) and a word or number for the foot of each lane.
    bands : boxes on this image. A letter says below detection (B), saturated (S) or missing (X); a box moved by hand is
        doubled.
    """
    from PIL import Image, ImageDraw

    grey, scale = _shown(image, bright=bright, lanes=lanes)
    rows, columns = grey.shape
    unit = max(1.0, columns / PLAIN_WIDTH_PX)
    xs = [(x_px + 0.5) * scale for _, x_px, _ in lanes]
    widths = [_width(foot, FOOT_SIZE * unit) for _, _, foot in lanes]
    turned = not stand_apart(xs, widths, GAP_PX * unit)
    reach = math.sin(math.radians(TURNED_DEG)) * (max(widths, default=0.0) + FOOT_SIZE * unit)
    margin = math.ceil(max([8 * unit, *(reach - x for x in xs if turned)]))
    head, line = math.ceil((NUMBER_SIZE + 10) * unit), math.ceil((SMALL_SIZE + 8) * unit)
    foot = math.ceil((reach if turned else FOOT_SIZE * unit) + 10 * unit) if any(widths) else math.ceil(6 * unit)
    page = Image.new("RGB", (columns + 2 * margin, head + rows + foot + 2 * line), "white")
    page.paste(Image.fromarray(grey), (margin, head))
    under = _Page(pen=ImageDraw.Draw(page), scale=scale, unit=unit, left=margin, top=head)
    for (number, _, text), x in zip(lanes, xs, strict=True):
        place = (margin + x, head - 4 * unit)
        under.pen.text(place, str(number), fill=INK, anchor="mb", font_size=NUMBER_SIZE * unit)
        if text and not turned:
            place = (margin + x, head + rows + 6 * unit)
            under.pen.text(place, text, fill=INK, anchor="mt", font_size=FOOT_SIZE * unit)
        elif text:
            _turned_text(page, text, (margin + x, head + rows + 4 * unit), FOOT_SIZE * unit)
    targets = [band for band in bands if band.role == "target"]
    for role, _ in reversed(ROLES):
        for band in bands:
            if band.role == role:
                _draw_band(under, _beside(band, targets) if role == "neighbour" else band)
    _legend(under, bands, head + rows + foot + 0.5 * line, page.width - 2 * margin)
    name = PurePath(title).name + (": percent of vehicle" if any(text.strip(" -") for *_, text in lanes) else "")
    place = (margin, page.height - 0.5 * line)
    under.pen.text(place, name, fill=INK, anchor="lm", font_size=SMALL_SIZE * unit)
    kept = io.BytesIO()
    page.save(kept, format="PNG", optimize=False)
    return kept.getvalue()


def stand_apart(xs: Sequence[float], widths: Sequence[float], gap: float) -> bool:
    """Return whether texts centred at ``xs`` leave a gap between neighbours; empty ones are in nobody's way."""
    ends = sorted((x - width / 2, x + width / 2) for x, width in zip(xs, widths, strict=True) if width > 0)
    return all(right[0] - left[1] >= gap for left, right in pairwise(ends))


def _shown(
    image: BlotImage, *, bright: bool, lanes: Sequence[tuple[int, float, str]]
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.uint8]], int]:
    """Return the picture in grey levels for the eye, enlarged, and by how much."""
    low, high = (float(x) for x in np.percentile(image.pixels, DISPLAY_PERCENTILES))
    shown = np.clip((image.pixels.astype(np.float32) - low) / max(high - low, 1.0), 0, 1)
    grey = np.rint((1 - shown if bright else shown) * 255).astype(np.uint8)
    width = grey.shape[1]
    pitch = float(np.min(np.diff(sorted(x for _, x, _ in lanes)))) if len(lanes) > 1 else math.inf
    wanted = max(LEAST_WIDTH_PX / width, LEAST_PITCH_PX / max(pitch, 1.0))
    scale = max(1, min(math.ceil(wanted), LARGEST_WIDTH_PX // width))
    return np.repeat(np.repeat(grey, scale, axis=0), scale, axis=1), scale


def _width(text: str, size: float) -> float:
    from PIL import ImageFont

    return float(ImageFont.load_default(size).getlength(text)) if text else 0.0


def _turned_text(page: Image, text: str, end: tuple[float, float], size: float) -> None:
    """Write a text that rises to the right and ends at a point."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size)
    width, height = math.ceil(font.getlength(text)) + 2, math.ceil(1.3 * size)
    ink = Image.new("L", (width, height), 0)
    ImageDraw.Draw(ink).text((width - 1, height / 2), text, fill=255, anchor="rm", font=font)
    ink = ink.rotate(TURNED_DEG, expand=True, resample=Image.Resampling.BICUBIC)
    lift = 0.5 * height * math.sin(math.radians(TURNED_DEG))
    page.paste(INK, (round(end[0] - ink.width + lift), round(end[1] - 0.3 * lift)), ink)


def _beside(neighbour: Band, targets: Sequence[Band]) -> Band:
    """Return a neighbour with a box that ends at the target's, for the eye: the two bands may be read together."""
    low, high = neighbour.y_px - neighbour.height_px / 2, neighbour.y_px + neighbour.height_px / 2
    for target in targets:
        if abs(target.x_px - neighbour.x_px) > target.width_px / 2:
            continue
        if neighbour.y_px > target.y_px:
            low = max(low, min(target.y_px + target.height_px / 2 + BETWEEN_BOXES_PX, neighbour.y_px))
        else:
            high = min(high, max(target.y_px - target.height_px / 2 - BETWEEN_BOXES_PX, neighbour.y_px))
    return replace(neighbour, y_px=(low + high) / 2, height_px=high - low)


def _draw_band(page: _Page, band: Band) -> None:
    colour, letter, _ = BAND_STATES[band.state]
    # A centre lies in the middle of its pixel, and a box half its sides around it
    left, top = page.at(band.x_px - band.width_px / 2, band.y_px - band.height_px / 2)
    right, bottom = left + band.width_px * page.scale, top + band.height_px * page.scale
    _outline(page, (left, top, right, bottom), band.role, colour)
    if band.origin == "manual":
        away = 4 * page.unit
        _outline(page, (left - away, top - away, right + away, bottom + away), band.role, colour)
    if band.role != "neighbour" and band.state != "measured":
        # Inside its own box: nothing else stands there, however near the lanes are
        place = (left + 4 * page.unit, (top + bottom) / 2)
        page.pen.text(
            place, letter, fill=colour, anchor="lm", font_size=page.size(LETTER_SIZE),
            stroke_width=round(2 * page.unit), stroke_fill=RIM,
        )  # fmt: skip


def _outline(page: _Page, box: tuple[float, float, float, float], role: str, colour: str) -> None:
    """Draw a box in the manner of its role: a pale rim below, the colour on it."""
    strokes = _strokes(box, role, 5 * page.unit)
    thin = max(1, round((1.2 if role == "neighbour" else 2) * page.unit))
    for paint, width in ((RIM, thin + 2 * max(1, round(page.unit))), (colour, thin)):
        for stroke in strokes:
            page.pen.line(stroke, fill=paint, width=width)


def _strokes(
    box: tuple[float, float, float, float], role: str, dash: float
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the lines of a box: whole sides, corners, or dashes."""
    left, top, right, bottom = box
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    sides = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    if role == "target":
        return sides
    found = []
    for (x0, y0), (x1, y1) in sides:
        length = max(abs(x1 - x0) + abs(y1 - y0), 1.0)
        if role == "control":
            parts = [(0.0, CORNER_SHARE), (1 - CORNER_SHARE, 1.0)]
        else:
            count = max(1, round(length / (2 * dash)))
            parts = [(i / count, (i + 0.5) / count) for i in range(count)]
        found += [
            ((x0 + (x1 - x0) * a, y0 + (y1 - y0) * a), (x0 + (x1 - x0) * b, y0 + (y1 - y0) * b)) for a, b in parts
        ]
    return found


def _legend(page: _Page, bands: Sequence[Band], y: float, room: float) -> None:
    """Say what outlines and letters mean, those that occur."""
    x, unit = page.left, page.unit
    size = page.size(SMALL_SIZE)
    roles = [(role, words) for role, words in ROLES if any(band.role == role for band in bands)]
    states = [state for state in BAND_STATES if any(b.state == state and b.role != "neighbour" for b in bands)]
    needed = sum(_width(words, size) + 48 * unit for _, words in roles)
    needed += sum(_width(_state_words(state), size) + 34 * unit for state in states)
    size *= min(1.0, room / needed) if needed else 1.0
    for role, words in roles:
        _outline(page, (x, y - 5 * unit, x + 22 * unit, y + 5 * unit), role, INK)
        page.pen.text((x + 28 * unit, y), words, fill=INK, anchor="lm", font_size=size)
        x += 44 * unit + _width(words, size)
    for state in states:
        page.pen.rectangle((x, y - 5 * unit, x + 10 * unit, y + 5 * unit), fill=BAND_STATES[state][0])
        page.pen.text((x + 15 * unit, y), _state_words(state), fill=INK, anchor="lm", font_size=size)
        x += 30 * unit + _width(_state_words(state), size)


def _state_words(state: str) -> str:
    _, letter, words = BAND_STATES[state]
    return words if state == "measured" else f"{letter}: {words}"


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
