"""How often three blots pass the rule of more than 90 % loss, by what is true; curves; and published references."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any

import numpy as np

from avpi.blot.loss_verdict import judge_loss
from avpi.blot.membrane_lanes import MembraneLane
from benchmarks.blot_curves import curve_rows
from benchmarks.blot_real import DATA

STUDIES, CV = 1000, 0.2
GOALS = ((0.86, "<= 0.1 %", 0.0, 0.001), (0.90, "<= 5 %", 0.0, 0.05), (0.95, ">= 85 %", 0.85, 1.0))
HARVESTS = ((30.0,), (5.0, 15.0, 30.0), (2.0, 5.0, 10.0, 15.0, 30.0))
"""Minutes at which the same is left: whichever harvest decides, the truth is one."""


def lane(membrane: str, value: float, minutes: float | None) -> MembraneLane:
    """Return a lane of a membrane that is an experiment of its own; vehicle without minutes."""
    vehicle = minutes is None
    return MembraneLane(
        membrane=membrane, experiment=membrane, condition="DMSO" if vehicle else f"SM {minutes:g}", is_vehicle=vehicle,
        minutes_after_dose=minutes, dose_molar=None if vehicle else 1e-7, value=value, log_se=0.02, state="measured",
        flaws=(), lane=1,
    )  # fmt: skip


def passes(true_loss: float, studies: int, minutes: Sequence[float] = (30.0,), *, of_bands: bool = False) -> float:
    """Return the share of studies of three blots that pass.

    Parameters
    ----------
    minutes : harvests, at all of which ``true_loss`` is lost.
    of_bands : whether every band varies by ``CV``, the vehicle's too, and not only the ratio.
    """
    random = np.random.Generator(np.random.Philox([round(1000 * true_loss), len(minutes), of_bands]))
    sigma = float(np.sqrt(np.log1p(CV**2)))
    passed = 0
    for _ in range(studies):
        lanes = []
        for blot in ("m1", "m2", "m3"):
            lanes.append(lane(blot, float(np.exp(random.normal(0, sigma))) if of_bands else 1.0, None))
            lanes += [lane(blot, (1 - true_loss) * float(np.exp(random.normal(0, sigma))), t) for t in minutes]
        passed += judge_loss(lanes).call == "pass"
    return passed / studies


def verdict_rows(studies: int = STUDIES) -> list[dict[str, Any]]:
    """Return the operating characteristics of the verdict, the coverage of curves, and the WAPL reference."""
    rows = []
    for of_bands in (False, True):
        for minutes in HARVESTS:
            for loss, goal, low, high in GOALS:
                share = passes(loss, studies, minutes, of_bands=of_bands)
                varied = "every band" if of_bands else "the ratio"
                what = (
                    f"three blots, {CV:.0%} CV of {varied}, {len(minutes)} harvest{'s' if len(minutes) > 1 else ''}, "
                    f"{loss:.0%} truly lost: pass, of {studies} studies"
                )
                rows.append({"what": what, "value": f"{share:.2%}", "goal": goal, "met": low <= share <= high})
    if DATA.is_dir():
        rows.append(_wapl())
    return rows + curve_rows()


def _wapl() -> dict[str, Any]:
    table = list(csv.reader((DATA / "wapl_depletion_densitometry.csv").read_text("utf-8-sig").splitlines()))[1:]
    ratios = {
        name: [float(line[2]) / float(line[3]) for line in table if line[1] == name] for name in ("C40", "C40+IAA")
    }
    loss = 100 * (1 - np.mean(ratios["C40+IAA"]) / np.mean(ratios["C40"]))
    return {"what": "WAPL: loss as the authors computed it, %", "value": round(float(loss), 3), "goal": "93.508",
            "met": bool(abs(loss - 93.508) < 5e-4)}  # fmt: skip
