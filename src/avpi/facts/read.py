"""A file of facts, schema 1, to a :class:`FactsFile`: every fault at once, each with its line.

Only what keeps the rest from being read is told alone: text that is no YAML, and aliases that stand for nothing.

Read by hand and not by pydantic because a measure's key says what its value is, and because faults are told in the
words of the file. What the format leaves open is decided in ``read_arms``, ``read_measures`` and
``read_expectations`` and told in docs/reference/facts-format.md. Here: a fact without a ``topic`` belongs to "other";
``verified`` is text, ``true`` being "yes"; an id stands once, in ``facts`` or in ``not_expressed``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from avpi.errors import FileFormatError, InputError, Problem
from avpi.facts.aliases import Aliases, merged
from avpi.facts.nodes import Faults, Node
from avpi.facts.printable import printable
from avpi.facts.read_arms import read_arms
from avpi.facts.read_expectations import read_expectation
from avpi.facts.read_measures import read_measure
from avpi.facts.schema import Defaults, Fact, FactsFile, NotExpressed
from avpi.study.yaml_lines import decoded, parse_with_problems, read_text

SHIPPED = "calibration.yaml"
FACT_KEYS = ("id", "topic", "source", "arms", "measure", "expect", "note", "weight", "verified")
FREE_TEXTS = ("topic", "source", "note")
MOST_CELLS, MOST_SEED = 10_000_000, 2**63 - 1
TOPIC = "other"
A_LIST_OF_EXPECTATIONS = "at least one expectation, such as {value: treated, below: 0.5}"
A_LIST_OF_FACTS = "at least one fact, each with 'id', 'arms' and 'expect'"


def read_facts(path: Path) -> FactsFile:
    """Read a file of facts; a pipe such as /dev/stdin is read to its end.

    Raises
    ------
    FileFormatError
        With every fault found.
    """
    name = path.name or str(path)  # the folder '.' has no name
    if path.is_dir() or not path.exists():
        what = f"'{name}' is a folder" if path.is_dir() else f"'{name}' was not found"
        raise FileFormatError(Problem(file=str(path), what=what, expected="a file of facts, such as facts.yaml"))
    try:
        text = read_text(path, name)
    except InputError as error:
        raise FileFormatError(_of_facts(error.problems)) from None
    return parse_facts(text, name)


def decode_facts(raw: bytes, name: str) -> FactsFile:
    """Read facts from the bytes of what has no path, such as standard input; see :func:`read_facts`.

    Of what is longer than a file of facts may be, one byte more than ``MAX_BYTES`` is enough.
    """
    try:
        text = decoded(raw, name)
    except InputError as error:
        raise FileFormatError(_of_facts(error.problems)) from None
    return parse_facts(text, name)


def parse_facts(text: str, name: str) -> FactsFile:
    """Read facts from text; see :func:`read_facts`."""
    aliases = Aliases(name)
    try:
        document, odd = parse_with_problems(text, name, aliases.written_out)
    except InputError as error:
        raise FileFormatError(_of_facts([*aliases.problems, *error.problems])) from None
    document, not_merged = (document, []) if aliases.problems else merged(document)
    if aliases.problems or not_merged:  # what they stand for is missing, and would be told as missing
        raise FileFormatError(_of_facts([*aliases.problems, *not_merged, *odd]))
    return _facts_file(Faults(document, _of_facts(odd)))


def shipped_facts() -> FactsFile:
    """Return the facts that avpi is calibrated on."""
    return parse_facts(files("avpi.facts").joinpath(SHIPPED).read_text("utf-8"), SHIPPED)


def _of_facts(problems: Sequence[Problem]) -> list[Problem]:
    """Return what was wrong with the YAML in the words of a file of facts: its reader speaks of study files."""
    told = []
    for problem in problems:
        expected, hint = problem.expected, problem.hint
        if expected.startswith("a mapping such as"):
            expected = "a mapping that begins with 'schema: 1'"
        if "study file" in hint:
            hint = hint.replace("study file", "file of facts")
        if "Instrument files" in hint:
            hint = "Split the facts into several files."
        told.append(_on_one_line(replace(problem, expected=expected, hint=hint)))
    return told


def _on_one_line(problem: Problem) -> Problem:
    """Return a problem whose words, some of which are the file's, a terminal prints and does not obey."""
    what, expected, hint = map(printable, (problem.what, problem.expected, problem.hint))
    return replace(problem, what=what, expected=expected, hint=hint)


