"""The decision tree as walked: every question, every answer with its share of the draws, the taken path in bold.

Questions stand below one another in walking order; an answer that ends in a leaf goes right, one that leads to the
next question goes down, one that skips questions runs along the left. The layout is made once, as boxes, lines and
texts (``tree_shapes``), and drawn as hand-written SVG and as PDF.
"""

from __future__ import annotations

import html
import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from avpi.report.drawing import DOUBLE_MM, FONTS, MM_PER_INCH, Drawing, sheet, svg_file
from avpi.report.palette import FAINT, INK, MUTED, PAPER, PATH
from avpi.report.tables import frame
from avpi.report.words import plain_words, share_of_draws
from avpi.verdict.results import NodeShares, Verdict
from avpi.verdict.tree import read_tree

# Lengths in units of the drawing; 760 of them are 183 mm, so that TEXT is 6.8 pt.
WIDTH, LANE, MARGIN = 760.0, 14.0, 8.0
QUESTION_WIDTH, LEAF_WIDTH = 300.0, 218.0
TEXT, LINE, PAD, GAP = 10.0, 12.5, 8.0, 40.0
LETTER = 5.6
"""Mean width of a letter at size TEXT, measured on DejaVu Sans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle with its lines of text; leaves have round ends."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    bold: bool = False
    leaf: bool = False
    faint: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An answer: the corners of its line, and its words with the place of their left end."""

    corners: tuple[tuple[float, float], ...]
    words: str
    words_at: tuple[float, float]
    bold: bool = False
    faint: bool = False


@dataclass(slots=True)
class Shapes:
    """All that is drawn, and the height it takes."""

    boxes: list[Box] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class _Edge:
    node: str
    answer: str
    to: str
    share: float
    goes_on: bool
    taken: bool


def draw_tree(verdict: Verdict) -> Drawing:
    """Draw the decision tree of a verdict."""
    edges = _edges(verdict)
    shapes = tree_shapes(verdict.nodes, edges)
    title = "Decision tree"
    steps = "; ".join(f"{step.question} {step.answer}" for step in verdict.trace) or "no question was reached"
    alt = f"Decision tree as walked by {verdict.draws} draws. Most probable path: {steps}."
    caption = (
        "Shares are of all posterior draws of the effects, each of which walks the same tree. Bold: the most probable "
        "path. Dashed: an answer that no draw gave."
    )
    return Drawing(
        name="decision-tree",
        title=title,
        alt=alt,
        caption=caption,
        svg=svg_file(_svg(shapes), title=title, alt=alt),
        pdf=_pdf(shapes, title),
        points=_points(verdict, edges),
        width_mm=DOUBLE_MM,
    )


def _base(node: str) -> str:
    return node.split(":", 1)[0]


def _target(source: NodeShares, to: str, share: float, nodes: Sequence[NodeShares]) -> str:
    """Return the node that a branch leads to, or "" for a leaf.

    A question asked in two arms stands twice (``caspase_dependent:SM``, ``caspase_dependent:SM+TNF``): the one of
    the same arm is meant, else the one that as many draws reached.
    """
    arm = source.node.partition(":")[2]
    candidates = [n for n in nodes if (n.node == to or _base(n.node) == to) and n.node != source.node]
    if share == 0:
        candidates = [n for n in candidates if n.node.partition(":")[2] == arm]
    best = min(candidates, key=lambda n: (n.node.partition(":")[2] != arm, abs(n.reached - share)), default=None)
    return best.node if best else ""


def _edges(verdict: Verdict) -> list[_Edge]:
    """Return every branch, with the taken path marked from the root on."""
    nodes = verdict.nodes
    to = {
        (n.node, answer, leads): _target(n, leads, share, nodes) for n in nodes for answer, leads, share in n.branches
    }
    taken: set[tuple[str, str, str]] = set()
    here = nodes[0].node if nodes else ""
    for step in verdict.trace:
        chosen = max(
            (key for key in to if key[0] == here and key[1] == step.answer and _base(here) == _base(step.node)),
            key=lambda key: bool(to[key]),
            default=None,
        )
        if chosen is None:
            break
        taken.add(chosen)
        here = to[chosen]
    return [
        _Edge(n.node, answer, target or leads, share, bool(target), (n.node, answer, leads) in taken)
        for n in nodes
        for answer, leads, share in n.branches
        for target in (to[n.node, answer, leads],)
    ]


def _in_walking_order(nodes: Sequence[NodeShares], edges: Sequence[_Edge]) -> list[NodeShares]:
    """Return the nodes so that every branch leads downwards, those of the taken path as close as can be."""
    on_path = _on_path(edges)
    left, order = list(nodes), []
    while left:
        names = {n.node for n in left}
        waiting = {e.to for e in edges if e.goes_on and e.node in names}
        free = [n for n in left if n.node not in waiting] or left
        chosen = next((n for n in free if n.node in on_path), free[0])
        order.append(chosen)
        left.remove(chosen)
    return order


