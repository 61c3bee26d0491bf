"""The place that a word or an address means."""

from __future__ import annotations

from avpi.compute.places import InProcess, Place, Threads
from avpi.errors import InputError, Problem


def place_named(text: str) -> Place:
    """Return the place that a text means: ``here``, ``threads``, ``threads:4`` or ``tcp://scheduler:8786``.

    Raises
    ------
    InputError
        If it means none.
    """
    kind, _, count = text.partition(":")
    if text == "here":
        return InProcess()
    if text == "threads":
        return Threads()
    if kind == "threads" and count.isdecimal() and int(count) > 0:
        return Threads(int(count))
    if "://" in text:
        from avpi.compute.cluster import Cluster

        return Cluster(text)
    raise InputError(
        Problem(
            file="place",
            what=f"'{text}' is no place where work can run",
            expected="'here', 'threads', 'threads:4' or the address of a Dask scheduler such as 'tcp://host:8786'",
        )
    )
