"""The call to expect is the verdict's own, on values without noise, and it says how near it is to another one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from avpi.virtual_lab.cells import cell_shares
from avpi.virtual_lab.demo_studies import demo_design, demo_studies, demo_truth
from avpi.virtual_lab.design import MOST_EXPERIMENTS, TIME_COURSE, Design, design_of
from avpi.virtual_lab.expected import expected_call
from avpi.virtual_lab.mechanism import differences
from avpi.virtual_lab.truth import BlotTruth, CellsTruth, Deaths, Expectation

DOSE = 1e-7
LIVE = {"DMSO": 1.0, "SM": 1.0, "SM+TNF": 1.0}


def cells(design: Design, viability: dict[str, float], *, left: float = 0.05) -> CellsTruth:
    values = {label: viability.get(label, 1.0) for label in design.conditions}
    blots = {
        name: BlotTruth(lanes=lanes, ciap1=tuple(left if lane.working_doses else 1.0 for lane in lanes))
        for name, lanes in design.membranes.items()
    }
    shares = {label: cell_shares(values[label], "apoptosis") for label in design.samples}
    return CellsTruth(blots=blots, viability=values, quadrants=shares)


def expect(viability: dict[str, float], *, design: Design | None = None, left: float = 0.05) -> Expectation:
    design = design_of("extended", experiments=1) if design is None else design
    return expected_call([cells(design, viability, left=left)], design, DOSE)


def test_a_line_that_kills_itself_and_is_rescued_by_anti_tnf_and_zvad_dies_by_autocrine_apoptosis() -> None:
    found = expect({"SM": 0.3, "SM+TNF": 0.1, "SM+Nec-1s": 0.4})
    assert (found.leaf, found.arm, found.missing) == ("apoptosis/autocrine", "SM", ())
    assert found.effects["kill:SM"] == pytest.approx(0.7)
    assert found.effects["engagement"] == pytest.approx(0.95)
    assert found.path[0] == "Is cIAP1 gone within 30 minutes at the working dose? engaged (0.95)"
    assert found.nearest == pytest.approx(0.7 - 0.3)


def test_the_same_cells_without_the_arms_are_called_with_less() -> None:
    found = expect({"SM": 0.3, "SM+TNF": 0.1}, design=design_of("guide", experiments=1))
    assert found.leaf == "apoptosis/autocrine_tnf_presumed"


def test_what_zvad_turns_into_necroptosis_is_read_in_the_arm_with_tnf() -> None:
    dead = {"SM+TNF": 0.1, "SM+TNF+zVAD": 0.1, "SM+TNF+GSK872": 0.1}
    found = expect(dead, design=design_of("ripk3", experiments=1))
    assert (found.leaf, found.arm) == ("necroptosis/needs_tnf", "SM+TNF")


@pytest.mark.parametrize(
    ("left", "leaf"), [(0.05, "apoptosis/autocrine"), (0.4, "apoptosis/autocrine"), (0.7, "not_engaged")]
)
def test_a_partial_loss_of_ciap1_goes_on_and_a_small_one_stops(left: float, leaf: str) -> None:
    found = expect({"SM": 0.3, "SM+TNF": 0.1}, left=left)
    assert found.leaf == leaf
    assert ("partially engaged" in found.path[0]) == (left == 0.4)


def test_the_mean_of_days_is_the_geometric_one() -> None:
    design = design_of("guide", experiments=2)
    days = [cells(design, {"SM": value}) for value in (0.2, 0.8)]
    assert expected_call(days, design, DOSE).effects["kill:SM"] == pytest.approx(1 - (0.2 * 0.8) ** 0.5)


@pytest.mark.parametrize("name", demo_studies())
@pytest.mark.parametrize("experiments", [2, 3, MOST_EXPERIMENTS])
def test_a_demonstration_shows_what_it_is_meant_to_show(name: str, experiments: int) -> None:
    study = demo_studies()[name]
    truth = demo_truth(study, experiments=experiments)
    assert (truth.leaf, truth.missing) == (study.truth, study.missing)
    assert len(truth.cells) == experiments
    assert truth.expected is not None
    assert truth.expected.nearest >= 0.1, "too near to another call to demonstrate anything"


def test_the_days_of_a_demonstration_err_together() -> None:
    days = demo_truth(demo_studies()["apoptosis"], experiments=MOST_EXPERIMENTS).cells
    assert len({day.viability["SM"] for day in days}) == MOST_EXPERIMENTS
    design = demo_design(demo_studies()["apoptosis"])
    assert all(day.blots[TIME_COURSE].lanes == design.membranes[TIME_COURSE] for day in days)


def by(mode: str, dead: float = 0.9) -> Deaths:
    shares = {"apoptosis": 0.0, "necroptosis": 0.0, "lysis": 0.0, mode: 1.0}
    return Deaths(dead=dead, **shares)


def test_a_call_that_the_cells_agree_with_differs_in_nothing() -> None:
    found = expect({"SM": 0.3, "SM+TNF": 0.1, "SM+anti-TNF": 0.95})
    assert differences(found, {"SM": by("apoptosis")}, {"SM": 0.95}) == ()


def test_necroptosis_that_only_the_inhibitor_made_is_told() -> None:
    dead = {"SM+TNF": 0.1, "SM+TNF+zVAD": 0.1, "SM+TNF+GSK872": 0.1}
    found = expect(dead, design=design_of("ripk3", experiments=1))
    (text,) = differences(found, {"SM+TNF": by("apoptosis")}, {})
    assert "in SM+TNF 0% of the deaths are by necroptosis, 100% by apoptosis" in text


def test_a_presumed_origin_that_is_wrong_is_told() -> None:
    found = expect({"SM": 0.3, "SM+TNF": 0.1}, design=design_of("guide", experiments=1))
    (text,) = differences(found, {"SM": by("apoptosis")}, {"SM": 0.35})
    assert "autocrine tnf presumed; with TNF blocked 7% of the killing is gone" in text


def test_deaths_in_cells_that_are_called_resistant_are_told() -> None:
    found = expect(LIVE)
    assert found.leaf == "resistant_downstream_of_tnf"
    (text,) = differences(replace(found), {"SM+TNF": by("apoptosis", dead=0.4)}, {})
    assert text == "The call names no death; 40% of the cells in SM+TNF die."
