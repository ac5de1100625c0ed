"""Whether a text is Python, as the standard library's parser sees it."""

from __future__ import annotations

import ast
import warnings
from contextlib import suppress

from initlint.text.edits import SourceError


class NotPython(SourceError):
    """A file whose syntax Python rejects, and where."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def parse_index(text: str) -> ast.Module:
    """The standard library's tree, used as an index only; without what is newer in ``text`` than the Python that runs. Raises ``SourceError``."""
    try:
        return _parsed(text)
    except (MemoryError, RecursionError):
        raise SourceError("nests too deeply to be parsed") from None
    except ValueError as error:
        raise SourceError(f"cannot be parsed: {error}") from None


def _parsed(text: str) -> ast.Module:
    try:
        return _tree(text)
    except SyntaxError as error:
        from initlint.text.newer import hidden  # with LibCST, which few files need for this

        with suppress(SyntaxError):
            if (older := hidden(text)) is not None:
                return _tree(older)
        raise NotPython(f"is not valid Python: {error.msg}", error.lineno or 1, error.offset or 1) from None


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
