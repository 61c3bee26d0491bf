"""One file cannot be two experiments, nor two conditions."""

from __future__ import annotations

from pathlib import Path

from avpi.study.manifest import record_inputs
from avpi.study.read import read_study
from avpi.study.repeats import independent_parts

STUDY = """\
schema: 1
title: t
compound: birinapant
cell_line: x
working_dose: 100 nM
experiments: [a, b]
blots:
- {name: blot a, experiment: a, image: raw/blot.tif, target: cIAP1, target_row: 155, lanes: [{time: 0 h}]}
- {name: blot b, experiment: b, image: raw/copy.tif, target: cIAP1, target_row: 156, lanes: [{time: 0 h}]}
plates:
- {name: p1, experiment: a, file: raw/p.csv, layout: raw/l.csv}
- {name: p2, experiment: b, file: raw/p.csv, plate: X, layout: raw/l.csv}
- {name: q1, experiment: a, file: raw/q.csv, plate: X, layout: raw/l.csv}
- {name: q2, experiment: b, file: raw/q.csv, plate: Y, layout: raw/l.csv}
samples:
- {name: s1, experiment: a, file: raw/s.fcs, condition: DMSO}
- {name: s2, experiment: a, file: raw/s.fcs, condition: SM}
"""


def test_the_same_data_count_once_however_they_are_declared(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    for name, content in {
        "blot.tif": "b",
        "copy.tif": "b",
        "p.csv": "p",
        "q.csv": "q",
        "s.fcs": "s",
        "l.csv": "l",
    }.items():
        (tmp_path / "raw" / name).write_text(content)
    (tmp_path / "study.yaml").write_text(STUDY)
    study = read_study(tmp_path)
    names, findings = independent_parts(study, record_inputs(study))
    assert names == {"blot a", "p1", "q1", "q2", "s1"}
    assert {f.subject: f.code for f in findings} == {
        "blot b": "pseudoreplication",
        "p2": "pseudoreplication",
        "s2": "same_data_twice",
    }
