"""The immune arm: what anti-PD-1 brings to the tumour, and what the mimetic does to T cells, in both directions.

The sources disagree, so that each direction is a scenario of its own in ``immune.yaml`` and none is the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from avpi.errors import InputError, Problem, nearest_word


@dataclass(frozen=True, slots=True, kw_only=True)
class ImmuneCompartment:
    """What the immune compartment adds.

    Attributes
    ----------
    tnf_fold : factor of the TNF that reaches the tumour. ``ifn_gamma_ng_per_ml`` : what its cells see.
    t_cell_ratio : factor of every patient's hazard ratio through T cells; below 1 they help.
    sources : keys of ``sources.yaml``. ``evidence`` : what they show, in our words; sizes are assumed.
    """

    name: str
    what: str
    tnf_fold: float
    ifn_gamma_ng_per_ml: float
    t_cell_ratio: float
    sources: tuple[str, ...]
    evidence: str


@cache
def immune_compartments() -> Mapping[str, ImmuneCompartment]:
    """Return every compartment by name."""
    read: Mapping[str, Any] = yaml.safe_load(files("avpi.clinic").joinpath("immune.yaml").read_text("utf-8"))
    return {
        name: ImmuneCompartment(
            name=name,
            what=own["what"],
            tnf_fold=float(own["tnf_fold"]),
            ifn_gamma_ng_per_ml=float(own["ifn_gamma_ng_per_ml"]),
            t_cell_ratio=float(own["t_cell_ratio"]),
            sources=tuple(own["sources"]),
            evidence=own["evidence"],
        )
        for name, own in read.items()
    }


def require_compartment(name: str, place: str = "immune") -> ImmuneCompartment:
    """Return a compartment by its name.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    known = immune_compartments()
    if name not in known:
        expected = f"one of {', '.join(known)}"
        problem = Problem(file=place, what=f"'{name}' is not known", expected=expected, hint=nearest_word(name, known))
        raise InputError(problem)
    return known[name]
