"""Target, neighbour and loading control at even distances: three strong rows, none in another's background."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpi.study.schema import LoadingControl, Neighbour
from tests.blot.declared_blot import analyse, declared, membrane
from tests.blot.simulated_blot import Row, simulate

LEFT = (1.0, 0.3, 0.1, 0.02, 0.0, 0.5, 0.08, 0.005)


def test_a_control_just_beyond_the_neighbour_is_no_background() -> None:
    plain = membrane((1.0,) * 8)
    step = 3.4 * plain.fwhm_px
    rows = tuple(
        Row(y_px=90 + number * step, volumes=tuple(4e6 * np.asarray(amounts)))
        for number, amounts in enumerate((LEFT, (1.0,) * 8, (1.0,) * 8))
    )
    drawn = simulate(replace(plain, rows=rows), 3)
    control = LoadingControl(name="actin", row=90 + 2 * step)
    blot = declared(target_row=90.0, control=control, neighbours=(Neighbour(name="cIAP2", side="below"),))
    result = analyse(drawn.image, blot)
    seen = [lane.ratio_seen for lane in result.lanes]
    widths = [lane.ratio_to_vehicle.high - lane.ratio_to_vehicle.low for lane in result.lanes[1:]]
    assert seen == pytest.approx(LEFT, abs=0.01)
    assert max(widths) < 0.06
