"""Drawn blots of four levels, read as the command reads them, against what was drawn.

    python benchmarks/blot_levels.py [--level hard] [--blots 25] [--first-seed 0] [--hint] [--list]

For each level: lanes found, target told from its neighbour, error of each treated lane's fraction of vehicle, share of
intervals that hold the truth, calls of "more than 90 % gone", seconds an image.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from avpi.blot.analyse import analyse_blot
from avpi.blot.results import BlotResult
from avpi.errors import NotAnalysed
from avpi.readings import BlotImage
from avpi.study.conditions import ConditionWords
from avpi.study.overrides import Overrides
from avpi.study.schema import Blot, Lane, LoadingControl, Neighbour, Rules
from avpi.virtual_lab.blot_difficulty import LEVELS, Level
from avpi.virtual_lab.blot_levels import LevelBlot, draw_blot

WORDS = ConditionWords(compound="SM", working_doses={"SM": 1e-7})
CALL = 0.10
"""A lane is called lost where less than this fraction of vehicle is left."""
DOUBT = frozenset({"ambiguous_row", "second_band_near_target", "neighbour_not_seen", "row_unknown"})
"""Findings that tell a reader to look at which band was read."""


@dataclass
class Score:
    """What was seen over the blots of one level."""

    blots: int = 0
    refused: list[str] = field(default_factory=list)
    lanes: int = 0
    lanes_right: int = 0
    identities_wrong: int = 0
    silent: int = 0
    errors: list[float] = field(default_factory=list)
    covered: list[bool] = field(default_factory=list)
    covered_low: list[bool] = field(default_factory=list)
    calls: list[bool] = field(default_factory=list)
    worst: list[tuple[float, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def stored(pixels: np.ndarray, source: str) -> BlotImage:
    """Return drawn pixels as a file would give them."""
    return BlotImage(pixels=pixels, bits=16, lossy=False, tag_polarity="unknown", source=source)


def declare(blot: LevelBlot, *, hint: bool) -> Blot:
    """Return what the experimenter says of a drawn blot: lanes, vehicle, perhaps the rows, the neighbour's side."""
    lanes = []
    for number, load in enumerate(blot.loading, start=1):
        if load == 0:
            lanes.append(Lane(empty=True))
        else:
            lanes.append(Lane(condition="DMSO" if number in blot.vehicle else "SM"))
    same = blot.control_image is None
    control = LoadingControl(
        name="actin",
        image=None if same else "control.tif",
        row=blot.control_row_px if hint or same else None,
    )
    sides = () if blot.neighbour_side is None else (Neighbour(name="cIAP2", side=blot.neighbour_side),)
    return Blot(
        name="blot", experiment="day1", image="blot.tif", target="cIAP1", loading_control=control, lanes=tuple(lanes),
        target_row=blot.target_row_px if hint else None, neighbours=sides,
    )  # fmt: skip


def read_drawn(blot: LevelBlot, *, hint: bool) -> BlotResult:
    """Analyse a drawn blot."""
    control = None if blot.control_image is None else stored(blot.control_image, "control.tif")
    return analyse_blot(stored(blot.image, "blot.tif"), control, declare(blot, hint=hint), WORDS, Rules(), Overrides())


def score_blot(score: Score, blot: LevelBlot, seed: int, *, hint: bool) -> None:
    """Add one blot to a score."""
    score.blots += 1
    begin = time.perf_counter()
    try:
        result = read_drawn(blot, hint=hint)
    except NotAnalysed as why:
        score.refused.append(f"{seed}: {why.code}")
        return
    finally:
        score.seconds.append(time.perf_counter() - begin)
    pitch = float(np.median(np.diff(blot.lane_x_px)))
    loaded = [lane.lane - 1 for lane in result.lanes]
    at = np.array([lane.x_px for lane in result.lanes])
    score.lanes += len(loaded)
    score.lanes_right += int(np.sum(np.abs(at - blot.lane_x_px[loaded]) < 0.25 * pitch))
    found = np.array([lane.bands[0].y_px for lane in result.lanes]) - blot.target_y_px[loaded]
    wrong = abs(float(np.median(found))) > 0.06 * pitch
    if wrong:
        score.identities_wrong += 1
        score.silent += not DOUBT & {finding.code for finding in result.findings}
    for lane in result.lanes:
        truth = float(blot.amounts[lane.lane - 1])
        ratio = lane.ratio_to_vehicle
        if lane.is_vehicle or ratio.state not in ("measured", "below"):
            continue
        value = max(lane.ratio_seen, 0.0)
        error = abs(value - truth)
        score.errors.append(error)
        held = bool(ratio.low <= truth <= ratio.high)
        score.covered.append(held)
        if truth < 0.04:
            score.covered_low.append(held)
        score.calls.append((ratio.value < CALL) == (truth < CALL))
        where = f"seed {seed} lane {lane.lane}: {value:.4f} ({ratio.low:.4f}-{ratio.high:.4f}) truth {truth:g}"
        score.worst.append((error, where))


def score_level(level: Level, seeds: Iterable[int], *, hint: bool) -> Score:
    """Return the score of one level over some seeds."""
    score = Score()
    for seed in seeds:
        score_blot(score, draw_blot(level, seed), seed, hint=hint)
    return score


def share(of: list[bool]) -> float:
    """Return the share that is true, or NaN of nothing."""
    return float(np.mean(of)) if of else float("nan")


def line(level: str, score: Score) -> str:
    """Return a score as one line."""
    errors = np.array(score.errors or [np.nan])
    return (
        f"{level:8s} blots {score.blots} refused {len(score.refused)} lanes {score.lanes_right}/{score.lanes} "
        f"wrong rows {score.identities_wrong} (silent {score.silent}) error {np.median(errors):.4f}/"
        f"{np.quantile(errors, 0.95):.4f} coverage {share(score.covered):.3f} "
        f"(<4 %: {share(score.covered_low):.3f}, n {len(score.covered_low)}) "
        f"calls {share(score.calls):.4f} {np.median(score.seconds):.2f} s"
    )


def main() -> None:
    """Print a line for each level."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--level", choices=LEVELS)
    parser.add_argument("--blots", type=int, default=25)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--hint", action="store_true")
    parser.add_argument("--list", action="store_true")
    asked = parser.parse_args()
    for level in LEVELS if asked.level is None else (asked.level,):
        score = score_level(level, range(asked.first_seed, asked.first_seed + asked.blots), hint=asked.hint)
        print(line(level, score), flush=True)
        if asked.list:
            for error, where in sorted(score.worst, reverse=True)[:12]:
                print(f"    {error:.4f} {where}")
            print("    refused", score.refused)


if __name__ == "__main__":
    main()
