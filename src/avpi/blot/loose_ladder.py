"""The ladder of a blot without a study: its lanes, and the row of a mass.

Apart from :mod:`avpi.blot.loose` because few blots show one, and what reads it takes long to load.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from avpi.blot.ladder import LadderLane, read_ladder
from avpi.blot.lanes import find_lanes
from avpi.blot.polarity import as_signal
from avpi.errors import NotAnalysed
from avpi.readings import BlotImage


def read_ladder_lanes(
    image: BlotImage, lanes: int, ladder: Sequence[int], masses: Sequence[float], target_mass: float | None,
    *, mirrored: bool,
) -> tuple[tuple[LadderLane, ...], float | None]:  # fmt: skip
    """Return the ladder lanes of an image, and the row of a mass in the middle of the image.

    Raises
    ------
    NotAnalysed
        ``lane_count``, ``no_bands``, ``ladder_bands``, or ``beyond_ladder`` where the mass runs off the ladder.
    """
    signal = as_signal(image)
    found = find_lanes(signal.values, lanes)
    places = [lanes + 1 - n if mirrored else n for n in ladder]
    read = read_ladder(signal.values, found.x_px, found.pitch_px, places, masses)
    named = tuple(replace(lane, lane=number) for lane, number in zip(read, ladder, strict=True))
    if target_mass is None:
        return named, None
    rows = [
        row + found.tilt * (found.centre_px - float(found.x_px[place - 1]))
        for lane, place in zip(read, places, strict=True)
        if (row := lane.row_of(target_mass)) is not None
    ]
    if not rows:
        why = f"a mass of {target_mass:g} runs beyond the ladder ({min(masses):g} to {max(masses):g})."
        raise NotAnalysed("beyond_ladder", why)
    return named, sum(rows) / len(rows)
