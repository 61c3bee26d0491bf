"""Faults of values that came from the command line, named by the option that they came with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from avpi.errors import InputError

T = TypeVar("T")


def by_option(make: Callable[[], T], *names: str, **others: str) -> T:
    """Return what ``make`` gives; faults of ``level`` are told as those of ``--level``.

    Parameters
    ----------
    names : settings whose options are called as they are.
    others : setting -> option, where the two are called otherwise.

    Raises
    ------
    InputError
        As ``make`` raises it, with the names of options.
    """
    options = {name: f"--{name}" for name in names} | others
    try:
        return make()
    except InputError as error:
        told = [replace(problem, file=options.get(problem.file, problem.file)) for problem in error.problems]
        raise type(error)(told) from None
