"""What somebody wants to know, and with what: the question behind a plan, before anything is placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from avpi.planning.dose_series import Potency
from avpi.planning.harvests import USUAL_LANES
from avpi.planning.matrix import MatrixName
from avpi.planning.volumes import format_volume

Question = Literal["engagement", "death", "dose"]
QUESTIONS: tuple[Question, ...] = get_args(Question)

WELL_VOLUMES_NL: Mapping[int, float] = MappingProxyType(
    {24: 500_000.0, 48: 300_000.0, 96: 100_000.0, 384: 50_000.0, 1536: 8_000.0}
)
"""Format -> usual final volume of a well (assumed: working volumes of CellTiter-Glo plates)."""
WELL_CAPACITY_NL: Mapping[int, float] = MappingProxyType(
    {24: 3_400_000.0, 48: 1_700_000.0, 96: 360_000.0, 384: 120_000.0, 1536: 14_000.0}
)
"""Format -> what a well holds to its brim (assumed: flat-bottom plates of the usual height)."""
LEAST_VOLUME_NL = 1_000.0
"""A well of less dries out while it is filled (assumed)."""
CELLS_PER_WELL: Mapping[int, int] = MappingProxyType({24: 50_000, 48: 25_000, 96: 5_000, 384: 1_500, 1536: 300})
"""Format -> usual number of cells (assumed: 70 % confluence at the end; every line has its own)."""
CONTROL_WELLS: Mapping[int, int] = MappingProxyType({24: 1, 48: 2, 96: 4, 384: 8, 1536: 16})
"""Format -> wells of the kill control and of medium alone: a standard deviation needs a few, Z' two of them."""
USUAL_STOCKS: Mapping[str, str] = MappingProxyType(
    {"SM": "10 mM", "zVAD": "20 mM", "Nec-1": "20 mM", "Nec-1s": "20 mM", "TNF": "100 ug/mL", "anti-TNF": "10 mg/mL"}
)
"""Usual stock solutions (assumed: as suppliers' sheets have them)."""
USUAL_STOCK = "10 mM"
USUAL_FOLD = 1000.0
"""A protein without a usual stock is taken to be a thousand times its dose."""
MOST_DMSO = 0.005
"""0.5 % DMSO: above it many lines suffer (assumed)."""
MIX_STRENGTH: Mapping[int, float] = MappingProxyType({24: 5.0, 48: 5.0, 96: 4.0, 384: 5.0, 1536: 4.0})
"""Format -> strength of a pipetted mix: a part that a pipette handles, and that does not wash cells off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A compound, a line, what is asked of them, and the means.

    Attributes
    ----------
    arms : conditions beyond those of the matrix; ``lacking`` : reagents that nothing is planned with.
    stocks : reagent -> concentration in words, where it is not the usual one.
    doses : reagent -> working dose in words, where it is not the usual one.
    cytometry : tubes for Annexin V and PI beside the plates.
    time_zero : a plate read when the mimetic is added, in each experiment.
    """

    compound: str
    cell_line: str
    working_dose_molar: float
    potency: Potency
    questions: tuple[Question, ...] = ("engagement", "death")
    matrix: MatrixName = "extended"
    arms: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    experiments: int = 3
    plate_wells: int = 96
    replicates: int = 4
    rim_used: bool = False
    volume_nl: float | None = None
    most_dmso: float = MOST_DMSO
    stocks: Mapping[str, str] = field(default_factory=dict)
    doses: Mapping[str, str] = field(default_factory=dict)
    gel_lanes: int = USUAL_LANES
    cytometry: bool = True
    time_zero: bool = True
    seed: int = 1


def volume_fault(wells: int, volume_nl: float) -> str:
    """Return why the wells of a format cannot hold a final volume; empty if they can."""
    most = WELL_CAPACITY_NL[wells]
    if LEAST_VOLUME_NL <= volume_nl <= most:
        return ""
    span = f"{format_volume(LEAST_VOLUME_NL)} to {format_volume(most)}"
    return f"a well of a {wells}-well plate cannot hold '{format_volume(volume_nl)}': it holds {span}"
