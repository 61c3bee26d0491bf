"""Is a verdict's probability what it says? Random truths, simulated studies, the share of right calls.

Every truth is a random set of viabilities; its leaf is found by walking the tree on the truth itself. A study of n
experiments is then simulated around it and judged. Among leaves given probability p, a share p should be right.

    python benchmarks/verdict.py [--json] [--studies 1500]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from avpi.study.schema import Rules
from avpi.verdict.call import call_leaf
from avpi.verdict.effects import Effects
from avpi.verdict.posterior import BlockTable, Cell
from avpi.verdict.quantities import draw_quantities
from avpi.verdict.tree import leaf_name, read_tree, walk

BETWEEN_CV = 0.08
WITHIN_CV = 0.03
DRAWS = 2000
BANDS = ((0.5, 0.65), (0.65, 0.8), (0.8, 0.9), (0.9, 0.97), (0.97, 1.01))
PRESUMED = ("necroptosis", "necroptosis_presumed", "ripk1_kinase_dependent_apoptosis_competes")


def random_truth(rng: np.random.Generator) -> tuple[dict[str, float], dict[str, float]]:
    """Return random viabilities of a full matrix, and cIAP1 by harvest."""

    def rescued(viability: float, least: float = -0.1) -> float:
        return float(np.clip(viability + (1 - viability) * rng.uniform(least, 1.0), 0.02, 1.05))

    sm = float(rng.uniform(0.1, 1.05))
    both = sm * float(rng.uniform(0.15, 1.0))
    values = dict.fromkeys(("DMSO", "TNF", "zVAD", "Nec-1s", "GSK872", "anti-TNF"), 1.0)
    values |= {"SM": sm, "SM+TNF": both, "SM+zVAD": rescued(sm), "SM+TNF+zVAD": rescued(both)}
    values |= {"SM+anti-TNF": rescued(sm, 0), "SM+Nec-1s": rescued(sm, 0), "SM+TNF+Nec-1s": rescued(both, 0)}
    for arm in ("SM+zVAD", "SM+TNF+zVAD"):
        values[f"{arm}+Nec-1s"] = rescued(values[arm])
        values[f"{arm}+GSK872"] = rescued(values[arm], 0)
    return values, {"vehicle": 1.0, "15": float(rng.uniform(0.03, 0.3)), "30": float(rng.uniform(0.01, 0.2))}


def simulated(values: Mapping[str, float], experiments: int, noise: float, rng: np.random.Generator) -> BlockTable:
    """Return a table of experiments around true values; ``noise`` scales both sources of it."""
    within, between = WITHIN_CV * noise, BETWEEN_CV * noise
    cells = []
    for e in range(experiments):
        block = rng.normal(0, 0.3)
        for key, value in values.items():
            log_value = float(np.log(value) + block + rng.normal(0, np.hypot(within, between)))
            cells.append(Cell(experiment=f"exp{e}", key=key, log_value=log_value, variance=within**2))
    return BlockTable(cells=tuple(cells), reference=next(iter(values)))


def as_effects(
    viability: Mapping[str, float], harvests: Mapping[str, float], n: int, noise: float, rng: np.random.Generator
) -> Effects:
    """Return one simulated study: membranes, plates and tubes of ``n`` experiments."""
    return Effects(
        engagement=simulated(harvests, n, noise, rng),
        rebound=BlockTable(reference="vehicle"),
        viability=simulated(viability, n, noise, rng),
        viability_source="plate",
        death=simulated(viability, n, noise, rng),
        pmlkl=BlockTable(),
        engagement_censored=(),
        late_only=False,
        has_time_zero=True,
        working_dose_molar=1e-7,
        blocked=(),
        findings=(),
    )


def calibration(studies: int, experiments: int, seed: int) -> list[dict[str, Any]]:
    """Return the share of right leaves by probability, and of right calls."""
    tree, rng = read_tree(), np.random.default_rng(seed)
    rules = {name: float(value) for name, value in Rules().model_dump().items()}
    leaves, calls = [], []
    for _ in range(studies):
        viability, harvests = random_truth(rng)
        noiseless = as_effects(viability, harvests, 2, 1e-9, rng)
        exact = draw_quantities(noiseless, draws=20, rng=rng, toxic_alone=rules["toxic_alone"])
        truth = next(iter(walk(tree, exact, rules).probabilities))
        study = as_effects(viability, harvests, experiments, 1.0, rng)
        quantities = draw_quantities(study, draws=DRAWS, rng=rng, toxic_alone=rules["toxic_alone"])
        walked = walk(tree, quantities, rules)
        leaf, probability = next(iter(walked.probabilities.items()))
        leaves.append((probability, leaf == truth))
        call = call_leaf(tree, walked, quantities, rules["call"])
        if not call.reason:
            weaker = leaf_name(call.called) == "necroptosis_presumed" and leaf_name(truth) in PRESUMED
            calls.append((call.probability, call.called == truth or weaker))
    rows = [
        _row(f"n = {experiments}: leaves given {low:.2f}-{min(high, 1):.2f}", leaves, low, high) for low, high in BANDS
    ]
    rows.append(_row(f"n = {experiments}: calls made in {len(calls)} of {studies} studies", calls, 0.0, 1.01))
    return rows


def _row(what: str, pairs: list[tuple[float, bool]], low: float, high: float) -> dict[str, Any]:
    chosen = [(p, right) for p, right in pairs if low <= p < high]
    said = float(np.mean([p for p, _ in chosen]))
    right = float(np.mean([r for _, r in chosen]))
    error = 3 * np.sqrt(said * (1 - said) / len(chosen))
    goal = f"right in {said:.3f} of cases, within 3 standard errors ({error:.3f})"
    return {"what": what, "value": round(right, 4), "goal": goal, "met": bool(abs(right - said) <= error)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--studies", type=int, default=1500)
    asked = parser.parse_args()
    rows = [row for n in (2, 3, 5) for row in calibration(asked.studies, n, seed=n)]
    if asked.json:
        json.dump(rows, sys.stdout, indent=1)
        return
    for row in rows:
        print(f"{'met ' if row['met'] else 'MISSED'}  {row['what']}: {row['value']}  (goal: {row['goal']})")


if __name__ == "__main__":
    main()
