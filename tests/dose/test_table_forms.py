"""Tables as labs keep them: units in the cells of a dose, a column for each dose, and what is refused with a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.dose import table_nulls
from avpi.dose.dose_cells import DoseCells
from avpi.dose.fit_table import fit_table
from avpi.dose.long_table import FrameTable
from avpi.dose.read_columns import read_columns
from avpi.dose.table_columns import molar_of
from avpi.dose.wide_table import doses_in_header
from avpi.errors import InputError
from tests.dose.test_curve_table import SMALL_NULL

DOSES = {"0": 0.0, "1 nM": 1e-9, "0.01 µM": 1e-8, "100nM": 1e-7, "1 uM": 1e-6, "1e-5 M": 1e-5, "0.1 mM": 1e-4}
VIABILITY = [1.0, 0.98, 0.9, 0.5, 0.12, 0.1, 0.11]


@pytest.fixture(autouse=True)
def small_nulls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_nulls, "NULL_SIZES", SMALL_NULL)


def long(dose: str, doses: Sequence[object]) -> pd.DataFrame:
    return pd.DataFrame({"compound": "a", dose: doses, "viability": VIABILITY})


def wide() -> pd.DataFrame:
    rows = [["a", *VIABILITY], ["b", *(1 + 0.02 * np.cos(np.arange(7)))]]
    return pd.DataFrame(rows, columns=["compound", "DMSO", *list(DOSES)[1:]])


def refusal(frame: pd.DataFrame, **said: Any) -> str:
    with pytest.raises(InputError) as caught:
        fit_table(frame, **said)
    return str(caught.value)


def test_units_in_the_cells_give_what_a_column_in_molar_gives() -> None:
    plain = fit_table(long("dose_molar", list(DOSES.values())))
    pd.testing.assert_frame_equal(fit_table(long("dose", list(DOSES))), plain)
    pd.testing.assert_frame_equal(fit_table(long("dose", ["DMSO", *list(DOSES)[1:]])), plain)


def test_the_unit_of_the_column_may_stand_in_its_cells_too() -> None:
    nanomolar = [0, 1, 10, 100, 1000, 10_000, 100_000]
    plain = fit_table(long("dose_nM", list(nanomolar)))
    mixed = [*(f"{dose} nM" for dose in nanomolar[:4]), *(str(dose) for dose in nanomolar[4:])]
    pd.testing.assert_frame_equal(fit_table(long("dose_nM", mixed)), plain)
    pd.testing.assert_frame_equal(fit_table(long("dose", mixed), dose_unit="nM"), plain)


def test_cells_that_cannot_be_meant_are_named_by_row() -> None:
    said = refusal(long("dose_nM", list(DOSES)))
    assert "row 2 (from 0), column 'dose_nM': '0.01 µM' is in another unit than its column, which is in nM" in said
    said = refusal(long("dose", ["0", "1 nM", "10", "100 ng/mL", "1 uM", "high", "-3 nM"]))
    assert "row 2 (from 0), column 'dose': '10' has no unit" in said
    assert "row 3 (from 0), column 'dose': '100 ng/mL' is a concentration by mass" in said
    assert "'high' is not a number with a unit" in said
    assert "'-3 nM' is negative" in said
    assert "a dose with its unit, such as '100 nM' or '1 µM'; or 0" in said


def test_two_sources_of_the_unit_are_refused() -> None:
    assert "the column 'dose_unit' gives units too" in refusal(long("dose", list(DOSES)).assign(dose_unit="nM"))


def test_a_thousands_separator_in_a_dose_is_never_guessed() -> None:
    assert "'1,000 nM' may be 1000 or 1.000" in refusal(long("dose", [*list(DOSES)[:6], "1,000 nM"])).replace(
        "'1,000'", "'1,000 nM'"
    )


@given(
    value=st.floats(1e-3, 999, allow_nan=False).map(lambda x: float(f"{x:.4g}")),
    unit=st.sampled_from(["nM", "uM", "µM", "pM", "mM", "M", "nmol/L"]),
    blank=st.sampled_from(["", " ", "  "]),
    comma=st.booleans(),
)
@settings(max_examples=60)
def test_any_dose_with_its_unit_is_read(value: float, unit: str, blank: str, comma: bool) -> None:
    text = f"{value!r}{blank}{unit}"
    cells = DoseCells(
        table=FrameTable.of(pd.DataFrame({"dose": [text.replace(".", ",") if comma else text]})),
        dose="dose", unit="", decimal="," if comma else ".",
    )  # fmt: skip
    (batch,) = cells.batches(["dose"], ["dose"])
    factor = molar_of(unit)
    assert factor is not None
    assert batch.column("dose").to_pylist()[0] == pytest.approx(value * factor, rel=1e-12)


def test_a_wide_table_gives_what_its_long_form_gives() -> None:
    read = fit_table(wide(), wide=True)
    melted = wide().melt(["compound"], var_name="dose", value_name="response")
    pd.testing.assert_frame_equal(read, fit_table(melted))
    assert read["ec50_state"].tolist() == ["measured", "not_estimable"]
    numbers = wide().rename(columns={name: f"{dose * 1e9:g}" for name, dose in list(DOSES.items())[1:]})
    pd.testing.assert_frame_equal(fit_table(numbers, wide=True, dose_unit="nM"), read)


def test_replicates_of_a_wide_table_are_rows_or_numbered_columns() -> None:
    twice = pd.concat([wide(), wide()], ignore_index=True)
    assert fit_table(twice, wide=True)["n_wells"].tolist() == [14, 14]
    beside = pd.concat([wide(), wide().iloc[:, 2:].add_suffix(".1")], axis=1)
    assert fit_table(beside, wide=True)["n_wells"].tolist() == [13, 13]


def test_an_empty_cell_of_a_wide_table_is_a_missing_well_and_a_text_is_placed() -> None:
    holey = wide()
    holey.loc[0, "1 uM"] = np.nan
    assert fit_table(holey, wide=True)["n_missing"].tolist() == [1, 0]
    holey = holey.astype({"1 uM": object})
    holey.loc[1, "1 uM"] = "lost"
    with pytest.raises(InputError, match=r"row 1 \(from 0\), column '1 uM': 'lost' is no number"):
        fit_table(holey, wide=True)
    infinite = wide()
    infinite.loc[1, "1 uM"] = np.inf
    with pytest.raises(InputError, match=r"row 1 \(from 0\) below '1 uM'"):
        fit_table(infinite, wide=True)


def test_wide_tables_are_refused_with_the_recipe_that_makes_them_long() -> None:
    said = refusal(wide())
    assert "it has a column for each dose, from 'DMSO' to '0.1 mM'" in said
    recipe = "frame.melt(['compound'], var_name='dose', value_name='viability')"
    assert recipe in said
    assert fit_table(eval(recipe, {"frame": wide()}))["ec50_state"].tolist() == ["measured", "not_estimable"]
    nanomolar = [1.0, 10, 100, 1000]
    replicates = pd.DataFrame({"compound": "a", "dose_nM": nanomolar, "rep 1": 1.0, "rep 2": 0.9})
    said = refusal(replicates)
    assert "a column for each replicate, from 'rep 1' to 'rep 2'" in said
    recipe = "frame.melt(['compound', 'dose_nM'], var_name='replicate', value_name='viability')"
    assert recipe in said
    assert fit_table(eval(recipe, {"frame": replicates}))["n_wells"].tolist() == [8]


def test_headings_that_are_doses() -> None:
    assert doses_in_header(["line", "dose_100_nM", "Conc 1 µM", "0 nM", "well 3"]) == pytest.approx(
        {"dose_100_nM": 1e-7, "Conc 1 µM": 1e-6, "0 nM": 0.0}
    )
    assert doses_in_header(["control", "treated", "3"]) == {}
    with pytest.raises(InputError, match="0 of 3 headings are doses"):
        read_columns(FrameTable.of(long("dose_nM", [1] * 7)), wide=True)


def test_numbers_without_a_unit_beside_doses_with_units_are_refused_and_not_left_out() -> None:
    mixed = wide().rename(columns={"1e-5 M": "10000", "0.1 mM": "dose 100000"})
    said = refusal(mixed, wide=True)
    assert "header: '10000', 'dose 100000' are numbers without a unit, beside '1 nM'" in said
    assert "--dose-unit nM" in said
    pd.testing.assert_frame_equal(fit_table(mixed, wide=True, dose_unit="nM"), fit_table(wide(), wide=True))
    assert "frame.melt(['compound'], " in refusal(mixed.rename(columns={"dose 100000": "100000"}))


def test_wells_in_percent_among_fractions_are_named_and_a_whole_curve_in_percent_is_told_as_one() -> None:
    shown = [1.0, 98, 95, 0.5, 0.12, 0.1, 0.11]
    mixed = long("dose_molar", list(DOSES.values())).assign(viability=shown)
    for said in (
        refusal(mixed),
        refusal(pd.concat([long("dose_molar", list(DOSES.values())), mixed.assign(compound="b")])),
    ):
        assert "column 'viability': '98' is no fraction of the control" in said
        assert "'95' is no fraction of the control" in said
        assert "'--scale percent' if 100 is the control" in said
    assert "row 1 (from 0), column 'viability': '98'" in refusal(mixed)
    percent = mixed.assign(viability=[100 * value for value in VIABILITY])
    assert "half of the responses of curve 'a' are above 5" in refusal(percent)
    grown = mixed.assign(viability=[1.0, 29, 0.9, 0.5, 0.12, 0.1, 0.11])
    assert fit_table(grown)["n_wells"].tolist() == [7]
    assert fit_table(mixed, scale="raw")["n_wells"].tolist() == [7]
