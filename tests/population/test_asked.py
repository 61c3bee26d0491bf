"""What cannot be meant is refused in words, before anything is grown: never by numpy, and never in silence."""

from __future__ import annotations

import math
from typing import Any

import pytest

from avpi.cli import simulation_request
from avpi.errors import InputError
from avpi.network.lines import find_line, lines
from avpi.population import asked
from avpi.population.condition_words import read_condition
from avpi.population.experiment import Dose, Experiment
from avpi.population.simulated import Sampling, Simulated, simulate_condition
from avpi.population.well import grow

HT29 = lines()["HT-29"]
CELLS: Any = Experiment(line=HT29, doses=(Dose(reagent="SM", amount=1e-7),))


@pytest.fixture(scope="module")
def four_hours() -> Simulated:
    return simulate_condition("SM", CELLS, Sampling(hours=4, cells=4))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"cells": 0}, "cells: '0' is no number that fits. Expected a whole number, 1 or more."),
        ({"cells": -1}, "cells: '-1'"),
        ({"cells": 1.5}, "cells: '1.5'"),
        ({"cells": True}, "cells: 'True'"),
        ({"cells": None}, "cells: 'None'"),
        ({"times_hours": []}, "times_hours: no time at all"),
        ({"times_hours": [math.nan]}, "times_hours: 'nan' is no time that fits"),
        ({"times_hours": [math.inf]}, "times_hours: 'inf'"),
        ({"times_hours": [-1, 2]}, "times_hours: '-1' is no time that fits. Expected hours from 0 to 336, ascending."),
        ({"times_hours": [2, 1]}, "times_hours: '1' comes after '2'"),
        ({"times_hours": [1e9]}, "times_hours: '1e+09'"),
        ({"times_hours": [[1, 2]]}, "times_hours: an array of 2 axes"),
        ({"times_hours": "soon"}, "times_hours: 'soon' is no list of times"),
        ({"seed": -1}, "seed: '-1' is no number that fits"),
        ({"seed": 2**64}, "seed: '18446744073709551616'"),
        ({"seed": None}, "seed: 'None'"),
        ({"observe": 3}, "observe: '3' is no list of formulas"),
        ({"observe": "C1/0"}, "observe: 'C1/0' is infinite in every cell at every time"),
        ({"observe": ["C1 / (C2 - C2)"]}, "expected a formula that does not divide by zero"),
        ({"cells": 0, "seed": -1, "times_hours": []}, "times_hours"),
    ],
)
def test_grow_refuses_arguments_that_cannot_be_meant(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as refused:
        grow(CELLS, **{"times_hours": [0, 1], "cells": 4, **wrong})
    assert told.lower() in str(refused.value).lower()
    assert len(refused.value.problems) == len(wrong)


def test_one_time_and_one_formula_may_stand_alone() -> None:
    one = grow(CELLS, times_hours=1, cells=4, observe="C1")
    assert set(one.values) == {"C1"}
    assert one.times_hours[-1] == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"hours": -1}, "hours: '-1' is no duration that fits"),
        ({"hours": 0}, "hours: '0'"),
        ({"hours": math.nan}, "hours: 'nan'"),
        ({"hours": 1e9}, "hours: '1e+09'"),
        ({"hours": "3"}, "hours: '3'"),
        ({"cells": 0}, "cells: '0'"),
        ({"seed": -1}, "seed: '-1'"),
    ],
)
def test_a_sampling_refuses_numbers_that_cannot_be_meant(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as refused:
        Sampling(**{"hours": 4, "cells": 4, **wrong})
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"line": "HT-29"}, "line: 'HT-29' is no line. Expected a Line. Get it with avpi.find_line(name)"),
        ({"line": None}, "line: 'None' is no line"),
        ({"variant": "A20-"}, "variant: 'A20-' is no variant"),
        ({"doses": "SM"}, "doses: 'SM' is no doses"),
        ({"doses": read_condition("SM")}, "Take .doses of what avpi.read_condition gives"),
        ({"genotype": "RIPK3"}, "genotype: 'RIPK3' is no mapping"),
        ({"genotype": {"RIPK3": -1}}, "genotype of 'RIPK3': '-1' is no number that fits"),
        ({"genotype": {"RIPK3": math.nan}}, "genotype of 'RIPK3': 'nan'"),
        ({"values": {"k_auto": math.nan}}, "values of 'k_auto': 'nan'"),
    ],
)
def test_an_experiment_refuses_what_is_of_another_kind(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as refused:
        Experiment(**{"line": HT29, **wrong})
    assert told in str(refused.value)


def test_a_list_of_doses_is_as_good_as_a_tuple() -> None:
    doses: Any = [Dose(reagent="SM", amount=1e-7)]
    assert Experiment(line=HT29, doses=doses) == CELLS


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"amount": -1.0}, "amount: '-1' is no dose that fits"),
        ({"amount": math.nan}, "amount: 'nan'"),
        ({"amount": math.inf}, "amount: 'inf'"),
        ({"amount": "3"}, "amount: '3'"),
        ({"amount": 1e30}, "amount: 'birinapant 1e+30 M' is more than dissolves: the limit is 10 mM."),
        ({"reagent": "TNF", "amount": 2e6}, "'TNF 2 mg/mL' is more than dissolves: the limit is 1 mg/mL"),
        ({"reagent": None}, "reagent: 'None' is no name of a reagent"),
        ({"at_hours": math.nan}, "at_hours: 'nan' is no time"),
        ({"at_hours": 3, "until_hours": 1}, "until_hours: '1' is no time to wash it out"),
        ({"until_hours": math.inf}, "until_hours: 'inf'"),
    ],
)
def test_a_dose_refuses_what_cannot_be_added(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as refused:
        Dose(**{"reagent": "birinapant", "amount": 1e-7, **wrong})
    assert told in str(refused.value)


def test_the_largest_doses_that_dissolve_are_taken() -> None:
    assert Dose(reagent="birinapant", amount=10e-3).amount == 10e-3
    assert Dose(reagent="TNF", amount=1e6).amount == 1e6
    for text in ("birinapant 1e30 M", "TNF 2 mg/mL", "CHX 1 kg/mL"):
        with pytest.raises(InputError, match=r"--condition: .*(more than dissolves|not a unit)"):
            read_condition(text, source="--condition")


def test_a_line_is_found_by_text_only() -> None:
    nothing: Any = None
    with pytest.raises(InputError, match="line: 'None' is not the name of a line"):
        find_line(nothing)


@pytest.mark.parametrize("hours", [[5.0], [-1.0], [math.nan], [1.0, 4.1]])
@pytest.mark.parametrize(
    "read",
    ["viability", "viability_error", "dead", "quadrants", "tnf_pg_per_ml"],
)
def test_a_well_is_not_read_outside_of_its_run(four_hours: Simulated, read: str, hours: list[float]) -> None:
    with pytest.raises(InputError, match=r"times_hours: '.*' is outside of the run\. Expected hours from 0 to 4"):
        getattr(four_hours, read)(hours)
    assert len(getattr(four_hours, read)([0, 4])) > 1


def test_neither_are_bands_and_modes(four_hours: Simulated) -> None:
    for read in (four_hours.band, four_hours.amount):
        with pytest.raises(InputError, match="outside of the run"):
            read("cIAP1", [5])
    with pytest.raises(InputError, match=r"Grow the well for longer, to 5 h"):
        four_hours.died_by("apoptosis", [5])
    unheard: Any = "boredom"
    with pytest.raises(InputError, match="mode: 'boredom' is no mode of death"):
        four_hours.died_by(unheard, [1])


def test_what_was_not_kept_is_named(four_hours: Simulated) -> None:
    with pytest.raises(InputError, match=r"'RIPK3' was not kept .* Grow the well with observe=\['RIPK3'\]"):
        four_hours.well.mean_of_living("RIPK3")


def test_the_command_line_has_the_same_limits() -> None:
    assert simulation_request.LARGEST_SEED == asked.LARGEST_SEED
    assert simulation_request.LONGEST_HOURS == asked.LONGEST_HOURS
