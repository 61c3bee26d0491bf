"""``avpi flow``: one step on loose FCS files, without a study."""

from __future__ import annotations

from pathlib import Path

import click

from avpi.cli.house import HouseCommand, LazyGroup, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal


@click.group(
    cls=LazyGroup,
    lazy={
        "quadrants": "avpi.cli.flow_quadrants:quadrants",
        "compensate": "avpi.cli.flow_compensate:compensate",
        "gate": "avpi.cli.flow_gate:gate",
    },
    examples=(
        ("avpi flow read tube.fcs", "what an FCS file holds"),
        ("avpi flow quadrants sm.fcs dmso.fcs", "the share of cells in each Annexin V / PI quadrant"),
    ),
)
def flow() -> None:
    """Read FCS files, compensate them, and count gated cells."""


@flow.command(
    cls=HouseCommand,
    examples=(
        ("avpi flow read tube.fcs", "its channels, and what was odd about the file"),
        ("avpi flow read tube.lmd --data-set 2 --json", "the second data set, with sums, as JSON"),
    ),
)
@click.argument("file", type=NamedPath())
@option(
    "--data-set",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    section="Input",
    help="Which data set of the file; some instruments write several.",
)
@talking()
def read(file: Path, *, data_set: int, as_json: bool, terminal: Terminal) -> None:
    """Read an FCS file (2.0 to 3.2) and tell its channels; every deviation from the standard is said."""
    from avpi.formats.fcs import read_fcs
    from avpi.formats.fcs_json import channel_sums, events_to_json

    events = read_fcs(file, str(file), data_set=data_set)
    if as_json:
        terminal.json(events_to_json(events))
    else:
        terminal.data(f"{events.source}: {events.version}, {len(events.stored):,} events")
        rows = [("channel", "stain", "bits", "amplification", "mean as stored")]
        for channel, total in zip(events.channels, channel_sums(events), strict=True):
            decades, zero = channel.amplification
            scale = f"log, {decades:g} decades from {zero:g}" if decades else "linear"
            rows.append((channel.name, channel.stain, str(channel.bits), scale, f"{total / len(events.stored):.6g}"))
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        for row in rows:
            terminal.data("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for caveat in events.caveats:
        terminal.say(caveat.text)
