"""Sixty real CellTiter-Glo plates of 1,536 wells, with quality values computed by others."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from avpi.plate.analyse import analyse_plate
from avpi.plate.normalise import Scale
from avpi.plate.results import PlateResult
from avpi.readings import PlateLayout, well_name
from tests.plate.simulated_plate import RULES, WORDS, declared_plate, read_of, reading_of

pytestmark = pytest.mark.shared_data
SHAPE = (32, 48)
ROLES = {"NC-1": "DMSO", "B": "blank"}


def well_of(position: int) -> str:
    return well_name((position - 1) // SHAPE[1], (position - 1) % SHAPE[1])


@pytest.fixture(scope="module")
def plates(shared_data: Path) -> dict[int, PlateResult]:
    raw = pd.read_csv(shared_data / "dose/gdsc_raw/gdsc_raw_120plates.csv.gz")
    results = {}
    for barcode, wells in raw.groupby("BARCODE"):
        read = read_of(
            {well_of(p): float(i) for p, i in zip(wells["POSITION"], wells["INTENSITY"], strict=True)}, shape=SHAPE
        )
        of_role = wells[wells["TAG"].isin(ROLES)]
        entries = {well_of(p): {"role": ROLES[tag]} for p, tag in zip(of_role["POSITION"], of_role["TAG"], strict=True)}
        layout = PlateLayout(wells=entries, cells={}, shape=SHAPE, source="layout")
        results[int(str(barcode))] = analyse_plate(reading_of(read), layout, declared_plate(), WORDS, RULES)
    return results


@pytest.fixture(scope="module")
def reference(shared_data: Path) -> pd.DataFrame:
    return pd.read_csv(shared_data / "dose/stats/gdsc_120plates_qc_reference.csv").set_index("BARCODE")


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("zprime", "z_prime"),
        ("robust_zprime", "robust_z_prime"),
        ("ssmd", "ssmd"),
        ("robust_ssmd", "robust_ssmd"),
        ("signal_window", "signal_window"),
        ("s_b", "signal_to_background"),
        ("cv_nc1", "vehicle_cv"),
    ],
)
def test_quality_agrees_with_the_reference_on_every_plate(
    plates: dict[int, PlateResult], reference: pd.DataFrame, column: str, name: str
) -> None:
    assert set(plates) == set(reference.index)
    found = np.array([getattr(plates[barcode].quality, name).value for barcode in reference.index])
    np.testing.assert_allclose(found, reference[column].to_numpy(), rtol=1e-9)


def test_good_screening_plates_pass_the_gate(plates: dict[int, PlateResult]) -> None:
    assert all(plate.passes for plate in plates.values())
    warned = [p for p in plates.values() if p.quality.z_prime.value < 0.4]
    assert all("z_prime_low" in {f.code for f in p.findings} for p in warned)


def test_viabilities_agree_with_the_published_normalisation(plates: dict[int, PlateResult], shared_data: Path) -> None:
    """The reference scales by means and clips to [0, 1]; ours scales by medians: equal but for those."""
    published = pd.read_csv(shared_data / "dose/gdsc_raw/gdsc_normalized_120plates.csv.gz")
    empty = np.array([])
    for barcode, wells in published.groupby("BARCODE"):
        by_mean = Scale(
            background=float(wells["PC"].iloc[0]), background_kind="blank", background_values=empty,
            vehicle=float(wells["NC"].iloc[0]), vehicle_values=empty,
        )  # fmt: skip
        exact = np.clip([by_mean.viability(float(i)) for i in wells["INTENSITY"]], 0, 1)
        np.testing.assert_allclose(exact, wells["normalized_intensity"], rtol=1e-9, atol=1e-12)
        result = plates[int(str(barcode))]
        ours = Scale(
            background=result.method["background_level"], background_kind="blank", background_values=empty,
            vehicle=result.method["vehicle_level"], vehicle_values=empty,
        )  # fmt: skip
        medians = np.clip([ours.viability(float(i)) for i in wells["INTENSITY"]], 0, 1)
        assert np.max(np.abs(medians - wells["normalized_intensity"])) < 0.06


def test_the_scatter_of_real_vehicle_wells_is_the_published_one(plates: dict[int, PlateResult]) -> None:
    cvs = [plate.quality.vehicle_cv.value for plate in plates.values()]
    assert 0.05 < float(np.median(cvs)) < 0.18
    assert all(
        p.quality.vehicle_cv.low < p.quality.vehicle_cv.value < p.quality.vehicle_cv.high for p in plates.values()
    )


def test_hardly_a_vehicle_well_of_the_real_plates_is_called_an_outlier_and_none_impossible(
    plates: dict[int, PlateResult],
) -> None:
    every = [finding.code for result in plates.values() for finding in result.findings]
    assert "impossible_values" not in every
    assert every.count("outlier_wells") <= 0.1 * len(plates)
