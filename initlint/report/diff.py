"""Unified diffs that keep every newline as it is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from initlint.report.paint import Paint, plain, safe

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def unified(path: str, before: str, after: str) -> str:
    """The change from ``before`` to ``after`` as ``patch`` and ``git apply -p0`` read it."""
    name = safe(path)
    lines = difflib.unified_diff(_lines(before), _lines(after), name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def shown(diff: str, paint: Paint = plain) -> str:
    """A diff for a terminal: coloured, control characters spelled out."""
    return "".join(_shown(diff, paint))


def _shown(diff: str, paint: Paint) -> Iterator[str]:
    for line in diff.split("\n")[:-1]:
        text = "\t".join(map(safe, line.removesuffix("\r").split("\t")))
        style = "bold" if line.startswith(("--- ", "+++ ")) else _STYLES.get(line[:1], "")
        yield (paint(text, style) if style else text) + "\n"


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)
