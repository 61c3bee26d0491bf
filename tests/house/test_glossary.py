"""The glossary holds every word that the code uses, and no word that it does not."""

from __future__ import annotations

import re

import pytest
import yaml

from avpi.names import vocabulary
from tests.house.checkout import CHECKOUT, SOURCES, finding_codes

GLOSSARY = CHECKOUT / "docs" / "glossary.md"
TREE = SOURCES / "verdict" / "tree.yaml"
ROW = re.compile(r"^\| `([^`]+)` \| (.+?) \|", re.MULTILINE)


def section(heading: str) -> dict[str, str]:
    """The words of one section with their meaning."""
    text = GLOSSARY.read_text("utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    body = next((part for part in parts if part.startswith(heading)), None)
    assert body is not None, f"docs/glossary.md has no section '{heading}'"
    rows = ROW.findall(body)
    assert len({word for word, _ in rows}) == len(rows), f"a word stands twice in '{heading}'"
    return dict(rows)


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Reagents", "reagents"),
        ("Proteins", "proteins"),
        ("Readouts", "readouts"),
        ("Wells", "wells"),
        ("Stains", "stains"),
    ],
)
def test_the_glossary_is_the_vocabulary(heading: str, kind: str) -> None:
    assert set(section(heading)) == set(vocabulary()[kind])


def test_every_finding_is_explained_and_every_explained_finding_exists() -> None:
    explained, used = set(section("Findings")), finding_codes()
    assert {code: path for code, path in used.items() if code not in explained} == {}
    assert explained - set(used) == set()


def tree() -> dict[str, dict[str, dict[str, object]]]:
    if not TREE.is_file():
        pytest.skip("verdict/tree.yaml does not exist yet: leaves and flags cannot be compared with the glossary")
    loaded: dict[str, dict[str, dict[str, object]]] = yaml.safe_load(TREE.read_text("utf-8"))
    return loaded


def test_every_leaf_of_the_tree_is_explained() -> None:
    leaves = {*tree()["leaves"], "inconclusive", "not_determined"}
    assert set(section("Leaves")) == leaves


def test_every_origin_of_the_death_signal_is_explained() -> None:
    assert set(section("Origins")) == set(tree()["origins"])


def test_every_flag_of_the_tree_is_explained() -> None:
    flags = {str(flag) for flag in re.findall(r"flag: ([a-z_0-9]+)", TREE.read_text("utf-8"))}
    assert flags <= set(section("Flags"))
