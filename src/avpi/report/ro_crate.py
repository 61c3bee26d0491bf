"""``ro-crate-metadata.json``: the run as a Process Run Crate, written directly as JSON-LD.

RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) with the profile Process Run Crate 0.5
(https://w3id.org/ro/wfrun/process/0.5): one ``CreateAction`` whose instrument is avpi, whose objects are the
inputs and whose results are the files of this folder. Inputs lie outside the crate (beside the results folder), so
they are described by name, size and sha256 and not as payload.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from avpi.report.provenance import avpi_version
from avpi.result import Result

CRATE = "https://w3id.org/ro/crate/1.1"
PROCESS_RUN = "https://w3id.org/ro/wfrun/process/0.5"
MEDIA = {
    ".parquet": "application/vnd.apache.parquet",
    ".jsonl": "application/jsonl",
    ".csv": "text/csv",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
    ".html": "text/html",
}
NAMES = {
    "report.html": "Report",
    "verdict.json": "Verdict, machine-readable",
    "manifest.json": "Manifest of inputs, versions, seeds and parameters",
    "log.jsonl": "Log of the run",
}


def ro_crate(
    result: Result, *, command: Sequence[str], run: str, run_at: str, outputs: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the crate's metadata.

    Parameters
    ----------
    outputs : files of the folder, each with ``name`` and, where known, ``size_bytes`` and ``sha256``.
    """
    inputs = [_input(i.name, i.size, i.sha256) for i in result.manifest.inputs]
    files = [_output(entry) for entry in outputs]
    refer = [{"@id": entity["@id"]} for entity in files]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"avpi results: {result.study.title}",
        "description": f"{result.verdict.sentence} For research use only.",
        "datePublished": run_at,
        "identifier": run,
        "conformsTo": {"@id": PROCESS_RUN},
        "hasPart": refer,
        "mentions": [{"@id": "#run"}],
    }
    action = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"avpi run of {result.study.title}",
        "description": " ".join(command),
        "endTime": run_at,
        "instrument": {"@id": "#avpi"},
        "object": [{"@id": entity["@id"]} for entity in inputs],
        "result": refer,
        "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
    }
    return {
        "@context": f"{CRATE}/context",
        "@graph": [_descriptor(), root, _profile(), _software(), action, *inputs, *files],
    }


def _descriptor() -> dict[str, Any]:
    return {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": CRATE},
    }


def _profile() -> dict[str, Any]:
    return {"@id": PROCESS_RUN, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}


def _software() -> dict[str, Any]:
    return {"@id": "#avpi", "@type": "SoftwareApplication", "name": "avpi", "softwareVersion": avpi_version()}


def _input(name: str, size: int | None, sha256: str | None) -> dict[str, Any]:
    entity = {"@id": f"#input/{quote(name)}", "@type": "MediaObject", "name": name}
    if size is None:
        return {**entity, "description": "Declared in study.yaml and not found."}
    return {**entity, "contentSize": str(size), "sha256": sha256}


def _output(entry: Mapping[str, Any]) -> dict[str, Any]:
    name = str(entry["name"])
    suffix = "." + name.rsplit(".", 1)[-1]
    entity = {
        "@id": quote(name),
        "@type": "File",
        "name": NAMES.get(name, name),
        "encodingFormat": MEDIA.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream"),
    }
    known = {"contentSize": str(entry["size_bytes"]), "sha256": entry["sha256"]} if "sha256" in entry else {}
    return {**entity, **known}
