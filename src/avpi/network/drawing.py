"""Draws the pathway as SVG: ``python -m avpi.network.drawing > docs/explanation/pathway.svg``.

Species and conversions come from the model; ``drawing.yaml`` has where they stand and which arrows are shown. The
picture has its own background, so that it reads on a light page and on a dark one. Colours are those of Okabe and Ito.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from avpi.network.assemble import pathway
from avpi.network.parts import Species

OKABE_ITO: Mapping[str, str] = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
}
INK, PAPER, BECOMES, DRIVES, LOWERS, ADDED = "#1a1a1a", "#ffffff", "#3a3a3a", "#0072B2", "#D55E00", "#F0E442"
FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
LETTER, PAD, HALF = 7.1, 10.0, 13.0
"""Width of a letter at 13 px, room beside a label, and half of a label's height, px."""
CORNER = 6.0
"""Radius of a way's corners, px."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a label stands; ``x`` and ``y`` are its middle, px; ``added`` where it is given to the cells."""

    x: float
    y: float
    label: str
    added: bool = False

    @property
    def half_width(self) -> float:
        """Half of the width of its frame, px."""
        return LETTER * len(self.label) / 2 + PAD


@dataclass(frozen=True, slots=True)
class Arrow:
    """One line of the picture; its ``sign`` is ``=`` for a conversion, ``+`` for what drives, ``-`` for what lowers."""

    start: Place
    end: Place
    sign: str
    via: tuple[Point, ...]
    told: str


@cache
def layout() -> Mapping[str, Any]:
    """Return what ``drawing.yaml`` says."""
    loaded: Mapping[str, Any] = yaml.safe_load(files("avpi.network").joinpath("drawing.yaml").read_text("utf-8"))
    return loaded


def places() -> dict[str, Place]:
    """Return where each species stands.

    Raises
    ------
    ValueError
        If the model and the layout do not have the same species.
    """
    placed: Mapping[str, Any] = layout()["species"]
    own = [species.name for species in pathway().species]
    homeless, unknown = sorted(set(own) - set(placed)), sorted(set(placed) - set(own))
    if homeless or unknown:
        what = f"drawing.yaml places no {homeless} and places {unknown}, which the model does not have"
        raise ValueError(what)
    return {name: _place(entry, added=entry.get("added", False)) for name, entry in placed.items()}


def _place(entry: Mapping[str, Any], *, added: bool) -> Place:
    x, y = entry["at"]
    return Place(float(x), float(y), entry["label"], added)


def arrows() -> Iterator[Arrow]:
    """Yield every conversion of the model, then the arrows and the added things of the layout."""
    where, ways = places(), layout()["ways"]
    for reaction in pathway().reactions:
        for source in reaction.reactants:
            for target in reaction.products:
                via = _points(ways.get(reaction.name, ()))
                yield Arrow(where[source], where[target], "=", via, reaction.why)
    for entry in layout()["arrows"]:
        told = f"{entry['from']} {'drives' if entry['acts'] == '+' else 'lowers'} {entry['to']}"
        yield Arrow(where[entry["from"]], where[entry["to"]], entry["acts"], _points(entry.get("via", ())), told)
    for entry in layout()["added"]:
        yield Arrow(
            _place(entry, added=True), where[entry["to"]], entry["acts"], _points(entry.get("via", ())), entry["label"]
        )


def _points(entries: Sequence[Sequence[float]]) -> tuple[Point, ...]:
    return tuple((float(x), float(y)) for x, y in entries)


def svg() -> str:
    """Return the picture."""
    width, height = layout()["size"]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="{FONT}" role="img" aria-labelledby="title">',
        '<title id="title">From Smac mimetic to cell death: the modules, species and reactions of the model</title>',
        f'<rect width="{width}" height="{height}" rx="12" fill="{PAPER}"/>',
        _text(30, 42, "From Smac mimetic to cell death", size=24, weight=700),
        _text(
            width - 30, 42, "drawn from the equations of avpi · research use only", size=13, anchor="end", fill="#555"
        ),
    ]
    for name, entry in layout()["modules"].items():
        lines += _box(name, entry)
    lines += [_line(arrow) for arrow in arrows()]
    what = {species.name: species for species in pathway().species}
    lines += [_label(place, _told(what[name])) for name, place in places().items()]
    for entry in layout()["added"]:
        lines.append(_label(_place(entry, added=True), f"{entry['label']}, added to the cells"))
    lines += _legend()
    return "\n".join([*lines, "</svg>", ""])


def _told(species: Species) -> str:
    proteins = f" (UniProt {', '.join(species.uniprot)})" if species.uniprot else ""
    return f"{species.name}: {species.what}{proteins}"


def _box(name: str, entry: Mapping[str, Any]) -> list[str]:
    x, y, width, height = entry["box"]
    colour = OKABE_ITO[entry["colour"]]
    whole = next(module for module in pathway().modules if module.name == name)
    return [
        f'<g><title>{html.escape(whole.title)}</title><rect x="{x}" y="{y}" width="{width}" height="{height}" rx="10"'
        f' fill="{colour}" fill-opacity="0.09" stroke="{colour}" stroke-width="1.6"/></g>',
        _text(x + 14, y + (height - 12 if entry.get("title_below") else 24), entry["title"], size=15, weight=700),
    ]


