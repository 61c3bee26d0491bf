# ruff: noqa: E501 - a case and its message stand on one line
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avpi.errors import Problem, StudyError
from avpi.names import Addition, Condition
from avpi.study.read import declared_files, missing_files, read_study
from avpi.study.schema import Layout
from tests.study.studies import WHOLE, changed, line_of, problems_of, read, told, write


def test_a_whole_study_is_read(tmp_path: Path) -> None:
    study = read(tmp_path, WHOLE)
    assert study.title == "Birinapant in MDA-MB-231"
    assert study.experiments == ("day1", "day2")
    assert study.working_dose_molar == 1e-7
    assert [lane.time for lane in study.blots[0].lanes] == [0.0, 15.0, 30.0, 240.0]
    assert study.plates[1].minutes_after_dose == 1440.0
    assert isinstance(study.plates[1].layout, Layout)
    assert study.plates[0].layout == "raw/layout.csv"
    assert study.rules.kill == 0.25
    assert study.cytometry.controls[0].single_stains == {"pi": "raw/pi.fcs"}


def test_lanes_are_conditions(tmp_path: Path) -> None:
    study = read(tmp_path, WHOLE)
    found = [study.lane_condition(lane) for lane in study.blots[0].lanes]
    assert found == [
        Condition.DMSO,
        Condition.of(Addition("SM", 1e-7)),
        Condition.of(Addition("SM", 1.5e-6)),
        Condition.of(Addition("SM", 1e-7), Addition("TNF", 10.0)),
    ]


def test_the_file_itself_or_its_folder_may_be_named(tmp_path: Path) -> None:
    write(tmp_path, WHOLE)
    assert read_study(tmp_path) == read_study(tmp_path / "study.yaml")


