"""The isobole of a dose matrix: pairs of doses that have one effect, against the line of Loewe additivity.

Where compounds only add up, all pairs with one effect lie on the line ``a / Da + b / Db = 1``, with Da and Db the doses
of each alone that have it (Loewe 1953 Arzneimittelforschung 3:285; Berenbaum 1989 Pharmacol Rev 41:93). Pairs below the
line need less: synergy. The doses are read off the measured matrix between neighbouring doses, without a model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Isobole:
    """Pairs of doses with one effect.

    Attributes
    ----------
    effect : the effect, a fraction affected.
    alone_a, alone_b : dose of each compound alone that has it; nan where none of the tested does.
    doses_a, doses_b : (m,) the pairs, by rising dose of B; both compounds given.
    index : (m,) ``a / Da + b / Db``: 1 for additivity, below 1 for synergy; nan where ``why_undefined`` says why.
    why_undefined : why there is no line of additivity; empty where there is one.
    """

    effect: float
    alone_a: float
    alone_b: float
    doses_a: Floats
    doses_b: Floats
    index: Floats
    why_undefined: str = ""


def trace_isobole(doses_a: ArrayLike, doses_b: ArrayLike, effects: ArrayLike, effect: float = 0.5) -> Isobole:
    """Return the pairs of doses at which a matrix first reaches an effect.

    Along each row and each column the first crossing is taken, interpolated in log10 dose, or in dose from 0. Scatter
    of the wells moves the pairs; there is no interval.

    Parameters
    ----------
    doses_a, doses_b : (rows,) and (columns,) ascending, 0 first where a compound was tested alone.
    effects : (rows, columns) fraction affected; nan where there is no well.
    effect : the fraction that is looked for.

    Raises
    ------
    InputError
        If the matrix does not have a row and a column for each dose, or doses do not ascend.
    """
    a, b, z = np.asarray(doses_a, float), np.asarray(doses_b, float), np.asarray(effects, float)
    if z.shape != (a.size, b.size):
        what = f"the matrix has the shape '{z.shape}'"
        raise InputError(Problem(file="effects", what=what, expected=f"({a.size}, {b.size}): doses of A x doses of B"))
    for name, doses in (("doses_a", a), ("doses_b", b)):
        if not np.all(np.diff(doses) > 0) or not np.all(doses >= 0):
            what = f"they are '{', '.join(f'{dose:g}' for dose in doses)}'"
            raise InputError(Problem(file=name, what=what, expected="0 or more, each larger than the one before"))
    alone_a = _crossing(a, z[:, 0], effect) if b.size and b[0] == 0 else math.nan
    alone_b = _crossing(b, z[0], effect) if a.size and a[0] == 0 else math.nan
    pairs = [(_crossing(a, z[:, j], effect), float(b[j])) for j in range(b.size) if b[j] > 0]
    pairs += [(float(a[i]), _crossing(b, z[i], effect)) for i in range(a.size) if a[i] > 0]
    kept = sorted({(x, y) for x, y in pairs if x > 0 and y > 0}, key=lambda pair: (pair[1], -pair[0]))
    at_a, at_b = np.array([x for x, _ in kept]), np.array([y for _, y in kept])
    missing = [name for name, dose in (("A", alone_a), ("B", alone_b)) if math.isnan(dose)]
    why = f"{' and '.join(missing)} alone does not reach this effect within its tested doses" if missing else ""
    return Isobole(
        effect=effect,
        alone_a=alone_a,
        alone_b=alone_b,
        doses_a=at_a,
        doses_b=at_b,
        index=at_a / alone_a + at_b / alone_b,
        why_undefined=why.replace("A and B alone does", "A and B alone do"),
    )


def _crossing(doses: Floats, effects: Floats, effect: float) -> float:
    """Return the dose of the first rise through an effect; nan if there is none or it is there from the beginning."""
    seen = np.flatnonzero(np.isfinite(effects))
    for i, j in pairwise(seen):
        if effects[i] < effect <= effects[j]:
            share = float((effect - effects[i]) / (effects[j] - effects[i]))
            if doses[i] == 0:
                return float(share * doses[j])
            return float(10.0 ** (math.log10(doses[i]) + share * math.log10(doses[j] / doses[i])))
    return math.nan
