"""``verdict.json``: the call and everything behind it, for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import is_dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from pydantic import BaseModel

from avpi.blot.replicates_record import replicates_record
from avpi.estimate import Estimate, Finding
from avpi.report.not_used import parts_not_used
from avpi.result import Result

RESULTS_SCHEMA = "1.1"
"""Version of the results folder's formats (docs/results-format.md): a new field raises the minor number."""


def verdict_json(result: Result) -> dict[str, Any]:
    """Return the verdict as JSON-ready values; numbers that do not exist are ``None``, never nan."""
    verdict, study = result.verdict, result.study
    content = {
        "schema": RESULTS_SCHEMA,
        "study": {"title": study.title, "compound": study.file.compound, "cell_line": study.file.cell_line,
                  "working_dose_molar": study.working_dose_molar},
        "called": verdict.called,
        "probability": verdict.probability,
        "best": verdict.best,
        "leaves": verdict.leaves,
        "reason": verdict.reason,
        "sentence": verdict.sentence,
        "flags": verdict.flags,
        "effects": verdict.effects,
        "trace": verdict.trace,
        "nodes": [
            {"node": n.node, "question": n.question, "reached": n.reached,
             "branches": [{"branch": branch, "leads_to": to, "share": share} for branch, to, share in n.branches]}
            for n in verdict.nodes
        ],
        "blots_over_experiments": [replicates_record(target) for target in result.replicates],
        "findings": result.findings,
        "advice": verdict.advice,
        "missing": verdict.missing,
        "leaves_if_engaged": verdict.leaves_if_engaged,
        "failed": result.failed,
        "not_used": [{"kind": p.kind, "name": p.name, "why": p.why} for p in parts_not_used(result)],
        "tree_version": verdict.tree_version,
        "rules": verdict.rules,
        "seed": verdict.seed,
        "draws": verdict.draws,
        "experiments": verdict.experiments,
    }  # fmt: skip
    made: dict[str, Any] = plain(content)
    return made


def plain(value: Any) -> Any:
    """Return a value made of dictionaries, lists, texts, finite numbers, booleans and None only."""
    if isinstance(value, Estimate | Finding):
        return value.to_json()
    if isinstance(value, BaseModel):
        return plain(value.model_dump(by_alias=True))
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [plain(item) for item in items]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, PurePath) else value


def json_text(content: Any) -> str:
    """Return readable, stable JSON text with a final line break."""
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
