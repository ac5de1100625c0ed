"""Where a finding is and which one it is, as other programs want to know it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from os.path import abspath
from pathlib import Path

from initlint.findings import Finding, Site
from initlint.text.edits import split_lines


def relative(path: str, root: str) -> str:
    """``path`` with forward slashes, counted from ``root`` where it lies below."""
    where = Path(abspath(Path(root, path)))
    return where.relative_to(root).as_posix() if where.is_relative_to(root) else where.as_posix()


def cell_note(site: Site) -> str:
    """``cell 3, row 4: `` in front of what is said about a notebook, whose own lines mean little to a reader."""
    return f"cell {site.cell.number}, row {site.row}: " if site.cell else ""


def fingerprints(findings: Sequence[Finding], sources: Mapping[str, str], root: str) -> list[str]:
    """A name for each finding that stays while lines move: its code, file, parameter and the text of its line, counted where they repeat."""
    lines = {path: split_lines(text) for path, text in sources.items()}
    seen: Counter[tuple[str, ...]] = Counter()
    names = []
    for finding in findings:
        text = lines.get(finding.site.path, [])
        line = text[finding.site.line - 1].strip() if finding.site.line <= len(text) else ""
        key = (finding.code, relative(finding.site.path, root), finding.parameter or "", line)
        seen[key] += 1
        names.append(hashlib.sha256("\0".join((*key, str(seen[key]))).encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return names