def _facts_file(faults: Faults) -> FactsFile:
    root = Node(faults.document.values, (), faults)
    read = None
    entries = root.mapping(["schema", "defaults", "facts", "not_expressed"], required=["schema", "facts"])
    if entries is not None:
        if "schema" in entries and (entries["schema"].value not in (1, "1") or entries["schema"].value is True):
            entries["schema"].wrong("1", "A file of another schema needs another version of avpi")
        defaults = _defaults(entries["defaults"]) if "defaults" in entries else Defaults()
        facts = tuple(_facts(entries["facts"])) if "facts" in entries else ()
        left_out = tuple(_not_expressed(entries["not_expressed"])) if "not_expressed" in entries else ()
        _ids_stand_once(entries)
        read = FactsFile(facts=facts, not_expressed=left_out, defaults=defaults)
    if faults.problems or read is None:
        in_order = sorted(faults.problems, key=lambda problem: int(problem.place or 0))
        raise FileFormatError([_on_one_line(problem) for problem in in_order])
    return read


def _defaults(node: Node) -> Defaults:
    entries = node.mapping(["cells", "seed"]) or {}
    cells = entries["cells"].whole(least=1, most=MOST_CELLS) if "cells" in entries else None
    seed = entries["seed"].whole(least=0, most=MOST_SEED) if "seed" in entries else None
    usual = Defaults()
    return Defaults(cells=usual.cells if cells is None else cells, seed=usual.seed if seed is None else seed)


def _facts(node: Node) -> list[Fact]:
    found = [_fact(item) for item in node.items(A_LIST_OF_FACTS)]
    if node.is_list and not found:
        node.fault(f"'{node.key}' has no fact, so there is nothing to check", A_LIST_OF_FACTS)
    return [fact for fact in found if fact is not None]


def _fact(node: Node) -> Fact | None:
    entries = node.mapping(FACT_KEYS, required=["id", "arms", "expect"])
    if entries is None:
        return None
    arms = read_arms(entries["arms"]) if "arms" in entries else {}
    known = tuple(entries["arms"].value) if "arms" in entries and entries["arms"].is_mapping else ()
    shared = read_measure(entries["measure"]) if "measure" in entries else None
    lines = _expectations(entries["expect"]) if "expect" in entries else []
    # Without arms that is told; what names an arm that is not there is no fault of its own.
    expect = [read_expectation(line, arms, known, shared) for line in lines] if known else []
    if None in expect and not node.faults.problems:  # nothing may be left out without a word: the fact could pass by it
        entries["expect"].fault(f"'{entries['expect'].key}' has an expectation that cannot be read")
    name = entries["id"].text() if "id" in entries else None
    texts = {key: _sentences(entries[key]) for key in FREE_TEXTS if key in entries}
    weight = entries["weight"].number(least=0) if "weight" in entries else 1.0
    verified = _verified(entries["verified"]) if "verified" in entries else ""
    if name is None or not known:
        return None
    return Fact(
        id=name,
        topic=texts.get("topic") or TOPIC,
        source=texts.get("source") or "",
        arms=tuple(arms.items()),
        expect=tuple(expectation for expectation in expect if expectation is not None),
        weight=weight or 0.0,
        verified=verified,
        note=texts.get("note") or "",
    )


def _expectations(node: Node) -> list[Node]:
    """Return the lines of ``expect``; one without the list's brackets can mean only one thing."""
    lines = [node] if node.is_mapping else list(node.items(A_LIST_OF_EXPECTATIONS))
    if not lines and node.is_list:
        node.wrong(A_LIST_OF_EXPECTATIONS)
    return lines


def _sentences(node: Node) -> str | None:
    """Return a text, which may be empty; several sources may be a list."""
    if node.value == "":
        return ""
    if not node.is_list or node.path[-1] not in ("source", "note"):
        return node.text()
    return "; ".join(text for item in node.items() if (text := item.text()) is not None)


def _verified(node: Node) -> str:
    if isinstance(node.value, bool):
        return "yes" if node.value else "no"
    return "" if node.value == "" else node.text() or ""


def _not_expressed(node: Node) -> list[NotExpressed]:
    found = []
    for item in node.items():
        entries = item.mapping(["id", "why"], required=["id", "why"])
        if entries is not None and {"id", "why"} <= set(entries):
            name, why = entries["id"].text(), entries["why"].text()
            if name is not None and why is not None:
                found.append(NotExpressed(id=name, why=why))
    return found


def _ids_stand_once(entries: dict[str, Node]) -> None:
    seen: dict[str, Node] = {}
    for part in ("facts", "not_expressed"):
        for item in entries[part].items() if part in entries and entries[part].is_list else ():
            if not item.is_mapping or not isinstance(item.value.get("id"), str | int | float):
                continue
            node = item.child("id", item.value["id"])
            name = node.written
            if name and name in seen:
                line = node.faults.document.line(seen[name].path)
                node.fault(f"fact '{name}' stands here a second time", hint=f"The first is in line {line}")
            seen.setdefault(name, node)
