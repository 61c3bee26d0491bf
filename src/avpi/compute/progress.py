"""Progress of long work, told to whoever asked for it: a person at a terminal, a log, or nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Called with the steps of one stage; yields them while telling how far the work is."""

    def __call__(self, steps: Sequence[T], stage: str) -> Iterable[T]:
        """Yield the steps."""
        ...


def SILENT(steps: Sequence[T], stage: str) -> Iterator[T]:  # noqa: N802 - stands where a constant stands
    """Yield the steps and tell nobody."""
    del stage
    yield from steps
