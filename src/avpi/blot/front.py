"""How the rows of a membrane run across the picture: tilted, bent into a smile; and how its lanes lean.

The front of a gel runs unevenly (rows tilt and smile while lanes stay upright), and a membrane lies crooked under the
camera (rows tilt and lanes lean). Both are found from the picture: the slope and the smile at which rows are
sharpest, then the lean at which the columns of bands are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.blot.polarity import Image, block_means

Values = NDArray[np.float64]

LARGEST_TILT = 0.09
"""Largest slope of rows and lanes that is sought: about 5 degrees."""
LARGEST_SMILE_PITCHES = 0.6
"""How far rows may lie off their straight line at the sides of the picture, in image width / lanes (assumed)."""
OTHER_PICTURE_TILT = 0.012
"""How far a second picture of the membrane may be turned against the first: 0.7 degrees (assumed)."""
STRIPS = 32
"""Vertical strips whose profiles are laid over each other."""
CLEARLY_SHARPER = 1.01
"""Columns must become so many times sharper for lanes to lean other than upright, or with the rows (assumed)."""
ROWS_THAT_COUNT = 0.02
"""Rows with less than this share of the largest weight say nothing of lean (speed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The line that every row follows.

    Attributes
    ----------
    slope : pixels down a pixel to the right, at the middle of the picture.
    smile_px : how far the sides of the picture lie below the straight line.
    lean : pixels to the right a pixel down, of the lanes.
    middle_px, reach_px : the picture's middle column, and half its width.
    """

    slope: float
    smile_px: float
    lean: float
    middle_px: float
    reach_px: float

    def below(self, x_px: Values) -> Values:
        """Return how far rows at some columns lie below their height at the middle of the picture."""
        off = np.asarray(x_px, dtype=np.float64) - self.middle_px
        drop: Values = self.slope * off + self.smile_px * (off / self.reach_px) ** 2
        return drop

    def scaled(self, row_step: int, column_step: int) -> Front:
        """Return the front in pixels of the picture from which a reduced copy was made."""
        return Front(
            slope=self.slope * row_step / column_step,
            smile_px=self.smile_px * row_step,
            lean=self.lean * column_step / row_step,
            middle_px=(self.middle_px + 0.5) * column_step - 0.5,
            reach_px=self.reach_px * column_step,
        )


def find_front(seen: Image, count: int, steps: tuple[int, int], prior: Front | None) -> Front:
    """Return the slope and smile at which the rows of a reduced picture are sharpest; the lean is that of the prior.

    Parameters
    ----------
    seen : what stands above the background, bands upwards.
    count : number of lanes.
    steps : rows and columns of the picture that one pixel of ``seen`` stands for.
    prior : front of another picture of the same membrane, in pixels of the picture.
    """
    columns = seen.shape[1]
    row_step, column_step = steps
    group = max(1, columns // STRIPS)
    strips = block_means(seen, 1, group)
    middle, reach = (columns - 1) / 2, columns / 2
    off = (np.arange(strips.shape[1]) + 0.5) * group - 0.5 - middle
    bend = (off / reach) ** 2
    sharp = _sharpness(strips)
    to_reduced = column_step / row_step
    largest = LARGEST_TILT * to_reduced

    def at(slope: float, smile: float) -> float:
        return sharp(slope * off + smile * bend)

    if prior is not None:
        smile = prior.smile_px / row_step
        around = np.linspace(-1, 1, 13) * OTHER_PICTURE_TILT * to_reduced + prior.slope * to_reduced
        slope = _best(around, lambda s: at(s, smile))
        lean = prior.lean / to_reduced
    else:
        widest = LARGEST_SMILE_PITCHES * columns * column_step / (count * row_step)
        slope, smile, lean = _best(np.linspace(-largest, largest, 37), lambda s: at(s, 0.0)), 0.0, 0.0
        step, bent = largest / 18, widest / 10
        smile = _best(np.linspace(-widest, widest, 21), lambda q: at(slope, q))
        for _ in range(3):
            slope = _best(slope + np.linspace(-1, 1, 9) * step, lambda s, q=smile: at(s, q))  # type: ignore[misc]
            smile = _best(smile + np.linspace(-1, 1, 9) * bent, lambda q, s=slope: at(s, q))  # type: ignore[misc]
            step, bent = step / 3, bent / 3
    return Front(slope=slope, smile_px=smile, lean=lean, middle_px=middle, reach_px=reach)


def _best(tried: Values, score: Callable[[float], float]) -> float:
    return float(tried[int(np.argmax([score(float(t)) for t in tried]))])


def _sharpness(strips: Image) -> Callable[[Values], float]:
    """Return a function that tells how sharp rows are once each strip is moved up by so many rows."""
    rows, count = strips.shape
    flat = np.concatenate([strips, np.zeros((1, count))]).ravel()
    y = np.arange(rows)[:, None]
    column = np.arange(count)[None, :]

    def sharp(shift: Values) -> float:
        whole = np.floor(shift).astype(np.int64)
        part = shift - whole
        summed = np.zeros(rows)
        for more, weight in ((0, 1 - part), (1, part)):
            row = y + (whole + more)[None, :]
            row = np.where((row >= 0) & (row < rows), row, rows)
            summed += flat[row * count + column] @ weight
        return float(np.sum((summed / count) ** 2))

    return sharp


def level_rows(seen: Image, front: Front) -> Image:
    """Return a picture whose rows run level, at their height in the middle column."""
    rows, columns = seen.shape
    drop = np.rint(front.below(np.arange(columns, dtype=np.float64))).astype(np.int64)
    row = np.arange(rows)[:, None] + drop[None, :]
    inside = (row >= 0) & (row < rows)
    level: Image = np.where(inside, seen[np.clip(row, 0, rows - 1), np.arange(columns)[None, :]], 0.0)
    return level


def upright(level: Image, lean: float, y_row: float) -> Image:
    """Return a picture whose lanes run upright, each at its place in one row."""
    rows, columns = level.shape
    shift = np.rint(lean * (np.arange(rows) - y_row)).astype(np.int64)
    column = np.arange(columns)[None, :] + shift[:, None]
    inside = (column >= 0) & (column < columns)
    straight: Image = np.where(inside, level[np.arange(rows)[:, None], np.clip(column, 0, columns - 1)], 0.0)
    return straight


def find_lean(level: Image, weight: Values, slope: float, y_row: float, to_reduced: float) -> float:
    """Return the lean at which bands of all rows stand best above each other.

    Parameters
    ----------
    level : picture with level rows.
    weight : (rows,) how much each row counts.
    slope : of the rows; a membrane that lies crooked has lanes that lean by the opposite.
    y_row : row around which lanes turn.
    to_reduced : columns that one pixel stands for, over rows.
    """
    counting = np.flatnonzero(weight > ROWS_THAT_COUNT * float(weight.max(initial=0.0)))
    if counting.size < 2:
        return 0.0
    part, columns = level[counting] * weight[counting, None], level.shape[1]
    padded = np.concatenate([part, np.zeros((counting.size, 1))], axis=1)
    height = counting - y_row

    def sharp(lean: float) -> float:
        column = np.arange(columns)[None, :] + np.rint(lean * height).astype(np.int64)[:, None]
        column = np.where((column >= 0) & (column < columns), column, columns)
        return float(np.sum(np.take_along_axis(padded, column, axis=1).sum(axis=0) ** 2))

    tried = np.linspace(-LARGEST_TILT, LARGEST_TILT, 19) / to_reduced
    found = _best(tried, sharp)
    found = _best(found + np.linspace(-1, 1, 7) * (tried[1] - tried[0]), sharp)
    crooked = -slope / to_reduced**2
    usual = 0.0 if sharp(0.0) >= sharp(crooked) else crooked
    return found if sharp(found) > CLEARLY_SHARPER * sharp(usual) else usual
