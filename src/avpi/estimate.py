"""Numbers with their uncertainty, and the findings that qualify them.

Every number that a verdict may use is an :class:`Estimate`. A number that was not measured, lies below
what can be detected or cannot be estimated has a *state* saying so; it is never a zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

State = Literal["measured", "below", "above", "saturated", "missing", "not_estimable"]
Severity = Literal["blocking", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """A reservation that travels with one number: a stable code and a sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a reader must know about a blot, a plate, a sample or the study.

    Attributes
    ----------
    code : stable snake_case name (listed in docs/glossary.md), such as ``"missing_control"``.
    severity : ``blocking`` stops the number from being used, ``warning`` qualifies it, ``note`` informs.
    text : one or two sentences: what was found, what it means, what to do.
    subject : what it is about, such as ``"plate1"`` or ``"blot1/lane3"``; empty for the whole study.
    """

    code: str
    severity: Severity
    text: str
    subject: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the finding as plain strings."""
        return {"code": self.code, "severity": self.severity, "text": self.text, "subject": self.subject}


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its interval.

    Attributes
    ----------
    value : the point estimate in ``unit``; nan where ``state`` is ``missing`` or ``not_estimable``. For
        ``below`` and ``above`` it is the bound itself.
    low, high : interval of coverage ``level``; one end is infinite or a natural bound where censored.
    level : coverage of the interval, such as 0.95.
    unit : ``""`` for fractions and other pure numbers.
    n : number of *independent experiments* behind the value (wells, lanes and cells never count); 1 for a
        number of a single blot, plate or sample.
    method : how the value and its interval were obtained, or why there is none.
    caveats : reservations that travel with the number.
    state : what kind of number this is; ``below`` and ``above`` are censored at ``value``.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    level: float = 0.95
    unit: str = ""
    n: int = 1
    method: str = ""
    caveats: tuple[Caveat, ...] = ()
    state: State = "measured"

    def with_caveat(self, code: str, text: str) -> Estimate:
        """Return the same estimate with one more reservation."""
        return replace(self, caveats=(*self.caveats, Caveat(code=code, text=text)))

    def to_json(self) -> dict[str, Any]:
        """Return the estimate as JSON-ready values; nan and infinities become ``None``."""
        return {
            "value": _finite(self.value),
            "low": _finite(self.low),
            "high": _finite(self.high),
            "level": self.level,
            "unit": self.unit,
            "n": self.n,
            "state": self.state,
            "method": self.method,
            "caveats": [{"code": caveat.code, "text": caveat.text} for caveat in self.caveats],
        }

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.state in ("missing", "not_estimable", "saturated"):
            return f"{self.state.replace('_', ' ')} ({self.method})" if self.method else self.state.replace("_", " ")
        if self.state in ("below", "above"):
            return f"{'<' if self.state == 'below' else '>'} {self.value:.3g}{unit}"
        if math.isnan(self.low) or math.isnan(self.high):
            return f"{self.value:.3g}{unit} (no interval)"
        to = " to " if self.low < 0 else "–"  # a dash before a minus cannot be read
        span = f"{self.low:.3g}{to}{self.high:.3g}".replace("-", "−")
        return f"{self.value:.3g}".replace("-", "−") + f"{unit} ({span}, {self.level * 100:g} %, n = {self.n})"


def not_estimable(why: str, *, unit: str = "", n: int = 0) -> Estimate:
    """Return the estimate that says there is none, and why."""
    return Estimate(value=math.nan, unit=unit, n=n, method=why, state="not_estimable")


def missing(why: str, *, unit: str = "") -> Estimate:
    """Return the estimate of something that was not measured."""
    return Estimate(value=math.nan, unit=unit, n=0, method=why, state="missing")


def _finite(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None
