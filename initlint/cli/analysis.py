"""What ``check`` and ``fix`` share: settings, files, findings, and the exit status that these deserve."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from initlint import engine, rules
from initlint.cli import caching
from initlint.cli.console import CLEAN, FAILED, FOUND, Failure, complain
from initlint.cli.formats import FORMATS
from initlint.cli.progress import watching
from initlint.config import Config, ConfigError
from initlint.engine import CheckResult
from initlint.errors import BaselineError, GitError
from initlint.findings import Finding, Severity
from initlint.paths import files
from initlint.paths.ignores import read
from initlint.projects import Projects, Settings
from initlint.text.edits import SourceError

if TYPE_CHECKING:
    from initlint.runs.baseline import Baseline, Entry

MOST_STALE = 10
"""Stale entries of a baseline that are named."""


@dataclass
class Run:
    """One run of a command over files."""

    options: argparse.Namespace
    projects: Projects
    settings: Settings
    """Those that concern the run as a whole."""
    files: list[str]
    missing: list[str]
    known: Baseline | None = None
    data: bytes = b""
    """Standard input, as far as it was asked for."""
    piped: bool = False
    """Whether standard input is checked."""
    cache: str | None = None
    """The folder in which results are kept."""
    baselined: int = 0
    """Findings of the last check that the baseline knows."""
    looked: bool = False
    """Whether the files were checked before."""

    def check(self) -> CheckResult:
        """Analyse the files, and keep what the settings and the baseline keep."""
        used = [self.projects.of(path) for path in (*self.files, *self._stdin)]
        wanted = frozenset[str]().union(*(settings.codes for settings in used))
        with watching(len(self.files)) as progress:
            result = engine.check(
                self.files,
                stdin=self.data if self.piped else None,
                stdin_filename=self.options.stdin_filename,
                search_path=list(dict.fromkeys(folder for settings in used or [self.settings] for folder in settings.search_path)),
                rules=[rule for rule in rules.all_rules() if rule.code in wanted],
                suppressions=not self.options.ignore_suppressions,
                progress=progress,
                jobs=self.options.jobs or cores(),
                cache=None if self.options.no_cache else self.cache,
            )
        if result.cache_trouble is not None and self.options.cache_dir is not None:
            complain(f"{self.options.cache_dir}: cannot be written: {result.cache_trouble}")
        self._judge(result)
        if self.known is not None:
            found = len(result.findings)
            result.findings, met = self.known.split(result.findings, result.sources)
            self.baselined = found - len(result.findings)
            if not self.looked:
                _report_stale(self.known, self.known.stale(met, self.files, wanted))
        self.looked = True
        return result

    def refine(self, result: CheckResult) -> None:
        """Leave the findings of ``result`` that the settings and the baseline keep, with the severities they have here."""
        self._judge(result)
        if self.known is not None:
            result.findings, _ = self.known.split(result.findings, result.sources)

    def save(self, path: str, before: str, after: str) -> None:
        """Write a file of this run. One that was come upon in a folder must lie there. Raises ``SourceError`` and ``OSError``."""
        named, real = [os.path.normpath(one) for one in self.options.paths], os.path.realpath(path)
        if os.path.normpath(path) not in named and not any(real.startswith(os.path.join(os.path.realpath(folder), "")) for folder in named):
            raise SourceError("is a link to a file outside of what was named; left alone")
        from initlint.text import notebook  # start-up is a feature

        notebook.save(path, before, after)

    def verdict(self, findings: Sequence[Finding], *, failed: bool = False) -> int:
        """The exit status that ``findings`` deserve."""
        if failed or self.missing:
            return FAILED
        if self.options.exit_zero or self.settings.fail_on == "never":
            return CLEAN
        limit = Severity(self.settings.fail_on).rank
        return FOUND if any(finding.severity.rank >= limit for finding in findings) else CLEAN

    @property
    def _stdin(self) -> list[str]:
        return [self.options.stdin_filename] if self.piped else []

    def _judge(self, result: CheckResult) -> None:
        judged = (self.projects.of(finding.site.path).judge(finding) for finding in result.findings)
        result.findings = [finding for finding in judged if finding is not None]


def prepare(options: argparse.Namespace) -> Run:
    """Find settings and files for ``options``. Raises ``Failure``."""
    paths = [path for path in options.paths if path != "-"]
    piped = "-" in options.paths
    missing: list[str] = []
    try:
        projects = find_projects(options, **_given(options))
        settings = projects.common([*paths, *([options.stdin_filename] if piped else [])])
        found = list(files.discover(paths, missing, lambda folder: projects.at(folder).exclusion))
        if options.changed_only or options.base is not None:
            if piped:
                raise Failure("--changed-only is about files: standard input is in no repository")
            found = _changed([path for path in paths if path not in missing], options.base, found)
        known = _baseline(settings.baseline) if settings.baseline and not options.write_baseline else None
        for path in found:
            projects.of(path)
        left_out = piped and projects.of(options.stdin_filename).exclusion.refuses(options.stdin_filename)
    except (ConfigError, GitError, BaselineError) as error:
        raise Failure(str(error)) from None
    for path in missing:
        complain(f"{path}: no such file or folder")
    data = sys.stdin.buffer.read() if piped else b""
    return Run(options, projects, settings, found, missing, known, data, piped and not left_out, caching.folder(options.cache_dir, projects, paths))


def _changed(paths: Sequence[str], base: str | None, found: Sequence[str]) -> list[str]:
    """Those of ``found`` that git calls changed. Raises ``GitError``."""
    from initlint.paths import git  # start-up is a feature

    changed = git.changed(paths, base)
    return [path for path in found if os.path.realpath(path) in changed]


def _baseline(file: str) -> Baseline:
    """The findings that are known. Raises ``BaselineError``."""
    from initlint.runs import baseline  # start-up is a feature

    return baseline.load(file)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def find_projects(options: argparse.Namespace, **given: Any) -> Projects:
    """The settings of configuration files, with what the command line says. Raises ``ConfigError``."""
    said = Config(folder=Path.cwd(), search_path=tuple(options.search_path), **given)
    return Projects(said, file=options.config, isolated=options.isolated, formats=FORMATS)


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """What the options for files say. Raises ``Failure``."""
    selection = rules.Selection(
        select=None if options.select is None else tuple(options.select),
        extend=tuple(options.extend_select),
        ignore=(*options.ignore, *options.extend_ignore),
    )
    try:
        rules.codes(selection)
    except rules.UnknownRule as error:
        raise Failure(str(error)) from None
    for pattern in (*(options.exclude or ()), *options.extend_exclude):
        if read(pattern) is None:
            raise Failure(f"{pattern!r} is not a pattern")
    return {
        "selection": selection,
        "exclude": None if options.exclude is None else tuple(options.exclude),
        "extend_exclude": tuple(options.extend_exclude),
        "respect_gitignore": options.respect_gitignore,
        "force_exclude": options.force_exclude,
        "baseline": options.baseline,
        "fail_on": options.fail_on,
        "format": getattr(options, "format", None),
        "unsafe_fixes": getattr(options, "unsafe", None),
    }


def _report_stale(known: Baseline, stale: Sequence[Entry]) -> None:
    for entry in stale[:MOST_STALE]:
        complain(f"{known.file}: stale: {entry.path}: {entry.code} on `{entry.line}`")
    if stale:
        more = f"{len(stale) - MOST_STALE} more stale entries; " if len(stale) > MOST_STALE else ""
        complain(f"{known.file}: {more}what is stale goes with `initlint check --write-baseline {known.file}`")
