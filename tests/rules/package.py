"""Findings in a package of small files."""

from __future__ import annotations

from pathlib import Path

from initlint.engine import check
from initlint.findings import Finding
from initlint.rules import select


def found(folder: Path, code: str, files: dict[str, str]) -> list[Finding]:
    """Findings of one rule in the first of ``files``, which make a package."""
    for name, text in {"__init__": "", **files}.items():
        (folder / f"{name}.py").write_text(text.lstrip("\n"), encoding="utf-8")
    return check([str(folder / f"{next(iter(files))}.py")], rules=select([code])).findings
