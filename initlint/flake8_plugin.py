"""A plugin for flake8: the same findings under the same codes, chosen and silenced by flake8's own options.

Of initlint's own configuration only the search path counts. A file that cannot matter costs two regular expressions; only one that can loads the analysis.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from initlint import __version__
from initlint.text.gate import may_matter

if TYPE_CHECKING:
    from flake8.options.manager import OptionManager

Row = tuple[int, int, str, type]


class Plugin:
    """One file, as flake8 hands it over."""

    name = "initlint"
    version = __version__

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str]) -> None:
        self._path = filename
        self._data = _encoded("".join(lines))

    @staticmethod
    def add_options(manager: OptionManager) -> None:
        """Rules that are off by default are so in flake8: ``--extend-select`` turns them on."""
        from initlint.rules import all_rules

        manager.extend_default_ignore([rule.code for rule in all_rules() if not rule.default])

    def run(self) -> Iterator[Row]:
        """Line, 0-based column and text of every finding. Never raises: what goes wrong is a finding too."""
        if not may_matter(self._data):
            return
        try:
            rows = self._findings()
        except Exception as error:
            detail = str(error).partition("\n")[0]
            rows = [(1, 0, f"INI903 could not be analysed: {type(error).__name__}{detail and ': '}{detail}", Plugin)]
        yield from rows

    def _findings(self) -> list[Row]:
        from initlint import engine
        from initlint.config import Config
        from initlint.projects import Projects
        from initlint.report import FORMATS
        from initlint.rules import all_rules

        folders = Projects(Config(folder=Path.cwd()), formats=FORMATS).of(self._path).search_path
        result = engine.check([], stdin=self._data, stdin_filename=self._path, search_path=folders, rules=all_rules())
        return [(f.site.line, f.site.column - 1, f"{f.code} {f.message}", Plugin) for f in result.findings if f.site.path == self._path]


def _encoded(text: str) -> bytes:
    """The bytes of a file that flake8 has decoded: in the encoding it declares, if that can hold it."""
    data = text.encode("utf-8", "replace")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return text.encode(encoding, "replace")
    except (SyntaxError, LookupError):
        return data
