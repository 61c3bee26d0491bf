"""``avpi dose``: curves from a table, without a study."""

from __future__ import annotations

import click

from avpi.cli.house import LazyGroup


@click.group(
    cls=LazyGroup,
    lazy={
        "fit": "avpi.cli.dose_fit:fit",
        "synergy": "avpi.cli.dose_synergy:synergy",
        "gr": "avpi.cli.dose_growth:gr",
        "course": "avpi.cli.dose_course:course",
    },
    short_help="Fit curves of dose and response from a table.",
    examples=(
        ("avpi dose fit screen.csv --out fits.parquet", "a curve for each compound and line, with intervals"),
        ("avpi dose synergy matrix.csv", "how two compounds work together"),
    ),
)
def dose() -> None:
    """Fit curves of dose, time or two compounds from a table."""
