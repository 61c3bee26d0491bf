"""``avpi plan export``: the transfers of a plan for a robot, or a sheet for the bench."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal

if TYPE_CHECKING:
    from avpi.planning.export import Target
    from avpi.planning.opentrons_protocol import Robot

# Written out, so that --help answers without importing the planner; a test holds them together.
TARGETS = ("echo", "gwl", "hamilton", "biomek", "opentrons", "bench")
ROBOTS = ("OT-2", "Flex")


@click.command(
    cls=HouseCommand,
    short_help="Write the transfers for a robot or the bench.",
    examples=(
        ("avpi plan export my-study --to bench", "a sheet to print for each experiment"),
        ("avpi plan export my-study --to opentrons --robot Flex", "a protocol for the Flex"),
    ),
)
@click.argument("folder", type=NamedPath())
@option("--to", "target", type=click.Choice(TARGETS), required=True, section="Output", help="For what.")
@option("--robot", type=click.Choice(ROBOTS), default="OT-2", section="Output", help="Of opentrons; OT-2 by default.")
@option("--out", metavar="FOLDER", type=NamedPath(), section="Output", help="FOLDER/transfers/<to> by default.")
@talking()
def export(folder: Path, *, target: str, robot: str, out: Path | None, as_json: bool, terminal: Terminal) -> None:
    """Write every experiment's transfers, read them back, and hold every well against its layout."""
    from avpi.planning.export import export_plan
    from avpi.planning.plan_file import read_plan
    from avpi.planning.volumes import format_share
    from avpi.writable import require_writable

    plan = read_plan(folder)
    place = out or folder / "transfers" / target
    require_writable(place)
    done = export_plan(plan, cast("Target", target), place, robot=cast("Robot", robot))
    if as_json:
        terminal.json(
            {
                "to": target,
                "experiments": [
                    {
                        "experiment": own.experiment, "files": [str(path) for path in own.files],
                        "transfers": own.transfers, "sources": own.sources, "dilutions": own.dilutions,
                        "dmso": own.dmso,
                    }
                    for own in done
                ],
            }
        )  # fmt: skip
        return
    for own in done:
        for path in own.files:
            terminal.data(str(path))
        if not own.transfers:
            terminal.say(f"{own.experiment}: no plates; harvests, gels and tubes.")
            continue
        terminal.say(
            f"{own.experiment}: {own.transfers} transfers from {own.sources} sources, {own.dilutions} dilutions to "
            f"make, {format_share(own.dmso)} DMSO in every well; read back, every well as planned."
        )
