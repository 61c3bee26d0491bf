"""Conditions compared over repeated experiments: y ~ condition + (1 | experiment/plate)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.errors import InputError, Problem, nearest_word
from avpi.replication.contrasts import Contrast, DegreesOfFreedom, contrast, insufficient, stop_at_level
from avpi.replication.mixed_model import Likelihood, MixedModel, fit_mixed_model
from avpi.replication.numeric_input import numbers
from avpi.replication.random_terms import RandomTerm, coded_labels, is_missing, nested_labels, nested_terms

Floats = NDArray[np.float64]

INTERCEPT = "(Intercept)"
ONE_EXPERIMENT = "insufficient: one experiment"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionComparison:
    """Every condition against the reference.

    Attributes
    ----------
    reference : the condition that the others are compared with.
    differences : condition -> condition minus reference, in units of the response.
    experiments : number of independent experiments.
    model : the fitted model; None with one experiment, which allows no inferential call.
    """

    reference: str
    differences: Mapping[str, Contrast]
    experiments: int
    model: MixedModel | None = field(repr=False)


def compare_conditions(
    response: ArrayLike,
    condition: Sequence[str],
    experiment: Sequence[Hashable],
    plate: Sequence[Hashable] | None = None,
    *,
    reference: str | None = None,
    df: DegreesOfFreedom = "kenward_roger",
    level: float = 0.95,
    experiment_by_condition: bool = True,
) -> ConditionComparison:
    """Return the difference of every condition from the reference, judged by how experiments repeat it.

    Parameters
    ----------
    response : (rows,) one for each well, on a scale on which residuals have one variance.
    condition, experiment, plate : (rows,) labels. Plates are counted within their experiment.
    reference : the condition to compare with; the first that occurs where none is given.
    df : see ``contrast``.
    experiment_by_condition : whether the effect of a condition may differ between experiments. Without it, a
        difference that is seen within plates has the degrees of freedom of wells, as if every well were an experiment;
        leave it out only where the design has shown that effects repeat exactly.

    Returns
    -------
    ConditionComparison
        With one experiment every difference is ``not_estimable``.

    Raises
    ------
    InputError
        As ``fit_conditions``; also if there is one condition only.
    """
    stop_at_level(level)
    _stop_at_labels(numbers(response, "response").size, condition=condition, experiment=experiment, plate=plate)
    conditions = _conditions(condition, reference)
    if len(conditions) < 2:
        what = f"all rows have the condition '{conditions[0]}'"
        raise InputError(Problem(file="condition", what=what, expected="two conditions or more"))
    experiments = len(set(experiment))
    if experiments == 1:
        alone = insufficient(ONE_EXPERIMENT, n=1, level=level)
        return ConditionComparison(
            reference=conditions[0], differences=dict.fromkeys(conditions[1:], alone), experiments=1, model=None
        )
    model = fit_conditions(
        response, condition, experiment, plate, reference=reference, experiment_by_condition=experiment_by_condition
    )
    differences = {name: contrast(model, {name: 1.0}, df=df, level=level) for name in conditions[1:]}
    return ConditionComparison(reference=conditions[0], differences=differences, experiments=experiments, model=model)


def fit_conditions(
    response: ArrayLike,
    condition: Sequence[str],
    experiment: Sequence[Hashable],
    plate: Sequence[Hashable] | None = None,
    *,
    reference: str | None = None,
    likelihood: Likelihood = "REML",
    experiment_by_condition: bool = False,
) -> MixedModel:
    """Fit y ~ condition + (1 | experiment/plate), with (1 | experiment:condition) if asked.

    Fixed effects are ``(Intercept)``, the mean of the reference, and one for every other condition, named after it: its
    difference from the reference. A term whose groups are those of another, or single rows, is left out: its variance
    is part of that one's.

    Raises
    ------
    InputError
        If lengths differ, a label is missing, the reference does not occur, there is one experiment, or
        ``fit_mixed_model`` finds a fault.
    """
    rows = numbers(response, "response").size
    _stop_at_labels(rows, condition=condition, experiment=experiment, plate=plate)
    conditions = _conditions(condition, reference)
    codes = np.array([conditions.index(label) for label in condition])
    design = np.column_stack([np.ones(rows), *(codes == j for j in range(1, len(conditions)))]).astype(float)
    terms = [RandomTerm(name="experiment", groups=experiment)]
    if plate is not None:
        terms.append(nested_terms("experiment", experiment, "plate", plate)[1])
    if experiment_by_condition:
        terms.append(RandomTerm(name="experiment:condition", groups=nested_labels(experiment, condition)))
    return fit_mixed_model(
        response,
        design,
        _distinguishable(terms, rows),
        names=(INTERCEPT, *conditions[1:]),
        likelihood=likelihood,
        independent="experiment",
    )


def _stop_at_labels(rows: int, **labels: Sequence[Hashable] | None) -> None:
    for file, given in labels.items():
        if given is not None and (len(given) != rows or any(is_missing(label) for label in given)):
            what = f"there are {len(given)} labels, {sum(map(is_missing, given))} of them missing, for {rows} rows"
            raise InputError(Problem(file=file, what=what, expected="one label for each row"))


def _conditions(condition: Sequence[str], reference: str | None) -> tuple[str, ...]:
    """Return the conditions, the reference first and the others in order of appearance."""
    found = tuple(dict.fromkeys(condition))
    if not found:
        raise InputError(Problem(file="condition", what="there is no row", expected="one label for each row"))
    if reference is None:
        return found
    if reference not in found:
        what, expected = f"no row has the reference '{reference}'", f"one of {', '.join(map(str, found))}"
        hint = nearest_word(reference, [str(name) for name in found])
        raise InputError(Problem(file="reference", what=what, expected=expected, hint=hint))
    return (reference, *(name for name in found if name != reference))


def _distinguishable(terms: Sequence[RandomTerm], rows: int) -> list[RandomTerm]:
    """Return the first term and those after it that group the rows in a way of their own."""
    kept, partitions = [terms[0]], {tuple(coded_labels(terms[0].groups)[0].tolist())}
    for term in terms[1:]:
        codes, levels = coded_labels(term.groups)
        partition = tuple(codes.tolist())
        if len(levels) < rows and partition not in partitions:
            kept.append(term)
            partitions.add(partition)
    return kept
