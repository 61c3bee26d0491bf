"""What no type can see in a study file: words of the vocabulary, names, paths, and values that contradict others.

Checks run on the plain values and not on the validated model, so that a wrong type in one place does not hide a
misspelt protein in another: every problem is told at once. ``CHECKS`` says which check stands at which place of the
file.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from avpi.errors import Problem, nearest_word
from avpi.names import DoseUnit, find_protein, find_readout, find_reagent, find_well_role, normal_form, reagents, words
from avpi.quantity import UNITS, QuantityError, normal_unit, parse_quantity
from avpi.readings import parse_well
from avpi.study.conditions import ConditionWords, UnknownWord, working_doses
from avpi.study.problems import dotted
from avpi.study.yaml_lines import Path_, YamlDocument

ANY = "*"
"""Stands for every index of a list or every key of a mapping in a place."""

_PLACEHOLDER_MOLAR = 1e-7
"""Stands for a working dose that cannot be read; the schema tells that fault, and no check depends on the value."""
_WINDOWS_ROOT = re.compile(r"^(?:[A-Za-z]:|\\)")
DOSE_UNITS: tuple[DoseUnit, ...] = ("molar", "ng_per_ml", "none")
OTHER_ROLE = "other"
SECTIONS = ("blots", "plates", "samples")


class Unsuitable(ValueError):  # noqa: N818 - reads as what it is
    """A text does not fit its place: what is wrong, what was expected, the nearest valid word."""

    def __init__(self, what: str, expected: str = "", hint: str = "") -> None:
        self.what, self.expected, self.hint = what, expected, hint
        super().__init__(what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the checks compare with."""

    experiments: tuple[str, ...]
    words: ConditionWords


Check = Callable[[str, Known], object]


def _experiment(text: str, known: Known) -> None:
    if known.experiments and text not in known.experiments:
        expected = "one of " + ", ".join(f"'{name}'" for name in known.experiments)
        raise Unsuitable(
            what=f"'{text}' is not one of the experiments",
            expected=expected,
            hint=nearest_word(text, known.experiments),
        )


def _protein(text: str, _: Known) -> None:
    if find_protein(text) is None:
        raise _not_in_vocabulary(text, "protein", words("proteins"))


def _readout(text: str, _: Known) -> None:
    if find_readout(text) is None:
        raise _not_in_vocabulary(text, "readout", words("readouts"))


def _not_in_vocabulary(text: str, kind: str, known: list[str]) -> Unsuitable:
    examples = ", ".join(f"'{word}'" for word in known[:6])
    return Unsuitable(
        what=f"'{text}' is not a known {kind}", expected=f"one such as {examples}", hint=nearest_word(text, known)
    )


def _condition(text: str, known: Known) -> None:
    known.words.condition(text)


def _well_content(text: str, known: Known) -> None:
    if known.words.role(text) is None:
        known.words.condition(text)


def _roles() -> list[str]:
    """Return every role that a reagent may have."""
    return sorted({reagent.role for reagent in reagents().values()} | {OTHER_ROLE})


def _role(text: str, _: Known) -> None:
    roles = _roles()
    if text not in roles:
        expected = "one of " + ", ".join(f"'{role}'" for role in roles)
        raise Unsuitable(what=f"'{text}' is not a role of a reagent", expected=expected, hint=nearest_word(text, roles))


def _path(text: str, _: Known) -> None:
    example = "a path below it, such as 'raw/blot1.tif'"
    if PurePosixPath(text).is_absolute() or _WINDOWS_ROOT.match(text) or text.startswith("~"):
        raise Unsuitable(what=f"'{text}' is an absolute path and leaves the study folder", expected=example)
    if "\\" in text:
        raise Unsuitable(
            what=f"'{text}' holds a backslash", expected=example, hint=f"Write '{text.replace(chr(92), '/')}'."
        )
    if ".." in PurePosixPath(text).parts:
        raise Unsuitable(what=f"'{text}' leaves the study folder", expected=example)
    if any(ord(character) < ord(" ") for character in text):
        raise Unsuitable(what=f"{text!r} holds a control character", expected=example)


