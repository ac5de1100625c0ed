"""What looks like the call of an initializer or like a routine of such calls, in text that nobody has parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator

INITIALIZES = re.compile(
    r"\binit\s*\.\s*(?!calculate_gain)\w+\s*\("
    r"|\b(?:(?:xavier|kaiming|trunc)_(?:uniform|normal)|normal|uniform|constant|orthogonal|sparse|dirac|eye|ones|zeros|zero|fill)_\s*\("
    r"|(?<![\w.])(?:(?:xavier|kaiming)_(?:uniform|normal)|normal|uniform|constant|orthogonal|sparse|dirac|eye)\s*\("
)
"""What such a call looks like."""
ROUTINE = re.compile(r"(?:^|_)(?:re)?init(?:iali[sz]e)?(?:$|_)|^_*reset_(?:parameters|weights|params)(?:$|_)|^_*(?:weights?|params?)_reset$")
"""Names of routines that set what a model starts from."""
_MODULE = re.compile(r"init\s*\.\s*\w+\s*\(")
_FUNCTION = re.compile(r"(?:uniform|normal|constant|orthogonal|sparse|dirac|eye|ones|zeros|zero|fill)_?\s*\(")
"""Parts of it that begin with letters, which a regular expression finds much sooner."""


def initializer_calls(text: str) -> Iterator[re.Match[str]]:
    """As ``INITIALIZES.finditer(text)``."""
    starts = [match.start() for match in _MODULE.finditer(text)]
    starts += [_word(text, match.start()) for match in _FUNCTION.finditer(text)]
    end = 0
    for start in sorted(starts):
        match = INITIALIZES.match(text, start) if start >= end else None
        if match is not None:
            end = match.end()
            yield match


def commented(text: str, offset: int) -> bool:
    """Whether ``offset`` stands behind a hash on its line."""
    return "#" in text[text.rfind("\n", 0, offset) + 1 : offset]


def _word(text: str, offset: int) -> int:
    """Where the word begins in which ``offset`` stands."""
    while offset and (text[offset - 1].isalnum() or text[offset - 1] == "_"):
        offset -= 1
    return offset
