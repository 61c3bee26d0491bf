"""``avpi simulate``: a model of one's own, or cells of a line in a well: one condition, the matrix, the blot.

The first word says which. A word that is none of the commands is the model's file, and options alone are a cell line's,
so that both common uses need no further word.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from avpi.cli.house import LazyGroup
from avpi.errors import nearest_word

OF_A_LINE = ("--line", "--condition")
"""Options that a model of one's own does not have."""
COMMANDS = {
    "line": "avpi.cli.simulate_line:simulate_line",
    "matrix": "avpi.cli.simulate_matrix:simulate_matrix",
    "blot": "avpi.cli.simulate_blot:simulate_blot",
    "model": "avpi.cli.simulate_model:simulate_model",
}


class SimulateGroup(LazyGroup):
    """A group that knows which of its commands is meant where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in front that was left out."""
        first = args[0] if args else ""
        if args and first not in self.lazy and first not in ctx.help_option_names:
            args = [self._meant(first, args), *args]
        return super().parse_args(ctx, args)

    def _meant(self, first: str, args: list[str]) -> str:
        if any(word.partition("=")[0] in OF_A_LINE for word in args) and first.startswith("-"):
            return "line"
        path = Path(first)
        if self._is_line(first):
            message = (
                f"'{first}' is a cell line. Say 'avpi simulate --line {shlex.quote(first)} --condition \"SM + TNF\"'"
            )
            raise click.UsageError(message)
        is_bare = path.name == first and not first.startswith("-") and not path.suffix and not path.exists()
        hint = nearest_word(first, self.lazy) if is_bare else ""
        if hint:
            message = f"'{first}' is neither a command of 'avpi simulate' nor a file. {hint}"
            raise click.UsageError(message)
        return "model"

    @staticmethod
    def _is_line(word: str) -> bool:
        from avpi.network.lines import find_line

        return not word.startswith("-") and not Path(word).exists() and find_line(word) is not None


@click.group(
    cls=SimulateGroup,
    lazy=COMMANDS,
    short_help="Simulate cells of a line, or a model in SBML.",
    subcommand_metavar="[line | matrix | blot | MODEL] [OPTIONS]...",
    examples=(
        ('avpi simulate --line HT-29 --condition "birinapant 100 nM + TNF"', "what happens to the cells of a well"),
        ("avpi simulate model.xml --until 24", "a model of your own, in SBML"),
    ),
)
def simulate() -> None:
    """Simulate what a Smac mimetic does to the cells of a line, or a model of your own."""
