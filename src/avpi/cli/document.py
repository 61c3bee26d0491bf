"""Writes docs/reference/cli.md from ``--help``: ``python -m avpi.cli.document > docs/reference/cli.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from avpi.cli.main import avpi

WIDTH = 100
"""Characters of a line of the page."""

HEAD = """# The command line

This page is made from `--help`; a test compares the two. To renew it:
`python -m avpi.cli.document > docs/reference/cli.md`.

Standard output is data, standard error is talk. At a terminal long work shows a bar, elsewhere a line for each step.
With `--json` wrong input is JSON too: `{"problems": [{"file", "place", "text"}]}`.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | done, but a part is not in the verdict (not analysed, stopped by its gate, a copy), or a cell or a fact failed |
| 2 | wrong input: each fault on a line, all at once, nothing written; with `run --strict` also a part not analysed |
| 3 | a fault of avpi: `crash-<id>.txt` holds what the developers need |
| 130 | interrupted from the keyboard; earlier results are untouched |

| variable | meaning |
|---|---|
| `NO_COLOR` | no colours |
| `AVPI_HOME` | folder for the index of studies; else the user's data folder (`XDG_DATA_HOME/avpi`) |
| `AVPI_CACHE` | folder for what can be made again, such as the compiled code of models; else the platform's own |
| `AVPI_DATABASE` | database URL of the index, where a lab shares one |

A run is named by its start in UTC to the microsecond and the first eight digits of the hash of its inputs, such as
`20260131-091502-123456-1a2b3c4d`: names sort by time, and runs of the same inputs end alike.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(section for command, context in walk(avpi) for section in _section(command, context))])


def walk(command: click.Command, parent: click.Context | None = None) -> Iterator[tuple[click.Command, click.Context]]:
    """Yield a command and those below it, each with its context."""
    name = command.name if parent else "avpi"
    context = click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH)
    context.help_option_names = ["-h", "--help"]
    yield command, context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from walk(found, context)


def _section(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## `{context.command_path}`\n"
    yield f"```text\n{command.get_help(context).rstrip()}\n```\n"


if __name__ == "__main__":
    sys.stdout.write(page())
