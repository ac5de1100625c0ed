"""Paths to findings: which files matter, which models they build, what the rules say, which fixes hold."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from initlint import frontend, proof
from initlint.contexts import Analysis, analyse_file
from initlint.edits import SourceError, apply_fixes, decode
from initlint.findings import Finding, Safety, Severity, Site
from initlint.frontend import TargetError
from initlint.graph import ModelGraph
from initlint.interpreter.modules import MAX_FILE
from initlint.rules import Rule, select
from initlint.source import NotPython, may_matter, parse_index

__all__ = ["CheckResult", "FileChange", "TargetError", "check", "fix", "show"]

SKIPPED_FOLDERS = {".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".ruff_cache", "build", "dist", ".eggs", "site-packages"}


@dataclass(slots=True)
class CheckResult:
    """What a run found, in the order of files and lines."""

    findings: list[Finding]
    files: int
    sources: dict[str, str] = field(default_factory=dict)
    """Text of every file that a finding is about."""
    search_path: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass(slots=True)
class FileChange:
    """One file before and after its fixes."""

    path: str
    before: str
    after: str
    applied: list[Finding]
    refused: list[tuple[Finding, str]]


def check(
    paths: Sequence[str], *, stdin: Optional[bytes] = None, stdin_filename: str = "<stdin>", search_path: Sequence[str] = (), rules: Optional[Sequence[Rule]] = None
) -> CheckResult:
    """Analyse files and folders. What cannot be read is a finding of the tool's own; nothing is skipped silently."""
    chosen = tuple(select() if rules is None else rules)
    result = CheckResult([], 0, {}, tuple(search_path), chosen)
    gc.collect()
    gc.freeze()
    enabled = gc.isenabled()
    gc.disable()
    try:
        frontend.with_deep_stack(lambda: _check_all(paths, stdin, stdin_filename, result))
    finally:
        if enabled:
            gc.enable()
        gc.unfreeze()
    result.findings.sort(key=lambda finding: finding.order)
    return result


def _check_all(paths: Sequence[str], stdin: Optional[bytes], stdin_filename: str, result: CheckResult) -> None:
    analysis = Analysis(result.search_path, result.rules)
    if stdin is not None:
        result.files += 1
        _check_file(analysis, stdin_filename, stdin, result)
    for path in _files(paths, result):
        result.files += 1
        try:
            if os.path.getsize(path) > MAX_FILE:
                raise SourceError(f"is larger than {MAX_FILE // 1_000_000} MB")
            data = Path(path).read_bytes()
        except OSError as error:
            result.findings.append(trouble(path, "INI902", f"cannot be read: {error.strerror or error}"))
            continue
        except SourceError as error:
            result.findings.append(trouble(path, "INI902", str(error)))
            continue
        _check_file(analysis, path, data, result)


def _check_file(analysis: Analysis, path: str, data: bytes, result: CheckResult) -> None:
    """One file; whatever goes wrong inside becomes a finding about it."""
    try:
        if not may_matter(data):
            if not plausible(data):
                parse_index(decode(data).text, path)
            return
        models, found = analyse_file(analysis, path, data)
        result.findings += proof.prove(analysis, path, data, models, found)
        if found:
            result.sources[path] = decode(data).text
    except NotPython as error:
        result.findings.append(trouble(path, "INI901", str(error), error.line, error.column))
        result.sources[path] = decode(data).text
    except SourceError as error:
        result.findings.append(trouble(path, "INI902", str(error)))
    except Exception as error:
        if os.environ.get("INITLINT_DEBUG") == "1":
            raise
        result.findings.append(trouble(path, "INI903", f"could not be analysed: {type(error).__name__}: {error}"))


def plausible(data: bytes) -> bool:
    """Whether bytes that are not analysed at least decode."""
    if b"\0" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def trouble(path: str, code: str, message: str, line: int = 1, column: int = 1) -> Finding:
    """A finding of the tool's own: a file it could not read (901, 902) or analyse (903)."""
    names = {"INI901": "syntax-error", "INI902": "unreadable-file", "INI903": "analysis-failed"}
    site = Site(path, line, column, line, column)
    return Finding(code=code, rule=names[code], message=f"{message}", site=site, severity=Severity.ERROR if code != "INI903" else Severity.WARNING)


def _files(paths: Sequence[str], result: CheckResult) -> Iterator[str]:
    """Python files under ``paths``, each once, folders in order; a missing path is a finding."""
    seen: set[str] = set()
    for path in paths:
        if os.path.isdir(path):
            found: Iterator[str] = _walk(path)
        elif os.path.exists(path):
            found = iter((path,))
        else:
            result.findings.append(trouble(path, "INI902", "no such file or folder"))
            continue
        for file in found:
            real = os.path.realpath(file)
            if real not in seen:
                seen.add(real)
                yield file


def _walk(folder: str) -> Iterator[str]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS and not name.endswith(".egg-info"))
        for name in sorted(files):
            if name.endswith(".py"):
                yield os.path.normpath(os.path.join(root, name))


def fix(result: CheckResult) -> list[FileChange]:
    """The text of every file with its proven fixes applied; fixes that collide wait for the next run."""
    changes = []
    by_path: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if finding.fix is not None:
            by_path.setdefault(finding.site.path, []).append(finding)
    for path, findings in by_path.items():
        before = result.sources[path]
        wanted = [f for f in findings if f.fix is not None and f.fix.edits and f.fix.safety is not Safety.ADVICE]
        after, landed = apply_fixes(before, [f.fix.edits for f in wanted if f.fix is not None])
        applied = [wanted[index] for index in landed]
        refused = [(f, "it overlaps another fix; run again") for f in wanted if f not in applied]
        refused += [(f, str(f.evidence.get("refused", "the syntax is not plain"))) for f in findings if f.fix is not None and not f.fix.edits and "refused" in f.evidence]
        changes.append(FileChange(path, before, after, applied, refused))
    return changes


def show(target: str, search_path: Sequence[str] = ()) -> ModelGraph:
    """The table of one model. Raises ``TargetError``."""
    return frontend.show(target, search_path)
