"""Does planning keep its promises? Layout times, broken constraints, equal DMSO, volumes, exports read back, power.

    python benchmarks/plan.py [--json] [--layouts 20] [--opentrons-simulate PATH]

Layouts are full plates: arms in four wells each, controls, nothing left over. The time is that of the slowest of so
many seeds. With the path of ``opentrons_simulate`` (8.8.2, in an environment of its own) the protocols are simulated.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from avpi.planning.deck import EQUAL_SHARE, differences
from avpi.planning.design import make_design
from avpi.planning.dose_series import find_potency
from avpi.planning.export import SOURCES_FILE, TARGETS, WELLS_FILE, deck_texts, make_deck, read_target
from avpi.planning.layout import BLANK, KILL, SHAPES, VEHICLE, PlateLayoutPlan, WellGroup, usable_wells
from avpi.planning.liquids import drawn_volumes, follow
from avpi.planning.opentrons_protocol import ROBOTS, write_protocol
from avpi.planning.placement import place_groups
from avpi.planning.plan_file import Plan, read_plan
from avpi.planning.power import ratio_half_width, simulate_power
from avpi.planning.power_design import power_design
from avpi.planning.read_layouts import read_layouts
from avpi.planning.request import CONTROL_WELLS, Request
from avpi.planning.violations import violations
from avpi.planning.worklist import read_sources, read_wells
from avpi.planning.write_plan import write_plan

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script, its own folder is all that Python sees

from benchmarks.goals import tell

REPLICATES = 4
GOAL_SECONDS = {96: 0.1, 384: 1.0, 1536: 5.0}
"""Plate format -> seconds that a layout may take; the 60 inner wells of 96, the 308 of 384, the 1,380 of 1,536."""


def row(what: str, value: float, goal: str, *, met: bool | None) -> dict[str, Any]:
    """Return one line of the table."""
    return {"what": what, "value": round(value, 6), "goal": goal, "met": met}


def full_plate(wells: int) -> list[WellGroup]:
    """Return groups that fill the inner wells of a plate."""
    control = CONTROL_WELLS[wells]
    room = len(usable_wells(SHAPES[wells], rim_used=False)) - 2 * control
    arms = (room - 2 * control) // REPLICATES
    groups = [WellGroup(content=f"SM {i + 1} nM", wells=REPLICATES) for i in range(arms)]
    groups += [WellGroup(content=KILL, wells=control), WellGroup(content=BLANK, wells=control)]
    return [*groups, WellGroup(content=VEHICLE, wells=room - arms * REPLICATES)]


def layout_rows(layouts: int) -> Iterator[dict[str, Any]]:
    """Yield the slowest time and the broken constraints of full plates."""
    for wells, goal in GOAL_SECONDS.items():
        slowest, broken = 0.0, 0
        for seed in range(layouts):
            begin = time.perf_counter()
            contents = place_groups(SHAPES[wells], full_plate(wells), rim_used=False, seed=(seed,))
            slowest = max(slowest, time.perf_counter() - begin)
            plate = PlateLayoutPlan(plate="p", experiment="e", shape=SHAPES[wells], rim_used=False, contents=contents)
            broken += len(violations(plate))
        inner = len(usable_wells(SHAPES[wells], rim_used=False))
        told = f"{wells}-well plate, {inner} wells filled, {layouts} seeds"
        yield row(f"{told}: slowest, s", slowest, f"<= {goal:g} s", met=slowest <= goal)
        yield row(f"{told}: constraints broken", broken, "0", met=broken == 0)


def planned(folder: Path, wells: int) -> Plan:
    """Write the whole plan of all three questions and read it back."""
    request = Request(
        compound="birinapant", cell_line="HT-29", working_dose_molar=1e-7, potency=find_potency("birinapant"),
        questions=("engagement", "death", "dose"), plate_wells=wells,
    )  # fmt: skip
    write_plan(request, make_design(request), folder)
    return read_plan(folder)


def transfer_rows(folder: Path, simulate: str) -> Iterator[dict[str, Any]]:
    """Yield DMSO, volumes and differences of every target, and what the robots say."""
    for wells in GOAL_SECONDS:
        plan = planned(folder / str(wells), wells)
        layouts = [own for own in read_layouts(plan.study, shape=plan.shape) if own.experiment == "E1"]
        unlike, spread, volumes, targets = 0, 0.0, 0.0, 0
        for target in TARGETS:
            if wells == 1536 and target == "opentrons":
                continue
            deck = make_deck(plan, layouts, target)
            texts = deck_texts(plan, "E1", layouts, deck, target)
            name = next(iter(texts))
            read = read_target(texts[name], target, plan.shape, name)
            sources, start = read_sources(texts[SOURCES_FILE], "s"), read_wells(texts[WELLS_FILE], "w")
            unlike += len(differences(layouts, plan.study.words, sources, read, start))
            held = follow(sources, read, start)
            shares = [held[place].share("DMSO") for place in deck.start]  # a plate read at time zero gets none
            spread = max(spread, max(shares) - min(shares))
            drawn = drawn_volumes(read)
            volumes = max(volumes, *(abs(s.load_nl - drawn[s.place] - s.dead_nl) for s in sources))
            targets += 1
            if target == "opentrons" and simulate:
                yield from simulated(deck.transfers, wells, folder, simulate)
        told = f"{wells}-well plan, {targets} targets read back"
        yield row(f"{told}: wells unlike their layout", unlike, "0", met=unlike == 0)
        yield row(f"{told}: DMSO between wells, % v/v", spread * 100, "<= 0.01 %", met=spread <= EQUAL_SHARE)
        yield row(f"{told}: load - drawn - dead volume, nL", volumes, "0 (to 0.001 nL)", met=volumes <= 1e-3)


def simulated(transfers: Any, wells: int, folder: Path, simulate: str) -> Iterator[dict[str, Any]]:
    """Yield the exit code of opentrons_simulate for each robot."""
    for robot in ROBOTS:
        file = folder / f"{robot}-{wells}.py"
        file.write_text(write_protocol(transfers, robot=robot, plate_wells=wells, title="benchmark"), "utf-8")
        done = subprocess.run([simulate, str(file)], capture_output=True, text=True, check=False)
        yield row(
            f"opentrons_simulate, {robot}, {wells} wells: exit code", done.returncode, "0", met=done.returncode == 0
        )


def power_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the width of a ratio, and how long power takes."""
    width = ratio_half_width(0.094, 6, 6)
    yield row("ratio of six wells each at a CV of 9.4 %, known to", width, "about 0.12", met=abs(width - 0.12) < 0.005)
    plan = read_plan(folder / "384")
    design = power_design(plan.study, read_layouts(plan.study))
    begin = time.process_time()
    found = simulate_power(design)
    seconds = time.process_time() - begin
    yield row(
        "power of 4 scenarios at 2 to 8 experiments, s of one processor", seconds, "seconds: <= 30", met=seconds <= 30
    )
    for power in found:
        if power.experiments == 3:
            told = f"n = 3, {power.scenario}: right calls (± {power.standard_error:.2f})"
            yield row(told, power.right, "none", met=None)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--layouts", type=int, default=20)
    parser.add_argument("--opentrons-simulate", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [*layout_rows(asked.layouts), *transfer_rows(folder, asked.opentrons_simulate), *power_rows(folder)]
    tell(rows, as_json=asked.json)


if __name__ == "__main__":
    main()
