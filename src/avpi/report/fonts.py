"""The font of the figures: DejaVu Sans as matplotlib brings it, cut once to the scripts and tables that figures use.

Embedding a subset of the whole font in every PDF would take most of a report's time. Latin, Greek, Cyrillic, signs and
shapes are kept; a name in another script is right in the SVG, whose text stays text, and shows empty boxes in the
PDF. The bundled font, never one of the machine, also makes the files the same everywhere.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

FAMILY: Final = "DejaVuSansAvpi"
UNUSED_TABLES: Final = ("GSUB", "GPOS", "GDEF", "MATH", "FFTM", "kern")
KEPT: Final = ((0x20, 0x17F), (0x370, 0x45F), (0x2000, 0x20CF), (0x2190, 0x22FF), (0x25A0, 0x25FF), (0x2700, 0x27BF))
"""Blocks of Unicode: Latin, Greek, Cyrillic; punctuation to currencies; arrows, mathematics; shapes; dingbats."""
NAME_IDS: Final = (1, 4, 6, 16)
"""Records of a font's name table that hold its family and full name (OpenType, table 'name')."""


@cache
def figure_font() -> str:
    """Return the family name of the figures' font, which matplotlib knows from now on in this process."""
    from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
    from matplotlib import font_manager, get_data_path

    folder = Path(tempfile.mkdtemp(prefix="avpi-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    cut = Subsetter(
        Options(drop_tables=[*Options().drop_tables, *UNUSED_TABLES], layout_features=[], name_IDs=["*"], hinting=False)
    )
    cut.populate(unicodes=[code for first, last in KEPT for code in range(first, last + 1)])
    for weight in ("", "-Bold"):
        font = TTFont(Path(get_data_path()) / "fonts" / "ttf" / f"DejaVuSans{weight}.ttf", recalcTimestamp=False)
        cut.subset(font)
        for name_id in NAME_IDS:
            full = f"{FAMILY}{weight}" if name_id in (4, 6) else FAMILY
            font["name"].setName(full, name_id, 3, 1, 0x409)
            font["name"].setName(full, name_id, 1, 0, 0)
        path = folder / f"{FAMILY}{weight}.ttf"
        font.save(path)
        font_manager.fontManager.addfont(str(path))
    return FAMILY
