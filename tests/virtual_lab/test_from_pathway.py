"""A truth of a line and a compound comes from the pathway model, day by day and the same each time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avpi.compute.places import InProcess
from avpi.errors import InputError
from avpi.network.lines import find_line
from avpi.virtual_lab import passage
from avpi.virtual_lab.cells import VEHICLE_LIVE
from avpi.virtual_lab.demo_studies import demo_studies
from avpi.virtual_lab.design import DOSE_RANGE, TIME_COURSE, Design, dose_range, experiment_names, time_course
from avpi.virtual_lab.from_pathway import truth_of
from avpi.virtual_lab.frozen_truths import COMMAND, frozen_truths, read_frozen, write_frozen
from avpi.virtual_lab.lab_study import write_lab_study
from avpi.virtual_lab.passage import passage_of
from avpi.virtual_lab.refresh_truths import model_of, simulated
from avpi.virtual_lab.truth import Truth
from avpi.workflow import run_study

FEW = 30
"""Cells for a test of anything but numbers."""


def few_wells(experiments: int = 2) -> Design:
    """Return a design of two membranes, one plate and two tubes."""
    return Design(
        name="few wells",
        experiments=experiment_names(experiments),
        membranes={TIME_COURSE: time_course((30.0, 1440.0)), DOSE_RANGE: dose_range((0.01, 1.0))},
        plates={"a": ("DMSO", "SM", "TNF", "SM+TNF", "SM+zVAD")},
        samples=("DMSO", "SM+TNF"),
    )


def asked(
    design: Design, *, line: str = "HCT116", compound: str = "birinapant", seed: int = 1, **more: object
) -> Truth:
    return truth_of(
        line=line,
        compound=compound,
        dose_molar=1e-7,
        design=design,
        experiments=len(design.experiments),
        seed=seed,
        cells=FEW,
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def truth() -> Truth:
    return asked(few_wells())


def test_a_truth_names_what_was_asked_for_and_where_it_comes_from(truth: Truth) -> None:
    assert (truth.name, truth.cell_line, truth.compound) == ("hct116-birinapant", "HCT116 (simulated)", "birinapant")
    assert (truth.compound_is, truth.working_dose_molar) == ("a bivalent Smac mimetic", 1e-7)
    assert truth.title == "Simulated study: birinapant in HCT116"
    assert truth.origin == "a simulation of the pathway in 30 cells for each well"


@pytest.fixture(scope="module")
def again() -> Truth:
    return asked(few_wells(), place=InProcess())


def test_experiments_differ_and_the_same_seed_gives_the_same_truth(truth: Truth, again: Truth) -> None:
    first, second = truth.cells
    assert first.blots[TIME_COURSE].ciap1 != second.blots[TIME_COURSE].ciap1
    assert again == truth


def test_bands_are_fractions_of_vehicle_and_fall_with_the_dose(truth: Truth) -> None:
    for cells in truth.cells:
        course, doses = cells.blots[TIME_COURSE], cells.blots[DOSE_RANGE]
        assert (course.ciap1[0], course.xiap[0] if course.xiap else 0) == (1.0, 1.0)
        assert course.ciap1[1] < 0.5
        assert doses.ciap1[0] == pytest.approx(1.0)
        assert doses.ciap1[1] > doses.ciap1[2] == pytest.approx(course.ciap1[1])


def test_vehicle_lives_as_in_any_good_culture(truth: Truth) -> None:
    for cells in truth.cells:
        assert cells.viability["DMSO"] == 1.0
        assert cells.quadrants["DMSO"].live == pytest.approx(VEHICLE_LIVE, abs=0.05)


def test_a_truth_becomes_the_same_bytes(truth: Truth, again: Truth, tmp_path: Path) -> None:
    texts = []
    for folder, same in ((tmp_path / "a", truth), (tmp_path / "b", again)):
        write_lab_study(same, few_wells(), folder, seed=3)
        texts.append({path.name: path.read_bytes() for path in sorted(folder.rglob("*.*"))})
    assert texts[0] == texts[1]
    record = json.loads(texts[0]["truth.json"])
    assert record["call"]["path"][0].startswith("Is cIAP1 gone")
    assert set(record["mechanism"]["deaths"]["SM+TNF"]) == {"dead", "apoptosis", "necroptosis", "lysis"}
    assert set(record["mechanism"]["viability_with_tnf_blocked"]) == {"SM", "SM+zVAD"}


def test_what_the_pathway_does_not_have_is_named_with_the_nearest_word() -> None:
    with pytest.raises(InputError) as caught:
        asked(few_wells(), line="HCT-161", compound="birinapent", knock_outs=("RIPK33",))
    text = str(caught.value)
    assert "--line: 'HCT-161' is no cell line of the pathway model. Expected one such as" in text
    assert "Did you mean 'HCT116'?" in text  # as it is listed, and not by its other spelling
    assert "--compound: 'birinapent' is no Smac mimetic of the pathway model" in text
    assert "Did you mean 'birinapant'?" in text
    assert "--knock-out: 'RIPK33'" in text


def test_a_knock_out_is_in_the_name_and_leaves_no_band() -> None:
    truth = asked(few_wells(1), knock_outs=("XIAP",))
    assert (truth.name, truth.cell_line) == ("hct116-no-xiap-birinapant", "HCT116 with XIAP knock-out (simulated)")
    blot = truth.cells[0].blots[TIME_COURSE]
    assert blot.xiap == (0.0, 0.0, 0.0)
    assert blot.ciap1[0] == 1.0


def test_a_monovalent_compound_is_told_as_one() -> None:
    truth = asked(few_wells(1), compound="LCL161")
    assert truth.compound_is == "a monovalent Smac mimetic"


def test_another_seed_gives_other_days() -> None:
    line = find_line("HCT116")
    assert line is not None
    assert passage_of(line, 1, "exp1") != passage_of(line, 2, "exp1") != passage_of(line, 2, "exp2")


def test_days_are_log_normal_around_the_line() -> None:
    line = find_line("HT-29")
    assert line is not None
    days = [passage_of(line, 1, f"day{i}") for i in range(400)]
    for name, effect in passage.CELLS.items():
        usual = line.parameters.get(name)
        amounts = np.log([day.line.parameters[name] for day in days])
        assert np.std(amounts) == pytest.approx(effect.cv, rel=0.15)
        if usual:
            assert np.exp(np.mean(amounts)) == pytest.approx(usual, rel=0.03)
    assert len({(day.compound, day.tnf, day.line.doubling_hours) for day in days}) == len(days)
    assert passage_of(line, 1, "day0") == days[0]


def test_what_a_line_lacks_no_day_gives_back() -> None:
    line = find_line("HCT116")
    assert line is not None
    assert passage_of(line, 1, "exp1").line.parameters["RIPK3_total"] == 0


@pytest.mark.parametrize("name", frozen_truths())
def test_the_frozen_truths_are_of_this_model(name: str) -> None:
    told = f"the model, or what is asked of it, changed since truths.yaml was written; renew it: {COMMAND}"
    assert frozen_truths()[name].model == model_of(demo_studies()[name]), told


def test_frozen_truths_are_what_was_simulated() -> None:
    study = demo_studies()["trap"]
    (again,) = simulated(study, experiments=1).days
    frozen = frozen_truths()["trap"].days[0]
    told = f"the model gives other numbers than truths.yaml holds; renew it: {COMMAND}"
    blot, found = frozen.blots[TIME_COURSE], again.blots[TIME_COURSE]
    assert found.ciap1 == pytest.approx(blot.ciap1, abs=0.005), told
    assert dict(again.viability) == pytest.approx(dict(frozen.viability), abs=0.01), told
    for label, shares in frozen.quadrants.items():
        assert again.quadrants[label].shares == pytest.approx(shares.shares, abs=0.01), told


def test_frozen_truths_are_read_as_they_were_written() -> None:
    frozen = frozen_truths()
    assert read_frozen(write_frozen(frozen)) == frozen


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "arms"),
    [("HCT116", ("DMSO", "SM", "TNF", "SM+TNF", "SM+TNF+zVAD")), ("H2009-like", ("DMSO", "SM", "TNF", "SM+TNF"))],
)
def test_a_study_of_the_pathway_is_called_as_its_truth_says(line: str, arms: tuple[str, ...], tmp_path: Path) -> None:
    membranes = {TIME_COURSE: time_course((30.0,))}
    design = replace(few_wells(3), membranes=membranes, plates={"a": arms}, samples=("DMSO", "SM+TNF"))
    truth = truth_of(line=line, compound="birinapant", dose_molar=1e-7, design=design, experiments=3, seed=1, cells=60)
    write_lab_study(truth, design, tmp_path / "s")
    assert run_study(tmp_path / "s").verdict.called == truth.leaf
