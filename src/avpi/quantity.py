"""Quantities with units, from people to floats and back.

Inside avpi a concentration is a float in **molar**, a concentration by mass in **ng/mL**, a duration in
**minutes** and a protein's mass in **kDa**; the unit stands in the name (``dose_molar``, ``minutes_after_dose``).
Only this module converts.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from avpi.errors import nearest_word

Kind = Literal["concentration", "mass_concentration", "time", "molecular_weight"]

_PREFIX = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}

UNITS: dict[str, tuple[Kind, float]] = {
    **{f"{p}M": ("concentration", factor) for p, factor in _PREFIX.items()},
    **{f"{p}mol/L": ("concentration", factor) for p, factor in _PREFIX.items()},
    **{
        f"{p}g/{volume}": ("mass_concentration", factor * 1e9 / per_ml)
        for p, factor in _PREFIX.items()
        for volume, per_ml in (("mL", 1.0), ("L", 1e3), ("uL", 1e-3))
    },
    "s": ("time", 1 / 60),
    "min": ("time", 1.0),
    "h": ("time", 60.0),
    "d": ("time", 1440.0),
    "kDa": ("molecular_weight", 1.0),
    "Da": ("molecular_weight", 1e-3),
}
"""Unit -> (kind, factor to the unit used inside: molar, ng/mL, minutes, kDa)."""

_SPELLINGS = {
    "seconds": "s", "second": "s", "sec": "s", "minutes": "min", "minute": "min", "mins": "min", "min": "min",
    "hours": "h", "hour": "h", "hr": "h", "hrs": "h", "days": "d", "day": "d", "kda": "kDa", "kd": "kDa",
    "molar": "M", "millimolar": "mM", "micromolar": "uM", "nanomolar": "nM", "picomolar": "pM",
}  # fmt: skip
_NUMBER = re.compile(r"^\s*([+-]?(?:\d+(?:[.,]\d+)*|[.,]\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*$")
_THOUSANDS = r"(?<!\d)[1-9]\d{0,2}%s\d{3}(?!\d)"
"""A number whose one separator may part thousands: "1,000" and "12,500", but not "0,500" or "1,0000"."""
_DIGITS = 15
"""Significant digits kept: one rounding makes "100 nM" and "0.1 uM" the same float."""
_IN_A_STUDY = ", or set `decimal:` at the top of study.yaml"
"""A remedy that only a study has."""
_TYPED_DIGITS, _SHOWN_DIGITS = 6, 3
"""Digits that somebody may have typed, and those that are shown of a dose that has more."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in the unit used inside for its kind."""

    value: float
    kind: Kind


class QuantityError(ValueError):
    """A text is not a quantity; the message says what was expected."""


def parse_quantity(
    text: str, kind: Kind | None = None, *, decimal: str = "", zero_without_unit: bool = False
) -> Quantity:
    """Read "100 nM", "1,5 µM", "30 min".

    Parameters
    ----------
    text : number and unit, with or without a blank between them.
    kind : the kind that is expected; None accepts any.
    decimal : ``"."`` or ``","`` where the study file settles it; otherwise "1,000 nM" is refused as ambiguous.
    zero_without_unit : whether "0" is taken as zero of ``kind``, which must then be given.

    Raises
    ------
    QuantityError
        If there is no number, no unit, an unknown unit, the wrong kind, or an ambiguous comma.
    """
    match = _NUMBER.match(text)
    if match is None:
        message = f"'{text}' is not a number with a unit such as {example(kind)}"
        raise QuantityError(message)
    number, unit = read_number(match[1], decimal=decimal), normal_unit(match[2])
    if number == 0 and not unit and zero_without_unit and kind is not None:
        return Quantity(0.0, kind)
    if not unit:
        message = f"'{text}' has no unit: write it with one, such as {example(kind)}"
        raise QuantityError(message)
    if unit not in UNITS:
        of_kind = [u for u, (k, _) in UNITS.items() if kind in (None, k)]
        # "m" is nearer to every unit of one letter than to the one that is meant.
        hint = "Did you mean 'min'?" if kind == "time" and unit == "m" else nearest_word(unit, of_kind)
        message = f"'{match[2]}' is not a unit that avpi knows: use one such as {example(kind)}"
        raise QuantityError(f"{message}. {hint}" if hint else message)
    found, factor = UNITS[unit]
    if kind is not None and found != kind:
        message = f"'{text}' is a {_words(found)}, not a {_words(kind)} such as {example(kind)}"
        raise QuantityError(message)
    if number < 0:
        message = f"'{text}' is negative"
        raise QuantityError(message)
    value = float(f"{number * factor:.{_DIGITS}g}")
    if not math.isfinite(value):
        message = f"'{text}' is too large"
        raise QuantityError(message)
    return Quantity(value, found)


