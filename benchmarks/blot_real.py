"""Real blots and gels: lanes and bands against places checked by eye, volumes against ImageJ, known masses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from avpi.blot.ladder import check_amounts, read_ladder
from avpi.blot.lanes import find_lanes
from avpi.blot.loose import declare_blot, quantify_blot
from avpi.blot.polarity import as_signal
from avpi.formats.blot_image import read_blot_image
from avpi.study.overrides import Overrides

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "blots"
IMAGEJ_WITHIN, MASSES_WITHIN = 0.03, 0.08
OF_A_PITCH = 0.25
"""A lane is found where it lies this near to where the eye sees it."""


def real_rows() -> list[dict[str, Any]]:
    """Return what real images give; nothing where they are not here."""
    if not DATA.is_dir():
        return [{"what": "real images", "value": "not beside the checkout", "goal": "", "met": None}]
    manifest = json.loads((DATA / "manifest.json").read_text("utf-8"))
    polarity = lanes = asked = 0
    missed = []
    for name, entry in manifest.items():
        image = read_blot_image(DATA / name, name)
        for band, seen in entry["bands"].items():
            x = np.array([lane["x"] for lane in seen["lanes"]])
            row = float(np.median([lane["y"] for lane in seen["lanes"]]))
            found = quantify_blot(
                image, None, declare_blot(entry["n_lanes"], source=name, target_row=row), Overrides()
            ).measured
            asked += x.size
            if found is None:
                missed.append(f"{name} {band}")
                continue
            polarity += found.target.picture.signal.polarity == entry["polarity_of_stored_values"]
            at = np.array([volume.box.x_px for volume in found.target.volumes])
            right = np.abs(at - x) < OF_A_PITCH * float(np.median(np.diff(x)))
            lanes += int(right.sum())
            if not right.all():
                missed.append(f"{name} {band}: {int(right.sum())} of {x.size}")
    bands = sum(len(entry["bands"]) for entry in manifest.values())
    worst = max(_actin_errors())
    return [
        {"what": f"real images: polarity{' (' + '; '.join(missed) + ')' if missed else ''}",
         "value": f"{polarity}/{bands}", "goal": "all", "met": polarity == bands},
        {"what": "real images: lanes", "value": f"{lanes}/{asked}", "goal": "all", "met": lanes == asked},
        {"what": "raw actin blot over its mean, largest difference from ImageJ (local background)",
         "value": round(worst, 4), "goal": f"<= {IMAGEJ_WITHIN:.0%}", "met": worst <= IMAGEJ_WITHIN},
        *_ladder_rows(),
    ]  # fmt: skip


def _actin_errors() -> list[float]:
    """Return how far each lane's actin, over the mean of the lanes, lies from ImageJ's."""
    name = "csitron_antiActin_20240710_Ch_Chemi.tif"
    table = csv.DictReader((DATA / "imagej_1.53t_reference.csv").read_text("utf-8-sig").splitlines())
    theirs = np.array([float(r["ij_rect_localbg"]) for r in table if r["image"] == name and r["band"] == "actin"])
    image = read_blot_image(DATA / name, name)
    measured = quantify_blot(image, None, declare_blot(8, source=name, target_row=896.0), Overrides()).measured
    assert measured is not None
    ours = np.array([volume.volume for volume in measured.target.volumes])
    return [float(error) for error in np.abs(ours / ours.mean() / (theirs / theirs.mean()) - 1)]


def _ladder_rows() -> list[dict[str, Any]]:
    table = list(csv.reader((DATA / "gelgenie_ladder_truth.csv").read_text("utf-8").splitlines()))[1:]
    image = read_blot_image(DATA / "gelgenie_ladder_reference_gel.tif", "gel.tif")
    signal = as_signal(image)
    found = find_lanes(signal.values, 4)
    lanes = read_ladder(signal.values, found.x_px, found.pitch_px, (1, 2, 3, 4), [float(line[1]) for line in table])
    errors = [check_amounts(lane, [float(line[2]) for line in table]).median_error for lane in lanes]
    said = " / ".join(f"{error:.1%}" for error in errors)
    return [
        {"what": "19 known masses of a real ladder, median error on each of four lanes", "value": said,
         "goal": f"<= {MASSES_WITHIN:.0%}", "met": max(errors) <= MASSES_WITHIN}
    ]  # fmt: skip
