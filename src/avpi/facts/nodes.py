"""A value of a YAML file with its place, asked for what it should be; what is wrong is noted and reading goes on.

Every method that finds a fault notes it and returns None (or leaves the part out), so that all faults of a file are
told at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from avpi.errors import Problem, nearest_word
from avpi.facts.schema import DoseUnit
from avpi.quantity import Kind, Quantity, QuantityError, example, outside_a_study, parse_quantity
from avpi.study.yaml_lines import Path_, YamlDocument

MINUTES_PER_HOUR = 60.0
LONGEST_SHOWN = 80
SIGNIFICANT = 12
"""Digits kept when minutes become hours, so that "30 min" and "0.5 h" are one time."""


DOSES: tuple[Kind, Kind] = ("concentration", "mass_concentration")
UNIT_OF_KIND: dict[Kind, DoseUnit] = {"concentration": "molar", "mass_concentration": "ng_per_ml"}
_NO_CONCENTRATION = re.compile(
    r"^\s*(?P<number>[+-]?[\d.]+(?:e[+-]?\d+)?)\s*"
    r"(?P<unit>[kmuµμn]?(?:I?U|units?)(?:\s*/\s*[mu]?L)?|[munµμ]?g\s*/\s*(?:kg|mouse|animal|m2|m²|cm2|well).*"
    r"|%.*|c?Gy|MOI|m?J\s*/\s*c?m[2²]|x|cells.*)\s*$",
    re.IGNORECASE,
)
"""What experiments are dosed in and no concentration says: units of activity, weight of an animal, shares of a volume,
radiation, particles of a virus."""


@dataclass(frozen=True, slots=True)
class GivenDose:
    """A dose as a fact gives it; ``unit_text`` is its unit as written where it is no concentration."""

    value: float
    unit: DoseUnit
    unit_text: str = ""


@dataclass(frozen=True, slots=True)
class Faults:
    """A document and what was found wrong in it."""

    document: YamlDocument
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Node:
    """One value of the document."""

    value: Any
    path: Path_
    faults: Faults

    @property
    def key(self) -> str:
        """The path as people read it."""
        return ".".join(str(part) for part in self.path)

    @property
    def is_mapping(self) -> bool:
        """Whether the value is a mapping."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return isinstance(self.value, tuple)

    def fault(self, what: str, expected: str = "", hint: str = "") -> None:
        """Note what is wrong here."""
        document = self.faults.document
        place = str(document.line(self.path))
        self.faults.problems.append(Problem(file=document.file, place=place, what=what, expected=expected, hint=hint))

    def wrong(self, expected: str, hint: str = "") -> None:
        """Note that the value is not what was expected."""
        self.fault(f"'{self.key}' is {self.shown}", expected, hint)

    @property
    def shown(self) -> str:
        """The value as the file has it."""
        if isinstance(self.value, dict):
            return "a mapping" if self.value else "an empty mapping"
        if isinstance(self.value, tuple):
            return "a list" if self.value else "an empty list"
        if self.value is None:
            return "empty"
        text = self.faults.document.texts.get(self.path, str(self.value))
        return f"'{text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + '...'}'"

    def child(self, part: str | int, value: Any) -> Node:
        """Return a value below this one."""
        return Node(value, (*self.path, part), self.faults)

    def entries(self, expected: str = "a mapping of words to values") -> dict[str, Node]:
        """Return the values of a mapping by key, whatever the keys are."""
        if not isinstance(self.value, dict):
            self.wrong(expected)
            return {}
        return {key: self.child(key, value) for key, value in self.value.items()}

    def mapping(self, known: Sequence[str], required: Sequence[str] = ()) -> dict[str, Node] | None:
        """Return the values of a mapping by key; keys that are not known or are missing are faults.

        A key without a value counts as not given, unless it is required.
        """
        if not isinstance(self.value, dict):
            self.wrong(f"a mapping with {_listed(required or known)}")
            return None
        entries = self.entries()
        meant: set[str] = set()
        for key, node in entries.items():
            if key not in known:
                meant.add(node.unknown_key(known))
        for key in required:
            if key not in entries and key not in meant:
                self.fault(
                    f"'{self.child(key, None).key}' is missing", hint="docs/reference/facts-format.md has the keys"
                )
        return {
            key: node for key, node in entries.items() if key in known and (node.value is not None or key in required)
        }

    def unknown_key(self, known: Sequence[str]) -> str:
        """Note that this value's key is not known; return the key that was meant, or an empty string."""
        hint = nearest_word(str(self.path[-1]), known)
        self.fault(f"'{self.key}' is not a known key", hint=hint or f"Known here: {', '.join(known)}")
        return hint.split("'")[1] if hint else ""

    def items(self, expected: str = "a list, such as [a, b]", *, one_is_a_list: bool = False) -> Iterator[Node]:
        """Yield the entries of a list; a single value too where that is meant as a list of one."""
        if isinstance(self.value, tuple):
            yield from (self.child(number, value) for number, value in enumerate(self.value))
        elif one_is_a_list and self.value is not None:
            yield self
        else:
            self.wrong(expected)

    def text(self, expected: str = "some text") -> str | None:
        """Return a text; what YAML takes for a number, or for true or false (NO, yes, on), is taken as written."""
        if isinstance(self.value, str | int | float) and self.written:
            return self.written
        self.wrong(expected)
        return None

    @property
    def written(self) -> str:
        """The value as the file has it, whatever YAML makes of it; empty for a list or a mapping."""
        if self.is_mapping or self.is_list:
            return ""
        shown = "" if self.value is None else str(self.value)
        return self.faults.document.texts.get(self.path, shown).strip()

    def flag(self) -> bool | None:
        """Return true or false."""
        if isinstance(self.value, bool):
            return self.value
        self.wrong("true or false")
        return None

    def number(self, *, least: float | None = None) -> float | None:
        """Return a number, also one in quotes; "57 %" is 0.57."""
        value = self.value
        if isinstance(value, str):
            share = value.rstrip().endswith("%")
            value = _float(value.rstrip().removesuffix("%"))
            value = value / 100 if share and value is not None else value
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = _float(value)
            if number is not None and (least is None or number >= least):
                return number
        self.wrong("a number such as 0.5" if least is None else f"a number of at least {least:g}")
        return None

    def whole(self, *, least: int, most: int) -> int | None:
        """Return a whole number."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and least <= self.value <= most:
            return self.value
        self.wrong(f"a whole number from {least} to {most}")
        return None

    def word(self, known: Sequence[str]) -> str | None:
        """Return one of some words."""
        written = self.text()
        if written is None or written in known:
            return written
        self.wrong(" or ".join(known), nearest_word(written, known))
        return None

    def quantity(self, kinds: Sequence[Kind]) -> Quantity | None:
        """Return a number with a unit of one of some kinds; a bare 0 is zero of the first."""
        shown = " or ".join(example(kind) for kind in kinds)
        if isinstance(self.value, bool) or not isinstance(self.value, str | int | float):
            self.wrong(f"a number with its unit, such as {shown}")
            return None
        written = self.faults.document.texts.get(self.path, str(self.value))
        try:
            found = parse_quantity(written, zero_without_unit=True, kind=kinds[0] if _is_zero(self.value) else None)
        except QuantityError as error:
            told = outside_a_study(_of_one_kind(written, kinds) or error).replace(example(None), shown)
            self.fault(f"'{self.key}': {told}")
            return None
        if found.kind not in kinds:
            self.wrong(shown.replace("'", ""))
            return None
        return found

    def dose(self) -> GivenDose | None:
        """Return a concentration in molar or ng/mL, or a number of what is none, such as "50 U/mL"."""
        match = _NO_CONCENTRATION.match(self.value) if isinstance(self.value, str) else None
        number = _float(match["number"]) if match is not None else None
        if match is not None and number is not None:
            if number < 0:
                self.fault(f"'{self.key}': '{self.value}' is negative")
                return None
            return GivenDose(number, "other", match["unit"])
        found = self.quantity(DOSES)
        return None if found is None else GivenDose(found.value, UNIT_OF_KIND[found.kind])

    def hours(self) -> float | None:
        """Return a time in hours."""
        found = self.quantity(["time"])
        return None if found is None else float(f"{found.value / MINUTES_PER_HOUR:.{SIGNIFICANT}g}")


def _of_one_kind(written: str, kinds: Sequence[Kind]) -> QuantityError | None:
    """Return what is wrong with a text as the one kind that it may be of: the nearest unit is then one of that kind."""
    try:
        if len(kinds) == 1:
            parse_quantity(written, kinds[0])
    except QuantityError as error:
        return error
    return None


def _float(value: str | float) -> float | None:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _is_zero(value: object) -> bool:
    return (isinstance(value, int | float) and value == 0) or (isinstance(value, str) and value.strip() == "0")


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
