"""What only IPython understands in a cell, taken out so that Python can be read around it; every other place stays where it was."""

from __future__ import annotations

import re

from initlint.text.edits import SourceError
from initlint.text.syntax import parse_index

PYTHON_CELLS = frozenset({"capture", "debug", "prun", "time", "timeit"})
"""Cell magics whose body is Python that runs in the notebook."""
_CELL = re.compile(r"\s*%%(?P<name>\w*)[^\r\n]*")
_REST = r"(?:\\(?:\r\n?|\n)|[^\r\n])*"
_MAGIC = re.compile(
    rf"(?P<indent>[ \t]*)(?:(?:[%!]|\?\??[\w%.*]){_REST}|[\w%.*]+\?\??[ \t]*;?[ \t]*(?=[\r\n]|$))"
    rf"|(?P<target>[ \t]*\w[^=!<>%#\"'\r\n]*=[ \t]*)[%!]{_REST}"
)
_TOKEN = re.compile(
    r"""#[^\r\n]*|(?P<triple>\"{3}|'{3})|"(?:\\.|[^"\\\r\n])*"|'(?:\\.|[^'\\\r\n])*'|(?P<open>[(\[{])|(?P<close>[)\]}])"""
    r"""|\\(?:\r\n?|\n)|(?P<newline>\r\n?|\n)"""
)
_NOT_NEWLINE = re.compile(r"[^\r\n]+")


def blank(source: str) -> str:
    """``source`` as plain Python: each line of it on its line, each expression in its column.

    A magic, a shell command or a question becomes ``pass``; what one is assigned from becomes a call that nobody can know.
    """
    if is_python(source):
        return source
    done, at = "", 0
    if head := _CELL.match(source):
        done, at = _newlines(head[0]), head.end()
        if head["name"] not in PYTHON_CELLS:
            return done + _newlines(source[at:])
        at += len(match[0]) if (match := re.match(r"\r\n?|\n", source[at:])) else 0
        done += source[head.end() : at]
    pieces = [done]
    while at < len(source):
        magic = _MAGIC.match(source, at)
        if magic is None:
            end = _logical_end(source, at)
            pieces.append(source[at:end])
        else:
            kept = magic["target"]
            end = magic.end()
            pieces += [f"{kept}get_ipython()" if kept else f"{magic['indent']}pass", _newlines(magic[0])]
            newline = re.compile(r"\r\n?|\n").match(source, end)
            pieces.append(newline[0] if newline else "")
            end = newline.end() if newline else end
        at = end
    return "".join(pieces)


def is_python(source: str) -> bool:
    """Whether ``source`` parses."""
    try:
        parse_index(source)
    except SourceError:
        return False
    return True


def _newlines(text: str) -> str:
    return _NOT_NEWLINE.sub("", text)


def _logical_end(source: str, at: int) -> int:
    """Where the statement line that starts at ``at`` ends, brackets and long strings closed."""
    depth = 0
    while token := _TOKEN.search(source, at):
        at = token.end()
        if token["triple"]:
            closing = re.compile(rf"(?:\\.|(?!{token['triple']}).)*(?:{token['triple']})?", re.DOTALL).match(source, at)
            at = closing.end() if closing else at
        elif token["newline"] and depth <= 0:
            return at
        else:
            depth += bool(token["open"]) - bool(token["close"])
    return len(source)
