"""Work of two stages side by side: the next item is made while the last one is used."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items in their order, each made on a thread of its own while the one before it is used.

    At most one waits. What goes wrong in making an item is raised where it would have been given. However it ends,
    nothing still runs afterwards.
    """
    making = iter(items)
    try:
        with ThreadPoolExecutor(1) as maker:
            waiting = maker.submit(_next, making)
            while found := waiting.result():
                waiting = maker.submit(_next, making)
                yield from found
    finally:
        if isinstance(making, Generator):
            making.close()


def _next(items: Iterator[Item]) -> list[Item]:
    """Return the next item, or an empty list after the last."""
    for item in items:
        return [item]
    return []
