"""Which compounds of the library match a word, a number, a substructure, or resemble a structure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from avpi.compounds.library import find_number, find_record, library
from avpi.compounds.schema import CompoundRecord
from avpi.errors import InputError, Problem
from avpi.names import loose_form

RADIUS, BITS = 2, 2048
"""Of Morgan's fingerprint: what the field calls ECFP4 (Rogers and Hahn, J Chem Inf Model 2010;50:742)."""
LEAST_ALIKE: Final = 0.3
"""Tanimoto similarity below which ECFP4 sees no more than it sees between any two drugs; assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A compound and how much it resembles what was asked for: Tanimoto's coefficient, 0 to 1."""

    record: CompoundRecord
    similarity: float


def find_by_word(word: str) -> list[CompoundRecord]:
    """Return the compounds that a name, synonym, CAS number, DrugBank id or InChIKey means, or whose names hold it."""
    exact = find_record(word) or find_number(word)
    if exact is not None:
        return [exact]
    asked = loose_form(word)
    if not asked:
        return []
    return [one for one in library().values() if any(asked in loose_form(text) for text in _words_of(one))]


def _words_of(one: CompoundRecord) -> Sequence[str]:
    return (one.name, *one.synonyms, one.kind, one.family or "", one.heads.valency or "")


def find_by_substructure(pattern: str) -> list[CompoundRecord]:
    """Return the compounds whose structure holds a pattern, written as SMARTS or SMILES.

    Raises
    ------
    InputError
        If the pattern cannot be read.
    """
    from rdkit import Chem

    from avpi.compounds.structure import quiet

    with quiet():
        query = Chem.MolFromSmarts(pattern) if pattern.strip() else None
    if query is None:
        what = f"'{pattern}' cannot be read as a pattern"
        raise InputError(Problem(file="--substructure", what=what, expected="SMARTS, such as 'CN[C@@H](C)C(=O)N'"))
    # A SMILES read as SMARTS asks for aromatic atoms as they are written, so that kekulised rings would find nothing.
    with quiet():
        as_smiles = Chem.MolFromSmiles(pattern)
    queries = [query] if as_smiles is None else [query, as_smiles]
    return [
        library()[name]
        for name, mol in _molecules().items()
        if any(mol.HasSubstructMatch(one, useChirality=True) for one in queries)
    ]


def find_alike(smiles: str, *, at_least: float = LEAST_ALIKE) -> list[Alike]:
    """Return the compounds that resemble a structure, or a compound of the library by its name, the most alike first.

    Raises
    ------
    InputError
        If the structure cannot be read, or none is known of the compound.
    """
    from rdkit import DataStructs

    from avpi.compounds.structure import read_structure

    asked = _fingerprint(read_structure(_of_name(smiles) or smiles).mol)
    found = [
        Alike(record=library()[name], similarity=float(DataStructs.TanimotoSimilarity(asked, _fingerprint(mol))))
        for name, mol in _molecules().items()
    ]
    return sorted(
        (one for one in found if one.similarity >= at_least), key=lambda one: (-one.similarity, one.record.name)
    )


def _of_name(word: str) -> str | None:
    """Return the SMILES of a compound of the library; None if the word names none."""
    named = find_record(word) or find_number(word)
    if named is None:
        return None
    if named.structure is None:
        what = f"no structure of {named.name} is known for certain"
        raise InputError(Problem(file="--similar", what=what, expected="a SMILES, or a compound with a structure"))
    return named.structure.smiles


@cache
def _molecules() -> dict[str, Any]:
    from rdkit import Chem

    return {
        name: Chem.MolFromSmiles(one.structure.smiles) for name, one in library().items() if one.structure is not None
    }


def _fingerprint(mol: Any) -> Any:
    from rdkit.Chem import rdFingerprintGenerator

    return rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS).GetFingerprint(mol)


def without_structure() -> Sequence[str]:
    """Return the compounds that a search by structure cannot find, because none is known of them."""
    return [name for name, one in library().items() if one.structure is None]
