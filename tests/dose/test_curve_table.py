"""A table of wells becomes curves: whatever its order, chunks and size, each curve has the fit that it has alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from avpi.compute.places import Cancel, Cancelled, Threads
from avpi.dose import table_nulls
from avpi.dose.batch import fit_curves
from avpi.dose.curve_designs import DesignBook, null_design
from avpi.dose.curve_table import changes, find_curves, same_designs
from avpi.dose.design import VIABILITY, Boxes, design_of
from avpi.dose.fit_columns import DESCRIPTIONS
from avpi.dose.fit_settings import FitSettings
from avpi.dose.fit_table import fit_table, fitted_table
from avpi.dose.flat_test import flat_null
from avpi.dose.long_table import FrameTable, scan, without_dictionaries
from avpi.dose.row_hashes import SeenHashes, row_hashes
from avpi.dose.table_columns import find_columns
from avpi.errors import InputError

Floats = NDArray[np.float64]

DOSES = np.array([1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0])
UNITS = [("M", 1.0), ("mM", 1e-3), ("uM", 1e-6), ("µM", 1e-6), ("nM", 1e-9), ("nm", 1e-9), ("pM", 1e-12)]
SMALL_NULL = ((4, 1, 400), (8, 1, 200))


@pytest.fixture(autouse=True)
def small_nulls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flat curves in a number that a test has time for."""
    monkeypatch.setattr(table_nulls, "NULL_SIZES", SMALL_NULL)


def falling(ec50: float, noise: float = 0.02, seed: int = 1, doses: Floats = DOSES) -> Floats:
    random = np.random.default_rng(seed)
    return np.asarray(0.2 + 0.8 / (1 + (doses / ec50) ** 1.5) + noise * random.standard_normal(doses.size))


