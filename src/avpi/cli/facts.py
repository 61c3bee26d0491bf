"""``avpi facts``: published findings as simulated experiments, and which of them the model reproduces."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from avpi.cli.crash import write_crash
from avpi.cli.house import HouseCommand, LazyGroup, option, talking
from avpi.cli.simulation_request import read_seed
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem, nearest_word
from avpi.facts.printable import printable

FEW_IDS = 12

if TYPE_CHECKING:
    from collections.abc import Sequence

    from avpi.facts.check import Report, Tally
    from avpi.facts.expect import Judged
    from avpi.facts.schema import FactsFile
    from avpi.facts.simulator import Simulator


@click.group(
    cls=LazyGroup,
    short_help="Check a model against published findings.",
    examples=(
        ("avpi facts check", "the findings that come with avpi"),
        ("avpi facts check my-facts.yaml --json", "your own, for a program"),
    ),
)
def facts() -> None:
    """Check the pathway model against published findings."""


@facts.command(
    cls=HouseCommand,
    examples=(
        ("avpi facts check --topic iap_loss", "one topic of the findings that come with avpi"),
        ("avpi facts check my-facts.yaml --fact F021", "one finding of your own file"),
    ),
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@option("--topic", metavar="T", multiple=True, section="Input", help="Only this topic; may be repeated.")
@option("--fact", "ids", metavar="ID", multiple=True, section="Input", help="Only this fact; may be repeated.")
@option(
    "--cells", metavar="N", type=click.IntRange(min=1), section="Analysis", help="Cells of a line; else as in the file."
)
@option(
    "--seed",
    metavar="N",
    type=click.IntRange(min=0),
    section="Analysis",
    help="Equal seeds draw equal cells; else as in the file.",
)
@talking()
def check(
    file: Path | None,
    *,
    topic: tuple[str, ...],
    ids: tuple[str, ...],
    cells: int | None,
    seed: int | None,
    as_json: bool,
    terminal: Terminal,
) -> int:
    """Simulate each fact of a file and say which hold; a fact that the model cannot express counts as failed."""
    from avpi.cli.main import DONE, SECTIONS_FAILED
    from avpi.facts.check import check as check_facts

    read_seed(seed or 0)
    chosen = chosen_facts(_facts_of(file), topic, ids)
    report = check_facts(chosen, _simulator(), terminal.progress, cells=cells, seed=seed)
    if as_json:
        terminal.json(report.to_json())
    else:
        for line in report_lines(report, chosen=bool(topic or ids)):
            terminal.data(printable(line))
    for line in _bugs(report, file):
        terminal.warn(line)
    return DONE if report.all_passed else SECTIONS_FAILED


def _facts_of(file: Path | None) -> FactsFile:
    """Return the facts of a file, of standard input where that is '-', or those that ship."""
    from avpi.facts.read import decode_facts, read_facts, shipped_facts
    from avpi.study.yaml_lines import MAX_BYTES

    if file is None:
        return shipped_facts()
    if str(file) == "-":
        # A program that was started without any standard input has none.
        raw = b"" if sys.stdin is None else sys.stdin.buffer.read(MAX_BYTES + 1)
        return decode_facts(raw, "standard input")
    return read_facts(file)


def _bugs(report: Report, file: Path | None) -> Sequence[str]:
    """Return what a person is told of the first fact at which avpi itself failed; its details go into a file."""
    for fact in report.not_executable:
        if fact.fault is not None:
            _, remedy = write_crash(fact.fault, ["facts", "check", *([] if file is None else [str(file)])])
            return f"A fault of avpi's own kept fact '{printable(fact.id)}' from being checked.", remedy
    return ()


def _simulator() -> Simulator:
    """Return the pathway model as facts use it; imported here because it compiles the model."""
    import importlib

    made: Simulator = importlib.import_module("avpi.facts.pathway").PathwaySimulator()
    return made


def chosen_facts(read: FactsFile, topics: tuple[str, ...], ids: tuple[str, ...]) -> FactsFile:
    """Return the facts that were asked for; a word that chooses none is a fault."""
    problems = []
    without = {one.id: f"The file does not express it as an experiment: {one.why}" for one in read.not_expressed}
    there = {"--topic": (topics, [fact.topic for fact in read.facts]), "--fact": (ids, [f.id for f in read.facts])}
    for name, (asked, known) in there.items():
        for word in asked:
            if word not in known:
                listed = f"Known here: {', '.join(dict.fromkeys(known))}" if name == "--topic" else _ids_there(known)
                what = f"'{word}' is not a {name.strip('-')} of the file"
                problems.append(
                    Problem(file=name, what=what, hint=without.get(word, "") or nearest_word(word, known) or listed)
                )
    if problems:
        raise InputError([replace(one, hint=printable(one.hint)) for one in problems])
    kept = [fact for fact in read.facts if (not topics or fact.topic in topics) and (not ids or fact.id in ids)]
    if not kept and (topics or ids):
        what = f"no fact is both of topic '{', '.join(topics)}' and '{', '.join(ids)}'"
        raise InputError(Problem(file="--fact", what=what))
    return replace(read, facts=tuple(kept))


def _ids_there(ids: Sequence[str]) -> str:
    """Return which ids a file has; of many, how they run."""
    shown = ", ".join(ids) if len(ids) <= FEW_IDS else f"{len(ids)} of them from {ids[0]} to {ids[-1]}"
    return f"Known here: {shown}. 'avpi facts check' without --fact tells of all" if ids else ""


def report_lines(report: Report, *, chosen: bool = False) -> list[str]:
    """Return a report as a person reads it: the sums by topic, then what failed and why.

    Where only some facts were ``chosen`` the findings that are no experiments are counted and not listed.
    """
    total = report.total
    rows = [("topic", "passed", "share", "95 % interval", "not executable")]
    rows += [_row(tally) for tally in (*report.topics, total)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for fact in report.facts:
        if not fact.passed:
            count = f", {len(fact.failed)} of {len(fact.judged)} expectations" if len(fact.judged) > 1 else ""
            lines += ["", f"{fact.id} ({fact.topic}) failed{count}"]
            lines += [f"  {word}  {text}" for one in fact.failed for word, text in _sides(one)]
    if report.not_executable:
        lines += ["", "Not executable, counted as not passed:"]
        lines += [f"  {one.id} ({one.topic}): {one.why}" for one in report.not_executable]
    if report.not_expressed:
        lines += [
            "",
            f"Findings that the file does not express as experiments, counted nowhere: {len(report.not_expressed)}",
            *(f"  {one.id}: {one.why}" for one in report.not_expressed if not chosen),
        ]
    if total.facts:
        lines += ["", f"{total.passed} of {total.facts} facts hold; by weight {report.weighted:.0%}."]
    return lines


def _sides(judged: Judged) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("expected", judged.expected), ("got     ", judged.got)


def _row(tally: Tally) -> tuple[str, str, str, str, str]:
    if not tally.facts:
        return tally.topic, "0/0", "-", "-", "0"
    share = f"{tally.passed / tally.facts:.0%}"
    interval = f"{tally.low:.0%} to {tally.high:.0%}"
    return tally.topic, f"{tally.passed}/{tally.facts}", share, interval, str(tally.not_executable)
