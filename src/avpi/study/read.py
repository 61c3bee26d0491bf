"""study.yaml to a :class:`Study`: every fault at once, each with its line, its value and what was expected."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from avpi.errors import Problem, StudyError, nearest_word
from avpi.names import Condition, find_protein, find_readout, words
from avpi.quantity import QuantityError
from avpi.study.conditions import ConditionWords, UnknownWord, working_doses
from avpi.study.schema import Blot, Cytometry, Lane, Layout, PlateFile, Rules, Sample, StudyFile
from avpi.study.yaml_lines import Path_, YamlDocument, read_yaml

STUDY_FILE = "study.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study as declared: the file's content, the words it may use, and where it lies."""

    folder: Path
    file: StudyFile
    words: ConditionWords
    content_hash: str

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
    path = path / STUDY_FILE if path.is_dir() or path.suffix not in (".yaml", ".yml") else path
    document = read_yaml(path, path.name)
    decimal = document.values.get("decimal")
    try:
        file = StudyFile.model_validate(document.values, context={"decimal": decimal if isinstance(decimal, str) else ""})
    except ValidationError as error:
        raise StudyError(sorted((_problem(e, document) for e in error.errors()), key=_line)) from None
    problems: list[Problem] = []
    speak = _words(file, document, problems)
    problems += _cross_check(file, speak, document)
    if problems:
        raise StudyError(sorted(problems, key=_line))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Study(folder=path.parent, file=file, words=speak, content_hash=digest)


def _line(problem: Problem) -> int:
    return int(problem.place) if problem.place.isdigit() else 0


def _problem(error: ErrorDetails, document: YamlDocument) -> Problem:
    """Turn one pydantic error into a sentence of the house."""
    path: Path_ = tuple(part for part in error["loc"] if part not in ("RelativePath", "Layout"))
    path = tuple(part for part in path if not (isinstance(part, str) and part.startswith(("constrained-", "function-"))))
    line, key = str(document.line(path)), ".".join(str(part) for part in path)
    value, kind = error.get("input"), error["type"]
    if kind == "extra_forbidden":
        hint = nearest_word(str(path[-1]), _valid_keys(path[:-1]))
        return Problem(file=document.file, place=line, what=f"'{key}' is not a known key", hint=hint)
    if kind == "missing":
        return Problem(file=document.file, place=line, what=f"'{key}' is missing", hint="See docs/study-format.md.")
    shown = f"'{key}' is '{value}'" if isinstance(value, str | int | float | bool) else f"'{key}' is {_kind(value)}"
    if kind == "value_error":
        return Problem(file=document.file, place=line, what=f"'{key}': {error['ctx']['error']}")
    expected = error["msg"].removeprefix("Input should be ").replace("a valid ", "a ")
    return Problem(file=document.file, place=line, what=shown, expected=expected)


def _kind(value: object) -> str:
    return {dict: "a mapping", tuple: "a list", type(None): "empty"}.get(type(value), str(value))


def _valid_keys(path: Path_) -> list[str]:
    """Return the keys that the schema allows below a path."""
    schema = StudyFile.model_json_schema(by_alias=True)
    node = schema
    for part in path:
        options = [node, *node.get("anyOf", [])]
        options += [schema["$defs"][o["$ref"].rsplit("/", 1)[1]] for o in options if "$ref" in o]
        if isinstance(part, int):
            node = next((o["items"] for o in options if "items" in o), {})
        else:
            node = next((o["properties"][part] for o in options if part in o.get("properties", {})), {})
    options = [node, *node.get("anyOf", [])]
    options += [schema["$defs"][o["$ref"].rsplit("/", 1)[1]] for o in options if "$ref" in o]
    return [key for o in options for key in o.get("properties", {})]


def _words(file: StudyFile, document: YamlDocument, problems: list[Problem]) -> ConditionWords:
    own = {name: reagent.unit for name, reagent in file.reagents.items()}
    doses: dict[str, float] = {"SM": file.working_dose}
    declared: dict[str, str] = {}
    for word, text in file.doses.items():
        try:
            working_doses(file.working_dose, {word: text}, own, file.decimal or "")
            declared[word] = text
        except (UnknownWord, QuantityError) as error:
            problems.append(Problem(file=document.file, place=str(document.line(("doses", word))), what=f"'doses.{word}': {error}"))
    doses = working_doses(file.working_dose, declared, own, file.decimal or "")
    return ConditionWords(compound=file.compound, working_doses=doses, own=own, decimal=file.decimal or "")