def test_another_name_of_the_file_is_kept(tmp_path: Path) -> None:
    write(tmp_path, WHOLE, "other.yml")
    study = read_study(tmp_path / "other.yml")
    assert study.source == "other.yml"
    assert str(missing_files(study)[0]).startswith("other.yml:")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("cell_line:", "cellline:", "'cellline' is not a known key. Did you mean 'cell_line'?"),
        ("image: raw/blot1.tif", "image: raw/blot1.tif\n    mirored: true", "'blots.0.mirored' is not a known key. Did you mean 'mirrored'?"),
        ("{time: 15 min}", "{tme: 15 min}", "'blots.0.lanes.1.tme' is not a known key. Did you mean 'time'?"),
        ("layout:\n      wells:", "layout:\n      well:", "'plates.1.layout.well' is not a known key. Did you mean 'wells'?"),
        ("unstained:", "unstaind:", "'cytometry.controls.0.unstaind' is not a known key. Did you mean 'unstained'?"),
        ("kill: 0.25", "kil: 0.25", "'rules.kil' is not a known key. Did you mean 'kill'?"),
        ("role: caspase", "rol: caspase", "'reagents.Q-VD.rol' is not a known key. Did you mean 'role'?"),
        ("schema: 1", "schema: 2", "'schema' is '2'. Expected 1."),
        ("title: Birinapant in MDA-MB-231", "title: 2024", """'title' is '2024'. Expected text. Put it in quotes: "2024"."""),
        ("cell_line: MDA-MB-231", "cell_line: no", """'cell_line' is 'no'. Expected text. YAML reads it as false; put it in quotes: "no"."""),
        ("cell_line: MDA-MB-231", "cell_line:", "'cell_line' is empty. Expected text."),
        ("cell_line: MDA-MB-231", 'cell_line: ""', "'cell_line' is empty. Expected some text."),
        ("experiments: [day1, day2]", "experiments: day1", "'experiments' is 'day1'. Expected a list, each entry after '- '."),
        ("experiments: [day1, day2]", "experiments: [day1, day2, 2]", """'experiments.2' is '2'. Expected text. Put it in quotes: "2"."""),
        ("experiments: [day1, day2]", "experiments: [day1, day2, a/b]", "'experiments.2' is 'a/b'. Expected a name without '/'"),
        ("kill: 0.25", "kill: 30 %", "'rules.kill' is '30 %'. Expected a number such as 0.5."),
        ("kill: 0.25", "kill: 1.5", "'rules.kill' is '1.5'. Expected a number of at most 1."),
        ("kill: 0.25", "draws: 10", "'rules.draws' is '10'. Expected a number of at least 1000."),
        ("kill: 0.25", "call: 0.5", "'rules.call' is '0.5'. Expected a number above 0.5."),
        ("kill: 0.25", "kill: .nan", "'rules.kill' is '.nan'. Expected a number such as 0.5."),
        ("kill: 0.25", "engaged: 0.4", "'rules.partially_engaged' is '0.5' and 'rules.engaged' is '0.4'"),
        ("side: below", "side: belw", "'blots.0.neighbours.0.side' is 'belw'. Expected 'above' or 'below'. Did you mean 'below'?"),
        ("working_dose: 100 nM", "working_dose: 100", "'working_dose': '100' has no unit: write it with one, such as '100 nM'."),
        ("working_dose: 100 nM", "working_dose: 100 nm", "'working_dose': 'nm' is not a unit that avpi knows: use one such as '100 nM'. Did you mean 'nM'?"),
        ("working_dose: 100 nM", "working_dose: 30 min", "'working_dose': '30 min' is a time, not a concentration such as '100 nM'."),
        ("working_dose: 100 nM", "working_dose: 1,000 nM", "'working_dose': '1,000' may be 1000 or 1.000: write it without the comma, or set `decimal:`"),
        ("working_dose: 100 nM", "working_dose: [100 nM]", "'working_dose': is not one value: write a number with its unit"),
        ("working_dose: 100 nM", "working_dose:", "'working_dose': is empty: write a number with its unit"),
        ("working_dose: 100 nM", "working_dose: -1 nM", "'working_dose': '-1 nM' is negative."),
        ("time: 15 min", "time: 15", "'blots.0.lanes.1.time': '15' has no unit: write it with one, such as '30 min'."),
        ("time: 24 h\n", "time: 24 hous\n", "'plates.1.time': 'hous' is not a unit that avpi knows"),
        ("TNF: 10 ng/mL", "TNFF: 10 ng/mL", "'doses.TNFF': 'TNFF' is not a known reagent or condition. Did you mean 'TNF'?"),
        ("TNF: 10 ng/mL", "TNF: 10 nM", "'doses.TNF': '10 nM' is a concentration, not a concentration by mass such as '10 ng/mL'."),
        ("TNF: 10 ng/mL", "birinapant: 10 nM", "'doses.birinapant': the compound's dose is `working_dose`. Leave it out here."),
        ("TNF: 10 ng/mL", "RIPK3-loss: 10 nM", "'doses.RIPK3-loss': 'RIPK3-loss' has no dose, and '10 nM' stands beside it."),
        ("Q-VD:", "TNF:", "'TNF' is a known reagent already. Give its dose under `doses:`."),
        ("Q-VD:", "Q+VD:", "'Q+VD' cannot be the name of a reagent. Expected a name without '+'."),
        ("SM + TNF}", "SM + TFN}", "'blots.0.lanes.3.condition': 'TFN' is not a known reagent or condition. Did you mean 'TNF'?"),
        ("TNF 1 ng/mL", "TNF 1 nM", "'plates.1.layout.wells.B01': '1 nM' is a concentration, not a concentration by mass"),
        ("condition: SM+zVAD", "condition: SM+SM", "'samples.0.condition': 'SM+SM' names SM twice."),
        ("C01: blank", "C01: blnk", "'plates.1.layout.wells.C01': 'blnk' is not a known reagent or condition."),
        ("target: cIAP1", "target: cIAP3", "'blots.0.target': 'cIAP3' is not a known protein. Expected one such as 'cIAP1',"),
        ("name: GAPDH", "name: GADPH", "Did you mean 'GAPDH'?"),
        ("cytometry:\n", "cytometry:\n  readout: anexin\n", "'cytometry.readout': 'anexin' is not a known readout."),
        ("experiment: day1\n    image", "experiment: dya1\n    image", "'blots.0.experiment': 'dya1' is not one of the experiments. Expected one of 'day1', 'day2'. Did you mean 'day1'?"),
        ("{experiment: day1, unst", "{experiment: day9, unst", "'cytometry.controls.0.experiment': 'day9' is not one of the experiments."),
        ("experiments: [day1, day2]", "experiments: [day1, day2, day1]", "experiment 'day1' is named twice. Expected each independent experiment once."),
        ("name: plate1", "name: blot1", "'blot1' is the name of blots.0 already. Expected each name once in the study."),
        ("raw/blot1.tif", "../blot1.tif", "'blots.0.image': '../blot1.tif' leaves the study folder. Expected a path below it, such as 'raw/blot1.tif'."),
        ("raw/blot1.tif", "/data/blot1.tif", "'/data/blot1.tif' is an absolute path and leaves the study folder."),
        ("raw/blot1.tif", r"C:\data\blot1.tif", r"'C:\data\blot1.tif' is an absolute path"),
        ("raw/blot1.tif", r"raw\blot1.tif", "holds a backslash. Expected a path below it, such as 'raw/blot1.tif'. Write 'raw/blot1.tif'."),
        ("raw/blot1.tif", "raw/a/../../../b.tif", "leaves the study folder"),
        ("raw/blot1.tif", r'"raw/\x00.tif"', "holds a control character"),
        ("layout: raw/layout.csv", "layout: 7", "'plates.0.layout' is '7'. Expected the path of a layout file, or a mapping with 'file' or 'wells'."),
        ("layout: raw/layout.csv", "layout: [raw/layout.csv]", "'plates.0.layout' is a list. Expected the path of a layout file, or a mapping with 'file' or 'wells'."),
        ("layout: raw/layout.csv", "layout: {origin: B02}", "'plates.0.layout' has neither 'file' nor 'wells'. Expected one of them."),
        ("layout: raw/layout.csv", "layout: {file: l.csv, origin: 02B}", "'plates.0.layout.origin': '02B' is not a well. Expected 'auto' or a well such as 'A01'."),
        ("layout: raw/layout.csv", "layout: {file: l.csv, dose_unit: nm}", "'plates.0.layout.dose_unit': 'nm' is not a unit of dose. Expected one such as 'nM' or 'ng/mL'. Did you mean 'nM'?"),
        ("layout: raw/layout.csv", "layout: {file: 7}", """'plates.0.layout.file' is '7'. Expected text. Put it in quotes: "7"."""),
        ("    file: raw/plate1.csv\n    layout: raw", "    layout: raw", "'plates.0.file' is missing. See docs/study-format.md."),
        ("role: caspase_inhibitor", "role: caspase_inhibtor", "'reagents.Q-VD.role': 'caspase_inhibtor' is not a role of a reagent. Expected one of"),
        ("working_dose: 100 nM", "working_dose: 0 nM", "'working_dose' is '0 nM'. Expected a number above 0."),
        ("schema: 1\n", "", "'schema' is missing."),
    ],
)  # fmt: skip
def test_a_fault_is_told_once_where_it_stands(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = changed(old, new)
    messages = told(tmp_path, text)
    assert len(messages) == 1, messages
    assert expected in messages[0]
    place, _, _ = messages[0].partition(": ")
    file, _, line = place.partition(":")
    assert file == "study.yaml"
    # The line is the one that was changed, or, for something missing, the one that should hold it.
    first, last = line_of(WHOLE, old), line_of(WHOLE, old) + old.count("\n") + new.count("\n") + 1
    assert first - 3 <= int(line) <= last, messages[0]


def test_every_problem_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = WHOLE
    for old, new in (
        ("cell_line:", "cellline:"),
        ("working_dose: 100 nM", "working_dose: 100"),
        ("target: cIAP1", "target: cIAP3"),
        ("image: raw/blot1.tif", "image: /blot1.tif"),
        ("name: plate1", "name: 7"),
        ("condition: SM+zVAD", "condition: SM+zVDA"),
    ):
        text = text.replace(old, new, 1)
    problems = problems_of(tmp_path, text)
    lines = [int(problem.place) for problem in problems]
    assert lines == sorted(lines)
    joined = "\n".join(map(str, problems))
    for part in (
        "'cellline'",
        "'100' has no unit",
        "'cIAP3'",
        "'/blot1.tif'",
        "'7'",
        "'zVDA'",
    ):
        assert part in joined
    assert len(problems) == 6


def test_a_study_without_parts_is_refused(tmp_path: Path) -> None:
    head = WHOLE[: WHOLE.index("blots:")]
    assert "declares no blots, plates or samples" in told(tmp_path, head)[0]


def test_a_decimal_comma_is_settled_by_the_study(tmp_path: Path) -> None:
    study = read(tmp_path, changed("working_dose: 100 nM", "decimal: ','\nworking_dose: 1,500 nM"))
    assert study.working_dose_molar == 1.5e-9
    study = read(tmp_path, changed("working_dose: 100 nM", "decimal: '.'\nworking_dose: 1,500 nM"))
    assert study.working_dose_molar == 1.5e-6


def test_yes_and_no_are_booleans_where_booleans_belong(tmp_path: Path) -> None:
    text = changed("target: cIAP1", "target: cIAP1\n    mirrored: yes\n    allow_lossy: no")
    blot = read(tmp_path, text).blots[0]
    assert (blot.mirrored, blot.allow_lossy) == (True, False)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    plain = read(tmp_path, WHOLE).file
    assert read(tmp_path, WHOLE.replace("\n", "\r\n").encode("utf-8-sig")).file == plain
    fault = changed("cell_line:", "cellline:").replace("\n", "\r\n").encode("utf-8-sig")
    assert told(tmp_path, fault) == ["study.yaml:4: 'cellline' is not a known key. Did you mean 'cell_line'?"]


def test_a_missing_study_file_is_told_with_the_way_on(tmp_path: Path) -> None:
    with pytest.raises(
        StudyError, match=r"'study\.yaml' was not found in '.*'\. `avpi init FOLDER` makes a new study\."
    ):
        read_study(tmp_path)


def test_a_misspelt_folder_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "my-study").mkdir()
    with pytest.raises(StudyError, match=r"'my-stdy' was not found.*Did you mean 'my-study'\?"):
        read_study(tmp_path / "my-stdy")


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").mkdir()
    with pytest.raises(StudyError, match=r"'study\.yaml' cannot be read: Is a directory"):
        read_study(tmp_path)


