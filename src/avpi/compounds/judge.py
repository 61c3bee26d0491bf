"""Whether a structure is a Smac mimetic, with how many heads, and what about it needs a second look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from rdkit import Chem
from rdkit.Chem import rdMolHash

from avpi.compounds.library import find_number, find_record, library
from avpi.compounds.motif import Motif, find_motifs
from avpi.compounds.schema import CompoundRecord
from avpi.compounds.sequence import is_sequence
from avpi.compounds.structure import Identity, Structure, identify, parent_of, quiet, read_structure
from avpi.errors import InputError, Problem

Call = Literal["Smac mimetic", "inactive epimer", "no Smac mimetic"]
HEADS: Final = {0: "none", 1: "monovalent", 2: "bivalent", 3: "trivalent", 4: "tetravalent"}

_COULD_BIND: Final = (
    "[#7]~[#6](-[#6])~[#6](~[#8,#16])~[#7]",
    "[#7]1-[#6](-[#6])-[#6]-[#7](-[#6]~[#6](~[#8])~[#7])-[#6]-[#6]-1",
)
"""What every head has whatever its charge, tautomer and hydrogens: without it nothing needs to be standardised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a structure is.

    Attributes
    ----------
    call : ``"Smac mimetic"`` with at least one head that can bind; ``"inactive epimer"`` where every head has
        D-alanine.
    heads : heads that can bind; those with D-alanine are not counted.
    flags : what needs a second look, in words; empty where nothing does.
    known : the compound of the library with this InChIKey, if any.
    same_skeleton : compounds of the library that differ in their stereochemistry only.
    """

    structure: Structure
    identity: Identity
    motifs: tuple[Motif, ...]
    call: Call
    heads: int
    flags: tuple[str, ...]
    known: CompoundRecord | None
    same_skeleton: tuple[str, ...]

    @property
    def valency(self) -> str:
        """The number of heads as chemists say it."""
        return HEADS.get(self.heads, f"{self.heads} heads")


def judge(text: str) -> Judgement:
    """Return what a SMILES, an InChI or a peptide such as ``H-AVPI-OH``, is.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if (named := _named(text)) is not None:
        raise InputError(named)
    structure = read_structure(text)
    motifs = find_motifs(structure.mol)
    identity = identify(structure.mol)
    heads = sum(motif.binds for motif in motifs)
    known, same = _in_library(identity.inchikey)
    other = None if known is not None or same else _as_tautomer(structure.mol)
    return Judgement(
        structure=structure,
        identity=identity,
        motifs=motifs,
        call=_call(motifs, heads),
        heads=heads,
        flags=(
            *structure.changes,
            *_flags(structure, motifs),
            *([f"a tautomer of {other}, as the library draws it"] if other is not None else []),
        ),
        known=known,
        same_skeleton=same,
    )


def _named(text: str) -> Problem | None:
    """Return what to tell who wrote a name, CAS number or InChIKey of a compound instead of its structure.

    It is asked first: as a SMILES "BI 891065" is boron and iodine with a title.
    """
    record = find_record(text) or find_number(text)
    if record is None or is_sequence(text):
        return None
    kind = "name" if find_record(text) is not None else "number"
    what, hint = f"'{text}' is a {kind} and no structure", f"'avpi compound show \"{record.name}\"' tells of it"
    return Problem(file="structure", what=what, expected="a SMILES", hint=hint)


def count_heads(texts: Iterable[str]) -> Iterator[int | None]:
    """Yield how many heads that can bind each SMILES has, quickly; None where it cannot be read.

    A structure that cannot hold a head is not looked at further, so that its valences are not checked.
    """
    for text in texts:
        with quiet():
            loose = Chem.MolFromSmiles(text, sanitize=False)
        if loose is None:
            yield None
        elif not any(loose.HasSubstructMatch(query) for query in _loose()):
            yield 0
        else:
            try:
                yield sum(motif.binds for motif in find_motifs(parent_of(text)))
            except InputError:
                yield None


@cache
def _loose() -> tuple[Any, ...]:
    return tuple(Chem.MolFromSmarts(smarts) for smarts in _COULD_BIND)


def _call(motifs: tuple[Motif, ...], heads: int) -> Call:
    if heads:
        return "Smac mimetic"
    return "inactive epimer" if motifs else "no Smac mimetic"


def _flags(structure: Structure, motifs: tuple[Motif, ...]) -> Iterator[str]:
    mirrored = sum(not motif.binds for motif in motifs)
    if mirrored:
        share = "its" if len(motifs) == 1 else f"{mirrored} of {len(motifs)}"
        yield f"D-alanine in {share} head{'' if len(motifs) == 1 else 's'}: the epimer that does not bind"
    if any(motif.handedness == "not drawn" for motif in motifs):
        yield "the configuration of alanine is not drawn; L is assumed, only L binds"
    if any(motif.series == "piperazine" and motif.configuration == "S" for motif in motifs):
        yield "the methyl group of the piperazine is drawn S, where tolinapant's is R: a mirror image need not bind"
    if any(motif.series == "piperazine" and not motif.configuration for motif in motifs):
        yield "the configuration of the piperazine is not drawn; that of tolinapant is assumed"
    if any(atom.GetIsotope() for atom in structure.mol.GetAtoms()):
        yield "isotopes are drawn; InChIKey and masses are those of the labelled compound"
    if any(atom.GetAtomicNum() == 0 for atom in structure.mol.GetAtoms()):
        yield "an open end is drawn (*): a part of a compound, not a whole one"


def _as_tautomer(mol: Any) -> str | None:
    """Return the compound of the library that differs only in where hydrogens and double bonds are drawn, if any."""
    return _tautomers().get(_tautomer_form(mol))


@cache
def _tautomers() -> dict[str, str]:
    drawn = {name: one.structure.smiles for name, one in library().items() if one.structure is not None}
    return {_tautomer_form(Chem.MolFromSmiles(smiles)): name for name, smiles in drawn.items()}


def _tautomer_form(mol: Any) -> str:
    return str(rdMolHash.MolHash(mol, rdMolHash.HashFunction.HetAtomTautomerv2))


def _in_library(inchikey: str) -> tuple[CompoundRecord | None, tuple[str, ...]]:
    known, same = None, []
    for one in library().values():
        if one.structure is None:
            continue
        own = one.structure.inchikey
        if own == inchikey:
            known = one
        elif own.partition("-")[0] == inchikey.partition("-")[0]:
            same.append(one.name)
    return known, tuple(same)
