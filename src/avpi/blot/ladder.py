"""Ladders: which band has which mass, what mass stands at which height, and how much each band holds.

Lanes of one gel that hold the same ladder show the same bands, at nearly the same heights: a band that hides in the
shoulder of another is looked for in all of them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.signal import find_peaks

from avpi.blot.lane_bands import (
    CURVATURE_SDS,
    FINE_SCALE_SHARE,
    LaneBand,
    band_sd,
    band_width,
    curvature,
    curvature_noise,
    find_bands,
    fit_bands,
    lane_profile,
    match_bands,
)
from avpi.errors import NotAnalysed

MOST_HIDDEN = 4
"""So many bands of a ladder may be mere shoulders of others; more, and the declared masses are doubted (assumed)."""
LEAST_APART_SDS = 1.5
"""A hidden band is looked for at least so many sd of a band from the next: nearer, two cannot be told (assumed)."""
BEYOND_SHARE = 0.5
"""How far beyond its outermost bands a ladder tells a mass, as a share of the outermost gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderLane:
    """One lane that holds a ladder.

    Attributes
    ----------
    lane : its number from the left, from 1.
    masses : of each band, in the unit in which they were declared, top (heaviest) to bottom.
    bands : (masses,) where each band is and what it holds.
    """

    lane: int
    masses: tuple[float, ...]
    bands: tuple[LaneBand, ...]

    def mass_at(self, y_px: float) -> float | None:
        """Return the mass that runs to a height, or None well beyond the ladder.

        The logarithm of mass is interpolated monotonically (PCHIP) between the bands: no straight line holds over a
        whole gel.
        """
        at = np.array([band.y_px for band in self.bands])
        low = at[0] - BEYOND_SHARE * (at[1] - at[0])
        high = at[-1] + BEYOND_SHARE * (at[-1] - at[-2])
        if not low <= y_px <= high:
            return None
        return float(np.exp(PchipInterpolator(at, np.log(self.masses), extrapolate=True)(y_px)))

    def row_of(self, mass: float) -> float | None:
        """Return the height to which a mass runs, or None well beyond the ladder."""
        at = np.array([band.y_px for band in self.bands])
        log = np.log(np.array(self.masses))
        rows = PchipInterpolator(-log, at, extrapolate=True)
        y = float(rows(-np.log(mass)))
        return y if self.mass_at(y) is not None else None


def read_ladder(
    values: NDArray[np.float64],
    x_px: NDArray[np.float64],
    pitch_px: float,
    lanes: Sequence[int],
    masses: Sequence[float],
) -> tuple[LadderLane, ...]:
    """Read the lanes that hold a ladder.

    Parameters
    ----------
    values : signal with bands upwards (rows, columns).
    x_px, pitch_px : centres of all lanes, and their distance.
    lanes : numbers of the ladder's lanes, from 1.
    masses : of the ladder's bands that are on the gel, in any unit; they are taken from heavy to light.

    Raises
    ------
    NotAnalysed
        ``ladder_bands`` if no lane shows as many bands as masses are declared.
    """
    ordered = tuple(sorted(masses, reverse=True))
    widths = [band_width(values, float(x_px[lane - 1]), pitch_px) for lane in lanes]
    profiles = [lane_profile(values, float(x_px[lane - 1]), width, pitch_px)
                for lane, width in zip(lanes, widths, strict=True)]  # fmt: skip
    places = _places(profiles, len(ordered), lanes)
    return tuple(
        LadderLane(lane=lane, masses=ordered, bands=fit_bands(profile, at, width))
        for lane, profile, at, width in zip(lanes, profiles, places, widths, strict=True)
    )


