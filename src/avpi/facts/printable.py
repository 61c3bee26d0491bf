"""Texts of a file as they may be printed: what a terminal would obey, or hide, is shown as its code."""

from __future__ import annotations

import unicodedata

UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of Unicode that print nothing of their own: control and format characters, line separators."""


def printable(text: str) -> str:
    r"""Return a text on one line, with control characters as their codes, such as ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode() if unicodedata.category(character) in UNSEEN else character
        for character in text
    )
