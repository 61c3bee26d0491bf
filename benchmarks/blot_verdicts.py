"""How often three blots pass the rule of more than 90 % loss, by what is true; and published references."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np

from avpi.blot.loss_verdict import judge_loss
from avpi.blot.membrane_lanes import MembraneLane
from benchmarks.blot_real import DATA

STUDIES, CV = 1000, 0.2
GOALS = ((0.86, "<= 0.1 %", 0.0, 0.001), (0.90, "<= 5 %", 0.0, 0.05), (0.95, ">= 85 %", 0.85, 1.0))


def lane(membrane: str, value: float, *, vehicle: bool) -> MembraneLane:
    """Return a lane of a membrane that is an experiment of its own."""
    return MembraneLane(
        membrane=membrane, experiment=membrane, condition="DMSO" if vehicle else "SM", is_vehicle=vehicle,
        minutes_after_dose=None if vehicle else 30.0, dose_molar=None if vehicle else 1e-7, value=value, log_se=0.02,
        state="measured", flaws=(), lane=1 if vehicle else 2,
    )  # fmt: skip


def passes(true_loss: float, studies: int) -> float:
    """Return the share of studies of three blots that pass."""
    random = np.random.Generator(np.random.Philox([round(1000 * true_loss)]))
    sigma = float(np.sqrt(np.log1p(CV**2)))
    passed = 0
    for _ in range(studies):
        left = (1 - true_loss) * np.exp(random.normal(0, sigma, 3))
        lanes = [one for i, value in enumerate(left)
                 for one in (lane(f"m{i}", 1.0, vehicle=True), lane(f"m{i}", float(value), vehicle=False))]  # fmt: skip
        passed += judge_loss(lanes).call == "pass"
    return passed / studies


def verdict_rows(studies: int = STUDIES) -> list[dict[str, Any]]:
    """Return the operating characteristics of the verdict, and the WAPL reference."""
    rows = []
    for loss, goal, low, high in GOALS:
        share = passes(loss, studies)
        what = f"three blots at {CV:.0%} CV, {loss:.0%} truly lost: pass, of {studies} studies"
        rows.append({"what": what, "value": f"{share:.2%}", "goal": goal, "met": low <= share <= high})
    if DATA.is_dir():
        rows.append(_wapl())
    return rows


def _wapl() -> dict[str, Any]:
    table = list(csv.reader((DATA / "wapl_depletion_densitometry.csv").read_text("utf-8-sig").splitlines()))[1:]
    ratios = {
        name: [float(line[2]) / float(line[3]) for line in table if line[1] == name] for name in ("C40", "C40+IAA")
    }
    loss = 100 * (1 - np.mean(ratios["C40+IAA"]) / np.mean(ratios["C40"]))
    return {"what": "WAPL: loss as the authors computed it, %", "value": round(float(loss), 3), "goal": "93.508",
            "met": abs(loss - 93.508) < 5e-4}  # fmt: skip
