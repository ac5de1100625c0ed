"""Syntax that came after the Python which runs this (PEP 695, 701, 750), hidden from its parser: the index of a file needs none of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from initlint.process.stack import with_deep_stack
from initlint.text.edits import LineIndex

if TYPE_CHECKING:
    from libcst import CSTNode

NESTED = re.compile(r"""[fFtT][rR]?(?:"[^"\n]*(?<!\{)\{[^{}"\n]*["\n]|'[^'\n]*(?<!\{)\{[^{}'\n]*['\n])""")
"""An f-string with its own quotes, or a new line, within its braces (PEP 701): where it ends, no regular expression can tell."""
OTHERS = re.compile(r"""^[ \t]*type[ \t]+\w+[ \t]*[=\[]|\b(?:def|class)[ \t]+\w+[ \t]*\[|\b(?:[tT][rR]?|[rR][tT])["']|\{[^{}\n\\]*\\""", re.MULTILINE)
"""What else may be newer: aliases, parameters, template strings, backslashes within braces."""
FORMATTED = ("FormattedString", "TemplatedString")
"""Nodes of LibCST, of which older versions have but the first."""
BRACKET = re.compile(r"[(\[{}\])]")
DEEPENS = re.compile(r"[-+*/%@&|^.]|\b(?:and|or)\b|[\])]\s*[\[(]")
PROSE = re.compile(r"""\"{3}(?:[^\\"]|\\.|"(?!""))*\"{3}|'{3}(?:[^\\']|\\.|'(?!''))*'{3}|#[^\r\n]*""", re.DOTALL)
"""Long strings and comments, roughly."""
JOINING = frozenset("-+*/%@&|^.\\")
DEEPEST = 500
"""Levels of brackets, of which Python's own parser takes 200, or terms: LibCST's time grows with the square of these, its stack with both."""
NOT_LINES = re.compile(r"[^\r\n]")
BEFORE_LINE = re.compile(r"[^\r\n](?=\r?\n|\r)")


def hidden(text: str) -> str | None:
    """``text`` of the same length, every statement and name where it was, in older syntax; None where it holds nothing newer, or is no Python at all."""
    if (not NESTED.search(text) and not OTHERS.search(text)) or _too_deep(text):
        return None
    import libcst as cst  # only such a file needs it this early

    spans: list[tuple[int, int, str]] = []
    for node, span in _placed(text):
        start, end = span(node)
        old = text[start:end]
        if isinstance(node, cst.TypeAlias):
            name = span(node.name)[1]
            spans.append((start, name, node.name.value.ljust(name - start)))
        elif isinstance(node, cst.TypeParameters):
            spans.append((start, end, _continued(old)))
        elif type(node).__name__ in FORMATTED:
            long = old.endswith(('"""', "'''"))
            spans.append((start, end, f'"""{NOT_LINES.sub(" ", old[3:-3])}"""' if long else f'"{_continued(old[1:-1])}"'))
    pieces, done = [], 0
    for start, end, new in _outermost(spans):
        pieces += [text[done:start], new]
        done = end
    return "".join([*pieces, text[done:]]) if spans else None


def formatted(text: str) -> list[tuple[int, int]]:
    """Where the f-strings of a text start and end, but for those within others."""
    found = [(*span(node), "") for node, span in _placed(text) if type(node).__name__ in FORMATTED]
    return [(start, end) for start, end, _ in _outermost(found)]


def _too_deep(text: str) -> bool:
    """Whether brackets, or the terms of an expression over lines that an operator joins, nest deeper than LibCST takes in reasonable time."""
    depth = terms = 0
    joined = False
    for line in PROSE.sub("", text).splitlines():
        code = line.strip()
        operators = len(DEEPENS.findall(code))
        terms = terms + operators if joined or code[:1] in JOINING else operators
        joined = code[-1:] in JOINING or code.endswith((" and", " or"))
        for match in BRACKET.finditer(code):
            depth = depth + 1 if match[0] in "([{" else max(depth - 1, 0)
            if depth > DEEPEST:
                return True
        if terms > DEEPEST:
            return True
    return False


def _continued(text: str) -> str:
    """As many spaces, with lines that continue."""
    return BEFORE_LINE.sub(r"\\", NOT_LINES.sub(" ", text))


def _placed(text: str) -> Iterator[tuple[CSTNode, Callable[[CSTNode], tuple[int, int]]]]:
    """Every node of a text, and what tells where one starts and ends; nothing where LibCST does not read it, or it nests too deeply."""
    import libcst as cst
    from libcst.metadata import MetadataWrapper, PositionProvider

    try:
        places = with_deep_stack(lambda: MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True).resolve(PositionProvider))
    except (cst.ParserSyntaxError, RecursionError):
        return
    index = LineIndex(text)

    def span(node: CSTNode) -> tuple[int, int]:
        start, end = places[node].start, places[node].end
        return index.offset(start.line, start.column + 1), index.offset(end.line, end.column + 1)

    for node in places:
        yield node, span


def _outermost(spans: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """In order, without those that lie within others."""
    done = 0
    for start, end, new in sorted(spans):
        if start >= done:
            yield start, end, new
            done = end
