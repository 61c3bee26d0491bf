"""``avpi blot ladder``: the bands of a ladder, their masses and what they hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.number_list import LaneNumbers, PositiveNumbers
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, NotAnalysed, Problem

if TYPE_CHECKING:
    from avpi.blot.ladder import KnownAmounts, LadderLane


@click.command(
    cls=HouseCommand,
    examples=(
        ("avpi blot ladder gel.tif --lanes 8 --ladder 1 --masses 250,150,100,75,50,37,25",
         "a protein ladder in lane 1"),
        ("avpi blot ladder gel.tif --lanes 4 --ladder 1-4 --masses 1000,500,100 --amounts 60,30,10 --json",
         "four lanes of a ladder whose bands hold known amounts"),
    ),
)  # fmt: skip
@click.argument("image", type=NamedPath())
@option("--lanes", type=click.IntRange(1, 60), required=True, section="Input", help="Positions on the gel.")
@option("--ladder", type=LaneNumbers(), required=True, section="Input", help="Lanes that hold the ladder, such as 1,8.")
@option(
    "--masses", type=PositiveNumbers(), required=True, section="Input",
    help="Masses of the bands that are on the image, in any unit: kDa, base pairs.",
)  # fmt: skip
@option(
    "--amounts", type=PositiveNumbers(), section="Input",
    help="What each band holds, in the order of --masses: the reading is checked against it.",
)  # fmt: skip
@talking()
def ladder(
    image: Path, *, lanes: int, ladder: tuple[int, ...], masses: tuple[float, ...], amounts: tuple[float, ...] | None,
    as_json: bool, terminal: Terminal,
) -> None:  # fmt: skip
    """Read the lanes that hold a ladder: where each band is, its mass, and what it holds."""
    import numpy as np

    from avpi.blot.ladder import check_amounts, read_ladder
    from avpi.blot.lanes import find_lanes
    from avpi.blot.polarity import as_signal
    from avpi.formats.blot_image import read_blot_image

    _require_consistent(image, lanes, ladder, masses, amounts)
    signal = as_signal(read_blot_image(image, str(image)))
    try:
        found = find_lanes(signal.values, lanes)
        read = read_ladder(np.asarray(signal.values, float), found.x_px, found.pitch_px, ladder, masses)
    except NotAnalysed as why:
        raise InputError(Problem(file=str(image), what=f"{why} ({why.code})")) from why
    known: tuple[float, ...] | None = None
    if amounts is not None:
        heavy_first = np.argsort(-np.array(masses), kind="stable")
        known = tuple(float(amounts[i]) for i in heavy_first)
    checks = [None if known is None else check_amounts(lane, known) for lane in read]
    if as_json:
        terminal.json({"lanes": [_as_json(lane, check) for lane, check in zip(read, checks, strict=True)]})
        return
    for lane, check in zip(read, checks, strict=True):
        terminal.data(f"lane {lane.lane}")
        for i, (mass, band) in enumerate(zip(lane.masses, lane.bands, strict=True)):
            held = "" if check is None else f"  holds {check.amounts[i]:.4g} ({check.errors[i]:+.0%} of what it should)"
            volume = f"volume {band.volume:.4g} ± {band.volume_se:.2g}"
            terminal.data(f"  {mass:>9g}  row {band.y_px:7.1f}  {volume}{held}")
        if check is not None:
            terminal.data(f"  median error of the amounts: {check.median_error:.1%}")


def _require_consistent(
    image: Path, lanes: int, ladder: tuple[int, ...], masses: tuple[float, ...], amounts: tuple[float, ...] | None
) -> None:
    problems = []
    if max(ladder) > lanes:
        what = f"'--ladder' names lane {max(ladder)} of {lanes}"
        problems.append(Problem(file=str(image), what=what, expected=f"lanes from 1 to {lanes}"))
    if len(set(masses)) != len(masses) or len(masses) < 2:
        what = f"'--masses' holds {len(set(masses))} different masses in {len(masses)}"
        problems.append(Problem(file=str(image), what=what, expected="at least two masses, each once"))
    if amounts is not None and len(amounts) != len(masses):
        what = f"'--amounts' holds {len(amounts)} numbers, '--masses' {len(masses)}"
        problems.append(Problem(file=str(image), what=what, expected="an amount for each mass"))
    if problems:
        raise InputError(problems)


def _as_json(lane: LadderLane, check: KnownAmounts | None) -> dict[str, Any]:
    bands: list[dict[str, Any]] = [
        {"mass": mass, "y": band.y_px, "volume": band.volume, "se": band.volume_se}
        for mass, band in zip(lane.masses, lane.bands, strict=True)
    ]
    if check is None:
        return {"lane": lane.lane, "bands": bands}
    for band, amount, error in zip(bands, check.amounts, check.errors, strict=True):
        band |= {"amount": amount, "relative_error": error}
    return {"lane": lane.lane, "bands": bands, "median_relative_error": check.median_error}
