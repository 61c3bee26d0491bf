"""``avpi blot quantify``: one image, or two of one membrane, to a fraction of vehicle in every lane."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.number_list import LaneNumbers, PositiveNumbers
from avpi.cli.output_path import refuse_to_overwrite
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, NotAnalysed, Problem

if TYPE_CHECKING:
    from avpi.blot.ladder import LadderLane
    from avpi.blot.loose import Quantified, Side
    from avpi.readings import BlotImage
    from avpi.study.overrides import Overrides
    from avpi.study.schema import Blot

REFUSED = 1
"""Exit code where the picture was read but no number may be taken from it."""


@click.command(
    cls=HouseCommand,
    examples=(
        ("avpi blot quantify b.tif --lanes 8 --json", "lanes, bands, volumes"),
        ("avpi blot quantify ciap1.tif --control-image actin.tif --lanes 8 --vehicle 1 --neighbour below",
         "fractions of vehicle, actin on an image of its own"),
    ),
)  # fmt: skip
@click.argument("image", type=NamedPath())
@option(
    "--lanes", type=click.IntRange(1, 60), required=True, section="Input", help="Positions on the gel, all of them."
)
@option("--vehicle", type=LaneNumbers(), default=(), section="Input", help="Vehicle lanes, such as 1,2.")
@option("--empty", type=LaneNumbers(), default=(), section="Input", help="Lanes without sample.")
@option("--ladder", type=LaneNumbers(), default=(), section="Input", help="Lanes with a ladder.")
@option("--masses", type=PositiveNumbers(), section="Input", help="The ladder's bands on the image, such as 100,75,50.")
@option("--target-mass", type=float, section="Input", help="Look for the target at this mass of the ladder.")
@option("--target-row", type=float, section="Input", help="Row of the target in a middle or vehicle lane, in pixels.")
@option("--control-row", type=float, section="Input", help="Row of the loading control on its image, likewise.")
@option("--control-image", type=NamedPath(), section="Input", help="The loading control's own image of the membrane.")
@option(
    "--exposure", "exposures", type=NamedPath(), multiple=True, section="Input",
    help="A further exposure of IMAGE, for what is saturated.",
)  # fmt: skip
@option(
    "--seconds", type=PositiveNumbers(), section="Input", help="Exposure times, IMAGE first, if no file tells them."
)
@option(
    "--neighbour", "neighbours", type=click.Choice(["above", "below"]), multiple=True, section="Input",
    help="Where the antibody sees another band.",
)  # fmt: skip
@option("--mirrored", is_flag=True, section="Input", help="Lanes are counted from the right.")
@option("--allow-saturated", is_flag=True, section="Analysis", help="Use a saturated loading control all the same.")
@option("--overrides", type=NamedPath(), section="Analysis", help="Boxes moved by hand: see 'avpi blot correct'.")
@option("--overlay", type=NamedPath(), section="Output", help="Write the image with every box as PNG.")
@talking()
def quantify(
    image: Path, *, lanes: int, vehicle: tuple[int, ...], empty: tuple[int, ...], ladder: tuple[int, ...],
    masses: tuple[float, ...] | None, target_mass: float | None, target_row: float | None, control_row: float | None,
    control_image: Path | None, exposures: tuple[Path, ...], seconds: tuple[float, ...] | None,
    neighbours: tuple[Side, ...], mirrored: bool, allow_saturated: bool, overrides: Path | None, overlay: Path | None,
    as_json: bool, terminal: Terminal,
) -> None:  # fmt: skip
    """Read the target in every lane of a blot, over its loading control and over vehicle."""
    from avpi.blot.exposures import combine_images
    from avpi.blot.layout import correctable
    from avpi.blot.loose import NAME, declare_blot, quantify_blot
    from avpi.cli.blot_lines import lines_of, quantified_json
    from avpi.formats.blot_image import read_blot_image
    from avpi.study.overrides import Overrides, read_overrides_file, require_known_targets

    _require_ladder(image, ladder, masses, target_mass, target_row)
    if seconds is not None and not exposures:
        what, expected = "'--seconds' stands without '--exposure'", "the other exposures of the membrane beside it"
        raise InputError(Problem(file=str(image), what=what, expected=expected))
    if overlay is not None:
        refuse_to_overwrite("--overlay", overlay, (image, control_image, *exposures, overrides))
    picture = read_blot_image(image, str(image))
    series = None
    if exposures:
        images = [picture, *(read_blot_image(path, str(path)) for path in exposures)]
        if seconds is not None and len(seconds) != len(images):
            what = f"{len(seconds)} exposure times are given for {len(images)} images"
            raise InputError(Problem(file=str(image), what=what, expected="one for each, IMAGE first"))
        try:
            remedy = "'--seconds', in the order of the images"
            picture, series = combine_images(images, seconds or [None] * len(images), NAME, remedy=remedy)
        except NotAnalysed as why:
            raise InputError(Problem(file=str(image), what=f"{why} ({why.code})")) from why
    other = None if control_image is None else read_blot_image(control_image, str(control_image))
    corrections: Overrides = Overrides() if overrides is None else read_overrides_file(overrides)
    rungs: tuple[LadderLane, ...] = ()
    if ladder and masses is not None:
        from avpi.blot.loose_ladder import read_ladder_lanes

        try:
            rungs, row = read_ladder_lanes(picture, lanes, ladder, masses, target_mass, mirrored=mirrored)
        except NotAnalysed as why:
            raise InputError(Problem(file=str(image), what=f"{why} ({why.code})")) from why
        target_row = row if target_row is None else target_row
    declared: Blot = declare_blot(
        lanes, source=str(image), vehicle=vehicle, empty=empty, ladder=ladder, target_row=target_row,
        control_row=control_row, control_source=None if control_image is None else control_image.name,
        neighbours=neighbours, mirrored=mirrored, allow_saturated=allow_saturated,
    )  # fmt: skip
    require_known_targets(corrections, correctable(declared))
    found = quantify_blot(picture, other, declared, corrections, ladder=rungs, series=series)
    if overlay is not None:
        _write_overlay(overlay, found, picture, other)
    if as_json:
        terminal.json(quantified_json(found))
    else:
        for line in lines_of(found):
            terminal.data(line)
        for finding in found.findings:
            terminal.say(f"{finding.severity}: {finding.text}")
        if found.refused is not None:
            terminal.say(f"refused: {found.refused.text}")
    if found.refused is not None and not found.keep_volumes:
        raise click.exceptions.Exit(REFUSED)


def _require_ladder(
    image: Path, ladder: tuple[int, ...], masses: tuple[float, ...] | None, target_mass: float | None,
    target_row: float | None,
) -> None:  # fmt: skip
    problems = []
    if masses is not None and not ladder:
        problems.append(Problem(file=str(image), what="'--masses' stands without '--ladder'", expected="both"))
    if target_mass is not None and (masses is None or not ladder):
        expected = "'--ladder' and '--masses' beside it"
        problems.append(Problem(file=str(image), what="'--target-mass' stands alone", expected=expected))
    if target_mass is not None and target_row is not None:
        what = "'--target-mass' and '--target-row' both say where the target is"
        problems.append(Problem(file=str(image), what=what, expected="one of them"))
    if masses is not None and (len(masses) < 2 or len(set(masses)) != len(masses)):
        problems.append(
            Problem(file=str(image), what=f"'--masses' holds {len(masses)}", expected="two or more, each once")
        )
    if problems:
        raise InputError(problems)


def _write_overlay(path: Path, found: Quantified, image: BlotImage, other: BlotImage | None) -> None:
    """Write the target's image with its boxes, the control's below it where it has its own."""
    from avpi.cli.blot_lines import bands_of, quantified_json
    from avpi.report.blot_overlay import draw_overlay, stacked

    if found.measured is None:
        return
    content = quantified_json(found)
    bright = found.measured.target.picture.signal.polarity == "bright"
    feet = [
        (lane["lane"], lane["x"], "" if lane["ratio_to_vehicle"] is None else _foot(lane["ratio_to_vehicle"]))
        for lane in content["lanes"]
    ]
    bands = [band for number, _, _ in feet for band in bands_of(found, number)]
    own = [band for band in bands if other is None or band.role != "control"]
    pages = [draw_overlay(image, bright=bright, lanes=feet, bands=own, title=image.source)]
    control = found.measured.control
    if other is not None and control is not None:
        turned = control.picture.signal.polarity == "bright"
        places = [(number, control.volumes[found.measured.layout.index(number)].box.x_px, "") for number, _, _ in feet]
        theirs = [band for band in bands if band.role == "control"]
        pages.append(draw_overlay(other, bright=turned, lanes=places, bands=theirs, title=other.source))
    try:
        path.write_bytes(stacked(pages))
    except OSError as error:
        raise InputError(Problem(file=str(path), what=f"'{path}' cannot be written: {error.strerror}")) from error


def _foot(ratio: dict[str, object]) -> str:
    """Return what stands under a lane: its share of vehicle or the bound of it; why there is none is in the table."""
    if ratio["state"] == "measured":
        return str(ratio["text"]).split(" ")[0]
    return str(ratio["text"]) if ratio["state"] == "below" else "none"