def wells(curves: int = 30, replicates: int = 1) -> pd.DataFrame:
    """Curves of two lines with falling, flat, unfinished and tiny ones among them."""
    rows = []
    for i in range(curves):
        doses = np.repeat(DOSES * (10 if i % 7 == 3 else 1), replicates)
        y = {0: falling(40 + i, seed=i, doses=doses), 1: 1 + 0.02 * np.sin(7.0 * (np.arange(doses.size) + i))}.get(
            i % 3, falling(5000, noise=0.01, seed=i, doses=doses)
        )
        kept = slice(0, 2) if i == 11 else slice(None)
        rows.append(
            pd.DataFrame(
                {
                    "compound": f"c{i // 2}",
                    "cell_line": f"l{i % 2}",
                    "dose_nM": doses[kept],
                    "viability": y[kept],
                    "well": [f"A{j}" for j in range(doses[kept].size)],
                    "supplier": f"s{i // 4}",
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


class Batches:
    """A table that comes in batches of a few rows, as a file does."""

    def __init__(self, frame: pd.DataFrame, size: int) -> None:
        self.whole, self.size, self.source = FrameTable.of(frame), size, "table"

    @property
    def columns(self) -> tuple[str, ...]:
        return self.whole.columns

    def batches(self, columns: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
        for batch in self.whole.table.select(list(columns)).to_batches(max_chunksize=self.size):
            table = pa.Table.from_batches([batch])
            yield table.set_column(0, columns[0], table.column(0).dictionary_encode())

    def place(self, row: int) -> str:
        return f"row {row}"


def streamed(frame: pd.DataFrame, size: int, chunk_rows: int) -> pd.DataFrame:
    table = Batches(frame, size)
    columns = find_columns(table.columns)
    with fitted_table(table, columns, FitSettings(), chunk_rows=chunk_rows) as fitted:
        found: pd.DataFrame = pa.concat_tables([without_dictionaries(one) for one in fitted.blocks()]).to_pandas()
        return found


def test_every_curve_has_the_fit_that_it_has_alone() -> None:
    frame = wells()
    found = fit_table(frame)
    assert len(found) == 30
    assert list(found.columns) == ["compound", "cell_line", "supplier", *DESCRIPTIONS]
    for i in (0, 1, 2, 3, 17):
        own = frame[(frame.compound == f"c{i // 2}") & (frame.cell_line == f"l{i % 2}")]
        alone = fit_curves(own.dose_nM * 1e-9, own.viability)
        row = found.iloc[i]
        assert (row.compound, row.cell_line) == (f"c{i // 2}", f"l{i % 2}")
        assert row.fit_log10_ec50_molar == pytest.approx(alone.log10_ec50_molar[0], abs=1e-9)
        assert row.fit_hill_slope == pytest.approx(alone.hill_slope[0], rel=1e-6)
        assert row.rss == pytest.approx(alone.rss[0], rel=1e-9)


def test_an_ec50_is_a_number_only_where_the_doses_have_seen_it() -> None:
    found = fit_table(wells())
    measured = found[found.ec50_state == "measured"]
    assert set(measured.index) >= {0, 6, 12}
    assert ((measured.ec50_molar > 1e-9) & (measured.ec50_molar < 3e-5)).all()
    assert (measured.ec50_low_molar < measured.ec50_molar).all()
    assert (measured.ec50_molar < measured.ec50_high_molar).all()
    assert measured.ec50_high_molar.map(math.isfinite).all()
    above = found[found.ec50_state == "above"]
    assert np.isinf(above.ec50_high_molar).all()
    beyond = above[above.reason == "fitted beyond the highest dose"]
    assert np.array_equal(beyond.ec50_molar, beyond.highest_dose_molar)
    assert {20, 23, 29} <= set(beyond.index)
    inside = above[above.reason == "the interval has no upper end"]
    assert np.array_equal(inside.ec50_molar, inside.ec50_low_molar)
    assert not inside.empty
    flat = found[found.reason.fillna("").str.startswith("flat")]
    assert {7, 16, 25} <= set(flat.index)
    assert (flat.p_flat > 0.05).all()
    assert (flat.ec50_state == "not_estimable").all()
    for name in ("ec50_molar", "ec50_low_molar", "ec50_high_molar", "hill_slope", "bottom", "top"):
        assert flat[name].isna().all(), name
        assert found[found.ec50_state == "not_estimable"][name].isna().all(), name
    for name in ("hill_slope", "bottom", "top"):
        assert above[name].isna().all(), name


def test_a_curve_of_two_points_says_why_it_has_no_fit() -> None:
    row = fit_table(wells()).iloc[11]
    assert (row.ec50_state, row.refused, row.converged) == ("not_estimable", True, False)
    assert row.reason == "2 different doses above 0, and a curve of four parameters needs 4"
    assert row.n_wells == 2
    assert math.isnan(row.fit_log10_ec50_molar)


@pytest.mark.parametrize(
    ("doses", "responses", "reason"),
    [
        ([5.0] * 8, falling(40), "1 dose above 0"),
        ([0.0] * 8, falling(40), "0 different doses above 0"),
        (DOSES, [math.nan] * 8, "no response was measured"),
        (DOSES[:4], falling(40)[:4], "4 wells with a response"),
        ([1.0, 1.0000001, 0.9999999, 3.0, 9.0, 9.0], np.ones(6), "3 different doses"),
        (DOSES, [0.7] * 8, "flat (p = 1.00)"),
    ],
)
def test_what_cannot_be_a_curve_is_labelled(doses: Any, responses: Any, reason: str) -> None:
    good = pd.DataFrame({"curve": "good", "dose_nM": DOSES, "response": falling(40)})
    bad = pd.DataFrame({"curve": "bad", "dose_nM": doses, "response": responses})
    found = fit_table(pd.concat([bad, good])).set_index("curve")
    assert found.loc["bad", "ec50_state"] == "not_estimable"
    assert str(found.loc["bad", "reason"]).startswith(reason)
    assert found.loc["good", "ec50_state"] == "measured"


@pytest.mark.parametrize("replicates", [1, 2])
@pytest.mark.parametrize(("size", "chunk_rows"), [(7, 16), (50, 50), (1000, 9), (3, 1000)])
def test_chunks_change_nothing_to_the_last_bit(size: int, chunk_rows: int, replicates: int) -> None:
    frame = wells(20, replicates)
    whole = streamed(frame, 10_000, 10_000)
    pd.testing.assert_frame_equal(streamed(frame, size, chunk_rows), whole, check_exact=True)


@pytest.mark.parametrize("seed", [1, 2])
def test_unsorted_rows_give_the_same_curves_in_order_of_their_first_rows(seed: int) -> None:
    frame = wells(20)
    mixed = frame.sample(frac=1.0, random_state=seed, ignore_index=True)
    assert not scan(Batches(mixed, 11), ["compound", "cell_line"]).together
    whole, parted = streamed(mixed, 10_000, 10_000), streamed(mixed, 11, 20)
    pd.testing.assert_frame_equal(parted, whole, check_exact=True)
    order = list(mixed[["compound", "cell_line"]].drop_duplicates().itertuples(index=False, name=None))
    names = ["compound", "cell_line"]
    assert list(whole[names].itertuples(index=False, name=None)) == order
    sorted_fit = fit_table(frame).set_index(names).sort_index()
    mixed_fit = whole.set_index(names).sort_index()
    assert mixed_fit.fit_log10_ec50_molar.to_numpy() == pytest.approx(
        sorted_fit.fit_log10_ec50_molar.to_numpy(), abs=1e-6, nan_ok=True
    )
    assert mixed_fit.p_flat.to_numpy() == pytest.approx(sorted_fit.p_flat.to_numpy(), rel=1e-4, nan_ok=True)


def test_a_missing_well_makes_a_design_of_its_own_with_its_own_null() -> None:
    frame = wells(20, 2)
    frame.loc[3, "viability"] = math.nan
    found = fit_table(frame)
    assert (found.n_missing[0], found.n_wells[0], found.n_missing[1]) == (1, 15, 0)
    assert found.ec50_state[0] == "measured"
    dropped = fit_table(frame.drop(index=3))
    assert dropped.drop(columns="n_missing").equals(found.drop(columns="n_missing"))
    assert found.p_flat.notna()[found.refused == False].all()  # noqa: E712


def test_designs_that_few_have_are_judged_by_fisher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_nulls, "NULL_SIZES", ((1, 1, 400),))
    frame = wells(8)
    frame.loc[2, "viability"] = math.nan
    found = fit_table(frame)
    assert (found.null_curves[0], found.null_curves[1]) == (0, 400)
    assert found.p_flat[0] < 1e-3
    assert found.ec50_state[0] == "measured"


def test_moved_doses_share_a_null_and_it_is_theirs() -> None:
    near, far = design_of(DOSES * 1e-9), design_of(DOSES * 1e-7)
    (near_key, null), (far_key, _) = null_design(near), null_design(far)
    assert near_key == far_key
    assert null_design(design_of(DOSES[:7] * 1e-9))[0] != near_key
    own, shared = flat_null(far, curves=3000), flat_null(null, curves=3000)
    quantiles = [np.quantile(one.ratios, [0.01, 0.05, 0.5], axis=1) for one in (own, shared)]
    assert quantiles[0] == pytest.approx(quantiles[1], rel=0.02)


def test_columns_that_are_constant_within_curves_come_along() -> None:
    found = fit_table(wells())
    assert list(found.supplier[:6]) == ["s0", "s0", "s0", "s0", "s1", "s1"]
    assert "well" not in found


def test_weights_are_used() -> None:
    frame = wells(1)
    frame["weight"] = 1.0
    frame.loc[4, "viability"] = 0.9
    plain = fit_table(frame)
    frame.loc[4, "weight"] = 1e-6
    assert fit_table(frame).rss[0] < 0.05 * plain.rss[0]
    frame.loc[2, "weight"] = 0
    with pytest.raises(InputError, match="'0' is no weight"):
        fit_table(frame)


def test_threads_change_nothing_and_a_million_equal_curves_are_one_design() -> None:
    frame = wells()
    assert fit_table(frame, place=Threads(2)).equals(fit_table(frame))
    book = DesignBook(VIABILITY)
    curves = 50_000
    sets = list(same_designs(np.full(curves, 8), np.tile(DOSES, curves), np.ones(8 * curves), None, book))
    assert [one.responses.shape for one in sets] == [(curves, 8)]


def test_cancelling_stops_it() -> None:
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        fit_table(wells(), cancel=cancel)


def test_boxes_are_passed_on_and_named_where_they_bind() -> None:
    frame = wells(1)
    found = fit_table(frame, boxes=Boxes(bottom=(0.5, 0.6)))
    assert 0.5 <= found.fit_bottom[0] <= 0.6
    assert "bottom" in found.binds[0]


def edited(**columns: Any) -> pd.DataFrame:
    return wells(3).assign(**columns)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (edited(dose_nM=-DOSES.tolist()[0]), "'-1' is negative. Expected 0 or a positive dose. If they are log10"),
        (edited(dose_nM=math.nan), "there is no dose"),
        (edited(dose_nM=math.inf), "'inf' is 'inf' M"),
        (edited(dose_nM="low"), "'low' is no number"),
        (edited(viability="x"), "column 'viability': 'x' is no number"),
        (edited(viability=math.inf), "'inf' is no response"),
        (edited(viability=87.0), "half of the responses of curve 'c0, l0' are above 5, up to '87'"),
        (edited(dose_uM=1.0), "'dose_nM', 'dose_uM' may each be the dose"),
        (wells(3).drop(columns="viability"), "no column is named as a response"),
        (wells(3).drop(columns=["compound", "cell_line"]), "no column says which curve a row is of"),
        (wells(3).rename(columns={"dose_nM": "dose"}), "'dose' has no unit"),
        (wells(3).rename(columns={"dose_nM": "dose_ng_per_ml"}), "no column is named as a dose"),
        (wells(3).rename(columns={"dose_nM": "log_dose"}), "does not say which logarithm"),
        (wells(3).iloc[:0], "it has no rows"),
        (edited(dose_unit="parsec").rename(columns={"dose_nM": "dose"}), "'parsec' is no unit of a dose in molar"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError) as caught:
        fit_table(frame)
    assert message in str(caught.value)
    assert len(caught.value.problems) <= 30


def test_a_header_that_names_a_column_twice_is_refused() -> None:
    frame = wells(3)
    frame.columns = pd.Index(["compound", "cell_line", "dose_nM", "viability", "well", "well"])
    with pytest.raises(InputError, match="'well' stands more than once"):
        fit_table(frame)


def test_percent_and_fractions_in_one_table_are_refused() -> None:
    frame = wells(6).rename(columns={"viability": "viability_percent"})
    with pytest.raises(InputError, match="6 of 6 curves look like fractions"):
        fit_table(frame)
    first = frame.compound == "c0"
    frame.loc[~first, "viability_percent"] *= 100
    with pytest.raises(InputError, match="2 of 6 curves look like fractions"):
        fit_table(frame)
    mixed = frame.rename(columns={"viability_percent": "viability"})
    with pytest.raises(InputError, match="and so in 4 curves, but not in all"):
        fit_table(mixed)
    frame.loc[first, "viability_percent"] *= 100
    fractions = wells(6)
    assert fit_table(frame).fit_log10_ec50_molar.to_numpy() == pytest.approx(
        fit_table(fractions).fit_log10_ec50_molar.to_numpy(), abs=1e-6
    )


def test_raw_responses_have_plateaus_anywhere() -> None:
    frame = wells(1)
    frame["viability"] = 3e6 * frame["viability"]
    found = fit_table(frame, scale="raw")
    assert found.ec50_state[0] == "measured"
    assert found.bottom[0] == pytest.approx(0.6e6, rel=0.15)


@given(
    unit=st.sampled_from(UNITS),
    word=st.sampled_from(["dose", "Dose", "concentration", "Conc"]),
    join=st.sampled_from(["{}_{}", "{} ({})", "{} [{}]", "{} {}", "{}.{}"]),
    log10=st.booleans(),
)  # fmt: skip
def test_a_dose_column_says_its_unit(unit: tuple[str, float], word: str, join: str, log10: bool) -> None:
    name = join.format(word, unit[0])
    name = f"log10_{name}" if log10 else name
    found = find_columns(["curve", name, "response"])
    assert (found.dose, found.dose_unit, found.log10_dose) == (name, unit[1], log10)


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=30), st.lists(st.sampled_from(["x", None]), min_size=30))
@settings(max_examples=60)
def test_curves_are_found_in_order_of_first_appearance(first: list[str], second: list[str | None]) -> None:
    keys = list(zip(first, second, strict=False))
    found = find_curves([pa.array([a for a, _ in keys]), pa.array([b for _, b in keys], pa.string())])
    expected: dict[Any, list[int]] = {}
    for row, key in enumerate(keys):
        expected.setdefault(key, []).append(row)
    assert found.first_rows.tolist() == [rows[0] for rows in expected.values()]
    assert found.lengths.tolist() == [len(rows) for rows in expected.values()]
    assert found.arranged(np.arange(len(keys))).tolist() == [row for rows in expected.values() for row in rows]


def test_missing_values_equal_each_other() -> None:
    assert changes(pa.array([1.0, math.nan, math.nan, None, 2.0])).tolist() == [True, True, False, False, True]
    assert changes(pa.array([None, None, "a", "a"])).tolist() == [True, False, True, False]
    assert changes(pa.array([], pa.string())).tolist() == []


@pytest.mark.parametrize("most", [4, 10, 1000])
@pytest.mark.parametrize("twice", [False, True])
def test_a_hash_that_comes_twice_is_found_in_any_memory(most: int, twice: bool) -> None:
    hashes = row_hashes([pa.array([f"c{i}" for i in range(100)]), pa.array([None, "x"] * 50)])
    assert np.unique(hashes).size == 100
    with SeenHashes(most) as seen:
        for start in range(0, 100, 7):
            seen.add(hashes[start : start + 7])
        if twice:
            seen.add(hashes[3:4])
        assert seen.any_repeats() is twice


def test_wells_in_any_order_are_of_one_design() -> None:
    random = np.random.default_rng(1)
    orders = np.array([random.permutation(8) for _ in range(500)])
    responses = np.arange(8.0) + np.zeros((500, 1))
    doses = DOSES[orders].ravel()
    mixed = np.take_along_axis(responses, orders, axis=1).ravel()
    (one,) = same_designs(np.full(500, 8), doses, mixed, None, DesignBook(VIABILITY))
    assert np.array_equal(one.responses, responses)


@pytest.mark.parametrize("rise", [0.8, 2.0])
def test_a_rise_above_the_limit_of_the_bottom_is_not_called_flat(rise: float) -> None:
    """Of a rising curve the bottom is the upper plateau: an induction is not a compound without effect."""
    noise = 0.02 * np.random.default_rng(0).standard_normal(DOSES.size)
    viability = 1 + rise / (1 + (40 / DOSES) ** 1.2) + noise
    row = fit_table(pd.DataFrame({"compound": "A", "dose_nM": DOSES, "viability": viability})).iloc[0]
    assert row["ec50_state"] == "not_estimable"
    assert row["reason"] == (
        "flat within the limits of the bottom, and responses reach above them: give others with '--bottom'"
    )


def test_replicates_whose_doses_differ_by_rounding_are_one_dose() -> None:
    doses = [10, 10.01, 9.99, 100, 100.1, 99.9, 1000, 1001, 999]
    viability = [1, 0.98, 1.02, 0.5, 0.52, 0.48, 0.1, 0.12, 0.11]
    row = fit_table(pd.DataFrame({"compound": "A", "dose_nM": doses, "viability": viability})).iloc[0]
    assert row["ec50_state"] == "not_estimable"
    assert row["reason"] == "3 different doses above 0, and a curve of four parameters needs 4"
