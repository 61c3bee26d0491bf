"""Layouts of every form put each word on its well, or are refused with the sheet and the cell."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avpi.errors import FileFormatError, InputError, StudyError
from avpi.formats.layout import layout_from_wells, read_layout
from avpi.formats.layout_wells import parse_wells
from avpi.readings import PLATE_SHAPES, PlateLayout, well_name
from tests.formats.plate_texts import grid_text

EXAMPLES = Path(__file__).resolve().parents[1] / "data" / "formats" / "layout"
P96, P384 = (8, 12), (16, 24)


def read_text(
    folder: Path, text: str, *, name: str = "layout.csv", shape: tuple[int, int] | None = P96, **how: object
) -> PlateLayout:
    (folder / name).write_text(text, encoding="utf-8")
    return read_layout(folder / name, name, shape=shape, **how)  # type: ignore[arg-type]


def refusal_of(folder: Path, text: str, **how: object) -> str:
    with pytest.raises(InputError) as caught:
        read_text(folder, text, **how)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_table_gives_every_column_and_the_unit_of_its_header() -> None:
    layout = read_layout(EXAMPLES / "table.csv", "table.csv", shape=P96)
    assert layout.wells["B02"] == {"condition": "SM", "dose": "100 nM", "experiment": "rep1"}
    assert layout.wells["A04"] == {"condition": "DMSO", "dose": "0 nM", "experiment": "rep3"}
    assert layout.cells["B02"] == "line 5, column 1"
    assert len(layout.wells) == 18


def test_a_labelled_grid_is_placed_by_its_labels_and_blank_cells_are_no_wells() -> None:
    layout = read_layout(EXAMPLES / "grid.csv", "grid.csv", shape=P96)
    assert layout.wells["C02"] == {"condition": "SM+TNF"}
    assert "C01" not in layout.wells
    assert layout.shape == P96


def test_a_grid_without_labels_is_placed_if_it_is_the_whole_plate() -> None:
    layout = read_layout(EXAMPLES / "whole_plate_without_labels.csv", "x.csv", shape=None)
    assert layout.shape == P96
    assert layout.wells["H12"] == {"condition": "kill"}


def test_sheets_behind_a_blank_header_are_properties_of_the_wells() -> None:
    path = EXAMPLES / "two_sheets_blank_header.xlsx"
    columns = {"reagent": "compound", "dose": "amount"}
    layout = read_layout(path, path.name, shape=P96, blank_header=True, columns=columns)
    assert layout.wells["B03"] == {"reagent": "birinapant", "dose": "25"}
    assert layout.cells["B03"] == "sheet 'compound' and sheet 'amount', cell D3"
    assert (min(layout.wells), max(layout.wells)) == ("B03", "E08")


def test_a_wellmap_file_gives_its_parameters_as_text() -> None:
    layout = read_layout(EXAMPLES / "five_conditions.toml", "l.toml", shape=P96)
    assert layout.wells["B02"] == {"cell_line": "HT1080", "condition": "SM", "sm": "100 nM"}
    assert layout.wells["D04"] == {"cell_line": "HT1080", "condition": "SM+TNF", "sm": "100 nM", "tnf": "2.5 ng/mL"}
    assert set(layout.wells) == {f"{row}{column:02d}" for row in "BCD" for column in (2, 3, 4)} | {"H12"}


@pytest.mark.shared_data
def test_the_real_template_is_read_behind_its_blank_header(shared_data: Path) -> None:
    path = shared_data / "plate_readers" / "envision_gdr_ctg384" / "Project40.treated.template.xlsx"
    columns = {"reagent": "gnumber", "dose": "concentration"}
    layout = read_layout(path, path.name, shape=P384, blank_header=True, columns=columns)
    assert layout.wells["C03"] == {"reagent": "G02948255", "dose": "30"}
    assert layout.cells["C03"] == "sheet 'gnumber' and sheet 'concentration', cell D4"
    rows, columns_of = {well[0] for well in layout.wells}, {int(well[1:]) for well in layout.wells}
    assert rows == set("CDEFGHJKLMN")
    assert columns_of == {*range(3, 12), *range(13, 22)}
    assert len(layout.wells) == 11 * 18
    assert layout.shape == P384


@pytest.mark.shared_data
def test_the_real_template_is_not_placed_by_guessing(shared_data: Path) -> None:
    path = shared_data / "plate_readers" / "envision_gdr_ctg384" / "Project40.treated.template.xlsx"
    with pytest.raises(StudyError, match=r"cell D4: .*`origin: A1`.*`blank_header: true`"):
        read_layout(path, path.name, shape=P384)
    with pytest.raises(StudyError, match="which a 96-well plate does not have"):
        read_layout(path, path.name, shape=P96, blank_header=True)


@pytest.mark.shared_data
def test_the_inner_wells_of_a_real_dispenser_sheet_are_placed_by_origin(shared_data: Path) -> None:
    path = shared_data / "plate_readers" / "tecan_gdr_ctg96" / "D300_trt_Tecan_96_well_plates.xlsx"
    layout = read_layout(path, path.name, shape=P96, blank_header=True, origin="B2")
    assert layout.wells["B02"] == {"gnumber": "G03406036", "concentration": "0.3"}
    assert layout.wells["G11"] == {"gnumber": "vehicle", "concentration": "0"}
    assert len(layout.wells) == 60


@pytest.mark.shared_data
def test_the_wellmap_example_gives_three_conditions_of_ten_wells(shared_data: Path) -> None:
    path = shared_data / "liquid_handlers" / "plate_layouts" / "avpi_5condition_example_wellmap.toml"
    layout = read_layout(path, path.name, shape=P96)
    assert set(layout.wells) == {f"{row}{column:02d}" for row in "BCD" for column in range(2, 12)}
    assert layout.wells["D11"]["condition"] == "SM+TNF"
    assert layout.wells["D11"]["tnf"] == "10 ng/mL"
    assert layout.wells["B02"] == {"plate": "p1", "condition": "DMSO", "cell_line": "MDA-MB-231"}
    assert layout.caveats == ()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.sampled_from(PLATE_SHAPES),
    origin=st.tuples(st.integers(0, 31), st.integers(0, 47)),
    size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
)
def test_an_origin_places_every_cell_or_the_layout_is_refused(
    tmp_path: Path, shape: tuple[int, int], origin: tuple[int, int], size: tuple[int, int]
) -> None:
    text = "\n".join(",".join(f"w{r}_{c}" for c in range(size[1])) for r in range(size[0]))
    fits = origin[0] + size[0] <= shape[0] and origin[1] + size[1] <= shape[1]
    if not fits:
        assert "w" in refusal_of(tmp_path, text, shape=shape, origin=well_name(*origin))
        return
    layout = read_text(tmp_path, text, shape=shape, origin=well_name(*origin))
    expected = {
        well_name(origin[0] + r, origin[1] + c): {"condition": f"w{r}_{c}"}
        for r in range(size[0])
        for c in range(size[1])
    }
    assert layout.wells == expected


@pytest.mark.parametrize(
    ("header", "value", "key", "written"),
    [
        ("dose_nM", "100", "dose", "100 nM"),
        ("Dose (µM)", "0,5", "dose", "0,5 µM"),
        ("Concentration [ng/mL]", "10", "concentration", "10 ng/mL"),
        ("tnf_ng_mL", "10", "tnf", "10 ng/mL"),
        ("time_h", "24", "time", "24 h"),
        ("dose_nM", "100 pM", "dose_nm", "100 pM"),
        ("Cell line", "HT1080", "cell_line", "HT1080"),
        ("passage", "12", "passage", "12"),
    ],
)
def test_the_unit_of_a_header_goes_to_its_values(
    tmp_path: Path, header: str, value: str, key: str, written: str
) -> None:
    layout = read_text(tmp_path, f"well;{header}\nA1;{value}\n")
    assert layout.wells["A01"] == {key: written}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "well,condition\nA1,SM\nA01,DMSO\n",
            "line 3, column 1: well 'A01' stands here a second time, first in",
        ),
        ("well,condition\nA1,SM\nP1,DMSO\n", "line 3, column 1: 'DMSO' stands for well 'P01', which a 96-well plate"),
        ("well,condition\nA1,SM\nA99,DMSO\n", "line 3, column 1: 'A99' is no well of a plate"),
        ("well,condition\nA1,SM\n,DMSO\n", "has values but no well"),
        ("well,Dose nM,dose (nM)\nA1,1,1\n", "columns 'Dose nM' and 'dose (nM)' both give 'dose'"),
        ("well,dose_nm\nA1,100\n", "gives the dose in 'nm', which is no unit of a dose"),
        ("well,plate,condition\nA1,P1,SM\nA2,P2,SM\n", "describes 2 plates ('P1', 'P2')"),
        (grid_text((16, 24), lambda _r, _c: "SM"), "'SM' stands for well 'A13', which a 96-well plate does not have"),
        ("SM,SM\nDMSO,DMSO\n", "its 2 rows and 2 columns are not those of the 96-well plate"),
        (",1,2\nA,SM,SM\n\n,1,2\nA,5,5\n", "no title"),
        (",,\n,,\n", "without a single filled well"),
    ],
)
def test_a_layout_that_cannot_be_right_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    assert message in refusal_of(tmp_path, text)


def test_titled_grids_below_each_other_are_properties(tmp_path: Path) -> None:
    layout = read_text(tmp_path, "condition\n,1,2\nA,SM,DMSO\n\ndose\n,1,2\nA,10 nM,\n")
    assert layout.wells == {"A01": {"condition": "SM", "dose": "10 nM"}, "A02": {"condition": "DMSO"}}


def test_columns_rename_and_unknown_ones_are_named(tmp_path: Path) -> None:
    text = "well,Cpd,conc_nM\nA1,birinapant,10\n"
    layout = read_text(tmp_path, text, columns={"reagent": "cpd", "dose": "conc"})
    assert layout.wells["A01"] == {"reagent": "birinapant", "dose": "10 nM"}
    said = refusal_of(tmp_path, text, columns={"reagent": "compound", "dose": "cnc"})
    assert "has no column 'compound', which `columns` names for 'reagent'" in said
    assert "Did you mean" in refusal_of(tmp_path, text, columns={"reagent": "cpdd"})


def test_a_header_that_is_not_blank_is_named(tmp_path: Path) -> None:
    said = refusal_of(tmp_path, ",1,2\nA,SM,SM\n", blank_header=True)
    assert "line 1, column 2: '1' stands in the first row or column" in said


def test_an_origin_that_is_no_well_is_named(tmp_path: Path) -> None:
    assert "'Z99' is no well" in refusal_of(tmp_path, "SM\n", origin="Z99")


def test_two_tables_in_one_workbook_are_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("two")):
        assert sheet is not None
        sheet.append(["well", "condition"])
        sheet.append(["A1", "SM"])
    book.save(tmp_path / "l.xlsx")
    with pytest.raises(StudyError, match="tables of wells in several sheets"):
        read_layout(tmp_path / "l.xlsx", "l.xlsx", shape=P96)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[well.A1\n", "is not TOML"),
        ("[wel.A1]\ncondition = 'SM'\n", "is no layout that wellmap accepts"),
        ("[meta]\ninclude = '../secret.toml'\n[well.A1]\ncondition = 'SM'\n", "reads other files ('../secret.toml')"),
        ("[block.9999x9999.A1]\ncondition = 'SM'\n", "'9999x9999' reaches beyond every plate"),
        ("[well.AZ1]\ncondition = 'SM'\n", "'AZ1' is no well of a plate"),
        ("[well.P24]\ncondition = 'SM'\n", "which a 96-well plate does not have"),
        ("[plate.a]\nx = 1\n[plate.b]\nx = 2\n[well.A1]\ncondition = 'SM'\n", "describes 2 plates ('a', 'b')"),
        ("[well.A1]\ncondition = ['SM']\n", "is not one value"),
    ],
)
def test_a_wellmap_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert message in refusal_of(tmp_path, text, name="layout.toml")


def test_an_alert_of_a_wellmap_file_is_passed_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "[meta]\nalert = 'row H was dropped'\n[well.A1]\ncondition = 'SM'\n"
    layout = read_text(tmp_path, text, name="layout.toml")
    assert [(caveat.code, caveat.text) for caveat in layout.caveats] == [
        ("layout_alert", "The layout says: row H was dropped")
    ]
    assert capsys.readouterr() == ("", "")


def test_a_layout_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"layout\.csv: was not found"):
        read_layout(tmp_path / "layout.csv", "layout.csv", shape=P96)
    with pytest.raises(StudyError, match=r"layout\.toml: was not found"):
        read_layout(tmp_path / "layout.toml", "layout.toml", shape=P96)


def test_wells_written_out_are_ranges_rectangles_and_lists() -> None:
    layout = layout_from_wells({"A1-A3": "DMSO", "B02-C03": "SM", "H1, H3": "kill"}, "study.yaml")
    assert list(layout.wells) == ["A01", "A02", "A03", "B02", "B03", "C02", "C03", "H01", "H03"]
    assert layout.wells["C03"] == {"condition": "SM"}
    assert layout.cells["C03"] == "wells 'B02-C03'"


def test_a_well_that_two_keys_name_is_refused_with_both() -> None:
    with pytest.raises(StudyError) as caught:
        layout_from_wells({"A1-A6": "DMSO", "A3": "SM", "row B": "SM", "C3-B2": "SM", "D1": " "}, "study.yaml")
    said = [str(problem) for problem in caught.value.problems]
    assert len(said) == 4
    assert said[0].startswith(
        "study.yaml, wells 'A3': well 'A03' has 'condition' here a second time, first in wells 'A1-A6'"
    )
    assert "'row B' is no well of a plate" in said[1]
    assert "does not go from upper left to lower right" in said[2]
    assert "has no condition" in said[3]


@given(st.integers(0, 31), st.integers(0, 47), st.integers(0, 31), st.integers(0, 47))
def test_a_rectangle_holds_every_well_between_its_corners(r0: int, c0: int, r1: int, c1: int) -> None:
    text = f"{well_name(r0, c0)}-{well_name(r1, c1)}"
    if r1 < r0 or c1 < c0:
        with pytest.raises(ValueError, match="upper left"):
            parse_wells(text)
    else:
        assert parse_wells(text) == [(r, c) for r in range(r0, r1 + 1) for c in range(c0, c1 + 1)]


def test_every_row_of_a_table_that_names_no_free_well_is_reported_at_once(tmp_path: Path) -> None:
    said = refusal_of(tmp_path, "Well,Condition\nA1,DMSO\nZ99,SM\nA1,SM\nH13,TNF\nA2,SM\n")
    for line, what in ((3, "'Z99' is no well"), (4, "'A1' stands here a second time"), (5, "'H13', which a 96-well")):
        assert f"line {line}, column 1" in said
        assert what in said


def test_a_layout_of_another_plate_is_reported_in_a_few_lines(tmp_path: Path) -> None:
    rows = "".join(f"P{column},SM\n" for column in range(1, 25)) + "A1,DMSO\n"
    said = refusal_of(tmp_path, f"Well,Condition\n{rows}")
    assert said.count("does not have") == 20
    assert "4 more rows with such faults" in said
