"""The lines of ``expect``: what must hold.

How what the format leaves open is read:

- limits are numbers, or quantities where a time, a dose or pg/mL is compared; a plain number of a time is in hours, a
  dose always has its unit, "57 %" is 0.57;
- ``below`` and ``above`` exclude their limit, ``within`` includes both; several together must all hold;
- ``series`` without ``normalise`` is divided by its maximum, without ``tolerance`` it has 0.25; its ``at`` has one
  time for each value, except along a dose response, which has one value for each dose;
- ``order`` without a ``margin`` asks that each step rises at all;
- ``ec50_ratio`` needs no measure: it is one;
- ``fraction_of_lines`` compares the measure of the line with the limit; ``viability_below`` and ``dead_above`` name
  their measure themselves and need no other.

A line is read to its end whatever is wrong in it, so that all its faults are told together: a measure that cannot be
read hides neither a wrong arm nor limits that stand the wrong way round.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Literal

from avpi.errors import nearest_word
from avpi.facts.nodes import DOSES, UNIT_OF_KIND, Node
from avpi.facts.read_measures import curve_of, read_measure
from avpi.facts.schema import (
    CURVE_MEASURES,
    EVENT_MEASURES,
    PLAIN_MEASURES,
    Arm,
    Bound,
    Difference,
    DoseUnit,
    Ec50Ratio,
    Expectation,
    FractionOfLines,
    HalfLife,
    Measure,
    Normalisation,
    Order,
    PeakAt,
    Ratio,
    Rescue,
    Series,
    Unit,
    Value,
)

BOUND_KEYS = ("below", "above", "within")
KINDS: dict[str, tuple[str, ...]] = {
    "value": BOUND_KEYS,
    "ratio": BOUND_KEYS,
    "difference": BOUND_KEYS,
    "order": ("margin",),
    "rescue": BOUND_KEYS,
    "fraction_of_lines": BOUND_KEYS,
    "series": ("values", "tolerance", "normalise"),
    "peak_at": BOUND_KEYS,
    "half_life": BOUND_KEYS,
    "ec50_ratio": BOUND_KEYS,
}
"""Kind of expectation -> the keys that may stand beside it, besides ``measure``."""

COURSES = ("series", "peak_at", "half_life")
"""Expectations of a course: what has one number for the whole observation has none."""

DEFAULT_TOLERANCE = 0.25
PG_PER_NG = 1000.0
BEGINS_AS_NUMBER = re.compile(r"\s*[+-]?\.?\d")
SIDES = re.compile(r"^(\w+)_(below|above)$")


def read_expectation(
    node: Node, arms: Mapping[str, Arm], known_arms: tuple[str, ...], shared: Measure | None
) -> Expectation | None:
    """Read one line; None after a fault.

    Parameters
    ----------
    arms : the fact's arms that could be read.
    known_arms : the names of all of them, for "did you mean".
    shared : the fact's measure; None where it has none or a faulty one.
    """
    if not node.is_mapping:
        node.wrong("an expectation such as {ratio: [treated, vehicle], below: 0.1}")
        return None
    kinds = [key for key in node.value if key in KINDS]
    if len(kinds) != 1:
        hints = [nearest_word(key, [*KINDS]) for key in node.value if key not in ("measure", *BOUND_KEYS)]
        found = f"'{node.key}' holds {len(kinds)} expectations"
        node.fault(found, "one of " + ", ".join(KINDS), next(filter(None, hints), ""))
        return None
    kind = kinds[0]
    before = len(node.faults.problems)
    entries = node.mapping([kind, "measure", *KINDS[kind]], required=_required(kind))
    if entries is None:
        return None
    unclear = len(node.faults.problems) > before
    measure = read_measure(entries["measure"]) if "measure" in entries else shared
    if measure is None and kind == "fraction_of_lines" and "measure" not in entries:
        measure = _measure_of_side(entries[kind])
    if measure is None and kind == "ec50_ratio" and "measure" not in entries and not _told(node):
        measure = Measure(kind="ec50")  # the expectation says what is measured, the dose response of what
    if measure is None and "measure" not in entries and not unclear and not _told(node):
        node.fault(f"'{node.key}' has no measure, and the fact has none", hint="Add 'measure: {...}'")
    without_course = EVENT_MEASURES if kind == "series" else (*EVENT_MEASURES, *CURVE_MEASURES)
    if measure is not None and kind in COURSES and measure.kind in without_course:
        node.fault(f"'{kind}' cannot be asked of '{measure.kind}'", "something that has a course, such as {band: p52}")
        return None
    expectation = _Line(entries, kind, arms, known_arms, measure, unclear=unclear).expectation()
    return None if unclear else expectation


def _told(node: Node) -> bool:
    """Return True if the fact's own measure is there, and therefore a fault of its own."""
    fact = node.path[: node.path.index("expect")]
    return (*fact, "measure") in node.faults.document.lines


