"""Study files as text, whole and with one fault each."""

from __future__ import annotations

from pathlib import Path

import pytest

from avpi.errors import Problem, StudyError
from avpi.study.read import Study, read_study

WHOLE = """\
schema: 1
title: Birinapant in MDA-MB-231
compound: birinapant
cell_line: MDA-MB-231
working_dose: 100 nM
doses:
  TNF: 10 ng/mL
reagents:
  Q-VD: {unit: molar, role: caspase_inhibitor}
experiments: [day1, day2]
blots:
  - name: blot1
    experiment: day1
    image: raw/blot1.tif
    target: cIAP1
    loading_control: {name: GAPDH, image: raw/gapdh.tif}
    neighbours: [{name: cIAP2, side: below}]
    lanes:
      - {time: 0}
      - {time: 15 min}
      - {time: 30 min, dose: "1,5 uM"}
      - {time: 4 h, condition: SM + TNF}
plates:
  - name: plate1
    experiment: day1
    file: raw/plate1.csv
    layout: raw/layout.csv
  - name: plate2
    experiment: day2
    file: raw/plate1.csv
    time: 24 h
    layout:
      wells: {A01-A06: DMSO, B01: "birinapant 10 nM + TNF 1 ng/mL", C01: blank}
cytometry:
  channels: {annexin_v: FL1-A}
  controls:
    - {experiment: day1, unstained: raw/unstained.fcs, single_stains: {pi: raw/pi.fcs}}
samples:
  - {name: s1, experiment: day1, file: raw/s1.fcs, condition: SM+zVAD, time: 24 h}
rules:
  kill: 0.25
"""


def write(folder: Path, text: str | bytes, name: str = "study.yaml") -> Path:
    """Write a study file and return its folder."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def changed(old: str, new: str) -> str:
    """Return the whole study with one text changed."""
    assert WHOLE.count(old) >= 1, old
    return WHOLE.replace(old, new, 1)


def line_of(text: str, part: str) -> int:
    """Return the line (from 1) on which a part first stands."""
    return text[: text.index(part)].count("\n") + 1


def read(folder: Path, text: str | bytes) -> Study:
    """Write and read a study."""
    return read_study(write(folder, text))


def problems_of(folder: Path, text: str | bytes) -> tuple[Problem, ...]:
    """Return the problems that a study is refused with."""
    with pytest.raises(StudyError) as caught:
        read(folder, text)
    return caught.value.problems


def told(folder: Path, text: str | bytes) -> list[str]:
    """Return the problems as the user reads them."""
    return [str(problem) for problem in problems_of(folder, text)]
