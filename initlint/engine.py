"""Paths to findings: which files matter, which models they build, what the rules say."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from initlint import files, frontend, proof
from initlint.contexts import Analysis
from initlint.edits import SourceError, as_bytes, decode
from initlint.findings import Finding, Severity, Site
from initlint.frontend import TargetError
from initlint.gate import may_matter
from initlint.graph import ModelGraph
from initlint.merging import analyse_file
from initlint.notebook import Notebook, is_notebook, load, placed
from initlint.rules import Rule, find, select
from initlint.source import NotPython, parse_index
from initlint.suppress import silence

__all__ = ["CheckResult", "TargetError", "check", "recheck", "show"]

TROUBLE = {"INI901": Severity.ERROR, "INI902": Severity.ERROR, "INI903": Severity.WARNING}


@dataclass(slots=True)
class CheckResult:
    """What a run found, in the order of files and lines."""

    findings: list[Finding]
    files: int
    sources: dict[str, str] = field(default_factory=dict)
    """Text of every file that a finding is about; of a notebook, the module that its code cells form."""
    notebooks: dict[str, Notebook] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Paths that were asked for and do not exist."""
    search_path: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    elsewhere: list[Finding] = field(default_factory=list)
    """What the models of one file show in another."""
    suppressions: bool = True
    """Whether comments in the files silence findings."""
    analysis: Analysis | None = field(default=None, repr=False)
    """What was parsed on the way, for a second look at some of the files."""


def check(
    paths: Sequence[str],
    *,
    stdin: bytes | None = None,
    stdin_filename: str = "<stdin>",
    search_path: Sequence[str] = (),
    rules: Sequence[Rule] | None = None,
    suppressions: bool = True,
    progress: Callable[[str], None] = lambda path: None,
) -> CheckResult:
    """Analyse files and folders. What cannot be read is a finding of the tool's own; nothing is skipped silently.

    Without ``suppressions``, comments silence nothing. ``progress`` is told each path before it is analysed.
    """
    result = CheckResult([], 0, search_path=tuple(search_path), rules=tuple(select() if rules is None else rules), suppressions=suppressions)
    with _rare_collection():
        frontend.with_deep_stack(lambda: _check_all(paths, stdin, stdin_filename, result, progress))
    _finish(result)
    return result


def recheck(result: CheckResult, path: str, text: str) -> CheckResult:
    """One file of ``result`` as if it held ``text``; only its own models are looked at, and nothing is read from it."""
    again = CheckResult([], 1, search_path=result.search_path, rules=result.rules, suppressions=result.suppressions, analysis=result.analysis)

    notebook = result.notebooks[path].edited(text) if path in result.notebooks else None

    def analyse() -> None:
        analysis = result.analysis.edited(path) if result.analysis is not None else Analysis(result.search_path, result.rules)
        _check_file(analysis, path, b"" if notebook else as_bytes(text), again, notebook)
        _silence(again)

    with _rare_collection():
        frontend.with_deep_stack(analyse)
    again.sources[path] = text
    _finish(again)
    return again


def _finish(result: CheckResult) -> None:
    """Say of findings in which cell they are, and put them in order."""
    result.findings = sorted((placed(finding, result.notebooks) for finding in result.findings), key=lambda finding: finding.order)


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Most of what an analysis makes lives until its end; looking for garbage at the usual rate is a fifth of its time."""
    usual = gc.get_threshold()
    gc.set_threshold(1_000_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _check_all(paths: Sequence[str], stdin: bytes | None, stdin_filename: str, result: CheckResult, progress: Callable[[str], None]) -> None:
    analysis = result.analysis = Analysis(result.search_path, result.rules)
    checked: dict[str, str] = {}
    if stdin is not None:
        result.files += 1
        _check_file(analysis, stdin_filename, stdin, result)
    for path in files.discover(paths, result.missing):
        result.files += 1
        progress(path)
        try:
            data = files.read(path)
        except SourceError as error:
            result.findings.append(trouble(path, "INI902", str(error)))
        else:
            checked[os.path.abspath(path)] = path
            _check_file(analysis, path, data, result)
    _bring_home(result, checked)
    _silence(result)


def _silence(result: CheckResult) -> None:
    """Leave out what comments in the files silence."""
    if not result.suppressions:
        return
    ran = [name for rule in result.rules for name in (rule.code, rule.name)]
    by_path: dict[str, list[Finding]] = {path: [] for path in result.sources}
    for finding in result.findings:
        by_path.setdefault(finding.site.path, []).append(finding)
    texts = {**result.sources, **{path: notebook.code for path, notebook in result.notebooks.items()}}
    result.findings = [finding for path, found in by_path.items() for finding in silence(path, texts.get(path, ""), found, ran)]


def _bring_home(result: CheckResult, checked: dict[str, str]) -> None:
    """Add what a model of one file shows in another that is checked too, unless that file's own models showed it."""
    known = {(f.code, f.site.path, f.site.line, f.site.column) for f in result.findings}
    for finding in result.elsewhere:
        path = checked.get(os.path.abspath(finding.site.path))
        if path is None or (finding.code, path, finding.site.line, finding.site.column) in known:
            continue
        known.add((finding.code, path, finding.site.line, finding.site.column))
        result.findings.append(replace(finding, site=replace(finding.site, path=path), fix=None, help=finding.help or _advice(finding)))
        result.sources[path] = decode(files.read(path)).text


def _advice(finding: Finding) -> str:
    return finding.fix.message if finding.fix is not None else ""


def _check_file(analysis: Analysis, path: str, data: bytes, result: CheckResult, notebook: Notebook | None = None) -> None:
    """One file; whatever goes wrong inside becomes a finding about it, and the next file starts afresh."""
    text = ""
    try:
        if notebook or is_notebook(path):
            notebook = result.notebooks[path] = notebook or load(data)
            text, data = notebook.text, notebook.code.encode()
            if notebook.broken:
                raise notebook.broken
        else:
            text = decode(data).text
        if not may_matter(data):
            parse_index(decode(data).text)
            return
        models, everywhere = analyse_file(analysis, path, data)
        found = [finding for finding in everywhere if finding.site.path == path]
        result.elsewhere += [finding for finding in everywhere if finding.site.path != path]
        result.findings += proof.prove(analysis, path, data, models, found)
        if found or "initlint:" in text:
            result.sources[path] = text
    except NotPython as error:
        result.findings.append(trouble(path, "INI901", str(error), error.line, error.column))
        result.sources[path] = text
    except SourceError as error:
        result.findings.append(trouble(path, "INI902", str(error)))
    except (RecursionError, MemoryError):
        result.findings.append(trouble(path, "INI903", "could not be analysed: it nests too deeply"))
    except Exception as error:
        if os.environ.get("INITLINT_DEBUG") == "1":
            raise
        detail = str(error).partition("\n")[0]
        result.findings.append(trouble(path, "INI903", f"could not be analysed: {type(error).__name__}{detail and ': '}{detail}"))
    finally:
        analysis.interp.reset()


def trouble(path: str, code: str, message: str, line: int = 1, column: int = 1) -> Finding:
    """A finding of the tool's own: a file it could not read (901, 902) or analyse (903)."""
    return Finding(code=code, rule=find(code).name, message=message, site=Site(path, line, column, line, column), severity=TROUBLE[code])


def show(target: str, search_path: Sequence[str] = (), text: str | None = None) -> ModelGraph:
    """The table of one model, its file read as if it held ``text`` where that is given. Raises ``TargetError``."""
    return frontend.show(target, search_path, text)