def _required(kind: str) -> tuple[str, ...]:
    return (kind, "values") if kind == "series" else (kind,)


def _measure_of_side(node: Node) -> Measure | None:
    """Return the measure that ``viability_below`` names by itself."""
    for key in node.value if node.is_mapping else ():
        match = SIDES.match(key)
        if match and match[1] in PLAIN_MEASURES:
            return Measure(kind=match[1])
    return None


class _Line:
    """One line of ``expect`` while it is read.

    Without a ``measure`` (None), because that has faults of its own, it is read for its faults only. Where a key is
    ``unclear`` it may be the one that is missing, and nothing is said of what is not there.
    """

    def __init__(
        self,
        entries: Mapping[str, Node],
        kind: str,
        arms: Mapping[str, Arm],
        known: tuple[str, ...],
        measure: Measure | None,
        *,
        unclear: bool,
    ) -> None:
        self.entries, self.kind, self.node = entries, kind, entries[kind]
        self.arms, self.known, self.measure, self.unclear = arms, known, measure, unclear

    def expectation(self) -> Expectation | None:
        """Return what is expected; None after a fault."""
        if self.kind == "fraction_of_lines":
            return self._fraction()
        if self.kind == "series":
            return self._series()
        many = {"ratio": 2, "difference": 2, "rescue": 3, "ec50_ratio": 2}.get(self.kind)
        names = self._names(many)
        if self.kind == "order":
            margin = self._limit(self.entries["margin"], self._unit()) if "margin" in self.entries else 0.0
            if margin is not None and margin < 0:
                self.entries["margin"].wrong("a number of at least 0")
                return None
            if names is None or margin is None or self.measure is None:
                return None
            return Order(arms=names, margin=margin, measure=self.measure)
        bound = self._bound(self._unit())
        measure = self.measure
        if names is None or bound is None or measure is None:
            return None
        if self.kind == "ec50_ratio" and len(self._dose_units()) > 1:
            self.node.fault(f"'{self.node.key}' compares molar doses with ng/mL", "doses of one kind")
            return None
        match self.kind:
            case "value":
                return Value(arm=names[0], bound=bound, measure=measure)
            case "ratio":
                return Ratio(numerator=names[0], denominator=names[1], bound=bound, measure=measure)
            case "difference":
                return Difference(arm=names[0], less=names[1], bound=bound, measure=measure)
            case "rescue":
                treated, rescued, reference = names
                return Rescue(treated=treated, rescued=rescued, reference=reference, bound=bound, measure=measure)
            case "peak_at":
                return PeakAt(arm=names[0], bound=bound, measure=measure)
            case "half_life":
                return HalfLife(arm=names[0], bound=bound, measure=measure)
            case _:
                return Ec50Ratio(numerator=names[0], denominator=names[1], bound=bound, measure=measure)

    def _unit(self) -> Unit | None:
        """Return what the limits are counted in; None where that cannot be said."""
        if self.kind in ("value", "difference", "order"):
            return None if self.measure is None else self.measure.unit
        return "h" if self.kind in ("peak_at", "half_life") else ""

    def _names(self, many: int | None) -> tuple[str, ...] | None:
        """Return the arms that the line names, each of which must be there and of the right shape."""
        single = self.kind in ("value", "peak_at", "half_life")
        words = {2: "two arms, [a, b]", 3: "three arms, [treated, rescued, reference]"}
        wanted = words.get(many or 0, "two arms or more, in rising order")
        items = [self.node] if single else list(self.node.items(wanted))
        if not single and ((many is not None and len(items) != many) or len(items) < 2):
            if self.node.is_list:
                many_words = "1 arm" if len(items) == 1 else f"{len(items)} arms"
                self.node.fault(f"'{self.node.key}' has {many_words}", wanted)
            return None
        names = [self._arm(item) for item in items]
        return None if None in names else tuple(name for name in names if name is not None)

    def _arm(self, node: Node) -> str | None:
        # An arm may be called what YAML takes for nothing: 'null' is its name where it is written as one.
        name = node.written or node.text("the name of an arm of this fact")
        if name is None:
            return None
        if name not in self.known:
            node.wrong("an arm of this fact", nearest_word(name, self.known))
            return None
        if name not in self.arms:
            return None  # its own fault is told
        if self.measure is None:
            return name
        has_curve = self.measure.dose_response is not None or self.arms[name].dose_response is not None
        wants_curve = self.kind == "ec50_ratio" or self.measure.kind in CURVE_MEASURES
        if wants_curve and not has_curve:
            node.fault(f"arm '{name}' has no 'dose_response', so it has no EC50 or Emax", "an arm with one")
            return None
        if has_curve and not wants_curve and self.kind != "series":
            node.fault(f"arm '{name}' is a dose response", "its 'ec50' or 'emax' as the measure")
            return None
        return name

    def _bound(self, unit: Unit | None) -> Bound | None:
        if not set(BOUND_KEYS) & set(self.entries):
            if self.unclear:
                return None
            self.node.fault(f"'{self.node.key}' says not what must hold", "'below', 'above' or 'within'")
            return None
        limits = {key: self._limit(self.entries[key], unit) for key in ("below", "above") if key in self.entries}
        within = None
        if "within" in self.entries:
            within = self._within(self.entries["within"], unit)
            if within is None:
                return None
        if None in limits.values():
            return None
        above, below = limits.get("above"), limits.get("below")
        if above is not None and below is not None and above >= below:
            self.entries["above"].fault(
                f"'{self.node.key}' cannot be above {above:g} and below {below:g}", "above < below"
            )
            return None
        return Bound(above=limits.get("above"), below=limits.get("below"), within=within)

    def _within(self, node: Node, unit: Unit | None) -> tuple[float, float] | None:
        items = list(node.items("two limits, [lowest, highest]"))
        if len(items) != 2:
            if node.is_list:
                node.fault(f"'{node.key}' has {len(items)} limits", "two, [lowest, highest]")
            return None
        low, high = (self._limit(item, unit) for item in items)
        if low is None or high is None:
            return None
        if low > high:
            node.fault(f"'{node.key}' begins above its end", "[lowest, highest]")
            return None
        return low, high

    def _limit(self, node: Node, unit: Unit | None) -> float | None:
        """Return a limit in the unit of what it bounds; nan for one whose unit cannot be judged."""
        if unit is None and isinstance(node.value, str) and BEGINS_AS_NUMBER.match(node.value):
            return math.nan
        plain = isinstance(node.value, int | float) and not isinstance(node.value, bool)
        if unit == "dose":
            return self._dose_limit(node)
        if plain or not unit:
            return node.number()
        if unit == "h":
            return node.hours()
        found = node.quantity(["mass_concentration"])
        return None if found is None else found.value * PG_PER_NG

    def _dose_limit(self, node: Node) -> float | None:
        units = self._dose_units()
        if units == {"other"}:  # not executable; the limit must be readable all the same
            found = node.dose()
            return None if found is None else found.value
        quantity = node.quantity([kind for kind in DOSES if UNIT_OF_KIND[kind] in units])
        return None if quantity is None else quantity.value

    def _dose_units(self) -> set[DoseUnit]:
        """Return what the doses of the named arms are counted in; both where that cannot be said."""
        named = [item.written for item in self.node.items(one_is_a_list=True)] if not self.node.is_mapping else []
        own = None if self.measure is None else self.measure.dose_response
        found = [own or self.arms[name].dose_response for name in named if name in self.arms]
        return {curve.unit for curve in found if curve is not None} or set(UNIT_OF_KIND.values())

    def _fraction(self) -> FractionOfLines | None:
        bound = self._bound("")
        entries = self.node.entries("a mapping such as {arm: sm, viability_below: 0.5}")
        if not entries:
            return None
        sides = [(key, match) for key in entries if (match := SIDES.match(key))]
        for key, entry in entries.items():
            if key != "arm" and not SIDES.match(key):
                entry.unknown_key(["arm", "viability_below", "dead_above"])
        name = self._arm(entries["arm"]) if "arm" in entries else None
        if "arm" not in entries or len(sides) != 1:
            self.node.fault(f"'{self.node.key}' is not complete", "such as {arm: sm, viability_below: 0.5}")
            return None
        key, match = sides[0]
        if self.measure is None:
            self._limit(entries[key], None)
            return None
        if match[1] not in ("value", *PLAIN_MEASURES, self.measure.kind):
            entries[key].unknown_key(["viability_below", "viability_above", "dead_below", "dead_above", "value_below"])
            return None
        measure = self.measure
        if match[1] in PLAIN_MEASURES and match[1] != measure.kind:
            measure = Measure(kind=match[1], at_hours=measure.at_hours)
        limit = self._limit(entries[key], measure.unit)
        if name is None or limit is None or bound is None:
            return None
        if self.arms[name].panel is None:
            entries["arm"].fault(f"arm '{name}' is one line", "an arm with a 'panel'")
            return None
        side: Literal["below", "above"] = "below" if match[2] == "below" else "above"
        return FractionOfLines(arm=name, side=side, limit=limit, bound=bound, measure=measure)

    def _series(self) -> Series | None:
        name = self._arm(self.node)
        published = self.entries.get("values")
        listed = published.items("the published values, such as [0, 0.5, 1]") if published is not None else ()
        found = [item.number() for item in listed]
        values = tuple(value for value in found if value is not None)
        tolerance = self.entries["tolerance"].number(least=0) if "tolerance" in self.entries else DEFAULT_TOLERANCE
        normalise = self._normalise()
        if name is None or tolerance is None or normalise is None or len(values) < len(found):
            return None
        if self.measure is None or published is None or not published.is_list:
            return None
        curve = self.measure.dose_response or self.arms[name].dose_response
        measure = self.measure if curve is None else curve_of(self.measure, curve)
        count, what = (len(measure.times_hours), "times") if curve is None else (len(curve.doses), "doses")
        if curve is not None and len(measure.times_hours) > 1:
            self.node.fault(f"'{self.node.key}' goes along doses at several times", "one time in 'at'")
            return None
        if len(values) != count or count < 2:
            told = f"'{published.key}' has {len(values)} values for {count} {what}"
            published.fault(told, f"as many values as {what}, at least 2")
            return None
        return Series(arm=name, values=values, tolerance=tolerance, normalise=normalise, measure=self.measure)

    def _normalise(self) -> Normalisation | None:
        if "normalise" not in self.entries:
            return "max"
        word = self.entries["normalise"].word(["max", "first", "none"])
        return "max" if word == "max" else "first" if word == "first" else "none" if word == "none" else None
