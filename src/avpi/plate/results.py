"""What the analysis of one plate gives, as frozen types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from avpi.estimate import Estimate, Finding
from avpi.names import Condition, WellRole

WellState = Literal["used", "missing", "overflow", "unlabelled", "excluded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Well:
    """One well: what was in it, what the reader gave, and its viability as a fraction of the plate's vehicle.

    ``raw`` and ``viability`` are nan where there is no number; ``state`` says why. ``reading`` is what the analysis
    takes: ``raw``, or that without what the well's place does to it, where a field of the plate was found.
    """

    name: str
    row: int
    column: int
    role: WellRole
    condition: Condition | None
    raw: float
    reading: float
    viability: float
    state: WellState


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """All wells of one condition on one plate, as one number of one experiment.

    Attributes
    ----------
    condition : with doses; ``at_working_doses`` says whether the verdict reads it.
    wells : how many wells stand behind it (they are not n).
    viability : mean fraction of vehicle, interval from the wells of this plate only, n = 1.
    log_viability, log_se : natural logarithm of it and its standard error within the plate, vehicle's error included;
        nan where the mean is not above zero.
    """

    condition: Condition
    described: str
    at_working_doses: bool
    wells: int
    viability: Estimate
    log_viability: float
    log_se: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateQuality:
    """Quality of one plate, from readings as they are.

    Z' is by Zhang et al. 1999, doi:10.1177/108705719900400206, SSMD by Zhang 2007, doi:10.1016/j.ygeno.2006.12.014, the
    signal window by Sittampalam et al. 1997, doi:10.1177/108705719700200306.
    """

    z_prime: Estimate
    robust_z_prime: Estimate
    ssmd: Estimate
    robust_ssmd: Estimate
    signal_window: Estimate
    signal_to_background: Estimate
    vehicle_cv: Estimate
    edge_ratio: Estimate
    drift_down: Estimate
    drift_across: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateResult:
    """One plate, normalised.

    ``passes`` is False where the quality gate stops the plate: its arms are shown and not used.
    """

    name: str
    experiment: str
    readout: str
    reader: str
    plate: str
    read: str
    shape: tuple[int, int]
    wells: tuple[Well, ...]
    arms: tuple[Arm, ...]
    quality: PlateQuality
    passes: bool
    findings: tuple[Finding, ...]
    method: Mapping[str, Any]
    minutes_after_dose: float | None = None
    time_zero: bool = False
