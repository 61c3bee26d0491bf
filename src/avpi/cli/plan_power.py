"""``avpi plan power``: how many independent experiments the calls need, by simulation through the verdict's code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from avpi.cli.house import HouseCommand, option, talking
from avpi.cli.named_path import NamedPath
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, Problem

if TYPE_CHECKING:
    from avpi.planning.power import Power

USUAL_WELL_CV, USUAL_BETWEEN_CV = "9.4 %", "8 %"
USUAL_SIMULATIONS = 20
WHOLE = "100 %"


@click.command(
    cls=HouseCommand,
    short_help="Tell how many experiments the calls need.",
    examples=(
        ("avpi plan power my-study", "the share of right calls for 2 to 8 experiments"),
        ("avpi plan power my-study --well-cv 5.5% --simulations 200", "quieter plates, finer"),
    ),
)
@click.argument("study", type=NamedPath())
@option(
    "--well-cv", metavar="S", default=USUAL_WELL_CV, section="Analysis",
    help=f"CV of wells on a plate; {USUAL_WELL_CV} by default.",
)  # fmt: skip
@option(
    "--between-cv", metavar="S", default=USUAL_BETWEEN_CV, section="Analysis",
    help=f"Between experiments; {USUAL_BETWEEN_CV} by default.",
)  # fmt: skip
@option(
    "--simulations", metavar="N", type=click.IntRange(1, 10_000), default=USUAL_SIMULATIONS, section="Analysis",
    help=f"Studies for each number; {USUAL_SIMULATIONS} by default.",
)  # fmt: skip
@option(
    "--effect", metavar="S", default=WHOLE, section="Analysis",
    help="Kills as a share of the scenarios'; 100 % by default.",
)  # fmt: skip
@option("--seed", metavar="N", type=click.IntRange(min=0), default=1, section="Analysis", help="1 by default.")
@talking()
def power(
    study: Path,
    *,
    well_cv: str,
    between_cv: str,
    simulations: int,
    effect: str,
    seed: int,
    as_json: bool,
    terminal: Terminal,
) -> None:
    """Simulate studies of 2 to 8 experiments with measured noise, judge each, and count the right calls."""
    from avpi.planning.power import GOAL, Noise, fewest_experiments, ratio_half_width, simulate_power
    from avpi.planning.power_design import power_design
    from avpi.planning.read_layouts import read_layouts
    from avpi.planning.scenarios import SCENARIOS, weakened
    from avpi.study.read import read_study

    declared = read_study(study)
    design = power_design(declared, read_layouts(declared))
    noise = Noise(well_cv=_share(well_cv, "--well-cv"), between_cv=_share(between_cv, "--between-cv"))
    share = _share(effect, "--effect")
    found: list[Power] = []
    for scenario in terminal.progress([weakened(own, share) for own in SCENARIOS], "power"):
        found += simulate_power(design, noise=noise, scenarios=(scenario,), simulations=simulations, seed=seed)
    fewest = {scenario.name: fewest_experiments(found, scenario.name) for scenario in SCENARIOS}
    if as_json:
        asked = {"well_cv": noise.well_cv, "between_cv": noise.between_cv, "effect": share}
        terminal.json(_as_json(found, fewest, {**asked, "simulations": simulations, "seed": seed}))
        return
    for line in _table(found):
        terminal.data(line)
    for scenario in SCENARIOS:
        n = fewest[scenario.name]
        enough = f"{n} experiments make" if n is not None else "none of these numbers makes"
        terminal.say(f"If {scenario.title}: {enough} the right call in {GOAL:.0%} of studies or more.")
    wells = min(design.conditions.values(), default=0)
    if wells > 1:
        width = ratio_half_width(noise.well_cv, wells, max(design.vehicle_wells, 2))
        terminal.say(f"One experiment knows an arm of {wells} wells against vehicle to {width:.0%}.")


def _share(text: str, place: str) -> float:
    from avpi.planning.volumes import parse_share
    from avpi.quantity import QuantityError

    try:
        value = parse_share(text)
    except QuantityError as error:
        raise InputError(Problem(file=place, what=str(error))) from None
    if value == 0:
        raise InputError(Problem(file=place, what=f"'{text}' is too little", expected="more than 0 %"))
    return value


def _table(found: list[Power]) -> list[str]:
    numbers = sorted({power.experiments for power in found})
    width = max(len(power.leaf) for power in found) + 2
    lines = [f"{'right call':<{width}}" + "".join(f"{f'n = {n}':>13}" for n in numbers)]
    for name in dict.fromkeys(power.scenario for power in found):
        own = {power.experiments: power for power in found if power.scenario == name}
        cells = (f"{own[n].right:.2f} ± {own[n].standard_error:.2f}" for n in numbers)
        lines.append(f"{own[numbers[0]].leaf:<{width}}" + "".join(f"{cell:>13}" for cell in cells))
    return lines


def _as_json(found: list[Power], fewest: dict[str, int | None], asked: dict[str, float]) -> dict[str, Any]:
    return {
        **asked,
        "fewest_experiments": fewest,
        "power": [
            {
                "scenario": p.scenario, "experiments": p.experiments, "right_call": p.leaf, "right": p.right,
                "standard_error": p.standard_error, "wrong": p.wrong,
            }
            for p in found
        ],
    }  # fmt: skip
