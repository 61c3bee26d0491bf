"""Plans for the tests: small requests, plans in folders, and a study that makes every mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from avpi.planning.design import make_design
from avpi.planning.dose_series import find_potency
from avpi.planning.plan_file import Plan, read_plan
from avpi.planning.request import Request
from avpi.planning.write_plan import write_plan
from avpi.study.read import Study, read_study

BAD_STUDY = """schema: 1
title: Everything at once
compound: birinapant
cell_line: HT-29
working_dose: 100 nM
experiments: [day 1, day 2]
blots:
  - name: blot day 1
    experiment: day 1
    image: raw/blot1.tif
    target: cIAP1
    loading_control: {name: GAPDH}
    lanes: [{time: 24 h, dose: 0 M}, {time: 24 h}]
plates:
  - name: plate day 1
    experiment: day 1
    file: raw/plate.csv
    layout: {wells: {A1-A3: DMSO, B1-B3: SM, C1-C3: SM+zVAD, D1-D3: SM+zVAD+Nec-1}}
  - name: plate day 2
    experiment: day 2
    file: raw/plate.csv
    layout: {wells: {A1-A3: DMSO, B1-B3: SM, C1-C3: SM+zVAD, D1-D3: SM+zVAD+Nec-1}}
"""


def request(**changes: Any) -> Request:
    """Return a request for the extended matrix of birinapant in HT-29, with changes."""
    usual: dict[str, Any] = {
        "compound": "birinapant", "cell_line": "HT-29", "working_dose_molar": 1e-7,
        "potency": find_potency("birinapant"),
    }  # fmt: skip
    return Request(**{**usual, **changes})


def planned(folder: Path, **changes: Any) -> Plan:
    """Write a plan and read it back."""
    asked = request(**changes)
    write_plan(asked, make_design(asked), folder)
    return read_plan(folder)


def bad_study(folder: Path) -> Study:
    """Write a study with inhibitor arms without TNF, no single agents, 24 h lysates alone, one plate used twice."""
    folder.mkdir()
    (folder / "study.yaml").write_text(BAD_STUDY, "utf-8")
    return read_study(folder)
