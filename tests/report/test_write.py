"""A run is written whole, the same twice, and never harms the run before it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

import avpi.report.figures
import avpi.report.page
from avpi.errors import InputError
from avpi.report.machine import verdict_json
from avpi.report.provenance import TIMED_FILES
from avpi.report.write import RunFolder, write_results
from avpi.result import Result
from tests.report.conftest import COMMAND


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the figures out where a test does not look at them."""
    monkeypatch.setattr(avpi.report.figures, "draw_figures", lambda *_, **__: {"": []})
    monkeypatch.setattr(avpi.report.page, "page", lambda *_, **__: "<!doctype html>")


def test_the_run_folder_holds_the_report_and_its_machine_twins(written: RunFolder) -> None:
    for name in ("report.html", "verdict.json", "manifest.json", "ro-crate-metadata.json", "log.jsonl"):
        assert (written.path / name).stat().st_size > 0
    assert written.report.parent == written.path
    assert {p.stem for p in written.tables.glob("*.csv")} == {p.stem for p in written.tables.glob("*.parquet")}


def test_the_same_inputs_give_the_same_bytes_except_for_the_time_and_the_run(
    made: Result, written: RunFolder, tmp_path: Path
) -> None:
    again = write_results(made, tmp_path, command=COMMAND, run="second")
    first, second = contents(written.path), contents(again.path)
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} == set(TIMED_FILES)
    manifests = [json.loads(content["manifest.json"]) for content in (first, second)]
    assert {k for k in manifests[0] if manifests[0][k] != manifests[1][k]} == {"run", "run_at"}


def test_a_fault_in_the_middle_leaves_the_run_before_whole(
    made: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_figures: None
) -> None:
    before = write_results(made, tmp_path, command=COMMAND, run="run")
    held = contents(before.path)

    def burst(*_: object, **__: object) -> str:
        raise RuntimeError

    monkeypatch.setattr(avpi.report.page, "page", burst)
    for run in ("run", "next"):
        with pytest.raises(RuntimeError):
            write_results(made, tmp_path, command=COMMAND, run=run)
    assert contents(before.path) == held
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_folder_that_cannot_be_written_is_told_with_its_remedy(
    made: Result, tmp_path: Path, no_figures: None
) -> None:
    (tmp_path / "results").write_text("a file where the folder should be")
    with pytest.raises(InputError, match=r"cannot be written.*choose a folder"):
        write_results(made, tmp_path / "results", command=COMMAND, run="run")


def test_the_log_has_a_line_a_step_with_its_time(made: Result, tmp_path: Path, no_figures: None) -> None:
    times = iter(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=i) for i in range(100))
    run = write_results(made, tmp_path, command=COMMAND, run="run", clock=lambda: next(times))
    lines = [json.loads(line) for line in (run.path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == ["started", "tables", "figures", "report", "finished"]
    assert lines[0]["at"] == "2026-01-01T00:00:00.000+00:00"
    assert json.loads(run.manifest.read_text())["run_at"] == lines[-1]["at"]


def test_the_verdict_file_is_strict_json_with_all_that_is_behind_the_call(made: Result, written: RunFolder) -> None:
    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    loaded = json.loads(written.verdict_json.read_text("utf-8"), parse_constant=refuse)
    assert loaded == verdict_json(made)
    assert {
        "schema", "called", "probability", "leaves", "reason", "sentence", "flags", "effects", "trace", "nodes",
        "findings", "advice", "missing", "tree_version", "rules", "seed", "draws", "experiments",
    } <= loaded.keys()  # fmt: skip
    unmeasured = next(e for e in loaded["effects"] if e["name"] == "rescue_anti_tnf:SM")
    assert unmeasured["estimate"]["value"] is None
    assert unmeasured["estimate"]["state"] == "missing"
    assert list(loaded["leaves"]) == list(made.verdict.leaves)


def test_the_manifest_tells_what_went_in_and_what_computed_it(made: Result, written: RunFolder) -> None:
    manifest = json.loads(written.manifest.read_text("utf-8"))
    assert manifest["command"] == list(COMMAND)
    assert manifest["inputs"] == [
        {"name": i.name, "size_bytes": i.size, "sha256": i.sha256} for i in made.manifest.inputs
    ]
    assert manifest["parameters"]["rules"]["kill"] == 0.3
    assert {"numpy", "matplotlib", "pandas"} <= manifest["dependencies"].keys()
    listed = {entry["name"] for entry in manifest["outputs"]}
    assert listed == contents(written.path).keys() - set(TIMED_FILES)


def test_the_crate_is_a_process_run_crate_that_rocrate_reads(written: RunFolder) -> None:
    crate = ROCrate(written.path)
    action = crate.get("#run")
    assert action.type == "CreateAction"
    assert action["instrument"].id == "#avpi"
    assert {part["name"] for part in action["object"]} == {"study.yaml", "raw/blot1.tif"}
    described = {entity.id for entity in crate.data_entities}
    assert described == contents(written.path).keys() - {"ro-crate-metadata.json"}
    assert crate.root_dataset["conformsTo"].id == "https://w3id.org/ro/wfrun/process/0.5"
