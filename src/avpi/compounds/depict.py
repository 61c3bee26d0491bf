"""A structure as an SVG drawing with its IAP-binding heads marked: alanine in one colour, the rest in another.

A head with D-alanine, which does not bind, is marked in a third colour and said in words, so that nothing hangs on
colour alone. The drawing depends on the molecule and nothing else.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any, Final

from rdkit import Chem
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from avpi.compounds.judge import Judgement

Colour = tuple[float, float, float]
BLUE: Final[Colour] = (0.337, 0.706, 0.914)
GREEN: Final[Colour] = (0.706, 0.878, 0.816)
VERMILLION: Final[Colour] = (0.929, 0.6, 0.4)
"""Okabe and Ito's sky blue, and their bluish green and vermillion paled, on which black letters stay readable."""

WIDTH_PX, HEIGHT_PX = 720, 420
LEGEND_PX: Final = 46


def draw_structure(judged: Judgement, *, name: str = "") -> str:
    """Return the SVG of a judged structure, with title, description and a key of its colours."""
    mol = Chem.Mol(judged.structure.mol)
    rdDepictor.SetPreferCoordGen(True)  # noqa: FBT003 - RDKit takes it by position only
    rdDepictor.Compute2DCoords(mol)
    drawer = rdMolDraw2D.MolDraw2DSVG(WIDTH_PX, HEIGHT_PX)
    options = drawer.drawOptions()
    options.useBWAtomPalette()
    options.clearBackground = False
    options.addStereoAnnotation = False
    options.fillHighlights = True
    options.highlightRadius = 0.35
    atoms, bonds = _marks(mol, judged)
    rdMolDraw2D.PrepareAndDrawMolecule(
        drawer,
        mol,
        highlightAtoms=list(atoms),
        highlightAtomColors=dict(atoms),
        highlightBonds=list(bonds),
        highlightBondColors=dict(bonds),
    )
    drawer.FinishDrawing()
    return _with_words(str(drawer.GetDrawingText()), judged, name)


def _marks(mol: Any, judged: Judgement) -> tuple[Mapping[int, Colour], Mapping[int, Colour]]:
    """Return atom and bond indices with their colours."""
    atoms: dict[int, Colour] = {}
    for motif in judged.motifs:
        strong = BLUE if motif.binds else VERMILLION
        atoms |= {index: GREEN if motif.binds else VERMILLION for index in motif.atoms}
        atoms |= dict.fromkeys(motif.alanine, strong)
    bonds = {}
    for bond in mol.GetBonds():
        start, end = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        if start in atoms and end in atoms:
            bonds[bond.GetIdx()] = atoms[start] if atoms[start] == atoms[end] else GREEN
    return atoms, bonds


def describe(judged: Judgement, name: str = "") -> str:
    """Return what a reader who cannot see the drawing is told."""
    what = f"{name}: " if name else ""
    heads = f", {judged.valency}" if judged.heads else ""
    return f"{what}{judged.call}{heads}. {judged.identity.formula}, {judged.identity.molar_mass:.1f} g/mol."


def _with_words(svg: str, judged: Judgement, name: str) -> str:
    body = svg[svg.index("<svg") :]
    body = body.replace(f"height='{HEIGHT_PX}px'", f"height='{HEIGHT_PX + LEGEND_PX}px'", 1)
    body = body.replace(f"viewBox='0 0 {WIDTH_PX} {HEIGHT_PX}'", f"viewBox='0 0 {WIDTH_PX} {HEIGHT_PX + LEGEND_PX}'", 1)
    end_of_tag = body.index(">") + 1
    title, alt = html.escape(name or judged.identity.formula), html.escape(describe(judged, name))
    head = f"\n<title>{title}</title>\n<desc>{alt}</desc>"
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        + body[:end_of_tag]
        + head
        + f"\n<rect width='{WIDTH_PX}' height='{HEIGHT_PX + LEGEND_PX}' fill='#ffffff'/>"
        + body[end_of_tag:].replace("</svg>", _key(judged, name) + "</svg>")
    )


def _key(judged: Judgement, name: str) -> str:
    """Return the line below the drawing: what it is, and what the colours mean."""
    entries: list[tuple[Colour, str]] = []
    if any(motif.binds for motif in judged.motifs):
        first = "amine and methyl" if all(m.series == "piperazine" for m in judged.motifs) else "alanine"
        entries += [(BLUE, first), (GREEN, "rest of the head")]
    if any(not motif.binds for motif in judged.motifs):
        entries.append((VERMILLION, "head with D-alanine: does not bind"))
    text = 'font-family="Arial, Helvetica, \'DejaVu Sans\', sans-serif" font-size="14" fill="#1b1f24"'
    lines = [f'<text x="12" y="{HEIGHT_PX + 14}" {text}>{html.escape(describe(judged, name))}</text>']
    x = 12
    for colour, words in entries:
        fill = "#" + "".join(f"{round(255 * part):02x}" for part in colour)
        lines.append(f'<rect x="{x}" y="{HEIGHT_PX + 24}" width="14" height="14" fill="{fill}"/>')
        lines.append(f'<text x="{x + 20}" y="{HEIGHT_PX + 36}" {text}>{words}</text>')
        x += 40 + 8 * len(words)
    return "\n".join(lines) + "\n"
