"""How a trial is conducted: who is enrolled and when, how arms are allocated, what is tested and when."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from avpi.clinic.checks import Checks, is_number, require_one_of
from avpi.clinic.compare_arms import MOST_JOINED, USUAL_WEIGHTS, weight_name
from avpi.clinic.design.average_hazard import Accrual
from avpi.clinic.kernels.patients import ConductArrays
from avpi.clinic.kernels.trials import AnalysisArrays, LookArrays
from avpi.clinic.patients import Population
from avpi.errors import InputError, Problem

Enrolment = Literal["all", "positive"]
ENROLMENTS: tuple[Enrolment, ...] = ("all", "positive")
MOST_SCREENED = 50
"""Times the expected number of patients screened at which a simulated trial gives up; never reached in earnest."""
MOST_PATIENTS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look at the data: when so many events are there, at a calendar month, or at what comes first of both.

    Attributes
    ----------
    events : None for any number. ``months`` : after the first patient could enter; None for any time.
    """

    events: int | None = None
    months: float | None = None

    def __post_init__(self) -> None:
        """Refuse a look that has no time."""
        checks = Checks()
        if self.events is None and self.months is None:
            what = "a look has neither events nor months"
            checks.problems.append(Problem(file="looks", what=what, expected="one of them, or both"))
        if self.events is not None:
            checks.whole("events", self.events, 1)
        if self.months is not None:
            checks.above_zero("months", self.months)
        checks.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTests:
    """What is tested at each look.

    Attributes
    ----------
    weights : rho and gamma of each weighted log-rank test. ``modest_months`` : t* of a modestly weighted one.
    max_combo : whether the weighted ones are joined. ``means`` : whether restricted means are compared.
    tau : months of the restricted mean; None for the longest follow-up that both arms have.
    stratified : whether tests and hazard ratio compare within strata.
    groups : whether hazard ratios are also estimated in the assay's groups.
    """

    weights: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    modest_months: float | None = None
    max_combo: bool = False
    means: bool = False
    tau: float | None = None
    stratified: bool = False
    groups: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be tested."""
        problems = []
        if not self.weights or any(not (is_number(v) and v >= 0) for pair in self.weights for v in pair):
            problems.append(Problem(file="weights", what="holds no weight of Fleming and Harrington",
                                    expected="rho and gamma of 0 or more, one pair at least"))  # fmt: skip
        if self.max_combo and len(self.weights) > MOST_JOINED:
            problems.append(Problem(file="weights", what=f"{len(self.weights)} tests are to be joined",
                                    expected=f"up to {MOST_JOINED}"))  # fmt: skip
        if problems:
            raise InputError(problems)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the weighted tests, in the order of their z."""
        modest = () if self.modest_months is None else (f"modest({self.modest_months:g})",)
        return (*(weight_name(*pair) for pair in self.weights), *modest)

    def arrays(self) -> AnalysisArrays:
        """Return what is tested as the kernels take it."""
        rho, gamma = np.array(self.weights, float).reshape(-1, 2).T.copy()
        return AnalysisArrays(
            rho=rho,
            gamma=gamma,
            modest_month=-1.0 if self.modest_months is None else float(self.modest_months),
            stratified=self.stratified,
            joint=len(self.weights) if self.max_combo else 0,
            tau=-1.0 if not self.means else float(self.tau or 0.0),
            ratio=True,
            groups=self.groups,
        )


EVERY_TEST = PlannedTests(weights=USUAL_WEIGHTS, max_combo=True, means=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """A trial's design.

    Attributes
    ----------
    patients : to be enrolled. ``accrual`` : patients who come a month; the last rate goes on as long as needed.
    looks : in the order of time. ``enrolment`` : all, or those with a positive assay. Patients who come then are
        tested, so that enrolment takes as much longer as there are fewer positives.
    block : patients of the control and the experimental arm in a permuted block within each stratum.
    by_assay : whether blocks are also kept apart by the assay's result.
    tests : at each look. ``at_first`` : where a look has events and months, whether it is at the first of both.
    """

    patients: int
    accrual: Accrual
    looks: tuple[Look, ...]
    enrolment: Enrolment = "all"
    block: tuple[int, int] = (2, 2)
    by_assay: bool = False
    tests: PlannedTests = field(default_factory=PlannedTests)
    at_first: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be conducted."""
        checks = Checks()
        checks.whole("patients", self.patients, 2, MOST_PATIENTS)
        for size in self.block:
            checks.whole("block", size, 1)
        if not self.looks:
            checks.problems.append(Problem(file="looks", what="there is no look at the data", expected="one at least"))
        checks.stop()
        require_one_of("enrolment", self.enrolment, ENROLMENTS)
        if not self.accrual.per_month[-1] > 0 and self.accrual.patients < self.patients:
            what = f"only {self.accrual.patients:g} of {self.patients} patients come"
            raise InputError(Problem(file="accrual", what=what, expected="a last rate above 0, which then goes on"))

    def looks_arrays(self) -> LookArrays:
        """Return the looks as the kernels take them."""
        return LookArrays(
            events=np.array([float(look.events or 0) for look in self.looks]),
            months=np.array([math.inf if look.months is None else float(look.months) for look in self.looks]),
            at_first=self.at_first,
        )

    def arrays(self, population: Population) -> ConductArrays:
        """Return enrolment as the kernels take it.

        Raises
        ------
        InputError
            If nobody has a positive assay and only such patients are enrolled.
        """
        called = population.called_positive if self.enrolment == "positive" else 1.0
        if called <= 0:
            what = "only patients with a positive assay are enrolled, and nobody has one"
            expected = "a prevalence and a sensitivity above 0, or a specificity below 1"
            raise InputError(Problem(file="enrolment", what=what, expected=expected))
        months, shares = self._entries(called)
        return ConductArrays(
            patients=self.patients,
            most_screened=int(MOST_SCREENED * (self.patients / called + 100)),
            block_0=self.block[0],
            block_1=self.block[1],
            only_positive=self.enrolment == "positive",
            by_assay=self.by_assay,
            entry_month=months,
            entry_share=shares,
        )

    def _entries(self, called: float) -> tuple[np.ndarray, np.ndarray]:
        """Return knots of month and share enrolled, where a share of those who come is enrolled."""
        months, enrolled = [0.0], [0.0]
        for length, rate in zip(self.accrual.durations, self.accrual.per_month, strict=True):
            months.append(months[-1] + length)
            enrolled.append(enrolled[-1] + length * rate * called)
        if enrolled[-1] < self.patients:
            months.append(months[-1] + (self.patients - enrolled[-1]) / (self.accrual.per_month[-1] * called))
            enrolled.append(float(self.patients))
        shares = np.array(enrolled) / self.patients
        end = int(np.argmax(shares >= 1 - 1e-12))
        month = float(np.interp(1.0, shares[end - 1 : end + 1], months[end - 1 : end + 1]))
        return np.array([*months[:end], month]), np.array([*shares[:end], 1.0])

    @property
    def screened_enrolment_months(self) -> float:
        """Months until all are enrolled where everybody who comes is."""
        return float(self._entries(1.0)[0][-1])