def _text(
    x: float,
    y: float,
    words: str,
    *,
    size: int,
    weight: int = 400,
    anchor: str = "start",
    fill: str = INK,
) -> str:
    return (
        f'<text x="{_number(x)}" y="{_number(y)}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
        f' fill="{fill}">{html.escape(words)}</text>'
    )


def _label(place: Place, told: str) -> str:
    left, width = place.x - place.half_width, 2 * place.half_width
    radius, fill = (HALF, ADDED) if place.added else (CORNER, PAPER)
    return (
        f"<g><title>{html.escape(told)}</title>"
        f'<rect x="{_number(left)}" y="{_number(place.y - HALF)}" width="{_number(width)}" height="{2 * HALF:g}"'
        f' rx="{radius:g}" fill="{fill}" stroke="{INK}" stroke-width="1"/>'
        f"{_text(place.x, place.y + 4.5, place.label, size=13, anchor='middle')}</g>"
    )


def _line(arrow: Arrow) -> str:
    colour = {"=": BECOMES, "+": DRIVES, "-": LOWERS}[arrow.sign]
    first = _edge(arrow.start, arrow.via[0] if arrow.via else _nearest(arrow.end, arrow.start))
    last = _edge(arrow.end, arrow.via[-1] if arrow.via else first)
    points = [first, *arrow.via, last]
    path = f'<path d="{_path(points)}" fill="none" stroke="{colour}" stroke-width="1.7"/>'
    return (
        f"<g><title>{html.escape(arrow.told)}</title>{path}{_head(points[-2], last, colour, bar=arrow.sign == '-')}</g>"
    )


def _nearest(place: Place, to: Place) -> Point:
    """Return the middle of a label, or its height where it is beside the other one."""
    return (place.x, to.y if abs(place.y - to.y) < HALF else place.y)


def _edge(place: Place, towards: Point) -> Point:
    """Return where a way that comes from a point meets the frame: straight where it can, else at the nearest side."""
    x, y = towards
    width = place.half_width
    if abs(x - place.x) < width - 2:
        return (x, place.y + (HALF if y > place.y else -HALF))
    if abs(y - place.y) < HALF:
        return (place.x + (width if x > place.x else -width), y)
    across, along = x - place.x, y - place.y
    scale = min(width / abs(across), HALF / abs(along))
    return (place.x + across * scale, place.y + along * scale)


def _path(points: Sequence[Point]) -> str:
    """Return a way with round corners."""
    found = [f"M{_number(points[0][0])} {_number(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _along(corner, before), _along(corner, after)
        found.append(f"L{_number(start[0])} {_number(start[1])}")
        found.append(f"Q{_number(corner[0])} {_number(corner[1])} {_number(end[0])} {_number(end[1])}")
    found.append(f"L{_number(points[-1][0])} {_number(points[-1][1])}")
    return "".join(found)


def _along(start: Point, end: Point, most: float = CORNER) -> Point:
    """Return the point on the way from one point to another, at most so far from the first."""
    length = _length(start, end)
    share = min(most / length, 0.5) if length else 0.0
    return (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))


def _length(start: Point, end: Point) -> float:
    return float(((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5)


def _head(before: Point, tip: Point, colour: str, *, bar: bool) -> str:
    length = _length(before, tip) or 1.0
    ux, uy = (tip[0] - before[0]) / length, (tip[1] - before[1]) / length
    if bar:
        tip = (tip[0] - 2 * ux, tip[1] - 2 * uy)
        ends = [(tip[0] - side * 6 * uy, tip[1] + side * 6 * ux) for side in (-1, 1)]
        (x1, y1), (x2, y2) = ends
        return (
            f'<line x1="{_number(x1)}" y1="{_number(y1)}" x2="{_number(x2)}" y2="{_number(y2)}"'
            f' stroke="{colour}" stroke-width="3"/>'
        )
    back = (tip[0] - 9 * ux, tip[1] - 9 * uy)
    wings = [(back[0] - side * 4.5 * uy, back[1] + side * 4.5 * ux) for side in (-1, 1)]
    corners = " ".join(f"{_number(x)},{_number(y)}" for x, y in (tip, *wings))
    return f'<polygon points="{corners}" fill="{colour}"/>'


def _legend() -> list[str]:
    x, y, _, _ = layout()["legend"]
    found = [_text(x, y + 20, "How to read it", size=13, weight=700)]
    for row, (sign, words) in enumerate((("=", "becomes"), ("+", "makes or drives"), ("-", "lowers"))):
        level = y + 48 + 28 * row
        start, end = (float(x), float(level)), (x + 34.0, float(level))
        colour = {"=": BECOMES, "+": DRIVES, "-": LOWERS}[sign]
        found.append(f'<path d="{_path([start, end])}" fill="none" stroke="{colour}" stroke-width="1.7"/>')
        found.append(_head(start, end, colour, bar=sign == "-"))
        found.append(_text(x + 44, level + 4.5, words, size=13))
    level = y + 48 + 28 * 3
    found.append(_label(Place(x + 32.0, float(level), "added", added=True), "added to the cells"))
    found.append(_text(x + 72, level + 4.5, "to the cells", size=13))
    found.append(_text(x, level + 40, "Arrows are a choice;", size=12, fill="#555"))
    found.append(_text(x, level + 57, "every one is held by", size=12, fill="#555"))
    found.append(_text(x, level + 74, "an equation.", size=12, fill="#555"))
    return found


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


if __name__ == "__main__":
    sys.stdout.write(svg())
