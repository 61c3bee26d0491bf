"""The arms of a fact, with what each copies from another written out.

How what the format leaves open is read: an arm that copies another with ``from`` has its reagents and then its own;
its own line or panel, genotype factors, ``shared_tnf`` and dose response replace the copied ones, each by itself. A
reagent without a ``dose`` is meant in its usual dose. A reagent may be given again at another time; the same reagent
twice in one list at one time is a fault, since it is more often a slip than a sum. An arm made by ``from`` adds to what
it copies: the same reagent at the same time is then the sum of both doses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from avpi.errors import nearest_word
from avpi.facts.nodes import Node
from avpi.facts.read_measures import read_dose_response
from avpi.facts.schema import DEFAULT_LINES, Addition, Arm, DoseResponse, Panel
from avpi.facts.words import hours
from avpi.names import find_reagent, normal_form
from avpi.network.pharmacology import find_compound

ARM_KEYS = ("line", "panel", "genotype", "add", "from", "shared_tnf", "dose_response")
MOST_LINES = 10_000
A_LIST_OF_ADDITIONS = "a list of reagents, such as [{reagent: TNF, dose: 10 ng/mL}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """An arm as it stands in the file, before anything is copied; None where it says nothing."""

    node: Node
    copies: Node | None
    line: str | None
    panel: Panel | None
    genotype: Mapping[str, float]
    add: tuple[Addition, ...]
    shared_tnf: bool | None
    dose_response: DoseResponse | None


def read_arms(node: Node) -> dict[str, Arm]:
    """Read the arms by name; those with faults are left out."""
    if not node.is_mapping or not node.value:
        node.wrong("at least one arm, such as {vehicle: {line: HeLa}}")
        return {}
    known = list(node.value)
    written = {name: arm for name, entry in node.entries().items() if (arm := _written(entry, known)) is not None}
    arms = {}
    for name, arm in written.items():
        chain = _chain(name, written)
        if chain is not None:
            built = _built(chain)
            if built.line is None and built.panel is None:
                arm.node.fault(f"'{arm.node.key}' says not which cells it has", "'line', 'panel' or 'from'")
            else:
                arms[name] = built
    return arms


def _chain(name: str, written: Mapping[str, _Written]) -> list[_Written] | None:
    """Return an arm and those it copies, the first ancestor first; None where one has faults or copies itself."""
    chain: list[_Written] = []
    seen: list[str] = []
    current: str | None = name
    while current is not None:
        if current in seen:
            if name == min(seen[seen.index(current) :]):  # told once, at one arm of the circle
                path = " -> ".join([*seen[seen.index(current) :], current])
                source = written[name].copies or written[name].node
                source.fault(f"'{source.key}' copies in a circle: {path}", "an arm that does not lead back")
            return None
        seen.append(current)
        arm = written[current]
        chain.insert(0, arm)
        if arm.copies is None:
            return chain
        if arm.copies.written not in written:
            return None
        current = arm.copies.written
    return chain


def _built(chain: list[_Written]) -> Arm:
    genotype: dict[str, float] = {}
    arm = Arm()
    for step in chain:
        genotype.update(step.genotype)
        if step.line is not None or step.panel is not None:
            arm = replace(arm, line=step.line, panel=step.panel)
        if step.shared_tnf is not None:
            arm = replace(arm, shared_tnf=step.shared_tnf)
        if step.dose_response is not None:
            arm = replace(arm, dose_response=step.dose_response)
        arm = replace(arm, add=(*arm.add, *step.add))
    return replace(arm, genotype=tuple(sorted(genotype.items())))


def _written(node: Node, known: Sequence[str]) -> _Written | None:
    before = len(node.faults.problems)
    entries = node.mapping(ARM_KEYS)
    if entries is None:
        return None
    source = entries["from"].text() if "from" in entries else None
    if source is not None and source not in known:
        entries["from"].wrong("the name of another arm of this fact", nearest_word(source, known))
    if "line" in entries and "panel" in entries:
        node.fault(f"'{node.key}' has both 'line' and 'panel'", "one of them")
    line = entries["line"].text() if "line" in entries else None
    panel = _panel(entries["panel"]) if "panel" in entries else None
    genotype = _genotype(entries["genotype"]) if "genotype" in entries else {}
    additions = tuple(_additions(entries["add"])) if "add" in entries else ()
    shared = entries["shared_tnf"].flag() if "shared_tnf" in entries else None
    curve = read_dose_response(entries["dose_response"]) if "dose_response" in entries else None
    if len(node.faults.problems) > before:
        return None  # what names the arm need not be a fault as well
    return _Written(
        node=node,
        copies=entries.get("from"),
        line=line,
        panel=panel,
        genotype=genotype,
        add=additions,
        shared_tnf=shared,
        dose_response=curve,
    )


def _panel(node: Node) -> Panel | None:
    if isinstance(node.value, str):
        return Panel(prior=node.value, n=DEFAULT_LINES)
    entries = node.mapping(["prior", "n"], required=["prior"])
    if entries is None:
        return None
    prior = entries["prior"].text() if "prior" in entries else None
    n = entries["n"].whole(least=1, most=MOST_LINES) if "n" in entries else DEFAULT_LINES
    return None if prior is None or n is None else Panel(prior=prior, n=n)


def _genotype(node: Node) -> dict[str, float]:
    factors = {
        name: entry.number(least=0) for name, entry in node.entries("factors by protein, such as {RIPK1: 0}").items()
    }
    return {name: factor for name, factor in factors.items() if factor is not None}


def _additions(node: Node) -> list[Addition]:
    # One reagent without the list's brackets can mean only one thing.
    items = [node] if node.is_mapping else list(node.items(A_LIST_OF_ADDITIONS))
    found: list[Addition] = []
    for item in items:
        addition = _addition(item)
        if addition is None:
            continue
        if any(_same(addition, other) for other in found):
            when = f"at {hours(addition.at_hours)}" if addition.at_hours else "at the start"
            item.fault(
                f"'{item.key}': '{addition.reagent}' is added twice {when}", "each reagent once, in its whole dose"
            )
        found.append(addition)
    return found


def _same(one: Addition, other: Addition) -> bool:
    """Return whether two additions are of one reagent over one time; ``until`` may tell a pulse from what stays."""
    span = (one.at_hours, one.until_hours) == (other.at_hours, other.until_hours)
    return span and _reagent(one.reagent) == _reagent(other.reagent)


def _reagent(word: str) -> str:
    known = find_reagent(word) or find_compound(word)
    return normal_form(word) if known is None else known.name


def _addition(node: Node) -> Addition | None:
    entries = node.mapping(["reagent", "dose", "at", "until"], required=["reagent"])
    if entries is None:
        return None
    reagent = entries["reagent"].text() if "reagent" in entries else None
    amount = entries["dose"].dose() if "dose" in entries else None
    at = entries["at"].hours() if "at" in entries else 0.0
    until = entries["until"].hours() if "until" in entries else None
    if until is not None and at is not None and until <= at:
        entries["until"].wrong(f"a time after 'at', which is {at:g} h")
        return None
    if (
        reagent is None
        or at is None
        or (amount is None and "dose" in entries)
        or (until is None and "until" in entries)
    ):
        return None
    return Addition(
        reagent=reagent,
        dose=None if amount is None else amount.value,
        unit="molar" if amount is None else amount.unit,
        unit_text="" if amount is None else amount.unit_text,
        at_hours=at,
        until_hours=until,
    )
