"""What a readout counts: the four Annexin V / PI quadrants, or caspase-3 negative and positive cells.

Quadrants are named for what they are. Late apoptotic and necroptotic cells share ``+ +``, and necroptotic cells
expose phosphatidylserine before they lyse (Gong et al. 2017, Cell 169:286-300): the inhibitor arms of the assay
tell the modes of death apart, a quadrant does not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from avpi.errors import NotAnalysed
from avpi.estimate import Estimate, missing
from avpi.flow.channels import STAINS_OF_READOUT
from avpi.flow.fractions import Shares, logarithm_of
from avpi.flow.results import QUADRANTS
from avpi.names import find_readout

PATTERNS: Mapping[str, Mapping[tuple[bool, ...], str]] = {
    "annexin_v_pi": {
        (False, False): QUADRANTS[0],
        (True, False): QUADRANTS[1],
        (True, True): QUADRANTS[2],
        (False, True): QUADRANTS[3],
    },
    "caspase-3": {(False,): "caspase3_negative", (True,): "caspase3_positive"},
}
"""Readout -> pattern of positive stains (in the order of ``STAINS_OF_READOUT``) -> name."""


def readout_of(word: str) -> str:
    """Return the readout that a study names, if its samples can be gated.

    Raises
    ------
    NotAnalysed
        ``readout_not_gated`` for a readout that is none of cytometry's.
    """
    readout = find_readout(word) or word
    if readout not in STAINS_OF_READOUT:
        known = ", ".join(STAINS_OF_READOUT)
        raise NotAnalysed(code="readout_not_gated", why=f"samples are gated for {known}, not for '{word}'")
    return readout


def viable_share(readout: str, shares: Shares, singlets: int) -> tuple[Estimate, float, float]:
    """Return the viable share with its natural logarithm and that one's standard error.

    A caspase readout is no viability: cells die without it, and cells that carry it may live on for a while.
    """
    if readout != "annexin_v_pi":
        return missing(f"the readout {readout} does not measure viability"), math.nan, math.nan
    viable = shares.fractions[QUADRANTS[0]]
    return viable, *logarithm_of(viable, shares.errors[QUADRANTS[0]], singlets)
