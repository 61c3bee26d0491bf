"""Read scenario files, those that ship with avpi by name and a user's own by path; the sources that they cite."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from avpi.clinic.immune import immune_compartments
from avpi.clinic.scenario_schema import ScenarioFile
from avpi.errors import FileFormatError, InputError, Problem, nearest_word
from avpi.study.problems import schema_problems
from avpi.study.yaml_lines import YamlDocument, parse_yaml, read_text

PAGE = "docs/howto/trials.md"
SHIPPED = ("trilynx", "debio-1143-201", "bardia-2018", "birinapant-azacitidine", "ici-combination")
"""Scenarios that ship with avpi, in the order of their story."""


@cache
def sources() -> Mapping[str, Mapping[str, str]]:
    """Return every source by its key: how it is cited, its identifiers, what of it was seen."""
    read: Any = yaml.safe_load(files("avpi.clinic").joinpath("sources.yaml").read_text("utf-8"))
    return {key: {name: str(value) for name, value in own.items()} for key, own in read.items()}


def citation(key: str) -> str:
    """Return how a source is cited; a key that is not listed is a citation itself."""
    own = sources().get(key)
    if own is None:
        return key
    ids = [f"{name} {own[name]}" for name in ("doi", "pmid") if name in own]
    return ", ".join([own["cite"], *ids])


def find_scenario(word: str) -> ScenarioFile:
    """Return a scenario by the name of one that ships with avpi, or by the path of a file.

    Raises
    ------
    InputError
        If there is none, or the file cannot be used; with every fault and its line.
    """
    if word in SHIPPED:
        return shipped_scenario(word)
    path = Path(word)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        if not path.is_file():
            raise FileFormatError(Problem(file=word, what=f"'{path.name}' was not found", expected="a scenario file"))
        return parse_scenario(read_text(path, path.name), path.name)
    expected = f"one of {', '.join(SHIPPED)}, or the path of a scenario file (.yaml)"
    hint = nearest_word(word, SHIPPED)
    raise InputError(Problem(file="scenario", what=f"'{word}' is no scenario", expected=expected, hint=hint))


@cache
def shipped_scenario(name: str) -> ScenarioFile:
    """Return a scenario that ships with avpi."""
    file = f"{name}.yaml"
    return parse_scenario(scenario_text(name), file)


def scenario_text(name: str) -> str:
    """Return the file of a scenario that ships with avpi, to begin one's own with."""
    return files("avpi.clinic").joinpath("scenarios", f"{name}.yaml").read_text("utf-8")


def parse_scenario(text: str, name: str) -> ScenarioFile:
    """Read a scenario from text.

    Raises
    ------
    FileFormatError
        With every fault, its line and the nearest valid key.
    """
    try:
        document = parse_yaml(text, name)
    except InputError as error:
        raise FileFormatError(error.problems) from None
    version = document.values.get("schema")
    if version != 1 or version is True:
        what = f"schema is '{version}'" if "schema" in document.values else "'schema' is missing"
        line = str(document.line(("schema",)))
        hint = "A file of another schema needs another version of avpi"
        raise FileFormatError(Problem(file=name, place=line, what=what, expected="1", hint=hint))
    try:
        scenario = ScenarioFile.model_validate(document.values)
    except ValidationError as error:
        found = schema_problems(error.errors(), document, model=ScenarioFile, page=PAGE)
        raise FileFormatError(sorted((problem for _, problem in found), key=_line)) from None
    if problems := _unknown_words(scenario, document):
        raise FileFormatError(problems)
    return scenario


def _unknown_words(scenario: ScenarioFile, document: YamlDocument) -> list[Problem]:
    problems = []
    known = immune_compartments()
    for index, own in enumerate(scenario.variants):
        if own.immune is not None and own.immune not in known:
            line = str(document.line(("variants", index, "immune")))
            what = f"'{own.immune}' is no immune compartment"
            hint = nearest_word(own.immune, known)
            expected = f"one of {', '.join(known)}"
            problems.append(Problem(file=document.file, place=line, what=what, expected=expected, hint=hint))
    return problems


def _line(problem: Problem) -> int:
    return int(problem.place) if problem.place.isdigit() else 0
