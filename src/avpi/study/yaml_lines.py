"""YAML to plain values, each remembering its line and its text, with nothing executed and nothing expanded.

Values are built from PyYAML's parser events, so that depth, aliases and tags are seen before anything is made of
them: mappings become dicts, sequences tuples, scalars follow the safe loader's rules except that dates and
sexagesimals stay text. Aliases are refused (they are how a small file becomes a large one) unless the caller brings
what writes them out, as are tags, duplicate keys, deep nesting and files above a megabyte. Faults that leave the rest
readable are told together.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from avpi.errors import Problem, StudyError

MAX_BYTES = 1_000_000
"""A study file of some hundred lanes and plates has 50 kB."""
MAX_DEPTH = 20
"""The schema is 6 levels deep."""

Path_ = tuple[str | int, ...]
Expand = Callable[[Iterator[yaml.Event]], Iterator[yaml.Event]]
"""What writes aliases out: parser events in, parser events without aliases out."""

# The C parser is ten times faster; wheels of PyYAML have it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Any = yaml.resolver.Resolver()
_UNPRINTABLE = re.compile("[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EXPONENT = re.compile(r"^[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+$")
"""Numbers such as 1e-6, which YAML 1.1 takes for text because they have no dot."""
_YAML_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(f"{_YAML_TAG}{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq"))


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """Values of a YAML file and the line (from 1) and text of each, by path such as ``("blots", 0, "image")``."""

    values: Mapping[str, Any]
    lines: Mapping[Path_, int]
    file: str
    texts: Mapping[Path_, str] = field(default_factory=dict)
    sha256: str = ""

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
        If the file is missing, too large, not UTF-8, not YAML, not a mapping, or uses aliases, tags or duplicate
        keys.
    """
    return parse_yaml(read_text(path, name), name)


