"""Simulate trials and analyse each at its looks; nothing is kept of them but a row of numbers a look."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from avpi.clinic.kernels.cox import fit_ratio
from avpi.clinic.kernels.events import COLUMNS, fill_table
from avpi.clinic.kernels.normal import largest_p
from avpi.clinic.kernels.patients import (
    ARM,
    ASSAY,
    ENTRY,
    EVENT,
    LABELS,
    NUMBERS,
    RESPONSE,
    STRATUM,
    TIME,
    TOXIC,
    ConductArrays,
    PatientArrays,
    draw_patients,
)  # fmt: skip
from avpi.clinic.kernels.ranking import sort_order
from avpi.clinic.kernels.restricted_mean import restricted_mean
from avpi.clinic.kernels.weighted import add_stratum
from avpi.compute.compiled import compiled

Floats = Any
RESULT = (
    "months", "enrolled", "screened", "events_control", "events_experimental", "toxic_deaths_control",
    "toxic_deaths_experimental", "max_p", "mean_difference", "mean_error", "tau", "log_ratio", "log_ratio_error",
    "log_ratio_positive", "log_ratio_error_positive", "z_positive", "log_ratio_negative", "log_ratio_error_negative",
    "z_negative", "responses_positive_control", "patients_positive_control", "responses_positive_experimental",
    "patients_positive_experimental", "responses_negative_control", "patients_negative_control",
    "responses_negative_experimental", "patients_negative_experimental",
)  # fmt: skip
"""Columns of a result; the z of each weight follow. Positive and negative are the assay's; missing is negative."""
(
    MONTHS, ENROLLED, SCREENED, EVENTS_CONTROL, EVENTS_EXPERIMENTAL, TOXIC_CONTROL, TOXIC_EXPERIMENTAL, MAX_P, MEAN,
    MEAN_ERROR, TAU, LOG_RATIO, LOG_RATIO_ERROR, OF_POSITIVE, _1, _2, OF_NEGATIVE, _3, _4, COUNTS, *_5,
) = range(len(RESULT))  # fmt: skip
FIRST_Z = len(RESULT)
LEAST_VARIANCE = 1e-14
"""Of a statistic: below this it is rounding, and the test has nothing to say."""


class LookArrays(NamedTuple):
    """When the data are looked at.

    ``events`` (looks,) 0 for any number; ``months`` (looks,) infinity for any; at the
    first of both where ``at_first``, else at the later one. A trial that never has so many events is looked at when the
    last patient's follow-up has ended.
    """

    events: Floats
    months: Floats
    at_first: bool


class AnalysisArrays(NamedTuple):
    """What is computed at a look.

    Attributes
    ----------
    rho, gamma : (weights,) of Fleming and Harrington. ``modest_month`` : of one further modest weight; below 0 for
        none.
    stratified : whether strata are kept apart by the tests and the hazard ratio.
    joint : how many of the weights the MaxCombo joins; 0 for none.
    tau : months of the restricted mean; 0 for the longest that both arms were followed, below 0 for no mean.
    ratio, groups : whether the hazard ratio is estimated, and also within the assay's groups.
    """

    rho: Floats
    gamma: Floats
    modest_month: float
    stratified: bool
    joint: int
    tau: float
    ratio: bool
    groups: bool


class RoomArrays(NamedTuple):
    """Room for one trial's numbers at a look, made once: (patients,) each, but the last ones.

    ``order`` is by time, ``positive`` is 1 for a positive assay. ``table`` is (patients + 1, columns) for risk tables,
    ``z``, ``u`` and ``w`` are (weights,), ``v`` is (weights, weights); ``one`` and ``square`` are the same for one
    weight. ``correlation`` and ``factor`` are (joint, joint), ``pivot`` and ``at`` (joint,).
    """

    time: Floats
    event: Floats
    arm: Floats
    stratum: Floats
    positive: Floats
    order: Floats
    spare: Floats
    table: Floats
    z: Floats
    u: Floats
    w: Floats
    v: Floats
    square: Floats
    correlation: Floats
    factor: Floats
    pivot: Floats
    at: Floats


@compiled(nogil=True, error_model="numpy")
def make_room(patients: int, weights: int, joint: int) -> RoomArrays:
    """Return room for trials of so many patients."""
    return RoomArrays(
        np.empty(patients), np.empty(patients, np.int64), np.empty(patients, np.int64), np.empty(patients, np.int64),
        np.empty(patients, np.int64), np.empty(patients, np.int64), np.empty(patients, np.int64),
        np.empty((patients + 1, COLUMNS)), np.empty(weights), np.empty(weights), np.empty(weights),
        np.empty((weights, weights)), np.empty((1, 1)), np.empty((joint, joint)), np.empty((joint, joint)),
        np.empty(joint, np.int64), np.empty(joint),
    )  # fmt: skip


