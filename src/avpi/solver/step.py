"""One step of a Rosenbrock method for all lanes, each at its own time with its own step size.

The stages, the error and the dense output are those of tableau.py. What is added:

* **Amounts stay non-negative.** Where a new amount lies below 0, its depth counts as error beside the embedded
  estimate; a step that is accepted nevertheless is clipped at 0. Without it, a plain Rosenbrock method follows
  negative amounts into blow-up in some of the draws of a wide ensemble.
* **The error** is the largest over the states of |k_s| / (atol + share largest + rtol max(|x|, |x_new|)): no state is
  averaged away, and each is measured by the largest that it has been itself, not by its neighbours.
* **The next step** is h min(6, max(1/5, 0.9 error^(-1/order))) (Hairer, Wanner 1996, eq. IV.7.26).
* **What is not finite stays visible**: the error is nan then, and nan is never below 1.
"""

from __future__ import annotations

import math
from itertools import groupby

from llvmlite import ir

from avpi.solver import vector_math
from avpi.solver.kernels import KernelCode
from avpi.solver.layout import (
    ATOL,
    ERROR,
    FLOOR_SHARE,
    KEEP,
    LENGTH,
    OWN_SHARE,
    RTOL,
    SINCE_START,
    STAGE_TIME,
    STEP,
    STEP_NEXT,
    STEP_USED,
    THETA,
)
from avpi.solver.tableau import Tableau
from avpi.solver.vector_code import VectorCode

SAFETY, LARGEST_GROWTH, LARGEST_SHRINKAGE = 0.8, 6.0, 0.2
SHRINKAGE_IF_NOT_FINITE = 0.1
NEARLY_THERE = 1.01
"""A step that would leave less than a hundredth of itself to the end of the segment goes to the end."""
FIRST_STEP = 1e-2
"""Of the time in which the fastest state would change by its tolerance times 1/rtol (Hairer, Norsett, Wanner 1993,
*Solving Ordinary Differential Equations I*, sec. II.4, doi:10.1007/978-3-540-78862-1)."""

PART_OF_NOTHING = 1e-3
FIRST_STEP_FROM_NOTHING = 1e-6
"""Of the segment's length, where all amounts are 0 and nothing tells how fast they change."""


