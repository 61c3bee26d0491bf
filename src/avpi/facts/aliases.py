"""YAML anchors, aliases and merge keys of a file of facts, written out before the file is read.

``&cells {line: HT-29}`` marks a value, ``*cells`` repeats it, and ``<<: *cells`` puts its keys into a mapping whose own
keys win; of several merged mappings the first that has a key wins. A value that is repeated keeps the line in which it
is written. Aliases of aliases are how a small file becomes a large one: the parts that are written out are counted, and
above :data:`MOST_REPEATED` the rest is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from avpi.errors import Problem
from avpi.study.yaml_lines import Path_, YamlDocument

MOST_REPEATED = 100_000
"""Parts (words, lists, mappings) that aliases may stand for in all; a fact has about a hundred."""
MERGE = "<<"
TOO_LARGE = "larger than avpi reads"


@dataclass
class Aliases:
    """The anchors of one document while it is read, and what is wrong with its aliases."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def written_out(self, events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
        """Yield parser events with each alias replaced by the events of what it stands for.

        An alias that stands for nothing is noted, and an empty value is in its place.
        """
        # Only what lies inside an anchored value is kept; an anchor is where in that its value begins and ends.
        kept: list[yaml.Event] = []
        anchors: dict[str, tuple[int, int]] = {}
        open_: list[tuple[str | None, int]] = []
        repeated = 0
        for event in events:
            if isinstance(event, yaml.AliasEvent):
                begin, end = anchors.get(str(event.anchor), (0, 0))
                repeated += end - begin
                if end == begin or repeated > MOST_REPEATED:
                    self._refuse(event, [name for name, _ in open_], known=end > begin)
                    replay = [_nothing(event)]
                else:
                    replay = kept[begin:end]
                if any(name is not None for name, _ in open_):
                    kept += replay
                yield from replay
                continue
            anchor: str | None = getattr(event, "anchor", None)
            if isinstance(event, yaml.CollectionStartEvent):
                open_.append((anchor, len(kept)))
                anchors.pop(anchor or "", None)
            alone = anchor if isinstance(event, yaml.ScalarEvent) else None
            if alone or any(name is not None for name, _ in open_):
                kept.append(event)
            if alone:
                anchors[alone] = (len(kept) - 1, len(kept))
            if isinstance(event, yaml.CollectionEndEvent):
                name, begin = open_.pop()
                if name is not None:
                    anchors[name] = (begin, len(kept))
            yield event

    def _refuse(self, event: yaml.AliasEvent, open_: list[str | None], *, known: bool) -> None:
        alias, hint = f"'*{event.anchor}'", ""
        if known:
            what = f"{alias} makes the file {TOO_LARGE}: its aliases stand for more than {MOST_REPEATED:,} parts"
            expected, hint = "fewer or smaller repetitions", "Split the facts into several files"
        elif event.anchor in open_:
            what, expected = f"{alias} stands inside of what it repeats", "an anchor whose value ends before"
        else:
            what = f"{alias} repeats nothing: no value before it is marked '&{event.anchor}'"
            expected, hint = "an anchor that stands above", "Text that begins with '*' is put in quotes"
        if known and any(TOO_LARGE in one.what for one in self.problems):
            return
        place = str(event.start_mark.line + 1) if event.start_mark else ""
        self.problems.append(Problem(file=self.file, place=place, what=what, expected=expected, hint=hint))


def _nothing(event: yaml.Event) -> yaml.Event:
    return yaml.ScalarEvent(None, None, (True, False), "", event.start_mark, event.end_mark)


def merged(document: YamlDocument) -> tuple[YamlDocument, list[Problem]]:
    """Return a document with its merge keys (``<<``) carried out, and those that merge what is no mapping."""
    merging = _Merging(document)
    values = merging.value(document.values, (), ())
    return replace(document, values=values, lines=merging.lines, texts=merging.texts), merging.problems


@dataclass
class _Merging:
    document: YamlDocument
    lines: dict[Path_, int] = field(default_factory=dict)
    texts: dict[Path_, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def value(self, value: Any, old: Path_, new: Path_) -> Any:
        """Return a value that stood at one path and stands at another, with its lines and texts carried along."""
        if old in self.document.lines:
            self.lines[new] = self.document.lines[old]
        if old in self.document.texts:
            self.texts[new] = self.document.texts[old]
        if isinstance(value, tuple):
            return tuple(self.value(one, (*old, place), (*new, place)) for place, one in enumerate(value))
        if isinstance(value, dict):
            found = self.entries(value, old)
            return {key: self.value(one, path, (*new, key)) for key, (one, path) in found.items()}
        return value

    def entries(self, mapping: Mapping[str, Any], path: Path_) -> dict[str, tuple[Any, Path_]]:
        """Return key -> its value and where that stands, those that are merged in included."""
        found: dict[str, tuple[Any, Path_]] = {}
        if MERGE in mapping:
            source, here = mapping[MERGE], (*path, MERGE)
            parts = [(source, here)]
            if isinstance(source, tuple):
                parts = [(one, (*here, place)) for place, one in enumerate(source)]
            for part, its_path in parts:
                if isinstance(part, dict):
                    found = {**self.entries(part, its_path), **found}
                else:
                    key, line = ".".join(map(str, its_path)), str(self.document.line(here))
                    self.problems.append(
                        Problem(
                            file=self.document.file,
                            place=line,
                            what=f"'{key}' merges what is no mapping",
                            expected="an alias of a mapping, such as '<<: *cells', or a list of such",
                        )
                    )
        own = {key: (one, (*path, key)) for key, one in mapping.items() if key != MERGE}
        return {**found, **own}
