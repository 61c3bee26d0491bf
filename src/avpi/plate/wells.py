"""What is in each well: a layout's words to roles and conditions, joined with what the reader gave.

A well that was labelled and not read is ``missing``, one whose detector was saturated is ``overflow``, one that
was read and not labelled is ``unlabelled``: states, never zeros.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from avpi.errors import NotAnalysed, Problem, StudyError
from avpi.estimate import Finding
from avpi.names import Addition, Condition, WellRole, normal_form
from avpi.plate.results import Well, WellState
from avpi.quantity import QuantityError
from avpi.readings import PlateLayout, PlateRead, parse_well, well_name
from avpi.study.conditions import ConditionWords, UnknownWord
from avpi.study.schema import Layout

MOST_UNREAD = 0.5
"""Share of labelled wells without a value above which the layout is not this plate's (assumed)."""

DOSE_KEYS = ("dose", "conc", "concentration")
"""Keys of the dose that goes with ``condition`` or ``reagent``."""
WORDED_KEYS = ("role", "condition", "reagent", *DOSE_KEYS)
"""Keys of a layout's entry that say what a well is."""
PRESENT, ABSENT = ("yes", "+", "x", "true"), ("no", "-", "none", "false", "0")
"""What may stand under a reagent's own column instead of a dose: at its working dose, or not added."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a layout says of one well, understood."""

    role: WellRole
    condition: Condition | None


def label_wells(layout: PlateLayout, declared: Layout | None, words: ConditionWords) -> dict[tuple[int, int], Content]:
    """Return what each labelled well (row, column) holds.

    Raises
    ------
    StudyError
        One problem for each word that is not understood, with the file, the first cell and how often it stands.
    """
    dose_unit = (declared.dose_unit if declared else None) or ""
    contents: dict[tuple[int, int], Content] = {}
    faults: dict[str, list[str]] = {}
    understood: dict[tuple[tuple[str, str], ...], Content | str] = {}
    for name, entry in layout.wells.items():
        position = parse_well(name)
        if position is None:
            faults.setdefault(f"'{name}' is not a well of any plate format, such as 'A01'", []).append(name)
            continue
        same = tuple(sorted(entry.items()))
        if same not in understood:
            try:
                understood[same] = read_entry(entry, words, dose_unit=dose_unit)
            except (UnknownWord, QuantityError) as error:
                understood[same] = str(error)
        found = understood[same]
        if isinstance(found, Content):
            contents[position] = found
        else:
            faults.setdefault(found, []).append(name)
    if faults:
        raise StudyError([_problem(layout, what, where) for what, where in faults.items()])
    return contents


def read_entry(entry: Mapping[str, str], words: ConditionWords, *, dose_unit: str = "") -> Content:
    """Return what one entry of a layout says.

    A ``role`` wins; then ``condition``, then ``reagent``, each with ``dose`` beside it where there is one. A key
    that is itself a reagent, such as ``tnf: 10 ng/mL``, adds that reagent at its dose.

    Raises
    ------
    UnknownWord, QuantityError
        If a word or dose is not understood, or the entry says nothing or contradicts itself.
    """
    said = {key: text.strip() for key, text in entry.items() if text.strip()}
    if not said:
        return Content("empty", None)
    what, added = said.get("condition") or said.get("reagent", ""), _added_reagents(said, words)
    role = _role(said, what, words)
    if role is not None and (role != "vehicle" or not added):
        return Content(role, Condition.DMSO if role == "vehicle" else None)
    if not what and not _reagent_keys(said, words):
        found, first = ", ".join(f"'{key}'" for key in said), next(iter(said))
        message = (
            f"{found} does not say what is in the well: name a column 'condition', 'reagent' or 'role', "
            f"or map yours with `columns: {{condition: {first}}}`"
        )
        raise UnknownWord(message)
    stated = _stated(said, what, words, dose_unit)
    absent = set(_reagent_keys(said, words).values()) - {addition.reagent for addition in added}
    if clash := sorted(absent & stated.reagents):
        message = f"'{what}' names {clash[0]}, and its own column says that there is none"
        raise UnknownWord(message)
    condition = _joined(stated, added, what, words)
    return Content("sample" if condition.additions else "vehicle", condition)


