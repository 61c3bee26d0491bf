"""``avpi dose synergy``: how two compounds work together, from a table of a dose matrix."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from avpi.cli.dose_options import by_option
from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import Faults, InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avpi.cli.synergy_tables import Surface
    from avpi.dose.synergy.combination import Combination, Response, Scale
    from avpi.dose.synergy.estimate_synergy import SynergyScores
    from avpi.formats.combination_rows import CombinationRows

MODELS = "bliss,hsa,loewe,zip"


@click.command(
    cls=HouseCommand,
    short_help="How two compounds work together.",
    examples=(
        ("avpi dose synergy matrix.csv", "viability as a fraction of vehicle; Bliss, HSA, Loewe, ZIP"),
        ("avpi dose synergy m.csv --scale percent", "viability in percent of vehicle"),
    ),
)
@click.argument("table", type=NamedPath())
@option(
    "--response", type=click.Choice(["viability", "effect"]), default="viability", show_default=True, section="Input",
    help="Vehicle is 1 (viability) or 0 (effect).",
)  # fmt: skip
@option(
    "--scale", type=click.Choice(["fraction", "percent"]), default="fraction", show_default=True, section="Input",
    help="Unit of the response.",
)  # fmt: skip
@option(
    "--column", "columns", multiple=True, metavar="NAME=HEADING", section="Input",
    help="dose_a, dose_b, response, compound_a, compound_b, experiment, pair, dose_a_unit, dose_b_unit.",
)  # fmt: skip
@option(
    "--decimal", type=click.Choice([",", "."]), section="Input", help="Decimal mark, where the table leaves it open."
)
@option("--models", default=MODELS, show_default=True, section="Analysis", help="Reference models, with commas.")
@option("--musyc", is_flag=True, section="Analysis", help="Add efficacy, potency and cooperativity by MuSyC.")
@option(
    "--margin", type=float, default=0.1, show_default=True, section="Analysis", help="Score that counts as synergy."
)
@option("--level", type=float, default=0.95, show_default=True, section="Analysis", help="Coverage of intervals.")
@option("--draws", type=int, default=1000, show_default=True, section="Analysis", help="Draws of a bootstrap.")
@option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, section="Analysis", help="Seed of the draws."
)
@option("--out", type=NamedPath(), metavar="FILE", section="Output", help="Scores of every well, .csv or .parquet.")
@talking()
def synergy(table: Path, *, as_json: bool, terminal: Terminal, out: Path | None, **asked: Any) -> int:
    """Score the synergy of each pair of compounds in a table; positive is more effect than expected."""
    from avpi.cli.dose_compiling import say_if_synergy_is_compiled
    from avpi.cli.main import DONE
    from avpi.cli.synergy_tables import (
        caveat_lines,
        highest_line,
        musyc_json,
        musyc_lines,
        scores_json,
        summary_lines,
        wells_frame,
    )
    from avpi.cli.table_file import write_frame
    from avpi.cli.trajectory_tables import require_new_file
    from avpi.dose.synergy.estimate_synergy import SIGN
    from avpi.formats.combination_table import read_combination_table

    faults = Faults()
    none: dict[str, str] = {}
    columns = faults.read(lambda: _columns(asked["columns"]), none)
    if out is not None:
        faults.read(lambda: require_new_file(out), None)
    faults.stop()
    read = read_combination_table(table, str(table), columns=columns, decimal=asked["decimal"] or "")
    if read.unread:
        terminal.say(f"{table}: not used: {', '.join(read.unread)}")
    say_if_synergy_is_compiled(terminal, musyc=asked["musyc"])
    labelled = _scored(read.pairs, str(table), asked, terminal)
    surfaces = [_surface(scores, asked) for _, scores in labelled] if asked["musyc"] else []
    if out is not None:
        write_frame(wells_frame(labelled), out)
        terminal.say(f"scores of every well: {out}")
    if as_json:
        pairs = [scores_json(label, scores) for label, scores in labelled]
        for pair, surface in zip(pairs, surfaces, strict=False):
            pair["musyc"] = musyc_json(surface)
        told = {"sign": SIGN, "margin": asked["margin"], "level": asked["level"], "seed": asked["seed"]}
        terminal.json({**told, "draws": asked["draws"], "pairs": pairs})
        return DONE
    terminal.data(f"{SIGN}; in points of effect (hundredths)")
    for number, (label, scores) in enumerate(labelled):
        terminal.data("")
        for line in (*summary_lines(label, scores), *filter(None, [highest_line(scores)])):
            terminal.data(line)
        for line in musyc_lines(surfaces[number], scores.combination) if surfaces else ():
            terminal.data(line)
        for text in caveat_lines(scores):
            terminal.say(f"{label}: {text}")
    return DONE


def _scored(
    pairs: Sequence[CombinationRows], source: str, asked: dict[str, Any], terminal: Terminal
) -> list[tuple[str, SynergyScores]]:
    """Return the scores of each pair; what is wrong with any of them is told at once."""
    from avpi.dose.synergy.estimate_synergy import score_synergy
    from avpi.dose.synergy.score_matrices import Model

    faults = Faults()
    read = [(rows.label, faults.read(partial(_combination, rows, source, asked), None)) for rows in pairs]
    faults.stop()
    models = [cast(Model, word.strip().lower()) for word in asked["models"].split(",") if word.strip()]
    known = [(label, combination) for label, combination in read if combination is not None]
    steps = terminal.progress(known, "pair") if len(known) > 1 else known
    options = {name: asked[name] for name in ("margin", "level", "draws", "seed")}
    score = partial(score_synergy, models=models, **options)
    return [
        (label, by_option(partial(score, combination), "models", "margin", "level", "draws", "seed"))
        for label, combination in steps
    ]


def _surface(scores: SynergyScores, asked: dict[str, Any]) -> Surface:
    """Return the MuSyC surface of a pair, or why its wells carry none: the other models may have an answer yet."""
    from avpi.dose.synergy.musyc_fit import fit_musyc

    try:
        return fit_musyc(scores.combination, response=asked["response"], level=asked["level"])
    except InputError as error:
        return "; ".join(f"{problem.what} (needed: {problem.expected})" for problem in error.problems)


def _combination(rows: CombinationRows, source: str, asked: dict[str, Any]) -> Combination | None:
    from avpi.dose.synergy.combination import read_combination

    return read_combination(
        rows.doses_a,
        rows.doses_b,
        rows.responses,
        experiments=rows.experiments,
        compounds=rows.compounds,
        units=rows.units,
        response=cast("Response", asked["response"]),
        scale=cast("Scale", asked["scale"]),
        source=f"{source}, {rows.label}",
    )


def _columns(words: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    problems = []
    for word in words:
        name, equals, heading = word.partition("=")
        if not (equals and name.strip() and heading.strip()):
            what = f"'{word}' says no column"
            problems.append(Problem(file="--column", what=what, expected="NAME=HEADING, such as dose_a=conc"))
        elif name.strip() in found:
            problems.append(Problem(file="--column", what=f"'{name.strip()}' is given twice", expected="once"))
        else:
            found[name.strip()] = heading.strip()
    if problems:
        raise InputError(problems)
    return found