def _on_path(edges: Sequence[_Edge]) -> set[str]:
    return {name for e in edges if e.taken for name in (e.node, e.to)}


def tree_shapes(nodes: Sequence[NodeShares], edges: Sequence[_Edge]) -> Shapes:
    """Lay the tree out."""
    order = _in_walking_order(nodes, edges)
    rank = {n.node: i for i, n in enumerate(order)}
    skips = [e for e in edges if e.goes_on and rank[e.to] != rank[e.node] + 1]
    lanes = {id(edge): i for i, edge in enumerate(skips)}
    left = MARGIN + LANE * (len(skips) + 1 if skips else 0)
    shapes, boxes, y = Shapes(), {}, MARGIN
    on_path = _on_path(edges)
    for node in order:
        ends = [e for e in edges if e.node == node.node and not e.goes_on]
        lines = _wrapped(node.question, QUESTION_WIDTH)
        lines.append(f"reached by {share_of_draws(node.reached)}")
        leaves = [_leaf_box(e, left + QUESTION_WIDTH + 130, 0.0) for e in ends]
        leaf_heights = sum(b.height + 6 for b in leaves)
        height = max(len(lines) * LINE + 2 * PAD, leaf_heights - 6 if leaves else 0.0)
        box = Box(x=left, y=y, width=QUESTION_WIDTH, height=height, lines=tuple(lines), bold=node.node in on_path)
        boxes[node.node] = box
        shapes.boxes.append(box)
        _draw_leaves(shapes, box, ends, y + (height - leaf_heights + 6) / 2)
        y += height + GAP
    _draw_downward(shapes, boxes, edges, lanes, rank)
    shapes.height = y - GAP + MARGIN
    return shapes


def _leaf_box(edge: _Edge, x: float, y: float) -> Box:
    unasked = read_tree().nodes.get(edge.to)
    words = f"asks on: {unasked.question}" if unasked else plain_words(edge.to).replace("/", " / ")
    lines = _wrapped(words, LEAF_WIDTH)
    return Box(
        x=x,
        y=y,
        width=LEAF_WIDTH,
        height=len(lines) * LINE + PAD,
        lines=tuple(lines),
        bold=edge.taken,
        leaf=unasked is None,
        faint=edge.share == 0,
    )


def _wrapped(text: str, width: float) -> list[str]:
    return textwrap.wrap(text, int((width - 2 * PAD) / LETTER)) or [""]


def _words(edge: _Edge) -> str:
    return f"{plain_words(edge.answer)} {share_of_draws(edge.share)}"


def _draw_leaves(shapes: Shapes, box: Box, ends: Sequence[_Edge], y: float) -> None:
    right, start = box.x + box.width, box.y + box.height / 2
    bend = right + 10
    for edge in ends:
        leaf = _leaf_box(edge, right + 130, y)
        middle = leaf.y + leaf.height / 2
        corners = ((right, start), (bend, start), (bend, middle), (leaf.x, middle))
        shapes.boxes.append(leaf)
        shapes.ways.append(
            Way(
                corners=corners,
                words=_words(edge),
                words_at=(bend + 5, middle - 4),
                bold=edge.taken,
                faint=edge.share == 0,
            )
        )
        y += leaf.height + 6


def _draw_downward(
    shapes: Shapes, boxes: Mapping[str, Box], edges: Sequence[_Edge], lanes: Mapping[int, int], rank: Mapping[str, int]
) -> None:
    for node, box in boxes.items():
        onward = [e for e in edges if e.node == node and e.goes_on]
        onward.sort(key=lambda e: -rank[e.to])  # Those that skip leave leftmost, so that no two lines cross.
        for i, edge in enumerate(onward):
            x = box.x + 18 + i * (box.width - 18) / len(onward)
            bottom, to = box.y + box.height, boxes[edge.to]
            corners: tuple[tuple[float, float], ...] = ((x, bottom), (x, to.y))
            if id(edge) in lanes:
                lane, turn, enter = MARGIN + LANE * lanes[id(edge)], bottom + GAP * 0.55, to.y + to.height / 2
                corners = ((x, bottom), (x, turn), (lane, turn), (lane, enter), (to.x, enter))
            shapes.ways.append(
                Way(
                    corners=corners,
                    words=_words(edge),
                    words_at=(x + 5, bottom + LINE + 2),
                    bold=edge.taken,
                    faint=edge.share == 0,
                )
            )