def test_a_file_that_is_no_study_is_told(tmp_path: Path) -> None:
    (tmp_path / "plate.csv").write_text("A,1\n")
    with pytest.raises(StudyError, match="was not found"):
        read_study(tmp_path / "plate.csv")


def test_declared_files_come_once_with_their_line(tmp_path: Path) -> None:
    study = read(tmp_path, WHOLE)
    files = dict(declared_files(study))
    assert list(files) == [
        "raw/blot1.tif", "raw/gapdh.tif", "raw/plate1.csv", "raw/layout.csv", "raw/unstained.fcs", "raw/pi.fcs", "raw/s1.fcs"
    ]  # fmt: skip
    assert files["raw/plate1.csv"] == line_of(WHOLE, "raw/plate1.csv")


def test_a_renamed_file_is_told_with_its_new_name(tmp_path: Path) -> None:
    study = read(tmp_path, WHOLE)
    (tmp_path / "raw").mkdir()
    for name, _ in declared_files(study):
        (tmp_path / name).touch()
    assert missing_files(study) == []
    (tmp_path / "raw/blot1.tif").rename(tmp_path / "raw/blot1.tiff")
    (problem,) = missing_files(study)
    line = line_of(WHOLE, "raw/blot1.tif")
    expected = f"study.yaml:{line}: 'raw/blot1.tif' was not found in the study folder. Did you mean 'raw/blot1.tiff'?"
    assert str(problem) == expected


