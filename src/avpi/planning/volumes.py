"""Volumes and shares of volume: "100 uL", "2.5 nL", "0.5 %" to floats and back. Inside, volumes are nanolitres."""

from __future__ import annotations

import re

from avpi.errors import InputError, Problem
from avpi.quantity import QuantityError, outside_a_study, parse_quantity, read_number

_VOLUME = re.compile(r"^\s*([\d.,]+(?:[eE][+-]?\d+)?)\s*([nuµμm]?)[lL]\s*$")
_NANOLITRES = {"n": 1.0, "u": 1e3, "µ": 1e3, "μ": 1e3, "m": 1e6, "": 1e9}
_PERCENT = re.compile(r"^\s*([\d.,]+(?:[eE][+-]?\d+)?)\s*%\s*$")


def parse_volume(text: str) -> float:
    """Return a volume in nanolitres.

    Raises
    ------
    QuantityError
        If the text is no volume.
    """
    match = _VOLUME.match(text)
    if match is None:
        message = f"'{text}' is not a volume such as '100 uL'"
        raise QuantityError(message)
    return float(f"{read_number(match[1]) * _NANOLITRES[match[2]]:.12g}")


def parse_share(text: str) -> float:
    """Return a share between 0 and 1 of a text such as "0.5 %".

    Raises
    ------
    QuantityError
        If the text is no percentage up to 100.
    """
    match = _PERCENT.match(text)
    value = read_number(match[1]) / 100 if match else -1.0
    if not 0 <= value <= 1:
        message = f"'{text}' is not a share such as '0.5 %'"
        raise QuantityError(message)
    return float(f"{value:.12g}")


def parse_stock(text: str) -> tuple[float, str]:
    """Return a stock's concentration and its unit, ``molar`` or ``ng_per_ml``.

    Raises
    ------
    QuantityError
        If the text is no concentration.
    """
    quantity = parse_quantity(text)
    units = {"concentration": "molar", "mass_concentration": "ng_per_ml"}
    if quantity.kind not in units or quantity.value <= 0:
        message = f"'{text}' is not the concentration of a stock such as '10 mM' or '100 ug/mL'"
        raise QuantityError(message)
    return quantity.value, units[quantity.kind]


def asked_volume(text: str, option: str) -> float:
    """Return the volume in nanolitres that an option was given.

    Raises
    ------
    InputError
        If it is none, naming the option.
    """
    try:
        return parse_volume(text)
    except QuantityError as error:
        raise InputError(Problem(file=option, what=outside_a_study(error))) from None


def format_volume(nanolitres: float) -> str:
    """Return a volume as people write it: "50 µL", "2.5 nL", "1.2 mL"."""
    for unit, factor in (("mL", 1e6), ("µL", 1e3)):
        if nanolitres >= factor:
            return f"{nanolitres / factor:.6g} {unit}"
    return f"{nanolitres:.6g} nL"


def format_share(share: float) -> str:
    """Return a share of volume as people write it: "0.3 %"."""
    return f"{share * 100:.4g} %"
