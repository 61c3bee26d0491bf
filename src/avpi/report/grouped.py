"""Findings above the fold: one line a kind, so that forty remarks on images never hide that readouts disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from avpi.estimate import Finding, Severity
from avpi.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingGroup:
    """Findings of one kind: the subjects that have it, the first one's text, and how many other texts there are."""

    severity: Severity
    code: str
    text: str
    subjects: tuple[str, ...]
    more: int


def grouped(result: Result, *severities: Severity) -> tuple[FindingGroup, ...]:
    """Return the findings of these severities by kind: most severe first, the verdict's before those of parts."""
    groups: dict[tuple[Severity, str], list[Finding]] = {}
    of_verdict = set(result.verdict.findings)
    asked = [finding for finding in result.findings if finding.severity in severities]
    for finding in sorted(asked, key=lambda f: (severities.index(f.severity), f not in of_verdict)):
        groups.setdefault((finding.severity, finding.code), []).append(finding)
    return tuple(_group(findings) for findings in groups.values())


def _group(findings: Sequence[Finding]) -> FindingGroup:
    first = findings[0]
    return FindingGroup(
        severity=first.severity,
        code=first.code,
        text=first.text,
        subjects=tuple(dict.fromkeys(f.subject for f in findings if f.subject)),
        more=len({f.text for f in findings}) - 1,
    )
