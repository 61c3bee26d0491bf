"""Stains and scatter are found under the names that makers and people give them."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.errors import NotAnalysed
from avpi.flow.channels import find_channel, find_scatter, find_stain
from avpi.readings import CellEvents, Channel


def events(*channels: tuple[str, str]) -> CellEvents:
    made = tuple(Channel(name=name, stain=stain) for name, stain in channels)
    return CellEvents(stored=np.zeros((1, len(made))), channels=made, version="FCS3.0", source="raw/a.fcs")


TUBE = events(("FSC-A", ""), ("FL1-H", "Annexin V FITC"), ("FL1-A", "Annexin V FITC"), ("FL3-A", "PI"), ("API-A", "x"))


def test_a_declared_channel_is_found_by_detector_or_by_stain() -> None:
    assert find_channel(TUBE, "annexin_v", {"Annexin V": "fl1-a"}) == 2
    assert find_channel(TUBE, "annexin_v", {"annexin_v": "FL1-H"}) == 1
    assert find_channel(TUBE, "annexin_v", {"annexin_v": "Annexin V FITC"}) == 2


def test_without_a_declaration_stains_are_found_by_their_names() -> None:
    assert find_channel(TUBE, "annexin_v", {}) == 2
    assert find_channel(TUBE, "pi", {}) == 3


def test_an_unknown_channel_names_those_there_are_and_the_nearest() -> None:
    with pytest.raises(NotAnalysed, match="Did you mean 'FL3-A'") as caught:
        find_channel(TUBE, "pi", {"pi": "FL3-AA"})
    assert caught.value.code == "channel_not_found"
    assert "FL1-A (Annexin V FITC)" in str(caught.value)
    with pytest.raises(NotAnalysed, match=r"no channel of 'raw/a\.fcs' is named after the stain pi"):
        find_channel(events(("FL1-A", "")), "pi", {})


@pytest.mark.parametrize(
    ("name", "which"),
    [
        ("FSC-A", "FSC-A"),
        ("FSC-H", "FSC-H"),
        ("FS Lin", "FSC-A"),
        ("FSC LinH", "FSC-H"),
        ("FS-Lin", "FSC-A"),
        ("FSC", "FSC-A"),
        ("SSC-A", "SSC-A"),
        ("SS", "SSC-A"),
        ("Forward Scatter Area", "FSC-A"),
    ],
)
def test_scatter_is_found_under_makers_names(name: str, which: str) -> None:
    assert find_scatter(events((name, "")), which) == 0


def test_other_channels_are_no_scatter() -> None:
    for which in ("FSC-A", "FSC-H", "SSC-A", "SSC-H"):
        assert find_scatter(events(("FSC-W", ""), ("FSC LogH", ""), ("FL1-A", "")), which) is None


def test_words_name_stains() -> None:
    assert find_stain("AnnexinV") == "annexin_v"
    assert find_stain("Propidium iodide") == "pi"
    assert find_stain("cleaved caspase-3") == "caspase-3"
    assert find_stain("DAPI") == "dapi"
