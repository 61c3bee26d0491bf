"""Every example in tests/data/formats comes out as its ``expected.yaml`` says, each value in the well it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from avpi.errors import FileFormatError
from avpi.formats.plate_file import program_readers, read_plate_file, reading_to_json
from avpi.readings import PlateReading, parse_well
from tests.formats.plate_texts import value_of

EXAMPLES = Path(__file__).resolve().parents[1] / "data" / "formats"


def expectations() -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for listed in sorted(EXAMPLES.glob("*/expected.yaml")):
        entries: dict[str, dict[str, Any]] = yaml.safe_load(listed.read_text("utf-8"))
        found += [(listed.parent / name, entry) for name, entry in entries.items()]
    return found


def case_name(value: object) -> str:
    return f"{value.parent.name}/{value.name}" if isinstance(value, Path) else ""


READ = [(path, entry) for path, entry in expectations() if "refused" not in entry]
REFUSED = [(path, entry) for path, entry in expectations() if "refused" in entry]


@pytest.mark.parametrize(("path", "entry"), READ, ids=case_name)
def test_an_example_is_read_as_expected(path: Path, entry: dict[str, Any]) -> None:
    reading = read_plate_file(path, path.name)
    assert reading.reader == entry["reader"]
    found = [
        [plate.name, read.name, read.kind, read.mode, read.unit, len(read.wells())]
        for plate in reading.plates
        for read in plate.reads
    ]
    assert found == entry["reads"]
    assert sorted({caveat.code for caveat in reading.caveats}) == sorted(entry.get("caveats", []))
    assert overflow_of(reading) == entry.get("overflow", [])


@pytest.mark.parametrize(("path", "entry"), READ, ids=case_name)
def test_every_value_of_an_example_stands_in_the_well_that_it_names(path: Path, entry: dict[str, Any]) -> None:
    for plate in read_plate_file(path, path.name).plates:
        for read in plate.reads:
            for well, value in read.wells().items():
                at = parse_well(well)
                assert at is not None
                assert int(value) == value_of(*at), f"{entry['reader']}: {plate.name}, {read.name}, {well}"


@pytest.mark.parametrize(("path", "entry"), REFUSED, ids=case_name)
def test_an_example_that_cannot_be_placed_is_refused(path: Path, entry: dict[str, Any]) -> None:
    with pytest.raises(FileFormatError) as caught:
        read_plate_file(path, path.name)
    assert entry["refused"] in str(caught.value)


def test_every_example_has_its_expectation() -> None:
    listed = {path for path, _ in expectations()}
    folders = {path.parent for path in EXAMPLES.glob("*/expected.yaml")}
    there = {path for folder in folders for path in folder.iterdir() if path.name != "expected.yaml"}
    assert there == listed


def test_every_program_that_is_read_has_an_example() -> None:
    with_examples = {folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()}
    assert {reader.name.lower().replace(" ", "_") for reader in program_readers()} <= with_examples


def overflow_of(reading: PlateReading) -> list[str]:
    return [
        well for plate in reading_to_json(reading)["plates"] for read in plate["reads"] for well in read["overflow"]
    ]