class StepCode:
    """Writes the functions that every model has in the same form."""

    def __init__(self, kernels: KernelCode, tableau: Tableau) -> None:
        self.kernels, self.tableau, self.at = kernels, tableau, kernels.at
        self.size = len(kernels.states)

    def write(self) -> None:
        """Write step, first_step, interpolate and commit, with what they call."""
        rates, change = self.kernels.rates(), self.kernels.change()
        self._first_step(rates, change)
        self._step(rates, self.kernels.factor(self.tableau.gamma), self.kernels.solve())
        self._interpolate()
        self._commit()

    def _step(self, rates: ir.Function, factor: ir.Function, solve: ir.Function) -> None:
        code = self.kernels.function("step")
        b = code.build
        left = b.fsub(code.load(LENGTH), code.load(SINCE_START))
        wanted = code.load(STEP)
        reaches = b.fcmp_ordered(">=", b.fmul(wanted, code.number(NEARLY_THERE)), left)
        step = b.select(reaches, left, wanted)
        code.store(step, STEP_USED)
        code.store(code.load(SINCE_START), STAGE_TIME)
        per_step = b.fdiv(code.number(1), step)
        for stage in range(self.tableau.stages):
            self._stage(code, stage, step, per_step)
            if stage == 0:  # which has brought the states to where the step before ended
                code.call(factor)
                self._first_drift(code, step)
            else:
                code.call(rates)
            code.call(solve, code.place(self._stages(stage)))
        self._end(code, step)
        code.finish()

    def _stages(self, stage: int) -> int:
        return self.at.stages + stage * self.size

    def _stage(self, code: VectorCode, stage: int, step: ir.Value, per_step: ir.Value) -> None:
        """Write where a stage starts, and what the stages before contribute to its right side."""
        b, tableau = code.build, self.tableau
        if stage and tableau.alpha[stage] != tableau.alpha[stage - 1]:
            time = code.fma(step, code.number(tableau.alpha[stage]), code.load(SINCE_START))
            code.store(time, STAGE_TIME)
        drift = b.fmul(step, code.number(tableau.d[stage])) if self.kernels.plan.drifts and tableau.d[stage] else None
        if stage == 0:
            self._first_stage(code)
            return
        with code.loop(0, self.size) as (i, _):
            before = [code.load(self._stages(j), i) for j in range(stage)]
            state = code.load(self.at.stage if tableau.goes_on(stage) else self.at.states, i)
            if tableau.goes_on(stage):
                state = b.fadd(state, before[-1])
            else:
                for k, a in zip(before, tableau.a[stage], strict=True):
                    state = code.fma(k, code.number(a), state)
            code.store(state, self.at.stage, i)
            side = code.number(0)
            for k, c in zip(before, tableau.c[stage], strict=True):
                side = code.fma(k, code.number(c), side)
            side = b.fmul(side, per_step)
            if drift is not None:
                side = code.fma(drift, code.load(self.at.time_slope, i), side)
            code.store(side, self._stages(stage), i)

    def _first_stage(self, code: VectorCode) -> None:
        """Bring the states to where the step before ended, and start from them."""
        kept = self._kept(code)
        with code.loop(0, self.size, code.number(0)) as (i, carried):
            state = code.build.select(kept, code.load(self.at.new_states, i), code.load(self.at.states, i))
            code.store(state, self.at.states, i)
            code.store(state, self.at.stage, i)
            code.store(code.number(0), self._stages(0), i)
            carried[0] = code.larger(carried[0], self._note_largest(code, state, i))
        self._raise_atol(code, carried[0])

    def _first_drift(self, code: VectorCode, step: ir.Value) -> None:
        """Write the drift as the right side of the first stage, once the factorisation has found it."""
        if self.kernels.plan.drifts:
            drift = code.build.fmul(step, code.number(self.tableau.d[0]))
            with code.loop(0, self.size) as (i, _):
                code.store(code.build.fmul(drift, code.load(self.at.time_slope, i)), self._stages(0), i)

    def _end(self, code: VectorCode, step: ir.Value) -> None:
        """Write the new state, the error and the step to try next."""
        b = code.build
        rtol, atol, own_share = code.load(RTOL), code.load(ATOL), code.load(OWN_SHARE)
        worst, scale_of_worst, not_finite = code.number(0), code.number(1), code.number(0)
        for first, last, is_amount in self._runs():
            with code.loop(first, last, worst, scale_of_worst, not_finite) as (i, carried):
                k = code.load(self._stages(self.tableau.stages - 1), i)
                old, new = code.load(self.at.states, i), b.fadd(code.load(self.at.stage, i), k)
                error = code.absolute(k)
                if is_amount:
                    error = code.larger(error, b.fneg(new))
                    new = code.larger(new, code.number(0))
                code.store(new, self.at.new_states, i)
                scale = code.fma(rtol, code.larger(code.absolute(old), code.absolute(new)), atol)
                scale = code.fma(own_share, code.load(self.at.largest, i), scale)
                # The largest quotient, found with products: a division for each state would cost a tenth of the step.
                worse = b.fcmp_ordered(">", b.fmul(error, carried[1]), b.fmul(carried[0], scale))
                carried[0] = b.select(worse, error, carried[0])
                carried[1] = b.select(worse, scale, carried[1])
                carried[2] = code.fma(k, code.number(0), carried[2])  # 0, but nan once k is not finite
            worst, scale_of_worst, not_finite = carried
        error = b.fadd(b.fdiv(worst, scale_of_worst), not_finite)
        code.store(error, ERROR)
        exponent = code.number(-1 / self.tableau.order)
        growth = vector_math.power(code, error, exponent, negative_is_rounding=True)
        growth = code.smaller(b.fmul(growth, code.number(SAFETY)), code.number(LARGEST_GROWTH))
        growth = code.larger(growth, code.number(LARGEST_SHRINKAGE))
        growth = b.select(b.fcmp_unordered("uno", error, error), code.number(SHRINKAGE_IF_NOT_FINITE), growth)
        code.store(b.fmul(step, growth), STEP_NEXT)

    def _first_step(self, rates: ir.Function, change: ir.Function) -> None:
        """Write a first step size into STEP_NEXT and, into ERROR, nan if the rates are not finite."""
        code = self.kernels.function("first_step")
        b = code.build
        code.store(code.number(0), STAGE_TIME)
        with code.loop(0, self.size, code.number(0)) as (i, carried):
            state = code.load(self.at.states, i)
            code.store(state, self.at.stage, i)
            carried[0] = code.larger(carried[0], self._note_largest(code, state, i))
        largest = carried[0]
        rtol, atol = code.load(RTOL), self._raise_atol(code, largest)
        code.call(rates)
        code.call(change)
        own_share = code.load(OWN_SHARE)
        with code.loop(0, self.size, code.number(0), code.number(0), code.number(0)) as (i, carried):
            slope, state = code.load(self.at.right_side, i), code.load(self.at.states, i)
            # A state that was nothing is measured by the whole: what it will be is not known yet.
            own = code.larger(code.load(self.at.largest, i), b.fmul(largest, code.number(PART_OF_NOTHING)))
            scale = code.fma(own_share, own, code.fma(rtol, code.absolute(state), atol))
            carried[0] = code.larger(carried[0], b.fdiv(code.absolute(slope), scale))
            carried[1] = code.fma(slope, code.number(0), code.fma(state, code.number(0), carried[1]))
            carried[2] = code.larger(carried[2], code.absolute(slope))
        fastest, not_finite, steepest = carried
        first = b.fdiv(b.fdiv(code.number(FIRST_STEP), rtol), fastest)
        length = code.load(LENGTH)
        endless = b.fcmp_ordered("==", fastest, code.number(math.inf))  # something is made where there was nothing
        first = b.select(endless, b.fmul(length, code.number(FIRST_STEP_FROM_NOTHING)), first)
        first = b.select(b.fcmp_ordered("<", first, length), first, length)
        self._raise_atol(code, b.fmul(steepest, first))  # for a cell in which there was nothing at all
        code.store(first, STEP_NEXT)
        code.store(not_finite, ERROR)
        code.finish()

    def _kept(self, code: VectorCode) -> ir.Value:
        """Return which lanes have a step that is kept and not yet committed."""
        return code.build.fcmp_ordered("==", code.load(KEEP), code.number(1))

    def _note_largest(self, code: VectorCode, state: ir.Value, i: ir.Value) -> ir.Value:
        """Return how large a state is, and note it if it was never larger."""
        size = code.absolute(state)
        code.store(code.larger(code.load(self.at.largest, i), size), self.at.largest, i)
        return size

    def _raise_atol(self, code: VectorCode, largest: ir.Value) -> ir.Value:
        """Return the absolute tolerance, raised to its share of the largest amount that there is now."""
        atol = code.larger(code.load(ATOL), code.build.fmul(code.load(FLOOR_SHARE), largest))
        code.store(atol, ATOL)
        return atol

    def _interpolate(self) -> None:
        """Write the state at theta between the ends of the step, into the slots of the stage."""
        code = self.kernels.function("interpolate")
        b = code.build
        theta = code.load(THETA)
        rest = b.fsub(code.number(1), theta)
        inside = b.fmul(theta, rest)
        early = b.fcmp_ordered("<", theta, code.number(0.5))
        weights = []
        for h1, h2, h3 in zip(*self.tableau.dense, strict=True):
            polynomial = code.fma(code.fma(code.number(h3), theta, code.number(h2)), theta, code.number(h1))
            weights.append(b.fmul(polynomial, inside))
        for first, last, is_amount in self._runs():
            with code.loop(first, last) as (i, _):
                old, new = code.load(self.at.states, i), code.load(self.at.new_states, i)
                change = b.fsub(new, old)  # from the nearer end: both ends, and what does not change, are exact
                state = b.select(early, code.fma(theta, change, old), code.fma(b.fneg(rest), change, new))
                for j, weight in enumerate(weights):
                    state = code.fma(code.load(self._stages(j), i), weight, state)
                code.store(code.larger(state, code.number(0)) if is_amount else state, self.at.stage, i)
        code.store(code.fma(code.load(STEP_USED), theta, code.load(SINCE_START)), STAGE_TIME)
        code.finish()

    def _commit(self) -> None:
        """Move the lanes whose step is kept to where it ended."""
        code = self.kernels.function("commit")
        b, kept = code.build, self._kept(code)
        with code.loop(0, self.size) as (i, _):
            new, old = code.load(self.at.new_states, i), code.load(self.at.states, i)
            code.store(b.select(kept, new, old), self.at.states, i)
        code.finish()

    def _runs(self) -> list[tuple[int, int, bool]]:
        """Return runs of neighbouring states that are amounts, or are not: first, after the last, which."""
        flags = enumerate(self.kernels.plan.equations.amounts)
        groups = [(is_amount, list(group)) for is_amount, group in groupby(flags, key=lambda item: item[1])]
        return [(group[0][0], group[-1][0] + 1, is_amount) for is_amount, group in groups]
