"""Results of a calibration as JSON and CSV; every number has its unit in the table or is a share."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from avpi.calibration.chosen import Free
from avpi.calibration.ledger import json_text, write_whole
from avpi.calibration.posterior import Learned, count_topics, learned
from avpi.calibration.sampler import Calibrated
from avpi.calibration.variants import Disagreement, VariantScore
from avpi.facts.schema import FactsFile

POSTERIOR, VARIANTS = "posterior.json", "variants.json"


def calibration_record(
    settings: Mapping[str, Any], facts: FactsFile, free: Sequence[Free], found: Calibrated
) -> dict[str, Any]:
    """Return a calibration as JSON has it."""
    last, shipped = found.generations[-1], found.shipped
    best = last.best
    return {
        "settings": dict(settings),
        "generations": [
            {
                "generation": one.number,
                "kept": len(one.particles),
                "accepted": one.accepted,
                "threshold": one.threshold,
                "effective_sample_size": one.effective_size,
                "least_distance": one.best.scored.distance,
            }
            for one in found.generations
        ],
        "effective_sample_size": last.effective_size,
        "parameters": [_parameter_record(one) for one in learned(free, last)],
        "shipped": {"distance": shipped.scored.distance},
        "best": {
            "generation": best.generation,
            "number": best.number,
            "distance": best.scored.distance,
            "values": dict(best.values),
        },
        "topics": [
            {"topic": t.topic, "facts": t.facts, "passed_shipped": t.shipped, "passed_best": t.best}
            for t in count_topics(facts, shipped, best)
        ],
        "facts": [
            {
                "id": fact.id,
                "topic": fact.topic,
                "weight": fact.weight,
                "passed_shipped": fact.id in shipped.scored.passed,
                "passed_best": fact.id in best.scored.passed,
                "shortfall_shipped": shipped.scored.shortfalls[fact.id],
                "shortfall_best": best.scored.shortfalls[fact.id],
            }
            for fact in facts.facts
        ],
    }


def _parameter_record(one: Learned) -> dict[str, Any]:
    own = {"name": one.free.name, "unit": one.free.unit, "what": one.free.what, "shipped": one.free.shipped}
    prior = {"prior_low": one.free.low, "prior_high": one.free.high, "best": one.best}
    names = ("median", "low_90", "high_90", "width_ratio", "distance_from_prior", "moved")
    return {**own, **prior, **{name: getattr(one, name) for name in names}}


def variants_record(
    settings: Mapping[str, Any],
    facts: FactsFile,
    scores: Sequence[VariantScore],
    differing: Sequence[Disagreement],
) -> dict[str, Any]:
    """Return a comparison of variants as JSON has it."""
    return {
        "settings": dict(settings),
        "variants": [
            {
                "label": one.variant.label,
                "distance": one.scored.distance,
                "facts": len(facts.facts),
                "passed": len(one.scored.passed),
                "passed_by_topic": dict(one.passed),
            }
            for one in scores
        ],
        "disagreements": [
            {
                "id": one.fact.id,
                "topic": one.fact.topic,
                "passes_in": list(one.passes_in),
                "only_with": list(one.only_with),
                "depends_on": list(one.depends_on),
            }
            for one in differing
        ],
    }


def write_calibration(folder: Path, record: Mapping[str, Any]) -> None:
    """Write ``posterior.json`` and its tables into the folder of a calibration."""
    write_whole(folder / POSTERIOR, json_text(record))
    for name, key in (("posterior", "parameters"), ("facts", "facts"), ("topics", "topics"), ("generations",) * 2):
        write_whole(folder / f"{name}.csv", _csv(record[key]))


def write_variants(folder: Path, record: Mapping[str, Any]) -> None:
    """Write ``variants.json`` and its tables into the folder of a comparison."""
    write_whole(folder / VARIANTS, json_text(record))
    rows = [
        {**{name: value for name, value in one.items() if name != "passed_by_topic"}, **one["passed_by_topic"]}
        for one in record["variants"]
    ]
    write_whole(folder / "variants.csv", _csv(rows))
    columns = ("id", "topic", "passes_in", "only_with", "depends_on")  # said also where variants agree in everything
    write_whole(folder / "disagreements.csv", _csv(record["disagreements"], columns))


def _csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(columns or rows[0])
    writer.writerow(names)
    writer.writerows([_cell(row[name]) for name in names] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(value) if isinstance(value, list) else value