def _dose_unit(text: str, _: Known) -> None:
    doses = [unit for unit, (kind, _factor) in UNITS.items() if kind in ("concentration", "mass_concentration")]
    unit = normal_unit(text)
    if unit not in doses:
        raise Unsuitable(
            what=f"'{text}' is not a unit of dose",
            expected="one such as 'nM' or 'ng/mL'",
            hint=nearest_word(unit, doses),
        )


def _origin(text: str, _: Known) -> None:
    if text != "auto" and parse_well(text) is None:
        raise Unsuitable(what=f"'{text}' is not a well", expected="'auto' or a well such as 'A01'")


CHECKS: tuple[tuple[Path_, Check], ...] = (
    (("reagents", ANY, "role"), _role),
    (("blots", ANY, "experiment"), _experiment),
    (("plates", ANY, "experiment"), _experiment),
    (("samples", ANY, "experiment"), _experiment),
    (("cytometry", "controls", ANY, "experiment"), _experiment),
    (("blots", ANY, "target"), _protein),
    (("blots", ANY, "loading_control", "name"), _protein),
    (("blots", ANY, "neighbours", ANY, "name"), _protein),
    (("plates", ANY, "readout"), _readout),
    (("cytometry", "readout"), _readout),
    (("blots", ANY, "lanes", ANY, "condition"), _condition),
    (("samples", ANY, "condition"), _condition),
    (("plates", ANY, "layout", "wells", ANY), _well_content),
    (("plates", ANY, "layout", "dose_unit"), _dose_unit),
    (("plates", ANY, "layout", "origin"), _origin),
)
"""Place in the file -> what a text there must be."""

PATHS: tuple[Path_, ...] = (
    ("blots", ANY, "image"),
    ("blots", ANY, "exposures", ANY, "image"),
    ("blots", ANY, "loading_control", "image"),
    ("plates", ANY, "file"),
    ("plates", ANY, "layout"),
    ("plates", ANY, "layout", "file"),
    ("samples", ANY, "file"),
    ("cytometry", "spillover"),
    ("cytometry", "controls", ANY, "unstained"),
    ("cytometry", "controls", ANY, "single_stains", ANY),
)
"""Every place where the name of a file stands."""

ORDERED_RULES = (
    ("partially_engaged", "engaged"),
    ("partly_caspase_dependent", "caspase_dependent"),
    ("z_prime_fail", "z_prime_warn"),
    ("events_fail", "events_warn"),
)
"""Thresholds of which the first may not exceed the second."""


