"""Run folders as the report writes them, with only what the index reads."""

from __future__ import annotations

import json
from pathlib import Path


def write_run(
    study: Path,
    run: str,
    *,
    run_at: str = "2026-01-31T09:15:02+00:00",
    called: str = "apoptosis/autocrine",
    title: str = "A study",
    inputs: tuple[tuple[str, str | None], ...] = (),
) -> Path:
    """Write ``results/<run>`` of a study and return it."""
    folder = study / "results" / run
    folder.mkdir(parents=True)
    (study / "study.yaml").touch()
    verdict = {
        "study": {"title": title, "compound": "birinapant", "cell_line": "MDA-MB-231"},
        "called": called,
        "probability": 0.97,
        "sentence": "Birinapant kills by apoptosis.",
        "leaves": {called: 0.97, "mixed/autocrine": 0.03},
        "trace": [{"question": "Does the mimetic kill alone?", "answer": "yes", "share": 0.99, "text": ""}],
        "findings": [{"code": "z_prime_low", "severity": "warning", "text": "Z' is 0.35.", "subject": "plate1"}],
        "advice": [{"add": "SM+anti-TNF", "why": "it tells whose TNF it is", "expected_gain": None}],
    }
    manifest = {
        "run": run,
        "run_at": run_at,
        "content_hash": "ab" * 32,
        "avpi": "0.1.0",
        "inputs": [{"name": name, "size_bytes": 1, "sha256": digest} for name, digest in inputs],
    }
    (folder / "verdict.json").write_text(json.dumps(verdict), "utf-8")
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (folder / "report.html").write_text("<!doctype html>", "utf-8")
    return folder
