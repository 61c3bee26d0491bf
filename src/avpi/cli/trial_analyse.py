"""``avpi trial analyse``: the tests of two arms from a table of patients."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.cli.trial_words import plain, shown, tell
from avpi.errors import FileFormatError, InputError, Problem, nearest_word

if TYPE_CHECKING:
    import pandas as pd

USUAL_WEIGHTS = "0:0,0:1,1:0,1:1"


@click.command(
    cls=HouseCommand,
    short_help="Compare two arms of a table of patients.",
    examples=(
        ("avpi trial analyse patients.csv", "columns months, event, arm: all tests"),
        ("avpi trial analyse pbc.csv --time years --arm treat --tau 10 --stratum sex", "other columns, stratified"),
    ),
)
@click.argument("file", type=NamedPath(dir_okay=False))
@option("--time", metavar="COLUMN", default="months", section="Input", help="Time to event or end; 'months'.")
@option("--event", metavar="COLUMN", default="event", section="Input", help="1 event, 0 none; 'event'.")
@option("--arm", metavar="COLUMN", default="arm", section="Input", help="1 experimental, 0 control; 'arm'.")
@option("--stratum", metavar="COLUMN", section="Input", help="Compare within its values.")
@option("--weights", metavar="R:G,..", default=USUAL_WEIGHTS, section="Analysis", help=f"Rho:gamma; {USUAL_WEIGHTS}.")
@option("--modest", metavar="T", type=float, section="Analysis", help="t* of a modestly weighted test.")
@option("--tau", metavar="T", type=float, section="Analysis", help="Of the restricted means; longest by default.")
@option("--figure", metavar="PATH", type=NamedPath(), section="Output", help="Draw Kaplan-Meier curves; no ending.")
@talking()
def analyse(
    file: Path, *, time: str, event: str, arm: str, stratum: str | None, weights: str, modest: float | None,
    tau: float | None, figure: Path | None, as_json: bool, terminal: Terminal,
) -> None:  # fmt: skip
    """Compare two arms: log-rank and weighted tests, MaxCombo, restricted means, hazard ratio, Kaplan-Meier."""
    from avpi.clinic.compare_arms import compare_arms
    from avpi.clinic.kaplan_meier import kaplan_meier
    from avpi.clinic.survival import read_survival

    table = _read(file)
    columns = {
        name: _column(table, name, place, file)
        for place, name in (("--time", time), ("--event", event), ("--arm", arm))
    }
    strata = None if stratum is None else _column(table, stratum, "--stratum", file).astype(str)
    survival = read_survival(columns[time], columns[event], columns[arm], strata)
    found = compare_arms(
        survival, weights=_weights(weights), modest_months=modest, stratified=stratum is not None, tau=tau
    )
    curves = [kaplan_meier(survival.months[survival.arm == k], survival.event[survival.arm == k]) for k in (0, 1)]
    medians = [curve.median for curve in curves]
    record = {
        "patients": {"control": found.patients[0], "experimental": found.patients[1]},
        "events": {"control": found.events[0], "experimental": found.events[1]},
        "medians": {"control": plain(medians[0]), "experimental": plain(medians[1])},
        "tests": [plain(own) for own in found.tests], "correlation": plain(found.correlation), "tau": found.tau,
        "mean_difference": found.mean_difference.to_json(), "hazard_ratio": found.hazard_ratio.to_json(),
    }  # fmt: skip
    lines = [f"{'':16}{'patients':>9}{'events':>8}{'median (95 %)':>24}"]
    for k, name in enumerate(("control", "experimental")):
        middle, low, high = (shown(value, 2) for value in medians[k])
        lines.append(f"{name:16}{found.patients[k]:9}{found.events[k]:8}{f'{middle} ({low} to {high})':>24}")
    lines += ["", f"{'test':16}{'z':>9}{'p one-sided':>13}{'p two-sided':>13}"]
    lines += [
        f"{own.name:16}{shown(own.z, 4):>9}{shown(own.p, 6):>13}{shown(own.p_two_sided, 6):>13}  {own.why}".rstrip()
        for own in found.tests
    ]
    lines += ["", f"hazard ratio: {found.hazard_ratio}", f"restricted mean gained: {found.mean_difference}"]
    if figure is not None:
        _draw(curves, survival, figure, terminal)
    tell(terminal, record, lines, as_json=as_json)


def _read(file: Path) -> pd.DataFrame:
    import pandas as pd

    if not file.is_file():
        raise FileFormatError(
            Problem(file=str(file), what=f"'{file.name}' was not found", expected="a CSV of patients")
        )
    if not file.read_bytes().strip():
        what = f"'{file.name}' holds nothing"
        raise FileFormatError(Problem(file=str(file), what=what, expected="a CSV with a row for each patient"))
    try:
        return pd.read_csv(file, sep=None, engine="python", encoding="utf-8-sig")
    except (ValueError, UnicodeDecodeError, csv.Error, pd.errors.ParserError) as error:
        what = f"'{file.name}' is no table: {str(error).splitlines()[0]}"
        raise FileFormatError(
            Problem(file=str(file), what=what, expected="a CSV with a row for each patient")
        ) from None


def _column(table: pd.DataFrame, name: str, place: str, file: Path) -> Any:
    if name not in table.columns:
        known = [str(column) for column in table.columns]
        hint = nearest_word(name, known) or f"It has {', '.join(known)}"
        raise InputError(Problem(file=str(file), place=place, what=f"has no column '{name}'", hint=hint))
    return table[name].to_numpy()


def _weights(text: str) -> tuple[tuple[float, float], ...]:
    found = []
    for part in text.split(","):
        rho, colon, gamma = part.partition(":")
        try:
            found.append((float(rho), float(gamma if colon else "x")))
        except ValueError:
            what = f"'{part}' is no weight"
            raise InputError(Problem(file="--weights", what=what, expected="rho:gamma such as 0:1")) from None
    return tuple(found)


def _draw(curves: list[Any], survival: Any, figure: Path, terminal: Terminal) -> None:
    from avpi.report.figure_files import write_figure
    from avpi.report.figures_kaplan_meier import draw_kaplan_meier

    arms = [survival.months[survival.arm == k] for k in (0, 1)]
    drawn = draw_kaplan_meier(curves, arms, names=("control", "experimental"), name="kaplan-meier", title="Two arms")
    for path in write_figure(drawn, figure):
        terminal.say(f"{path} written.")
