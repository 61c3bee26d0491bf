"""The background under a band: a gently bent line within the lane, and a second method to compare with.

*Local line* (used for every volume): a straight or slightly bent line through the lane's profile above and below
the box, fitted together with the shapes of other bands nearby, so that a neighbour neither lifts the line nor
counts as target.
*Lane opening* (for sensitivity): the lower envelope of the lane's profile, as a rolling ball gives it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, grey_opening

Profile = NDArray[np.float64]

METHOD = "gently bent line through the lane above and below the box, fitted with the neighbouring bands"
SECOND_METHOD = "lower envelope of the lane (grey opening over six band thicknesses, smoothed)"
REACH = 4.5
"""How far from the band the line is fitted, in band thicknesses (FWHM) (assumed)."""
BEND_NEEDS = 0.8
"""Share of the reach that must be on the image on both sides for the line to bend (assumed)."""
SHAPE_ERROR = 0.10
"""How far a real band's shape is from the Gaussian that stands for it, as a share of its height (assumed)."""
WIDTHS_TRIED = (0.85, 0.92, 1.0, 1.08, 1.16)
"""Thicknesses tried, as shares of the row's, where a neighbour stands inside the box: lanes differ a little."""
HUBER = 2.0
"""Residuals beyond this many standard deviations are weighed down."""
OPENING = 6.0
"""Length of the opening in band thicknesses (assumed, twice the height of a box)."""
RUN = 6
"""Values whose means tell how far neighbouring rows of the membrane vary together (assumed)."""
FWHM_TO_SD = 2.3548


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What lies under a band, along the lane, in the rows of its window.

    Attributes
    ----------
    rows : (n,) image rows of the window.
    line, neighbours : (n,) the background, and the signal of other bands, per column.
    own : (n,) the shape that stands for the band itself; 0 where it was not fitted.
    level_sd : (n,) standard deviation of ``line``.
    noise : standard deviation of the profile around the fit.
    """

    rows: NDArray[np.int_]
    line: Profile
    neighbours: Profile
    own: Profile
    level_sd: Profile
    noise: float


def local_line(
    profile: Profile, y_px: float, fwhm_px: float, half_box_px: float, others: tuple[float, ...]
) -> Background:
    """Fit the background line of one lane.

    Parameters
    ----------
    profile : (rows,) mean of the lane over the box's columns.
    half_box_px : half the height of the box, whose rows say nothing of the background.
    others : heights of other bands of the lane within the window.
    """
    reach = max(REACH * fwhm_px, half_box_px + 2 * fwhm_px, 6.0)
    rows = np.arange(max(0, int(y_px - reach)), min(profile.size, int(y_px + reach) + 2))
    near = [y for y in others if abs(y - y_px) <= reach + fwhm_px]
    # A neighbour inside the box can only be told from the band when both are fitted.
    joint = any(abs(y - y_px) < half_box_px + fwhm_px for y in near)
    used = np.abs(rows - y_px) > (0 if joint else half_box_px)
    if used.sum() < 4:
        used = np.ones(rows.size, bool)
    u = (rows - y_px) / reach
    # The bend is only known where the lane shows enough of itself on both sides.
    both_sides = y_px - rows[0] > BEND_NEEDS * reach and rows[-1] - y_px > BEND_NEEDS * reach
    curve = np.stack([np.ones(rows.size), u, u**2 if both_sides else np.zeros(rows.size)], axis=1)
    centres = [y_px, *near] if joint else near
    widths = fwhm_px * np.array(WIDTHS_TRIED) if joint else np.array([fwhm_px])
    fits = [_fit_bands(profile[rows], rows, curve, centres, float(w), used) for w in widths]
    best = min(fits, key=lambda fit: fit.misfit)
    first = 1 if joint else 0
    variance = np.einsum("ij,jk,ik->i", curve, best.covariance, curve)
    return Background(
        rows=rows,
        line=best.line,
        neighbours=best.bands[:, first:].sum(axis=1),
        own=np.maximum(best.bands[:, 0], 0) if joint else np.zeros(rows.size),
        level_sd=np.sqrt(np.maximum(variance, 0)),
        noise=best.noise,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """A line and bands of one width: the line, each band's signal (n, bands), the line's covariance, misfit."""

    line: Profile
    bands: NDArray[np.float64]
    covariance: NDArray[np.float64]
    noise: float
    misfit: float


def _fit_bands(
    p: Profile, rows: NDArray[np.int_], curve: NDArray[np.float64], centres: list[float], fwhm_px: float,
    used: NDArray[np.bool_],
) -> _Fit:  # fmt: skip
    """Fit a line and bands at given heights; bands that would be negative are left out."""
    present = np.ones(len(centres), bool)
    heights = np.zeros(len(centres))
    shapes = [_shape(rows, y, fwhm_px) for y in centres]
    for _ in range(len(centres) + 1):
        kept = [shape[:, None] for shape, there in zip(shapes, present, strict=True) if there]
        design = np.concatenate([curve, *kept], axis=1)
        solved, covariance, noise = _robust_fit(design, p, used)
        heights[:] = 0.0
        heights[present] = solved[3:]
        if not np.any(heights < 0):
            break
        present &= heights > 0
    line = curve @ solved[:3]
    bands = (
        np.stack([h * s for h, s in zip(heights, shapes, strict=True)], axis=1) if centres else np.zeros((rows.size, 0))
    )
    misfit = float(np.sum(np.abs(p - line - bands.sum(axis=1))[used]))
    return _Fit(line=line, bands=bands, covariance=covariance[:3, :3], noise=noise, misfit=misfit)


def _shape(rows: NDArray[np.int_], y_px: float, fwhm_px: float) -> Profile:
    shape: Profile = np.exp(-0.5 * ((rows - y_px) * FWHM_TO_SD / fwhm_px) ** 2)
    return shape


def _robust_fit(
    design: NDArray[np.float64], p: Profile, used: NDArray[np.bool_]
) -> tuple[Profile, NDArray[np.float64], float]:
    """Return coefficients, their covariance and the noise of a fit that trusts rows far from bands most."""
    a, b = design[used], p[used]
    weight: NDArray[np.float64] = np.ones(b.size)
    noise = 1.0
    correlated = 1.0
    solved: Profile = np.zeros(design.shape[1])
    normal: NDArray[np.float64] = np.eye(design.shape[1])
    for _ in range(6):
        scaled = a * weight[:, None]
        normal = scaled.T @ scaled + 1e-9 * np.eye(design.shape[1]) * max(float(weight.max()) ** 2, 1e-30)
        solved = np.asarray(np.linalg.solve(normal, scaled.T @ (b * weight)), np.float64)
        residual = b - a @ solved
        bands = a[:, 3:] @ np.maximum(solved[3:], 0) if design.shape[1] > 3 else np.zeros(b.size)
        quiet = (
            residual[bands < 0.05 * bands.max()]
            if bands.any() and np.count_nonzero(bands < 0.05 * bands.max()) > 5
            else residual
        )
        noise = max(1.4826 * float(np.median(np.abs(quiet))), 1e-6)
        correlated = _inflation(quiet)
        sd = np.sqrt(noise**2 + (SHAPE_ERROR * bands) ** 2)
        far = np.abs(residual) / (HUBER * sd)
        weight = 1 / (sd * np.sqrt(np.maximum(far, 1.0)))
    return solved, np.asarray(correlated**2 * np.linalg.inv(normal), np.float64), noise


def _inflation(residual: Profile) -> float:
    """Return how much larger the error of a mean is than for independent values, from means of ``RUN`` values."""
    runs = residual.size // RUN
    spread = float(np.std(residual))
    if runs < 4 or spread == 0:
        return 1.0
    means = residual[: runs * RUN].reshape(runs, RUN).mean(axis=1)
    return float(np.clip(np.std(means) * np.sqrt(RUN) / spread, 1.0, np.sqrt(RUN)))


def lane_opening(profile: Profile, fwhm_px: float) -> Profile:
    """Return the lower envelope of a lane's profile."""
    smooth = gaussian_filter1d(profile, max(1.0, fwhm_px / 4), mode="nearest")
    size = int(min(OPENING * fwhm_px, 0.9 * profile.size)) | 1
    opened = grey_opening(smooth, size=(size,), mode="nearest")
    envelope: Profile = gaussian_filter1d(opened, size / 4, mode="nearest")
    return np.minimum(envelope, smooth)
