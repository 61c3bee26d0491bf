"""ImageJ on the same drawn blots: its three usual ways of taking a band's volume, in boxes laid at the true places.

A person lays boxes by eye; here they lie where the bands were drawn, which favours ImageJ. Needs ImageJ (1.53t is
Debian's) and xvfb-run; ``AVPI_IMAGEJ_JAR`` names the jar where it is not Debian's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from avpi.virtual_lab.blot_difficulty import Level
from avpi.virtual_lab.blot_levels import BAND_SD_SHARE, LevelBlot, draw_blot

JAR = Path(os.environ.get("AVPI_IMAGEJ_JAR", "/usr/share/java/ij.jar"))
METHODS = ("rolling ball 50", "local background", "valley to valley")
MACRO = """
setBatchMode(true);
lines = split(File.openAsString(getArgument()), "\\n");
previous = ""; out = "";
for (i = 0; i < lines.length; i++) {
  f = split(lines[i], ",");
  x = parseFloat(f[1]); y = parseFloat(f[2]); w = parseFloat(f[3]); h = parseFloat(f[4]);
  if (f[0] != previous) {
    close("*"); open(f[0]); rename("raw");
    run("Duplicate...", "title=rolled"); run("Subtract Background...", "rolling=50");
    previous = f[0];
  }
  selectWindow("rolled"); makeRectangle(x - w/2, y - h/2, w, h); getStatistics(area, mean); rolled = area * mean;
  selectWindow("raw"); makeRectangle(x - w/2, y - h/2, w, h); getStatistics(area, mean);
  makeRectangle(x - w/2, y - h/2 - h/3, w, h/3); getStatistics(a1, above);
  makeRectangle(x - w/2, y + h/2, w, h/3); getStatistics(a2, below);
  local = area * (mean - (above + below) / 2);
  makeRectangle(x - w/2, y - h, w, 2*h); setKeyDown("alt"); p = getProfile(); setKeyDown("none");
  middle = floor(p.length / 2); left = 0; right = p.length - 1;
  for (k = 0; k < middle; k++) if (p[k] <= p[left]) left = k;
  for (k = middle; k < p.length; k++) if (p[k] < p[right]) right = k;
  valley = 0;
  slope = (p[right] - p[left]) / maxOf(right - left, 1);
  for (k = left; k <= right; k++) valley += p[k] - (p[left] + slope * (k - left));
  out = out + d2s(rolled, 3) + "," + d2s(local, 3) + "," + d2s(valley * w, 3) + "\\n";
}
File.saveString(out, getArgument() + ".out");
"""


def installed() -> bool:
    """Return True where ImageJ and a virtual display are here."""
    return JAR.is_file() and shutil.which("xvfb-run") is not None and shutil.which("java") is not None


def imagej_errors(level: Level, seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return, by method, the error of each treated lane's fraction of vehicle."""
    blots = [draw_blot(level, seed) for seed in seeds]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lines = [line for number, blot in enumerate(blots) for line in _boxes(folder, number, blot)]
        volumes = _measure(folder, lines)
    errors: dict[str, list[float]] = {method: [] for method in METHODS}
    begin = 0
    for blot in blots:
        own = volumes[begin : begin + 2 * blot.lanes].reshape(2, blot.lanes, 3)
        begin += 2 * blot.lanes
        for index, method in enumerate(METHODS):
            errors[method] += _errors(blot, own[0, :, index], own[1, :, index])
    return errors


def _boxes(folder: Path, number: int, blot: LevelBlot) -> list[str]:
    """Write a blot's images; return a line of path, centre and size for each target, then each control."""
    target = folder / f"{number}.tif"
    Image.fromarray(blot.image).save(target)
    control = target
    if blot.control_image is not None:
        control = folder / f"{number}c.tif"
        Image.fromarray(blot.control_image).save(control)
    pitch = float(np.median(np.diff(blot.lane_x_px)))
    size = f"{0.85 * pitch:.0f},{7 * BAND_SD_SHARE * pitch:.0f}"
    return [
        f"{path},{x:.1f},{y:.1f},{size}"
        for path, heights in ((target, blot.target_y_px), (control, blot.control_y_px))
        for x, y in zip(blot.lane_x_px, heights, strict=True)
    ]


def _measure(folder: Path, lines: list[str]) -> np.ndarray:
    """Return (boxes, methods) volumes as ImageJ gives them."""
    asked, macro = folder / "boxes.txt", folder / "boxes.ijm"
    asked.write_text("\n".join(lines), encoding="utf-8")
    macro.write_text(MACRO, encoding="utf-8")
    command = ["xvfb-run", "-a", "java", "-Xmx2g", "-jar", str(JAR), "-batch", str(macro), str(asked)]
    subprocess.run(command, check=True, capture_output=True, timeout=900)
    return np.loadtxt(f"{asked}.out", delimiter=",", ndmin=2)


def _errors(blot: LevelBlot, target: np.ndarray, control: np.ndarray) -> list[float]:
    vehicles = [number - 1 for number in blot.vehicle]
    with np.errstate(divide="ignore", invalid="ignore"):
        loaded = target / control
        ratio = loaded / loaded[vehicles].mean()
    treated = [i for i in range(blot.lanes) if i not in vehicles and blot.loading[i] > 0]
    return [float(abs(ratio[i] - blot.amounts[i])) for i in treated]
