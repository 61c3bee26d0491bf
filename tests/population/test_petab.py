"""PEtab problems of cell lines: petab finds no fault; rest, doses and simulated data are what they say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import petab.v1 as petab
import pytest
from petab.v1.lint import lint_problem

from avpi.errors import InputError
from avpi.network.export import write_new
from avpi.network.lines import lines
from avpi.network.reagents import mimetic, mimetic_parameters
from avpi.network.variants import find_variant
from avpi.population.experiment import Experiment
from avpi.population.petab import CONDITIONS, average_cell, petab_files, rested
from avpi.population.petab_tables import ACCOUNTS, BLOT_SD, ESTIMATED, FADING, MATRIX, OBSERVABLES, REST

pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # what petab makes of pandas
NAMES = ("HT-29", "MDA-MB-231", "L929", "Jurkat-FADD-null")


@pytest.fixture(scope="module", params=NAMES)
def problem(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> petab.Problem:
    folder = tmp_path_factory.mktemp("petab") / request.param
    write_new(folder, petab_files(lines()[request.param]))
    return petab.Problem.from_yaml(str(folder / "problem.yaml"))


def test_petab_finds_no_fault(problem: petab.Problem) -> None:
    assert lint_problem(problem) is False  # it returns whether there are errors


def test_only_what_the_data_can_tell_is_estimated(problem: petab.Problem) -> None:
    assert set(problem.x_free_ids) <= set(ESTIMATED)
    assert len(problem.x_free_ids) >= 7
    rows = problem.parameter_df
    assert rows["why"].str.match("estimated|fixed").all()
    assert (rows["lowerBound"] <= rows["nominalValue"]).all()
    assert (rows["nominalValue"] <= rows["upperBound"]).all()


def test_rest_leaves_states_alone_and_conditions_set_only_what_is_given(problem: petab.Problem) -> None:
    table = problem.condition_df
    assert set(table.index) == {REST, *CONDITIONS}
    assert table.loc[REST, [*FADING, *ACCOUNTS]].isna().all()
    assert (problem.measurement_df["preequilibrationConditionId"] == REST).all()
    assert table.loc["SM_TNF_zVAD", "TNF_given"] == 10
    assert table.loc["SM_TNF_zVAD", "zV"] == 20
    assert table.loc["SM_TNF_zVAD", "D_medium"] == 100
    assert (table.drop(index=REST)[list(ACCOUNTS)] == 0).all(axis=None)


def test_measurements_say_that_they_are_simulated_and_lie_about_the_truth(problem: petab.Problem) -> None:
    table = problem.measurement_df
    assert (table["datasetId"] == "simulated").all()
    assert set(table["observableId"]) == set(OBSERVABLES)
    assert (table["measurement"] > 0).all()


def table_of(text: str) -> Mapping[tuple[str, str, float], float]:
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return {(row[0], row[2], float(row[4])): float(row[3]) for row in rows}


def test_the_noise_is_seeded_and_as_large_as_said() -> None:
    line = lines()["HT-29"]
    one, again, other = (petab_files(line, seed=seed)["measurements.tsv"] for seed in (1, 1, 2))
    assert one == again
    a, b = table_of(one), table_of(other)
    assert a.keys() == b.keys()
    difference = np.log([a[key] / b[key] for key in a])
    assert np.std(difference) == pytest.approx(BLOT_SD * np.sqrt(2), rel=0.1)


def test_the_average_cell_is_that_of_the_wells_before_its_death() -> None:
    experiment = Experiment(line=lines()["HT-29"], doses=MATRIX["SM"])
    compound = mimetic("SM")
    assert compound is not None
    values = {**experiment.base(), **mimetic_parameters(compound)}
    rest = rested(values)
    course = average_cell(values, rest, MATRIX["SM"], times_hours=[0.5, 4.0], observe=["C1", "D"])
    assert course[0, 0] < 0.3 * rest["C1c"]  # cIAP1 is lost within half an hour
    assert course[1, 1] == pytest.approx(100 * values["partition"], rel=1e-3)


def test_a_variant_changes_the_model_and_not_the_tables() -> None:
    line, variant = lines()["HT-29"], find_variant("A20- leak+")
    assert variant is not None
    plain, changed = petab_files(line), petab_files(line, variant)
    assert {name for name in plain if plain[name] != changed[name]} == {"model.xml", "measurements.tsv", "README.md"}


def test_only_mimetics_are_taken(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'embelin' is not a Smac mimetic"):
        petab_files(lines()["HT-29"], compound="embelin")
    assert "birinapant" in petab_files(lines()["HT-29"], compound="birinapant")["README.md"]
