"""What is pipetted: liquids with what is dissolved in them, places where they stand, transfers between places.

A liquid is what a source holds. What a well ends up with is not written down but followed: :func:`follow` runs the
transfers in order and adds up amounts and volumes. The design that a file of transfers stands for is read back in this
way, whoever wrote the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Vehicle = Literal["DMSO", "aqueous", "medium"]
WHOLE = 1e-9
"""Rounding of floats that stands between a number and the whole number it is."""
SOLVENTS: tuple[Vehicle, ...] = ("DMSO", "aqueous")
"""Vehicles that are made equal in every well."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A well or tube: the labware's name on the deck and the well in it."""

    labware: str
    well: str

    def __str__(self) -> str:
        return f"{self.labware} {self.well}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquid:
    """What a source holds: one reagent in its vehicle, or a vehicle alone (``reagent`` empty).

    ``concentration`` is in the reagent's unit: molar or ng/mL.
    """

    name: str
    vehicle: Vehicle
    reagent: str = ""
    concentration: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place that is filled by hand before the transfers begin: with what, how much is drawn, how much must stay.

    ``drawn_nl`` plus ``dead_nl`` is what must be loaded; it is never above ``capacity_nl``.
    """

    place: Place
    liquid: Liquid
    drawn_nl: float
    dead_nl: float
    capacity_nl: float

    @property
    def load_nl(self) -> float:
        """What is filled in: what is drawn, and what the labware keeps."""
        return self.drawn_nl + self.dead_nl


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """So much from one place into another; ``what`` names the liquid for a reader."""

    source: Place
    target: Place
    volume_nl: float
    what: str = ""


@dataclass(slots=True)
class Mixture:
    """What a well holds: its volume, the amount of each reagent (concentration x nL), the volume of each vehicle."""

    volume_nl: float = 0.0
    amounts: dict[str, float] = field(default_factory=dict)
    vehicles: dict[str, float] = field(default_factory=dict)

    def concentration(self, reagent: str) -> float:
        """Return the concentration of a reagent, in its unit."""
        return self.amounts.get(reagent, 0.0) / self.volume_nl if self.volume_nl else 0.0

    def share(self, vehicle: str) -> float:
        """Return the share of the volume that a vehicle has."""
        return self.vehicles.get(vehicle, 0.0) / self.volume_nl if self.volume_nl else 0.0

    def add(self, other: Mixture, volume_nl: float) -> None:
        """Add a volume of another mixture, which keeps what it has."""
        part = volume_nl / other.volume_nl
        self.volume_nl += volume_nl
        for reagent, amount in other.amounts.items():
            self.amounts[reagent] = self.amounts.get(reagent, 0.0) + amount * part
        for vehicle, volume in other.vehicles.items():
            self.vehicles[vehicle] = self.vehicles.get(vehicle, 0.0) + volume * part


def mixture_of(liquid: Liquid, volume_nl: float) -> Mixture:
    """Return a volume of a source's liquid."""
    amounts = {liquid.reagent: liquid.concentration * volume_nl} if liquid.reagent else {}
    return Mixture(volume_nl=volume_nl, amounts=amounts, vehicles={liquid.vehicle: volume_nl})


def follow(
    sources: Iterable[Source], transfers: Sequence[Transfer], start: Mapping[Place, float]
) -> dict[Place, Mixture]:
    """Return what every target holds after the transfers.

    Parameters
    ----------
    start : place -> nanolitres of medium (with or without cells) that stand there already.

    Raises
    ------
    KeyError
        If a transfer draws from a place that is neither a source nor filled by an earlier transfer.
    """
    liquids = {source.place: mixture_of(source.liquid, source.load_nl) for source in sources}
    wells = {place: Mixture(volume_nl=volume, vehicles={"medium": volume}) for place, volume in start.items()}
    for transfer in transfers:
        origin = liquids.get(transfer.source) or wells[transfer.source]
        wells.setdefault(transfer.target, Mixture()).add(origin, transfer.volume_nl)
    return wells


def drawn_volumes(transfers: Iterable[Transfer]) -> dict[Place, float]:
    """Return how much is drawn from each place."""
    drawn: dict[Place, float] = {}
    for transfer in transfers:
        drawn[transfer.source] = drawn.get(transfer.source, 0.0) + transfer.volume_nl
    return drawn


def split_volume(volume_nl: float, most_nl: float, step_nl: float) -> list[float]:
    """Return the parts that a volume is moved in: multiples of a step, alike to one, each at most ``most_nl``."""
    steps, most = round(volume_nl / step_nl), int(most_nl / step_nl + WHOLE)
    parts = -(-steps // most)
    return [(steps // parts + (i < steps % parts)) * step_nl for i in range(parts)]
