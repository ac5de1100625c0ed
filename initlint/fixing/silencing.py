"""``# initlint: ignore[CODE]`` comments, written where they silence a finding and leave the code as it is."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from initlint.findings import Finding
from initlint.runs.suppress import ALWAYS, COMMENT
from initlint.text.edits import SourceError
from initlint.text.syntax import parse_index

ABOUT_COMMENTS = ("INI904", "INI905")
_INDENT = re.compile(r"[ \t\f]*")


@dataclass
class _Lines:
    """The lines of a file, by number, and where a comment can stand."""

    lines: list[str]
    comments: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Column and text of the comment in a line."""
    within: set[int] = field(default_factory=set)
    """Lines at whose end a string goes on."""

    def line(self, row: int) -> str:
        return self.lines[row - 1] if 0 < row <= len(self.lines) else ""

    def goes_on(self, row: int) -> bool:
        """Whether nothing can be written behind a line, or on a line of its own below it."""
        return row in self.within or (row not in self.comments and self.line(row).rstrip("\r\n").endswith("\\"))

    def ignores(self, row: int) -> bool:
        """Whether a line has a comment that silences findings of this line."""
        match = COMMENT.search(self.comments[row][1]) if row in self.comments else None
        return match is not None and not match["file"]

    def alone(self, row: int) -> bool:
        """Whether a line holds a comment and nothing else."""
        return row in self.comments and not self.line(row)[: self.comments[row][0]].strip()

    def takes(self, row: int) -> bool:
        """Whether a comment behind the code of a line would be read."""
        match = COMMENT.search(self.comments[row][1]) if row in self.comments else None
        return bool(self.line(row).strip()) and not self.goes_on(row) and (match is None or not match["file"])


def add_ignores(text: str, findings: Sequence[Finding]) -> tuple[str, list[Finding], list[tuple[Finding, str]]]:
    """``text`` with comments that silence ``findings``, those that are silenced, and the others with the reason.

    A comment goes behind the first line of a finding, into one that is there, or where that line goes on in the next, on a line
    of its own above. The code is the same before and after, and adding twice is adding once.
    """
    possible = [finding for finding in findings if finding.code not in (*ALWAYS, *ABOUT_COMMENTS)]
    refused = [(finding, "it is about the comments or the file as a whole") for finding in findings if finding not in possible]
    lines = _read(text) if possible else None
    if lines is None:
        return text, [], refused + [(finding, "the lines of the file cannot be told apart") for finding in possible]
    places: dict[tuple[int, bool], list[str]] = {}
    silenced = []
    for finding in possible:
        place = _place(lines, finding)
        if place is None:
            refused.append((finding, "no comment can stand on its lines or above them"))
            continue
        places.setdefault(place, []).append(finding.code)
        silenced.append(finding)
    for (row, above), codes in sorted(places.items(), reverse=True):
        _write(lines, row, above, sorted(set(codes)))
    after = "".join(lines.lines)
    if not _same_code(text, after):
        return text, [], refused + [(finding, "a comment would change the code") for finding in silenced]
    return after, silenced, refused


def _same_code(before: str, after: str) -> bool:
    try:
        return ast.dump(parse_index(before)) == ast.dump(parse_index(after))
    except (SourceError, RecursionError):
        return False


def _read(text: str) -> _Lines | None:
    if "\r" in text.replace("\r\n", ""):
        return None
    lines = _Lines(re.findall(r"[^\n]*\n|[^\n]+", text))
    try:
        for start, end, comment in _tokens(text):
            if comment:
                lines.comments[start[0]] = start[1], comment
            lines.within.update(range(start[0], end[0]))
    except (tokenize.TokenError, SyntaxError):
        return None
    return lines


def _tokens(text: str) -> Iterator[tuple[tuple[int, int], tuple[int, int], str]]:
    """Start, end and text of each comment, and start and end of each string, also of one that is several tokens."""
    starts: list[tuple[int, int]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "COMMENT":
            yield token.start, token.end, token.string
        elif kind == "STRING":
            yield token.start, token.end, ""
        elif kind in ("FSTRING_START", "TSTRING_START"):
            starts.append(token.start)
        elif kind in ("FSTRING_END", "TSTRING_END"):
            yield starts.pop(), token.end, ""


def _place(lines: _Lines, finding: Finding) -> tuple[int, bool] | None:
    """The line for a comment about ``finding``, and whether the comment goes on a new line above it."""
    first, last = finding.site.line, finding.site.end_line
    if lines.alone(first - 1) and lines.ignores(first - 1):
        return first - 1, False
    if lines.takes(first):
        return first, False
    if lines.line(first) and not lines.goes_on(first - 1):
        return first, True
    return next(((row, False) for row in range(first + 1, last + 1) if lines.takes(row)), None)


def _write(lines: _Lines, row: int, above: bool, codes: Iterable[str]) -> None:
    line = lines.line(row)
    if above:
        indent = _INDENT.match(line)
        newline = "\r\n" if line.endswith("\r\n") else "\n"
        lines.lines.insert(row - 1, f"{indent[0] if indent else ''}# initlint: ignore[{', '.join(codes)}]{newline}")
        return
    body = line.rstrip("\r\n")
    ending = line[len(body) :]
    column, comment = lines.comments.get(row, (0, ""))
    match = COMMENT.search(comment)
    if match is None:
        lines.lines[row - 1] = f"{body.rstrip()}  # initlint: ignore[{', '.join(codes)}]{ending}"
        return
    present = [code.strip() for code in match["codes"].split(",") if code.strip()]
    wanted = ", ".join([*present, *(code for code in codes if code not in present)])
    start, end = (column + place for place in match.span("codes"))
    lines.lines[row - 1] = f"{body[:start]}{wanted}{body[end:]}{ending}"
