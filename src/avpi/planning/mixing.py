"""When a master mix is mixed: before anything is drawn from it.

A mix is medium with a few microlitres of DMSO below or on top of it. What is drawn before it was mixed is medium, or
stock. Lists of transfers move liquids and say nothing of mixing, so every list that makes mixes says it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from avpi.planning.dilutions import PIPETTE_STEP_NL
from avpi.planning.liquids import Place, Transfer
from avpi.planning.mixes import MIXES

MIX_CYCLES = 5
"""Strokes up and down; as often as the Opentrons protocol mixes (assumed)."""
MOST_STROKE_NL = 200_000.0
"""One stroke, at most; a 300 µL tip takes it (assumed)."""
STROKE_SHARE = 0.5
"""A stroke moves no more than half of a mix, so that the tip stays in the liquid (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixing:
    """A mix is drawn up and given back, ``cycles`` times ``stroke_nl``."""

    place: Place
    cycles: int
    stroke_nl: float


def mixings(transfers: Sequence[Transfer]) -> dict[int, Mixing]:
    """Return position of a transfer in the list -> the mixing before it: of each mix, before it is first drawn from."""
    volumes: dict[Place, float] = {}
    found: dict[int, Mixing] = {}
    mixed: set[Place] = set()
    for number, transfer in enumerate(transfers):
        if transfer.target.labware == MIXES:
            volumes[transfer.target] = volumes.get(transfer.target, 0.0) + transfer.volume_nl
        place = transfer.source
        if place.labware == MIXES and place not in mixed:
            mixed.add(place)
            wanted = min(MOST_STROKE_NL, volumes.get(place, 0.0) * STROKE_SHARE)
            stroke = int(wanted / PIPETTE_STEP_NL) * PIPETTE_STEP_NL
            if stroke > 0:
                found[number] = Mixing(place=place, cycles=MIX_CYCLES, stroke_nl=stroke)
    return found


def unmixed(transfers: Sequence[Transfer], mixed: frozenset[Place]) -> Iterator[str]:
    """Yield the mixes that are drawn from and that a list never mixes."""
    for place in dict.fromkeys(t.source for t in transfers if t.source.labware == MIXES):
        if place not in mixed:
            yield f"{place} is drawn from and never mixed"
