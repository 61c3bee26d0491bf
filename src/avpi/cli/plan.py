"""``avpi plan``: before the bench. What to run, whether it can answer, how often, and how it gets onto the plates."""

from __future__ import annotations

import click

from avpi.cli.house import LazyGroup

COMMANDS = {
    "new": "avpi.cli.plan_new:new",
    "lint": "avpi.cli.plan_lint:lint",
    "power": "avpi.cli.plan_power:power",
    "export": "avpi.cli.plan_export:export",
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    short_help="Plan a study before the bench.",
    examples=(
        ("avpi plan new my-study --compound birinapant --line HT-29", "plates, gels and study.yaml"),
        ("avpi plan lint my-study", "what a verdict could not know of it"),
    ),
)
def plan() -> None:
    """Plan a study before the bench: conditions, layouts, gels, transfers, and whether they can answer."""
