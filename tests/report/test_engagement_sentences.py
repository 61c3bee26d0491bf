"""What a blot is said to tell of target engagement where some of it cannot be read."""

from __future__ import annotations

import math

import numpy as np

from avpi.network.lines import lines
from avpi.population.engagement import BLOTTED, Blot
from avpi.population.experiment import Experiment
from avpi.report.simulation_record import blot_json, engagement_sentences


def made(at_rule: list[float], *, has_ciap1: bool = True) -> Blot:
    column = np.array(at_rule)[:, None]
    return Blot(
        experiment=Experiment(line=lines()["HT-29"]),
        compound="BV6",
        valency="bivalent",
        doses_molar=tuple(10.0 ** (n - 8) for n in range(len(at_rule))),
        times_hours=(0.5,),
        ratio=dict.fromkeys(BLOTTED, column),
        alive=np.ones_like(column),
        cells=10,
        at_rule=column[:, 0],
        pool=column,
        pool_at_rule=column[:, 0],
        has_ciap1=has_ciap1,
    )


def test_a_dose_that_cannot_be_read_leaves_the_verdict_on_the_others() -> None:
    blot = made([0.5, 0.05, math.nan])
    told = engagement_sentences(blot)
    assert told[0] == "At 1 µM no cell is left to lyse at 30 min: there it says nothing."
    assert told[1] == "More than 90 % of the cIAP1 band is gone by 30 min at 100 nM (most: 95 % at 100 nM)."
    assert told[2].startswith("No TRAF2-bound pool stays: 5.0 % of the TRAF2-bound cIAP1 is left at 30 min at 100 nM")
    assert blot_json(blot)["engaged"] == [False, True, None]


def test_without_a_cell_at_any_dose_nothing_is_told() -> None:
    (told,) = engagement_sentences(made([math.nan, math.nan]))
    assert told.startswith("At no dose is a cell left to lyse at 30 min")


def test_cells_without_ciap1_are_said_to_have_none() -> None:
    (told,) = engagement_sentences(made([math.nan, math.nan], has_ciap1=False))
    assert "have no cIAP1" in told
