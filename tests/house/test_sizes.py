"""Files and functions that a reader can hold in mind."""

from __future__ import annotations

import ast

from tests.house.checkout import CHECKOUT, source_files, tree_of

LONGEST_FILE, LONGEST_FUNCTION = 400, 80
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "misc"}


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {
        path.relative_to(CHECKOUT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in source_files()
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_eighty_lines() -> None:
    too_long = {
        f"{path.relative_to(CHECKOUT).as_posix()}:{node.lineno} {node.name}": lines
        for path in source_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert too_long == {}


def test_files_and_folders_are_named_after_what_they_hold() -> None:
    named = {path.stem for path in source_files()} | {path.parent.name for path in source_files()}
    assert named & FORBIDDEN_NAMES == set()


def test_every_file_says_what_it_holds() -> None:
    assert [path.name for path in source_files() if ast.get_docstring(tree_of(path)) is None] == []
