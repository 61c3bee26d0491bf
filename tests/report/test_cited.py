"""Citations of a run: the references that its report prints, and the sources of its compound's numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from avpi.report.cited import free_source, methods_of_run, numbers_of_compound, own_citation
from avpi.report.methods import methods
from avpi.report.write import RunFolder
from avpi.result import Result


def test_a_run_cites_what_its_report_prints(written: RunFolder, made: Result) -> None:
    found = methods_of_run(written.report.parent)
    printed = {one.doi or one.text for one in methods(made).references}
    assert printed
    assert {one.doi for one in found.values() if one.doi} == {doi for doi in printed if doi.startswith("10.")}


def test_a_folder_without_a_report_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        methods_of_run(tmp_path)


def test_a_compound_cites_where_its_numbers_come_from() -> None:
    assert {"ACSML2016", "TETRALOGIC", "HUB2020"} <= set(numbers_of_compound("TL32711"))
    assert numbers_of_compound("my own compound") == {}


def test_avpi_is_cited_with_its_version() -> None:
    key, source = own_citation()
    assert key == "avpi"
    assert re.search(r"avpi \d+\.\d+", source.title)


def test_a_source_in_words_is_kept_whole_with_its_doi() -> None:
    key, source = free_source("Dueber 2011 Science 334:376 (10.1126/science.1207862)")
    assert (source.doi, source.title) == (
        "10.1126/science.1207862",
        "Dueber 2011 Science 334:376 (10.1126/science.1207862)",
    )
    assert re.fullmatch(r"[a-z0-9-]+", key)
