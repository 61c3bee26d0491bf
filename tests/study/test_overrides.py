import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avpi.errors import StudyError
from avpi.study.manifest import OVERRIDES_FILE
from avpi.study.overrides import line_hash, read_overrides


def correction(target: str = "blot1/lane3", **what: Any) -> dict[str, Any]:
    return {"at": "2026-01-31T10:00:00+01:00", "by": "ab", "target": target, "set": what, "reason": "merged bands"}


def chained(*lines: dict[str, Any]) -> list[str]:
    """Return the lines as they stand in the file, each with the hash of the one before."""
    written: list[str] = []
    for line in lines:
        before = line_hash(written[-1]) if written else ""
        written.append(json.dumps({**line, "before": before}, ensure_ascii=False))
    return written


def write(folder: Path, lines: list[str], end: str = "\n") -> Path:
    (folder / OVERRIDES_FILE).write_bytes("".join(line + end for line in lines).encode())
    return folder


def refusal(folder: Path) -> list[str]:
    with pytest.raises(StudyError) as caught:
        read_overrides(folder)
    return [str(problem) for problem in caught.value.problems]


def test_a_study_without_corrections_has_none(tmp_path: Path) -> None:
    assert read_overrides(tmp_path).lines == ()


def test_later_lines_win_key_by_key(tmp_path: Path) -> None:
    write(tmp_path, chained(correction(top=1, bottom=5), correction(top=2), correction("blot1/lane4", top=9)))
    assert read_overrides(tmp_path).of("blot1/lane3") == {"top": 2, "bottom": 5}


def test_an_undo_takes_a_correction_back_and_a_redo_brings_it_again(tmp_path: Path) -> None:
    lines = (correction(top=1), correction(top=2), {"revoke": 2}, {"revoke": 3}, {"revoke": 4})
    for count, top in ((2, 2), (3, 1), (4, 2), (5, 1)):
        write(tmp_path, chained(*lines[:count]))
        assert read_overrides(tmp_path).of("blot1/lane3") == {"top": top}


def test_a_changed_line_is_found(tmp_path: Path) -> None:
    lines = chained(correction(top=1), correction(top=2), correction(top=3))
    lines[0] = lines[0].replace('"top": 1', '"top": 7')
    (message,) = refusal(write(tmp_path, lines))
    assert message.startswith(f"{OVERRIDES_FILE}:2: the line does not carry the hash of the line before it")


def test_a_removed_line_is_found(tmp_path: Path) -> None:
    lines = chained(correction(top=1), correction(top=2), correction(top=3))
    del lines[1]
    assert refusal(write(tmp_path, lines))[0].startswith(f"{OVERRIDES_FILE}:2:")
    lines = chained(correction(top=1), correction(top=2))
    assert refusal(write(tmp_path, lines[1:]))[0].startswith(f"{OVERRIDES_FILE}:1:")


def test_line_ends_of_windows_break_no_chain(tmp_path: Path) -> None:
    write(tmp_path, chained(correction(top=1), correction(top=2)), end="\r\n")
    assert read_overrides(tmp_path).of("blot1/lane3") == {"top": 2}


def test_a_line_separator_inside_a_text_is_not_a_line_end(tmp_path: Path) -> None:
    write(tmp_path, chained(correction(note="a\u2028b\x85c"), correction(top=1)))
    assert read_overrides(tmp_path).of("blot1/lane3") == {"note": "a\u2028b\x85c", "top": 1}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", "'{' is not JSON"),
        ("[1]", "'[1]' is not a JSON object"),
        ("[" * 100_000, "is not JSON: it is too deep"),
        ('{"a": ' + "9" * 5000 + "}", "is not JSON"),
        ('{"before": "", "revoke": 1}', "'revoke' is '1', which is no line before this one. Expected the number of an"),
        ('{"before": "", "revoke": true}', "'revoke' is 'True'"),
        ('{"before": "", "revoke": "1"}', "'revoke' is '1'"),
        ('{"before": "", "at": "x", "by": "y", "target": "t", "set": []}', "'set' is '[]'. Expected an object."),
        ('{"before": "", "at": "x", "by": 7, "target": "t", "set": {}}', "'by' is '7'. Expected text."),
        ('{"before": "", "at": "x"}', "'by' is missing. Expected text."),
    ],
)  # fmt: skip
def test_a_line_that_is_no_correction_is_refused(tmp_path: Path, line: str, expected: str) -> None:
    (message,) = refusal(write(tmp_path, [line]))
    assert message.startswith(f"{OVERRIDES_FILE}:1: ")
    assert expected in message


def test_every_bad_line_is_told_at_once(tmp_path: Path) -> None:
    good = chained(correction(top=1), correction(top=2))
    assert len(refusal(write(tmp_path, [good[0], "{", good[1], "[]"]))) == 3


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / OVERRIDES_FILE).write_bytes(b'{"at": "\xff"}\n')
    assert "'0xff' is not UTF-8 text" in refusal(tmp_path)[0]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    count=st.integers(2, 6), which=st.integers(0, 4), position=st.integers(0, 10_000), byte=st.characters(codec="ascii")
)
def test_any_change_of_any_line_but_the_last_is_found(
    tmp_path: Path, count: int, which: int, position: int, byte: str
) -> None:
    lines = chained(*(correction(top=i) for i in range(count)))
    victim = lines[which % (count - 1)]
    at = position % len(victim)
    altered = victim[:at] + byte + victim[at + 1 :]
    if altered == victim or altered.rstrip("\r\n") == victim:
        return
    lines[which % (count - 1)] = altered
    assert refusal(write(tmp_path, lines))
