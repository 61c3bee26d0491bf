"""What simulated trials of a response show: rates by the assay's groups, the gain, the gate, the interaction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from avpi.clinic.checks import Floats
from avpi.clinic.design.response_gate import HALF, gain_probabilities
from avpi.clinic.operating import Share, Spread, share_of, spread_of
from avpi.clinic.scenario_schema import ScenarioFile
from avpi.clinic.simulate import TrialResults

GROUPS = ("positive", "negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseOutcome:
    """What trials of a response show.

    Attributes
    ----------
    rates : ``"positive experimental"`` and so on -> spread of the response rate.
    gain : of all enrolled, experimental less control. ``finds_gain`` : share of trials in which a one-sided test of two
        proportions does. ``loses`` : share in which it finds the opposite.
    gate_all, gate_positive : share of trials in which the gate opens for all enrolled and for the assay's positive
        ones.
    """

    rates: dict[str, Spread]
    gain: Spread
    finds_gain: Share
    loses: Share
    gate_all: Share
    gate_positive: Share


def response_outcome(results: TrialResults, scenario: ScenarioFile) -> ResponseOutcome:
    """Return what trials of a response show."""
    rates = {
        f"{group} {arm}": spread_of(rate(results, group, arm))
        for group in GROUPS
        for arm in ("experimental", "control")
    }
    margin, threshold = (0.0, 0.9) if scenario.gate is None else (scenario.gate.margin, scenario.gate.threshold)
    gain = gains(results)
    z = gain / _gain_error(results)
    bound = float(ndtri(1 - scenario.design.alpha))
    with np.errstate(invalid="ignore"):
        return ResponseOutcome(
            rates=rates,
            gain=spread_of(gain),
            finds_gain=share_of(z > bound),
            loses=share_of(z < -bound),
            gate_all=share_of(gate(results, GROUPS, margin) > threshold),
            gate_positive=share_of(gate(results, ("positive",), margin) > threshold),
        )


def counts(results: TrialResults, groups: tuple[str, ...], arm: str) -> tuple[Floats, Floats]:
    """Return responders and patients of an arm in some of the assay's groups, (trials,) each."""
    responders = sum(results.column(f"responses_{group}_{arm}") for group in groups)
    patients = sum(results.column(f"patients_{group}_{arm}") for group in groups)
    return np.asarray(responders, float), np.asarray(patients, float)


def rate(results: TrialResults, group: str, arm: str) -> Floats:
    """Return the response rate of an arm in one of the assay's groups, (trials,); nan without patients."""
    responders, patients = counts(results, (group,), arm)
    return np.where(patients > 0, responders / np.maximum(patients, 1), np.nan)


def gains(results: TrialResults) -> Floats:
    """Return the gain of the response rate of all enrolled, (trials,); nan where an arm has nobody."""
    rates = []
    for arm in ("experimental", "control"):
        responders, patients = counts(results, GROUPS, arm)
        rates.append(np.where(patients > 0, responders / np.maximum(patients, 1), np.nan))
    return np.asarray(rates[0] - rates[1], float)


def _gain_error(results: TrialResults) -> Floats:
    """Return the standard error of the gain under no effect, with the pooled rate, (trials,)."""
    (r1, n1), (r0, n0) = (counts(results, GROUPS, arm) for arm in ("experimental", "control"))
    pooled = (r1 + r0) / np.maximum(n1 + n0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
    return np.where(error > 0, error, np.nan)


def gate(results: TrialResults, groups: tuple[str, ...], margin: float) -> Floats:
    """Return the posterior probability of a gain above a margin, (trials,)."""
    (r1, n1), (r0, n0) = (counts(results, groups, arm) for arm in ("experimental", "control"))
    return gain_probabilities(r1, n1, r0, n0, margin=margin)


def interactions(results: TrialResults) -> Floats:
    """Return z of the interaction between treatment and the assay's groups, (trials,), by Woolf's test."""
    logs, variances = [], []
    for group in GROUPS:
        (r1, n1), (r0, n0) = (counts(results, (group,), arm) for arm in ("experimental", "control"))
        cells = np.stack([r1, n1 - r1, r0, n0 - r0]) + HALF
        logs.append(np.log(cells[0] * cells[3] / (cells[1] * cells[2])))
        variances.append((1 / cells).sum(axis=0))
    return np.asarray((logs[0] - logs[1]) / np.sqrt(variances[0] + variances[1]), float)
