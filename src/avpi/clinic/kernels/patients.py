"""Draw the patients of one trial: who they are, how they are randomised, and when what happens to them.

Every patient has three blocks of a trial's stream, whatever happens: equal seeds give equal patients under every design
and scenario. Event times come from a unit exponential E: the event is where the cumulative hazard reaches E.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from avpi.clinic.kernels.philox import block
from avpi.compute.compiled import compiled

Floats = Any
BLOCKS_A_PATIENT = 3
ENTRY, TIME, EVENT, TOXIC, RESPONSE = 0, 1, 2, 3, 4
"""Columns of numbers of a patient: month of entry; months to the end of follow-up; 1 event of the endpoint; 1 died of
toxicity; 1 responded."""
NUMBERS = 5
ARM, CLASS, STRATUM, ASSAY = 0, 1, 2, 3
"""Columns of labels of a patient; assay is 1 positive, 0 negative, -1 missing."""
LABELS = 4


class PatientArrays(NamedTuple):
    """Patients as arrays; see :class:`avpi.clinic.patients.Population`.

    Attributes
    ----------
    share : (classes,) cumulative shares. ``marked`` : (classes,) chance that the biomarker is truly there.
    stratum_share : (strata,) cumulative. ``stratum_ratio`` : (strata,) factor of the hazard.
    breaks : (periods,) months at which the periods begin, the first 0.
    hazard, log_ratio : (classes, periods) of the control arm, per month; of the experimental arm against it.
    cured : (classes, 2) share without any event, by arm.
    strength : (classes, quantiles) factor of a patient's log ratio.
    toxic : (2, periods) hazard of death from treatment. ``drop_out`` : (2,) per month.
    stop : hazard of stopping the experimental treatment, after which its effect is gone.
    sensitivity, specificity, missing : of the assay.
    response : (classes, 2) chance to respond, by arm.
    toxic_counts : whether death from treatment is an event of the endpoint; else it censors.
    """

    share: Floats
    marked: Floats
    stratum_share: Floats
    stratum_ratio: Floats
    breaks: Floats
    hazard: Floats
    log_ratio: Floats
    cured: Floats
    strength: Floats
    toxic: Floats
    drop_out: Floats
    stop: float
    sensitivity: float
    specificity: float
    missing: float
    response: Floats
    toxic_counts: bool


class ConductArrays(NamedTuple):
    """How patients come and are allocated.

    Attributes
    ----------
    patients : enrolled in all. ``most_screened`` : after so many the trial ends as it is.
    block_0, block_1 : patients of each arm in a permuted block.
    only_positive : only patients with a positive assay are enrolled.
    by_assay : blocks are kept apart by the assay's result.
    entry_month, entry_share : (knots,) months and the share of patients enrolled by then.
    """

    patients: int
    most_screened: int
    block_0: int
    block_1: int
    only_positive: bool
    by_assay: bool
    entry_month: Floats
    entry_share: Floats


@compiled(inner=True, nogil=True, error_model="numpy")
def exponential(u: float) -> float:
    """Return a unit exponential of a number from 0 to below 1."""
    return -math.log1p(-u)


@compiled(inner=True, nogil=True, error_model="numpy")
def find_class(u: float, cumulative: Floats) -> int:
    """Return the first class whose cumulative share is above ``u``."""
    for i in range(cumulative.size - 1):
        if u < cumulative[i]:
            return i
    return int(cumulative.size - 1)


@compiled(inner=True, nogil=True, error_model="numpy")
def between(x: float, xs: Floats, ys: Floats) -> float:
    """Return y at x by straight lines between knots in ascending order."""
    for i in range(1, xs.size):
        if x <= xs[i]:
            width = xs[i] - xs[i - 1]
            return float(ys[i] if width <= 0 else ys[i - 1] + (ys[i] - ys[i - 1]) * (x - xs[i - 1]) / width)
    return float(ys[ys.size - 1])


@compiled(inner=True, nogil=True, error_model="numpy")
def quantile(u: float, values: Floats) -> float:
    """Return a quantile of a distribution that is given by its evenly spaced quantiles."""
    if values.size == 1:
        return float(values[0])
    place = u * (values.size - 1)
    i = min(int(place), values.size - 2)
    return float(values[i] + (place - i) * (values[i + 1] - values[i]))


@compiled(inner=True, nogil=True, error_model="numpy")
def event_month(
    wanted: float, breaks: Floats, hazard: Floats, log_ratio: Floats, strength: float, factor: float, stop: float
) -> float:
    """Return when the cumulative hazard reaches ``wanted``; infinity where it never does.

    Parameters
    ----------
    strength : factor of the log ratio until the month ``stop``, after which the ratio is 1; 0 in the control arm.
    factor : of the hazard at all times.
    """
    periods = breaks.size
    for i in range(periods):
        begin = breaks[i]
        end = breaks[i + 1] if i + 1 < periods else np.inf
        base = hazard[i] * factor
        treated_until = min(max(stop, begin), end)
        rate = base * math.exp(strength * log_ratio[i]) if strength != 0.0 else base
        if rate > 0.0:
            reached = begin + wanted / rate
            if reached <= treated_until:
                return float(reached)
            wanted -= rate * (treated_until - begin)
        if treated_until < end and base > 0.0:
            reached = treated_until + wanted / base
            if reached <= end:
                return float(reached)
            wanted -= base * (end - treated_until)
    return np.inf


@compiled(inner=True, nogil=True, error_model="numpy")
def take_arm(u: float, room: Floats, conduct: ConductArrays) -> int:
    """Return the arm that a permuted block gives, and take it from the block ``room`` (2,)."""
    if room[0] + room[1] == 0:
        room[0], room[1] = conduct.block_0, conduct.block_1
    arm = 1 if u * (room[0] + room[1]) < room[1] else 0
    room[arm] -= 1
    return arm


@compiled(inner=True, nogil=True, error_model="numpy")
def follow(
    i: int, arm: int, kind: int, stratum: int, u: tuple[float, float, float, float],
    w: tuple[float, float, float, float], p: PatientArrays, numbers: Floats,
) -> None:  # fmt: skip
    """Write what happens to a patient, in months after entry, as if follow-up had no end."""
    treated = arm == 1
    stop = exponential(w[0]) / p.stop if treated and p.stop > 0 else np.inf
    event = np.inf
    if w[1] >= p.cured[kind, arm]:
        strength = quantile(u[0], p.strength[kind]) if treated else 0.0
        event = event_month(
            exponential(u[1]), p.breaks, p.hazard[kind], p.log_ratio[kind], strength, p.stratum_ratio[stratum], stop
        )
    toxic = event_month(exponential(u[2]), p.breaks, p.toxic[arm], p.toxic[arm], 0.0, 1.0, np.inf)
    left = exponential(u[3]) / p.drop_out[arm] if p.drop_out[arm] > 0 else np.inf
    end = min(event, min(toxic, left))
    numbers[i, TIME] = end
    died = toxic < np.inf and toxic <= min(event, left)
    numbers[i, TOXIC] = 1.0 if died else 0.0
    happened = event < np.inf and event < toxic and event <= left
    numbers[i, EVENT] = 1.0 if happened or (died and p.toxic_counts) else 0.0
    numbers[i, RESPONSE] = 1.0 if w[3] < p.response[kind, arm] else 0.0


@compiled(inner=True, nogil=True, error_model="numpy")
def draw_patients(
    seed: np.uint64, trial: np.uint64, p: PatientArrays, conduct: ConductArrays, numbers: Floats, labels: Floats,
    rooms: Floats,
) -> tuple[int, int]:  # fmt: skip
    """Write the patients of a trial in the order of their entry; return how many were enrolled and how many screened.

    Parameters
    ----------
    numbers, labels : (patients, NUMBERS) and (patients, LABELS), written.
    rooms : (3 strata, 2), room for what is left of each block.
    """
    strata = p.stratum_share.size
    for i in range(rooms.shape[0]):
        rooms[i, 0], rooms[i, 1] = 0, 0
    enrolled, screened, waited = 0, 0, 0.0
    while enrolled < conduct.patients and screened < conduct.most_screened:
        number = np.uint64(BLOCKS_A_PATIENT * screened)
        who = block(number, seed, trial)
        screened += 1
        kind, stratum = find_class(who[0], p.share), find_class(who[1], p.stratum_share)
        # One number serves twice: what is left of it below or above the chance is as even as before.
        marked = who[2] < p.marked[kind]
        rest = who[2] / p.marked[kind] if marked else (who[2] - p.marked[kind]) / (1.0 - p.marked[kind])
        positive = rest < p.sensitivity if marked else rest >= p.specificity
        assay = -1 if who[3] < p.missing else (1 if positive else 0)
        if conduct.only_positive and assay != 1:
            continue
        u, w = block(number + np.uint64(1), seed, trial), block(number + np.uint64(2), seed, trial)
        arm = take_arm(w[2], rooms[stratum + (strata * (assay + 1) if conduct.by_assay else 0)], conduct)
        labels[enrolled, ARM], labels[enrolled, CLASS] = arm, kind
        labels[enrolled, STRATUM], labels[enrolled, ASSAY] = stratum, assay
        follow(enrolled, arm, kind, stratum, u, w, p, numbers)
        # Gaps between arrivals, so that entries are in order: sums of exponentials are sorted uniforms.
        last = block(np.uint64(enrolled), seed, ~trial)
        waited += exponential(last[0])
        numbers[enrolled, ENTRY] = waited
        enrolled += 1
    waited += exponential(block(np.uint64(enrolled), seed, ~trial)[0])
    for i in range(enrolled):
        numbers[i, ENTRY] = between(numbers[i, ENTRY] / waited, conduct.entry_share, conduct.entry_month)
    return enrolled, screened


@compiled(nogil=True, error_model="numpy")
def draw_trial(
    seed: np.uint64, trial: np.uint64, p: PatientArrays, conduct: ConductArrays, numbers: Floats, labels: Floats
) -> tuple[int, int]:
    """Write the patients of one trial; see :func:`draw_patients`."""
    rooms = np.empty((3 * p.stratum_share.size, 2), np.int64)
    return draw_patients(seed, trial, p, conduct, numbers, labels, rooms)
