"""Where a command computes: ``--threads`` of this machine, or the Dask cluster of ``--cluster``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from avpi.cli.house import option
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

if TYPE_CHECKING:
    from avpi.compute.places import Place

Function = TypeVar("Function", bound=Callable[..., Any])


def placed() -> Callable[[Function], Function]:
    """Give a command ``--threads`` and ``--cluster``."""

    def decorate(function: Function) -> Function:
        wrapped: Any = option(
            "--cluster",
            metavar="ADDRESS",
            section="Analysis",
            help="Run on a Dask cluster: tcp://host:8786.",
        )(function)
        return option(  # type: ignore[no-any-return]
            "--threads",
            metavar="N",
            type=click.IntRange(min=1),
            section="Analysis",
            help="Of this machine; all by default.",
        )(wrapped)

    return decorate


def read_place(threads: int | None, cluster: str | None, terminal: Terminal) -> Place:
    """Return where work is done, and tell who is there.

    Raises
    ------
    InputError
        If both are named, or no scheduler answers.
    """
    from avpi.compute.places import Threads

    if cluster is None:
        return Threads(threads or 0)
    if threads is not None:
        what = "'--threads' and '--cluster' exclude each other"
        raise InputError(Problem(file="--cluster", what=what, expected="one of them"))
    from avpi.compute.cluster import Cluster

    place = Cluster(cluster)
    workers = place.workers
    there = f"{workers} threads" if workers else f"no worker yet, waiting up to {place.patience_seconds:g} s for one"
    terminal.say(f"cluster {cluster}: {there}")
    return place
