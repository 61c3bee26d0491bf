"""A row that somebody read off the picture: on empty membrane, on a lane of a smile, or at the control's own band."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpi.blot.measure import measure_blot
from avpi.errors import NotAnalysed
from avpi.study.overrides import Overrides
from avpi.study.schema import LoadingControl, Neighbour
from tests.blot.declared_blot import CONTROL_ROW, TARGET_ROW, WORDS, analyse, codes, declared, membrane, picture, ratios
from tests.blot.simulated_blot import Row, simulate
from tests.blot.test_analyse import refused

LOST, STAYS = (1.0, 0.1, 0.05, 0.05, 0.02, 0.05, 0.1, 0.2), (1.6, 1.5, 1.7, 1.6, 1.6, 1.5, 1.6, 1.7)
OTHER_IMAGE = LoadingControl(name="actin", image="raw/actin.tif")


@pytest.mark.parametrize("row", [150.0, 170.0])
def test_a_hint_on_empty_membrane_gives_no_number(row: float) -> None:
    error = refused(picture().image, declared(target_row=row))
    assert error.code in ("no_target_in_vehicle", "no_bands")
    assert f"{row:.0f}" in str(error) or "no band" in str(error)


def test_a_hint_beside_a_row_is_told_with_both_heights() -> None:
    result = analyse(picture().image, declared(target_row=TARGET_ROW + 14))
    (found,) = [f for f in result.findings if f.code == "far_from_hint"]
    assert found.severity == "warning"
    assert "row 124" in found.text
    assert "read at row 11" in found.text
    assert "far_from_hint" in {c.code for c in result.loss_by_engagement_time.caveats}
    assert "far_from_hint" not in codes(analyse(picture().image, declared(target_row=TARGET_ROW + 5)))


def test_a_loading_control_whose_row_is_empty_membrane_is_refused() -> None:
    error = refused(picture().image, declared(control=LoadingControl(name="actin", row=160.0)))
    assert error.code == "no_control_band"


@pytest.mark.parametrize("side", ["above", "below"])
@pytest.mark.parametrize("lane", [0, 4])
def test_a_hint_may_be_read_in_the_vehicle_lane_of_a_row_that_smiles(side: str, lane: int) -> None:
    """At the sides the smile is as deep as the two rows are apart: a height alone names either."""
    plain = membrane(LOST)
    step = 1.7 * plain.fwhm_px * (1 if side == "below" else -1)
    rows = (plain.rows[0], Row(y_px=TARGET_ROW + step, volumes=tuple(4e6 * np.asarray(STAYS))))
    smiling = replace(plain, tilt=0.0, smile_px=16.0, smile_row_jitter_px=0.2)
    probed, loaded = simulate(replace(smiling, rows=rows), 3), simulate(replace(smiling, rows=plain.rows[1:]), 3)
    hint = float(probed.y_px[0, lane])
    blot = declared(target_row=hint, control=OTHER_IMAGE, neighbours=(Neighbour(name="cIAP2", side=side),))  # type: ignore[arg-type]
    result = analyse(probed.image, blot, loaded.image)
    assert ratios(result)[1:] == pytest.approx(LOST[1:], abs=0.06)


def test_a_target_that_is_its_own_control_is_refused() -> None:
    image = picture().image
    own_row = declared(target_row=CONTROL_ROW + 2)
    own_image = declared(control=LoadingControl(name="actin", image="raw/blot1.tif", row=TARGET_ROW))
    for blot, control in ((own_row, None), (own_image, picture().image)):
        with pytest.raises(NotAnalysed, match="its own loading control") as error:
            measure_blot(image, control, blot, WORDS, Overrides())
        assert error.value.code == "same_row"


def test_a_protein_that_rises_is_read_where_treated_lanes_show_it_and_a_faint_vehicle_is_told() -> None:
    image = picture(course=(0.01, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0), read_noise=150.0).image
    result = analyse(image, declared())
    assert "faint_vehicle" in codes(result)
    assert "far_from_hint" not in codes(result)
    assert "faint_vehicle" not in codes(analyse(picture().image, declared()))


@pytest.mark.parametrize(("step", "told"), [(0.8, "warning"), (None, "note")])
def test_a_declared_neighbour_under_one_thick_band_is_a_warning(step: float | None, told: str) -> None:
    plain = membrane(STAYS)
    rows = [plain.rows[0], plain.rows[1]]
    if step is not None:
        rows.append(Row(y_px=TARGET_ROW + step * plain.fwhm_px, volumes=plain.rows[0].volumes))
    image = simulate(replace(plain, rows=tuple(rows)), 3).image
    result = analyse(image, declared(neighbours=(Neighbour(name="cIAP2", side="below"),)))
    assert [f.severity for f in result.findings if f.code == "neighbour_not_seen"] == [told]


def test_a_row_that_stays_a_shoulder_in_each_lane_is_as_thick_as_its_neighbour() -> None:
    """Half of the neighbour's strength, hardly parted: it must not be read as a line two pixels thick."""
    plain = membrane(LOST)
    beside = Row(y_px=TARGET_ROW + 1.27 * plain.fwhm_px, volumes=tuple(8e6 * np.asarray(STAYS)))
    image = simulate(replace(plain, rows=(plain.rows[0], beside), tilt=0.0, smile_px=0.0), 3).image
    actin = simulate(replace(plain, rows=plain.rows[1:], tilt=0.0, smile_px=0.0), 3).image
    blot = declared(control=OTHER_IMAGE, neighbours=(Neighbour(name="cIAP2", side="below"),))
    assert ratios(analyse(image, blot, actin))[1:] == pytest.approx(LOST[1:], abs=0.06)
