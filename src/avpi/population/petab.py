"""A PEtab problem of one cell line: model, conditions, observables, parameters, and simulated measurements.

The cell of a PEtab problem is one average cell, alone in its medium: what cells of a well share (their TNF), and that
they differ, is not in it. Before each condition it settles at rest; ``preequilibrationConditionId`` says so.

    rest        doses 0; TNF and zVAD as the model has them, which is 0
    condition   parameters take the dose; TNF_given and zV are set to the dose, since rest leaves nothing of them; the
                accounts of dying are set to 0; every other state stays as rest left it

The measurements come from avpi's own solver with seeded noise. They are there to try a fit on, and say that they are
simulated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.errors import InputError, OurFault, Problem
from avpi.network.antimony import exact
from avpi.network.export import line_values, told
from avpi.network.lines import Line
from avpi.network.pharmacology import Pharmacology
from avpi.network.reagents import MIMETIC_DOSE, mimetic, mimetic_parameters
from avpi.network.sbml import sbml_text
from avpi.network.variants import REFERENCE, Variant
from avpi.population.experiment import Dose, Experiment
from avpi.population.petab_tables import (
    ACCOUNTS,
    BLOT_SD,
    DOSE_CURVE,
    EARLY_HOURS,
    FADING,
    MATRIX,
    MATRIX_HOURS,
    NOISE,
    OBSERVABLES,
    REST,
    parameter_rows,
)
from avpi.population.well import DEATH, pathway_model
from avpi.solver.programme import Phase
from avpi.solver.simulate import simulate

Floats = NDArray[np.float64]

REST_HOURS = 2400.0
"""A hundred days stand for the steady state that PEtab asks for."""
RTOL = 1e-8
DATASET = "simulated"
"""What every row of measurements.tsv is called."""
CONDITIONS: Mapping[str, tuple[Dose, ...]] = {**MATRIX, **DOSE_CURVE}

README = """# A PEtab problem of {line}

One average cell of {line}, alone in its medium, under the Smac mimetic {compound}. Written by avpi; research use only.

- `measurements.tsv` is **simulated** by avpi itself (seed {seed}), with log-normal noise. Replace it by your own.
- Bands are in the model's units with a background of 2 % of full scale; the cell's bands end with its death.
- Rows of `parameters.tsv` say why they are estimated or fixed. Autocrine TNF that cells of a well share is not in it.
- Cells settle in the condition `rest` first (`preequilibrationConditionId`).
"""


@dataclass(frozen=True, kw_only=True)
class _Case:
    """The average cell of a line, and the mimetic that it gets."""

    line: Line
    variant: Variant
    compound: Pharmacology
    values: Mapping[str, float]


def petab_files(line: Line, variant: Variant = REFERENCE, *, compound: str = "SM", seed: int = 1) -> Mapping[str, str]:
    """Return a PEtab version 1 problem: file name -> text.

    Parameters
    ----------
    line, variant : whose average cell it is.
    compound : any name of a Smac mimetic.
    seed : of the noise on the simulated measurements.

    Raises
    ------
    InputError
        If the word names no Smac mimetic.
    """
    known = mimetic(compound)
    if known is None:
        raise InputError(Problem(file="compound", what=f"'{compound}' is not a Smac mimetic of the model"))
    values = {**line_values(line, variant), **mimetic_parameters(known)}
    case = _Case(line=line, variant=variant, compound=known, values=values)
    return {
        "model.xml": sbml_text(tuple(values.items()), told(line, variant)),
        "conditions.tsv": _conditions(),
        "observables.tsv": _observables(),
        "parameters.tsv": _parameters(case),
        "measurements.tsv": _measurements(case, seed),
        "problem.yaml": PROBLEM,
        "README.md": README.format(line=told(line, variant), compound=known.compound, seed=seed),
    }


PROBLEM = """format_version: 1
parameter_file: parameters.tsv
problems:
  - sbml_files: [model.xml]
    condition_files: [conditions.tsv]
    observable_files: [observables.tsv]
    measurement_files: [measurements.tsv]
"""


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join("\t".join(" ".join(cell.split()) for cell in row) + "\n" for row in (header, *rows))


def _given(doses: tuple[Dose, ...]) -> dict[str, float]:
    """Return what doses set at time 0: parameter or fading state -> value, without the mimetic's own constants."""
    found: dict[str, float] = {}
    for dose in doses:
        experiment = Experiment(line=_NOBODY, doses=(dose,))
        for change in experiment.changes():
            sets = {name: float(np.asarray(value)) for name, value in {**change.parameters, **change.add}.items()}
            found |= {MIMETIC_DOSE: sets[MIMETIC_DOSE]} if MIMETIC_DOSE in sets else sets
    return found


