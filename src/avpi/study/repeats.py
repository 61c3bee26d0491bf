"""Experiments that are not independent, and conditions that are not different: one file offered as two.

n counts independent experiments. One plate, membrane or tube declared under two experiments is one experiment; the
second is refused (``pseudoreplication``). One tube or one read of a plate declared as two conditions of one
experiment cannot be both; every part after the first is refused (``same_data_twice``).
"""

from __future__ import annotations

from avpi.estimate import Finding
from avpi.study.manifest import Manifest
from avpi.study.read import Study


def independent_parts(study: Study, manifest: Manifest) -> tuple[frozenset[str], tuple[Finding, ...]]:
    """Return the names of the parts that may count, and a finding for each that may not.

    Parts are compared by the content of their files, so that a renamed copy is found. A file may hold several plates:
    two parts share data unless both name their plate (or read) and the names differ.
    """
    digests = {i.name: i.sha256 for i in manifest.inputs}
    seen: dict[tuple[str | None, ...], list[tuple[str, str, tuple[str | None, ...]]]] = {}
    names, findings = [], []
    contents: list[tuple[str, str, tuple[str | None, ...], tuple[str | None, ...]]] = [
        *((b.name, b.experiment, (digests[b.image], "blot", b.target), ()) for b in study.blots),
        *((p.name, p.experiment, (digests[p.file], "plate"), (p.plate, p.read)) for p in study.plates),
        *((s.name, s.experiment, (digests[s.file], "sample", str(s.data_set)), ()) for s in study.samples),
    ]
    for name, experiment, content, part in contents:
        others = seen.setdefault(content, [])
        same = [other for other in others if not _told_apart(part, other[2])]
        others.append((name, experiment, part))
        if content[0] is None or not same:
            names.append(name)
            continue
        findings.append(_refusal(name, experiment, *same[0][:2]))
    return frozenset(names), tuple(findings)


def _told_apart(part: tuple[str | None, ...], other: tuple[str | None, ...]) -> bool:
    return any(a is not None and b is not None and a != b for a, b in zip(part, other, strict=True))


def _refusal(name: str, experiment: str, first: str, first_experiment: str) -> Finding:
    """Return why a part that holds the data of an earlier one takes no part in the verdict."""
    if experiment == first_experiment:
        return Finding(
            code="same_data_twice",
            severity="blocking",
            subject=name,
            text=f"'{name}' holds the same data as '{first}' of the same experiment. It is refused: one "
            f"measurement cannot be "
            "two, whether of one condition or of two.",
        )
    return Finding(
        code="pseudoreplication",
        severity="blocking",
        subject=name,
        text=f"'{name}' ({experiment}) holds the same data as '{first}' ({first_experiment}): one experiment counted "
        "twice. It is refused; n counts independent experiments, never wells, lanes or copies.",
    )
