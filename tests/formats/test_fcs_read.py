"""FCS files are read as they are, or refused with a reason; never misread in silence."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avpi.errors import FileFormatError
from avpi.formats.fcs import read_fcs
from avpi.formats.fcs_text import split_keywords
from avpi.formats.fcs_write import write_fcs
from avpi.readings import CellEvents
from tests.formats.fcs_bytes import fcs_bytes

NAMES = ("FSC-H", "FL1-H")
VALUES = np.array([[1, 2], [300, 400], [65_000, 7]], dtype="<u2")


def read(content: bytes, folder: Path, **options: Any) -> CellEvents:
    path = folder / "a.fcs"
    path.write_bytes(content)
    return read_fcs(path, "raw/a.fcs", **options)


def refusal(content: bytes, folder: Path, **options: Any) -> str:
    with pytest.raises(FileFormatError) as caught:
        read(content, folder, **options)
    message = str(caught.value)
    assert message.startswith("raw/a.fcs: ")
    return message


def codes(events: CellEvents) -> list[str]:
    return [caveat.code for caveat in events.caveats]


def test_integers_are_read_as_stored(tmp_path: Path) -> None:
    events = read(fcs_bytes(VALUES.tobytes(), NAMES), tmp_path)
    assert events.events.tolist() == VALUES.tolist()
    assert [channel.name for channel in events.channels] == list(NAMES)
    assert events.version == "FCS3.0"
    assert events.caveats == ()


def test_log_amplification_and_gain_are_reported_but_not_applied(tmp_path: Path) -> None:
    keywords = {"$P2E": "4,0", "$P1G": "2.5", "$P2S": "caspase-3"}
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords=keywords), tmp_path)
    assert events.channels[1].amplification == (4.0, 1.0)  # a value of 0 at zero is no logarithm
    assert codes(events) == ["amplification_offset_zero"]
    assert events.channels[0].gain == 2.5
    assert events.channels[1].stain == "caspase-3"
    assert events.events.tolist() == VALUES.tolist()


def test_empty_keyword_values_do_not_shift_channel_names(tmp_path: Path) -> None:
    keywords = {"$P1S": "", "$P2S": "", "$OP": "", "$P1E": "0,0"}
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords=keywords), tmp_path)
    assert [channel.name for channel in events.channels] == list(NAMES)
    assert [channel.stain for channel in events.channels] == ["", ""]
    assert "empty_keyword_values" in codes(events)


def test_an_escaped_delimiter_is_part_of_the_value(tmp_path: Path) -> None:
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords={"$P2S": "a//b"}), tmp_path)
    assert events.channels[1].stain == "a/b"


@pytest.mark.parametrize("delimiter", ["|", "\\", "*", "^", ".", "\x0c", "!"])
def test_any_delimiter_is_read(tmp_path: Path, delimiter: str) -> None:
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, delimiter=delimiter), tmp_path)
    assert [channel.name for channel in events.channels] == list(NAMES)


def test_bits_above_the_range_are_masked(tmp_path: Path) -> None:
    stored = np.array([[1023 | 0x8000, 5]], dtype="<u2")
    events = read(fcs_bytes(stored.tobytes(), NAMES, keywords={"$P1R": "1024"}), tmp_path)
    assert events.events.tolist() == [[1023, 5]]


def test_24_bit_and_mixed_integers_are_read_in_both_byte_orders(tmp_path: Path) -> None:
    names, bits = ("a", "b", "c", "d"), (8, 24, 16, 32)
    rows = [(200, 0x123456, 0xABCD, 0xDEADBEEF), (1, 2, 3, 4)]
    for order, byteord in (("little", "1,2,3,4"), ("big", "4,3,2,1")):
        data = b"".join(v.to_bytes(b // 8, order) for row in rows for v, b in zip(row, bits, strict=True))  # type: ignore[arg-type]
        events = read(fcs_bytes(data, names, bits=bits, keywords={"$BYTEORD": byteord}), tmp_path)
        assert events.events.tolist() == [list(row) for row in rows]


def test_10_bit_integers_are_unpacked(tmp_path: Path) -> None:
    rows = [(1023, 1, 512, 7), (0, 1000, 3, 4)]
    stream = "".join(f"{value:010b}" for row in rows for value in row)
    data = int(stream, 2).to_bytes(len(stream) // 8, "big")
    events = read(fcs_bytes(data, "abcd", bits=10, total=2, keywords={"$BYTEORD": "4,3,2,1"}), tmp_path)
    assert events.events.tolist() == [list(row) for row in rows]


@pytest.mark.parametrize(("datatype", "kind", "bits"), [("F", ">f4", 32), ("D", "<f8", 64)])
def test_floats_are_read(tmp_path: Path, datatype: str, kind: str, bits: int) -> None:
    values = np.array([[-1.5, 2e6], [0.25, 3.0]], dtype=kind)
    keywords = {"$DATATYPE": datatype, "$BYTEORD": "4,3,2,1" if kind[0] == ">" else "1,2,3,4"}
    events = read(fcs_bytes(values.tobytes(), NAMES, bits=bits, keywords=keywords), tmp_path)
    assert events.events.tolist() == values.tolist()


def test_events_that_are_not_finite_are_kept_and_reported(tmp_path: Path) -> None:
    values = np.array([[np.nan, 1.0], [np.inf, 2.0], [3.0, 4.0]], dtype="<f4")
    events = read(fcs_bytes(values.tobytes(), NAMES, bits=32, keywords={"$DATATYPE": "F"}), tmp_path)
    assert len(events.events) == 3
    assert "2 of 3 events" in events.caveats[0].text


def test_blank_header_offsets_are_taken_from_the_text_and_reported(tmp_path: Path) -> None:
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, header_data=("", "")), tmp_path)
    assert events.events.tolist() == VALUES.tolist()
    assert codes(events) == ["blank_offsets"]


def test_header_offsets_that_are_no_place_are_reported_as_they_stand(tmp_path: Path) -> None:
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, header_data=("99999999", "679")), tmp_path)
    assert events.events.tolist() == VALUES.tolist()
    assert codes(events) == ["offsets_disagree"]
    assert "HEADER places the events at bytes '99999999' to '679'" in events.caveats[0].text


def test_of_two_offsets_the_one_that_fits_is_believed_and_reported(tmp_path: Path) -> None:
    lying_text = fcs_bytes(VALUES.tobytes(), NAMES, text_data=("2000", "2100"))
    lying_header = fcs_bytes(VALUES.tobytes(), NAMES, header_data=("5555", "5600"))
    for content in (lying_text, lying_header):
        events = read(content, tmp_path)
        assert events.events.tolist() == VALUES.tolist()
        assert codes(events) == ["offsets_disagree"]


def test_an_offset_one_too_far_is_reported(tmp_path: Path) -> None:
    content = fcs_bytes(VALUES.tobytes(), NAMES, header_data=("4096", "4108"), text_data=("4096", "4108"))
    events = read(content, tmp_path)
    assert events.events.tolist() == VALUES.tolist()
    assert codes(events) == ["offset_beyond_events"]


def test_a_missing_event_count_follows_from_the_data(tmp_path: Path) -> None:
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, version="FCS2.0", keywords={"$TOT": None}), tmp_path)
    assert events.events.tolist() == VALUES.tolist()
    assert codes(events) == ["event_count_missing"]


def test_a_truncated_file_is_refused_with_byte_counts(tmp_path: Path) -> None:
    content = fcs_bytes(VALUES.tobytes(), NAMES)
    message = refusal(content[:-5], tmp_path)
    assert "3 events" in message
    assert "12 bytes" in message
    assert "only 7 bytes follow" in message
    assert "truncated" in message
    for kept in range(0, len(content) - 1, 97):
        refusal(content[:kept], tmp_path)


def test_a_file_that_declares_2_to_the_40_events_is_refused_without_allocating(tmp_path: Path) -> None:
    content = fcs_bytes(VALUES.tobytes(), NAMES, total=2**40, text_data=("4096", str(2**42)))
    tracemalloc.start()
    message = refusal(content, tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "1,099,511,627,776 events" in message
    assert peak < 2_000_000


def test_more_channels_than_keywords_are_refused(tmp_path: Path) -> None:
    assert "'$PAR' declares 1,000,000,000 channels" in refusal(
        fcs_bytes(VALUES.tobytes(), NAMES, keywords={"$PAR": "1000000000"}), tmp_path
    )


def test_zero_events_are_refused(tmp_path: Path) -> None:
    assert "no events" in refusal(fcs_bytes(b"", NAMES), tmp_path)


@pytest.mark.parametrize("content", [b"", b"Well,Value\nA1,5\n", b"PK\x03\x04", b"FC"])
def test_a_renamed_table_is_not_an_fcs_file(tmp_path: Path, content: bytes) -> None:
    message = refusal(content, tmp_path)
    assert f"{len(content)} bytes: it is not an FCS file" in message


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"$MODE": "U"}, "histogram"),
        ({"$DATATYPE": "A"}, "written as text"),
        ({"$DATATYPE": "Q"}, "'$DATATYPE' is 'Q'"),
        ({"$BYTEORD": "3,4,1,2"}, "'$BYTEORD' is '3,4,1,2'"),
        ({"$P2B": "*"}, "'$P2B' is missing"),
        ({"$BYTEORD": "1"}, "'$BYTEORD' is '1'"),
        ({"$BYTEORD": None}, "'$BYTEORD' is missing"),
        ({"$PAR": "none"}, "'$PAR' is 'none'"),
        ({"$PAR": "0"}, "'$PAR' is '0'"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, keywords: dict[str, str | None], words: str) -> None:
    assert words in refusal(fcs_bytes(VALUES.tobytes(), NAMES, keywords=keywords), tmp_path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.fcs", tmp_path):
        with pytest.raises(FileFormatError, match=r"raw/b\.fcs: cannot be read"):
            read_fcs(path, "raw/b.fcs")


def test_the_second_data_set_is_read_when_asked_for(tmp_path: Path) -> None:
    second = fcs_bytes((VALUES + 1).tobytes(), ("x", "y"))
    size = len(fcs_bytes(VALUES.tobytes(), NAMES))
    first = fcs_bytes(VALUES.tobytes(), NAMES, keywords={"$NEXTDATA": str(size)})
    assert len(first) == size
    assert codes(read(first + second, tmp_path)) == ["several_data_sets"]
    other = read(first + second, tmp_path, data_set=2)
    assert other.events.tolist() == (VALUES + 1).tolist()
    assert [channel.name for channel in other.channels] == ["x", "y"]
    assert "has 2 data sets, not 3" in refusal(first + second, tmp_path, data_set=3)


def test_a_next_data_set_that_is_not_there_is_reported(tmp_path: Path) -> None:
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords={"$NEXTDATA": "777"}), tmp_path)
    assert codes(events) == ["next_data_set_missing"]


def test_odd_channel_keywords_are_reported(tmp_path: Path) -> None:
    keywords = {"$P1N": None, "$P2N": "P1", "$P2E": "xxxx"}
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords=keywords), tmp_path)
    assert set(codes(events)) == {"channel_name_missing", "amplification_unreadable", "duplicate_channel_names"}
    assert events.channels[1].amplification == (0.0, 0.0)


def test_a_missing_data_type_is_inferred_and_reported(tmp_path: Path) -> None:
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords={"$DATATYPE": None}), tmp_path)
    assert events.events.tolist() == VALUES.tolist()
    assert codes(events) == ["datatype_missing"]
    assert all(channel.integer for channel in events.channels)


def test_the_spillover_matrix_is_read_and_a_broken_one_left_out(tmp_path: Path) -> None:
    good = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords={"SPILL": "2,FSC-H,FL1-H,1,0.1,0.2,1"}), tmp_path)
    assert good.spillover is not None
    assert good.spillover[0] == NAMES
    assert good.spillover[1].tolist() == [[1, 0.1], [0.2, 1]]
    comp = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords={"$COMP": "2,1,0.1,0.2,1"}), tmp_path)
    assert comp.spillover is not None
    assert comp.spillover[0] == NAMES
    for broken in ("x", "2,FSC-H", "2,FSC-H,FL9-H,1,0,0,1", "1,FSC-H,nan", "1,FSC-H,a", "99999,1"):
        bad = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords={"SPILL": broken}), tmp_path)
        assert bad.spillover is None
        assert codes(bad) == ["spillover_unreadable"]


def test_supplemental_text_is_read(tmp_path: Path) -> None:
    begin = 4096 + VALUES.nbytes
    more = b"/EXPERIMENT/7/"
    keywords = {"$BEGINSTEXT": str(begin), "$ENDSTEXT": str(begin + len(more) - 1)}
    events = read(fcs_bytes(VALUES.tobytes(), NAMES, keywords=keywords, after=more), tmp_path)
    assert events.text["EXPERIMENT"] == "7"
    far = {"$BEGINSTEXT": "99999", "$ENDSTEXT": "999999999"}
    assert codes(read(fcs_bytes(VALUES.tobytes(), NAMES, keywords=far), tmp_path)) == ["supplemental_text_unreadable"]


@given(
    st.dictionaries(
        st.text("ABC$PN12", min_size=1, max_size=8), st.text("ab/|1 é", max_size=8).map(str.strip), max_size=8
    )
)
def test_keywords_survive_escaping(pairs: dict[str, str]) -> None:
    kept = {key: value for key, value in pairs.items() if not value.startswith("|")}
    raw = "|" + "".join(f"{key}|{value.replace('|', '||')}|" for key, value in kept.items())
    assert split_keywords(raw.encode())[0] == kept


@given(st.binary(max_size=300))
def test_splitting_any_bytes_gives_keywords_that_are_text(raw: bytes) -> None:
    keywords = split_keywords(raw)[0]
    assert all(isinstance(key, str) and isinstance(value, str) for key, value in keywords.items())


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_but_never_breaks_the_reader(tmp_path: Path, data: st.DataObject) -> None:
    whole = bytearray(
        fcs_bytes(VALUES.tobytes(), NAMES, keywords={"SPILL": "2,FSC-H,FL1-H,1,0.1,0.2,1", "$P2E": "4,1"})
    )
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.one_of(st.integers(0, 700), st.integers(4096, len(whole) - 1)))
        whole[place] = data.draw(st.one_of(st.integers(0, 255), st.sampled_from(b"0123456789/,$ ")))
    cut = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))
    try:
        events = read(bytes(whole[:cut]), tmp_path)
    except FileFormatError:
        return
    assert events.events.shape[1] == len(events.channels)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 5).flatmap(
        lambda k: st.lists(
            st.lists(st.floats(width=32, allow_nan=False), min_size=k, max_size=k), min_size=1, max_size=20
        )
    )
)
def test_what_is_written_is_read_back(tmp_path: Path, rows: list[list[float]]) -> None:
    names = [f"FL{i}-A" for i in range(len(rows[0]))]
    write_fcs(tmp_path / "b.fcs", np.array(rows, dtype="f4"), names)
    assert read_fcs(tmp_path / "b.fcs", "b.fcs").events.tolist() == rows


@pytest.mark.shared_data
def test_every_readable_real_file_agrees_with_the_consensus_of_readers(shared_data: Path) -> None:
    manifest = json.loads((shared_data / "fcs" / "manifest.json").read_text("utf-8"))
    read_ones, refused = 0, []
    for entry in manifest:
        path = shared_data / "fcs" / entry["path"]
        try:
            events = read_fcs(path, entry["path"])
        except FileFormatError:
            refused.append(entry["path"])
            continue
        assert len(events.events) == entry["events"], entry["path"]
        assert [channel.name for channel in events.channels] == entry["channels"], entry["path"]
        np.testing.assert_allclose(events.events.sum(axis=0), entry["raw_sum"], rtol=1e-9, err_msg=entry["path"])
        np.testing.assert_allclose(events.events[0], entry["raw_first"], rtol=1e-6, err_msg=entry["path"])
        np.testing.assert_allclose(events.events[-1], entry["raw_last"], rtol=1e-6, err_msg=entry["path"])
        read_ones += 1
    assert read_ones == 36
    assert sorted(refused) == ["corrupt/AriaFile1.fcs", "corrupt/corrupted.fcs"]


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("noncompliant/fake_large_fcs.fcs", "blank_offsets"),
        ("noncompliant/data_start_offset_discrepancy_example.fcs", "offsets_disagree"),
        ("beckman/Beckman Coulter - Cyan.fcs", "offsets_disagree"),
        ("multi_dataset/coulter.lmd", "several_data_sets"),
        ("facscalibur_hts_2006/0877408774.B08", "empty_keyword_values"),
    ],
)
def test_a_real_file_that_breaks_the_standard_says_so(shared_data: Path, name: str, code: str) -> None:
    assert code in codes(read_fcs(shared_data / "fcs" / name, name))
