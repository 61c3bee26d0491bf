"""Studies with known effects for the verdict's tests: viabilities by condition, made into experiments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from avpi.study.conditions import ConditionWords
from avpi.study.read import Study
from avpi.study.schema import Rules, StudyFile
from avpi.verdict.effects import Effects
from avpi.verdict.posterior import BlockTable, Cell

APOPTOSIS = {
    "DMSO": 1.0, "TNF": 0.98, "zVAD": 0.98, "Nec-1s": 1.0, "SM": 0.35, "SM+TNF": 0.12, "SM+zVAD": 0.93,
    "SM+zVAD+Nec-1s": 0.95, "SM+anti-TNF": 0.92, "anti-TNF": 1.0,
}  # fmt: skip
NECROPTOSIS = {
    "DMSO": 1.0, "TNF": 0.97, "zVAD": 0.98, "Nec-1s": 1.0, "GSK872": 1.0, "SM": 0.95, "SM+TNF": 0.25,
    "SM+TNF+zVAD": 0.20, "SM+TNF+zVAD+Nec-1s": 0.90, "SM+TNF+Nec-1s": 0.85, "SM+TNF+zVAD+GSK872": 0.88, "SM+zVAD": 0.94,
}  # fmt: skip
RESISTANT = {"DMSO": 1.0, "TNF": 0.97, "SM": 0.98, "SM+TNF": 0.93, "zVAD": 1.0, "SM+zVAD": 0.99}
ENGAGED = {"vehicle": 1.0, "15": 0.12, "30": 0.04}


def table(
    values: Mapping[str, float], *, experiments: int = 3, cv: float = 0.06, measured: float = 0.03, seed: int = 1
) -> BlockTable:
    """Return experiments of these values with a block effect and noise; the first key is the reference."""
    rng = np.random.default_rng(seed)
    reference = next(iter(values), "DMSO")
    cells = []
    for e in range(experiments):
        block = rng.normal(0, 0.3)
        for key, value in values.items():
            noise = rng.normal(0, np.hypot(cv, measured))
            cells.append(
                Cell(
                    experiment=f"exp{e + 1}",
                    key=key,
                    log_value=float(np.log(value) + block + noise),
                    variance=measured**2,
                )
            )
    return BlockTable(cells=tuple(cells), reference=reference)


def effects(
    viability: Mapping[str, float],
    *,
    engagement: Mapping[str, float] = ENGAGED,
    death: Mapping[str, float] | None = None,
    experiments: int = 3,
    seed: int = 1,
    dose_molar: float = 1e-7,
    source: str = "plate",
) -> Effects:
    """Return the effects of a whole study; ``death`` is what cytometry saw, the plate's values where None."""
    empty = BlockTable()
    seen = viability if death is None else death
    return Effects(
        engagement=table(engagement, experiments=experiments, seed=seed, cv=0.1)
        if engagement
        else BlockTable(reference="vehicle"),
        rebound=BlockTable(reference="vehicle"),
        viability=table(viability, experiments=experiments, seed=seed + 1),
        viability_source=source,
        death=table(seen, experiments=experiments, seed=seed + 2) if seen else empty,
        pmlkl=empty,
        engagement_censored=(),
        late_only=False,
        has_time_zero=False,
        working_dose_molar=dose_molar,
        blocked=(),
        findings=(),
    )


def study(**rules: float | int) -> Study:
    """Return a study whose rules may be changed."""
    file = StudyFile.model_validate(
        {
            "schema": 1, "title": "t", "compound": "birinapant", "cell_line": "MDA-MB-231", "working_dose": "100 nM",
            "experiments": ("exp1", "exp2", "exp3"),
        }
    )  # fmt: skip
    file = file.model_copy(update={"rules": Rules.model_validate(rules)})
    words = ConditionWords(compound="birinapant", working_doses={"SM": 1e-7})
    return Study(folder=Path(), file=file, words=words, content_hash="0" * 64)


def without(values: Mapping[str, float], *keys: str) -> dict[str, float]:
    """Return the values with these conditions left out."""
    return {key: value for key, value in values.items() if key not in keys}
