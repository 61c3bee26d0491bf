"""Files that are rare and allowed, and files that mean harm."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from avpi.errors import FileFormatError
from avpi.formats.fcs import open_fcs, read_fcs
from avpi.formats.fcs_json import channel_sums, events_to_json
from avpi.formats.fcs_write import write_fcs
from avpi.readings import CellEvents
from tests.formats.fcs_bytes import fcs_bytes

NAMES = ("FSC-H", "FL1-H")
VALUES = np.array([[1, 2], [300, 400], [65_000, 7]], dtype="<u2")


def read(content: bytes, folder: Path) -> CellEvents:
    path = folder / "a.fcs"
    path.unlink(missing_ok=True)  # the last one may still be mapped
    path.write_bytes(content)
    return read_fcs(path, "raw/a.fcs")


def test_a_channel_of_fcs_32_may_have_a_type_of_its_own(tmp_path: Path) -> None:
    rows = np.zeros(2, dtype=[("time", "<u4"), ("light", "<f4"), ("fine", "<f8")])
    rows["time"], rows["light"], rows["fine"] = [7, 8], [-1.5, 2e6], [1e-300, np.pi]
    keywords = {"$P2DATATYPE": "F", "$P3DATATYPE": "D"}
    content = fcs_bytes(rows.tobytes(), ("t", "l", "f"), version="FCS3.2", bits=(32, 32, 64), keywords=keywords)
    events = read(content, tmp_path)
    assert events.version == "FCS3.2"
    assert events.events.tolist() == [[7, -1.5, 1e-300], [8, 2e6, np.pi]]
    assert [channel.integer for channel in events.channels] == [True, False, False]
    with pytest.raises(FileFormatError, match=r"'\$P2DATATYPE' is 'A'"):
        read(content.replace(b"$P2DATATYPE/F", b"$P2DATATYPE/A"), tmp_path)


@pytest.mark.parametrize(("kind", "order"), [("<f4", "1,2,3,4"), (">f4", "4,3,2,1")])
def test_floats_stay_in_the_file_and_are_mapped(tmp_path: Path, kind: str, order: str) -> None:
    values = np.arange(200_000, dtype=kind).reshape(-1, 2)
    content = fcs_bytes(values.tobytes(), NAMES, bits=32, keywords={"$DATATYPE": "F", "$BYTEORD": order})
    (tmp_path / "m.fcs").write_bytes(content)
    tracemalloc.start()
    events = open_fcs(tmp_path / "m.fcs", "m.fcs")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000 < values.nbytes
    assert events.stored.dtype == np.dtype(kind)
    assert not events.stored.flags.owndata
    np.testing.assert_array_equal(events.events, values)


def test_ten_thousand_channels_are_read(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(10_000)]
    write_fcs(tmp_path / "wide.fcs", np.ones((3, 10_000)), names)
    events = read_fcs(tmp_path / "wide.fcs", "wide.fcs")
    assert [channel.name for channel in events.channels] == names
    assert channel_sums(events).tolist() == [3.0] * 10_000


@pytest.mark.parametrize("order", ["1,2,3,4", "4,3,2,1"])
def test_an_event_may_begin_within_a_byte(tmp_path: Path, order: str) -> None:
    rows = [(1023, 1, 512), (0, 1000, 3), (7, 6, 5)]
    written = [f"{value:010b}" for row in rows for value in row]
    if order == "4,3,2,1":
        data = int("".join(written).ljust(96, "0"), 2).to_bytes(12, "big")
    else:
        data = int("".join(reversed(written)), 2).to_bytes(12, "little")
    events = read(fcs_bytes(data, "abc", bits=10, total=3, keywords={"$BYTEORD": order}), tmp_path)
    assert events.events.tolist() == [list(row) for row in rows]
    assert events.caveats == ()
    cut = fcs_bytes(data[:-1], "abc", bits=10, total=3, keywords={"$BYTEORD": order})
    with pytest.raises(FileFormatError, match=r"3 events, which take 12 bytes .* only 11 bytes follow"):
        read(cut, tmp_path)


@pytest.mark.parametrize("total", ["-3", "3.0", "1" + "0" * 30])
def test_a_count_that_is_none_is_told_as_it_stands(tmp_path: Path, total: str) -> None:
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, total=total), tmp_path)
    assert events.events.tolist() == VALUES.tolist()
    assert f"'$TOT' is '{total[:20]}'" in events.caveats[0].text


def test_whole_numbers_of_32_bits_are_told_from_floats_where_the_type_is_missing(tmp_path: Path) -> None:
    for kind, datatype in (("<u4", "I"), ("<f4", "F")):
        values = np.array([[1, 1000], [0, 262_143]], dtype=kind)
        events = read(fcs_bytes(values.tobytes(), NAMES, bits=32, keywords={"$DATATYPE": None}), tmp_path)
        assert events.events.tolist() == values.tolist()
        assert events.channels[0].integer == (datatype == "I")
        assert [caveat.code for caveat in events.caveats] == ["datatype_missing"]
        assert f"'{datatype}' was taken" in events.caveats[0].text


def test_amplification_that_cannot_be_undone_is_told(tmp_path: Path) -> None:
    endless = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords={"$P1E": "4,1", "$P1R": None}), tmp_path)
    assert [caveat.code for caveat in endless.caveats] == ["range_missing"]
    values = np.ones((2, 2), dtype="<f4")
    floats = fcs_bytes(values.tobytes(), NAMES, bits=32, keywords={"$DATATYPE": "F", "$P1E": "4,1"})
    assert [caveat.code for caveat in read(floats, tmp_path).caveats] == ["amplification_of_floats"]


def test_a_spillover_matrix_that_names_a_channel_twice_is_left_out(tmp_path: Path) -> None:
    keywords = {"$SPILLOVER": "2,FL1-H,FL1-H,1,0.1,0.2,1"}
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords=keywords), tmp_path)
    assert events.spillover is None
    assert "'FL1-H' stands in it more than once" in events.caveats[0].text


def test_one_channel_is_enough(tmp_path: Path) -> None:
    events = read(fcs_bytes(b"\x01\x00\x02\x00", ("FL1-H",)), tmp_path)
    assert events.events.tolist() == [[1], [2]]


def test_a_zip_in_the_supplemental_text_is_left_out_and_never_opened(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"0" * 10_000_000)
    more = packed.getvalue()
    begin = 4096 + VALUES.nbytes
    keywords = {"$BEGINSTEXT": str(begin), "$ENDSTEXT": str(begin + len(more) - 1)}
    tracemalloc.start()
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords=keywords, after=more), tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [caveat.code for caveat in events.caveats] == ["supplemental_text_unreadable"]
    assert not any(key.startswith("K\x03") for key in events.text)
    assert peak < 1_000_000


def test_the_json_has_the_agreed_form_and_no_number_that_json_has_not(tmp_path: Path) -> None:
    values = np.array([[np.nan, 1.0], [2.0, 4.0]], dtype="<f4")
    keywords = {"$DATATYPE": "F", "$P1S": "", "$P2S": "PI"}
    told = events_to_json(read(fcs_bytes(values.tobytes(), NAMES, bits=32, keywords=keywords), tmp_path))
    assert list(told) == ["version", "events", "channels", "sums", "caveats"]
    assert told["channels"][1] == {"name": "FL1-H", "stain": "PI", "bits": 32, "amplification": [0.0, 0.0]}
    assert (told["events"], told["sums"]) == (2, [None, 5.0])
    assert {caveat["code"] for caveat in told["caveats"]} == {"empty_keyword_values", "events_not_finite"}


def test_sums_of_many_floats_do_not_lose_digits(tmp_path: Path) -> None:
    values = np.full((300_000, 2), 0.1, dtype="<f4")
    write_fcs(tmp_path / "s.fcs", values, NAMES)
    sums = channel_sums(open_fcs(tmp_path / "s.fcs", "s.fcs"))
    np.testing.assert_allclose(sums, 300_000 * float(np.float32(0.1)), rtol=1e-12)
