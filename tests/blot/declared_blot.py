"""What a study would declare of the simulated membranes, and the call of the analysis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from avpi.blot.analyse import analyse_blot
from avpi.blot.results import BlotResult
from avpi.readings import BlotImage
from avpi.study.conditions import ConditionWords
from avpi.study.overrides import Override, Overrides
from avpi.study.schema import Blot, Lane, LoadingControl, Rules
from tests.blot.simulated_blot import Membrane, Row, Simulated, simulate

WORDS = ConditionWords(compound="birinapant", working_doses={"SM": 1e-7, "TNF": 10.0})
TARGET_ROW, CONTROL_ROW = 110.0, 210.0
COURSE = (1.0, 0.6, 0.3, 0.1, 0.05, 0.02, 0.0, 0.01)
"""Fraction of vehicle left in each lane of the usual simulated time course."""


def time_course(count: int) -> tuple[Lane, ...]:
    """Vehicle, then a lane every five minutes."""
    return (Lane.model_validate({"time": 0}), *(Lane(time=f"{5 * i} min") for i in range(1, count)))  # type: ignore[arg-type]


def declared(
    lanes: Sequence[Lane] | int = 8,
    *,
    target_row: float | None = TARGET_ROW,
    control: LoadingControl | None = LoadingControl(name="actin", row=CONTROL_ROW),  # noqa: B008 - frozen
    **more: Any,
) -> Blot:
    """Return a blot of cIAP1 with actin on the same image."""
    return Blot(
        name="blot1",
        experiment="day1",
        image="raw/blot1.tif",
        target="cIAP1",
        loading_control=control,
        lanes=tuple(time_course(lanes) if isinstance(lanes, int) else lanes),
        target_row=target_row,
        **more,
    )


def membrane(
    course: ArrayLike = COURSE,
    loading: ArrayLike | None = None,
    *,
    volume: float = 4e6,
    control_volume: float = 5e6,
    **more: Any,
) -> Membrane:
    """Return a membrane with a target and a loading control."""
    fractions = np.asarray(course, np.float64)
    loaded = np.ones_like(fractions) if loading is None else np.asarray(loading, np.float64)
    target = Row(y_px=TARGET_ROW, volumes=tuple(volume * fractions * loaded))
    control = Row(y_px=CONTROL_ROW, volumes=tuple(control_volume * loaded))
    return Membrane(rows=(target, control), **more)


@cache
def picture(seed: int = 1, **more: Any) -> Simulated:
    """Draw the usual membrane."""
    return simulate(membrane(**more), seed)


def analyse(
    image: BlotImage,
    blot: Blot,
    control_image: BlotImage | None = None,
    *,
    boxes: dict[str, dict[str, Any]] | None = None,
    rules: Rules | None = None,
) -> BlotResult:
    """Analyse one image; ``boxes`` are corrections by target."""
    lines = tuple(
        Override(number=i, at="2026-01-01", by="me", target=target, set=values, reason="test")
        for i, (target, values) in enumerate((boxes or {}).items(), start=1)
    )
    return analyse_blot(image, control_image, blot, WORDS, rules or Rules(), Overrides(lines=lines))


@cache
def usual() -> BlotResult:
    """Return the analysis of the usual membrane."""
    return analyse(picture().image, declared())


def codes(result: BlotResult) -> set[str]:
    """Return the codes of a result's findings."""
    return {finding.code for finding in result.findings}


def ratios(result: BlotResult) -> list[float]:
    """Return every lane's ratio to vehicle, bounds included."""
    return [lane.ratio_to_vehicle.value for lane in result.lanes]
