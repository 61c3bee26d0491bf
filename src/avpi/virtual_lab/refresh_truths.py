"""Simulate the demonstration studies anew: ``python -m avpi.virtual_lab.refresh_truths``.

It writes ``truths.yaml`` only if every study still shows what it is meant to show. Otherwise it says what the model
gives, and leaves the file as it is: then look at the model, or choose other cells in ``demonstrations.yaml``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from avpi.compute.places import Place, Threads
from avpi.population.experiment import Dose, Experiment
from avpi.population.simulated import Sampling, fingerprint
from avpi.virtual_lab import passage
from avpi.virtual_lab.day_cells import CELLS, CELLS_SEED, PLATE_HOURS, TUBE_HOURS, cells_truth, grow_all, wells_needed
from avpi.virtual_lab.deaths import alone_of, deaths_of, tnf_blocked_of, wells_beside
from avpi.virtual_lab.demo_studies import DemoStudy, demo_design, demo_studies, truth_of_days
from avpi.virtual_lab.design import DOSES, MOST_EXPERIMENTS, USUAL_EXPERIMENTS
from avpi.virtual_lab.from_pathway import Asked, find, simulated_days
from avpi.virtual_lab.frozen_truths import FILE, Frozen, write_frozen
from avpi.virtual_lab.truth import Truth

SHOWN, NOT_SHOWN = 0, 1
"""Exit codes."""
FINGERPRINT_DIGITS = 16


def model_of(study: DemoStudy) -> str:
    """Return the fingerprint of what a study is simulated with: model, line, compound, doses and day effects."""
    asked = _asked(study)
    experiment = Experiment(
        line=asked.line,
        genotype=asked.genotype,
        doses=(Dose(reagent=asked.compound.compound, amount=study.working_dose_molar),),
    )
    known = dict(fingerprint(experiment, Sampling(hours=PLATE_HOURS, cells=CELLS, seed=CELLS_SEED)))
    effects = {name: effect.cv for name, effect in passage.CELLS.items()}
    effects |= {"compound": passage.COMPOUND.cv, "TNF": passage.TNF.cv, "doubling": passage.DOUBLING.cv}
    text = json.dumps([known, dict(DOSES), TUBE_HOURS, effects, study.seed], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_DIGITS]


def simulated(study: DemoStudy, *, experiments: int = MOST_EXPERIMENTS, place: Place | None = None) -> Frozen:
    """Return the cells of a study, day by day."""
    design = demo_design(study, experiments=experiments)
    days = simulated_days(_asked(study), study.working_dose_molar, design, study.seed)
    grow_all(days, [*wells_needed(design), *wells_beside(design)], Threads() if place is None else place)
    return Frozen(
        model=model_of(study),
        days=tuple(cells_truth(day, design) for day in days),
        deaths=deaths_of(days, design),
        alone=alone_of(days, design),
        tnf_blocked=tnf_blocked_of(days, design),
    )


def report(study: DemoStudy, truth: Truth) -> tuple[bool, str]:
    """Return whether a study shows what it is meant to show, and what the model gives of it, in words."""
    expected = truth.expected
    shown = truth.leaf == study.truth and truth.missing == study.missing
    text = [f"{study.name}: {truth.leaf}" + ("" if shown else f", meant to show {study.truth}: NOT SHOWN")]
    if expected is not None:
        text += [f"  {step}" for step in expected.path]
        text.append(f"  nearest to another answer: {expected.nearest:.2f}")
    return shown, "\n".join(text)


def _asked(study: DemoStudy) -> Asked:
    found = find(study.line, study.compound)
    return Asked(line=found.line, genotype=dict(study.genotype), compound=found.compound)


def refresh(path: Path) -> int:
    """Simulate every study, say what the model gives, and write the file if all show what they are meant to show."""
    studies: Mapping[str, DemoStudy] = demo_studies()
    frozen = {name: simulated(study) for name, study in studies.items() if study.source == name}
    all_shown = True
    for study in studies.values():
        for experiments in (USUAL_EXPERIMENTS, MOST_EXPERIMENTS):
            design = demo_design(study, experiments=experiments)
            shown, text = report(study, truth_of_days(study, design, frozen[study.source]))
            all_shown &= shown
        print(text)
    if not all_shown:
        print(f"{path} was left as it is.", file=sys.stderr)
        return NOT_SHOWN
    path.write_text(write_frozen(frozen), encoding="utf-8", newline="\n")
    print(f"{path} was written.", file=sys.stderr)
    return SHOWN


if __name__ == "__main__":
    raise SystemExit(refresh(Path(str(files("avpi.virtual_lab").joinpath(FILE)))))
