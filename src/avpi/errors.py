"""Everything that can go wrong, by whose turn it is to act.

::

    AvpiError
     +-- InputError             the user's files: one or many Problems, all at once; exit code 2
     |    +-- StudyError        study.yaml, overrides.jsonl, a layout: what the experimenter declared
     |    +-- FileFormatError   an instrument's file that cannot be read as what it says it is
     +-- NotAnalysed            one blot, plate or sample that cannot be quantified; the rest goes on
     +-- OurFault               a state that must not happen; exit code 3

An error message says where (file and line, sheet or cell), the value in single quotes, what was
expected, what happens now, and the nearest valid word. Never "invalid" alone.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

MOST_CLOSE = 8
"""Words that share most letters with a misspelled one, among which the nearest is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault in one place of one file, in words a bench scientist can act on.

    Attributes
    ----------
    file : name of the file as the user knows it (relative to the study folder).
    place : where in it, such as ``"7"`` (a line), ``"sheet 'Result', cell D14"``, ``"lane 3"``; may be empty.
    what : the sentence: the value in single quotes and what is wrong with it.
    expected : what would have been right; may be empty.
    hint : the nearest valid word, the remedy, or where to read on; may be empty.
    """

    file: str
    what: str
    place: str = ""
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        where = (
            f"{self.file}:{self.place}" if self.place.isdigit() else ", ".join(filter(None, (self.file, self.place)))
        )
        sentences = [_ended(self.what)]
        if self.expected:
            sentences.append(_ended(f"Expected {self.expected}"))
        if self.hint:
            sentences.append(_ended(self.hint))
        return f"{where}: {' '.join(sentences)}"


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(("?", "!")) else sentence.rstrip(".") + "."


class AvpiError(Exception):
    """Root of every error that avpi raises on purpose."""


class InputError(AvpiError):
    """The user's files hold faults; every one found is in ``problems``."""

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        # The default would rebuild the error from its message and lose the problems on the way between processes.
        return type(self), (self.problems,)


class StudyError(InputError):
    """What the experimenter declared (study.yaml, overrides.jsonl, a layout) cannot be used as it stands."""


class FileFormatError(InputError):
    """An instrument's file cannot be read as what it is offered as."""


class NotAnalysed(AvpiError):  # noqa: N818 - a state of a section, worded as the report words it
    """One blot, plate or sample cannot be quantified; its section says why and the others go on.

    Attributes
    ----------
    code : the finding's code, such as ``"saturated_loading_control"``.
    """

    def __init__(self, code: str, why: str) -> None:
        self.code = code
        super().__init__(why)

    def __reduce__(self) -> tuple[type[NotAnalysed], tuple[str, str]]:
        return type(self), (self.code, str(self))


class OurFault(AvpiError):  # noqa: N818 - reads as the sentence the user is told
    """A state that the code promises cannot happen."""


class Faults:
    """Collects what is wrong in several words, so that everything is told at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read(self, make: Callable[[], T], instead: T) -> T:
        """Return what ``make`` gives, or ``instead`` with its problems kept."""
        try:
            return make()
        except InputError as error:
            self.problems += error.problems
            return instead

    def stop(self) -> None:
        """Raise what was collected, if anything was.

        Raises
        ------
        InputError
            With every problem.
        """
        if self.problems:
            raise InputError(self.problems)


def nearest_word(word: str, valid: Iterable[str]) -> str:
    """Return "Did you mean 'x'?" for the valid word closest to ``word``, or an empty string if none is close."""
    found = closest(word, valid)
    return f"Did you mean '{found}'?" if found else ""


def closest(word: str, valid: Iterable[str]) -> str:
    """Return the valid word that fewest edits make of ``word``, whatever its case, or nothing if none is close."""
    by_lower = {candidate.lower(): candidate for candidate in valid}
    # The letters in common alone would make "HT-1080" of "HT-30", which is nearer to "HT-29".
    close = difflib.get_close_matches(word.lower(), by_lower, n=MOST_CLOSE, cutoff=0.6)
    return by_lower[min(close, key=lambda other: _edits(word.lower(), other))] if close else ""


def _edits(one: str, other: str) -> int:
    """Return how many letters must be put in, taken out or replaced to make one word of another."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, row = row, [i]
        for j, its in enumerate(other, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != its)))
    return row[-1]