def test_a_file_that_is_declared_elsewhere_is_not_taken_for_a_renamed_one(tmp_path: Path) -> None:
    study = read(tmp_path, changed("raw/layout.csv", "raw/plate1-layout.csv"))
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/plate1-layout.csv").touch()
    assert not [problem for problem in missing_files(study) if "plate1-layout" in problem.hint]


def test_reading_a_study_is_quick(tmp_path: Path) -> None:
    lanes = "\n".join(f"      - {{time: {i} min, label: lane {i}}}" for i in range(60))
    blot = WHOLE[WHOLE.index("  - name: blot1") : WHOLE.index("    lanes:")]
    blots = "".join(blot.replace("blot1", f"b{i}") + "    lanes:\n" + lanes + "\n" for i in range(6))
    text = WHOLE.replace("blots:\n", "blots:\n" + blots)
    write(tmp_path, text)
    read_study(tmp_path)
    took = []
    for _ in range(5):
        start = time.process_time()  # not the clock: other tests may keep the machine busy
        read_study(tmp_path)
        took.append(time.process_time() - start)
    # 360 lanes, six times a large study; 60 ms is the limit for a usual one.
    assert min(took) < 0.15, took


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_study_with_any_value_replaced_is_read_or_refused_with_lines(tmp_path: Path, data: st.DataObject) -> None:
    lines = WHOLE.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[number].partition(":")
    value = data.draw(
        st.sampled_from(["", "7", "-1.5", "yes", "[a, b]", "{a: b}", "null", "'x'", "1,000 nM", "~/x", "*a", "!t x"])
    )
    lines[number] = f"{key}{colon} {value}"
    problems: tuple[Problem, ...] = ()
    try:
        read(tmp_path, "\n".join(lines))
    except StudyError as error:
        problems = error.problems
    assert all(problem.file == "study.yaml" and problem.place.isdigit() for problem in problems)
    assert all(1 <= int(problem.place) <= len(lines) + 1 for problem in problems)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_no_bytes_make_reading_fail_otherwise_than_with_problems(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(StudyError) as caught:
        read(tmp_path, content)
    assert caught.value.problems
    assert "Traceback" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    write(tmp_path, WHOLE)
    (tmp_path / "study.yaml").chmod(0)
    with pytest.raises(StudyError, match="cannot be read: Permission denied"):
        read_study(tmp_path)
