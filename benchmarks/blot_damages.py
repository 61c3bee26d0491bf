"""Damaged pictures of drawn blots: are they flagged, and are clean ones left alone?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.blot.integrity import examine_picture
from avpi.blot.polarity import as_signal
from avpi.readings import BlotImage
from avpi.virtual_lab import blot_damage
from avpi.virtual_lab.blot_difficulty import LEVELS
from avpi.virtual_lab.blot_levels import LevelBlot, draw_blot

SENSITIVITY, FALSE_FLAGS = 0.99, 0.01
INTEGRITY = frozenset({
    "cut_band", "gamma_changed", "contrast_stretched", "clipped_black", "saturated_picture", "hidden_jpeg",
    "copied_region", "spliced_picture", "blank_picture", "not_a_blot", "eight_bit",
})  # fmt: skip
Damage = Callable[[LevelBlot], NDArray[Any]]
EXPECTED: dict[str, tuple[frozenset[str], Damage]] = {
    "saturated (4 x the exposure)": (frozenset({"saturated_picture"}), lambda b: blot_damage.overexposed(b.image, 4.0)),
    "gamma 0.5": (frozenset({"gamma_changed"}), lambda b: blot_damage.gamma_corrected(b.image, 0.5)),
    "gamma 0.7": (frozenset({"gamma_changed"}), lambda b: blot_damage.gamma_corrected(b.image, 0.7)),
    "gamma 1.5": (frozenset({"gamma_changed"}), lambda b: blot_damage.gamma_corrected(b.image, 1.5)),
    "gamma 2": (frozenset({"gamma_changed"}), lambda b: blot_damage.gamma_corrected(b.image, 2.0)),
    "black clipped, a tenth": (frozenset({"clipped_black"}), lambda b: blot_damage.black_clipped(b.image, 0.1)),
    "black clipped, a half": (frozenset({"clipped_black"}), lambda b: blot_damage.black_clipped(b.image, 0.5)),
    "contrast stretched, 2 % lost": (
        frozenset({"clipped_black", "saturated_picture", "contrast_stretched"}),
        lambda b: blot_damage.stretched(b.image, 2.0, 98.0),
    ),
    "cut through the target's row": (
        frozenset({"cut_band"}), lambda b: blot_damage.cut_at_row(b.image, b.target_row_px)
    ),
    "a JPEG stored again": (
        frozenset({"hidden_jpeg"}), lambda b: blot_damage.through_jpeg(blot_damage.eight_bits(b.image), 90)
    ),
}  # fmt: skip


def flags(pixels: NDArray[Any]) -> set[str]:
    """Return the codes of what is found on a picture."""
    bits = 8 if pixels.dtype == np.uint8 else 16
    image = BlotImage(pixels=pixels, bits=bits, lossy=False, tag_polarity="unknown", source="blot.tif")
    return {finding.code for finding in examine_picture(image, as_signal(image), "blot").findings}


def damage_rows(blots: int) -> list[dict[str, Any]]:
    """Return the sensitivity for each damage over all levels, and the share of clean pictures that are flagged.

    A blot whose target is saturated in no lane when overexposed is no saturated blot; it is left out.
    """
    seen: dict[str, list[bool]] = defaultdict(list)
    false: list[bool] = []
    for level in LEVELS:
        for seed in range(5000, 5000 + max(2, blots // 2)):
            blot = draw_blot(level, seed)
            false.append(bool(flags(blot.image) & INTEGRITY))
            for name, (wanted, damage) in EXPECTED.items():
                damaged = damage(blot)
                if name.startswith("saturated") and np.count_nonzero(damaged == blot_damage.WHITE) < 100:
                    continue
                seen[name].append(bool(flags(damaged) & wanted))
    rows = [
        {"what": f"{name}: flagged, of {len(found)}", "value": round(float(np.mean(found)), 4),
         "goal": f">= {SENSITIVITY:.0%}", "met": float(np.mean(found)) >= SENSITIVITY}
        for name, found in seen.items()
    ]  # fmt: skip
    rows.append(
        {"what": f"clean pictures flagged, of {len(false)}", "value": round(float(np.mean(false)), 4),
         "goal": f"<= {FALSE_FLAGS:.0%}", "met": float(np.mean(false)) <= FALSE_FLAGS}
    )  # fmt: skip
    return rows
