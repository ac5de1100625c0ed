"""Whether a text is Python, as the standard library's parser sees it."""

from __future__ import annotations

import ast
import warnings

from initlint.text.edits import SourceError


class NotPython(SourceError):
    """A file whose syntax Python rejects, and where."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def parse_index(text: str) -> ast.Module:
    """The standard library's tree, used as an index only."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise NotPython(f"is not valid Python: {error.msg}", error.lineno or 1, error.offset or 1) from None
    except (MemoryError, RecursionError):
        raise SourceError("nests too deeply to be parsed") from None
    except ValueError as error:
        raise SourceError(f"cannot be parsed: {error}") from None
