"""A scenario's outcome as JSON-ready values and as tables: what ``--json`` prints and ``trial.json`` holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import pandas as pd

from avpi.clinic.checks import EXPLORATORY
from avpi.clinic.operating import Operating
from avpi.clinic.response import ResponseOutcome
from avpi.clinic.run_scenario import Enrolled, ScenarioOutcome, VariantOutcome
from avpi.clinic.scenario import citation
from avpi.clinic.scenario_words import conclusions


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: numbers that are not finite become None, objects their fields."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [plain(own) for own in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def scenario_record(outcome: ScenarioOutcome, command: str) -> dict[str, Any]:
    """Return a scenario's outcome as JSON-ready values."""
    scenario = outcome.scenario
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "endpoint": scenario.endpoint_words,
        "statement": EXPLORATORY,
        "command": command,
        "trials": outcome.trials,
        "seed": outcome.seed,
        "conclusions": conclusions(outcome),
        "published": [{**own.model_dump(), "citation": citation(own.source)} for own in scenario.published],
        "variants": [_variant(own) for own in outcome.variants],
        "dilution": None
        if scenario.dilution is None
        else {"largest_without_harm": outcome.largest_dilution, "harm_needed": plain(outcome.harm)},
        "assurance": plain(outcome.assurance),
        "discordance": plain(outcome.discordance),
    }


def _variant(own: VariantOutcome) -> dict[str, Any]:
    return {
        "name": own.variant.name,
        "what": own.variant.what,
        "assumes": list(own.variant.assumes),
        "sources": [citation(key) for key in own.variant.sources],
        "needed_ratio": plain(own.needed),
        "classes": [
            {"name": kind.name, "share": kind.share, "ratio": list(kind.ratio), "response": list(kind.response)}
            for kind in own.population.classes
        ],
        "enrolled": [_enrolled(one) for one in own.enrolled],
        "comparisons": [
            {
                "id": one.published.id, "published": one.published.value, "verdict": one.verdict,
                "simulated": plain(one.simulated), "as_extreme": plain(one.as_extreme), "why": one.why,
            }
            for one in own.comparisons
        ],
    }  # fmt: skip


def _enrolled(one: Enrolled) -> dict[str, Any]:
    found: dict[str, Any] = {"enrolment": one.enrolment, "patients": one.conduct.patients}
    if one.expected is not None:
        found |= {
            "expected_hazard_ratio": plain(one.expected.hazard_ratio), "expected_events": one.expected.events,
            "expected_month": plain(one.expected.look_month), "operating": operating_record(one.operating),
        }  # fmt: skip
    if one.response is not None:
        found["response"] = plain(one.response)
        found["screened"] = one.operating.screened
    return found


def operating_record(own: Operating) -> dict[str, Any]:
    """Return operating characteristics as JSON-ready values; every share with its Monte Carlo standard error."""
    return dict(plain(own))


def scenario_tables(outcome: ScenarioOutcome) -> dict[str, pd.DataFrame]:
    """Return the tables of a scenario's report."""
    variants = pd.DataFrame(
        [
            row
            for own in outcome.variants
            for one in own.enrolled
            for row in (_survival_row(own, one) if one.response is None else _response_row(own, one, one.response),)
        ]
    )
    comparisons = pd.DataFrame(
        [
            {
                "variant": own.variant.name, "published_id": one.published.id, "published": one.published.value,
                "verdict": one.verdict,
                "simulated_low": one.simulated.low if one.simulated else math.nan,
                "simulated_median": one.simulated.median if one.simulated else math.nan,
                "simulated_high": one.simulated.high if one.simulated else math.nan,
                "as_extreme": one.as_extreme.value if one.as_extreme else math.nan,
                "as_extreme_error": one.as_extreme.standard_error if one.as_extreme else math.nan,
            }
            for own in outcome.variants
            for one in own.comparisons
        ]
    )  # fmt: skip
    published = pd.DataFrame(
        [
            {
                "id": own.id, "what": own.what, "value": own.value, "low": own.low, "high": own.high,
                "verified": own.verified, "source": citation(own.source), "cannot": own.cannot,
            }
            for own in outcome.scenario.published
        ]
    )  # fmt: skip
    published[["value", "low", "high"]] = published[["value", "low", "high"]].astype(float)
    tables = {"variants": variants, "comparisons": comparisons, "published": published}
    if outcome.harm:
        tables["harm_needed"] = pd.DataFrame([asdict(row) for row in outcome.harm])
    return tables


def _survival_row(own: VariantOutcome, one: Enrolled) -> dict[str, Any]:
    found, expected = one.operating, one.expected
    assert expected is not None
    row: dict[str, Any] = {
        "variant": own.variant.name, "enrolment": one.enrolment, "needed_ratio": own.needed,
        "expected_hazard_ratio": expected.hazard_ratio, "hazard_ratio_low": found.hazard_ratio.low,
        "hazard_ratio_median": found.hazard_ratio.median, "hazard_ratio_high": found.hazard_ratio.high,
        "finds_harm": found.harm.value, "finds_harm_error": found.harm.standard_error,
        "ratio_above_one": found.ratio_above_one.value, "months": found.months.median, "events": found.events.median,
        "screened": found.screened,
    }  # fmt: skip
    for name, share in found.rejects.items():
        row[f"power {name}"], row[f"power_error {name}"] = share.value, share.standard_error
    return row


def _response_row(own: VariantOutcome, one: Enrolled, response: ResponseOutcome) -> dict[str, Any]:
    return {
        "variant": own.variant.name, "enrolment": one.enrolment, "gain_low": response.gain.low,
        "gain_median": response.gain.median, "gain_high": response.gain.high, "finds_gain": response.finds_gain.value,
        "finds_gain_error": response.finds_gain.standard_error, "finds_loss": response.loses.value,
        "gate_all": response.gate_all.value, "gate_positive": response.gate_positive.value,
        "screened": one.operating.screened,
    }  # fmt: skip
