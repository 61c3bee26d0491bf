"""Records of dispensers as layouts: D300 protocols and Echo run reports, each well with what it really got."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avpi.errors import StudyError
from avpi.formats.dispensed import with_stocks
from avpi.formats.dispenser_d300 import read_d300
from avpi.formats.dispenser_echo import read_echo
from avpi.formats.layout import read_layout
from avpi.formats.spreadsheet import read_spreadsheet
from avpi.formats.workbook import read_workbook
from avpi.readings import well_name

FLUIDS = """
    <Fluid ID="0"><Name>birinapant</Name><ByVol>False</ByVol><Concentration>10000</Concentration>
      <ConcentrationUnit>mM</ConcentrationUnit></Fluid>
    <Fluid ID="1"><Name>TNF</Name><ByVol>False</ByVol><Concentration>100000</Concentration>
      <ConcentrationUnit>ng_mL</ConcentrationUnit></Fluid>
    <Fluid ID="2"><Name>DMSO</Name><ByVol>False</ByVol><Concentration>10000</Concentration>
      <ConcentrationUnit>mM</ConcentrationUnit></Fluid>"""
COLUMNS = (
    "Date Time Point,Source Plate Name,Source Plate Barcode,Source Plate Type,Source Well,Destination Plate Name,"
    "Destination Plate Barcode,Destination Plate Type,Destination Well,Transfer Volume,Actual Volume,Sample ID,"
    "Sample Name,Survey Fluid Volume,Transfer Status"
)


def tdd(*plates: str, backfills: str = "") -> str:
    """A protocol of plates, each given by its wells."""
    made = "".join(
        f"<Plate><PlateType>Default96</PlateType><Rows>8</Rows><Cols>12</Cols><Name />"
        f"<AssayVolume>100000</AssayVolume><Wells>{wells}</Wells><Randomize /></Plate>"
        for wells in plates
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<Protocol><Version>3.1</Version><VolumeUnit>nL</VolumeUnit>'
        "<ConcentrationUnit>µM</ConcentrationUnit><MolarityConcentrationUnit>µM</MolarityConcentrationUnit>"
        f"<MassConcentrationUnit>ng_mL</MassConcentrationUnit><Fluids>{FLUIDS}</Fluids><Plates>{made}</Plates>"
        f"<Backfills>{backfills}</Backfills></Protocol>"
    )


def well(row: int, column: int, *fluids: tuple[int, str]) -> str:
    given = "".join(f'<Fluid ID="{number}">{value}</Fluid>' for number, value in fluids)
    return f'<Well Row="{row}" Col="{column}">{given}</Well>'


def written(folder: Path, text: str, name: str = "design.tdd") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def layout_of(folder: Path, text: str, name: str = "design.tdd", **said: Any) -> Any:
    return read_layout(written(folder, text, name), name, shape=said.pop("shape", (8, 12)), **said)


def test_rows_and_columns_of_a_d300_are_counted_from_zero(tmp_path: Path) -> None:
    wells = well(0, 0, (0, "0.3")) + well(7, 11, (2, "0.01")) + well(1, 2, (0, "3E-05"))
    layout = layout_of(tmp_path, tdd(wells))
    assert layout.wells["A01"] == {"reagent": "birinapant", "dose": "0.3 uM", "transferred_nl": "3"}
    assert layout.wells["B03"]["dose"] == "3e-05 uM"
    assert layout.wells["H12"]["reagent"] == "DMSO"
    assert "dose" not in layout.wells["H12"]
    assert layout.shape == (8, 12)


def test_a_combination_is_one_condition_with_each_dose_in_its_own_unit(tmp_path: Path) -> None:
    layout = layout_of(tmp_path, tdd(well(2, 3, (0, "0.1"), (1, "10"), (2, "0.01"))))
    assert layout.wells["C04"]["condition"] == "birinapant 0.1 uM + TNF 10 ng/mL"
    assert "reagent" not in layout.wells["C04"]


def test_a_backfill_levels_the_wells_and_makes_control_wells_of_vehicle(tmp_path: Path) -> None:
    wells = "".join(f'<Well P="0" R="0" C="{c}" />' for c in range(3))
    backfill = f"<Backfill><Type>ToMaxVolume</Type><Wells>{wells}</Wells></Backfill>"
    protocol = tdd(well(0, 0, (0, "10")) + well(0, 1, (0, "2")), backfills=backfill)
    layout = layout_of(tmp_path, protocol)
    assert [layout.wells[w].get("backfill_nl") for w in ("A01", "A02", "A03")] == [None, "80", "100"]
    assert layout.wells["A03"]["reagent"] == "DMSO"
    assert layout.wells["A01"]["transferred_nl"] == "100"


def test_one_of_several_plates_must_be_named(tmp_path: Path) -> None:
    protocol = tdd(well(0, 0, (0, "1")), well(0, 0, (0, "2")))
    with pytest.raises(StudyError, match=r"describes 2 plates \('1', '2'\)"):
        layout_of(tmp_path, protocol)
    assert layout_of(tmp_path, protocol, plate="P2").wells["A01"]["dose"] == "2 uM"
    assert layout_of(tmp_path, protocol, columns={"plate": "1"}).wells["A01"]["dose"] == "1 uM"
    with pytest.raises(StudyError, match="has no plate '3'"):
        layout_of(tmp_path, protocol, plate="3")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('Row="0"', 'Row="8"', "row 8, column 0 (counted from 0) is outside a plate of 8 x 12 wells"),
        ('<Fluid ID="0">1<', '<Fluid ID="9">1<', "fluid '9' is not in the list of fluids"),
        ('<Fluid ID="0">1<', '<Fluid ID="0">-1<', "'-1' is no concentration or volume"),
        ("<Randomize />", "<Randomize>True</Randomize>", "the wells of this plate were shuffled"),
        ("</Protocol>", "", "is no complete D300 protocol"),
        ("<VolumeUnit>nL", "<VolumeUnit>drops", "'drops' is no unit of a volume"),
    ],
)
def test_a_protocol_that_cannot_be_trusted_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = tdd(well(0, 0, (0, "1")))
    assert old in text
    with pytest.raises(StudyError) as caught:
        layout_of(tmp_path, text.replace(old, new))
    assert message in str(caught.value)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    doses=st.dictionaries(
        st.tuples(st.integers(0, 7), st.integers(0, 11)), st.floats(1e-6, 1e3), min_size=1, max_size=96
    )
)
def test_every_well_of_a_protocol_keeps_its_dose(tmp_path: Path, doses: dict[tuple[int, int], float]) -> None:
    layout = layout_of(tmp_path, tdd("".join(well(r, c, (0, repr(dose))) for (r, c), dose in doses.items())))
    found = {name: float(entry["dose"].split()[0]) for name, entry in layout.wells.items()}
    assert found == pytest.approx({well_name(*at): dose for at, dose in doses.items()}, rel=1e-11)


def line(
    well_to: str, *, source: str = "A1", asked: float = 100, gave: float = 100, name: str = "", why: str = ""
) -> str:
    begin = f"2024-12-09 13:34:23.000,Source[1],SRC1,384PP_AQ_BP,{source},Destination[1],DST7,Corning 96-well"
    return f"{begin},{well_to},{asked:g},{gave:g},,{name},50,{why}"


def report(details: list[str], exceptions: tuple[str, ...] = ()) -> str:
    lines = ["Run ID,17", "Application Name,Labcyte Echo Plate Reformat", ""]
    if exceptions:
        lines += ["[EXCEPTIONS]", COLUMNS, *exceptions, ""]
    return "\n".join([*lines, "[DETAILS]", COLUMNS, *details, "", "Instrument Name,E5XX", ""])


def test_transfers_of_an_echo_are_volumes_and_no_doses(tmp_path: Path) -> None:
    details = [line("A1"), line("A1", gave=25, asked=25), line("B2", source="C4", name="birinapant")]
    layout = layout_of(tmp_path, report(details), "run.csv")
    assert layout.wells["A01"] == {"transferred": "SRC1 A1", "transferred_nl": "125"}
    assert layout.wells["B02"] == {"transferred": "birinapant", "transferred_nl": "100"}
    assert "concentration_unknown" in {caveat.code for caveat in layout.caveats}
    named = layout_of(tmp_path, report(details), "run.csv", columns={"reagent": "transferred"})
    assert named.wells["B02"]["reagent"] == "birinapant"


def test_failed_transfers_mark_their_wells(tmp_path: Path) -> None:
    failed = line("A2", gave=0, why="MM0202007: Problem calc. well fluid volume fc: 0 ft: 0")
    layout = layout_of(tmp_path, report([line("A1"), line("A2"), line("A3", gave=50)], (failed,)), "run.csv")
    assert layout.wells["A02"]["role"] == "empty"
    assert layout.wells["A02"]["failed"].startswith("MM0202007")
    assert layout.wells["A03"]["failed"] == "50 of 100 nL"
    assert "role" not in layout.wells["A01"]
    said = next(caveat.text for caveat in layout.caveats if caveat.code == "failed_transfers")
    assert "A02 (MM0202007" in said


def test_stocks_that_are_known_give_concentrations(tmp_path: Path) -> None:
    path = written(tmp_path, report([line("A1", name="birinapant", gave=25, asked=25)]), "run.csv")
    (plate,) = read_echo(read_spreadsheet(path, "run.csv"))
    dosed = with_stocks(plate, {"birinapant": (10.0, "mM")}, assay_volume_nl=50_000)
    (content,) = dosed.wells[0, 0]
    assert content.concentration == pytest.approx(0.005)
    assert content.unit == "mM"


def test_a_layout_with_stocks_is_one_of_doses(tmp_path: Path) -> None:
    text = report([line("A1", name="birinapant", gave=25, asked=25)])
    layout = layout_of(tmp_path, text, "run.csv", stocks={"birinapant": "10 mM"}, assay_volume_ul=50)
    assert layout.wells["A01"] == {"reagent": "birinapant", "dose": "0.005 mM", "transferred_nl": "25"}


@pytest.mark.parametrize(
    ("stocks", "volume", "said"),
    [
        ({"birinapant": "10 mM"}, None, "no `assay_volume_ul`"),
        ({"birinapnt": "10 mM"}, 50, "dispenses no 'birinapnt'.*Did you mean 'birinapant'"),
        ({"birinapant": "ten"}, 50, "'ten' is no stock of 'birinapant'"),
    ],
)
def test_stocks_that_cannot_be_meant_are_refused(
    tmp_path: Path, stocks: dict[str, str], volume: float | None, said: str
) -> None:
    text = report([line("A1", name="birinapant", gave=25, asked=25)])
    with pytest.raises(StudyError, match=said):
        layout_of(tmp_path, text, "run.csv", stocks=stocks, assay_volume_ul=volume)


def test_a_transfer_to_no_well_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"run\.csv, line 6: 'X99' is no well of a plate"):
        layout_of(tmp_path, report([line("X99")]), "run.csv")


@pytest.mark.shared_data
def test_a_real_protocol_gives_the_published_wells_of_every_plate(shared_data: Path) -> None:
    folder = shared_data / "liquid_handlers" / "d300"
    protocol = folder / "D300_96_well_plate_example.tdd"
    table = folder / "Gnumber_D300_96_well_plate.xlsx"
    codes = {str(r[0]): str(r[1]) for r in read_workbook(table.read_bytes(), table.name).sheets[0].rows[1:]}
    checked = 0
    for number in range(1, len(read_d300(protocol, protocol.name)) + 1):
        expected = folder / "reference_96w" / "reference" / f"trt_P{number}.xlsx"
        names, doses = read_workbook(expected.read_bytes(), expected.name).sheets
        layout = read_layout(protocol, protocol.name, shape=(8, 12), plate=f"P{number}")
        wells = {}
        for row, texts in enumerate(names.texts):
            for column, text in enumerate(texts):
                if text:
                    wells[well_name(row, column)] = (text, float(doses.text(row, column)))
        assert set(layout.wells) == set(wells)
        for name, (code, dose) in wells.items():
            entry = layout.wells[name]
            if code == "vehicle":
                assert entry["reagent"] == "DMSO"
                continue
            assert codes[entry["reagent"]] == code
            value, unit = entry["dose"].split()
            assert float(value) == pytest.approx(dose, rel=1e-11)
            assert unit == "uM"
            checked += 1
    assert checked == 22 * 54


@pytest.mark.shared_data
def test_real_run_reports_give_their_transfers_and_failures(shared_data: Path) -> None:
    folder = shared_data / "liquid_handlers" / "echo"
    partial = read_layout(folder / "PartialTransfer.csv", "PartialTransfer.csv", shape=None)
    assert [name for name, entry in partial.wells.items() if "failed" in entry] == ["A02", "B02"]
    assert partial.wells["B01"] == {"transferred": "SRC000001 A1", "transferred_nl": "100"}
    whole = folder / "CherryPick_Transfer_Complete.csv"
    by_name = read_layout(whole, whole.name, shape=(8, 12), plate="DST001")
    by_barcode = read_layout(whole, whole.name, shape=(8, 12), plate="A2025000361")
    assert by_name.wells == by_barcode.wells
    assert float(by_name.wells["A02"]["transferred_nl"]) == 1000
