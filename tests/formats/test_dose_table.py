"""Tables of doses on disc are read as they were written: numbers by one decimal mark, words as they stand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.errors import FileFormatError
from avpi.formats import dose_table as module
from avpi.formats.dose_table import open_dose_table
from avpi.formats.new_table import new_table

LINES = ("curve,dose_nM,response", "007,1,0.5", "007,3.5,", "b,1e1,0.25", "b,0,NaN")


def written(folder: Path, lines: Any, name: str = "t.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def whole(path: Path, *, decimal: str = "") -> pd.DataFrame:
    table = open_dose_table(path, decimal=decimal)
    found: pd.DataFrame = pa.concat_tables(table.batches(table.columns, table.columns[1:])).to_pandas()
    return found


def refusal(path: Path, **said: str) -> str:
    with pytest.raises(FileFormatError) as caught:
        whole(path, **said)
    return str(caught.value)


def test_words_stay_words_and_nothing_is_missing(tmp_path: Path) -> None:
    found = whole(written(tmp_path, LINES))
    assert list(found.curve) == ["007", "007", "b", "b"]
    assert list(found.dose_nM) == [1, 3.5, 10, 0]
    assert list(found.response[:1]) == [0.5]
    assert found.response[[1, 3]].isna().all()


@pytest.mark.parametrize(
    ("separator", "name", "encoding"),
    [("\t", "t.tsv", "utf-8"), (";", "t.csv", "cp1252"), (";", "t.txt", "utf-16"), ("\t", "t.csv", "utf-8-sig")],
)
def test_separator_encoding_and_decimal_comma_are_found(
    tmp_path: Path, separator: str, name: str, encoding: str
) -> None:
    lines = [separator.join(row) for row in (("curve", "dose_µM", "response"), ("a", "0,5", "0,25"), ("é", "1,5", "1"))]
    found = whole(written(tmp_path, lines, name, encoding))
    assert list(found.columns) == ["curve", "dose_µM", "response"]
    assert found.iloc[1].tolist() == ["é", 1.5, 1.0]


def test_a_separator_line_of_excel_is_no_header(tmp_path: Path) -> None:
    path = written(tmp_path, ["sep=;", "curve;dose_nM;response", "a;1;x"])
    assert open_dose_table(path).columns == ("curve", "dose_nM", "response")
    assert "line 3, column 'response': 'x' is no number" in refusal(path)


def test_the_decimal_mark_is_asked_for_where_nothing_tells_it(tmp_path: Path) -> None:
    path = written(tmp_path, ["curve;dose_nM;response", "a;1,250;1"])
    assert "'1,250' may be 1250 or 1.250" in refusal(path)
    assert "'--decimal'" in refusal(path)
    assert whole(path, decimal=",").dose_nM[0] == 1.25


def test_marks_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, ["curve;dose_nM;response", "a;1,5;1", "a;2.5;1"]))
    assert "'1,5' has a decimal comma, but '2.5'" in message or "'2.5'" in message


def test_a_contradiction_below_the_sample_is_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SAMPLE_BYTES", 80)
    rows = ["a;1,5;1"] * 50
    assert "line 52, column 'dose_nM': '2.5' is no number. Expected a number with a decimal comma" in refusal(
        written(tmp_path, ["curve;dose_nM;response", *rows, "a;2.5;1"])
    )


def test_all_that_is_no_number_is_told_but_not_without_end(tmp_path: Path) -> None:
    rows = [f"a,x{i},1,000" if i == 99 else f"a,x{i},y" for i in range(30)]
    message = refusal(written(tmp_path, ["curve,dose_nM,response", *rows]))
    assert "line 2, column 'dose_nM': 'x0' is no number" in message
    assert "line 2, column 'response': 'y' is no number" in message
    assert message.count("10 more cells of this column are no numbers") == 2
    assert len(message.splitlines()) == 42


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, "there is no such file"),
        ("t.csv", b"", "the file is empty"),
        ("t.csv", b"\n\n", "it has no header"),
        ("t.docx", b"x", "'.docx' is no ending of a table that can be read"),
        ("t.parquet", b"curve,dose", "it cannot be read as Parquet"),
        ("t.csv", b"\x00\x01\x02\x00", "it is no text"),
        ("t.csv", b"curve,dose_nM,response\na,1,0.5\na,3\n", "a row cannot be read"),
    ],
)
def test_what_is_no_table_says_so(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert message in refusal(path)


def test_a_header_without_rows_gives_none(tmp_path: Path) -> None:
    table = open_dose_table(written(tmp_path, ["curve,dose_nM,response"]))
    assert list(table.batches(table.columns, ())) == []


def test_parquet_comes_back_as_it_was_written(tmp_path: Path) -> None:
    frame = pd.DataFrame({"curve": ["a", "a", None], "dose": [1, 2, 3], "response": [0.5, math.nan, 1.0]})
    path = tmp_path / "t.parquet"
    frame.to_parquet(path)
    found = whole(path)
    assert found.dose.tolist() == [1.0, 2.0, 3.0]
    assert found.response.isna().tolist() == [False, True, False]
    assert found.curve[0] == "a"
    frame.astype({"dose": "str"}).replace("2", "two").to_parquet(path)
    assert "row 2, column 'dose': 'two' is no number" in refusal(path)


def test_a_new_table_appears_when_it_is_whole(tmp_path: Path) -> None:
    path, block = tmp_path / "new.parquet", pa.table({"curve": ["a", "b"], "x": [1.0, math.nan]})

    def fail_halfway() -> None:
        with new_table(path) as table:
            table.write(block)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert list(tmp_path.iterdir()) == []
    with new_table(path) as table:
        table.write(block)
        table.write(block)
    assert pq.ParquetFile(path).num_row_groups == 2
    assert list(tmp_path.iterdir()) == [path]
    with new_table(tmp_path / "new.csv") as table:
        table.write(block)
    assert (tmp_path / "new.csv").read_text("utf-8").splitlines()[0].replace('"', "") == "curve,x"


@given(
    values=st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=20),
    decimal=st.sampled_from(".,"),
)
def test_numbers_come_back_to_the_last_bit(
    values: list[float], decimal: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [f"a;{value!r};1{decimal}5".replace(".", decimal) for value in values]
    path = written(tmp_path_factory.getbasetemp(), ["curve;dose_nM;response", *rows], "numbers.csv")
    assert np.array_equal(whole(path).dose_nM, values)


def test_the_line_of_a_fault_is_the_line_of_the_file(tmp_path: Path) -> None:
    lines = ("", *LINES[:2], "", "", "b,x,0.1", "", "b,y,0.1")
    told = refusal(written(tmp_path, lines))
    assert "line 6, column 'dose_nM': 'x'" in told
    assert "line 8, column 'dose_nM': 'y'" in told


def test_true_and_false_are_no_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"curve": ["a", "a"], "dose_nM": [1.0, 3.0], "response": [True, False]}), path)
    assert "column 'response': the column holds 'True and False'" in refusal(path)


def test_a_cell_in_percent_tells_what_to_do(tmp_path: Path) -> None:
    assert "without '%', and say '--scale percent'" in refusal(written(tmp_path, (LINES[0], "a,1,97.5%")))
