"""``avpi cite``: what a run, a compound or the facts rest on, for a reference manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from avpi.compounds.library import Source

FORMATS = ("bibtex", "ris", "text")


@click.command(
    cls=HouseCommand,
    short_help="Print citations of what a run used, as BibTeX or RIS.",
    examples=(
        ("avpi cite my-study > my-study.bib", "methods and compound of a study's latest run"),
        ("avpi cite --compound birinapant --format ris", "every source of a compound of the library"),
    ),
)
@click.argument("study_or_run", required=False)
@option("--compound", "names", metavar="NAME", multiple=True, section="Input", help="A compound; may be repeated.")
@option("--facts", is_flag=True, section="Input", help="The published findings that the model is checked with.")
@option(
    "--format",
    "form",
    type=click.Choice(FORMATS, case_sensitive=False),
    default="bibtex",
    section="Output",
    help="BibTeX, RIS, or lines to read [bibtex].",
)
@talking()
def cite(
    study_or_run: str | None, *, names: tuple[str, ...], facts: bool, form: str, as_json: bool, terminal: Terminal
) -> None:
    """Print citations of what a run used: its methods, its compound's numbers, avpi; or of compounds and facts."""
    from avpi.report.cited import own_citation

    if study_or_run is None and not names and not facts:
        expected = "a study or run, --compound NAME, or --facts"
        raise InputError(Problem(file="cite", what="nothing to cite is named", expected=expected))
    found: dict[str, Source] = dict([own_citation()])
    if study_or_run is not None:
        found |= _of_run(study_or_run, terminal)
    found |= _of_compounds(names)
    if facts:
        found |= _of_facts()
    if as_json:
        terminal.json({key: one.model_dump(mode="json", exclude_defaults=True) for key, one in found.items()})
        return
    from avpi.compounds.citation import bibtex, plain_text, ris

    writers: dict[str, Callable[[str, Source], str]] = {
        "bibtex": bibtex,
        "ris": ris,
        "text": lambda _key, source: plain_text(source),
    }
    for number, (key, one) in enumerate(found.items()):
        if number and form != "text":
            terminal.data("")
        terminal.data(writers[form](key, one))


def _of_run(asked: str, terminal: Terminal) -> dict[str, Source]:
    import json

    from avpi.cli.show import run_folder
    from avpi.report.cited import REPORT_FILE, methods_of_run, numbers_of_compound
    from avpi.store.runs import VERDICT_FILE

    folder = run_folder(asked)
    compound = json.loads((folder / VERDICT_FILE).read_text("utf-8"))["study"]["compound"]
    try:
        found = methods_of_run(folder)
    except OSError:
        hint = "Run the study again, or name the compound alone"
        raise InputError(Problem(file=str(folder), what=f"'{REPORT_FILE}' is missing", hint=hint)) from None
    own = numbers_of_compound(compound)
    if not own:
        terminal.say(f"The library has no sourced number of '{compound}'.")
    return found | own


def _of_compounds(names: tuple[str, ...]) -> dict[str, Source]:
    from avpi.compounds.library import require_record
    from avpi.errors import Faults
    from avpi.report.cited import everything_of_compound

    faults = Faults()
    read = [faults.read(lambda name=name: require_record(name, "--compound"), None) for name in names]  # type: ignore[misc]
    faults.stop()
    found: dict[str, Source] = {}
    for record in read:
        if record is not None:
            found |= everything_of_compound(record)
    return found


def _of_facts() -> dict[str, Source]:
    from avpi.facts.read import shipped_facts
    from avpi.report.cited import free_source

    return dict(free_source(fact.source) for fact in shipped_facts().facts if fact.source)
