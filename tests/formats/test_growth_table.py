"""Tables of counts for GR: every arrangement gives the same wells with the same controls, and faults are told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from avpi.errors import InputError
from avpi.formats.growth_table import GrowthTable, read_growth_table
from tests.formats.growth_counts import DOSES_UM, made_counts, middle_mean, write_columns, write_files, write_rows

COUNTS = made_counts()
HEADER = "cell_line,agent,concentration_uM,cell_count,cell_count__ctrl,cell_count__time0"


def table(tmp_path: Path, text: str, name: str = "counts.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def problems(path: Path, **options: object) -> str:
    with pytest.raises(InputError) as caught:
        read_growth_table(path, **options)  # type: ignore[arg-type]
    return str(caught.value)


def wells(read: GrowthTable) -> dict[tuple[object, ...], float]:
    at = [read.keys.index(name) for name in ("cell_line", "agent", "replicate")]
    return {(*(row.key[i] for i in at), row.concentration_molar): row.count for row in read.rows}


def test_the_three_arrangements_are_the_same_wells_with_the_same_controls(tmp_path: Path) -> None:
    columns = read_growth_table(write_columns(COUNTS, tmp_path / "a.csv"), concentration_unit="uM")
    rows = read_growth_table(write_rows(COUNTS, tmp_path / "c.tsv"), concentration_unit="µM")
    data, ctrl, time0 = write_files(COUNTS, tmp_path)
    files = read_growth_table(data, control=ctrl, time_zero=time0, concentration_unit="micromolar")
    assert wells(columns) == wells(rows) == wells(files)
    assert len(columns.rows) == len(COUNTS.treated)
    for read in (rows, files):
        for row in read.rows:
            assert sorted(row.control) == sorted(COUNTS.control[row.words["cell_line"], row.words["replicate"]])
            assert sorted(row.time_zero) == sorted(COUNTS.time_zero[row.words["cell_line"]])
    for row in columns.rows:
        assert row.control == (middle_mean(COUNTS.control[row.words["cell_line"], row.words["replicate"]]),)
    assert columns.keys == rows.keys == files.keys == ("cell_line", "agent", "replicate", "time")
    assert {row.words["time"] for read in (columns, rows, files) for row in read.rows} == {"72"}


def test_which_columns_join_controls_is_told(tmp_path: Path) -> None:
    rows = read_growth_table(write_rows(COUNTS, tmp_path / "c.tsv"), concentration_unit="uM")
    assert "untreated wells: 32 counts, joined by cell_line, replicate, time" in rows.notes
    assert "time zero: 24 counts, joined by cell_line" in rows.notes
    asked = read_growth_table(tmp_path / "c.tsv", concentration_unit="uM", join_control=["cell_line"])
    assert len(asked.rows[0].control) == 16


def test_a_dose_is_the_float_that_was_meant(tmp_path: Path) -> None:
    read = read_growth_table(write_columns(COUNTS, tmp_path / "a.csv"), concentration_unit="uM")
    assert max(row.concentration_molar for row in read.rows) == 1e-5
    assert len({row.concentration_molar for row in read.rows}) == len(DOSES_UM)


def test_parquet_is_read_as_the_text_is(tmp_path: Path) -> None:
    path = write_columns(COUNTS, tmp_path / "a.csv")
    pd.read_csv(path, dtype={"replicate": float}).to_parquet(tmp_path / "a.parquet")
    text = read_growth_table(path, concentration_unit="uM")
    parquet = read_growth_table(tmp_path / "a.parquet", concentration_unit="uM")
    assert wells(text) == wells(parquet)
    assert [row.key for row in text.rows] == [row.key for row in parquet.rows]


def test_a_decimal_comma_is_read_and_an_open_one_is_asked_for(tmp_path: Path) -> None:
    header = HEADER.replace(",", ";")
    read = read_growth_table(table(tmp_path, f"{header}\nA;x;0,5;100;1000,5;250\n"))
    assert read.rows[0].concentration_molar == 5e-7
    assert read.rows[0].control == (1000.5,)
    unsure = problems(table(tmp_path, f"{header}\nA;x;1,234;100;1000;250\n"))
    assert "'1,234' may be 1234 or 1.234" in unsure
    assert "--decimal" in unsure
    assert "study.yaml" not in unsure
    assert read_growth_table(tmp_path / "counts.csv", decimal=",").rows[0].concentration_molar == 1.234e-6


@pytest.mark.parametrize(
    ("heading", "molar"),
    [
        ("concentration_nM", 1e-9),
        ("Conc (uM)", 1e-6),
        ("dose [mM]", 1e-3),
        ("concentration µM", 1e-6),
        ("dose_molar", 1),
    ],
)
def test_the_name_of_a_column_may_say_the_unit(tmp_path: Path, heading: str, molar: float) -> None:
    read = read_growth_table(table(tmp_path, f"{HEADER.replace('concentration_uM', heading)}\nA,x,2,100,1000,250\n"))
    assert read.rows[0].concentration_molar == pytest.approx(2 * molar, rel=1e-15)


def test_a_unit_is_never_assumed(tmp_path: Path) -> None:
    path = table(tmp_path, f"{HEADER.replace('_uM', '')}\nA,x,2,100,1000,250\n")
    assert "no unit" in problems(path)
    assert "--unit uM" in problems(path)
    more = table(tmp_path, f"{HEADER.replace('_uM', '')}\nA,x,2,100,1000,250\nA,x,3,90,1000,250\n")
    assert problems(more).count("no unit") == 1
    assert "'furlong' is no unit" in problems(path, concentration_unit="furlong")
    other = table(tmp_path, f"{HEADER}\nA,x,2,100,1000,250\n")
    assert "says uM, and nM is asked for" in problems(other, concentration_unit="nM")


def test_units_that_differ_are_converted_where_each_row_says_its_own(tmp_path: Path) -> None:
    header = HEADER.replace("concentration_uM", "concentration,concentration_unit")
    read = read_growth_table(table(tmp_path, f"{header}\nA,x,2,uM,100,1000,250\nA,x,500,nM,100,1000,250\n"))
    assert [row.concentration_molar for row in read.rows] == [2e-6, 5e-7]
    assert any("nM and uM" in note for note in read.notes)
    mixed = table(tmp_path, f"{HEADER}\nA,x,2,100,1000,250\nA,x,500 nM,100,1000,250\n")
    assert "'500 nM' is not in uM" in problems(mixed)
    assert "by mass" in problems(table(tmp_path, f"{HEADER}\nA,x,5 ng/mL,100,1000,250\n"))


def test_a_missing_column_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    told = problems(table(tmp_path, "cell_line,concentration_uM,cell_cuont\nA,1,100\n"))
    assert "no column 'cell_count'" in told
    assert "--column cell_count=cell_cuont" in told
    named = table(tmp_path, f"{HEADER.replace(',cell_count,', ',CTG,')}\nA,x,2,100,1000,250\n")
    assert read_growth_table(named, columns={"cell_count": "CTG"}).rows[0].count == 100
    assert "Did you mean 'CTG'?" in problems(named, columns={"cell_count": "CTG1"})
    assert "'cellcount' is nothing that a column can mean" in problems(named, columns={"cellcount": "CTG"})
    assert "2 columns 'cell_line'" in problems(table(tmp_path, f"{HEADER},cell_line\nA,x,2,100,1000,250,A\n"))


def test_no_control_and_no_time_zero_are_refused_with_the_remedy(tmp_path: Path) -> None:
    told = problems(table(tmp_path, "cell_line,concentration_uM,cell_count\nA,1,100\nA,2,50\n"))
    assert "no untreated control" in told
    assert "no count at time zero" in told
    assert "same seeding" in told


def test_a_division_time_stands_for_time_zero(tmp_path: Path) -> None:
    header = "cell_line,concentration_uM,cell_count,cell_count__ctrl,treatment_duration,division_time_hours"
    read = read_growth_table(table(tmp_path, f"{header}\nA,1,100,400,3 d,36\n"))
    assert read.by_division_time
    assert (read.rows[0].duration_hours, read.rows[0].division_hours) == (72, 36)


def test_every_wrong_cell_is_told_at_once_and_odd_counts_are_returned(tmp_path: Path) -> None:
    lines = ["A,x,1,many,1000,250", "A,x,-2,100,1000,250", "A,x,,100,1000,250"]
    told = problems(table(tmp_path, "\n".join([HEADER, *lines]) + "\n"))
    for words in ("'many' is no number", "the concentration is '-2'", "the concentration is missing"):
        assert words in told
    lines = ["A,x,1,0,1000,250", "A,x,2,-5,1000,250", "A,x,3,NA,1000,250", "A,x,4,OVRFLW,1000,", "A,x,0,1000,1000,250"]
    read = read_growth_table(table(tmp_path, "\n".join([HEADER, *lines]) + "\n"))
    assert [row.count for row in read.rows[:2]] == [0, -5]
    assert all(row.count != row.count for row in read.rows[2:])
    assert read.rows[3].time_zero == ()
    assert any("counts beyond the detector" in note for note in read.notes)
    assert any("rows of concentration 0, left out" in note for note in read.notes)


def test_columns_that_tell_no_curves_apart_are_left_out_and_others_can_be_chosen(tmp_path: Path) -> None:
    path = table(tmp_path, f"well,{HEADER},plate\nA01,A,x,2,100,1000,250,p1\nA02,A,x,3,90,1000,250,p2\n")
    read = read_growth_table(path)
    assert read.keys == ("cell_line", "agent", "plate")
    assert any("well" in note for note in read.notes)
    assert read_growth_table(path, by=["cell_line", "agent"]).keys == ("cell_line", "agent")
    assert "Did you mean 'agent'?" in problems(path, by=["agnet"])


def test_a_file_that_is_not_there_or_holds_no_rows_is_told(tmp_path: Path) -> None:
    assert "was not found" in problems(tmp_path / "none.csv")
    assert "was not found" in problems(tmp_path / "none.parquet")
    assert "no rows" in problems(table(tmp_path, f"{HEADER}\n"))
    assert "cannot be read as Parquet" in problems(table(tmp_path, "no parquet", "broken.parquet"))


def test_a_count_under_another_name_is_looked_for_among_the_numbers_that_are_left(tmp_path: Path) -> None:
    told = problems(table(tmp_path, "cell_line,agent,time,concentration_nM,signal\n1,x,72,10,100\n1,x,72,20,95\n"))
    assert "Is it 'signal' or 'cell_line'? Then say so: --column cell_count=signal" in told
    named = problems(table(tmp_path, "cell_line,agent,time,concentration_nM,signal\nA,x,72,10,100\nA,x,72,20,NaN\n"))
    assert "Is it 'signal'? Then say so" in named
    amount = problems(table(tmp_path, "cell_line,amount,cell_count\nA,10 nM,100\nA,1 uM,50\n"))
    assert "--column concentration=amount" in amount
    none = problems(table(tmp_path, "cell_line,agent,time,concentration_nM\nA,x,72,10\n"))
    assert "The columns are: cell_line, agent, time, concentration_nM" in none
