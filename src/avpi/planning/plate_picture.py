"""A plate as SVG: every well with the code of its content, so that colour never tells anything alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from avpi.planning.layout import BLANK, EMPTY, KILL, VEHICLE, PlateLayoutPlan
from avpi.readings import row_letters, well_name

WIDTH = 720
"""Of the picture, in its own units; the page scales it."""
MARGIN = 26
FAMILIES: Mapping[str, tuple[str, str]] = {
    "vehicle": ("#d0d7de", "vehicle"),
    "kill": ("#57606a", "kill control"),
    "blank": ("#ffffff", "medium only"),
    "other": ("#b7e4d4", "without the mimetic"),
    "mimetic": ("#f7d08a", "with the mimetic"),
    "mimetic_tnf": ("#a9d3f0", "with the mimetic and TNF"),
}
"""Family of a content -> its tint (after Okabe and Ito 2008, lightened so that ink stays readable), and its words."""
DARK_FAMILIES = ("kill",)
INK, PAPER, FAINT = "#1b1f24", "#ffffff", "#d0d7de"
CODE_SIZE = 0.46
"""Height of a code by the width of a well."""


def family_of(content: str) -> str:
    """Return which family a content is drawn as."""
    fixed = {VEHICLE: "vehicle", KILL: "kill", BLANK: "blank"}
    if content in fixed:
        return fixed[content]
    reagents = {part.strip().split(" ")[0] for part in content.split("+")}
    if "SM" not in reagents:
        return "other"
    return "mimetic_tnf" if "TNF" in reagents else "mimetic"


def plate_svg(layout: PlateLayoutPlan, codes: Mapping[str, str]) -> str:
    """Return the plate as SVG, row letters and column numbers around it; empty wells are small rings."""
    rows, columns = layout.shape
    pitch = (WIDTH - MARGIN) / columns
    height = MARGIN + pitch * rows
    title = f"{layout.plate}, {rows * columns} wells"
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.1f}" role="img" '
            f'aria-label="{escape(title)}" font-family="sans-serif">',
            *_labels(rows, columns, pitch),
            *_wells(layout, codes, pitch),
            "</svg>",
        ]
    )


def _labels(rows: int, columns: int, pitch: float) -> Iterator[str]:
    size = min(13.0, 0.6 * pitch)
    for column in range(columns):
        x = MARGIN + pitch * (column + 0.5)
        yield _text(x, MARGIN - 7, size, "middle", str(column + 1))
    for row in range(rows):
        y = MARGIN + pitch * (row + 0.5) + size * 0.35
        yield _text(MARGIN - 8, y, size, "end", row_letters(row))


def _text(x: float, y: float, size: float, anchor: str, text: str, ink: str = INK) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{ink}">{escape(text)}</text>'


def _wells(layout: PlateLayoutPlan, codes: Mapping[str, str], pitch: float) -> Iterator[str]:
    rows, columns = layout.shape
    radius = 0.46 * pitch
    for row in range(rows):
        for column in range(columns):
            content = layout.contents[well_name(row, column)]
            x, y = MARGIN + pitch * (column + 0.5), MARGIN + pitch * (row + 0.5)
            if content == EMPTY:
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius * 0.35:.1f}" fill="none" stroke="{FAINT}"/>'
                continue
            family = family_of(content)
            fill = FAMILIES[family][0]
            ink = PAPER if family in DARK_FAMILIES else INK
            size = pitch * CODE_SIZE
            yield (
                f"<g><title>{escape(well_name(row, column))}: {escape(content)}</title>"
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}" stroke="{INK}" stroke-width="0.6"/>'
                f'<text x="{x:.1f}" y="{y + size * 0.36:.1f}" font-size="{size:.1f}" text-anchor="middle" '
                f'fill="{ink}">{escape(codes[content])}</text></g>'
            )
