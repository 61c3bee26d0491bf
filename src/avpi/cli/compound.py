"""``avpi compound``: what is known of each compound, what a structure is, and how compounds compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from avpi.cli.house import HouseCommand, LazyGroup, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avpi.compounds.schema import CompoundRecord

MOST_COMPARED = 8
"""Columns that a terminal of 120 letters holds."""


@click.group(
    cls=LazyGroup,
    lazy={
        "list": "avpi.cli.compound:list_compounds",
        "show": "avpi.cli.compound:show",
        "check": "avpi.cli.compound:check",
        "compare": "avpi.cli.compound:compare",
        "update": "avpi.cli.compound_update:update",
    },
    short_help="Show compounds with a source behind every number; judge a structure.",
    examples=(
        ("avpi compound show birinapant", "what it binds, what became of it, and who says so"),
        ('avpi compound check "H-AVPIAQK-OH"', "is a structure a Smac mimetic, and with how many heads"),
    ),
)
def compound() -> None:
    """Show what is known of each compound and who says so, or judge a structure."""


@click.command(
    "list",
    cls=HouseCommand,
    short_help="List compounds, all or those that match.",
    examples=(
        ("avpi compound list bivalent", "by a name, synonym, CAS number, InChIKey or class"),
        ('avpi compound list --similar "CN[C@@H](C)C(=O)N" --at-least 0.1', "by structure"),
    ),
)
@click.argument("word", required=False)
@option("--substructure", metavar="SMARTS", section="Input", help="Only those whose structure holds this.")
@option("--similar", metavar="SMILES", section="Input", help="Only those that resemble this or a compound by its name.")
@option(
    "--at-least",
    metavar="T",
    type=click.FloatRange(0, 1),
    section="Analysis",
    help="Least Tanimoto similarity (ECFP4) with --similar; 0.3 by default.",
)
@option("--figures", metavar="FOLDER", type=NamedPath(), section="Output", help="Draw affinities, selectivity, trials.")
@talking()
def list_compounds(
    word: str | None,
    *,
    substructure: str | None,
    similar: str | None,
    at_least: float | None,
    figures: Path | None,
    as_json: bool,
    terminal: Terminal,
) -> None:
    """List the compounds of the library, all or those that match a word or a structure."""
    from avpi.cli.compound_words import list_lines
    from avpi.compounds.search import LEAST_ALIKE, find_alike, find_by_substructure, find_by_word, without_structure

    if at_least is not None and similar is None:
        raise InputError(Problem(file="--at-least", what="needs --similar, whose hits it limits"))
    found = find_by_word(word) if word else _everything()
    alike = {}
    if similar is not None:
        hits = find_alike(similar, at_least=LEAST_ALIKE if at_least is None else at_least)
        alike = {hit.record.name: hit.similarity for hit in hits}
        names = {one.name for one in found}
        found = [hit.record for hit in hits if hit.record.name in names]
    if substructure is not None:
        holds = {one.name for one in find_by_substructure(substructure)}
        found = [one for one in found if one.name in holds]
    _draw(found, figures, terminal)
    if as_json:
        terminal.json({"compounds": [_brief(one, alike.get(one.name)) for one in found]})
    else:
        for line in list_lines(found, alike):
            terminal.data(line)
    if similar is not None or substructure is not None:
        terminal.say(f"No structure is known of {len(without_structure())} compounds; they cannot be found by one.")


@click.command(
    cls=HouseCommand,
    short_help="Tell everything about a compound.",
    examples=(
        ("avpi compound show SM-406", "any synonym, CAS number, DrugBank id or InChIKey will do"),
        ("avpi compound show birinapant --svg birinapant.svg", "its structure, heads marked"),
    ),
)
@click.argument("name")
@option("--svg", metavar="FILE", type=NamedPath(dir_okay=False), section="Output", help="Draw its structure.")
@option("--figures", metavar="FOLDER", type=NamedPath(), section="Output", help="Draw affinities, selectivity, trials.")
@talking()
def show(name: str, *, svg: Path | None, figures: Path | None, as_json: bool, terminal: Terminal) -> None:
    """Tell what is known of a compound, each number with its source and how far it was verified."""
    from avpi.cli.compound_words import record_json, record_lines
    from avpi.compounds.library import require_record

    record = require_record(name)
    if svg is not None:
        if record.structure is None:
            what = f"no structure of {record.name} is known for certain"
            raise InputError(Problem(file="--svg", what=what, expected="a compound with a structure"))
        _write_svg(record.structure.smiles, svg, record.name, terminal)
    _draw([record], figures, terminal)
    if as_json:
        terminal.json(record_json(record))
    else:
        for line in record_lines(record):
            terminal.data(line)


@click.command(
    cls=HouseCommand,
    short_help="Judge whether a structure is a Smac mimetic.",
    examples=(
        ('avpi compound check "CC[C@H](C)[C@H](NC(=O)[C@@H]1CCCN1C(=O)[C@@H](NC(=O)[C@H](C)N)C(C)C)C(=O)O"', "AVPI"),
        ("avpi compound check H-AVPIAQK-OH --svg smac-n7.svg", "a peptide by its sequence, drawn"),
    ),
)
@click.argument("structures", metavar="SMILES...", nargs=-1, required=True)
@option("--svg", metavar="FILE", type=NamedPath(dir_okay=False), section="Output", help="Draw it, heads marked.")
@talking()
def check(structures: tuple[str, ...], *, svg: Path | None, as_json: bool, terminal: Terminal) -> None:
    """Judge whether a structure carries the IAP-binding motif, and how often; a sequence such as H-AVPI-NH2 will do."""
    from avpi.cli.compound_words import judgement_json, judgement_lines
    from avpi.compounds.judge import judge
    from avpi.errors import Faults

    if svg is not None and len(structures) > 1:
        raise InputError(Problem(file="--svg", what=f"{len(structures)} structures cannot share one drawing"))
    faults = Faults()
    judged = [faults.read(lambda text=text: judge(text), None) for text in structures]  # type: ignore[misc]
    faults.stop()
    whole = [one for one in judged if one is not None]
    if svg is not None:
        _write_svg(structures[0], svg, whole[0].known.name if whole[0].known else "", terminal)
    if as_json:
        terminal.json({"structures": [judgement_json(t, one) for t, one in zip(structures, whole, strict=True)]})
        return
    for number, (text, one) in enumerate(zip(structures, whole, strict=True)):
        for line in ([""] if number else []) + judgement_lines(text, one):
            terminal.data(line)


@click.command(
    cls=HouseCommand,
    short_help="Compare the affinities of compounds.",
    examples=(
        ("avpi compound compare birinapant xevinapant", "affinities side by side, and how many fold they differ"),
        ("avpi compound compare birinapant LCL161 GDC-0152 --figures out", "more of them, drawn"),
    ),
)
@click.argument("names", metavar="A B...", nargs=-1, required=True)
@option("--figures", metavar="FOLDER", type=NamedPath(), section="Output", help="Draw affinities, selectivity, trials.")
@talking()
def compare(names: tuple[str, ...], *, figures: Path | None, as_json: bool, terminal: Terminal) -> None:
    """Compare compounds: affinities, selectivity for cIAP1, folds between them, valency and status."""
    from avpi.cli.compound_words import comparison_json, comparison_lines
    from avpi.compounds.library import require_record
    from avpi.errors import Faults

    faults = Faults()
    read = [faults.read(lambda name=name: require_record(name), None) for name in names]  # type: ignore[misc]
    faults.stop()
    records = list({one.name: one for one in read if one is not None}.values())
    if not 2 <= len(records) <= MOST_COMPARED:
        what = f"{len(records)} compound{'' if len(records) == 1 else 's'} named"
        raise InputError(Problem(file="compare", what=what, expected=f"2 to {MOST_COMPARED} different compounds"))
    _draw(records, figures, terminal)
    if as_json:
        terminal.json(comparison_json(records))
    else:
        for line in comparison_lines(records):
            terminal.data(line)


def _everything() -> list[CompoundRecord]:
    from avpi.compounds.library import library

    return list(library().values())


def _brief(record: CompoundRecord, similarity: float | None) -> dict[str, object]:
    brief: dict[str, object] = {
        "name": record.name,
        "synonyms": record.synonyms,
        "kind": record.kind,
        "valency": record.heads.valency,
        "highest_phase": record.status.highest_phase,
        "status": record.status.state,
        "as_of": record.status.as_of,
        "inchikey": record.structure.inchikey if record.structure is not None else None,
    }
    return brief if similarity is None else {**brief, "similarity": round(similarity, 4)}


def _write_svg(structure: str, path: Path, name: str, terminal: Terminal) -> None:
    from avpi.compounds.depict import draw_structure
    from avpi.compounds.judge import judge
    from avpi.writable import require_writable

    require_writable(path.parent, place="--svg")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(draw_structure(judge(structure), name=name), "utf-8")
    terminal.say(f"{path} written.")


def _draw(records: Sequence[CompoundRecord], folder: Path | None, terminal: Terminal) -> None:
    """Write the figures of compounds, as far as there is anything to draw."""
    if folder is None:
        return
    from avpi.cli.compound_figures import write_compound_figures
    from avpi.writable import require_writable

    require_writable(folder, place="--figures")
    for path in write_compound_figures(records, folder):
        terminal.say(f"{path} written.")
