import hashlib
from pathlib import Path

from avpi.study.manifest import OVERRIDES_FILE, record_inputs
from avpi.study.read import declared_files, read_study
from tests.study.studies import WHOLE, write


def study_with_files(folder: Path) -> Path:
    write(folder, WHOLE)
    (folder / "raw").mkdir()
    for name, _ in declared_files(read_study(folder)):
        (folder / name).write_text(name)
    return folder


def test_every_input_is_recorded_with_its_hash(tmp_path: Path) -> None:
    manifest = record_inputs(read_study(study_with_files(tmp_path)))
    assert manifest.inputs[0].name == "study.yaml"
    assert manifest.inputs[0].size == len(WHOLE.encode())
    image = next(i for i in manifest.inputs if i.name == "raw/blot1.tif")
    assert image.sha256 == hashlib.sha256(b"raw/blot1.tif").hexdigest()


def test_the_seed_follows_the_content_and_nothing_else(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        study_with_files(folder)
    manifests = [record_inputs(read_study(folder)) for folder in (first, second)]
    assert manifests[0] == manifests[1]
    (second / "raw/plate1.csv").write_text("other")
    assert record_inputs(read_study(second)).seed != manifests[0].seed
    (first / OVERRIDES_FILE).write_text("")
    assert record_inputs(read_study(first)).seed != manifests[0].seed
    assert 0 <= manifests[0].seed < 2**64


def test_a_missing_input_is_recorded_as_missing(tmp_path: Path) -> None:
    study = read_study(study_with_files(tmp_path))
    (tmp_path / "raw/s1.fcs").unlink()
    lost = next(i for i in record_inputs(study).inputs if i.name == "raw/s1.fcs")
    assert (lost.size, lost.sha256) == (None, None)
