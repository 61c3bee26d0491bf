"""What a study would say of a simulated sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from avpi.flow.analyse import analyse_sample, gate_by_controls
from avpi.flow.controls import ControlTube
from avpi.flow.results import SampleResult
from avpi.readings import CellEvents
from avpi.study.conditions import ConditionWords
from avpi.study.overrides import Override, Overrides
from avpi.study.schema import Cytometry, Rules, Sample

WORDS = ConditionWords(compound="birinapant", working_doses={"SM": 1e-7, "TNF": 10.0})
SAMPLE = Sample(name="day1 SM", experiment="day1", file="raw/s.fcs", condition="SM 100 nM + TNF", time="24 h")  # type: ignore[arg-type]
ANNEXIN = Cytometry(channels={"annexin_v": "FL1-A", "pi": "FL3-A"})


def gated(
    events: CellEvents,
    controls: Sequence[ControlTube] = (),
    *,
    cytometry: Cytometry = ANNEXIN,
    thresholds: Mapping[str, Any] | None = None,
) -> SampleResult:
    """Return a sample's result; ``thresholds`` are set by hand."""
    lines = (
        Override(
            number=1,
            at="2026-01-05T10:00:00Z",
            by="ada",
            target="day1 SM/thresholds",
            set=thresholds or {},
            reason="checked by eye",
        ),
    )
    return analyse_sample(events, SAMPLE, gate_by_controls(controls, cytometry), WORDS, Rules(), Overrides(lines=lines))


def codes(result: SampleResult) -> list[str]:
    """Return the codes of a result's findings."""
    return [finding.code for finding in result.findings]
