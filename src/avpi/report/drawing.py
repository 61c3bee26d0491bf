"""One figure as files and as part of the page: deterministic SVG and PDF, text kept as text.

matplotlib's ``Figure`` is used without pyplot; lengths are millimetres, text is 5 to 7 pt, widths are a journal's
89, 120 or 183 mm. In the page, ids get the figure's name as prefix and the greys of ``palette.ROLES`` follow the
theme; the files keep plain colours.
"""

from __future__ import annotations

import base64
import html
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from avpi.report.fonts import FAMILY, figure_font
from avpi.report.palette import FAINT, INK, MUTED, ROLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MM_PER_INCH: Final = 25.4
SINGLE_MM, MIDDLE_MM, DOUBLE_MM = 89.0, 120.0, 183.0
"""Widths of one, one and a half and two columns of a journal."""
TEXT_PT, SMALL_PT, TITLE_PT = 6.0, 5.0, 7.0
FONTS: Final = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
"""Written into SVG; lines are measured with DejaVu Sans, which is wider than the others, so nothing overflows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A finished figure.

    Attributes
    ----------
    name : of its files and its anchor, such as ``"blot1-image"``.
    title, alt, caption : heading, what a reader who cannot see it is told, and the legend below.
    svg, pdf : the whole files.
    points : what was drawn, one row a point or box, units in the column names.
    """

    name: str
    title: str
    alt: str
    caption: str
    svg: str
    pdf: bytes
    points: pd.DataFrame
    width_mm: float

    def inline(self) -> str:
        """Return the SVG as it stands in the page: unique ids, no foreign names, colours of the theme."""
        body = self.svg[self.svg.index("<svg") :]
        tag, _, rest = body.partition(">")
        tag = re.sub(r'\s(?:xmlns(?::\w+)?|width|height|version)="[^"]*"', "", tag)
        rest = re.sub(r"\s*<(title|desc)>.*?</\1>", "", rest, count=2, flags=re.DOTALL)
        body = f"{tag}>{rest}"
        body = _own_ids(body, self.name)
        for grey, variable in ROLES.items():
            body = body.replace(grey, variable)
        opening = f'<svg role="img" aria-label="{html.escape(self.alt)}" '
        return opening + body.removeprefix("<svg").lstrip()


def _own_ids(svg: str, prefix: str) -> str:
    """Drop ids that nothing refers to and prefix the others, so that many figures can share one page."""
    svg = svg.replace("xlink:href", "href")
    used = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg))
    referred = {name for pair in used for name in pair if name}

    def own(match: re.Match[str]) -> str:
        return f' id="{prefix}-{match[1]}"' if match[1] in referred else ""

    svg = re.sub(r'\sid="([^"]*)"', own, svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    return re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)


@contextmanager
def style() -> Iterator[None]:
    """Set matplotlib for the figures drawn inside: house style, and nothing that differs between two runs."""
    import matplotlib as mpl

    settings: dict[Any, Any] = {
        "font.family": figure_font(), "font.size": TEXT_PT, "text.color": INK, "text.parse_math": False,
        "axes.edgecolor": MUTED, "axes.labelcolor": INK, "axes.titlesize": TITLE_PT, "axes.labelsize": TEXT_PT,
        "axes.linewidth": 0.5, "axes.spines.top": False, "axes.spines.right": False, "axes.facecolor": "none",
        "axes.unicode_minus": True, "axes.titleweight": "bold", "axes.titley": 1.0, "axes.titlelocation": "left",
        "xtick.color": MUTED, "ytick.color": MUTED, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
        "xtick.labelsize": SMALL_PT, "ytick.labelsize": SMALL_PT, "xtick.major.width": 0.5, "ytick.major.width": 0.5,
        "xtick.major.size": 2.0, "ytick.major.size": 2.0, "lines.linewidth": 0.8, "lines.markersize": 3.5,
        "hatch.linewidth": 0.4, "legend.fontsize": SMALL_PT, "legend.frameon": False, "figure.facecolor": "none",
        "savefig.facecolor": "none", "svg.fonttype": "none", "svg.hashsalt": "avpi", "pdf.fonttype": 42,
        "image.interpolation": "none", "grid.color": FAINT, "grid.linewidth": 0.4,
    }  # fmt: skip
    with mpl.rc_context(settings), warnings.catch_warnings():
        # A title in a script that the measuring font lacks is still right in the SVG, which keeps text as text.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def sheet(width_mm: float, height_mm: float) -> Figure:
    """Return an empty figure of a size."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))
    FigureCanvasAgg(figure)
    return figure


def panel(figure: Figure, *, left_mm: float, top_mm: float, width_mm: float, height_mm: float) -> Axes:
    """Return axes placed by millimetres from the sheet's left and top."""
    whole_width, whole_height = (float(inches) * MM_PER_INCH for inches in figure.get_size_inches())
    return figure.add_axes(
        (
            left_mm / whole_width,
            1 - (top_mm + height_mm) / whole_height,
            width_mm / whole_width,
            height_mm / whole_height,
        )
    )


def finish(figure: Figure, *, name: str, title: str, alt: str, caption: str, points: pd.DataFrame) -> Drawing:
    """Render a matplotlib figure to its two files; call inside :func:`style`."""
    svg, pdf = io.StringIO(), io.BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None})
    figure.savefig(
        pdf, format="pdf", metadata={"CreationDate": None, "Title": title, "Creator": "avpi", "Producer": None}
    )
    return Drawing(
        name=name,
        title=title,
        alt=alt,
        caption=caption,
        svg=_clean(svg.getvalue(), title, alt),
        pdf=pdf.getvalue(),
        points=points,
        width_mm=float(figure.get_size_inches()[0]) * MM_PER_INCH,
    )


def svg_file(body: str, *, title: str, alt: str) -> str:
    """Return a whole SVG file of an ``<svg>`` element, with the title and description that readers announce."""
    head = f"<title>{html.escape(title)}</title>\n<desc>{html.escape(alt)}</desc>\n"
    end_of_tag = body.index(">", body.index("<svg")) + 1
    return '<?xml version="1.0" encoding="utf-8"?>\n' + body[:end_of_tag] + "\n" + head + body[end_of_tag:].lstrip()


def _clean(svg: str, title: str, alt: str) -> str:
    """Return matplotlib's SVG without document type, metadata and global style, with small pictures and plain fonts."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"\s*<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = body.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)
    body = re.sub(rf"'?{FAMILY}'?", FONTS, body)
    body = re.sub(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)", _smaller_png, body)
    return svg_file(body, title=title, alt=alt)


def _smaller_png(match: re.Match[str]) -> str:
    """Store a picture as grey or with a palette where that loses nothing that can be seen."""
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(match[1]))).convert("RGBA")
    red, green, blue, alpha = picture.split()
    grey = alpha.getextrema() == (255, 255) and red.tobytes() == green.tobytes() == blue.tobytes()
    # 256 colours are more than the colour scales of these pictures show.
    small = red if grey else picture.quantize(256, method=Image.Quantize.FASTOCTREE)
    packed = io.BytesIO()
    small.save(packed, format="PNG", compress_level=9)
    return "data:image/png;base64," + base64.b64encode(packed.getvalue()).decode()
