# ruff: noqa: E501 - a case and its message stand on one line
from pathlib import Path

import pytest

from avpi.errors import StudyError
from avpi.study.yaml_lines import parse_yaml, read_yaml
from tests.study.studies import write


def refusal(text: str) -> str:
    with pytest.raises(StudyError) as caught:
        parse_yaml(text, "study.yaml")
    return str(caught.value)


def test_every_value_remembers_its_line_and_its_text() -> None:
    document = parse_yaml("a: 1\nb:\n  - x: yes\n  - 'two\n    lines'\n", "study.yaml")
    assert document.values == {"a": 1, "b": ({"x": True}, "two lines")}
    assert document.lines[("b", 0, "x")] == 3
    assert document.line(("b", 1)) == 4
    assert document.line(("b", 0, "x", "deeper")) == 3
    assert document.texts[("b", 0, "x")] == "yes"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("1.5", 1.5), ("1e-6", 1e-6), ("'1e-6'", "1e-6"), ("true", True), ("off", False), ("~", None), ("", None),
        ("2024-01-31", "2024-01-31"), ("1:30", "1:30"), ("0x1F", "0x1F"), (".nan", ".nan"), (".inf", ".inf"), ("'yes'", "yes"),
        ("9" * 5000, "9" * 5000), ("MDA-MB-231", "MDA-MB-231"), ("!!str 7", "7"), ("!!int x", "x"),
    ],
)  # fmt: skip
def test_scalars_are_read_as_people_mean_them(text: str, value: object) -> None:
    assert parse_yaml(f"a: {text}", "s").values == {"a": value}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "study.yaml:1: 'study.yaml' holds nothing. Expected a mapping such as 'title: My study'."),
        ("# only a comment\n", "holds nothing"),
        ("- a\n- b\n", "holds a list. Expected a mapping"),
        ("just text", "holds a single value"),
        ("a: 1\n\tb: 2\n", "study.yaml:2: a tab stands before 'b: 2'. Indent with blanks."),
        ("a: 1\nb: c: d\n", "study.yaml:2: 'b: c: d' is not YAML: mapping values are not allowed in this context."),
        ("a: [1, 2\nb: 3\n", "study.yaml:2:"),
        ('a: 1\nb: "open\n', "is not YAML"),
        ("a: 1\nb: 2\na: 3\n", "study.yaml:3: 'a' stands here a second time. Expected each key once."),
        ("a: &x 1\nb: *x\n", "study.yaml:2: '*x' is an alias. Expected each value written out."),
        ("a: 1\nb: !!python/object/apply:os.system ['x']\n", "study.yaml:2: '!!python/object/apply:os.system' is a tag. Expected a plain value."),
        ("a: !own 1\n", "study.yaml:1: '!own' is a tag."),
        ("a: 1\n---\nb: 2\n", "study.yaml:2: a second document begins here."),
        ("? [a, b]\n: 1\n", "study.yaml:1: a key is not a word."),
        ("a: \x00\n", "study.yaml:1: character 'U+0000' cannot stand in a text file. Delete it."),
        ("a: 1\nb: \x1b[2J\n", "study.yaml:2: character 'U+001B'"),
    ],
)  # fmt: skip
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, expected: str) -> None:
    assert expected in refusal(text)


def test_several_faults_are_told_together() -> None:
    message = refusal("a: 1\na: 2\nb: *x\nc: !!python/name:os.system x\n")
    assert [line.split(":")[1] for line in message.splitlines()] == ["2", "3", "4"]


def test_a_python_tag_executes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "made"
    refusal(f"a: !!python/object/apply:os.mkdir ['{target}']\n")
    assert not target.exists()


def test_a_yaml_bomb_is_refused_before_it_grows() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    assert "'*a' is an alias" in refusal(bomb)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused_at_once(opening: str) -> None:
    assert "nested deeper than 20 levels" in refusal("a:\n  " + opening * 100_000)


def test_deep_nesting_in_a_key_or_a_second_value_is_refused_too() -> None:
    assert "nested deeper" in refusal("? " + "[" * 1000)
    assert "nested deeper" in refusal("a: 1\na: " + "[" * 1000)


def test_a_file_of_two_megabytes_is_refused(tmp_path: Path) -> None:
    write(tmp_path, b"a: " + b"x" * 2_000_000)
    with pytest.raises(StudyError, match=r"'study\.yaml' is too large\. Expected at most 1,000,000 bytes\."):
        read_yaml(tmp_path / "study.yaml", "study.yaml")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_text_that_is_not_utf8_is_refused(tmp_path: Path, encoding: str) -> None:
    write(tmp_path, "schema: 1\ntitle: 1 µM\n".encode(encoding))
    with pytest.raises(StudyError, match=r"is not UTF-8 text\. Save the file as UTF-8\.") as caught:
        read_yaml(tmp_path / "study.yaml", "study.yaml")
    assert caught.value.problems[0].place == ("1" if encoding == "utf-16" else "2")
