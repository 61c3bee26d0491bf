"""Tables of courses: units said or refused, percent and decimal commas understood, every bad cell named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avpi.errors import InputError
from avpi.formats.course_table import CourseTable, read_course_table


def table(folder: Path, text: str, name: str = "course.csv", **said: str) -> CourseTable:
    path = folder / name
    path.write_text(text, "utf-8")
    return read_course_table(path, **said)


def test_a_plain_table_is_one_series(tmp_path: Path) -> None:
    read = table(tmp_path, "minutes,remaining\n0,1\n5,0.7\n30,0.1\n")
    (only,) = read.series
    assert only.name == ""
    assert list(only.minutes) == [0, 5, 30]
    assert list(only.remaining) == [1, 0.7, 0.1]
    assert only.experiments is None
    assert read.notes == ("Times are minutes; what remains is fractions.",)


def test_a_german_table_in_percent_and_hours_with_two_proteins(tmp_path: Path) -> None:
    text = (
        "Protein;Experiment;Time (h);Remaining %;note\n"
        "cIAP1;1;0;100;\ncIAP1;1;0,25;31,5;ok\ncIAP2;1;0;100;\ncIAP2;2;24;180,2;\n"
    )
    read = table(tmp_path, text)
    assert [one.name for one in read.series] == ["cIAP1", "cIAP2"]
    assert list(read.series[0].minutes) == [0, 15]
    assert read.series[0].remaining == pytest.approx((1, 0.315))
    assert read.series[1].experiments == ("1", "2")
    assert read.notes[0] == "Times are hours; what remains is percent."
    assert "Not used: 'note'" in read.notes[1]


def test_a_bare_column_above_5_is_percent_and_is_told(tmp_path: Path) -> None:
    read = table(tmp_path, "min\tremaining\n0\t100\n5\t40\n", "course.tsv")
    assert list(read.series[0].remaining) == [1, 0.4]
    assert "Remaining protein up to 100 was read as percent." in read.notes


def test_bands_that_were_not_seen_are_below_their_limit(tmp_path: Path) -> None:
    read = table(tmp_path, "minutes,remaining,below_detection\n0,1,no\n30,<0.05,\n60,0.04,yes\n90,n/a,\n")
    assert read.series[0].below_detection == (False, True, True)
    assert list(read.series[0].remaining) == [1, 0.05, 0.04]
    assert "1 lanes have no value and were left out." in read.notes


def test_parquet_and_text_say_the_same(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame({"minutes": [0, 5, 30], "remaining": [1.0, 0.7, None], "experiment": ["a", "a", "a"]})
    frame.to_parquet(tmp_path / "course.parquet")
    frame.to_csv(tmp_path / "course.csv", index=False)
    of_parquet, of_text = (read_course_table(tmp_path / f"course.{end}") for end in ("parquet", "csv"))
    assert of_parquet.series == of_text.series
    assert list(of_parquet.series[0].minutes) == [0, 5]


def test_a_time_without_unit_is_refused_until_it_is_said(tmp_path: Path) -> None:
    text = "time,remaining\n0,1\n0.5,0.4\n"
    with pytest.raises(InputError, match=r"the unit of the column 'time' is not said.*--time-unit"):
        table(tmp_path, text)
    assert table(tmp_path, text, time_unit="h").series[0].minutes[1] == 30


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("minutes,remaning\n0,1\n", "Did you mean 'remaining'?"),
        ("minutes,hours,remaining\n0,0,1\n", "several columns are the time: 'minutes', 'hours'"),
        ("minutes,remaining\n", "has a header and no row below it"),
        ("minutes,remaining\nsoon,1\n5,gone\n", "'gone' is no number with the decimal mark '.'"),
        ("minutes,remaining,experiment\n0,1,a\n5,0.5,\n", "has no experiment"),
        ("minutes,remaining,below_detection\n0,1,maybe\n", "'maybe' does not say"),
        ("minutes;remaining\n0;1,5\n5;0.5\n", "has a decimal point"),
        ("", "is empty"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError, match=r"course\.csv") as refused:
        table(tmp_path, text)
    assert told in str(refused.value)


def test_a_decimal_mark_that_the_cells_leave_open_is_asked_for(tmp_path: Path) -> None:
    text = "minutes;remaining\n0;1,000\n5;1,001\n"
    with pytest.raises(InputError, match="Say --decimal"):
        table(tmp_path, text)
    assert table(tmp_path, text, decimal=",").series[0].remaining == pytest.approx((1, 1.001))


def test_a_table_full_of_faults_names_the_first_twenty(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        table(tmp_path, "minutes,remaining\n" + "x,1\n" * 50)
    assert len(refused.value.problems) == 21
    assert "30 more such faults" in str(refused.value)


def test_a_missing_parquet_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="was not found"):
        read_course_table(tmp_path / "course.parquet")
    (tmp_path / "course.parquet").write_text("no Parquet", "utf-8")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read_course_table(tmp_path / "course.parquet")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0, 5000), st.floats(0, 4)), min_size=1, max_size=8),
    st.sampled_from(["minutes", "Time [min]", "time_min", "min after dose", "minutes post dose"]),
    st.sampled_from([",", ";", "\t"]),
)
def test_whatever_is_written_is_read_back(
    tmp_path: Path, lanes: list[tuple[float, float]], time: str, between: str
) -> None:
    rows = "".join(f"{minutes!r}{between}{left!r}\n" for minutes, left in lanes)
    read = table(tmp_path, f"{time}{between}remaining\n{rows}", decimal=".")
    assert list(zip(read.series[0].minutes, read.series[0].remaining, strict=True)) == lanes


MIXED = "minutes,{}\n0,100\n5,.6\n10,.4\n30,.2\n60,.1\n"


def test_a_start_in_percent_before_fractions_is_refused_until_the_column_says_one_scale(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"line 3, column 2: '\.6' looks like a fraction, and others, up to '100'"
    ) as told:
        table(tmp_path, MIXED.format("remaining"))
    assert "'remaining_percent' if the start is 100, or 'remaining' if it is 1" in str(told.value)
    said = table(tmp_path, MIXED.format("remaining_percent"))
    assert said.series[0].remaining == pytest.approx((1, 0.006, 0.004, 0.002, 0.001))


@pytest.mark.parametrize(
    "text",
    [
        "minutes,remaining\n0,100%\n5,.6\n10,.4\n",
        "minutes,remaining\n0,98\n0,103\n5,.6\n10,<.4\n",
        "minutes,remaining,experiment\n0,100,a\n5,60,a\n10,20,a\n0,100,b\n5,.6,b\n10,.2,b\n",
        "minutes,remaining,protein\n0,100,XIAP\n5,60,XIAP\n0,1,cIAP1\n5,.6,cIAP1\n",
    ],
)
def test_no_mixture_of_percent_and_fractions_is_read(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"looks like a fraction.*one scale"):
        table(tmp_path, text)


@pytest.mark.parametrize(
    "lanes", [(100, 60, 5, 0.6), (100, 95, 90, 0.4), (100, 0, 0, 0), (40, 20, 1, 0.5), (100, 80), (100, 2, 0.5, 0.1)]
)
def test_percent_that_falls_below_one_is_still_percent(tmp_path: Path, lanes: tuple[float, ...]) -> None:
    rows = "".join(f"{5 * i},{value}\n" for i, value in enumerate(lanes))
    assert table(tmp_path, f"minutes,remaining\n{rows}").series[0].remaining == pytest.approx([v / 100 for v in lanes])
    assert table(tmp_path, "minutes,remaining\n0,100 %\n5,1 %\n9,.5 %\n").series[0].remaining[2] == 0.005


def test_times_may_have_their_unit_in_each_cell(tmp_path: Path) -> None:
    read = table(tmp_path, "time;remaining\n0;1\n5 min;0,7\n0,5 h;0,2\n90min;0,1\n1 d;0,1\n")
    assert list(read.series[0].minutes) == [0, 5, 30, 90, 1440]
    assert read.notes[0] == "Times have their unit in each cell; what remains is fractions."
    assert list(table(tmp_path, "time_h,remaining\n0,1\n2 h,0.5\n3,0.2\n").series[0].minutes) == [0, 120, 180]
    said = table(tmp_path, "time,remaining\n0,1\n5 Min,0.5\n10,0.2\n", time_unit="min")
    assert list(said.series[0].minutes) == [0, 5, 10]


def test_times_in_cells_that_cannot_be_meant_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        table(tmp_path, "time,remaining\n0,1\n5 min,.7\n10,.5\n20 m,.4\n-5 min,.3\n100 nM,.2\nsoon,.1\n")
    assert [problem.place for problem in told.value.problems] == [f"line {row}, column 1" for row in range(4, 9)]
    for text in (
        "'10' has no unit",
        "Did you mean 'min'?",
        "'-5 min' is negative",
        "is a concentration",
        "'soon' is no",
    ):
        assert text in str(told.value)
    with pytest.raises(InputError, match="'30 min' is in another unit than its column, which is in hours"):
        table(tmp_path, "time_h,remaining\n0,1\n30 min,.7\n")
