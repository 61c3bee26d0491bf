"""Layouts: nothing at the rim, everything spread, balanced over plates, and new in every experiment."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.errors import InputError
from avpi.planning.design import make_design
from avpi.planning.layout import SHAPES, PlateLayoutPlan, WellGroup, content_codes, layout_lines, vehicle_wells
from avpi.planning.placement import place_groups
from avpi.planning.violations import violations, violations_between
from tests.planning.plans import request


def plate(contents: dict[str, str], *, wells: int = 96, name: str = "p", experiment: str = "E1") -> PlateLayoutPlan:
    empty = place_groups(SHAPES[wells], [], rim_used=False, seed=(0,))
    return PlateLayoutPlan(
        plate=name, experiment=experiment, shape=SHAPES[wells], rim_used=False, contents={**empty, **contents}
    )


def broken(contents: dict[str, str]) -> set[str]:
    return {breach.rule for breach in violations(plate(contents))}


@pytest.mark.parametrize(("wells", "arms", "replicates"), [(96, 11, 4), (384, 69, 4), (1536, 330, 4)])
def test_full_plates_break_no_constraint(wells: int, arms: int, replicates: int) -> None:
    groups = [WellGroup(content=f"SM {i + 1} nM", wells=replicates) for i in range(arms)]
    groups += [WellGroup(content="DMSO", wells=8), WellGroup(content="kill control", wells=4)]
    groups += [WellGroup(content="medium only", wells=4)]
    contents = place_groups(SHAPES[wells], groups, rim_used=False, seed=(1, 2))
    layout = PlateLayoutPlan(plate="p", experiment="E1", shape=SHAPES[wells], rim_used=False, contents=contents)
    assert violations(layout) == ()
    assert {g.content: g.wells for g in groups} == layout.groups


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), replicates=st.integers(1, 4), arms=st.integers(1, 11))
def test_any_matrix_that_fits_is_placed_without_a_breach(seed: int, replicates: int, arms: int) -> None:
    groups = [WellGroup(content=f"SM {i + 1} nM", wells=replicates) for i in range(arms)]
    groups += [WellGroup(content="DMSO", wells=8), WellGroup(content="medium only", wells=4)]
    contents = place_groups(SHAPES[96], groups, rim_used=False, seed=(seed,))
    assert violations(plate(contents)) == ()


def test_equal_seeds_give_equal_plates_and_others_do_not() -> None:
    one, same = make_design(request(seed=7)), make_design(request(seed=7))
    assert one.layouts == same.layouts
    assert one.layouts != make_design(request(seed=8)).layouts


def test_each_constraint_is_seen_where_it_is_broken() -> None:
    assert broken({"A05": "SM"}) == broken({"A05": "DMSO"}) == {"rim"}
    assert broken({"A05": "medium only"}) == set()
    assert broken({"B02": "SM", "B08": "SM"}) == {"row"}
    assert broken({"B05": "SM", "F05": "SM"}) == {"column"}
    assert broken({"C05": "SM", "D06": "SM"}) == {"neighbours"}
    assert broken({"B02": "DMSO", "D04": "DMSO"}) == {"quadrant"}
    assert broken({"B02": "SM", "D07": "SM", "F04": "TNF"}) == set()


def test_what_stands_alike_in_two_experiments_or_unevenly_on_plates_is_told() -> None:
    same = [plate({"C05": "SM"}), plate({"C05": "SM"}, name="q", experiment="E2")]
    assert {breach.rule for breach in violations_between(same)} == {"same_well"}
    uneven = [plate({"B02": "SM", "D05": "SM", "F08": "SM"}), plate({"C05": "SM"}, name="q")]
    assert {breach.rule for breach in violations_between(uneven)} == {"balance"}


def test_experiments_share_no_well_of_an_arm_and_plates_share_its_replicates() -> None:
    design = make_design(request(experiments=4))
    assert design.violations == ()
    assert len(design.layouts) == 8
    assert {layout.groups["SM"] for layout in design.layouts} == {2}
    wells = [{w for w, c in layout.filled.items() if c == "SM"} for layout in design.layouts]
    assert not wells[0] & wells[2]


@pytest.mark.parametrize("replicates", [3, 5, 6])
def test_every_experiment_has_the_replicates_that_were_asked_for(replicates: int) -> None:
    design = make_design(request(replicates=replicates, experiments=1))
    assert sum(layout.groups["SM"] for layout in design.layouts) == replicates
    assert design.violations == ()


def test_the_rim_is_used_only_where_it_was_asked_for() -> None:
    assert not any(well[0] in "AH" for well in make_design(request()).layouts[0].filled)
    used = make_design(request(rim_used=True)).layouts[0]
    assert any(well[0] in "AH" for well in used.filled)
    assert violations(used) == ()
    assert "rim" in {breach.rule for breach in violations(replace(used, rim_used=False))}


def test_vehicle_has_the_square_root_of_the_arms_times_their_wells() -> None:
    assert vehicle_wells(16, 3) == 12
    assert vehicle_wells(2, 4) == 8


def test_arms_that_fit_no_plate_are_refused_with_what_would_help() -> None:
    with pytest.raises(InputError, match="do not fit a plate of 24 wells"):
        make_design(request(plate_wells=24))
    with pytest.raises(InputError, match="61 wells are needed, and the plate has 60"):
        place_groups(SHAPES[96], [WellGroup(content="SM", wells=61)], rim_used=False, seed=(1,))


def test_an_arm_with_an_unknown_word_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="zVDA") as told:
        make_design(request(arms=("SM+zVDA", "SM+Foo")))
    assert len(told.value.problems) == 2


def test_an_arm_of_other_cells_or_without_a_dose_is_refused() -> None:
    with pytest.raises(InputError, match="seeded with one suspension"):
        make_design(request(arms=("SM+TNF+RIPK3-loss",)))
    with pytest.raises(InputError, match="cannot be planned"):
        make_design(request(experiments=0))


def test_a_reagent_that_the_laboratory_lacks_stands_in_no_well() -> None:
    design = make_design(request(lacking=("anti-TNF", "Nec-1s")))
    assert not any("anti-TNF" in arm or "Nec-1s" in arm for arm in design.arms)
    assert design.tubes == ("DMSO", "SM", "TNF", "SM+TNF", "SM+zVAD", "SM+TNF+zVAD")


def test_a_plate_is_drawn_with_a_code_for_every_content() -> None:
    layout = make_design(request(matrix="guide")).layouts[0]
    codes = content_codes(layout.groups)
    lines = list(layout_lines(layout, codes))
    assert list(codes.values()) == ["V", "K", "M", "1", "2", "3", "4"]
    assert len(lines) == 9
    assert sum(line.split()[1:].count("V") for line in lines[1:]) == layout.groups["DMSO"]
