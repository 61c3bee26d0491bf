"""What goes into the fit of a row, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strips:
    """What the lanes of a row show, strip by strip.

    Attributes
    ----------
    values, weight : (lanes, strips, rows) mean grey level, and one over its standard deviation; 0 where the row lies
        outside the image or is saturated.
    rows_px : (rows,) distance from ``base_px``.
    base_px : (lanes,) whole image row that distance 0 stands for.
    expected_px : (lanes,) where the band is expected, from ``base_px``.
    across : (strips,) place across the lane, -1 and 1 at the ends of a band.
    x_px : (lanes, strips) the strips' middles in the image.
    columns : (lanes, strips) pixels that each strip is wide.
    lean_px : (lanes,) how far the row is expected to run down from the middle to the right end of the band.
    held : (lanes,) True where a person has said where the band is.
    """

    values: Values
    weight: Values
    rows_px: Values
    base_px: Values
    expected_px: Values
    across: Values
    x_px: Values
    columns: Values
    lean_px: Values
    held: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFit:
    """The fitted row. Bands are counted from the target (0), then in the order of the gaps that were given.

    Attributes
    ----------
    volumes : (lanes, bands) summed grey levels.
    sd : (lanes, bands) their standard error by noise, an uneven membrane, and what the shape gets wrong.
    nothing_sd : (lanes, bands) the same where the band is not there.
    shape_sd : (lanes, bands) what not knowing shape, gaps and the lane's place adds.
    shared : (lanes, bands) what was given to the lanes beside, and taken from them.
    shape, sd_px : the shape of all bands, and (lanes,) their thickness.
    y_px : (lanes,) place of the target's middle in the image.
    gaps_px : (bands,) distance from the target, below positive; 0 for the target.
    fwhm_px : thickness of the row's bands.
    window_px : (rows,) distances from the row that were fitted; ``rows_px`` (lanes, rows) are the image's rows.
    seen : (lanes, rows) what the lanes show, summed over the strips; NaN in rows that were not used.
    line, bands : (lanes, rows) background, and (lanes, bands, rows) the bands, both summed over the strips.
    """

    volumes: Values
    sd: Values
    nothing_sd: Values
    shape_sd: Values
    shared: Values
    shape: Values
    sd_px: Values
    y_px: Values
    gaps_px: Values
    fwhm_px: float
    window_px: Values
    rows_px: NDArray[np.int_]
    seen: Values
    line: Values
    bands: Values
