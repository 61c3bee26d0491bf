"""A truth is whole or it is refused, and a design is what a lab could do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from avpi.errors import OurFault
from avpi.names import find_reagent
from avpi.virtual_lab.design import (
    DESIGNS,
    DOSE_RANGE,
    DOSE_STEPS,
    DOSES,
    MOST_EXPERIMENTS,
    TIME_COURSE,
    DesignName,
    Lane,
    design_of,
    dose_range,
    time_course,
)
from avpi.virtual_lab.plate_wells import SAMPLE_COLUMNS
from avpi.virtual_lab.truth import BlotTruth, Quadrants, require_fit
from tests.virtual_lab.small_truth import cells_of, small_design, truth_for


def test_shares_of_cells_are_parts_of_one() -> None:
    with pytest.raises(OurFault, match="no parts of 1"):
        Quadrants(
            live=0.5,
            annexin_positive_pi_negative=0.5,
            annexin_positive_pi_positive=0.2,
            annexin_negative_pi_positive=-0.2,
        )


def test_a_membrane_has_an_amount_for_each_lane() -> None:
    with pytest.raises(OurFault, match="no amounts in 6 lanes"):
        BlotTruth(lanes=time_course(), ciap1=(1.0, 0.5))


def test_a_truth_that_fits_passes_shared_or_by_experiment() -> None:
    design = small_design(3)
    require_fit(truth_for(design), design)
    require_fit(truth_for(design, [cells_of(design)] * 3), design)
    with pytest.raises(OurFault, match="2 experiments are true, 3 are designed"):
        require_fit(truth_for(design, [cells_of(design)] * 2), design)


def test_a_truth_that_leaves_something_open_is_refused() -> None:
    design = small_design()
    with pytest.raises(OurFault, match="says nothing of anti-TNF"):
        require_fit(truth_for(design), replace(design, plates={"a": ("DMSO", "anti-TNF")}))
    with pytest.raises(OurFault, match="membranes of 'small' are not those"):
        require_fit(truth_for(design), replace(design, membranes={TIME_COURSE: time_course((30.0,))}))


@pytest.mark.parametrize("name", DESIGNS)
def test_a_named_design_fits_its_plates_and_uses_known_reagents(name: DesignName) -> None:
    design = design_of(name)
    assert all(len(labels) <= len(SAMPLE_COLUMNS) for labels in design.plates.values())
    assert set(design.samples) <= set(design.conditions)
    assert {"DMSO", "SM", "SM+TNF", "SM+zVAD", "SM+zVAD+Nec-1s", "TNF", "zVAD", "Nec-1s"} <= set(design.conditions)
    assert all(find_reagent(part) for label in design.conditions for part in label.split("+") if part != "DMSO")
    assert set(design.reagents) <= set(DOSES)


def test_the_arms_beyond_the_guide_are_where_their_names_say() -> None:
    assert "anti-TNF" not in design_of("guide").reagents
    assert "anti-TNF" in design_of("extended").reagents
    assert "GSK872" in design_of("ripk3").reagents


def test_a_dose_range_is_a_second_membrane() -> None:
    assert list(design_of("guide").membranes) == [TIME_COURSE]
    lanes = design_of("guide", dose_steps=DOSE_STEPS).membranes[DOSE_RANGE]
    assert lanes == dose_range()
    assert [lane.working_doses for lane in lanes] == [0, *DOSE_STEPS]
    assert {lane.time for lane in lanes} == {"30 min"}


@pytest.mark.parametrize("number", [0, MOST_EXPERIMENTS + 1])
def test_no_lab_repeats_a_study_never_or_endlessly(number: int) -> None:
    with pytest.raises(OurFault, match="are not between 1 and 6"):
        design_of("guide", experiments=number)


def test_a_membrane_begins_with_vehicle_and_holds_what_a_gel_holds() -> None:
    for lanes in [(Lane(minutes=15.0), Lane(minutes=30.0)), time_course(tuple(float(m) for m in range(1, 8)))]:
        with pytest.raises(OurFault, match="needs vehicle first, and 2 to 7 lanes"):
            replace(small_design(), membranes={TIME_COURSE: lanes})
