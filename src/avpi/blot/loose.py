"""A blot without a study: what is said on one line is declared as a study would declare it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from avpi.errors import InputError, Problem
from avpi.study.conditions import ConditionWords
from avpi.study.schema import Blot, Lane, LoadingControl, Neighbour

Side = Literal["above", "below"]
LOOSE_WORDS = ConditionWords(compound="SM", working_doses={"SM": 1e-7})
"""Lanes of a loose blot are vehicle or treated; the dose is not known and is never shown."""
NAME = "blot"
"""Name of a loose blot, and first part of the targets in its overrides (``blot/lane3``)."""


def declare_blot(
    lanes: int,
    *,
    source: str = "image",
    vehicle: Sequence[int] = (),
    empty: Sequence[int] = (),
    ladder: Sequence[int] = (),
    target: str = "target",
    control: str | None = None,
    control_source: str | None = None,
    target_row: float | None = None,
    control_row: float | None = None,
    neighbours: Sequence[Side] = (),
    mirrored: bool = False,
    allow_saturated: bool = False,
) -> Blot:
    """Return what a study would declare of a blot.

    Parameters
    ----------
    lanes : positions on the gel, empty and ladder lanes included; numbered from 1, from the left (from the right where
        ``mirrored``).
    vehicle, empty, ladder : numbers of the lanes that hold vehicle, nothing, or a ladder.
    target, control : names of the proteins; without a name, an image or a row of its own there is no loading control.
    source, control_source : names of the images; the control stands on the target's image where it has none.
    target_row, control_row : rows, in pixels from the top of their image.
    neighbours : on which sides of the target another band of the antibody is expected.

    Raises
    ------
    InputError
        With every number of a lane that does not exist or is said to hold two things, every row above the image, and a
        control without a row on the target's own image.
    """
    problems = _faults(source, lanes, vehicle, empty, ladder)
    for name, row in (("target_row", target_row), ("control_row", control_row)):
        if row is not None and not row >= 0:
            expected = "pixels from the top of the image, 0 or more"
            problems.append(Problem(file=source, what=f"'{name}' is '{row:g}'", expected=expected))
    loading = None
    if control is not None or control_source is not None or control_row is not None:
        loading = LoadingControl(
            name=control or "loading control", image=control_source, row=control_row, allow_saturated=allow_saturated
        )
    if problems:
        raise InputError(problems)
    return Blot(
        name=NAME,
        experiment="1",
        image=source,
        target=target,
        loading_control=loading,
        lanes=tuple(_lane(n, vehicle, empty, ladder) for n in range(1, lanes + 1)),
        mirrored=mirrored,
        target_row=target_row,
        neighbours=tuple(Neighbour(name=f"neighbour {side}", side=side) for side in dict.fromkeys(neighbours)),
        allow_lossy=True,
    )


def _faults(
    source: str, lanes: int, vehicle: Sequence[int], empty: Sequence[int], ladder: Sequence[int]
) -> list[Problem]:
    problems = []
    if lanes < 1:
        problems.append(Problem(file=source, what=f"'lanes' is '{lanes}'", expected="1 or more"))
    said = {"vehicle": vehicle, "empty": empty, "ladder": ladder}
    for name, numbers in said.items():
        problems += [
            Problem(file=source, what=f"'{name}' names lane '{n}' of {lanes}", expected=f"1 to {lanes}")
            for n in numbers
            if not 1 <= n <= lanes
        ]
    for n in sorted({*vehicle, *empty, *ladder}):
        twice = [name for name, numbers in said.items() if n in numbers]
        if len(twice) > 1:
            problems.append(Problem(file=source, what=f"lane '{n}' is {' and '.join(twice)}", expected="one of them"))
    return problems


def _lane(number: int, vehicle: Sequence[int], empty: Sequence[int], ladder: Sequence[int]) -> Lane:
    if number in empty or number in ladder:
        return Lane(empty=number in empty, ladder=number in ladder)
    return Lane(condition="DMSO" if number in vehicle else "SM")
