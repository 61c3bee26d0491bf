"""The ``measure`` of a fact and the ``dose_response`` of an arm.

How what the format leaves open is read:

- no ``at``: 24 hours, or the first 24 hours where a course is watched;
- several times: what is expected must hold at each of them;
- ``death_time`` and ``momp_time`` watch until the last time that is given;
- a word that is no measure and resembles none is a measurement that the model lacks (the fact is not executable);
  one that resembles a measure, such as "viabilty", is a fault of the file;
- ``dose_response`` may stand in the measure instead of the arm, and then holds for every arm measured; without
  ``ec50`` or ``emax`` beside it the EC50 is meant;
- ``ec50: viability`` or ``ec50: {band: cIAP1}`` says what the curve is of, and wins over the dose response's ``of``;
  ``ec50: birinapant`` names the reagent, which the dose response says as well;
- ``doses``: two doses and a count without a unit is a geometric series; anything else is the list of the doses.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from avpi.errors import nearest_word
from avpi.facts.nodes import GivenDose, Node
from avpi.facts.schema import (
    CURVE_MEASURES,
    EVENT_MEASURES,
    MEASURES,
    NAMED_MEASURES,
    PLAIN_MEASURES,
    VIABILITY,
    DoseResponse,
    Measure,
)
from avpi.names import normal_form

MOST_DOSES = 200
OTHER_KEYS = ("at", "dose_response")
"""What may stand beside the measure; without a value it counts as not given."""
SIGNIFICANT = 12


def read_measure(node: Node) -> Measure | None:
    """Read a measure; None after a fault."""
    if isinstance(node.value, str):
        return _of_text(node)
    if not node.is_mapping:
        node.wrong("a measure such as {band: cIAP1, at: 30 min}")
        return None
    entries = {key: entry for key, entry in node.entries().items() if entry.value is not None or key not in OTHER_KEYS}
    at, curve_node = entries.pop("at", None), entries.pop("dose_response", None)
    times = tuple(_times(at)) if at is not None else ()
    curve = read_dose_response(curve_node) if curve_node is not None else None
    if not entries and curve_node is not None:
        return Measure(kind="ec50", at_hours=times, dose_response=curve)
    kinds = [key for key in entries if key in MEASURES]
    strangers = [entry for key, entry in entries.items() if key not in MEASURES]
    if len(kinds) > 1:
        node.fault(f"'{node.key}' has '{kinds[0]}' and '{kinds[1]}'", "one measure; others in a line of their own")
        return None
    if not kinds and len(strangers) == 1 and not nearest_word(str(strangers[0].path[-1]), [*MEASURES, *OTHER_KEYS]):
        return Measure(kind=str(strangers[0].path[-1]), argument=str(strangers[0].value), at_hours=times)
    for stranger in strangers:
        stranger.unknown_key([*MEASURES, *OTHER_KEYS])
    if not kinds:
        if not strangers:
            node.fault(f"'{node.key}' says not what is measured", "one of " + ", ".join(MEASURES))
        return None
    argument = _argument(entries[kinds[0]])
    if argument is None:
        return None
    return Measure(kind=kinds[0], argument=argument, at_hours=times, dose_response=curve)


def _of_text(node: Node) -> Measure | None:
    """Read ``viability`` or ``band: cIAP1`` written as one text."""
    word, _, argument = node.value.replace(":", " ", 1).strip().partition(" ")
    plain = word in (*PLAIN_MEASURES, *CURVE_MEASURES) and not argument
    if plain or (word in NAMED_MEASURES and argument.strip()):
        return Measure(kind=word, argument=argument.strip())
    hint = nearest_word(word, MEASURES)
    node.wrong("a measure such as viability, or {band: cIAP1, at: 30 min}", hint)
    return None


def _argument(node: Node) -> str | None:
    """Return what a measure is of, empty where it needs nothing."""
    kind = str(node.path[-1])
    if kind in CURVE_MEASURES and node.is_mapping:
        of = read_measure(node)
        return None if of is None else f"{of.kind} {of.argument}".strip()
    if kind in PLAIN_MEASURES or (kind in CURVE_MEASURES and not isinstance(node.value, str)):
        if node.value is None or node.value is True:
            return ""
        node.wrong("true")
        return None
    if isinstance(node.value, bool):  # {band: true}: the protein was forgotten
        node.wrong("what is measured, such as cIAP1")
        return None
    return node.text()


def _times(node: Node) -> list[float]:
    found = [item.hours() for item in node.items(one_is_a_list=True)]
    if not found and node.is_list:
        node.wrong("at least one time")
    times = [time for time in found if time is not None]
    if len(set(times)) < len(times):
        node.fault(f"'{node.key}' has a time twice", "each time once")
    return times


def read_dose_response(node: Node) -> DoseResponse | None:
    """Read ``{reagent: birinapant, doses: [1 nM, 10 uM, 9], of: viability}``."""
    entries = node.mapping(["reagent", "doses", "of", "at", "added_at"], required=["reagent", "doses"])
    if entries is None:
        return None
    reagent = entries["reagent"].text() if "reagent" in entries else None
    doses = _doses(entries["doses"]) if "doses" in entries else None
    of = read_measure(entries["of"]) if "of" in entries else None
    times = tuple(_times(entries["at"])) if "at" in entries else ()
    added = entries["added_at"].hours() if "added_at" in entries else 0.0
    if (of is None and "of" in entries) or reagent is None or doses is None or added is None:
        return None
    if of is not None and of.kind in CURVE_MEASURES:
        entries["of"].wrong("what is measured at each dose, such as viability")
        return None
    if times:
        of = replace(of or VIABILITY, at_hours=times)
    values = tuple(dose.value for dose in doses)
    unit, text = doses[0].unit, doses[0].unit_text
    return DoseResponse(reagent=reagent, doses=values, unit=unit, of=of, at_hours=added, unit_text=text)


def _doses(node: Node) -> list[GivenDose] | None:
    items = list(node.items("doses, such as [1 nM, 10 uM, 9]"))
    if not items and node.is_list:
        node.wrong("doses, such as [1 nM, 10 uM, 9]")
    count = None
    if len(items) == 3 and isinstance(items[2].value, int) and not isinstance(items[2].value, bool):
        count = items[2].whole(least=3, most=MOST_DOSES)
        if count is None:
            return None
        items = items[:2]
    found = [item.dose() for item in items]
    doses = [dose for dose in found if dose is not None]
    if not items or len(doses) < len(found):
        return None
    if len({(dose.unit, dose.unit_text) for dose in doses}) > 1 or any(dose.value <= 0 for dose in doses):
        node.fault(f"'{node.key}' has doses of several kinds or of zero", "doses above zero in one kind of unit")
        return None
    values = [dose.value for dose in doses]
    if any(later <= earlier for earlier, later in itertools.pairwise(values)):
        node.fault(f"'{node.key}' does not rise", "doses from the lowest to the highest")
        return None
    if count is not None:
        values = [float(f"{dose:.{SIGNIFICANT}g}") for dose in np.geomspace(values[0], values[1], count)]
    elif len(values) < 3:
        node.fault(f"'{node.key}' has {len(values)} doses", "at least 3, or [lowest, highest, how many]")
        return None
    return [replace(doses[0], value=value) for value in values]


def curve_of(measure: Measure, curve: DoseResponse) -> Measure:
    """Return what is measured at each dose, and when, where a measure asks something of a dose response.

    The measure's own ``at`` wins over the dose response's, as does what ``ec50`` or ``emax`` is said to be of. A dose
    response that says nothing is of the measure itself where that is none of a curve, else of viability.
    """
    of = curve.of or VIABILITY
    of_reagent = normal_form(measure.argument) == normal_form(curve.reagent)  # ``ec50: birinapant`` names the dose
    if measure.kind in CURVE_MEASURES and measure.argument and not of_reagent:
        word, _, argument = measure.argument.replace(":", " ", 1).partition(" ")
        of = Measure(kind=word, argument=argument.strip(), at_hours=of.at_hours)
    elif measure.kind not in CURVE_MEASURES and curve.of is None:
        of = measure
    times = measure.at_hours or of.at_hours
    last = tuple(sorted(times)[-1:]) if of.kind in EVENT_MEASURES else times
    return Measure(kind=of.kind, argument=of.argument, at_hours=last)