def _joined(stated: Condition, added: Sequence[Addition], what: str, words: ConditionWords) -> Condition:
    """Return the condition with the reagents of other columns; such a column also gives the dose of one it names.

    "SM+TNF" beside ``tnf_ng_mL`` of 1 is TNF at 1 ng/mL. A dose that the condition itself writes and the column
    contradicts is refused.
    """
    doses = {addition.reagent: addition.dose for addition in stated.additions}
    for addition in added:
        own = doses.get(addition.reagent, addition.dose)
        if own not in (addition.dose, words.working_doses.get(addition.reagent)):
            message = f"'{what}' gives a dose of {addition.reagent} that its own column contradicts"
            raise UnknownWord(message)
        doses[addition.reagent] = addition.dose
    return Condition.of(*(Addition(reagent, dose) for reagent, dose in doses.items()))


def _role(said: Mapping[str, str], what: str, words: ConditionWords) -> WellRole | None:
    if "role" not in said or normal_form(said["role"]) == "sample":
        return words.role(what) if what else None
    role = words.role(said["role"])
    if role is None:
        message = f"'{said['role']}' is not a role of a well such as 'DMSO', 'blank', 'kill' or 'empty'"
        raise UnknownWord(message)
    return role


def _stated(said: Mapping[str, str], what: str, words: ConditionWords, dose_unit: str) -> Condition:
    """Return the condition of ``condition`` or ``reagent`` with the dose beside it."""
    doses = [said[key] for key in DOSE_KEYS if key in said]
    if len(set(doses)) > 1:
        message = f"the layout gives two doses, '{doses[0]}' and '{doses[1]}'"
        raise UnknownWord(message)
    if not what:
        return Condition.DMSO
    return words.with_dose(what, doses[0], dose_unit) if doses else words.condition(what)


def _added_reagents(said: Mapping[str, str], words: ConditionWords) -> list[Addition]:
    """Return the reagents that stand as keys of their own, those at dose zero left out."""
    conditions = [
        words.condition(reagent) if normal_form(said[key]) in PRESENT else words.with_dose(reagent, said[key])
        for key, reagent in _reagent_keys(said, words).items()
        if normal_form(said[key]) not in ABSENT
    ]
    return [addition for condition in conditions for addition in condition.additions]


def _reagent_keys(said: Mapping[str, str], words: ConditionWords) -> dict[str, str]:
    """Return {key: reagent} for the keys that name one, with ``_`` standing for a hyphen or a blank."""
    found = {}
    for key in said:
        if key not in WORDED_KEYS:
            spellings = (key, key.replace("_", "-"), key.replace("_", " "))
            if reagent := next(filter(None, map(words.reagent, spellings)), ""):
                found[key] = reagent
    return found


def _problem(layout: PlateLayout, what: str, wells: Sequence[str]) -> Problem:
    first = wells[0]
    cell = layout.cells.get(first, "")
    place = cell if cell.isdigit() or first in cell else ", ".join(filter(None, (cell, f"well {first}")))
    also = f" (and in {len(wells) - 1} more wells)" if len(wells) > 1 else ""
    return Problem(file=layout.source, place=place, what=f"{what.rstrip('. ')}{also}")


def join_wells(
    read: PlateRead,
    contents: Mapping[tuple[int, int], Content],
    layout: PlateLayout,
    unlabelled: WellRole | None,
    subject: str,
) -> tuple[list[Well], list[Finding]]:
    """Return every well that was read or labelled, in row order, and what does not fit.

    Raises
    ------
    NotAnalysed
        ``layout_mismatch``: the layout is of a larger plate, or most of its wells were not read.
    """
    _check_fit(read, contents, layout)
    wells = []
    rows, columns = read.values.shape
    for row in range(rows):
        for column in range(columns):
            raw, overflow = float(read.values[row, column]), bool(read.overflow[row, column])
            content = contents.get((row, column))
            known = content is not None or unlabelled is not None
            if content is None and (math.isfinite(raw) or overflow):
                content = _unlabelled_content(unlabelled)
            if content is not None:
                wells.append(_well(row, column, content, raw, _state(raw, content, overflow=overflow, known=known)))
    return wells, _findings(wells, subject)


