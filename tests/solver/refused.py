"""What a document is refused for: the assertions of the tests of refusals."""

from __future__ import annotations

import pytest

from avpi.errors import FileFormatError
from avpi.solver.sbml import equations_of_sbml


def refused(text: str) -> list[tuple[int, str]]:
    """Return line and words of everything that a document is refused for."""
    with pytest.raises(FileFormatError) as refusal:
        equations_of_sbml(text, "model.xml")
    return [(int(problem.place), problem.what) for problem in refusal.value.problems]


def line_of(text: str, part: str) -> int:
    """Return the line on which a part stands for the first time."""
    return text[: text.index(part)].count("\n") + 1


def assert_refused(text: str, construct: str, part: str) -> None:
    """Assert that there is one refusal, with this construct in its words and the line of that part."""
    ((line, what),) = refused(text)
    assert construct in what
    assert line == line_of(text, part)