def _places(profiles: list[NDArray[np.float64]], count: int, lanes: Sequence[int]) -> list[NDArray[np.float64]]:
    """Return the heights of ``count`` bands in each lane: those that show, then those that hide in all lanes alike."""
    found = [find_bands(profile) for profile in profiles]
    sizes = [at.size for at in found]
    usual = max(set(sizes), key=lambda size: (sizes.count(size), size))
    places = []
    if count - MOST_HIDDEN <= usual <= count and usual > 1:
        template = found[sizes.index(usual)]
        places = [at if at.size == usual else _filled(profile, at, template)
                  for at, profile in zip(found, profiles, strict=True)]  # fmt: skip
        places = _with_hidden(profiles, places, count)
    if not places:
        seen = ", ".join(f"{size} in lane {lane}" for size, lane in zip(sizes, lanes, strict=True))
        why = (
            f"{count} masses are declared for the ladder, but its lanes show other numbers of bands ({seen}). Declare "
            "only the masses whose bands are on the image."
        )
        raise NotAnalysed("ladder_bands", why)
    return places


def _with_hidden(
    profiles: list[NDArray[np.float64]], places: list[NDArray[np.float64]], count: int
) -> list[NDArray[np.float64]]:
    """Return the places with hidden bands added, or none if too few are to be seen.

    The curvature of all lanes is averaged after each was laid upon the first by the bands that both show: noise differs
    from lane to lane, a hidden band does not.
    """
    missing = count - places[0].size
    if missing == 0:
        return places
    first = places[0]
    heights = np.arange(np.ceil(first[0]), first[-1] + 1)
    sd = np.interp(heights, np.arange(profiles[0].size), band_sd(profiles[0]))
    laid, noise = [], []
    for profile, at in zip(profiles, places, strict=True):
        own, rows = np.interp(heights, first, at), np.arange(profile.size)
        bent = curvature(profile, band_sd(profile), FINE_SCALE_SHARE)
        laid.append(np.interp(own, rows, bent))
        noise.append(np.interp(own, rows, curvature_noise(profile, band_sd(profile), FINE_SCALE_SHARE)))
    together = np.mean(laid, axis=0)
    least = CURVATURE_SDS * np.sqrt(np.mean(np.square(noise), axis=0) / len(noise))
    peaks, _ = find_peaks(together, height=least)
    apart = np.abs(heights[peaks][:, None] - first[None, :]).min(axis=1)
    hidden = peaks[apart >= LEAST_APART_SDS * sd[peaks]]
    if hidden.size < missing:
        return []
    strongest = heights[hidden[np.argsort(-together[hidden], kind="stable")[:missing]]]
    return [np.sort(np.concatenate([at, np.interp(strongest, first, at)])) for at in places]


def _filled(
    profile: NDArray[np.float64], found: NDArray[np.float64], template: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a template's bands in a lane that shows fewer or more of them."""
    kept = found if found.size <= template.size else _strongest(profile, found, template.size)
    which = match_bands(kept, template)
    slope = (kept[-1] - kept[0]) / max(template[which[-1]] - template[which[0]], 1.0)
    line = np.interp(template, template[which], kept)
    line = np.where(template < template[which[0]], kept[0] + slope * (template - template[which[0]]), line)
    line = np.where(template > template[which[-1]], kept[-1] + slope * (template - template[which[-1]]), line)
    return np.sort(np.clip(line, 0, profile.size - 1))


def _strongest(profile: NDArray[np.float64], found: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the ``count`` bands that curve most."""
    bent = curvature(profile, band_sd(profile))[found.astype(int)]
    return np.sort(found[np.argsort(-bent, kind="stable")[:count]])


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAmounts:
    """A ladder whose bands hold known amounts, turned round: what the image says that each holds.

    Attributes
    ----------
    amounts : (bands,) as read, in the unit of the declared ones.
    errors : (bands,) relative to the declared amounts.
    median_error : of their absolute values.
    """

    amounts: tuple[float, ...]
    errors: tuple[float, ...]
    median_error: float


def check_amounts(lane: LadderLane, declared: Sequence[float]) -> KnownAmounts:
    """Return how well a lane's volumes give the amounts that its bands are known to hold.

    One factor, the median ratio of volume to amount, turns volumes into amounts: a band or two that are wrong do not
    move it.
    """
    volumes = np.array([band.volume for band in lane.bands])
    known = np.asarray(declared, np.float64)
    ratio = volumes / known
    amounts = volumes / float(np.median(ratio))
    errors = amounts / known - 1
    return KnownAmounts(
        amounts=tuple(amounts.tolist()),
        errors=tuple(errors.tolist()),
        median_error=float(np.median(np.abs(errors))),
    )
