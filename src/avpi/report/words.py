"""Numbers as a reader of the report meets them: percentages, intervals, states in words, never a bare nan."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from avpi.estimate import Estimate

STATE_WORDS = {
    "measured": "measured",
    "below": "below detection",
    "above": "above the range",
    "below_detection": "below detection",
    "saturated": "saturated",
    "missing": "missing",
    "not_estimable": "not estimable",
    "used": "used",
    "overflow": "detector saturated",
    "unlabelled": "not in the layout",
    "excluded": "left out (see findings)",
}
SEVERITY_WORDS = {"blocking": "Blocking", "warning": "Warning", "note": "Note"}
NAMES = {
    "tnf": "TNF",
    "ripk1": "RIPK1",
    "ripk3": "RIPK3",
    "mlkl": "MLKL",
    "zvad": "zVAD",
    "sm": "SM",
    "pi": "PI",
    "z": "Z",
}
NONE = "–"
ALMOST_NEVER = 1e-9
MOST_PERCENT = 100.0
"""Fractions from here on are written with three digits: more of them mean nothing."""
OPENERS = (
    "A", "All", "An", "Both", "Every", "Fewer", "It", "Its", "Neither", "No", "None", "Nothing", "One", "Only", "The",
    "There", "This", "Too",
)  # fmt: skip
"""First words of a reason that lose their capital in the middle of a sentence; names keep theirs."""
COUNTED = "arm|box|draw|event|experiment|file|lane|note|plate|sample|tube|warning|well"
_MENDS = (
    (re.compile(r"\b(blot|plate|sample) (?=\1(?:\b|[\d_-]))", re.IGNORECASE), ""),
    (re.compile(rf"(?<![\d.,\u202f-])1 ({COUNTED})s\b"), r"1 \1"),
    (re.compile(r"(?<=[?!])\.(?=\s|$)"), ""),
    (re.compile(rf"(?<=because )(?:{'|'.join(OPENERS)})(?= )"), lambda m: m[0].lower()),
    (re.compile(r"(?<![\w.])[-−]0(?=\s?%)"), "0"),
    (re.compile(r"(?<=\d)%"), " %"),
    (re.compile(r"(?<=[\s(<>≤≥=])-(?=\d)"), "−"),
    (re.compile(r"(−\d[\d.]*)–|(?<=\d)–(?=−\d)"), lambda m: f"{m[1] or ''} to "),
)
"""What a sentence put together from parts may have wrong: a kind named twice, "1 lanes", "?.", "-0 %", a hyphen for
a minus, a range whose end is negative."""


def number(x: float | None, digits: int = 3) -> str:
    """Return a number with so many significant digits; a dash where there is none."""
    if x is None or math.isnan(x):
        return NONE
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    if 1e3 <= abs(x) < 1e10:
        return f"{float(f'{x:.{digits}g}'):,.0f}".replace(",", "\u202f").replace("-", "−")
    return f"{x:.{digits}g}".replace("-", "−")


def probability(x: float | None) -> str:
    """Return a probability in per cent; no number of draws makes it 0 or 1."""
    if x is None or math.isnan(x):
        return NONE
    return share_of_draws(min(max(x, ALMOST_NEVER), 1 - ALMOST_NEVER))


def share_of_draws(x: float | None) -> str:
    """Return a share of draws in per cent; one that is not quite 0 or 1 is never rounded to it."""
    if x is None or math.isnan(x):
        return NONE
    if 0 < x < 0.01:
        return "< 1 %"
    if 0.99 < x < 1:
        return "> 99 %"
    return f"{x * 100:.0f} %"


def percent(x: float) -> str:
    """Return a measured fraction in per cent, such as ``"62 %"`` or ``"4.6 %"``."""
    if math.isnan(x):
        return NONE
    if abs(x) >= MOST_PERCENT:
        return f"{number(x * 100)} %"
    digits = 1 if 0 < abs(x) < 0.1 else 0
    text = f"{x * 100:.{digits}f}"
    return f"{text.removeprefix('-') if float(text) == 0 else text} %".replace("-", "−")


def estimate_words(estimate: Estimate, *, as_percent: bool = False) -> str:
    """Return an estimate with its interval, or the state that stands in its place."""
    if estimate.state in ("missing", "not_estimable", "saturated"):
        return STATE_WORDS[estimate.state]
    write = percent if as_percent else number
    unit = f" {estimate.unit}" if estimate.unit and not as_percent else ""
    value = write(estimate.value)
    if estimate.state in ("below", "above"):
        return f"{'<' if estimate.state == 'below' else '>'} {value}{unit}"
    return f"{value}{unit}{interval_words(estimate, as_percent=as_percent)}"


def interval_words(estimate: Estimate, *, as_percent: bool = False) -> str:
    """Return " (low to high, 95 %)"; an empty string where there is no interval."""
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return ""
    write = percent if as_percent else number
    return f" ({write(estimate.low).removesuffix(' %')} to {write(estimate.high)})"


def prose(text: str) -> str:
    """Return a sentence that was put together from parts as it should be printed."""
    for fault, mend in _MENDS:
        text = fault.sub(mend, text)
    return text


def because(why: str) -> str:
    """Return a reason as it stands after "because": without a capital that is not a name's, ended with a stop."""
    return sentence(f"because {why.strip()}").removeprefix("because ")


def sentence(text: str) -> str:
    """Return a finding's text as a printed sentence, with its stop."""
    mended = prose(text.rstrip())
    return mended if mended.endswith((".", "?", "!")) else f"{mended}."


def count_words(n: int, what: str) -> str:
    """Return "1 warning", "2 warnings"."""
    return f"{n} {what}{'' if n == 1 else 's'}"


def plain_words(code: str) -> str:
    """Return a snake_case code as words, with the field's names in their own spelling."""
    return " ".join(NAMES.get(word, word) for word in code.replace("_", " ").split(" "))


def method_words(method: Mapping[str, Any]) -> str:
    """Return the parameters of a method as "name value; name value"."""
    return "; ".join(f"{plain_words(str(key))} {_value(value)}" for key, value in method.items() if _value(value))


def _value(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{plain_words(str(k))} {_value(v)}" for k, v in value.items()) + ")"
    if isinstance(value, list | tuple):
        return ", ".join(_value(v) for v in value)
    return str(value)


def slug(text: str) -> str:
    """Return a text as it may stand in a file name and an HTML id: ASCII letters, digits, hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "part"