def texts_at(values: object, place: Path_, path: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    """Yield every text that stands at a place of the file, with its path."""
    if not place:
        if isinstance(values, str):
            yield path, values
        return
    step, rest = place[0], place[1:]
    if isinstance(values, Mapping):
        for key in list(values) if step == ANY else [step] if step in values else []:
            yield from texts_at(values[key], rest, (*path, key))
    elif isinstance(values, tuple) and step == ANY:
        for i, value in enumerate(values):
            yield from texts_at(value, rest, (*path, i))


def named_files(document: YamlDocument) -> dict[str, int]:
    """Return every file that a study names with the line that names it first, in the order of the file."""
    found: dict[str, int] = {}
    for place in PATHS:
        for path, text in texts_at(document.values, place):
            line = document.line(path)
            found[text] = min(line, found.get(text, line))
    return dict(sorted(found.items(), key=lambda item: item[1]))


def cross_check(
    document: YamlDocument, defaults: Mapping[str, float]
) -> tuple[ConditionWords, list[tuple[Path_, Problem]]]:
    """Check a study file beyond its types.

    Parameters
    ----------
    document : the file's plain values with their lines.
    defaults : the thresholds that hold where the file sets none.

    Returns
    -------
    The words that the study may use, and each problem with the path it is about.
    """
    values, problems = document.values, _Problems(document)
    speak = _declared_words(values, problems)
    known = Known(experiments=tuple(text for _, text in texts_at(values, ("experiments", ANY))), words=speak)
    for place, check in (*CHECKS, *((place, _path) for place in PATHS)):
        for path, text in texts_at(values, place):
            problems.hold(path, lambda text=text, check=check: check(text, known))  # type: ignore[misc]
    _check_names(values, problems)
    _check_layouts(values, problems)
    _check_exposures(values, problems)
    _check_rules(values, defaults, problems)
    return speak, problems.found


class _Problems:
    """Collects problems with their lines."""

    def __init__(self, document: YamlDocument) -> None:
        self.document = document
        self.found: list[tuple[Path_, Problem]] = []

    def add(self, path: Path_, what: str, expected: str = "", hint: str = "") -> None:
        place = str(self.document.line(path))
        problem = Problem(file=self.document.file, place=place, what=what, expected=expected, hint=hint)
        self.found.append((path, problem))

    def hold(self, path: Path_, check: Callable[[], object]) -> None:
        """Run a check and keep what it finds wrong."""
        try:
            check()
        except Unsuitable as fault:
            self.add(path, f"'{dotted(path)}': {fault.what}", fault.expected, fault.hint)
        except (UnknownWord, QuantityError) as fault:
            self.add(path, f"'{dotted(path)}': {fault}")


def _declared_words(values: Mapping[str, Any], problems: _Problems) -> ConditionWords:
    """Return the words of a study, leaving out what cannot be read."""
    compound = values.get("compound")
    compound = compound if isinstance(compound, str) else ""
    _check_compound(compound, problems)
    decimal = values.get("decimal")
    decimal = decimal if decimal in (".", ",") else ""
    own: dict[str, DoseUnit] = {}
    written_reagents = values.get("reagents")
    for name, entry in written_reagents.items() if isinstance(written_reagents, Mapping) else ():
        if (find_reagent(name) and not _as_known(name, entry)) or normal_form(name) == normal_form(compound):
            problems.add(
                ("reagents", name), f"'{name}' is a known reagent already", hint="Give its dose under `doses:`."
            )
        elif "+" in name or not name.strip():
            problems.add(("reagents", name), f"'{name}' cannot be the name of a reagent", "a name without '+'")
        else:
            unit = entry.get("unit", "molar") if isinstance(entry, Mapping) else "molar"
            own[name] = next((known for known in DOSE_UNITS if known == unit), "molar")
    working = _PLACEHOLDER_MOLAR
    if isinstance(written := values.get("working_dose"), str):
        with contextlib.suppress(QuantityError):  # the schema tells this fault
            working = parse_quantity(written, "concentration", decimal=decimal).value
    declared: dict[str, str] = {}
    for path, text in texts_at(values, ("doses", ANY)):
        word = str(path[-1])
        if normal_form(word) == normal_form(compound) or word == "SM":
            problems.add(path, f"'{dotted(path)}': the compound's dose is `working_dose`", hint="Leave it out here.")
            continue
        before = len(problems.found)
        problems.hold(path, lambda word=word, text=text: working_doses(working, {word: text}, own, decimal))  # type: ignore[misc]
        if len(problems.found) == before:
            declared[word] = text
    doses = working_doses(working, declared, own, decimal)
    return ConditionWords(compound=compound, working_doses=doses, own=own, decimal=decimal)


def _as_known(name: str, entry: object) -> bool:
    """Return whether a study declares a reagent as the vocabulary has it.

    It may: the study was written when the vocabulary lacked the reagent, and means the same.
    """
    known = find_reagent(name)
    declared = entry if isinstance(entry, Mapping) else {}
    unit, role = declared.get("unit", "molar"), declared.get("role", OTHER_ROLE)
    if known is None:
        return False
    # A word that is no role is told as such and is no second fault.
    return unit == known.unit and (role == known.role or role not in _roles())


def _check_compound(compound: str, problems: _Problems) -> None:
    """Refuse a compound named like another reagent or a well's content: its arms would be taken for that one's."""
    reagent, role = find_reagent(compound), find_well_role(compound)
    taken = f"the reagent '{reagent.name}'" if reagent and reagent.name != "SM" else f"'{role}' wells" if role else ""
    if taken:
        what = f"'compound' is '{compound}', which already means {taken}"
        problems.add(("compound",), what, "the Smac mimetic's own name, such as 'birinapant'")


def _check_names(values: Mapping[str, Any], problems: _Problems) -> None:
    if not any(values.get(section) for section in SECTIONS):
        problems.add((), "the study declares no blots, plates or samples", "at least one of them")
    seen: dict[str, str] = {}
    for path, name in texts_at(values, ("experiments", ANY)):
        alike = " ".join(name.casefold().split())
        if seen.get(alike) == name:
            problems.add(path, f"experiment '{name}' is named twice", "each independent experiment once")
        elif alike in seen:
            what = f"experiment '{name}' differs from '{seen[alike]}' only in capitals or blanks"
            problems.add(path, what, "names that nobody takes for one another")
        seen.setdefault(alike, name)
    parts: dict[str, Path_] = {}
    for section in SECTIONS:
        for path, name in texts_at(values, (section, ANY, "name")):
            if name in parts:
                first = dotted(parts[name][:-1])
                problems.add(path, f"'{name}' is the name of {first} already", "each name once in the study")
            parts.setdefault(name, path)


def _check_layouts(values: Mapping[str, Any], problems: _Problems) -> None:
    plates = values.get("plates")
    for i, plate in enumerate(plates if isinstance(plates, tuple) else ()):
        layout = plate.get("layout") if isinstance(plate, Mapping) else None
        if isinstance(layout, Mapping) and not layout.get("file") and not layout.get("wells"):
            path = ("plates", i, "layout")
            problems.add(path, f"'{dotted(path)}' has neither 'file' nor 'wells'", "one of them")


def _check_exposures(values: Mapping[str, Any], problems: _Problems) -> None:
    """Refuse a time without a series, and one image or one time that stands for two exposures of a blot."""
    blots = values.get("blots")
    for i, blot in enumerate(blots if isinstance(blots, tuple) else ()):
        further = blot.get("exposures") if isinstance(blot, Mapping) else None
        if not isinstance(further, tuple) or not further:
            if isinstance(blot, Mapping) and "seconds" in blot:
                path: Path_ = ("blots", i, "seconds")
                problems.add(path, f"'{dotted(path)}' stands without 'exposures'", "the other exposures, or neither")
            continue
        places: list[Path_] = [("blots", i), *(("blots", i, "exposures", j) for j in range(len(further)))]
        for key in ("image", "seconds"):
            seen: set[object] = set()
            for path, one in zip(places, (blot, *further), strict=True):
                value = one.get(key) if isinstance(one, Mapping) else None
                if isinstance(value, str | int | float) and value in seen:
                    what = f"'{dotted((*path, key))}' is '{value}', as of another exposure of this blot"
                    problems.add((*path, key), what, "each exposure once, each with a time of its own")
                elif isinstance(value, str | int | float):
                    seen.add(value)


def _check_rules(values: Mapping[str, Any], defaults: Mapping[str, float], problems: _Problems) -> None:
    rules = values.get("rules")
    if not isinstance(rules, Mapping):
        return
    for low, high in ORDERED_RULES:
        lower, upper = (rules.get(key, defaults[key]) for key in (low, high))
        if isinstance(lower, int | float) and isinstance(upper, int | float) and lower > upper:
            place: Path_ = ("rules", low if low in rules else high)
            problems.add(
                place, f"'rules.{low}' is '{lower}' and 'rules.{high}' is '{upper}'", f"'{low}' not above '{high}'"
            )
