"""A study put together from real instrument files, none of which belongs to this repository.

A drug time course on one membrane probed three times (stored mirrored, partly saturated in the second probe), a
CellTiter-Glo plate pair with the template that its laboratory kept, and three files of a caspase-3 assay. They are of
three laboratories and three questions, so no call is possible: the point is that every number is true and
that the verdict names what is missing.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from python_calamine import CalamineWorkbook

BLOTS = ("blotbench_parp.tif", "blotbench_trail.tif", "blotbench_actin.tif")
PLATES = ("H0109269D00.csv", "H0109269D01.csv", "Project40.treated.template.xlsx", "Project40.untreated.template.xlsx")
CELLS = tuple(f"fas-Bcl2-plate323-04-04.A0{i}" for i in (1, 2, 3))
COMPOUND = "G02948255"

STUDY = """\
schema: 1
title: Real files through the same door
compound: {compound}
cell_line: mixed sources
working_dose: 10 uM
experiments: [blotbench, gdr, fas]
reagents:
{reagents}
blots:
- name: parp
  experiment: blotbench
  membrane: m1
  image: raw/blotbench_parp.tif
  target: PARP
  target_row: 72
  neighbours: [{{name: cleaved-PARP, side: below}}]
  loading_control: {{name: actin, image: raw/blotbench_actin.tif, row: 220}}
  mirrored: true
  lanes: &lanes
  - {{time: 0 h}}
  - {{time: 24 h}}
  - {{time: 48 h}}
  - {{time: 72 h}}
- name: trail
  experiment: blotbench
  membrane: m1
  image: raw/blotbench_trail.tif
  target: TRAIL-protein
  target_row: 312
  loading_control: {{name: actin, image: raw/blotbench_actin.tif, row: 220}}
  mirrored: true
  lanes:
  - {{time: 0 h}}
  - {{time: 24 h}}
  - {{time: 48 h}}
  - {{time: 72 h}}
plates:
- name: untreated
  experiment: gdr
  file: raw/H0109269D00.csv
  time_zero: true
  layout: {{file: raw/Project40.untreated.template.xlsx, blank_header: true, unlabelled: vehicle}}
- name: treated
  experiment: gdr
  file: raw/H0109269D01.csv
  time: 120 h
  layout:
    file: raw/Project40.treated.template.xlsx
    blank_header: true
    columns: {{reagent: gnumber, dose: concentration}}
    dose_unit: uM
    unlabelled: vehicle
cytometry:
  readout: caspase-3
  channels: {{caspase-3: FL4-H}}
samples:
- {{name: A01, experiment: fas, file: raw/fas-Bcl2-plate323-04-04.A01, condition: DMSO}}
- {{name: A02, experiment: fas, file: raw/fas-Bcl2-plate323-04-04.A02, condition: DMSO}}
- {{name: A03, experiment: fas, file: raw/fas-Bcl2-plate323-04-04.A03, condition: DMSO}}
""".replace(" &lanes", "")


def make_real_study(shared_data: Path, folder: Path) -> Path:
    """Copy the files into a study folder outside the repository and declare them."""
    raw = folder / "raw"
    raw.mkdir(parents=True)
    envision = shared_data / "plate_readers" / "envision_gdr_ctg384"
    for source, names in (
        (shared_data / "blots", BLOTS),
        (envision, PLATES),
        (shared_data / "fcs" / "apoptosis_fas_caspase3", CELLS),
    ):
        for name in names:
            shutil.copyfile(source / name, raw / name)
    sheet = CalamineWorkbook.from_path(str(envision / PLATES[2])).get_sheet_by_name("gnumber")
    compounds = sorted({str(cell) for row in sheet.to_python() for cell in row if cell} - {COMPOUND})
    reagents = "\n".join(f"  {name}: {{role: other}}" for name in compounds)
    (folder / "study.yaml").write_text(STUDY.format(compound=COMPOUND, reagents=reagents), "utf-8")
    return folder
