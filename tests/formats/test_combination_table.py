"""Tables of two compounds: what is read, in which unit, and which cell is wrong."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.errors import InputError
from avpi.formats.combination_rows import CombinationRows
from avpi.formats.combination_table import read_combination_table, read_unit

HEADING = "compound_a,dose_a_nM,compound_b,dose_b_ng_per_ml,response,experiment"
ROWS = ("SM,0,TNF,0,1,e1", "SM,100,TNF,0,0.7,e1", "SM,0,TNF,10,0.95,e1", "SM,100,TNF,10,0.2,e1")


def pairs_of(text: str, tmp_path: Path, **asked: object) -> tuple[CombinationRows, ...]:
    path = tmp_path / "matrix.csv"
    path.write_text(text, "utf-8")
    return read_combination_table(path, "matrix.csv", **asked).pairs  # type: ignore[arg-type]


def one(text: str, tmp_path: Path, **asked: object) -> CombinationRows:
    (pair,) = pairs_of(text, tmp_path, **asked)
    return pair


def refused(text: str, tmp_path: Path, **asked: object) -> str:
    with pytest.raises(InputError) as caught:
        pairs_of(text, tmp_path, **asked)
    return str(caught.value)


def test_units_stand_in_the_headings(tmp_path: Path) -> None:
    pair = one("\n".join((HEADING, *ROWS)), tmp_path)
    assert pair.compounds == ("SM", "TNF")
    assert pair.units == ("M", "ng/mL")
    assert pair.doses_a == (0.0, 1e-7, 0.0, 1e-7)
    assert pair.doses_b == (0.0, 0.0, 10.0, 10.0)
    assert pair.responses == (1.0, 0.7, 0.95, 0.2)
    assert set(pair.experiments) == {"e1"}


@pytest.mark.parametrize("heading", ["dose_a_nM", "dose_a (nM)", "dose_a [nM]", "Dose_A nM", "dose_a.nm", "DOSE_A_NM"])
def test_a_unit_in_any_of_the_usual_spellings(heading: str, tmp_path: Path) -> None:
    assert one(f"{heading},dose_b,response\n0,0,1\n5,2,0.5\n", tmp_path).doses_a == (0.0, 5e-9)


def test_a_column_of_units_and_units_in_cells(tmp_path: Path) -> None:
    text = "dose_a,dose_a_unit,dose_b,response\n0,uM,0,1\n0.5,µM,10 ng/mL,0.5\n500,nM,0.1 ug/mL,0.4\n"
    pair = one(text, tmp_path)
    assert pair.doses_a == (0.0, 5e-7, 5e-7)
    assert pair.doses_b == (0.0, 10.0, 100.0)
    assert pair.units == ("M", "ng/mL")


def test_doses_without_a_unit_are_taken_as_they_are(tmp_path: Path) -> None:
    pair = one("dose_a,dose_b,response\n0,0,1\n3,4,0.5\n", tmp_path)
    assert pair.units == ("", "")
    assert pair.compounds == ("A", "B")
    assert pair.label == "A + B"


def test_headings_are_mapped(tmp_path: Path) -> None:
    text = "drug1.conc,drug2.conc,E,plate\n0,0,1,x\n3,4,0.5,x\n"
    path = tmp_path / "m.csv"
    path.write_text(text, "utf-8")
    columns = {"dose_a": "drug1.conc", "dose_b": "drug2.conc", "response": "E"}
    table = read_combination_table(path, "m.csv", columns=columns)
    assert table.pairs[0].responses == (1.0, 0.5)
    assert table.unread == ("plate",)


def test_decimal_commas_between_semicolons(tmp_path: Path) -> None:
    pair = one("dose_a;dose_b;response\n0;0;1,02\n0,5;1,5;0,4\n", tmp_path)
    assert pair.doses_a == (0.0, 0.5)
    assert pair.responses == (1.02, 0.4)


def test_a_comma_that_could_be_either_is_asked_about_and_can_be_said(tmp_path: Path) -> None:
    text = "dose_a;dose_b;response\n0;0;1\n1,500;2;0\n"
    assert "--decimal" in refused(text, tmp_path)
    assert one(text, tmp_path, decimal=",").doses_a == (0.0, 1.5)


@pytest.mark.parametrize("ending", ["parquet", "tsv", "xlsx"])
def test_other_formats_hold_the_same(ending: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"dose_a_nM": [0, 5], "dose_b": [0.0, 2.0], "response": [1.0, math.nan], "pair": ["p", "p"]})
    path = tmp_path / f"m.{ending}"
    if ending == "parquet":
        frame.to_parquet(path)
    elif ending == "xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_csv(path, sep="\t", index=False)
    (pair,) = read_combination_table(path, path.name).pairs
    assert pair.doses_a == (0.0, 5e-9)
    assert math.isnan(pair.responses[1])
    assert pair.label == "p: A + B"


def test_wells_of_one_compound_alone_belong_to_every_pair_that_it_is_in(tmp_path: Path) -> None:
    text = """compound_a,dose_a,compound_b,dose_b,response
