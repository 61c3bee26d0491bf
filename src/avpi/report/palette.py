"""Colours of every figure and of the page: Okabe and Ito's palette, and never a colour without a letter or shape.

The palette is that of Okabe M, Ito K. Color Universal Design (2008), made to stay apart for every kind of colour
vision. Four greys and the blue of the taken path are *roles*: where a figure is put into the page they become the
page's own colours, so that it can be read in light and in dark (``drawing.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.colors import LinearSegmentedColormap

BLACK: Final = "#000000"
ORANGE: Final = "#e69f00"
SKY_BLUE: Final = "#56b4e9"
BLUISH_GREEN: Final = "#009e73"
BLUE: Final = "#0072b2"
VERMILLION: Final = "#d55e00"
REDDISH_PURPLE: Final = "#cc79a7"

INK: Final = "#1b1f24"
MUTED: Final = "#57606a"
FAINT: Final = "#d0d7de"
PAPER: Final = "#fffffe"
PATH: Final = "#0072b3"
ROLES: Final = {
    PATH: "var(--bar)",
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    FAINT: "var(--line)",
    PAPER: "var(--paper)",
}
"""Colours that follow the page's theme, and the CSS variables that they become."""

DARK: Final = "#1a1a1a"
WHITE: Final = "#fdfdfd"
"""Fixed in both themes: text and ground inside pictures that stay light in the dark."""

BAND_STATES: Final = {
    "measured": (BLUE, "M", "measured"),
    "below_detection": (REDDISH_PURPLE, "B", "below detection"),
    "saturated": (VERMILLION, "S", "saturated"),
    "missing": (ORANGE, "X", "missing"),
}
"""State of a band -> (colour of its box, its letter, its words)."""

SERIES: Final = (
    (BLUE, "o"),
    (VERMILLION, "s"),
    (BLUISH_GREEN, "^"),
    (REDDISH_PURPLE, "D"),
    (ORANGE, "v"),
    (SKY_BLUE, "P"),
)
"""Colour and marker of the series of a plot, in order."""


def viability_colours() -> LinearSegmentedColormap:
    """Return the scale of heat maps: dark blue (dead) over white-ish green to yellow (alive); even in lightness."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("viability", ["#08306b", BLUE, "#6fb7c9", "#d9ead3", "#fff6b3"])


def density_colours() -> LinearSegmentedColormap:
    """Return the scale of event densities, from few (pale blue) to many (black), on a white ground."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("density", ["#8cc4ea", BLUE, "#123a5c", BLACK])


def text_on(red: float, green: float, blue: float) -> str:
    """Return the text colour, dark or white, with the larger contrast on a ground (sRGB 0-1; WCAG 2.2 luminance)."""

    def linear(c: float) -> float:
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    # 0.179 is where contrast with black and with white are equal: (L + .05)^2 = 1.05 * 0.05.
    return DARK if luminance > 0.179 else WHITE
