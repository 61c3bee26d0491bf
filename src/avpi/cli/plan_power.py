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
    from avpi.planning.scenarios import Scenario

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
    from avpi.planning.power import Noise, call_without_noise, fewest_experiments, ratio_half_width, simulate_power
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
    # Weak kills fall below the rule that calls a kill, and calling nothing is then no success.
    lost = {own.name: call_without_noise(design, weakened(own, share)) for own in SCENARIOS}
    lost = {own.name: lost[own.name] for own in SCENARIOS if lost[own.name] != call_without_noise(design, own)}
    fewest = {
        own.name: None if own.name in lost else fewest_experiments(found, own.name, sure=True) for own in SCENARIOS
    }
    if as_json:
        asked = {"well_cv": noise.well_cv, "between_cv": noise.between_cv, "effect": share}
        terminal.json(_as_json(found, fewest, {**asked, "simulations": simulations, "seed": seed}, lost))
        return
    for line in _table(found, lost):
        terminal.data(line)
    for scenario in SCENARIOS:
        terminal.say(f"If {scenario.title}: {_enough(found, scenario, lost)}")
    wells = min(design.conditions.values(), default=0)
    if wells > 1:
        width = ratio_half_width(noise.well_cv, wells, max(design.vehicle_wells, 2))
        terminal.say(f"One experiment knows an arm of {wells} wells against vehicle to {width:.0%}.")


def _enough(found: list[Power], scenario: Scenario, lost: dict[str, str]) -> str:
    """Return how many experiments it takes, and no more than the simulations can know."""
    from avpi.planning.power import GOAL, fewest_experiments

    if scenario.name in lost:
        return f"at this effect the rules cannot call it; the truth itself reads '{lost[scenario.name]}'."
    sure = fewest_experiments(found, scenario.name, sure=True)
    seems = fewest_experiments(found, scenario.name)
    if seems is None:
        return f"none of these numbers makes the right call in {GOAL:.0%} of studies."
    own = [p for p in found if p.scenario == scenario.name and p.experiments >= seems]
    # The number that is least sure is told: a larger one can be the less sure of two by chance.
    least = min(own, key=lambda p: p.low)
    where = "" if least.experiments == seems else f" with {least.experiments}"
    unsure = (
        f"{seems} experiments seem to make the right call in {GOAL:.0%} of studies or more ({least.right:.0%}{where}, "
        f"at least {least.low:.0%} by {least.simulations} simulations)"
    )
    if sure is None:
        return f"{unsure}; none of these numbers is sure to. More --simulations would tell."
    if sure != seems:
        return f"{unsure}; {sure} are sure to. More --simulations would tell."
    return f"{sure} experiments make the right call in {GOAL:.0%} of studies or more."


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


def _table(found: list[Power], lost: dict[str, str]) -> list[str]:
    numbers = sorted({power.experiments for power in found})
    said = {p.scenario: f"not callable, reads {p.leaf}" if p.scenario in lost else p.leaf for p in found}
    width = max(map(len, said.values())) + 2
    lines = [f"{'right call':<{width}}" + "".join(f"{f'n = {n}':>13}" for n in numbers)]
    for name in dict.fromkeys(power.scenario for power in found):
        own = {power.experiments: power for power in found if power.scenario == name}
        cells = (f"{own[n].right:.2f} ± {own[n].standard_error:.2f}" for n in numbers)
        lines.append(f"{said[name]:<{width}}" + "".join(f"{cell:>13}" for cell in cells))
    return lines


def _as_json(
    found: list[Power], fewest: dict[str, int | None], asked: dict[str, float], lost: dict[str, str]
) -> dict[str, Any]:
    return {
        **asked,
        "fewest_experiments": fewest,
        "cannot_be_called": lost,
        "power": [
            {
                "scenario": p.scenario, "experiments": p.experiments, "right_call": p.leaf, "right": p.right,
                "standard_error": p.standard_error, "low": p.low, "wrong": p.wrong,
            }
            for p in found
        ],
    }  # fmt: skip
