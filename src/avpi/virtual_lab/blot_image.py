"""Draw a western blot as a 16-bit imager stores it: bright bands on a dim, uneven membrane, with known volumes.

A band's *volume* (its summed grey levels above background) is exact by construction; everything else is what
makes real blots hard: the lanes are not evenly spaced, the front runs tilted and smiling, each band frowns,
the membrane's background has a gradient, lumps and a smear below each lane, dust shines, the camera adds read
and shot noise, and grey levels end at 65535.

The response of chemiluminescence is drawn as linear up to saturation; a real one bends earlier.
All constants are assumed, set by eye beside real 16-bit blots of the same size; none is a measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, zoom

ROWS, COLUMNS = 450, 700
"""Image size, px: a small gel at the binning of common imagers."""
WHITE = 65535
"""Top of a 16-bit scale; brighter is lost."""

UNIT_VOLUME = 1.6e7
"""Summed grey levels of a band of amount 1: a peak near 28,000, so that amount 2.9 saturates and 0.03 is visible."""

LANE_PITCH_PX = 92.0
LANE_JITTER_PX = 2.0
LANE_HALF_WIDTH_PX = 30.0
LANE_WIDTH_CV = 0.04
"""Combs are even to about 2 %; samples spread differently."""
EDGE_SOFTNESS = 0.06
"""Width of a band's left and right edge, as a share of its half width."""
SLANT = 0.12
"""Largest excess of one end of a band over its middle: samples settle unevenly in a well."""
SIGMA_ABOVE_PX, SIGMA_BELOW_PX = 3.4, 4.4
"""Gaussian half heights of a band: the lower side trails."""
THICKENING = 0.10
"""A band grows by this share in height for each e-fold of amount above 1 (heavy bands are thicker)."""
TEXTURE = 0.04
"""Relative unevenness within a band (transfer, membrane)."""

TILT_PX = 3.0
"""Largest rise of the front over the image's half width."""
SMILE_PX = 4.0
"""Largest lag of the outermost lanes behind the middle."""
FROWN_PX = 1.5
"""Largest lag of a band's ends behind its middle."""
REIMAGING_SHIFT_PX = 2.0
"""A membrane is laid down again for its second probe: standard deviation of its position."""

MEMBRANE_MARGIN_PX = 18.0
"""Free glass around the membrane."""
GLASS_GREY, MEMBRANE_GREY = 320.0, 900.0
GRADIENT_GREY = 350.0
"""Rise of the background from one side of the membrane to the other."""
LUMPS_GREY, LUMPS_PX = 35.0, 50
"""Height and pitch of the background's lumps; the pitch divides the image."""
SMEAR_GREY, SMEAR_BLUR_PX = 45.0, 7.0
"""Smear along a lane of loading 1, and how far it spreads sideways."""
FAINT_BAND = 0.02
"""Amount of the unspecific band that most antibodies show."""
DUST_SPECKS, DUST_GREY, DUST_CLEARANCE_PX = 5, 2500.0, 45.0
"""Dust is drawn away from bands: it must be ignored, not make the call impossible."""

