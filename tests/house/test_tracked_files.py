"""What must not be committed: lock files, paths of a machine, hosts of registries."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.checkout import CHECKOUT, tracked_files

LOCK_FILES = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"}
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|Users)/\w+/|(?<![\w.])/(?:root|work)/\w+|[A-Z]:\\Users\\")
CODE = re.compile(r"^```.*?^```$|^ {4}[^\n]*$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
"""Code of a page: a structure such as N[C@@H](C)C(=O)O holds no link."""
# Written in two parts, so that this file does not hold what it looks for.
REGISTRY_HOSTS = tuple(
    f"{name}.{end}" for name, end in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"))
)


def texts() -> list[tuple[str, str]]:
    read = []
    for path in tracked_files():
        if path == Path(__file__).resolve():
            continue
        try:
            read.append((path.relative_to(CHECKOUT).as_posix(), path.read_text("utf-8")))
        except UnicodeDecodeError:
            continue  # an image or an instrument's file
    return read


def test_no_lock_file_is_committed() -> None:
    assert [path.name for path in tracked_files() if path.name in LOCK_FILES] == []


def test_no_file_names_a_path_of_a_machine() -> None:
    assert {name: found[0] for name, text in texts() if (found := MACHINE_PATH.search(text))} == {}


def test_no_file_names_the_host_of_a_registry() -> None:
    assert {name: host for name, text in texts() for host in REGISTRY_HOSTS if host in text.lower()} == {}


def test_no_file_is_large() -> None:
    largest = 5_000_000
    assert {path.name for path in tracked_files() if path.stat().st_size > largest} == set()


def test_every_link_between_the_texts_leads_somewhere() -> None:
    broken = [
        f"{name}: {target}"
        for name, text in texts()
        if name.endswith(".md")
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", CODE.sub("", text))
        if not ((CHECKOUT / name).parent / target).exists()
    ]
    assert broken == []
