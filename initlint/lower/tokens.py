"""The words, strings and brackets of a text, and where lowering stands among them."""

from __future__ import annotations

import re
from typing import Optional

from initlint.text.newer import NESTED, formatted

TOKEN = re.compile(
    r"""
    \#[^\n\r]*
  | [rRbBuUfFtT]{0,3}(?P<long>\"\"\"|\'\'\')(?:[^\\]|\\.)*?(?P=long)
  | [rRbBuUfFtT]{0,3}"(?:[^"\\\n]|\\.)*"
  | [rRbBuUfFtT]{0,3}'(?:[^'\\\n]|\\.)*'
  | [^\W\d]\w*
  | 0[xXoObB][\da-fA-F_]+ | (?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?
  | [()\[\]{}]
    """,
    re.VERBOSE | re.DOTALL,
)


class Tokens:
    """The tokens of one text, taken in order.

    ``last`` is where the token taken last ends, ``first`` where the expression lowered last begins, parentheses
    included. Inside an f-string every token stands at ``frozen``, the span of the whole string.
    """

    def __init__(self, text: str, base: int) -> None:
        self.tokens: list[tuple[int, str]] = []
        done = 0
        for start, end in formatted(text) if NESTED.search(text) else ():
            self.tokens += [*_split(text, done, start, base), (start + base, text[start:end])]
            done = end
        self.tokens += _split(text, done, len(text), base)
        self.index = 0
        self.first = self.last = base
        self.frozen: Optional[tuple[int, int]] = None

    def take(self, token: str) -> int:
        """Advance past the next ``token`` and return where it starts."""
        if self.frozen:
            self.last = self.frozen[1]
            return self.frozen[0]
        tokens, index = self.tokens, self.index
        end = len(tokens)
        while index < end and tokens[index][1] != token:
            index += 1
        if index == end:
            return self.last
        self.index = index + 1
        start = tokens[index][0]
        self.last = start + len(token)
        return start

    def take_prefixed(self, prefix: str) -> tuple[int, int]:
        """Advance past the next token that starts with ``prefix`` and return its span."""
        while self.index < len(self.tokens) and not self.tokens[self.index][1].startswith(prefix):
            self.index += 1
        if self.index == len(self.tokens):
            return self.last, self.last
        start, token = self.tokens[self.index]
        self.index += 1
        return start, start + len(token)


def _split(text: str, start: int, end: int, base: int) -> list[tuple[int, str]]:
    return [(match.start() + base, match[0]) for match in TOKEN.finditer(text, start, end) if match[0][0] != "#"]