GREY_PER_ELECTRON = 2.0
READ_NOISE_GREY = 28.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Membrane:
    """How lanes ran on one membrane: shared by every image that is taken of it.

    Attributes
    ----------
    lane_x_px : centre column of each lane (n,).
    half_width_px : half width of each lane's bands (n,).
    frown_px, slant : shape of each lane's bands (n,).
    tilt_px, smile_px : shape of the front across the whole image.
    loading : total protein in each lane relative to the mean (n,).
    """

    lane_x_px: NDArray[np.float64]
    half_width_px: NDArray[np.float64]
    frown_px: NDArray[np.float64]
    slant: NDArray[np.float64]
    tilt_px: float
    smile_px: float
    loading: NDArray[np.float64]

    def front_px(self, x_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how many rows the front at column ``x_px`` lies below its place in the middle of the image."""
        across = (x_px - COLUMNS / 2) / (COLUMNS / 2)
        return self.tilt_px * across + self.smile_px * across**2


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnBand:
    """One protein on a membrane: its row in the middle of the image and its amount in each lane (n,)."""

    row_px: float
    amounts: NDArray[np.float64]


def run_gel(loading: NDArray[np.float64], random: np.random.Generator) -> Membrane:
    """Return a membrane with one lane for each entry of ``loading``."""
    n = len(loading)
    even = COLUMNS / 2 + LANE_PITCH_PX * (np.arange(n) - (n - 1) / 2)
    return Membrane(
        lane_x_px=even + random.normal(0, LANE_JITTER_PX, n),
        half_width_px=LANE_HALF_WIDTH_PX * np.exp(random.normal(0, LANE_WIDTH_CV, n)),
        frown_px=random.uniform(-FROWN_PX / 2, FROWN_PX, n),
        slant=random.uniform(-SLANT, SLANT, n),
        tilt_px=float(random.uniform(-TILT_PX, TILT_PX)),
        smile_px=float(random.uniform(SMILE_PX / 4, SMILE_PX)),
        loading=loading,
    )


def expose(
    membrane: Membrane,
    bands: Sequence[DrawnBand],
    faint_row_px: float,
    random: np.random.Generator,
    *,
    exposure: float = 1.0,
) -> NDArray[np.uint16]:
    """Return the image that a camera takes of one probe of a membrane.

    Parameters
    ----------
    membrane : where the lanes are.
    bands : what the antibody sees; amounts are summed where bands overlap.
    faint_row_px : row of a faint unspecific band that follows the loading.
    random : source of every irregularity that is not the membrane's own.
    exposure : how long the shutter stays open, relative to the usual.

    Returns
    -------
    Pixels (450, 700), bright is signal.
    """
    shift_x, shift_y = random.normal(0, REIMAGING_SHIFT_PX, 2)
    faint = DrawnBand(row_px=faint_row_px, amounts=FAINT_BAND * membrane.loading)
    light = _background(membrane, shift_x, random)
    for band in (*bands, faint):
        for lane, amount in enumerate(band.amounts):
            _add_band(light, membrane, lane, (band.row_px + shift_y, shift_x), float(amount), random)
    _add_dust(light, [band.row_px for band in bands], random)
    electrons = random.poisson(np.clip(light * exposure, 0, None) / GREY_PER_ELECTRON)
    grey = electrons * GREY_PER_ELECTRON + random.normal(0, READ_NOISE_GREY, light.shape)
    return np.clip(np.rint(grey), 0, WHITE).astype(np.uint16)


def _background(membrane: Membrane, shift_x: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Return glass, membrane, gradient, lumps and the smear along each lane."""
    rows, columns = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float64)
    angle = random.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * (columns / COLUMNS - 0.5) + np.sin(angle) * (rows / ROWS - 0.5)
    lumps = zoom(random.normal(0, 1, (ROWS // LUMPS_PX, COLUMNS // LUMPS_PX)), LUMPS_PX)
    smear = np.zeros(COLUMNS)
    for x, half, load in zip(membrane.lane_x_px + shift_x, membrane.half_width_px, membrane.loading, strict=True):
        smear += load * _across((columns[0] - x) / half)
    paper = MEMBRANE_GREY + GRADIENT_GREY * slope + LUMPS_GREY * lumps / lumps.std()
    paper += SMEAR_GREY * gaussian_filter1d(smear, SMEAR_BLUR_PX)
    skew = random.normal(0, 0.01) * (rows - ROWS / 2)  # membranes are cut by hand: the sides lean by about 1 in 100
    inside = _step(columns + skew - MEMBRANE_MARGIN_PX) * _step(COLUMNS - MEMBRANE_MARGIN_PX - columns - skew)
    inside *= _step(rows - MEMBRANE_MARGIN_PX) * _step(ROWS - MEMBRANE_MARGIN_PX - rows)
    light: NDArray[np.float64] = GLASS_GREY + inside * (paper - GLASS_GREY)
    return light


def _add_band(
    light: NDArray[np.float64],
    membrane: Membrane,
    lane: int,
    offset_px: tuple[float, float],
    amount: float,
    random: np.random.Generator,
) -> None:
    """Add one band of known volume; ``offset_px`` is its row in the middle and the image's shift sideways."""
    row_px, shift_x = offset_px
    half, x = membrane.half_width_px[lane], membrane.lane_x_px[lane] + shift_x
    thicker = 1 + THICKENING * max(0.0, float(np.log(max(amount, 1e-9))))
    reach_x, reach_y = int(half * 1.5), int(6 * SIGMA_BELOW_PX * thicker)
    left, centre = int(x) - reach_x, row_px + membrane.front_px(np.array([x]))[0]
    top = int(centre) - reach_y
    xs, ys = np.arange(left, left + 2 * reach_x + 1), np.arange(top, top + 2 * reach_y + 1)
    across = (xs - x) / half
    middle = row_px + membrane.front_px(xs.astype(np.float64)) + membrane.frown_px[lane] * across**2
    below = ys[:, None] - middle[None, :]
    sigma = np.where(below < 0, SIGMA_ABOVE_PX, SIGMA_BELOW_PX) * thicker
    shape = np.exp(-0.5 * (below / sigma) ** 2) * (_across(across) * (1 + membrane.slant[lane] * across))[None, :]
    texture = gaussian_filter(random.normal(0, 1, shape.shape), 4.0)
    shape *= 1 + TEXTURE * texture / texture.std()
    light[top : top + shape.shape[0], left : left + shape.shape[1]] += amount * UNIT_VOLUME * shape / shape.sum()


def _add_dust(light: NDArray[np.float64], band_rows_px: Sequence[float], random: np.random.Generator) -> None:
    """Add specks of dust, none of them near a band."""
    free = [row for row in range(30, ROWS - 30) if all(abs(row - band) > DUST_CLEARANCE_PX for band in band_rows_px)]
    for _ in range(DUST_SPECKS):
        row, column = int(random.choice(free)), int(random.integers(30, COLUMNS - 30))
        ys, xs = np.mgrid[-4:5, -4:5]
        light[row - 4 : row + 5, column - 4 : column + 5] += (
            DUST_GREY * random.uniform(0.3, 1) * np.exp(-(xs**2 + ys**2) / 2)
        )


def _across(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a lane's profile: flat inside, soft edges at -1 and 1."""
    profile: NDArray[np.float64] = 1 / (1 + np.exp(np.clip((np.abs(position) - 1) / EDGE_SOFTNESS, -50, 50)))
    return profile


def _step(distance_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a blurred step at distance 0, about 2 px wide."""
    step: NDArray[np.float64] = 1 / (1 + np.exp(np.clip(-distance_px, -50, 50)))
    return step
