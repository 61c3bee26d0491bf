"""The checklist says what is known of the cytometry, and nothing that is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from avpi.report.miflowcyt import miflowcyt
from tests.report.made_result import make_result


def test_the_checklist_tells_what_was_declared_or_read(tmp_path: Path) -> None:
    result = make_result(tmp_path)
    samples = tuple(
        replace(s, instrument={"$CYT": "Aurora", "$DATE": "05-JAN-2026", "$PnV": "FL1-A 450"}) for s in result.samples
    )
    items = {item.number: item for item in miflowcyt(replace(result, samples=samples))}
    assert list(items) == [
        *("1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8"),
        *("2.1", "2.2", "2.3", "2.4", "3.1", "3.2", "3.3", "4.1", "4.2", "4.3", "4.4"),
    ]
    assert (items["2.3"].name, items["3.1"].name) == ("Treatment", "Manufacturer")  # the numbers of MIFlowCyt 1.0
    assert items["3.2"].text == "Aurora"
    assert items["3.3"].text == "Detector voltages: FL1-A 450"
    assert items["3.3"].state == "partly"
    assert items["1.6"].text == "05-JAN-2026"
    assert items["1.4"].state == items["1.5"].state == items["3.1"].state == "to_write"
    assert result.study.file.cell_line in items["2.1"].text
    unknown = {item.number: item for item in miflowcyt(result)}
    assert unknown["3.2"].state == unknown["3.3"].state == "to_write"
    assert unknown["3.2"].text == "not in the files"


def test_a_run_without_samples_has_no_checklist(tmp_path: Path) -> None:
    assert miflowcyt(replace(make_result(tmp_path), samples=())) == ()
