"""The form that every command has: one sentence, worked examples, options in groups, and how it may talk."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import click

from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

SECTIONS = ("Input", "Analysis", "Output", "Options")
"""Groups of options in the order in which ``--help`` shows them; ``Options`` holds the rest."""

EXAMPLE_WIDTH = 44
"""Characters of an example's command beside which its explanation still stands on the same line."""

Function = TypeVar("Function", bound=Callable[..., Any])


class SectionOption(click.Option):
    """An option that is shown under a heading of its own."""

    def __init__(self, *args: Any, section: str = "Options", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


class HouseCommand(click.Command):
    """A command whose help is a sentence, examples, then options by section."""

    def __init__(self, *args: Any, examples: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sentence, then the examples."""
        super().format_help_text(ctx, formatter)
        _write_examples(self.examples, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each section under its heading."""
        rows: dict[str, list[tuple[str, str]]] = {section: [] for section in SECTIONS}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                rows[getattr(parameter, "section", "Options")].append(record)
        for section, records in rows.items():
            if records:
                with formatter.section(section):
                    formatter.write_dl(records)


class LazyGroup(click.Group):
    """A group that imports the file of a command when the command is asked for.

    ``lazy`` maps a command to ``"module:attribute"``.
    """

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, str] | None = None,
        examples: Iterable[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = dict(lazy or {})
        self.examples = tuple(examples)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a newcomer meets them."""
        return [*self.lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing its file."""
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, attribute = self.lazy[cmd_name].split(":")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sentence, then the examples."""
        super().format_help_text(ctx, formatter)
        _write_examples(self.examples, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands before the options: they are what a reader looks for."""
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)


def option(*names: str, section: str = "Options", **kwargs: Any) -> Callable[[Function], Function]:
    """Declare an option under a section of the help."""
    return click.option(*names, cls=SectionOption, section=section, **kwargs)


def talking(*, json: bool = True) -> Callable[[Function], Function]:
    """Give a command ``--json``, ``--quiet`` and ``--no-color``, and hand it a :class:`Terminal`.

    With ``--json`` wrong input is JSON as well: ``{"problems": [...]}``.
    """

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def with_terminal(*args: Any, quiet: bool, no_color: bool, **kwargs: Any) -> Any:
            above: Terminal = click.get_current_context().ensure_object(Terminal)
            terminal = Terminal(quiet=above.quiet or quiet, color=above.color and not no_color)
            try:
                return function(*args, terminal=terminal, **kwargs)
            except InputError as error:
                if kwargs.get("as_json"):
                    terminal.json({"problems": [problem_json(problem) for problem in error.problems]})
                raise

        flags = [
            option("--no-color", is_flag=True, section="Output", help="No colours (NO_COLOR does the same)."),
            option("--quiet", "-q", is_flag=True, section="Output", help="No talk on standard error but faults."),
        ]
        if json:
            flags.append(
                option("--json", "as_json", is_flag=True, section="Output", help="Print JSON on standard output.")
            )
        wrapped: Any = with_terminal
        for flag in flags:
            wrapped = flag(wrapped)
        return wrapped  # type: ignore[no-any-return]

    return decorate


def problem_json(problem: Problem) -> dict[str, str]:
    """Return a problem as every ``--json`` prints it."""
    return {"file": problem.file, "place": problem.place, "text": str(problem)}


def _write_examples(examples: Iterable[tuple[str, str]], formatter: click.HelpFormatter) -> None:
    rows = list(examples)
    if rows:
        with formatter.section("Examples"):
            formatter.write_dl(rows, col_max=EXAMPLE_WIDTH)
