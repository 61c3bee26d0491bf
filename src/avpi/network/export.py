"""The model of a cell line as files that other programs read: SBML and Antimony; and how files are written at all.

What an export gives is text by file name. Writing is a step of its own that refuses to overwrite: an export is often
put beside somebody's own work.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from avpi.errors import InputError, Problem
from avpi.network.antimony import antimony_text
from avpi.network.lines import Line
from avpi.network.parameters import parameters
from avpi.network.sbml import sbml_text
from avpi.network.variants import REFERENCE, Variant
from avpi.writable import require_writable

FOLDER = "FOLDER"
"""What the help of the command calls the folder that it writes into."""


def line_values(line: Line, variant: Variant = REFERENCE) -> dict[str, float]:
    """Return every parameter of a line's average cell, in the parameters' own units."""
    own = {parameter.name: parameter.value for parameter in parameters().values()}
    return {**own, **line.parameters, **variant.parameters}


def sbml_files(line: Line, variant: Variant = REFERENCE) -> Mapping[str, str]:
    """Return the model of a line as SBML: file name -> text."""
    return {f"{file_stem(line)}.xml": sbml_text(tuple(line_values(line, variant).items()), told(line, variant))}


def antimony_files(line: Line, variant: Variant = REFERENCE) -> Mapping[str, str]:
    """Return the model of a line as Antimony: file name -> text."""
    return {f"{file_stem(line)}.ant": antimony_text(tuple(line_values(line, variant).items()), told(line, variant))}


def told(line: Line, variant: Variant) -> str:
    """Return line and variant in a few words."""
    return line.name if variant == REFERENCE else f"{line.name}, variant {variant.label}"


def file_stem(line: Line) -> str:
    """Return a line's name as the beginning of a file's name."""
    return "-".join("".join(c if c.isalnum() else " " for c in line.name.lower()).split())


def write_new(folder: Path, texts: Mapping[str, str]) -> tuple[Path, ...]:
    """Write files into a folder, which is made where it is missing; return their paths.

    Raises
    ------
    InputError
        If one of the files is there already, or if files cannot be put into the folder. Then nothing is written.
    """
    require_writable(folder, place=FOLDER)
    paths = {folder / name: text for name, text in texts.items()}
    problems = [
        Problem(file=str(path), what="is there already, and nothing is overwritten", hint="Choose another folder")
        for path in paths
        if path.exists()
    ]
    if problems:
        raise InputError(problems)
    for path, text in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    return tuple(paths)