def read_text(path: Path, name: str) -> str:
    """Return the text of a file.

    Raises
    ------
    StudyError
        If the file is missing, too large or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        folder = path.parent.name or str(path.parent)
        raise StudyError(
            Problem(
                file=name,
                what=f"'{name}' was not found in '{folder}'",
                hint="`avpi init FOLDER` makes a new study.",
            )
        ) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise StudyError(Problem(file=name, what=f"'{name}' cannot be read: {reason}")) from None
    return decoded(raw, name)


def decoded(raw: bytes, name: str) -> str:
    """Return bytes, of which one more than :data:`MAX_BYTES` were read at most, as text; see :func:`read_text`."""
    if len(raw) > MAX_BYTES:
        expected = f"at most {MAX_BYTES:,} bytes"
        hint = "Instrument files are named in it, not written into it."
        raise StudyError(Problem(file=name, what=f"'{name}' is too large", expected=expected, hint=hint))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = str(raw[: error.start].count(b"\n") + 1)
        byte = f"0x{raw[error.start]:02x}"
        raise StudyError(
            Problem(file=name, place=line, what=f"byte '{byte}' is not UTF-8 text", hint="Save the file as UTF-8.")
        ) from None


def parse_yaml(text: str, name: str) -> YamlDocument:
    """Parse YAML text; see :func:`read_yaml`."""
    document, problems = parse_with_problems(text, name)
    if problems:
        raise StudyError(problems)
    return document


def parse_with_problems(text: str, name: str, expand: Expand | None = None) -> tuple[YamlDocument, list[Problem]]:
    """Parse YAML text as far as it can be read; return it with the faults (tags, duplicate keys) that leave the rest.

    Parameters
    ----------
    expand : writes aliases out; without it they are faults.

    Raises
    ------
    StudyError
        If nothing of it can be read.
    """
    if odd := _UNPRINTABLE.search(text):
        line = str(text[: odd.start()].count("\n") + 1)
        what = f"character 'U+{ord(odd[0]):04X}' cannot stand in a text file"
        raise StudyError(Problem(file=name, place=line, what=what, hint="Delete it."))
    reader = _Reader(name)
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
    try:
        values = reader.read(events if expand is None else expand(events))
    except yaml.MarkedYAMLError as error:
        raise StudyError([*reader.problems, _syntax_problem(error, text, name)]) from None
    except yaml.YAMLError as error:
        raise StudyError(Problem(file=name, what=f"is not YAML: {str(error).splitlines()[0]}")) from None
    digest = hashlib.sha256(text.encode()).hexdigest()
    return YamlDocument(values, reader.lines, name, reader.texts, digest), reader.problems


def _syntax_problem(error: yaml.MarkedYAMLError, text: str, name: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    number = mark.line + 1 if mark else 1
    lines = text.splitlines()
    # libyaml marks the end of the file one line too far where the text ends without a line end.
    line = lines[min(number, len(lines)) - 1] if lines else ""
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in str(error.problem):
        what, hint = f"a tab stands before '{line.strip()}'", "Indent with blanks."
    else:
        what = f"'{line.strip()}' is not YAML: {error.problem or error.context}"
        hint = "Often a missing blank after ':', a quote that is not closed, or indentation that does not line up."
    return Problem(file=name, place=str(number), what=what, hint=hint)


class _Reader:
    """Builds the values of one document from parser events."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Path_, int] = {}
        self.texts: dict[Path_, str] = {}
        self.problems: list[Problem] = []

    def read(self, events: Iterator[yaml.Event]) -> dict[str, Any]:
        """Return the mapping that the document is."""
        values: Any = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._fault(event, "a second document begins here", "one document, without '---' inside it")
                    break
            elif isinstance(event, yaml.NodeEvent):
                values = self._value(event, events, ())
        if not isinstance(values, dict):
            found = "nothing" if values is None else "a list" if isinstance(values, tuple) else "a single value"
            what = f"'{self.name}' holds {found}"
            problem = Problem(file=self.name, place="1", what=what, expected="a mapping such as 'title: My study'")
            raise StudyError([*self.problems, problem])
        return values

    def _fault(self, event: yaml.Event, what: str, expected: str = "", hint: str = "") -> None:
        place = str(_line_of(event))
        self.problems.append(Problem(file=self.name, place=place, what=what, expected=expected, hint=hint))

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path_) -> Any:
        self.lines.setdefault(path, _line_of(event))
        if len(path) > MAX_DEPTH:
            self._fault(event, f"'{path[0]}' is nested deeper than {MAX_DEPTH} levels")
            raise StudyError(self.problems)
        if isinstance(event, yaml.AliasEvent):
            self._fault(event, f"'*{event.anchor}' is an alias", "each value written out")
            return None
        tag: str | None = getattr(event, "tag", None)
        if tag not in (None, "!") and tag not in _PLAIN_TAGS:
            shown = "!!" + tag.removeprefix(_YAML_TAG) if tag.startswith(_YAML_TAG) else tag
            self._fault(event, f"'{shown}' is a tag", "a plain value", "Nothing in a study file is executed.")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        assert isinstance(event, yaml.ScalarEvent)
        self.texts[path] = event.value
        return _scalar(event)

    def _mapping(self, events: Iterator[yaml.Event], path: Path_) -> dict[str, Any]:
        built: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if isinstance(event, yaml.ScalarEvent):
                key = str(event.value)
            else:
                self._fault(event, "a key is not a word", "a key such as 'title:'")
                self._skip(event, events, path)
                key = ""
            line = _line_of(event)
            value_event = next(events)
            if key in built:
                self._fault(event, f"'{key}' stands here a second time", "each key once")
                self._skip(value_event, events, path)
                continue
            if not key:
                self._skip(value_event, events, path)
                continue
            self.lines[(*path, key)] = line
            built[key] = self._value(value_event, events, (*path, key))
        return built

    def _sequence(self, events: Iterator[yaml.Event], path: Path_) -> tuple[Any, ...]:
        built: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            built.append(self._value(event, events, (*path, len(built))))
        return tuple(built)

    def _skip(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path_) -> None:
        """Pass over one value and keep nothing of it; its depth still counts."""
        depth = 0
        while True:
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if len(path) + depth > MAX_DEPTH:
                self._fault(event, f"a value is nested deeper than {MAX_DEPTH} levels")
                raise StudyError(self.problems)
            if depth == 0:
                return
            event = next(events)


def _line_of(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: yaml.ScalarEvent) -> Any:
    """Return a scalar as the safe loader reads it, but leave dates, sexagesimals and odd numbers as text."""
    text: str = event.value
    tag = event.tag or _RESOLVER.resolve(yaml.ScalarNode, text, event.implicit)
    kind = str(tag).removeprefix(_YAML_TAG)
    if kind == "str" and event.implicit[0] and _EXPONENT.match(text):
        kind = "float"
    readers: Mapping[str, Callable[[str], Any]] = {"null": _none, "bool": _boolean, "int": int, "float": float}
    read = readers.get(kind)
    if read is None:
        return text
    try:
        return read(text)
    except ValueError:
        return text


def _none(_: str) -> None:
    return None


def _boolean(text: str) -> bool:
    return text.lower() in ("yes", "true", "on")
