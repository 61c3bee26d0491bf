"""YAML to plain values, each remembering its line, with nothing executed and nothing expanded.

PyYAML's event composer is used without its constructors: mappings become dicts, sequences become tuples,
scalars follow the safe loader's rules except that dates stay text. Aliases are refused (they are how a
small file becomes a large one), as are duplicate keys, deep nesting and files above a megabyte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from avpi.errors import Problem, StudyError

MAX_BYTES = 1_000_000
MAX_DEPTH = 20

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """Values of a YAML file and the line (from 1) of each, by path such as ``("blots", 0, "image")``."""

    values: Mapping[str, Any]
    lines: Mapping[Path_, int]
    file: str

    def line(self, path: Path_) -> int:
        """Return the line of a path, or of its nearest parent that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(path: Path, name: str) -> YamlDocument:
    """Read a YAML mapping.

    Raises
    ------
    StudyError
        If the file is missing, too large, not UTF-8, not YAML, not a mapping, or uses aliases or duplicate keys.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise StudyError(
            Problem(file=name, what=f"'{name}' was not found in '{path.parent.name or path.parent}'", hint="`avpi init FOLDER` makes a new study.")
        ) from None
    except OSError as error:
        raise StudyError(Problem(file=name, what=f"cannot be read: {error.strerror}")) from None
    if len(raw) > MAX_BYTES:
        raise StudyError(Problem(file=name, what=f"is {len(raw):,} bytes", expected=f"at most {MAX_BYTES:,}"))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyError(
            Problem(file=name, place=str(raw[: error.start].count(b"\n") + 1), what="is not UTF-8 text", hint="Save it as UTF-8.")
        ) from None
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> YamlDocument:
    """Parse YAML text; see :func:`read_yaml`."""
    lines: dict[Path_, int] = {}
    problems: list[Problem] = []
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AliasToken):
                raise StudyError(
                    Problem(
                        file=name,
                        place=str(token.start_mark.line + 1),
                        what=f"'*{token.value}' is an alias",
                        expected="each value written out",
                    )
                )
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise StudyError(
            Problem(
                file=name,
                place=str(mark.line + 1 if mark else 1),
                what=f"is not YAML here: {error.problem or error.context}",
                hint="Often a missing blank after ':', a tab, or indentation that does not line up.",
            )
        ) from None
    except yaml.YAMLError as error:
        raise StudyError(Problem(file=name, what=f"is not YAML: {str(error).splitlines()[0]}")) from None
    except RecursionError:
        raise StudyError(Problem(file=name, what=f"is nested deeper than {MAX_DEPTH} levels")) from None
    if not isinstance(node, yaml.MappingNode):
        found = {None: "nothing", yaml.SequenceNode: "a list"}.get(type(node) if node else None, "a single value")
        raise StudyError(
            Problem(file=name, place="1", what=f"holds {found}", expected="a mapping such as 'title: My study'")
        )
    values = _build(node, (), lines, problems, name)
    if problems:
        raise StudyError(problems)
    return YamlDocument(values, lines, name)


def _build(node: yaml.Node, path: Path_, lines: dict[Path_, int], problems: list[Problem], name: str) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if len(path) > MAX_DEPTH:
        raise StudyError(Problem(file=name, place=str(line), what=f"is nested deeper than {MAX_DEPTH} levels"))
    if isinstance(node, yaml.MappingNode):
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            key_line = key_node.start_mark.line + 1
            if key in built:
                problems.append(Problem(file=name, place=str(key_line), what=f"'{key}' stands here a second time", expected="each key once"))
                continue
            lines[(*path, key)] = key_line
            built[key] = _build(value_node, (*path, key), lines, problems, name)
        return built
    if isinstance(node, yaml.SequenceNode):
        return tuple(_build(item, (*path, i), lines, problems, name) for i, item in enumerate(node.value))
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    """Return a scalar as the safe loader reads it, but leave dates, sexagesimals and odd tags as text."""
    assert isinstance(node, yaml.ScalarNode)
    text: str = node.value
    if node.tag == "tag:yaml.org,2002:null":
        return None
    if node.tag == "tag:yaml.org,2002:bool":
        return text.lower() in ("yes", "true", "on")
    if node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float"):
        try:
            return int(text) if node.tag.endswith("int") else float(text)
        except ValueError:
            return text
    return text
