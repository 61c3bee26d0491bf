"""Wells of two compounds, gathered by pair: rows of one compound alone belong to every pair that it is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from avpi.errors import InputError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One well: compound, dose and unit of A and of B, response (nan where missing), experiment, pair, its place."""

    compounds: tuple[str, str]
    doses: tuple[float, float]
    units: tuple[str, str]
    response: float
    experiment: str
    pair: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinationRows:
    """The wells of one pair.

    Attributes
    ----------
    pair : what the table calls it; empty where it does not.
    compounds, units : of A and of B; a unit is ``M``, ``ng/mL`` or empty.
    doses_a, doses_b, responses : (wells,) nan for a missing response.
    experiments : (wells,) names; empty texts where the table has none.
    """

    pair: str
    compounds: tuple[str, str]
    units: tuple[str, str]
    doses_a: tuple[float, ...]
    doses_b: tuple[float, ...]
    responses: tuple[float, ...]
    experiments: tuple[str, ...]

    @property
    def label(self) -> str:
        """The pair as people call it."""
        both = f"{self.compounds[0]} + {self.compounds[1]}"
        return f"{self.pair}: {both}" if self.pair else both


def gather_pairs(rows: Sequence[Row], source: str) -> tuple[CombinationRows, ...]:
    """Return the wells of each pair, in the order in which the pairs appear.

    A pair named the other way round is the same pair.

    Raises
    ------
    InputError
        If no row names two compounds, a compound with a dose has no name, or its doses have units of two kinds.
    """
    problems = [
        Problem(
            file=source, place=row.place, what=f"dose_{'ab'[i]} is '{row.doses[i]:g}', and its compound has no name"
        )
        for row in rows
        for i in (0, 1)
        if row.doses[i] > 0 and not row.compounds[i]
    ]
    if problems:
        raise InputError(problems)
    keys: list[tuple[str, str, str]] = []
    for row in rows:
        a, b = row.compounds
        if a and b and (row.pair, a, b) not in keys and (row.pair, b, a) not in keys:
            keys.append((row.pair, a, b))
    if not keys:
        what = "no row names two compounds"
        raise InputError(Problem(file=source, what=what, expected="rows with compound_a and compound_b"))
    return tuple(_of_pair(rows, key, source) for key in keys)


def _of_pair(rows: Sequence[Row], key: tuple[str, str, str], source: str) -> CombinationRows:
    pair, *compounds = key
    own = [turned for row in rows if row.pair in ("", pair) and (turned := _turned(row, compounds)) is not None]
    return CombinationRows(
        pair=pair,
        compounds=(compounds[0], compounds[1]),
        units=(_one_unit(own, 0, compounds[0], source), _one_unit(own, 1, compounds[1], source)),
        doses_a=tuple(row.doses[0] for row in own),
        doses_b=tuple(row.doses[1] for row in own),
        responses=tuple(row.response for row in own),
        experiments=tuple(row.experiment for row in own),
    )


def _turned(row: Row, compounds: Sequence[str]) -> Row | None:
    """Return a row with its compounds in the order of the pair; None if it belongs to another pair."""
    a, b = row.compounds
    if a in ("", compounds[0]) and b in ("", compounds[1]):
        return row
    if a in ("", compounds[1]) and b in ("", compounds[0]):
        return replace(row, compounds=(b, a), doses=row.doses[::-1], units=row.units[::-1])
    return None


def _one_unit(rows: Sequence[Row], which: int, compound: str, source: str) -> str:
    seen: dict[str, Row] = {}
    for row in rows:
        if row.doses[which] > 0:
            seen.setdefault(row.units[which], row)
    if len(seen) > 1:
        (one, first), (other, second) = list(seen.items())[:2]
        what = (
            f"{compound} is given in '{other or 'no unit'}' here and in '{one or 'no unit'}' elsewhere ({first.place})"
        )
        raise InputError(Problem(file=source, place=second.place, what=what, expected="units of one kind"))
    return next(iter(seen), "")
