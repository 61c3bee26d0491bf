"""The form that every command has: one sentence, worked examples, options in groups, and how it may talk."""

from __future__ import annotations

import copy
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

USUAL_REMEDY = "Leave the others out, or run the command once for each"

Function = TypeVar("Function", bound=Callable[..., Any])


class SectionOption(click.Option):
    """An option that is shown under a heading of its own; ``once`` is the remedy for who gives it twice."""

    def __init__(self, *args: Any, section: str = "Options", once: str = USUAL_REMEDY, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section
        self.once = once


class HouseCommand(click.Command):
    """A command whose help is a sentence, examples, then options by section."""

    def __init__(self, *args: Any, examples: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; an option that has one value and is given several is refused, where click takes the last.

        Raises
        ------
        InputError
            With every such option.
        """
        written = list(args)  # reading empties the list
        rest = super().parse_args(ctx, args)
        if not ctx.resilient_parsing:
            _require_once(self, ctx, written)
        return rest

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


def _require_once(command: click.Command, ctx: click.Context, args: list[str]) -> None:
    """Refuse options of one value that stand several times; the arguments are known to be readable."""
    reader = copy.copy(command)
    reader.params = [_repeatable(parameter) for parameter in command.params]
    written, _, _ = reader.make_parser(ctx).parse_args(args)
    problems = []
    for own in command.params:
        if not isinstance(own, click.Option) or own.multiple or own.count or own.name is None:
            continue
        values = list(written.get(own.name) or ())
        # A flag that is set twice says the same; one that is set and unset does not.
        if len(set(values) if own.is_flag else values) > 1:
            place = max(own.opts, key=len)
            given = "'{}'".format("' and '".join(map(_of_flag(own), values)))
            what = f"{given} are given, and only one of them could count"
            remedy = getattr(own, "once", USUAL_REMEDY)
            problems.append(Problem(file=place, what=what, expected=f"{place} once", hint=remedy))
    if problems:
        raise InputError(problems)


def _repeatable(parameter: click.Parameter) -> click.Parameter:
    """Return an option that keeps all of its values."""
    if not isinstance(parameter, click.Option) or parameter.count:
        return parameter
    own = copy.copy(parameter)
    own.multiple = True
    return own


def _of_flag(own: click.Option) -> Callable[[Any], str]:
    """Return what writes a value as it was typed."""
    off = next(iter(own.secondary_opts), "")
    return (lambda value: own.opts[0] if value else off) if own.is_flag else str


def _write_examples(examples: Iterable[tuple[str, str]], formatter: click.HelpFormatter) -> None:
    rows = list(examples)
    if rows:
        with formatter.section("Examples"):
            formatter.write_dl(rows, col_max=EXAMPLE_WIDTH)
