"""Searches with every regular expression of the package in text that was made to keep it busy; names each as it begins."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import initlint

LEFT_OUT = re.compile(r"\.overlays\.contracts|\.live\b|\.measure\b|__main__")
"""Stand-ins for code of other libraries, and what imports torch."""
WORD = re.compile(r"[A-Za-z_]{2,}|[(),=.\[\]:]")
TURNS = 120


def patterns() -> dict[str, tuple[str, re.Pattern[str]]]:
    """Each expression once, with the name it goes by."""
    found: dict[str, tuple[str, re.Pattern[str]]] = {}
    for module in pkgutil.walk_packages(initlint.__path__, "initlint."):
        if LEFT_OUT.search(module.name):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            held = value if isinstance(value, (list, tuple)) else value.values() if isinstance(value, dict) else (value,)
            for one in held:
                if isinstance(one, re.Pattern) and isinstance(one.pattern, str):
                    found.setdefault(one.pattern, (f"{module.name}.{name}", one))
    return found


def hostile(pattern: re.Pattern[str]) -> Iterator[str]:
    """Blanks, brackets and names over and over, and the words of the expression itself, which take it past its beginning."""
    words = WORD.findall(pattern.pattern)[:12]
    followed = [f"{word}{end}" for word in words for end in (" ", "(", " = ", "\n    ")]
    for piece in ("    \n", "    x = 1\n", " ", "a", "a.", "(", "a, ", "\n", "# ", "\t \t", *words, *followed):
        yield piece * TURNS
    for head in ("for a, b in c.named_parameters():", " ".join(words)):
        yield f"{head}\n" + "    \n" * TURNS
        yield head + " " * TURNS + "x"


def main() -> None:
    for name, pattern in patterns().values():
        print(name, flush=True)
        for text in hostile(pattern):
            for _ in pattern.finditer(text):
                pass
    print("all", flush=True)


if __name__ == "__main__":
    main()