def _unlabelled_content(role: WellRole | None) -> Content:
    if role == "vehicle":
        return Content("vehicle", Condition.DMSO)
    return Content(role or "sample", None)


def _state(raw: float, content: Content, *, overflow: bool, known: bool) -> WellState:
    if overflow:
        return "overflow"
    if not math.isfinite(raw):
        return "missing"
    if not known:
        return "unlabelled"
    return "excluded" if content.role == "empty" else "used"


def _well(row: int, column: int, content: Content, raw: float, state: WellState) -> Well:
    read = math.nan if state in ("missing", "overflow") else raw
    return Well(
        name=well_name(row, column),
        row=row,
        column=column,
        role=content.role,
        condition=content.condition,
        raw=read,
        reading=read,
        viability=math.nan,
        state=state,
    )


def _check_fit(read: PlateRead, contents: Mapping[tuple[int, int], Content], layout: PlateLayout) -> None:
    rows, columns = read.values.shape
    plate = f"{rows * columns}-well plate of {rows} x {columns}"
    if layout.shape and (layout.shape[0] > rows or layout.shape[1] > columns):
        why = f"{layout.source} describes {layout.shape[0]} x {layout.shape[1]} wells, and the file is a {plate}."
        raise NotAnalysed(code="layout_mismatch", why=why)
    labelled = sorted(position for position, content in contents.items() if content.role != "empty")
    if not labelled:
        why = f"{layout.source} labels no well."
        raise NotAnalysed(code="layout_mismatch", why=why)
    outside = [p for p in labelled if p[0] >= rows or p[1] >= columns]
    if outside:
        why = f"{layout.source} labels {_examples(outside)}, which the {plate} does not have."
        raise NotAnalysed(code="layout_mismatch", why=why)
    unread = [p for p in labelled if not (math.isfinite(read.values[p]) or read.overflow[p])]
    if len(unread) > MOST_UNREAD * len(labelled):
        why = (
            f"{len(unread)} of the {len(labelled)} wells that {layout.source} labels were not read, such as "
            f"{_examples(unread)}: it is not the layout of this plate, or the wrong plate or read is declared."
        )
        raise NotAnalysed(code="layout_mismatch", why=why)


def _findings(wells: Sequence[Well], subject: str) -> list[Finding]:
    def named(state: WellState) -> list[tuple[int, int]]:
        return [(w.row, w.column) for w in wells if w.state == state and w.role != "empty"]

    findings = []
    if unread := named("missing"):
        text = f"{_count(unread)} labelled and not read ({_examples(unread)}): missing, not zero."
        findings.append(Finding(code="unread_wells", severity="warning", text=text, subject=subject))
    if overflow := named("overflow"):
        text = (
            f"{_count(overflow)} above what the reader can measure ({_examples(overflow)}) and left out; what "
            "stays of such a condition is too low. Read again with a shorter integration time."
        )
        findings.append(Finding(code="overflow_wells", severity="warning", text=text, subject=subject))
    if unlabelled := named("unlabelled"):
        text = (
            f"{_count(unlabelled)} read and not in the layout ({_examples(unlabelled)}), and left out. "
            "Label them, or say what they are with `unlabelled:`."
        )
        findings.append(Finding(code="unlabelled_wells", severity="warning", text=text, subject=subject))
    return findings


def _count(positions: Sequence[tuple[int, int]]) -> str:
    return "1 well was" if len(positions) == 1 else f"{len(positions)} wells were"


def _examples(positions: Sequence[tuple[int, int]], most: int = 6) -> str:
    names = ", ".join(well_name(row, column) for row, column in positions[:most])
    return names if len(positions) <= most else f"{names} ..."
