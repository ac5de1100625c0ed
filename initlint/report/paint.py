"""Colour where it is wanted, and text from elsewhere made harmless for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

Paint = Callable[[str, str], str]
"""Takes a text and a style such as ``bold red``; returns what to show."""

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


def plain(text: str, style: str) -> str:
    """No colour at all."""
    return text


def coloured() -> Paint:
    """Colour by ANSI codes; only this loads the library that knows them."""
    from rich.style import Style

    def paint(text: str, style: str) -> str:
        return Style.parse(style).render(text)

    return paint


def safe(text: str) -> str:
    """``text`` on one line, with control characters, direction marks and lone surrogates spelled out."""
    return text if text.isascii() and text.isprintable() else "".join(map(_spell, text))


def width(text: str) -> int:
    """How many columns a terminal uses for ``text``."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _spell(char: str) -> str:
    if char not in _BIDI and unicodedata.category(char) not in ("Cc", "Cs"):
        return char
    return char.encode("unicode_escape").decode("ascii")
