"""What a readout counts: cells by the stains that they carry, four quadrants for two stains.

Quadrants are named for what they are. Late apoptotic and necroptotic cells share ``+ +``, and necroptotic cells
expose phosphatidylserine before they lyse (Gong et al. 2017, Cell 169:286-300): the inhibitor arms of the assay
tell the modes of death apart, a quadrant does not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from avpi.errors import NotAnalysed
from avpi.estimate import Estimate, missing
from avpi.flow.channels import DEATH_DYES, STAINS_OF_READOUT
from avpi.flow.fractions import Shares, logarithm_of
from avpi.names import find_readout

WORDS: Mapping[str, str] = {
    "annexin_v": "annexin",
    "caspase-3": "caspase3",
    "7-aad": "7aad",
    "fixable_dye": "fixable_dye",
}
"""Stain -> its word in a population's name; others are their own."""


def patterns_of(readout: str) -> dict[tuple[bool, ...], str]:
    """Return the name of each pattern of positive stains, in the order - -, + -, + +, - + for two."""
    words = [WORDS.get(stain, stain) for stain in STAINS_OF_READOUT[readout]]
    patterns: list[tuple[bool, ...]] = [(False,), (True,)]
    if len(words) == 2:
        patterns = [(False, False), (True, False), (True, True), (False, True)]
    signs = ("negative", "positive")
    return {p: "_".join(f"{w}_{signs[s]}" for w, s in zip(words, p, strict=True)) for p in patterns}


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

    Viable is negative for both stains, or for the death dye where that stands alone. A caspase readout is no
    viability: cells die without it, and cells that carry it may live on for a while.
    """
    stains = STAINS_OF_READOUT[readout]
    if "caspase-3" in stains or stains[-1] not in DEATH_DYES:
        return missing(f"the readout {readout} does not measure viability"), math.nan, math.nan
    name = patterns_of(readout)[(False,) * len(stains)]
    viable = shares.fractions[name]
    return viable, *logarithm_of(viable, shares.errors[name], singlets)
