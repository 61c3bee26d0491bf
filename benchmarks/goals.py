"""How a benchmark tells its goals: as JSON for a program, or a line for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any


def tell(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print every goal (``what``, ``value``, ``goal``, ``met``)."""
    if as_json:
        json.dump(rows, sys.stdout, indent=1)
        return
    for own in rows:
        state = {True: "met   ", False: "MISSED", None: "      "}[own["met"]]
        print(f"{state}  {own['what']}: {own['value']}  (goal: {own['goal']})")