_NOBODY = Line(name="", what="", parameters={}, reasons={})


def _conditions() -> str:
    given = {name: _given(doses) for name, doses in CONDITIONS.items()}
    columns = sorted({column for sets in given.values() for column in sets} - set(FADING))
    rows = [(REST, "cells settle", *("0" for _ in columns), *("" for _ in (*FADING, *ACCOUNTS)))]
    for name, sets in given.items():
        doses = [exact(sets.get(column, 0.0)) for column in (*columns, *FADING)]
        rows.append((name, name.replace("_", " "), *doses, *("0" for _ in ACCOUNTS)))
    return _table(("conditionId", "conditionName", *columns, *FADING, *ACCOUNTS), rows)


def _observables() -> str:
    header = (
        "observableId", "observableName", "observableFormula", "observableTransformation", "noiseFormula",
        "noiseDistribution",
    )  # fmt: skip
    rows = [(name, own.what, own.with_background, "log", NOISE, "normal") for name, own in OBSERVABLES.items()]
    return _table(header, rows)


def _parameters(case: _Case) -> str:
    header = (
        "parameterId", "parameterName", "parameterScale", "lowerBound", "upperBound", "nominalValue", "estimate", "why",
    )  # fmt: skip
    return _table(header, [row.cells for row in parameter_rows(case.values, case.compound)])


def _measurements(case: _Case, seed: int) -> str:
    noise = np.random.Generator(np.random.Philox(key=seed))
    rest = rested(case.values)
    rows = []
    for name, doses in CONDITIONS.items():
        hours = MATRIX_HOURS if name in MATRIX else EARLY_HOURS
        seen = OBSERVABLES if name in MATRIX else {"obs_cIAP1": OBSERVABLES["obs_cIAP1"]}
        exactly = average_cell(
            case.values, rest, doses, times_hours=hours, observe=[own.with_background for own in seen.values()]
        )
        for i, observable in enumerate(seen):
            for hour, value in zip(hours, exactly[:, i], strict=True):
                drawn = value * np.exp(BLOT_SD * noise.standard_normal())
                if np.isfinite(drawn):  # nothing is measured in a dead cell; its noise is drawn all the same
                    rows.append((observable, REST, name, f"{drawn:.6g}", exact(hour), DATASET))
    header = (
        "observableId", "preequilibrationConditionId", "simulationConditionId", "measurement", "time", "datasetId",
    )  # fmt: skip
    return _table(header, rows)


def rested(values: Mapping[str, float]) -> dict[str, float]:
    """Return the states of an average cell at rest, with a clean account of its dying."""
    result = simulate(pathway_model(), dict(values), times=[REST_HOURS], rtol=RTOL)
    if result.failed.any():
        message = "the solver could not bring the average cell to rest"
        raise OurFault(message)
    found = dict(zip(result.observables, result.values[0, -1].tolist(), strict=True))
    return {**found, **dict.fromkeys(ACCOUNTS, 0.0)}


def average_cell(
    values: Mapping[str, float],
    rest: Mapping[str, float],
    doses: tuple[Dose, ...],
    *,
    times_hours: Sequence[float],
    observe: Sequence[str],
    stop: str | None = DEATH,
) -> Floats:
    """Return what an average cell shows after doses at time 0, (times, formulas); nan after its death.

    Parameters
    ----------
    values, rest : its parameters, with those of the mimetic, and its states before.
    doses : given at time 0 and left.
    times_hours : when to look, ascending.
    observe : formulas over the pathway's names.
    stop : the condition of its death; None follows the equations beyond it.
    """
    sets = _given(doses)
    states = {name: amount for name, amount in sets.items() if name in FADING}
    constant = {name: value for name, value in sets.items() if name not in FADING}
    result = simulate(
        pathway_model(),
        {**values, **constant},
        {**rest, **states},
        times=[0.0, *times_hours],
        phases=[Phase()],
        observables=tuple(observe),
        stop=stop,
        rtol=RTOL,
    )
    if result.failed.any():
        message = "the solver could not follow the average cell"
        raise OurFault(message)
    return result.values[0, 1:]
