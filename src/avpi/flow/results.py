"""What the analysis of one cytometry sample gives, as frozen types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from avpi.estimate import Estimate, Finding
from avpi.gates import GateSet
from avpi.names import Condition

QUADRANTS = (
    "annexin_negative_pi_negative",
    "annexin_positive_pi_negative",
    "annexin_positive_pi_positive",
    "annexin_negative_pi_positive",
)
"""Named for what they are, never for a mechanism: late apoptosis and necroptosis share ``+ +``."""


GateOrigin = Literal["auto", "controls", "manual"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A shape on two channels: what was kept, drawn in the report, and where its threshold came from.

    ``vertices`` (k, 2) on the scale of ``Scatter``; ``passed`` and ``of`` count events.
    """

    name: str
    x_channel: str
    y_channel: str
    vertices: NDArray[np.float64]
    passed: int
    of: int
    origin: GateOrigin = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """Events for one picture, at most a few thousand, on the drawn scale; axes labelled with their scale."""

    title: str
    x_label: str
    y_label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    gates: tuple[str, ...]
    thresholds: tuple[float, float] | None = None


VOLTAGES = "$PnV"
"""Under it ``SampleResult.instrument`` holds the detector voltages: ``FSC-A 300, FL1-A 450``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleResult:
    """One FCS file, gated.

    Attributes
    ----------
    events, cells, singlets : counts after each step.
    counts, fractions : events and share of singlets by name; for Annexin V/PI the four ``QUADRANTS``.
    fractions_with_debris : the same without the debris gate: what the gate decides is seen in the difference.
    gating : the gates as a Gating-ML file would hold them.
    instrument : what the file says of the cytometer, its program and the date, by keyword.
    viable : share of singlets that are negative for both stains (or for the one death stain there is).
    viable_log, viable_log_se : natural logarithm of ``viable`` and its standard error from counting and thresholds.
    passes : False where too few events or missing controls stop the sample from being used.
    """

    name: str
    experiment: str
    condition: Condition
    described: str
    at_working_doses: bool
    readout: str
    minutes_after_dose: float | None
    events: int
    cells: int
    singlets: int
    counts: Mapping[str, int]
    fractions: Mapping[str, Estimate]
    viable: Estimate
    viable_log: float
    viable_log_se: float
    gates: tuple[Gate, ...]
    scatters: tuple[Scatter, ...]
    passes: bool
    findings: tuple[Finding, ...]
    method: Mapping[str, Any]
    fractions_with_debris: Mapping[str, Estimate] = field(default_factory=dict)
    gating: GateSet | None = None
    instrument: Mapping[str, str] = field(default_factory=dict)
