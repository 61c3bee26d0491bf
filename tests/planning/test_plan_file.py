"""plan.yaml and study.yaml: what is written is what is read, and every fault is told with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from avpi.errors import InputError, StudyError
from avpi.planning.design import make_design
from avpi.planning.plan_file import CellsEntry, PlanFile, PlateEntry, PotencyEntry, StockEntry, read_plan
from avpi.planning.read_layouts import read_layouts
from avpi.planning.volumes import format_share, format_volume, parse_share, parse_volume
from avpi.planning.write_plan import write_plan
from avpi.quantity import QuantityError
from tests.planning.plans import planned, request


def faults(folder: Path, old: str, new: str) -> str:
    """Change plan.yaml and return what reading says of it."""
    path = folder / "plan.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(InputError) as told:
        read_plan(folder)
    return str(told.value)


def test_a_plan_reads_back_to_its_design(tmp_path: Path) -> None:
    asked = request(stocks={"zVAD": "10 mM"}, doses={"TNF": "1 ng/mL"}, seed=5)
    design = make_design(asked)
    write_plan(asked, design, tmp_path / "p")
    plan = read_plan(tmp_path / "p")
    assert plan.file.seed == 5
    assert plan.stocks["zVAD"].concentration == 10e-3
    assert plan.stocks["TNF"].vehicle == "aqueous"
    assert plan.study.words.working_doses["TNF"] == 1.0
    assert plan.potency.bivalent
    assert read_layouts(plan.study, shape=plan.shape) == design.layouts
    assert [blot.name for blot in plan.study.blots] == ["E1 membrane", "E2 membrane", "E3 membrane"]
    assert len(plan.study.samples) == 21
    assert sum(plate.time_zero for plate in plan.study.plates) == 3


def test_odd_names_survive_the_way_through_yaml(tmp_path: Path) -> None:
    plan = planned(tmp_path / "p", compound="no", cell_line='a "b": c', experiments=1)
    assert (plan.study.file.compound, plan.study.file.cell_line) == ("no", 'a "b": c')


def test_equal_requests_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        planned(tmp_path / name, experiments=2)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert len(files) == 7
    assert all((tmp_path / "one" / f).read_bytes() == (tmp_path / "two" / f).read_bytes() for f in files)


def test_a_misspelt_key_is_told_with_its_line_and_the_nearest_one(tmp_path: Path) -> None:
    planned(tmp_path / "p", experiments=1)
    assert "plan.yaml:3: 'sed' is not a known key. Did you mean 'seed'?" in faults(tmp_path / "p", "seed:", "sed:")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("volume: 100 µL", "volume: 100", "has no unit"),
        ("volume: 100 µL", "volume: 100 kg", "is not a volume"),
        ("volume: 100 µL", "volume: 5 nL", "a well of a 96-well plate cannot hold '5 nL': it holds 1 µL to 360 µL"),
        ("wells: 96", "wells: 1536", "a well of a 1536-well plate cannot hold '100 µL': it holds 1 µL to 14 µL"),
        ("wells: 96", "wells: 97", "'plate.wells' is '97'"),
        ("most_dmso: 0.5 %", "most_dmso: 200 %", "is not a share"),
        ("plan: 1", "plan: 2", "'plan' is '2'"),
        ("  zVAD:", "  zVADx:", "'zVADx' is not a known reagent"),
        ("20 mM", "20 mg/mL", "is of another kind than the dose"),
    ],
)
def test_a_value_that_cannot_be_is_told_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    planned(tmp_path / "p", experiments=1)
    told = faults(tmp_path / "p", old, new)
    assert said in told
    assert "plan.yaml:" in told


def test_the_page_lists_every_key_of_plan_yaml() -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "plan.md").read_text("utf-8")
    table = page.split("## plan.yaml")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(PlanFile.model_fields)
    for model in (PotencyEntry, PlateEntry, CellsEntry, StockEntry):
        assert all(f"`{key}`" in table for key in model.model_fields)


def test_a_folder_that_holds_anything_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(StudyError, match="is not empty"):
        write_plan(request(), make_design(request()), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_missing_layout_is_named_with_the_line_that_names_it(tmp_path: Path) -> None:
    plan = planned(tmp_path / "p", experiments=1)
    (plan.folder / "raw" / "E1_plate_1-layout.csv").unlink()
    with pytest.raises(InputError, match=r"study.yaml:\d+: 'raw/E1_plate_1-layout.csv' was not found"):
        read_layouts(plan.study)


@pytest.mark.parametrize(("text", "nanolitres"), [("100 uL", 1e5), ("2.5 nL", 2.5), ("1,5 mL", 1.5e6), ("1 L", 1e9)])
def test_volumes_are_read_and_written(text: str, nanolitres: float) -> None:
    assert parse_volume(text) == nanolitres
    assert parse_volume(format_volume(nanolitres)) == nanolitres


def test_shares_are_read_and_written() -> None:
    assert parse_share("0,5 %") == 0.005
    assert format_share(0.003) == "0.3 %"
    with pytest.raises(QuantityError):
        parse_share("half")