def _svg(shapes: Shapes) -> str:
    height_mm = shapes.height / WIDTH * DOUBLE_MM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{DOUBLE_MM:g}mm" height="{height_mm:.2f}mm" '
        f'viewBox="0 0 {WIDTH:g} {shapes.height:g}" font-family="{html.escape(FONTS)}" font-size="{TEXT:g}">'
    ]
    # Bold lines last, so that they lie above the thin ones they meet.
    for way in sorted(shapes.ways, key=lambda w: w.bold):
        path = "M" + " L".join(f"{x:g} {y:g}" for x, y in way.corners)
        dash = ' stroke-dasharray="3 3"' if way.faint else ""
        stroke = PATH if way.bold else MUTED
        parts.append(f'<path d="{path}" fill="none" stroke="{stroke}" stroke-width="{3 if way.bold else 1}"{dash}/>')
    for box in shapes.boxes:
        parts.append(_svg_box(box))
    for way in shapes.ways:
        weight = ' font-weight="700"' if way.bold else ""
        x, y = way.words_at
        fill = MUTED if way.faint else INK
        parts.append(f'<text x="{x:g}" y="{y:g}" fill="{fill}"{weight}>{html.escape(way.words)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _path_colour(box: Box) -> str:
    """Return the colour of a box on the taken path; an end without a call does not wear the colour of one."""
    return INK if box.leaf and box.lines[0].startswith("not determined") else PATH


def _svg_box(box: Box) -> str:
    stroke, width = (_path_colour(box), 3) if box.bold else (FAINT if box.faint else MUTED, 1)
    dash = ' stroke-dasharray="3 3"' if box.faint else ""
    radius = box.height / 2 if box.leaf else 4
    text, weight = MUTED if box.faint else INK, ' font-weight="700"' if box.bold else ""
    rectangle = (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="{min(radius, 14):g}" '
        f'fill="{PAPER}" stroke="{stroke}" stroke-width="{width}"{dash}/>'
    )
    lines = [
        f'<text x="{box.x + PAD + 2:g}" y="{y:g}" fill="{text}"{weight}>{html.escape(line)}</text>'
        for y, line in zip(_line_heights(box), box.lines, strict=True)
    ]
    return "\n".join([rectangle, *lines])


def _line_heights(box: Box) -> list[float]:
    """Return the baselines of a box's lines, centred."""
    top = box.y + (box.height - len(box.lines) * LINE) / 2
    return [top + (i + 0.78) * LINE for i in range(len(box.lines))]


def _pdf(shapes: Shapes, title: str) -> bytes:
    from matplotlib.patches import FancyBboxPatch

    points_per_unit = DOUBLE_MM / MM_PER_INCH * 72 / WIDTH
    figure = sheet(DOUBLE_MM, max(shapes.height, 1.0) / WIDTH * DOUBLE_MM)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(max(shapes.height, 1.0), 0))
    axes.set_axis_off()
    size = TEXT * points_per_unit
    for way in sorted(shapes.ways, key=lambda w: w.bold):
        xs, ys = zip(*way.corners, strict=True)
        axes.plot(xs, ys, color=PATH if way.bold else MUTED, lw=1.8 if way.bold else 0.6, ls="--" if way.faint else "-")
        axes.text(*way.words_at, way.words, size=size, weight="bold" if way.bold else "normal", color=INK)
    for box in shapes.boxes:
        rounding = min(14 if box.leaf else 4, box.height / 2)
        axes.add_patch(
            FancyBboxPatch(
                (box.x, box.y),
                box.width,
                box.height,
                boxstyle=f"round,pad=0,rounding_size={rounding}",
                facecolor=PAPER,
                edgecolor=_path_colour(box) if box.bold else MUTED,
                lw=1.8 if box.bold else 0.6,
                zorder=3,
                ls="--" if box.faint else "-",
            )
        )
        for y, line in zip(_line_heights(box), box.lines, strict=True):
            axes.text(box.x + PAD + 2, y, line, size=size, zorder=4, weight="bold" if box.bold else "normal")
    packed = io.BytesIO()
    figure.savefig(
        packed, format="pdf", metadata={"CreationDate": None, "Title": title, "Creator": "avpi", "Producer": None}
    )
    return packed.getvalue()


def _points(verdict: Verdict, edges: Sequence[_Edge]) -> pd.DataFrame:
    node = {n.node: n for n in verdict.nodes}
    columns = {
        "node": "str",
        "question": "str",
        "reached": "float64",
        "answer": "str",
        "leads_to": "str",
        "share_of_all_draws": "float64",
        "taken": "bool",
    }
    rows = [
        {
            "node": e.node,
            "question": node[e.node].question,
            "reached": node[e.node].reached,
            "answer": e.answer,
            "leads_to": e.to,
            "share_of_all_draws": e.share,
            "taken": e.taken,
        }
        for e in edges
    ]
    return frame(rows, columns)
