"""Which lane of the picture is which lane of the study file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.errors import NotAnalysed
from avpi.names import Condition
from avpi.study.conditions import ConditionWords
from avpi.study.read import lane_condition
from avpi.study.schema import Blot, Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneLayout:
    """The declared lanes with what was added, and their places on the image.

    Lanes are numbered from 1 as declared; indices count from 0 from the left of the stored image.
    """

    declared: tuple[Lane, ...]
    conditions: tuple[Condition, ...]
    mirrored: bool

    @property
    def count(self) -> int:
        """Positions on the gel, empty and ladder lanes included."""
        return len(self.declared)

    @property
    def sample_lanes(self) -> tuple[int, ...]:
        """Numbers of the lanes that hold sample."""
        return tuple(n for n, lane in enumerate(self.declared, start=1) if not (lane.empty or lane.ladder))

    def index(self, number: int) -> int:
        """Return where a declared lane stands on the image, from the left."""
        return self.count - number if self.mirrored else number - 1

    def is_vehicle(self, number: int) -> bool:
        """Return True for a sample lane with nothing added."""
        return number in self.sample_lanes and not self.conditions[number - 1].additions

    def loaded(self) -> NDArray[np.bool_]:
        """Return, by image index, which positions hold sample."""
        return self._mask(self.sample_lanes)

    def vehicles(self) -> NDArray[np.bool_]:
        """Return, by image index, which positions hold vehicle."""
        return self._mask(tuple(n for n in self.sample_lanes if self.is_vehicle(n)))

    def references(self) -> NDArray[np.bool_]:
        """Return, by image index, where the target must be: vehicle lanes, or all that hold sample where none is."""
        vehicles = self.vehicles()
        return vehicles if vehicles.any() else self.loaded()

    def _mask(self, numbers: tuple[int, ...]) -> NDArray[np.bool_]:
        mask = np.zeros(self.count, bool)
        mask[[self.index(n) for n in numbers]] = True
        return mask


def lane_layout(declared: Blot, words: ConditionWords) -> LaneLayout:
    """Return the layout of a blot.

    Raises
    ------
    NotAnalysed
        ``no_bands`` if every lane is empty or ladder.
    """
    layout = LaneLayout(
        declared=declared.lanes,
        conditions=tuple(lane_condition(lane, words) for lane in declared.lanes),
        mirrored=declared.mirrored,
    )
    if not layout.sample_lanes:
        why = "every lane is declared empty or ladder."
        raise NotAnalysed("no_bands", why)
    return layout


def correctable(declared: Blot) -> tuple[str, ...]:
    """Return what a correction of this blot may name: its sample lanes, and their loading control where it has one."""
    lanes = [number for number, lane in enumerate(declared.lanes, start=1) if not (lane.empty or lane.ladder)]
    ends = ("", "/control") if declared.loading_control is not None else ("",)
    return tuple(f"{declared.name}/lane{number}{end}" for number in lanes for end in ends)


def require_vehicle(layout: LaneLayout) -> None:
    """Refuse a blot without a vehicle lane.

    Raises
    ------
    NotAnalysed
        ``no_vehicle_lane``.
    """
    if not layout.vehicles().any():
        why = (
            "no lane holds vehicle: every loss is relative to vehicle. Declare one with 'condition: DMSO', 'dose: 0' "
            "or 'time: 0 min'."
        )
        raise NotAnalysed("no_vehicle_lane", why)
