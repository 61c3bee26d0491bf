"""Experiments that are not independent: the same file offered as two of them.

n counts independent experiments. One plate, membrane or tube declared under two experiments is one
experiment; the second is refused (``pseudoreplication``) and takes no part in the verdict.
"""

from __future__ import annotations

from avpi.estimate import Finding
from avpi.study.manifest import Manifest
from avpi.study.read import Study


def independent_parts(study: Study, manifest: Manifest) -> tuple[frozenset[str], tuple[Finding, ...]]:
    """Return the names of the parts that may count, and a finding for each that may not."""
    digests = {i.name: i.sha256 for i in manifest.inputs}
    seen: dict[tuple[str | None, ...], tuple[str, str]] = {}
    names, findings = [], []
    contents = [
        *((b.name, b.experiment, (digests[b.image], "blot", b.target, str(b.target_row))) for b in study.blots),
        *((p.name, p.experiment, (digests[p.file], "plate", p.plate, p.read)) for p in study.plates),
        *((s.name, s.experiment, (digests[s.file], "sample", str(s.data_set))) for s in study.samples),
    ]
    for name, experiment, content in contents:
        first = seen.setdefault(content, (name, experiment))
        if content[0] is None or first[1] == experiment:
            names.append(name)
            continue
        findings.append(
            Finding(
                code="pseudoreplication",
                severity="blocking",
                subject=name,
                text=f"'{name}' ({experiment}) holds the same data as '{first[0]}' ({first[1]}): one "
                f"experiment counted twice. "
                f"It is refused; n counts independent experiments, never wells, lanes or copies.",
            )
        )
    return frozenset(names), tuple(findings)
