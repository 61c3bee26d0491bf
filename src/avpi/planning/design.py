"""From a request to the design: the conditions, their wells on every plate of every experiment, the gels, the tubes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from avpi.errors import InputError, Problem
from avpi.planning.dose_series import dose_series
from avpi.planning.harvests import GelLane, Membrane, gel_map, protocol_a_lanes
from avpi.planning.layout import (
    BLANK,
    EMPTY,
    KILL,
    SHAPES,
    SPREAD_VEHICLE_WELLS,
    VEHICLE,
    PlateLayoutPlan,
    Position,
    WellGroup,
    role_of,
    usable_wells,
    vehicle_wells,
)
from avpi.planning.matrix import MATRIX_ARMS, TUBES, informative_arms, usual_doses, without_reagents, words_of
from avpi.planning.placement import place_groups
from avpi.planning.request import CONTROL_WELLS, Request, volume_fault
from avpi.planning.violations import Violation, violations_between
from avpi.quantity import format_molar
from avpi.readings import parse_well
from avpi.study.conditions import ConditionWords, working_doses

PLATE_WITH_A_FIELD = 96
"""Wells from which on a plate has room for the vehicle wells that show what place does."""
MOST_EXPERIMENTS = 20
"""More independent experiments than anybody repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is done in every experiment.

    Attributes
    ----------
    experiments : their names; they are n.
    arms : every condition on the plates beside vehicle, in words.
    layouts : every plate of every experiment, in order.
    lanes : lysates of one experiment; ``membranes`` : how they run.
    tubes : conditions that are stained.
    violations : constraints of placing that could not be kept.
    """

    experiments: tuple[str, ...]
    arms: tuple[str, ...]
    layouts: tuple[PlateLayoutPlan, ...]
    lanes: tuple[GelLane, ...]
    membranes: tuple[Membrane, ...]
    tubes: tuple[str, ...]
    time_zero: bool
    violations: tuple[Violation, ...]


def make_design(request: Request) -> Design:
    """Return the design that a request asks for.

    Raises
    ------
    InputError
        If it fits no plates, a well cannot hold the volume, or a dose series has no potency to stand around.
    """
    if not 1 <= request.experiments <= MOST_EXPERIMENTS:
        what = f"'{request.experiments}' experiments cannot be planned"
        raise InputError(Problem(file="--experiments", what=what, expected=f"1 to {MOST_EXPERIMENTS}"))
    if request.volume_nl is not None and (fault := volume_fault(request.plate_wells, request.volume_nl)):
        raise InputError(Problem(file="--volume", what=fault))
    experiments = tuple(f"E{number}" for number in range(1, request.experiments + 1))
    doses = series_doses(request)
    blocks = _plain(request, (_matrix(request), *_series(request, doses)))
    layouts = plan_plates(request, experiments, blocks) if blocks else ()
    lanes = _lanes(request, doses)
    membranes = gel_map(lanes, experiments, lanes_per_gel=request.gel_lanes) if lanes else ()
    stained = request.cytometry and "death" in request.questions
    return Design(
        experiments=experiments,
        arms=tuple(arm for block in blocks for arm in block),
        layouts=layouts,
        lanes=lanes,
        membranes=membranes,
        tubes=without_reagents(TUBES, request.lacking) if stained else (),
        time_zero=request.time_zero and bool(layouts),
        violations=violations_between(layouts),
    )


def series_doses(request: Request) -> tuple[float, ...]:
    """Return the doses of the dose question; none where it is not asked.

    Raises
    ------
    InputError
        If it is asked and no potency is known.
    """
    if "dose" not in request.questions:
        return ()
    potency = request.potency
    if potency.ec50_molar is None:
        what = f"no potency of '{request.compound}' is known here, and a dose series must stand around one"
        raise InputError(Problem(file="--ec50", what=what, hint="Give it, such as '--ec50 20 nM'"))
    return dose_series(potency.ec50_molar, hook_dc50_molar=potency.dc50_molar if potency.bivalent else None)


def plan_plates(
    request: Request, experiments: Sequence[str], blocks: Sequence[Sequence[str]]
) -> tuple[PlateLayoutPlan, ...]:
    """Return the plates of every experiment: as few as hold everything, each with its own controls.

    Replicates are shared evenly by the plates, so that every plate holds every condition. Where one replicate of
    everything does not fit, each block of conditions has plates of its own.
    """
    sets = _plate_sets(request, blocks)
    shape, seen = SHAPES[request.plate_wells], dict[str, set[Position]]()
    layouts: list[PlateLayoutPlan] = []
    for number, experiment in enumerate(experiments):
        before = {content: frozenset(wells) for content, wells in seen.items()}
        for index, groups in enumerate(sets):
            contents = place_groups(
                shape, groups, rim_used=request.rim_used, seed=(request.seed, number, index), seen=before
            )
            name = f"{experiment} plate {index + 1}" if len(sets) > 1 else f"{experiment} plate"
            layouts.append(
                PlateLayoutPlan(
                    plate=name, experiment=experiment, shape=shape, rim_used=request.rim_used, contents=contents
                )
            )
            for well, content in contents.items():
                at = parse_well(well)
                if content != EMPTY and role_of(content) == "sample" and at is not None:
                    seen.setdefault(content, set()).add(at)
    return tuple(layouts)


def _plate_sets(request: Request, blocks: Sequence[Sequence[str]]) -> list[list[WellGroup]]:
    """Return the groups of wells of each plate of one experiment."""
    together = _shared_out(request, [arm for block in blocks for arm in block])
    if together is not None:
        return together
    apart = [(block, _shared_out(request, block)) for block in blocks]
    too_large = next((block for block, plates in apart if plates is None), None)
    if too_large is not None:
        what = f"{len(too_large)} conditions with their controls do not fit a plate of {request.plate_wells} wells"
        raise InputError(Problem(file="--plate", what=what, hint="Take larger plates, or fewer arms"))
    return [groups for _, plates in apart if plates is not None for groups in plates]


def _shared_out(request: Request, arms: Sequence[str]) -> list[list[WellGroup]] | None:
    """Return the fewest plates that share the replicates of these arms evenly; None where none do."""
    room = len(usable_wells(SHAPES[request.plate_wells], rim_used=request.rim_used))
    control = CONTROL_WELLS[request.plate_wells]
    for plates in range(1, request.replicates + 1):
        if request.replicates % plates:
            continue
        each = request.replicates // plates
        left = room - each * len(arms) - 2 * control
        # Vehicle may give up wells down to twice an arm's, and not below three: its median must stand on something.
        least = max(2 * each, min(3, room))
        if left >= least:
            wanted = max(vehicle_wells(len(arms), each), least, _for_a_field(request))
            vehicle = min(wanted, left)
            groups = [WellGroup(content=VEHICLE, wells=vehicle), *(WellGroup(content=arm, wells=each) for arm in arms)]
            groups += [WellGroup(content=KILL, wells=control), WellGroup(content=BLANK, wells=control)]
            return [groups] * plates
    return None


def _for_a_field(request: Request) -> int:
    """Return how many vehicle wells show what place does to readings; plates below 96 wells have no room for them."""
    if request.plate_wells < PLATE_WITH_A_FIELD:
        return 0
    rows, columns = SHAPES[request.plate_wells]
    inside = len(usable_wells((rows, columns), rim_used=False))
    # On a plate whose rim is used, a part of the vehicle stands there and is no witness.
    share = rows * columns / inside if request.rim_used else 1.0
    return math.ceil(SPREAD_VEHICLE_WELLS * share)


def _plain(request: Request, blocks: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """Return the blocks with every arm in the words that a layout is read back in, each arm once.

    Raises
    ------
    InputError
        With every arm that names no known reagent or has no dose.
    """
    words, problems, seen = request_words(request, blocks), list[Problem](), set[str]()
    found: list[tuple[str, ...]] = []
    for block in blocks:
        arms: list[str] = []
        for arm in block:
            try:
                condition = words.condition(arm)
            except ValueError as error:
                problems.append(Problem(file="--arm", what=str(error)))
                continue
            problems += [
                _other_cells(arm, a.reagent) for a in condition.additions if words.find(a.reagent)[1] == "none"
            ]
            undosed = [a.reagent for a in condition.additions if a.dose is None and words.find(a.reagent)[1] != "none"]
            problems += [
                Problem(file="--arm", what=f"'{arm}' says no dose of {reagent}", hint=f"Name one: --dose {reagent}=1uM")
                for reagent in undosed
            ]
            plain = words_of(condition, words)
            if plain not in seen and condition.additions:
                seen.add(plain)
                arms.append(plain)
        found += [tuple(arms)] if arms else []
    if problems:
        raise InputError(problems)
    return found


def _other_cells(arm: str, genotype: str) -> Problem:
    """Return why a genotype is no arm: a well that is filled from the same suspension holds the same cells."""
    what = f"'{arm}' asks for cells with {genotype}, and all wells of a plate are seeded with one suspension"
    return Problem(file="--arm", what=what, hint="Plan those cells for themselves and join the layouts by hand")


def request_words(request: Request, blocks: Iterable[Sequence[str]]) -> ConditionWords:
    """Return the words of the study that a request becomes."""
    usual = usual_doses(arm for block in blocks for arm in block)
    try:
        doses = working_doses(request.working_dose_molar, {**usual, **request.doses}, {})
    except ValueError as error:
        raise InputError(Problem(file="--dose", what=str(error))) from None
    return ConditionWords(compound=request.compound, working_doses=doses)


def _matrix(request: Request) -> tuple[str, ...]:
    if "death" not in request.questions:
        return ()
    arms = MATRIX_ARMS[request.matrix]
    low = informative_arms(request.potency.ec50_molar) if request.matrix != "guide" else ()
    return without_reagents(dict.fromkeys((*arms, *low, *request.arms)), request.lacking)


def _series(request: Request, doses: Sequence[float]) -> Iterator[tuple[str, ...]]:
    """Yield the dose series: the mimetic alone, and with TNF."""
    for added in ("", " + TNF"):
        yield without_reagents((f"SM {format_molar(dose)}{added}" for dose in doses), request.lacking)


def _lanes(request: Request, doses: Sequence[float]) -> tuple[GelLane, ...]:
    if "engagement" not in request.questions:
        return ()
    return protocol_a_lanes(request.working_dose_molar, curve_doses_molar=doses)
