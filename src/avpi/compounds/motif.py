"""The motif by which Smac and its mimetics bind IAPs, as chemistry and not as a list of compounds.

Smac/DIABLO binds the groove of a BIR domain with its first four residues, Ala-Val-Pro-Ile: the amine of alanine is held
by salt bridges and its methyl group fills a small pocket, the amide NH of the second residue makes a hydrogen bond, the
third is a ring that turns the chain, and the fourth fills a greasy pocket (Wu et al., Nature 2000;408:1008; Liu et al.,
Nature 2000;408:1004). These kinds of head share the contacts, and each is a substructure here:

``peptidomimetic``
    H2N- or MeHN-CH(CH3)-CO-NH-CR-CO-N, whose last nitrogen carries no hydrogen and is in a ring (proline, bicyclic
    lactams, tetrahydroisoquinoline, benzodiazepinones), with a group in the fourth place: it hangs on the nitrogen or
    beside it, as in proline. Across the ring, as on a piperidine's carbon 4, it points out of the groove; there ghrelin
    agonists have theirs.
``insect peptide``
    Ala-(Val, Ile, Thr)-Ala-(aromatic): Reaper and Grim, whose third residue is alanine.
``ring amide``
    MeHN-CH(CH3)-CO-NH-CHR-CO-NH-ring with a branched R: the third nitrogen stands beside the ring instead of in it
    (one such structure stands in ChEMBL; that Novartis's US 8,058,272 claims them is assumed). The methyl group on the
    amine is asked for, since alanyl dipeptide anilides are substrates of proteases.
``alkynyl arene``
    MeHN-CH(CH3)-CO-NH- on an aromatic ring, and an alkyne on an aromatic ring, which holds what fills the other pockets
    (Boehringer Ingelheim's alkynyl pyridines: recalled, not looked up).
``piperazine``
    the class of tolinapant, which has no alanine: the NH and the methyl group of a 2-methylpiperazine take the place of
    the amine and methyl of alanine; its other nitrogen carries CH2-CO on the nitrogen of an indoline or azaindoline,
    whose carbon 6 holds the group that fills the fourth pocket. Without it, and on the lactams and phenothiazines of
    antimuscarinic drugs, CH2-CO-N(aryl) means nothing.

An amine that is acylated, or a second methyl group on alanine (2-aminoisobutyric acid, the first residue of ghrelin
agonists), destroys the motif. So does D-alanine: such an epimer is the usual negative control, and is told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from rdkit import Chem

Mol = Any
Series = Literal["peptidomimetic", "insect peptide", "ring amide", "alkynyl arene", "piperazine"]
Handedness = Literal["L", "D", "not drawn", "none"]

FEWEST_IN_FOURTH_PLACE: Final = 8
"""Heavy atoms on the third residue's nitrogen, its acyl group apart, below which nothing fills the fourth pocket:
proline and its acid are 7."""
FEWEST_CARBONS: Final = 6
"""Carbons among them; proline with one methyl group on it has 5."""

# Smac's alanine: an amine that can be protonated, one hydrogen and one methyl group on the carbon.
_AMINE: Final = "[$([NX3;H2;!$(N*=[O,S,N])]),$([NX3;H1;!$(N*=[O,S,N])]([CX4H3])[CX4])]"
_ALANINE: Final = f"{_AMINE}[CX4;H1;!R]([CX4H3])[CX3](=[OX1,SX1])"
_METHYLATED: Final = "[NX3;H1;$(N([CX4H3])[CX4])][CX4;H1;!R]([CX4H3])[CX3](=[OX1])"
# The nitrogen of an indoline with a carbon, more than a methyl group, on carbon 6.
_INDOLINE: Final = "[NX3;H0;r5;$(N1a(:a:a-!@[#6;!$([CX4H3])]):a[CX4][CX4]1)]"
_PATTERNS: Final[dict[Series, str]] = {
    # 0 N, 1 CA, 2 CH3, 3 C, 4 O, 5 N, 6 CA2, 7 first of the side chain, 8 C, 9 O, 10 N
    "peptidomimetic": f"{_ALANINE}[NX3;H1][CX4;!H2]([#6;!$([CX4H3])])[CX3](=[OX1,SX1])[NX3;H0;R]",
    # 10 N, 11 CA3, 12 CH3, 13 C, 14 O, 15 N, 16 CA4, 17 CH2, 18 aromatic
    "insect peptide": f"{_ALANINE}[NX3;H1][CX4;H1]([CX4;H1;!R])[CX3](=[OX1])"
    "[NX3;H1][CX4;H1]([CX4H3])[CX3](=[OX1])[NX3;H1][CX4;H1]([CX4H2]c)",
    # 0 to 10 as above, 11 in a ring
    "ring amide": f"{_METHYLATED}[NX3;H1][CX4;H1]([CX4;H1,H0])[CX3](=[OX1])[NX3;H1;!R][#6;R]",
    # 5 N, 6 of the arene
    "alkynyl arene": f"{_METHYLATED}[NX3;H1]c",
    # 0 NH, 1 CMe, 2 CH3, 3 CH2, 4 N, 5 CH2, 6 C, 7 O, 8 N, 9 C, 10 CH2
    "piperazine": f"[NX3;H1;r6]1[CX4;H1;r6]([CX4H3])[CX4H2;r6][NX3;r6]([CX4H2][CX3](=[OX1]){_INDOLINE})"
    "[CX4;r6][CX4H2;r6]1",
}
_ALKYNE: Final = "c[CX2]#[CX2][#6]"
_NOTHING_IN_FOURTH_PLACE: Final = "[$([NX3;H0;R]@[CX4;H1;R]C(=O)[NX3;H1][CX4H2]C(=O)),$([NX3;H0;R][CX4H3])]"
"""A third nitrogen with glycine behind it, or with a methyl group alone, as in inhibitors of gamma-secretase."""

_ONLY_ACROSS_THE_RING: Final = "[NX3;H0;R;$(N([CH2;R;D2])([CH2;R;D2])C(=[O,S]))]"
"""A third nitrogen between two bare methylene groups: nothing hangs on it or beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Motif:
    """One IAP-binding head.

    Attributes
    ----------
    series : which kind; see the module.
    atoms : indices of its atoms in the molecule, the amine first.
    alanine : its amine, alpha carbon and methyl group.
    methylated : whether the amine is N-methylated; a secondary amine in a ring is.
    handedness : of alanine; ``"none"`` where there is no alanine.
    configuration : R or S of the carbon that carries the methyl group, as it is drawn; empty where it is not. L-alanine
        is S, and tolinapant's piperazine R.
    """

    series: Series
    atoms: tuple[int, ...]
    alanine: tuple[int, int, int]
    methylated: bool
    handedness: Handedness
    configuration: str

    @property
    def binds(self) -> bool:
        """Whether its alanine is not that of the inactive epimer."""
        return self.handedness != "D"


