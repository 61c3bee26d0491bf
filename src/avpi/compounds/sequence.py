"""A peptide's structure from its sequence: ``H-AVPIAQK-OH`` and its relatives.

The chain is written from the N to the C terminus in one-letter code. A small letter is the D amino acid. ``H-`` or
nothing is a free N terminus, ``Ac-`` an acetylated and ``Me-`` a methylated one; ``-OH`` or nothing is a free acid,
``-NH2`` an amide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from avpi.errors import InputError, Problem

SIDE_CHAINS: Mapping[str, str] = MappingProxyType(
    {
        "A": "C", "C": "CS", "D": "CC(=O)O", "E": "CCC(=O)O", "F": "Cc1ccccc1", "H": "Cc1c[nH]cn1", "I": "[C@@H](C)CC",
        "K": "CCCCN", "L": "CC(C)C", "M": "CCSC", "N": "CC(N)=O", "Q": "CCC(N)=O", "R": "CCCNC(=N)N", "S": "CO",
        "T": "[C@H](O)C", "V": "C(C)C", "W": "Cc1c[nH]c2ccccc12", "Y": "Cc1ccc(O)cc1",
    }
)  # fmt: skip
"""One-letter code -> side chain as SMILES; isoleucine (2S,3S) and threonine (2S,3R) with their second centre."""
_MIRRORED = {"I": "[C@H](C)CC", "T": "[C@@H](O)C"}
"""The same of the D amino acids."""
_FORM = re.compile(r"^(?:(H|Ac|Me)-)?([A-Za-z]+?)(?:-(OH|NH2))?$")
_START = {"H": "N", "Ac": "CC(=O)N", "Me": "CN"}
_END = {"OH": "O", "NH2": "N"}


def is_sequence(text: str) -> bool:
    """Return True if a text is a sequence that says so by its ends, such as ``H-AVPI-OH``; SMILES never do."""
    found = _FORM.match(text.strip())
    return found is not None and (found[1] is not None or found[3] is not None)


def sequence_smiles(sequence: str) -> str:
    """Return the SMILES of a peptide.

    Raises
    ------
    InputError
        If it is not of the form above, or a letter is no amino acid.
    """
    found = _FORM.match(sequence.strip())
    if found is None:
        expected = "letters with 'H-', 'Ac-' or 'Me-' before and '-OH' or '-NH2' behind, as in 'H-AVPIAQK-OH'"
        raise InputError(Problem(file="sequence", what=f"'{sequence}' is no sequence of a peptide", expected=expected))
    start, letters, end = found[1] or "H", found[2], found[3] or "OH"
    unknown = sorted({letter for letter in letters if letter.upper() not in (*SIDE_CHAINS, "G", "P")})
    if unknown:
        what = f"'{', '.join(unknown)}' in '{sequence}' is no one-letter code of an amino acid"
        raise InputError(
            Problem(file="sequence", what=what, expected=f"one of {''.join(sorted((*SIDE_CHAINS, *'GP')))}")
        )
    if start == "Me" and letters[0] in "Pp":
        what = f"'{sequence}' methylates proline, whose nitrogen is in the ring"
        raise InputError(Problem(file="sequence", what=what))
    smiles = _START[start]
    for number, letter in enumerate(letters):
        smiles += _residue(letter)
        if number + 1 < len(letters):
            smiles += "N"
    return smiles + _END[end]


def _residue(letter: str) -> str:
    """Return what follows the nitrogen of a residue, up to its carbonyl."""
    code, d_form = letter.upper(), letter.islower()
    if code == "G":
        return "CC(=O)"
    if code == "P":  # the ring is closed on the nitrogen that stands before
        return f"3CCC[C@{'@' if d_form else ''}H]3C(=O)"
    side = _MIRRORED.get(code, SIDE_CHAINS[code]) if d_form else SIDE_CHAINS[code]
    return f"[C@{'' if d_form else '@'}H]({side})C(=O)"
