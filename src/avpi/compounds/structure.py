"""One parent structure from whatever a chemist writes: counter-ions off, charges off, amides as amides.

RDKit reads the SMILES (https://www.rdkit.org). What was done to it is told: a judgement on a salt or on a rare tautomer
must not look as if it had been drawn that way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from rdkit import Chem, RDLogger
from rdkit.Chem import Descriptors, rdMolDescriptors
from rdkit.Chem.MolStandardize import rdMolStandardize

from avpi.compounds.sequence import is_sequence, sequence_smiles
from avpi.errors import InputError, Problem

Mol = Any
"""RDKit's molecule; its wheels carry no types."""

LONGEST: Final = 5_000
"""Characters; a SMILES of a peptide of 50 residues has some 1,500."""

COUNTER_IONS: Final = (
    "Cl", "Br", "I", "F", "O", "N", "[Na+]", "[K+]", "[Li+]", "[Ca+2]", "[Mg+2]", "[Zn+2]",
    "OS(=O)(=O)O", "OP(=O)(O)O", "O[N+](=O)[O-]", "OC(=O)O",
    "OC=O", "CC(=O)O", "OC(=O)C(F)(F)F", "CS(=O)(=O)O", "OS(=O)(=O)C(F)(F)F", "Cc1ccc(S(=O)(=O)O)cc1",
    "O=S(=O)(O)c1ccccc1", "OC(=O)C=CC(=O)O", "OC(=O)C(O)C(O)C(=O)O", "OC(=O)C(O)CC(=O)O", "OC(=O)CCC(=O)O",
    "OC(=O)CC(O)(CC(=O)O)C(=O)O", "OC(=O)C(=O)O", "CC(O)C(=O)O", "OC(=O)c1ccccc1", "OC(=O)c1ccccc1O",
    "CO", "CCO", "CC(C)O", "CC#N", "CC(C)=O", "ClCCl", "CCOC(C)=O", "CS(C)=O", "CN(C)C=O", "CCN(CC)CC",
    "O=C(O)c1cc2ccccc2c(Cc2c(O)c(C(=O)O)cc3ccccc23)c1O", "OCC(N)(CO)CO", "CNCC(O)C(O)C(O)C(O)CO",
    "F[P-](F)(F)(F)(F)F", "F[B-](F)(F)F",
)  # fmt: skip
"""What is added to a compound to make it crystallise or dissolve: acids, bases, water, solvents; as neutral forms."""


_CHARGE = re.compile(r"\[[^\]]*[+-]")
"""An atom of a SMILES with a charge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """One parent structure.

    Attributes
    ----------
    mol : RDKit's molecule.
    smiles : canonical.
    removed : the counter-ions and solvents that were taken off, canonical SMILES, each once.
    others : further parts that are no counter-ion: the text is a mixture, and this is its most likely part.
    changes : what was done, in words.
    """

    mol: Mol
    smiles: str
    removed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a structure is called and weighs; masses in g/mol (average) and Da (monoisotopic).

    ``inchikey`` is empty where InChI has no name for it: a part with an open end (``*``), or a molecule of more than
    1,023 atoms.
    """

    smiles: str
    inchikey: str
    formula: str
    molar_mass: float
    monoisotopic_mass: float


def read_structure(text: str) -> Structure:
    """Return the parent structure of a SMILES, an InChI or a peptide such as ``H-AVPI-OH``.

    Of a mixture the part with an IAP-binding motif is meant, or else the one with most heavy atoms.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    smiles = sequence_smiles(text) if is_sequence(text) else text.strip()
    mol = _parsed(smiles)
    if smiles.startswith("InChI="):
        smiles = Chem.MolToSmiles(mol)
    changes: list[str] = []
    removed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    if "." in smiles:
        mol, removed, others = _parent(mol)
        if removed:
            changes.append(f"counter-ions and solvents taken off: {', '.join(removed)}")
        if others:
            changes.append(f"a mixture: {', '.join(others)} left out")
    if _CHARGE.search(smiles):
        neutral = _neutral(mol)
        if Chem.MolToSmiles(neutral) != Chem.MolToSmiles(mol):
            changes.append("charges taken off")
        mol = neutral
    mol, amides = _as_amides(mol)
    if amides:
        changes.append("imidic acid or enol read as its tautomer, the amide")
    return Structure(mol=mol, smiles=Chem.MolToSmiles(mol), removed=removed, others=others, changes=tuple(changes))


def parent_of(smiles: str) -> Mol:
    """Return the molecule of :func:`read_structure` for a SMILES, without telling what was done to it.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if "." in smiles or _CHARGE.search(smiles):
        return read_structure(smiles).mol
    return _as_amides(_parsed(smiles))[0]


def identify(mol: Mol) -> Identity:
    """Return SMILES, InChIKey, formula and masses of a molecule."""
    with quiet():
        inchikey = Chem.MolToInchiKey(mol)
    return Identity(
        smiles=Chem.MolToSmiles(mol),
        inchikey=inchikey,
        formula=rdMolDescriptors.CalcMolFormula(mol),
        molar_mass=float(Descriptors.MolWt(mol)),
        monoisotopic_mass=float(Descriptors.ExactMolWt(mol)),
    )


