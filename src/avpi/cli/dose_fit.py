"""``avpi dose fit``: every curve of a table, however many."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.dose_options import by_option
from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.place_words import placed, read_place
from avpi.cli.terminal import Terminal
from avpi.errors import Faults, InputError, Problem

if TYPE_CHECKING:
    from avpi.dose.fit_settings import FitSettings
    from avpi.dose.fit_table import FittedTable
    from avpi.dose.long_table import LongTable
    from avpi.dose.table_columns import TableColumns
    from avpi.formats.dose_table import DoseTable

ROLES = ("dose", "response", "weight")
BOXES = ("bottom", "top", "slope")
OWN = ("level", "alpha", "seed")
"""Settings of a fit that are options of the same name."""
NOTHING_NAMED: dict[str, str] = {}
SHAPES = ("three", "four", "five", "biphasic", "hook", "flat", "best")
SCALE_WORDS = {"fraction": "a fraction of the control", "percent": "in per cent of the control", "raw": "raw"}


@click.command(
    "fit",
    cls=HouseCommand,
    short_help="Fit every curve of a table.",
    examples=(
        ("avpi dose fit screen.csv", "a line for each curve"),
        ("avpi dose fit wells.parquet --out f.parquet", "millions of curves"),
    ),
)
@click.argument("table", type=NamedPath())
@option(
    "--curve", "curve", metavar="NAME", multiple=True, section="Input",
    help="A column that says which curve a row is of.",
)  # fmt: skip
@option(
    "--column", "named", metavar="ROLE=NAME", multiple=True, section="Input", help="Where dose, response or weight is."
)
@option("--dose-unit", metavar="UNIT", default="", section="Input", help="Such as nM, uM, or 'log10 M'.")
@option(
    "--scale", type=click.Choice(["fraction", "percent", "raw"]), section="Input",
    help="Of the response; fraction by default.",
)  # fmt: skip
@option("--wide", is_flag=True, section="Input", help="A column for each dose, named as such: '100 nM'.")
@option("--decimal", type=click.Choice([",", "."]), section="Input", help="Mark, where a text file leaves it open.")
@option(
    "--shape", metavar="NAME", type=click.Choice(SHAPES), section="Analysis",
    help="three, four (default), five, biphasic, hook, flat or best.",
)  # fmt: skip
@option("--bottom", metavar="LOW,HIGH", section="Analysis", help="Where the lower plateau may lie; 0,1.2 by default.")
@option("--top", metavar="LOW,HIGH", section="Analysis", help="Where the upper plateau may lie; anywhere by default.")
@option("--slope", metavar="LOW,HIGH", section="Analysis", help="Where the Hill slope may lie; 0.1,10 by default.")
@option("--level", metavar="X", type=float, default=0.95, section="Analysis", help="Of intervals; 0.95 by default.")
@option(
    "--alpha", metavar="P", type=float, default=0.05, section="Analysis",
    help="Curves of a larger p are flat; 0.05 by default.",
)  # fmt: skip
@option(
    "--seed", metavar="N", type=int, default=1, section="Analysis",
    help="Of the simulated flat curves; 1 by default.",
)  # fmt: skip
@placed()
@option("--out", metavar="FILE", type=NamedPath(), section="Output", help="Every curve, as .csv or .parquet.")
@option("--figures", metavar="FOLDER", type=NamedPath(), section="Output", help="A figure of each of up to 50 curves.")
@talking()
def fit(table: Path, *, as_json: bool, terminal: Terminal, out: Path | None, **asked: Any) -> int:
    """Fit a curve to each compound, line or experiment of a table with a row for each well."""
    from avpi.cli.dose_compiling import say_if_fitter_is_compiled
    from avpi.cli.dose_fit_lines import summary_line
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.cli.trajectory_tables import require_new_file
    from avpi.dose.fit_columns import STATES
    from avpi.dose.fit_table import fitted_table
    from avpi.formats.dose_table import open_dose_table

    faults = Faults()
    figures: Path | None = asked["figures"]
    if out is not None:
        faults.read(lambda: require_new_file(out), None)
    if figures is not None:
        faults.read(partial(_figure_folder, figures), None)
    settings = faults.read(lambda: _settings(asked), None)
    named = faults.read(lambda: _named(asked["named"]), NOTHING_NAMED)
    opened = faults.read(lambda: open_dose_table(table, decimal=asked["decimal"] or ""), None)
    read = faults.read(lambda: _columns(opened, named, asked), None) if opened is not None else None
    faults.stop()
    assert settings is not None
    assert read is not None
    long, columns = read
    say_if_fitter_is_compiled(terminal)
    if figures is not None or asked["shape"] not in (None, "four"):
        return _shapes(long, columns, settings, asked["shape"] or "four", (out, figures), terminal, as_json=as_json)
    place = read_place(asked["threads"], asked["cluster"], terminal)
    with fitted_table(long, columns, settings, place=place, progress=terminal.progress) as fitted:
        _tell_columns(fitted, terminal)
        found = _write(fitted, out) if out is not None else _show(fitted, terminal, as_json=as_json)
    counts = {state: fitted.counts[state] for state in STATES}
    if as_json:
        own = {name: getattr(settings, name) for name in OWN}
        where = {"out": str(out)} if out is not None else {"fits": found}
        terminal.json({"table": str(table), **own, "curves": fitted.curves, "counts": counts, **where})
    if out is not None:
        terminal.say(f"every curve: {out}")
    terminal.say(summary_line(fitted.curves, counts))
    if refused := fitted.counts["refused"]:
        terminal.warn(f"{refused} of them could not be fitted: the column 'reason' says why.")
    return SECTIONS_FAILED if refused else DONE


def _figure_folder(folder: Path) -> None:
    from avpi.report.write_dose_figures import require_figure_folder

    require_figure_folder(folder)


def _shapes(
    table: LongTable,
    columns: TableColumns,
    settings: FitSettings,
    shape: str,
    places: tuple[Path | None, Path | None],
    terminal: Terminal,
    *,
    as_json: bool,
) -> int:
    """Fit curves one by one and tell, write and draw them."""
    from avpi.cli import dose_fit_shape_lines as lines
    from avpi.cli import dose_fit_shapes as shapes
    from avpi.cli.dose_fit_lines import MOST_LINES, summary_line
    from avpi.cli.main import DONE, SECTIONS_FAILED

    out, figures = places
    most = shapes.MOST_FIGURES if figures is not None else None
    found = shapes.fit_well_curves(table, columns, settings, shape, most_figures=most, progress=terminal.progress)
    _tell(columns, terminal)
    counts = shapes.shape_counts(found)
    if out is not None:
        _write_rows([lines.shape_row(curve) for curve in found], out)
    if figures is not None:
        drawn = shapes.write_figures(figures, found, settings, columns, progress=terminal.progress)
        terminal.say(f"figures of {drawn} curves: {figures}")
    if as_json:
        own = {"level": settings.level, "alpha": settings.alpha, "seed": settings.seed, "shape": shape}
        where = {name: str(path) for name, path in (("out", out), ("figures", figures)) if path is not None}
        fits = {} if out is not None else {"fits": [lines.shape_record(curve) for curve in found]}
        terminal.json({"table": table.source, **own, "curves": len(found), "counts": counts, **where, **fits})
    elif out is None:
        terminal.data("\n".join(lines.shape_lines(found[:MOST_LINES])))
        if len(found) > MOST_LINES:
            terminal.say(f"{len(found) - MOST_LINES} more curves: write them all with '--out FILE.csv' or '.parquet'")
    if out is not None:
        terminal.say(f"every curve: {out}")
    for text in lines.reservations(found)[:MOST_LINES]:
        terminal.say(text)
    terminal.say(summary_line(len(found), counts))
    if refused := sum(curve.fit is None for curve in found):
        terminal.warn(f"{refused} of them could not be fitted: 'reason' says why.")
    return SECTIONS_FAILED if refused else DONE


def _write_rows(rows: list[dict[str, Any]], out: Path) -> None:
    import pyarrow as pa

    from avpi.formats.new_table import new_table

    with new_table(out) as written:
        written.write(pa.Table.from_pylist(rows))


def _write(fitted: FittedTable, out: Path) -> list[dict[str, Any]]:
    """Write every curve."""
    from avpi.formats.new_table import new_table

    with new_table(out) as table:
        for block in fitted.blocks():
            table.write(block)
    return []


def _show(fitted: FittedTable, terminal: Terminal, *, as_json: bool) -> list[dict[str, Any]]:
    """Print a line for each of the first curves, or return all of them for JSON."""
    from avpi.cli.dose_fit_lines import MOST_LINES, block_lines, json_rows

    rows: list[dict[str, Any]] = []
    shown = 0
    for block in fitted.blocks():
        if as_json:
            rows += json_rows(block)
        elif shown < MOST_LINES:
            for line in block_lines(block.slice(0, MOST_LINES - shown), fitted.columns.curve, fitted.settings.level):
                terminal.data(line)
                shown += 1
    if not as_json and shown < fitted.curves:
        terminal.say(f"{fitted.curves - shown} more curves: write them all with '--out FILE.csv' or '.parquet'")
    return rows


def _settings(asked: dict[str, Any]) -> FitSettings:
    from avpi.dose.design import VIABILITY, Boxes
    from avpi.dose.fit_settings import RAW_BOXES, FitSettings

    usual = RAW_BOXES if asked["scale"] == "raw" else VIABILITY
    faults = Faults()
    bottom, top, slope = (
        faults.read(partial(_ends, asked[name], f"--{name}"), None) or getattr(usual, name) for name in BOXES
    )
    for name, ends in zip(BOXES, (bottom, top, slope), strict=True):
        alone: dict[str, Any] = {name: ends}
        faults.read(partial(by_option, partial(Boxes, **alone), boxes=f"--{name}"), None)
    own = {name: asked[name] for name in OWN}
    faults.read(lambda: by_option(lambda: FitSettings(**own), *OWN), None)
    faults.stop()
    boxes = Boxes(bottom=bottom, top=top, slope=slope) if any(asked[name] for name in BOXES) else None
    return FitSettings(boxes=boxes, **own)


def _ends(text: str | None, option_name: str) -> tuple[float, float] | None:
    """Return both ends of a box such as "0,1.2" or "-inf,inf"; None where nothing was said."""
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        what, expected = f"'{text}' is no pair of numbers", "a lower and an upper end, such as '0,1.2' or '-inf,inf'"
        raise InputError(Problem(file=option_name, what=what, expected=expected)) from None
    if not low < high:
        what = f"'{text}' ends below where it begins, or is no range"
        raise InputError(Problem(file=option_name, what=what, expected="the lower end first"))
    return low, high


def _named(words: tuple[str, ...]) -> dict[str, str]:
    """Return role -> column of ``--column dose=NAME``."""
    found: dict[str, str] = {}
    problems = []
    for word in words:
        role, mark, name = word.partition("=")
        if not mark or not name or role not in ROLES:
            what, expected = f"'{word}' names no role and column", "such as 'dose=NAME', 'response=NAME', 'weight=NAME'"
            problems.append(Problem(file="--column", what=what, expected=expected))
        elif role in found:
            what = f"the {role} is named twice, as '{found[role]}' and '{name}'"
            problems.append(Problem(file="--column", what=what, expected="one column"))
        found[role] = name
    if problems:
        raise InputError(problems)
    return found


def _columns(table: DoseTable, named: dict[str, str], asked: dict[str, Any]) -> tuple[LongTable, TableColumns]:
    from avpi.dose.read_columns import read_columns

    return read_columns(
        table,
        curve=asked["curve"],
        dose_unit=asked["dose_unit"],
        scale=asked["scale"] or "",
        wide=asked["wide"],
        decimal_mark=table.decimal_mark,
        **named,
    )


def _tell_columns(fitted: FittedTable, terminal: Terminal) -> None:
    """Say how the table was understood, since a wrong guess would look like a result."""
    _tell(fitted.columns, terminal)
    if fitted.left_out:
        terminal.say(f"not constant within curves, so not in the result: {', '.join(fitted.left_out)}")


def _tell(columns: TableColumns, terminal: Terminal) -> None:
    unit = f" ({columns.unit_column})" if columns.unit_column else ""
    log10 = ", log10" if columns.log10_dose else ""
    terminal.say(
        f"curve: {', '.join(columns.curve)}; dose: {columns.dose}{unit}{log10};"
        f" response: {columns.response}, {SCALE_WORDS[columns.scale]}"
    )