@compiled(inner=True, nogil=True, error_model="numpy")
def look_month(numbers: Floats, enrolled: int, events: float, months: float, at_first: bool, room: RoomArrays) -> float:  # noqa: FBT001
    """Return the calendar month of a look."""
    if events <= 0:
        return months
    found, last = 0, 0.0
    for i in range(enrolled):
        end = numbers[i, ENTRY] + numbers[i, TIME]
        last = max(last, end if end < np.inf else numbers[i, ENTRY])
        if numbers[i, EVENT] > 0:
            room.time[found] = end
            found += 1
    if found < events:
        return months if at_first and months < np.inf else last
    sort_order(room.time[:found], room.order[:found], room.spare[:found])
    reached = room.time[room.order[int(events) - 1]]
    if months == np.inf:
        return float(reached)
    return float(min(reached, months) if at_first else max(reached, months))


@compiled(inner=True, nogil=True, error_model="numpy")
def weighted_tests(here: int, strata: int, analyses: AnalysisArrays, room: RoomArrays) -> None:
    """Write z (weights,) and the statistics' variance v (weights, weights); nan where a test has no variance."""
    k = room.z.size
    for i in range(k):
        room.u[i] = 0.0
        for j in range(k):
            room.v[i, j] = 0.0
    for own in range(strata):
        which = own if strata > 1 else -1
        rows = fill_table(room.order[:here], room.time, room.event, room.arm, room.stratum, which, room.table)
        add_stratum(room.table, rows, analyses.rho, analyses.gamma, analyses.modest_month, room.u, room.v, room.w)
    for i in range(k):
        room.z[i] = room.u[i] / math.sqrt(room.v[i, i]) if room.v[i, i] > LEAST_VARIANCE else np.nan


@compiled(inner=True, nogil=True, error_model="numpy")
def cox_ratio(here: int, strata: int, room: RoomArrays) -> tuple[float, float]:
    """Return the log hazard ratio and its standard error, stratified where there is more than one stratum."""
    rows = 0
    for own in range(strata):
        which = own if strata > 1 else -1
        rows += fill_table(room.order[:here], room.time, room.event, room.arm, room.stratum, which, room.table[rows:])
    return fit_ratio(room.table, rows)


@compiled(inner=True, nogil=True, error_model="numpy")
def common_tau(here: int, room: RoomArrays) -> float:
    """Return the longest time to which both arms were followed."""
    longest0, longest1 = 0.0, 0.0
    for i in range(here):
        if room.arm[i] == 0:
            longest0 = max(longest0, room.time[i])
        else:
            longest1 = max(longest1, room.time[i])
    return min(longest0, longest1)


@compiled(inner=True, nogil=True, error_model="numpy")
def mean_difference(here: int, tau: float, room: RoomArrays) -> tuple[float, float]:
    """Return the difference of restricted means, experimental less control, and its standard error."""
    rows = fill_table(room.order[:here], room.time, room.event, room.arm, room.stratum, -1, room.table)
    mean0, variance0 = restricted_mean(room.table, rows, 0, tau)
    mean1, variance1 = restricted_mean(room.table, rows, 1, tau)
    return mean1 - mean0, math.sqrt(variance0 + variance1)


@compiled(inner=True, nogil=True, error_model="numpy")
def group_ratios(here: int, analyses: AnalysisArrays, room: RoomArrays, row: Floats) -> None:
    """Write hazard ratio, its error and the log-rank z within each of the assay's groups."""
    for own in range(2):
        first = OF_POSITIVE if own == 1 else OF_NEGATIVE
        rows = fill_table(room.order[:here], room.time, room.event, room.arm, room.positive, own, room.table)
        row[first], row[first + 1] = fit_ratio(room.table, rows)
        room.u[0], room.square[0, 0] = 0.0, 0.0
        add_stratum(room.table, rows, analyses.rho[:1], analyses.gamma[:1], -1.0, room.u[:1], room.square, room.w[:1])
        row[first + 2] = room.u[0] / math.sqrt(room.square[0, 0]) if room.square[0, 0] > LEAST_VARIANCE else np.nan