,0,,0,1
SM,1,,0,0.8
TNF,2,,0,0.9
zVAD,3,,0,0.95
SM,1,TNF,2,0.3
zVAD,3,SM,1,0.85
"""
    with_tnf, with_zvad = pairs_of(text, tmp_path)
    assert with_tnf.label == "SM + TNF"
    assert list(zip(with_tnf.doses_a, with_tnf.doses_b, with_tnf.responses, strict=True)) == [
        (0, 0, 1), (1, 0, 0.8), (0, 2, 0.9), (1, 2, 0.3),
    ]  # fmt: skip
    assert with_zvad.compounds == ("zVAD", "SM")
    assert set(zip(with_zvad.doses_a, with_zvad.doses_b, strict=True)) == {(0, 0), (0, 1), (3, 0), (3, 1)}


def test_a_pair_named_the_other_way_round_is_the_same_pair(tmp_path: Path) -> None:
    text = "compound_a,dose_a,compound_b,dose_b,response\nSM,0,TNF,0,1\nSM,1,TNF,2,0.3\nTNF,4,SM,1,0.2\n"
    pair = one(text, tmp_path)
    assert (pair.doses_a, pair.doses_b) == ((0, 1, 1), (0, 2, 4))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dose_a,response\n0,1\n", "there is no column 'dose_b'; there are 'dose_a', 'response'"),
        ("dose_a,doseb,response\n0,0,1\n", "Did you mean 'doseb'?"),
        ("dose_a_nM,dose_a_uM,dose_b,response\n0,0,0,1\n", "could each be dose_a"),
        ("dose_a,dose_b,response\n-1,0,1\n", "dose_a is '-1'"),
        ("dose_a,dose_b,response\n,0,1\n", "dose_a is empty"),
        ("dose_a,dose_b,response\n1,nan,1\n", "dose_b is 'nan'"),
        ("dose_a,dose_b,response\n1,5 h,1\n", "a concentration, such as"),
        ("dose_a,dose_b,response\n1,1,dead\n", "response is 'dead'"),
        ("dose_a,dose_b,response\n1,1,OVRFLW\n", "response is 'OVRFLW'"),
        ("dose_a,dose_a_unit,dose_b,response\n1,furlong,1,1\n", "dose_a is 'furlong'"),
        ("dose_a,dose_b,response\n", "the table has no rows"),
        ("compound_a,dose_a,compound_b,dose_b,response\nSM,1,,1,1\n", "its compound has no name"),
        ("compound_a,dose_a,compound_b,dose_b,response\nSM,1,,0,1\n", "no row names two compounds"),
        ("dose_a,dose_a_unit,dose_b,response\n1,nM,1,1\n2,ng/mL,1,1\n", "units of one kind"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    assert told in refused(text, tmp_path)


def test_every_fault_is_told_up_to_a_screenful(tmp_path: Path) -> None:
    rows = "".join(f"{-i},0,x\n" for i in range(1, 10))
    told = refused(f"dose_a,dose_b,response\n{rows}", tmp_path)
    assert "line 2, column 1" in told
    assert "8 further cells" in told


def test_a_column_that_means_nothing_is_refused(tmp_path: Path) -> None:
    assert "Did you mean 'dose_a'?" in refused("dose_a,dose_b,response\n0,0,1\n", tmp_path, columns={"dosea": "x"})


def test_broken_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(InputError, match="begins like Parquet"):
        read_combination_table(path, "m.parquet")


@given(text=st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_the_reader(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "m.csv"
    path.write_text(f"dose_a,dose_b,response\n{text}", "utf-8")
    with suppress(InputError):
        assert read_combination_table(path, "m.csv").pairs


@pytest.mark.parametrize(
    ("text", "unit"), [("nM", "nM"), ("ng_per_ml", "ng/mL"), ("ug/ml", "ug/mL"), ("µM", "uM"), ("h", ""), ("x", "")]
)
def test_units_are_those_of_concentrations(text: str, unit: str) -> None:
    assert read_unit(text) == unit
