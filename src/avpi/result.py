"""The whole of a run in one frozen object: what was declared, what was measured, what follows.

It stands between the analysis and the report, so that the report, the store and the command line read the
same numbers (docs/design/layers.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from avpi.blot.replicates import TargetReplicates
from avpi.blot.results import BlotResult
from avpi.estimate import Finding
from avpi.flow.results import SampleResult
from avpi.plate.results import PlateResult
from avpi.study.manifest import Manifest
from avpi.study.overrides import Overrides
from avpi.study.read import Study
from avpi.verdict.results import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedSection:
    """A blot, plate or sample that was not analysed, and why; the rest of the run went on."""

    kind: str
    name: str
    experiment: str
    code: str
    why: str

    def finding(self) -> Finding:
        """Return the failure as a finding of its section."""
        return Finding(code=self.code, severity="blocking", text=f"Not analysed, because {self.why}", subject=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of one study.

    ``replicates`` holds each blotted target over all of its membranes.
    """

    study: Study
    manifest: Manifest
    overrides: Overrides
    blots: tuple[BlotResult, ...]
    plates: tuple[PlateResult, ...]
    samples: tuple[SampleResult, ...]
    failed: tuple[FailedSection, ...]
    verdict: Verdict
    replicates: tuple[TargetReplicates, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding of the run, blocking ones first, each once."""
        every = [f for blot in self.blots for f in blot.findings]
        every += [f for plate in self.plates for f in plate.findings]
        every += [f for sample in self.samples for f in sample.findings]
        every += [f for target in self.replicates for f in target.findings]
        every += [failure.finding() for failure in self.failed]
        every += list(self.verdict.findings)
        order = {"blocking": 0, "warning": 1, "note": 2}
        return tuple(sorted(dict.fromkeys(every), key=lambda f: order[f.severity]))
