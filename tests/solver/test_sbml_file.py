"""Files that are no SBML, or not only that, and the lines that are counted in them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from avpi.errors import FileFormatError
from avpi.solver.model import Model
from avpi.solver.sbml import equations_of_sbml
from avpi.solver.sbml_file import LARGEST_FILE_BYTES
from tests.solver.models import EVENT, decay, with_item
from tests.solver.refused import assert_refused, line_of, refused


def test_lines_are_counted_alike_without_an_xml_declaration() -> None:
    text = with_item("events", EVENT)
    assert_refused(text[text.index("<sbml") :], "the event 'dose'", "<event ")
    assert_refused("\n\n" + text[text.index("<sbml") :], "the event 'dose'", "<event ")


@pytest.mark.parametrize("text", ["", "not a model", "<html></html>", decay()[:400], decay() + decay()])
def test_what_is_no_xml_or_no_sbml_is_refused(text: str) -> None:
    with pytest.raises(FileFormatError, match=r"model\.xml"):
        equations_of_sbml(text, "model.xml")


def test_truncated_sbml_is_refused_with_its_last_line() -> None:
    text = decay()[:400]
    assert refused(text)[0][0] == text.count("\n") + 1


def refused_file(path: Path) -> str:
    with pytest.raises(FileFormatError) as refusal:
        Model.from_sbml(path)
    return str(refusal.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "There is no such file" in refused_file(tmp_path / "model.xml")
    assert "is a folder" in refused_file(tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    path.touch()
    assert "not well-formed" in refused_file(path)


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    path.write_bytes(gzip.compress(decay().encode()))
    assert "is not UTF-8 text (byte 1)" in refused_file(path)


def test_text_with_a_zero_byte_is_refused_and_not_read_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    path.write_bytes(decay().encode() + b"\0" + b"<more/>")
    assert f"is not UTF-8 text (byte {len(decay())})" in refused_file(path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE_BYTES + 1)
    assert "is larger than 50 MB" in refused_file(path)


def test_a_byte_order_mark_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    path.write_bytes(b"\xef\xbb\xbf" + decay().encode())
    assert Model.from_sbml(path).states == ("A",)


def test_an_error_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sigma.xml"
    path.write_text(with_item("events", EVENT))
    assert refused_file(path).startswith(f"sigma.xml:{line_of(path.read_text(), '<event ')}: the event 'dose'")