def _cross_check(file: StudyFile, speak: ConditionWords, document: YamlDocument) -> Iterator[Problem]:
    """Yield what no type can see: experiments, proteins, readouts, conditions, names given twice, paths that escape."""

    def problem(path: Path_, what: str, expected: str = "", hint: str = "") -> Problem:
        return Problem(file=document.file, place=str(document.line(path)), what=what, expected=expected, hint=hint)

    sections: tuple[tuple[str, tuple[Blot, ...] | tuple[PlateFile, ...] | tuple[Sample, ...]], ...] = (
        ("blots", file.blots), ("plates", file.plates), ("samples", file.samples),
    )  # fmt: skip
    if not any(parts for _, parts in sections):
        yield problem((), "the study declares no blots, plates or samples", "at least one of them")
    if len(set(file.experiments)) < len(file.experiments):
        yield problem(("experiments",), "an experiment is named twice", "each independent experiment once")
    seen: set[str] = set()
    for section, parts in sections:
        for i, part in enumerate(parts):
            if part.experiment not in file.experiments:
                yield problem(
                    (section, i, "experiment"),
                    f"'{part.experiment}' is not one of the experiments",
                    "one of " + ", ".join(f"'{e}'" for e in file.experiments),
                    nearest_word(part.experiment, file.experiments),
                )
            if part.name in seen:
                yield problem((section, i, "name"), f"'{part.name}' is the name of two parts", "each name once")
            seen.add(part.name)
    for path, text in _paths(file):
        if Path(text).is_absolute() or ".." in Path(text).parts:
            yield problem(path, f"'{text}' leaves the study folder", "a path below it, such as 'raw/blot1.tif'")
    for path, word, kind in _vocabulary_words(file):
        found = find_protein(word) if kind == "proteins" else find_readout(word)
        if found is None:
            known = ", ".join(dict.fromkeys(words(kind)[:6]))
            yield problem(path, f"'{word}' is not a known {kind[:-1]}", f"one such as {known}", nearest_word(word, words(kind)))
    for path, reader, argument in _conditions(file, speak):
        try:
            reader(argument)
        except (UnknownWord, QuantityError) as error:
            yield problem(path, str(error))


def _paths(file: StudyFile) -> Iterator[tuple[Path_, str]]:
    """Yield every file that the study names, with its place."""
    for i, blot in enumerate(file.blots):
        yield ("blots", i, "image"), blot.image
        if blot.loading_control and blot.loading_control.image:
            yield ("blots", i, "loading_control", "image"), blot.loading_control.image
    for i, plate in enumerate(file.plates):
        yield ("plates", i, "file"), plate.file
        layout = plate.layout.file if isinstance(plate.layout, Layout) else plate.layout
        if layout:
            yield ("plates", i, "layout"), layout
    for i, sample in enumerate(file.samples):
        yield ("samples", i, "file"), sample.file
    for i, controls in enumerate(file.cytometry.controls if file.cytometry else ()):
        if controls.unstained:
            yield ("cytometry", "controls", i, "unstained"), controls.unstained
        for stain, path in controls.single_stains.items():
            yield ("cytometry", "controls", i, "single_stains", stain), path


def declared_files(study: Study) -> list[tuple[str, int]]:
    """Return every file that a study names with the line that names it, each file once."""
    document = read_yaml(study.folder / STUDY_FILE, STUDY_FILE)
    files: dict[str, int] = {}
    for path, text in _paths(study.file):
        files.setdefault(text, document.line(path))
    return list(files.items())


def missing_files(study: Study) -> list[Problem]:
    """Return a problem for each declared file that is not there, naming the file that it may have been renamed to."""
    problems = []
    for name, line in declared_files(study):
        path = study.folder / name
        if path.is_file():
            continue
        beside = [p.relative_to(study.folder).as_posix() for p in path.parent.glob("*")] if path.parent.is_dir() else []
        close = difflib.get_close_matches(name, beside, n=1, cutoff=0.6)
        problems.append(
            Problem(
                file=STUDY_FILE,
                place=str(line),
                what=f"'{name}' was not found in the study folder",
                hint=f"Did you mean '{close[0]}'?" if close else "Copy it there or correct the name.",
            )
        )
    return problems


def _vocabulary_words(file: StudyFile) -> Iterator[tuple[Path_, str, Literal["proteins", "readouts"]]]:
    for i, blot in enumerate(file.blots):
        yield ("blots", i, "target"), blot.target, "proteins"
        if blot.loading_control:
            yield ("blots", i, "loading_control", "name"), blot.loading_control.name, "proteins"
        for j, neighbour in enumerate(blot.neighbours):
            yield ("blots", i, "neighbours", j, "name"), neighbour.name, "proteins"
    for i, plate in enumerate(file.plates):
        yield ("plates", i, "readout"), plate.readout, "readouts"
    if file.cytometry:
        yield ("cytometry", "readout"), file.cytometry.readout, "readouts"


def _conditions(file: StudyFile, speak: ConditionWords) -> Iterator[tuple[Path_, Callable[[str], Condition], str]]:
    for i, blot in enumerate(file.blots):
        for j, lane in enumerate(blot.lanes):
            if lane.condition is not None:
                yield ("blots", i, "lanes", j, "condition"), speak.condition, lane.condition
    for i, sample in enumerate(file.samples):
        yield ("samples", i, "condition"), speak.condition, sample.condition
    for i, plate in enumerate(file.plates):
        if isinstance(plate.layout, Layout):
            for wells, text in plate.layout.wells.items():
                if speak.role(text) is None:
                    yield ("plates", i, "layout", "wells", wells), speak.condition, text