def find_motifs(mol: Mol) -> tuple[Motif, ...]:
    """Return the IAP-binding heads of a molecule, each once, in the order of its atoms.

    The molecule is neutral and one part, as :func:`avpi.compounds.structure.read_structure` gives it.
    """
    if mol.GetNumHeavyAtoms() < FEWEST_IN_FOURTH_PLACE + 11:
        return ()
    by_amine: dict[int, Motif] = {}
    for series in _PATTERNS:
        for found in _matches(mol, series):
            by_amine.setdefault(found[0], _motif(mol, series, found))
    return tuple(by_amine[amine] for amine in sorted(by_amine))


@cache
def _query(smarts: str) -> Mol:
    return Chem.MolFromSmarts(smarts)


def _matches(mol: Mol, series: Series) -> Iterator[tuple[int, ...]]:
    for found in mol.GetSubstructMatches(_query(_PATTERNS[series]), maxMatches=50):
        if series in ("peptidomimetic", "ring amide") and not _fourth_place_is_filled(mol, found):
            continue
        if series == "alkynyl arene" and not mol.HasSubstructMatch(_query(_ALKYNE)):
            continue
        yield tuple(found)


def _fourth_place_is_filled(mol: Mol, found: tuple[int, ...]) -> bool:
    """Return True if what hangs on the third nitrogen, its acyl group apart, is near, large and greasy enough."""
    nitrogen = found[10]
    if (nitrogen,) in mol.GetSubstructMatches(_query(_NOTHING_IN_FOURTH_PLACE)):
        return False
    if (nitrogen,) in mol.GetSubstructMatches(_query(_ONLY_ACROSS_THE_RING)):
        return False
    reached, waiting = {nitrogen, found[8], found[6]}, [nitrogen]
    atoms = carbons = 0
    while waiting:
        for neighbour in mol.GetAtomWithIdx(waiting.pop(0)).GetNeighbors():
            index = neighbour.GetIdx()
            if index in reached:
                continue
            reached.add(index)
            waiting.append(index)
            atoms += 1
            carbons += neighbour.GetAtomicNum() == 6
            if atoms >= FEWEST_IN_FOURTH_PLACE and carbons >= FEWEST_CARBONS:
                return True
    return False


def _motif(mol: Mol, series: Series, found: tuple[int, ...]) -> Motif:
    amine, alpha, methyl = found[0], found[1], found[2]
    configuration = _configuration(mol, alpha)
    return Motif(
        series=series,
        atoms=found,
        alanine=(amine, alpha, methyl),
        methylated=mol.GetAtomWithIdx(amine).GetDegree() == 2,
        handedness="none" if series == "piperazine" else _HANDEDNESS[configuration],
        configuration=configuration,
    )


_HANDEDNESS: Final[dict[str, Handedness]] = {"S": "L", "R": "D", "": "not drawn"}
"""Of an alanine: N goes before CO and CO before CH3 in the order of Cahn, Ingold and Prelog, so L is S."""


def _configuration(mol: Mol, carbon: int) -> str:
    atom = mol.GetAtomWithIdx(carbon)
    if atom.GetChiralTag() == Chem.ChiralType.CHI_UNSPECIFIED:
        return ""
    if not atom.HasProp("_CIPCode"):
        Chem.AssignStereochemistry(mol, cleanIt=False, force=True)
    return str(atom.GetProp("_CIPCode")) if atom.HasProp("_CIPCode") else ""
