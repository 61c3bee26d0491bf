"""A small membrane with known volumes: bands, smile, tilt, jitter, gradient, halo, shot and read noise."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from avpi.readings import BlotImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One protein: its row and its true volume in each lane."""

    y_px: float
    volumes: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Membrane:
    """How hard the picture is."""

    height_px: int = 300
    width_px: int = 620
    first_lane_px: float = 90.0
    pitch_px: float = 60.0
    band_width: float = 0.76
    fwhm_px: float = 9.0
    lane_jitter_px: float = 1.5
    tilt: float = 0.01
    smile_px: float = 3.0
    background: float = 900.0
    gradient: float = 300.0
    read_noise: float = 12.0
    shot_gain: float = 1.5
    halo: float = 0.1
    lane_smear: float = 0.0
    frame_px: int = 0
    dark_bands: bool = False
    full_scale: int = 65535
    smile_row_jitter_px: float = 0.5
    rows: tuple[Row, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """The picture and what it was made from; ``y_px`` is (rows, lanes)."""

    image: BlotImage
    x_px: NDArray[np.float64]
    y_px: NDArray[np.float64]


def simulate(membrane: Membrane, seed: int, source: str = "simulated.tif") -> Simulated:
    """Draw a membrane; every random choice comes from the seed."""
    rng = np.random.default_rng(seed)
    m = membrane
    n = len(m.rows[0].volumes)
    x = m.first_lane_px + m.pitch_px * np.arange(n) + rng.normal(0, m.lane_jitter_px, n)
    u = (x - x.mean()) / max(float(np.ptp(x)) / 2, 1.0)
    curve = m.tilt * (x - x.mean()) + m.smile_px * u**2
    ys = np.array([row.y_px + curve + rng.normal(0, m.smile_row_jitter_px, n) for row in m.rows])
    yy, xx = np.mgrid[: m.height_px, : m.width_px].astype(float)
    signal = np.zeros_like(yy)
    for row, y_row in zip(m.rows, ys, strict=True):
        for volume, x0, y0 in zip(row.volumes, x, y_row, strict=True):
            if volume > 0:
                signal += volume * _band(xx, yy, x0, y0, m, rng)
    signal = (1 - m.halo) * signal + m.halo * gaussian_filter(signal, 1.2 * m.fwhm_px, mode="constant")
    background = m.background + m.gradient * (yy / m.height_px + 0.5 * np.sin(2 * np.pi * xx / m.width_px))
    for x0 in x:
        inside = np.abs(xx - x0) < m.band_width * m.pitch_px / 2
        background = background + m.lane_smear * inside * (0.5 + 0.5 * np.sin(2 * np.pi * yy / m.height_px + x0))
    if m.frame_px:
        outside = (xx < m.frame_px) | (xx >= m.width_px - m.frame_px)
        background = np.where(outside, 0.0, background)
    mean = signal + background
    noisy = mean + rng.normal(0, 1, mean.shape) * np.sqrt(m.read_noise**2 + m.shot_gain * mean)
    stored = np.clip(np.rint(noisy), 0, m.full_scale)
    stored = m.full_scale - stored if m.dark_bands else stored
    bits = 16 if m.full_scale > 255 else 8
    pixels = stored.astype(np.uint16 if bits == 16 else np.uint8)
    image = BlotImage(pixels=pixels, bits=bits, lossy=False, tag_polarity="unknown", source=source)
    return Simulated(image=image, x_px=x, y_px=ys)


def _band(
    xx: NDArray[np.float64], yy: NDArray[np.float64], x0: float, y0: float, m: Membrane, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return a band of unit volume: a flat top with soft ends across, a Gaussian along, a small tilt of its own."""
    half = m.band_width * m.pitch_px / 2 * rng.uniform(0.96, 1.04)
    soft = m.pitch_px * 0.02
    across = 1 / (1 + np.exp(-(half - np.abs(xx - x0)) / soft))
    sigma = m.fwhm_px / 2.3548 * rng.uniform(0.95, 1.05)
    along = np.exp(-0.5 * ((yy - y0 - rng.normal(0, 0.02) * (xx - x0)) / sigma) ** 2)
    band = across * along
    result: NDArray[np.float64] = band / band.sum()
    return result
