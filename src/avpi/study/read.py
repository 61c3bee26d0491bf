"""study.yaml to a :class:`Study`: every fault at once, each with its line, its value and what was expected."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from avpi.errors import Problem, StudyError, nearest_word
from avpi.names import Condition
from avpi.study.conditions import ConditionWords
from avpi.study.cross_check import cross_check, named_files
from avpi.study.problems import schema_problems
from avpi.study.schema import Blot, Cytometry, Lane, PlateFile, Rules, Sample, StudyFile
from avpi.study.yaml_lines import Path_, read_yaml

STUDY_FILE = "study.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study as declared: the file's content, the words it may use, and where it lies.

    ``named_files`` holds every file that the study names with the line of ``source`` that names it first.
    """

    folder: Path
    file: StudyFile
    words: ConditionWords
    content_hash: str
    source: str = STUDY_FILE
    named_files: Mapping[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The study's title."""
        return self.file.title

    @property
    def experiments(self) -> tuple[str, ...]:
        """Names of the independent experiments, in the order of the file."""
        return self.file.experiments

    @property
    def blots(self) -> tuple[Blot, ...]:
        """The declared blots."""
        return self.file.blots

    @property
    def plates(self) -> tuple[PlateFile, ...]:
        """The declared plates."""
        return self.file.plates

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The declared cytometry samples."""
        return self.file.samples

    @property
    def cytometry(self) -> Cytometry:
        """How samples were stained (empty where the file does not say)."""
        return self.file.cytometry or Cytometry()

    @property
    def rules(self) -> Rules:
        """Thresholds of the verdict."""
        return self.file.rules

    @property
    def working_dose_molar(self) -> float:
        """The mimetic's working dose."""
        return self.file.working_dose

    def lane_condition(self, lane: Lane) -> Condition:
        """Return what was added to the cells of a lane."""
        return lane_condition(lane, self.words)


def lane_condition(lane: Lane, speak: ConditionWords) -> Condition:
    """Return a lane's condition: its words; else the mimetic at its dose; vehicle where the time or dose is 0."""
    if lane.condition is not None:
        return speak.condition(lane.condition)
    if lane.dose == 0 or (lane.dose is None and lane.time == 0):
        return Condition.DMSO
    if lane.dose is not None:
        return speak.with_dose("SM", f"{lane.dose!r} M")
    return speak.condition("SM")


def read_study(path: Path) -> Study:
    """Read a study.

    Parameters
    ----------
    path : the study's folder, or its study.yaml.

    Raises
    ------
    StudyError
        With every problem found.
    """
    path = _study_file(path)
    document = read_yaml(path, path.name)
    decimal = document.values.get("decimal")
    faults: list[tuple[Path_, Problem]] = []
    file = None
    try:
        context = {"decimal": decimal if isinstance(decimal, str) else ""}
        file = StudyFile.model_validate(document.values, context=context)
    except ValidationError as error:
        faults = schema_problems(error.errors(), document)
    words, contradictions = cross_check(document, Rules().model_dump())
    told = [path for path, _ in faults]
    problems = [problem for _, problem in faults]
    problems += [problem for path, problem in contradictions if not _follows(path, told)]
    if problems or file is None:
        raise StudyError(sorted(problems, key=_line))
    return Study(
        folder=path.parent,
        file=file,
        words=words,
        content_hash=document.sha256,
        source=path.name,
        named_files=named_files(document),
    )


def _study_file(path: Path) -> Path:
    """Return the study file that a path means."""
    if path.suffix in (".yaml", ".yml") and not path.is_dir():
        return path
    if not path.exists():
        beside = [p.name for p in path.parent.glob("*") if p.is_dir()] if path.parent.is_dir() else []
        hint = nearest_word(path.name, beside) or "`avpi init FOLDER` makes a new study."
        raise StudyError(
            Problem(file=str(path), what=f"'{path.name}' was not found", expected="a study folder", hint=hint)
        )
    return path / STUDY_FILE


def _follows(path: Path_, told: Sequence[Path_]) -> bool:
    """Return True if a contradiction at ``path`` may be only the consequence of a fault that is told already."""
    return any(other == path or other[:-1] == path for other in told)


def _line(problem: Problem) -> int:
    return int(problem.place) if problem.place.isdigit() else 0


def declared_files(study: Study) -> list[tuple[str, int]]:
    """Return every file that a study names with the line that names it, each file once."""
    return list(study.named_files.items())


def missing_files(study: Study) -> list[Problem]:
    """Return a problem for each declared file that is not there, naming the file that it may have been renamed to."""
    problems = []
    for name, line in declared_files(study):
        path = study.folder / name
        if path.is_file():
            continue
        beside = [p.relative_to(study.folder).as_posix() for p in path.parent.glob("*")] if path.parent.is_dir() else []
        beside = sorted(set(beside) - set(study.named_files))  # what has its place already was not renamed
        close = difflib.get_close_matches(name, beside, n=1, cutoff=0.6)
        problems.append(
            Problem(
                file=study.source,
                place=str(line),
                what=f"'{name}' was not found in the study folder",
                hint=f"Did you mean '{close[0]}'?" if close else "Copy it there or correct the name.",
            )
        )
    return problems
