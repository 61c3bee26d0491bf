"""``avpi dose gr``: growth-rate inhibition from a table of cell counts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem


@click.command(
    "gr",
    cls=HouseCommand,
    short_help="GR50 and its kin: effects on the rate of growth.",
    examples=(
        ("avpi dose gr counts.csv --unit uM", "GR50 and GRmax of each line and compound"),
        ("avpi dose gr treated.csv --control ctrl.csv --time-zero day0.csv", "controls in files of their own"),
    ),
)
@click.argument("table", type=NamedPath())
@option("--unit", default="", metavar="UNIT", section="Input", help="Of the concentrations, if their column has none.")
@option(
    "--column",
    "columns",
    multiple=True,
    metavar="WHAT=NAME",
    section="Input",
    help="'cell_count=CTG': how it is named.",
)
@option("--control", type=NamedPath(), metavar="FILE", section="Input", help="Table of the untreated wells.")
@option("--time-zero", type=NamedPath(), metavar="FILE", section="Input", help="Table of the wells at time zero.")
@option("--decimal", type=click.Choice([".", ","]), section="Input", help="Decimal mark, if the cells leave it open.")
@option("--by", default="", metavar="C,C,..", section="Analysis", help="Columns that tell curves apart [all].")
@option("--join-control", default="", metavar="C,..", section="Analysis", help="Columns that join untreated wells.")
@option("--join-time-zero", default="", metavar="C,..", section="Analysis", help="Those that join time zero.")
@option(
    "--experiment", default="", metavar="C", section="Analysis", help="Column of independent experiments: their mean."
)
@option(
    "--readout",
    type=click.Choice(["count", "atp"]),
    section="Analysis",
    help="What was read: cells, or ATP in their stead.",
)
@option("--out", type=NamedPath(), metavar="FILE", section="Output", help="Metrics of each curve, .csv or .parquet.")
@option("--values", type=NamedPath(), metavar="FILE", section="Output", help="GR of each well, .csv or .parquet.")
@talking()
def gr(
    table: Path,
    *,
    unit: str,
    columns: Sequence[str],
    control: Path | None,
    time_zero: Path | None,
    decimal: str | None,
    by: str,
    join_control: str,
    join_time_zero: str,
    experiment: str,
    readout: str | None,
    out: Path | None,
    values: Path | None,
    as_json: bool,
    terminal: Terminal,
) -> int:
    """Tell how compounds slow the growth of cells (GR50, GRmax, ..), from counts at the start and at the end."""
    from avpi.cli.dose_growth_curves import analyse_growth, experiment_means
    from avpi.cli.dose_growth_tables import growth_json, growth_lines, metric_rows, said, value_rows, write_rows
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.cli.trajectory_tables import require_new_file
    from avpi.formats.growth_table import read_growth_table

    for path in (out, values):
        if path is not None:
            require_new_file(path)
    if out is not None and out == values:
        raise InputError(Problem(file="--values", what=f"'{values}' is also the file of --out", expected="two files"))
    counts = read_growth_table(
        table,
        control=control,
        time_zero=time_zero,
        columns=_columns(columns),
        concentration_unit=unit,
        decimal=decimal or "",
        by=_list(by),
        join_control=_list(join_control),
        join_time_zero=_list(join_time_zero),
        experiment=experiment,
    )
    curves = analyse_growth(counts, readout=readout or "unstated", terminal=terminal)
    means = experiment_means(curves, counts.keys, experiment) if experiment else ()
    if out is not None:
        write_rows(metric_rows(curves, counts.keys), out)
    if values is not None:
        write_rows(value_rows(curves, counts.keys), values)
    if as_json:
        terminal.json(growth_json(counts, curves, means))
    else:
        for line in growth_lines(counts.keys, curves, means):
            terminal.data(line)
    for note in (*counts.notes, *said(curves)):
        terminal.say(note)
    failed = [curve for curve in curves if curve.fit.kind == "none"]
    for curve in failed:
        terminal.warn(f"{curve.label}: {curve.fit.why}")
    return SECTIONS_FAILED if failed else DONE


def _list(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _columns(pairs: Sequence[str]) -> dict[str, str]:
    """Return what is meant -> the name of its column.

    Raises
    ------
    InputError
        With every pair that is none, or says the same thing twice.
    """
    problems: list[Problem] = []
    found: dict[str, str] = {}
    for pair in pairs:
        meaning, equals, name = (part.strip() for part in pair.partition("="))
        if not (meaning and equals and name):
            expected = "what it means, '=', and the name of the column, as in 'cell_count=CTG'"
            problems.append(Problem(file="--column", what=f"'{pair}' is no such pair", expected=expected))
        elif meaning in found:
            what = f"'{meaning}' is said to be '{found[meaning]}' and '{name}'"
            problems.append(Problem(file="--column", what=what, expected="one column for each"))
        else:
            found[meaning] = name
    if problems:
        raise InputError(problems)
    return found