@compiled(inner=True, nogil=True, error_model="numpy")
def take_look(numbers: Floats, labels: Floats, enrolled: int, month: float, room: RoomArrays, row: Floats) -> int:
    """Write what is seen of the patients at a month into the room, count into the row; return how many there are."""
    here = 0
    while here < enrolled and numbers[here, ENTRY] < month:
        # Compared as the look was dated, so that the event which set its date is seen in spite of rounding.
        seen = numbers[here, ENTRY] + numbers[here, TIME] <= month
        room.time[here] = numbers[here, TIME] if seen else month - numbers[here, ENTRY]
        room.event[here] = 1 if seen and numbers[here, EVENT] > 0 else 0
        arm = labels[here, ARM]
        room.arm[here], room.stratum[here] = arm, labels[here, STRATUM]
        room.positive[here] = 1 if labels[here, ASSAY] == 1 else 0
        row[EVENTS_CONTROL + arm] += room.event[here]
        row[TOXIC_CONTROL + arm] += 1 if seen and numbers[here, TOXIC] > 0 else 0
        cell = COUNTS + (0 if labels[here, ASSAY] == 1 else 4) + 2 * arm
        row[cell] += numbers[here, RESPONSE]
        row[cell + 1] += 1
        here += 1
    row[MONTHS], row[ENROLLED] = month, here
    return here


@compiled(inner=True, nogil=True, error_model="numpy")
def analyse(here: int, strata: int, analyses: AnalysisArrays, room: RoomArrays, row: Floats) -> None:
    """Write the result of the patients in the room."""
    sort_order(room.time[:here], room.order[:here], room.spare[:here])
    kept = strata if analyses.stratified else 1
    weighted_tests(here, kept, analyses, room)
    for i in range(room.z.size):
        row[FIRST_Z + i] = room.z[i]
    row[MAX_P] = np.nan
    if analyses.joint > 0:
        row[MAX_P] = largest_p(room.z, room.v, analyses.joint, room.correlation, room.factor, room.pivot, room.at)
    row[MEAN], row[MEAN_ERROR] = np.nan, np.nan
    if analyses.tau >= 0:
        row[TAU] = common_tau(here, room)
        if analyses.tau > 0:
            row[TAU] = min(analyses.tau, row[TAU])
        row[MEAN], row[MEAN_ERROR] = mean_difference(here, row[TAU], room)
    row[LOG_RATIO], row[LOG_RATIO_ERROR] = np.nan, np.nan
    if analyses.ratio:
        row[LOG_RATIO], row[LOG_RATIO_ERROR] = cox_ratio(here, kept, room)
    if analyses.groups:
        group_ratios(here, analyses, room, row)


@compiled(nogil=True, error_model="numpy")
def analyse_once(
    time: Floats, event: Floats, arm: Floats, stratum: Floats, strata: int, analyses: AnalysisArrays, weights: int
) -> tuple[Floats, Floats]:
    """Return the result (columns,) of one set of patients (n,) each, and the covariance of its weighted tests."""
    n = time.size
    room, row = make_room(n, weights, analyses.joint), np.zeros(FIRST_Z + weights)
    for i in range(n):
        room.time[i], room.event[i], room.arm[i], room.stratum[i] = time[i], event[i], arm[i], stratum[i]
        row[EVENTS_CONTROL + arm[i]] += event[i]
    analyse(n, strata, analyses, room, row)
    return row, room.v


@compiled(nogil=True, error_model="numpy")
def run_trials(
    seed: np.uint64, first: int, p: PatientArrays, conduct: ConductArrays, looks: LookArrays, analyses: AnalysisArrays,
    results: Floats,
) -> None:  # fmt: skip
    """Simulate trials from number ``first`` on; ``results`` (trials, looks, columns) of zeros is written."""
    numbers, labels = np.empty((conduct.patients, NUMBERS)), np.empty((conduct.patients, LABELS), np.int64)
    blocks = np.empty((3 * p.stratum_share.size, 2), np.int64)
    room = make_room(conduct.patients, results.shape[2] - FIRST_Z, analyses.joint)
    for trial in range(results.shape[0]):
        enrolled, screened = draw_patients(seed, np.uint64(first + trial), p, conduct, numbers, labels, blocks)
        for look in range(looks.events.size):
            month = look_month(numbers, enrolled, looks.events[look], looks.months[look], looks.at_first, room)
            row = results[trial, look]
            here = take_look(numbers, labels, enrolled, month, room, row)
            analyse(here, p.stratum_share.size, analyses, room, row)
            row[SCREENED] = screened
