"""How bad the drawn membranes of each level may be.

Every number is assumed, set by eye beside real 16-bit blots; none is a measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["easy", "medium", "hard", "hardest"]
LEVELS: tuple[Level, ...] = ("easy", "medium", "hard", "hardest")
LOADING_CV = {"easy": 0.08, "medium": 0.15, "hard": 0.25, "hardest": 0.35}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """How bad a membrane may be.

    Attributes
    ----------
    tilt_deg, smile_sds, frown_sds : largest turn of the front; lag of the outer lanes and of a band's ends, in sd of
        a band.
    jitter, width_cv : sd of a lane's place as a share of the pitch; CV of the lanes' widths.
    peak_grey : peak of a vehicle band of loading 1, drawn between the two on a log scale.
    read_noise_grey, grey_per_electron : largest of the camera's noise; drawn from a fifth of it up.
    lumps, smear, gradient : unevenness of the paper as a share of the paper's grey (sd, peak, whole rise).
    neighbour_gap_sds, neighbour_share : distance and strength of the neighbour where there is one.
    neighbour_chance, empty_chance, dust : how often; how many specks.
    tails : largest share of a band's volume in tails twice as wide.
    thickness_cv : how much the thickness of a lane's bands differs from lane to lane.
    """

    tilt_deg: float
    smile_sds: float
    frown_sds: float
    jitter: float
    width_cv: float
    peak_grey: tuple[float, float]
    read_noise_grey: float
    grey_per_electron: float
    lumps: float
    smear: float
    gradient: float
    neighbour_gap_sds: tuple[float, float]
    neighbour_share: tuple[float, float]
    neighbour_chance: float
    empty_chance: float
    dust: int
    tails: float
    thickness_cv: float


DIFFICULTY: dict[Level, Difficulty] = {
    "easy": Difficulty(
        tilt_deg=0.5,
        smile_sds=0.5,
        frown_sds=0.2,
        jitter=0.005,
        width_cv=0.02,
        peak_grey=(1e4, 3.6e4),
        read_noise_grey=40,
        grey_per_electron=3,
        lumps=0.01,
        smear=0.01,
        gradient=0.1,
        neighbour_gap_sds=(8.0, 12.0),
        neighbour_share=(0.1, 0.3),
        neighbour_chance=0.3,
        empty_chance=0.0,
        dust=0,
        tails=0.03,
        thickness_cv=0.01,
    ),
    "medium": Difficulty(
        tilt_deg=1.5,
        smile_sds=1.5,
        frown_sds=0.4,
        jitter=0.015,
        width_cv=0.04,
        peak_grey=(4e3, 3.2e4),
        read_noise_grey=60,
        grey_per_electron=5,
        lumps=0.03,
        smear=0.04,
        gradient=0.3,
        neighbour_gap_sds=(6.0, 9.0),
        neighbour_share=(0.1, 0.6),
        neighbour_chance=0.5,
        empty_chance=0.2,
        dust=3,
        tails=0.06,
        thickness_cv=0.02,
    ),
    "hard": Difficulty(
        tilt_deg=3.0,
        smile_sds=3.0,
        frown_sds=0.8,
        jitter=0.03,
        width_cv=0.07,
        peak_grey=(2.5e3, 2.6e4),
        read_noise_grey=80,
        grey_per_electron=8,
        lumps=0.08,
        smear=0.10,
        gradient=0.5,
        neighbour_gap_sds=(4.0, 6.0),
        neighbour_share=(0.2, 1.0),
        neighbour_chance=0.7,
        empty_chance=0.4,
        dust=8,
        tails=0.10,
        thickness_cv=0.04,
    ),
    "hardest": Difficulty(
        tilt_deg=4.0,
        smile_sds=5.0,
        frown_sds=1.0,
        jitter=0.04,
        width_cv=0.10,
        peak_grey=(1.5e3, 2.0e4),
        read_noise_grey=100,
        grey_per_electron=10,
        lumps=0.10,
        smear=0.15,
        gradient=0.8,
        neighbour_gap_sds=(3.0, 4.5),
        neighbour_share=(0.3, 2.0),
        neighbour_chance=0.9,
        empty_chance=0.5,
        dust=15,
        tails=0.15,
        thickness_cv=0.06,
    ),
}
