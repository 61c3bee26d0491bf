"""``avpi network``: the pathway model, to read about and to take along into other programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from avpi.cli.house import HouseCommand, LazyGroup, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

if TYPE_CHECKING:
    from avpi.network.lines import Line

FORMATS = ("sbml", "antimony", "petab", "all")


@click.group(
    cls=LazyGroup,
    short_help="Show the pathway model, or export it.",
    examples=(
        ("avpi network show line HT-29", "how a cell line differs, and why"),
        ("avpi network export model --line HT-29", "its model as SBML, Antimony and PEtab"),
    ),
)
def network() -> None:
    """Show the pathway from Smac mimetic to cell death, or export it for other programs."""


@network.command(
    cls=HouseCommand,
    short_help="Write the model of a cell line as files.",
    examples=(
        ("avpi network export model --line HT-29", "SBML, Antimony and a PEtab problem of HT-29"),
        ('avpi network export model --line L929 --format sbml --variant "A20-"', "one of the sixteen variants"),
    ),
)
@click.argument("folder", type=NamedPath())
@option("--line", "line_name", metavar="NAME", required=True, section="Input", help="The cell line.")
@option(
    "--variant",
    "variant_words",
    metavar="MARKS",
    default="",
    section="Input",
    help="Where it departs from the reference, of A20, TNF, TRAF2, leak: 'A20- leak+'.",
)
@option("--compound", metavar="NAME", default="SM", section="Input", help="The Smac mimetic of the PEtab problem [SM].")
@option(
    "--format",
    "wanted",
    type=click.Choice(FORMATS, case_sensitive=False),
    default="all",
    section="Output",
    help="What is written [all].",
)
@talking()
def export(
    folder: Path,
    *,
    line_name: str,
    variant_words: str,
    compound: str,
    wanted: str,
    as_json: bool,
    terminal: Terminal,
) -> None:
    """Write the model of a cell line into FOLDER; a file that is there already is never overwritten."""
    from avpi.cli.simulation_request import read_compound
    from avpi.network.export import FOLDER, antimony_files, sbml_files, write_new
    from avpi.network.variants import read_variant
    from avpi.writable import require_writable

    require_writable(folder, place=FOLDER)
    line, variant = _line(line_name), read_variant(variant_words, place="--variant")
    known = read_compound(compound)  # also where no PEtab problem is written: a slip is a slip
    texts: dict[str, str] = {}
    if wanted in ("sbml", "all"):
        texts |= sbml_files(line, variant)
    if wanted in ("antimony", "all"):
        texts |= antimony_files(line, variant)
    if wanted in ("petab", "all"):
        from avpi.population.petab import petab_files

        texts |= {f"petab/{name}": text for name, text in petab_files(line, variant, compound=known).items()}
    paths = write_new(folder, texts)
    if as_json:
        terminal.json({"line": line.name, "variant": variant.label, "files": [str(path) for path in paths]})
    else:
        for path in paths:
            terminal.data(str(path))
    terminal.say(f"The model of {line.name}, variant {variant.label}. Research use only.")


@network.command(
    cls=HouseCommand,
    short_help="Tell what a part of the model is.",
    examples=(
        ("avpi network show ciap", "the species, rules and reactions of a module"),
        ("avpi network show compound BV6", "its numbers, and which of them nobody measured"),
    ),
)
@click.argument("words", metavar="[NAME | line [NAME] | compound [NAME] | reagent [NAME]]", nargs=-1)
@talking()
def show(words: tuple[str, ...], *, as_json: bool, terminal: Terminal) -> None:
    """Tell what a part of the model, a line, compound or reagent is; without a name, what there is."""
    from avpi.cli.network_compounds import told_compound, told_compounds
    from avpi.cli.network_reagents import told_reagent, told_reagents
    from avpi.cli.network_words import overview, told_line, told_lines, told_name
    from avpi.cli.simulation_request import read_compound

    kind, name = (words[0].lower(), " ".join(words[1:])) if words else ("", "")
    if not words:
        told = overview()
    elif kind in ("line", "lines"):
        told = told_line(_line(name)) if name else told_lines()
    elif kind in ("compound", "compounds"):
        told = told_compound(read_compound(name, place="compound")) if name else told_compounds()
    elif kind in ("reagent", "reagents"):
        told = told_reagent(name) if name else told_reagents()
    elif len(words) == 1:
        told = told_name(words[0])
    else:
        expected = "one name, or 'line NAME', 'compound NAME' or 'reagent NAME'"
        raise InputError(Problem(file="network", what=f"'{' '.join(words)}' is more than one name", expected=expected))
    if as_json:
        terminal.json(_plain(told.facts))
    else:
        for text in told.lines:
            terminal.data(text)


def _plain(facts: Mapping[str, object]) -> dict[str, object]:
    """Return facts as JSON takes them: a number that is not finite is None."""
    return {name: None if value in (float("inf"), float("-inf")) else value for name, value in facts.items()}


def _line(word: str) -> Line:
    from avpi.network.lines import find_line, lines, nearest_line

    found = find_line(word)
    if found is None:
        hint = nearest_line(word) or f"Known: {', '.join(lines())}"
        raise InputError(Problem(file="--line", what=f"'{word}' is not a line of the model", hint=hint))
    return found
