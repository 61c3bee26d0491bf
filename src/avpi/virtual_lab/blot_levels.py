"""Membranes of four levels of difficulty, whose every amount is known: what the reading of blots is measured on.

The virtual lab's own studies are drawn by :mod:`avpi.virtual_lab.blot_image`. This one draws what a laboratory's
worst week looks like: fronts that tilt and smile, lanes off the comb, a neighbour that touches the target, a target
that is gone from most lanes, smears, lumps, dust, a control on a second exposure. The shape of a band is not the one
that the analysis fits: it is skewed, its tails are heavier than a Gaussian's by a share that differs from membrane to
membrane, its ends droop, and heavy bands are thicker.

Every constant is assumed, set by eye beside real 16-bit blots; none is a measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from avpi.virtual_lab.blot_difficulty import DIFFICULTY, LEVELS, LOADING_CV, Difficulty, Level

WHITE = 65535
"""Top of a 16-bit scale."""
BAND_SD_SHARE = 0.043
"""Half height (sd) of a band as a share of the lane pitch: 4 px where lanes stand 92 px apart."""
KEPT_FRACTIONS = (1.0, 0.8, 0.5, 0.3, 0.2, 0.15, 0.12, 0.08, 0.05, 0.03, 0.01, 0.0)
"""Fractions of vehicle that treated lanes may hold; none so near 0.10 that the call of a lane is a toss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelBlot:
    """One drawn blot and all that is true of it.

    Attributes
    ----------
    image, control_image : pixels as stored; the control's is None where it stands on the target's image.
    lane_x_px, target_y_px, neighbour_y_px, control_y_px : (lanes,) places of each lane's bands.
    target_row_px, control_row_px : heights at the middle lane: what an eye gives as a hint.
    neighbour_side : where the neighbour stands, or None.
    amounts : (lanes,) the target as a fraction of vehicle; NaN in an empty lane.
    loading : (lanes,) 0 in an empty lane.
    vehicle : numbers of the vehicle lanes, from 1.
    target_volumes : (lanes,) exact summed grey levels before the camera's noise and the end of its scale.
    """

    level: Level
    image: NDArray[np.uint16]
    control_image: NDArray[np.uint16] | None
    lane_x_px: NDArray[np.float64]
    target_y_px: NDArray[np.float64]
    control_y_px: NDArray[np.float64]
    neighbour_y_px: NDArray[np.float64] | None
    neighbour_side: Literal["above", "below"] | None
    amounts: NDArray[np.float64]
    loading: NDArray[np.float64]
    vehicle: tuple[int, ...]
    target_volumes: NDArray[np.float64]

    @property
    def lanes(self) -> int:
        """Positions on the gel."""
        return self.lane_x_px.size

    @property
    def target_row_px(self) -> float:
        """Height of the target at the middle lane."""
        return float(self.target_y_px[self.lanes // 2])

    @property
    def control_row_px(self) -> float:
        """Height of the control at the middle lane, on its own image."""
        return float(self.control_y_px[self.lanes // 2])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gel:
    """How the lanes ran: shared by every picture of one membrane."""

    shape: tuple[int, int]
    pitch_px: float
    x_px: NDArray[np.float64]
    half_width_px: NDArray[np.float64]
    sd_px: NDArray[np.float64]
    skew: float
    tails: float
    frown_px: NDArray[np.float64]
    slant: NDArray[np.float64]
    slope: float
    smile_px: float

    def front_px(self, x_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far the front lies below its place in the middle of the image."""
        across = (x_px - self.shape[1] / 2) / (self.shape[1] / 2)
        return self.slope * (x_px - self.shape[1] / 2) + self.smile_px * across**2


def draw_blot(level: Level, seed: int, *, exposure: float = 1.0, two_images: bool | None = None) -> LevelBlot:
    """Draw one blot with its loading control.

    Parameters
    ----------
    level : how bad.
    seed : the same seed gives the same pixels.
    exposure : brightness relative to an exposure that just keeps vehicle inside the scale.
    two_images : whether the control has an image of its own; drawn by the seed if None.
    """
    random = np.random.default_rng([seed, LEVELS.index(level)])
    hard = DIFFICULTY[level]
    gel = _run(hard, random)
    count = gel.x_px.size
    loading = np.exp(random.normal(0, LOADING_CV[level], count))
    if random.random() < hard.empty_chance:
        loading[random.integers(count)] = 0.0
    amounts, vehicle = _amounts(loading, random)
    rows = gel.shape[0]
    own_image = bool(random.random() < 0.5) if two_images is None else two_images
    target_row = rows * random.uniform(0.25, 0.42)
    control_row = rows * random.uniform(0.25, 0.75) if own_image else rows * random.uniform(0.66, 0.8)
    sd = float(np.median(gel.sd_px))
    side: Literal["above", "below"] | None = None
    bands = [(target_row, np.nan_to_num(amounts) * loading)]
    if random.random() < hard.neighbour_chance:
        side = "below" if random.random() < 0.6 else "above"
        gap = random.uniform(*hard.neighbour_gap_sds) * sd * (1 if side == "below" else -1)
        share = random.uniform(*hard.neighbour_share) * np.exp(random.normal(0, 0.3, count))
        bands.append((target_row + gap, share * loading))
    if random.random() < 0.5:
        bands.append((target_row + random.choice([-1, 1]) * random.uniform(22, 30) * sd, 0.04 * loading))
    control = (control_row, random.uniform(0.6, 1.4) * loading)
    peak = float(np.exp(random.uniform(*np.log(hard.peak_grey)))) * exposure
    first = [*bands, control] if not own_image else bands
    image, volumes, shift = _expose(gel, hard, first, peak, random)
    second, control_shift = None, shift
    if own_image:
        second, _, control_shift = _expose(gel, hard, [control], peak, random)
    front = gel.front_px(gel.x_px)
    return LevelBlot(
        level=level, image=image, control_image=second,
        lane_x_px=gel.x_px + shift[1], target_y_px=target_row + front + shift[0],
        control_y_px=control_row + front + control_shift[0],
        neighbour_y_px=None if side is None else bands[1][0] + front + shift[0], neighbour_side=side,
        amounts=amounts, loading=loading, vehicle=vehicle, target_volumes=volumes[0],
    )  # fmt: skip


def _run(hard: Difficulty, random: np.random.Generator) -> _Gel:
    """Return a gel of 6 to 14 lanes."""
    count = int(random.integers(6, 15))
    pitch = float(random.uniform(42, 95))
    margin = pitch * random.uniform(0.8, 1.6)
    columns = int((count - 1) * pitch + 2 * margin)
    rows = int(np.clip(columns * random.uniform(0.55, 0.8), 260, 800))
    even = columns / 2 + pitch * (np.arange(count) - (count - 1) / 2)
    sd = BAND_SD_SHARE * pitch * random.uniform(0.85, 1.3)
    return _Gel(
        shape=(rows, columns),
        pitch_px=pitch,
        x_px=even + random.normal(0, hard.jitter * pitch, count),
        half_width_px=pitch * random.uniform(0.32, 0.4) * np.exp(random.normal(0, hard.width_cv, count)),
        sd_px=sd * np.exp(random.normal(0, hard.thickness_cv, count)),
        skew=float(random.uniform(-0.1, 0.2)),
        tails=float(random.uniform(0, hard.tails)),
        frown_px=random.uniform(-0.5, 1, count) * hard.frown_sds * sd,
        slant=random.uniform(-0.12, 0.12, count),
        slope=float(np.tan(np.radians(random.uniform(-hard.tilt_deg, hard.tilt_deg)))),
        smile_px=float(random.uniform(-0.3, 1) * hard.smile_sds * sd),
    )


def _amounts(loading: NDArray[np.float64], random: np.random.Generator) -> tuple[NDArray[np.float64], tuple[int, ...]]:
    """Return the fraction of vehicle in each lane, and which lanes hold vehicle: one or two of the first loaded."""
    loaded = np.flatnonzero(loading > 0)
    vehicles = loaded[: int(random.integers(1, 3))]
    amounts = random.choice(KEPT_FRACTIONS, loading.size)
    amounts[vehicles] = 1.0
    amounts[loading == 0] = np.nan
    return amounts, tuple(int(v) + 1 for v in vehicles)


def _expose(
    gel: _Gel,
    hard: Difficulty,
    bands: list[tuple[float, NDArray[np.float64]]],
    peak: float,
    random: np.random.Generator,
) -> tuple[NDArray[np.uint16], list[NDArray[np.float64]], tuple[float, float]]:
    """Return a picture, each band's exact volumes, and how far the membrane was shifted."""
    shift = (float(random.normal(0, 1.5)), float(random.normal(0, 1.5)))
    paper_grey = random.uniform(0.02, 0.06) * peak + 400
    light = _paper(gel, hard, paper_grey, bands, shift, random)
    volumes = []
    for row, amounts in bands:
        exact = [_add_band(light, gel, lane, (row + shift[0], shift[1]), peak * float(a), random)
                 for lane, a in enumerate(amounts)]  # fmt: skip
        volumes.append(np.array(exact))
    _add_dust(light, gel, hard, [row for row, _ in bands], peak, random)
    gain = random.uniform(0.2, 1.0) * hard.grey_per_electron
    noise = random.uniform(0.2, 1.0) * hard.read_noise_grey
    grey = random.poisson(np.maximum(light, 0) / gain) * gain + random.normal(0, noise, light.shape)
    return np.clip(np.rint(grey), 0, WHITE).astype(np.uint16), volumes, shift


def _paper(
    gel: _Gel,
    hard: Difficulty,
    grey: float,
    bands: list[tuple[float, NDArray[np.float64]]],
    shift: tuple[float, float],
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Return paper with a gradient, lumps and a smear along each loaded lane."""
    rows, columns = gel.shape
    y, x = np.mgrid[:rows, :columns]
    angle = random.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * (x / columns - 0.5) + np.sin(angle) * (y / rows - 0.5)
    size = random.uniform(0.6, 1.2) * gel.pitch_px
    coarse = random.normal(0, 1, (int(rows / size) + 3, int(columns / size) + 3))
    lumps = zoom(coarse, size, order=3)[:rows, :columns]
    loaded = np.max([a for _, a in bands], axis=0) > 0
    smear = np.zeros(columns)
    for at, half, there in zip(gel.x_px + shift[1], gel.half_width_px, loaded, strict=True):
        smear += there * random.uniform(0.3, 1) * _across((np.arange(columns) - at) / (1.1 * half), 0.15)
    down = 0.5 + 0.5 * np.sin(2 * np.pi * (np.arange(rows) / rows * random.uniform(0.5, 1.5) + random.random()))
    paper: NDArray[np.float64] = grey * (1 + hard.gradient * slope + hard.lumps * lumps / lumps.std())
    paper += 3 * grey * hard.smear * smear[None, :] * down[:, None]
    return paper


def _add_band(
    light: NDArray[np.float64],
    gel: _Gel,
    lane: int,
    offset_px: tuple[float, float],
    peak: float,
    random: np.random.Generator,
) -> float:
    """Add a band and return its exact volume; a band of loading 1 would peak at ``peak``."""
    half, x = gel.half_width_px[lane], gel.x_px[lane] + offset_px[1]
    thicker = 1 + 0.08 * max(0.0, float(np.log(max(peak, 1.0) / 2e4)))
    sd = gel.sd_px[lane] * thicker
    xs = np.arange(int(x - 1.5 * half), int(x + 1.5 * half) + 1)
    centre = offset_px[0] + gel.front_px(np.array([x - offset_px[1]]))[0]
    ys = np.arange(int(centre - 12 * sd), int(centre + 12 * sd) + 1)
    across = (xs - x) / half
    middle = offset_px[0] + gel.front_px(xs.astype(np.float64) - offset_px[1]) + gel.frown_px[lane] * across**2
    down = ys[:, None] - middle[None, :]
    width = sd * np.where(down < 0, 1 - gel.skew, 1 + gel.skew)
    body = np.exp(-0.5 * (down / width) ** 2)
    tail = np.exp(-0.5 * (down / (2.0 * sd)) ** 2) / 2.0
    shape = ((1 - gel.tails) * body + gel.tails * tail) * (_across(across, 0.07) * (1 + gel.slant[lane] * across))[None]
    texture = gaussian_filter(random.normal(0, 1, shape.shape), 3.0)
    shape *= 1 + 0.03 * texture / max(float(texture.std()), 1e-9)
    # What a loading of 1 sums to at this lane's width; the whole patch is scaled so that its sum is exact.
    volume = peak * 2.5066 * float(np.median(gel.sd_px)) * 2 * float(np.median(gel.half_width_px))
    patch = shape * (volume / shape.sum())
    inside_y = (ys >= 0) & (ys < light.shape[0])
    inside_x = (xs >= 0) & (xs < light.shape[1])
    light[np.ix_(ys[inside_y], xs[inside_x])] += patch[np.ix_(inside_y, inside_x)]
    return volume


def _add_dust(
    light: NDArray[np.float64],
    gel: _Gel,
    hard: Difficulty,
    rows_px: list[float],
    peak: float,
    random: np.random.Generator,
) -> None:
    """Add specks away from the bands, and at the two worst levels some anywhere on the membrane, but faint."""
    height, width = light.shape
    clear = 10 * float(np.median(gel.sd_px)) + abs(gel.smile_px) + abs(gel.slope) * width / 2
    for _ in range(hard.dust):
        row, column = int(random.integers(8, height - 8)), int(random.integers(8, width - 8))
        near = min(abs(row - at) for at in rows_px) < clear
        if near and hard.dust < DIFFICULTY["hard"].dust:
            continue
        strength = peak * random.uniform(0.05, 0.3) * (0.1 if near else 1.0)
        y, x = np.mgrid[-4:5, -4:5]
        light[row - 4 : row + 5, column - 4 : column + 5] += strength * np.exp(-(x**2 + y**2) / 2)


def _across(position: NDArray[np.float64], softness: float) -> NDArray[np.float64]:
    """Return a lane's profile: flat inside, soft edges at -1 and 1."""
    profile: NDArray[np.float64] = 1 / (1 + np.exp(np.clip((np.abs(position) - 1) / softness, -50, 50)))
    return profile