def _parsed(smiles: str) -> Mol:
    """Return a molecule; RDKit's own words go into the error instead of onto the screen."""
    if not smiles or len(smiles) > LONGEST:
        what = "no structure is given" if not smiles else f"the structure has {len(smiles):,} characters"
        raise InputError(Problem(file="structure", what=what, expected=f"a SMILES of at most {LONGEST:,} characters"))
    with quiet():
        mol = Chem.MolFromInchi(smiles) if smiles.startswith("InChI=") else Chem.MolFromSmiles(smiles)
    if mol is None or mol.GetNumAtoms() == 0:
        plain = "".join(letter if letter.isprintable() else "?" for letter in smiles)
        short = plain if len(plain) <= 80 else f"{plain[:77]}..."
        what, expected = f"'{short}' cannot be read as a structure", "a SMILES, or a peptide such as 'H-AVPIAQK-OH'"
        raise InputError(Problem(file="structure", what=what, expected=expected, hint=_why(smiles)))
    return mol


def _why(smiles: str) -> str:
    """Return what is wrong with a SMILES where RDKit can say it."""
    with quiet():
        loose = Chem.MolFromSmiles(smiles, sanitize=False)
        problems = [] if loose is None else Chem.DetectChemistryProblems(loose)
    if loose is None:
        return "A bracket or ring is not closed, or a letter is no atom"
    return "; ".join(problem.Message() for problem in problems)


class quiet:  # noqa: N801 - used as a word
    """RDKit says nothing on standard error inside."""

    def __enter__(self) -> None:
        RDLogger.DisableLog("rdApp.*")

    def __exit__(self, *_: object) -> None:
        RDLogger.EnableLog("rdApp.*")


@cache
def _counter_ions() -> frozenset[str]:
    return frozenset(Chem.MolToSmiles(Chem.MolFromSmiles(text)) for text in COUNTER_IONS)


def _parent(mol: Mol) -> tuple[Mol, tuple[str, ...], tuple[str, ...]]:
    """Return the part that is meant, the counter-ions, and what else there is."""
    parts = list(Chem.GetMolFrags(mol, asMols=True, sanitizeFrags=True))
    real = [i for i, part in enumerate(parts) if _flat(part) not in _counter_ions()]
    if not real:  # water is what it is; of a salt of two counter-ions the larger is meant
        real = [max(range(len(parts)), key=lambda i: parts[i].GetNumHeavyAtoms())]
    removed = [Chem.MolToSmiles(parts[i]) for i in range(len(parts)) if i not in real]
    chosen = max(real, key=lambda i: (_has_motif(parts[i]), parts[i].GetNumHeavyAtoms(), -i))
    name = _named(parts[chosen])
    others = [text for i in real if (text := Chem.MolToSmiles(parts[i])) and _named(parts[i]) != name]
    return parts[chosen], tuple(dict.fromkeys(removed)), tuple(dict.fromkeys(others))


def _has_motif(part: Mol) -> bool:
    from avpi.compounds.motif import find_motifs

    return bool(find_motifs(_neutral(part)))


def _flat(part: Mol) -> str:
    """Return a part as counter-ions are compared: neutral, without stereochemistry."""
    return str(Chem.MolToSmiles(_neutral(part), isomericSmiles=False))


def _named(part: Mol) -> str:
    return str(Chem.MolToSmiles(_neutral(part)))


def _neutral(mol: Mol) -> Mol:
    if not mol.HasSubstructMatch(_charged()):
        return mol
    with quiet():
        return rdMolStandardize.Uncharger(canonicalOrder=False).uncharge(mol)


@cache
def _charged() -> Mol:
    return Chem.MolFromSmarts("[!+0]")


@cache
def _imidic() -> Mol:
    return Chem.MolFromSmarts("[$([CX3;!$(C(=N)(O)O)]([OX2H,SX2H])=[NX2;!$(N-[O,N,S])])]([OX2H,SX2H])=[NX2]")


@cache
def _enolic() -> Mol:
    return Chem.MolFromSmarts("[CX3]([OX2H,SX2H])([NX3])=[CX3;!$(C-C=[O,N,S]);!$(C-C#N);!$(C-[N+])]")


def _as_amides(mol: Mol) -> tuple[Mol, int]:
    """Return the molecule with every C(OH)=N and C=C(OH)N written as an amide, and how many there were.

    An enol that a carbonyl group beside it holds, as in tetramic acids, stays what it is.
    """
    found = [(carbon, oxygen, other) for carbon, oxygen, other in mol.GetSubstructMatches(_imidic())]
    found += [(carbon, oxygen, other) for carbon, oxygen, _, other in mol.GetSubstructMatches(_enolic())]
    if not found:
        return mol, 0
    edited = Chem.RWMol(mol)
    for carbon, oxygen, other in found:
        edited.GetBondBetweenAtoms(carbon, oxygen).SetBondType(Chem.BondType.DOUBLE)
        bond = edited.GetBondBetweenAtoms(carbon, other)
        bond.SetBondType(Chem.BondType.SINGLE)
        bond.SetStereo(Chem.BondStereo.STEREONONE)
        for neighbour in (*edited.GetAtomWithIdx(carbon).GetBonds(), *edited.GetAtomWithIdx(other).GetBonds()):
            neighbour.SetBondDir(Chem.BondDir.NONE)
        for index in (other, oxygen):  # hydrogens are counted anew
            edited.GetAtomWithIdx(index).SetNumExplicitHs(0)
            edited.GetAtomWithIdx(index).SetNoImplicit(False)  # noqa: FBT003 - RDKit takes it by position only
    changed = edited.GetMol()
    Chem.SanitizeMol(changed)
    return changed, len(found)
