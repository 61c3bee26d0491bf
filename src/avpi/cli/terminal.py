"""How avpi talks: data on standard output, everything else on standard error, colours only where they are welcome."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

T = TypeVar("T")


def _colors_welcome() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where a command's words go.

    Attributes
    ----------
    quiet : say nothing on standard error but faults.
    color : colours may be used where standard error is a terminal.
    """

    quiet: bool = False
    color: bool = field(default_factory=_colors_welcome)

    def data(self, text: str) -> None:
        """Print a line of data on standard output."""
        click.echo(text, color=False)

    def json(self, value: Any) -> None:
        """Print a value as JSON on standard output; numbers that are not finite are not JSON and must be None."""
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False), color=False)

    def say(self, text: str) -> None:
        """Tell a person something on standard error."""
        if not self.quiet:
            click.echo(text, err=True, color=None if self.color else False)

    def warn(self, text: str) -> None:
        """Tell a person of a fault that does not stop the work; said even when quiet."""
        click.echo(self._styled(text, "yellow"), err=True, color=None if self.color else False)

    def fault(self, text: str) -> None:
        """Tell a person of a fault that stops the work; said even when quiet."""
        click.echo(self._styled(text, "red"), err=True, color=None if self.color else False)

    def progress(self, steps: Sequence[T], stage: str) -> Iterator[T]:
        """Yield the steps of a stage, telling how far the work is: a bar at a terminal, otherwise a line a step."""
        if self.quiet or not steps:
            yield from steps
        elif sys.stderr.isatty():
            yield from self._bar(steps, stage)
        else:
            for number, step in enumerate(steps, start=1):
                self.say(f"{stage} {number}/{len(steps)}: {_name(step)}")
                yield step

    def _bar(self, steps: Sequence[T], stage: str) -> Iterator[T]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        console = Console(stderr=True, no_color=not self.color, highlight=False)
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(stage, total=len(steps))
            for step in steps:
                bar.update(task, description=f"{stage}: {_name(step)}")
                yield step
                bar.advance(task)

    def _styled(self, text: str, color: str) -> str:
        return click.style(text, fg=color) if self.color and sys.stderr.isatty() else text


def _name(step: object) -> str:
    """Return what a step is called: its name, or the first of what it consists of."""
    first = step[0] if isinstance(step, tuple) and step else step
    return str(getattr(first, "name", first)) or "overview"
