"""A new study folder: a commented study.yaml, a plate layout with the extended matrix, a README, an empty ``raw/``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from avpi.errors import Problem, StudyError
from avpi.readings import well_name
from avpi.study.read import STUDY_FILE

LAYOUT_FILE = "raw/plate1-layout.csv"

EXTENDED_MATRIX = (
    "SM",
    "TNF",
    "SM+TNF",
    "zVAD",
    "SM+zVAD",
    "Nec-1s",
    "SM+Nec-1s",
    "SM+zVAD+Nec-1s",
    "SM+TNF+zVAD",
    "SM+TNF+zVAD+Nec-1s",
    "SM+anti-TNF",
)
"""The arms beside vehicle of a sound plate: the guide's five (with Nec-1s, which spares IDO), the single agents
that serve as reference, and the inhibitor arms with TNF. Source: the matrix of Protocol B in docs/study-format.md."""

REPLICATES = 4
"""Wells of each arm. Assumed: enough to see a failed well; n is counted in experiments, not wells."""

INNER_ROWS, INNER_COLUMNS = range(1, 7), range(1, 11)
"""The wells of a 96-well plate without its rim, where evaporation changes the reading."""


def write_template(folder: Path) -> tuple[Path, ...]:
    """Write a new study folder and return the files made.

    Raises
    ------
    StudyError
        If the folder is a file or holds anything already; nothing is written then.
    """
    if folder.exists() and not folder.is_dir():
        raise StudyError(Problem(file=str(folder), what=f"'{folder}' is a file", expected="a new or an empty folder"))
    if folder.is_dir() and any(folder.iterdir()):
        raise StudyError(
            Problem(
                file=str(folder),
                what=f"'{folder}' is not empty, so nothing was written",
                expected="a new or an empty folder",
                hint="Name another one, such as 'avpi init my-study'.",
            )
        )
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    made = []
    for name, text in (*_shipped_files(), (LAYOUT_FILE, layout_csv())):
        path = folder / name
        path.write_text(text, "utf-8", newline="\n")
        made.append(path)
    return tuple(made)


def _shipped_files() -> Iterator[tuple[str, str]]:
    for name in (STUDY_FILE, "README.md"):
        yield name, files("avpi.study").joinpath("templates", name).read_text("utf-8")


def layout_csv() -> str:
    """Return a layout for the inner 60 wells of a 96-well plate: the extended matrix, vehicle, kill and blank.

    The arms follow one another along the rows and go round again, so that the replicates of an arm never stand in
    one row or column only; vehicle has twice the wells because every number is divided by it.
    """
    wells = [well_name(row, column) for row in INNER_ROWS for column in INNER_COLUMNS]
    half = len(EXTENDED_MATRIX) // 2
    once = ["DMSO", *EXTENDED_MATRIX[:half], "DMSO", *EXTENDED_MATRIX[half:], "kill control", "medium only"]
    rows = [f"{well},{content}" for well, content in zip(wells, once * REPLICATES, strict=True)]
    return "\n".join(["well,condition", *rows]) + "\n"
