"""A study small enough to run in seconds: one simulated blot and one plate, as raw files."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from avpi.virtual_lab.studies import make_study

STUDY = """schema: 1
title: A small study
compound: birinapant
cell_line: simulated
working_dose: 100 nM
doses: {zVAD: 20 uM, Nec-1s: 10 uM}
experiments: [exp1]
blots:
  - name: blot1
    experiment: exp1
    image: raw/exp1_cIAP1.tif
    target: cIAP1
    loading_control: {name: actin, image: raw/exp1_actin.tif}
    lanes: [{time: 0 min}, {time: 15 min}, {time: 30 min}, {time: 1 h}, {time: 4 h}, {time: 24 h}]
plates:
  - name: plate1
    experiment: exp1
    file: raw/exp1_plate_guide.csv
    layout: {file: raw/exp1_layout_guide.toml, unlabelled: empty}
"""


def make_small_study(folder: Path) -> Path:
    """Write the study and return its folder."""
    (folder / "raw").mkdir(parents=True)
    for path in (_whole_study() / "raw").glob("exp1_*"):
        if path.suffix != ".fcs":
            shutil.copy(path, folder / "raw" / path.name)
    (folder / "study.yaml").write_text(STUDY, "utf-8")
    return folder


@cache
def _whole_study() -> Path:
    """Simulate the study that the files are taken from, once: its bytes are the same each time."""
    folder = Path(tempfile.mkdtemp(prefix="avpi-small-study-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_study("no-tnf-arms", folder / "study")
    return folder / "study"


def change(study: Path, old: str, new: str) -> None:
    """Replace a text in study.yaml that stands there once."""
    path = study / "study.yaml"
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
