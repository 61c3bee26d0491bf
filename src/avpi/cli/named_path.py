"""A file or folder that an option or argument names: any path but an empty one, which would be the current folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from avpi.errors import InputError, Problem


class NamedPath(click.Path):
    """A path as click reads it. An empty text is refused: Path("") is ".", which nobody who wrote "" has meant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(path_type=Path, **kwargs)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path.

        Raises
        ------
        InputError
            If it is empty.
        """
        if isinstance(value, str) and not value.strip():
            place = "path" if param is None else param.opts[0] if param.param_type_name == "option" else _metavar(param)
            what, hint = f"{place} is empty", "Is a variable of the shell unset?"
            raise InputError(Problem(file=place, what=what, expected="the name of a file or folder", hint=hint))
        return super().convert(value, param, ctx)


def _metavar(param: click.Parameter) -> str:
    """Return an argument's name as the help writes it."""
    return (param.metavar or param.name or "path").upper()
