"""What pydantic found wrong, in the sentences of the house: line, value as written, expectation, nearest key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from avpi.errors import Problem, nearest_word
from avpi.study.schema import LAYOUT_BRANCHES, StudyFile
from avpi.study.yaml_lines import Path_, YamlDocument

_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "float_type": "a number such as 0.5",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "tuple_type": "a list, each entry after '- '",
    "dict_type": "a mapping of words to values",
    "model_type": "a mapping of words to values",
    "too_short": "at least one entry",
    "string_too_short": "some text",
    "string_pattern_mismatch": "a name without '/', '\\' and line breaks",
    "layout_kind": "the path of a layout file, or a mapping with 'file' or 'wells'",
}
"""Pydantic's error type -> what was expected, where its own message says it in programmers' words."""


def schema_problems(
    errors: Sequence[ErrorDetails], document: YamlDocument, *, model: type[BaseModel] = StudyFile,
    page: str = "docs/study-format.md",
) -> list[tuple[Path_, Problem]]:  # fmt: skip
    """Turn pydantic's errors into problems with their paths.

    A key that is missing because it was misspelt is told once, as the misspelt one.

    Parameters
    ----------
    model : what the file was read as. ``page`` : where its keys are explained.
    """
    meant = {
        (*(path := _path(error))[:-1], _meant(path, model)) for error in errors if error["type"] == "extra_forbidden"
    }
    return [
        (_path(error), _problem(error, document, model, page))
        for error in errors
        if not (error["type"] == "missing" and _path(error) in meant)
    ]


def _path(error: ErrorDetails) -> Path_:
    return tuple(part for part in error["loc"] if part not in LAYOUT_BRANCHES)


def _meant(path: Path_, model: type[BaseModel]) -> str:
    """Return the key that an unknown key was meant to be; an empty string if none is near."""
    hint = nearest_word(str(path[-1]), valid_keys(path[:-1], model))
    return hint.split("'")[1] if hint else ""


def _problem(error: ErrorDetails, document: YamlDocument, model: type[BaseModel], page: str) -> Problem:
    path = _path(error)
    line, key, kind = str(document.line(path)), dotted(path), error["type"]

    def problem(what: str, expected: str = "", hint: str = "") -> Problem:
        return Problem(file=document.file, place=line, what=what, expected=expected, hint=hint)

    if kind == "extra_forbidden":
        known = valid_keys(path[:-1], model)
        hint = nearest_word(str(path[-1]), known) or f"Known here: {', '.join(known)}."
        return problem(f"'{key}' is not a known key", hint=hint)
    if kind == "missing":
        return problem(f"'{key}' is missing", hint=f"See {page}.")
    if kind == "value_error":
        return problem(f"'{key}': {_short(str(error.get('ctx', {}).get('error', error['msg'])))}")
    text = document.texts.get(path)
    shown = f"'{key}' is '{_short(text)}'" if text else f"'{key}' is {_kind(error.get('input'))}"
    expected = _EXPECTED.get(kind) or _plain(error)
    return problem(shown, expected, _hint(error, text))


def dotted(path: Path_) -> str:
    """Return a path as people read it: ``blots.0.lanes.1.time``."""
    return ".".join(str(part) for part in path)


@cache
def _json_schema(model: type[BaseModel]) -> Mapping[str, Any]:
    return model.model_json_schema(by_alias=True)


def valid_keys(path: Path_, model: type[BaseModel] = StudyFile) -> list[str]:
    """Return the keys that the schema allows below a path."""
    schema = _json_schema(model)
    nodes = _options(schema, schema)
    for part in path:
        if isinstance(part, int):
            steps = [node["items"] for node in nodes if "items" in node]
        else:
            steps = [node["properties"][part] for node in nodes if part in node.get("properties", {})]
            steps += [node["additionalProperties"] for node in nodes if node.get("additionalProperties")]
        nodes = [option for step in steps for option in _options(step, schema)]
    return [key for node in nodes for key in node.get("properties", {})]


def _options(node: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a node of a JSON schema may be, with references followed."""
    if "$ref" in node:
        return _options(schema["$defs"][node["$ref"].rsplit("/", 1)[1]], schema)
    inner = [*node.get("anyOf", []), *node.get("oneOf", [])]
    return [node, *(option for each in inner for option in _options(each, schema))]


def _kind(value: object) -> str:
    if value is None or value == "":
        return "empty"
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, tuple) else f"'{value}'"


def _short(text: str, most: int = 300) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _hint(error: ErrorDetails, text: str | None) -> str:
    kind, value = error["type"], error.get("input")
    if kind == "literal_error" and text:
        return nearest_word(text, re.findall(r"'([^']+)'", error["msg"]))
    if kind != "string_type" or not text:
        return ""
    if isinstance(value, bool):
        return f'YAML reads it as {"true" if value else "false"}; put it in quotes: "{text}".'
    return f'Put it in quotes: "{text}".'


_BOUNDS = {
    "greater than or equal to": "a number of at least",
    "less than or equal to": "a number of at most",
    "greater than": "a number above",
    "less than": "a number below",
    "have at most": "at most",
}


def _plain(error: ErrorDetails) -> str:
    """Return what pydantic expected, in plain words."""
    message = re.sub(r"^(?:Input|String|Tuple|Value) should ", "", error["msg"]).removeprefix("be ")
    for theirs, ours in _BOUNDS.items():
        message = message.replace(theirs, ours)
    return re.sub(r" after validation.*| items?\b", lambda m: "" if "after" in m[0] else " entries", message)
