"""How many independent experiments the calls need: studies drawn with measured noise, judged by the verdict's code.

A study of n experiments is drawn around a scenario. Wells scatter by the CV of CellTiter-Glo (5.5 to 9.4 % between
vehicle wells of real plates), conditions by the variation between days, lanes and tubes by errors of their own.
Posterior, tree and call are the verdict's own, with the study's own rules. Right is what the same rules call of the
same conditions without any noise; a weaker claim that includes it is right too (``necroptosis_presumed`` where it is
necroptosis), since nothing false was said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from avpi.names import Condition
from avpi.planning.scenarios import LIVE_LOG_SE, SCENARIOS, Scenario
from avpi.study.schema import Rules
from avpi.verdict.call import Call, call_leaf
from avpi.verdict.effects import VEHICLE, Effects
from avpi.verdict.posterior import BlockTable, Cell
from avpi.verdict.quantities import draw_quantities
from avpi.verdict.tree import Tree, leaf_name, read_tree, walk

WELL_CV = 0.094
"""CV of vehicle wells within a plate: the worse end of 5.5 to 9.4 %, measured on real CellTiter-Glo plates."""
BETWEEN_CV = 0.08
"""SD of a condition's log viability between experiments (assumed; the one at which the posterior's coverage is tested,
docs/explanation/verdict.md)."""
LANE_CV = 0.15
"""CV of a lane's loading-normalised band, within and between membranes alike (assumed)."""
EXPERIMENTS = tuple(range(2, 9))
"""With one experiment there is no call."""
SIMULATIONS = 20
"""Studies drawn for one number: a power of 0.8 is then known to 0.09, in a quarter of a minute for all numbers."""
POWER_DRAWS = 400
"""Draws of one study's posterior: the 0.8 of a call is then known to 0.02."""
NO_NOISE = 1e-9
GOAL = 0.80
"""A study that makes the right call in four of five cases is usually thought large enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerDesign:
    """What is measured in every experiment, as power needs it.

    Attributes
    ----------
    conditions : label of every condition at working doses on the plates -> its wells in one experiment.
    vehicle_wells : wells of vehicle in one experiment.
    harvests : minutes of cIAP1 lanes at the working dose that count for engagement.
    tubes : labels of the conditions that are stained.
    """

    conditions: Mapping[str, int]
    vehicle_wells: int
    harvests: tuple[float, ...]
    tubes: tuple[str, ...]
    rules: Rules = field(default_factory=Rules)
    working_dose_molar: float = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Scatter of wells within a plate, of conditions and of lanes between experiments."""

    well_cv: float = WELL_CV
    between_cv: float = BETWEEN_CV
    lane_cv: float = LANE_CV


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """How often so many experiments make the right call of one scenario.

    Attributes
    ----------
    leaf : what is right: the call that this design allows without noise.
    right : share of right calls; ``standard_error`` : Monte Carlo error of that share.
    wrong : share of calls of something else; the rest is ``inconclusive``.
    """

    scenario: str
    experiments: int
    leaf: str
    right: float
    standard_error: float
    wrong: float


def simulate_power(
    design: PowerDesign,
    *,
    noise: Noise | None = None,
    experiments: Sequence[int] = EXPERIMENTS,
    scenarios: Sequence[Scenario] = SCENARIOS,
    simulations: int = SIMULATIONS,
    seed: int = 1,
) -> tuple[Power, ...]:
    """Return the share of right calls by scenario and number of experiments; equal seeds give equal numbers."""
    scatter = noise or Noise()
    return tuple(
        _power(design, scatter, scenario, n, simulations, [seed, index, n])
        for index, scenario in enumerate(scenarios)
        for n in experiments
    )


def fewest_experiments(powers: Sequence[Power], scenario: str, *, goal: float = GOAL) -> int | None:
    """Return the fewest experiments from which on the right call is made often enough; None if none of them are."""
    own = sorted((p for p in powers if p.scenario == scenario), key=lambda p: -p.experiments)
    enough: int | None = None
    for power in own:
        if power.right < goal:
            break
        enough = power.experiments
    return enough


def ratio_half_width(well_cv: float, wells: int, reference_wells: int, *, level: float = 0.95) -> float:
    """Return to what share a ratio of two conditions is known from one plate: half its interval.

    With the normal error of both means and Student's t of the wells' degrees of freedom: at 9.4 % and six wells each it
    is 12 %.
    """
    from scipy.stats import t

    error = well_cv * math.sqrt(1 / wells + 1 / reference_wells)
    return float(t.ppf(0.5 + level / 2, wells + reference_wells - 2)) * error


