"""The arms of Protocol B: the guide's five, the matrix that a sound study needs, and the arms with information left.

Source of the extended matrix: protocols of docs/study-format.md ("The matrix of Protocol B"). The five conditions of
the guide (BenchChem, Therapeutic Potential of Smac Mimetics in Cancer Research, 2026) stay a named subset. What a
mimetic does together with TNF and an inhibitor is held against the same without the mimetic, so those arms stand here
too: the product of the single agents would have to stand for them, and TNF with zVAD kills some lines by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, get_args

from avpi.names import Condition, reagents
from avpi.planning.layout import VEHICLE
from avpi.quantity import format_molar, format_ng_per_ml
from avpi.study.conditions import ConditionWords
from avpi.study.template import EXTENDED_MATRIX

MatrixName = Literal["guide", "extended", "necroptosis"]
MATRICES: tuple[MatrixName, ...] = get_args(MatrixName)

GUIDE_FIVE = (
    Condition.DMSO.label, Condition.SM.label, Condition.SM_TNF.label, Condition.SM_ZVAD.label,
    Condition.SM_ZVAD_NEC1.label,
)  # fmt: skip
"""The guide's five conditions, in its order and with its Nec-1."""

REFERENCES = ("TNF+zVAD", "zVAD+Nec-1s", "TNF+zVAD+Nec-1s", "anti-TNF")
"""Arms of the extended matrix without the mimetic that are no single agents (anti-TNF is; the template lacks it)."""

NECROSOME = ("SM+TNF+Nec-1s", "GSK872", "TNF+zVAD+GSK872", "SM+TNF+zVAD+GSK872")
"""What `necroptosis` asks for beyond the extended matrix: Nec-1s without zVAD, and RIPK3 inhibited (verdict's tree)."""

MATRIX_ARMS: Mapping[MatrixName, tuple[str, ...]] = MappingProxyType(
    {
        "guide": GUIDE_FIVE[1:],
        "extended": (*EXTENDED_MATRIX, *REFERENCES),
        "necroptosis": (*EXTENDED_MATRIX, *REFERENCES, *NECROSOME),
    }
)
"""Name of a matrix -> its arms beside vehicle, at working doses."""

TUBES = (VEHICLE, "SM", "TNF", "SM+TNF", "SM+zVAD", "SM+TNF+zVAD", "SM+TNF+zVAD+Nec-1s")
"""Conditions that are also stained with Annexin V and PI: as many as one person stains in a morning (assumed)."""

INFORMATIVE_TNF = (0.1, 1.0)
"""TNF in ng/mL at which an arm is not saturated (Protocol B: 0.1-1 ng/mL)."""


def informative_arms(ec50_molar: float | None) -> tuple[str, ...]:
    """Return the arms that are not saturated: the mimetic at its EC50 alone, and with little TNF.

    A well in which everything is dead says only "enough". The matrix at working doses stays as it is, since the verdict
    reads it; these stand beside it and show how far from the plateau the line was.

    Parameters
    ----------
    ec50_molar : dose of half the effect; None where nobody knows, and then only TNF is lowered.
    """
    low = [f"SM + TNF {format_ng_per_ml(dose)}" for dose in INFORMATIVE_TNF]
    if ec50_molar is None:
        return tuple(low)
    at_ec50 = f"SM {format_molar(ec50_molar)}"
    return (at_ec50, f"{at_ec50} + TNF {format_ng_per_ml(INFORMATIVE_TNF[-1])}", low[0])


def without_reagents(arms: Iterable[str], lacking: Iterable[str]) -> tuple[str, ...]:
    """Return the arms that hold none of these reagents: of what a laboratory does not have, nothing is planned."""
    gone = set(lacking)
    return tuple(arm for arm in arms if not gone & {part.strip().split(" ")[0] for part in arm.split("+")})


def usual_doses(arms: Iterable[str]) -> dict[str, str]:
    """Return the dose of each reagent of the arms beside the mimetic, in words: the guide's, else the usual one."""
    known = reagents()
    used = {part.strip().split(" ")[0] for arm in arms for part in arm.split("+")}
    return {name: known[name].usual_dose for name in known if name in used and name != "SM" and known[name].usual_dose}


def words_of(condition: Condition, words: ConditionWords) -> str:
    """Return a condition in the shortest words that mean it: no doses where they are the working ones."""
    return condition.label if words.at_working_doses(condition) else words.describe(condition)
