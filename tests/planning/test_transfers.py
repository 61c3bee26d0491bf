"""Files for robots: each, read back and followed drop by drop, makes the wells that the layouts ask for."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.errors import FileFormatError, InputError
from avpi.planning.deck import Deck, differences
from avpi.planning.export import SOURCES_FILE, TARGETS, WELLS_FILE, Target, deck_texts, make_deck, read_target
from avpi.planning.gwl import read_gwl, write_gwl
from avpi.planning.layout import PlateLayoutPlan
from avpi.planning.liquids import Place, Source, Transfer, drawn_volumes, follow
from avpi.planning.opentrons_protocol import ROBOTS, Robot, read_protocol, write_protocol
from avpi.planning.plan_file import Plan
from avpi.planning.read_layouts import read_layouts
from avpi.planning.worklist import BIOMEK, ECHO, HAMILTON, read_sources, read_transfers, read_wells, write_transfers
from avpi.readings import well_name
from tests.planning.plans import planned

SIMULATE = os.environ.get("AVPI_OPENTRONS_SIMULATE", "")
WHY_NOT = "set AVPI_OPENTRONS_SIMULATE to the opentrons_simulate of opentrons 8.8.2, in an environment of its own"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planned(tmp_path_factory.mktemp("plans") / "p", experiments=2)


def first(plan: Plan) -> list[PlateLayoutPlan]:
    return [layout for layout in read_layouts(plan.study, shape=plan.shape) if layout.experiment == "E1"]


def again(plan: Plan, target: Target) -> tuple[tuple[Source, ...], tuple[Transfer, ...], dict[Place, float]]:
    """Write the files of the first experiment and read them back."""
    layouts = first(plan)
    texts = deck_texts(plan, "E1", layouts, make_deck(plan, layouts, target), target)
    name = next(iter(texts))
    transfers = read_target(texts[name], target, plan.shape, name)
    return read_sources(texts[SOURCES_FILE], "s"), transfers, read_wells(texts[WELLS_FILE], "w")


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_written_reads_back_to_the_same_transfers_and_the_same_wells(plan: Plan, target: Target) -> None:
    layouts = first(plan)
    deck = make_deck(plan, layouts, target)
    sources, transfers, start = again(plan, target)
    moved = [(t.source, t.target, t.volume_nl) for t in transfers]
    if target in ("opentrons", "gwl"):  # what a tip does not hold is written as several transfers
        assert drawn_volumes(transfers) == pytest.approx(drawn_volumes(deck.transfers))
    else:
        assert sorted(moved) == sorted((t.source, t.target, t.volume_nl) for t in deck.transfers)
    assert differences(layouts, plan.study.words, sources, transfers, start) == ()


@pytest.mark.parametrize(("wells", "target"), [(384, "echo"), (384, "gwl"), (1536, "echo"), (24, "bench")])
def test_other_formats_make_the_same_design(tmp_path: Path, wells: int, target: Target) -> None:
    questions = ("engagement", "death", "dose") if wells > 96 else ("death",)
    matrix, replicates = ("extended", 4) if wells > 96 else ("guide", 1)
    own = planned(
        tmp_path / "p", plate_wells=wells, questions=questions, matrix=matrix, replicates=replicates, experiments=1,
        rim_used=wells < 96,
    )  # fmt: skip
    assert differences(first(own), own.study.words, *again(own, target)) == ()


def test_dmso_is_equal_to_the_last_droplet_and_every_well_ends_at_its_volume(plan: Plan) -> None:
    for target in ("echo", "bench"):
        deck = make_deck(plan, first(plan), target)
        held = follow(deck.sources, deck.transfers, deck.start)
        wells = [held[place] for place in deck.start]
        shares = [well.share("DMSO") for well in wells]
        assert max(shares) - min(shares) <= 1e-4
        assert max(shares) <= plan.file.most_dmso
        assert all(well.volume_nl == pytest.approx(plan.file.plate.volume, rel=1e-9) for well in wells)


def test_sources_hold_what_is_drawn_and_what_stays_behind(plan: Plan) -> None:
    for target in ("echo", "hamilton"):
        deck = make_deck(plan, first(plan), target)
        drawn = drawn_volumes(deck.transfers)
        for source in deck.sources:
            assert source.drawn_nl == pytest.approx(drawn[source.place])
            assert source.load_nl == pytest.approx(source.drawn_nl + source.dead_nl)
            assert source.load_nl <= source.capacity_nl


def test_the_echo_moves_whole_droplets_and_at_most_500_nl_at_once(tmp_path: Path) -> None:
    own = planned(
        tmp_path / "p", experiments=1, volume_nl=500_000.0, plate_wells=24, replicates=1, matrix="guide", rim_used=True
    )
    deck = make_deck(own, first(own), "echo")
    volumes = [t.volume_nl for t in deck.transfers]
    assert max(volumes) <= 500.0
    assert all(volume % 2.5 == 0 for volume in volumes)
    assert len(volumes) > len({(t.target, t.what) for t in deck.transfers})


def test_pipettes_move_at_least_two_microlitres_and_mixes_are_not_overdrawn(plan: Plan) -> None:
    deck = make_deck(plan, first(plan), "gwl")
    assert min(t.volume_nl for t in deck.transfers) >= 2000.0
    held = follow(deck.sources, deck.transfers, deck.start)
    drawn = drawn_volumes(deck.transfers)
    assert all(drawn[mix] < held[mix].volume_nl <= 1_900_000.0 for mix in deck.mixes)


@given(microlitres=st.lists(st.integers(200, 90_000).map(lambda n: n / 100), min_size=1, max_size=30))
def test_any_volume_of_a_hundredth_of_a_microlitre_survives_every_list(microlitres: list[float]) -> None:
    made = tuple(
        Transfer(
            source=Place("Stocks 1", well_name(i % 4, i % 6)), target=Place("E1 plate", well_name(i % 8, i % 12)),
            volume_nl=round(volume * 1000, 6), what=f"zVAD {i} mM, in, DMSO",
        )
        for i, volume in enumerate(microlitres)
    )  # fmt: skip
    assert read_gwl(write_gwl(made, (8, 12)), (8, 12), "w") == made
    for columns in (HAMILTON, BIOMEK):
        assert read_transfers(write_transfers(made, columns), columns, "w") == made
    largest = ROBOTS["Flex"].large_most * 1000
    assert all(t.volume_nl <= largest for t in made)
    assert read_protocol(write_protocol(made, robot="Flex", plate_wells=96, title='a "title"'), "p") == made


def test_a_line_that_was_changed_or_lost_is_found(plan: Plan) -> None:
    layouts = first(plan)
    sources, transfers, start = again(plan, "echo")
    fewer = differences(layouts, plan.study.words, sources, transfers[1:], start)
    assert fewer
    more = replace(transfers[0], volume_nl=transfers[0].volume_nl + 25)
    assert differences(layouts, plan.study.words, sources, (more, *transfers[1:]), start)
    astray = replace(transfers[0], target=Place(transfers[0].target.labware, "A01"))
    found = differences(layouts, plan.study.words, sources, (*transfers, astray), start)
    assert any("stands in no layout" in text for text in found)
    buffer = next(source.place for source in sources if source.liquid.name == "protein buffer")
    at = next(i for i, t in enumerate(transfers) if t.what == "DMSO")
    uneven = (*transfers[:at], replace(transfers[at], source=buffer), *transfers[at + 1 :])
    told = differences(layouts, plan.study.words, sources, uneven, start)
    assert any(text.startswith("DMSO is between") for text in told)
    empty = [replace(source, drawn_nl=0.0) for source in sources]
    assert any("is drawn on for" in text for text in differences(layouts, plan.study.words, empty, transfers, start))


def test_a_layout_that_was_changed_by_hand_is_the_one_that_is_dispensed(tmp_path: Path) -> None:
    own = planned(tmp_path / "p", experiments=1)
    layouts = first(own)
    vehicle = next(well for well, content in layouts[0].filled.items() if content == "DMSO")
    file = own.folder / "raw" / "E1_plate_1-layout.csv"
    file.write_text(file.read_text("utf-8").replace(f"{vehicle},DMSO", f"{vehicle},SM 5 nM"), "utf-8")
    changed = first(own)
    assert changed[0].contents[vehicle] == "SM 5 nM"
    deck = make_deck(own, changed, "echo")
    held = follow(deck.sources, deck.transfers, deck.start)
    assert held[Place("E1 plate 1", vehicle)].concentration("SM") == pytest.approx(5e-9, rel=0.01)


def test_a_broken_list_is_refused_with_its_row() -> None:
    with pytest.raises(FileFormatError, match="Destination Plate Name"):
        read_transfers("Source Plate Name,Source Well,Sample Name\nA,A1,x\n", ECHO, "picks.csv")
    header = "Source Plate Name,Source Plate Type,Source Well,Sample Name,Destination Plate Name,Destination Well,"
    with pytest.raises(FileFormatError, match=r"picks.csv:2: cannot be read"):
        read_transfers(f"{header}Transfer Volume\nS,T,A1,x,P,Z99,25\n", ECHO, "picks.csv")
    with pytest.raises(FileFormatError, match="without an aspirate"):
        read_target("D;P;;;1;;2.00;;;;\r\n", "gwl", (8, 12), "w.gwl")
    with pytest.raises(FileFormatError, match="no table of transfers"):
        read_target("x = 1\n", "opentrons", (8, 12), "p.py")


def test_what_a_robot_cannot_hold_is_refused_here_and_not_on_the_deck(tmp_path: Path) -> None:
    deck = make_deck(*_of(planned(tmp_path / "p", experiments=1, plate_wells=1536)), "gwl")
    with pytest.raises(InputError, match="no labware of 1536 wells"):
        write_protocol(deck.transfers, robot="OT-2", plate_wells=1536, title="t")
    place = Place("Mixes", "A01")
    many = [Transfer(source=place, target=Place(f"plate {i}", "A01"), volume_nl=25_000.0) for i in range(12)]
    with pytest.raises(InputError, match="slots"):
        write_protocol(many, robot="Flex", plate_wells=96, title="t")


def _of(plan: Plan) -> tuple[Plan, list[PlateLayoutPlan]]:
    return plan, first(plan)


@pytest.mark.slow
@pytest.mark.skipif(not SIMULATE, reason=WHY_NOT)
@pytest.mark.parametrize("robot", list(ROBOTS))
def test_opentrons_accepts_the_protocol(tmp_path: Path, plan: Plan, robot: Robot) -> None:
    deck: Deck = make_deck(plan, first(plan), "opentrons")
    file = tmp_path / "protocol.py"
    file.write_text(write_protocol(deck.transfers, robot=robot, plate_wells=96, title="t"), "utf-8")
    done = subprocess.run([SIMULATE, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Dispensing") >= len(deck.transfers)