def _power(
    design: PowerDesign, noise: Noise, scenario: Scenario, n: int, simulations: int, seed: Sequence[int]
) -> Power:
    tree, rng = read_tree(), np.random.Generator(np.random.Philox(list(seed)))
    quiet = Noise(well_cv=NO_NOISE, between_cv=NO_NOISE, lane_cv=NO_NOISE)
    leaf = _called(tree, design, draw_effects(design, quiet, scenario, max(n, 2), rng), rng).called
    right = wrong = 0
    for _ in range(simulations):
        call = _called(tree, design, draw_effects(design, noise, scenario, n, rng), rng)
        if not call.reason:
            good = call.called == leaf or _includes(tree, call.called, leaf)
            right, wrong = right + good, wrong + (not good)
    share = right / simulations
    return Power(
        scenario=scenario.name, experiments=n, leaf=leaf, right=share, wrong=wrong / simulations,
        standard_error=math.sqrt(max(share * (1 - share), 1 / simulations / 4) / simulations),
    )  # fmt: skip


def _includes(tree: Tree, called: str, leaf: str) -> bool:
    """Return whether a call is a weaker claim that includes a leaf of the same origin."""
    own = tree.leaves.get(leaf_name(called))
    return own is not None and leaf_name(leaf) in own.includes and called.split("/")[1:] == leaf.split("/")[1:]


def _called(tree: Tree, design: PowerDesign, effects: Effects, rng: np.random.Generator) -> Call:
    rules = design.rules
    thresholds = {name: float(value) for name, value in rules.model_dump().items()}
    quantities = draw_quantities(effects, draws=POWER_DRAWS, rng=rng, toxic_alone=rules.toxic_alone)
    return call_leaf(tree, walk(tree, quantities, thresholds), quantities, rules.call)


def draw_effects(design: PowerDesign, noise: Noise, scenario: Scenario, n: int, rng: np.random.Generator) -> Effects:
    """Return the effects of one study of n experiments, drawn around a scenario."""
    names = [f"E{number}" for number in range(1, n + 1)]
    plates = BlockTable(cells=tuple(_plate_cells(design, noise, scenario, names, rng)), reference=VEHICLE)
    tubes = BlockTable(cells=tuple(_tube_cells(design, noise, scenario, names, rng)), reference=VEHICLE)
    blots = BlockTable(cells=tuple(_lane_cells(design, noise, scenario, names, rng)), reference="vehicle")
    return Effects(
        engagement=blots, rebound=BlockTable(reference="vehicle"), viability=plates,
        viability_source="plate" if plates.cells else "cytometry", death=tubes, pmlkl=BlockTable(reference=VEHICLE),
        engagement_censored=(), late_only=False, has_time_zero=False, working_dose_molar=design.working_dose_molar,
        blocked=(), findings=(),
    )  # fmt: skip


def _plate_cells(
    design: PowerDesign, noise: Noise, scenario: Scenario, names: Sequence[str], rng: np.random.Generator
) -> Iterator[Cell]:
    if not design.conditions:
        return
    of_vehicle = noise.well_cv / math.sqrt(max(design.vehicle_wells, 1))
    truth = {label: math.log(scenario.viability(Condition.of(*label.split("+")))) for label in design.conditions}
    for name in names:
        # One vehicle mean stands below every ratio of the plate.
        vehicle = rng.normal(0, of_vehicle)
        yield Cell(experiment=name, key=VEHICLE, log_value=0.0, variance=0.0)
        for label, wells in design.conditions.items():
            of_arm = noise.well_cv / math.sqrt(wells)
            error = rng.normal(0, math.hypot(of_arm, noise.between_cv)) - vehicle
            yield Cell(experiment=name, key=label, log_value=truth[label] + error, variance=of_arm**2 + of_vehicle**2)


def _tube_cells(
    design: PowerDesign, noise: Noise, scenario: Scenario, names: Sequence[str], rng: np.random.Generator
) -> Iterator[Cell]:
    counting = min(LIVE_LOG_SE, noise.between_cv)
    for name in names:
        for label in design.tubes:
            condition = Condition.DMSO if label == VEHICLE else Condition.of(*label.split("+"))
            spread = counting if label == VEHICLE else math.hypot(counting, noise.between_cv)
            value = math.log(scenario.viability(condition)) + rng.normal(0, spread)
            yield Cell(experiment=name, key=label, log_value=value, variance=counting**2)


def _lane_cells(
    design: PowerDesign, noise: Noise, scenario: Scenario, names: Sequence[str], rng: np.random.Generator
) -> Iterator[Cell]:
    if not design.harvests:
        return
    for name in names:
        yield Cell(experiment=name, key="vehicle", log_value=0.0, variance=0.0)
        for minutes in design.harvests:
            error = rng.normal(0, math.hypot(noise.lane_cv, noise.lane_cv))
            value = math.log(scenario.ciap1(minutes)) + error
            yield Cell(experiment=name, key=f"{minutes:g}", log_value=value, variance=noise.lane_cv**2)
