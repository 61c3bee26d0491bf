"""Which declared parts the verdict does without, and why: for the exit code, ``verdict.json`` and ``avpi check``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from avpi.estimate import Finding
from avpi.report.words import because
from avpi.result import Result

REFUSALS = ("pseudoreplication", "same_data_twice")
"""Findings by which a part is refused because an earlier one holds the same data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUsed:
    """A declared part that is not in the verdict; ``analysed`` where its numbers stand in the report all the same."""

    kind: str
    name: str
    why: str
    analysed: bool

    def __str__(self) -> str:
        done = "is not used in the verdict" if self.analysed else "was not analysed"
        return f"{self.kind} '{self.name}' {done}, because {because(self.why)}"


def parts_not_used(result: Result) -> tuple[NotUsed, ...]:
    """Return every declared part that the verdict does without, each once: failed, stopped by its gate, or refused."""
    every = [*_failed(result), *_stopped(result), *_refused(result)]
    return tuple({(part.kind, part.name): part for part in reversed(every)}.values())[::-1]


def _failed(result: Result) -> Iterator[NotUsed]:
    for part in result.failed:
        yield NotUsed(kind=part.kind, name=part.name, why=part.why, analysed=False)


def _stopped(result: Result) -> Iterator[NotUsed]:
    for kind, parts in (("plate", result.plates), ("sample", result.samples)):
        for part in parts:
            if not part.passes:
                yield NotUsed(kind=kind, name=part.name, why=_reason(part.findings), analysed=True)


def _reason(findings: tuple[Finding, ...]) -> str:
    """Return what stopped a part, in the words of its own blocking findings."""
    blocking = dict.fromkeys(f.text for f in findings if f.severity == "blocking")
    return " ".join(blocking) or "its quality gate stopped it"


def _refused(result: Result) -> Iterator[NotUsed]:
    kinds = {blot.name: "blot" for blot in result.study.blots}
    kinds |= {plate.name: "plate" for plate in result.study.plates}
    kinds |= {sample.name: "sample" for sample in result.study.samples}
    for finding in result.verdict.findings:
        if finding.code in REFUSALS:
            yield NotUsed(
                kind=kinds.get(finding.subject, "part"), name=finding.subject, why=finding.text, analysed=True
            )
