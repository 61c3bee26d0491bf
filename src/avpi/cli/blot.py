"""``avpi blot``: one step on loose images, without a study."""

from __future__ import annotations

import click

from avpi.cli.house import LazyGroup


@click.group(
    cls=LazyGroup,
    lazy={
        "quantify": "avpi.cli.blot_quantify:quantify",
        "verdict": "avpi.cli.blot_verdict:verdict",
        "ladder": "avpi.cli.blot_ladder:ladder",
        "correct": "avpi.cli.blot_correct:correct",
    },
    short_help="Read western blots: lanes, bands, fractions of vehicle.",
    examples=(
        ("avpi blot quantify blot.tif --lanes 8 --vehicle 1,2", "the target in every lane, as a fraction of vehicle"),
        ("avpi blot verdict ratios.csv", "is more than 90 % gone by 30 min, over repeats?"),
    ),
)
def blot() -> None:
    """Read western blots from their images."""
