"""Grouping factors of a mixed model and the columns of its random effects."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.errors import Problem
from avpi.replication.numeric_input import numbers

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PANDAS_MISSING = {"NAType", "NaTType"}
"""Classes of what pandas puts for a missing label; named, because this layer does not import pandas."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RandomTerm:
    """Random effects of one grouping factor: ``(columns | groups)``, or ``(columns || groups)`` if not correlated.

    Attributes
    ----------
    name : of the grouping factor, such as ``"experiment"``.
    groups : (rows,) label of the group of each row; labels are compared, never counted or sorted.
    columns : (rows, k) covariates whose coefficients vary between groups; a column of ones where none are given.
    column_names : (k,) their names.
    correlated : whether the k effects of a group have a full covariance matrix, or k variances only.
    """

    name: str
    groups: Sequence[Hashable] | NDArray[np.generic]
    columns: ArrayLike | None = None
    column_names: tuple[str, ...] = ("(Intercept)",)
    correlated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """One term, coded: where its columns stand in Z and which parameters it has.

    Attributes
    ----------
    levels : labels of the groups in order of first appearance.
    codes : (rows,) index of the level of each row.
    columns : (rows, k) covariates, each divided by its ``scales`` entry.
    scales : (k,) root mean squares of the covariates, so that a parameter has the size of a variance ratio whatever
        the unit of a slope.
    pairs : (parameters, 2) row and column of each parameter in the relative covariance factor of a group.
    first_column, first_parameter : where the term begins in Z and in theta.
    """

    name: str
    column_names: tuple[str, ...]
    levels: tuple[Hashable, ...]
    codes: Ints
    columns: Floats
    scales: Floats
    pairs: Ints
    first_column: int
    first_parameter: int

    @property
    def width(self) -> int:
        """Number of effects k of one group."""
        return self.scales.size

    def places(self, parameter: int) -> tuple[Ints, Ints]:
        """Return the rows and columns of Lambda that one parameter of this block fills."""
        row, column = self.pairs[parameter]
        base = self.first_column + self.width * np.arange(len(self.levels))
        return base + row, base + column

    def factor(self, theta: Floats) -> Floats:
        """Return the (k, k) relative covariance factor of a group, in units of the scaled columns."""
        factor = np.zeros((self.width, self.width))
        own = theta[self.first_parameter : self.first_parameter + len(self.pairs)]
        factor[self.pairs[:, 0], self.pairs[:, 1]] = own
        return factor


def coded_labels(groups: Sequence[Hashable] | NDArray[np.generic]) -> tuple[Ints, tuple[Hashable, ...]]:
    """Return the (rows,) codes of labels and the labels, in order of first appearance."""
    first: dict[Hashable, int] = {}
    codes = [first.setdefault(label, len(first)) for label in groups]
    return np.array(codes, np.int64), tuple(first)


def nested_labels(outer: Sequence[Hashable], inner: Sequence[Hashable]) -> list[Hashable]:
    """Return labels of inner groups that are other groups in every outer group: plate 1 of experiment 1 and of 2."""
    return list(zip(outer, inner, strict=True))


def nested_terms(
    outer_name: str, outer: Sequence[Hashable], inner_name: str, inner: Sequence[Hashable]
) -> tuple[RandomTerm, RandomTerm]:
    """Return the two terms of ``(1 | outer/inner)``, named as lme4 names them: ``outer`` and ``inner:outer``."""
    return (
        RandomTerm(name=outer_name, groups=outer),
        RandomTerm(name=f"{inner_name}:{outer_name}", groups=nested_labels(outer, inner)),
    )


def blocks_of(terms: Sequence[RandomTerm], rows: int) -> tuple[tuple[Block, ...], list[Problem]]:
    """Return the terms coded, and what is wrong with them; a term that cannot be coded is left out."""
    blocks: list[Block] = []
    problems: list[Problem] = []
    column = parameter = 0
    for term in terms:
        wrong = _faults(term, rows)
        problems += wrong
        if wrong:
            continue
        codes, levels = coded_labels(term.groups)
        columns = _columns(term, rows)
        for chosen in [list(range(columns.shape[1]))] if term.correlated else [[j] for j in range(columns.shape[1])]:
            scales = np.sqrt(np.mean(columns[:, chosen] ** 2, axis=0))
            block = Block(
                name=term.name,
                column_names=tuple(term.column_names[j] for j in chosen),
                levels=levels,
                codes=codes,
                columns=columns[:, chosen] / scales,
                scales=scales,
                # Down the columns of the lower triangle, as lme4 orders theta.
                pairs=np.array([(i, j) for j in range(len(chosen)) for i in range(j, len(chosen))], np.int64),
                first_column=column,
                first_parameter=parameter,
            )
            blocks.append(block)
            column += len(levels) * block.width
            parameter += len(block.pairs)
    return tuple(blocks), problems


def random_design(blocks: Sequence[Block]) -> Floats:
    """Return Z (rows, q): the scaled columns of each block, the effects of a group side by side."""
    parts = []
    for block in blocks:
        rows = np.arange(block.codes.size)
        part = np.zeros((block.codes.size, len(block.levels) * block.width))
        for j in range(block.width):
            part[rows, block.codes * block.width + j] = block.columns[:, j]
        parts.append(part)
    return np.concatenate(parts, axis=1)


def is_missing(label: Hashable) -> bool:
    """Return whether a label names no group: None, nan or empty; of nested labels, any of them."""
    if isinstance(label, tuple):
        return any(is_missing(part) for part in label)
    if isinstance(label, float | np.floating):
        return math.isnan(label)
    return label is None or (isinstance(label, str) and not label) or type(label).__name__ in PANDAS_MISSING


def _columns(term: RandomTerm, rows: int) -> Floats:
    columns = np.ones((rows, 1)) if term.columns is None else numbers(term.columns, f"random term '{term.name}'")
    return columns[:, None] if columns.ndim == 1 else columns


def _faults(term: RandomTerm, rows: int) -> list[Problem]:
    file = f"random term '{term.name}'"
    if len(term.groups) != rows:
        what = f"there are {len(term.groups)} labels for {rows} rows"
        return [Problem(file=file, what=what, expected="one label for each row")]
    missing = [i for i, label in enumerate(term.groups) if is_missing(label)]
    if missing:
        what = f"row {missing[0] + 1} has no label ({len(missing)} of {rows} rows)"
        return [Problem(file=file, what=what, expected="the group of every row")]
    levels = len(set(term.groups))
    if levels < 2:
        what = f"all rows belong to one group, '{next(iter(term.groups))}'" if rows else "there is no group"
        hint = "The variance between groups cannot be seen in one of them: leave the term out or repeat the experiment"
        return [Problem(file=file, what=what, expected="two groups or more", hint=hint)]
    if levels >= rows:
        what = f"there are {levels} groups in {rows} rows"
        hint = "An effect for each row is the residual already: leave the term out"
        return [Problem(file=file, what=what, expected="groups of more than one row", hint=hint)]
    columns = _columns(term, rows)
    if columns.ndim != 2 or columns.shape[0] != rows or columns.shape[1] != len(term.column_names):
        what = f"the columns have the shape {columns.shape}"
        return [Problem(file=file, what=what, expected=f"({rows}, {len(term.column_names)}): one for each name")]
    if not np.isfinite(columns).all():
        return [Problem(file=file, what="a column holds a value that is no number", expected="finite numbers")]
    if (columns == 0).all(axis=0).any():
        return [Problem(file=file, what="a column holds zeros only", expected="a covariate that varies")]
    return []