def read_number(text: str, *, decimal: str = "") -> float:
    """Read "1.5", "1,5" or "1e-7".

    A comma before exactly three digits is refused as ambiguous unless ``decimal`` settles it. A separator that
    cannot part thousands is the decimal mark, whatever ``decimal`` says: "1,5" has one reading only.

    Raises
    ------
    QuantityError
        If the text is no number or could be two.
    """
    body = text.strip()
    if body.count(",") + body.count(".") > 1:
        message = f"'{text}' has several separators: write it without thousands separators"
        raise QuantityError(message)
    mark = "," if "," in body else "."
    if re.search(_THOUSANDS % re.escape(mark), body):
        if mark == "," and not decimal:
            message = (
                f"'{text}' may be {body.replace(',', '')} or {body.replace(',', '.')}: "
                f"write it without the comma{_IN_A_STUDY}"
            )
            raise QuantityError(message)
        if decimal and decimal != mark:
            body = body.replace(mark, "")
    try:
        return float(body.replace(",", "."))
    except ValueError:
        message = f"'{text}' is not a number"
        raise QuantityError(message) from None


def outside_a_study(error: QuantityError) -> str:
    """Return what is wrong with a quantity that stands on the command line or in a file that is no study."""
    return str(error).replace(_IN_A_STUDY, "")


def normal_unit(text: str) -> str:
    """Return a unit in its one spelling: both micro signs become ``u``, ``ng/ml`` becomes ``ng/mL``."""
    plain = text.strip().replace("µ", "u").replace("μ", "u").replace(" ", "")
    plain = re.sub(r"(?<=/)(u?)m?l$", lambda m: m[0][:-1] + "L", plain)
    return _SPELLINGS.get(plain.lower(), plain)


def _words(kind: Kind) -> str:
    return kind.replace("mass_concentration", "concentration by mass").replace("_", " ")


def example(kind: Kind | None) -> str:
    """Return an example of a kind for an error message."""
    return {
        "concentration": "'100 nM'",
        "mass_concentration": "'10 ng/mL'",
        "time": "'30 min'",
        "molecular_weight": "'70 kDa'",
        None: "'100 nM' or '30 min'",
    }[kind]


def format_molar(molar: float) -> str:
    """Return a concentration as people write it: ``format_molar(1e-7) == "100 nM"``.

    What somebody may have typed, up to six digits, stands whole; what was converted or computed has three digits.
    """
    return _scaled(molar, (("M", 1.0), ("mM", 1e-3), ("µM", 1e-6), ("nM", 1e-9), ("pM", 1e-12)))


def format_ng_per_ml(ng_per_ml: float) -> str:
    """Return a concentration by mass as people write it."""
    return _scaled(ng_per_ml, (("mg/mL", 1e6), ("µg/mL", 1e3), ("ng/mL", 1.0), ("pg/mL", 1e-3)))


def format_minutes(minutes: float) -> str:
    """Return a duration as people write it: "30 min", "4 h", "72 h"."""
    if minutes >= 60 and minutes % 60 == 0:
        return f"{minutes / 60:g} h"
    return f"{minutes:g} min"


def _scaled(value: float, units: tuple[tuple[str, float], ...]) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {units[-2][0]}"
    unit, factor = next((u for u in units if value >= u[1] * (1 - 1e-12)), units[-1])
    scaled = value / factor
    typed = float(f"{scaled:.{_TYPED_DIGITS}g}")
    # A converted dose ("CHX 1 ug/mL") has as many digits as a float, and no pipette has them.
    shown = typed if math.isclose(typed, scaled, rel_tol=1e-9) else float(f"{scaled:.{_SHOWN_DIGITS}g}")
    return f"{shown:g} {unit}"
