"""Volumes of bands on a membrane that is uneven: what the best linear prediction makes of one lane's profile.

A lane's profile is a sum of bands of known shape, a bent line, noise of known size, and two things that are known only
by how they vary: the membrane's own lumps (a Matern process of unknown size and length), and what a band's shape gets
wrong (a smooth process in proportion to the band's height). Their sizes are those under which all lanes of the row
together are most probable (restricted likelihood: H. D. Patterson, R. Thompson, Biometrika 1971,
doi:10.1093/biomet/58.3.545); a band's volume is then predicted with its error (universal kriging: A. S. Goldberger,
JASA 1962, doi:10.1080/01621459.1962.10480665).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

LENGTHS_SDS = (2.0, 4.0, 8.0, 16.0)
"""Lengths over which a membrane may vary, in thicknesses (sd) of a band."""
LUMPS = np.geomspace(0.05, 50.0, 9)
"""Sizes (sd) of lumps that are tried, in units of the noise of one thickness of rows."""
SHAPE_SHARES = (0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256)
"""By how much a band's shape may differ from the fitted one, as shares of its height, that are tried."""
USUAL = (3, 2, 1)
"""Where the search for all three begins: a membrane with some lumps, bands of a usual shape."""
SHAPE_LENGTH_SDS = 1.0
"""Over how far it differs alike, in thicknesses (assumed)."""
BIN_SDS = 0.5
"""Rows are taken together over so much of a thickness (speed)."""
UNKNOWN = 1e9
"""Variance of rows that were not seen, in units of the largest that were."""
UNSURE = 0.30
"""By how much errors grow where they are all of lumps: how large and how long those are is itself an estimate
(measured on drawn blots)."""
PRIOR_DOF = 20.0
"""How many values' worth of belief all lanes of a row lend each lane: one may be worse than the others (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSums:
    """The lanes of a row, summed across.

    Attributes
    ----------
    rows_px : (rows,) distances from the row's height.
    sd_px : thickness of the row's bands.
    seen, noise : (lanes, rows) grey levels, and their variance by the pixels' noise; infinite where not seen.
    shapes : (lanes, bands, rows) bands of volume 1.
    volumes : (lanes, bands) what they are about.
    line : (rows, terms) the background's shapes.
    """

    rows_px: Values
    sd_px: float
    seen: Values
    noise: Values
    shapes: Values
    volumes: Values
    line: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Kriged:
    """Predicted volumes: (lanes, bands) with their standard errors, and the same of nothing in their place.

    ``beyond_noise`` (lanes,) tells how many times as large the error of nothing is as the pixels' noise makes it.
    """

    volumes: Values
    sd: Values
    nothing_sd: Values
    beyond_noise: Values


def krige(sums: LaneSums) -> Kriged:
    """Predict the volumes of a row."""
    return _Row(sums).predict()


class _Row:
    """The binned profiles of a row."""

    def __init__(self, sums: LaneSums) -> None:
        size = max(1, int(BIN_SDS * sums.sd_px))
        kept = sums.rows_px.size // size * size
        lanes, bands = sums.volumes.shape

        def binned(values: Values) -> Values:
            means: Values = values[..., :kept].reshape(*values.shape[:-1], -1, size).mean(axis=-1)
            return means

        self.size, self.sd = size, sums.sd_px
        self.at = binned(sums.rows_px)
        self.seen, noise = binned(sums.seen), binned(sums.noise) / size
        largest = float(noise[np.isfinite(noise)].max(initial=1.0))
        self.known = np.isfinite(noise)
        self.noise = np.where(self.known, noise, UNKNOWN * largest)
        self.shapes = binned(sums.shapes)
        self.fitted = self.shapes * np.maximum(sums.volumes, 0.0)[..., None]
        line = np.broadcast_to(binned(sums.line.T).T, (lanes, self.at.size, sums.line.shape[1]))
        self.design = np.concatenate([np.moveaxis(self.shapes, 1, 2), line], axis=2)
        # Columns of one size keep the normal equations well-conditioned: volumes are large, their shapes small.
        self.scale = np.sqrt((self.design**2).mean(axis=(0, 1))) + 1e-300
        self.design = self.design / self.scale
        self.bands = bands
        apart = np.abs(self.at[:, None] - self.at[None, :])
        self.like = {length: _matern(apart / (length * self.sd)) for length in LENGTHS_SDS}
        self.alike = np.exp(-0.5 * (apart / (SHAPE_LENGTH_SDS * self.sd)) ** 2)
        usual = np.median(self.noise[self.known]) if self.known.any() else 1.0
        # The noise of a mean over one thickness.
        self.unit = float(np.sqrt(usual * size / self.sd))

    def covariance(self, lumps: float, length: float, share: float, without: int | None = None) -> Values:
        """Return (lanes, bins, bins) the covariance of profiles; ``without`` one band that is not there."""
        total = (lumps * self.unit) ** 2 * self.like[length][None] + np.eye(self.at.size) * self.noise[:, :, None]
        for band in range(self.bands):
            if band != without:
                height = share * self.fitted[:, band]
                total = total + height[:, :, None] * height[:, None, :] * self.alike
        return total

    def likelihood(self, lumps: float, length: float, share: float) -> tuple[float, Values]:
        """Return minus twice the restricted log likelihood, and (lanes,) the weighted squares of what is left."""
        covariance = self.covariance(lumps, length, share)
        half = np.linalg.cholesky(covariance)
        both = np.concatenate([self.design, self.seen[:, :, None]], axis=2)
        white = np.linalg.solve(half, both)
        x, y = white[:, :, :-1], white[:, :, -1:]
        turned = np.swapaxes(x, 1, 2)
        normal = turned @ x
        b = np.linalg.solve(normal, turned @ y)
        squares = ((y - x @ b) ** 2).sum(axis=(1, 2))
        size = 2 * np.log(np.diagonal(half, axis1=1, axis2=2)).sum(axis=1)
        return float((squares + size + np.linalg.slogdet(normal)[1]).sum()), squares

    def sizes(self) -> tuple[float, float, float]:
        """Return the size and length of lumps and the share of shape under which the lanes are most probable.

        From a usual membrane to the best of all neighbours on the grid, until none is better.
        """
        grid = (LUMPS.tolist(), LENGTHS_SDS, SHAPE_SHARES)
        tried: dict[tuple[int, ...], float] = {}

        def misfit(at: tuple[int, ...]) -> float:
            if at not in tried:
                tried[at] = self.likelihood(*(values[i] for values, i in zip(grid, at, strict=True)))[0]
            return tried[at]

        here: tuple[int, ...] = USUAL
        while True:
            steps = [
                (*here[:axis], here[axis] + step, *here[axis + 1 :])
                for axis, values in enumerate(grid)
                for step in (-1, 1)
                if 0 <= here[axis] + step < len(values)
            ]
            best = min([here, *steps], key=misfit)
            if best == here:
                return grid[0][here[0]], grid[1][here[1]], grid[2][here[2]]
            here = best

    def predict(self) -> Kriged:
        sizes = self.sizes()
        _, squares = self.likelihood(*sizes)
        spare = self.known.sum(axis=1) - self.design.shape[2]
        worse = np.sqrt(np.maximum((PRIOR_DOF + squares) / (PRIOR_DOF + np.maximum(spare, 0)), 1.0))
        volumes, sd = np.zeros((self.seen.shape[0], self.bands)), np.zeros((self.seen.shape[0], self.bands))
        nothing = np.zeros_like(sd)
        inverse = _inverse(self.covariance(*sizes))
        nowhere = np.zeros_like(inverse)
        still = self._predicted(np.eye(self.at.size) / self.noise[:, :, None], 0, nowhere)[1]
        for band in range(self.bands):
            height = sizes[2] * self.fitted[:, band]
            about = height[:, :, None] * height[:, None, :] * self.alike
            volumes[:, band], sd[:, band] = self._predicted(inverse, band, about)
            bare = _inverse(self.covariance(*sizes, without=band))
            nothing[:, band] = self._predicted(bare, band, nowhere)[1]
        beyond = nothing[:, 0] * worse / still
        worse = worse * (1 + UNSURE * np.maximum(1 - 1 / np.maximum(beyond, 1.0), 0.0))
        return Kriged(
            volumes=volumes,
            sd=sd * worse[:, None],
            nothing_sd=nothing * worse[:, None],
            beyond_noise=beyond,
        )

    def _predicted(self, inverse: Values, band: int, about: Values) -> tuple[Values, Values]:
        """Return one band's volume and its standard error in each lane.

        Parameters
        ----------
        inverse : (lanes, bins, bins) of the covariance of profiles.
        about : (lanes, bins, bins) covariance of what the band's shape gets wrong.
        """
        turned = np.swapaxes(self.design, 1, 2) @ inverse
        normal = np.linalg.inv(turned @ self.design)
        b = (normal @ turned @ self.seen[:, :, None])[..., 0]
        left = self.seen - (self.design @ b[..., None])[..., 0]
        shared = self.size * about.sum(axis=1)
        weights = (shared[:, None, :] @ inverse)[:, 0]
        value = b[:, band] / self.scale[band] + (weights * left).sum(axis=1)
        wanted = -(weights[:, None, :] @ self.design)[:, 0]
        wanted[:, band] += 1 / self.scale[band]
        variance = self.size**2 * about.sum(axis=(1, 2)) - (weights * shared).sum(axis=1)
        variance = variance + np.einsum("li,lij,lj->l", wanted, normal, wanted)
        return value, np.sqrt(np.maximum(variance, 0.0))


def _matern(distance: Values) -> Values:
    """Return the correlation of a Matern process of smoothness 5/2: membranes and smears have no edges."""
    scaled = np.sqrt(5.0) * distance
    correlation: Values = (1 + scaled + scaled**2 / 3) * np.exp(-scaled)
    return correlation


def _inverse(covariance: Values) -> Values:
    inverse: Values = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    return inverse
