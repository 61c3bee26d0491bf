"""The wells of two compounds, alone and together: a checked dose matrix, which need not be complete.

The effect E is the fraction affected: 0 as the vehicle, 1 where nothing is left. A dose is a number in a stated unit;
one compound may be given in molar and the other in ng/mL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.dose.design import group_doses
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Response = Literal["viability", "effect"]
Scale = Literal["fraction", "percent"]

LEAST_PERCENT = 5.0
"""Responses of which more than a tenth lie beyond this are no fractions: no assay gives five times the vehicle."""
NOT_OUTLIERS = 0.9
"""Share of the wells that tells the scale, so that one bad well does not."""
MOST_FRACTION = 1.5
"""Where no response is beyond this either way, they are no percentages: all wells would lie within 1.5 % of dead."""
HALF = 0.5
"""Vehicle wells below half of the scale are no viabilities, those above half of it no effects."""
MOST_VEHICLE = 2.0
"""Vehicle wells of twice the vehicle were not divided by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """Wells of two compounds A and B, alone and together, in one or more independent experiments.

    Attributes
    ----------
    compound_a, compound_b : names.
    unit_a, unit_b : units of the doses, such as ``"M"`` and ``"ng/mL"``.
    doses_a, doses_b : (wells,) 0 where the compound was not given; doses within 1 % are made one, their mean.
    effects : (wells,) fraction affected, as measured: noise makes it less than 0 or more than 1, and it is not cut.
    experiment : (wells,) which of ``experiments`` each well belongs to.
    experiments : names of the independent experiments.
    levels_a, levels_b : (rows,) and (columns,) the different doses, ascending, 0 among them where it was tested.
    row, column : (wells,) place of each well in ``levels_a`` and ``levels_b``.
    missing : wells that were handed over without a response.
    """

    compound_a: str
    compound_b: str
    unit_a: str
    unit_b: str
    doses_a: Floats
    doses_b: Floats
    effects: Floats
    experiment: Ints
    experiments: tuple[str, ...]
    levels_a: Floats
    levels_b: Floats
    row: Ints
    column: Ints
    missing: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows (doses of A) and columns (doses of B) the matrix has, dose 0 included."""
        return self.levels_a.size, self.levels_b.size

    def counts(self) -> Ints:
        """Return how many wells there are (experiments, rows, columns)."""
        found = np.zeros((len(self.experiments), *self.shape), np.int64)
        np.add.at(found, (self.experiment, self.row, self.column), 1)
        return found

    def matrices(self, effects: ArrayLike | None = None) -> Floats:
        """Return the mean effect of replicate wells (experiments, rows, columns); nan where there is none.

        Parameters
        ----------
        effects : (wells,) in place of those that were measured, such as those of a bootstrap draw.
        """
        values = self.effects if effects is None else np.asarray(effects, float)
        sums = np.zeros((len(self.experiments), *self.shape))
        np.add.at(sums, (self.experiment, self.row, self.column), values)
        counts = self.counts()
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def matrix(self) -> Floats:
        """Return the mean over experiments (rows, columns), each experiment counting once; nan where there is none."""
        return mean_over_experiments(self.matrices())

    def swapped(self) -> Combination:
        """Return the same wells with A and B exchanged."""
        return replace(
            self,
            compound_a=self.compound_b,
            compound_b=self.compound_a,
            unit_a=self.unit_b,
            unit_b=self.unit_a,
            doses_a=self.doses_b,
            doses_b=self.doses_a,
            levels_a=self.levels_b,
            levels_b=self.levels_a,
            row=self.column,
            column=self.row,
        )


def read_combination(
    doses_a: ArrayLike,
    doses_b: ArrayLike,
    responses: ArrayLike,
    *,
    experiments: Sequence[object] | None = None,
    compounds: tuple[str, str] = ("A", "B"),
    units: tuple[str, str] = ("M", "M"),
    response: Response = "effect",
    scale: Scale = "fraction",
    source: str = "combination",
) -> Combination:
    """Check the wells of two compounds and return them as a dose matrix.

    Nothing is normalised: responses are relative to the vehicle already. Wells of equal doses in one experiment are
    replicates; doses within 1 % of the lowest of them are one.

    Parameters
    ----------
    doses_a, doses_b : (wells,) 0 where the compound was not given.
    responses : (wells,) relative to vehicle; nan for a missing well, which is left out and counted.
    experiments : (wells,) name of the independent experiment of each well; one experiment where none is given.
    compounds, units : names of the compounds and units of their doses.
    response : ``viability`` (vehicle is 1, no cell is 0) or ``effect`` (fraction affected: vehicle is 0).
    scale : ``fraction`` or ``percent``.
    source : name of the file in messages.

    Raises
    ------
    InputError
        If lengths differ, a dose is negative or no number, a response is infinite, no well is left, a compound was
        never given, no well has both, or the responses cannot be what ``response`` and ``scale`` say.
    """
    a, b = _numbers(doses_a, "doses_a", source), _numbers(doses_b, "doses_b", source)
    values = _numbers(responses, "responses", source)
    names = [""] * a.size if experiments is None else [str(name) for name in experiments]
    if a.ndim != 1 or a.size == 0 or not a.shape == b.shape == values.shape == (len(names),):
        what = f"there are {a.size} doses of A, {b.size} doses of B, {values.size} responses, {len(names)} experiments"
        raise InputError(Problem(file=source, what=what, expected="one of each for every well, and one well or more"))
    problems = _wrong_doses(a, compounds[0], source) + _wrong_doses(b, compounds[1], source)
    problems += [
        Problem(
            file=source,
            place=f"well {i + 1}",
            what=f"the response is '{values[i]:g}'",
            expected="a number, or nan for a missing well",
        )
        for i in np.flatnonzero(np.isinf(values))
    ]
    if problems:
        raise InputError(problems)
    there = ~np.isnan(values)
    if not there.any():
        raise InputError(Problem(file=source, what="no well has a response", expected="one or more"))
    row, levels_a = group_doses(a[there])
    column, levels_b = group_doses(b[there])
    kept = [name for name, has in zip(names, there, strict=True) if has]
    different = tuple(dict.fromkeys(kept))
    number = {name: i for i, name in enumerate(different)}
    _need_both(levels_a[row], levels_b[column], compounds, source)
    _stop_at_scale(values[there], scale, source)
    fractions = values[there] / 100 if scale == "percent" else values[there]
    effects = 1 - fractions if response == "viability" else fractions
    _stop_at_vehicle(fractions[(levels_a[row] == 0) & (levels_b[column] == 0)], response, scale, source)
    return Combination(
        compound_a=compounds[0],
        compound_b=compounds[1],
        unit_a=units[0],
        unit_b=units[1],
        doses_a=levels_a[row],
        doses_b=levels_b[column],
        effects=effects,
        experiment=np.array([number[name] for name in kept], np.int64),
        experiments=different,
        levels_a=levels_a,
        levels_b=levels_b,
        row=row,
        column=column,
        missing=int(np.sum(~there)),
    )


def mean_over_experiments(matrices: Floats) -> Floats:
    """Return the mean over the first axis, leaving out what is missing; nan where all of it is."""
    there = ~np.isnan(matrices)
    counts = there.sum(axis=0)
    sums = np.where(there, matrices, 0.0).sum(axis=0)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))


def _numbers(values: ArrayLike, name: str, source: str) -> Floats:
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError) as error:
        what = f"{name} cannot be read as numbers ({error})"
        raise InputError(Problem(file=source, what=what, expected="numbers")) from error


def _wrong_doses(doses: Floats, compound: str, source: str) -> list[Problem]:
    return [
        Problem(
            file=source,
            place=f"well {i + 1}",
            what=f"the dose of {compound} is '{doses[i]:g}'",
            expected="0 (not given) or a positive number",
            hint="A log10 dose must be turned into a concentration first",
        )
        for i in np.flatnonzero(~np.isfinite(doses) | (doses < 0))
    ]


def _need_both(doses_a: Floats, doses_b: Floats, compounds: tuple[str, str], source: str) -> None:
    problems = [
        Problem(file=source, what=f"{name} has no dose above 0", expected="wells with and without each compound")
        for name, doses in zip(compounds, (doses_a, doses_b), strict=True)
        if not np.any(doses > 0)
    ]
    if not problems and not np.any((doses_a > 0) & (doses_b > 0)):
        what = f"no well has both {compounds[0]} and {compounds[1]}"
        problems = [Problem(file=source, what=what, expected="one or more wells with a dose of each above 0")]
    if problems:
        raise InputError(problems)


def _stop_at_scale(values: Floats, scale: Scale, source: str) -> None:
    size = np.abs(values)
    usual, largest = float(np.quantile(size, NOT_OUTLIERS)), float(values[np.argmax(size)])
    if scale == "fraction" and usual > LEAST_PERCENT:
        what = f"the response '{largest:g}' is no fraction of the vehicle"
        hint = "If the responses are percentages, say so: scale 'percent' (--scale percent)"
        raise InputError(Problem(file=source, what=what, expected="fractions, mostly from 0 to 1", hint=hint))
    if scale == "percent" and abs(largest) <= MOST_FRACTION:
        what = f"no response lies further from 0 than '{largest:g}', which would be {largest:g} %"
        hint = "If the responses are fractions, say so: scale 'fraction' (--scale fraction)"
        raise InputError(Problem(file=source, what=what, expected="percentages, mostly from 0 to 100", hint=hint))


def _stop_at_vehicle(vehicle: Floats, response: Response, scale: Scale, source: str) -> None:
    if not vehicle.size:
        return
    level = float(vehicle.mean())
    left = level if response == "viability" else 1 - level
    if HALF <= left <= MOST_VEHICLE:
        return
    shown = f"{level:.3g}" if scale == "fraction" else f"{100 * level:.3g} %"
    other = "effect" if response == "viability" else "viability"
    what = f"the wells without both compounds (vehicle) have a mean {response} of '{shown}'"
    expected = "a viability near 1 (100 %) in vehicle" if response == "viability" else "an effect near 0 in vehicle"
    hint = f"If the responses are those of the {other}, say so: response '{other}' (--response {other})"
    if left > MOST_VEHICLE:
        hint = "Divide the responses by the mean of the vehicle wells of their plate first"
    raise InputError(Problem(file=source, what=what, expected=expected, hint=hint))
