"""Tables of lanes as people write them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from avpi.errors import InputError
from avpi.formats.blot_table import BlotTable, read_blot_table


def _read(folder: Path, text: str, **options: str) -> BlotTable:
    path = folder / "lanes.csv"
    path.write_text(text, encoding="utf-8")
    return read_blot_table(path, **options)


def test_a_volume_is_divided_by_its_control(tmp_path: Path) -> None:
    read = _read(
        tmp_path,
        "experiment,membrane,target,condition,time_h,dose_nM,volume,control_volume,volume_se\n"
        "1,b1,cIAP1,DMSO,0,0,1000,500,20\n1,b1,cIAP1,SM,0.5,100,52,520,5\n",
    )
    first, second = read.rows
    assert first.is_vehicle
    assert not second.is_vehicle
    assert (second.minutes_after_dose, second.dose_molar, second.value) == (30.0, 1e-7, 0.1)
    assert second.log_se == pytest.approx(math.sqrt(math.log1p((5 / 52) ** 2)))
    assert read.notes == ()


def test_bounds_states_and_flaws(tmp_path: Path) -> None:
    read = _read(
        tmp_path,
        "experiment,time,ratio,state,flaw\nd1,0 min,1.0,,\nd1,30 min,<0.03,,\nd2,0 min,1.0,,\nd2,30 min,0.5,saturated,"
        "\nd3,0 min,1.0,,\nd3,30 min,0.05,,splice\nd4,30 min,n/a,missing,\n",
    )
    assert [row.state for row in read.rows] == [
        "measured",
        "below",
        "measured",
        "above",
        "measured",
        "measured",
        "missing",
    ]
    assert read.rows[1].value == 0.03
    assert read.rows[5].flaws == ("splice",)


def test_a_decimal_comma_is_read(tmp_path: Path) -> None:
    read = _read(tmp_path, "experiment;condition;ratio\nd1;DMSO;1,0\nd1;SM;0,05\n")
    assert [row.value for row in read.rows] == [1.0, 0.05]
    assert not read.has_times


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("experiment,condition\nd1,DMSO\n", "no column holds the value"),
        ("condition,ratio\nSM,0.1\n", "no lane is a vehicle"),
        ("condition,ratio\nDMSO,1\nSM,0\n", "limit of detection"),
        ("condition,ratio\nDMSO,1\nSM,dark\n", "'dark'"),
        ("condition,ratio,state\nDMSO,1,\nSM,0.1,grey\n", "'grey'"),
        ("condition,time,ratio\nDMSO,0,1\nSM,30,0.1\n", "30"),
        ("condition,ratio,remaining\nDMSO,1,1\n", "several columns"),
        ("condition,volume,control\nDMSO,1,0\n", "loading control"),
        ("condition,ratio\n", "no row"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        _read(tmp_path, text)
