"""What a plate reader's program writes about a plate beside its counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

ROW_LETTERS = "ABCDEFGH"
"""Rows of a 96-well plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateLabel:
    """A plate's barcode, its number in its batch (from 1), and the invented day on which it is said to be read."""

    barcode: str
    number: int
    read_on: dt.date
